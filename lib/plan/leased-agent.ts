import { type Address, addressText } from "../net/address";
import { deriveMac } from "../net/mac";
import { contains } from "../net/range";
import type { Problems } from "../problems";
import { placeOn, planProbe } from "./address-probe";
import { containerClaim, type ExtraNetwork, endpointClaims, extraNetworkClaims } from "./agent";
import { alsoOn } from "./attachment";
import { attachable } from "./attachment-place";
import { linkScope, ownerOf, type PlanContext } from "./context";
import { DefaultRoute, planExtraRoute } from "./default-route";
import { DHCP_ADDRESS, DHCP_CLIENT, type DhcpIdentity } from "./dhcp";
import { ownLabels } from "./docker-network";
import type { AttachFact } from "./facts";
import { type Fact, hostState } from "./host-state";
import type { JoinedNetwork } from "./joined-network";
import type { LanAgentPlan, LanAgentSettings } from "./lan-agent";
import type { LanDriver } from "./lan-driver";
import type { LanNetworkPlan } from "./lan-network";
import { MacvlanMode } from "./macvlan-mode";
import { requireDocker } from "./requirements";
import { verificationLines } from "./verification";

/** What was read of an agent before it turned out that its address is leased. */
export interface LeasedAgent {
  readonly settings: Partial<LanAgentSettings>;
  readonly containerName: string;
  readonly own?: LanNetworkPlan;
  readonly network?: JoinedNetwork;
  /** Fixed. */
  readonly ipv6?: Address;
  /** Whether a DHCPv6 server is asked for one. */
  readonly leased6: boolean;
  readonly macAddress?: string;
  /** Multicast groups that it receives. */
  readonly groups: readonly string[];
  readonly aliases: readonly string[];
  readonly extra: readonly ExtraNetwork[];
  readonly defaultRoute?: DefaultRoute;
  readonly dhcp: DhcpIdentity;
  /** The host's routes to the agent. */
  readonly routes: readonly Fact[];
}

/**
 * Plans an agent whose address comes from the LAN's DHCP server. Docker gives no interface without an address of its own on a LAN,
 * so the host puts one in, on the network's parent and in its mode, and the container joins further networks alone, or none.
 */
export function planLeasedAgent(
  problems: Problems,
  driver: LanDriver,
  context: PlanContext,
  agent: LeasedAgent,
): LanAgentPlan {
  const { settings, containerName, own, network, ipv6, leased6, extra } = agent;
  refuseWithout(problems, driver, context, agent);
  const route = planExtraRoute(problems, "extraNetworks", extra);
  const macAddress = agent.macAddress ?? deriveMac(`${ownerOf(context)} lease`);
  const subnet6 = ipv6 && network?.subnets.find(({ prefix }) => contains(prefix, ipv6));
  const leads = extra.length === 0 && network?.facts.internal !== true;
  const gateway6 = leads && subnet6?.gateway ? addressText(subnet6.gateway) : undefined;
  const fact: AttachFact = {
    kind: "attach",
    // Docker names its own from eth0 on.
    dev: `eth${extra.length}`,
    container: containerName,
    type: "macvlan",
    parent: network?.facts.parent ?? "",
    mode: (network?.facts.mode ?? MacvlanMode.Bridge) as AttachFact["mode"],
    address: macAddress,
    ipv4Address: DHCP_ADDRESS,
    ...(leads && { gateway: DHCP_ADDRESS }),
    ...(leased6 && { ipv6Address: DHCP_ADDRESS }),
    ...(ipv6 && subnet6 && { ipv6Address: `${addressText(ipv6)}/${subnet6.prefix.length}` }),
    ...(gateway6 !== undefined && { gateway6 }),
    ...agent.dhcp,
    ...alsoOn([], agent.groups),
  };
  const verify = verificationLines(problems, "verify", settings.verification, {
    networkName: "",
    gateways: [],
    attached: [
      {
        ...{ dev: fact.dev, leased: leased6 ? [4, 6] : [4], receives: agent.groups },
        gateways: gateway6 === undefined ? [] : [gateway6],
      },
    ],
    ...(route?.winner !== undefined && { defaultRoute: route.winner }),
  });
  const fixed = ipv6 ? [ipv6] : [];
  const places = network === undefined ? [] : [placeOn(network, fixed, driver.ownMac, macAddress)];
  const probe = planProbe(problems, settings.probe, context, containerName, places);
  problems.throwIfAny();

  const explicitMac = extra.some(({ endpoint }) => endpoint.macAddress !== undefined);
  const endpoint = { networkName: "", ...(ipv6 && { ipv6Address: addressText(ipv6) }), macAddress };
  return {
    ...(own?.links !== undefined && { links: own.links }),
    lease: { dev: fact.dev, macAddress, ...(ipv6 && { ipv6Address: addressText(ipv6) }) },
    containerName,
    labels: ownLabels(context),
    endpoints: route?.endpoints ?? [],
    hostState: hostState([
      ...requireDocker(explicitMac, route?.needsPriority ?? false),
      DHCP_CLIENT[4],
      ...(leased6 ? [DHCP_CLIENT[6]] : []),
      ...(own ? own.hostState.facts : [...attachable(fact.parent ?? ""), ...agent.routes]),
      fact,
    ]),
    verify,
    probe,
    claims: [
      ...(own?.claims ?? []),
      containerClaim(context, containerName),
      ...endpointClaims(context, linkScope(context, network!.facts), endpoint),
      ...extraNetworkClaims(context, "extraNetworks", extra),
    ],
    warnings: own?.warnings ?? [],
  };
}

/** What a lease needs, and what cannot stand beside it. */
function refuseWithout(
  problems: Problems,
  driver: LanDriver,
  context: PlanContext,
  { settings, network, aliases, extra, defaultRoute }: LeasedAgent,
): void {
  const refuse = (rule: string, wayOut: string) => problems.add("ipv4Address", DHCP_ADDRESS, rule, wayOut);
  if (settings.leased !== true) {
    refuse("comes by an Output, and it decides what is made", "give DHCP_ADDRESS itself");
  }
  if (context.hostIdentity === undefined) {
    refuse("is leased by the host, and none is given", "give host, or a fixed address");
  }
  if (!driver.ownMac) {
    refuse("is leased by MAC, and an ipvlan has its parent's", "give a fixed address, or use macvlan");
  }
  if (network !== undefined && network.facts.parent === undefined) {
    refuse("is asked of a LAN, and the network has no parent", "give it one");
  }
  if (network?.facts.mode === MacvlanMode.Passthru) {
    refuse('needs a MAC of its own, and in mode "passthru" there is none', "choose another mode");
  }
  if (aliases.length > 0) {
    const rule = "are names on a network of Docker, and an agent with a lease joins none on the LAN";
    problems.add("aliases", undefined, rule, "leave them out, or give them to one of extraNetworks");
  }
  if (defaultRoute === DefaultRoute.Measuring && extra.length > 0) {
    const rule = "asks for the default route of the lease, and Docker gives the container one by its further networks";
    problems.add("defaultRoute", defaultRoute, rule, "leave out it, or extraNetworks");
  }
}
