import * as pulumi from "@pulumi/pulumi";
import type { HostRef } from "../host/host-ref";
import { knownPart, lift, part, pick } from "../lift";
import type { Persistence } from "../plan/persistence";
import type { Fallback } from "../plan/policy-facts";
import { planPolicyRoutedAgent } from "../plan/policy-routed-agent";
import type { SourceNat6 } from "../plan/uplink";
import { type NetworkAddresses, newAgentContainer, type VerifyArgs } from "./agent-container";
import type { PublishedPortArgs } from "./bridge-agent";
import type { ContainerArgs } from "./container-args";
import { componentContext, factLines, newFacts, withClaims, withHostProvider } from "./context";
import { newDockerNetwork } from "./docker-network";
import type { SubnetArgs } from "./lan-network";

/** A bridge network for one policy-routed agent alone. */
export interface PolicyRoutedNetworkArgs {
  /**
   * Ranges of addresses, IPv4 and IPv6. The host's rules know the agent's traffic by them. Not IPv6 alone: Docker would add an
   * IPv4 subnet of its own choice.
   */
  subnets: pulumi.Input<pulumi.Input<SubnetArgs>[]>;
  /**
   * Name of the Docker network.
   * @default - the name of the component
   */
  networkName?: pulumi.Input<string>;
  /**
   * Name of its bridge on the host, at most 15 bytes.
   * @default - `wr-` and eight digits, from owner and network
   */
  bridgeName?: pulumi.Input<string>;
  /**
   * Options of Docker's bridge driver, beside those that other arguments decide.
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
 * A bridge network that exists, such as Docker's default bridge. All of its containers leave by the uplink then: the rule
 * goes by the bridge, and so follows whatever subnet Docker gives it.
 */
export interface ExistingNetworkArgs {
  /** Name in Docker; `bridge` is the default bridge. */
  networkName: pulumi.Input<string>;
  /**
   * Name of its bridge on the host.
   * @default - `docker0` for the default bridge; must be given for any other
   */
  bridgeName?: pulumi.Input<string>;
  /**
   * Its prefixes. Published ports need them, and the translation of IPv6 source addresses.
   * @default - not known
   */
  subnets?: pulumi.Input<pulumi.Input<string>[]>;
}

/** A second way out of the host. */
export interface UplinkArgs {
  /** Name of the link. */
  dev: pulumi.Input<string>;
  /**
   * Its IPv4 router; or {@link LEARNED_GATEWAY}: that of the default route which the host itself learns on the link, by
   * DHCP. It is followed when the lease names another; without one, the agent has no way out. The host's DHCP client must
   * put its default route into the main table, with a worse metric than that of the first uplink.
   * @default - no way out for IPv4, unless `pointToPoint`
   */
  gateway?: pulumi.Input<string>;
  /**
   * Its IPv6 router; may be link-local (`fe80::…`); or {@link LEARNED_GATEWAY}: the one that advertises itself on the link.
   * @default - no way out for IPv6, unless `pointToPoint`
   */
  gateway6?: pulumi.Input<string>;
  /**
   * The link has one other end and no router: PPP, a tunnel.
   * @default false
   */
  pointToPoint?: pulumi.Input<boolean>;
  /**
   * Address of the host from which the agent's packets go out, instead of the link's first one. Docker's own translation of
   * `ownNetwork` is off then: what the agent sends by other links, to the host's own LANs, keeps the agent's address.
   * @default - the link's own address, chosen by the kernel
   */
  sourceAddress?: pulumi.Input<string>;
  /**
   * The same for IPv6.
   * @default - see `sourceNat6`
   */
  sourceAddress6?: pulumi.Input<string>;
  /**
   * Whether IPv6 source addresses become the link's own one. `None` where the network's prefix is routed to this host.
   * @default SourceNat6.Masquerade
   */
  sourceNat6?: pulumi.Input<SourceNat6>;
}

/** A routing table of the host. Several agents may share one, if all say the same of it and of its uplink. */
export interface RoutingTableArgs {
  /** Id: 1-4294967295, but not 252-255, which are the kernel's (ip-route(8)). ifupdown2 gives VRFs 1001-5000. */
  id: pulumi.Input<number>;
  /**
   * Its name, for `ip route show table NAME`.
   * @default - `wr` and the id
   */
  name?: pulumi.Input<string>;
}

/** Arguments of a {@link PolicyRoutedAgent}. */
export interface PolicyRoutedAgentArgs extends ContainerArgs {
  /** The host, as `host.ref`. */
  host: pulumi.Input<HostRef>;
  /** The second way out. */
  uplink: pulumi.Input<UplinkArgs>;
  /** The routing table that leads there. */
  table: pulumi.Input<RoutingTableArgs>;
  /**
   * A bridge network for this agent alone, made and removed with it. Give this or `existingNetwork`.
   * @default - `existingNetwork` is used
   */
  ownNetwork?: pulumi.Input<PolicyRoutedNetworkArgs>;
  /**
   * A bridge network that exists. Give this or `ownNetwork`.
   * @default - `ownNetwork` is used
   */
  existingNetwork?: pulumi.Input<ExistingNetworkArgs>;
  /**
   * First of three rule priorities, 1-32763: answers of published ports, main without its default, the uplink's table. The
   * kernel asks low ones first, and main at 32766 (ip-rule(8)).
   * @default - 10000 + 10 × (table id modulo 2000)
   */
  priority?: pulumi.Input<number>;
  /**
   * Firewall mark of the answers of published ports, with its mask. Give it where other software uses the highest byte of
   * marks, as Calico and Cilium do.
   * @default - a value of the highest byte, from the table id: `0xc8000000/0xff000000` for 200
   */
  mark?: pulumi.Input<string>;
  /**
   * What becomes of the agent's traffic while the uplink is down.
   * @default Fallback.None
   */
  fallback?: pulumi.Input<Fallback>;
  /**
   * Fixed IPv4 address; needs a network with a subnet of the user's.
   * @default - given by Docker
   */
  ipv4Address?: pulumi.Input<string>;
  /**
   * Fixed IPv6 address, likewise.
   * @default - given by Docker
   */
  ipv6Address?: pulumi.Input<string>;
  /**
   * Names under which other containers of the network find this one.
   * @default - none
   */
  aliases?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Ports that the host passes on; answers leave by the link that the question came in by.
   * @default - none
   */
  ports?: pulumi.Input<pulumi.Input<PublishedPortArgs>[]>;
  /**
   * What is proved once the agent runs.
   * @default - its gateway answers, and the host sends what comes from it to the uplink
   */
  verify?: pulumi.Input<VerifyArgs>;
  /**
   * Goes on although the change moves the path by which the host is managed. Without this, such a change is refused.
   * @default false
   */
  allowManagementImpact?: pulumi.Input<boolean>;
  /**
   * Seconds after which the host takes a change back that cut its management path, 10-3600.
   * @default - the helper's own
   */
  undoWindowSeconds?: pulumi.Input<number>;
  /**
   * Who brings the facts back at boot. A change is made in place: the facts themselves stay as they are.
   * @default - as the host says: the host's own init
   */
  persistence?: pulumi.Input<Persistence>;
}

/**
 * A container behind NAT that leaves the host by a second uplink, while the host and all others keep the first.
 *
 * Rules send the traffic of its network to a routing table of its own. What is connected to the host stays reachable by
 * the main table. While the second uplink is down, nothing of the agent leaves by the main one, unless `fallback` says so.
 *
 * @example
 * ```ts
 * import { type Host, PolicyRoutedAgent } from "wirework";
 *
 * export function probe(host: Host) {
 *   return new PolicyRoutedAgent("probe", {
 *     host: host.ref,
 *     image: "busybox:1.36",
 *     command: ["sleep", "infinity"],
 *     ownNetwork: { subnets: [{ subnet: "172.31.7.0/24" }] },
 *     uplink: { dev: "wlan0", gateway: "192.168.20.1" },
 *     table: { id: 200, name: "wlan0rt" },
 *   });
 * }
 * ```
 */
export class PolicyRoutedAgent extends pulumi.ComponentResource {
  /** Id of the container. */
  readonly containerId: pulumi.Output<string>;
  /** Name of the container. */
  readonly containerName: pulumi.Output<string>;
  /** IPv4 address that it really has on its network, empty where it has none. */
  readonly ipv4Address: pulumi.Output<string>;
  /** IPv6 address that it really has on its network, empty where it has none. */
  readonly ipv6Address: pulumi.Output<string>;
  /** MAC that it really has on its network. */
  readonly macAddress: pulumi.Output<string>;
  /** Its addresses on all of its networks. */
  readonly networks: pulumi.Output<NetworkAddresses[]>;
  /** Name of its bridge on the host. */
  readonly bridgeName: pulumi.Output<string>;
  /** Id of the routing table that leads to the uplink. */
  readonly tableId: pulumi.Output<number>;
  /** What was proved, a line each, or `not verified`. */
  readonly verification: pulumi.Output<string>;

