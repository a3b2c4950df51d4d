import type { Phase } from "./phases";
import type { PhaseResult } from "./run-phase";

/** The result of a phase that could not begin. */
export function notRun(phase: Phase, error: string): PhaseResult {
  const failures = [{ title: `phase ${phase.name}`, error }];
  return { name: phase.name, passed: 0, failed: 1, skipped: 0, seconds: 0, passes: [], failures, skips: [] };
}

/** Runs phases in their order, at most `lanes` at a time, each after those that it waits for. */
export async function schedule(
  phases: readonly Phase[],
  lanes: number,
  run: (phase: Phase) => Promise<PhaseResult>,
): Promise<PhaseResult[]> {
  const results = new Map<string, PhaseResult>();
  const running = new Map<string, Promise<void>>();
  const waiting = [...phases];
  const isReady = (phase: Phase) =>
    [...(phase.needs ?? []), ...(phase.after ?? [])].every(
      (name) => results.has(name) || !phases.some((other) => other.name === name),
    );
  const begin = (phase: Phase) => {
    const broken = phase.needs?.find((name) => (results.get(name)?.failed ?? 0) > 0);
    const result = broken ? notRun(phase, `not run, because ${broken} failed`) : run(phase);
    const done = Promise.resolve(result).then((finished) => {
      results.set(phase.name, finished);
      running.delete(phase.name);
    });
    running.set(phase.name, done);
  };
  while (waiting.length > 0 || running.size > 0) {
    while (running.size < lanes) {
      const next = waiting.findIndex(isReady);
      if (next === -1) break;
      begin(waiting.splice(next, 1)[0]);
    }
    if (running.size === 0) throw new Error(`phases wait for each other: ${waiting.map((p) => p.name).join(", ")}`);
    await Promise.race(running.values());
  }
  return phases.map((phase) => results.get(phase.name)!);
}
