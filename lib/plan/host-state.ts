import { FACT_KINDS, factText } from "./fact-text";
import type { Fact } from "./facts";

export { factText, parseFact } from "./fact-text";
export type { Fact, RequireFact } from "./facts";

/** Wanted host state: facts in their one order. */
export interface HostState {
  /** Sorted by kind, then by text; none twice. */
  readonly facts: readonly Fact[];
}

/** Puts facts into their one order, without doubles, frozen: equal wishes are equal texts. */
export function hostState(facts: readonly Fact[]): HostState {
  const byText = new Map(facts.map((fact) => [factText(fact), fact]));
  const sorted = [...byText].sort(
    ([textA, a], [textB, b]) => FACT_KINDS.indexOf(a.kind) - FACT_KINDS.indexOf(b.kind) || (textA < textB ? -1 : 1),
  );
  return Object.freeze({ facts: Object.freeze(sorted.map(([, fact]) => Object.freeze({ ...fact }))) });
}

/** Several states as one. */
export function joinHostStates(...states: readonly HostState[]): HostState {
  return hostState(states.flatMap((state) => state.facts));
}

/** What the helper reads on stdin, and what a preview shows. */
export function hostStateText(header: InputHeader, state: HostState): string {
  return inputText(header, state.facts.map(factText));
}

/** Whom an input is for. */
export interface InputHeader {
  /** What the host is recognised by. */
  readonly host: string;
  /** `project/stack/name`. */
  readonly owner: string;
}

/** The input of every verb of the helper: its header, and lines. */
export function inputText({ host, owner }: InputHeader, body: readonly string[]): string {
  const lines = ["wirework 1", `host ${host}`, `owner ${owner}`, ...body];
  const torn = lines.find((line) => !/^[\x20-\x7e]+$/.test(line));
  if (torn !== undefined) {
    // Every value is checked where it enters. This keeps a gap there from becoming a second line here.
    throw new Error(`a line of host state holds a character that is not printable ASCII: ${JSON.stringify(torn)}`);
  }
  return `${lines.join("\n")}\n`;
}
