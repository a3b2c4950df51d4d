// The runner must not be able to call a broken run green, so it is run on broken projects.
import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { until } from "../lab/until";
import { choosePhases, type Phase, phases } from "../runner/phases";
import { runPhase } from "../runner/run-phase";
import { schedule } from "../runner/schedule";
import { projectFiles, root } from "./project";

/** Whether a process has ended, though perhaps still listed until the machine's first process takes notice. */
function isGone(pid: number): boolean {
  const status = `/proc/${pid}/status`;
  return !existsSync(status) || /State:\s+Z/.test(readFileSync(status, "utf8"));
}

describe("runner", () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "wirework-runner-"));
    for (const name of ["node_modules", "tests", "tsconfig.json", ".mocharc.json"])
      symlinkSync(join(root, name), join(folder, name));
    mkdirSync(join(folder, "cases"));
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  async function outcome(code: string, limits: { minutes?: number; interruptAt?: RegExp } = {}) {
    writeFileSync(join(folder, "cases", "one.test.ts"), code);
    const lines: string[] = [];
    const abort = new AbortController();
    const print = (line: string) => {
      lines.push(line);
      if (limits.interruptAt?.test(line)) abort.abort("interrupted");
    };
    const phase: Phase = { name: "case", files: ["cases/*.test.ts"], minutes: limits.minutes ?? 1 };
    const result = await runPhase(phase, { root: folder, folder, signal: abort.signal, print, graceMs: 2000 });
    return { ...result, lines };
  }

  it("counts what passed, and gives the failure and the reason of a skip in full", async () => {
    const result = await outcome(`
      import { skipMissing } from "../tests/missing";
      it("good", () => {});
      it("bad", () => { throw new Error("two\\nlines", { cause: new Error("deeper") }); });
      describe("group", () => {
        before(function () { skipMissing(this, "a spoon"); });
        it("left out", () => {});
      });
    `);
    assert.deepEqual([result.passed, result.failed, result.skipped], [1, 1, 1]);
    assert.match(result.failures[0].error, /Error: two\nlines[\s\S]*cause: Error: deeper/);
    assert.deepEqual(result.skips, [{ event: "skip", title: "group › left out", reason: "missing: a spoon" }]);
  });

  it("fails a test that is skipped without a reason", async () => {
    const result = await outcome(`it("good", () => {}); it("lazy", function () { this["skip"](); });`);
    assert.match(result.failures[0].error, /without a reason/);
  });

  it("fails a phase without any test", async () => {
    assert.match((await outcome("export {};")).failures[0].error, /ran no test/);
  });

  it("fails a phase whose file cannot be loaded", async () => {
    assert.match((await outcome(`import "./absent";`)).failures[0].error, /crashed[\s\S]*absent/);
  });

  it("fails a phase that exits in the middle, and names the test", async () => {
    const result = await outcome(`it("good", () => {}); it("leaves", () => process.exit(0));`);
    assert.equal(result.passed, 1);
    assert.match(result.failures[0].error, /crashed \(code 0\) in leaves/);
  });

  it("fails focused tests", async () => {
    const result = await outcome(`it["only"]("focused", () => {}); it("other", () => {});`);
    assert.notEqual(result.failed, 0);
  });

  it("ends a phase that takes too long", async () => {
    const result = await outcome(`it("hangs", (done) => {}).timeout(600_000);`, { minutes: 3 / 60 });
    assert.match(result.failures[0].error, /did not end within .* minutes/);
  });

  it("takes its phases along when it is killed", async () => {
    const pidFile = join(folder, "pid");
    const code = `it("hangs", (done) => { writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); }).timeout(600_000);`;
    writeFileSync(join(folder, "cases", "one.test.ts"), `import { writeFileSync } from "node:fs";\n${code}`);
    const main = `
      require(${JSON.stringify(join(root, "tests/runner/run-phase.ts"))}).runPhase(
        { name: "case", files: ["cases/*.test.ts"], minutes: 1 },
        { root: ".", folder: ".", signal: new AbortController().signal, print() {} },
      );`;
    const runner = spawn(process.execPath, ["--require", "ts-node/register/transpile-only", "-e", main], {
      cwd: folder,
    });
    const wait = { timeoutMs: 30_000 };
    const pid = await until("the test runs", wait, async () => {
      return existsSync(pidFile) ? Number(readFileSync(pidFile, "utf8")) || undefined : undefined;
    });
    runner.kill("SIGKILL");
    await until("the test's process is gone", wait, async () => isGone(pid) || undefined);
  });

  it("ends a phase when the run is interrupted, with all that it started", async () => {
    const code = `
      import { spawn } from "node:child_process";
      it("hangs", (done) => { console.log("child " + spawn("sleep", ["600"], { detached: true }).pid); }).timeout(600_000);`;
    const result = await outcome(code, { interruptAt: /^child/ });
    assert.match(result.failures[0].error, /^interrupted/);
    const child = Number(/child (\d+)/.exec(result.lines.join("\n"))?.[1]);
    assert(child > 0 && isGone(child));
  });

  it("fails a phase that a forgotten handle keeps alive", async () => {
    const result = await outcome(`it("good", () => { setInterval(() => {}, 1000); });`);
    assert.match(result.failures[0].error, /left something running/);
  });

  it("does not begin a phase whose need failed, and begins one that only waited for it", async () => {
    const all: Phase[] = [
      { name: "first", minutes: 1 },
      { name: "needs", needs: ["first"], minutes: 1 },
      { name: "waits", after: ["first"], minutes: 1 },
    ];
    const begun: string[] = [];
    const results = await schedule(all, 2, async ({ name }) => {
      begun.push(name);
      return { name, passed: 0, failed: 1, skipped: 0, seconds: 0, passes: [], failures: [], skips: [] };
    });
    assert.deepEqual(begun, ["first", "waits"]);
    assert.match(results[1].failures[0].error, /first failed/);
  });

  it("has a phase, and only one, for every test file", () => {
    const { lookupFiles } = require("mocha/lib/cli/lookup-files.js");
    const run = phases.flatMap((phase) => phase.files ?? []).flatMap((glob) => lookupFiles(glob, ["ts"]));
    const all = projectFiles().filter((name) => name.startsWith("tests/") && name.endsWith(".test.ts"));
    assert.deepEqual(run.map((path: string) => relative(root, resolve(root, path))).sort(), all);
  });

  it("chooses a group by its name, and what it needs with it", () => {
    const names = (...chosen: string[]) => choosePhases(chosen).map((phase) => phase.name);
    assert.deepEqual(names("host"), ["prepare", "host:a-f", "host:g-z"]);
    assert(names("check").every((name) => name.startsWith("check:")));
    assert.throws(() => names("hots"), /phase: "hots" is none; choose from .*host/);
  });
});
