import { addressText } from "../net/address";
import { parseInterfaceName } from "../net/interface-name";
import { parsePrefix, prefixSize, prefixText } from "../net/prefix";
import { contains, covers } from "../net/range";
import type { Problems } from "../problems";
import { draftBridgeNetwork } from "./bridge-network";
import { type PlanContext, requireHost, startProblems } from "./context";
import type { DockerNetworkPlan, DriverOptionsSaid } from "./docker-network";
import { type Fact, type HostState, hostState } from "./host-state";
import type { Claim } from "./inventory";
import { forwardingFacts } from "./ipv6-forwarding";
import type { NetworkFacts } from "./network-facts";
import { read, readChoice, readObject, readRequired } from "./read";
import { impliedGateway, ofFamily, poolOf, type Subnet, type SubnetSettings, subnetSettings } from "./subnets";

/** How what is for the prefix finds the host. */
export const Delegation = {
  /** The provider's routers have a route to the host. */
  Routed: "routed",
  /** The prefix is on the link: routers ask for each address, and an `NdpProxy` answers. */
  OnLink: "onLink",
} as const;
/** One of the values of {@link Delegation}. */
export type Delegation = (typeof Delegation)[keyof typeof Delegation];

/** What Docker's filter lets through to agents on the network, from the version on that has the mode. */
export const GatewayMode = {
  /** From Docker 27: ports that agents publish, and ICMP; no translation. Older engines filter nothing. */
  Routed: "routed",
  /** From Docker 28: all ports. */
  NatUnprotected: "nat-unprotected",
} as const;
/** One of the values of {@link GatewayMode}. */
export type GatewayMode = (typeof GatewayMode)[keyof typeof GatewayMode];

/** Arguments of a network with a prefix of its own, all known. */
export interface RoutedIpv6NetworkSettings {
  /** @default - the name of the component */
  readonly networkName?: string;
  /** Link by which the prefix comes. */
  readonly uplink: string;
  /** One IPv6 subnet, and at most one of IPv4. */
  readonly subnets: readonly SubnetSettings[];
  /** @default - the subnet */
  readonly prefix?: string;
  /** @default "routed" */
  readonly delegation?: string;
  /** @default "routed" */
  readonly gatewayMode?: string;
  /** @default - only those of wirework */
  readonly labels?: { readonly [key: string]: string };
  /** @default - only what other arguments say */
  readonly driverOptions?: { readonly [key: string]: string };
}

/** All that such a network comes to. */
export interface RoutedIpv6NetworkPlan {
  /** Name in Docker. */
  readonly networkName: string;
  /** Docker's arguments. */
  readonly docker: DockerNetworkPlan;
  /** Facts of the host. */
  readonly hostState: HostState;
  /** What agents on it must know. */
  readonly facts: NetworkFacts;
  /** The IPv6 subnet. */
  readonly subnet: string;
  /** What only this component may have. */
  readonly claims: readonly Claim[];
  /** What may surprise. */
  readonly warnings: readonly string[];
}

const KNOWN: readonly (keyof RoutedIpv6NetworkSettings)[] = [
  "networkName",
  "uplink",
  "subnets",
  "prefix",
  "delegation",
  "gatewayMode",
  "labels",
  "driverOptions",
];

