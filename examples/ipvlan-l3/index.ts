import * as pulumi from "@pulumi/pulumi";
import { Host, IpvlanAgent, IpvlanMode, IpvlanNetwork } from "wirework";

const config = new pulumi.Config();

const host = new Host("probe-host", {
  address: config.require("address"),
  user: config.get("user"),
  hostKey: config.require("hostKey"),
  privateKey: config.requireSecret("privateKey"),
});

const routed = new IpvlanNetwork("routed", {
  host: host.ref,
  parent: config.get("parent") ?? "eth1",
  mode: IpvlanMode.L3,
  subnets: [{ subnet: "192.168.214.0/24" }, { subnet: "10.1.214.0/24" }, { subnet: "fd00:214::/64" }],
});

function agent(name: string, ipv4Address: string, ipv6Address: string, target?: string) {
  return new IpvlanAgent(name, {
    host: host.ref,
    network: routed.ref,
    image: config.get("image") ?? "busybox:1.36",
    command: ["sleep", "infinity"],
    init: true, // passes signals on: sleep as process 1 would need ten seconds to stop
    ipv4Address,
    ipv6Address,
    verify: { target },
  });
}

const east = agent("east", "192.168.214.10", "fd00:214::10");
// In the other subnet: it is up when east answers it, through the parent's host and no router.
const west = agent("west", "10.1.214.10", "fd00:214::20", "192.168.214.10");

export const verified = west.verification;
export const addresses = [east.ipv4Address, west.ipv4Address];
/** What the routers of the LAN must send to this host. */
export const neighbourRoutes = routed.neighbourRoutes;
