import { strict as assert } from "node:assert";
import { rendered, uplink, withBackends } from "./backend-hosts";
import { assertConverges, assertGone } from "./invariants";
import { assertSame, HOST_OWNER, inSandbox, OWNER, type Sandbox, stdin } from "./support";

const facts = uplink("192.0.2.1");
const auto = rendered("auto", facts);

/** Each hand takes the host's link away from one program, or gives it to it. */
const NETWORKD_RUNS =
  "mkdir -p /run/systemd/netif/links; echo NETWORK_FILE=/etc/systemd/network/50-eth0.network >/run/systemd/netif/links/$(cat /sys/class/net/eth0/ifindex)";
const NETWORKD_LEAVES = "rm -r /run/systemd/netif";
const NETWORK_MANAGER_LEAVES = "sed -i s/100/10/ /usr/local/bin/nmcli";
const IFUPDOWN_LEAVES = ": >/etc/network/interfaces";

/** What programs read at boot that would bring facts back, without the owner's name. */
const files = async (host: Sandbox) => {
  const { stdout } = await host.exec(
    "cd /etc; find network NetworkManager systemd/network systemd/system sysctl.d -name '*wirework*' -type f | sort",
  );
  return stdout
    .replace(/test_dev_edge-[0-9a-f]+/g, "OWNER")
    .trim()
    .split("\n");
};
const FILES = {
  networkd: [
    "sysctl.d/90-wirework-OWNER.conf",
    ...["above.netdev", "above.network"],
    ...["br7.netdev", "br7.network", "br7.network.d/wirework-OWNER.br7.conf"],
    ...["lo.network", "lo.network.d/wirework-OWNER.lo.conf"],
    ...["shim0.netdev", "shim0.network", "shim0.network.d/wirework-OWNER.shim0.conf"],
  ].map((name) => (/^sysctl/.test(name) ? name : `systemd/network/05-wirework-${name}`)),
  networkManager: ["NetworkManager/dispatcher.d/90-wirework-OWNER"],
  ifupdown: ["network/if-up.d/wirework-OWNER", "network/interfaces.d/wirework-OWNER"],
  units: ["early", "late", "watch"].map((name) => `systemd/system/wirework-${name}.service`),
};

