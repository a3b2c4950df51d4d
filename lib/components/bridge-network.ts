import * as pulumi from "@pulumi/pulumi";
import type { HostRef } from "../host/host-ref";
import { lift, pick } from "../lift";
import { planLanBridge } from "../plan/lan-bridge";
import type { Persistence } from "../plan/persistence";
import { componentContext, factLines, newFacts, withClaims, withHostProvider } from "./context";
import { newDockerNetwork } from "./docker-network";
import type { SubnetArgs } from "./lan-network";
import { type NetworkRef, networkRef } from "./network-ref";

/** Arguments of a {@link BridgeNetwork}. Changing any of them but `dhcpRanges` replaces the network and its agents. */
export interface BridgeNetworkArgs {
  /** The host, as `host.ref`. */
  host: pulumi.Input<HostRef>;
  /**
   * Name of the Docker network.
   * @default - the name of the component
   */
  networkName?: pulumi.Input<string>;
  /**
   * A bridge of the host that holds a port to the LAN, and stays as it is. Give this or `port`.
   * @default - one of its own is made, with `port`
   */
  bridge?: pulumi.Input<string>;
  /**
   * A NIC of the host that becomes the port of a bridge of its own. It has no address, and does not carry the management
   * connection. Deleting gives it back as it was.
   * @default - `bridge` is there already
   */
  port?: pulumi.Input<string>;
  /**
   * Name of the bridge that is made, at most 15 bytes.
   * @default - derived from stack and network
   */
  linkName?: pulumi.Input<string>;
  /** Subnets of the LAN, one of each family or of IPv4 alone; `gateway` is the LAN's router. */
  subnets: pulumi.Input<pulumi.Input<SubnetArgs>[]>;
  /**
   * IPv4 address of the host on the bridge: Docker gives its bridge one in any case. On an existing bridge it is there already.
   * @default - no IPv4 subnet
   */
  hostAddress?: pulumi.Input<string>;
  /**
   * IPv6 address of the host on the bridge, likewise.
   * @default - no IPv6 subnet
   */
  hostAddress6?: pulumi.Input<string>;
  /**
   * What the LAN's DHCP server gives away, as `first-last` or as prefix: no agent may take an address of it.
   * @default - none declared
   */
  dhcpRanges?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * No default route for the agents.
   * @default false
   */
  internal?: pulumi.Input<boolean>;
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
  /**
   * Who brings the facts back at boot: what a NIC was before, only the host's own init gives back.
   * @default - as the host says: the host's own init
   */
  persistence?: pulumi.Input<Persistence>;
}

/**
 * A Docker network on a bridge that holds a physical port: its agents are on the LAN, without NAT, and the host reaches them
 * without a second link.
 *
 * @example
 * ```ts
 * import { BridgeAgent, BridgeNetwork, type Host } from "wirework";
 *
 * export function onLan(host: Host) {
 *   const lan = new BridgeNetwork("lan", {
 *     host: host.ref,
 *     port: "eth2",
 *     subnets: [{ subnet: "192.168.9.0/24", gateway: "192.168.9.1", ipRange: "192.168.9.64/26" }],
 *     hostAddress: "192.168.9.2",
 *   });
 *   return new BridgeAgent("probe", { host: host.ref, network: lan.ref, image: "busybox", ipv4Address: "192.168.9.70" });
 * }
 * ```
 */
export class BridgeNetwork extends pulumi.ComponentResource {
  /** What a `BridgeAgent` takes as `network`. */
  readonly ref: pulumi.Output<NetworkRef>;
  /** Name of the Docker network. */
  readonly networkName: pulumi.Output<string>;
  /** Id of the Docker network. */
  readonly networkId: pulumi.Output<string>;
  /** Name of the bridge on the host. */
  readonly bridge: pulumi.Output<string>;

  constructor(name: string, args: BridgeNetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    const { host, persistence, ...settings } = args ?? {};
    const context = componentContext("BridgeNetwork", name, host, persistence);
    const plan = lift({ context: context.plan, settings }, ({ context, settings }) =>
      withClaims(context, planLanBridge(context, settings)),
    );
    const summary = { ...settings, facts: factLines(context, plan) };
    super("wirework:index:BridgeNetwork", name, summary, withHostProvider(opts, host));

    const network = newDockerNetwork(context, plan, this, newFacts(context, plan, { parent: this }));
    this.ref = networkRef({ id: network.id, facts: pick(plan, ({ facts }) => facts) });
    this.networkName = network.name;
    this.networkId = network.id;
    this.bridge = pulumi.output(pick(plan, ({ bridge }) => bridge));
    const { ref, networkName, networkId, bridge } = this;
    this.registerOutputs({ ref, networkName, networkId, bridge });
  }
}
