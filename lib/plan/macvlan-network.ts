import type { Address } from "../net/address";
import { rangeText } from "../net/address-range";
import { parseInterfaceName, vlanName } from "../net/interface-name";
import { prefixText } from "../net/prefix";
import type { Problems } from "../problems";
import { hostScope, linkScope, type PlanContext, startProblems } from "./context";
import { readDhcpRanges } from "./dhcp-ranges";
import { type DockerNetworkPlan, ipamConfigs, readDriverOptions, readLabels, readNetworkName } from "./docker-network";
import { type HostAccess, type HostAccessSettings, planHostAccess, type ShimPlan } from "./host-access";
import { type Fact, type HostState, hostState } from "./host-state";
import type { Claim } from "./inventory";
import type { JoinedNetwork } from "./joined-network";
import { MacvlanMode } from "./macvlan-mode";
import { networkClaims } from "./network-claims";
import type { NetworkFacts } from "./network-facts";
import { isGiven, memberPath, read, readBoolean, readChoice, readObject } from "./read";
import {
  isIncomplete,
  readSubnets,
  SHIM_RESERVATION,
  type Subnet,
  type SubnetSettings,
  subnetSettings,
} from "./subnets";

export type { PlanContext } from "./context";
export type { DockerNetworkPlan, IpamConfigPlan, LabelPlan } from "./docker-network";
export type { HostAccessSettings, ShimPlan } from "./host-access";
export { MacvlanMode } from "./macvlan-mode";
export type { SubnetSettings } from "./subnets";

/** Arguments of a macvlan network, all known. */
export interface MacvlanNetworkSettings {
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
   * How agents on one parent see each other.
   * @default "bridge"
   */
  readonly mode?: MacvlanMode;
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
   * @default - only parent and mode
   */
  readonly driverOptions?: { readonly [key: string]: string };
}

