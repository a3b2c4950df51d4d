import * as pulumi from "@pulumi/pulumi";
import { knownPart, lift } from "../lift";
import { DHCP_ADDRESS } from "../plan/dhcp";
import { planMacvlanAgent } from "../plan/macvlan-agent";
import type { NetworkAddresses } from "./agent-container";
import { componentContext, factLines, withClaims, withHostProvider } from "./context";
import { type LanAgentArgs, lanAgentSettings, newLanAgent } from "./lan-agent";
import type { MacvlanNetworkSettingsArgs } from "./macvlan-network";
import type { DhcpArgs } from "./pipework-agent";

/** Arguments of a {@link MacvlanAgent}. Changing an address or a network replaces the container, deleting it first; a MAC changes in the running one. */
export interface MacvlanAgentArgs extends LanAgentArgs {
  /**
   * A network for this agent alone, made and removed with it. Give this or `network`.
   * @default - `network` is used
   */
  ownNetwork?: pulumi.Input<MacvlanNetworkSettingsArgs>;
  /**
   * Fixed IPv4 address: inside a subnet of the network, outside its DHCP range, used by nobody. Or `DHCP_ADDRESS`, given as it is and
   * not by an Output: leased from the LAN's DHCP server, as an interface of a `PipeworkAgent` is. Docker puts no interface
   * without an address of its own on a LAN; so the host puts it in, on the network's parent, and Docker's network is not
   * joined, nor made where it would be the agent's own. Needs `host`.
   * @default - the next free one of the network's ipRange
   */
  ipv4Address?: pulumi.Input<string>;
  /**
   * Fixed IPv6 address, likewise. Or, beside it as `ipv4Address`, `DHCP_ADDRESS`: leased from the LAN's DHCPv6 server.
   * @default - the next free one where the network has an IPv6 subnet
   */
  ipv6Address?: pulumi.Input<string>;
  /**
   * As whom DHCP servers are asked, with `DHCP_ADDRESS`.
   * @default - as the container is named, by its MAC
   */
  dhcp?: pulumi.Input<DhcpArgs>;
  /**
   * Fixed MAC on the network: unicast, used by nobody there. The host sets it within a second of every start of the
   * container, and tells the neighbours; until then the interface has Docker's. Needs `host`.
   * @default - Docker's: before version 28 `02:42:` and the IPv4 address in hex, later a random one for each start; with `DHCP_ADDRESS`
   * one that comes of the component, always the same
   */
  macAddress?: pulumi.Input<string>;
  /**
   * Whether the host asks the LAN for the fixed addresses, by ARP from 0.0.0.0 (RFC 5227) and neighbour solicitations, before
   * the container is made: one that somebody else has fails the update. Asked anew when address or parent changes; takes at most
   * two seconds.
   * @default - true where there is a host, and a fixed address on a network with a parent
   */
  probe?: pulumi.Input<boolean>;
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
  /** IPv4 address that it really has on the macvlan network, empty where it has none; the leased one as it was when it was last proved. */
  readonly ipv4Address: pulumi.Output<string>;
  /** The same of IPv6. */
  readonly ipv6Address: pulumi.Output<string>;
  /** MAC that it really has on the macvlan network: the declared one, or the one that Docker gave. */
  readonly macAddress: pulumi.Output<string>;
  /** Its addresses on all of its networks. */
  readonly networks: pulumi.Output<NetworkAddresses[]>;
  /** What was proved, a line each, or `not verified`. */
  readonly verification: pulumi.Output<string>;
  /** What the LAN said of its fixed addresses, a line each: `free …` or `could not see …`; or `not probed`. */
  readonly probe: pulumi.Output<string>;

  constructor(name: string, args: MacvlanAgentArgs, opts?: pulumi.ComponentResourceOptions) {
    const { macAddress, probe, dhcp, ...rest } = args ?? {};
    const leased = rest.ipv4Address === DHCP_ADDRESS;
    const { host, persistence, shared, settings: common, container } = lanAgentSettings(rest);
    const settings = { ...common, dhcp, macAddress, probe };
    const context = componentContext("MacvlanAgent", name, host, persistence);
    const plan = lift({ context: context.plan, settings, network: shared?.facts }, ({ context, settings, network }) =>
      withClaims(context, planMacvlanAgent(context, { ...settings, leased, network, container: knownPart(container) })),
    );
    const summary = { ...settings, image: container.image, facts: factLines(context, plan) };
    super("wirework:index:MacvlanAgent", name, summary, withHostProvider(opts, host));

    const parts = {
      shared,
      own: settings.own !== undefined,
      container,
      leased,
      alone: rest.extraNetworks === undefined,
    };
    const agent = newLanAgent(context, plan, parts, this);
    this.containerId = agent.containerId;
    this.containerName = agent.containerName;
    this.ipv4Address = agent.ipv4Address;
    this.ipv6Address = agent.ipv6Address;
    this.macAddress = agent.macAddress;
    this.networks = agent.networks;
    this.verification = agent.verification;
    this.probe = agent.probe;
    this.registerOutputs({ ...agent });
  }
}
