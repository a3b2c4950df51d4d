/** One thing that is wrong with the arguments of a component. */
export interface Problem {
  /** Path of the argument as the user typed it: `subnets[0].gateway`. */
  readonly property: string;
  /**
   * What was given; the text shows it as JSON.
   * @default - nothing was given, or it must not be shown
   */
  readonly value?: unknown;
  /** What the value is and why that is refused: `is outside of 192.168.9.0/24`. */
  readonly rule: string;
  /** What to do instead. */
  readonly wayOut: string;
}

/** Longest value that an error shows: a pasted file or a list of thousands must not bury the rule. */
const LONGEST_VALUE = 100;

/** Most problems that one error prints; the rest is counted. */
const MOST_PRINTED = 50;

/** A value as an error shows it: JSON, with every byte outside of plain ASCII escaped, so that look-alikes are seen. */
export function shown(value: unknown): string {
  let text: string | undefined;
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "function") {
    // JSON has no NaN and no Infinity, and would print the source of nothing for a function.
    text = typeof value === "function" ? "a function" : String(value);
  } else {
    try {
      text = JSON.stringify(value);
    } catch {
      text = "a value that refers to itself";
    }
  }
  const ascii = (text ?? String(value)).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return ascii.length <= LONGEST_VALUE ? ascii : `${ascii.slice(0, LONGEST_VALUE)}… (${ascii.length} characters)`;
}

/** What a component throws when arguments are wrong: all that is wrong, in one error. */
export class ArgumentError extends Error {
  /** Everything that was found, in the order of the arguments. */
  readonly problems: readonly Problem[];

  /** Tells the engine to print the message alone, without a stack trace of this library. */
  readonly __pulumiRunError = true;

  /** Makes the error of component `component` named `name`. */
  constructor(component: string, name: string, problems: readonly Problem[]) {
    super(errorText(component, name, problems));
    this.name = "ArgumentError";
    this.problems = problems;
  }
}

function errorText(component: string, name: string, problems: readonly Problem[]): string {
  const lines = problems.slice(0, MOST_PRINTED).map(problemText);
  const left = problems.length - lines.length;
  if (left > 0) {
    lines.push(`and ${left} more`);
  }
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return [`${component} ${shown(name)}: ${count}`, ...lines.map((line) => `  ${line}`)].join("\n");
}

function problemText({ property, value, rule, wayOut }: Problem): string {
  return value === undefined ? `${property}: ${rule}; ${wayOut}` : `${property}: ${shown(value)}: ${rule}; ${wayOut}`;
}

/** Collects the problems of one component, so that the user sees all of them at once. */
export class Problems {
  readonly #component: string;
  readonly #name: string;
  readonly #list: Problem[] = [];

  /** Starts with none, for component `component` named `name`. */
  constructor(component: string, name: string) {
    this.#component = component;
    this.#name = name;
  }

  /** Adds a problem and shows the value. */
  add(property: string, value: unknown, rule: string, wayOut: string): void {
    this.#list.push({ property, value, rule, wayOut });
  }

  /** Adds a problem of a value that must not be shown. */
  addSecret(property: string, rule: string, wayOut: string): void {
    this.#list.push({ property, rule, wayOut });
  }

  /** Adds problems that were found elsewhere. */
  addAll(problems: readonly Problem[]): void {
    this.#list.push(...problems);
  }

  /** What was found so far. */
  get list(): readonly Problem[] {
    return this.#list;
  }

  /** Throws one {@link ArgumentError} with all of them, if there is any. */
  throwIfAny(): void {
    if (this.#list.length > 0) {
      throw new ArgumentError(this.#component, this.#name, [...this.#list]);
    }
  }
}
