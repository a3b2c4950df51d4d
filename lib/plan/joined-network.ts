import { type Address, parseAddress } from "../net/address";
import { Problems } from "../problems";
import type { PlanContext } from "./context";
import { readDhcpRanges } from "./dhcp-ranges";
import type { AddressPlan } from "./fixed-address";
import type { NetworkFacts } from "./network-facts";
import { readObject } from "./read";
import { readSubnets } from "./subnets";

/** A network that an agent joins, read back from its facts. */
export interface JoinedNetwork extends AddressPlan {
  /** The facts. */
  readonly facts: NetworkFacts;
  /** The host's own addresses on it. */
  readonly shim: readonly Address[];
}

/** Reads what another component says of its network. It was checked there; here only what does not fit the agent is new. */
export function readJoinedNetwork(
  problems: Problems,
  path: string,
  facts: NetworkFacts | undefined,
  context: PlanContext,
): JoinedNetwork | undefined {
  if (facts === undefined || facts === null) {
    return undefined;
  }
  const given = readObject(problems, path, facts, Object.keys(facts)) as NetworkFacts;
  if (given.driver !== "macvlan") {
    problems.add(path, given.driver, "is not a macvlan network", "give the ref of a MacvlanNetwork");
    return undefined;
  }
  const { host } = given;
  if (host !== undefined && context.hostIdentity !== undefined && host !== context.hostIdentity) {
    const rule = `is on host ${host}, the agent on host ${context.hostIdentity}`;
    problems.add(path, given.name, rule, "give both the same host, or make a network on this one");
  }
  // An own network's problems are noted already where it was planned, so they are not collected twice.
  const again = new Problems(context.component, context.name);
  const subnets = readSubnets(again, `${path}.subnets`, given.subnets.length === 0 ? undefined : given.subnets);
  const dhcpRanges = readDhcpRanges(again, `${path}.dhcpRanges`, given.dhcpRanges, subnets);
  if (path === "network") {
    problems.addAll(again.list);
  }
  return { facts: given, subnets, dhcpRanges, shim: shimAddresses(given) };
}

function shimAddresses({ shim }: NetworkFacts): Address[] {
  return [shim?.address, shim?.address6].flatMap((text) => {
    const checked = text === undefined ? undefined : parseAddress(text);
    return checked === undefined || checked.fault ? [] : [checked.value];
  });
}
