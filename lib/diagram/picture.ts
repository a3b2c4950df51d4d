import { type HostView, type NetworkView, type Place, viewOf } from "./order";
import type { Topology } from "./topology";
import { networkKind, placeAddresses, portText, subnetTexts } from "./words";

/** Widest line: what a terminal of the usual size shows without a break. */
const WIDTH = 100;

interface Branch {
  readonly text: string;
  readonly children?: readonly Branch[];
}

/** The topology as a tree of plain text, at most 100 columns wide, always in the same order. */
export function pictureText(topology: Topology): string {
  const lines = viewOf(topology).flatMap((host) => [`host ${host.name}`, ...branchLines(hostBranches(host), "")]);
  return lines.map((line) => `${shortened(line)}\n`).join("");
}

function hostBranches({ links }: HostView): Branch[] {
  return links.flatMap(({ parent, networks }) =>
    parent === undefined
      ? networks.map(networkBranch)
      : [{ text: `${parent} ══ LAN`, children: networks.map(networkBranch) }],
  );
}

function networkBranch(network: NetworkView): Branch {
  const { name, shim, dhcpRanges = [], places } = network;
  const shimAddresses = [shim?.address, shim?.address6].filter((address) => address !== undefined);
  return {
    text: `network ${name} (${networkKind(network)})`,
    children: [
      ...subnetTexts(network).map((text) => ({ text })),
      ...dhcpRanges.map((range) => ({ text: `DHCP server gives ${range}: left alone` })),
      ...(shim ? [{ text: columns("this host", shimAddresses, shim.macAddress ?? "", `by ${shim.linkName}`) }] : []),
      ...places.map(placeBranch),
    ],
  };
}

function placeBranch(place: Place): Branch {
  const { agent, endpoint } = place;
  const main = agent.endpoints[0] === endpoint;
  const ports = main ? (agent.ports ?? []) : [];
  return {
    text: columns(
      agent.name,
      placeAddresses(place),
      endpoint.macAddress ?? "",
      endpoint.defaultRoute ? "default route" : "",
    ),
    children: ports.map((port) => ({ text: `port ${portText(port)}` })),
  };
}

function columns(name: string, addresses: readonly string[], mac: string, note: string): string {
  return [`● ${name}`.padEnd(22), addresses.join(" ").padEnd(28), mac.padEnd(17), note].join(" ").trimEnd();
}

function branchLines(branches: readonly Branch[], indent: string): string[] {
  return branches.flatMap(({ text, children = [] }, index) => {
    const last = index === branches.length - 1;
    const below = branchLines(children, `${indent}${last ? "   " : "│  "}`);
    return [`${indent}${last ? "└─ " : "├─ "}${text}`, ...below];
  });
}

function shortened(line: string): string {
  const characters = [...line];
  return characters.length <= WIDTH ? line : `${characters.slice(0, WIDTH - 1).join("")}…`;
}
