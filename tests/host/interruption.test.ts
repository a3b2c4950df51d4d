import { strict as assert } from "node:assert";
import { setupText } from "../../lib/host/program";
import { countCases } from "../cases";
import { inContainerSandbox, startContainer } from "./containers";
import { faulty, withFaults } from "./faults";
import { assertWhole } from "./invariants";
import { assertSame, HOST_OWNER, IDENTITY, inSandbox, SHIM, stdin } from "./support";
import { changes, containerUpdate, OLD, OTHER, put, sweep } from "./sweep";

describe("a run that is interrupted", function () {
  this.timeout(300_000); // seconds on an idle machine
  for (const [name, change] of Object.entries(changes)) {
    it(`is taken back or done by the next run, when ${name} is killed at any step`, function () {
      return inSandbox(async (host) => {
        const found = await host.snapshot();
        const steps = await sweep(host, change, "kill", async ({ at, before, goal, where }) => {
          if (at % 2 === 1) {
            const other = await host.remove([], OTHER); // anyone's next run: old or new state, not a mix
            assert.equal(other.code, 0, `${where}: ${other.stderr}`);
            return assertWhole(await host.kernel(), before, goal, where);
          }
          await put(host, change.to);
          assertSame(await host.kernel(), goal, `${where}, then again`);
        });
        countCases(this, steps);
        assert.ok(steps > 8, `${steps} steps`);
        await host.remove(OLD);
        await host.exec("/bin/rm -f /usr/local/bin/*");
        assertSame(await host.snapshot(), found);
      });
    });

    it(`takes itself back when a command of ${name} fails at any step`, function () {
      return inSandbox(async (host) => {
        const steps = await sweep(host, change, "failure", async ({ code, said, before, goal, where }) => {
          const now = await host.kernel();
          if (code === 0) return assertSame(now, goal, where);
          assert.match(said, /the host is as before|nothing was changed|seeded failure/, where);
          assertSame(now, before, where);
        });
        countCases(this, steps);
      });
    });
  }

  for (const how of ["kill", "failure"] as const) {
    it(`leaves a container's facts as before or as declared, whole at the next run (${how})`, function () {
      return inContainerSandbox(async (host) => {
        await host.exec("ip link add card0 type veth peer name far0; ip link set card0 mtu 1450 up", "", true);
        await startContainer(host, "probe", 0);
        const steps = await sweep(host, containerUpdate, how, async ({ at, before, goal, where }) => {
          if (at % 2 === 1) await put(host, containerUpdate.to);
          else await host.remove([], OTHER);
          assertWhole(await host.kernel(), before, goal, where);
        });
        countCases(this, steps);
        assert.ok(steps > 4, `${steps} steps`);
      });
    });
  }

  it("ends by itself when its session goes: with everything done, or nothing", function () {
    return inSandbox(async (host) => {
      const steps = await sweep(host, changes["an update"], "hangup", async ({ code, before, goal, where }) => {
        assertSame(await host.kernel(), code === 0 ? goal : before, `${where} (code ${code})`);
      });
      countCases(this, steps);
    });
  });

  it("leaves an installation that the next setup completes, and an uninstallation that the next one completes", function () {
    return inSandbox(async (host) => {
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
          countCases(this, at - 1);
          break;
        }
      }
    });
  });

  it("does not mind that nobody reads what it says", () =>
    inSandbox(async (host) => {
      const { stdout } = await host.exec(`(cat; sleep 1) | /usr/local/sbin/wirework apply 2>&1 | true`, stdin(SHIM));
      assert.equal(stdout, "");
      for (let tries = 0; tries < 50 && (await host.check(SHIM)).code !== 0; tries++) {}
      assert.equal((await host.check(SHIM)).stdout, "as declared\n");
    }));
});
