// The runner behind `npm test` and `npm run check`: `npm test -- [phase …] [--grep text]`.
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Tally, tallyLine } from "./runner/events";
import { choosePhases, totalMinutes } from "./runner/phases";
import { type PhaseResult, runPhase } from "./runner/run-phase";
import { notRun, schedule } from "./runner/schedule";

// One more than cores: a phase waits, for logins and boots, more than a quarter of its time.
const lanes = availableParallelism() + 1;

const print = (line: string) => process.stdout.write(`${line}\n`);

function sum(results: readonly PhaseResult[]): Tally {
  const add = (get: (result: PhaseResult) => number) => results.reduce((total, result) => total + get(result), 0);
  return { passed: add((r) => r.passed), failed: add((r) => r.failed), skipped: add((r) => r.skipped) };
}

/** Says all failures and skips again, where a reader looks for them: at the end. */
function printSummary(results: readonly PhaseResult[], seconds: number): void {
  print("");
  for (const result of results) print(`${result.name}: ${tallyLine(result)} … ${result.seconds.toFixed(1)} s`);
  print(`together … ${seconds.toFixed(1)} s`);
  for (const { title, reason } of results.flatMap((result) => result.skips)) print(`skipped: ${title}: ${reason}`);
  for (const { title, error } of results.flatMap((result) => result.failures)) {
    print(`\nFAILED: ${title}\n${error.replace(/^/gm, "    ")}`);
  }
  print("");
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ options: { grep: { type: "string" } }, allowPositionals: true });
  const phases = choosePhases(positionals);
  const abort = new AbortController();
  let interrupted: number | undefined;
  const interrupt = (code: number, reason: string) => () => {
    interrupted ??= code;
    abort.abort(reason);
  };
  process.on("SIGINT", interrupt(130, "interrupted")).on("SIGTERM", interrupt(143, "terminated"));
  process.on("SIGHUP", interrupt(129, "the terminal is gone"));
  const limit = setTimeout(
    () => abort.abort(`all phases together took ${totalMinutes} minutes`),
    totalMinutes * 60_000,
  );
  const folder = mkdtempSync(join(tmpdir(), "wirework-test-"));
  const start = performance.now();
  try {
    const results = await schedule(phases, lanes, async (phase) => {
      if (abort.signal.aborted) return notRun(phase, `not run: ${abort.signal.reason}`);
      const say = (line: string) => print(line.replace(/^/gm, `${phase.name} | `));
      say("begins");
      const options = { root: process.cwd(), folder, grep: values.grep, print: say, signal: abort.signal };
      const result = await runPhase(phase, options);
      say(`${tallyLine(result)} … ${result.seconds.toFixed(1)} s`);
      return result;
    });
    printSummary(results, (performance.now() - start) / 1000);
    const tally = sum(results);
    print(tallyLine(tally));
    const ranNone = tally.passed === 0 && phases.some((phase) => phase.files !== undefined);
    return interrupted ?? (tally.failed > 0 || ranNone ? 1 : 0);
  } finally {
    clearTimeout(limit);
    rmSync(folder, { recursive: true, force: true });
  }
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: Error) => {
    print(error.message);
    process.exitCode = 2;
  },
);
