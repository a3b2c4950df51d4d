import { strict as assert } from "node:assert";
import { ComponentResource } from "@pulumi/pulumi";
import { ComponentProvider } from "@pulumi/pulumi/provider/experimental/provider";
import type { PackageSpec, Property } from "@pulumi/pulumi/provider/experimental/schema";
import * as ts from "typescript";
import { skipMissing } from "../../missing";
import { engineSchema, preparedEngine } from "../engine-schema";
import { none, project, root } from "../project";

interface Class {
  readonly prototype?: unknown;
}

/** The schema as the SDK's own analyzer reads it from the sources; it throws at a type that it cannot carry. */
async function analyzedSchema(): Promise<PackageSpec> {
  const exported: Record<string, unknown> = require("../../../index");
  const components = Object.values(exported).filter((value) => (value as Class).prototype instanceof ComponentResource);
  const options = { components: components as never[], dirname: root, name: "wirework" };
  return JSON.parse(await new ComponentProvider(options).getSchema());
}

/** The exported component classes, with the property names of their arguments and outputs. */
function declaredComponents(): { token: string; inputs: string[]; outputs: string[] }[] {
  const { checker, exports } = project();
  return exports.flatMap((symbol) => {
    const node = symbol.declarations?.find(ts.isClassDeclaration);
    const args = node?.members.find(ts.isConstructorDeclaration)?.parameters[1];
    const isComponent = node?.heritageClauses?.some((clause) => /ComponentResource/.test(clause.getText()));
    if (node === undefined || args === undefined || !isComponent) return [];
    const type = checker.getNonNullableType(checker.getTypeAtLocation(args));
    const inputs = checker.getPropertiesOfType(type).map((property) => property.name);
    const outputs = node.members.filter(ts.isPropertyDeclaration).map((property) => property.name.getText());
    return [{ token: `wirework:index:${symbol.name}`, inputs: inputs.sort(), outputs: outputs.sort() }];
  });
}

/** Every property of a schema with the path that names it. */
function properties(schema: PackageSpec): [string, Property][] {
  const named = (owner: string, found: Record<string, Property> = {}): [string, Property][] =>
    Object.entries(found).flatMap(([name, property]) => within(`${owner}.${name}`, property));
  const within = (path: string, property: Property): [string, Property][] => [
    [path, property],
    ...(property.items ? within(`${path}[]`, property.items) : []),
    ...(property.additionalProperties ? within(`${path}{}`, property.additionalProperties) : []),
  ];
  return [
    ...Object.entries(schema.resources).flatMap(([token, resource]) => [
      ...named(token, resource.inputProperties),
      ...named(`${token} (output)`, resource.properties),
    ]),
    ...Object.entries(schema.types).flatMap(([token, type]) => named(token, type.properties)),
  ];
}

/** Each component with the names of its arguments and outputs. */
function componentsOf(schema: PackageSpec) {
  return Object.entries(schema.resources)
    .map(([token, resource]) => ({
      token,
      inputs: Object.keys(resource.inputProperties ?? {}).sort(),
      outputs: Object.keys(resource.properties ?? {}).sort(),
    }))
    .sort(byToken);
}

function byToken(a: { token: string }, b: { token: string }): number {
  return a.token.localeCompare(b.token);
}

describe("plugin form", () => {
  let schema: PackageSpec;

  before("the SDK reads a schema from the sources", async () => {
    schema = await analyzedSchema();
  });

  it("has every exported component, with exactly its arguments and outputs", () => {
    assert.notDeepEqual(componentsOf(schema), []);
    assert.deepEqual(componentsOf(schema), declaredComponents().sort(byToken));
  });

  it("has a type for every property: none is Any, every reference leads somewhere", () => {
    const vague = properties(schema).filter(([, property]) => {
      if (!("$ref" in property)) return property.type === undefined;
      const own = /^#\/types\/(.*)$/.exec(property.$ref)?.[1];
      return own === undefined || schema.types[decodeURIComponent(own)] === undefined;
    });
    none(
      vague.map(([path, property]) => `${path}: ${JSON.stringify(property)}`),
      "properties that say nothing to another language:",
    );
  });

  it("carries the doc comments", () => {
    const silent = properties(schema).filter(([path, property]) => !/[\]}]$/.test(path) && !property.description);
    none(
      silent.map(([path]) => path),
      "without a description:",
    );
  });

  it("is taken by the engine without complaint (pulumi package get-schema)", async function () {
    const engine = preparedEngine();
    if (engine === undefined) return skipMissing(this, "an engine (`npm test -- prepare` fetches or builds one)");
    const taken = await engineSchema(engine);
    assert.equal(taken.complaints, "");
    assert.deepEqual(componentsOf(taken.schema), componentsOf(schema));
    assert.deepEqual(Object.keys(taken.schema.types).sort(), Object.keys(schema.types).sort());
  }).timeout(220_000);
});
