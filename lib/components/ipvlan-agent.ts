import * as pulumi from "@pulumi/pulumi";
import { knownPart, lift } from "../lift";
import { planIpvlanAgent } from "../plan/ipvlan-agent";
import type { NetworkAddresses } from "./agent-container";
import { componentContext, factLines, withClaims, withHostProvider } from "./context";
import type { IpvlanNetworkSettingsArgs } from "./ipvlan-network";
import { type LanAgentArgs, lanAgentSettings, newLanAgent } from "./lan-agent";

/** Arguments of an {@link IpvlanAgent}. Changing an address or a network replaces the container, deleting it first. */
export interface IpvlanAgentArgs extends LanAgentArgs {
  /**
   * A network for this agent alone, made and removed with it. Give this or `network`.
   * @default - `network` is used
   */
  ownNetwork?: pulumi.Input<IpvlanNetworkSettingsArgs>;
}

/**
 * A container with addresses of its own on the LAN, and the MAC of the host's link.
 *
 * Makes the container and, where `ownNetwork` is given, its network. With a host it then proves from inside the container
 * that the gateway answers (mode `l2`) or what `verify.target` names; a failure fails the update.
 * Deleting it leaves the host as it was found.
 *
 * @example
 * ```ts
 * import { type Host, IpvlanAgent } from "wirework";
 *
 * export function probe(host: Host) {
 *   return new IpvlanAgent("probe", {
 *     host: host.ref,
 *     image: "busybox:1.36",
 *     ownNetwork: { parent: "eth1", vlan: 40, subnets: [{ subnet: "192.168.40.0/24", gateway: "192.168.40.1" }] },
 *     ipv4Address: "192.168.40.70",
 *   });
 * }
 * ```
 */
export class IpvlanAgent extends pulumi.ComponentResource {
  /** Id of the container. */
  readonly containerId: pulumi.Output<string>;
  /** Name of the container. */
  readonly containerName: pulumi.Output<string>;
  /** IPv4 address that it really has on the ipvlan network, empty where it has none. */
  readonly ipv4Address: pulumi.Output<string>;
  /** IPv6 address that it really has on the ipvlan network, empty where it has none. */
  readonly ipv6Address: pulumi.Output<string>;
  /** Its addresses on all of its networks. */
  readonly networks: pulumi.Output<NetworkAddresses[]>;
  /** What was proved, a line each, or `not verified`. */
  readonly verification: pulumi.Output<string>;

  constructor(name: string, args: IpvlanAgentArgs, opts?: pulumi.ComponentResourceOptions) {
    const { host, persistence, shared, settings, container } = lanAgentSettings(args);
    const context = componentContext("IpvlanAgent", name, host, persistence);
    const plan = lift({ context: context.plan, settings, network: shared?.facts }, ({ context, settings, network }) =>
      withClaims(context, planIpvlanAgent(context, { ...settings, network, container: knownPart(container) })),
    );
    const summary = { ...settings, image: container.image, facts: factLines(context, plan) };
    super("wirework:index:IpvlanAgent", name, summary, withHostProvider(opts, host));

    const agent = newLanAgent(context, plan, { shared, own: settings.own !== undefined, container }, this);
    this.containerId = agent.containerId;
    this.containerName = agent.containerName;
    this.ipv4Address = agent.ipv4Address;
    this.ipv6Address = agent.ipv6Address;
    this.networks = agent.networks;
    this.verification = agent.verification;
    const { macAddress: _, probe: __, ...outputs } = agent;
    this.registerOutputs(outputs);
  }
}
