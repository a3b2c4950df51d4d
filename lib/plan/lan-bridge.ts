import { addressText, type Family, parseAddress } from "../net/address";
import { rangeText } from "../net/address-range";
import { deriveInterfaceName, parseInterfaceName } from "../net/interface-name";
import { deriveMac } from "../net/mac";
import { prefixText } from "../net/prefix";
import type { Problems } from "../problems";
import { claimOf, hostScope, ownerOf, type PlanContext, requireHost, startProblems } from "./context";
import { readDhcpRanges } from "./dhcp-ranges";
import { type DockerNetworkPlan, readDriverOptions, readLabels, readNetworkName } from "./docker-network";
import { checkFixedAddress } from "./fixed-address";
import { type Fact, type HostState, hostState } from "./host-state";
import type { Claim } from "./inventory";
import { networkClaims } from "./network-claims";
import type { NetworkFacts } from "./network-facts";
import { read, readBoolean, readObject } from "./read";
import {
  isIncomplete,
  ofFamily,
  readOwnSubnets,
  reservedTexts,
  type Subnet,
  type SubnetSettings,
  subnetSettings,
} from "./subnets";

/** Arguments of a Docker network on a bridge of the LAN, all known. */
export interface LanBridgeSettings {
  /** @default - the name of the component */
  readonly networkName?: string;
  /** @default - one of ours, with `port` */
  readonly bridge?: string;
  /** @default - none: `bridge` is there */
  readonly port?: string;
  /** @default - derived from owner and network */
  readonly linkName?: string;
  /** One of a family. */
  readonly subnets: readonly SubnetSettings[];
  /** @default - no IPv4 subnet */
  readonly hostAddress?: string;
  /** @default - no IPv6 subnet */
  readonly hostAddress6?: string;
  /** @default - none declared */
  readonly dhcpRanges?: readonly string[];
  /** @default false */
  readonly internal?: boolean;
  /** @default - only those of wirework */
  readonly labels?: { readonly [key: string]: string };
  /** @default - only what other arguments say */
  readonly driverOptions?: { readonly [key: string]: string };
}

/** All that such a network comes to. */
export interface LanBridgePlan {
  /** Name in Docker. */
  readonly networkName: string;
  /** Docker's arguments. */
  readonly docker: DockerNetworkPlan;
  /** Name of the bridge. */
  readonly bridge: string;
  /** Facts of the host. */
  readonly hostState: HostState;
  /**
   * The bridge, where it is ours, as the words that make it.
   * @default - it is not ours
   */
  readonly links?: string;
  /** What only this component may have. */
  readonly claims: readonly Claim[];
  /** What agents on it must know. */
  readonly facts: NetworkFacts;
  /** What may surprise, in sentences. */
  readonly warnings: readonly string[];
}

const KNOWN: readonly (keyof LanBridgeSettings)[] = [
  "networkName",
  "bridge",
  "port",
  "linkName",
  "subnets",
  "hostAddress",
  "hostAddress6",
  "dhcpRanges",
  "internal",
  "labels",
  "driverOptions",
];

/** Under these names Docker's bridge driver looks for the router; its own gateway is the address of the bridge. */
const ROUTER: Readonly<Record<Family, string>> = { 4: "DefaultGatewayIPv4", 6: "DefaultGatewayIPv6" };

