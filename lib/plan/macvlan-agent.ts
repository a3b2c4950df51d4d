import type { ContainerSettings } from "./container";
import type { PlanContext } from "./context";
import type { HostState } from "./host-state";
import type { Claim } from "./inventory";
import type {
  LabelPlan,
  MacvlanNetworkPlan,
  MacvlanNetworkSettings,
  ShimPlan,
  SubnetSettings,
} from "./macvlan-network";

/** What an agent must know of a network that another component made. */
export interface NetworkFacts {
  readonly name: string;
  readonly driver: string;
  readonly parent?: string;
  readonly mode?: string;
  readonly internal?: boolean;
  readonly subnets: readonly SubnetSettings[];
  readonly dhcpRanges?: readonly string[];
  readonly shim?: ShimPlan;
}

/** Another network of an agent, beside the one that it is there for. */
export interface ExtraNetworkSettings {
  readonly name: string;
  readonly ipv4Address?: string;
  readonly ipv6Address?: string;
  readonly macAddress?: string;
  readonly aliases?: readonly string[];
  readonly management?: boolean;
  readonly gatewayPriority?: number;
}

/** By which network an agent with several of them reaches the rest of the world. */
export const DefaultRoute = {
  /** By the extra network that is marked as management. */
  Management: "management",
  /** By the network that the agent is there for. */
  Measuring: "measuring",
} as const;
/** One of the values of {@link DefaultRoute}. */
export type DefaultRoute = (typeof DefaultRoute)[keyof typeof DefaultRoute];

/** How an agent proves its place on the network. */
export interface VerificationSettings {
  /** @default true */
  readonly enabled?: boolean;
  /** @default 10 */
  readonly timeoutSeconds?: number;
  /** @default - only the gateway is asked */
  readonly target?: string;
  /** @default - none */
  readonly command?: readonly string[];
}

/** Arguments of a macvlan agent, all known. Give `network` or `own`. */
export interface MacvlanAgentSettings {
  readonly network?: NetworkFacts;
  readonly own?: MacvlanNetworkSettings;
  readonly ipv4Address?: string;
  readonly ipv6Address?: string;
  readonly macAddress?: string;
  readonly aliases?: readonly string[];
  readonly extraNetworks?: readonly ExtraNetworkSettings[];
  readonly defaultRoute?: DefaultRoute;
  readonly verification?: VerificationSettings;
  readonly container?: ContainerSettings;
  readonly ports?: unknown;
}

/** A container's place on one network, in the words of Docker's provider. */
export interface EndpointPlan {
  readonly networkName: string;
  readonly ipv4Address?: string;
  readonly ipv6Address?: string;
  readonly macAddress?: string;
  readonly gwPriority?: number;
  readonly aliases?: readonly string[];
}

/** All that a macvlan agent comes to. */
export interface MacvlanAgentPlan {
  /** The agent's own network; absent on a shared one. Its facts are in `hostState` below. */
  readonly network?: MacvlanNetworkPlan;
  /** Name of the container. */
  readonly containerName: string;
  /** Labels of wirework for the container, sorted. */
  readonly labels: readonly LabelPlan[];
  /** The network it is there for first, then the extra ones in the order given. */
  readonly endpoints: readonly EndpointPlan[];
  /** Every fact of this component: requirements, those of its own network, routes to its own addresses. */
  readonly hostState: HostState;
  /** Lines of the verification, without header and container; empty when nothing is to be proved. */
  readonly verify: readonly string[];
  readonly claims: readonly Claim[];
  readonly warnings: readonly string[];
}

/** Plans a macvlan agent. Throws one ArgumentError with all problems. */
export function planMacvlanAgent(_context: PlanContext, _settings: MacvlanAgentSettings): MacvlanAgentPlan {
  throw new Error("first shape");
}

/** What agents must know of a planned network: the heart of `MacvlanNetwork.ref`. */
export function networkFacts(_plan: MacvlanNetworkPlan, _settings: MacvlanNetworkSettings): NetworkFacts {
  throw new Error("first shape");
}
