import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  chownSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { type ExecOptions, execute } from "./exec";
import type { LabHost } from "./host";
import { type HostNic, managementInterface, NetworkManager, networkFiles, nicProblems } from "./host-network";
import { labId, requireLab, runFolder } from "./namespace";
import { type RunResult, run } from "./process";
import { type Snapshot, takeSnapshot } from "./snapshot";
import { lightTree } from "./trees";
import { until } from "./until";

export interface LightHostOptions {
  /** Hostname: at most 12 characters. */
  readonly name: string;
  /** @default "13" */
  readonly debian?: "12" | "13";
  /** Cards in LANs, beside the management card. @default none */
  readonly lans?: readonly HostNic[];
  /** What configures links at boot. @default ifupdown on Debian 12, networkd on 13, as their installers and images do */
  readonly networkManager?: NetworkManager;
}

/** What the lab gives a host: its number, addresses and keys. */
export interface HostPlace {
  readonly index: number;
  readonly address: string;
  readonly address6: string;
  /** Bridge of the management network. */
  readonly bridge: string;
  readonly privateKeyPath: string;
}

const bootTimeoutMs = 60_000;
/** systemd-nspawn ends with this status when the container restarts, and expects to be started again. */
const restartStatus = 133;

/** A host in systemd-nspawn: real systemd, sshd and Docker on the machine's own kernel; up in two seconds. */
export class LightHost implements LabHost {
  readonly name: string;
  readonly debian: string;
  readonly address: string;
  readonly address6: string;
  readonly port = 22;
  readonly user = "root";
  readonly privateKeyPath: string;
  readonly privateKey: string;
  readonly hostKey: string;
  readonly networkManager: NetworkManager;
  /** What the console printed, over all boots. */
  readonly consolePath: string;
  /** Process id of the host's init, seen from the lab. */
  leader = 0;

  readonly place: HostPlace;
  readonly options: LightHostOptions;
  readonly folder: string;
  readonly tree: string;
  container: ChildProcess | undefined;

  constructor(options: LightHostOptions, place: HostPlace, tree: string, hostKey: string) {
    this.options = options;
    this.place = place;
    this.tree = tree;
    this.hostKey = hostKey;
    this.name = options.name;
    this.debian = options.debian ?? "13";
    this.networkManager =
      options.networkManager ?? (this.debian === "12" ? NetworkManager.ifupdown : NetworkManager.networkd);
    this.address = place.address;
    this.address6 = place.address6;
    this.privateKeyPath = place.privateKeyPath;
    this.privateKey = readFileSync(place.privateKeyPath, "utf8");
    this.folder = hostFolder(options.name);
    this.consolePath = join(this.folder, "console.log");
  }

  get root(): string {
    return join(this.folder, "root");
  }

  exec(command: string, options: ExecOptions = {}): Promise<RunResult> {
    if (!this.container) return Promise.reject(new Error(`${this.name}: the host is off; powerOn() starts it`));
    const environment = [
      "env",
      "-i",
      "HOME=/root",
      "LANG=C.UTF-8",
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ];
    const enter = ["nsenter", "--all", "--target", String(this.leader), "--"];
    return execute([...enter, ...environment, "sh", "-c", command], options);
  }

  async powerOn(): Promise<void> {
    if (this.container) return;
    await this.plugIn();
    const console = openSync(this.consolePath, "a");
    // The shell puts nspawn, and so the host, into a control group of its own, or two hosts would share their units' groups.
    this.container = spawn("sh", ["-c", enterHostGroup, "sh", this.name, ...this.nspawn()], {
      stdio: ["ignore", console, console],
      env: { ...process.env, SYSTEMD_NSPAWN_API_VFS_WRITABLE: "network", SYSTEMD_NSPAWN_LOCK: "0" },
    });
    closeSync(console);
    this.container.unref();
    await this.ready();
  }

  async reboot(): Promise<void> {
    const code = await this.end("systemctl reboot");
    if (code !== restartStatus)
      throw new Error(`${this.name}: ended with ${code} instead of restarting\n${this.consoleTail()}`);
    await this.powerOn();
  }

  async powerOff(): Promise<void> {
    if (this.container) await this.end("systemctl poweroff");
  }

  async powerCut(): Promise<void> {
    if (!this.container) return;
    const ended = this.ended();
    // The first process of a process namespace takes all others with it, in one stroke.
    process.kill(this.leader, "SIGKILL");
    await ended;
    await this.unplug();
  }

  snapshot(): Promise<Snapshot> {
    return takeSnapshot(this);
  }

  /** Back to the first boot: everything written since is thrown away, and the host starts anew with the same identity. */
  async reset(): Promise<void> {
    await this.powerCut();
    await this.prepare();
    await this.powerOn();
  }

