import * as pulumi from "@pulumi/pulumi";
import { lift, pick } from "../lift";
import { planLanPool } from "../plan/lan-pool";
import { componentContext } from "./context";

/** Arguments of a {@link LanPool}. */
export interface LanPoolArgs {
  /**
   * Part of the LAN that agents get IPv4 addresses from: a prefix, whose first and last address are left out, or `first-last`.
   * Another range moves all agents.
   * @default - no IPv4 addresses
   */
  range?: pulumi.Input<string>;
  /**
   * The same for IPv6.
   * @default - no IPv6 addresses
   */
  range6?: pulumi.Input<string>;
  /**
   * What of the ranges is not for agents, as addresses, prefixes or `first-last`: routers, printers, what the DHCP server gives
   * away. Moves only agents that are on one of them.
   * @default - none
   */
  exclude?: pulumi.Input<pulumi.Input<string>[]>;
  /** Names of the agents, on whatever hosts; their order does not matter. */
  agents: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * IPv4 addresses that are said by hand, agent to address: for agents whose names come to one address, and for those that
   * had theirs before. They may lie outside of `range`.
   * @default - none
   */
  pinned?: pulumi.Input<{ [agent: string]: pulumi.Input<string> }>;
  /**
   * IPv6 addresses that are said by hand.
   * @default - none
   */
  pinned6?: pulumi.Input<{ [agent: string]: pulumi.Input<string> }>;
}

/**
 * Stable addresses of one LAN for agents on several hosts, whose Docker engines know nothing of each other.
 *
 * An agent's address comes of its name: no other agent, and no order, moves it. Where two names come to one address, the error
 * says the pin that settles it. Makes nothing.
 *
 * @example
 * ```ts
 * import { type Host, LanPool, MacvlanAgent } from "wirework";
 *
 * export function probes(north: Host, south: Host) {
 *   const pool = new LanPool("lan", {
 *     range: "192.168.9.64/26",
 *     exclude: ["192.168.9.100-192.168.9.110"],
 *     agents: ["north", "south"],
 *   });
 *   const ownNetwork = { parent: "eth1", subnets: [{ subnet: "192.168.9.0/24", gateway: "192.168.9.1" }] };
 *   for (const [name, host] of [["north", north], ["south", south]] as const) {
 *     new MacvlanAgent(name, { host: host.ref, image: "busybox", ownNetwork, ipv4Address: pool.ipv4Addresses[name] });
 *   }
 * }
 * ```
 */
export class LanPool extends pulumi.ComponentResource {
  /** IPv4 address of each agent; empty without `range`. */
  readonly ipv4Addresses: pulumi.Output<{ [agent: string]: string }>;
  /** IPv6 address of each agent; empty without `range6`. */
  readonly ipv6Addresses: pulumi.Output<{ [agent: string]: string }>;

  constructor(name: string, args: LanPoolArgs, opts?: pulumi.ComponentResourceOptions) {
    const settings = { ...args };
    const context = componentContext("LanPool", name);
    const plan = lift({ context: context.plan, settings }, ({ context, settings }) => planLanPool(context, settings));
    super("wirework:index:LanPool", name, settings, opts);
    this.ipv4Addresses = pulumi.output(pick(plan, ({ ipv4Addresses }) => ({ ...ipv4Addresses })));
    this.ipv6Addresses = pulumi.output(pick(plan, ({ ipv6Addresses }) => ({ ...ipv6Addresses })));
    this.registerOutputs({ ipv4Addresses: this.ipv4Addresses, ipv6Addresses: this.ipv6Addresses });
  }
}