/** Plans a Docker network on a bridge of the LAN. Throws one ArgumentError with all problems. */
export function planLanBridge(context: PlanContext, settings: LanBridgeSettings): LanBridgePlan {
  const problems = startProblems(context);
  const given = readObject(problems, "", settings, [...KNOWN, "host"]);
  requireHost(problems, context, "give host.ref: bridge and address are the host's own");
  const name = readNetworkName(problems, "networkName", given.networkName, context);
  const { bridge, ours, ...below } = readBridge(problems, given, context, name);
  const subnets = readOwnSubnets(problems, "subnets", given.subnets);
  if (given.subnets === undefined) {
    problems.add("subnets", undefined, "is missing", "give the subnet of the LAN, as its router has it");
  }
  const dhcpRanges = readDhcpRanges(problems, "dhcpRanges", given.dhcpRanges, subnets);
  const network = { subnets, dhcpRanges, incomplete: isIncomplete(given.subnets, subnets) };
  const hosts = ([4, 6] as const).map((family) => readHostAddress(problems, family, given, network));
  const internal = readBoolean(problems, "internal", given.internal) ?? false;
  const options = readDriverOptions(problems, "driverOptions", given.driverOptions, {
    "com.docker.network.bridge.name": { value: bridge, argument: ours ? "linkName" : "bridge" },
    "com.docker.network.bridge.enable_ip_masquerade": {
      value: "false",
      argument: "BridgeNetwork, where there is no NAT",
    },
  });
  const labels = readLabels(problems, "labels", given.labels, context);
  problems.throwIfAny();

  const [own4, own6] = hosts.map((one) => one && addressText(one));
  const addresses = subnets.flatMap(({ prefix }) => {
    const own = hosts[prefix.family === 4 ? 0 : 1];
    return own ? [`${addressText(own)}/${prefix.length}`] : [];
  });
  const facts: NetworkFacts = {
    name,
    driver: "bridge",
    parent: bridge!,
    internal,
    subnets: subnetSettings(subnets),
    ...(dhcpRanges.length > 0 && { dhcpRanges: dhcpRanges.map(rangeText) }),
    shim: {
      linkName: bridge!,
      ...(own4 !== undefined && { address: own4 }),
      ...(own6 !== undefined && { address6: own6 }),
    },
    ...(context.hostIdentity !== undefined && { host: context.hostIdentity }),
  };
  const claimOwn = (argument: string, value: string | undefined): Claim[] =>
    value === undefined
      ? []
      : [
          claimOf(context, {
            scope: `${hostScope(context)} link ${bridge}`,
            kind: "address",
            value,
            property: argument,
          }),
        ];
  return {
    networkName: name,
    bridge: bridge!,
    docker: {
      driver: "bridge",
      options,
      ipv6: subnets.some(({ prefix }) => prefix.family === 6),
      internal,
      ipamConfigs: subnets.map(({ prefix, gateway, ipRange, reserved }) => ({
        subnet: prefixText(prefix),
        gateway: addressText(hosts[prefix.family === 4 ? 0 : 1]!),
        ...(ipRange && { ipRange: prefixText(ipRange) }),
        ...((gateway || reserved.size > 0) && {
          auxAddress: reservedTexts(
            new Map([...reserved, ...(gateway ? [[ROUTER[prefix.family], gateway] as const] : [])]),
          ),
        }),
      })),
      labels,
    },
    hostState: hostState([
      ...below.facts,
      ...(ours ? [...ownBridge(bridge!, own6 !== undefined)] : []),
      ...addresses.map(
        (address): Fact =>
          ours
            ? { kind: "addr", address, dev: bridge! }
            : { kind: "require", condition: `address ${address} ${bridge}` },
      ),
    ]),
    ...(below.links !== undefined && { links: below.links }),
    claims: [
      ...below.claims,
      // The bridge is for many networks of the LAN's; its name is not this one's alone where it is another's.
      ...networkClaims(
        context,
        (argument) => (argument === "parent" ? "bridge" : argument),
        { name, parent: bridge, exclusive: true },
        subnets,
      ),
      ...claimOwn("hostAddress", own4),
      ...claimOwn("hostAddress6", own6),
    ],
    facts,
    warnings: [
      ...(own6 === undefined
        ? []
        : [
            "Docker switches IPv6 forwarding on, for the whole host and for good, with its first IPv6 bridge network: a link that " +
              "learns its default route by router advertisements then needs accept_ra = 2.",
          ]),
      `Docker keeps its bridge networks apart: containers of other bridge networks of this host do not reach what is behind ${bridge} while this one is there.`,
    ],
  };
}

interface Bridge {
  readonly bridge?: string;
  readonly ours: boolean;
  readonly facts: readonly Fact[];
  readonly links?: string;
  readonly claims: readonly Claim[];
}

