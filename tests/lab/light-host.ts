import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type ExecOptions, execute } from "./exec";
import { cleanEnvironment, type LabHost, readyTest } from "./host";
import { type HostIdentity, type HostPlace, hostFolder, makeHostKey, writeIdentity } from "./host-identity";
import { bootedBySystemd, cardOf, cardsOf, type HostNic, NetworkManager, nicProblems } from "./host-network";
import { requireLab } from "./namespace";
import { type RunResult, run } from "./process";
import { type Snapshot, takeSnapshot } from "./snapshot";
import { type LightRelease, lightTree } from "./trees";
import { until } from "./until";

export interface LightHostOptions {
  /** Hostname: at most 12 characters. */
  readonly name: string;
  /** @default "13" */
  readonly debian?: LightRelease;
  /** Cards in LANs, beside the management card. @default none */
  readonly lans?: readonly HostNic[];
  /** What configures links at boot. @default ifupdown on Debian 12, networkd on 13, as their installers and images do */
  readonly networkManager?: NetworkManager;
}

const bootTimeoutMs = 90_000;
/** systemd-nspawn ends with this status when the container restarts, and expects to be started again. */
const restartStatus = 133;

/** Puts nspawn, and so the host, into a control group of its own: two hosts would share the groups of their units. */
const enterHostGroup = `
awk '$3 == "cgroup" || $3 == "cgroup2" { print $2 }' /proc/self/mounts | sort -u | while read -r top; do
  group="$top/wirework-lab-$WIREWORK_LAB/$1"
  mkdir -p "$group" && echo $$ >"$group/cgroup.procs"
done
shift
exec "$@"`;

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
  readonly patienceMs = 20_000;
  readonly place: HostPlace;
  readonly networkManager: NetworkManager;
  /** What the console printed, over all boots. */
  readonly consolePath: string;
  /** Process id of the host's init, seen from the lab. */
  leader = 0;

  private readonly identity: HostIdentity;
  private readonly nics: readonly HostNic[];
  private container: ChildProcess | undefined;
  /** Settles when the host is off, or up again after it restarted itself. */
  private ended: Promise<void> = Promise.resolve();

  constructor(options: LightHostOptions, place: HostPlace, tree: string, hostKey: string) {
    this.name = options.name;
    this.debian = options.debian ?? "13";
    this.nics = options.lans ?? [];
    const usual = this.debian === "12" ? NetworkManager.ifupdown : NetworkManager.networkd;
    this.networkManager = options.networkManager ?? usual;
    this.identity = { name: this.name, place, tree, networkManager: this.networkManager, nics: this.nics };
    this.place = place;
    this.hostKey = hostKey;
    this.address = place.address;
    this.address6 = place.address6;
    this.privateKeyPath = place.privateKeyPath;
    this.privateKey = readFileSync(place.privateKeyPath, "utf8");
    this.consolePath = join(this.folder, "console.log");
  }

  /** The lab's folder of this host. */
  get folder(): string {
    return hostFolder(this.name);
  }

  /** The host's / as the lab sees it. What the host itself mounts (/run, /tmp) is not in it. */
  get root(): string {
    return join(this.folder, "root");
  }

  private get systemd(): boolean {
    return bootedBySystemd(this.networkManager);
  }

  exec(command: string, options: ExecOptions = {}): Promise<RunResult> {
    if (!this.container) return Promise.reject(new Error(`${this.name}: the host is off; powerOn() starts it`));
    const enter = ["nsenter", "--all", "--target", String(this.leader), "--"];
    return execute([...enter, ...cleanEnvironment, "sh", "-c", command], options);
  }

  async powerOn(): Promise<void> {
    await this.ended;
    if (!this.container) await this.start();
  }

  async reboot(): Promise<void> {
    await this.endBy(this.systemd ? "systemctl reboot" : "reboot");
    if (!this.container) throw new Error(`${this.name}: ended instead of restarting\n${this.consoleTail()}`);
  }

  async powerOff(): Promise<void> {
    if (this.container) await this.endBy(this.systemd ? "systemctl poweroff" : "poweroff");
  }

  async powerCut(): Promise<void> {
    const ended = this.waitForEnd();
    // The first process of a process namespace takes all others with it, in one stroke.
    if (this.container) process.kill(this.leader, "SIGKILL");
    await ended;
  }

  async setCarrier(link: string, up: boolean): Promise<void> {
    const card = cardOf(this, this.nics, link);
    await run("ip", ["link", "set", card.port, up ? "up" : "down"]);
  }

  snapshot(): Promise<Snapshot> {
    return takeSnapshot(this);
  }

  async reset(): Promise<void> {
    await this.powerCut();
    await this.prepare();
    await this.start();
  }

  async discard(): Promise<void> {
    await this.powerCut();
    await run("umount", ["-q", "-R", this.root], { check: false });
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Lays a fresh writable layer over the tree, with the host's identity in it. */
  async prepare(): Promise<void> {
    const part = (name: string) => join(this.folder, name);
    await run("umount", ["-q", "-R", this.root], { check: false });
    for (const name of ["upper", "work", "root", "docker"]) {
      rmSync(part(name), { recursive: true, force: true });
      mkdirSync(part(name), { recursive: true });
    }
    const layers = `lowerdir=${this.identity.tree},upperdir=${part("upper")},workdir=${part("work")}`;
    await run("mount", ["-t", "overlay", "overlay", "-o", layers, this.root]);
    writeIdentity(this.root, this.identity);
  }

  private async start(): Promise<void> {
    await this.plugIn();
    const console = openSync(this.consolePath, "a");
    const container = spawn("sh", ["-c", enterHostGroup, "sh", this.name, ...this.nspawn()], {
      stdio: ["ignore", console, console],
      env: { ...process.env, SYSTEMD_NSPAWN_API_VFS_WRITABLE: "network", SYSTEMD_NSPAWN_LOCK: "0" },
    });
    closeSync(console);
    // A running host keeps no program alive; a host that somebody waits for does.
    container.unref();
    this.container = container;
    const exit = new Promise<number | null>((resolve) => container.once("exit", resolve));
    this.ended = exit.then(async (code) => {
      this.container = undefined;
      await this.unplug();
      // A machine that restarts comes back without anybody's help.
      if (code === restartStatus) await this.start();
    });
    // Who waits for the end is told; when nobody waits, the next look at the host tells.
    this.ended.catch(() => {});
    await this.ready(container);
  }

  private nspawn(): string[] {
    // From Debian 13 on, systemd takes cgroup v1, which the machine may have, only when told so twice.
    const legacy = ["systemd.unified_cgroup_hierarchy=0", "SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1"];
    return [
      ...["systemd-nspawn", "--quiet", "--boot", `--directory=${this.root}`, `--machine=${this.name}`],
      ...["--register=no", "--keep-unit", "--link-journal=no", "--resolv-conf=off", "--timezone=off", "--console=pipe"],
      ...["--capability=all", "--system-call-filter=@mount @keyring bpf add_key keyctl"],
      // Docker's layers cannot lie on another overlay.
      `--bind=${join(this.folder, "docker")}:/var/lib/docker`,
      `--network-namespace-path=/run/netns/${this.name}`,
      ...(this.debian === "12" ? [] : legacy),
    ];
  }

  /** A fresh network namespace with the host's cards: a boot finds all cards there and nothing else, like a real one. */
  private async plugIn(): Promise<void> {
    await run("ip", ["netns", "add", this.name]);
    const lines = cardsOf(this.place, this.nics).flatMap((card) => [
      `link add ${card.port} type veth peer name ${card.interface} address ${card.mac} netns ${this.name}`,
      `link set ${card.port} master ${card.bridge} up`,
    ]);
    await run("ip", ["-batch", "-"], { input: lines.join("\n") });
  }

  private async unplug(): Promise<void> {
    // The kernel takes a namespace apart some time after it was deleted; the names of its cards must be free at once.
    const lines = cardsOf(this.place, this.nics).map((card) => `link del ${card.port}`);
    await run("ip", ["-batch", "-"], { input: lines.join("\n") });
    await run("ip", ["netns", "del", this.name]);
  }

  private waitForEnd(): Promise<void> {
    this.container?.ref();
    return this.ended;
  }

  private async endBy(command: string): Promise<void> {
    const ended = this.waitForEnd();
    await this.exec(command, { check: false });
    const timer = setTimeout(() => this.container?.kill("SIGKILL"), bootTimeoutMs);
    await ended.finally(() => clearTimeout(timer));
  }

  /** Waits until the host's init runs, SSH greets and Docker answers. */
  private async ready(container: ChildProcess): Promise<void> {
    const wait = { timeoutMs: bootTimeoutMs, intervalMs: 50 };
    const test = readyTest(this.nics);
    const alive = () => {
      if (container.exitCode === null && container.signalCode === null) return;
      throw new Error(`${this.name}: did not boot, nspawn ended with ${container.exitCode}`);
    };
    try {
      this.leader = await until(`${this.name}: init`, wait, async () => {
        alive();
        return firstProcess(container.pid!);
      });
      await until(`${this.name}: Docker and SSH`, wait, async () => {
        alive();
        return (await this.exec(test, { check: false })).code === 0 || undefined;
      });
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${this.consoleTail()}`);
    }
  }

  private consoleTail(): string {
    return readFileSync(this.consolePath, "utf8").split("\n").slice(-20).join("\n");
  }
}

/** The init of a container: the child of nspawn that is the first in a process namespace of its own, once it runs init. */
function firstProcess(nspawn: number): number | undefined {
  try {
    const children = readFileSync(`/proc/${nspawn}/task/${nspawn}/children`, "utf8").trim().split(" ").filter(Boolean);
    for (const child of children) {
      const inner = /^NSpid:.*\t(\d+)$/m.exec(readFileSync(`/proc/${child}/status`, "utf8"))?.[1];
      if (inner === "1" && /^(systemd|init)$/m.test(readFileSync(`/proc/${child}/comm`, "utf8"))) return Number(child);
    }
  } catch {
    // Between two processes.
  }
  return undefined;
}

/** Boots a light host and waits until SSH and Docker answer. */
export async function bootLightHost(options: LightHostOptions, place: HostPlace): Promise<LightHost> {
  requireLab();
  const hostKey = await makeHostKey(options.name);
  const host = new LightHost(options, place, await lightTree(options.debian ?? "13", options.networkManager), hostKey);
  const wrong = nicProblems(host.networkManager, options.lans ?? []);
  if (wrong.length > 0) throw new Error(`host ${options.name}: ${wrong.join("; ")}`);
  await host.prepare();
  await host.powerOn();
  return host;
}
