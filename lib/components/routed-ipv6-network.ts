import * as pulumi from "@pulumi/pulumi";
import type { HostRef } from "../host/host-ref";
import { lift, pick } from "../lift";
import { Persistence } from "../plan/persistence";
import { type Delegation, type GatewayMode, planRoutedIpv6Network } from "../plan/routed-ipv6-network";
import { componentContext, factLines, newFacts, withClaims, withHostProvider } from "./context";
import { newDockerNetwork } from "./docker-network";
import type { SubnetArgs } from "./lan-network";
import { type NetworkRef, networkRef } from "./network-ref";

/** Arguments of a {@link RoutedIpv6Network}. Changing any of them but `uplink` and `prefix` replaces the network and its agents. */
export interface RoutedIpv6NetworkArgs {
  /** The host, as `host.ref`: it is the router of the prefix. */
  host: pulumi.Input<HostRef>;
  /**
   * Name of the Docker network.
   * @default - the name of the component
   */
  networkName?: pulumi.Input<string>;
  /** Link of the host by which the prefix comes, at most 15 bytes. */
  uplink: pulumi.Input<string>;
  /**
   * One IPv6 subnet, whose `gateway` is the host's own address on the bridge, and one of IPv4, which stays behind NAT: Docker
   * would choose one by itself. Neither the host's address on the uplink nor a router may lie in it.
   */
  subnets: pulumi.Input<pulumi.Input<SubnetArgs>[]>;
  /**
   * What the provider delegated; the IPv6 subnet must be a part of it.
   * @default - the IPv6 subnet itself
   */
  prefix?: pulumi.Input<string>;
  /**
   * How what is for the prefix finds the host: by a route of the provider's, or, on the link itself, with an `NdpProxy`.
   * @default Delegation.Routed
   */
  delegation?: pulumi.Input<Delegation>;
  /**
   * What Docker's filter lets through to the agents, from Docker 27 on. In mode `routed` ports that agents publish on an IPv6
   * address: on `::` where they name none.
   * @default GatewayMode.Routed
   */
  gatewayMode?: pulumi.Input<GatewayMode>;
  /**
   * Further options of Docker's driver.
   * @default - none
   */
  driverOptions?: pulumi.Input<{ [key: string]: pulumi.Input<string> }>;
  /**
   * Labels of the Docker network, beside those of wirework.
   * @default - none
   */
  labels?: pulumi.Input<{ [key: string]: pulumi.Input<string> }>;
}

/**
 * A Docker network whose agents have addresses of a prefix of the provider's: native IPv6, without translation.
 *
 * The host forwards IPv6. A link that learns its default route from routers goes on with that (`accept_ra = 2`, written before
 * forwarding); where another link would lose its own, nothing is changed and the link is named. Deleting gives all of it back,
 * unless networks of Docker need forwarding by then.
 *
 * @example
 * ```ts
 * import { BridgeAgent, type Host, RoutedIpv6Network } from "wirework";
 *
 * export function web(host: Host) {
 *   const net = new RoutedIpv6Network("native", {
 *     host: host.ref,
 *     uplink: "eth0",
 *     subnets: [{ subnet: "172.31.7.0/24" }, { subnet: "2001:db8:1::/64" }],
 *   });
 *   return new BridgeAgent("web", {
 *     host: host.ref,
 *     network: net.ref,
 *     image: "nginx",
 *     ports: [{ internal: 80 }],
 *     verify: { target: "2600::" },
 *   });
 * }
 * ```
 */
export class RoutedIpv6Network extends pulumi.ComponentResource {
  /** What a `BridgeAgent` takes as `network`. */
  readonly ref: pulumi.Output<NetworkRef>;
  /** Name of the Docker network. */
  readonly networkName: pulumi.Output<string>;
  /** Id of the Docker network. */
  readonly networkId: pulumi.Output<string>;
  /** The IPv6 subnet, canonical. */
  readonly subnet: pulumi.Output<string>;

  constructor(name: string, args: RoutedIpv6NetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    const { host, ...settings } = args ?? {};
    // A script would have to know the settings from before, of every link.
    const context = componentContext("RoutedIpv6Network", name, host, Persistence.Unit);
    const plan = lift({ context: context.plan, settings }, ({ context, settings }) =>
      withClaims(context, planRoutedIpv6Network(context, settings)),
    );
    const summary = { ...settings, facts: factLines(context, plan) };
    super("wirework:index:RoutedIpv6Network", name, summary, withHostProvider(opts, host));

    const network = newDockerNetwork(context, plan, this, newFacts(context, plan, { parent: this }));
    this.ref = networkRef({ id: network.id, facts: pick(plan, ({ facts }) => facts) });
    this.networkName = network.name;
    this.networkId = network.id;
    this.subnet = pulumi.output(pick(plan, ({ subnet }) => subnet));
    const { ref, networkName, networkId, subnet } = this;
    this.registerOutputs({ ref, networkName, networkId, subnet });
  }
}
