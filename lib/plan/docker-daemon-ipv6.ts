import { BITS } from "../net/address";
import { parsePrefix, prefixText, subnetFault } from "../net/prefix";
import { overlappingPairs } from "../net/range";
import type { Problems } from "../problems";
import { type PlanContext, requireHost, startProblems } from "./context";
import type { DaemonFact } from "./facts";
import { type Fact, type HostState, hostState } from "./host-state";
import type { Claim } from "./inventory";
import { memberPath, read, readBoolean, readChoice, readInteger, readList, readObject, readRequired } from "./read";

/** Whether Docker may be restarted, which stops containers unless it has live-restore. */
export const DaemonRestart = {
  /** The file is written, and holds from the next start of Docker on. */
  Never: "never",
  /** Docker is restarted at once; what ran runs again. */
  Allow: "allow",
} as const;
/** One of the values of {@link DaemonRestart}. */
export type DaemonRestart = (typeof DaemonRestart)[keyof typeof DaemonRestart];

/** A prefix of which Docker cuts networks that name none. */
export interface AddressPoolSettings {
  /** IPv4 or IPv6 prefix. */
  readonly base: string;
  /** Prefix length of each network. */
  readonly size: number;
}

/** Arguments of Docker's IPv6, all known. */
export interface DockerDaemonIpv6Settings {
  /** @default - none: from Docker 28 on */
  readonly fixedCidrV6?: string;
  /** @default - Docker's own */
  readonly ip6tables?: boolean;
  /** @default - not said */
  readonly experimental?: boolean;
  /** @default - Docker's own */
  readonly defaultAddressPools?: readonly AddressPoolSettings[];
  /** @default "never" */
  readonly restart?: string;
}

/** All that it comes to. */
export interface DockerDaemonIpv6Plan {
  /** Facts of the host. */
  readonly hostState: HostState;
  /** Nothing: one key has one value on a host, whoever says it. */
  readonly claims: readonly Claim[];
  /** What may surprise. */
  readonly warnings: readonly string[];
}

const KNOWN: readonly (keyof DockerDaemonIpv6Settings)[] = [
  "fixedCidrV6",
  "ip6tables",
  "experimental",
  "defaultAddressPools",
  "restart",
];

/** Engines before 27 list all networks of a pool when they start: more than these cost memory and minutes. */
const MOST_BITS = 20;

/** Plans Docker's IPv6. Throws one ArgumentError with all problems. */
export function planDockerDaemonIpv6(context: PlanContext, settings: DockerDaemonIpv6Settings): DockerDaemonIpv6Plan {
  const problems = startProblems(context);
  const given = readObject(problems, "", settings, [...KNOWN, "host"]);
  requireHost(problems, context, "give host.ref: these are keys of a file of the host");
  const prefix = readFixedCidr(problems, given.fixedCidrV6);
  const ip6tables = readBoolean(problems, "ip6tables", given.ip6tables);
  const experimental = readBoolean(problems, "experimental", given.experimental);
  const pools = readPools(problems, given.defaultAddressPools);
  const restart = readChoice(problems, "restart", given.restart, Object.values(DaemonRestart)) ?? DaemonRestart.Never;
  problems.throwIfAny();

  const member = (key: DaemonFact["key"], value: unknown): Fact[] =>
    value === undefined ? [] : [{ kind: "daemon", key, value: JSON.stringify(value) }];
  const state = hostState([
    ...(restart === DaemonRestart.Allow ? [{ kind: "allow", what: "docker-restart" } as const] : []),
    ...member("ipv6", true),
    ...member("fixed-cidr-v6", prefix),
    ...member("ip6tables", ip6tables),
    ...member("experimental", experimental),
    ...member("default-address-pools", pools),
  ]);
  return { hostState: state, claims: [], warnings: [] };
}

function readFixedCidr(problems: Problems, value: unknown): string | undefined {
  const prefix = read(problems, "fixedCidrV6", value, (given) => parsePrefix(given, 6));
  const fault = prefix && subnetFault(prefix);
  if (fault) {
    problems.add("fixedCidrV6", value, fault.rule, "give a prefix for the default bridge: fd00:172:17::/64");
  } else if (prefix !== undefined && prefix.length > 126) {
    problems.add("fixedCidrV6", value, "has no room for the bridge and a container", "give a prefix of 126 or shorter");
  }
  return prefix && prefixText(prefix);
}

function readPools(
  problems: Problems,
  value: readonly AddressPoolSettings[] | undefined,
): AddressPoolSettings[] | undefined {
  if (value === undefined) {
    return undefined;
  }
  const list = readList(problems, "defaultAddressPools", value);
  if (Array.isArray(value) && list.length === 0) {
    problems.add("defaultAddressPools", value, "is empty: Docker could make no network", "leave it out, or give pools");
  }
  const pools = list.flatMap((entry, index) => {
    const path = memberPath("defaultAddressPools", index);
    const given = readObject(problems, path, entry, ["base", "size"]);
    const base = readRequired(problems, `${path}.base`, given.base, (text) => parsePrefix(text));
    const bits = BITS[base?.family ?? 6];
    const size = readInteger(problems, `${path}.size`, given.size, { from: 1, to: bits });
    if (given.size === undefined) {
      problems.add(`${path}.size`, undefined, "is missing", "give the prefix length of each network");
    }
    if (base === undefined || size === undefined) {
      return [];
    }
    if (size < base.length || size > bits - 2) {
      const rule = size < base.length ? `is shorter than base ${prefixText(base)}` : "leaves a network no address";
      problems.add(`${path}.size`, size, rule, `give ${base.length}-${bits - 2}`);
    } else if (size - base.length > MOST_BITS) {
      const rule = `cuts base into 2^${size - base.length} networks, which engines before 27 all list`;
      problems.add(`${path}.size`, size, rule, `give ${base.length}-${base.length + MOST_BITS}, or a smaller base`);
    }
    return [{ base, size, path }];
  });
  for (const [earlier, later] of overlappingPairs(pools.map(({ base }) => base))) {
    const [first, second] = [pools[earlier]!, pools[later]!];
    const rule = `overlaps ${first.path}.base, ${prefixText(first.base)}`;
    problems.add(`${second.path}.base`, prefixText(second.base), rule, "give bases without common addresses");
  }
  return pools.map(({ base, size }) => ({ base: prefixText(base), size }));
}
