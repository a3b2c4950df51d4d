import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Passed, RESULTS_FILE, type ReportEvent, type Tally } from "./events";
import type { Phase } from "./phases";

/** What became of a phase. */
export interface PhaseResult extends Tally {
  readonly name: string;
  readonly seconds: number;
  readonly passes: readonly Passed[];
  /** Each failed test, and each failure of the phase itself, in full. */
  readonly failures: readonly { readonly title: string; readonly error: string }[];
  readonly skips: readonly { readonly title: string; readonly reason: string }[];
}

export interface RunPhaseOptions {
  /** The folder of the project. */
  readonly root: string;
  /** A folder for the results file. */
  readonly folder: string;
  /** Passed to mocha: only tests whose title matches. */
  readonly grep?: string;
  /** Prints one line of progress. */
  readonly print: (line: string) => void;
  /** Ends the phase early. */
  readonly signal: AbortSignal;
  /** How long a process may stay after its last test, and after being told to end. @default 10000 */
  readonly graceMs?: number;
}

/** Tests slower than this get a line of progress of their own. */
const slowSeconds = 5;

const typescript = ["--require", "ts-node/register/transpile-only"];
const withParent = ["--require", "./tests/runner/with-parent.ts"];
const withChildren = ["--require", "./tests/runner/with-children.ts"];

function commandLine(phase: Phase, grep?: string): string[] {
  if (phase.program !== undefined) return [...typescript, ...withParent, ...withChildren, phase.program];
  const mocha = ["node_modules/mocha/bin/mocha.js", "--reporter", "tests/runner/reporter.ts"];
  const limits = ["--timeout", String((phase.testSeconds ?? 10) * 1000)];
  const tests = [...mocha, ...limits, ...(grep === undefined ? [] : ["--grep", grep]), ...phase.files!];
  const inLab = ["tests/lab/namespace.ts", process.execPath, ...typescript];
  return [...typescript, ...withParent, ...(phase.inLab ? inLab : withChildren), ...tests];
}

/** Tells the process group of a child to end, then kills it. */
function endGroup(child: ChildProcess, graceMs: number): void {
  const send = (signal: NodeJS.Signals) => {
    try {
      process.kill(-child.pid!, signal);
    } catch {
      // Nothing of the group is left.
    }
  };
  send("SIGTERM");
  setTimeout(() => send("SIGKILL"), graceMs).unref();
}

/** Follows the results file and keeps what it says. */
class Results {
  readonly passed: Passed[] = [];
  readonly failures: { title: string; error: string }[] = [];
  readonly skips: { title: string; reason: string }[] = [];
  running: string | undefined;
  ended = false;
  private lines = 0;

  constructor(
    private readonly file: string,
    private readonly print: (line: string) => void,
  ) {}

  read(): void {
    const text = existsSync(this.file) ? readFileSync(this.file, "utf8") : "";
    const lines = text.split("\n").slice(0, -1);
    for (const line of lines.slice(this.lines)) this.take(JSON.parse(line));
    this.lines = lines.length;
  }

  private take(event: ReportEvent): void {
    if (event.event === "begin") this.running = event.title;
    if (event.event === "pass") {
      this.passed.push(event);
      if (event.seconds >= slowSeconds) this.print(`passed ${event.title} … ${event.seconds.toFixed(1)} s`);
    }
    if (event.event === "fail") {
      this.failures.push(event);
      this.print(`FAILED ${event.title}: ${event.error.split("\n")[0]}`);
    }
    if (event.event === "skip") {
      this.skips.push(event);
      this.print(`skipped ${event.title}: ${event.reason}`);
    }
    if (event.event === "end") {
      this.ended = true;
      this.running = undefined;
    }
  }
}

/** Runs one phase to its end; never throws. A phase that crashes, hangs or runs no test has failed. */
export function runPhase(phase: Phase, options: RunPhaseOptions): Promise<PhaseResult> {
  const start = performance.now();
  const graceMs = options.graceMs ?? 10_000;
  const file = join(options.folder, `${phase.name.replace(/\W/g, "-")}.jsonl`);
  writeFileSync(file, "");
  const results = new Results(file, options.print);
  // A process group of its own: Ctrl-C reaches only the runner, which then ends the whole group.
  const child = spawn(process.execPath, commandLine(phase, options.grep), {
    cwd: options.root,
    env: { ...process.env, [RESULTS_FILE]: file, FORCE_COLOR: "0" },
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    let rest = "";
    stream.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) options.print(line);
      output.push(...lines);
      output.splice(0, output.length - 40);
    });
  }

  let why: string | undefined;
  const stop = (reason: string) => {
    why ??= results.running === undefined ? reason : `${reason}; was running: ${results.running}`;
    endGroup(child, graceMs);
  };
  const onAbort = () => stop(String(options.signal.reason));
  options.signal.addEventListener("abort", onAbort);
  if (options.signal.aborted) onAbort();
  const limit = setTimeout(() => stop(`did not end within ${phase.minutes} minutes`), phase.minutes * 60_000);
  let lingering: NodeJS.Timeout | undefined;
  const follow = setInterval(() => {
    results.read();
    if (results.ended)
      lingering ??= setTimeout(() => stop("a test left something running that keeps the process alive"), graceMs);
  }, 250);

  return new Promise((resolve) => {
    const finish = (code: number | null, signal: string | null, startError?: Error) => {
      clearTimeout(limit);
      clearTimeout(lingering);
      clearInterval(follow);
      options.signal.removeEventListener("abort", onAbort);
      results.read();
      const ran = results.passed.length + results.failures.length + results.skips.length;
      const exit = signal === null ? `code ${code}` : `signal ${signal}`;
      const tail = output.length === 0 ? "" : `\nlast output:\n${output.join("\n")}`;
      if (startError !== undefined) why = `cannot be started: ${startError.message}`;
      else if (phase.program !== undefined) why ??= code === 0 ? undefined : `ended with ${exit}${tail}`;
      else if (!results.ended) why ??= `crashed (${exit})${results.running ? ` in ${results.running}` : ""}${tail}`;
      else if (ran === 0) why ??= "ran no test";
      else if (code !== 0 && results.failures.length === 0) why ??= `ended with ${exit} although no test failed${tail}`;
      if (why !== undefined) {
        results.failures.push({ title: `phase ${phase.name}`, error: why });
        options.print(`FAILED phase ${phase.name}: ${why.split("\n")[0]}`);
      }
      resolve({
        name: phase.name,
        passed: results.passed.length,
        failed: results.failures.length,
        skipped: results.skips.length,
        seconds: (performance.now() - start) / 1000,
        passes: results.passed,
        failures: results.failures,
        skips: results.skips,
      });
    };
    let settled = false;
    const once = (...args: Parameters<typeof finish>) => {
      if (!settled) finish(...args);
      settled = true;
    };
    child.on("error", (error) => once(null, null, error));
    child.on("close", (code, signal) => once(code, signal));
  });
}
