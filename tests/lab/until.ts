import { strict as assert } from "node:assert";
import { isDeepStrictEqual } from "node:util";

export interface WaitOptions {
  readonly timeoutMs: number;
  /** @default 100 */
  readonly intervalMs?: number;
}

/** Asks again and again until there is an answer other than undefined; fails with `what` when time is over. */
export async function until<T>(what: string, options: WaitOptions, ask: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + options.timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`${what}: not within ${options.timeoutMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, options.intervalMs ?? 100));
  }
}

/** Waits until `found` is what was expected; when time is over, the difference says what it was last. */
export async function assertComes<T>(
  what: string,
  timeoutMs: number,
  expected: T,
  found: () => Promise<T>,
): Promise<void> {
  let last: T | undefined;
  const right = until(what, { timeoutMs, intervalMs: 300 }, async () => {
    last = await found();
    return isDeepStrictEqual(last, expected) || undefined;
  });
  await right.catch(() => assert.deepEqual(last, expected, what));
}
