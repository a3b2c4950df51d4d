import { strict as assert } from "node:assert";
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assertTakenBack, changes, site, stackOn, subnet } from "./support";

const program = `
const lan = new MacvlanNetwork("lan", { host: host.ref, parent: "eth1", subnets: [${subnet}], hostAccess: { address: "192.168.9.2" } });
new MacvlanAgent("north", { host: host.ref, network: lan.ref, image, ipv4Address: "192.168.9.70" });
`;

const checkout = join(__dirname, "..", "..");

/** A copy of the library whose helper is another version. */
function nextVersion(): string {
  const folder = mkdtempSync(join(tmpdir(), "wirework-next-"));
  cpSync(join(checkout, "lib"), join(folder, "lib"), { recursive: true });
  cpSync(join(checkout, "index.ts"), join(folder, "index.ts"));
  const hook = join("tests", "lab", "engine");
  mkdirSync(join(folder, hook), { recursive: true });
  cpSync(join(checkout, hook, "from-source.cjs"), join(folder, hook, "from-source.cjs"));
  symlinkSync(join(checkout, "node_modules"), join(folder, "node_modules"));
  appendFileSync(join(folder, "lib/host/program/base.sh"), "\n# the next version\n");
  return join(folder, hook, "from-source.cjs");
}

describe("a new version of the library", () => {
  it("updates the helper of each host and nothing else", async () => {
    const place = await site("13");
    const env: Record<string, string> = {};
    const stack = await stackOn(place, program, env);
    await stack.up();
    env.NODE_OPTIONS = `--require ${nextVersion()}`;
    assert.deepEqual(changes(await stack.preview()), ["update probe-host", "update probe-host-helper"]);
    await stack.up();
    const programs = await place.host.exec("ls /usr/local/lib/wirework");
    assert.equal(programs.stdout.trim().split("\n").length, 1, "the old version goes with its last user");
    await assertTakenBack(stack, place);
  });
});
