import * as pulumi from "@pulumi/pulumi";
import { elecardBoro, Host, HostNetworkAgent, MacvlanAgent, type MacvlanNetworkSettingsArgs } from "wirework";

const config = new pulumi.Config();

const host = new Host("probe-host", {
  address: config.require("address"),
  user: config.get("user"),
  hostKey: config.require("hostKey"),
  privateKey: config.requireSecret("privateKey"),
});

const preset = elecardBoro(config.get("folder"));
const probe = { ...preset, host: host.ref, image: config.get("image") ?? preset.image, containerName: "probe_dev" };

const lan = config.get("lan") ?? "192.168.1";
const subnet = { subnet: `${lan}.0/24`, gateway: `${lan}.1` };

/** A probe with a measuring port of its own, managed over Docker's default bridge. */
function measuring(network: MacvlanNetworkSettingsArgs, ipv4Address?: string) {
  return new MacvlanAgent("probe", {
    ...probe,
    ownNetwork: { networkName: "test_net", parent: config.get("parent") ?? "enp1s0", ...network },
    ipv4Address,
    extraNetworks: [{ name: "bridge", management: true }],
  });
}

// The ways of the page "Networking in Virtual Machines or Docker".
const ways = {
  host: () => new HostNetworkAgent("probe", probe),
  noAddress: () => measuring({}), // of the LAN: Docker chooses one that means nothing there, and multicast comes in
  fixed: () => measuring({ subnets: [subnet] }, `${lan}.111`),
  pool: () => {
    const reserved = { my_pc: `${lan}.128`, my_router: `${lan}.129` };
    return measuring({ subnets: [{ ...subnet, ipRange: `${lan}.128/25`, reserved }] });
  },
};

const made = ways[config.require<keyof typeof ways>("way")]();
export const { containerName, verification } = made;
export const address = made instanceof MacvlanAgent ? made.ipv4Address : "the host's own";
