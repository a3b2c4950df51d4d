import * as pulumi from "@pulumi/pulumi";
import { BridgeAgent, Host, RoutedIpv6Network } from "wirework";

const config = new pulumi.Config();

const host = new Host("web-host", {
  address: config.require("address"),
  user: config.get("user"),
  hostKey: config.require("hostKey"),
  privateKey: config.requireSecret("privateKey"),
});

const network = new RoutedIpv6Network("native", {
  host: host.ref,
  uplink: config.get("uplink") ?? "eth0",
  prefix: config.get("prefix") ?? "2001:db8:1::/56",
  subnets: [{ subnet: "172.31.7.0/24" }, { subnet: config.get("subnet") ?? "2001:db8:1:1::/64" }],
});

const web = new BridgeAgent("web", {
  host: host.ref,
  network: network.ref,
  image: config.get("image") ?? "nginx",
  ports: [{ internal: config.getNumber("port") ?? 80 }],
  verify: { target: config.get("target") ?? "2600::" },
});

export const address = web.ipv6Address;
export const verified = web.verification;
