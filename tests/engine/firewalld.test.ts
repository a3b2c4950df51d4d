import { strict as assert } from "node:assert";
import { NetworkManager } from "../lab/host-network";
import { diffSnapshots } from "../lab/snapshot";
import { FIREWALL_WANTED } from "../lab/trees";
import { assertComes } from "../lab/until";
import { assertSettled, clientSeen, stackOn } from "./support";
import { twoUplinks } from "./two-uplinks";

const program = `
import { Ipv6DnatService } from "wirework";
const web = new BridgeAgent("web", {
  host: host.ref, image: "wirework/address-echo:lab",
  ownNetwork: { subnets: [{ subnet: "172.31.5.0/24" }, { subnet: "fd00:31:5::/64" }] },
});
new Ipv6DnatService("service", {
  host: host.ref, container: web.containerName, network: "web", link: "eth1", ports: [{ port: 7000 }, { port: 7000, protocol: "udp" }],
});
`;

const events = [
  "firewall-cmd --reload",
  "firewall-cmd --complete-reload",
  "systemctl restart firewalld",
  "nft flush ruleset; systemctl restart firewalld docker",
];

describe("an IPv6 service beside firewalld", () => {
  it("sees its clients through reload and restart of the firewall, which stays as it was", async () => {
    const place = await twoUplinks("12", NetworkManager.networkManager);
    const { host, lan } = place;
    await host.exec(`touch ${FIREWALL_WANTED}; systemctl start firewalld; systemctl restart docker`);
    // Docker fills its chains with its first IPv6 network; they do not go with it.
    await host.exec("docker network create --ipv6 --subnet fd00:31:6::/64 first && docker network rm first");
    // Docker and NetworkManager say which link is in which zone, as links come and go.
    const zones = "firewall-cmd --list-all-zones | sed 's/ (active)//; /interfaces:/d'";
    const rules = async () => (await host.exec(`${zones}; firewall-cmd --direct --get-all-rules`)).stdout;
    for (const event of events) await host.exec(event); // a flush takes from Docker what it does not make again
    const found = await host.snapshot();
    const before = await rules();
    assert.match(before, /^public$/m);

    const stack = await stackOn(place, program);
    await stack.up();
    const seen = (protocol: string) =>
      clientSeen((command) => lan.exec("client", command, { check: false }), "fd00:9::10", 7000, protocol);
    for (const event of ["true", ...events]) {
      await host.exec(event);
      await assertComes(`whom the service sees after ${event}`, 40_000, [lan.client6, lan.client6], async () => [
        await seen("tcp"),
        await seen("udp"),
      ]);
      assert.equal(await rules(), before, event);
    }
    await assertSettled(stack);
    await stack.destroy();
    // NetworkManager does not tell the firewall that a link is gone.
    const left = diffSnapshots(found, await host.snapshot()).filter(
      (line) => !/^. nft inet firewalld .*"veth/.test(line),
    );
    assert.deepEqual(left, []);
    await host.exec(`rm ${FIREWALL_WANTED}; systemctl stop firewalld`);
    stack.dispose();
  });
});
