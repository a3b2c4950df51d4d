import type { StackResult } from "../stack";

/** What `pulumi preview --json` says of one resource. */
export interface PreviewStep {
  readonly op: string;
  readonly urn: string;
  readonly newState?: {
    readonly type: string;
    readonly parent?: string;
    readonly inputs?: Readonly<Record<string, unknown>>;
  };
}

const kinds: Readonly<Record<string, string>> = {
  "command:remote:Command": "command",
  "docker:index:Container": "container",
  "docker:index:Network": "network",
  "pulumi:providers:docker": "provider",
};

/** A type in a word: the engine writes `docker:index/network:Network` in states, and `docker:index:Network` for people. */
function kindOf(type: string): string {
  const short = type.replace(/\/[^:]+/, "");
  return kinds[short] ?? short.replace(/^.*:/, "");
}

const nameOf = (urn: string) => urn.slice(urn.lastIndexOf("::") + 2);

/** What will be, component by component: its resources, and under them its facts on the host. */
export function plannedLines(steps: readonly PreviewStep[]): string[] {
  const components = steps.filter(({ newState }) => newState?.type.startsWith("wirework:index:"));
  return components.flatMap(({ urn, newState }) => {
    const facts = (newState?.inputs?.facts ?? []) as string[];
    const children = steps.filter((step) => step.newState?.parent === urn);
    return [
      `+ ${newState?.type.replace("wirework:index:", "")} ${nameOf(urn)}`,
      ...children.flatMap((child) => [
        `    ${kindOf(child.newState?.type ?? "").padEnd(10)}${nameOf(child.urn)}`,
        ...(child.urn.endsWith("-facts") ? facts.map((fact) => `      | ${fact}`) : []),
      ]),
    ];
  });
}

/**
 * A line of the engine's progress, where it says that something is done: ` +  docker:index:Network lan created (0.84s)`
 * becomes `created network lan 0.84s`.
 */
export function doneLine(line: string): string | undefined {
  const found =
    /^ *[-+~]+ +(?<type>\S+) (?<name>\S+) (?<verb>created|updated|replaced|deleted)\b[^(]*(?:\((?<time>[\d.]+m?s)\))?/.exec(
      line,
    );
  const { type = "", name = "", verb = "", time = "" } = found?.groups ?? {};
  // Stack and components are done when their resources are, and the engine does not always say so.
  if (found === null || /^(pulumi:pulumi|wirework):/.test(type)) return undefined;
  return `${verb} ${kindOf(type).padEnd(10)}${name.padEnd(38)} ${time}`.trimEnd();
}

/**
 * The changes in what `pulumi preview --diff` prints: each resource with its name, and under it each changed property with
 * its whole path.
 */
export function changedLines(diff: string): string[] {
  const lines = diff.split(/\n *--outputs:--/)[0]!.split("\n");
  let path: { readonly depth: number; readonly key: string }[] = [];
  return lines.flatMap((line, index) => {
    const [, indent = "", mark = "", gap = "", text = ""] = /^( *)(\+-|-\+|[-+~])?( ?)(.*)$/.exec(line) ?? [];
    const depth = indent.length + mark.length + gap.length;
    path = path.filter((outer) => outer.depth < depth);
    const [, type, verb] = /^(\S+): \((update|replace|create|delete)\)$/.exec(text) ?? [];
    if (type !== undefined) {
      const urn = lines.slice(index + 1, index + 4).find((next) => next.trim().startsWith("[urn="));
      return [`${mark.padEnd(2)} ${verb} ${kindOf(type)} ${nameOf(urn?.trim().slice(0, -1) ?? "")}`];
    }
    const outer = path.map(({ key }) => key);
    const [, opened] = /^(\S+?) *: [[{]$/.exec(text) ?? [];
    if (opened !== undefined) path.push({ depth, key: opened });
    if (mark === "" || opened !== undefined) return [];
    return [`     ${[...outer, text].join(".").replaceAll(".[", "[")}`];
  });
}

/** What a run does, without what stays the same: `update north`. */
export function changes({ steps }: StackResult): string[] {
  const quiet = ["same", "read", "refresh"];
  // A replacement is three steps of which one says it.
  const parts = ["create-replacement", "delete-replaced"];
  return steps
    .filter(({ op }) => ![...quiet, ...parts].includes(op))
    .map(({ op, name }) => `${op} ${name}`)
    .sort();
}
