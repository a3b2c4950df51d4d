import { createHmac, scryptSync } from "node:crypto";
import { ownerOf, type PlanContext, startProblems } from "./context";

/** A secret that facts name. */
export interface Cookie {
  /** What facts say. Another value has another name, so that a preview shows that it changes. */
  readonly name: string;
  /** The value, in hex. */
  readonly value: string;
}

/** What cookies come of: a seed, or the cookies themselves. */
export interface CookieSettings {
  /** @default - none */
  readonly seed?: string;
  /** @default - none */
  readonly values?: readonly string[];
  /** @default 8 */
  readonly bytes?: number;
}

/**
 * The cookies that the two ends of a wire send. From a seed they are the same for the same owner, and no two wires have one.
 * Throws one ArgumentError with all problems, which holds nothing of a secret.
 */
export function planCookies(context: PlanContext, { seed, values, bytes = 8 }: CookieSettings): Cookie[] {
  const problems = startProblems(context);
  const digits = 2 * bytes;
  if ((seed === undefined || seed === "") === (values === undefined)) {
    const rule = values === undefined ? "hold neither seed nor values" : "hold both seed and values";
    problems.addSecret("cookies", rule, "give one of them");
  } else if (values !== undefined && values.length !== 2) {
    const rule = `are ${values.length}`;
    problems.addSecret("cookies.values", rule, "give two: what the first end sends, and what the second sends");
  }
  for (const [index, value] of (values ?? []).entries()) {
    if (!new RegExp(`^[0-9a-fA-F]{${digits}}$`).test(value)) {
      const wayOut = `give ${digits} digits, or other bytes (4 or 8)`;
      problems.addSecret(`cookies.values[${index}]`, `is not ${digits} hex digits`, wayOut);
    }
  }
  problems.throwIfAny();
  const owner = ownerOf(context);
  return [0, 1].map((end) => {
    const use = `wirework cookie ${owner} end ${end}`;
    const derived = () => createHmac("sha256", seed!).update(use).digest("hex").slice(0, digits);
    const value = values?.[end]?.toLowerCase() ?? derived();
    // A cookie is short, and its name stands in the open: the name is made by a function that is slow to try (RFC 7914).
    return { name: scryptSync(value, use, 8, { N: 16384, r: 8, p: 1 }).toString("hex"), value };
  });
}
