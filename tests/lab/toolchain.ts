import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cacheDir, hashOf } from "./cache";
import { prepareEngine } from "./engine/engine";
import { type PluginSource, prepareHome, preparePlugin } from "./engine/plugins";
import type { PluginName } from "./engine/versions";

/** What runs Pulumi programs in the lab. */
export interface Toolchain {
  /** The engine's executable. */
  readonly pulumi: string;
  readonly engineVersion: string;
  /** Where the engine is from: `PATH`, `download` or `Go modules`. */
  readonly engineSource: string;
  /** The lab's own PULUMI_HOME, with the plugins. */
  readonly pulumiHome: string;
  /** Environment for every run of the engine. */
  readonly env: Readonly<Record<string, string>>;
  /** Which plugins are the official ones. */
  readonly plugins: Readonly<Record<PluginName, PluginSource>>;
}

// The answer is kept per state of what it was made from, so that two clones with different plugins do not mix.
function answerFile(): string {
  const inputs = ["engine", "plugins"].map((folder) => join(__dirname, folder));
  return process.env.WIREWORK_TOOLCHAIN ?? join(cacheDir(), "toolchain", `${hashOf({ paths: inputs })}.json`);
}

/**
 * Finds, fetches or builds the engine and the plugins, with progress. Called outside the lab's namespaces, since only there
 * is a way to the registries; `toolchain()` then gives the answer anywhere.
 */
export async function prepareToolchain(): Promise<Toolchain> {
  const engine = await prepareEngine();
  const docker = await preparePlugin(engine, "docker");
  const command = await preparePlugin(engine, "command");
  const pulumiHome = await prepareHome([docker, command]);
  const made: Toolchain = {
    pulumi: join(engine.bin, "pulumi"),
    engineVersion: engine.version,
    engineSource: engine.source,
    pulumiHome,
    env: {
      PATH: `${engine.bin}:${process.env.PATH}`,
      PULUMI_HOME: pulumiHome,
      // Nothing dials out: no look for newer versions, no plugin fetched behind our back.
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      // Plugins are those of the lab's PULUMI_HOME, whatever lies on the PATH.
      PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
    },
    plugins: { docker: docker.source, command: command.source },
  };
  const file = answerFile();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.part`, JSON.stringify(made, undefined, 2));
  renameSync(`${file}.part`, file);
  return made;
}

/** The toolchain that `prepareToolchain` made. */
export function toolchain(): Toolchain {
  const file = answerFile();
  if (!existsSync(file)) {
    throw new Error(`toolchain: ${file} is not there; run prepareToolchain() first, outside the lab's namespaces`);
  }
  const made: Toolchain = JSON.parse(readFileSync(file, "utf8"));
  for (const path of [made.pulumi, made.pulumiHome]) {
    if (!existsSync(path)) throw new Error(`toolchain: ${path} is gone; run prepareToolchain() again`);
  }
  return made;
}

if (require.main === module) {
  prepareToolchain().then(
    (made) => console.log(JSON.stringify(made, undefined, 2)),
    (error: Error) => {
      console.error(error.message);
      process.exitCode = 1;
    },
  );
}
