import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** How to run one program. */
export interface RunOptions {
  readonly cwd?: string;
  /** Added to the environment of this process; undefined takes a variable out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Written to standard input, which is then closed. Without it the program reads end of file. */
  readonly input?: string;
  /** The program and everything it started is killed after so many milliseconds. @default 600000 */
  readonly timeoutMs?: number;
  /** Throw when the exit code is not 0. @default true */
  readonly check?: boolean;
  /** Called with each whole line of either stream as it arrives. */
  readonly onLine?: (line: string) => void;
}

export interface RunResult {
  /** Exit code; 128 + signal number when a signal ended the program, as a shell reports it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that ended with a code other than 0, or not in time. */
export class RunError extends Error {
  readonly result: RunResult;

  constructor(message: string, result: RunResult) {
    super(message);
    this.name = "RunError";
    this.result = result;
  }
}

const signalNumbers: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGPIPE: 13, SIGTERM: 15 };

function lastLines(text: string, count: number): string {
  return text.trimEnd().split("\n").slice(-count).join("\n");
}

function lineReader(onLine: (line: string) => void): { push(text: string): void; end(): void } {
  let rest = "";
  return {
    push(text) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) onLine(line);
    },
    end() {
      if (rest !== "") onLine(rest);
    },
  };
}

function childrenOf(pid: number): number[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      // The program's name, in parentheses, may hold anything; the parent is the second field after it.
      const fields = readFileSync(`/proc/${name}/stat`, "utf8")
        .replace(/^.*\) /s, "")
        .split(" ");
      return Number(fields[1]) === pid ? [Number(name)] : [];
    } catch {
      return []; // it ended meanwhile
    }
  });
}

/** Kills a process and all that descend from it. It has no process group of its own, so that Ctrl-C ends it with us. */
function killTree(pid: number): void {
  const children = childrenOf(pid);
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended meanwhile.
  }
  for (const child of children) killTree(child);
}

/** Runs a program without a shell and gives its exit code and output. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const timeoutMs = options.timeoutMs ?? 600_000;
  const env: NodeJS.ProcessEnv = { ...process.env, ...options.env };
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: options.cwd, env, stdio: ["pipe", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    let timedOut = false;
    const reader = options.onLine && lineReader(options.onLine);
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      reader?.push(text);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      reader?.push(text);
    });
    // A program that ends without reading its input closes the pipe; its exit code says what happened.
    child.stdin.on("error", () => {});
    child.stdin.end(options.input ?? "");
    const timer = setTimeout(() => {
      timedOut = true;
      if (child.pid) killTree(child.pid);
    }, timeoutMs);
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(new RunError(`${command}: cannot be started: ${error.message}`, { code: 127, stdout, stderr }));
    });
    child.on("close", (exitCode, signal) => {
      clearTimeout(timer);
      reader?.end();
      const code = exitCode ?? 128 + (signalNumbers[signal ?? ""] ?? 0);
      const result = { code, stdout, stderr };
      if (code === 0 || (options.check === false && !timedOut)) return resolve(result);
      const why = timedOut ? `did not end within ${timeoutMs / 1000} s` : `ended with code ${code}`;
      const said = lastLines(stderr.trim() === "" ? stdout : stderr, 15);
      reject(new RunError(`${[command, ...args].join(" ")}: ${why}${said === "" ? "" : `\n${said}`}`, result));
    });
  });
}

/** Whether a program of this name is on PATH. */
export async function onPath(program: string): Promise<string | undefined> {
  const found = await run("sh", ["-c", 'command -v "$1"', "sh", program], { check: false });
  return found.code === 0 ? found.stdout.trim() : undefined;
}

/** Does one step of the lab and prints one plain line with its time: `label … 3.2 s`. */
export async function step<T>(label: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const seconds = () => `${((performance.now() - start) / 1000).toFixed(1)} s`;
  try {
    const result = await work();
    process.stdout.write(`${label} … ${seconds()}\n`);
    return result;
  } catch (error) {
    process.stdout.write(`${label} … failed after ${seconds()}\n`);
    throw error;
  }
}
