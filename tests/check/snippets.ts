/** An example in a document, as a file of its own that the compiler is shown. */
export interface Snippet {
  /** The path under which it is compiled: beside its document, so that it imports what its neighbours import. */
  readonly path: string;
  readonly code: string;
  /** Where its first line stands: file, and line counted from 1. */
  readonly file: string;
  readonly line: number;
  /** Lines put in front of the example. */
  readonly preludeLines: number;
}

/** Every fenced `ts` block of a text; in a TypeScript file those in its doc comments. */
export function snippets(file: string, text: string, exportedNames: readonly string[]): Snippet[] {
  const inComment = file.endsWith(".ts");
  const found: Snippet[] = [];
  let code: string[] | undefined;
  let begin = 0;
  text.split("\n").forEach((raw, index) => {
    const line = inComment ? /^\s*\/?\*+ ?(.*)$/.exec(raw)?.[1] : raw;
    if (line === undefined) return;
    if (code === undefined && /^\s*```(ts|typescript)\b/.test(line)) {
      code = [];
      begin = index + 2;
    } else if (code !== undefined && /^\s*```/.test(line)) {
      const prelude = code.some((each) => /^\s*import\b/.test(each)) ? [] : preludeOf(exportedNames, code);
      found.push({
        path: `${file}.${begin}.ts`,
        code: [...prelude, ...code, "export {};", ""].join("\n"),
        file,
        line: begin,
        preludeLines: prelude.length,
      });
      code = undefined;
    } else {
      code?.push(line);
    }
  });
  if (code !== undefined) throw new Error(`${file}:${begin - 1}: the ts block is not closed`);
  return found;
}

/** What an example without imports may take for granted: wirework's own names, Pulumi's, and a host. */
function preludeOf(names: readonly string[], code: readonly string[]): string[] {
  const known = [
    `import { ${names.join(", ")} } from "wirework";`,
    'import * as pulumi from "@pulumi/pulumi";',
    'import * as docker from "@pulumi/docker";',
    'import * as command from "@pulumi/command";',
  ];
  const ownHost = code.some((line) => /\b(const|let) host\b/.test(line));
  return names.includes("Host") && !ownHost ? [...known, "declare const host: Host;"] : known;
}
