/** Where a test that tries one thing in many ways keeps how many they were, for the reporter. */
export interface CaseCount {
  wireworkCases?: number;
}

/** Says how many cases the running test has tried; a test that says nothing is one case. */
export function countCases(context: Mocha.Context, cases: number): void {
  const test = context.runnable() as CaseCount;
  test.wireworkCases = (test.wireworkCases ?? 0) + cases;
}
