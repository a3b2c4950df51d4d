import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, copyFileSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type FullDisk, fullDisk } from "./disks";
import { type ExecOptions, execute } from "./exec";
import { type FullState, fullState, readState, resume, saveMachine } from "./full-state";
import { type LabHost, readyTest } from "./host";
import { type HostIdentity, type HostPlace, hostFolder, takeHostKey, writeIdentity } from "./host-identity";
import { cardOf, cardsOf, type HostNic, NetworkManager, networkFiles, nicProblems } from "./host-network";
import { imageTar, LabImage, loadImages } from "./images";
import { requireLab } from "./namespace";
import { type RunResult, run } from "./process";
import { qmp } from "./qmp";
import { type Snapshot, takeSnapshot } from "./snapshot";
import type { DebianRelease } from "./trees";
import { until } from "./until";

export interface FullHostOptions {
  /** Hostname: at most 12 characters. */
  readonly name: string;
  /** @default "testing" */
  readonly debian?: DebianRelease;
  /** Cards in LANs, beside the management card. @default none */
  readonly lans?: readonly HostNic[];
  /** What configures links at boot. @default networkd */
  readonly networkManager?: NetworkManager;
  /** @default 1024 */
  readonly memoryMiB?: number;
}

/** Emulated, on a busy machine, a boot takes its time. */
const bootTimeoutMs = 900_000;

const kernelArguments = [
  ...["root=/dev/vda", "rw", "console=ttyS0", "quiet", "mitigations=off"],
  // Cards are called eth0, eth1… in the order in which they are plugged in.
  "net.ifnames=0",
  // Emulated on a busy machine, a unit may take longer than systemd would wait for it, or than its watchdog allows.
  ...[
    "systemd.default_timeout_start_sec=900",
    "systemd.default_device_timeout_sec=900",
    "systemd.service_watchdogs=no",
  ],
  "systemd.mask=serial-getty@ttyS0.service",
  // A machine that gets no time for a moment looks to its kernel as if its clock stood still, and then it starts again.
  ...["no_timer_check", "panic=1"],
];

/**
 * A host in QEMU, with a kernel of its own: for what the machine's kernel lacks (L2TP, ipvlan, 802.1Q), real power cuts and
 * the newest Docker. It is emulated, so a boot takes minutes; so it goes on from where its first boot ever was saved, with
 * the images of the lab loaded. Its clock then stands where it stood, until it is rebooted. `exec` goes over SSH and needs
 * the management network.
 */
export class FullHost implements LabHost {
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
  readonly patienceMs = 180_000;
  readonly place: HostPlace;
  /** What the console printed, over all boots. */
  readonly consolePath: string;

  private readonly disk: FullDisk;
  private readonly state: FullState;
  private saved = false;
  private readonly nics: readonly HostNic[];
  private readonly identity: HostIdentity;
  private readonly memoryMiB: number;
  private machine: ChildProcess | undefined;
  private ended: Promise<void> = Promise.resolve();

  constructor(options: FullHostOptions, place: HostPlace, disk: FullDisk, state: FullState) {
    this.name = options.name;
    this.debian = options.debian ?? "testing";
    this.nics = options.lans ?? [];
    this.memoryMiB = options.memoryMiB ?? 1024;
    this.disk = disk;
    this.networkManager = options.networkManager ?? NetworkManager.networkd;
    this.state = state;
    const { name, nics, networkManager } = this;
    this.identity = { name, place, tree: disk.tree, networkManager, nics, seed: "full" };
    this.place = place;
    this.hostKey = takeHostKey(this.name, state.hostKey);
    this.address = place.address;
    this.address6 = place.address6;
    this.privateKeyPath = place.privateKeyPath;
    this.privateKey = readFileSync(place.privateKeyPath, "utf8");
    this.consolePath = this.file("console.log");
  }

  exec(command: string, options: ExecOptions = {}): Promise<RunResult> {
    return this.login(this.privateKeyPath, command, options);
  }

