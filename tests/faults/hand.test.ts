// What a hand, or another program, does to what is ours; and two stacks that do not know of each other.
import { strict as assert } from "node:assert";
import { setupText } from "../../lib/host/program";
import { withFaults } from "../host/faults";
import {
  assertConverges,
  assertForeign,
  assertGone,
  assertHonest,
  foreignState,
  withoutWires,
} from "../host/invariants";
import { assertSame, IDENTITY, inSandbox, SHIM } from "../host/support";
import { OLD } from "../host/sweep";

const FACTS = withoutWires(OLD);
const LATE = "/etc/systemd/system/wirework-late.service";
const NAMES = "/etc/iproute2/rt_tables.d/wirework-200.conf";

/** By hand, and what `check` says of it: the fact that is missing or different. */
const harms: readonly (readonly [string, string, RegExp])[] = [
  ["a rule of ours is deleted", "ip rule del priority 10202", /^- rule from 172\.31\.7\.0\/24 table 200/m],
  [
    "a rule leads elsewhere",
    "ip rule del priority 10202; ip rule add from 172.31.7.0/24 table 254 priority 10202 proto 119",
    /rule from 172\.31\.7\.0\/24 table 200/,
  ],
  ["a route is deleted", "ip route del 192.168.9.64/26 dev shim0", /^- route 192\.168\.9\.64\/26 dev shim0/m],
  ["an address is deleted", "ip address del 192.168.9.2/32 dev shim0", /^- addr 192\.168\.9\.2\/32/m],
  ["a link is deleted", "ip link del shim0", /^- link shim0/m],
  ["a link is put down", "ip link set shim0 down", /link shim0/],
  [
    "a setting is changed",
    "echo 0 >/proc/sys/net/ipv4/conf/shim0/arp_ignore",
    /sysctl net\/ipv4\/conf\/shim0\/arp_ignore = 1/,
  ],
  ["our nft table is deleted", "nft delete table ip wirework", /nat 172\.31\.7\.0\/24/],
  ["the name of a table is deleted", `rm ${NAMES}`, /table 200 name uplink2/],
  ["the name of a table is edited", `sed -i s/uplink2/other/ ${NAMES}`, /table 200 name uplink2/],
  ["a unit is deleted", `rm ${LATE}`, /wirework-late\.service/],
  ["a unit is edited", `echo ExecStart=/bin/true >>${LATE}`, /wirework-late\.service/],
  [
    "a unit is disabled",
    "rm /etc/systemd/system/multi-user.target.wants/wirework-late.service",
    /wirework-late\.service/,
  ],
];

describe("what is done by hand to what is ours", function () {
  this.timeout(120_000);
  for (const [what, harm, says] of harms) {
    it(`is said by check, mended by apply, and does not keep remove from its work: ${what}`, () =>
      inSandbox(async (host) => {
        const found = await host.snapshot();
        await host.apply(FACTS);
        const made = await host.snapshot();
        await host.exec(harm, "", true);
        const drift = await host.check(FACTS);
        assert.equal(drift.code, 3, drift.stdout + drift.stderr);
        assert.match(drift.stdout, says);
        const mended = await host.apply(FACTS);
        assert.equal(mended.code, 0, mended.stderr);
        assertSame(await host.snapshot(), made, "after apply");
        await host.exec(harm, "", true);
        await assertGone(host, FACTS, found);
      }));
  }

  it("is refused with what to do where a hand has masked a unit: that was meant, and is not undone by us", () =>
    inSandbox(async (host) => {
      const found = await host.snapshot();
      await host.apply(FACTS);
      const made = await host.kernel();
      await host.exec(`ln -sf /dev/null ${LATE}`, "", true);
      assert.match((await host.check(FACTS)).stdout, /^- unit .*wirework-late\.service/m);
      assertHonest(await host.apply(SHIM), /wirework-late\.service is a symbolic link.*Remove it/);
      assertSame(await host.kernel(), made);
      await assertGone(host, FACTS, found);
    }));

  it("is refused with the file named where a hand took our mark out of it: it is not ours any more", () =>
    inSandbox(async (host) => {
      await host.apply(FACTS);
      await host.exec(`echo 200 other >${NAMES}`, "", true);
      const before = await host.kernel();
      assertHonest(await host.apply(FACTS), /wirework-200\.conf\n +which wirework did not make/);
      assertSame(await host.kernel(), before);
      await host.remove(FACTS);
      assert.equal((await host.exec(`cat ${NAMES}`)).stdout, "200 other\n");
    }));

  it("converges again, and leaves alone what is not ours", () =>
    inSandbox(async (host) => {
      await withFaults(host);
      await host.exec("ip rule add from 10.9.0.0/16 table 77 priority 77; nft add table ip theirs", "", true);
      const foreign = await foreignState(host);
      await host.apply(FACTS);
      await host.exec(
        harms
          .slice(0, 10)
          .map(([, harm]) => harm)
          .join("\n"),
      );
      await assertConverges(host, FACTS);
      await host.remove(FACTS);
      await assertForeign(host, foreign);
    }));
});

