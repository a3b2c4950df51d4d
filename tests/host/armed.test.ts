import { strict as assert } from "node:assert";
import { commandText } from "../../lib/host/command-text";
import { assertComes } from "../lab/until";
import { addPeer, inSession, KILL_WHILE_SETTLING } from "./session";
import { assertSame, inSandbox, type Sandbox, stdin } from "./support";

/** A table whose only route leads nowhere. */
const NOWHERE = ["table 200 name nowhere", "route unreachable 0.0.0.0/0 metric 4294967295 table 200"];
/** Rules that catch this host's answers to its client, and one that does not. */
const CUT = [...NOWHERE, "rule from 192.0.2.10/32 table 200 priority 10200"];
const HARMLESS = [...NOWHERE, "rule from 172.31.7.0/24 table 200 priority 10200"];

const apply = commandText("apply", false);
const withPeer = (test: (host: Sandbox) => Promise<void>) =>
  inSandbox(async (host) => {
    await addPeer(host);
    await test(host);
  });
const armed = (host: Sandbox) => host.exec("cat /run/wirework/armed /var/lib/wirework/journal 2>/dev/null");

describe("a change that could cut the session that asks for it", function () {
  this.timeout(120_000);

  it("is kept when the client answers over the changed path, and leaves nothing armed", () =>
    withPeer(async (host) => {
      const before = await host.snapshot();
      const { code, heard } = await inSession(host, apply, stdin(HARMLESS));
      assert.equal(code, 0, heard);
      assert.match(heard, /the SSH client must acknowledge this line[\s\S]*\+ rule from 172\.31\.7\.0\/24/);
      assert.equal((await armed(host)).stdout, "");
      assert.equal((await host.exec("pgrep -f '[w]irework undo'")).stdout, "");
      const again = await inSession(host, apply, stdin(HARMLESS));
      assert.equal(again.heard.trim(), "unchanged");
      const removed = await inSession(host, commandText("remove", false), stdin(HARMLESS));
      assert.equal(removed.code, 0, removed.heard);
      assertSame(await host.snapshot(), before);
    }));

  it("is taken back when it cuts the session, and the client that waits is told so", () =>
    withPeer(async (host) => {
      const before = await host.snapshot();
      const { code, heard } = await inSession(host, apply, stdin(["allow management-impact", ...CUT]));
      assert.equal(code, 1, heard);
      assert.match(
        heard,
        /taken back; the host is as before:\n +the SSH session is cut: its client \(192\.0\.2\.1\) does not answer/,
      );
      assert.match(
        heard,
        /host host-under-test, owner test\/dev\/edge, facts:\n[\s\S]*\+ rule from 192\.0\.2\.10\/32 table 200/,
      );
      assertSame(await host.snapshot(), before);
      assert.equal((await armed(host)).stdout, "");
    }));

  it("is taken back when another way leads to the client than before, unless that is allowed", () =>
    withPeer(async (host) => {
      const before = await host.snapshot();
      const { code, heard } = await inSession(host, apply, stdin(CUT));
      assert.equal(code, 1, heard);
      assert.match(
        heard,
        /would answer its SSH client by another way: .*before: dev eth0.*\n.*allowManagementImpact: true/,
      );
      assertSame(await host.snapshot(), before);
      const detour = ["allow management-impact", "route 192.0.2.1/32 dev eth0"];
      const allowed = await inSession(host, apply, stdin(detour));
      assert.equal(allowed.code, 0, allowed.heard);
    }));

  it("is taken back when it removes what keeps the session, whenever it is tried", () =>
    withPeer(async (host) => {
      const keeps = [
        "table 200 name way",
        "route 192.0.2.0/24 dev eth0 table 200",
        "rule from 192.0.2.10/32 table 200 priority 10200",
      ];
      assert.equal((await host.apply(keeps)).code, 0);
      await host.exec(
        "ip route add unreachable default table 300; ip rule add from 192.0.2.10 lookup 300 priority 20000",
        "",
        true,
      );
      const before = await host.snapshot();
      for (let tries = 0; tries < 2; tries++) {
        const { code, heard } = await inSession(
          host,
          commandText("remove", false),
          stdin(["allow management-impact", ...keeps]),
        );
        assert.equal(code, 1, heard);
        assert.match(heard, /taken back; the host is as before:\n +the SSH session is cut/);
        assertSame(await host.snapshot(), before);
      }
    }));

  it("is refused where it moves the address that the session came to, or takes it away", () =>
    withPeer(async (host) => {
      const own = ["addr 192.0.2.10/24 dev eth0"];
      const refused = async (command: string, facts: readonly string[], reason: RegExp) => {
        const before = await host.snapshot();
        const { code, heard } = await inSession(host, command, stdin(["allow management-impact", ...facts]));
        assert.equal(code, 1, heard);
        assert.match(heard, reason);
        assertSame(await host.snapshot(), before);
      };
      const moved =
        /192\.0\.2\.10\/32 dev spare0\n +is the address that this SSH session came to, on eth0, and is not moved/;
      await refused(apply, ["addr 192.0.2.10/32 dev spare0"], moved);
      await host.exec("ip address del 192.0.2.10/24 dev eth0", "", true);
      assert.equal((await host.apply(own)).code, 0);
      await refused(commandText("remove", false), own, /dev eth0 is the address that this SSH session came to; manage/);
    }));

  it("is taken back by the timer when the run itself is killed", () =>
    withPeer(async (host) => {
      const before = await host.kernel();
      host.program("sleep", KILL_WHILE_SETTLING);
      const killed = await inSession(host, apply, stdin(["window 10", ...HARMLESS]), 10);
      assert.equal(killed.code, "SIGKILL", killed.heard);
      assert.notEqual(await host.kernel(), before);
      assert.notEqual((await armed(host)).stdout, "");
      await host.exec("sleep 11");
      assertSame(await host.kernel(), before);
      assert.equal((await armed(host)).stdout, "");
    }));

  it("is taken back by the timer when the run hangs, which then cannot go on", () =>
    withPeer(async (host) => {
      const before = await host.kernel();
      host.program("sleep", `#!/bin/sh\n[ "$1" != 2 ] || exec /bin/sleep 30\nexec /bin/sleep "$@"\n`);
      const hung = await inSession(host, apply, stdin(["window 10", ...HARMLESS]), 25);
      assert.equal(hung.code, "SIGKILL", hung.heard);
      await assertComes("what the timer leaves", 20_000, before, () => host.kernel());
    }));

  it("is not undone by the timer of an earlier run", () =>
    withPeer(async (host) => {
      host.program("sleep", KILL_WHILE_SETTLING);
      await inSession(host, apply, stdin(["window 10", ...HARMLESS]), 10);
      await host.exec("rm /usr/local/bin/sleep");
      const later = await inSession(host, apply, stdin(["window 10", ...HARMLESS]));
      assert.equal(later.code, 0, later.heard);
      const done = await host.kernel();
      await host.exec("sleep 11");
      assertSame(await host.kernel(), done);
      assert.equal((await armed(host)).stdout, "");
    }));

  it("is gone after a reboot inside the window: the old state is back, files too", () =>
    withPeer(async (host) => {
      const before = await host.snapshot();
      host.program("sleep", KILL_WHILE_SETTLING);
      await inSession(host, apply, stdin(HARMLESS), 10);
      await host.exec("rm /usr/local/bin/sleep");
      await host.reboot();
      await addPeer(host);
      assert.match((await host.exec("ls /etc/iproute2/rt_tables.d")).stdout, /wirework-200/);
      assert.equal((await host.exec("/usr/local/sbin/wirework boot early")).code, 0);
      await host.remove([]);
      assertSame(await host.snapshot(), before);
    }));

  it("is refused where the session's socket cannot be seen, before anything changes", () =>
    withPeer(async (host) => {
      const before = await host.snapshot();
      host.session = "192.0.2.1 50000 192.0.2.10 22";
      const refused = await host.apply(HARMLESS);
      assert.equal(refused.code, 1);
      assert.match(
        refused.stderr,
        /its socket cannot be seen here[\s\S]*rule from 172\.31\.7\.0\/24 table 200 priority 10200/,
      );
      assertSame(await host.snapshot(), before);
    }));
});
