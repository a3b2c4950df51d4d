import { strict as assert } from "node:assert";
import { until } from "../lab/until";
import { givenMac, inContainerSandbox, insideContainer, macOf, startContainer, stopContainer } from "./containers";
import { assertSame, type Sandbox, startWatcher, stopWatcher } from "./support";

const MAC = "02:aa:00:00:00:70";
const FACT = `mac ${MAC} container probe network lan`;

/** What a neighbour on the wire believes of the container's addresses, without asking. */
const believed = async (host: Sandbox) =>
  (await host.exec("ip neigh show dev wire")).stdout
    .split("\n")
    .flatMap((line) => /lladdr (\S+)/.exec(line)?.[1] ?? []);

/** Waits until it is so, and says after how many milliseconds it was. */
async function waitFor(what: () => Promise<boolean>): Promise<number> {
  const began = Date.now();
  await until(String(what), { timeoutMs: 10_000, intervalMs: 20 }, async () => (await what()) || undefined);
  return Date.now() - began;
}

describe("facts of a container", () => {
  it("wait for it, hold while it runs, and leave it with what Docker gave", () =>
    inContainerSandbox(async (host) => {
      const found = await host.snapshot();
      const early = await host.apply([FACT]);
      assert.equal(early.stdout, `unchanged\npending ${FACT} (container probe does not run)\n`);

      await startContainer(host, "probe", 0);
      const inside = async () =>
        (await insideContainer(host, "probe", "sh -c 'ip -6 route; ip route; ip -o address'")).stdout;
      const before = await inside();
      await host.exec("ping -c 1 -W 1 192.168.9.10; ping -c 1 -W 1 fd00:9::10");
      assert.deepEqual(await believed(host), [givenMac(0), givenMac(0)]);
      assert.equal((await host.check([FACT])).code, 3);
      assert.equal((await host.apply([FACT])).stdout, `~ ${FACT}\n`);
      assert.equal(await macOf(host, "probe"), MAC);
      assert.equal(await inside(), before, "addresses and routes inside");
      assert.deepEqual(await believed(host), [MAC, MAC], "the neighbours were told");
      assert.equal((await host.apply([FACT])).stdout, "unchanged\n");
      assert.match((await host.exec("/usr/local/sbin/wirework status")).stdout, /container probe, runs since \d{4}-/);

      const other = FACT.replace("70", "71");
      assert.equal((await host.apply([other])).stdout, `~ ${other}\n`);
      assert.equal((await host.remove([other])).stdout, `- ${other}\n`);
      assert.equal(await macOf(host, "probe"), givenMac(0));
      await stopContainer(host, "probe");
      // The kernel ends the container's links in its own time after the namespace, and until then the parent listens for them.
      await waitFor(async () => (await host.snapshot()) === found).catch(() => {});
      assertSame(await host.snapshot(), found);
    }));

  it("are not looked for in a namespace that another process has now", () =>
    inContainerSandbox(async (host) => {
      await startContainer(host, "probe", 0);
      // Docker's first answer is of the container before; when it is asked again, its id is another.
      host.program(
        "timeout",
        `#!/bin/sh
case "$*" in *"docker inspect"*) [ ! -e /run/docker/twice ] || sed -i '1s/ [0-9a-f]*abc / 77abc /' /run/docker/containers/probe; : >/run/docker/twice ;; esac
exec /usr/bin/timeout "$@"
`,
      );
      assert.notEqual((await host.apply([FACT])).code, 0);
      assert.equal(await macOf(host, "probe"), givenMac(0));
    }));

  it("hold while Docker is away and the container runs on, and no longer", () =>
    inContainerSandbox(async (host) => {
      await startContainer(host, "probe", 0);
      await host.apply([FACT]);
      await host.exec("touch /run/docker/away");
      assert.equal((await host.check([FACT])).stdout, "as declared\n");
      await stopContainer(host, "probe");
      const { stdout, code } = await host.check([FACT]);
      assert.equal(stdout, `pending ${FACT} (Docker does not say where container probe is)\nas declared\n`);
      assert.equal(code, 0);
    }));

  it("of two owners cannot differ", () =>
    inContainerSandbox(async (host) => {
      await host.apply([FACT]);
      const { stderr } = await host.apply([FACT.replace("70", "71")], "test/dev/other");
      assert.match(stderr, /the host can have only one of them/);
    }));

  it("are watched: a container that starts has them within a second", () =>
    inContainerSandbox(async (host) => {
      await startWatcher(host);
      await waitFor(async () => (await host.exec("test -p /run/wirework/events")).code === 0);
      assert.equal((await host.exec("pgrep -f docker/events")).stdout, "", "nobody follows Docker without such a fact");
      await host.apply([FACT]);
      await waitFor(async () => (await host.exec("pgrep -f docker/events")).stdout !== "");
      const times: number[] = [];
      for (let start = 0; start < 4; start++) {
        await startContainer(host, "probe", 0);
        times.push(await waitFor(async () => (await macOf(host, "probe")) === MAC));
      }
      assert.ok(Math.min(...times) < 1000, `${times} ms`);
      // The line of a change is written when the round is over, which is after the change itself.
      const log = async () => (await host.exec("cat /run/watch.log")).stdout;
      await waitFor(async () => (await log()).split("\n").length > 4);
      assert.match(await log(), /^(~ mac .* lan\n){4}$/);
      await host.remove([FACT]);
      await waitFor(async () => (await host.exec("pgrep -f docker/events")).stdout === "");
      await stopWatcher(host);
      assert.equal(
        (await host.exec("ls -d /run/wirework/run.* /run/wirework/events; pgrep -f '[i]p monitor'")).stdout,
        "",
      );
    })).timeout(60_000);
});
