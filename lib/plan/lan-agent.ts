import { type Address, addressText, BITS, parseAddress } from "../net/address";
import { nextFree } from "../net/address-pool";
import { isLocallyAdministered, parseMac } from "../net/mac";
import { contains, overlaps } from "../net/range";
import type { Problems } from "../problems";
import { placeOn, planProbe } from "./address-probe";
import {
  type AgentPlan,
  containerClaim,
  type EndpointPlan,
  type ExtraNetworkSettings,
  endpointClaims,
  extraNetworkClaims,
  readAgentContainer,
  readAliases,
  readExtraNetworks,
} from "./agent";
import type { ContainerSettings } from "./container";
import { linkScope, type PlanContext, startProblems } from "./context";
import { DefaultRoute, planDefaultRoute } from "./default-route";
import { askedName, DHCP_ADDRESS, type DhcpSettings, readDhcp } from "./dhcp";
import { ownLabels } from "./docker-network";
import { checkFixedAddress } from "./fixed-address";
import { groupFacts, lanPort, readGroups } from "./groups";
import { type Fact, hostState } from "./host-state";
import { type JoinedNetwork, readJoinedNetwork } from "./joined-network";
import type { LanDriver } from "./lan-driver";
import { draftLanNetwork, type LanNetworkDraft, type LanNetworkPlan, type LanNetworkSettings } from "./lan-network";
import { planLeasedAgent } from "./leased-agent";
import { MacvlanMode } from "./macvlan-mode";
import type { NetworkFacts } from "./network-facts";
import { isGiven, read, readChoice, readObject } from "./read";
import { requireDocker } from "./requirements";
import { isDualStack, ofFamily, poolOf } from "./subnets";
import { type VerificationSettings, verificationLines } from "./verification";

export type { AgentPlan, EndpointPlan, ExtraNetworkSettings } from "./agent";
export { DefaultRoute } from "./default-route";
export type { NetworkFacts } from "./network-facts";
export type { VerificationSettings } from "./verification";

/** Arguments of an agent on a LAN, all known. Give `network` or `own`. */
export interface LanAgentSettings {
  /** @default - the agent has a network of its own */
  readonly network?: NetworkFacts;
  /** @default - the agent joins a network of others */
  readonly own?: LanNetworkSettings;
  /** @default - from the pool, where there is an IPv4 subnet */
  readonly ipv4Address?: string;
  /** Whether the program itself says that the address is leased. @default false */
  readonly leased?: boolean;
  /** @default - as the container is named, by its MAC */
  readonly dhcp?: DhcpSettings;
  /** @default - from the pool, where there is an IPv6 subnet */
  readonly ipv6Address?: string;
  /** @default - Docker's: before version 28 made of the IPv4 address; on ipvlan the parent's */
  readonly macAddress?: string;
  /** @default - none that wirework knows */
  readonly receives?: readonly string[];
  /** @default - none */
  readonly aliases?: readonly string[];
  /** @default - none */
  readonly extraNetworks?: readonly ExtraNetworkSettings[];
  /** @default - by the extra network marked as management, else as Docker chooses */
  readonly defaultRoute?: DefaultRoute;
  /** @default - the gateway must answer */
  readonly verification?: VerificationSettings;
  /** @default - where a host can ask */
  readonly probe?: boolean;
  /** @default - nothing of it is checked */
  readonly container?: ContainerSettings;
}

/** All that an agent on a LAN comes to. */
export interface LanAgentPlan extends AgentPlan {
  /** The agent's own network; absent on a shared one. Its facts, claims and warnings are among the agent's. */
  readonly network?: LanNetworkPlan;
  /** Links of ours beneath it, as the words that make them. */
  readonly links?: string;
  /** Where its address is leased: the interface that the host puts in, and its fixed address of IPv6. */
  readonly lease?: { readonly dev: string; readonly macAddress: string; readonly ipv6Address?: string };
  /** What the host asks the LAN before the container is made; empty when nothing. */
  readonly probe: readonly string[];
}

