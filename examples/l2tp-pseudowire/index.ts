import * as pulumi from "@pulumi/pulumi";
import { Host, L2tpPseudowire } from "wirework";

const config = new pulumi.Config();

function end(name: "left" | "right", numbers: { tunnelId: number; sessionId: number; port: number }) {
  const host = new Host(name, {
    address: config.require(name),
    user: config.get("user"),
    hostKey: config.require(`${name}HostKey`),
    privateKey: config.requireSecret("privateKey"),
  });
  return {
    host: host.ref,
    address: config.require(`${name}Endpoint`),
    interfaceName: "wire0",
    bridge: { name: "br-wire", port: config.get("port") ?? "eth1" },
    ...numbers,
  };
}

const wire = new L2tpPseudowire("wire", {
  ends: [
    end("left", { tunnelId: 3000, sessionId: 1000, port: 5000 }),
    end("right", { tunnelId: 4000, sessionId: 2000, port: 6000 }),
  ],
  mtu: config.getNumber("mtu"),
  pathMtu: config.getNumber("pathMtu"),
  cookies: { seed: config.requireSecret("seed") },
});

export const mtu = wire.mtu;
export const verified = wire.verification;
