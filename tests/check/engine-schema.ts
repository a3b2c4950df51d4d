import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PackageSpec } from "@pulumi/pulumi/provider/experimental/schema";
import { run } from "../lab/process";
import { type Toolchain, toolchain } from "../lab/toolchain";
import { copyPackage } from "./copy";
import { root } from "./project";

/** The engine of the lab; undefined where nothing has prepared one. */
export function preparedEngine(): Toolchain | undefined {
  try {
    return toolchain();
  } catch {
    return undefined;
  }
}

/**
 * The schema of the plugin form as the engine takes it (`pulumi package get-schema`), and all that it complains of.
 * As a plugin the package is a checkout: nothing is built, and the SDK compiles the sources with options of its own (ES2020,
 * or the user's), since it starts in another folder. The plugin is an executable that runs the SDK's plugin host: every
 * language host, old or new, can start that.
 */
export async function engineSchema(engine: Toolchain): Promise<{ schema: PackageSpec; complaints: string }> {
  const folder = mkdtempSync(join(tmpdir(), "wirework-schema-"));
  try {
    const sources = join(folder, "wirework");
    copyPackage(sources);
    const plugin = join(folder, "pulumi-resource-wirework");
    const host = join(root, "node_modules/@pulumi/pulumi/cmd/run-plugin/index.js");
    writeFileSync(plugin, `#!/bin/sh\nexec "${process.execPath}" "${host}" "${sources}" "$@"\n`);
    chmodSync(plugin, 0o755);
    const args = ["package", "get-schema", plugin];
    const result = await run(engine.pulumi, args, { cwd: folder, env: engine.env, timeoutMs: 200_000 });
    return { schema: JSON.parse(result.stdout), complaints: result.stderr.trim() };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
