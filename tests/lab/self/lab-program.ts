// Run inside a lab: boots a host on a LAN with a container on it, says `up` and the lab's id, and stays.
import { LabImage, loadImages } from "../images";
import { Lab } from "../lab";
import { labId } from "../namespace";

async function main(): Promise<void> {
  const lab = await Lab.start();
  const lan = await lab.lan({ name: "office", subnet: "192.168.9.0/24", gateway: "192.168.9.1" });
  const host = await lab.lightHost({ name: "edge", lans: [{ lan, interface: "eth1", addresses: ["192.168.9.5/24"] }] });
  await loadImages(host, [LabImage.probe]);
  await host.exec(`docker run -d --restart always ${LabImage.probe}`);
  await lan.exec("client", "ping -c1 -W2 192.168.9.5");
  console.log(`up ${labId()}`);
  setInterval(() => {}, 1000);
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
