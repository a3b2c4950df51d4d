import { spawn } from "node:child_process";
import { commandText, type Verb } from "./command-text";
import { type SshSettings, sshOptions } from "./ssh-files";

/** Where to ask, and how. */
export interface DialSettings extends SshSettings {
  /** Whether the helper is called through `sudo -n`. */
  sudo: boolean;
}

/** What the helper said, or why there is no answer. */
export type DialAnswer = { readonly stdout: string } | { readonly unasked: string };

const CONNECT_SECONDS = 5;
const LIMIT_SECONDS = 20;

/**
 * Asks the helper something from the program itself, where no Command can: at a preview. Over a connection of its own: one that
 * is kept for Docker outlives this run and would hold its pipes open.
 */
export function dial(settings: DialSettings, verb: Verb, input: string): Promise<DialAnswer> {
  const { address, port, user, sudo } = settings;
  const alone = [`-oConnectTimeout=${CONNECT_SECONDS}`, "-oControlMaster=no", "-oControlPath=none"];
  // ssh takes the first value of each option.
  const options = [...alone, ...sshOptions(settings), `-p${port}`, `-l${user}`];
  return new Promise((resolve) => {
    const ssh = spawn("ssh", [...options, "--", address, commandText(verb, sudo)]);
    const timer = setTimeout(() => {
      resolve({ unasked: `no answer within ${LIMIT_SECONDS} s` });
      // Without its pipes: the ssh to a jump host may hold them for minutes.
      ssh.kill("SIGKILL");
      ssh.stdout.destroy();
      ssh.stderr.destroy();
    }, LIMIT_SECONDS * 1000);
    let stdout = "";
    let stderr = "";
    ssh.stdout.on("data", (data) => {
      stdout += data;
    });
    ssh.stderr.on("data", (data) => {
      stderr += data;
    });
    ssh.on("error", (error) => {
      clearTimeout(timer);
      resolve({ unasked: `the system's ssh cannot be started: ${error.message}` });
    });
    ssh.on("close", (code) => {
      clearTimeout(timer);
      if (code === 0) {
        resolve({ stdout });
      } else {
        resolve({ unasked: stderr.trim() || `ssh ended with code ${code}` });
      }
    });
    // A host that hangs up early is no reason to end the program: the exit code tells.
    ssh.stdin.on("error", () => {});
    ssh.stdin.end(input);
  });
}
