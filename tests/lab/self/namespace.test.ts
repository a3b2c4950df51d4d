import { strict as assert } from "node:assert";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { leftovers, machineState } from "../namespace";
import { run } from "../process";
import { until } from "../until";

const typescript = ["--require", "ts-node/register/transpile-only"];
const lab = [...typescript, join(__dirname, "../namespace.ts")];

/** A lab with a LAN and a host that runs a container, in a program of its own. */
class LabProgram {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  private said = "";

  constructor() {
    const program = [process.execPath, ...typescript, join(__dirname, "lab-program.ts")];
    this.child = spawn(process.execPath, [...lab, ...program], { stdio: ["ignore", "pipe", "inherit"] });
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.said += text;
    });
    this.ended = new Promise((resolve) => this.child.on("close", resolve));
  }

  /** The lab's id, once its host runs. */
  up(): Promise<string> {
    return until("the inner lab", { timeoutMs: 60_000 }, async () => {
      assert.equal(this.child.exitCode, null, "the inner lab ended early");
      return /^up (.+)$/m.exec(this.said)?.[1];
    });
  }
}

async function nothingLeft(before: readonly string[], id: string): Promise<void> {
  // The kernel takes namespaces apart, and the sweeper control groups, shortly after the last process.
  let left: string[] = [];
  const clean = async () => {
    left = await leftovers(before, id);
    return left.length === 0 || undefined;
  };
  await until("a clean machine", { timeoutMs: 10_000 }, clean).catch(() => assert.deepEqual(left, []));
}

describe("the lab's namespace", () => {
  it("hands the command's arguments, environment and exit code through", async () => {
    const script = 'test "$1" = "a  b" && test "$WIREWORK_LAB" && exit 7';
    const { code } = await run(process.execPath, [...lab, "sh", "-c", script, "sh", "a  b"], { check: false });
    assert.equal(code, 7);
  });

  it("shows no link of the machine, and is its first process's alone", async () => {
    const { stdout } = await run(process.execPath, [
      ...lab,
      "sh",
      "-c",
      "ip -br link; ls /sys/class/net; ls /run; ps ax | wc -l",
    ]);
    assert.doesNotMatch(stdout, /eth|lab-mgmt/);
    assert.match(stdout, /^lo\s+UNKNOWN/);
  });

  it("leaves nothing when the command ends", async () => {
    const before = await machineState();
    const { stdout } = await run(process.execPath, [
      ...lab,
      "sh",
      "-c",
      'ip link add left0 type bridge; sleep 1000 & echo "$WIREWORK_LAB"',
    ]);
    await nothingLeft(before, stdout.trim());
  });

  it("takes along temporary files, and the keys that the library keeps for ssh", async () => {
    // What `ssh` takes for the home: neither HOME nor what HOME was when the lab began.
    const program = `
      const { mkdirSync, mkdtempSync } = require("node:fs");
      const { tmpdir, userInfo } = require("node:os");
      const keys = userInfo().homedir + "/.wirework-self";
      mkdirSync(keys);
      console.log(JSON.stringify([keys, mkdtempSync(tmpdir() + "/wirework-self-")]));`;
    const { stdout } = await run(process.execPath, [...lab, process.execPath, "-e", program]);
    const [keys, temporary] = JSON.parse(stdout) as [string, string];
    assert.ok(!existsSync(keys), keys);
    assert.ok(!existsSync(temporary), temporary);
  });

  it("leaves nothing when it is killed, and two labs with the same names run side by side", async () => {
    const before = await machineState();
    const programs = [new LabProgram(), new LabProgram()];
    try {
      const ids = await Promise.all(programs.map((program) => program.up()));
      assert.notEqual(ids[0], ids[1]);
      for (const [index, signal] of (["SIGKILL", "SIGTERM"] as const).entries()) {
        const [program, id] = [programs[index]!, ids[index]!];
        const during = await leftovers(before, id);
        for (const kind of ["cgroup", "process"]) {
          assert.ok(
            during.some((line) => line.startsWith(`left: ${kind}`)),
            `the check sees no ${kind} of a running lab`,
          );
        }
        program.child.kill(signal);
        assert.notEqual(await program.ended, 0);
        await nothingLeft(before, id);
      }
    } finally {
      for (const program of programs) program.child.kill("SIGKILL");
      await Promise.all(programs.map((program) => program.ended));
    }
  });
});