/** All that a macvlan network comes to. */
export interface MacvlanNetworkPlan {
  /** Name in Docker. */
  readonly networkName: string;
  /** Docker's arguments. */
  readonly docker: DockerNetworkPlan;
  /** Facts of the host. */
  readonly hostState: HostState;
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

/** Plans a macvlan network. Throws one ArgumentError with all problems. */
export function planMacvlanNetwork(context: PlanContext, settings: MacvlanNetworkSettings): MacvlanNetworkPlan {
  const problems = startProblems(context);
  const { plan } = draftMacvlanNetwork(problems, context, settings, { path: "" });
  problems.throwIfAny();
  return plan;
}

/** Where a network's arguments stand, and whose network it is. */
export interface DraftOptions {
  /** Argument that holds the settings; empty when they are the component's own. */
  readonly path: string;
  /** Fixed addresses of the agent whose own network this is; absent for a network of many. */
  readonly agent?: readonly Address[];
}

/** The plan, and the network as its agent's own plan sees it. */
export interface MacvlanNetworkDraft {
  /** The plan. */
  readonly plan: MacvlanNetworkPlan;
  /** The network. */
  readonly joined: JoinedNetwork;
}

/** Plans from what is right and notes what is wrong: the plan counts only when nothing was noted. */
export function draftMacvlanNetwork(
  problems: Problems,
  context: PlanContext,
  settings: MacvlanNetworkSettings,
  { path, agent }: DraftOptions,
): MacvlanNetworkDraft {
  const given = readObject(problems, path, settings, KNOWN);
  const at = (argument: keyof MacvlanNetworkSettings) => memberPath(path, argument);
  const name = readNetworkName(problems, at("networkName"), given.networkName, context);
  const parent = read(problems, at("parent"), given.parent, parseInterfaceName);
  const mode = readChoice(problems, at("mode"), given.mode, Object.values(MacvlanMode)) ?? MacvlanMode.Bridge;
  const subnets = readSubnets(problems, at("subnets"), given.subnets);
  const dhcpRanges = readDhcpRanges(problems, at("dhcpRanges"), given.dhcpRanges, subnets);
  const internal = readBoolean(problems, at("internal"), given.internal) ?? false;

  const network = { name, parent, mode, subnets, dhcpRanges, agent, incomplete: isIncomplete(given.subnets, subnets) };
  const access = isGiven(problems, at("hostAccess"), given.hostAccess)
    ? planHostAccess(problems, at("hostAccess"), given.hostAccess, network, context)
    : undefined;
  const options = readDriverOptions(problems, at("driverOptions"), given.driverOptions, {
    parent: { value: parent, argument: at("parent") },
    macvlan_mode: { value: mode, argument: at("mode") },
  });
  const docker: DockerNetworkPlan = {
    driver: "macvlan",
    options,
    ipv6: subnets.some(({ prefix }) => prefix.family === 6),
    internal,
    ipamConfigs: ipamConfigs(subnets, (subnet) => shimReservation(subnet, access)),
    labels: readLabels(problems, at("labels"), given.labels, context),
  };
  const facts: NetworkFacts = {
    name,
    driver: "macvlan",
    ...(parent !== undefined && { parent }),
    mode,
    internal,
    subnets: subnetSettings(subnets),
    ...(dhcpRanges.length > 0 && { dhcpRanges: dhcpRanges.map(rangeText) }),
    ...(access && { shim: access.shim }),
    ...(context.hostIdentity !== undefined && { host: context.hostIdentity }),
  };
  const plan: MacvlanNetworkPlan = {
    networkName: name,
    docker,
    hostState: hostState([...parentRequirements(parent, mode), ...(access?.facts ?? [])]),
    ...(access && { shim: access.shim }),
    claims: [...networkClaims(context, at, facts, subnets), ...shimClaims(context, at("hostAccess"), facts)],
    subnets: facts.subnets,
    facts,
    warnings: [...networkWarnings(parent, mode, subnets), ...(access?.warnings ?? [])],
  };
  const incomplete = isIncomplete(given.subnets, subnets);
  return { plan, joined: { facts, subnets, dhcpRanges, incomplete, shim: access?.addresses ?? [] } };
}

const KNOWN: readonly (keyof MacvlanNetworkSettings)[] = [
  "networkName",
  "parent",
  "mode",
  "subnets",
  "dhcpRanges",
  "internal",
  "hostAccess",
  "labels",
  "driverOptions",
];

function shimReservation({ prefix }: Subnet, access: HostAccess | undefined): Subnet["reserved"] {
  const own = access?.addresses.find(
    ({ family, value }) => family === prefix.family && prefix.first <= value && value <= prefix.last,
  );
  return new Map(own ? [[SHIM_RESERVATION, own]] : []);
}

function parentRequirements(parent: string | undefined, mode: MacvlanMode): Fact[] {
  if (parent === undefined) {
    return [];
  }
  // Docker makes eth0.215 where it is not there, so only other names must exist before.
  const exists: Fact[] = vlanName(parent) ? [] : [{ kind: "require", condition: `link ${parent}` }];
  // In this mode the one agent takes the interface over, and the SSH session with it.
  const free: Fact[] =
    mode === MacvlanMode.Passthru ? [{ kind: "require", condition: `not-management ${parent}` }] : [];
  return [...exists, ...free];
}

function shimClaims(context: PlanContext, path: string, { name, parent, shim }: NetworkFacts): Claim[] {
  if (shim === undefined) {
    return [];
  }
  const scope = linkScope(context, { name, parent });
  const claim = (kind: Claim["kind"], value: string, argument: string, where = scope): Claim => ({
    scope: where,
    kind,
    value,
    component: context.component,
    name: context.name,
    property: `${path}.${argument}`,
  });
  return [
    claim("interface", shim.linkName, "linkName", hostScope(context)),
    claim("mac", shim.macAddress, "macAddress"),
    ...(shim.address === undefined ? [] : [claim("address", shim.address, "address")]),
    ...(shim.address6 === undefined ? [] : [claim("address", shim.address6, "address6")]),
  ];
}

function networkWarnings(parent: string | undefined, mode: MacvlanMode, subnets: readonly Subnet[]): string[] {
  const warnings: string[] = [];
  if (parent !== undefined && /^(wl|wlan|ath|ra)[0-9a-z]*[0-9]/.test(parent)) {
    warnings.push(
      `parent ${parent} looks like a wireless interface: access points drop frames from a second MAC. ` +
        "Use a bridge network behind NAT, a policy-routed network, or ipvlan there.",
    );
  }
  if (mode === MacvlanMode.Passthru) {
    warnings.push(
      "in mode passthru the parent takes on the MAC address of the one agent, and serves no other network.",
    );
  }
  const only6 = subnets.length > 0 && subnets.every(({ prefix }) => prefix.family === 6);
  if (only6) {
    const list = subnets.map(({ prefix }) => prefixText(prefix)).join(", ");
    warnings.push(`the network has IPv6 subnets only (${list}): Docker adds an IPv4 subnet of its own choice.`);
  }
  return warnings;
}
