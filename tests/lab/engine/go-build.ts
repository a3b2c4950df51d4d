import { join } from "node:path";
import { onPath, run } from "../process";

/** The oldest Go that the nested modules accept. */
const oldestGo = "1.26.0";

const goEnv = {
  CGO_ENABLED: "0",
  // A build reads nothing from the checkout around the module, and no flags of the user's.
  GOFLAGS: "-buildvcs=false",
  GOWORK: "off",
};

/**
 * Sees to it that there is a Go new enough, or an older one (1.21 or later) that fetches a newer toolchain itself through the
 * module proxy.
 */
async function requireGo(): Promise<void> {
  if (!(await onPath("go"))) {
    throw new Error(
      `lab: go: not on PATH; the engine is built from source where Pulumi's downloads cannot be reached. Install Go ${oldestGo} or later, or any Go from 1.21 (Debian 13: golang-go), which then fetches ${oldestGo} as a module`,
    );
  }
  // The machine may forbid toolchain downloads (GOTOOLCHAIN=local); then an older Go says so itself, with its version.
  await run("go", ["version"], { cwd: __dirname, env: goEnv, timeoutMs: 300_000 });
}

/** Builds one main package of a nested module. */
export async function goBuild(options: {
  /** The folder of the module. */
  readonly module: string;
  readonly packagePath: string;
  readonly output: string;
  /** Linker's -X settings, name to value. */
  readonly set?: Readonly<Record<string, string>>;
}): Promise<void> {
  await requireGo();
  const settings = Object.entries(options.set ?? {}).map(([name, value]) => `-X ${name}=${value}`);
  const flags = ["-trimpath", "-mod=readonly", "-ldflags", ["-s", "-w", ...settings].join(" ")];
  await run("nice", ["-n", "5", "go", "build", ...flags, "-o", options.output, options.packagePath], {
    cwd: options.module,
    env: goEnv,
    timeoutMs: 45 * 60_000,
  });
}

/** What a module's binaries depend on besides the compiler; for cache keys. */
export function moduleFiles(module: string): string[] {
  return [join(module, "go.mod"), join(module, "go.sum")];
}
