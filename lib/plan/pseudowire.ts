import { addressText } from "../net/address";
import { bad, good } from "../net/checked";
import type { Problems } from "../problems";
import { claimOf, hostScope, ownerOf, type PlanContext, startProblems } from "./context";
import { type HostState, hostState } from "./host-state";
import type { Claim } from "./inventory";
import { type PseudowireEnd, type PseudowireEndSettings, readEnd } from "./pseudowire-end";
import { endFacts, joinFacts, MIRRORED, proofLines, type Wire } from "./pseudowire-facts";
import { Encapsulation, readMtu } from "./pseudowire-mtu";
import { type OperatorSettings, operatorSettings } from "./pseudowire-operator";
import { read, readBoolean, readChoice, readList, readObject } from "./read";

/** Which frames of a pseudowire are numbered; what comes late or twice is dropped then (RFC 3931, 4.6). */
export const Sequencing = {
  /** Those from the first end to the second. */
  Forth: "send",
  /** Those from the second end to the first. */
  Back: "recv",
  /** All. */
  Both: "both",
} as const;
/** One of the values of {@link Sequencing}. */
export type Sequencing = (typeof Sequencing)[keyof typeof Sequencing];

/** Arguments of a wire, as the plan takes them. */
export interface PseudowireSettings {
  /** Exactly two. */
  readonly ends: readonly PseudowireEndSettings[];
  /** @default "udp" */
  readonly encapsulation?: string;
  /** @default - the largest that fits `pathMtu` */
  readonly mtu?: number;
  /** @default 1500 */
  readonly pathMtu?: number;
  /** @default - frames are not numbered */
  readonly sequencing?: string;
  /** @default true */
  readonly sublayer?: boolean;
  /** @default - no cookies */
  readonly cookieBytes?: number;
  /**
   * Names of the cookies that the first end sends, and the second; they tell nothing of the values.
   * @default - not known yet
   */
  readonly cookieNames?: readonly string[];
}

/** What is done at one end of ours. */
export interface PseudowireEndPlan {
  /** Tunnel, session and bridge, not yet joined. */
  readonly hostState: HostState;
  /** What joins the wire to its bridge, where it has one, and what must answer across it. */
  readonly join: HostState;
  /** What it asks across the wire; nothing where nobody is known to answer. */
  readonly proof: readonly string[];
}

/** All that a wire comes to. */
export interface PseudowirePlan {
  /** Both ends; nothing is done at one that others run. */
  readonly ends: readonly PseudowireEndPlan[];
  /** Names of the interfaces. */
  readonly interfaceNames: readonly string[];
  /** MTU inside. */
  readonly mtu: number;
  /** Why nothing is asked across the wire, where nothing is. */
  readonly unproved: string;
  /** What others set at their end. */
  readonly operator?: OperatorSettings;
  /** What no other component may have. */
  readonly claims: readonly Claim[];
  /** What may surprise. */
  readonly warnings: readonly string[];
}

const KNOWN: readonly (keyof PseudowireSettings)[] = [
  "ends",
  "encapsulation",
  "mtu",
  "pathMtu",
  "sequencing",
  "sublayer",
  "cookieBytes",
  "cookieNames",
];

/** Plans a pseudowire. Throws one ArgumentError with all problems. */
export function planPseudowire(context: PlanContext, given: PseudowireSettings): PseudowirePlan {
  const problems = startProblems(context);
  const settings = readObject(problems, "", given, KNOWN);
  const list = readList(problems, "ends", settings.ends);
  if (list.length !== 2) {
    problems.add("ends", settings.ends?.length, "is not two", "a pseudowire has two ends: give both");
  }
  const owner = ownerOf(context);
  const ends = list.slice(0, 2).map((end, index) => readEnd(problems, index, end, owner));
  checkTogether(problems, ends);
  const encapsulation =
    readChoice(problems, "encapsulation", settings.encapsulation, Object.values(Encapsulation)) ?? Encapsulation.Udp;
  const sequencing = readChoice(problems, "sequencing", settings.sequencing, Object.values(Sequencing));
  const sublayer = readBoolean(problems, "sublayer", settings.sublayer) ?? true;
  if (!sublayer && sequencing !== undefined) {
    problems.add("sublayer", sublayer, "takes the header that holds the numbers away", "leave sequencing or this out");
  }
  const cookieBytes = readCookieBytes(problems, settings.cookieBytes);
  const family = ends.find(({ address }) => address)?.address?.family ?? 6;
  const { mtu, warnings } = readMtu(problems, settings, { family, encapsulation, sublayer, cookieBytes });
  problems.throwIfAny();

  const names = settings.cookieNames;
  const ours = (end: PseudowireEnd) => end.hostIdentity !== undefined;
  const plans = ends.map((end, index) => {
    const peer = ends[1 - index]!;
    // Whose frames are numbered is said once, from the first end.
    const mirrored = index === 1 && sequencing !== undefined ? MIRRORED[sequencing] : sequencing;
    const wire: Wire = { encapsulation, mtu, sublayer, ...(mirrored && { sequencing: mirrored }) };
    const cookies = names && { sent: names[index]!, expected: names[1 - index]! };
    const none = hostState([]);
    return ours(end)
      ? {
          hostState: hostState(endFacts(wire, end, peer, cookies)),
          join: hostState(joinFacts(wire, end, peer)),
          proof: proofLines(wire, end, peer),
        }
      : { hostState: none, join: none, proof: [] };
  });
  const theirs = ends.find((end) => !ours(end));
  const wire: Wire = { encapsulation, mtu, sublayer, ...(sequencing && { sequencing }) };
  return {
    ends: plans,
    interfaceNames: ends.map(({ interfaceName }) => interfaceName),
    mtu,
    unproved:
      theirs === undefined
        ? `with an MTU of ${mtu} there is no IPv6 inside, by which the ends could ask each other`
        : "nobody is known to answer at the other end",
    ...(theirs && {
      operator: operatorSettings(wire, theirs, ends.find(ours)!, cookieBytes),
    }),
    claims: [
      ...ends.filter(ours).flatMap((end) => endClaims(context, end, encapsulation)),
      ...loopClaims(context, ends),
    ],
    warnings: [...warnings, ...ends.flatMap((end) => bridgeWarnings(end, mtu)), NO_ENCRYPTION],
  };
}

