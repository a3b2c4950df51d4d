import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { programText, setupText } from "../../lib/host/program";

describe("the program of hosts", () => {
  const header = { host: "edge", owner: "test/dev/edge" };
  const base64 = (text: string) => text.slice(text.lastIndexOf("\nexit\n") + 6);

  it("travels packed, and comes out as it was", () => {
    const travels = base64(setupText(header));
    assert.equal(gunzipSync(Buffer.from(travels, "base64")).toString(), programText());
    assert.ok(travels.length < programText().length / 2, `${travels.length} of ${programText().length}`);
  });

  it("is packed to the same bytes by every Node on every machine, and at any time", () => {
    const program = Array.from({ length: 40 }, (_, index) => `rule ${index * index} table ${index % 7} \u20ac\n`).join(
      "",
    );
    const digest = createHash("sha256")
      .update(base64(setupText({ ...header, program })))
      .digest("hex");
    assert.equal(digest, "1351be88ee309fee8e5476c53c11122460cb247ac59530a7f32a23d92aa0f161");
  });
});
