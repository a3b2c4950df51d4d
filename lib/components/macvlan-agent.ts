import * as pulumi from "@pulumi/pulumi";
import type { HostRef } from "../host/host-ref";
import { knownPart, lift, part } from "../lift";
import type { DefaultRoute } from "../plan/default-route";
import { planMacvlanAgent } from "../plan/macvlan-agent";
import type { Persistence } from "../plan/persistence";
import { type ExtraNetworkArgs, type NetworkAddresses, newAgentContainer, type VerifyArgs } from "./agent-container";
import type { ContainerArgs } from "./container-args";
import { componentContext, factLines, newFacts, withClaims, withHostProvider } from "./context";
import { newDockerNetwork } from "./docker-network";
import type { MacvlanNetworkSettingsArgs } from "./macvlan-network";
import { type NetworkRef, networkLink } from "./network-ref";

/** Arguments of a {@link MacvlanAgent}. Changing an address or a network replaces the container, deleting it first; a MAC changes in the running one. */
export interface MacvlanAgentArgs extends ContainerArgs {
  /**
   * The host, as `host.ref`.
   * @default - Docker's default provider, no SSH connection, nothing verified
   */
  host?: pulumi.Input<HostRef>;
  /**
   * The network to join, as `network.ref` of a {@link MacvlanNetwork}. Give this or `ownNetwork`.
   * @default - `ownNetwork` is used
   */
  network?: pulumi.Input<NetworkRef>;
  /**
   * A network for this agent alone, made and removed with it. Give this or `network`.
   * @default - `network` is used
   */
  ownNetwork?: pulumi.Input<MacvlanNetworkSettingsArgs>;
  /**
   * Fixed IPv4 address: inside a subnet of the network, outside its DHCP range, used by nobody.
   * @default - the next free one of the network's ipRange
   */
  ipv4Address?: pulumi.Input<string>;
  /**
   * Fixed IPv6 address, likewise.
   * @default - the next free one where the network has an IPv6 subnet
   */
  ipv6Address?: pulumi.Input<string>;
  /**
   * Fixed MAC on the network: unicast, used by nobody there. The host sets it within a second of every start of the
   * container, and tells the neighbours; until then the interface has Docker's. Needs `host`.
   * @default - Docker's: before version 28 `02:42:` and the IPv4 address in hex, later a random one for each start
   */
  macAddress?: pulumi.Input<string>;
  /**
   * Names under which other containers of the network find this one.
   * @default - none
   */
  aliases?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Further networks, such as a bridge for management.
   * @default - none
   */
  extraNetworks?: pulumi.Input<pulumi.Input<ExtraNetworkArgs>[]>;
  /**
   * By which network the agent reaches the rest of the world, where it has several: the macvlan network is asked for by
   * `DefaultRoute.Measuring`.
   * @default - the extra network that is marked `management`; without one, Docker chooses
   */
  defaultRoute?: pulumi.Input<DefaultRoute>;
  /**
   * What is proved once the agent runs.
   * @default - with a host: its gateway answers; else nothing
   */
  verify?: pulumi.Input<VerifyArgs>;
  /**
   * Who brings the facts back at boot. A change is made in place: the facts themselves stay as they are.
   * @default - as the host says: the host's own init
   */
  persistence?: pulumi.Input<Persistence>;
}

/**
 * A container with a place of its own on the LAN: its own MAC and address, beside the host.
 *
 * Makes the container and, where `ownNetwork` is given, its network. With a host it then proves from inside the
 * container that the gateway answers; a failure fails the update. Deleting it leaves the host as it was found.
 *
 * @example
 * ```ts
 * import { type Host, MacvlanAgent } from "wirework";
 *
 * export function probe(host: Host) {
 *   return new MacvlanAgent("probe", {
 *     host: host.ref,
 *     image: "busybox:1.36",
 *     ownNetwork: { parent: "eth1", subnets: [{ subnet: "192.168.9.0/24", gateway: "192.168.9.1" }] },
 *     ipv4Address: "192.168.9.70",
 *   });
 * }
 * ```
 */
export class MacvlanAgent extends pulumi.ComponentResource {
  /** Id of the container. */
  readonly containerId: pulumi.Output<string>;
  /** Name of the container. */
  readonly containerName: pulumi.Output<string>;
  /** IPv4 address that it really has on the macvlan network, empty where it has none. */
  readonly ipv4Address: pulumi.Output<string>;
  /** IPv6 address that it really has on the macvlan network, empty where it has none. */
  readonly ipv6Address: pulumi.Output<string>;
  /** MAC that it really has on the macvlan network: the declared one, or the one that Docker gave. */
  readonly macAddress: pulumi.Output<string>;
  /** Its addresses on all of its networks. */
  readonly networks: pulumi.Output<NetworkAddresses[]>;
  /** What was proved, a line each, or `not verified`. */
  readonly verification: pulumi.Output<string>;

  constructor(name: string, args: MacvlanAgentArgs, opts?: pulumi.ComponentResourceOptions) {
    const {
      host,
      network,
      ownNetwork,
      ipv4Address,
      ipv6Address,
      macAddress,
      aliases,
      extraNetworks,
      defaultRoute,
      verify,
      persistence,
      ...container
    } = args ?? {};
    const settings = {
      own: ownNetwork,
      ipv4Address,
      ipv6Address,
      macAddress,
      aliases,
      extraNetworks,
      defaultRoute,
      verification: verify,
    };
    const context = componentContext("MacvlanAgent", name, host, persistence);
    const shared = network && networkLink(network);
    const plan = lift({ context: context.plan, settings, network: shared?.facts }, ({ context, settings, network }) =>
      withClaims(context, planMacvlanAgent(context, { ...settings, network, container: knownPart(container) })),
    );
    const summary = { ...settings, image: container.image, facts: factLines(context, plan) };
    super("wirework:index:MacvlanAgent", name, summary, withHostProvider(opts, host));

    const facts = newFacts(context, plan, this);
    const own =
      ownNetwork &&
      newDockerNetwork(
        context,
        part(plan, ({ network }) => network!),
        this,
        facts,
      );
    const agent = newAgentContainer(context, { container, plan, networkId: own?.id ?? shared?.id, after: facts }, this);

    this.containerId = agent.containerId;
    this.containerName = agent.containerName;
    this.ipv4Address = agent.ipv4Address;
    this.ipv6Address = agent.ipv6Address;
    this.macAddress = agent.macAddress;
    this.networks = agent.networks;
    this.verification = agent.verification;
    this.registerOutputs({ ...agent });
  }
}
