import { strict as assert } from "node:assert";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { DriftQuestion, type DriftSettings } from "../../lib/host/drift";

const settings: DriftSettings = {
  address: "192.0.2.10",
  port: 22,
  user: "root",
  identity: "edge",
  sudo: false,
  detectDrift: true,
};
const owner = (name: string) => `project/stack/${name}`;

/** What a run with this `ssh` on PATH makes of the Commands of these owners, and what it says. */
async function asked(
  ssh: string | undefined,
  names: readonly string[],
  login: Partial<DriftSettings> | "computed" = {},
) {
  const folder = mkdtempSync(join(tmpdir(), "wirework-drift-"));
  if (ssh !== undefined) {
    writeFileSync(join(folder, "ssh"), `#!/bin/sh\necho dial >>${folder}/dials\n${ssh}\n`, { mode: 0o755 });
  }
  const { PATH } = process.env;
  process.env.PATH = ssh === undefined ? folder : `${folder}:${PATH}`;
  const log = pulumi.log as { warn: typeof pulumi.log.warn };
  const { warn } = log;
  const warnings: string[] = [];
  log.warn = async (text) => {
    warnings.push(text);
  };
  try {
    const known = login === "computed" ? new Promise<DriftSettings>(() => {}) : { ...settings, ...login };
    const question = new DriftQuestion({} as pulumi.Resource, "edge", owner("edge"), pulumi.output(known));
    await new Promise(setImmediate);
    const args = { custom: true, type: "", name: "", props: { update: "old" }, opts: {} };
    const results = await Promise.all(names.map((name) => question.transform(owner(name))(args)));
    const dials = join(folder, "dials");
    return { results, warnings, dials: existsSync(dials) ? readFileSync(dials, "utf8").trim().split("\n").length : 0 };
  } finally {
    log.warn = warn;
    process.env.PATH = PATH;
    rmSync(folder, { recursive: true });
  }
}

const asItWas = { props: { update: "old" }, opts: { ignoreChanges: ["update"] } };
const says = (...lines: string[]) => `cat >/dev/null; printf '%s\\n' ${lines.map((line) => `'${line}'`).join(" ")}`;

describe("the question for drift", () => {
  it("is asked once per host; what differs becomes a note, and the rest stays as it was", async () => {
    const answer = says(
      `owner ${owner("clean")}`,
      `owner ${owner("torn")}`,
      "- addr 192.0.2.7/24 dev eth1",
      "+ `$!\\\\",
    );
    const { results, warnings, dials } = await asked(answer, ["clean", "torn", "new"]);
    assert.equal(dials, 1);
    assert.deepEqual(results[0], asItWas);
    assert.match(results[1]?.props.update, / 'drift of [^']*Z: - addr 192\.0\.2\.7\/24 dev eth1; \+ [?]+'$/);
    assert.match(results[2]?.props.update, / 'drift of [^']*Z: nothing of this owner is in the ledger'$/);
    assert.equal(warnings.length, 1);
    assert.match(
      warnings[0],
      /^Host "edge": its facts of project\/stack\/torn .*:\n- addr 192\.0\.2\.7\/24 dev eth1\n/,
    );
  });

  for (const [why, ssh, login, reason] of [
    ["the host cannot be reached", "echo 'No route to host' >&2; exit 255", {}, "No route to host"],
    ["there is no ssh", undefined, {}, "the system's ssh cannot be started: spawn ssh ENOENT"],
    ["the login is unknown", "exit 0", "computed", "address or login are computed by this very run"],
  ] as const) {
    it(`is answered by one warning and no change where ${why}`, async () => {
      const { results, warnings } = await asked(ssh, ["torn", "clean"], login);
      assert.deepEqual(results, [asItWas, asItWas]);
      const said = `Host "edge": could not be asked whether its facts are still as declared: ${reason}`;
      assert.deepEqual(warnings, [said]);
    });
  }

  it("is not asked unless it is wanted", async () => {
    const { results, dials } = await asked("exit 0", ["torn"], { detectDrift: false });
    assert.deepEqual([results, dials], [[undefined], 0]);
  });
});
