import * as pulumi from "@pulumi/pulumi";
import { Host, L2tpPseudowire, LanPool, MacvlanAgent, MacvlanNetwork } from "wirework";

const config = new pulumi.Config();
const names = ["left", "right"] as const;

const hosts = names.map((name) => {
  return new Host(name, {
    address: config.require(name),
    user: config.get("user"),
    hostKey: config.require(`${name}HostKey`),
    privateKey: config.requireSecret("privateKey"),
  });
});

// No port of the hosts is in these bridges: their LAN is only what stands on them.
const wire = new L2tpPseudowire("wire", {
  ends: names.map((name, index) => ({
    host: hosts[index]!.ref,
    address: config.require(`${name}Endpoint`),
    bridge: { name: "br-shared" },
  })),
  cookies: { seed: config.requireSecret("seed") },
});

const pool = new LanPool("pool", { range: "192.168.50.0/24", agents: [...names] });

function agentOn(index: 0 | 1, after: pulumi.Resource) {
  const name = names[index];
  const network = new MacvlanNetwork(
    `shared-${name}`,
    {
      host: hosts[index]!.ref,
      networkName: "shared",
      parent: "br-shared",
      internal: true, // there is no router on this LAN
      subnets: [{ subnet: "192.168.50.0/24" }],
    },
    { dependsOn: wire },
  );
  return new MacvlanAgent(
    name,
    {
      host: hosts[index]!.ref,
      network: network.ref,
      image: config.get("image") ?? "busybox:1.36",
      command: ["sleep", "infinity"],
      init: true, // passes signals on: sleep as process 1 would need ten seconds to stop
      ipv4Address: pool.ipv4Addresses[name]!,
      verify: index === 1 ? { target: pool.ipv4Addresses.left! } : undefined,
    },
    { dependsOn: after },
  );
}

const left = agentOn(0, wire);
const right = agentOn(1, left); // which asks left, across the wire

export const addresses = pool.ipv4Addresses;
export const verified = right.verification;
export const mtu = wire.mtu;
