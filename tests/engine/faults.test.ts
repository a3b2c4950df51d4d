import { strict as assert } from "node:assert";
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../lab/process";
import { until } from "../lab/until";
import { assertSettled, assertTakenBack, changes, site, stackOn, subnet } from "./support";

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

describe("an engine that is killed in the middle of an update", () => {
  it("leaves what the documented commands and the next update bring to the goal", async () => {
    const place = await site("13");
    const stack = await stackOn(place, program);
    const killed = stack.up({ check: false });
    await until("the facts are on the host", { timeoutMs: 120_000 }, async () =>
      (await place.host.exec("ip addr")).stdout.includes("192.168.9.2/32") ? true : undefined,
    );
    await run("pkill", ["-KILL", "--full", stack.folder]);
    assert.notEqual((await killed).code, 0);
    await stack.pulumi(["cancel", "--yes", "--stack", stack.name], { check: false });
    await stack.refresh({ flags: ["--clear-pending-creates"] });
    await stack.up();
    await assertSettled(stack);
    await assertTakenBack(stack, place);
  });
});

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
