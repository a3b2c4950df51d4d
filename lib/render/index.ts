import { factText } from "../plan/fact-text";
import type { Fact } from "../plan/facts";
import { type HostState, hostState } from "../plan/host-state";
import { Persistence } from "../plan/persistence";
import { type Problem, shown } from "../problems";
import { auto } from "./auto";
import { type Backend, refusal, tooLong } from "./backend";
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
  auto,
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
  const files = backend.render(owner, facts);
  if (tooLong(files)) {
    const rule = "needs a file of more than 999 lines";
    const wayOut = `split the component, or give ${shown(Persistence.Unit)}`;
    return {
      hostState: state,
      problems: [{ property: "persistence", value: persistence, rule, wayOut }],
      warnings: [],
    };
  }
  const added: Fact[] = [{ kind: "persistence", backend: persistence }, ...files];
  return { hostState: hostState([...facts, ...added]), problems, warnings: backend.warnings(facts) };
}

/** A problem for each kind of fact that the backend refuses. */
function refusals(persistence: Persistence, facts: readonly Fact[]): Problem[] {
  const able = Object.values(Persistence).filter(
    // What chooses for itself is no way out to name: it would choose of the others.
    (one) => one !== Persistence.Auto && facts.every((fact) => !refusal(BACKENDS[one], fact, facts)),
  );
  // Of many facts that are refused for one reason the first is named.
  const byReason = new Map<string, Problem>();
  for (const fact of facts) {
    const reason = refusal(BACKENDS[persistence], fact, facts);
    if (reason !== undefined && !byReason.has(`${fact.kind} ${reason}`)) {
      const rule = `cannot bring back ${shown(factText(fact))}: ${reason}`;
      const wayOut = `give ${able.map(shown).join(" or ")}`;
      byReason.set(`${fact.kind} ${reason}`, { property: "persistence", value: persistence, rule, wayOut });
    }
  }
  return [...byReason.values()];
}
