import { strict as assert } from "node:assert";
import * as ts from "typescript";
import { none, project, shown } from "../project";

/** Names that an example declares only to show them, or that its prelude offers: not used is no error there. */
const unusedCodes = new Set([6133, 6138, 6192, 6196, 6198]);

function text(diagnostic: ts.Diagnostic, file: string, line: number): string {
  return `${shown(file)}:${line}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n    ")}`;
}

describe("types", () => {
  it("are right in every source file (tsc)", () => {
    const { program, snippets } = project();
    const examples = new Set(snippets.map((snippet) => snippet.path));
    const errors = ts
      .getPreEmitDiagnostics(program)
      .filter((diagnostic) => !diagnostic.file || !examples.has(diagnostic.file.fileName));
    none(
      errors.map((diagnostic) => {
        const { file, start } = diagnostic;
        return file
          ? text(diagnostic, file.fileName, file.getLineAndCharacterOfPosition(start!).line + 1)
          : text(diagnostic, "tsconfig.json", 1);
      }),
      "the compiler refuses:",
    );
  });

  it("are right in every ts example of the READMEs and doc comments", () => {
    const { program, snippets } = project();
    assert(snippets.length > 0, "no example was found: is the extraction broken?");
    none(
      snippets.flatMap((snippet) => {
        const file = program.getSourceFile(snippet.path)!;
        const errors = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
        return errors
          .filter((diagnostic) => !unusedCodes.has(diagnostic.code))
          .map((diagnostic) => {
            const line = file.getLineAndCharacterOfPosition(diagnostic.start!).line - snippet.preludeLines;
            return text(diagnostic, snippet.file, snippet.line + line);
          });
      }),
      "examples that a reader could not compile:",
    );
  });
});
