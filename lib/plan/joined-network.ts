import { type Address, parseAddress } from "../net/address";
import { parseInterfaceName } from "../net/interface-name";
import { parseResourceName } from "../net/resource-name";
import type { Problems } from "../problems";
import type { PlanContext } from "./context";
import { readDhcpRanges } from "./dhcp-ranges";
import type { AddressPlan } from "./fixed-address";
import type { ShimPlan } from "./host-access";
import type { NetworkFacts } from "./network-facts";
import { isGiven, read, readObject, readRequired } from "./read";
import { readSubnets } from "./subnets";

/** A network that an agent joins, read back from its facts. */
export interface JoinedNetwork extends AddressPlan {
  /** The facts. */
  readonly facts: NetworkFacts;
  /** The host's own addresses on it. */
  readonly shim: readonly Address[];
}

/**
 * Reads what another component says of its network. It was checked there; here only what does not fit the agent is new: another
 * driver than the one that it is for, another host.
 */
export function readJoinedNetwork(
  problems: Problems,
  path: string,
  facts: NetworkFacts | undefined,
  context: PlanContext,
  driver?: { readonly name: string; readonly component: string },
): JoinedNetwork | undefined {
  if (!isGiven(problems, path, facts)) {
    return undefined;
  }
  const given = readObject(problems, path, facts, KNOWN);
  if (driver !== undefined && given.driver !== driver.name) {
    const article = driver.name === "ipvlan" ? "an" : "a";
    const wayOut = `give the ref of ${article} ${driver.component}`;
    problems.add(path, given.driver, `is not ${article} ${driver.name} network`, wayOut);
    return undefined;
  }
  const { host } = given;
  if (host !== undefined && context.hostIdentity !== undefined && host !== context.hostIdentity) {
    const rule = `is on host ${host}, the agent on host ${context.hostIdentity}`;
    problems.add(path, given.name, rule, "give both the same host, or make a network on this one");
  }
  const name = readRequired(problems, `${path}.name`, given.name, parseResourceName) ?? "";
  const parent = read(problems, `${path}.parent`, given.parent, parseInterfaceName);
  // Docker chose the subnet of a network that has none.
  const declared = Array.isArray(given.subnets) && given.subnets.length === 0 ? undefined : given.subnets;
  const subnets = readSubnets(problems, `${path}.subnets`, declared);
  const dhcpRanges = readDhcpRanges(problems, `${path}.dhcpRanges`, given.dhcpRanges, subnets);
  const { shim: _, ...rest } = given;
  const shim = isGiven(problems, `${path}.shim`, given.shim)
    ? readShim(problems, `${path}.shim`, given.shim)
    : undefined;
  return {
    facts: {
      ...rest,
      name,
      parent,
      driver: given.driver ?? "",
      subnets: given.subnets ?? [],
      ...(shim && { shim: given.shim }),
    },
    subnets,
    dhcpRanges,
    shim: shim ?? [],
  };
}

const KNOWN: readonly (keyof NetworkFacts)[] = [
  "name",
  "driver",
  "parent",
  "mode",
  "internal",
  "subnets",
  "dhcpRanges",
  "shim",
  "portAddress",
  "host",
];

/** Addresses of the host's own interface. Its name goes into the agent's routes. */
function readShim(problems: Problems, path: string, shim: ShimPlan): Address[] | undefined {
  const given = readObject(problems, path, shim, ["linkName", "address", "address6", "macAddress"]);
  const linkName = readRequired(problems, `${path}.linkName`, given.linkName, parseInterfaceName);
  const ipv4 = read(problems, `${path}.address`, given.address, (value) => parseAddress(value, 4));
  const ipv6 = read(problems, `${path}.address6`, given.address6, (value) => parseAddress(value, 6));
  return linkName === undefined ? undefined : [ipv4, ipv6].filter((address) => address !== undefined);
}
