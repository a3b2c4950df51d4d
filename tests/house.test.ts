// The rules of the house that no linter knows.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as ts from "typescript";
import { layerOf, none, projectFiles, root } from "./check/project";

const texts = projectFiles()
  .filter((name) => !/\.(png|svg|sum)$|^package-lock\.json$|^LICENSE$/.test(name))
  .map((name) => ({ name, lines: readFileSync(join(root, name), "utf8").split("\n") }));

/** Every line of the chosen files in which a pattern is found, with what it matched. */
function lines(chosen: (name: string) => boolean, pattern: RegExp): { at: string; match: string }[] {
  return texts
    .filter(({ name }) => chosen(name))
    .flatMap(({ name, lines }) =>
      lines.flatMap((line, index) => {
        const match = pattern.exec(line)?.[0];
        return match === undefined ? [] : [{ at: `${name}:${index + 1}`, match }];
      }),
    );
}

/** What each folder of lib (or file beside them) may import from lib; `index` may import all. */
const layers: Readonly<Record<string, readonly string[]>> = {
  problems: [],
  net: ["problems"],
  plan: ["net", "problems"],
  render: ["plan", "net", "problems"],
  diagram: ["render", "plan", "net", "problems"],
  lift: ["plan", "net", "problems"],
  host: ["render", "plan", "net", "problems", "lift"],
  cli: ["host", "diagram", "render", "plan", "net", "problems", "lift"],
  components: ["host", "diagram", "render", "plan", "net", "problems", "lift"],
};

/** Folders that stay free of Pulumi, so that they can be read, tested and used without an engine. */
const pure = ["problems", "net", "plan", "render", "diagram", "presets"];

interface Locked {
  readonly resolved?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

interface Import {
  readonly file: string;
  readonly layer: string;
  readonly module: string;
  /** The layer that it points to, where that is in lib. */
  readonly target?: string;
  readonly typeOnly: boolean;
}

const imports: readonly Import[] = texts
  .filter(({ name }) => /^lib\/.*\.ts$/.test(name))
  .flatMap(({ name, lines }) => {
    const file = ts.createSourceFile(name, lines.join("\n"), ts.ScriptTarget.Latest);
    return ts.preProcessFile(file.text).importedFiles.map(({ fileName: module }) => {
      const statement = file.statements.find(
        (each): each is ts.ImportDeclaration =>
          ts.isImportDeclaration(each) && (each.moduleSpecifier as ts.StringLiteral).text === module,
      );
      const path = module.startsWith(".") ? join(root, name, "..", `${module}.ts`) : undefined;
      return {
        file: name,
        layer: layerOf(join(root, name))!,
        module,
        target: path && layerOf(path),
        typeOnly: statement?.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword,
      };
    });
  });

describe("house rules", () => {
  it("imports point one way: net, plan, render, host, components, index", () => {
    const wrong = imports.filter(({ layer, target, typeOnly }) => {
      if (target === undefined || target === layer || layer === "index") return false;
      if (layer === "presets") return !typeOnly;
      return !(layers[layer] ?? []).includes(target);
    });
    none(
      wrong.map(({ file, layer, target }) => `${file} (${layer}) imports ${target}`),
      "imports against the direction of the `layers` table:",
    );
  });

  it("every folder of lib has a place in that direction", () => {
    const known = new Set([...Object.keys(layers), "presets", "index"]);
    const found = texts.filter(({ name }) => /^lib\/.*\.ts$/.test(name)).map(({ name }) => layerOf(join(root, name))!);
    none(
      found.filter((layer) => !known.has(layer)),
      "not in the `layers` table:",
    );
  });

  it("the pure folders never import Pulumi, and only lib/net does address arithmetic", () => {
    const wrong = imports.filter(
      ({ layer, module }) =>
        (module.startsWith("@pulumi/") && pure.includes(layer)) || (module === "ip-address" && layer !== "net"),
    );
    none(
      wrong.map(({ file, module }) => `${file} imports ${module}`),
      "imports in the wrong folder:",
    );
  });

  it("files name no path of a developer's machine", () => {
    const homes = lines(() => true, /(?<![\w.])\/(work|Users|tmp\/brief|tmp\/bash_jobs)\b(\/[\w.-]+)?/);
    const here = lines(() => true, new RegExp(`${root.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?![\\w-])`));
    none(
      [...homes, ...(root.length > 5 ? here : [])].map(({ at, match }) => `${at} ${match}`),
      "machine paths:",
    );
  });

  it("the lock file names no registry host, and leaves out no package of another platform", () => {
    const lock: { packages: Record<string, Locked> } = JSON.parse(
      readFileSync(join(root, "package-lock.json"), "utf8"),
    );
    const entries = Object.entries(lock.packages);
    const hosts = entries
      .filter(([, { resolved }]) => /^https?:/.test(resolved ?? ""))
      .map(([name]) => `${name}: resolved`);
    // A registry that lacks such a package makes npm drop it, and then `npm ci` refuses the lock file everywhere.
    const absent = entries.flatMap(([name, { dependencies, optionalDependencies }]) =>
      Object.keys({ ...dependencies, ...optionalDependencies })
        .filter((other) => !entries.some(([path]) => path.endsWith(`node_modules/${other}`)))
        .map((other) => `${name} needs ${other}`),
    );
    none([...hosts, ...absent], "package-lock.json (npm install --omit-lockfile-registry-resolved):");
  });

  it("tests are neither focused nor switched off", () => {
    const pattern =
      /\b(describe|context|suite|it|specify|test)\.(only|skip)\s*\(|\bx(it|describe|specify|context)\s*\(|\bthis\.skip\(/;
    none(
      lines((name) => name.startsWith("tests/") && name !== "tests/missing.ts", pattern).map(
        ({ at, match }) => `${at} ${match}`,
      ),
      "run it, delete it, or say by skipMissing() what the machine lacks:",
    );
  });

  it("one thing has one word", () => {
    const words: readonly [RegExp, string][] = [
      [/\breconcil\w*/i, "apply, check or remove"],
      [/\bdesired\b/i, "wanted"],
      [/\bhost ?config(uration)?\b/i, "HostState, or facts"],
      [/\biface\w*/i, "interface, or link"],
      [/\bip(v[46])?Addr\b/, "ipv4Address, ipv6Address or address"],
      [/\bmacAddr\b/, "macAddress"],
      [/\bvlanTag\b/i, "vlanId"],
      [/\b(host|remote) agent\b/i, "helper (an agent is a container)"],
      [/\btest ?bed\b/i, "lab"],
      [/\bstate file on the host\b/i, "ledger"],
    ];
    const prose = (name: string) => /^(lib|examples)\/|^(README|CHANGELOG)\.md$/.test(name);
    // What ifupdown reads has its words.
    const theirs = (at: string, word: string) => at.startsWith("lib/render/") && word === "interface, or link";
    none(
      words.flatMap(([pattern, word]) =>
        lines(prose, pattern)
          .filter(({ at }) => !theirs(at, word))
          .map(({ at, match }) => `${at} "${match}": say ${word}`),
      ),
      "words of design, one for each thing:",
    );
  });
});
