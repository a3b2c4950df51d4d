import { type RunResult, run } from "./process";

/** How a command runs on a lab host, or in a namespace of a LAN. */
export interface ExecOptions {
  /** Written to standard input. */
  readonly input?: string;
  /** A file of the machine that becomes standard input, instead of `input`. */
  readonly inputFile?: string;
  /** @default 60000 */
  readonly timeoutMs?: number;
  /** Throw when the exit code is not 0. @default true */
  readonly check?: boolean;
}

/** A text as one word of a shell's command, whatever stands in it. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Runs a program that leads to a host or namespace, such as `nsenter … sh -c command`. */
export function execute(program: readonly string[], options: ExecOptions): Promise<RunResult> {
  const { inputFile, timeoutMs = 60_000, ...rest } = options;
  // A shell opens the file: what is in it need not be text.
  const opened = inputFile ? ["sh", "-c", 'file=$1; shift; exec "$@" <"$file"', "sh", inputFile, ...program] : program;
  return run(opened[0]!, opened.slice(1), { timeoutMs, ...rest });
}
