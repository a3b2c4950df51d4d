import { addressText, parseAddress } from "../net/address";
import { parseMac } from "../net/mac";
import { parseHostName, parseResourceName } from "../net/resource-name";
import type { Problems } from "../problems";
import { CONTAINER_ARGUMENTS, type ContainerSettings, readContainer } from "./container";
import { claimOf, dockerScope, linkScope, type PlanContext } from "./context";
import type { LabelPlan } from "./docker-network";
import type { HostState } from "./host-state";
import type { Claim } from "./inventory";
import { memberPath, read, readBoolean, readInteger, readList, readObject, readRequired } from "./read";

/** Another network of an agent, beside the one that it is there for. */
export interface ExtraNetworkSettings {
  /** Name in Docker. */
  readonly name: string;
  /** @default - given by Docker */
  readonly ipv4Address?: string;
  /** @default - given by Docker */
  readonly ipv6Address?: string;
  /** @default - chosen by Docker */
  readonly macAddress?: string;
  /** @default - none */
  readonly aliases?: readonly string[];
  /** @default false */
  readonly management?: boolean;
  /** @default - none */
  readonly gatewayPriority?: number;
}

/** A container's place on one network, in the words of Docker's provider. */
export interface EndpointPlan {
  /** Name of the network. */
  readonly networkName: string;
  /** Fixed IPv4 address. */
  readonly ipv4Address?: string;
  /** Fixed IPv6 address. */
  readonly ipv6Address?: string;
  /** MAC address. */
  readonly macAddress?: string;
  /** Priority as the way out; higher wins. */
  readonly gwPriority?: number;
  /** Names for other containers of the network. */
  readonly aliases?: readonly string[];
}

/** What the plan of every agent says. */
export interface AgentPlan {
  /** Name of the container. */
  readonly containerName: string;
  /** Labels of wirework for the container, sorted. */
  readonly labels: readonly LabelPlan[];
  /** The network it is there for first, then the extra ones in the order given. */
  readonly endpoints: readonly EndpointPlan[];
  /** MAC that the container gets on the first network once it runs, where it is not Docker's. */
  readonly macAddress?: string;
  /** Every fact of this component: requirements, those of its own network, routes to its own addresses. */
  readonly hostState: HostState;
  /** Lines of the verification, without header and container; empty when nothing is to be proved. */
  readonly verify: readonly string[];
  /** What only this component may have. */
  readonly claims: readonly Claim[];
  /** What may surprise, in sentences. */
  readonly warnings: readonly string[];
}

/** Reads the container of an agent and returns its name. Typos among all arguments are found here. */
export function readAgentContainer(
  problems: Problems,
  settings: ContainerSettings | undefined,
  context: PlanContext,
  others: readonly string[],
): string {
  readContainer(problems, settings ?? {}, [...CONTAINER_ARGUMENTS, ...others]);
  const name = typeof settings?.containerName === "string" ? settings.containerName : context.name;
  if (name.length === 1) {
    problems.add("containerName", name, "has 1 character", "Docker wants at least 2 in the name of a container");
  }
  return name;
}

/** Notes what other agents take and this one does not, each with the reason; the rest is the container. */
export function refuseArguments(
  problems: Problems,
  given: ContainerSettings | undefined,
  refused: Readonly<Record<string, readonly [why: string, wayOut: string]>>,
): ContainerSettings | undefined {
  const container = typeof given === "object" && given !== null ? { ...given } : given;
  for (const [argument, [why, wayOut]] of Object.entries(refused)) {
    const rest = container as { [name: string]: unknown } | undefined;
    if (rest?.[argument] !== undefined) {
      problems.add(argument, undefined, why, wayOut);
      delete rest[argument];
    }
  }
  return container;
}

/** Claims the container's name. */
export function containerClaim(context: PlanContext, containerName: string): Claim {
  const scope = dockerScope(context);
  return claimOf(context, { scope, kind: "container", value: containerName, property: "containerName" });
}

/** An extra network that was read. */
export interface ExtraNetwork {
  /** Its endpoint. */
  readonly endpoint: EndpointPlan;
  /** Whether the agent is managed by it. */
  readonly management: boolean;
  /** Priority that the user gave. */
  readonly gatewayPriority?: number;
}

