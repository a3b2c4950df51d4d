import { execFileSync } from "node:child_process";
import { lstatSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import * as ts from "typescript";
import { type Snippet, snippets } from "./snippets";

/** The folder of the project. */
export const root = join(__dirname, "..", "..");

/** Path as the messages show it. */
export function shown(path: string): string {
  return relative(root, path);
}

/** Everything that is or will be committed: tracked files and new ones that are not ignored. */
export function projectFiles(): string[] {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: root });
  const names = listed.toString("utf8").split("\0");
  return names.filter((name) => lstatSync(join(root, name), { throwIfNoEntry: false })?.isFile()).sort();
}

/** The whole project as the compiler sees it, and the examples in its documents with it. */
export interface Project {
  readonly program: ts.Program;
  readonly checker: ts.TypeChecker;
  readonly snippets: readonly Snippet[];
  /** Names that `import … from "wirework"` can have. */
  readonly exports: readonly ts.Symbol[];
  /** The project's own source files below a folder. */
  filesIn(folder: string): ts.SourceFile[];
}

let loaded: Project | undefined;

/** Compiles the project once; the checks of one process share the result. */
export function project(): Project {
  loaded ??= load();
  return loaded;
}

function load(): Project {
  const config = ts.getParsedCommandLineOfConfigFile(
    join(root, "tsconfig.json"),
    { noEmit: true },
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (diagnostic) => fail(diagnostic) },
  )!;
  const plainHost = ts.createCompilerHost(config.options);
  const entry = join(root, "index.ts");

  // The examples may use every exported name without an import, so the names must be known first; parsing lib is cheap.
  const first = ts.createProgram([entry], config.options, plainHost);
  const names = exportsOf(first, entry).map((symbol) => symbol.name);
  const found = projectFiles()
    .filter((name) => name.endsWith("README.md") || /^lib\/.*\.ts$/.test(name))
    .flatMap((name) => snippets(join(root, name), readFileSync(join(root, name), "utf8"), names));
  const virtual = new Map(found.map((snippet) => [snippet.path, snippet.code]));

  const host: ts.CompilerHost = {
    ...plainHost,
    fileExists: (path) => virtual.has(path) || plainHost.fileExists(path),
    readFile: (path) => virtual.get(path) ?? plainHost.readFile(path),
    getSourceFile: (path, target) => {
      const code = virtual.get(path);
      if (code !== undefined) return ts.createSourceFile(path, code, target, true);
      return first.getSourceFile(path) ?? plainHost.getSourceFile(path, target);
    },
  };
  const program = ts.createProgram([...config.fileNames, ...virtual.keys()], config.options, host);
  return {
    program,
    checker: program.getTypeChecker(),
    snippets: found,
    exports: exportsOf(program, entry),
    filesIn: (folder) =>
      program
        .getSourceFiles()
        .filter(({ fileName }) => fileName.startsWith(join(root, folder, "/")) && !virtual.has(fileName)),
  };
}

function fail(diagnostic: ts.Diagnostic): never {
  throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n"));
}

function exportsOf(program: ts.Program, entry: string): ts.Symbol[] {
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(entry);
  const module = file && checker.getSymbolAtLocation(file);
  if (module === undefined) throw new Error(`${shown(entry)}: exports nothing`);
  return checker
    .getExportsOfModule(module)
    .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol));
}

/** `lib/plan/x.ts:12` of a node. */
export function place(node: ts.Node): string {
  const file = node.getSourceFile();
  return `${shown(file.fileName)}:${file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1}`;
}

/** Fails with all violations of a rule at once. */
export function none(violations: readonly string[], rule: string): void {
  if (violations.length === 0) return;
  const error = new Error(`${rule}\n${[...new Set(violations)].map((line) => `  ${line}`).join("\n")}`);
  // The places are in the message; where this function was called tells nothing.
  error.stack = error.message;
  throw error;
}

/** The folder of a file, as the layer table names it: `plan` for lib/plan/x.ts, `lift` for lib/lift.ts. */
export function layerOf(path: string): string | undefined {
  const below = relative(join(root, "lib"), path);
  if (below.startsWith("..")) return undefined;
  return dirname(below) === "." ? below.replace(/\.ts$/, "") : below.split("/")[0];
}
