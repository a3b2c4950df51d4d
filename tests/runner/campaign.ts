// What `npm run test:…` does: runs phases that `npm test` leaves out, and prints the table that they fill.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Passed, tallyLine } from "./events";
import { choosePhases } from "./phases";
import { runPhase } from "./run-phase";
import { schedule } from "./schedule";

/** What mocha said of all its tests. */
export interface Outcome {
  readonly passes: readonly Passed[];
  readonly failures: readonly { readonly title: string }[];
}

/** A table as lines, and what is wrong with it. */
export interface Report {
  readonly lines: readonly string[];
  readonly problems: readonly string[];
}

/** Runs the phases, two at a time, and prints what `report` makes of them; the exit code of the process says whether all is well. */
export function campaign(phases: readonly string[], report: (outcome: Outcome) => Report): void {
  run(phases, report).then(
    (code) => {
      process.exitCode = code;
    },
    (error: Error) => {
      console.error(error.message);
      process.exitCode = 2;
    },
  );
}

async function run(phases: readonly string[], report: (outcome: Outcome) => Report): Promise<number> {
  const root = process.cwd();
  const folder = mkdtempSync(join(tmpdir(), "wirework-campaign-"));
  const abort = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => abort.abort(signal));
  try {
    const results = await schedule(choosePhases(phases), 2, (phase) => {
      const print = (line: string) => console.log(line.replace(/^/gm, `${phase.name} | `));
      return runPhase(phase, { root, folder, print, signal: abort.signal });
    });
    const failures = results.flatMap((result) => result.failures);
    const { lines, problems } = report({ passes: results.flatMap((result) => result.passes), failures });
    console.log(`\n${lines.join("\n")}\n`);
    for (const { title, error } of failures) console.log(`FAILED: ${title}\n${error.replace(/^/gm, "    ")}\n`);
    for (const problem of problems) console.log(`PROBLEM: ${problem}`);
    for (const result of results) console.log(`${result.name}: ${tallyLine(result)} … ${result.seconds.toFixed(1)} s`);
    return failures.length + problems.length > 0 ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
