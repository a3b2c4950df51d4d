import { type Address, addressText } from "../net/address";
import { rangeText } from "../net/address-range";
import { vlanName } from "../net/interface-name";
import type { Problems } from "../problems";
import { claimOf, hostScope, linkScope, type PlanContext, startProblems } from "./context";
import { readDhcpRanges } from "./dhcp-ranges";
import { type DockerNetworkPlan, ipamConfigs, readDriverOptions, readLabels, readNetworkName } from "./docker-network";
import { type HostAccess, type HostAccessSettings, planHostAccess, type ShimPlan } from "./host-access";
import { type HostState, hostState } from "./host-state";
import type { Claim } from "./inventory";
import type { JoinedNetwork } from "./joined-network";
import type { LanDriver, LanMode } from "./lan-driver";
import { readParent } from "./lan-parent";
import { networkClaims } from "./network-claims";
import type { NetworkFacts } from "./network-facts";
import { isGiven, memberPath, readBoolean, readObject } from "./read";
import {
  isIncomplete,
  readOwnSubnets,
  SHIM_RESERVATION,
  type Subnet,
  type SubnetSettings,
  subnetSettings,
} from "./subnets";

export type { PlanContext } from "./context";
export type { DockerNetworkPlan, IpamConfigPlan, LabelPlan } from "./docker-network";
export type { HostAccessSettings, ShimPlan } from "./host-access";
export type { SubnetSettings } from "./subnets";

/** Arguments of every network that stands on a LAN, all known. */
export interface LanNetworkSettings {
  /**
   * Name in Docker.
   * @default - the name of the component
   */
  readonly networkName?: string;
  /**
   * Interface of the host that leads to the LAN.
   * @default - none: Docker makes a dummy interface, and the network leads nowhere
   */
  readonly parent?: string;
  /**
   * Tag of the VLAN on the parent that the network stands on.
   * @default - none: the parent itself
   */
  readonly vlan?: number;
  /**
   * Subnets of the LAN.
   * @default - one IPv4 subnet that Docker chooses
   */
  readonly subnets?: readonly SubnetSettings[];
  /**
   * What the LAN's DHCP server gives away.
   * @default - none declared
   */
  readonly dhcpRanges?: readonly string[];
  /**
   * No default route for agents.
   * @default false
   */
  readonly internal?: boolean;
  /**
   * Reach between host and agents.
   * @default - they do not reach each other
   */
  readonly hostAccess?: HostAccessSettings;
  /**
   * Further labels.
   * @default - only those of wirework
   */
  readonly labels?: { readonly [key: string]: string };
  /**
   * Further driver options.
   * @default - only what other arguments say
   */
  readonly driverOptions?: { readonly [key: string]: string };
}

/** All that a network on a LAN comes to. */
export interface LanNetworkPlan {
  /** Name in Docker. */
  readonly networkName: string;
  /** Docker's arguments. */
  readonly docker: DockerNetworkPlan;
  /** Facts of the host. */
  readonly hostState: HostState;
  /**
   * Links of ours that the network stands on, as the words that make them: with another one the network is another.
   * @default - none
   */
  readonly links?: string;
  /** The host's own interface, where host access is wanted. */
  readonly shim?: ShimPlan;
  /** What only this component may have. */
  readonly claims: readonly Claim[];
  /** Subnets, canonical. */
  readonly subnets: readonly SubnetSettings[];
  /** What agents on it must know. */
  readonly facts: NetworkFacts;
  /** What may surprise, in sentences. */
  readonly warnings: readonly string[];
}

/** Plans a network on a LAN. Throws one ArgumentError with all problems. */
export function planLanNetwork(driver: LanDriver, context: PlanContext, settings: LanNetworkSettings): LanNetworkPlan {
  const problems = startProblems(context);
  const { plan } = draftLanNetwork(problems, context, settings, { path: "", driver });
  problems.throwIfAny();
  return plan;
}

/** Where a network's arguments stand, and whose network it is. */
export interface DraftOptions {
  /** Argument that holds the settings; empty when they are the component's own. */
  readonly path: string;
  /** Driver of the network. */
  readonly driver: LanDriver;
  /** Fixed addresses of the agent whose own network this is; absent for a network of many. */
  readonly agent?: readonly Address[];
}

/** The plan, and the network as its agent's own plan sees it. */
export interface LanNetworkDraft {
  /** The plan. */
  readonly plan: LanNetworkPlan;
  /** The network. */
  readonly joined: JoinedNetwork;
}

