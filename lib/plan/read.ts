import type { Checked } from "../net/checked";
import type { Problems } from "../problems";
import { unknownArguments } from "./unknown-arguments";

// How plans read arguments. The types say what a TypeScript program may pass; JavaScript, other languages and Outputs
// pass what they like. Each function notes what is wrong and returns undefined then, so that the rest is still checked.

/** Path of a member: `subnets[0]`, `reserved.printer`, `reserved["my pc"]`. */
export function memberPath(path: string, key: string | number): string {
  if (typeof key === "number") {
    return `${path}[${key}]`;
  }
  const plain = /^[A-Za-z_$][A-Za-z0-9_$-]*$/.test(key);
  return plain ? (path === "" ? key : `${path}.${key}`) : `${path}[${JSON.stringify(key).slice(0, 60)}]`;
}

/** Whether an argument was given; null is noted, because it looks given and is nothing. */
export function isGiven<T>(problems: Problems, path: string, value: T): value is NonNullable<T> {
  if (value === null) {
    problems.add(path || "arguments", value, "is null", "leave the argument out, or give a value");
  }
  return value !== null && value !== undefined;
}

/** Reads a value that may be left out. */
export function read<T>(
  problems: Problems,
  path: string,
  value: unknown,
  parse: (value: unknown) => Checked<T>,
): T | undefined {
  if (!isGiven(problems, path, value)) {
    return undefined;
  }
  const checked = parse(value);
  if (checked.fault) {
    problems.add(path, value, checked.fault.rule, checked.fault.wayOut);
    return undefined;
  }
  return checked.value;
}

/** Reads a value that must be there. */
export function readRequired<T>(
  problems: Problems,
  path: string,
  value: unknown,
  parse: (value: unknown) => Checked<T>,
): T | undefined {
  if (value === undefined) {
    const { fault } = parse(value);
    problems.add(path, undefined, "is missing", fault?.wayOut ?? "give a value");
    return undefined;
  }
  return read(problems, path, value, parse);
}

/** Reads one of a fixed set of words. */
export function readChoice<T extends string>(
  problems: Problems,
  path: string,
  value: unknown,
  choices: readonly T[],
): T | undefined {
  return read(problems, path, value, (given) =>
    choices.includes(given as T)
      ? { value: given as T }
      : { fault: { rule: "is not one of the values", wayOut: `choose ${choices.join(", ")}` } },
  );
}

/** Reads a whole number within limits. */
export function readInteger(
  problems: Problems,
  path: string,
  value: unknown,
  { from, to, unit = "" }: { from: number; to: number; unit?: string },
): number | undefined {
  return read(problems, path, value, (given) =>
    Number.isInteger(given) && (given as number) >= from && (given as number) <= to
      ? { value: given as number }
      : { fault: { rule: `is not a whole number of ${from}-${to}`, wayOut: `give one of ${from}-${to}${unit}` } },
  );
}

/** Reads a switch. */
export function readBoolean(problems: Problems, path: string, value: unknown): boolean | undefined {
  return read(problems, path, value, (given) =>
    typeof given === "boolean"
      ? { value: given }
      : { fault: { rule: "is not a switch", wayOut: "give true or false" } },
  );
}

/** Reads a text of one line that is not empty. */
export function readLine(problems: Problems, path: string, value: unknown): string | undefined {
  return read(problems, path, value, (given) =>
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    typeof given === "string" && given !== "" && !/[\u0000-\u001f\u007f]/.test(given)
      ? { value: given }
      : { fault: { rule: "is not a line of text", wayOut: "give one line without control characters" } },
  );
}

/** Reads a list; a missing one is empty. */
export function readList<T>(problems: Problems, path: string, value: readonly T[] | undefined): readonly T[] {
  if (!isGiven(problems, path, value)) {
    return [];
  }
  if (!Array.isArray(value)) {
    problems.add(path, value, "is not a list", "give a list");
    return [];
  }
  return value;
}

/** Reads an object with fixed members; what is no member is noted. */
export function readObject<T extends object>(
  problems: Problems,
  path: string,
  value: T | undefined,
  known: readonly string[],
): Partial<T> {
  if (!isGiven(problems, path, value)) {
    return {};
  }
  if (typeof value !== "object" || Array.isArray(value)) {
    problems.add(
      path === "" ? "arguments" : path,
      value,
      "is not an object",
      `give an object with ${known.join(", ")}`,
    );
    return {};
  }
  problems.addAll(unknownArguments(path, value, known));
  return value;
}

/**
 * Reads an object whose members the user names; the name is checked before it is used. What is no such object is not
 * shown: `environment: ["TOKEN=…"]` is a likely mistake.
 */
export function readRecord<T>(
  problems: Problems,
  path: string,
  value: { readonly [key: string]: T } | undefined,
  parseName: (name: unknown) => Checked<string>,
): [name: string, value: T][] {
  if (!isGiven(problems, path, value)) {
    return [];
  }
  if (typeof value !== "object" || Array.isArray(value)) {
    problems.addSecret(path, "is not an object", "give an object of names and values");
    return [];
  }
  return Object.entries(value).filter(([name]) => {
    const { fault } = parseName(name);
    if (fault) {
      problems.add(path, name, `has a name that ${fault.rule}`, fault.wayOut);
    }
    return fault === undefined;
  });
}
