import { strict as assert } from "node:assert";
import { commandText } from "../../lib/host/command-text";
import { countCases } from "../cases";
import { assertHonest, assertReach } from "../host/invariants";
import { addPeer, inSession, KILL_WHILE_SETTLING } from "../host/session";
import { assertSame, inSandbox, type Sandbox, stdin } from "../host/support";

const FACTS = [
  "window 10",
  "table 200 name nowhere",
  "route unreachable 0.0.0.0/0 metric 4294967295 table 200",
  "rule from 172.31.7.0/24 table 200 priority 10200",
];

/** An armed change whose run is killed: only the timer is left. */
async function killedArmed(host: Sandbox): Promise<void> {
  host.program("sleep", KILL_WHILE_SETTLING);
  const killed = await inSession(host, commandText("apply", false), stdin(FACTS), 10);
  assert.equal(killed.code, "SIGKILL", killed.heard);
  await host.exec("rm /usr/local/bin/sleep", "", true);
}

describe("an undo that fails", function () {
  this.timeout(120_000);
  for (const [what, name, text] of [
    ["ip is broken", "ip", '#!/bin/sh\necho "ip: Input/output error" >&2\nexit 1\n'],
    [
      "ip changes nothing",
      "ip",
      '#!/bin/sh\ncase $* in *batch*) echo "RTNETLINK: Input/output error" >&2; exit 1 ;; esac\nexec /sbin/ip "$@"\n',
    ],
  ] as const) {
    it(`because ${what} is not forgotten: the next run is refused with what to do, and heals once it works`, () =>
      inSandbox(async (host) => {
        await addPeer(host);
        const before = await host.kernel();
        await killedArmed(host);
        const made = await host.kernel();
        assert.notEqual(made, before);
        host.program(name, text);
        await host.exec("sleep 11");
        assert.notEqual((await host.exec("cat /var/lib/wirework/journal")).stdout, "", "the intent is still known");
        for (const result of [await host.apply(["addr 192.168.9.9/32 dev eth0"]), await host.remove(FACTS)]) {
          assertHonest(
            result,
            /interrupted and cannot be taken back; nothing else was changed[\s\S]*then run pulumi up again/,
          );
          assertHonest(result, /Input\/output error/);
        }
        await host.exec(`rm /usr/local/bin/${name}`, "", true);
        assertSame(await host.kernel(), made, "nothing piled on");
        assert.match((await host.check([])).stdout, /interrupted; the next run takes it back/);
        assert.equal((await host.remove([], "test/dev/other")).code, 0);
        assertSame(await host.kernel(), before);
        await assertReach(host);
      }));
  }
});

describe("a clock that is set inside the window", function () {
  this.timeout(240_000);
  it("does not move the window: 1 h and 10 years, forth and back", function () {
    return inSandbox(async (host) => {
      // The clock belongs to the machine, so it is the program's own look at it that is led astray, another way each time.
      const jumps = ["+3600", "-3600", "+315360000", "-315360000"];
      await addPeer(host);
      const before = await host.kernel();
      for (const jump of jumps) {
        host.program(
          "date",
          `#!/bin/sh\necho x >>/run/dates\n[ $(($(wc -l </run/dates) % 2)) = 1 ] && exec /bin/date "$@"\nexec /bin/date -d "@$(($(/bin/date +%s) ${jump[0]} ${jump.slice(1)}))" "$@"\n`,
        );
        host.program("sleep", KILL_WHILE_SETTLING);
        const killed = await inSession(host, commandText("apply", false), stdin(FACTS), 10);
        assert.equal(killed.code, "SIGKILL", killed.heard);
        await host.exec("rm /usr/local/bin/sleep; sleep 3", "", true);
        assert.notEqual(await host.kernel(), before, `${jump}: undone before its time`);
        await host.exec("sleep 9");
        assertSame(await host.kernel(), before, `${jump}: not undone in time`);
      }
      countCases(this, jumps.length);
    });
  });
});
