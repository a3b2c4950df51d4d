import * as pulumi from "@pulumi/pulumi";
import { Host, MacvlanAgent, MacvlanNetwork } from "wirework";

const config = new pulumi.Config();

const host = new Host("probe-host", {
  address: config.require("address"),
  user: config.get("user"),
  hostKey: config.require("hostKey"),
  privateKey: config.requireSecret("privateKey"),
});

const lan = new MacvlanNetwork("lan", {
  host: host.ref,
  parent: config.get("parent") ?? "eth1",
  subnets: [{ subnet: "192.168.9.0/24", gateway: "192.168.9.1", ipRange: "192.168.9.64/26" }],
  dhcpRanges: ["192.168.9.128-192.168.9.254"],
  hostAccess: { address: "192.168.9.2" },
});

const image = config.get("image") ?? "busybox:1.36";
const command = ["sleep", "infinity"];
const init = true; // passes signals on: sleep as process 1 would need ten seconds to stop

const north = new MacvlanAgent("north", {
  host: host.ref,
  network: lan.ref,
  image,
  command,
  init,
  ipv4Address: config.get("northAddress") ?? "192.168.9.70",
  macAddress: "02:00:5e:00:53:46", // the same after every start, whatever Docker gives
});
const south = new MacvlanAgent("south", { host: host.ref, network: lan.ref, image, command, init });

export const agents = {
  north: { address: north.ipv4Address, mac: north.macAddress, verified: north.verification },
  south: { address: south.ipv4Address, mac: south.macAddress, verified: south.verification },
};
