import * as pulumi from "@pulumi/pulumi";
import type { HostRef } from "../host/host-ref";
import { knownPart, lift, part, pick } from "../lift";
import { planBridgeAgent } from "../plan/bridge-agent";
import { type ExtraNetworkArgs, type NetworkAddresses, newAgentContainer, type VerifyArgs } from "./agent-container";
import type { ContainerArgs } from "./container-args";
import { componentContext, factLines, newFacts, newProbe, probeOutput, withClaims, withHostProvider } from "./context";
import { newDockerNetwork } from "./docker-network";
import type { SubnetArgs } from "./lan-network";
import { type NetworkRef, networkLink } from "./network-ref";

/** A port of the container that the host passes on. */
export interface PublishedPortArgs {
  /** Port inside the container, 1-65535. */
  internal: pulumi.Input<number>;
  /**
   * Port of the host, 1-65535. The port of the management connection is refused.
   * @default - a free one, chosen by Docker
   */
  external?: pulumi.Input<number>;
  /**
   * Address of the host on which it is passed on.
   * @default - "0.0.0.0", all of IPv4; "::" on a `RoutedIpv6Network` whose filter opens the ports of IPv6 by it
   */
  ip?: pulumi.Input<string>;
  /**
   * `tcp`, `udp` or `sctp`.
   * @default "tcp"
   */
  protocol?: pulumi.Input<string>;
}

/** A bridge network for one agent alone, behind Docker's NAT. */
export interface BridgeNetworkSettingsArgs {
  /**
   * Name of the Docker network.
   * @default - the name of the component
   */
  networkName?: pulumi.Input<string>;
  /**
   * Ranges of addresses, IPv4 and IPv6. Not IPv6 alone: Docker would add an IPv4 subnet of its own choice.
   * @default - Docker picks one
   */
  subnets?: pulumi.Input<pulumi.Input<SubnetArgs>[]>;
  /**
   * No way out of the network.
   * @default false
   */
  internal?: pulumi.Input<boolean>;
  /**
   * Options of Docker's bridge driver.
   * @default - none
   */
  driverOptions?: pulumi.Input<{ [key: string]: pulumi.Input<string> }>;
  /**
   * Labels of the Docker network, beside those of wirework.
   * @default - none
   */
  labels?: pulumi.Input<{ [key: string]: pulumi.Input<string> }>;
}

/** Arguments of a {@link BridgeAgent}. */
export interface BridgeAgentArgs extends ContainerArgs {
  /**
   * The host, as `host.ref`.
   * @default - Docker's default provider, no SSH connection, nothing verified
   */
  host?: pulumi.Input<HostRef>;
  /**
   * `network.ref` of a `BridgeNetwork` or a `RoutedIpv6Network`. Give this, `networkName`, `ownNetwork`, or none.
   * @default - another network
   */
  network?: pulumi.Input<NetworkRef>;
  /**
   * Name of a Docker network that exists. Give this, `ownNetwork`, or neither.
   * @default - `ownNetwork`, else Docker's default bridge
   */
  networkName?: pulumi.Input<string>;
  /**
   * A bridge network for this agent alone, made and removed with it.
   * @default - none
   */
  ownNetwork?: pulumi.Input<BridgeNetworkSettingsArgs>;
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
   * Multicast groups that arrive at the agent's port on the network of a `BridgeNetwork`: `["239.1.1.1", "ff15::1"]`;
   * those of one source are the program's to join (232.0.0.0/8, `ff3x::/32`). The host has the kernel join them there
   * whenever the container starts, so that a program that joins them receives them whatever interface has its routes. An
   * update waits until something of each has come, unless `verify.receives` is false. Needs `host`. Behind NAT nothing
   * arrives.
   * @default - none; what the program joins, it joins by its routes, or by the interface that it names
   */
  receives?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Names under which other containers of the network find this one.
   * @default - none
   */
  aliases?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Further networks.
   * @default - none
   */
  extraNetworks?: pulumi.Input<pulumi.Input<ExtraNetworkArgs>[]>;
  /**
   * Ports that the host passes on.
   * @default - none
   */
  ports?: pulumi.Input<pulumi.Input<PublishedPortArgs>[]>;
  /**
   * What is proved once the agent runs.
   * @default - with a host: its gateway answers; else nothing
   */
  verify?: pulumi.Input<VerifyArgs>;
  /**
   * Whether the host asks the LAN of a `BridgeNetwork` for the fixed addresses, as a `MacvlanAgent` does, before the container is
   * made: one that somebody else has fails the update.
   * @default - true where there is a host, and a fixed address on the network of a `BridgeNetwork`
   */
  probe?: pulumi.Input<boolean>;
}

