import { createHmac, scryptSync } from "node:crypto";

/** A secret that facts name. */
export interface Cookie {
  /** What facts say. Another value has another name, so that a preview shows that it changes. */
  readonly name: string;
  /** The value, in hex. */
  readonly value: string;
}

/**
 * The cookies that the two ends of a wire send: the same for the same seed and owner, and no two wires have one.
 *
 * A cookie is short, and its name stands in the open: the name is made by a function that is slow to try (RFC 7914).
 */
export function deriveCookies(seed: string, owner: string, bytes: number): Cookie[] {
  return [0, 1].map((end) => {
    const use = `wirework cookie ${owner} end ${end}`;
    const value = createHmac("sha256", seed)
      .update(use)
      .digest("hex")
      .slice(0, 2 * bytes);
    return { name: scryptSync(value, use, 8, { N: 16384, r: 8, p: 1 }).toString("hex"), value };
  });
}
