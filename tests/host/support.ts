import { strict as assert } from "node:assert";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commandText, type Verb } from "../../lib/host/command-text";
import { setupText } from "../../lib/host/program";
import { type RunResult, run } from "../lab/process";

export const IDENTITY = "host-under-test";
export const HOST_OWNER = "test/dev/host";
export const OWNER = "test/dev/edge";
export const MACHINE_ID = "0123456789abcdef0123456789abcdef";

/** What sshd says of the session of a client on the wire. */
export const SESSION = "192.0.2.1 50000 192.0.2.10 22";

/** The facts of a network with host access, as most tests use them. */
export const SHIM = [
  "link shim0 parent eth0 type macvlan mode bridge address 02:aa:bb:cc:dd:ee mtu 1400",
  "sysctl net/ipv4/conf/eth0/arp_announce = 2",
  "sysctl net/ipv4/conf/shim0/arp_ignore = 1",
  "sysctl net/ipv6/conf/shim0/accept_ra = 0",
  "addr 192.168.9.2/32 dev shim0",
  "addr fd00:9::2/128 dev shim0",
  "route 192.168.9.64/26 dev shim0",
  "route fd00:9::40/122 dev shim0",
];

const root = join(__dirname, "../..");
const persistent = ["var-lib", "usr-local", "etc"];

// What a host has before wirework: one wired link with a management address, one without a cable, and bridges that nobody
// uses yet. No link-local addresses, whose random part and duplicate detection would make two snapshots differ for no reason.
const PREPARE = `
set -eu
mount --make-rprivate /
mount -t sysfs sysfs /sys
mount --bind "$1/var-lib" /var/lib
mkdir -p /var/lib/dhcpcd # as its package has it
mount --bind "$1/usr-local" /usr/local
# Of the machine's own /etc there is what the sandbox has not itself, to be read only.
mount --bind /etc /mnt
mount -o remount,bind,ro /mnt
[ -e "$1/etc/passwd" ] || for entry in /mnt/*; do [ -e "$1/etc/\${entry#/mnt/}" ] || ln -s "$entry" "$1/etc/"; done
mount --bind "$1/etc" /etc
[ -z "$2" ] || mount --bind "$2" /bin/sh
# Last: the lab keeps its temporary files, and thus the folder above, below /run.
mount -t tmpfs tmpfs /run
for family in ipv4 ipv6; do echo 0 >/proc/sys/net/$family/conf/all/forwarding; done
echo 1 >/proc/sys/net/ipv6/conf/default/addr_gen_mode
ip link set lo up
ip link add eth0 address 02:00:00:00:00:01 type veth peer name wire address 02:00:00:00:00:02
ip link set eth0 up
ip link set wire up
ip link add spare0 address 02:00:00:00:00:03 type veth peer name spare1 address 02:00:00:00:00:04
ip link add bridge0 address 02:00:00:00:00:05 type bridge
ip link add bridge1 address 02:00:00:00:00:06 type bridge
ip address add 192.0.2.10/24 dev eth0
# The kernel says in its own time that a cable leads somewhere, and a busy machine gives it little.
while ip link show up | grep -q NO-CARRIER; do sleep 0.02; done
echo ready
exec cat`;

export interface SandboxOptions {
  /** Program behind /bin/sh; the machine's own without it. */
  readonly shell?: string;
  /** Program that awk is; the machine's own without it. */
  readonly awk?: string;
}

/**
 * A host for one test: namespaces for network, mounts and processes, whose /run, /var/lib, /usr/local and what matters
 * of /etc are its own. It ends with this process, by whatever cause: its first process waits for end of file.
 */
export class Sandbox {
  readonly folder = mkdtempSync(join(tmpdir(), "wirework-host-"));
  /** SSH_CONNECTION of what is run. */
  session = "";
  private holder?: ChildProcess;
  private pid = 0;