  constructor(name: string, args: PolicyRoutedAgentArgs, opts?: pulumi.ComponentResourceOptions) {
    const {
      host,
      ownNetwork,
      existingNetwork,
      uplink,
      table,
      priority,
      mark,
      fallback,
      ipv4Address,
      ipv6Address,
      aliases,
      ports,
      verify,
      allowManagementImpact,
      undoWindowSeconds,
      persistence,
      ...container
    } = args ?? {};
    const settings = {
      own: ownNetwork,
      existing: existingNetwork,
      uplink,
      table,
      priority,
      mark,
      fallback,
      ipv4Address,
      ipv6Address,
      aliases,
      ports,
      verification: verify,
      allowManagementImpact,
      undoWindowSeconds,
    };
    const context = componentContext("PolicyRoutedAgent", name, host, persistence);
    const plan = lift({ context: context.plan, settings }, ({ context, settings }) =>
      withClaims(context, planPolicyRoutedAgent(context, { ...settings, container: knownPart(container) })),
    );
    const summary = { ...settings, image: container.image, facts: factLines(context, plan) };
    super("wirework:index:PolicyRoutedAgent", name, summary, withHostProvider(opts, host));

    const facts = newFacts(context, plan, { parent: this });
    const own =
      ownNetwork &&
      newDockerNetwork(
        context,
        part(plan, ({ network }) => network!),
        this,
        facts,
      );
    const planned = pick(plan, ({ ports }) => [...ports]);
    const agent = newAgentContainer(
      context,
      { container, plan, networkId: own?.id, ports: planned, after: facts },
      this,
    );

    this.containerId = agent.containerId;
    this.containerName = agent.containerName;
    this.ipv4Address = agent.ipv4Address;
    this.ipv6Address = agent.ipv6Address;
    this.macAddress = agent.macAddress;
    this.networks = agent.networks;
    this.bridgeName = pulumi.output(pick(plan, ({ bridgeName }) => bridgeName));
    this.tableId = pulumi.output(pick(plan, ({ table }) => table));
    this.verification = agent.verification;
    this.registerOutputs({ ...agent, bridgeName: this.bridgeName, tableId: this.tableId });
  }
}
