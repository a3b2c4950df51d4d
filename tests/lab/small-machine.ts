import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fullDisk } from "./disks";
import type { ExecOptions } from "./exec";
import { RunError, type RunResult, run } from "./process";

// The machine's first program: one command after another, each as the lengths of its text and its input, then both.
const SHELL = `#!/bin/sh
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
for folder in run tmp; do mount -t tmpfs $folder /$folder; done
# Emulated, one static program is several times faster than many that are linked when they start. Not head, which reads ahead.
for tool in awk cat chmod cmp cp cut date find grep ln mkdir mv readlink rm rmdir sed sha256sum sleep sort stat tail touch tr uniq wc; do
  ln -s /usr/bin/busybox /usr/local/bin/$tool
done
rm -f /usr/bin/docker
ip link set lo up
modprobe virtio_console
until [ -e /dev/vport0p1 ]; do sleep 0.1; done
exec 3<>/dev/vport0p1
echo "0 0 0" >&3
while read -r text input <&3; do
  head -c "$text" <&3 >/tmp/text
  head -c "$input" <&3 >/tmp/input
  sh /tmp/text </tmp/input >/tmp/stdout 2>/tmp/stderr 3<&-
  { echo "$? $(stat -c "%s" /tmp/stdout) $(stat -c "%s" /tmp/stderr)"; cat /tmp/stdout /tmp/stderr; } >&3
done
`;

/** Emulated, on a busy machine. */
const patienceMs = 300_000;

/**
 * A machine in QEMU with a kernel of its own, on which nothing runs but a shell: up within seconds, where a full host takes
 * minutes. For what the kernel of the machine beneath lacks (L2TP, ipvlan, 802.1Q); hosts are namespaces inside it.
 */
export class SmallMachine {
  private readonly folder = mkdtempSync(join(tmpdir(), "wirework-machine-"));
  private machine!: ChildProcess;
  private received = Buffer.alloc(0);
  /** After an answer that did not come there is none to later commands either. */
  private last: Promise<unknown> = Promise.resolve();
  /** Who waits for the answer to the command that runs. */
  private waiting: { resolve(result: RunResult): void; reject(error: Error): void } | undefined;

  private constructor() {}

  static async boot(): Promise<SmallMachine> {
    const machine = new SmallMachine();
    await machine.start();
    return machine;
  }

  /** Runs a command as root, after those that were asked for before. */
  async exec(
    command: string,
    { input = "", check = true, timeoutMs = patienceMs }: ExecOptions = {},
  ): Promise<RunResult> {
    const turn = this.last.then(() => {
      const [text, data] = [Buffer.from(command), Buffer.from(input)];
      this.machine.stdin!.write(Buffer.concat([Buffer.from(`${text.length} ${data.length}\n`), text, data]));
      return this.answer(command, timeoutMs);
    });
    this.last = turn;
    const result = await turn;
    if (check && result.code !== 0) {
      throw new RunError(`exit code ${result.code}: ${command}\n${result.stdout}${result.stderr}`, result);
    }
    return result;
  }

  /** Switches it off; nothing of it stays. */
  async end(): Promise<void> {
    const gone = new Promise((resolve) => this.machine.once("exit", resolve));
    this.machine.kill("SIGKILL");
    await gone;
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async start(): Promise<void> {
    const disk = await fullDisk("testing");
    const identity = join(this.folder, "identity");
    mkdirSync(identity);
    writeFileSync(join(identity, "lab-shell"), SHELL, { mode: 0o755 });
    await run("mke2fs", ["-q", "-F", "-t", "ext4", "-d", identity, join(this.folder, "identity.img"), "1M"]);
    const drive = (file: string) => ["-drive", `if=virtio,format=raw,snapshot=on,file=${file}`];
    const machine = spawn(
      "qemu-system-x86_64",
      [
        ...["-accel", "tcg", "-smp", "1", "-m", "512M", "-display", "none", "-nodefaults", "-no-reboot"],
        ...["-kernel", disk.kernel, "-initrd", disk.initrd],
        ...["-append", "root=/dev/vda rw console=ttyS0 quiet mitigations=off no_timer_check panic=1 first=/lab-shell"],
        ...drive(disk.image),
        ...drive(join(this.folder, "identity.img")),
        ...["-serial", `file:${join(this.folder, "console.log")}`],
        ...["-device", "virtio-serial-pci", "-chardev", "stdio,id=shell,signal=off"],
        ...["-device", "virtserialport,chardev=shell,name=shell", "-device", "virtio-rng-pci"],
      ],
      // Its snapshots lie where its folder does.
      { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, TMPDIR: this.folder } },
    );
    this.machine = machine;
    machine.once("exit", (code) =>
      this.waiting?.reject(new Error(`the machine ended with ${code}\n${this.console()}`)),
    );
    machine.stdout!.on("data", (bytes: Buffer) => this.take(bytes));
    await this.answer("the boot", patienceMs);
  }

  private answer(what: string, timeoutMs: number): Promise<RunResult> {
    return new Promise((resolve, reject) => {
      const late = () => reject(new Error(`no answer within ${timeoutMs / 1000} s: ${what}\n${this.console()}`));
      const limit = setTimeout(late, timeoutMs);
      const settle = <T>(act: (value: T) => void) => {
        return (value: T) => {
          clearTimeout(limit);
          this.waiting = undefined;
          act(value);
        };
      };
      this.waiting = { resolve: settle(resolve), reject: settle(reject) };
    });
  }

  private take(bytes: Buffer): void {
    this.received = Buffer.concat([this.received, bytes]);
    const end = this.received.indexOf("\n");
    const [code, stdout, stderr] = this.received.subarray(0, Math.max(end, 0)).toString().split(" ").map(Number);
    if (code === undefined || stdout === undefined || stderr === undefined) return;
    const [from, to] = [end + 1 + stdout, end + 1 + stdout + stderr];
    if (this.received.length < to) return;
    const text = (start: number, stop: number) => this.received.subarray(start, stop).toString();
    const result = { code, stdout: text(end + 1, from), stderr: text(from, to) };
    this.received = this.received.subarray(to);
    this.waiting?.resolve(result);
  }

  private console(): string {
    return readFileSync(join(this.folder, "console.log"), "utf8").split("\n").slice(-20).join("\n");
  }
}
