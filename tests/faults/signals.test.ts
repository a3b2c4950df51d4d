// The whole sweep; tests/host/interruption.test.ts has its fixed part: KILL everywhere, HUP in an update.
import { strict as assert } from "node:assert";
import { countCases } from "../cases";
import { type Fault, faulty, faultyCommand, withFaults } from "../host/faults";
import { assertGone, assertWhole } from "../host/invariants";
import { assertSame, inSandbox, type Sandbox, stdin } from "../host/support";
import { changes, NEW, OLD, OTHER, sweep } from "../host/sweep";

const signals: Partial<Record<Fault, string>> = { hangup: "HUP", terminate: "TERM" };

describe("a run that gets a signal", function () {
  this.timeout(600_000);
  for (const [name, change] of Object.entries(changes)) {
    for (const [how, signal] of Object.entries(signals)) {
      if (how === "hangup" && name === "an update") continue;
      it(`has done everything or nothing, when ${name} gets ${signal} at any step`, function () {
        return inSandbox(async (host) => {
          const steps = await sweep(host, change, how as Fault, async ({ code, before, goal, where }) => {
            assertSame(await host.kernel(), code === 0 ? goal : before, `${where} (code ${code})`);
          });
          countCases(this, steps);
        });
      });
    }
  }
});

/** A host whose update was killed with everything in the kernel and nothing proven: what an armed change leaves. */
async function killedAtItsEnd(host: Sandbox, steps: number): Promise<void> {
  const killed = await faulty(host, "apply", stdin(NEW), steps, "kill");
  assert.equal(killed.code, 137, killed.said);
  await host.exec("echo 1.1 >/run/wirework/armed", "", true);
}

describe("the undo of an armed change", function () {
  this.timeout(600_000);
  for (const [how, signal] of Object.entries({ kill: "KILL", ...signals })) {
    it(`ends in the old state, when it gets ${signal} at any step, by itself or with the next run`, function () {
      return inSandbox(async (host) => {
        const found = await host.snapshot();
        await withFaults(host);
        await host.apply(OLD);
        const before = await host.kernel();
        const { steps } = await faulty(host, "apply", stdin(NEW), 100_000, "kill");
        const goal = await host.kernel();
        // The last step of the kernel's is an nft table; then the ledger gets its entry.
        const last = steps.findIndex((step) => step.includes("/owners/")) + 1;
        assert.ok(last > 8, steps.join("\n"));
        for (let at = 1; ; at++) {
          await host.apply(OLD);
          await killedAtItsEnd(host, last);
          assertSame(await host.kernel(), goal, "made, and not proven");
          const undo = await faultyCommand(host, "/usr/local/sbin/wirework undo 1.1", "", at, how as Fault);
          const where = `${signal} at step ${at} of the undo: ${undo.steps[at - 1]}`;
          if (undo.code === 0) assertSame(await host.kernel(), before, where);
          const next = await host.remove([], OTHER);
          assert.equal(next.code, 0, `${where}: ${next.stderr}`);
          assertWhole(await host.kernel(), before, before, where);
          if (undo.steps.length >= at) continue;
          assert.equal(undo.code, 0, undo.said);
          countCases(this, at - 1);
          break;
        }
        await host.exec("/bin/rm -f /usr/local/bin/* /run/wirework/armed", "", true);
        await assertGone(host, OLD, found);
      });
    });
  }
});
