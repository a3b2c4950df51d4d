import { addressText, parseAddress } from "../net/address";
import { parseResourceName } from "../net/resource-name";
import { placeOn, planProbe } from "./address-probe";
import {
  type AgentPlan,
  containerClaim,
  type ExtraNetworkSettings,
  endpointClaims,
  extraNetworkClaims,
  readAgentContainer,
  readExtraNetworks,
} from "./agent";
import { readBridgeEndpoint } from "./bridge-endpoint";
import { type BridgeNetworkPlan, type BridgeNetworkSettings, draftBridgeNetwork } from "./bridge-network";
import type { ContainerSettings } from "./container";
import { linkScope, type PlanContext, startProblems } from "./context";
import { planDefaultRoute } from "./default-route";
import { ownLabels } from "./docker-network";
import { BEHIND_NAT, groupFacts, readGroups } from "./groups";
import { hostState } from "./host-state";
import { type JoinedNetwork, readJoinedNetwork } from "./joined-network";
import type { NetworkFacts } from "./network-facts";
import { type PublishedPortPlan, type PublishedPortSettings, portClaims, readPublishedPorts } from "./published-ports";
import { isGiven, read, readObject } from "./read";
import { requireDocker } from "./requirements";
import { isDualStack } from "./subnets";
import { type VerificationSettings, verificationLines } from "./verification";

export type { BridgeNetworkPlan, BridgeNetworkSettings } from "./bridge-network";
export type { PublishedPortPlan, PublishedPortSettings } from "./published-ports";

/** Arguments of a bridge agent, all known. Give `network`, `networkName`, `own`, or none for Docker's default bridge. */
export interface BridgeAgentSettings {
  /** @default - another network */
  readonly network?: NetworkFacts;
  /** @default - `own`, or else Docker's default bridge */
  readonly networkName?: string;
  /** @default - `networkName`, or else Docker's default bridge */
  readonly own?: BridgeNetworkSettings;
  /** @default - given by Docker */
  readonly ipv4Address?: string;
  /** @default - given by Docker */
  readonly ipv6Address?: string;
  /** @default - chosen by Docker */
  readonly macAddress?: string;
  /** @default - none that wirework knows */
  readonly receives?: readonly string[];
  /** @default - none */
  readonly aliases?: readonly string[];
  /** @default - none */
  readonly extraNetworks?: readonly ExtraNetworkSettings[];
  /** @default - none */
  readonly ports?: readonly PublishedPortSettings[];
  /** @default - the gateway must answer, where it is known */
  readonly verification?: VerificationSettings;
  /** @default - true where a host can ask */
  readonly probe?: boolean;
  /** @default - nothing of it is checked */
  readonly container?: ContainerSettings;
}

/** All that a bridge agent comes to. */
export interface BridgeAgentPlan extends AgentPlan {
  /** The agent's own network; absent on another's. */
  readonly network?: BridgeNetworkPlan;
  /** Ports that the host passes on. */
  readonly ports: readonly PublishedPortPlan[];
  /** What the host asks the LAN before the container is made; empty when nothing. */
  readonly probe: readonly string[];
}

/** Arguments of the agent that are no container arguments: what a typo among those may have meant. */
const OWN_ARGUMENTS = [
  "host",
  "network",
  "networkName",
  "ownNetwork",
  "ipv4Address",
  "ipv6Address",
  "macAddress",
  "receives",
  "aliases",
  "extraNetworks",
  "ports",
  "verify",
  "probe",
];

const KNOWN: readonly (keyof BridgeAgentSettings)[] = [
  "network",
  "networkName",
  "own",
  "ipv4Address",
  "ipv6Address",
  "macAddress",
  "receives",
  "aliases",
  "extraNetworks",
  "ports",
  "verification",
  "probe",
  "container",
];

