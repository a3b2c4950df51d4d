import * as ts from "typescript";
import { none, place, project, shown } from "../project";

/** The declaration of a symbol, where it is ours. */
function declaration(symbol: ts.Symbol): ts.Declaration | undefined {
  return symbol.declarations?.find((each) => shown(each.getSourceFile().fileName).startsWith("lib/"));
}

/** The members that a user sees: of an interface, an `as const` object or a class. */
function members(symbol: ts.Symbol): ts.Symbol[] {
  const { checker } = project();
  const found: ts.Symbol[] = [];
  for (const each of symbol.declarations ?? []) {
    if (ts.isInterfaceDeclaration(each) || ts.isClassDeclaration(each)) {
      found.push(...checker.getPropertiesOfType(checker.getTypeAtLocation(each)));
    }
    if (ts.isClassDeclaration(each) || (ts.isVariableDeclaration(each) && isConstObject(each))) {
      found.push(...checker.getPropertiesOfType(checker.getTypeOfSymbolAtLocation(symbol, each)));
    }
  }
  return found.filter((member) => {
    const node = declaration(member);
    return node !== undefined && !(ts.getCombinedModifierFlags(node) & ts.ModifierFlags.NonPublicAccessibilityModifier);
  });
}

function isConstObject(node: ts.VariableDeclaration): boolean {
  return !!node.initializer && ts.isAsExpression(node.initializer) && node.initializer.type.getText() === "const";
}

function isDocumented(symbol: ts.Symbol): boolean {
  return ts.displayPartsToString(symbol.getDocumentationComment(project().checker)).trim() !== "";
}

/** Every exported name, and every member of it, with the words that a message uses for it. */
function publicNames(): { symbol: ts.Symbol; name: string }[] {
  return project().exports.flatMap((symbol) => [
    { symbol, name: symbol.name },
    ...members(symbol).map((member) => ({ symbol: member, name: `${symbol.name}.${member.name}` })),
  ]);
}

describe("documentation", () => {
  it("says something about every exported name and each of its members", () => {
    const silent = publicNames().filter(({ symbol }) => declaration(symbol) && !isDocumented(symbol));
    none(
      silent.map(({ symbol, name }) => `${place(declaration(symbol)!)} ${name}`),
      "without a doc comment:",
    );
  });

  it("gives the default of every optional property", () => {
    const optional = publicNames().filter(({ symbol }) => {
      const node = declaration(symbol);
      return node && ts.isPropertySignature(node) && node.questionToken !== undefined;
    });
    const without = optional.filter(({ symbol }) => {
      const tag = symbol.getJsDocTags().find((each) => each.name === "default");
      return ts.displayPartsToString(tag?.text).trim() === "";
    });
    none(
      without.map(({ symbol, name }) => `${place(declaration(symbol)!)} ${name}`),
      "optional without `@default` (a value, or `- ` and what happens):",
    );
  });

  it("covers every type that an exported name mentions: it is exported too", () => {
    const { checker, exports } = project();
    const exported = new Set(exports);
    const hidden: string[] = [];
    const visit = (node: ts.Node, owner: string) => {
      if (ts.isTypeReferenceNode(node)) {
        const symbol = checker.getSymbolAtLocation(node.typeName);
        const type = symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
        const isParameter = type && type.flags & ts.SymbolFlags.TypeParameter;
        if (type && !isParameter && declaration(type) && !exported.has(type)) {
          hidden.push(`${place(node)} ${owner} mentions ${type.name}`);
        }
      }
      ts.forEachChild(node, (child) => visit(child, owner));
    };
    for (const symbol of exports) {
      for (const member of [symbol, ...members(symbol)]) {
        for (const node of member.declarations ?? []) {
          if (ts.isInterfaceDeclaration(node)) for (const heir of node.heritageClauses ?? []) visit(heir, symbol.name);
          if (ts.isPropertySignature(node) || ts.isPropertyDeclaration(node) || ts.isParameter(node)) {
            if (node.type) visit(node.type, `${symbol.name}.${member.name}`);
          }
          if (ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node) || ts.isGetAccessor(node)) {
            for (const part of [...node.parameters, node.type]) if (part) visit(part, member.name);
          }
        }
      }
    }
    none(hidden, "types that a user meets and cannot name:");
  });
});