function readBridge(problems: Problems, given: Partial<LanBridgeSettings>, context: PlanContext, name: string): Bridge {
  const bridge = read(problems, "bridge", given.bridge, parseInterfaceName);
  const port = read(problems, "port", given.port, parseInterfaceName);
  const linkName = read(problems, "linkName", given.linkName, parseInterfaceName);
  if ((given.bridge === undefined) === (given.port === undefined)) {
    const both = given.bridge !== undefined;
    const rule = both ? "is given, and port too" : "is missing, and port too";
    problems.add("bridge", given.bridge, rule, "give a bridge that is there, or the port of one that is to be made");
  }
  if (given.bridge !== undefined && given.linkName !== undefined) {
    problems.add("linkName", linkName, "is the name of a bridge of ours, and bridge is given", "leave it out");
  }
  if (port !== undefined && port === linkName) {
    problems.add("linkName", linkName, "is the port itself", "choose another name");
  }
  if (given.port === undefined) {
    return {
      bridge,
      ours: false,
      facts: bridge === undefined ? [] : [{ kind: "require", condition: `bridge ${bridge}` }],
      claims: [],
    };
  }
  const seed = `${ownerOf(context)} ${name}`;
  const own = linkName ?? deriveInterfaceName("lan-", seed);
  const link: Fact = { kind: "link", name: own, type: "bridge", address: deriveMac(seed) };
  return {
    bridge: own,
    ours: true,
    links: `link ${own} type bridge`,
    facts:
      port === undefined
        ? []
        : [
            { kind: "require", condition: `link ${port}` },
            { kind: "require", condition: `not-management ${port}` },
            { kind: "require", condition: `no-address ${port}` },
            link,
            { kind: "set", dev: port, master: own },
            { kind: "set", dev: port, state: "up" },
          ],
    claims: [
      claimOf(context, { scope: hostScope(context), kind: "interface", value: own, property: "linkName" }),
      ...(port === undefined
        ? []
        : [
            claimOf(context, {
              scope: `${hostScope(context)} link ${port}`,
              kind: "parent",
              value: port,
              property: "port",
            }),
          ]),
    ],
  };
}

/** The host keeps the address that it was given here: it neither hears the LAN's routers nor makes one of its own. */
function ownBridge(bridge: string, six: boolean): Fact[] {
  const sysctl = (key: string, value: string): Fact => ({
    kind: "sysctl",
    key: `net/ipv6/conf/${bridge}/${key}`,
    value,
  });
  return [sysctl("accept_ra", "0"), sysctl("autoconf", "0"), ...(six ? [] : [sysctl("disable_ipv6", "1")])];
}

function readHostAddress(
  problems: Problems,
  family: Family,
  given: Partial<LanBridgeSettings>,
  network: { subnets: readonly Subnet[]; dhcpRanges: ReturnType<typeof readDhcpRanges>; incomplete: boolean },
) {
  const argument = family === 4 ? "hostAddress" : "hostAddress6";
  const address = read(problems, argument, given[argument], (value) => parseAddress(value, family));
  const [first, second] = ofFamily(network.subnets, family);
  if (second !== undefined) {
    const rule = `is a second IPv${family} subnet, which a bridge network of Docker's does not take`;
    problems.add(`${second.path}.subnet`, prefixText(second.prefix), rule, "make a second network on another bridge");
  }
  if (first !== undefined && given[argument] === undefined) {
    const rule = "is missing: Docker gives the bridge an address, and would take that of the router";
    problems.add(argument, undefined, rule, `give the host's own address in ${prefixText(first.prefix)}`);
  }
  if (address === undefined || (first === undefined && !network.incomplete && network.subnets.length === 0)) {
    return undefined;
  }
  // Docker never gives its gateway away, wherever it lies; the router is not known to it as one.
  const subnets = network.subnets.map((one) => ({
    ...one,
    gateway: one.gateway ?? { family: one.prefix.family, value: -1n },
  }));
  return checkFixedAddress(problems, argument, address, { ...network, subnets }) && address;
}
