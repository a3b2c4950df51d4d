import type { Outcome, Report } from "../runner/campaign";
import type { Fault, Shown } from "./table";

const begins = (title: string, start: string) => title === start || title.startsWith(start);

/** Fills the table from results; wrong is a row whose tests failed or are none, and a test that no row names. `source` reads a file of tests, for those that run elsewhere. */
export function report(table: readonly Fault[], outcome: Outcome, source: (file: string) => string): Report {
  const problems: string[] = [];
  const named = new Set<string>();
  let total = 0;
  let covered = 0;
  const lines = table.map((row) => {
    let passed = 0;
    let failed = 0;
    const before = problems.length;
    for (const [file, title] of row.shown ?? []) {
      const good = outcome.passes.filter((test) => test.file === file && begins(test.title, title));
      const bad = outcome.failures.filter((test) => begins(test.title, title));
      if (good.length + bad.length === 0)
        problems.push(`row ${row.number}: no test ran in ${file} that begins "${title}"`);
      for (const test of bad) problems.push(`row ${row.number}: failed: ${test.title}`);
      for (const test of [...good, ...bad]) named.add(test.title);
      passed += good.reduce((sum, test) => sum + test.cases, 0);
      failed += bad.length;
    }
    for (const [file, title] of row.elsewhere ?? []) {
      if (!source(file).includes(title)) problems.push(`row ${row.number}: ${file} has no test "${title}"`);
    }
    if (!row.shown && !row.elsewhere && !row.not) problems.push(`row ${row.number}: neither a test nor a reason`);
    total += passed;
    if (passed > 0 && problems.length === before) covered++;
    const cases = row.shown ? `${passed + failed} run, ${passed} passed` : "none here";
    const more = [
      row.injected && `injected: ${row.injected}`,
      row.holds && `holds: ${row.holds}`,
      row.elsewhere && `by npm test: ${files(row.elsewhere)}`,
      row.not && `not shown: ${row.not}`,
    ];
    const head = `${String(row.number).padStart(2)}  ${row.fault.padEnd(40)} ${cases}`;
    return [head, ...more.filter(Boolean).map((line) => `      ${line}`)].join("\n");
  });
  for (const { title, file } of outcome.passes) {
    const own = file.startsWith("tests/faults/") && !/\/(invariants|report)\.test\.ts$/.test(file);
    if (own && !named.has(title)) problems.push(`no row names ${file}: ${title}`);
  }
  lines.push("", `${covered} of ${table.length} rows shown here, ${total} cases passed`);
  return { lines, problems };
}

const files = (tests: readonly Shown[]) => [...new Set(tests.map(([file]) => file))].join(", ");
