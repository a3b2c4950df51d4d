import { appendFileSync } from "node:fs";
import { relative } from "node:path";
import { inspect } from "node:util";
import type { CaseCount } from "../cases";
import type { SkipReason } from "../missing";
import { type Passed, RESULTS_FILE, type ReportEvent } from "./events";

/** An error as a person wants it: the message, then the stack without the frames of Node and of packages. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return inspect(error);
  const stack = (error.stack ?? `${error.name}: ${error.message}`)
    .split("\n")
    .filter((line) => !/^\s+at .*(node:|[/\\]node_modules[/\\])/.test(line))
    .join("\n");
  return error.cause === undefined ? stack : `${stack}\ncause: ${errorText(error.cause)}`;
}

function skipReason(test: Mocha.Test): string | undefined {
  let reason = (test as SkipReason).wireworkSkipReason;
  for (let suite = test.parent; reason === undefined && suite; suite = suite.parent) {
    reason = (suite as SkipReason).wireworkSkipReason;
  }
  return reason;
}

/**
 * The mocha reporter of the runner: writes each event at once, so that a crashed or killed phase still tells
 * what had passed and what was running.
 */
export default class FileReporter {
  constructor(runner: Mocha.Runner) {
    const file = process.env[RESULTS_FILE];
    if (file === undefined) throw new Error(`${RESULTS_FILE} does not name the results file`);
    const write = (event: ReportEvent) => appendFileSync(file, `${JSON.stringify(event)}\n`);
    const passed = (test: Mocha.Test): Passed => ({
      title: title(test),
      file: relative(process.cwd(), test.file ?? ""),
      cases: (test as CaseCount).wireworkCases ?? 1,
    });
    const title = (test: Mocha.Runnable) => test.titlePath().join(" › ");
    runner
      .on("test", (test) => write({ event: "begin", title: title(test) }))
      .on("hook", (hook) => write({ event: "begin", title: title(hook) }))
      .on("pass", (test) => write({ event: "pass", ...passed(test), seconds: (test.duration ?? 0) / 1000 }))
      .on("fail", (test, error) => write({ event: "fail", title: title(test), error: errorText(error) }))
      .on("pending", (test) => {
        const reason = skipReason(test);
        if (reason !== undefined) write({ event: "skip", title: title(test), reason });
        else write({ event: "fail", title: title(test), error: "skipped without a reason; use skipMissing" });
      })
      .on("end", () => write({ event: "end" }));
  }
}