  private constructor(private readonly options: SandboxOptions) {
    for (const name of persistent) mkdirSync(join(this.folder, name));
    for (const name of ["sbin", "bin", "lib"]) mkdirSync(join(this.folder, "usr-local", name));
    mkdirSync(join(this.folder, "etc/systemd/system/multi-user.target.wants"), { recursive: true });
    for (const name of ["default", "docker", "init.d", "iproute2", "modules-load.d", "network", "rc2.d", "sysctl.d"])
      mkdirSync(join(this.folder, "etc", name));
    writeFileSync(join(this.folder, "etc/machine-id"), `${MACHINE_ID}\n`);
    if (options.awk) this.program("awk", `#!/bin/sh\nexec ${options.awk} "$@"\n`);
  }

  static async create(options: SandboxOptions = {}): Promise<Sandbox> {
    const sandbox = new Sandbox(options);
    await sandbox.boot();
    return sandbox;
  }

  private async boot(): Promise<void> {
    const flags = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
    const script = ["sh", "-c", PREPARE, "sh", this.folder, this.options.shell ?? ""];
    const holder = spawn("unshare", [...flags, ...script], { stdio: ["pipe", "pipe", "inherit"] });
    this.holder = holder;
    await new Promise<void>((resolve, reject) => {
      holder.stdout!.once("data", () => resolve());
      holder.once("exit", (code) => reject(new Error(`the sandbox ended with code ${code}`)));
    });
    this.pid = Number(readFileSync(`/proc/${holder.pid}/task/${holder.pid}/children`, "utf8").trim());
  }

  /** Its first process: whose namespaces are the sandbox. */
  get process(): number {
    return this.pid;
  }

  /** A new kernel state under the same files: what a reboot is. */
  async reboot(): Promise<void> {
    await this.end();
    await this.boot();
  }

  private async end(): Promise<void> {
    const gone = new Promise((resolve) => this.holder!.once("exit", resolve));
    this.holder!.stdin!.end();
    await gone;
  }