/** Plans from what is right and notes what is wrong: the plan counts only when nothing was noted. */
export function draftLanNetwork(
  problems: Problems,
  context: PlanContext,
  settings: LanNetworkSettings,
  { path, agent, driver }: DraftOptions,
): LanNetworkDraft {
  const given = readObject(problems, path, settings, [...KNOWN, ...driver.known]);
  const at = (argument: string) => memberPath(path, argument);
  const name = readNetworkName(problems, at("networkName"), given.networkName, context);
  const mode = driver.read(problems, at, given);
  const { parent, ...below } = readParent(problems, at, given, context, mode);
  const subnets = readOwnSubnets(problems, at("subnets"), given.subnets);
  const dhcpRanges = readDhcpRanges(problems, at("dhcpRanges"), given.dhcpRanges, subnets);
  if (mode.routed) {
    refuseNeighbours(problems, at("dhcpRanges"), mode, subnets, given.dhcpRanges);
  }
  const internal = readBoolean(problems, at("internal"), given.internal) ?? false;

  const incomplete = isIncomplete(given.subnets, subnets);
  const parentMayCome = parent !== undefined && below.links === undefined && vlanName(parent) !== undefined;
  const network = { name, parent, parentMayCome, mode, subnets, dhcpRanges, agent, incomplete };
  const access = isGiven(problems, at("hostAccess"), given.hostAccess)
    ? planHostAccess(problems, at("hostAccess"), given.hostAccess, network, context)
    : undefined;
  const options = readDriverOptions(problems, at("driverOptions"), given.driverOptions, {
    parent: { value: parent, argument: at("parent") },
    ...Object.fromEntries(
      mode.options.map(({ key, value, argument }) => [key, { value, argument: at(argument) }] as const),
    ),
  });
  const docker: DockerNetworkPlan = {
    driver: mode.driver,
    options,
    ipv6: subnets.some(({ prefix }) => prefix.family === 6),
    internal,
    ipamConfigs: ipamConfigs(subnets, (subnet) => shimReservation(subnet, access)),
    labels: readLabels(problems, at("labels"), given.labels, context),
  };
  const facts: NetworkFacts = {
    name,
    driver: mode.driver,
    ...(parent !== undefined && { parent }),
    mode: mode.mode,
    internal,
    subnets: subnetSettings(subnets),
    ...(dhcpRanges.length > 0 && { dhcpRanges: dhcpRanges.map(rangeText) }),
    ...(access && { shim: access.shim }),
    ...(context.hostIdentity !== undefined && { host: context.hostIdentity }),
  };
  const plan: LanNetworkPlan = {
    networkName: name,
    docker,
    hostState: hostState([...mode.requirements, ...below.facts, ...(access?.facts ?? [])]),
    ...(below.links !== undefined && { links: below.links }),
    ...(access && { shim: access.shim }),
    claims: [
      ...below.claims,
      ...networkClaims(context, at, { ...facts, exclusive: mode.exclusive }, subnets),
      ...shimClaims(context, at("hostAccess"), facts),
    ],
    subnets: facts.subnets,
    facts,
    warnings: [...below.warnings, ...mode.warnings, ...(access?.warnings ?? [])],
  };
  return { plan, joined: { facts, subnets, dhcpRanges, incomplete, shim: access?.addresses ?? [] } };
}

const KNOWN: readonly (keyof LanNetworkSettings)[] = [
  "networkName",
  "parent",
  "vlan",
  "subnets",
  "dhcpRanges",
  "internal",
  "hostAccess",
  "labels",
  "driverOptions",
];

/** Where the kernel routes to agents, no frame of a neighbour reaches them: neither ARP nor DHCP. */
function refuseNeighbours(
  problems: Problems,
  dhcpPath: string,
  { mode }: LanMode,
  subnets: readonly Subnet[],
  dhcpRanges: readonly string[] | undefined,
): void {
  for (const { path, gateway } of subnets) {
    if (gateway !== undefined) {
      const rule = `is no use in mode ${mode}: agents ask no router, they leave by the routes of the parent's host`;
      problems.add(`${path}.gateway`, addressText(gateway), rule, "leave it out; the LAN needs the neighbourRoutes");
    }
  }
  if (dhcpRanges !== undefined) {
    const rule = `are no use in mode ${mode}: its subnets are routed to the host, and no DHCP server is on them`;
    problems.add(dhcpPath, undefined, rule, "leave them out");
  }
}

function shimReservation({ prefix }: Subnet, access: HostAccess | undefined): Subnet["reserved"] {
  const own = access?.addresses.find(
    ({ family, value }) => family === prefix.family && prefix.first <= value && value <= prefix.last,
  );
  return new Map(own ? [[SHIM_RESERVATION, own]] : []);
}

function shimClaims(context: PlanContext, path: string, { name, parent, shim }: NetworkFacts): Claim[] {
  if (shim === undefined) {
    return [];
  }
  const scope = linkScope(context, { name, parent });
  const claim = (kind: Claim["kind"], value: string, argument: string, where = scope) =>
    claimOf(context, { scope: where, kind, value, property: `${path}.${argument}` });
  return [
    claim("interface", shim.linkName, "linkName", hostScope(context)),
    ...(shim.macAddress === undefined ? [] : [claim("mac", shim.macAddress, "macAddress")]),
    ...(shim.address === undefined ? [] : [claim("address", shim.address, "address")]),
    ...(shim.address6 === undefined ? [] : [claim("address", shim.address6, "address6")]),
  ];
}
