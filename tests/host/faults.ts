import { commandText, type Verb } from "../../lib/host/command-text";
import type { RunResult } from "../lab/process";
import type { Sandbox } from "./support";

/**
 * What happens at a step: the whole run is killed, its session goes away, it is told to end, the step's own command
 * fails, or the script /run/fault is run beside it.
 */
export type Fault = "kill" | "hangup" | "terminate" | "failure" | "script";

// A step is a command that changes something: a line of an ip batch, a file that gets its name, a file that goes.
// What only looks is no step: an end before it and one after the step before it are the same.
const STEP = `step() {
  [ -e /run/faults/at ] || return 0
  read -r at how </run/faults/at
  echo "$*" >>/run/faults/steps
  count=0
  while read -r _; do count=$((count + 1)); done </run/faults/steps
  [ "$count" -ge "$at" ] || return 0
  case $how in
    kill) kill -9 0 ;;
    hangup) [ "$count" -gt "$at" ] || kill -HUP 0 ;;
    terminate) [ "$count" -gt "$at" ] || kill -TERM 0 ;;
    script) [ "$count" -gt "$at" ] || sh /run/fault >/dev/null 2>&1 ;;
    failure) [ "$count" -gt "$at" ] || { echo "seeded failure" >&2; exit 1; } ;;
  esac
}
`;

/** A program that is a step, and then runs the one at this path. */
export const plain = (path: string) => `#!/bin/sh\n${STEP}step ${path} "$@"\nexec ${path} "$@"\n`;

const IP = `#!/bin/sh
${STEP}family=
case "$1 \${2:-}" in -batch*) ;; -[46]" -batch") family=$1; shift ;; *) exec /sbin/ip "$@" ;; esac
number=0
while read -r line; do
  number=$((number + 1))
  (step ip "$line") && /sbin/ip $family $line || { echo "Command failed $2:$number" >&2; exit 1; }
done <"$2"
`;

const NFT = `#!/bin/sh
${STEP}[ "$1" != -f ] || step nft
exec /usr/sbin/nft "$@"
`;

/** Where a run can have a fault. */
export interface FaultyHost {
  exec(script: string, input?: string, check?: boolean): Promise<RunResult>;
}

/** Puts itself between the program and the tools that it changes things with. */
export async function withFaults(host: Sandbox): Promise<void> {
  await withFaultyIp(host);
  host.program("nft", NFT);
  for (const path of ["/bin/mv", "/bin/rm", "/bin/ln", "/bin/mkdir", "/bin/rmdir"])
    host.program(path.split("/")[2], plain(path));
}

/** The same, where only what `ip` changes matters. */
export async function withFaultyIp(host: FaultyHost): Promise<void> {
  await host.exec("mkdir -p /run/faults; cat >/usr/local/bin/ip; chmod +x /usr/local/bin/ip", IP, true);
}

/** What came of a run with a fault. */
export interface FaultyRun {
  readonly code: number;
  readonly said: string;
  /** The steps that were reached. */
  readonly steps: readonly string[];
}

/** Runs a verb, with a fault at one of its steps. */
export function faulty(host: FaultyHost, verb: Verb, input: string, at: number, how: Fault): Promise<FaultyRun> {
  return faultyCommand(host, commandText(verb, false), input, at, how);
}

/** Runs any command of the program's, with a fault at one of its steps. */
export async function faultyCommand(
  host: FaultyHost,
  command: string,
  input: string,
  at: number,
  how: Fault,
): Promise<FaultyRun> {
  // A session of its own: the signal is for the run's process group, not for that of the test.
  const script = `/bin/rm -f /run/faults/*; echo ${at} ${how} >/run/faults/at
setsid --wait ${command} 2>&1; code=$?
echo "steps:"; cat /run/faults/steps; /bin/rm -f /run/faults/*; exit $code`;
  const { code, stdout } = await host.exec(script, input, false);
  const [said, steps] = stdout.split("steps:\n");
  return { code, said, steps: steps.trim().split("\n") };
}