  private login(key: string, command: string, options: ExecOptions): Promise<RunResult> {
    if (!this.machine) return Promise.reject(new Error(`${this.name}: the host is off; powerOn() starts it`));
    // One connection for all commands: a login takes a second of emulated arithmetic.
    const shared = ["-o", "ControlMaster=auto", "-o", `ControlPath=${this.file("ssh")}`, "-o", "ControlPersist=yes"];
    const known = ["-o", "StrictHostKeyChecking=yes", "-o", `UserKnownHostsFile=${this.file("known-hosts")}`];
    const patience = ["-o", "BatchMode=yes", "-o", "ConnectTimeout=20", "-o", "LogLevel=ERROR"];
    const login = ["-T", "-i", key, `${this.user}@${this.address}`];
    return execute(["ssh", ...shared, ...known, ...patience, ...login, command], { timeoutMs: 600_000, ...options });
  }

  async powerOn(): Promise<void> {
    await this.ended;
    if (!this.machine) await this.start();
  }

  async reboot(): Promise<void> {
    const before = await this.bootId();
    await this.exec("systemctl reboot", { check: false });
    await this.ready((bootId) => bootId !== "" && bootId !== before);
  }

  async powerOff(): Promise<void> {
    if (!this.machine) return;
    const ended = this.waitForEnd();
    await this.exec("systemctl poweroff", { check: false });
    await ended;
  }

  async powerCut(): Promise<void> {
    const ended = this.waitForEnd();
    if (this.machine) await qmp(this.file("qmp"), "quit");
    await ended;
  }

  async setCarrier(link: string, up: boolean): Promise<void> {
    const card = cardOf(this, this.nics, link);
    await qmp(this.file("qmp"), "set_link", { name: `net-${card.port}`, up });
  }

  snapshot(): Promise<Snapshot> {
    return takeSnapshot(this);
  }

  async reset(): Promise<void> {
    await this.powerCut();
    await this.goOn();
  }

  async discard(): Promise<void> {
    await this.powerCut();
    rmSync(hostFolder(this.name), { recursive: true, force: true });
  }

  /** The first boot, and the state after it. */
  async save(): Promise<void> {
    await this.prepare(["-F", "raw", "-b", this.disk.image]);
    await this.powerOn();
    await loadImages(this);
    // With time to come to rest: whoever goes on from here must not wait for it.
    await this.exec("systemctl is-system-running --wait; sync", { check: false });
    const ended = this.waitForEnd();
    await saveMachine(this.file("qmp"), this.state.memory);
    await ended;
    copyFileSync(this.file("layer.qcow2"), this.state.layer);
  }

  /** Goes on from the state after the first boot, in this lab. */
  async goOn(): Promise<void> {
    await this.prepare(["-F", "qcow2", "-b", this.state.layer]);
    this.saved = true;
    await this.start();
  }

