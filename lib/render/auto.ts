import { factText } from "../plan/fact-text";
import type { Fact } from "../plan/facts";
import { CANDIDATES } from "../plan/persistence";
import { type Backend, refusal, type Treatment, tooLong } from "./backend";
import { SCRIPT_KINDS } from "./commands";
import { ifupdown } from "./ifupdown";
import { networkManager } from "./network-manager";
import { networkd } from "./networkd";

const backends: { readonly [C in (typeof CANDIDATES)[number]]: Backend } = { networkd, networkManager, ifupdown };

/**
 * Offers the host what each backend would write that can bring all facts back, and the host takes one, or none. A plan knows
 * nothing of a host, so that it cannot choose itself.
 */
export const auto: Backend = {
  kinds: Object.fromEntries(
    Object.entries(SCRIPT_KINDS).map(([kind, treatment]): [string, Treatment] => [
      kind,
      treatment === "stands" ? treatment : "rendered",
    ]),
  ) as Backend["kinds"],
  render: (owner, facts) =>
    CANDIDATES.flatMap((backend) => {
      const able = facts.every((fact) => refusal(backends[backend], fact, facts) === undefined);
      const files = able ? backends[backend].render(owner, facts) : [];
      return tooLong(files) ? [] : files.map((fact): Fact => ({ kind: "with", backend, line: factText(fact) }));
    }),
  warnings: () => [],
};