  async close(): Promise<void> {
    await this.end();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Puts a program in front of the machine's own: /usr/local/bin leads the helper's fixed PATH. */
  program(name: string, text: string): void {
    writeFileSync(join(this.folder, "usr-local/bin", name), text, { mode: 0o755 });
  }

  /** Runs a command as root in the sandbox: by hand, so to say, unless `session` is what sshd would say of one. */
  async exec(command: string, input = "", check = false): Promise<RunResult> {
    const enter = ["--target", String(this.pid), "--net", "--mount", "--pid", "bash", "--norc", "-c", command];
    const env = { SSH_CONNECTION: this.session };
    return run("nsenter", enter, { input, env, check, timeoutMs: 60_000 });
  }

  verb(verb: Verb, input: string): Promise<RunResult> {
    return this.exec(commandText(verb, false), input);
  }

  async setup(): Promise<void> {
    const result = await this.verb("setup", setupText({ host: IDENTITY, owner: HOST_OWNER }));
    if (result.code !== 0) throw new Error(`setup: ${result.stderr}`);
  }
  apply = (facts: readonly string[], owner = OWNER) => this.verb("apply", stdin(facts, owner));
  remove = (facts: readonly string[], owner = OWNER) => this.verb("remove", stdin(facts, owner));
  check = (facts: readonly string[], owner = OWNER) => this.verb("check", stdin(facts, owner));
  uninstall = () => this.verb("uninstall", setupText({ host: IDENTITY, owner: HOST_OWNER }));

  /** Everything that wirework could have changed, as text that is equal when the state is equal. */
  async snapshot(): Promise<string> {
    return `${await this.kernel()}\nfiles\n${(await this.exec(FILES, "", true)).stdout}`;
  }

  /**
   * The kernel's part of it: links, addresses, rules, routes, sysctls and our nft tables; with the names of its tables, and
   * with what other programs read at boot.
   */
  async kernel(): Promise<string> {
    const [...lines] = (await this.exec(KERNEL, "", true)).stdout.split("\n");
    return [...lines.splice(0, 6).map((line) => canonical(JSON.parse(line))), ...lines].join("\n");
  }
}

const KERNEL = `
ip -j -d link; ip -j addr; ip -j -4 rule; ip -j -6 rule
ip -j -4 route show table all; ip -j -6 route show table all
cd /proc/sys/net && grep -rs . ipv4/conf ipv6/conf ipv4/neigh ipv6/neigh ipv4/ip_forward | sort
grep -s . /etc/iproute2/rt_tables.d/* /etc/network/*/* | sort; cat /etc/rc.local 2>/dev/null
for family in ip ip6; do nft -s list table $family wirework 2>/dev/null; done || :
ip -6 neigh show proxy
for file in /run/docker/containers/*; do
  pid=$(awk '$4 > 0 { print $4; exit }' "$file" 2>/dev/null)
  [ -z "$pid" ] || nsenter --net=/proc/$pid/ns/net sh -c 'for type in macvlan veth; do ip -o link show type $type; done; ip -o -4 addr show; for family in 4 6; do ip -o -$family route show proto 119; done' | sed 's/^[0-9]*: //; s/@if[0-9]*//' | sort
done`;

// Less the lock, which names the last run, and the folder of what holds for this boot, which may be empty.
const FILES = `
set -- /run /var/lib /usr/local /etc ! -lname '/mnt/*' ! -path '/run/faults*' ! -path '/run/docker*' ! -path '/run/systemd/netif*' ! -path /run/wirework.lock ! -path /run/wirework
find "$@" -printf '%p %y %m %l\\n' | sort
find "$@" -type f -exec sha256sum {} + | sort`;

/** What differs from one making of the same thing to the next, or counts; a bridge keeps the limits of the ports that it had. */
const volatile =
  /^(ifindex|link_index|tso_max_size|tso_max_segs|stats|stats64|.*_life_time|operstate|num_[rt]x_queues|cacheinfo|.*_timer|used|preferred|expires)$/;

// The kernel gives a link its queueing discipline when it is first up.
const isDown = ({ flags }: { flags?: unknown }) => Array.isArray(flags) && !flags.includes("UP");

function canonical(value: unknown): string {
  const strip = (_: string, part: unknown) =>
    part !== null && typeof part === "object" && !Array.isArray(part)
      ? Object.fromEntries(
          Object.entries(part)
            .filter(([key]) => !volatile.test(key) && !(key === "qdisc" && isDown(part)))
            .sort(([a], [b]) => (a < b ? -1 : 1)),
        )
      : part;
  const items = (value as unknown[]).map((item) => JSON.stringify(item, strip)).filter((item) => item !== "{}");
  return items.sort().join("\n");
}

/** Two snapshots are equal, or the error shows the lines that differ. */
export function assertSame(actual: string, expected: string, message = "state differs"): void {
  if (actual === expected) return;
  const [now, then] = [actual.split("\n"), expected.split("\n")];
  const lines = [
    ...then.filter((line) => !now.includes(line)).map((line) => `- ${line}`),
    ...now.filter((line) => !then.includes(line)).map((line) => `+ ${line}`),
  ];
  // A link that comes or goes brings a hundred sysctls; the rest tells more.
  lines.sort((a, b) => Number(/^. ipv[46]\/(conf|neigh)/.test(a)) - Number(/^. ipv[46]\/(conf|neigh)/.test(b)));
  assert.fail(`${message}:\n${lines.slice(0, 16).join("\n")}\n(${lines.length} lines differ)`);
}

/** What a Command sends: header and facts. */
export function stdin(facts: readonly string[], owner = OWNER, host = IDENTITY): string {
  return `${["wirework 1", `host ${host}`, `owner ${owner}`, ...facts].join("\n")}\n`;
}

/** Gives a test its own sandbox, and takes it away whatever happens. */
export async function inSandbox(test: (sandbox: Sandbox) => Promise<void>, options?: SandboxOptions): Promise<void> {
  const sandbox = await Sandbox.create(options);
  try {
    await sandbox.setup();
    await test(sandbox);
  } finally {
    await sandbox.close();
  }
}

/** Folder of the program's parts. */
export const programFolder = join(root, "lib/host/program");

/** Starts the watcher of a sandbox, as its unit does; its log is /run/watch.log. */
export const startWatcher = (host: Sandbox) =>
  host.exec("setsid /usr/local/sbin/wirework watch >/run/watch.log 2>&1 & echo $! >/run/watch.pid", "", true);

/** Ends it as systemd does: all of the group; it has taken back its own when this returns. */
export const stopWatcher = (host: Sandbox) =>
  host.exec(
    "read -r group </run/watch.pid; kill -TERM -$group; for i in $(seq 100); do pgrep -g $group >/dev/null || break; sleep 0.1; done",
  );
