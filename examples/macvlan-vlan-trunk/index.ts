import * as pulumi from "@pulumi/pulumi";
import { Host, MacvlanAgent, MacvlanNetwork, VlanInterface } from "wirework";

const config = new pulumi.Config();

const host = new Host("probe-host", {
  address: config.require("address"),
  user: config.get("user"),
  hostKey: config.require("hostKey"),
  privateKey: config.requireSecret("privateKey"),
});

// Of these, 40 has a name of its own, as the network plan of the house has it.
const ids = (config.get("vlans") ?? "20,40").split(",").map(Number);
const trunk = new VlanInterface("trunk", {
  host: host.ref,
  parent: config.get("parent") ?? "eth1",
  vlans: ids.map((id) => (id === 40 ? { id, linkName: "foo" } : { id })),
});

/** A network on one VLAN of the trunk, with a probe on it whose gateway is that VLAN's. */
function probeOn(id: 20 | 40) {
  const lan = new MacvlanNetwork(`vlan${id}`, {
    host: host.ref,
    parent: trunk.links[id]!,
    subnets: [{ subnet: `192.168.${id}.0/24`, gateway: `192.168.${id}.1`, ipRange: `192.168.${id}.64/26` }],
  });
  return new MacvlanAgent(`probe${id}`, {
    host: host.ref,
    network: lan.ref,
    image: config.get("image") ?? "busybox:1.36",
    command: ["sleep", "infinity"],
    init: true, // passes signals on: sleep as process 1 would need ten seconds to stop
    ipv4Address: `192.168.${id}.70`,
  });
}

export const verified = [probeOn(20), probeOn(40)].map(({ verification }) => verification);
export const switchPort = trunk.switchPort;
