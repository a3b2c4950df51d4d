import * as pulumi from "@pulumi/pulumi";
import type { HostRef } from "../host/host-ref";
import { type Planned, part, pick } from "../lift";
import { attachedAddresses } from "../plan/attachment";
import type { DefaultRoute } from "../plan/default-route";
import type { LanAgentPlan } from "../plan/lan-agent";
import type { Persistence } from "../plan/persistence";
import { type ExtraNetworkArgs, newAgentContainer, type VerifyArgs } from "./agent-container";
import type { ContainerArgs } from "./container-args";
import { type ComponentContext, newFacts, newProbe, probeOutput } from "./context";
import { newDockerNetwork } from "./docker-network";
import { type NetworkLink, type NetworkRef, networkLink } from "./network-ref";

/** What all agents on a LAN have in common. */
export interface LanAgentArgs extends ContainerArgs {
  /**
   * The host, as `host.ref`.
   * @default - Docker's default provider, no SSH connection, nothing verified
   */
  host?: pulumi.Input<HostRef>;
  /**
   * The network to join, as `network.ref`. Give this or `ownNetwork`.
   * @default - `ownNetwork` is used
   */
  network?: pulumi.Input<NetworkRef>;
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
   * Multicast groups that arrive at the agent's port on the network: `["239.1.1.1", "ff15::1"]`;
   * those of one source are the program's to join (232.0.0.0/8, `ff3x::/32`). The host has the kernel join them there
   * whenever the container starts, so that a program that joins them receives them whatever interface has its routes. An
   * update waits until something of each has come, unless `verify.receives` is false. Needs `host`. Not on ipvlan in the
   * modes `l3` and `l3s`.
   * @default - none; what the program joins, it joins by its routes, or by the interface that it names
   */
  receives?: pulumi.Input<pulumi.Input<string>[]>;
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
   * By which network the agent reaches the rest of the world, where it has several: the LAN is asked for by
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

/** The arguments of an agent on a LAN, apart: what its plan reads, and what goes to Docker as it is. */
export function lanAgentSettings<O>(args: LanAgentArgs & { ownNetwork?: O }) {
  const {
    host,
    network,
    ownNetwork,
    ipv4Address,
    ipv6Address,
    receives,
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
    receives,
    aliases,
    extraNetworks,
    defaultRoute,
    verification: verify,
  };
  return { host, persistence, shared: network && networkLink(network), settings, container };
}

/** What an agent on a LAN is made from, beside its plan. */
interface LanAgentParts {
  /** Network of others. */
  shared?: NetworkLink;
  /** Whether it has a network of its own. */
  own: boolean;
  container: ContainerArgs;
  /** Whether the LAN's DHCP server gives its address: then the host puts its interface in, and no network of Docker does. */
  leased?: boolean;
  /** Whether it has no further networks. */
  alone?: boolean;
}

/** Makes an agent on a LAN: facts of the host first, then its own network, then the container and the proof. */
export function newLanAgent(
  context: ComponentContext,
  plan: Planned<LanAgentPlan>,
  { shared, own, container, leased = false, alone = false }: LanAgentParts,
  parent: pulumi.Resource,
) {
  const facts = newFacts(context, plan, { parent });
  const planned = part(plan, ({ network }) => network!);
  const network = own && !leased ? newDockerNetwork(context, planned, parent, facts) : undefined;
  const probe = newProbe(context, plan, shared?.id, { parent, dependsOn: facts });
  const networkId = network?.id ?? shared?.id;
  const networkMode = leased && alone ? "none" : undefined;
  const made = { container, plan, networkId, networkMode, after: facts, question: probe };
  const agent = newAgentContainer(context, made, parent);
  return {
    ...agent,
    ...(leased && leasedPlace(agent, plan)),
    probe: probeOutput(probe),
  };
}

/** Where an agent with a lease stands: Docker knows nothing of it. */
function leasedPlace({ verification }: { verification: pulumi.Output<string> }, plan: Planned<LanAgentPlan>) {
  const lease = pick(plan, ({ lease }) => lease);
  const found = pulumi.all([verification, lease]);
  const leased = (family: 4 | 6) => found.apply(([said, lease]) => attachedAddresses(said, family)[lease?.dev ?? ""]);
  return {
    ipv4Address: leased(4).apply((address) => address ?? ""),
    ipv6Address: pulumi.all([leased(6), lease]).apply(([address, lease]) => address ?? lease?.ipv6Address ?? ""),
    macAddress: pulumi.output(pick(plan, ({ lease }) => lease?.macAddress ?? "")),
  };
}
