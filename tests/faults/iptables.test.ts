import { strict as assert } from "node:assert";
import { countCases } from "../cases";
import { ask, inContainerSandbox, startServer, withBridge } from "../host/containers";
import { assertHonest } from "../host/invariants";
import { assertSame, type Sandbox } from "../host/support";

const FACTS = ["dnat daddr fd00:9::10 tcp 5000 container web network net"];
/** What Docker makes, which drops what it did not publish. */
const DOCKER = [
  "-N DOCKER-USER",
  "-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT",
  "-A FORWARD -j DOCKER-USER",
];
const filterWith = (make: string) =>
  [...DOCKER, "-P FORWARD DROP"].map((rule) => `ip6tables-${make} ${rule}`).join(" && ");

/** A host whose Docker made its filter with one make of ip6tables, and whose ip6tables is of another, or the same. */
const withDocker = (made: string, now: string, test: (host: Sandbox) => Promise<void>) =>
  inContainerSandbox(async (host) => {
    await withBridge(host);
    await startServer(host, "web", 2);
    host.program("ip6tables", `#!/bin/sh\nexec /usr/sbin/ip6tables-${now} "$@"\n`);
    await host.exec(filterWith(made), "", true);
    await test(host);
  });
/** All of the kernel's state, with both makes of filter. */
const state = async (host: Sandbox) =>
  `${await host.kernel()}\n${(await host.exec("ip6tables-nft -S; ip6tables-legacy -S 2>&1", "", true)).stdout}`;

describe("the lock of ip6tables", function () {
  this.timeout(200_000);
  const held = (host: Sandbox, seconds: number) =>
    host.exec(
      `setsid flock -o /run/xtables.lock sleep ${seconds} >/dev/null 2>&1 & echo $! >/run/holder; until ! flock -n /run/xtables.lock true; do sleep 0.05; done`,
    );

  it("is waited for; held for long, every verb fails in old state and says so, and goes on when it is free", function () {
    return withDocker("legacy", "legacy", async (host) => {
      const before = await state(host);
      await held(host, 4);
      const waited = await host.apply(FACTS);
      assert.equal(waited.code, 0, waited.stderr);
      assert.equal(await ask(host, "client", 5000), "web fd00:9::1");
      const made = await state(host);
      for (const [verb, old] of [
        ["apply", before],
        ["check", made],
        ["remove", made],
      ] as const) {
        if (verb === "apply") await host.remove(FACTS);
        await held(host, 100);
        assertHonest(await host[verb](FACTS), /held the lock of ip6tables for 10 s: .*run pulumi up again/);
        await host.exec("kill $(cat /run/holder)");
        assertSame(await state(host), old, verb);
        if (verb === "apply") await host.apply(FACTS);
      }
      assert.equal(await ask(host, "client", 5000), "web fd00:9::1");
      assert.equal((await host.remove(FACTS)).code, 0);
      assertSame(await state(host), before);
      countCases(this, 4);
    });
  });
});

describe("another make of ip6tables than Docker's", function () {
  this.timeout(60_000);
  for (const [made, now] of [
    ["nft", "legacy"],
    ["legacy", "nft"],
  ] as const) {
    it(`is said before anything changes, since no exception of ours could be where Docker filters: ${now}, after ${made}`, () =>
      withDocker(made, now, async (host) => {
        const before = await state(host);
        assertHonest(await host.apply(FACTS), new RegExp(`filter with ip6tables-${made}.*update-alternatives`));
        assertSame(await state(host), before);
        host.program("ip6tables", `#!/bin/sh\nexec /usr/sbin/ip6tables-${made} "$@"\n`);
        assert.equal((await host.apply(FACTS)).code, 0);
        assert.equal(await ask(host, "client", 5000), "web fd00:9::1");
        await host.remove(FACTS);
        assertSame(await state(host), before);
      }));
  }
});
