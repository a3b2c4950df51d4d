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

/** A stack as far as a picture shows it. */
export interface Topology {
  /** Networks, in any order: pictures sort them. */
  readonly networks: readonly TopologyNetwork[];
  /** Agents, in any order: pictures sort them. */
  readonly agents: readonly TopologyAgent[];
}
