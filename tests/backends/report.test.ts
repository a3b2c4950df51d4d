// The table must not be able to call a cell passed that is not.
import { strict as assert } from "node:assert";
import { report } from "./report";
import { backends, hosts, refusalTitle, scenarios, takes } from "./table";

const file = "tests/backends/table.test.ts";
const titles = [
  ...Object.keys(hosts).flatMap((host) => backends.map((backend) => `${host} › ${backend}`)),
  ...Object.entries(scenarios).flatMap(([name, scenario]) =>
    backends.filter((backend) => !takes(backend, scenario)).map((backend) => refusalTitle(backend, name)),
  ),
];
const of = (some: readonly string[]) => report({ passes: some.map((title) => ({ title, file, cases: 1 })) });

describe("the table of backends", () => {
  it("has no empty cell when all has passed, and a reason for each refusal", () => {
    const { lines, problems } = of(titles);
    assert.deepEqual(problems, []);
    const text = lines.join("\n");
    assert.doesNotMatch(text, /\?/);
    const cells = text.match(/passed|refused \(\d\)/g)!;
    assert.equal(cells.length, Object.keys(scenarios).length * Object.keys(hosts).length * backends.length);
    const numbers = [...new Set(text.match(/(?<=refused \()\d/g))];
    assert.ok(numbers.every((number) => new RegExp(`^\\(${number}\\) `, "m").test(text)));
  });

  it("says which test is missing", () => {
    for (const title of titles) {
      const { lines, problems } = of(titles.filter((other) => other !== title));
      assert.ok(problems.length > 0 && problems.every((problem) => problem.endsWith(`"${title}" did not pass`)));
      assert.match(lines.join("\n"), /\?/);
    }
  });
});
