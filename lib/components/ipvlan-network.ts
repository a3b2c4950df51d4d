import * as pulumi from "@pulumi/pulumi";
import type { HostRef } from "../host/host-ref";
import { lift, pick } from "../lift";
import { type IpvlanFlag, type IpvlanMode, planIpvlanNetwork } from "../plan/ipvlan-network";
import type { Persistence } from "../plan/persistence";
import { componentContext, factLines, withClaims, withHostProvider } from "./context";
import { type LanNetworkSettingsArgs, newLanNetwork } from "./lan-network";
import type { NetworkRef } from "./network-ref";

/** The network itself: what an {@link IpvlanNetwork} and an agent with a network of its own have in common. */
export interface IpvlanNetworkSettingsArgs extends LanNetworkSettingsArgs {
  /**
   * How agents stand on the parent: `l2` on its LAN, with its MAC; `l3` behind it, which routes to them; `l3s` as `l3`, and
   * the host's firewall sees their packets. In `l3` and `l3s` there is no ARP, no multicast, no DHCP and no gateway; the
   * routers of the LAN need `neighbourRoutes`.
   * @default IpvlanMode.L2
   */
  mode?: pulumi.Input<IpvlanMode>;
  /**
   * How agents on the parent see each other: `bridge` directly, `private` not at all, `vepa` by way of the switch. Others than
   * `bridge` need Docker 23.
   * @default IpvlanFlag.Bridge
   */
  flag?: pulumi.Input<IpvlanFlag>;
}

/** Arguments of an {@link IpvlanNetwork}. Changing any of them replaces the network and its agents, but for `hostAccess` and `dhcpRanges`. */
export interface IpvlanNetworkArgs extends IpvlanNetworkSettingsArgs {
  /**
   * The host, as `host.ref`.
   * @default - Docker's default provider, no SSH connection and no facts on the host
   */
  host?: pulumi.Input<HostRef>;
  /**
   * Who brings the facts back at boot. A change is made in place: the facts themselves stay as they are.
   * @default - as the host says: the host's own init
   */
  persistence?: pulumi.Input<Persistence>;
}

/**
 * A Docker network whose agents stand on the LAN with addresses of their own and the MAC of the host's link: for wireless
 * links, and for switches and clouds that take no further MACs. A parent carries one such network, and no macvlan beside it.
 *
 * Makes one Docker network and, with a host, checks its parent and keeps the links for `vlan` and `hostAccess`.
 * Deleting it leaves the host as it was found.
 *
 * @example
 * ```ts
 * import { type Host, IpvlanAgent, IpvlanMode, IpvlanNetwork } from "wirework";
 *
 * export function routed(host: Host) {
 *   const lan = new IpvlanNetwork("lan", {
 *     host: host.ref,
 *     parent: "eth1",
 *     mode: IpvlanMode.L3,
 *     subnets: [{ subnet: "192.168.214.0/24" }, { subnet: "10.1.214.0/24" }],
 *   });
 *   new IpvlanAgent("probe", { host: host.ref, network: lan.ref, image: "busybox", ipv4Address: "10.1.214.10" });
 *   return lan.neighbourRoutes;
 * }
 * ```
 */
export class IpvlanNetwork extends pulumi.ComponentResource {
  /** What an agent takes as `network`. */
  readonly ref: pulumi.Output<NetworkRef>;
  /** Name of the Docker network. */
  readonly networkName: pulumi.Output<string>;
  /** Id of the Docker network. */
  readonly networkId: pulumi.Output<string>;
  /** Prefixes that the routers of the LAN must send to the host, which alone knows its agents; none in mode `l2`. */
  readonly neighbourRoutes: pulumi.Output<string[]>;

  constructor(name: string, args: IpvlanNetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    const { host, persistence, ...settings } = args ?? {};
    const context = componentContext("IpvlanNetwork", name, host, persistence);
    const plan = lift({ context: context.plan, settings }, ({ context, settings }) =>
      withClaims(context, planIpvlanNetwork(context, settings)),
    );
    const summary = { ...settings, facts: factLines(context, plan) };
    super("wirework:index:IpvlanNetwork", name, summary, withHostProvider(opts, host));

    const network = newLanNetwork(context, plan, this);
    this.ref = network.ref;
    this.networkName = network.networkName;
    this.networkId = network.networkId;
    this.neighbourRoutes = pulumi.output(pick(plan, ({ neighbourRoutes }) => [...neighbourRoutes]));
    this.registerOutputs({ ...network, neighbourRoutes: this.neighbourRoutes });
  }
}