/** Reads the networks that an agent has beside its main one. */
export function readExtraNetworks(
  problems: Problems,
  path: string,
  settings: readonly ExtraNetworkSettings[] | undefined,
  mainNetwork: string,
): ExtraNetwork[] {
  const seen = new Map([[mainNetwork, "the agent's own place"]]);
  const networks = readList(problems, path, settings).flatMap((entry, index) => {
    const at = memberPath(path, index);
    const network = readExtraNetwork(problems, at, entry);
    const other = network && seen.get(network.endpoint.networkName);
    if (network && other !== undefined) {
      problems.add(
        `${at}.name`,
        network.endpoint.networkName,
        `is the network of ${other} already`,
        "join a network once",
      );
    }
    if (network) {
      seen.set(network.endpoint.networkName, at);
    }
    return network ?? [];
  });
  if (networks.filter(({ management }) => management).length > 1) {
    const rule = "has more than one network with management: true";
    problems.add(path, undefined, rule, "the default route goes by one network: mark that one");
  }
  return networks;
}

function readExtraNetwork(problems: Problems, at: string, settings: ExtraNetworkSettings): ExtraNetwork | undefined {
  const known = ["name", "ipv4Address", "ipv6Address", "macAddress", "aliases", "management", "gatewayPriority"];
  const given = readObject(problems, at, settings, known);
  const name = readRequired(problems, `${at}.name`, given.name, parseResourceName);
  if (name === "host" || name === "none") {
    problems.add(`${at}.name`, name, "is no network that a container can have beside another", "name another network");
  }
  const fixed = name === "bridge" && (given.ipv4Address !== undefined || given.ipv6Address !== undefined);
  if (fixed) {
    const rule = "is Docker's default bridge, which takes no fixed addresses";
    problems.add(`${at}.name`, name, rule, "leave the address out, or make a network with a subnet");
  }
  const ipv4 = read(problems, `${at}.ipv4Address`, given.ipv4Address, (value) => parseAddress(value, 4));
  const ipv6 = read(problems, `${at}.ipv6Address`, given.ipv6Address, (value) => parseAddress(value, 6));
  const macAddress = read(problems, `${at}.macAddress`, given.macAddress, parseMac);
  const aliases = readAliases(problems, `${at}.aliases`, given.aliases);
  const management = readBoolean(problems, `${at}.management`, given.management) ?? false;
  const gatewayPriority = readInteger(problems, `${at}.gatewayPriority`, given.gatewayPriority, {
    from: -1000000,
    to: 1000000,
  });
  const endpoint: EndpointPlan = {
    networkName: name ?? "",
    ...(ipv4 && { ipv4Address: addressText(ipv4) }),
    ...(ipv6 && { ipv6Address: addressText(ipv6) }),
    ...(macAddress !== undefined && { macAddress }),
    ...(aliases.length > 0 && { aliases }),
  };
  return name === undefined
    ? undefined
    : { endpoint, management, ...(gatewayPriority !== undefined && { gatewayPriority }) };
}

/** Reads names under which other containers find this one. */
export function readAliases(problems: Problems, path: string, value: readonly string[] | undefined): string[] {
  const aliases = readList(problems, path, value).flatMap(
    (alias, index) => readRequired(problems, memberPath(path, index), alias, parseHostName) ?? [],
  );
  return [...new Set(aliases)].sort();
}

/** Claims the fixed addresses of an endpoint; `path` is the argument that holds them, empty for the component's own. */
export function endpointClaims(context: PlanContext, scope: string, endpoint: EndpointPlan, path = ""): Claim[] {
  const claim = (kind: Claim["kind"], argument: "ipv4Address" | "ipv6Address" | "macAddress"): Claim[] => {
    const value = endpoint[argument];
    return value === undefined ? [] : [claimOf(context, { scope, kind, value, property: memberPath(path, argument) })];
  };
  return [...claim("address", "ipv4Address"), ...claim("address", "ipv6Address"), ...claim("mac", "macAddress")];
}

/** Claims the fixed addresses of extra networks: each such network is a link of its own. */
export function extraNetworkClaims(context: PlanContext, path: string, networks: readonly ExtraNetwork[]): Claim[] {
  return networks.flatMap(({ endpoint }, index) => {
    return endpointClaims(
      context,
      linkScope(context, { name: endpoint.networkName }),
      endpoint,
      memberPath(path, index),
    );
  });
}
