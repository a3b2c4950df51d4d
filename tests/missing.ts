/** Where the reason of a skip is kept for the reporter: on the test, or on the suite whose hook skipped. */
export interface SkipReason {
  wireworkSkipReason?: string;
}

/**
 * Skips the test (or, in a `before` hook, the suite) and says what the machine lacks.
 * The only way to skip: a skip without a reason counts as a failure.
 */
export function skipMissing(context: Mocha.Context, what: string): never {
  const runnable = context.runnable() as Mocha.Test | Mocha.Hook;
  const target = runnable.type === "hook" ? runnable.parent : runnable;
  (target as SkipReason).wireworkSkipReason = `missing: ${what}`;
  return context.skip();
}