describe("two stacks on one host", function () {
  this.timeout(120_000);
  it("take turns: each gets its facts, what they share is there once and goes with the last", () =>
    inSandbox(async (host) => {
      const found = await host.snapshot();
      const stacks = ["one/dev", "two/prod"];
      const shared = "sysctl net/ipv4/conf/eth0/arp_announce = 2";
      for (const stack of stacks) {
        const setup = await host.verb("setup", setupText({ host: IDENTITY, owner: `${stack}/host` }));
        assert.equal(setup.code, 0, setup.stderr);
      }
      const facts = (index: number) => [
        shared,
        `table ${300 + index} name uplink${index}`,
        `rule from 172.31.${index}.0/24 table ${300 + index} priority ${10300 + index}`,
        `nat 172.31.${index}.0/24 oif eth0 masquerade`,
      ];
      for (let round = 0; round < 3; round++) {
        const runs = stacks.flatMap((stack, index) => [
          host.apply(facts(index), `${stack}/agent`),
          host.apply(facts(index), `${stack}/agent`),
        ]);
        for (const { code, stderr } of await Promise.all(runs)) assert.equal(code, 0, stderr);
        const { stdout } = await host.exec(
          "ip -N rule | grep -c 'proto 119'; nft list table ip wirework | grep -c masquerade",
        );
        assert.equal(stdout, "2\n2\n", "doubled or lost");
      }
      await host.remove(facts(0), "one/dev/agent");
      assert.match((await host.exec("cat /proc/sys/net/ipv4/conf/eth0/arp_announce")).stdout, /2/);
      await host.remove(facts(1), "two/prod/agent");
      for (const stack of stacks) await host.verb("uninstall", setupText({ host: IDENTITY, owner: `${stack}/host` }));
      assertSame(await host.snapshot(), found);
    }));

  it("do not get one thing with two values: the second is refused, both owners named", () =>
    inSandbox(async (host) => {
      await host.apply([SHIM[1]], "one/dev/agent");
      const refused = await host.apply([SHIM[1].replace("= 2", "= 1")], "two/prod/agent");
      assertHonest(refused, /one\/dev\/agent[\s\S]*two\/prod\/agent/);
    }));
});

describe("tools that are missing", function () {
  this.timeout(60_000);
  it("are all named at once, before anything is changed", () =>
    inSandbox(async (host) => {
      await host.uninstall();
      const found = await host.snapshot();
      const tools = ["flock", "nsenter", "cmp", "sha256sum"];
      for (const tool of tools) await host.exec(`mount -n --bind /dev/null "$(command -v ${tool})"`, "", true);
      const refused = await host.verb("setup", setupText({ host: IDENTITY, owner: "a/b/host" }));
      await host.exec("umount -n /usr/bin/flock /usr/bin/nsenter /usr/bin/cmp /usr/bin/sha256sum", "", true);
      assertHonest(refused, /cannot be used as it is; nothing was changed/, /tools missing:.*apt-get install/);
      for (const tool of tools) assertHonest(refused, new RegExp(`tools missing:.*\\b${tool}\\b`));
      assertSame(await host.snapshot(), found);
    }));
});
