import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Stack, type StackResult, type StateResource } from "../stack";
import type { SshServer } from "./support";

/** One Command of the program under test. */
export interface Declared {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** Arguments that are given as secrets. */
  readonly secrets?: readonly string[];
  /** The output or id of another Command that `triggers` gets. */
  readonly triggeredBy?: string;
  readonly options?: Readonly<Record<string, unknown>>;
  /** Made without the SDK's class, which itself fills in defaults and marks secrets. */
  readonly raw?: boolean;
}

/** A stack of Commands on the test's SSH server. */
export class CommandStack {
  private readonly folder = mkdtempSync(join(tmpdir(), "wirework-commands-"));
  private readonly stack: Stack;

  constructor(private readonly server: SshServer) {
    this.declare();
    this.stack = new Stack({ dir: join(__dirname, "declared-commands"), env: { DECLARED: this.file } });
  }

  private get file(): string {
    return join(this.folder, "declared.json");
  }

  /** How a Command reaches the server; a wrong setting shows after one more try. */
  connection(changed: Record<string, unknown> = {}): Record<string, unknown> {
    const { server } = this;
    const common = { port: server.port, privateKey: server.read("login"), dialErrorLimit: 1 };
    return { host: "127.0.0.1", ...common, hostKey: server.hostKey(), ...changed };
  }

  /** Writes the program's Commands; each gets the usual connection unless it has one. */
  declare(...commands: Declared[]): void {
    const complete = commands.map((one) => ({ ...one, args: { connection: this.connection(), ...one.args } }));
    writeFileSync(this.file, JSON.stringify(complete));
  }

  /** An engine run that must succeed. */
  async up(...commands: Declared[]): Promise<StackResult> {
    this.declare(...commands);
    return this.stack.up({ check: true });
  }

  /** An engine run that must fail; gives what it said. */
  async failingUp(...commands: Declared[]): Promise<string> {
    this.declare(...commands);
    return failed(await this.stack.up());
  }

  async preview(...commands: Declared[]): Promise<StackResult> {
    this.declare(...commands);
    return this.stack.preview({ check: true });
  }

  async failingPreview(...commands: Declared[]): Promise<string> {
    this.declare(...commands);
    return failed(await this.stack.preview());
  }

  refresh(): Promise<StackResult> {
    return this.stack.refresh({ check: true });
  }

  destroy(): Promise<StackResult> {
    return this.stack.destroy({ check: true });
  }

  async failingDestroy(): Promise<string> {
    return failed(await this.stack.destroy());
  }

  /** The Commands of the state by name; secrets in clear or as the engine stores them. */
  async commands(showSecrets = false): Promise<Record<string, StateResource>> {
    const { resources } = await this.stack.export({ showSecrets });
    const commands = resources.filter(({ type }) => type === "command:remote:Command");
    return Object.fromEntries(commands.map((one) => [one.urn.slice(one.urn.lastIndexOf("::") + 2), one]));
  }

  /** Removes all files; what is left of the Commands goes with the server's folder. */
  dispose(): void {
    this.stack.dispose();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function failed(result: StackResult): string {
  const said = result.stdout + result.stderr;
  if (result.code === 0) throw new Error(`the run succeeded and should have failed:\n${said}`);
  return said;
}

/** What happened to each Command, by name; the three steps of a replacement count as `replace`. */
export function operations(result: StackResult): Record<string, string> {
  const steps = result.steps.filter(({ type }) => type === "command:remote:Command");
  return Object.fromEntries(steps.map(({ name, op }) => [name, op.includes("replace") ? "replace" : op]));
}

/** The marks that commands left in a file, one line each. */
export function marks(path: string): string[] {
  return existsSync(path) ? readFileSync(path, "utf8").trimEnd().split("\n") : [];
}

/** Whether a value in an exported state is stored as a secret. */
export function isSecret(value: unknown): boolean {
  const signature = "4dabf18193072939515e22adb298388d";
  return typeof value === "object" && value !== null && signature in value;
}

/** What a secret of an exported state holds, when it is exported in clear. */
export function inClear(value: unknown): unknown {
  return isSecret(value) ? JSON.parse((value as { plaintext: string }).plaintext) : value;
}
