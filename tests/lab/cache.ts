import { createHash, type Hash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, relative } from "node:path";
import { withLock } from "./lock";
import { step } from "./process";

/** The folder, outside every checkout, for what is slow to make: engine, plugins, trees, images. */
export function cacheDir(): string {
  const root = process.env.WIREWORK_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "wirework");
  mkdirSync(root, { recursive: true });
  return root;
}

/**
 * The folder `key` of the cache; made by `build` when it is not there. `build` fills a temporary folder beside it that is
 * renamed when whole, so an interrupted build leaves nothing half-made; a second run waits for the first.
 */
export async function cached(key: string, label: string, build: (tmpDir: string) => Promise<void>): Promise<string> {
  const whole = join(cacheDir(), key);
  if (existsSync(whole)) return whole;
  mkdirSync(dirname(whole), { recursive: true });
  return withLock(`${whole}.lock`, async () => {
    if (existsSync(whole)) return whole;
    // The lock is ours, so what an interrupted build left beside it belongs to nobody.
    const prefix = `${whole.slice(dirname(whole).length + 1)}.part-`;
    for (const name of readdirSync(dirname(whole))) {
      if (name.startsWith(prefix)) rmSync(join(dirname(whole), name), { recursive: true, force: true });
    }
    const part = mkdtempSync(join(dirname(whole), prefix));
    try {
      await step(label, () => build(part));
      renameSync(part, whole);
    } finally {
      rmSync(part, { recursive: true, force: true });
    }
    return whole;
  });
}

function addTree(hash: Hash, root: string, path: string): void {
  if (statSync(path).isDirectory()) {
    for (const name of readdirSync(path).sort()) addTree(hash, root, join(path, name));
    return;
  }
  hash
    .update(`${relative(root, path)}\0`)
    .update(readFileSync(path))
    .update("\0");
}

/** A short hash of texts and of files and folders (names and contents): the input part of a cache key. */
export function hashOf(inputs: { readonly texts?: readonly string[]; readonly paths?: readonly string[] }): string {
  const hash = createHash("sha256");
  for (const text of inputs.texts ?? []) hash.update(`${text}\0`);
  for (const path of inputs.paths ?? []) addTree(hash, dirname(path), path);
  return hash.digest("hex").slice(0, 16);
}
