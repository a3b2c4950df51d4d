import { strict as assert } from "node:assert";
import * as pulumi from "@pulumi/pulumi";
import { ArgumentError, Host, IpvlanAgent, IpvlanMode, IpvlanNetwork, MacvlanNetwork, VlanInterface } from "../../lib";
import { children, hostKey, privateKey, registered } from "./support";

const newHost = () => new Host("edge", { address: "192.0.2.10", hostKey, privateKey, identity: "edge" });
const subnets = [{ subnet: "192.168.9.0/24", gateway: "192.168.9.1", ipRange: "192.168.9.64/26" }];

describe("VlanInterface", () => {
  it("makes each VLAN by itself, under an owner of its own, and says its link's name at preview", async () => {
    let names: unknown;
    const program = () => {
      const host = newHost();
      const trunk = new VlanInterface("trunk", {
        host: host.ref,
        parent: "eth1",
        vlans: [{ id: 20 }, { id: 40, linkName: "foo" }],
      });
      pulumi.output(trunk.links).apply((links) => {
        names = links;
      });
      new MacvlanNetwork("voice", { host: host.ref, parent: trunk.links["40"], subnets });
    };
    const found = await registered(program, true);
    assert.deepEqual(names, { "20": "eth1.20", "40": "foo" });
    assert.deepEqual(children(found).slice(3), [
      "wirework:index:VlanInterface trunk",
      "command:remote:Command trunk-vlan-20",
      "command:remote:Command trunk-vlan-40",
      "wirework:index:MacvlanNetwork voice",
      "command:remote:Command voice-facts",
      "docker:index/network:Network voice-network",
    ]);
    const [, , owner, ...lines] = String(found.find(({ name }) => name === "trunk-vlan-40")?.inputs.stdin).split("\n");
    assert.equal(owner, "owner project/stack/VlanInterface.trunk.40");
    assert.ok(lines.includes("link foo parent eth1 type vlan id 40"), lines.join("\n"));
    assert.equal(found.find(({ name }) => name === "voice-network")?.inputs.options.parent, "foo");
  });

  it("has the words of a link in the triggers, and nobody else has", async () => {
    const found = await registered(() => {
      const host = newHost();
      new VlanInterface("trunk", { host: host.ref, parent: "eth1", vlans: [{ id: 20 }] });
      new MacvlanNetwork("lan", { host: host.ref, parent: "eth1", subnets });
      new MacvlanNetwork("voice", { host: host.ref, parent: "eth1", vlan: 30 });
    });
    const triggers = (name: string) => found.find((one) => one.name === name)?.inputs.triggers.slice(2);
    assert.deepEqual(triggers("trunk-vlan-20"), [
      "project/stack/VlanInterface.trunk.20",
      "link eth1.20 parent eth1 type vlan id 20",
    ]);
    assert.deepEqual(triggers("lan-facts"), ["project/stack/MacvlanNetwork.lan"]);
    assert.deepEqual(triggers("voice-facts")[1], "link eth1.30 parent eth1 type vlan id 30");
  });
});

describe("IpvlanNetwork", () => {
  it("tells the routes that neighbours need, and gives Docker the mode", async () => {
    let routes: unknown;
    const found = await registered(() => {
      const host = newHost();
      const lan = new IpvlanNetwork("lan", {
        host: host.ref,
        parent: "eth1",
        mode: IpvlanMode.L3,
        subnets: [{ subnet: "192.168.214.0/24" }, { subnet: "10.1.214.0/24" }, { subnet: "fd00:214::/64" }],
      });
      lan.neighbourRoutes.apply((known) => {
        routes = known;
      });
      new IpvlanAgent("probe", { host: host.ref, network: lan.ref, image: "busybox", ipv4Address: "10.1.214.10" });
    });
    assert.deepEqual(routes, ["192.168.214.0/24", "10.1.214.0/24", "fd00:214::/64"]);
    const network = found.find(({ name }) => name === "lan-network")?.inputs;
    assert.deepEqual([network?.driver, network?.options], ["ipvlan", { ipvlan_mode: "l3", parent: "eth1" }]);
    assert.ok(!found.some(({ name }) => name === "probe-verify"), "nothing answers ARP behind a router");
  });

  it("beside a macvlan network on one parent is refused, and so is an agent on the other's network", async () => {
    await registered(() => {
      const host = newHost();
      const lan = new MacvlanNetwork("lan", { host: host.ref, parent: "eth1", subnets });
      assert.throws(
        () => new IpvlanNetwork("flat", { host: host.ref, parent: "eth1" }),
        /IpvlanNetwork "flat": 1 problem\n {2}parent: "eth1": is claimed by MacvlanNetwork "lan" .*VLAN of it/,
      );
      new IpvlanNetwork("tagged", { host: host.ref, parent: "eth1", vlan: 7 });
      const refused = (args: object) =>
        assert.throws(() => new IpvlanAgent("probe", { host: host.ref, image: "busybox", ...args }), ArgumentError);
      refused({ ownNetwork: { parent: "eth1", vlan: 7 } });
      refused({ network: lan.ref, macAddress: "02:00:00:00:00:01" });
    });
  });
});
