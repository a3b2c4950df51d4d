import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Persistence } from "../../lib/plan/persistence";
import { backendTable } from "./backend-table";

const page = readFileSync(join(__dirname, "../../docs/backends.md"), "utf8");

describe("the page of backends", () => {
  it("says of each kind of fact what the code does with it", () => {
    const [, found] = /<!-- table -->\n([\s\S]*?)<!-- end -->/.exec(page) ?? [];
    assert.equal(found, backendTable(), "print it: npx ts-node -T tests/render/backend-table.ts");
  });

  it("names every backend", () => {
    for (const name of Object.keys(Persistence)) assert.match(page, new RegExp(`Persistence\\.${name}\\b`));
  });
});