/** The kernel's state, without the files that a snapshot of it lists. */
const kernel = async (host: Sandbox) => (await host.kernel()).replace(/^(\/etc\/network|#!\/bin\/sh)[\s\S]*/m, "");
const drift = async (host: Sandbox) => (await host.verb("drift", stdin([], HOST_OWNER))).stdout;
const settled = `owner ${OWNER}\n`;

async function prepared(host: Sandbox): Promise<string> {
  await withBackends(host, "unit");
  await host.exec(NETWORKD_RUNS, "", true);
  return host.snapshot();
}

describe("persistence auto on a host", () => {
  // With the awk of Alpine, which takes numbers with a leading 0 for octal.
  it("is the first that runs the links (systemd-networkd, NetworkManager, ifupdown), else units", () =>
    inSandbox(
      async (host) => {
        await prepared(host);
        const chooses = async (said: RegExp, expected: readonly string[]) => {
          const { stdout, stderr } = await host.apply(auto);
          assert.match(stdout, said, stderr);
          assert.deepEqual(
            (await files(host)).filter((name) => !/50-eth0/.test(name)),
            expected,
          );
          assert.equal(await drift(host), settled);
        };
        await chooses(/^persistence auto: systemd-networkd\n\+ /, FILES.networkd);
        await assertConverges(host, auto);
        const before = await kernel(host);
        await host.exec(NETWORKD_LEAVES, "", true);
        await chooses(
          /^persistence auto: NetworkManager, before: systemd-networkd\n([-+] file .*\n)+$/,
          FILES.networkManager,
        );
        await host.exec(NETWORK_MANAGER_LEAVES, "", true);
        await chooses(/^persistence auto: ifupdown, before: NetworkManager\n([-+] file .*\n)+$/, FILES.ifupdown);
        await host.exec(IFUPDOWN_LEAVES, "", true);
        await chooses(
          /^persistence auto: units, before: ifupdown\n {2}networkd: systemd-networkd does not configure this link.*\n {2}networkManager: NetworkManager does not manage this link.*\n {2}ifupdown: .* does not source interfaces\.d\n(- file .*\n)+$/,
          FILES.units,
        );
        await assertConverges(host, auto);
        assertSame(await kernel(host), before, "the kernel's state");
      },
      { awk: "busybox awk" },
    ));

  it("is units where a fact is beyond each of them, and says so", () =>
    inSandbox(async (host) => {
      const found = await prepared(host);
      const more = rendered("auto", [...facts, "nat 172.31.7.0/24 oif eth0 masquerade"]);
      const { stdout } = await host.apply(more);
      const each = ["networkd", "networkManager", "ifupdown"].map(
        (one) => `  ${one}: it cannot say all of these facts\n`,
      );
      assert.ok(stdout.startsWith(`persistence auto: units\n${each.join("")}+ `), stdout);
      assert.deepEqual(await files(host), FILES.units);
      await assertGone(host, more, found);
    }));

  it("never changes its mind by itself: a host that moved is drift, which the next apply settles", () =>
    inSandbox(async (host) => {
      const found = await prepared(host);
      await host.apply(auto);
      await host.exec(NETWORKD_LEAVES, "", true);
      const before = await host.snapshot();
      assert.equal((await host.exec("wirework boot late")).code, 0);
      assertSame(await host.snapshot(), before, "after a boot");
      const line = "- persistence auto: NetworkManager, before: systemd-networkd\n";
      assert.equal(await drift(host), `${settled}${line}`);
      const checked = await host.check(auto);
      assert.equal(checked.code, 3);
      assert.ok(checked.stdout.includes(line), checked.stdout);
      const { stdout: status } = await host.exec("wirework status");
      assert.match(status, /\n {2}persistence networkd\n[\s\S]*\n {2}- persistence auto: NetworkManager, before/);
      assert.doesNotMatch(status, /\n {2}with /);
      assertSame(await host.snapshot(), before, "who asks changes nothing");
      const staged = await host.verb("stage", stdin(auto));
      assert.match(staged.stdout, /^persistence auto: NetworkManager, before: systemd-networkd\nnothing stands/);
      await host.apply(auto);
      assert.equal(await drift(host), settled);
      await host.exec(NETWORKD_RUNS, "", true);
      await assertGone(host, auto, found);
    }));

  it("comes from a backend given by name, and goes to one, with the same files where it is that one", () =>
    inSandbox(async (host) => {
      const found = await prepared(host);
      const backends = ["networkd", "auto", "ifupdown", "auto", "unit", "auto"] as const;
      await host.apply(rendered("unit", facts));
      const before = await kernel(host);
      const said: string[] = [];
      for (const next of backends) {
        const { stdout } = await host.apply(rendered(next, facts));
        said.push(stdout.replace(/^[-+] file .*\n/gm, ""));
        assertSame(await kernel(host), before, next);
      }
      assert.deepEqual(said, [
        "",
        "persistence auto: systemd-networkd\nunchanged\n",
        "",
        "persistence auto: systemd-networkd, before: ifupdown\n",
        "",
        "persistence auto: systemd-networkd, before: units\n",
      ]);
      await assertGone(host, auto, found);
    }));

  it("leaves the host as it was found, whoever runs it now, and without its ledger", () =>
    inSandbox(async (host) => {
      const found = await prepared(host);
      for (const [leave, back] of [
        ["rm -r /var/lib/wirework/owners", "mkdir -p /run/systemd/netif"],
        [NETWORKD_LEAVES, NETWORKD_RUNS],
      ]) {
        await host.apply(auto);
        await host.exec(leave, "", true);
        assert.equal((await host.remove(auto)).code, 0);
        await host.exec(back, "", true);
        assert.deepEqual(await files(host), [""]);
      }
      await host.apply(auto);
      await assertGone(host, auto, found);
    }));

  it("is refused where a line offers what no file or condition is", () =>
    inSandbox(async (host) => {
      for (const [line, reason] of [
        ["with rcLocal require link eth0", /with networkd, networkManager, or ifupdown/],
        ["with networkd", /with BACKEND require/],
        ["with networkd require", /require WHAT/],
        ["with networkd addr 10.0.0.1/8 dev eth0", /with BACKEND file/],
        ["with networkd with networkd require link eth0", /with BACKEND file/],
        ["with networkd file /etc/passwd 001 |# wirework", /not a place for a file of ours/],
        ["with networkd  file /etc/systemd/network/05-wirework-a.network 001 |# wirework", /file PATH NUMBER/],
      ] as const) {
        const before = await host.snapshot();
        const refused = await host.apply(["persistence auto", line]);
        assert.equal(refused.code, 1, line);
        assert.match(refused.stderr, reason);
        assertSame(await host.snapshot(), before, line);
      }
    }));
});
