import * as pulumi from "@pulumi/pulumi";
import { DHCP_ADDRESS, Host, PipeworkAgent } from "wirework";

const config = new pulumi.Config();

const host = new Host("probe-host", {
  address: config.require("address"),
  user: config.get("user"),
  hostKey: config.require("hostKey"),
  privateKey: config.requireSecret("privateKey"),
});

// From the segment's DHCPv6 server, where it has one.
const ipv6Address = config.getBoolean("ipv6") ? DHCP_ADDRESS : undefined;

const probe = new PipeworkAgent("probe", {
  host: host.ref,
  image: config.get("image") ?? "busybox:1.36",
  command: ["sleep", config.get("seconds") ?? "infinity"],
  init: true, // passes signals on: sleep as process 1 would need ten seconds to stop
  restart: "always",
  interfaces: [{ parent: config.get("parent") ?? "eth1", ipv4Address: DHCP_ADDRESS, ipv6Address }],
  waitForInterfaces: true, // the program starts with the address
});

export const { verification } = probe;
export const address = probe.ipv4Addresses.apply(({ eth1 }) => eth1);
export const address6 = probe.ipv6Addresses.apply(({ eth1 }) => eth1);
export const mac = probe.macAddresses.apply(({ eth1 }) => eth1);
