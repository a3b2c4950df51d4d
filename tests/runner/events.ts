/** What the reporter writes to the results file, one JSON object a line; the runner reads along. */
export type ReportEvent =
  | { readonly event: "begin"; readonly title: string }
  | ({ readonly event: "pass"; readonly seconds: number } & Passed)
  | { readonly event: "fail"; readonly title: string; readonly error: string }
  | { readonly event: "skip"; readonly title: string; readonly reason: string }
  | { readonly event: "end" };

/** A test that passed. */
export interface Passed {
  readonly title: string;
  /** Its file, from the folder of the project. */
  readonly file: string;
  /** How many cases it tried. */
  readonly cases: number;
}

/** The environment variable that names the results file. */
export const RESULTS_FILE = "WIREWORK_TEST_RESULTS";

/** Outcome of one phase, or the sum of several. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The line that ends a run. */
export function tallyLine(tally: Tally): string {
  return `${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`;
}
