import * as pulumi from "@pulumi/pulumi";
import { Host, type Persistence, PolicyRoutedAgent } from "wirework";

const config = new pulumi.Config();

const host = new Host("probe-host", {
  address: config.require("address"),
  user: config.get("user"),
  hostKey: config.require("hostKey"),
  privateKey: config.requireSecret("privateKey"),
});

const probe = new PolicyRoutedAgent("probe", {
  host: host.ref,
  image: config.get("image") ?? "busybox:1.36",
  command: ["sleep", "infinity"],
  init: true, // passes signals on: sleep as process 1 would need ten seconds to stop
  existingNetwork: { networkName: "bridge" },
  uplink: { dev: config.get("uplink") ?? "wlan0", gateway: config.require("gateway") },
  table: { id: 200, name: "wlan0rt" },
  persistence: config.get<Persistence>("persistence"), // "unit" unless it is set
});

export const address = probe.ipv4Address;
export const verified = probe.verification;
