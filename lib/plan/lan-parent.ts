import { parseInterfaceName } from "../net/interface-name";
import type { Problems } from "../problems";
import type { PlanContext } from "./context";
import type { Fact } from "./host-state";
import type { Claim } from "./inventory";
import type { LanMode } from "./lan-driver";
import { read } from "./read";
import { readVlanId, vlanFacts } from "./vlan-link";

/** The link that a network stands on. */
export interface LanParent {
  /** Its name; absent where the network leads nowhere. */
  readonly parent?: string;
  /** What must be on the host before Docker comes. */
  readonly facts: readonly Fact[];
  /** Links of ours beneath the network, as the words that make them. */
  readonly links?: string;
  /** What only this component may have. */
  readonly claims: readonly Claim[];
  /** What may surprise. */
  readonly warnings: readonly string[];
}

/** Reads `parent` and `vlan`. */
export function readParent(
  problems: Problems,
  at: (argument: string) => string,
  given: { readonly parent?: string; readonly vlan?: number },
  context: PlanContext,
  mode: LanMode,
): LanParent {
  const base = read(problems, at("parent"), given.parent, parseInterfaceName);
  const id = readVlanId(problems, at("vlan"), given.vlan);
  if (id !== undefined && given.parent === undefined) {
    problems.add(at("vlan"), id, "is a tag on a parent, and none is given", "give parent");
  }
  if (base === undefined) {
    return { facts: [], claims: [], warnings: [] };
  }
  const warnings = /^(wl|wlan|ath|ra)[0-9a-z]*[0-9]/.test(base) && mode.driver === "macvlan" ? [wireless(base)] : [];
  // With a host the VLAN is ours; without one Docker makes it, of a name of this form.
  const vlan = id === undefined ? undefined : vlanFacts(problems, at("vlan"), { parent: base, id }, context);
  const parent = vlan?.linkName ?? base;
  const ours = vlan !== undefined && context.hostIdentity !== undefined;
  return {
    parent,
    facts: [...(ours ? vlan.facts : []), ...parentRequirements(parent, mode)],
    ...(ours && { links: vlan.identity }),
    claims: vlan?.claims ?? [],
    warnings,
  };
}

function parentRequirements(parent: string, mode: LanMode): Fact[] {
  const condition = `parent ${parent} ${mode.driver}${mode.takesParent ? " passthru" : ""}`;
  // In this mode the one agent takes the interface over, and the SSH session with it.
  const free: Fact[] = mode.takesParent ? [{ kind: "require", condition: `not-management ${parent}` }] : [];
  return [...free, { kind: "require", condition }];
}

function wireless(parent: string): string {
  return (
    `parent ${parent} looks like a wireless interface: access points drop frames from a second MAC. ` +
    "Use a bridge network behind NAT, a policy-routed network, or ipvlan there."
  );
}
