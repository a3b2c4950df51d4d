import * as pulumi from "@pulumi/pulumi";
import { BridgeAgent, Host, Ipv6DnatService } from "wirework";

const config = new pulumi.Config();

const host = new Host("collector-host", {
  address: config.require("address"),
  user: config.get("user"),
  hostKey: config.require("hostKey"),
  privateKey: config.requireSecret("privateKey"),
});

const collector = new BridgeAgent("collector", {
  host: host.ref,
  image: config.get("image") ?? "openbmp/aio",
  ownNetwork: { subnets: [{ subnet: "172.31.5.0/24" }, { subnet: "fd00:31:5::/64" }] },
});

const service = new Ipv6DnatService("bmp", {
  host: host.ref,
  container: collector.containerName,
  network: "collector",
  link: config.get("uplink") ?? "eth0",
  ports: [{ port: 5000 }],
});

export const verified = service.verification;
