import { parseAddressRange } from "../net/address-range";
import { type AddressRange, overlaps } from "../net/range";
import { type Problem, shown } from "../problems";

/** Something that only one component may have. */
export interface Claim {
  /** Within what it is unique: `host <id> link eth0`, `host <id>`, `docker <id>`. */
  readonly scope: string;
  /** What sort of thing it is; compared with claims of the same sort only. */
  readonly kind:
    | "address"
    | "mac"
    | "subnet"
    | "range"
    | "interface"
    | "parent"
    | "network"
    | "container"
    | "port"
    | "table"
    | "table name"
    | "priority"
    | "mark"
    | "bridge"
    | "vlan"
    | "tunnel"
    | "wire";
  /** The thing, canonical; of some kinds its first word is the thing, and the rest is what it is used for. */
  readonly value: string;
  /** Class of the component that claims it. */
  readonly component: string;
  /** Name of that component. */
  readonly name: string;
  /** Argument that led to the claim. */
  readonly property: string;
  /** Whether others may claim it too, as long as they all say the same: a gateway that two networks name, a driver on a parent. */
  readonly shared?: boolean | string;
}

/** What the components of one program have claimed. */
export class Inventory {
  readonly #claimed = new Map<string, readonly Claim[]>();
  // Claims that can only collide with each other, together: a program with a thousand agents stays fast.
  readonly #bySlot = new Map<string, Map<Claim, string>>();

  /** Records what a component claims, in place of what it claimed before, and says what collides with others. */
  add(urnKey: string, claims: readonly Claim[]): Problem[] {
    for (const old of this.#claimed.get(urnKey) ?? []) {
      this.#bySlot.get(slotOf(old))?.delete(old);
    }
    this.#claimed.set(urnKey, claims);
    const problems = claims.flatMap((claim) => {
      const rival = this.#rivalOf(urnKey, claim);
      return rival === undefined ? [] : [conflict(claim, rival)];
    });
    for (const claim of claims) {
      const slot = this.#bySlot.get(slotOf(claim)) ?? new Map<Claim, string>();
      slot.set(claim, urnKey);
      this.#bySlot.set(slotOf(claim), slot);
    }
    return problems;
  }

  #rivalOf(urnKey: string, claim: Claim): Claim | undefined {
    for (const [other, owner] of this.#bySlot.get(slotOf(claim)) ?? []) {
      if (owner !== urnKey && collide(claim, other)) {
        return other;
      }
    }
    return undefined;
  }
}

/** Kinds whose values collide although they are not equal. */
const BY_OVERLAP: ReadonlySet<Claim["kind"]> = new Set(["subnet", "range"]);

/** Kinds that many may claim for one and the same use: the first word of the value is the thing, the rest the use. */
const BY_USE: ReadonlySet<Claim["kind"]> = new Set(["table", "table name", "priority", "mark", "bridge", "vlan"]);

function slotOf({ scope, kind, value }: Claim): string {
  const thing = kind === "port" || BY_USE.has(kind) ? value.replace(/ .*/, "") : value;
  return BY_OVERLAP.has(kind) ? `${scope}\n${kind}` : `${scope}\n${kind}\n${thing}`;
}

/** Whether two claims of one slot cannot both hold. */
function collide(a: Claim, b: Claim): boolean {
  if (a.shared && a.shared === b.shared) {
    return false;
  }
  switch (a.kind) {
    case "subnet":
      // Docker takes the same subnet twice when the ranges differ; those are claims of their own.
      return a.value !== b.value && overlaps(rangeOf(a), rangeOf(b));
    case "range":
      return overlaps(rangeOf(a), rangeOf(b));
    case "port":
      return samePort(a.value, b.value);
    default:
      return !BY_USE.has(a.kind) || a.value !== b.value;
  }
}

// Prefixes are parsed once: a network with fifty others is compared fifty times.
const ranges = new WeakMap<Claim, AddressRange>();

function rangeOf(claim: Claim): AddressRange {
  let range = ranges.get(claim);
  if (range === undefined) {
    const checked = parseAddressRange(claim.value);
    if (checked.fault) {
      throw new Error(`a claim of kind ${claim.kind} holds no range: ${shown(claim.value)}`);
    }
    range = checked.value;
    ranges.set(claim, range);
  }
  return range;
}

/** `tcp/8080 192.0.2.1`: the same port collides on the same address, and where one of the two takes every one of a family. */
function samePort(a: string, b: string): boolean {
  const [addressA = "", addressB = ""] = [a, b].map((value) => value.slice(value.indexOf(" ") + 1));
  return takes(addressA, addressB) || takes(addressB, addressA);
}

function takes(own: string, other: string): boolean {
  const every = own === "*" || (own === "0.0.0.0" && !other.includes(":")) || (own === "::" && other.includes(":"));
  return every || own === other;
}

function conflict(claim: Claim, rival: Claim): Problem {
  const { kind, value, scope, property } = claim;
  const who = `${rival.component} ${shown(rival.name)} (${rival.property})`;
  const also = BY_OVERLAP.has(kind) && rival.value !== value ? `overlaps ${kind} ${rival.value} of` : "is claimed by";
  const where = scope.replace(/^docker /, "Docker of host ").replace(/^(host \S+) link /, "$1, link ");
  if (BY_USE.has(kind)) {
    return { property, value, rule: `is ${shown(rival.value)} for ${who}, on ${where}`, wayOut: WAY_OUT[kind] };
  }
  return { property, value, rule: `${also} ${who} too, on ${where}`, wayOut: WAY_OUT[kind] };
}

const WAY_OUT: Readonly<Record<Claim["kind"], string>> = {
  address: "choose another address",
  mac: "choose another MAC address, or leave it out",
  subnet: "choose subnets without common addresses, or put both agents on one network",
  range: "give both networks an ipRange of their own, or put both agents on one network",
  interface: "choose another name",
  parent:
    "macvlan in mode passthru, ipvlan, and a container that has the NIC itself, take it for one, beside no other: " +
    "choose another parent, such as a VLAN of it, or put all agents on one network",
  network: "choose another networkName",
  container: "choose another containerName",
  port: "choose another external port, or another ip",
  table: "agents that share a table give the same name, uplink and fallback; else choose another id",
  "table name": "choose another name, or give both the same id",
  priority: "choose another priority: an agent takes three, from the given one on",
  mark: "choose another mark, or give both the same table",
  tunnel: "choose another id",
  wire: "two wires between two bridges are a loop: turn the bridges' spanning tree on (stp), or join them by one wire",
  bridge: "all that stands on one bridge leaves by one table: give both the same, or networks of their own",
  vlan: "a tag on a link is one link with one name and one MTU: say the same of it everywhere",
};