/** Arguments of the agent that are no container arguments: what a typo among those may have meant. */
const OWN_ARGUMENTS = [
  "host",
  "network",
  "ownNetwork",
  "ipv4Address",
  "dhcp",
  "ipv6Address",
  "macAddress",
  "receives",
  "aliases",
  "extraNetworks",
  "defaultRoute",
  "verify",
  "probe",
  "persistence",
];

const KNOWN: readonly (keyof LanAgentSettings)[] = [
  "network",
  "own",
  "ipv4Address",
  "leased",
  "dhcp",
  "ipv6Address",
  "macAddress",
  "receives",
  "aliases",
  "extraNetworks",
  "defaultRoute",
  "verification",
  "probe",
  "container",
];

/** Plans an agent on a LAN. Throws one ArgumentError with all problems. */
export function planLanAgent(driver: LanDriver, context: PlanContext, given: LanAgentSettings): LanAgentPlan {
  const problems = startProblems(context);
  const settings = readObject(problems, "", given, KNOWN);
  refusePorts(problems, driver, settings.container);
  const containerName = readAgentContainer(problems, settings.container, context, [...OWN_ARGUMENTS, "ports"]);
  const leased = settings.ipv4Address === DHCP_ADDRESS;
  const leased6 = settings.ipv6Address === DHCP_ADDRESS;
  if (leased6 && !leased) {
    const rule = "is leased where the host puts the agent's interface in, which it does for a leased ipv4Address";
    const wayOut = "give DHCP_ADDRESS as ipv4Address too, or use a PipeworkAgent";
    problems.add("ipv6Address", settings.ipv6Address, rule, wayOut);
  }
  const fixedText = (text: string | undefined) => (text === DHCP_ADDRESS ? undefined : text);
  const ipv4 = read(problems, "ipv4Address", fixedText(settings.ipv4Address), (value) => parseAddress(value, 4));
  const ipv6 = read(problems, "ipv6Address", fixedText(settings.ipv6Address), (value) => parseAddress(value, 6));
  const fixed = [ipv4, ipv6].filter((address) => address !== undefined);

  const draft = readOwnNetwork(problems, driver, context, settings, fixed);
  const own = draft?.plan;
  const network = draft?.joined ?? readJoinedNetwork(problems, "network", settings.network, context, driver);
  const path = (family: number) => (family === 4 ? "ipv4Address" : "ipv6Address");
  for (const address of network === undefined ? [] : fixed) {
    checkFixedAddress(problems, path(address.family), address, network!);
  }
  if (network !== undefined && !leased) {
    checkDynamicAddresses(problems, network, fixed);
  }

  const name = network?.facts.name ?? "";
  const macAddress = readMac(problems, driver, settings.macAddress, context, network?.facts);
  const groups = readGroups(problems, "receives", settings.receives, context, lanPort(network, leased));
  const aliases = readAliases(problems, "aliases", settings.aliases);
  const extra = readExtraNetworks(problems, "extraNetworks", settings.extraNetworks, name);
  const wanted = readChoice(problems, "defaultRoute", settings.defaultRoute, Object.values(DefaultRoute));
  const dhcp = readDhcp(problems, "dhcp", settings.dhcp, {
    leased: leased ? [4] : [],
    name: askedName(containerName, settings.container),
  });
  if (dhcp !== undefined) {
    const routes = network === undefined ? [] : routesToAgent(network, fixed);
    const read = {
      settings,
      containerName,
      own,
      network,
      ipv6,
      leased6,
      macAddress,
      groups,
      aliases,
      extra,
      defaultRoute: wanted,
    };
    return planLeasedAgent(problems, driver, context, { ...read, dhcp, routes });
  }
  const endpoint: EndpointPlan = {
    networkName: name,
    ...(ipv4 && { ipv4Address: addressText(ipv4) }),
    ...(ipv6 && { ipv6Address: addressText(ipv6) }),
    ...(aliases.length > 0 && { aliases }),
  };
  const dualStack = network !== undefined && isDualStack(network.subnets);
  const main = {
    endpoint,
    dualStack,
    internal: network?.facts.internal === true || network?.facts.parent === undefined,
  };
  const route = planDefaultRoute(problems, "defaultRoute", main, extra, wanted);
  const gateways = network === undefined ? [] : heardGateways(network, fixed);
  const verify = verificationLines(problems, "verify", settings.verification, {
    networkName: name,
    gateways,
    ...(macAddress !== undefined && { macAddress }),
    receives: groups,
    ...(route.winner !== undefined && { defaultRoute: route.winner }),
  });
  const places = network === undefined ? [] : [placeOn(network, fixed, driver.ownMac, macAddress)];
  const probe = planProbe(problems, settings.probe, context, containerName, places);
  problems.throwIfAny();

  const explicitMac = extra.some((one) => one.endpoint.macAddress !== undefined);
  const facts: Fact[] = [
    ...requireDocker(explicitMac, route.needsPriority),
    ...(own?.hostState.facts ?? []),
    ...(own ? [] : routesToAgent(network!, fixed)),
    ...(macAddress === undefined ? [] : [fixedMac(macAddress, containerName, name)]),
    ...groupFacts(groups, containerName, name),
  ];
  return {
    ...(own && { network: own, links: own.links }),
    containerName,
    labels: ownLabels(context),
    endpoints: route.endpoints,
    ...(macAddress !== undefined && { macAddress }),
    hostState: hostState(facts),
    verify,
    probe,
    claims: [
      ...(own?.claims ?? []),
      containerClaim(context, containerName),
      ...endpointClaims(context, linkScope(context, network!.facts), { ...endpoint, macAddress }),
      ...extraNetworkClaims(context, "extraNetworks", extra),
    ],
    warnings: [...(own?.warnings ?? []), ...agentWarnings(context, macAddress, route.needsPriority)],
  };
}