  /** Ends the host for good and frees what it held. */
  async discard(): Promise<void> {
    await this.powerCut();
    await run("umount", ["-q", "-R", this.root], { check: false });
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Lays a fresh writable layer over the tree, with the host's identity and network configuration in it. */
  async prepare(): Promise<void> {
    const { folder, root } = this;
    await run("umount", ["-q", "-R", root], { check: false });
    for (const name of ["upper", "work", "root", "docker"])
      rmSync(join(folder, name), { recursive: true, force: true });
    for (const name of ["upper", "work", "root", "docker"]) mkdirSync(join(folder, name), { recursive: true });
    const layers = `lowerdir=${this.tree},upperdir=${join(folder, "upper")},workdir=${join(folder, "work")}`;
    await run("mount", ["-t", "overlay", "overlay", "-o", layers, root]);
    const publicKey = readFileSync(`${this.privateKeyPath}.pub`, "utf8");
    const management = { interface: managementInterface, addresses: [`${this.address}/24`, `${this.address6}/64`] };
    this.write(networkFiles(this.networkManager, [management, ...(this.options.lans ?? [])]));
    this.write({
      "etc/hostname": `${this.name}\n`,
      "etc/hosts": `${readFileSync(join(root, "etc/hosts"), "utf8")}127.0.1.1 ${this.name}\n`,
      "etc/machine-id": `${createHash("sha256").update(`${labId()} ${this.name}`).digest("hex").slice(0, 32)}\n`,
      "etc/ssh/ssh_host_ed25519_key.pub": readFileSync(`${hostKeyPath(this.name)}.pub`, "utf8"),
    });
    this.write({ "etc/ssh/ssh_host_ed25519_key": readFileSync(hostKeyPath(this.name), "utf8") }, 0o600);
    this.write({ "root/.ssh/authorized_keys": publicKey, "home/net/.ssh/authorized_keys": publicKey }, 0o600);
    chmodSync(join(root, "root/.ssh"), 0o700);
    const [uid, gid] = accountOf(root, "net");
    for (const path of ["home/net/.ssh", "home/net/.ssh/authorized_keys"]) chownSync(join(root, path), uid, gid);
    if (this.networkManager === NetworkManager.networkd) {
      const wants = join(root, "etc/systemd/system/multi-user.target.wants");
      mkdirSync(wants, { recursive: true });
      symlinkSync("/usr/lib/systemd/system/systemd-networkd.service", join(wants, "systemd-networkd.service"));
    }
  }

  private write(files: Readonly<Record<string, string>>, mode = 0o644): void {
    for (const [path, text] of Object.entries(files)) {
      const target = join(this.root, path);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, text, { mode });
    }
  }

  private nspawn(): string[] {
    // Debian 13's systemd takes cgroup v1, which the machine may have, only when told so twice.
    const legacy =
      this.debian === "12" ? [] : ["systemd.unified_cgroup_hierarchy=0", "SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1"];
    return [
      ...["systemd-nspawn", "--quiet", "--boot", `--directory=${this.root}`, `--machine=${this.name}`],
      ...["--register=no", "--keep-unit", "--link-journal=no", "--resolv-conf=off", "--timezone=off", "--console=pipe"],
      ...["--capability=all", "--system-call-filter=@mount @keyring bpf add_key keyctl"],
      // Docker's layers cannot lie on another overlay.
      `--bind=${join(this.folder, "docker")}:/var/lib/docker`,
      `--network-namespace-path=/run/netns/${this.name}`,
      ...legacy,
    ];
  }

  /** A fresh network namespace with the host's cards: a boot finds all cards there and nothing else, like a real one. */
  private async plugIn(): Promise<void> {
    const cards = [
      { interface: managementInterface, bridge: this.place.bridge },
      ...(this.options.lans ?? []).map((nic) => ({ interface: nic.interface, bridge: nic.lan.bridge })),
    ];
    await run("ip", ["netns", "add", this.name]);
    const lines = cards.flatMap((card, number) => [
      `link add ${this.plug(number)} type veth peer name ${card.interface} address ${macOf(this.place.index, number)} netns ${this.name}`,
      `link set ${this.plug(number)} master ${card.bridge} up`,
    ]);
    await run("ip", ["-batch", "-"], { input: lines.join("\n") });
  }

  private async unplug(): Promise<void> {
    // The kernel takes a namespace apart some time after it was deleted; the names of its cards must be free at once.
    const cards = 1 + (this.options.lans ?? []).length;
    const lines = Array.from({ length: cards }, (_, number) => `link del ${this.plug(number)}`);
    await run("ip", ["-batch", "-"], { input: lines.join("\n") });
    await run("ip", ["netns", "del", this.name]);
  }

  /** The lab's end of a card. */
  private plug(card: number): string {
    return `h${this.place.index}e${card}`;
  }

