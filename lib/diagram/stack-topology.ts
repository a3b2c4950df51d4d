import type { ShimPlan } from "../plan/host-access";
import { SHIM_RESERVATION, type SubnetSettings } from "../plan/subnets";
import type { Topology, TopologyAgent, TopologyEndpoint, TopologyNetwork, TopologyPort } from "./topology";

/** One resource of a stack's state, as `pulumi stack export` writes it. */
export interface ExportedResource {
  /** Where it stands: the part after the last `::` is its name. */
  readonly urn: string;
  /** Type token. */
  readonly type: string;
  /**
   * URN of the component that it belongs to.
   * @default - none: the stack itself, or a provider
   */
  readonly parent?: string;
  /**
   * Whether the engine still has to delete it: it was replaced.
   * @default false
   */
  readonly delete?: boolean;
  /**
   * What was declared.
   * @default - nothing
   */
  readonly inputs?: Readonly<Record<string, unknown>>;
  /**
   * What was found.
   * @default - nothing
   */
  readonly outputs?: Readonly<Record<string, unknown>>;
}

/**
 * The topology that a stack's state tells of: what came up, with the addresses and MACs that Docker chose. Values that the
 * state holds encrypted are left out.
 */
export function stackTopology(exported: readonly ExportedResource[]): Topology {
  const resources = exported.filter((resource) => resource.delete !== true);
  const ofType = (type: string) => resources.filter((resource) => resource.type === type);
  return {
    networks: ofType("docker:index/network:Network").map((network) => networkOf(network, resources)),
    agents: ofType("docker:index/container:Container").map((container) => agentOf(container, resources)),
  };
}

function networkOf(network: ExportedResource, resources: readonly ExportedResource[]): TopologyNetwork {
  const inputs = network.inputs ?? {};
  const options = record(inputs.options);
  const parent = text(options.parent);
  const mode = text(options.macvlan_mode) ?? text(options.ipvlan_mode);
  // The settings of a network that belongs to one agent stand one step deeper than those of a shared one.
  const component = componentOf(network, resources)?.inputs ?? {};
  const dhcpRanges = texts(component.dhcpRanges ?? record(component.own).dhcpRanges);
  const shim = parent === undefined ? undefined : shimOf(texts(component.facts), parent);
  return {
    name: text(inputs.name) ?? nameOf(network),
    host: hostOf(network, resources),
    driver: text(inputs.driver) ?? "bridge",
    ...(parent !== undefined && { parent }),
    ...(mode !== undefined && { mode }),
    subnets: records(inputs.ipamConfigs).flatMap(subnetOf),
    ...(dhcpRanges.length > 0 && { dhcpRanges }),
    ...(shim && { shim }),
  };
}

function subnetOf(config: Readonly<Record<string, unknown>>): SubnetSettings[] {
  const subnet = text(config.subnet);
  const [gateway, ipRange] = [text(config.gateway), text(config.ipRange)];
  // The reservation of the host's own address is no device: the shim shows it.
  const reserved = Object.entries(record(config.auxAddress)).flatMap(([name, address]): [string, string][] =>
    typeof address === "string" && name !== SHIM_RESERVATION ? [[name, address]] : [],
  );
  if (subnet === undefined) {
    return [];
  }
  return [
    {
      subnet,
      ...(gateway !== undefined && { gateway }),
      ...(ipRange !== undefined && { ipRange }),
      reserved: Object.fromEntries(reserved),
    },
  ];
}

/** The host's own link beside the agents: among the facts, the link with the network's parent, and its addresses. */
function shimOf(facts: readonly string[], parent: string): ShimPlan | undefined {
  const words = facts.map((fact) => fact.split(" "));
  const link = words.find((fact) => fact[0] === "link" && after(fact, "parent") === parent && after(fact, "mode"));
  const linkName = link?.[1];
  const macAddress = link && after(link, "address");
  if (linkName === undefined) {
    return undefined;
  }
  const addresses = words.flatMap((fact) =>
    fact[0] === "addr" && after(fact, "dev") === linkName ? (fact[1]?.split("/")[0] ?? []) : [],
  );
  const address = addresses.find((one) => !one.includes(":"));
  const address6 = addresses.find((one) => one.includes(":"));
  return {
    linkName,
    ...(address !== undefined && { address }),
    ...(address6 !== undefined && { address6 }),
    ...(macAddress !== undefined && { macAddress }),
  };
}

