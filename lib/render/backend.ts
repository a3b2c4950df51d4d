import { createHash } from "node:crypto";
import type { Fact } from "../plan/facts";

/** A fact of one kind. */
export type FactOf<K extends Fact["kind"]> = Extract<Fact, { readonly kind: K }>;

/**
 * What a backend does with a kind of fact: nothing, because it stands by itself (it asks something of the host, or is a
 * file that the helper keeps); put it into its files; or refuse it, with the reason.
 */
export type Treatment = "stands" | "rendered" | { readonly refused: string };

/** Who brings facts back at boot. A backend is one file that exports this, and one entry in the table of `index.ts`. */
export interface Backend {
  /** What it does with each kind of fact; a new kind must find its place in every backend. */
  readonly kinds: { readonly [K in Fact["kind"]]: Treatment };
  /** Why it cannot bring back one fact of a kind that it takes otherwise. */
  readonly refuses?: (fact: Fact, facts: readonly Fact[]) => string | undefined;
  /** Its files, and what it needs of the host, for the facts of one owner. */
  readonly render: (owner: string, facts: readonly Fact[]) => readonly Fact[];
  /** What may surprise about these facts in its hands, in sentences. */
  readonly warnings: (facts: readonly Fact[]) => readonly string[];
}

/** Why a backend cannot bring a fact back. */
export function refusal({ kinds, refuses }: Backend, fact: Fact, facts: readonly Fact[]): string | undefined {
  const treatment = kinds[fact.kind];
  return typeof treatment === "object" ? treatment.refused : refuses?.(fact, facts);
}

/** Facts of one kind, in their order. */
export function factsOf<K extends Fact["kind"]>(facts: readonly Fact[], kind: K): FactOf<K>[] {
  return facts.filter((fact): fact is FactOf<K> => fact.kind === kind);
}

/** A name for the files of an owner: run-parts takes letters, digits, `_` and `-`; the digits at its end tell owners apart. */
export function fileName(owner: string): string {
  const readable = owner.replace(/[^A-Za-z0-9_-]+/g, "_").slice(0, 100);
  return `${readable}-${createHash("sha256").update(`files of ${owner}`).digest("hex").slice(0, 8)}`;
}

/** The numbers of a text's lines: three digits, or {@link tooLong}. */
export function numbered<T extends object>(
  lines: readonly string[],
  place: T,
): (T & { readonly number: string; readonly text: string })[] {
  return lines.map((text, index) => ({ ...place, number: String(index + 1).padStart(3, "0"), text }));
}

/** Whether files have more lines than can be numbered. */
export function tooLong(files: readonly Fact[]): boolean {
  return files.some((fact) => "number" in fact && fact.number.length > 3);
}