/** Plans a bridge agent. Throws one ArgumentError with all problems. */
export function planBridgeAgent(context: PlanContext, given: BridgeAgentSettings): BridgeAgentPlan {
  const problems = startProblems(context);
  const settings = readObject(problems, "", given, KNOWN);
  const containerName = readAgentContainer(problems, settings.container, context, OWN_ARGUMENTS);
  const named = read(problems, "networkName", settings.networkName, parseResourceName);
  if (named === "host" || named === "none") {
    problems.add("networkName", named, "is no bridge network", "name a bridge network, or leave it out");
  }
  const own = isGiven(problems, "ownNetwork", settings.own)
    ? draftBridgeNetwork(problems, context, settings.own, "ownNetwork")
    : undefined;
  if (named !== undefined && own !== undefined) {
    problems.add("networkName", named, "is given, and ownNetwork too", "give one of the two");
  }
  if (settings.network !== undefined && (named !== undefined || own !== undefined)) {
    problems.add(
      "network",
      undefined,
      `is given, and ${own ? "ownNetwork" : "networkName"} too`,
      "give one of the two",
    );
  }
  const lan =
    settings.network === undefined ? undefined : readJoinedNetwork(problems, "network", settings.network, context, LAN);
  const name = lan?.facts.name ?? own?.plan.networkName ?? named ?? "bridge";
  const endpoint = readBridgeEndpoint(problems, settings, name, lan ?? own);
  const groups = readGroups(problems, "receives", settings.receives, context, {
    ipv6: lan !== undefined && isDualStack(lan.subnets),
    // Only a bridge of the LAN's is a link that others send to.
    ...(lan?.facts.parent === undefined && { refused: BEHIND_NAT }),
  });
  const portAddress = lan?.facts.portAddress;
  const ports = readPublishedPorts(problems, "ports", settings.ports, context).map((port) => {
    return portAddress === undefined ? port : { ip: portAddress, ...port };
  });
  const extra = readExtraNetworks(problems, "extraNetworks", settings.extraNetworks, name);
  const main = {
    endpoint,
    dualStack: own?.plan.docker.ipv6 ?? (lan !== undefined && isDualStack(lan.subnets)),
    internal: own?.plan.docker.internal ?? lan?.facts.internal ?? false,
  };
  const route = planDefaultRoute(problems, "extraNetworks", main, extra, undefined);
  const verify = verificationLines(problems, "verify", settings.verification, {
    networkName: name,
    receives: groups,
    gateways: own?.gateways ?? (lan === undefined ? [] : routersOf(lan)),
    // With one network nothing competes, but the default bridge's gateway is not known here: its route is the proof.
    ...(route.winner !== undefined
      ? { defaultRoute: route.winner }
      : own === undefined && lan === undefined && { defaultRoute: name }),
  });
  const fixed = [endpoint.ipv4Address, endpoint.ipv6Address]
    .map((text) => (text === undefined ? undefined : parseAddress(text)))
    .flatMap((found) => (found === undefined || found.fault !== undefined ? [] : [found.value]));
  const places = [lan === undefined ? { ownMac: true, fixed: [] } : placeOn(lan, fixed, true, endpoint.macAddress)];
  const probe = planProbe(problems, settings.probe, context, containerName, places);
  problems.throwIfAny();

  const explicitMac = [endpoint, ...extra.map((one) => one.endpoint)].some((one) => one.macAddress !== undefined);
  return {
    ...(own && { network: own.plan }),
    containerName,
    labels: ownLabels(context),
    endpoints: route.endpoints,
    ports,
    hostState: hostState([
      ...requireDocker(explicitMac, route.needsPriority),
      ...(own?.facts ?? []),
      ...groupFacts(groups, containerName, name),
    ]),
    verify,
    probe,
    claims: [
      ...(own?.claims ?? []),
      containerClaim(context, containerName),
      ...endpointClaims(context, linkScope(context, lan?.facts ?? { name }), endpoint),
      ...portClaims(context, "ports", ports),
      ...extraNetworkClaims(context, "extraNetworks", extra),
    ],
    warnings: [],
  };
}

/** The networks that an agent joins by their ref. */
const LAN = { name: "bridge", component: "BridgeNetwork" };

/** The LAN's routers, one of each family, which an agent on a bridge of the LAN must hear. */
function routersOf({ facts, subnets }: JoinedNetwork): string[] {
  return facts.internal ? [] : subnets.flatMap(({ gateway }) => (gateway ? [addressText(gateway)] : []));
}
