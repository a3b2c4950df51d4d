import { strict as assert } from "node:assert";
import type { PlanContext } from "../../lib/plan/context";
import { type HostState, hostStateText } from "../../lib/plan/host-state";
import { ArgumentError, type Problem } from "../../lib/problems";

/** A component of stack demo/dev on host `edge`. */
export function contextOf(component: string, name: string, more: Partial<PlanContext> = {}): PlanContext {
  return { component, name, project: "demo", stack: "dev", hostIdentity: "edge", ...more };
}

/** The facts of a state as lines, without the header. */
export function factLines(state: HostState): string[] {
  return hostStateText({ host: "edge", owner: "demo/dev/x" }, state).trimEnd().split("\n").slice(3);
}

/** The problems that a plan throws; it must throw them, and nothing else. */
export function problemsOf(plan: () => unknown): readonly Problem[] {
  try {
    plan();
  } catch (error) {
    assert.ok(error instanceof ArgumentError, `threw ${String(error)}`);
    return error.problems;
  }
  return [];
}

/** `property: rule` of each problem: what tests compare, without the ways out. */
export function rulesOf(plan: () => unknown): string[] {
  return problemsOf(plan).map(({ property, rule }) => `${property}: ${rule}`);
}
