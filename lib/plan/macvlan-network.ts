import type { PlanContext } from "./context";
import type { HostState } from "./host-state";
import type { Claim } from "./inventory";

export type { PlanContext } from "./context";

/** How the children of one parent see each other. */
export const MacvlanMode = {
  /** Children of one parent reach each other directly, and the LAN. */
  Bridge: "bridge",
  /** Children of one parent never reach each other. */
  Private: "private",
  /** Children of one parent reach each other through a switch that sends frames back where they came from. */
  Vepa: "vepa",
  /** The one child has the parent for itself. */
  Passthru: "passthru",
} as const;
/** One of the values of {@link MacvlanMode}. */
export type MacvlanMode = (typeof MacvlanMode)[keyof typeof MacvlanMode];

/** One subnet of a network. */
export interface SubnetSettings {
  /** Prefix of the LAN, such as `192.168.9.0/24` or `fd00:9::/64`. */
  readonly subnet: string;
  /**
   * Router of the LAN. Give it wherever there is one: Docker before 29 takes the first address otherwise.
   * @default - none known
   */
  readonly gateway?: string;
  /**
   * Part of the subnet from which Docker takes addresses, as a prefix.
   * @default - the whole subnet
   */
  readonly ipRange?: string;
  /**
   * Addresses that Docker must not give away: name to address.
   * @default - none
   */
  readonly reserved?: { readonly [name: string]: string };
}

/** A second interface of the host on the LAN, by which host and agents reach each other. */
export interface HostAccessSettings {
  /**
   * Name of the interface.
   * @default - `shim-` and eight digits, from owner and network
   */
  readonly linkName?: string;
  /**
   * IPv4 address of the host on that interface: inside the subnet, outside of ipRange and DHCP ranges.
   * @default - no IPv4 host access
   */
  readonly address?: string;
  /**
   * IPv6 address of the host on that interface.
   * @default - no IPv6 host access
   */
  readonly address6?: string;
  /**
   * MAC address of the interface.
   * @default - derived from owner and network, stable
   */
  readonly macAddress?: string;
  /**
   * MTU of the interface.
   * @default - the parent's
   */
  readonly mtu?: number;
}

/** Arguments of a macvlan network, all known. */
export interface MacvlanNetworkSettings {
  /** @default - the name of the component */
  readonly networkName?: string;
  /** @default - none: Docker makes a dummy interface, and the network leads nowhere */
  readonly parent?: string;
  /** @default "bridge" */
  readonly mode?: MacvlanMode;
  /** @default - one IPv4 subnet that Docker chooses */
  readonly subnets?: readonly SubnetSettings[];
  /** @default - none declared */
  readonly dhcpRanges?: readonly string[];
  /** @default false */
  readonly internal?: boolean;
  /** @default - host and agents do not reach each other */
  readonly hostAccess?: HostAccessSettings;
  /** @default - only those of wirework */
  readonly labels?: { readonly [key: string]: string };
  /** @default - only parent and mode */
  readonly driverOptions?: { readonly [key: string]: string };
}

/** The host's own interface on the LAN, as planned. */
export interface ShimPlan {
  /** Name of the interface. */
  readonly linkName: string;
  /** IPv4 address without prefix length. */
  readonly address?: string;
  /** IPv6 address without prefix length. */
  readonly address6?: string;
  /** MAC address. */
  readonly macAddress: string;
}

/** Docker's arguments of one subnet. */
export interface IpamConfigPlan {
  /** Canonical prefix. */
  readonly subnet: string;
  /** Canonical address. */
  readonly gateway?: string;
  /** Canonical prefix. */
  readonly ipRange?: string;
  /** Name to canonical address. */
  readonly auxAddress?: { readonly [name: string]: string };
}

/** A label, as Docker's provider takes it. */
export interface LabelPlan {
  /** Key. */
  readonly label: string;
  /** Value. */
  readonly value: string;
}

/** Docker's arguments of a network. */
export interface DockerNetworkPlan {
  /** Network driver. */
  readonly driver: string;
  /** Driver options, sorted by key. */
  readonly options: { readonly [key: string]: string };
  /** Whether a subnet is IPv6. */
  readonly ipv6: boolean;
  /** Whether Docker gives no default route. */
  readonly internal: boolean;
  /** Subnets in the order given: Docker takes dynamic addresses from the first of a family. */
  readonly ipamConfigs: readonly IpamConfigPlan[];
  /** Sorted by key. */
  readonly labels: readonly LabelPlan[];
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
  /** What may surprise, in sentences. */
  readonly warnings: readonly string[];
}

/** Plans a macvlan network. Throws one ArgumentError with all problems. */
export function planMacvlanNetwork(_context: PlanContext, _settings: MacvlanNetworkSettings): MacvlanNetworkPlan {
  throw new Error("first shape");
}
