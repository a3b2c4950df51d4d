export type { ExtraNetworkArgs, NetworkAddresses, VerifyArgs } from "./components/agent-container";
export type { BindingVerifyArgs } from "./components/binding";
export {
  BridgeAgent,
  type BridgeAgentArgs,
  type BridgeNetworkSettingsArgs,
  type PublishedPortArgs,
} from "./components/bridge-agent";
export { BridgeNetwork, type BridgeNetworkArgs } from "./components/bridge-network";
export type {
  ContainerArgs,
  DeviceArgs,
  HealthcheckArgs,
  HostEntryArgs,
  UlimitArgs,
  VolumeArgs,
} from "./components/container-args";
export { type AddressPoolArgs, DockerDaemonIpv6, type DockerDaemonIpv6Args } from "./components/docker-daemon-ipv6";
export { Host, type HostArgs, type ProxyArgs } from "./components/host";
export { HostNetworkAgent, type HostNetworkAgentArgs, type ListenArgs } from "./components/host-network-agent";
export {
  Ipv6DnatService,
  type Ipv6DnatServiceArgs,
  type ServicePortArgs,
} from "./components/ipv6-dnat-service";
export { IpvlanAgent, type IpvlanAgentArgs } from "./components/ipvlan-agent";
export {
  IpvlanNetwork,
  type IpvlanNetworkArgs,
  type IpvlanNetworkSettingsArgs,
} from "./components/ipvlan-network";
export {
  type CookieArgs,
  L2tpPseudowire,
  type L2tpPseudowireArgs,
  type OperatorSettings,
  type PseudowireEndArgs,
  type WireBridgeArgs,
} from "./components/l2tp-pseudowire";
export type { LanAgentArgs } from "./components/lan-agent";
export type { HostAccessArgs, LanNetworkSettingsArgs, SubnetArgs } from "./components/lan-network";
export { LanPool, type LanPoolArgs } from "./components/lan-pool";
export { MacvlanAgent, type MacvlanAgentArgs } from "./components/macvlan-agent";
export {
  MacvlanNetwork,
  type MacvlanNetworkArgs,
  type MacvlanNetworkSettingsArgs,
} from "./components/macvlan-network";
export { Measurement, type MeasurementArgs } from "./components/measurement";
export { NdpProxy, type NdpProxyArgs } from "./components/ndp-proxy";
export type { NetworkRef } from "./components/network-ref";
export {
  type AttachedInterfaceArgs,
  type AttachedRouteArgs,
  type DhcpArgs,
  PipeworkAgent,
  type PipeworkAgentArgs,
} from "./components/pipework-agent";
export {
  type ExistingNetworkArgs,
  PolicyRoutedAgent,
  type PolicyRoutedAgentArgs,
  type PolicyRoutedNetworkArgs,
  type RoutingTableArgs,
  type UplinkArgs,
} from "./components/policy-routed-agent";
export { RoutedIpv6Network, type RoutedIpv6NetworkArgs } from "./components/routed-ipv6-network";
export { type VlanArgs, VlanInterface, type VlanInterfaceArgs } from "./components/vlan-interface";
export type { HostFacts } from "./host/host-facts";
export type { HostRef, ProxyRef } from "./host/host-ref";
export { AttachedDriver } from "./plan/attachment-place";
export { DefaultRoute } from "./plan/default-route";
export { DHCP_ADDRESS } from "./plan/dhcp";
export { DaemonRestart } from "./plan/docker-daemon-ipv6";
export type { ShimPlan } from "./plan/host-access";
export { Ipv6DnatMode } from "./plan/ipv6-dnat-service";
export { IpvlanFlag, IpvlanMode } from "./plan/ipvlan-network";
export { MacvlanMode } from "./plan/macvlan-mode";
export type { NetworkFacts } from "./plan/network-facts";
export { Persistence } from "./plan/persistence";
export { Fallback } from "./plan/policy-facts";
export { Sequencing } from "./plan/pseudowire";
export { Encapsulation } from "./plan/pseudowire-mtu";
export { Delegation, GatewayMode } from "./plan/routed-ipv6-network";
export type { SubnetSettings } from "./plan/subnets";
export { LEARNED_GATEWAY, SourceNat6 } from "./plan/uplink";
export { VlanProtocol } from "./plan/vlan-interface";
export { elecardBoro } from "./presets/elecard-boro";
export { OpenBmpListenMode, type OpenBmpPreset, type OpenBmpSettings, openBmp } from "./presets/open-bmp";
export { thousandEyes } from "./presets/thousand-eyes";
export { ArgumentError, type Problem } from "./problems";
