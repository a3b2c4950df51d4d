import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as ts from "typescript";
import { run } from "../tests/lab/process";
import { toolchain } from "../tests/lab/toolchain";
import { type Contender, stepTimeoutMs } from "./contender";

const root = join(__dirname, "..");
const stack = "bench";

/** A way to start the Node program of a stack: what of Pulumi's own time a user can choose. */
export interface Start {
  readonly name: string;
  /** Compiled beforehand by `tsc`, instead of by ts-node at every run. */
  readonly compiled?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

/** As `pulumi new typescript` leaves it. */
export const tsNode: Start = { name: "ts-node" };

/** With what takes most of the time of a short run done beforehand. */
export const compiled: Start = { name: "compiled", compiled: true };

/** What bench/README.md recommends, step by step. */
export const starts: readonly Start[] = [
  tsNode,
  { name: "no type check", env: { PULUMI_NODEJS_TRANSPILE_ONLY: "true" } },
  compiled,
];

// What `pulumi new typescript` writes.
const compilerOptions = {
  strict: true,
  target: "es2020",
  module: "commonjs",
  moduleResolution: "node",
  sourceMap: true,
  forceConsistentCasingInFileNames: true,
};

export interface PulumiOptions {
  readonly name: string;
  /** Folder below bench/programs. */
  readonly program: string;
  /** Folder with a node_modules in which wirework is installed from its own tarball, as users have it. */
  readonly consumer: string;
  readonly config: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly starts: readonly Start[];
}

/** A stack of the real engine: one program, started in one or more ways. Creating and destroying is done in the first. */
export class PulumiContender implements Contender {
  readonly name: string;
  readonly previews: Contender["previews"];
  private readonly options: PulumiOptions;
  private readonly folder: string;
  // Read once: who works on the lab meanwhile does not change the tools of a running bench.
  private readonly tools = toolchain();

  constructor(options: PulumiOptions) {
    this.options = options;
    this.name = options.name;
    this.folder = join(options.consumer, options.name.replaceAll(/\W+/g, "-"));
    this.previews = options.starts.map((start) => ({
      name: start.name,
      run: () => this.pulumi(start, ["preview", "--expect-no-changes", "--suppress-outputs"]),
    }));
    this.layOut();
  }

  /** Makes the stack, and has the program loaded once in every way. */
  async warmUp(): Promise<void> {
    await this.ready();
    for (const start of this.options.starts) await this.pulumi(start, ["preview", "--suppress-outputs"]);
  }

  async create(): Promise<void> {
    await this.pulumi(this.options.starts[0]!, ["up", "--yes", "--skip-preview", "--suppress-progress"]);
  }

  async destroy(): Promise<void> {
    await this.pulumi(this.options.starts[0]!, ["destroy", "--yes", "--skip-preview", "--suppress-progress"]);
  }

  private layOut(): void {
    const source = join(__dirname, "programs", this.options.program);
    rmSync(this.folder, { recursive: true, force: true });
    mkdirSync(join(this.folder, "state"), { recursive: true });
    for (const compiled of [false, true]) {
      const project = this.project(compiled);
      mkdirSync(project);
      const options = { ...(compiled && { typescript: false }) };
      const settings = { name: `bench-${this.options.program}`, runtime: { name: "nodejs", options } };
      writeFileSync(join(project, "Pulumi.yaml"), JSON.stringify(settings));
      writeFileSync(
        join(project, "package.json"),
        JSON.stringify({ name: settings.name, main: compiled ? "index.js" : "index.ts" }),
      );
      if (compiled) {
        const { outputText } = ts.transpileModule(readFileSync(join(source, "index.ts"), "utf8"), {
          compilerOptions: { target: ts.ScriptTarget.ES2020, module: ts.ModuleKind.CommonJS },
        });
        writeFileSync(join(project, "index.js"), outputText);
      } else {
        cpSync(join(source, "index.ts"), join(project, "index.ts"));
        writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["index.ts"] }));
      }
    }
  }

  private project(compiled = false): string {
    return join(this.folder, compiled ? "compiled" : "source");
  }

  private async ready(): Promise<void> {
    const [start] = this.options.starts;
    await this.pulumi(start!, ["stack", "init"]);
    const pairs = (flag: string, values = {}) =>
      Object.entries(values).flatMap(([key, value]) => [flag, `${key}=${value}`]);
    await this.pulumi(start!, [
      ...["config", "set-all"],
      ...pairs("--plaintext", this.options.config),
      ...pairs("--secret", this.options.secrets),
    ]);
  }

  private async pulumi(start: Start, args: readonly string[]): Promise<void> {
    const { pulumi, env } = this.tools;
    const common = ["--non-interactive", "--color", "never", "--stack", stack];
    const config = args[0] === "stack" ? [] : ["--config-file", join(this.folder, "config.yaml")];
    await run(pulumi, [...args, ...common, ...config], {
      cwd: this.project(start.compiled),
      timeoutMs: stepTimeoutMs,
      env: {
        ...env,
        PULUMI_BACKEND_URL: `file://${join(this.folder, "state")}`,
        PULUMI_CONFIG_PASSPHRASE: "bench",
        NODE_OPTIONS: undefined,
        SSH_AUTH_SOCK: "",
        ...start.env,
      },
    });
  }
}

/** Gives the programs what their imports and ts-node need, beside wirework and its peers. */
export function linkCompilers(consumer: string): void {
  for (const name of ["typescript", "ts-node", "@types"]) {
    symlinkSync(join(root, "node_modules", name), join(consumer, "node_modules", name));
  }
}
