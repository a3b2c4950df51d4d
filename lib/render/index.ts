import { factText } from "../plan/fact-text";
import type { Fact } from "../plan/facts";
import { type HostState, hostState } from "../plan/host-state";
import { Persistence } from "../plan/persistence";
import { type Problem, shown } from "../problems";
import type { Backend } from "./backend";
import { ifupdown } from "./ifupdown";
import { networkManager } from "./network-manager";
import { networkd } from "./networkd";
import { rcLocal } from "./rc-local";
import { unit } from "./unit";

/** Every backend. */
export const BACKENDS: { readonly [P in Persistence]: Backend } = {
  unit,
  ifupdown,
  rcLocal,
  networkd,
  networkManager,
};

/** A host state with what brings it back. */
export interface Rendered {
  /** The state, with the files of the backend among its facts. */
  readonly hostState: HostState;
  /** What the backend cannot bring back. */
  readonly problems: readonly Problem[];
  /** What may surprise, in sentences. */
  readonly warnings: readonly string[];
}

/** Adds to a host state what brings it back at boot. */
export function render(owner: string, persistence: Persistence, state: HostState): Rendered {
  const backend = BACKENDS[persistence];
  const { facts } = state;
  const problems = refusals(persistence, facts);
  const nothing = facts.every(({ kind }) => backend.kinds[kind] === "stands");
  if (persistence === Persistence.Unit || nothing || problems.length > 0) {
    return { hostState: state, problems, warnings: [] };
  }
  const added: Fact[] = [{ kind: "persistence", backend: persistence }, ...backend.render(owner, facts)];
  return { hostState: hostState([...facts, ...added]), problems, warnings: backend.warnings(facts) };
}

/** A problem for each kind of fact that the backend refuses. */
function refusals(persistence: Persistence, facts: readonly Fact[]): Problem[] {
  const able = Object.values(Persistence).filter((one) => facts.every((fact) => !refusal(one, fact, facts)));
  // Of many facts that are refused for one reason the first is named.
  const byReason = new Map<string, Problem>();
  for (const fact of facts) {
    const reason = refusal(persistence, fact, facts);
    if (reason !== undefined && !byReason.has(`${fact.kind} ${reason}`)) {
      const rule = `cannot bring back ${shown(factText(fact))}: ${reason}`;
      const wayOut = `give ${able.map(shown).join(" or ")}`;
      byReason.set(`${fact.kind} ${reason}`, { property: "persistence", value: persistence, rule, wayOut });
    }
  }
  return [...byReason.values()];
}

function refusal(persistence: Persistence, fact: Fact, facts: readonly Fact[]): string | undefined {
  const { kinds, refuses } = BACKENDS[persistence];
  const treatment = kinds[fact.kind];
  return typeof treatment === "object" ? treatment.refused : refuses?.(fact, facts);
}
