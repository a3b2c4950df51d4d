import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunEvents, readEvents } from "./engine/events";
import { changeProgram, layOutProject } from "./engine/project";
import type { LabHost } from "./host";
import { type RunResult, run } from "./process";
import { toolchain } from "./toolchain";

type Values = Readonly<Record<string, string>>;

export interface StackOptions {
  /** The folder of an example, with Pulumi.yaml … */
  readonly dir?: string;
  /** … or the program's TypeScript text. */
  readonly program?: string;
  /** @default "lab" */
  readonly name?: string;
  /** Added to the environment of engine and program. */
  readonly env?: Values;
  /** Limit of one engine run. @default 300000 */
  readonly timeoutMs?: number;
  /** Whether a run that fails is thrown, where the run itself says nothing of it. @default false */
  readonly check?: boolean;
}

/** An engine run: exit code, what it printed and what it did. A failed run is a result, not an exception: look at the code. */
export interface StackResult extends RunResult, RunEvents {}

export interface RunStackOptions {
  /** Throw when the run fails. @default - as the stack has it */
  readonly check?: boolean;
  /** Called with each line that the engine prints. */
  readonly onLine?: (line: string) => void;
  /** Further flags of the engine, such as `--target`. */
  readonly flags?: readonly string[];
}

/** One resource as the state file has it. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

export interface StackExport extends RunResult {
  readonly resources: readonly StateResource[];
}

/** One Pulumi stack with a state folder of its own, driven by the lab's engine as a user drives it: over the CLI. */
export class Stack {
  /** State, project and logs of this stack. */
  readonly folder: string;
  readonly name: string;
  private readonly options: StackOptions;
  private runs = 0;
  private made: Promise<void> | undefined;

  constructor(options: StackOptions) {
    this.options = options;
    this.name = options.name ?? "lab";
    this.folder = mkdtempSync(join(tmpdir(), "wirework-stack-"));
    mkdirSync(join(this.folder, "state"));
    layOutProject(this.project, options);
  }

  private get project(): string {
    return join(this.folder, "project");
  }

  /** The environment of engine and program: also what a person needs to go on by hand. */
  get env(): Record<string, string> {
    return {
      ...toolchain().env,
      PULUMI_BACKEND_URL: `file://${join(this.folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "lab",
      PULUMI_DEBUG_COMMANDS: "true", // has the flag --event-log
      PULUMI_NODEJS_TRANSPILE_ONLY: "true", // types are checked by `npm run check`; here it would only cost seconds
      NODE_OPTIONS: `--require ${join(__dirname, "engine", "from-source.cjs")}`,
      // Keys of whoever runs the tests must not open lab hosts.
      SSH_AUTH_SOCK: "",
      ...this.options.env,
    };
  }

  /** Runs the CLI in the project. */
  async pulumi(args: readonly string[], options: RunStackOptions & { input?: string } = {}): Promise<RunResult> {
    return run(toolchain().pulumi, [...args, "--non-interactive", "--color", "never"], {
      cwd: this.project,
      env: this.env,
      input: options.input,
      timeoutMs: this.options.timeoutMs ?? 300_000,
      check: options.check,
      onLine: options.onLine,
    });
  }

  private async ready(): Promise<void> {
    this.made ??= this.pulumi(["stack", "init", this.name]).then(() => {});
    await this.made;
  }

  private async engineRun(args: readonly string[], given: RunStackOptions = {}): Promise<StackResult> {
    const options = { check: this.options.check ?? false, ...given };
    await this.ready();
    const log = join(this.folder, `events-${this.runs++}.jsonl`);
    const command = [...args, "--stack", this.name, "--event-log", log, "--suppress-progress"];
    const result = await this.pulumi([...command, ...(options.flags ?? [])], options);
    return { ...result, ...readEvents(log) };
  }

  up(options?: RunStackOptions): Promise<StackResult> {
    return this.engineRun(["up", "--yes", "--skip-preview"], options);
  }

  /** A preview; with `diff` the output shows the changed lines of each property. */
  preview(options: RunStackOptions & { diff?: boolean } = {}): Promise<StackResult> {
    return this.engineRun(["preview", ...(options.diff ? ["--diff"] : [])], options);
  }

  /** A preview as the engine's own JSON. */
  async previewJson(options?: RunStackOptions): Promise<Record<string, unknown>> {
    return JSON.parse((await this.engineRun(["preview", "--json"], options)).stdout);
  }

  refresh(options?: RunStackOptions): Promise<StackResult> {
    return this.engineRun(["refresh", "--yes", "--skip-preview"], options);
  }

  destroy(options?: RunStackOptions): Promise<StackResult> {
    return this.engineRun(["destroy", "--yes", "--skip-preview"], options);
  }

  /** Sets configuration values, and secret ones; keys without a namespace are the project's own. */
  async config(plain: Values, secret: Values = {}): Promise<void> {
    await this.ready();
    const flags = (flag: string, values: Values) =>
      Object.entries(values).flatMap(([key, value]) => [flag, `${key}=${value}`]);
    // As arguments, where all users of the machine can see them: they are the lab's own secrets, gone with it. From its standard
    // input the CLI would take a value without its last newline.
    const pairs = [...flags("--plaintext", plain), ...flags("--secret", secret)];
    await this.pulumi(["config", "set-all", "--stack", this.name, ...pairs]);
  }

  /** Sets the login to a host of the lab, as the examples and the program of the quick start name it, and further values. */
  login({ address, hostKey, privateKey }: LabHost, plain: Values = {}, secret: Values = {}): Promise<void> {
    return this.config({ address, hostKey, ...plain }, { privateKey, ...secret });
  }

  /** The state file as text and its resources in the order in which they were made; secrets as ciphertext unless shown. */
  async export(options: { showSecrets?: boolean } = {}): Promise<StackExport> {
    await this.ready();
    const flags = options.showSecrets ? ["--show-secrets"] : [];
    const result = await this.pulumi(["stack", "export", "--stack", this.name, ...flags]);
    return { ...result, resources: JSON.parse(result.stdout).deployment.resources ?? [] };
  }

  /** The stack's outputs, secrets in clear. */
  async outputs(): Promise<Record<string, unknown>> {
    await this.ready();
    return JSON.parse(
      (await this.pulumi(["stack", "output", "--stack", this.name, "--json", "--show-secrets"])).stdout,
    );
  }

  /** Changes the program, as a user edits it between two runs. */
  change(program: string): void {
    changeProgram(this.project, program);
  }

  /** Removes project, state and logs from the disk; what the stack made stays. */
  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
