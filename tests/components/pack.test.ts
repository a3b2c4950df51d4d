import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import * as fc from "fast-check";
import { gzip } from "../../lib/host/pack";
import { programText } from "../../lib/host/program";

describe("a packed text", () => {
  it("is what gzip unpacks", () => {
    const texts = fc.oneof(
      fc.string({ unit: "binary" }),
      // Much that repeats, near and far.
      fc
        .array(fc.tuple(fc.constantFrom("a", "ab", "link shim0\n", "\u20ac"), fc.integer({ min: 1, max: 9000 })))
        .map((parts) => parts.map(([text, times]) => text.repeat(times)).join("|")),
    );
    fc.assert(
      fc.property(texts, (text) => assert.equal(gunzipSync(gzip(text)).toString(), Buffer.from(text).toString())),
    );
  });

  it("is half as long, where it is the program of hosts", () => {
    const program = programText();
    const packed = gzip(program);
    assert.equal(gunzipSync(packed).toString(), program);
    assert.ok(packed.length < program.length / 2, `${packed.length} of ${program.length}`);
  });

  it("is the same with every Node on every machine", () => {
    const text = Array.from({ length: 2000 }, (_, index) => `rule ${index * index} table ${index % 7}\n`).join("");
    assert.equal(
      createHash("sha256").update(gzip(text)).digest("hex"),
      "c5e70bf821d5fea1a46c1ef979738c5d4ac53a7a8ca18d9fdfc26397f321a62c",
    );
  });
});