/**
 * Docker's provider makes a container, attaches it to its networks and then starts it; Docker keeps a MAC only of the
 * network that it is made with, and drops the others at the start. So it is set in the namespace of the running container.
 */
function readMac(
  problems: Problems,
  driver: LanDriver,
  given: unknown,
  context: PlanContext,
  network: NetworkFacts | undefined,
): string | undefined {
  const macAddress = read(problems, "macAddress", given, parseMac);
  if (macAddress !== undefined && !driver.ownMac) {
    problems.add("macAddress", macAddress, "is given, and an ipvlan has its parent's", "leave it out");
  } else if (macAddress !== undefined && context.hostIdentity === undefined) {
    const rule = "is set in the running container by the host, and none is given: Docker's provider can hand over none";
    problems.add("macAddress", given, rule, "give host, or leave it out");
  }
  if (macAddress !== undefined && network?.mode === MacvlanMode.Passthru) {
    const rule = 'is not the agent\'s own to choose: in mode "passthru" it is the MAC of the parent';
    problems.add("macAddress", given, rule, "leave it out, or choose another mode");
  }
  return macAddress;
}

function fixedMac(address: string, container: string, network: string): Fact {
  return { kind: "mac", address, container, network };
}

function refusePorts(problems: Problems, driver: LanDriver, container: ContainerSettings | undefined): void {
  const ports = (container as { ports?: unknown } | undefined)?.ports;
  if (ports !== undefined && !(Array.isArray(ports) && ports.length === 0)) {
    const wayOut = "leave it out: every port of the agent is reachable at its own address; BridgeAgent publishes ports";
    problems.add("ports", ports, `does nothing on ${driver.name}, where Docker ignores published ports`, wayOut);
  }
}

