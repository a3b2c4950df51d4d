import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireLab, runFolder } from "../namespace";
import { run } from "../process";
import { lightTree } from "../trees";

/**
 * A real SSH server on the lab's loopback, for root, with keys of its own. It runs in a lab host's tree of files, with a layer over
 * it that takes what is written: so the machine itself needs no SSH server.
 */
export class SshServer {
  /** Everything of the server, and a place where commands under test leave their marks. */
  readonly folder: string;
  readonly port: number;
  private server: ChildProcess | undefined;

  private constructor(port: number) {
    this.folder = mkdtempSync(join(tmpdir(), "wirework-sshd-"));
    this.port = port;
  }

  /** Where the server sees the files: the tree, and this server's folder at its own path. */
  private get root(): string {
    return join(runFolder, "sshd", "root");
  }

  /** The mounts go with the lab's namespace. */
  private async mountTree(): Promise<void> {
    const over = join(runFolder, "sshd");
    for (const name of ["root", "upper", "work"]) mkdirSync(join(over, name), { recursive: true });
    const layers = `lowerdir=${await lightTree("12")},upperdir=${join(over, "upper")},workdir=${join(over, "work")}`;
    await run("mount", ["-t", "overlay", "overlay", "-o", layers, this.root]);
    for (const folder of ["/dev", "/proc", this.folder]) {
      mkdirSync(join(this.root, folder), { recursive: true });
      await run("mount", ["--rbind", folder, join(this.root, folder)]);
    }
    mkdirSync(join(this.root, "run", "sshd"), { recursive: true, mode: 0o755 });
  }

  static async start(port = 2222): Promise<SshServer> {
    requireLab();
    const server = new SshServer(port);
    try {
      await server.mountTree();
      await server.makeKeys();
      await server.serve();
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  private async makeKeys(): Promise<void> {
    const key = (type: string, name: string, passphrase = "") =>
      run("ssh-keygen", ["-q", "-t", type, "-N", passphrase, "-C", name, "-f", join(this.folder, name)]);
    await key("ed25519", "host-ed25519");
    await key("ecdsa", "host-ecdsa");
    await key("ed25519", "login");
    await key("ed25519", "login-locked", "open sesame");
    await key("ed25519", "stranger");
    const logins = ["login", "login-locked"].map((name) => this.read(`${name}.pub`)).join("");
    writeFileSync(join(this.folder, "authorized_keys"), logins, { mode: 0o600 });
  }

  private async serve(): Promise<void> {
    const lines = [
      "ListenAddress 127.0.0.1",
      "ListenAddress ::1",
      `Port ${this.port}`,
      `HostKey ${join(this.folder, "host-ed25519")}`,
      `HostKey ${join(this.folder, "host-ecdsa")}`,
      `AuthorizedKeysFile ${join(this.folder, "authorized_keys")}`,
      `PidFile ${join(this.folder, "sshd.pid")}`,
      "PermitRootLogin prohibit-password",
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "UsePAM no",
      // The temporary folder belongs to everybody, which sshd would otherwise not trust.
      "StrictModes no",
      "AcceptEnv GREETING PULUMI_COMMAND_STDOUT",
      "LogLevel VERBOSE",
    ];
    writeFileSync(join(this.folder, "sshd_config"), `${lines.join("\n")}\n`);
    const command = [
      "/usr/sbin/sshd",
      "-D",
      "-f",
      join(this.folder, "sshd_config"),
      "-E",
      join(this.folder, "sshd.log"),
    ];
    this.server = spawn("chroot", [this.root, ...command], { stdio: "ignore" });
    for (let tries = 0; !(await this.answers()); tries++) {
      if (tries === 100) throw new Error(`sshd: no answer on port ${this.port} within 10 s\n${this.log()}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  private answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.port, "127.0.0.1");
      socket.once("data", () => {
        socket.destroy();
        resolve(true);
      });
      socket.once("error", () => resolve(false));
    });
  }

  /** The text of a file in the server's folder; empty when it is not there. */
  read(name: string): string {
    const path = join(this.folder, name);
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  }

  /** A path in the server's folder, for marks that commands leave. */
  path(name: string): string {
    return join(this.folder, name);
  }

  /** The public host key as a Command's `hostKey` takes it. */
  hostKey(type: "ed25519" | "ecdsa" = "ed25519"): string {
    return this.read(`host-${type}.pub`).split(" ").slice(0, 2).join(" ");
  }

  log(): string {
    return this.read("sshd.log");
  }

  /** How many logins there were so far. */
  logins(): number {
    return this.log()
      .split("\n")
      .filter((line) => line.includes("Accepted publickey")).length;
  }

  /** How many connections were opened so far, whether or not they logged in. */
  dials(): number {
    return this.log()
      .split("\n")
      .filter((line) => line.startsWith("Connection from")).length;
  }

  async stop(): Promise<void> {
    const server = this.server;
    if (server && server.exitCode === null && server.signalCode === null) {
      const ended = new Promise((resolve) => server.once("close", resolve));
      server.kill("SIGTERM");
      await ended;
    }
    await run("umount", ["--recursive", "--lazy", this.root], { check: false });
    rmSync(this.folder, { recursive: true, force: true });
  }
}
