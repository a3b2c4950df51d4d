import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { run } from "../../lab/process";
import { copyPackage } from "../copy";
import { root } from "../project";

/** The package as npm would publish it. */
export interface Packed {
  /** The tarball. */
  readonly tarball: string;
  /** An otherwise empty project in which the tarball is installed; its peers are those of this checkout. */
  readonly consumer: string;
  /** The installed package in there. */
  readonly installed: string;
  /** Removes all that was made. */
  remove(): void;
}

/**
 * Builds and packs a copy of the project with the project's own scripts: nothing in the checkout changes, and what
 * happens to lie in its `dist` plays no part.
 */
export async function pack(): Promise<Packed> {
  const folder = mkdtempSync(join(tmpdir(), "wirework-package-"));
  const copy = join(folder, "copy");
  copyPackage(copy);
  const args = ["pack", "--offline", "--loglevel=error", "--pack-destination", folder];
  const packing = await run("npm", args, { cwd: copy, check: false });
  if (packing.code !== 0) throw new Error(`npm pack: code ${packing.code}\n${packing.stdout}${packing.stderr}`);
  const tarball = join(folder, readdirSync(folder).find((name) => name.endsWith(".tgz"))!);

  const consumer = join(folder, "consumer");
  const modules = join(consumer, "node_modules");
  const installed = join(modules, "wirework");
  mkdirSync(installed, { recursive: true });
  await run("tar", ["-xzf", tarball, "--strip-components=1", "-C", installed]);
  for (const peer of ["@pulumi", "fflate", "ip-address"])
    symlinkSync(join(root, "node_modules", peer), join(modules, peer));
  return { tarball, consumer, installed, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** All files below a folder, with whether they are executable. */
export function filesBelow(folder: string, top = folder): Map<string, { executable: boolean }> {
  const found = new Map<string, { executable: boolean }>();
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) for (const [name, file] of filesBelow(path, top)) found.set(name, file);
    else found.set(relative(top, path), { executable: (statSync(path).mode & 0o111) !== 0 });
  }
  return found;
}

/** The compiled twin of a source file. */
export function compiled(source: string): string[] {
  if (source.endsWith(".sh")) return [join("dist", source)];
  const stem = join("dist", dirname(source), source.replace(/^.*\//, "").replace(/\.ts$/, ""));
  return [`${stem}.js`, `${stem}.d.ts`];
}
