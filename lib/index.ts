export type { ExtraNetworkArgs, NetworkAddresses, VerifyArgs } from "./components/agent-container";
export {
  BridgeAgent,
  type BridgeAgentArgs,
  type BridgeNetworkSettingsArgs,
  type PublishedPortArgs,
} from "./components/bridge-agent";
export type {
  ContainerArgs,
  DeviceArgs,
  HealthcheckArgs,
  HostEntryArgs,
  UlimitArgs,
  VolumeArgs,
} from "./components/container-args";
export { Host, type HostArgs, type ProxyArgs } from "./components/host";
export { MacvlanAgent, type MacvlanAgentArgs } from "./components/macvlan-agent";
export {
  type HostAccessArgs,
  MacvlanNetwork,
  type MacvlanNetworkArgs,
  type MacvlanNetworkSettingsArgs,
  type SubnetArgs,
} from "./components/macvlan-network";
export type { NetworkRef } from "./components/network-ref";
export {
  type ExistingNetworkArgs,
  PolicyRoutedAgent,
  type PolicyRoutedAgentArgs,
  type PolicyRoutedNetworkArgs,
  type RoutingTableArgs,
  type UplinkArgs,
} from "./components/policy-routed-agent";
export type { HostFacts } from "./host/host-facts";
export type { HostRef, ProxyRef } from "./host/host-ref";
export { DefaultRoute } from "./plan/default-route";
export type { NetworkFacts } from "./plan/macvlan-agent";
export { MacvlanMode, type ShimPlan, type SubnetSettings } from "./plan/macvlan-network";
export { Persistence } from "./plan/persistence";
export { Fallback } from "./plan/policy-facts";
export { SourceNat6 } from "./plan/uplink";
export { ArgumentError, type Problem } from "./problems";
