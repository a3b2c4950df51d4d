import type { LabHost } from "./host";
import { type RunOptions, type RunResult, run } from "./process";

/** Runs a command on a host over its real sshd, as the login that stacks use: a new connection each time. */
export function runOverSsh(host: LabHost, command: string, options: RunOptions = {}): Promise<RunResult> {
  const settings = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR", "BatchMode=yes"];
  const login = ["-i", host.privateKeyPath, "-p", String(host.port), ...settings.flatMap((one) => ["-o", one])];
  return run("ssh", [...login, `${host.user}@${host.address}`, command], options);
}
