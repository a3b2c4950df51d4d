import type * as pulumi from "@pulumi/pulumi";
import { type Planned, pick } from "../lift";
import type { LanNetworkPlan } from "../plan/lan-network";
import { type ComponentContext, newFacts } from "./context";
import { newDockerNetwork } from "./docker-network";
import { networkRef } from "./network-ref";

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
 * Lets the host and its agents reach each other, which the kernel does not do by itself: a link of the host's own on the
 * same parent, of the same type, with an address of the LAN, and routes to the agents only.
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
   * MAC of the link; an ipvlan has its parent's.
   * @default - derived from stack and network; locally administered
   */
  macAddress?: pulumi.Input<string>;
  /**
   * MTU of the link, in bytes.
   * @default - the parent's
   */
  mtu?: pulumi.Input<number>;
}

/** What all networks that stand on a LAN have in common. */
export interface LanNetworkSettingsArgs {
  /**
   * Name of the Docker network.
   * @default - the name of the component
   */
  networkName?: pulumi.Input<string>;
  /**
   * The host's link to the LAN: NIC, bond, bridge or VLAN (`links` of a `VlanInterface`; an `eth0.215` that is not there is
   * made by Docker), at most 15 bytes.
   * @default - none: Docker makes a link that leads nowhere, agents reach only each other
   */
  parent?: pulumi.Input<string>;
  /**
   * VLAN of the parent that the network stands on, 1-4094. With a host, its link (`eth0.215`) is made and kept by the host,
   * and goes with the last network that says the same; without one, Docker makes it.
   * @default - none: the parent itself, untagged
   */
  vlan?: pulumi.Input<number>;
  /**
   * Ranges of addresses, IPv4 and IPv6. Not IPv6 alone: Docker would add an IPv4 subnet of its own choice.
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
   * Reach between the host and its agents. Needs `host`, and agents that reach each other.
   * @default - none: host and agents cannot reach each other
   */
  hostAccess?: pulumi.Input<HostAccessArgs>;
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

/** Makes a network on a LAN: facts of the host first, then Docker's network on them. */
export function newLanNetwork(context: ComponentContext, plan: Planned<LanNetworkPlan>, parent: pulumi.Resource) {
  const network = newDockerNetwork(context, plan, parent, newFacts(context, plan, { parent }));
  const ref = networkRef({ id: network.id, facts: pick(plan, ({ facts }) => facts) });
  return { ref, networkName: network.name, networkId: network.id };
}
