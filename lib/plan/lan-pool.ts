import { type Address, addressText, type Family, parseAddress } from "../net/address";
import { usableRange } from "../net/address-pool";
import { parseAddressRange, rangeText } from "../net/address-range";
import { parsePrefix, subnetFault } from "../net/prefix";
import { type AddressRange, contains, overlaps, singleRange } from "../net/range";
import { parseResourceName } from "../net/resource-name";
import { stableAddress } from "../net/stable-address";
import type { Problems } from "../problems";
import { type PlanContext, startProblems } from "./context";
import { memberPath, read, readList, readObject, readRecord, readRequired } from "./read";

/** Arguments of a pool, all known. */
export interface LanPoolSettings {
  /** @default - no IPv4 addresses */
  readonly range?: string;
  /** @default - no IPv6 addresses */
  readonly range6?: string;
  /** @default - nothing but the first and last address of an IPv4 prefix */
  readonly exclude?: readonly string[];
  /** Who gets an address. */
  readonly agents: readonly string[];
  /** @default - none */
  readonly pinned?: { readonly [agent: string]: string };
  /** @default - none */
  readonly pinned6?: { readonly [agent: string]: string };
}

/** Addresses of a pool, by agent. */
export interface LanPoolPlan {
  /** IPv4 addresses; empty without a range. */
  readonly ipv4Addresses: { readonly [agent: string]: string };
  /** IPv6 addresses; empty without a range. */
  readonly ipv6Addresses: { readonly [agent: string]: string };
}

/**
 * Plans a pool. An agent's address comes of its name alone, so that no other agent can move it, and the order does not
 * matter. Two names of one address are an error, because one of the two would have to move: the user says which, once.
 */
export function planLanPool(context: PlanContext, settings: LanPoolSettings): LanPoolPlan {
  const problems = startProblems(context);
  const known = ["range", "range6", "exclude", "agents", "pinned", "pinned6"];
  const given = readObject(problems, "", settings, known);
  const ranges = [readRange(problems, "range", given.range, 4), readRange(problems, "range6", given.range6, 6)];
  if (given.range === undefined && given.range6 === undefined) {
    problems.add("range", undefined, "is missing, and range6 too", "give a part of the LAN, such as 192.168.9.64/26");
  }
  const excluded = readList(problems, "exclude", given.exclude).flatMap((text, index) => {
    const at = memberPath("exclude", index);
    return readRequired(problems, at, text, parseExcluded) ?? [];
  });
  const agents = readAgents(problems, given.agents);
  const [ipv4Addresses, ipv6Addresses] = ([4, 6] as const).map((family, index) => {
    const path = family === 4 ? "pinned" : "pinned6";
    const pins = readPins(problems, path, given[path], agents, family, excluded);
    const range = ranges[index];
    return range === undefined ? {} : addressesOf(problems, path, { range, excluded, agents, pins });
  });
  problems.throwIfAny();
  return { ipv4Addresses: ipv4Addresses!, ipv6Addresses: ipv6Addresses! };
}

function readRange(problems: Problems, path: string, value: unknown, family: Family): AddressRange | undefined {
  const range = read(problems, path, value, parseAddressRange);
  if (range !== undefined && range.family !== family) {
    problems.add(
      path,
      value,
      `is IPv${range.family}`,
      `give IPv${family} here, and the other as range${family === 4 ? "6" : ""}`,
    );
    return undefined;
  }
  const prefix = parsePrefix(value);
  if (range === undefined || prefix.fault) {
    return range;
  }
  const fault = subnetFault(prefix.value);
  if (fault) {
    problems.add(path, value, fault.rule, fault.wayOut);
    return undefined;
  }
  // They may be the network's and the broadcast address; who knows that they are not writes first-last.
  return usableRange(prefix.value, prefix.value);
}

function parseExcluded(value: unknown) {
  const single = parseAddress(value);
  return single.fault ? parseAddressRange(value) : { value: singleRange(single.value) };
}

