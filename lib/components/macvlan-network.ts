import * as pulumi from "@pulumi/pulumi";
import type { HostRef } from "../host/host-ref";
import { lift } from "../lift";
import type { MacvlanMode } from "../plan/macvlan-mode";
import { planMacvlanNetwork } from "../plan/macvlan-network";
import type { Persistence } from "../plan/persistence";
import { componentContext, factLines, withClaims, withHostProvider } from "./context";
import { type LanNetworkSettingsArgs, newLanNetwork } from "./lan-network";
import type { NetworkRef } from "./network-ref";

/** The network itself: what a {@link MacvlanNetwork} and an agent with a network of its own have in common. */
export interface MacvlanNetworkSettingsArgs extends LanNetworkSettingsArgs {
  /**
   * How agents on one parent see each other: `bridge` directly, `private` not at all, `vepa` by way of the switch,
   * `passthru` is for one agent that takes the parent over.
   * @default MacvlanMode.Bridge
   */
  mode?: pulumi.Input<MacvlanMode>;
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
 * Makes one Docker network and, with a host, checks its parent and keeps the links for `vlan` and `hostAccess`.
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

    const network = newLanNetwork(context, plan, this);
    this.ref = network.ref;
    this.networkName = network.networkName;
    this.networkId = network.networkId;
    this.registerOutputs({ ...network });
  }
}
