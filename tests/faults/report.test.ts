// The table must not be able to call a row shown that is not.
import { strict as assert } from "node:assert";
import { report } from "./report";
import { type Fault, faults } from "./table";

const file = "tests/faults/x.test.ts";
const row: Fault = { number: 1, fault: "a fault", shown: [[file, "a host › stands"]] };
const pass = (title: string, cases = 1) => ({ title, file, cases });
const problems = (rows: readonly Fault[], passes = [pass("a host › stands")], failures: { title: string }[] = []) =>
  report(rows, { passes, failures }, () => "it stands").problems;

describe("the table of faults", () => {
  it("counts the cases of what ran", () => {
    const { lines } = report([row], { passes: [pass("a host › stands", 41)], failures: [] }, () => "");
    assert.match(lines[0], /41 run, 41 passed/);
    assert.equal(lines.at(-1), "1 of 1 rows shown here, 41 cases passed");
  });

  it("fails for a test that is missing, renamed, in another file, or failed", () => {
    assert.deepEqual(problems([row]), []);
    assert.match(problems([row], [])[0], /row 1: no test ran/);
    assert.match(problems([row], [pass("a host › sits")])[0], /row 1: no test ran/);
    assert.match(problems([{ ...row, shown: [["tests/y.test.ts", "a host › stands"]] }])[0], /row 1: no test ran/);
    assert.match(problems([row], [], [{ title: "a host › stands" }])[0], /row 1: failed/);
  });

  it("fails for a test elsewhere that is gone, a row with nothing, and a test that no row names", () => {
    assert.match(problems([{ ...row, elsewhere: [["tests/z.test.ts", "it flies"]] }])[0], /has no test "it flies"/);
    assert.match(problems([{ number: 2, fault: "b" }], [])[0], /neither a test nor a reason/);
    assert.match(problems([row], [pass("a host › stands"), pass("more")])[0], /no row names/);
  });

  it("has each row once", () => {
    assert.deepEqual(
      faults.map(({ number }) => number),
      Array.from({ length: 47 }, (_, index) => index + 1),
    );
  });
});