/** RFC 3931, 4.1: a cookie has 32 or 64 bits. */
function readCookieBytes(problems: Problems, given: unknown): number {
  const parse = (value: unknown) => (value === 4 || value === 8 ? good(value) : bad("is not 4 or 8", "give 8"));
  return read(problems, "cookies.bytes", given, parse) ?? 0;
}

const NO_ENCRYPTION =
  "L2TPv3 encrypts nothing, and a cookie guards against accidents, not against who reads the path (RFC 3931, 8.2): " +
  "lead it over IPsec or WireGuard where others can";

/** What no end can be wrong about alone. */
function checkTogether(problems: Problems, ends: readonly PseudowireEnd[]): void {
  const [a, b] = ends;
  if (a === undefined || b === undefined) {
    return;
  }
  if (a.hostIdentity === undefined && b.hostIdentity === undefined) {
    problems.add("ends", undefined, "have no host", "give host.ref for at least one of them");
  }
  if (a.hostIdentity !== undefined && a.hostIdentity === b.hostIdentity) {
    problems.add("ends[1].host", b.hostIdentity, "is the host of the other end", "give another host");
  }
  if (a.address === undefined || b.address === undefined) {
    return;
  }
  if (a.address.family !== b.address.family) {
    const rule = `is IPv${b.address.family}, and the other end's is IPv${a.address.family}`;
    problems.add("ends[1].address", addressText(b.address), rule, "give both of one family");
  } else if (a.address.value === b.address.value) {
    problems.add(
      "ends[1].address",
      addressText(b.address),
      "is the other end's too",
      "each end has an address of its own",
    );
  }
}

/** Ids, ports and interfaces of a host belong to one wire. */
function endClaims(context: PlanContext, end: PseudowireEnd, encapsulation: Encapsulation): Claim[] {
  const scope = hostScope({ ...context, hostIdentity: end.hostIdentity! });
  const claim = (kind: Claim["kind"], value: string, member: string) =>
    claimOf(context, { scope, kind, value, property: `${end.path}.${member}` });
  return [
    claim("tunnel", `${end.tunnelId}`, "tunnelId"),
    claim("interface", end.interfaceName, "interfaceName"),
    ...(encapsulation === Encapsulation.Udp
      ? [claim("port", `udp/${end.port} ${addressText(end.address!)}`, "port")]
      : []),
    ...(end.bridge?.macAddress === undefined ? [] : [claim("interface", end.bridge.name, "bridge.name")]),
    ...(end.bridge?.port === undefined ? [] : [claim("interface", end.bridge.port, "bridge.port")]),
  ];
}

/** Two wires between two bridges are a loop, unless a spanning tree opens it. */
function loopClaims(context: PlanContext, ends: readonly PseudowireEnd[]): Claim[] {
  if (ends.some(({ hostIdentity, bridge }) => hostIdentity === undefined || bridge === undefined || bridge.stp)) {
    return [];
  }
  const value = ends.map(({ hostIdentity, bridge }) => `${bridge!.name} of ${hostIdentity}`).sort();
  return [
    claimOf(context, { scope: "all hosts", kind: "wire", value: value.join(" and "), property: "ends[0].bridge.stp" }),
  ];
}

function bridgeWarnings({ path, bridge }: PseudowireEnd, mtu: number): string[] {
  const text = `${path}.bridge.port: machines on that LAN must use an MTU of ${mtu}: the wire drops larger frames without a word`;
  return bridge?.port !== undefined && mtu < 1500 ? [text] : [];
}
