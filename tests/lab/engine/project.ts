import { copyFileSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const checkout = join(__dirname, "..", "..", "..");

/** A program: the folder of an example, or TypeScript text. */
export interface Program {
  readonly dir?: string;
  readonly program?: string;
}

/**
 * Lays out one program as a Pulumi project in a folder of its own, so that stack files never land in the checkout. Files of an
 * example are linked: Node follows links before it resolves imports, so they find what they find in their own place.
 */
export function layOutProject(folder: string, { dir, program }: Program): void {
  mkdirSync(folder, { recursive: true });
  if ((dir === undefined) === (program === undefined)) {
    throw new Error("stack: give either dir, the folder of an example, or program, its text");
  }
  for (const name of dir === undefined ? [] : readdirSync(dir)) {
    if (name === "Pulumi.yaml") copyFileSync(join(dir!, name), join(folder, name));
    else if (!/^(Pulumi\..*\.yaml|\.git|node_modules|tsconfig\.json)$/.test(name)) {
      symlinkSync(join(dir!, name), join(folder, name));
    }
  }
  if (program !== undefined) {
    writeFileSync(join(folder, "Pulumi.yaml"), "name: lab\nruntime: nodejs\n");
    writeFileSync(join(folder, "index.ts"), program);
  }
  // Without one the engine warns in every run.
  if (!existsSync(join(folder, "package.json"))) writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
  const compilerOptions = { target: "es2022", module: "commonjs", moduleResolution: "node10", strict: true };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions }));
  symlinkSync(join(checkout, "node_modules"), join(folder, "node_modules"));
}

/** Puts another text in place of the program's. */
export function changeProgram(folder: string, program: string): void {
  writeFileSync(join(folder, "index.ts"), program);
}
