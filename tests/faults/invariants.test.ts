// A check that cannot fail proves nothing: each is given a host on which its invariant is broken.
import { strict as assert } from "node:assert";
import { withFaults } from "../host/faults";
import {
  assertConverges,
  assertDurable,
  assertForeign,
  assertGone,
  assertHonest,
  assertReach,
  assertWhole,
  foreignState,
} from "../host/invariants";
import { addPeer } from "../host/session";
import { inSandbox, SHIM } from "../host/support";

describe("a seeded violation", function () {
  this.timeout(120_000);

  it("of reach is seen: answers that do not come back", () =>
    inSandbox(async (host) => {
      await addPeer(host);
      await assertReach(host);
      await host.exec("ip rule add from 192.0.2.10 unreachable priority 7", "", true);
      await assert.rejects(assertReach(host, 2), /a new session does not answer/);
    }));

  for (const harm of [
    "ip rule del priority 77",
    "ip route add 10.99.0.0/16 dev eth0",
    "ip link set eth0 mtu 1400",
    "nft delete table ip theirs",
    "echo more >>/etc/systemd/theirs.conf",
  ]) {
    it(`of what is foreign is seen: ${harm}`, () =>
      inSandbox(async (host) => {
        await host.exec(
          "ip rule add from 10.7.0.0/16 table 7 priority 77; nft add table ip theirs; echo x >/etc/systemd/theirs.conf",
          "",
          true,
        );
        const before = await foreignState(host);
        await host.apply([SHIM[0], "rule from 172.31.7.0/24 table 254 priority 10200"]);
        await host.remove([SHIM[0], "rule from 172.31.7.0/24 table 254 priority 10200"]);
        await assertForeign(host, before);
        await host.exec(harm, "", true);
        await assert.rejects(assertForeign(host, before), /what is not ours differs/);
      }));
  }

  it("of wholeness is seen: a mix of old and new", () => {
    assertWhole("new", "old", "new", "here");
    assertWhole("old", "old", "new", "here");
    assert.throws(() => assertWhole("old\nnew", "old", "new", "here"), /neither old nor new/);
  });

  it("of convergence is seen: a fact that never stays, and one that another run drops", () =>
    inSandbox(async (host) => {
      await withFaults(host);
      await assertConverges(host, SHIM);
      await assert.rejects(assertConverges(host, ["addr 1.2.3.4 dev eth0"]), /with prefix length/);
      // Writes the ledger each time, although nothing is new.
      host.program("cmp", '#!/bin/sh\ncase $* in */owners/*) exit 1 ;; esac\nexec /usr/bin/cmp "$@"\n');
      await assert.rejects(assertConverges(host, SHIM), /the second apply still changes/);
    }));

  it("of durability is seen: a ledger that lost its entry", () =>
    inSandbox(async (host) => {
      await host.apply(SHIM);
      await assertDurable(host);
      await host.exec("rm -r /var/lib/wirework/owners/test", "", true);
      await assert.rejects(assertDurable(host), /after a reboot/);
    }));

  for (const harm of [
    "touch /etc/systemd/left",
    "ip address add 10.0.0.1/32 dev lo",
    "echo 1 >/proc/sys/net/ipv4/ip_forward",
  ])
    it(`of removal is seen: ${harm}`, () =>
      inSandbox(async (host) => {
        const found = await host.snapshot();
        await host.apply(SHIM);
        await assertGone(host, SHIM, found);
        await host.apply(SHIM);
        await host.exec(harm, "", true);
        await assert.rejects(assertGone(host, SHIM, found), /after removal/);
      }));

  it("of honesty is seen: success, silence, another text, a flood", () => {
    assertHonest({ code: 1, stderr: "host a: do this" }, /host a/, /do this/);
    assert.throws(() => assertHonest({ code: 0, stderr: "rolled back" }), /counts as success/);
    assert.throws(() => assertHonest({ code: 1, stderr: "" }), /without a word/);
    assert.throws(() => assertHonest({ code: 1, stderr: "failed" }, /host a/));
    assert.throws(() => assertHonest({ code: 1, stderr: "x".repeat(9000) }), /9000 characters/);
  });
});