  private ended(): Promise<number | null> {
    const container = this.container;
    if (!container) return Promise.resolve(null);
    // A running host keeps no program alive; a host that somebody waits for does.
    container.ref();
    return new Promise((resolve) => {
      const done = () => {
        this.container = undefined;
        resolve(container.exitCode);
      };
      if (container.exitCode !== null || container.signalCode !== null) done();
      else container.once("exit", done);
    });
  }

  private async end(command: string): Promise<number | null> {
    const ended = this.ended();
    await this.exec(command, { check: false });
    const timer = setTimeout(() => this.container?.kill("SIGKILL"), bootTimeoutMs);
    const code = await ended;
    clearTimeout(timer);
    await this.unplug();
    return code;
  }

  /** Waits until the host's init runs, SSH greets and Docker answers. */
  private async ready(): Promise<void> {
    const container = this.container!;
    const wait = { timeoutMs: bootTimeoutMs, intervalMs: 50 };
    const alive = () => {
      if (container.exitCode === null && container.signalCode === null) return;
      this.container = undefined;
      throw new Error(`${this.name}: did not boot, nspawn ended with ${container.exitCode}\n${this.consoleTail()}`);
    };
    try {
      this.leader = await until(`${this.name}: init`, wait, async () => {
        alive();
        return firstProcess(container.pid!);
      });
      const leased = (this.options.lans ?? []).filter((nic) => nic.dhcp);
      const leases = leased.map((nic) => `ip -o -4 address show dev ${nic.interface} | grep -q inet`);
      const ready = ["docker version >/dev/null 2>&1", "ss -Hltn 'sport = :22' | grep -q .", ...leases].join(" && ");
      await until(`${this.name}: Docker and SSH`, wait, async () => {
        alive();
        const answer = await this.exec(ready, { check: false });
        return answer.code === 0 || undefined;
      });
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${this.consoleTail()}`);
    }
  }

  private consoleTail(): string {
    return readFileSync(this.consolePath, "utf8").split("\n").slice(-20).join("\n");
  }
}

const enterHostGroup = `
awk '$3 == "cgroup" || $3 == "cgroup2" { print $2 }' /proc/self/mounts | sort -u | while read -r top; do
  group="$top/wirework-lab-$WIREWORK_LAB/$1"
  mkdir -p "$group" && echo $$ >"$group/cgroup.procs"
done
shift
exec "$@"`;

function hostFolder(name: string): string {
  return join(runFolder, "hosts", name);
}

function hostKeyPath(name: string): string {
  return join(hostFolder(name), "host-key");
}

/** Locally administered and the same at every boot. */
function macOf(host: number, card: number): string {
  const hex = (value: number) => value.toString(16).padStart(2, "0");
  return `02:1a:b0:00:${hex(host)}:${hex(card)}`;
}

function accountOf(root: string, name: string): [number, number] {
  const line = readFileSync(join(root, "etc/passwd"), "utf8")
    .split("\n")
    .find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = (line ?? "").split(":");
  return [Number(uid), Number(gid)];
}

/** The init of a container: the child of nspawn that is the first in a process namespace of its own, once it runs init. */
function firstProcess(nspawn: number): number | undefined {
  try {
    const children = readFileSync(`/proc/${nspawn}/task/${nspawn}/children`, "utf8").trim().split(" ").filter(Boolean);
    for (const child of children) {
      const inner = /^NSpid:.*\t(\d+)$/m.exec(readFileSync(`/proc/${child}/status`, "utf8"))?.[1];
      if (inner === "1" && readFileSync(`/proc/${child}/comm`, "utf8").trim() === "systemd") return Number(child);
    }
  } catch {
    // Between two processes.
  }
  return undefined;
}

/** Boots a light host and waits until SSH and Docker answer. */
export async function bootLightHost(options: LightHostOptions, place: HostPlace): Promise<LightHost> {
  requireLab();
  if (!/^[a-z][a-z0-9-]{0,11}$/.test(options.name)) {
    throw new Error(
      `host ${JSON.stringify(options.name)}: name: 1 to 12 of a-z, 0-9 and -; it becomes a host and namespace name`,
    );
  }
  const tree = await lightTree(options.debian ?? "13");
  mkdirSync(hostFolder(options.name), { recursive: true });
  const keyPath = hostKeyPath(options.name);
  await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", options.name, "-f", keyPath]);
  const [type, key] = readFileSync(`${keyPath}.pub`, "utf8").split(" ");
  const host = new LightHost(options, place, tree, `${type} ${key}`);
  const wrong = nicProblems(host.networkManager, options.lans ?? []);
  if (wrong.length > 0) throw new Error(`host ${options.name}: ${wrong.join("; ")}`);
  await host.prepare();
  await host.powerOn();
  return host;
}
