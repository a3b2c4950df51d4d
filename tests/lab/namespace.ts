import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./process";

const script = join(__dirname, "namespace.sh");

/** The id of the lab that this process runs in; undefined on the machine itself. */
export function labId(): string | undefined {
  return process.env.WIREWORK_LAB;
}

/** The folder for everything a lab writes at run time; it goes with the lab's namespaces. */
export const runFolder = "/run/wirework";

/** Throws outside a lab: nothing here may ever touch the machine's own network. */
export function requireLab(): void {
  if (labId()) return;
  throw new Error(
    "no lab here: links and hosts are made only inside the lab's own namespaces; start this program by runInLab",
  );
}

/**
 * Runs a command inside new network, mount and process namespaces and gives its exit code. All that it starts is gone when it
 * ends, also when this process or the command is killed: the kernel ends the namespace with its first process, and a small
 * sweeper outside then removes the control groups, which belong to no namespace.
 */
export async function runInLab(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<number> {
  if (process.getuid?.() !== 0) {
    throw new Error("lab: namespaces with real hosts need root; run the command again as root (sudo -E)");
  }
  const id = randomBytes(4).toString("hex");
  const sweeper = spawn("sh", [script, "sweep", id], { stdio: ["pipe", "ignore", "inherit"], detached: true });
  const swept = new Promise<void>((resolve) => sweeper.on("close", () => resolve()));
  const namespaces = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  // setpriv: the lab ends with this process, also when that is killed and can no longer say so.
  const lab = spawn(
    "setpriv",
    ["--pdeathsig", "KILL", "unshare", ...namespaces, "sh", script, "enter", id, command, ...args],
    { stdio: "inherit", env: { ...process.env, ...env } },
  );
  const stop = () => lab.kill("SIGKILL");
  // A terminal sends SIGINT to the command as well, which may want to say how far it came; the lab ends when it ends.
  const ignore = () => {};
  process.on("SIGTERM", stop).on("SIGHUP", stop).on("SIGINT", ignore);
  try {
    return await new Promise<number>((resolve, reject) => {
      lab.on("error", reject);
      lab.on("close", (code, signal) => resolve(code ?? (signal === "SIGTERM" ? 143 : 137)));
    });
  } finally {
    process.off("SIGTERM", stop).off("SIGHUP", stop).off("SIGINT", ignore);
    sweeper.stdin?.end();
    await swept;
  }
}

/** What a lab could leave behind on the machine, one line each. */
export async function machineState(): Promise<string[]> {
  const sh = async (text: string) => (await run("sh", ["-c", text], { check: false })).stdout.trim().split("\n");
  const prefixed = (kind: string, lines: string[]) =>
    lines.filter((line) => line !== "").map((line) => `${kind} ${line}`);
  return [
    ...prefixed("link", await sh("ip -o link | sed 's/^[0-9]*: //; s/ .*//'")),
    ...prefixed("address", await sh("ip -o addr | awk '{print $2, $4}'")),
    ...prefixed("route", await sh("ip route show table all; ip -6 route show table all")),
    ...prefixed("namespace", await sh("ip netns list")),
    ...prefixed("mount", await sh("cut -d' ' -f1-3 /proc/self/mounts")),
    ...prefixed("cgroup", await sh("find /sys/fs/cgroup -mindepth 2 -type d")),
    // Counters, random numbers and what the kernel tunes by itself say nothing about a lab.
    ...prefixed(
      "sysctl",
      await sh(
        "sysctl -a 2>/dev/null | grep -vE '^(fs\\.|kernel\\.(ns_last_pid|random|pty)|net\\.netfilter\\.nf_conntrack_count)'",
      ),
    ),
    ...prefixed("process", labProcesses()),
  ].sort();
}

/** Processes of any lab, seen from outside, as `lab-id program`. */
function labProcesses(): string[] {
  const found: string[] = [];
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
      const id = environment.find((entry) => entry.startsWith("WIREWORK_LAB="))?.slice("WIREWORK_LAB=".length);
      if (id) found.push(`${id} ${readFileSync(`/proc/${pid}/comm`, "utf8").trim()} ${pid}`);
    } catch {
      // The process ended meanwhile.
    }
  }
  return found;
}

/**
 * What is there now and was not before, and the other way round. Other programs, other labs among them, may come and go
 * meanwhile: with `id`, only that lab's control groups and processes count.
 */
export async function leftovers(before: readonly string[], id?: string): Promise<string[]> {
  const after = await machineState();
  const counts = (line: string) =>
    id === undefined ||
    (line.startsWith("cgroup ") && line.includes(`/wirework-lab-${id}`)) ||
    (line.startsWith("process ") && line.startsWith(`process ${id} `)) ||
    !/^(cgroup|process) /.test(line);
  const added = after.filter((line) => !before.includes(line) && counts(line)).map((line) => `left: ${line}`);
  const gone = before.filter((line) => !after.includes(line) && counts(line)).map((line) => `gone: ${line}`);
  return [...added, ...gone];
}

if (require.main === module) {
  const [command = process.env.SHELL ?? "sh", ...args] = process.argv.slice(2);
  runInLab(command, args).then((code) => process.exit(code));
}