function readOwnNetwork(
  problems: Problems,
  driver: LanDriver,
  context: PlanContext,
  { network, own }: Partial<LanAgentSettings>,
  agent: readonly Address[],
): LanNetworkDraft | undefined {
  if (network !== undefined && own !== undefined) {
    problems.add("network", undefined, "is given, and ownNetwork too", "give one of the two");
  }
  if (network === undefined && own === undefined) {
    problems.add("network", undefined, "is missing", `give network (the ref of a ${driver.component}) or ownNetwork`);
  }
  return network !== undefined || !isGiven(problems, "ownNetwork", own)
    ? undefined
    : draftLanNetwork(problems, context, own, { path: "ownNetwork", agent, driver });
}

/** Without a fixed address Docker chooses: it must have something to choose from that nobody else gives away. */
function checkDynamicAddresses(problems: Problems, network: JoinedNetwork, fixed: readonly Address[]): void {
  for (const family of [4, 6] as const) {
    const subnets = ofFamily(network.subnets, family);
    if (subnets.length === 0 || fixed.some((address) => address.family === family)) {
      continue;
    }
    const argument = `ipv${family}Address`;
    const leased = subnets.find((subnet) => network.dhcpRanges.some((range) => overlaps(range, poolOf(subnet))));
    if (leased !== undefined) {
      const rule = `is left to Docker, and its pool holds addresses that the LAN's DHCP server gives away (dhcpRanges)`;
      problems.add(argument, undefined, rule, `give ${argument}, or ${leased.path}.ipRange outside of the DHCP range`);
    }
    const taken = (subnet: (typeof subnets)[number]) => [
      ...subnet.reserved.values(),
      ...(subnet.gateway ? [subnet.gateway] : []),
      ...network.shim,
    ];
    if (subnets.every((subnet) => nextFree(poolOf(subnet), taken(subnet)) === undefined)) {
      const rule = `is left to Docker, and no address of ${subnets.map(({ path }) => path).join(", ")} is free`;
      problems.add(argument, undefined, rule, "give a larger subnet or ipRange");
    }
  }
}

/** The gateways that an agent must hear: of the subnet that its fixed address lies in, else of the first one of the family. */
function heardGateways({ facts, subnets }: JoinedNetwork, fixed: readonly Address[]): string[] {
  if (facts.parent === undefined) {
    return [];
  }
  return ([4, 6] as const).flatMap((family) => {
    const own = fixed.find((address) => address.family === family);
    const all = ofFamily(subnets, family);
    const subnet = own ? all.find(({ prefix }) => contains(prefix, own)) : all[0];
    return subnet?.gateway ? [addressText(subnet.gateway)] : [];
  });
}

/** On a shared network the host's routes lead to ipRange; an agent outside of it brings a route of its own. */
function routesToAgent(
  { facts: { shim }, subnets, shim: shimAddresses }: JoinedNetwork,
  fixed: readonly Address[],
): Fact[] {
  if (shim === undefined) {
    return [];
  }
  return fixed.flatMap((address): Fact[] => {
    const subnet = subnets.find(({ prefix }) => contains(prefix, address));
    const reachable = subnet && shimAddresses.some((own) => contains(subnet.prefix, own));
    return !reachable || (subnet.ipRange && contains(subnet.ipRange, address))
      ? []
      : [{ kind: "route", destination: `${addressText(address)}/${BITS[address.family]}`, dev: shim.linkName }];
  });
}

function agentWarnings(context: PlanContext, macAddress: string | undefined, needsPriority: boolean): string[] {
  const foreign = macAddress !== undefined && !isLocallyAdministered(macAddress);
  // With a host, its helper checks the version; without one nobody does.
  const unchecked = needsPriority && context.hostIdentity === undefined;
  return [
    ...(foreign
      ? [`macAddress ${macAddress} is not locally administered: another device may have it from its maker.`]
      : []),
    ...(unchecked
      ? [
          "the default route is chosen by gateway priority, which needs Docker 28; " +
            "before that, name the network that is to have it so that it sorts first.",
        ]
      : []),
  ];
}
