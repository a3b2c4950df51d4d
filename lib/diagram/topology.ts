import type { AgentPlan } from "../plan/agent";
import type { DockerNetworkPlan } from "../plan/docker-network";
import type { ShimPlan } from "../plan/host-access";
import type { SubnetSettings } from "../plan/subnets";

/** A network of one host. */
export interface TopologyNetwork {
  /** Name in Docker. */
  readonly name: string;
  /** Name of the host. */
  readonly host: string;
  /** Network driver. */
  readonly driver: string;
  /**
   * Interface of the host that leads to the LAN.
   * @default - none: the network stays inside the host
   */
  readonly parent?: string;
  /**
   * Mode of the driver.
   * @default - not shown
   */
  readonly mode?: string;
  /** Subnets, canonical; empty when Docker chose. */
  readonly subnets: readonly SubnetSettings[];
  /**
   * What the LAN's DHCP server gives away.
   * @default - none declared
   */
  readonly dhcpRanges?: readonly string[];
  /**
   * The host's own interface on the LAN.
   * @default - none
   */
  readonly shim?: ShimPlan;
}

/** An agent's place on one network. */
export interface TopologyEndpoint {
  /** Name of the network. */
  readonly network: string;
  /**
   * Fixed IPv4 address.
   * @default - given by Docker
   */
  readonly ipv4Address?: string;
  /**
   * Fixed IPv6 address.
   * @default - given by Docker, where there is an IPv6 subnet
   */
  readonly ipv6Address?: string;
  /**
   * MAC address.
   * @default - chosen by Docker
   */
  readonly macAddress?: string;
  /**
   * Whether the agent's default route goes by this network.
   * @default false
   */
  readonly defaultRoute?: boolean;
}

/** A port that a host passes on to an agent. */
export interface TopologyPort {
  /** Port of the container. */
  readonly internal: number;
  /**
   * Port of the host.
   * @default - chosen by Docker
   */
  readonly external?: number;
  /**
   * Address of the host.
   * @default - every one
   */
  readonly ip?: string;
  /** `tcp`, `udp` or `sctp`. */
  readonly protocol: string;
}

/** A container and where it stands. */
export interface TopologyAgent {
  /** Name of the container. */
  readonly name: string;
  /** Name of the host. */
  readonly host: string;
  /** Its networks, the one that it is there for first. */
  readonly endpoints: readonly TopologyEndpoint[];
  /**
   * Published ports.
   * @default - none
   */
  readonly ports?: readonly TopologyPort[];
}

/** What a stack declares, as far as a picture shows it. */
export interface Topology {
  /** Networks, in any order: pictures sort them. */
  readonly networks: readonly TopologyNetwork[];
  /** Agents, in any order: pictures sort them. */
  readonly agents: readonly TopologyAgent[];
}

/** The part of a network's plan that a picture shows. */
export interface PlannedNetwork {
  /** Name in Docker. */
  readonly networkName: string;
  /** Docker's arguments. */
  readonly docker: DockerNetworkPlan;
  /**
   * What agents must know of it.
   * @default - not a network of a LAN
   */
  readonly facts?: { readonly parent?: string; readonly mode?: string; readonly dhcpRanges?: readonly string[] };
  /**
   * The host's own interface on the LAN.
   * @default - none
   */
  readonly shim?: ShimPlan;
}

/** A component's plan and the host that it is for. */
export interface PlannedComponent {
  /** Name of the host; `local` says well where there is none. */
  readonly host: string;
  /**
   * Plan of a network.
   * @default - the component has none of its own
   */
  readonly network?: PlannedNetwork;
  /**
   * Plan of an agent. Its own network is found in it.
   * @default - the component is a network
   */
  readonly agent?: AgentPlan & { readonly network?: PlannedNetwork; readonly ports?: readonly TopologyPort[] };
}

/** The topology that planned components come to. */
export function topologyOf(components: readonly PlannedComponent[]): Topology {
  return {
    networks: components.flatMap(({ host, network, agent }) =>
      [network, agent?.network].flatMap((plan) => (plan === undefined ? [] : [networkOf(host, plan)])),
    ),
    agents: components.flatMap(({ host, agent }) => (agent === undefined ? [] : [agentOf(host, agent)])),
  };
}

function networkOf(host: string, { networkName, docker, facts, shim }: PlannedNetwork): TopologyNetwork {
  return {
    name: networkName,
    host,
    driver: docker.driver,
    ...(facts?.parent !== undefined && { parent: facts.parent }),
    ...(facts?.mode !== undefined && { mode: facts.mode }),
    // The reservation of the host's own address is no device: the shim shows it.
    subnets: docker.ipamConfigs.map(({ subnet, gateway, ipRange, auxAddress = {} }) => ({
      subnet,
      ...(gateway !== undefined && { gateway }),
      ...(ipRange !== undefined && { ipRange }),
      reserved: Object.fromEntries(Object.entries(auxAddress).filter(([name]) => name !== "wirework-shim")),
    })),
    ...(facts?.dhcpRanges && { dhcpRanges: facts.dhcpRanges }),
    ...(shim && { shim }),
  };
}

function agentOf(host: string, plan: NonNullable<PlannedComponent["agent"]>): TopologyAgent {
  const proved = plan.verify.find((line) => line.startsWith("default-route network "))?.split(" ")[2];
  return {
    name: plan.containerName,
    host,
    endpoints: plan.endpoints.map(({ networkName, ipv4Address, ipv6Address, macAddress }) => ({
      network: networkName,
      ...(ipv4Address !== undefined && { ipv4Address }),
      ...(ipv6Address !== undefined && { ipv6Address }),
      ...(macAddress !== undefined && { macAddress }),
      ...(proved === networkName && plan.endpoints.length > 1 && { defaultRoute: true }),
    })),
    ...(plan.ports && plan.ports.length > 0 && { ports: plan.ports }),
  };
}
