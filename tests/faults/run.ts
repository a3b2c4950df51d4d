// The program behind `npm run test:faults`: runs the campaign, with faults at every step, and prints what it showed.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EVERY_STEP } from "../host/sweep";
import { tallyLine } from "../runner/events";
import { choosePhases } from "../runner/phases";
import { runPhase } from "../runner/run-phase";
import { schedule } from "../runner/schedule";
import { report } from "./report";
import { faults } from "./table";

async function main(): Promise<number> {
  const root = process.cwd();
  process.env[EVERY_STEP] = "yes"; // for the tests' own processes
  const folder = mkdtempSync(join(tmpdir(), "wirework-faults-"));
  const abort = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => abort.abort(signal));
  try {
    const results = await schedule(choosePhases(["faults", "host"]), 2, (phase) => {
      const print = (line: string) => console.log(line.replace(/^/gm, `${phase.name} | `));
      return runPhase(phase, { root, folder, print, signal: abort.signal });
    });
    const failures = results.flatMap((result) => result.failures);
    const outcome = { passes: results.flatMap((result) => result.passes), failures };
    const { lines, problems } = report(faults, outcome, (file) => readFileSync(join(root, file), "utf8"));
    console.log(`\n${lines.join("\n")}\n`);
    for (const { title, error } of failures) console.log(`FAILED: ${title}\n${error.replace(/^/gm, "    ")}\n`);
    for (const problem of problems) console.log(`PROBLEM: ${problem}`);
    for (const result of results) console.log(`${result.name}: ${tallyLine(result)} … ${result.seconds.toFixed(1)} s`);
    return failures.length + problems.length > 0 ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: Error) => {
    console.error(error.message);
    process.exitCode = 2;
  },
);