/**
 * A container behind Docker's NAT: on the default bridge, on a network that exists, or on one of its own.
 *
 * @example
 * ```ts
 * import { BridgeAgent } from "wirework";
 *
 * export const agent = new BridgeAgent("agent", {
 *   image: "busybox:1.36",
 *   command: ["httpd", "-f"],
 *   ports: [{ internal: 80, external: 8080 }],
 * });
 * ```
 */
export class BridgeAgent extends pulumi.ComponentResource {
  /** Id of the container. */
  readonly containerId: pulumi.Output<string>;
  /** Name of the container. */
  readonly containerName: pulumi.Output<string>;
  /** IPv4 address that it really has on its first network, empty where it has none. */
  readonly ipv4Address: pulumi.Output<string>;
  /** IPv6 address that it really has on its first network, empty where it has none. */
  readonly ipv6Address: pulumi.Output<string>;
  /** MAC that it really has on its first network. */
  readonly macAddress: pulumi.Output<string>;
  /** Its addresses on all of its networks. */
  readonly networks: pulumi.Output<NetworkAddresses[]>;
  /** What was proved, a line each, or `not verified`. */
  readonly verification: pulumi.Output<string>;
  /** What the LAN said of its fixed addresses, a line each: `free …` or `could not see …`; or `not probed`. */
  readonly probe: pulumi.Output<string>;

  constructor(name: string, args: BridgeAgentArgs, opts?: pulumi.ComponentResourceOptions) {
    const {
      host,
      network,
      networkName,
      ownNetwork,
      ipv4Address,
      ipv6Address,
      receives,
      aliases,
      extraNetworks,
      ports,
      verify,
      probe,
      ...container
    } = args ?? {};
    const settings = {
      networkName,
      own: ownNetwork,
      ipv4Address,
      ipv6Address,
      receives,
      aliases,
      extraNetworks,
      ports,
      verification: verify,
      probe,
    };
    const context = componentContext("BridgeAgent", name, host);
    const shared = network && networkLink(network);
    const plan = lift({ context: context.plan, settings, network: shared?.facts }, ({ context, settings, network }) =>
      withClaims(context, planBridgeAgent(context, { ...settings, network, container: knownPart(container) })),
    );
    const summary = { ...settings, image: container.image, facts: factLines(context, plan) };
    super("wirework:index:BridgeAgent", name, summary, withHostProvider(opts, host));

    const facts = newFacts(context, plan, { parent: this });
    const own =
      ownNetwork &&
      newDockerNetwork(
        context,
        part(plan, ({ network }) => network!),
        this,
        facts,
      );
    const question = newProbe(context, plan, shared?.id, { parent: this, dependsOn: facts });
    const planned = pick(plan, ({ ports }) => [...ports]);
    const agent = newAgentContainer(
      context,
      { container, plan, networkId: own?.id ?? shared?.id, ports: planned, after: facts, question },
      this,
    );

    this.containerId = agent.containerId;
    this.containerName = agent.containerName;
    this.ipv4Address = agent.ipv4Address;
    this.ipv6Address = agent.ipv6Address;
    this.macAddress = agent.macAddress;
    this.networks = agent.networks;
    this.verification = agent.verification;
    this.probe = probeOutput(question);
    this.registerOutputs({ ...agent, probe: this.probe });
  }
}
