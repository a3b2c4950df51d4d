import { commandText } from "../lib/host/command-text";
import { setupText } from "../lib/host/program";
import type { LightHost } from "../tests/lab/light-host";
import { runOverSsh } from "../tests/lab/over-ssh";
import { stepTimeoutMs } from "./contender";

/** How the bench calls the hosts on which it asks the helper by itself, without Pulumi. */
export const identity = "bench";

/** Runs a command over a login of its own, and gives what it printed. */
export async function ssh(host: LightHost, command: string, input: string): Promise<string> {
  return (await runOverSsh(host, command, { input, timeoutMs: stepTimeoutMs })).stdout;
}

/** Installs the helper. */
export async function setUp(host: LightHost): Promise<void> {
  await ssh(host, commandText("setup", false), setupText({ host: identity, owner: "bench/dev/host" }));
}
