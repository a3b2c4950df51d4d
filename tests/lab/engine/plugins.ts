import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { cached, hashOf } from "../cache";
import { run } from "../process";
import type { Engine } from "./engine";
import { goBuild, moduleFiles } from "./go-build";
import { pulumiDownloads } from "./online";
import { type PluginName, pluginVersions } from "./versions";

export type PluginSource = "official" | "stand-in";

/** The folder in the cache that holds one plugin, ready to be put under PULUMI_HOME/plugins. */
export interface PluginFolder {
  readonly name: PluginName;
  readonly folder: string;
  readonly source: PluginSource;
}

const pluginsModule = join(__dirname, "..", "plugins");

const installedName = (name: PluginName) => `resource-${name}-v${pluginVersions[name]}`;

/** The official plugin that the user's own Pulumi has installed. */
function usersOwn(name: PluginName): string | undefined {
  const home = process.env.PULUMI_HOME ?? join(homedir(), ".pulumi");
  const folder = join(home, "plugins", installedName(name));
  return existsSync(join(folder, `pulumi-resource-${name}`)) ? folder : undefined;
}

async function downloaded(engine: Engine, name: PluginName): Promise<string> {
  const version = pluginVersions[name];
  const home = await cached(`plugins/official-${name}-${version}`, `plugins: ${name} ${version} downloaded`, (part) =>
    run(join(engine.bin, "pulumi"), ["plugin", "install", "resource", name, `v${version}`], {
      env: { PULUMI_HOME: part, PULUMI_SKIP_UPDATE_CHECK: "true" },
      timeoutMs: 300_000,
    }).then(() => {}),
  );
  return join(home, "plugins", installedName(name));
}

async function standIn(name: PluginName): Promise<string> {
  const inputs = ["internal", name].map((folder) => join(pluginsModule, folder));
  const key = hashOf({ texts: [process.arch], paths: [...moduleFiles(pluginsModule), ...inputs] });
  const label = `plugins: stand-in for ${name} ${pluginVersions[name]} built`;
  return cached(`plugins/stand-in-${name}-${key}`, label, async (part) => {
    await goBuild({
      module: pluginsModule,
      packagePath: `./${name}`,
      output: join(part, `pulumi-resource-${name}`),
    });
    // The engine reads this to list a plugin that it did not install itself.
    writeFileSync(join(part, "PulumiPlugin.yaml"), "runtime: go\n");
  });
}

/** The plugin of one provider: the official one where Pulumi has it or can fetch it, else the stand-in. */
export async function preparePlugin(engine: Engine, name: PluginName): Promise<PluginFolder> {
  const own = usersOwn(name);
  if (own) return { name, folder: own, source: "official" };
  if (await pulumiDownloads()) return { name, folder: await downloaded(engine, name), source: "official" };
  return { name, folder: await standIn(name), source: "stand-in" };
}

// The engine writes a debug log of every run, megabytes of it, and has no setting against that: a seventh of its time. It goes on
// without one where it finds no folder for it.
const NO_LOGS = "In place of the folder of the engine's logs: the lab reads none.\n";

/** A PULUMI_HOME of the lab's own with exactly these plugins, so that stand-ins never stand before a user's plugins. */
export async function prepareHome(plugins: readonly PluginFolder[]): Promise<string> {
  const key = hashOf({ texts: [...plugins.map(({ folder }) => folder), NO_LOGS] });
  return cached(`pulumi-home/${key}`, "plugins: put into a PULUMI_HOME of the lab", async (part) => {
    mkdirSync(join(part, "plugins"));
    writeFileSync(join(part, "logs"), NO_LOGS);
    for (const { name, folder } of plugins) {
      await run("cp", ["--recursive", "--reflink=auto", folder, join(part, "plugins", installedName(name))]);
    }
  });
}
