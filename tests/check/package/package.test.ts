import { strict as assert } from "node:assert";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../lab/process";
import { none, projectFiles, root } from "../project";
import { compiled, filesBelow, type Packed, pack } from "./packed";

describe("package", () => {
  let packed: Packed;

  before(async () => {
    packed = await pack();
  });

  after(() => packed?.remove());

  it("holds exactly the sources, what is compiled from them, and its papers", () => {
    const sources = projectFiles().filter((name) => /^(lib\/.*\.(ts|sh)|index\.ts)$/.test(name));
    const papers = ["package.json", "README.md", "LICENSE", "CHANGELOG.md", "PulumiPlugin.yaml"];
    const wanted = new Set([...papers, ...sources, ...sources.flatMap(compiled)]);
    const found = filesBelow(packed.installed);
    none(
      [
        ...[...wanted].filter((name) => !found.has(name)).map((name) => `absent: ${name}`),
        ...[...found.keys()].filter((name) => !wanted.has(name)).map((name) => `not allowed: ${name}`),
      ],
      "files of the tarball:",
    );
  });

  it("holds the helper's programs in source and dist, executable where they are so in the checkout", () => {
    const here = filesBelow(join(root, "lib"));
    const scripts = [...filesBelow(packed.installed)].filter(([name]) => name.endsWith(".sh"));
    assert(scripts.length >= 2, "no program of the helper is in the tarball");
    const differ = scripts.filter(([name, file]) => {
      return file.executable !== here.get(name.replace(/^(dist\/)?lib\//, ""))?.executable;
    });
    none(
      differ.map(([name]) => name),
      "the executable bit differs:",
    );
  });

  it("runs no program at installation", async () => {
    const text = await run("npm", ["pkg", "get", "scripts"], { cwd: packed.installed });
    const hooks = Object.keys(JSON.parse(text.stdout)).filter((name) => /^(pre|post)?(install|prepare)$/.test(name));
    none(hooks, "install scripts:");
  });

  it("is loaded by require() in an empty project, with every exported name", async () => {
    const names = (module: string) =>
      `console.log(JSON.stringify(Object.keys(require(${JSON.stringify(module)})).sort()))`;
    const installed = await run(process.execPath, ["-e", names("wirework")], { cwd: packed.consumer });
    const fromSource = ["--require", "ts-node/register/transpile-only", "-e", names("./index.ts")];
    const source = await run(process.execPath, fromSource, { cwd: root });
    assert.deepEqual(JSON.parse(installed.stdout), JSON.parse(source.stdout));
    assert.notDeepEqual(JSON.parse(installed.stdout), []);
  });

  it("is loaded by import in an ES module too", async () => {
    const file = join(packed.consumer, "program.mjs");
    writeFileSync(
      file,
      'import { Host } from "wirework";\nif (typeof Host !== "function") throw new Error("no Host");\n',
    );
    await run(process.execPath, [file]);
  });

  it("passes publint", async () => {
    const publint = join(root, "node_modules/publint/src/cli.js");
    const result = await run(process.execPath, [publint, "run", packed.tarball, "--strict"], { check: false });
    none(result.code === 0 ? [] : [`${result.stdout}${result.stderr}`], "publint:");
  });

  it("has types that every module resolution finds (attw)", async () => {
    const attw = join(root, "node_modules/@arethetypeswrong/cli/dist/index.js");
    const args = [attw, packed.tarball, "--no-definitely-typed", "--format", "ascii", "--no-emoji", "--no-color"];
    const result = await run(process.execPath, args, { check: false });
    none(result.code === 0 ? [] : [`${result.stdout}${result.stderr}`], "attw:");
  });
});
