import { type Address, addressText } from "../net/address";
import { contains } from "../net/range";
import type { Problems } from "../problems";
import type { PlanContext } from "./context";
import type { JoinedNetwork } from "./joined-network";
import { readBoolean } from "./read";

/** An interface of an agent, and whose addresses are asked for there. */
export interface ProbedPlace {
  /** Link of the host that leads to the LAN, and the words of the one beneath it that may have to be made; none without a LAN. */
  readonly link?: string;
  /** Whether the interface has a MAC of its own. */
  readonly ownMac: boolean;
  /** MAC that the agent is to have: who answers with it is the agent. */
  readonly macAddress?: string;
  /** Fixed addresses. With each goes its gateway: where that is silent too, silence means nothing. */
  readonly fixed: readonly { readonly address: Address; readonly gateway?: Address }[];
}

/** The place of an agent on a network of Docker's. */
export function placeOn(
  { facts, subnets }: JoinedNetwork,
  fixed: readonly Address[],
  ownMac = true,
  macAddress?: string,
): ProbedPlace {
  return {
    link: facts.parent,
    ownMac,
    macAddress,
    fixed: fixed.map((address) => ({
      address,
      gateway: subnets.find(({ prefix }) => contains(prefix, address))?.gateway,
    })),
  };
}

/**
 * The lines that ask a LAN, before the container has its addresses, whether somebody else has the fixed ones; none where nothing
 * is to be asked. What the agent's container has already is its own.
 */
export function planProbe(
  problems: Problems,
  given: unknown,
  context: PlanContext,
  containerName: string,
  places: readonly ProbedPlace[],
): string[] {
  const wanted = readBoolean(problems, "probe", given);
  const fault = places.length > 0 ? reasonAgainst(context, places) : undefined;
  if (wanted === true && fault !== undefined) {
    problems.add("probe", wanted, fault, "leave it out");
  }
  if (wanted === false || places.length === 0 || fault !== undefined) {
    return [];
  }
  const asked = places.filter(({ ownMac, link, fixed }) => ownMac && link !== undefined && fixed.length > 0);
  return [
    `container ${containerName}`,
    ...asked.flatMap(({ macAddress }) => (macAddress === undefined ? [] : [`mac ${macAddress}`])),
    ...asked.flatMap(({ link, fixed }) =>
      fixed.map(({ address, gateway }) => {
        const beside = gateway === undefined ? "" : ` gateway ${addressText(gateway)}`;
        return `free ${addressText(address)}${beside} dev ${link}`;
      }),
    ),
  ];
}

function reasonAgainst(context: PlanContext, places: readonly ProbedPlace[]): string | undefined {
  const own = places.filter(({ ownMac }) => ownMac);
  if (own.length === 0) {
    return "asks by a link of another kind, which the parent does not take beside ipvlan";
  }
  if (context.hostIdentity === undefined) {
    return "is asked by the host, and none is given";
  }
  if (own.every(({ link }) => link === undefined)) {
    return "has no LAN to ask: the network has no parent";
  }
  return own.every(({ fixed }) => fixed.length === 0) ? "has no address to ask for: none is fixed" : undefined;
}
