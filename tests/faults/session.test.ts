import { strict as assert } from "node:assert";
import { commandText } from "../../lib/host/command-text";
import { countCases } from "../cases";
import { withFaults } from "../host/faults";
import {
  assertConverges,
  assertForeign,
  assertHonest,
  assertReach,
  assertWhole,
  foreignState,
} from "../host/invariants";
import { addPeer, inSession } from "../host/session";
import { assertSame, inSandbox, type Sandbox, SHIM, stdin } from "../host/support";

const NOWHERE = ["table 200 name nowhere", "route unreachable 0.0.0.0/0 metric 4294967295 table 200"];
/** Nothing of it can cut the session: not armed. */
const PLAIN = SHIM;
/** A rule may: armed. */
const ARMED = [...SHIM, ...NOWHERE, "rule from 172.31.7.0/24 table 200 priority 10200"];
const CUT = [...NOWHERE, "rule from 192.0.2.10/32 table 200 priority 10200"];

const RESET = "ss -K sport = :22";
const BLACK_HOLE = `nft -f - <<'.'
table inet hole { chain in { type filter hook input priority 0; tcp dport 22 drop; }; chain out { type filter hook output priority 0; tcp sport 22 drop; }; }
.`;
const HEAL = "nft delete table inet hole 2>/dev/null; :";

/** Runs a verb in a session with a script run at one of its steps. */
async function disturbed(host: Sandbox, script: string, facts: readonly string[], at: number, seconds: number) {
  await host.exec(`/bin/rm -f /run/faults/*; echo ${at} script >/run/faults/at; cat >/run/fault`, `${script}\n`, true);
  const start = performance.now();
  const result = await inSession(host, commandText("apply", false), stdin(facts), seconds);
  const { stdout } = await host.exec(`wc -l </run/faults/steps; /bin/rm -f /run/faults/*; ${HEAL}`);
  return { ...result, reached: Number(stdout), seconds: (performance.now() - start) / 1000 };
}

describe("a session that is lost in mid-apply", function () {
  this.timeout(600_000);

  for (const [what, script] of [
    ["by a reset", RESET],
    ["in a black hole, both ways, without a word", BLACK_HOLE],
  ] as const) {
    it(`${what} ends the change within a bounded time in old or new state; the next apply gets there`, function () {
      return inSandbox(async (host) => {
        await addPeer(host);
        await withFaults(host);
        const foreign = await foreignState(host);
        let cases = 0;
        for (const facts of [PLAIN, ARMED]) {
          const put = await inSession(host, commandText("apply", false), stdin(facts));
          assert.equal(put.code, 0, put.heard);
          const goal = await host.kernel();
          await host.remove(facts);
          const before = await host.kernel();
          for (const at of [3, 16]) {
            const where = `${what} at step ${at} of ${facts.length} facts`;
            const run = await disturbed(host, script, facts, at, 15);
            assert.ok(run.reached >= at, `${where}: only ${run.reached} steps`);
            assert.notEqual(run.code, undefined, `${where}: still running`);
            assert.ok(run.seconds < 60, `${where}: ${run.seconds} s`);
            assertWhole(await host.kernel(), before, goal, where);
            if (facts === ARMED) assert.notEqual(run.code, 0, `${where}: kept without proof`);
            assertSame(await host.kernel(), run.code === 0 ? goal : before, `${where} (code ${run.code})`);
            await assertReach(host);
            assert.equal((await host.exec("cat /run/wirework/armed")).stdout, "", where);
            const next = await inSession(host, commandText("apply", false), stdin(facts));
            assert.equal(next.code, 0, `${where}: ${next.heard}`);
            assertSame(await host.kernel(), goal, where);
            await host.remove(facts);
            cases++;
          }
        }
        await assertForeign(host, foreign);
        countCases(this, cases);
        await assertConverges(host, PLAIN);
      });
    });
  }
});

describe("a change that cuts its own session", function () {
  this.timeout(300_000);
  for (const [what, facts] of [
    ["by a rule that eats the answers", ["window 10", "allow management-impact", ...CUT]],
    [
      "by a route that leads the answers elsewhere",
      ["window 10", "allow management-impact", "link dummy7 type dummy", "route 192.0.2.1/32 dev dummy7"],
    ],
  ] as const) {
    it(`${what} is taken back within the window, says so, and a new login works`, () =>
      inSandbox(async (host) => {
        await addPeer(host);
        const before = await host.snapshot();
        const start = performance.now();
        const run = await inSession(host, commandText("apply", false), stdin(facts), 30);
        assertHonest(
          { code: run.code, stderr: run.said },
          /taken back|window/,
          /host host-under-test, owner test\/dev\/edge/,
        );
        await assertReach(host);
        assert.ok((performance.now() - start) / 1000 < 10 + 30, "later than window + 30 s");
        assertSame(await host.snapshot(), before);
      }));
  }
});
