import { strict as assert } from "node:assert";
import type { FullHost } from "../full-host";
import { LabImage } from "../images";
import { Lab } from "../lab";
import type { Lan } from "../lan";
import { diffSnapshots } from "../snapshot";

describe("a full host", function () {
  // Emulated, and the machine may be busy with other phases.
  this.timeout(1_800_000);
  let lab: Lab;
  let lan: Lan;
  let host: FullHost;

  before(async () => {
    lab = await Lab.start();
    lan = await lab.lan({ name: "full", subnet: "192.168.9.0/24", gateway: "192.168.9.1" });
    host = await lab.fullHost({ name: "full", lans: [{ lan, interface: "eth1", addresses: ["192.168.9.5/24"] }] });
  });

  after(() => lab.stop());

  it("reaches the LAN by a card whose cable can be pulled", async () => {
    await lan.exec("client", "ping -c1 -W5 192.168.9.5");
    await host.setCarrier("eth1", false);
    await host.exec("until grep -qx 0 /sys/class/net/eth1/carrier; do sleep 0.2; done");
    await host.setCarrier("eth1", true);
    await host.exec("until grep -qx 1 /sys/class/net/eth1/carrier; do sleep 0.2; done");
  });

  it("has what the machine's own kernel may lack", async () => {
    await host.exec("modprobe -a ipvlan 8021q l2tp_eth l2tp_ip6 dummy macvlan");
    await host.exec("ip link add link eth1 name eth1.40 type vlan id 40 && ip link del eth1.40");
  });

  it("loses in a power cut what was not written, and is otherwise as before", async () => {
    await host.exec("echo written >/root/written && sync");
    const before = await host.snapshot();
    await host.exec("echo lost >/root/lost");
    await host.powerCut();
    await host.powerOn();
    assert.equal((await host.exec("cat /root/written; ls /root/lost", { check: false })).stdout, "written\n");
    assert.deepEqual(diffSnapshots(before, await host.snapshot()), []);
    // After the comparison: Docker 28 keeps a table of its own from its first container to the next boot.
    await host.exec(`docker run --rm ${LabImage.probe} true`);
  });
});
