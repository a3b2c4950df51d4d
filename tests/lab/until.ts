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
