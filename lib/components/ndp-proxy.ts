import * as pulumi from "@pulumi/pulumi";
import type { HostRef } from "../host/host-ref";
import { lift } from "../lift";
import { planNdpProxy } from "../plan/ndp-proxy";
import { Persistence } from "../plan/persistence";
import { type BindingVerifyArgs, newBinding } from "./binding";
import { componentContext, factLines, withClaims } from "./context";

/** Arguments of an {@link NdpProxy}. All of them change in place. */
export interface NdpProxyArgs {
  /** The host, as `host.ref`. */
  host: pulumi.Input<HostRef>;
  /** Link of the host at which the provider's routers ask, at most 15 bytes. */
  uplink: pulumi.Input<string>;
  /** What the provider gave, on the link itself: addresses outside of it are refused. */
  prefix: pulumi.Input<string>;
  /**
   * Name of the container: `agent.containerName`, or one that is there already.
   * @default - `addresses` are given
   */
  container?: pulumi.Input<string>;
  /**
   * Docker network on which the container has an address of the prefix: a bridge.
   * @default "bridge" - Docker's default one
   */
  network?: pulumi.Input<string>;
  /**
   * Fixed addresses for which the host answers always, such as its own on the bridge. None is the host's on the uplink, or a router's.
   * @default - that of the container alone
   */
  addresses?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * What is proved.
   * @default - the host answers for the container's address within 10 s
   */
  verify?: pulumi.Input<BindingVerifyArgs>;
}

/**
 * Neighbour discovery on behalf of containers, for a provider that has the prefix on the link and routes nothing to the host:
 * its routers ask for each address, and the host answers for those that are behind it, and for no other.
 *
 * The entry of a container is that of the address it has: it comes when the container starts, follows it to another address
 * within a second, and goes when it stops. Make one of these for each container; what they share goes with the last of them.
 *
 * @example
 * ```ts
 * import { BridgeAgent, Delegation, type Host, NdpProxy, RoutedIpv6Network } from "wirework";
 *
 * export function web(host: Host) {
 *   const net = new RoutedIpv6Network("block", {
 *     host: host.ref,
 *     uplink: "eth0",
 *     prefix: "2001:db8:1::f0/124",
 *     subnets: [{ subnet: "172.31.6.0/24" }, { subnet: "2001:db8:1::f8/125" }],
 *     delegation: Delegation.OnLink,
 *   });
 *   const agent = new BridgeAgent("web", { host: host.ref, network: net.ref, image: "nginx", ports: [{ internal: 80 }] });
 *   return new NdpProxy("web", {
 *     host: host.ref,
 *     uplink: "eth0",
 *     prefix: "2001:db8:1::f0/124",
 *     container: agent.containerName,
 *     network: net.networkName,
 *   });
 * }
 * ```
 */
export class NdpProxy extends pulumi.ComponentResource {
  /** For which address neighbours are answered, or `not verified`. */
  readonly verification: pulumi.Output<string>;

  constructor(name: string, args: NdpProxyArgs, opts?: pulumi.ComponentResourceOptions) {
    const { host, verify, ...rest } = args ?? {};
    const settings = { ...rest, verification: verify };
    // The watcher, which follows the container, comes with the units: no other way of bringing facts back would do.
    const context = componentContext("NdpProxy", name, host, Persistence.Unit);
    const plan = lift({ context: context.plan, settings }, ({ context, settings }) =>
      withClaims(context, planNdpProxy(context, settings)),
    );
    super("wirework:index:NdpProxy", name, { ...settings, facts: factLines(context, plan) }, opts);

    this.verification = newBinding(context, plan, this);
    this.registerOutputs({ verification: this.verification });
  }
}