function agentOf(container: ExportedResource, resources: readonly ExportedResource[]): TopologyAgent {
  const inputs = container.inputs ?? {};
  const ports = records(inputs.ports).flatMap(portOf);
  return {
    name: text(inputs.name) ?? text(container.outputs?.name) ?? nameOf(container),
    host: hostOf(container, resources),
    endpoints: endpointsOf(container, defaultRouteOf(container, resources)),
    ...(ports.length > 0 && { ports }),
  };
}

/** Declared networks in their order, then those that Docker joined; what Docker says of an address counts. */
function endpointsOf(container: ExportedResource, defaultRoute: string | undefined): TopologyEndpoint[] {
  const declared = new Map(records(container.inputs?.networksAdvanced).flatMap((one) => named(one.name, one)));
  const found = new Map(records(container.outputs?.networkDatas).flatMap((one) => named(one.networkName, one)));
  const networks = [...new Set([...declared.keys(), ...found.keys()])];
  return networks.map((network) => {
    const [wanted, real] = [declared.get(network) ?? {}, found.get(network) ?? {}];
    const ipv4Address = text(real.ipAddress) ?? text(wanted.ipv4Address);
    const ipv6Address = text(real.globalIpv6Address) ?? text(wanted.ipv6Address);
    const macAddress = text(real.macAddress) ?? text(wanted.macAddress);
    return {
      network,
      ...(ipv4Address !== undefined && { ipv4Address }),
      ...(ipv6Address !== undefined && { ipv6Address }),
      ...(macAddress !== undefined && { macAddress }),
      ...(defaultRoute === network && networks.length > 1 && { defaultRoute: true }),
    };
  });
}

/** The network over which an agent was proved to leave: a line on the stdin of its verification. */
function defaultRouteOf(container: ExportedResource, resources: readonly ExportedResource[]): string | undefined {
  const siblings = resources.filter(
    ({ type, parent }) => type === "command:remote:Command" && parent !== undefined && parent === container.parent,
  );
  return siblings
    .flatMap(({ inputs }) => /^default-route network (\S+)/m.exec(text(inputs?.stdin) ?? "")?.[1] ?? [])
    .at(0);
}

function portOf(port: Readonly<Record<string, unknown>>): TopologyPort[] {
  const { internal, external } = port;
  const ip = text(port.ip);
  if (typeof internal !== "number") {
    return [];
  }
  return [
    {
      internal,
      ...(typeof external === "number" && { external }),
      ...(ip !== undefined && { ip }),
      protocol: text(port.protocol) ?? "tcp",
    },
  ];
}

/** Name of the Host that a Docker object's label names; an object of another engine is on `local`. */
function hostOf(object: ExportedResource, resources: readonly ExportedResource[]): string {
  const identity = records(object.inputs?.labels).find(({ label }) => label === "wirework.host")?.value;
  const host = resources.find(
    ({ type, outputs }) => type === "wirework:index:Host" && identity !== undefined && outputs?.identity === identity,
  );
  return host === undefined ? (text(identity) ?? "local") : nameOf(host);
}

function componentOf(child: ExportedResource, resources: readonly ExportedResource[]): ExportedResource | undefined {
  return resources.find(({ urn }) => urn === child.parent);
}

function nameOf({ urn }: ExportedResource): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}

/** The word after a keyword of a fact. */
function after(words: readonly string[], keyword: string): string | undefined {
  const at = words.indexOf(keyword);
  return at < 0 ? undefined : words[at + 1];
}

function named<T>(name: unknown, value: T): [string, T][] {
  return typeof name === "string" && name !== "" ? [[name, value]] : [];
}

/** A text with something in it: Docker says "" for an address that is not there. */
function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function records(value: unknown): Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.map(record) : [];
}
