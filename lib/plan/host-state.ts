/** A condition that the host checks before anything is changed: `docker >= 25`, `link eth0`, `module macvlan`. */
export interface RequireFact {
  /** Kind of the fact. */
  readonly kind: "require";
  /** The condition, in the words of the helper. */
  readonly condition: string;
}

/** A network interface that is ours. */
export interface LinkFact {
  /** Kind of the fact. */
  readonly kind: "link";
  /** Name of the interface. */
  readonly name: string;
  /** Interface beneath it. */
  readonly parent?: string;
  /** What the kernel makes. */
  readonly type: "macvlan" | "bridge" | "vlan";
  /** Mode of a macvlan. */
  readonly mode?: string;
  /** Id of a VLAN. */
  readonly id?: number;
  /** MAC address; left to the kernel when absent. */
  readonly address?: string;
  /** MTU; the parent's when absent. */
  readonly mtu?: number;
}

/** A kernel setting. The key is in slash form, because an interface name may hold dots. */
export interface SysctlFact {
  /** Kind of the fact. */
  readonly kind: "sysctl";
  /** Path below /proc/sys. */
  readonly key: string;
  /** What is written there. */
  readonly value: string;
}

/** An address on an interface. */
export interface AddressFact {
  /** Kind of the fact. */
  readonly kind: "addr";
  /** Address with prefix length. */
  readonly address: string;
  /** Interface that bears it. */
  readonly dev: string;
}

/** A route. */
export interface RouteFact {
  /** Kind of the fact. */
  readonly kind: "route";
  /** Where it leads: a prefix. */
  readonly destination: string;
  /** Next hop; on-link when absent. */
  readonly via?: string;
  /** Interface. */
  readonly dev: string;
  /** Source address of what the host itself sends. */
  readonly src?: string;
  /** Metric; the kernel's default when absent. */
  readonly metric?: number;
  /** Table; main when absent. */
  readonly table?: number;
}

/** One line of wanted host state. */
export type Fact = RequireFact | LinkFact | SysctlFact | AddressFact | RouteFact;

/** Wanted host state: facts in their one order. */
export interface HostState {
  /** Sorted by kind, then by text; none twice. */
  readonly facts: readonly Fact[];
}

/** Kinds in the order in which the host makes them: a link before its address, an address before a route that uses it. */
const KINDS: readonly Fact["kind"][] = ["require", "link", "sysctl", "addr", "route"];

/** The line of one fact, in the words of iproute2 and sysctl. */
export function factText(fact: Fact): string {
  switch (fact.kind) {
    case "require":
      return `require ${fact.condition}`;
    case "link":
      return words("link", fact.name, {
        parent: fact.parent,
        type: fact.type,
        mode: fact.mode,
        id: fact.id,
        address: fact.address,
        mtu: fact.mtu,
      });
    case "sysctl":
      return `sysctl ${fact.key} = ${fact.value}`;
    case "addr":
      return words("addr", fact.address, { dev: fact.dev });
    case "route":
      return words("route", fact.destination, {
        via: fact.via,
        dev: fact.dev,
        src: fact.src,
        metric: fact.metric,
        table: fact.table,
      });
  }
}

function words(kind: string, subject: string, options: Record<string, string | number | undefined>): string {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return [kind, subject, ...given.flatMap(([word, value]) => [word, String(value)])].join(" ");
}

/** Puts facts into their one order, without doubles, frozen: equal wishes are equal texts. */
export function hostState(facts: readonly Fact[]): HostState {
  const byText = new Map(facts.map((fact) => [factText(fact), fact]));
  const sorted = [...byText].sort(
    ([textA, a], [textB, b]) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || (textA < textB ? -1 : 1),
  );
  return Object.freeze({ facts: Object.freeze(sorted.map(([, fact]) => Object.freeze({ ...fact }))) });
}

/** Several states as one. */
export function joinHostStates(...states: readonly HostState[]): HostState {
  return hostState(states.flatMap((state) => state.facts));
}

/** What the helper reads on stdin, and what a preview shows. */
export function hostStateText(header: { host: string; owner: string }, state: HostState): string {
  const lines = ["wirework 1", `host ${header.host}`, `owner ${header.owner}`, ...state.facts.map(factText)];
  const torn = lines.find((line) => !/^[\x20-\x7e]+$/.test(line));
  if (torn !== undefined) {
    // Every value is checked where it enters. This keeps a gap there from becoming a second line here.
    throw new Error(`a line of host state holds a character that is not printable ASCII: ${JSON.stringify(torn)}`);
  }
  return `${lines.join("\n")}\n`;
}
