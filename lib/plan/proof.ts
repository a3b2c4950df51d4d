import type { Problems } from "../problems";
import { isGiven, readBoolean, readInteger, readObject } from "./read";

/** Whether an update waits for a proof, and how long. */
export interface ProofSettings {
  /** @default true */
  readonly enabled?: boolean;
  /** @default - 10, or 30 where an address is leased */
  readonly timeoutSeconds?: number;
}

const KNOWN: readonly (keyof ProofSettings)[] = ["enabled", "timeoutSeconds"];

/**
 * Reads them, and what else an object with them may hold; `lines` makes what the host is asked of what is to be proved, within
 * `usual` seconds where nothing else is said.
 */
export function readProof<T extends ProofSettings>(
  problems: Problems,
  path: string,
  settings: T | undefined,
  more: readonly (keyof T & string)[] = [],
): { readonly given: Partial<T>; readonly lines: (proofs: readonly string[], usual?: number) => string[] } {
  const given = isGiven(problems, path, settings) ? readObject(problems, path, settings, [...KNOWN, ...more]) : {};
  const { enabled, timeoutSeconds }: ProofSettings = given;
  const isEnabled = readBoolean(problems, `${path}.enabled`, enabled) ?? true;
  const seconds = { from: 1, to: 300, unit: " seconds" };
  const timeout = readInteger(problems, `${path}.timeoutSeconds`, timeoutSeconds, seconds);
  return {
    given,
    lines: (proofs, usual = 10) => (isEnabled && proofs.length > 0 ? [`timeout ${timeout ?? usual}`, ...proofs] : []),
  };
}