function readAgents(problems: Problems, value: readonly string[] | undefined): string[] {
  if (value === undefined) {
    problems.add("agents", undefined, "is missing", "give the names of the agents");
  }
  const seen = new Map<string, string>();
  readList(problems, "agents", value).forEach((one, index) => {
    const at = memberPath("agents", index);
    const name = readRequired(problems, at, one, parseResourceName);
    const other = name === undefined ? undefined : seen.get(name);
    if (other !== undefined) {
      problems.add(at, name, `is ${other} already`, "name each agent once: two of one name would have one address");
    } else if (name !== undefined) {
      seen.set(name, at);
    }
  });
  return [...seen.keys()];
}

function readPins(
  problems: Problems,
  path: string,
  value: LanPoolSettings["pinned"],
  agents: readonly string[],
  family: Family,
  excluded: readonly AddressRange[],
): Map<string, Address> {
  const pins = new Map<string, Address>();
  for (const [agent, text] of readRecord(problems, path, value, parseResourceName)) {
    const at = memberPath(path, agent);
    const address = readRequired(problems, at, text, (one) => parseAddress(one, family));
    if (!agents.includes(agent)) {
      problems.add(at, text, "is of nobody among agents", "add the agent, or drop its pin");
    } else if (address !== undefined) {
      const out = excluded.find((one) => contains(one, address));
      const twice = [...pins].find(([, other]) => other.value === address.value);
      if (out !== undefined) {
        problems.add(at, text, `is excluded (${rangeText(out)})`, "pin another address");
      } else if (twice !== undefined) {
        problems.add(at, text, `is pinned for ${twice[0]} already`, "pin each address once");
      }
      pins.set(agent, address);
    }
  }
  return pins;
}

/** What addresses of one family are chosen from, and for whom. */
interface Wishes {
  readonly range: AddressRange;
  readonly excluded: readonly AddressRange[];
  readonly agents: readonly string[];
  readonly pins: ReadonlyMap<string, Address>;
}

function addressesOf(problems: Problems, path: string, { range, excluded, agents, pins }: Wishes) {
  const room = roomOf(range, excluded);
  const wanted = agents.filter((agent) => !pins.has(agent));
  if (BigInt(wanted.length) > room) {
    const rule = `holds ${wanted.length} names, and ${rangeText(range)} has ${room} addresses that are not excluded`;
    problems.add("agents", undefined, rule, "give a larger range, exclude less, or make a second pool");
    return {};
  }
  const owners = new Map([...pins].map(([agent, address]) => [address.value, agent]));
  const chosen = new Map<string, Address>(pins);
  // Sorted, so that the error is the same in whatever order they were declared.
  const clashes = [...wanted].sort().flatMap((agent) => {
    const address = stableAddress(agent, range, excluded)!;
    const owner = owners.get(address.value);
    if (owner !== undefined) {
      return [{ agent, owner, address }];
    }
    owners.set(address.value, agent);
    chosen.set(agent, address);
    return [];
  });
  for (const { agent, owner, address } of clashes) {
    const taken = [...owners.keys()].map((value) => singleRange({ family: range.family, value }));
    const free = stableAddress(agent, range, [...excluded, ...taken])!;
    owners.set(free.value, agent);
    const rule = `comes to ${addressText(address)}, which ${owner} has: addresses come of names, and no agent moves for another`;
    const pin = (one: string) => `{ ${JSON.stringify(one)}: "${addressText(free)}" }`;
    const either = pins.has(owner)
      ? `it: ${path}: ${pin(agent)}`
      : `the newer one: ${path}: ${pin(agent)} or ${pin(owner)}`;
    problems.add(`agents[${agents.indexOf(agent)}]`, agent, rule, `pin ${either}, where nobody is`);
  }
  return Object.fromEntries(
    agents.map((agent) => [agent, addressText(chosen.get(agent) ?? { ...range, value: range.first })]),
  );
}

/** Addresses of the range that are not excluded. */
function roomOf(range: AddressRange, excluded: readonly AddressRange[]): bigint {
  const hits = excluded.filter((one) => overlaps(one, range)).sort((a, b) => (a.first < b.first ? -1 : 1));
  let room = 0n;
  let next = range.first;
  for (const { first, last } of hits) {
    room += first > next ? first - next : 0n;
    next = last >= next ? last + 1n : next;
  }
  return room + (range.last >= next ? range.last - next + 1n : 0n);
}
