import { parseInterfaceName, vlanName } from "../net/interface-name";
import type { Problems } from "../problems";
import { claimOf, hostScope, type PlanContext } from "./context";
import type { LinkFact } from "./facts";
import { type Fact, factText } from "./host-state";
import type { Claim } from "./inventory";
import { read, readInteger } from "./read";

/** A VLAN on a link, all known and right. */
export interface VlanLink {
  /** Link that carries it. */
  readonly parent: string;
  /** Tag, 1-4094. */
  readonly id: number;
  /** Name; by default the parent's and the tag. */
  readonly linkName?: string;
  /** Tag of a VLAN that carries others; 802.1Q when absent. */
  readonly protocol?: LinkFact["protocol"];
  /** MTU; the parent's when absent. */
  readonly mtu?: number;
}

/** What a VLAN comes to. */
export interface VlanLinkPlan {
  /** Name of the link. */
  readonly linkName: string;
  /** The link, and what the host must have for it. */
  readonly facts: readonly Fact[];
  /** The words that make it: with others it is another link, and what stands on it must be made anew. */
  readonly identity: string;
  /** What only those may have who say the same of it. */
  readonly claims: readonly Claim[];
}

/** Reads the tag of a VLAN. */
export function readVlanId(problems: Problems, path: string, value: unknown): number | undefined {
  return readInteger(problems, path, value, { from: 1, to: 4094 });
}

/** Plans a VLAN's link. `path` is where the tag, or the name, was given. */
export function vlanFacts(problems: Problems, path: string, vlan: VlanLink, context: PlanContext): VlanLinkPlan {
  const { parent, id, protocol, mtu } = vlan;
  const linkName = vlan.linkName ?? `${parent}.${id}`;
  if (vlan.linkName === undefined) {
    read(problems, path, linkName, (name) => {
      const checked = parseInterfaceName(name);
      return checked.fault ? { fault: { ...checked.fault, wayOut: "give it a linkName (VlanInterface)" } } : checked;
    });
  }
  const says = vlanName(linkName);
  if (says !== undefined && says.id !== id) {
    const rule = `is the name of VLAN ${says.id}, and this is VLAN ${id}`;
    problems.add(path, linkName, rule, `leave it out, or give a name without a number behind a dot`);
  }
  const link: LinkFact = { kind: "link", name: linkName, parent, type: "vlan", id, ...(protocol && { protocol }) };
  const fact: LinkFact = { ...link, ...(mtu !== undefined && { mtu }) };
  const claim = (scope: string, kind: Claim["kind"], value: string, shared = false) =>
    claimOf(context, { scope, kind, value, property: path, shared });
  const host = hostScope(context);
  return {
    linkName,
    identity: factText(link),
    facts: [{ kind: "require", condition: `link ${parent}` }, { kind: "require", condition: "module 8021q" }, fact],
    claims: [
      claim(host, "interface", linkName, true),
      claim(host, "vlan", `${linkName} ${factText(fact)}`),
      claim(`${host} link ${parent}`, "vlan", `${protocol ?? "802.1Q"}/${id} ${linkName}`),
    ],
  };
}
