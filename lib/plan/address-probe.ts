import { type Address, addressText } from "../net/address";
import { contains } from "../net/range";
import type { Problems } from "../problems";
import type { PlanContext } from "./context";
import type { JoinedNetwork } from "./joined-network";
import type { LanDriver } from "./lan-driver";
import { readBoolean } from "./read";

/** Whose addresses are asked for. */
export interface Probed {
  /** The network, where it could be read. */
  readonly network?: JoinedNetwork;
  /** Fixed addresses. */
  readonly fixed: readonly Address[];
  /** MAC that the agent is to have: who answers with it is the agent. */
  readonly macAddress?: string;
  /** The agent's container: what it has already is its own. */
  readonly containerName: string;
}

/**
 * The lines that ask a LAN, before the container is made, whether somebody else has its fixed addresses; none where nothing is
 * to be asked. With each goes its gateway: where that is silent too, silence means nothing.
 */
export function planProbe(
  problems: Problems,
  driver: LanDriver,
  given: unknown,
  context: PlanContext,
  { network, fixed, macAddress, containerName }: Probed,
): string[] {
  const wanted = readBoolean(problems, "probe", given);
  const fault = network && reasonAgainst(driver, context, network, fixed);
  if (wanted === true && fault !== undefined) {
    problems.add("probe", wanted, fault, "leave it out");
  }
  if (wanted === false || network === undefined || fault !== undefined) {
    return [];
  }
  return [
    `container ${containerName}`,
    ...(macAddress === undefined ? [] : [`mac ${macAddress}`]),
    ...fixed.map((address) => {
      const gateway = network.subnets.find(({ prefix }) => contains(prefix, address))?.gateway;
      const beside = gateway === undefined ? "" : ` gateway ${addressText(gateway)}`;
      return `free ${addressText(address)}${beside} dev ${network.facts.parent}`;
    }),
  ];
}

function reasonAgainst(
  driver: LanDriver,
  context: PlanContext,
  { facts }: JoinedNetwork,
  fixed: readonly Address[],
): string | undefined {
  if (!driver.ownMac) {
    return "asks by a link of another kind, which the parent does not take beside ipvlan";
  }
  if (context.hostIdentity === undefined) {
    return "is asked by the host, and none is given";
  }
  if (facts.parent === undefined) {
    return "has no LAN to ask: the network has no parent";
  }
  return fixed.length === 0 ? "has no address to ask for: Docker chooses it" : undefined;
}
