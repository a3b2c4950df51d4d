import type { ContainerSettings } from "./container";
import type { PlanContext } from "./context";
import type { HostState } from "./host-state";
import type { Claim } from "./inventory";
import type { EndpointPlan, ExtraNetworkSettings, VerificationSettings } from "./macvlan-agent";
import type { DockerNetworkPlan, LabelPlan, SubnetSettings } from "./macvlan-network";

/** A bridge network that belongs to one agent. */
export interface BridgeNetworkSettings {
  readonly networkName?: string;
  readonly subnets?: readonly SubnetSettings[];
  readonly internal?: boolean;
  readonly labels?: { readonly [key: string]: string };
  readonly driverOptions?: { readonly [key: string]: string };
}

/** A port of the container that the host passes on. */
export interface PublishedPortSettings {
  readonly internal: number;
  readonly external?: number;
  readonly ip?: string;
  readonly protocol?: string;
}

/** Arguments of a bridge agent, all known. Give `networkName`, `own`, or neither for Docker's default bridge. */
export interface BridgeAgentSettings {
  readonly networkName?: string;
  readonly own?: BridgeNetworkSettings;
  readonly ipv4Address?: string;
  readonly ipv6Address?: string;
  readonly macAddress?: string;
  readonly aliases?: readonly string[];
  readonly extraNetworks?: readonly ExtraNetworkSettings[];
  readonly ports?: readonly PublishedPortSettings[];
  readonly verification?: VerificationSettings;
  readonly container?: ContainerSettings;
}

/** Docker's arguments of a bridge agent's own network. */
export interface BridgeNetworkPlan {
  readonly networkName: string;
  readonly docker: DockerNetworkPlan;
}

/** All that a bridge agent comes to. */
export interface BridgeAgentPlan {
  readonly network?: BridgeNetworkPlan;
  readonly containerName: string;
  readonly labels: readonly LabelPlan[];
  readonly endpoints: readonly EndpointPlan[];
  readonly ports: readonly {
    readonly internal: number;
    readonly external?: number;
    readonly ip?: string;
    readonly protocol: string;
  }[];
  readonly hostState: HostState;
  readonly verify: readonly string[];
  readonly claims: readonly Claim[];
  readonly warnings: readonly string[];
}

/** Plans a bridge agent. Throws one ArgumentError with all problems. */
export function planBridgeAgent(_context: PlanContext, _settings: BridgeAgentSettings): BridgeAgentPlan {
  throw new Error("first shape");
}