  /** A fresh layer over a disk, and a small disk with the host's identity. */
  private async prepare(over: string[]): Promise<void> {
    rmSync(this.file("layer.qcow2"), { force: true });
    await run("qemu-img", ["create", "-q", "-f", "qcow2", ...over, this.file("layer.qcow2")]);
    const folder = this.file("identity");
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { mode: 0o755 });
    writeIdentity(folder, this.identity);
    await run("mke2fs", ["-q", "-F", "-t", "ext4", "-d", folder, this.file("identity.img"), "8M"]);
    writeFileSync(this.file("known-hosts"), `${this.address} ${this.hostKey}\n`);
  }

  private file(name: string): string {
    return join(hostFolder(this.name), name);
  }

  private async start(): Promise<void> {
    const cards = cardsOf(this.place, this.nics);
    const lines = cards.flatMap((card) => [
      `tuntap add dev ${card.port} mode tap`,
      `link set ${card.port} master ${card.bridge} up`,
    ]);
    await run("ip", ["-batch", "-"], { input: lines.join("\n") });
    rmSync(this.file("ssh"), { force: true });
    const output = openSync(this.consolePath, "a");
    const machine = spawn("qemu-system-x86_64", this.qemu(), { stdio: ["ignore", output, output] });
    closeSync(output);
    // A running host keeps no program alive; a host that somebody waits for does.
    machine.unref();
    this.machine = machine;
    this.ended = new Promise<void>((resolve) => machine.once("exit", () => resolve())).then(async () => {
      this.machine = undefined;
      await run("ip", ["-batch", "-"], { input: cards.map((card) => `link del ${card.port}`).join("\n") });
    });
    this.ended.catch(() => {});
    if (this.saved) await this.enterLab();
    this.saved = false;
    await this.ready((bootId) => bootId !== "");
  }

  /** The host knows the key with which it was saved; from now on it knows that of this lab. */
  private async enterLab(): Promise<void> {
    await resume(this.file("qmp"));
    const input = readFileSync(`${this.privateKeyPath}.pub`, "utf8");
    const command = "tee /root/.ssh/authorized_keys >/home/net/.ssh/authorized_keys && sync";
    await until(`${this.name}: SSH`, { timeoutMs: bootTimeoutMs, intervalMs: 500 }, async () => {
      if (!this.machine) throw new Error(`${this.name}: ended early\n${this.consoleTail()}`);
      const { code } = await this.login(this.state.loginKey, command, { input, check: false });
      return code === 0 || undefined;
    });
  }

  private qemu(): string[] {
    const cards = cardsOf(this.place, this.nics).flatMap((card) => [
      ...["-netdev", `tap,id=${card.port},ifname=${card.port},script=no,downscript=no`],
      ...["-device", `virtio-net-pci,id=net-${card.port},netdev=${card.port},mac=${card.mac}`],
    ]);
    return [
      // Stock kernels hang under KVM on machines that are virtual themselves.
      ...["-accel", "tcg", "-smp", "2", "-m", `${this.memoryMiB}M`, "-display", "none", "-nodefaults"],
      ...["-kernel", this.disk.kernel, "-initrd", this.disk.initrd],
      ...["-append", kernelArguments.join(" ")],
      ...["-drive", `if=virtio,format=qcow2,file=${this.file("layer.qcow2")}`],
      ...["-drive", `if=virtio,format=raw,readonly=on,file=${this.file("identity.img")}`],
      ...(this.saved ? readState(this.state.memory) : []),
      ...["-device", "virtio-rng-pci", "-serial", "stdio", "-qmp", `unix:${this.file("qmp")},server=on,wait=off`],
      ...cards,
    ];
  }

  private waitForEnd(): Promise<void> {
    this.machine?.ref();
    return this.ended;
  }

  private async bootId(): Promise<string> {
    return (await this.exec("cat /proc/sys/kernel/random/boot_id")).stdout.trim();
  }

  /** Waits for a boot of the wanted id, whose Docker answers. */
  private async ready(wanted: (bootId: string) => boolean): Promise<void> {
    const wait = { timeoutMs: bootTimeoutMs, intervalMs: 1000 };
    try {
      await until(`${this.name}: SSH`, wait, async () => {
        if (!this.machine) throw new Error(`${this.name}: ended early`);
        return wanted(await this.bootId().catch(() => "")) || undefined;
      });
      // The job that starts Docker runs already; to wait for it costs the host nothing, other than to ask again and again.
      const docker = `systemctl start docker.service; until ${readyTest(this.nics)}; do sleep 3; done`;
      await this.exec(docker, { timeoutMs: bootTimeoutMs });
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${this.consoleTail()}`);
    }
  }

  private consoleTail(): string {
    return readFileSync(this.consolePath, "utf8").split("\n").slice(-20).join("\n");
  }
}

/** A full host that runs, and answers by SSH and Docker: it goes on from its saved state, which is made when it is not there. */
export async function bootFullHost(options: FullHostOptions, place: HostPlace): Promise<FullHost> {
  requireLab();
  const manager = options.networkManager ?? NetworkManager.networkd;
  const wrong = nicProblems(manager, options.lans ?? []);
  if (wrong.length > 0) throw new Error(`host ${options.name}: ${wrong.join("; ")}`);
  const disk = await fullDisk(options.debian ?? "testing", manager);
  const images = await Promise.all(Object.values(LabImage).map(imageTar));
  const nics = options.lans?.map(({ lan: _, ...nic }) => nic) ?? [];
  const own = { ...options, lans: nics };
  const about = JSON.stringify([disk.image, images, own, networkFiles(manager, nics), place.index, kernelArguments]);
  const state = await fullState(options.name, [about], async (fresh) => {
    await new FullHost(options, { ...place, privateKeyPath: fresh.loginKey }, disk, fresh).save();
  });
  const host = new FullHost(options, place, disk, state);
  await host.goOn();
  return host;
}
