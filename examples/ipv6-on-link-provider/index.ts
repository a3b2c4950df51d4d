import * as pulumi from "@pulumi/pulumi";
import { BridgeAgent, Delegation, Host, NdpProxy, RoutedIpv6Network } from "wirework";

const config = new pulumi.Config();
const uplink = config.get("uplink") ?? "eth0";
const prefix = config.get("prefix") ?? "2001:db8:1::f0/124";

const host = new Host("mail-host", {
  address: config.require("address"),
  user: config.get("user"),
  hostKey: config.require("hostKey"),
  privateKey: config.requireSecret("privateKey"),
});

// The half of the block in which the host itself has no address.
const network = new RoutedIpv6Network("block", {
  host: host.ref,
  uplink,
  prefix,
  subnets: [{ subnet: "172.31.6.0/24" }, { subnet: config.get("subnet") ?? "2001:db8:1::f8/125" }],
  delegation: Delegation.OnLink,
});

const mail = new BridgeAgent("mail", {
  host: host.ref,
  network: network.ref,
  image: config.get("image") ?? "boky/postfix",
  ports: [{ internal: config.getNumber("port") ?? 25 }],
});

const proxy = new NdpProxy("mail", {
  host: host.ref,
  uplink,
  prefix,
  container: mail.containerName,
  network: network.networkName,
});

export const address = mail.ipv6Address;
export const verified = proxy.verification;
