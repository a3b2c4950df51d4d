import * as pulumi from "@pulumi/pulumi";
import type { HostRef } from "../host/host-ref";
import { lift, pick } from "../lift";
import { type MacvlanMode, planMacvlanNetwork } from "../plan/macvlan-network";
import type { Persistence } from "../plan/persistence";
import { componentContext, factLines, newFacts, withClaims, withHostProvider } from "./context";
import { newDockerNetwork } from "./docker-network";
import { type NetworkRef, networkRef } from "./network-ref";

/** One range of addresses of a network. */
export interface SubnetArgs {
  /** Prefix of the LAN, as the router has it: `192.168.9.0/24`, `2001:db8:9::/64`. */
  subnet: pulumi.Input<string>;
  /**
   * Address of the LAN's router, inside the subnet.
   * @default - Docker takes the first address of the subnet
   */
  gateway?: pulumi.Input<string>;
  /**
   * Part of the subnet from which Docker gives addresses to agents without a fixed one.
   * @default - the whole subnet
   */
  ipRange?: pulumi.Input<string>;
  /**
   * Addresses that Docker must not give away, each under a name: `{ printer: "192.168.9.20" }`.
   * @default - none
   */
  reserved?: pulumi.Input<{ [name: string]: pulumi.Input<string> }>;
}

/**
 * Lets the host and its macvlan agents reach each other, which the kernel does not do by itself: a macvlan link of the
 * host's own on the same parent, with an address of the LAN, and routes to the agents only.
 */
export interface HostAccessArgs {
  /**
   * IPv4 address of the host on this link: inside a subnet, outside ipRange and DHCP range, used by nobody.
   * @default - no access over IPv4
   */
  address?: pulumi.Input<string>;
  /**
   * IPv6 address of the host on this link.
   * @default - no access over IPv6
   */
  address6?: pulumi.Input<string>;
  /**
   * Name of the link, at most 15 bytes.
   * @default - derived from stack and network
   */
  linkName?: pulumi.Input<string>;
  /**
   * MAC of the link.
   * @default - derived from stack and network; locally administered
   */
  macAddress?: pulumi.Input<string>;
  /**
   * MTU of the link, in bytes.
   * @default - the parent's
   */
  mtu?: pulumi.Input<number>;
}

/** The network itself: what a {@link MacvlanNetwork} and an agent with a network of its own have in common. */
export interface MacvlanNetworkSettingsArgs {
  /**
   * Name of the Docker network.
   * @default - the name of the component
   */
  networkName?: pulumi.Input<string>;
  /**
   * The host's link to the LAN: NIC, bond, bridge or VLAN (`eth0.215` is made by Docker when it is not there), at most 15 bytes.
   * @default - none: Docker makes a link that leads nowhere, agents reach only each other
   */
  parent?: pulumi.Input<string>;
  /**
   * How agents on one parent see each other: `bridge` directly, `private` not at all, `vepa` by way of the switch,
   * `passthru` is for one agent that takes the parent over.
   * @default MacvlanMode.Bridge
   */
  mode?: pulumi.Input<MacvlanMode>;
  /**
   * Ranges of addresses, IPv4 and IPv6.
   * @default - Docker picks one, which no LAN router knows
   */
  subnets?: pulumi.Input<pulumi.Input<SubnetArgs>[]>;
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
   * Reach between the host and its agents. Needs `host`, and mode `bridge`.
   * @default - none: host and agents cannot reach each other
   */
  hostAccess?: pulumi.Input<HostAccessArgs>;
  /**
   * Further options of Docker's macvlan driver.
   * @default - none
   */
  driverOptions?: pulumi.Input<{ [key: string]: pulumi.Input<string> }>;
  /**
   * Labels of the Docker network, beside those of wirework.
   * @default - none
   */
  labels?: pulumi.Input<{ [key: string]: pulumi.Input<string> }>;
}

/** Arguments of a {@link MacvlanNetwork}. Changing any of them replaces the network and its agents, but for `hostAccess` and `dhcpRanges`. */
export interface MacvlanNetworkArgs extends MacvlanNetworkSettingsArgs {
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
 * A Docker network whose agents stand on the LAN themselves, each with MAC and address of its own.
 *
 * Makes one Docker network and, with a host, checks its parent and keeps the link for `hostAccess`.
 * Deleting it leaves the host as it was found.
 *
 * @example
 * ```ts
 * import { type Host, MacvlanAgent, MacvlanNetwork } from "wirework";
 *
 * export function probes(host: Host) {
 *   const lan = new MacvlanNetwork("lan", {
 *     host: host.ref,
 *     parent: "eth1",
 *     subnets: [{ subnet: "192.168.9.0/24", gateway: "192.168.9.1", ipRange: "192.168.9.64/26" }],
 *     hostAccess: { address: "192.168.9.2" },
 *   });
 *   return new MacvlanAgent("probe", { host: host.ref, network: lan.ref, image: "busybox", ipv4Address: "192.168.9.70" });
 * }
 * ```
 */
export class MacvlanNetwork extends pulumi.ComponentResource {
  /** What an agent takes as `network`. */
  readonly ref: pulumi.Output<NetworkRef>;
  /** Name of the Docker network. */
  readonly networkName: pulumi.Output<string>;
  /** Id of the Docker network. */
  readonly networkId: pulumi.Output<string>;

  constructor(name: string, args: MacvlanNetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    const { host, persistence, ...settings } = args ?? {};
    const context = componentContext("MacvlanNetwork", name, host, persistence);
    const plan = lift({ context: context.plan, settings }, ({ context, settings }) =>
      withClaims(context, planMacvlanNetwork(context, settings)),
    );
    const summary = { ...settings, facts: factLines(context, plan) };
    super("wirework:index:MacvlanNetwork", name, summary, withHostProvider(opts, host));

    const facts = newFacts(context, plan, this);
    const network = newDockerNetwork(context, plan, this, facts);

    this.ref = networkRef({ id: network.id, facts: pick(plan, ({ facts }) => facts) });
    this.networkName = network.name;
    this.networkId = network.id;
    this.registerOutputs({ ref: this.ref, networkName: this.networkName, networkId: this.networkId });
  }
}
