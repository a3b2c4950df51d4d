import * as ts from "typescript";
import { none, place, project, shown } from "../project";

/** The nodes of a file for which a test holds. */
function find<T extends ts.Node>(file: ts.Node, is: (node: ts.Node) => node is T): T[] {
  const found: T[] = [];
  const visit = (node: ts.Node) => {
    if (is(node)) found.push(node);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** The classes of lib/components. */
function componentClasses(): ts.ClassDeclaration[] {
  return project()
    .filesIn("lib/components")
    .flatMap((file) => find(file, ts.isClassDeclaration));
}

function isHidden(node: ts.Declaration): boolean {
  const flags = ts.getCombinedModifierFlags(node);
  return (flags & ts.ModifierFlags.NonPublicAccessibilityModifier) !== 0 && !(flags & ts.ModifierFlags.Static);
}

/** Whether a type is a Pulumi resource: it, or one of its bases, is the SDK's class Resource. */
function isResource(type: ts.Type): boolean {
  if (type.symbol?.name === "Resource") return true;
  return (type.getBaseTypes() ?? []).some(isResource);
}

// The plugin form reads these classes by their source text: what it cannot carry must never come in.
describe("components", () => {
  it("extend ComponentResource directly, under the token of their own name", () => {
    const wrong = componentClasses().filter((node) => {
      const base = node.heritageClauses?.[0]?.types[0]?.expression.getText() ?? "";
      const token = find(node, ts.isCallExpression).find((call) => call.expression.kind === ts.SyntaxKind.SuperKeyword);
      const first = token?.arguments[0];
      const text = first && ts.isStringLiteral(first) ? first.text : "";
      return !/^(pulumi\.)?ComponentResource$/.test(base) || text !== `wirework:index:${node.name?.text}`;
    });
    none(
      wrong.map((node) => `${place(node)} ${node.name?.text}`),
      'not `super("wirework:index:<Class>", …)`:',
    );
  });

  it("take their arguments as `args`, typed by an interface", () => {
    const { checker } = project();
    const wrong = componentClasses().filter((node) => {
      const parameter = node.members.find(ts.isConstructorDeclaration)?.parameters[1];
      const type = parameter && checker.getNonNullableType(checker.getTypeAtLocation(parameter));
      return parameter?.name.getText() !== "args" || !type?.symbol?.declarations?.some(ts.isInterfaceDeclaration);
    });
    none(
      wrong.map((node) => `${place(node)} ${node.name?.text}`),
      "second parameter of the constructor:",
    );
  });

  it("have no hidden instance fields: each would become an output of the plugin", () => {
    const fields = componentClasses().flatMap((node) => [
      ...find(node, ts.isPropertyDeclaration).filter((field) => isHidden(field) || ts.isPrivateIdentifier(field.name)),
      ...find(node, ts.isParameter).filter((parameter) =>
        ts.isParameterPropertyDeclaration(parameter, parameter.parent),
      ),
    ]);
    none(
      fields.map((field) => `${place(field)} ${field.getText()}`),
      "private or protected fields:",
    );
  });

  it("make no resource inside apply: a preview would not show it", () => {
    const { checker } = project();
    const files = [...project().filesIn("lib"), ...project().filesIn("examples")];
    const applies = files.flatMap((file) => find(file, ts.isCallExpression)).filter(isApply);
    const made = applies.flatMap((call) =>
      call.arguments
        .flatMap((argument) => find(argument, ts.isNewExpression))
        .filter((node) => isResource(checker.getTypeAtLocation(node))),
    );
    none(
      made.map((node) => `${place(node)} new ${node.expression.getText()}`),
      "resources made inside apply:",
    );
  });

  it("have arguments of types that every language can carry", () => {
    const problems: string[] = [];
    const seen = new Set<ts.Symbol>();
    for (const node of componentClasses()) {
      const args = node.members.find(ts.isConstructorDeclaration)?.parameters[1]?.type;
      const outputs = node.members.filter(ts.isPropertyDeclaration).map((member) => member.type);
      for (const type of [args, ...outputs]) if (type) refused(type, seen, problems);
    }
    none(
      problems,
      "types that the plugin form refuses (use an `as const` object, an interface, or split the argument):",
    );
  });
});

function isApply(call: ts.CallExpression): boolean {
  return ts.isPropertyAccessExpression(call.expression) && call.expression.name.text === "apply";
}

/** Collects the parts of an argument's type that the schema cannot express. */
function refused(type: ts.TypeNode, seen: Set<ts.Symbol>, problems: string[]): void {
  const complain = (what: string) => problems.push(`${place(type)} ${what}: ${type.getText().replace(/\s+/g, " ")}`);
  if (ts.isUnionTypeNode(type)) {
    const parts = type.types.filter((part) => part.kind !== ts.SyntaxKind.UndefinedKeyword);
    if (parts.length > 1) complain(parts.some(ts.isLiteralTypeNode) ? "union of literals" : "union");
    for (const part of parts) refused(part, seen, problems);
  } else if (ts.isIntersectionTypeNode(type)) complain("intersection");
  else if (ts.isTupleTypeNode(type)) complain("tuple");
  else if (ts.isFunctionTypeNode(type)) complain("function");
  else if (ts.isConditionalTypeNode(type) || ts.isMappedTypeNode(type)) complain("computed type");
  else if (type.kind === ts.SyntaxKind.AnyKeyword || type.kind === ts.SyntaxKind.UnknownKeyword) complain("no type");
  else if (ts.isTypeOperatorNode(type) && ts.isArrayTypeNode(type.type)) complain("readonly array");
  else if (ts.isArrayTypeNode(type)) refused(type.elementType, seen, problems);
  else if (ts.isTypeOperatorNode(type) || ts.isParenthesizedTypeNode(type)) refused(type.type, seen, problems);
  else if (ts.isTypeReferenceNode(type)) {
    for (const argument of type.typeArguments ?? []) refused(argument, seen, problems);
    for (const part of partsOf(type, seen)) refused(part, seen, problems);
  }
}

/** What our own interfaces hold and our type aliases stand for; an alias beside an `as const` object is an enum, and fine. */
function partsOf(type: ts.TypeReferenceNode, seen: Set<ts.Symbol>): ts.TypeNode[] {
  const { checker } = project();
  const named = checker.getSymbolAtLocation(type.typeName);
  const symbol = named && named.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(named) : named;
  const declarations = symbol?.declarations ?? [];
  if (symbol === undefined || seen.has(symbol) || declarations.some(ts.isVariableDeclaration)) return [];
  seen.add(symbol);
  return declarations
    .filter((node) => shown(node.getSourceFile().fileName).startsWith("lib/"))
    .flatMap((node) => {
      if (ts.isTypeAliasDeclaration(node)) return [node.type];
      if (!ts.isInterfaceDeclaration(node)) return [];
      const inherited = node.heritageClauses?.flatMap((clause) => clause.types) ?? [];
      const bases = inherited.flatMap((base) => membersOf(checker.getTypeAtLocation(base)));
      const all: ts.Node[] = [...node.members, ...bases];
      return all.filter(ts.isPropertySignature).flatMap((member) => member.type ?? []);
    });
}

function membersOf(type: ts.Type): ts.Node[] {
  return project()
    .checker.getPropertiesOfType(type)
    .flatMap((property) => property.declarations ?? []);
}
