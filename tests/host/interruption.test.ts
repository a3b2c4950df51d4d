import { strict as assert } from "node:assert";
import type { Verb } from "../../lib/host/command-text";
import { setupText } from "../../lib/host/program";
import { type Fault, faulty, withFaults } from "./faults";
import { assertSame, HOST_OWNER, IDENTITY, inSandbox, type Sandbox, SHIM, stdin } from "./support";

const OTHER = "test/dev/other";
const OLD = [
  ...SHIM,
  "table 200 name uplink2",
  "route unreachable 0.0.0.0/0 metric 4294967295 table 200",
  "rule from 172.31.7.0/24 table 200 priority 10202",
  "rule from fd00:31:7::/64 table 200 priority 10202",
  "nat 172.31.7.0/24 oif eth0 masquerade",
];
/** Differs from {@link OLD} in each kind of fact: the link is made anew, the rest changes, comes or goes. */
const NEW = [
  SHIM[0].replace("bridge", "private"),
  SHIM[1].replace("= 2", "= 1"),
  SHIM[2],
  "addr 192.168.9.3/32 dev shim0",
  SHIM[5],
  "addr 192.0.2.77/24 dev eth0",
  "route 192.168.9.128/26 dev shim0",
  SHIM[7],
  "table 201 name uplink2",
  "route blackhole 0.0.0.0/0 metric 4294967295 table 201",
  "route 0.0.0.0/0 dev shim0 table 201",
  "rule from 172.31.7.0/24 table 201 priority 10202",
  "rule from fd00:31:7::/64 table 200 priority 10203",
  "nat 172.31.7.0/24 oif eth0 snat 192.0.2.10",
  "nat fd00:31:7::/64 oif eth0 masquerade",
];

interface Change {
  readonly verb: Verb;
  readonly from: readonly string[];
  readonly to: readonly string[];
}

const changes: Record<string, Change> = {
  "a first apply": { verb: "apply", from: [], to: OLD },
  "an update": { verb: "apply", from: OLD, to: NEW },
  "a removal": { verb: "remove", from: OLD, to: [] },
};

const put = (host: Sandbox, facts: readonly string[]) => (facts.length > 0 ? host.apply(facts) : host.remove(NEW));

interface Disturbed {
  readonly at: number;
  readonly code: number;
  readonly said: string;
  /** What the kernel had before, and what it has when the change is done. */
  readonly before: string;
  readonly goal: string;
  readonly where: string;
}

/** Runs the change with a fault at each of its steps, until a run has none left to disturb; gives their number. */
async function sweep(
  host: Sandbox,
  { verb, from, to }: Change,
  how: Fault,
  after: (run: Disturbed) => Promise<void>,
): Promise<number> {
  await withFaults(host);
  await put(host, to);
  const goal = await host.kernel();
  await put(host, from);
  const before = await host.kernel();
  const input = stdin(verb === "remove" ? from : to);
  for (let at = 1; ; at++) {
    const { code, said, steps } = await faulty(host, verb, input, at, how);
    if (steps.length < at) {
      assert.equal(code, 0, said);
      return at - 1;
    }
    await after({ at, code, said, before, goal, where: `${how} at step ${at}: ${steps[at - 1]}` });
    if ((await host.kernel()) !== before) await put(host, from);
  }
}

describe("a run that is interrupted", function () {
  this.timeout(300_000); // seconds on an idle machine
  for (const [name, change] of Object.entries(changes)) {
    it(`is taken back or done by the next run, when ${name} is killed at any step`, () =>
      inSandbox(async (host) => {
        const found = await host.snapshot();
        const steps = await sweep(host, change, "kill", async ({ at, before, goal, where }) => {
          if (at % 2 === 1) {
            const other = await host.remove([], OTHER); // anyone's next run: old or new state, not a mix
            assert.equal(other.code, 0, `${where}: ${other.stderr}`);
            const now = await host.kernel();
            return now === goal ? undefined : assertSame(now, before, where);
          }
          await put(host, change.to);
          assertSame(await host.kernel(), goal, `${where}, then again`);
        });
        assert.ok(steps > 8, `${steps} steps`);
        await host.remove(OLD);
        await host.exec("/bin/rm -f /usr/local/bin/*");
        assertSame(await host.snapshot(), found);
      }));

    it(`takes itself back when a command of ${name} fails at any step`, () =>
      inSandbox(async (host) => {
        await sweep(host, change, "failure", async ({ code, said, before, goal, where }) => {
          const now = await host.kernel();
          if (code === 0) return assertSame(now, goal, where);
          assert.match(said, /the host is as before|nothing was changed|seeded failure/, where);
          assertSame(now, before, where);
        });
      }));
  }

  it("ends by itself when its session goes: with everything done, or nothing", () =>
    inSandbox(async (host) => {
      await sweep(host, changes["an update"], "hangup", async ({ code, before, goal, where }) => {
        assertSame(await host.kernel(), code === 0 ? goal : before, `${where} (code ${code})`);
      });
    }));

  it("leaves an installation that the next setup completes, and an uninstallation that the next one completes", () =>
    inSandbox(async (host) => {
      await host.uninstall();
      await withFaults(host);
      const found = await host.snapshot();
      const input = setupText({ host: IDENTITY, owner: HOST_OWNER });
      for (const verb of ["setup", "uninstall"] as const) {
        for (let at = 1; ; at++) {
          if (verb === "uninstall") await host.setup();
          const { steps, code, said } = await faulty(host, verb, input, at, "kill");
          if (verb === "setup") await host.setup();
          const gone = await host.uninstall();
          assert.equal(gone.code, 0, gone.stderr);
          assertSame(await host.snapshot(), found, `${verb} killed at step ${at}: ${steps[at - 1]}`);
          if (steps.length >= at) continue;
          assert.equal(code, 0, said);
          break;
        }
      }
    }));

  it("does not mind that nobody reads what it says", () =>
    inSandbox(async (host) => {
      const { stdout } = await host.exec(`(cat; sleep 1) | /usr/local/sbin/wirework apply 2>&1 | true`, stdin(SHIM));
      assert.equal(stdout, "");
      for (let tries = 0; tries < 50 && (await host.check(SHIM)).code !== 0; tries++) {}
      assert.equal((await host.check(SHIM)).stdout, "as declared\n");
    }));
});
