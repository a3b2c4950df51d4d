import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import * as automation from "@pulumi/pulumi/automation";
import { version as sdkVersion } from "@pulumi/pulumi/version";
import { cached, hashOf } from "../cache";
import { onPath, run } from "../process";
import { goBuild, moduleFiles } from "./go-build";
import { pulumiDownloads } from "./online";
import { atLeast, engineVersion, languageHostVersion, oldestEngine } from "./versions";

/** A Pulumi engine with its Node.js language host. */
export interface Engine {
  /** The folder with `pulumi` and `pulumi-language-nodejs`. */
  readonly bin: string;
  readonly version: string;
  readonly source: "PATH" | "download" | "Go modules";
}

async function onUsersPath(): Promise<Engine | undefined> {
  const found = await onPath("pulumi");
  if (found === undefined) return undefined;
  const pulumi = realpathSync(found);
  if (!existsSync(join(dirname(pulumi), "pulumi-language-nodejs"))) return undefined;
  const answer = await run(pulumi, ["version"], { check: false, timeoutMs: 30_000 });
  const version = answer.stdout.trim().replace(/^v/, "");
  if (answer.code !== 0 || !atLeast(version, oldestEngine)) return undefined;
  return { bin: dirname(pulumi), version, source: "PATH" };
}

async function downloaded(): Promise<Engine> {
  // Pulumi's own installer takes the engine of the SDK's version when not told otherwise.
  const folder = await cached(`engine/official-${sdkVersion}`, `engine: pulumi ${sdkVersion} downloaded`, (part) =>
    automation.PulumiCommand.install({ root: part }).then(() => {}),
  );
  return { bin: join(folder, "bin"), version: sdkVersion, source: "download" };
}

async function built(): Promise<Engine> {
  const module = __dirname;
  const hostModule = join(__dirname, "language-nodejs");
  const key = hashOf({ texts: [process.arch], paths: [...moduleFiles(module), ...moduleFiles(hostModule)] });
  const label = `engine: pulumi ${engineVersion} built from Go modules (once; about 7 minutes on 2 cores)`;
  const versionVariable = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";
  const folder = await cached(`engine/built-${key}`, label, async (part) => {
    process.stdout.write(`${label} begins\n`);
    await goBuild({
      module,
      packagePath: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
      output: join(part, "pulumi"),
      set: { [versionVariable]: `v${engineVersion}` },
    });
    await goBuild({
      module: hostModule,
      packagePath: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
      output: join(part, "pulumi-language-nodejs"),
      set: { [versionVariable]: `v${languageHostVersion}` },
    });
  });
  return { bin: folder, version: engineVersion, source: "Go modules" };
}

/** The engine of the lab: the user's own if it is new enough, else the official download, else built from source. */
export async function prepareEngine(): Promise<Engine> {
  const own = await onUsersPath();
  if (own) return own;
  return (await pulumiDownloads()) ? downloaded() : built();
}