/** Plans such a network. Throws one ArgumentError with all problems. */
export function planRoutedIpv6Network(
  context: PlanContext,
  settings: RoutedIpv6NetworkSettings,
): RoutedIpv6NetworkPlan {
  const problems = startProblems(context);
  const given = readObject(problems, "", settings, [...KNOWN, "host"]);
  requireHost(problems, context, "give host.ref: the host is the router of the prefix");
  const uplink = readRequired(problems, "uplink", given.uplink, parseInterfaceName);
  const delegations = Object.values(Delegation);
  const delegation = readChoice(problems, "delegation", given.delegation, delegations) ?? Delegation.Routed;
  const modes = Object.values(GatewayMode);
  const mode = readChoice(problems, "gatewayMode", given.gatewayMode, modes) ?? GatewayMode.Routed;
  const { networkName, subnets: ranges, labels, driverOptions } = given;
  const bridge = { networkName, subnets: ranges, labels, driverOptions };
  const { plan, subnets, facts, claims } = draftBridgeNetwork(problems, context, bridge, "", optionsOf(mode));
  const subnet = readIpv6Subnet(problems, ranges, subnets);
  checkPrefix(problems, given.prefix, subnet);
  problems.throwIfAny();

  const text = prefixText(subnet!.prefix);
  return {
    ...plan,
    subnet: text,
    hostState: hostState([
      ...facts,
      ...forwardingFacts(uplink!),
      // What stands on the link itself would be hidden behind the bridge.
      { kind: "require", condition: `apart ${text} dev ${uplink}` },
      ...(delegation === Delegation.Routed ? [requireRouted(text, uplink!)] : []),
      ...(mode === GatewayMode.NatUnprotected ? [requireDocker28] : []),
    ]),
    facts: {
      name: plan.networkName,
      driver: "bridge",
      subnets: subnetSettings(subnets.map((one) => ({ ...one, gateway: one.gateway ?? impliedGateway(one) }))),
      // In mode routed Docker's filter opens the ports of the families on whose addresses they are passed on.
      ...(mode === GatewayMode.Routed && { portAddress: "::" }),
      host: context.hostIdentity!,
    },
    claims,
    warnings: mode === GatewayMode.NatUnprotected && ofFamily(subnets, 4).length > 0 ? [WITHOUT_NAT] : [],
  };
}

const WITHOUT_NAT =
  "gatewayMode nat-unprotected goes with no translation at all: agents reach nothing beyond the host over IPv4";

const requireDocker28: Fact = { kind: "require", condition: "docker >= 28" };
const requireRouted = (prefix: string, uplink: string): Fact => {
  return { kind: "require", condition: `routed ${prefix} dev ${uplink}` };
};

/** Engines before the mode came pass over the option, and filter nothing on such a network. */
function optionsOf(mode: GatewayMode): DriverOptionsSaid {
  const masquerade = mode === GatewayMode.NatUnprotected ? "false" : undefined;
  return {
    "com.docker.network.bridge.gateway_mode_ipv6": { value: mode, argument: "gatewayMode" },
    ...(masquerade && {
      "com.docker.network.bridge.enable_ip_masquerade": { value: masquerade, argument: "gatewayMode" },
    }),
  };
}

function readIpv6Subnet(
  problems: Problems,
  given: readonly SubnetSettings[] | undefined,
  subnets: readonly Subnet[],
): Subnet | undefined {
  const [subnet, second] = ofFamily(subnets, 6);
  if (given === undefined || (subnet === undefined && subnets.length === given.length)) {
    const wayOut = 'give the part of it that the agents get: [{ subnet: "2001:db8:1::/64" }]';
    problems.add("subnets", given, "names no IPv6 subnet, and the network is there for a prefix", wayOut);
  }
  for (const extra of [second, ofFamily(subnets, 4)[1]]) {
    if (extra !== undefined) {
      const rule = `is a second IPv${extra.prefix.family} subnet, which a bridge network of Docker's does not take`;
      problems.add(`${extra.path}.subnet`, prefixText(extra.prefix), rule, "make a second network");
    }
  }
  if (subnet !== undefined && freeAddresses(subnet) < 1n) {
    const rule = "has no address left for an agent: its first one, the bridge and what is reserved take all";
    problems.add(`${subnet.path}.subnet`, prefixText(subnet.prefix), rule, "give a shorter prefix length");
  }
  return subnet;
}

function freeAddresses(subnet: Subnet): bigint {
  const pool = poolOf(subnet);
  const gateway = subnet.gateway ?? impliedGateway(subnet);
  const taken = [...subnet.reserved.values(), ...(gateway ? [gateway] : [])].filter((one) => contains(pool, one));
  return pool.last - pool.first + 1n - BigInt(taken.length);
}

function checkPrefix(problems: Problems, value: unknown, subnet: Subnet | undefined): void {
  const prefix = read(problems, "prefix", value, (given) => parsePrefix(given, 6));
  if (prefix !== undefined && subnet !== undefined && !covers(prefix, subnet.prefix)) {
    const bigger = prefixSize(subnet.prefix) > prefixSize(prefix) ? "is bigger than" : "is outside of";
    const wayOut = `give a part of it, such as ${addressText({ family: 6, value: prefix.first })}/${prefix.length}`;
    problems.add(`${subnet.path}.subnet`, prefixText(subnet.prefix), `${bigger} prefix ${prefixText(prefix)}`, wayOut);
  }
}
