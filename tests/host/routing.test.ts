import { strict as assert } from "node:assert";
import { assertSame, inSandbox, type Sandbox, startWatcher, stopWatcher } from "./support";

const OTHER = "test/dev/other";

/** Two uplinks: eth0 is the main one, eth1 the second. */
const SECOND = `
sysctl -q net.ipv4.ip_forward=1
ip link add eth1 address 02:00:00:00:01:01 type veth peer name wire1 address 02:00:00:00:01:02
ip link set eth1 up; ip link set wire1 up
ip address add 198.51.100.10/24 dev eth1
ip address add 2001:db8:2::10/64 dev eth1 nodad
ip route add default via 192.0.2.1 dev eth0
ip link add br7 type bridge; ip link set br7 up; ip address add 172.31.7.1/24 dev br7`;

/** What a policy-routed agent's network comes to on its host, in the order of a preview. */
const FACTS = [
  "table 200 name uplink2",
  "guard routes",
  "route 0.0.0.0/0 via 198.51.100.1 dev eth1 table 200",
  "route ::/0 via 2001:db8:2::1 dev eth1 table 200",
  "route unreachable 0.0.0.0/0 metric 4294967295 table 200",
  "route unreachable ::/0 metric 4294967295 table 200",
  "rule from 172.31.7.0/24 fwmark 0x100000/0xff00000 table 254 priority 10200",
  "rule from 172.31.7.0/24 table 254 suppress_prefixlength 0 priority 10201",
  "rule from 172.31.7.0/24 table 200 priority 10202",
  "rule from fd00:31:7::/64 table 254 suppress_prefixlength 0 priority 10201",
  "rule from fd00:31:7::/64 table 200 priority 10202",
  "nat 172.31.7.0/24 oif eth1 snat 198.51.100.10",
  "nat fd00:31:7::/64 oif eth1 masquerade",
  "reply 172.31.7.0/24 except eth1 mark 0x100000/0xff00000",
];

const withTwoUplinks = (test: (host: Sandbox) => Promise<void>) =>
  inSandbox(async (host) => {
    await host.exec(SECOND, "", true);
    await test(host);
  });

const leaves = async (host: Sandbox, to = "203.0.113.1", from = "172.31.7.2") =>
  (await host.exec(`ip route get ${to} from ${from} iif br7 2>&1`)).stdout;

/** Of what `ip monitor` saw: whenever a rule leads a family to a table, that has a default route by a next hop. */
function assertWayOut(lines: readonly string[]): void {
  const [routes, rules] = [new Set<string>(), new Set<string>()];
  for (const line of lines) {
    const family = line.includes(":") && /2001:db8|fd00:/.test(line) ? 6 : 4;
    const route = /^(Deleted )?default via .* table (\d+) proto 119(?: metric (\d+))?/.exec(line);
    const rule = /^(Deleted )?(\d+):.* lookup (20[01]) proto 119/.exec(line);
    const [set, gone, table, more] = route
      ? [routes, route[1], route[2], route[3]]
      : [rules, rule?.[1], rule?.[3], rule?.[2]];
    if (table === undefined) continue;
    set[gone ? "delete" : "add"](`${family} ${table} ${more}`);
    for (const led of rules) {
      const to = led.replace(/\d+$/, "");
      assert.ok(
        [...routes].some((key) => key.startsWith(to)),
        `no way out in table ${to}at "${line}" of\n${lines.join("\n")}`,
      );
    }
  }
}

describe("policy routing", () => {
  it("sends a network by another uplink, reads back equal, and leaves the host as it was found", () =>
    withTwoUplinks(async (host) => {
      const before = await host.snapshot();
      assert.match(await leaves(host), /dev eth0/);
      const first = await host.apply(FACTS);
      assert.equal(first.code, 0, first.stderr);
      assert.deepEqual(first.stdout.trim().split("\n").sort(), FACTS.map((fact) => `+ ${fact}`).sort());
      assert.match(await leaves(host), /dev eth1 table uplink2/);
      assert.match((await host.exec("ip route get 203.0.113.1")).stdout, /dev eth0/, "the host itself stays");
      assert.match(await leaves(host, "192.0.2.77"), /dev eth0/, "what is connected stays reachable");
      assert.equal((await host.check(FACTS)).stdout, "as declared\n");
      const second = await host.apply(FACTS);
      assert.equal(second.stdout, "unchanged\n", second.stderr);
      const removed = await host.remove(FACTS);
      assert.equal(removed.code, 0, removed.stderr);
      assertSame(await host.snapshot(), before);
    }));

  it("does not leak by the main uplink while the second is down, and heals at the next look", () =>
    withTwoUplinks(async (host) => {
      await host.apply(FACTS);
      const made = await host.kernel();
      await host.exec("ip link set eth1 down");
      assert.match(await leaves(host), /unreachable|No route to host/);
      const drift = await host.check(FACTS);
      assert.deepEqual(
        [drift.code, /^pending route 0.0.0.0\/0 .*\(link eth1 is down\)$/m.test(drift.stdout)],
        [0, true],
      );
      await host.exec("ip link set eth1 up; ip address add 2001:db8:2::10/64 dev eth1 nodad");
      assert.equal((await host.exec("/usr/local/sbin/wirework boot late")).code, 0);
      assertSame(await host.kernel(), made);
    }));

  it("comes back after a reboot, where the uplink is late, and never without its unreachable default", () =>
    withTwoUplinks(async (host) => {
      await host.apply(FACTS);
      await host.reboot();
      assert.equal((await host.exec("/usr/local/sbin/wirework boot early")).code, 0);
      assert.match((await host.exec("ip -N route show table 200")).stdout, /^(unreachable|7) default/);
      assert.match((await host.exec("ip -N rule")).stdout, /10202:\s+from 172.31.7.0\/24 lookup 200 proto 119/);
      await host.exec(SECOND, "", true);
      assert.equal((await host.exec("/usr/local/sbin/wirework boot late")).code, 0);
      assert.match(await leaves(host), /via 198.51.100.1 dev eth1/);
      assert.equal((await host.check(FACTS)).stdout, "as declared\n");
    }));

  it("waits with a route until the uplink has an address that reaches the next hop", () =>
    withTwoUplinks(async (host) => {
      await host.exec("ip address flush dev eth1");
      const early = await host.apply(FACTS);
      assert.equal(early.code, 0, early.stderr);
      assert.match(early.stdout, /^pending route 0.0.0.0\/0 via .*\(no address on eth1 that reaches 198.51.100.1\)$/m);
      assert.match(await leaves(host), /unreachable|No route to host/);
      await host.exec("ip address add 198.51.100.10/24 dev eth1; ip address add 2001:db8:2::10/64 dev eth1 nodad");
      assert.match((await host.apply(FACTS)).stdout, /^\+ route 0.0.0.0\/0 via 198.51.100.1/m);
    }));

  it("changes next hop, table and priority in place", () =>
    withTwoUplinks(async (host) => {
      await host.apply(FACTS);
      for (const [from, to] of [
        ["via 198.51.100.1 ", "via 198.51.100.2 "],
        ["route unreachable 0.0", "route blackhole 0.0"],
        ["table 200 priority 10202", "table 200 priority 10203"],
        ["snat 198.51.100.10", "masquerade"],
        ["name uplink2", "name second"],
      ]) {
        const next = FACTS.map((fact) => fact.replace(from, to));
        const changed = await host.apply(next);
        assert.equal(changed.code, 0, changed.stderr);
        assert.equal((await host.check(next)).stdout, "as declared\n", `${from} → ${to}`);
        assert.equal((await host.apply(FACTS)).code, 0);
      }
      assert.equal((await host.check(FACTS)).stdout, "as declared\n");
    }));

  it("has a way out at every moment of a change, by the old route or by the new one", () =>
    withTwoUplinks(async (host) => {
      const steps: readonly (readonly [string, string])[] = [
        ["0.0.0.0/0 via 198.51.100.1 dev eth1", "0.0.0.0/0 via 198.51.100.2 dev eth1"],
        ["::/0 via 2001:db8:2::1 dev eth1", "::/0 via 2001:db8:2::2 dev eth1"],
        ["198.51.100.1 dev eth1 table 200", "198.51.100.1 dev eth1 metric 7 table 200"],
        ["2001:db8:2::1 dev eth1 table 200", "2001:db8:2::1 dev eth1 metric 7 table 200"],
        ["198.51.100.1 dev eth1 table 200", "198.51.100.1 dev eth1 src 198.51.100.10 table 200"],
        ["table 200", "table 201"],
      ];
      await host.exec("ip -N -o monitor route rule >/run/seen 2>&1 </dev/null & sleep 0.3", "", true);
      await host.apply(FACTS);
      for (const [from, to] of steps) {
        const next = FACTS.map((fact) => fact.replace(from, to));
        assert.notDeepEqual(next, FACTS);
        for (const facts of [next, FACTS]) {
          const changed = await host.apply(facts);
          assert.equal(changed.code, 0, changed.stderr);
        }
      }
      await host.exec("sleep 0.3");
      const lines = (await host.exec("cat /run/seen")).stdout.trim().split("\n");
      assert.ok(lines.length > 4 * steps.length, lines.join("\n"));
      assertWayOut(lines);
    })).timeout(120_000);

  it("is shared by two agents, and goes with the last", () =>
    withTwoUplinks(async (host) => {
      const before = await host.snapshot();
      const second = FACTS.slice(0, 6).concat(FACTS.slice(7, 9).map((fact) => fact.replaceAll("31.7.", "31.8.")));
      await host.apply(FACTS);
      assert.equal((await host.apply(second, OTHER)).code, 0);
      await host.remove(FACTS);
      assert.equal((await host.check(second, OTHER)).stdout, "as declared\n");
      await host.remove(second, OTHER);
      assertSame(await host.snapshot(), before);
    }));

  for (const [what, foreign, fact, said] of [
    [
      "a rule of another's at the same priority",
      "ip rule add from 10.9.0.0/16 table 77 priority 10202",
      FACTS[8],
      /found: +rule 4 10202 from 10\.9\.0\.0\/16 table 77 proto 0/,
    ],
    [
      "an equal rule of another's",
      "ip rule add from 172.31.7.0/24 table 200 priority 10202",
      FACTS[8],
      /found: +rule 4 10202 from 172\.31\.7\.0\/24/,
    ],
    [
      "a table that another has filled",
      "ip route add 10.8.0.0/16 dev eth0 table 200",
      FACTS[0],
      /in table 200 a route to 10\.8\.0\.0\/16/,
    ],
    [
      "a table that another's rule leads to",
      "ip rule add from 10.9.0.0/16 table 200 priority 9",
      FACTS[0],
      /rule 4 9 from 10\.9\.0\.0\/16 table 200/,
    ],
    [
      "a table id that has a name",
      "mkdir -p /etc/iproute2/rt_tables.d; echo 200 theirs >/etc/iproute2/rt_tables.d/x.conf",
      FACTS[0],
      /table 200 name theirs \(\/etc\/iproute2\/rt_tables\.d\/x\.conf\)/,
    ],
    [
      "a name that has another id",
      "echo 7 uplink2 >/etc/iproute2/rt_tables",
      FACTS[0],
      /table 7 \(\/etc\/iproute2\/rt_tables\) name uplink2/,
    ],
    [
      "another's default route in the table",
      "ip route add unreachable default metric 4294967295 table 200",
      FACTS[4],
      /found: +unreachable route 0\.0\.0\.0\/0 table 200/,
    ],
  ] as const) {
    it(`refuses ${what}, changes nothing, and leaves it at removal`, () =>
      withTwoUplinks(async (host) => {
        await host.exec(foreign, "", true);
        const before = await host.snapshot();
        const refused = await host.apply([...FACTS.slice(1, 4), fact]);
        assert.equal(refused.code, 1);
        assert.match(refused.stderr, said);
        await host.remove([fact]);
        assertSame(await host.snapshot(), before);
      }));
  }

  it("makes nft tables anew when another program flushed or changed them, and says so in check", () =>
    withTwoUplinks(async (host) => {
      await host.apply(FACTS);
      const listing = () =>
        host.exec("nft -s list table ip wirework; nft -s list table ip6 wirework").then(({ stdout }) => stdout);
      const made = await listing();
      assert.match(made, /ip saddr 172\.31\.7\.0\/24 oifname "eth1" snat to 198\.51\.100\.10/);
      for (const harm of [
        "nft flush ruleset",
        "nft flush table ip wirework",
        "nft add rule ip wirework postrouting drop",
      ]) {
        await host.exec(harm, "", true);
        const drift = await host.check(FACTS);
        assert.equal(drift.code, 3, harm);
        assert.match(drift.stdout, /^- nat 172\.31\.7\.0\/24 oif eth1/m);
        assert.equal((await host.exec("/usr/local/sbin/wirework boot late")).code, 0);
        assert.equal(await listing(), made, harm);
      }
      await host.exec("nft flush table ip wirework", "", true);
      await host.remove(FACTS);
      assert.equal(await listing(), "");
    }));

  it("leaves IPv6 pending on a kernel that runs without it", () =>
    withTwoUplinks(async (host) => {
      await host.exec("mount -t tmpfs tmpfs /proc/sys/net/ipv6", "", true);
      const { code, stdout, stderr } = await host.apply(FACTS);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^\+ rule from 172\.31\.7\.0\/24 table 200/m);
      assert.match(stdout, /^pending rule from fd00:31:7::\/64 table 200 .*\(this kernel runs without IPv6\)$/m);
      assert.match(stdout, /^pending nat fd00:31:7::\/64 oif eth1 masquerade/m);
      assert.equal((await host.exec("ip -6 rule show | grep 'proto 119'")).stdout, "");
    }));

  it("says which links filter strictly by reverse path", () =>
    withTwoUplinks(async (host) => {
      await host.exec("echo 1 >/proc/sys/net/ipv4/conf/eth0/rp_filter; echo 1 >/proc/sys/net/ipv4/conf/eth1/rp_filter");
      const fact = "require rp_filter-loose except eth1";
      const refused = await host.apply([fact, ...FACTS]);
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /rp_filter = 1\): eth0 \n.*net\.ipv4\.conf\.eth0\.rp_filter=2/);
      await host.exec("echo 2 >/proc/sys/net/ipv4/conf/eth0/rp_filter");
      assert.equal((await host.apply([fact, ...FACTS])).code, 0);
    }));

  it("follows the gateway that the host learns on the uplink, and has no way out without one", () =>
    withTwoUplinks(async (host) => {
      const facts = FACTS.map((fact) => fact.replace(/^route (\S+) via \S+ dev/, "follow $1 dev"));
      const before = await host.snapshot();
      const way = async (to: string, from: string) => /via (\S+) dev eth1/.exec(await leaves(host, to, from))?.[1];
      const ways = async () => [await way("203.0.113.1", "172.31.7.2"), await way("2001:db8:9::1", "fd00:31:7::2")];
      const first = await host.apply(facts);
      assert.match(
        first.stdout,
        /^pending follow 0\.0\.0\.0\/0 .*\(this host has learned no default route by eth1\)$/m,
      );
      assert.deepEqual(await ways(), [undefined, undefined]);
      assert.match(await leaves(host), /unreachable|No route to host/);

      // As a DHCP client sets it, beside a worse one of the same link; IPv6 as one route with two routers.
      const learned = `
ip address add 2001:db8:1::10/64 dev eth0 nodad
ip route add default via 198.51.100.1 dev eth1 proto dhcp metric 1024
ip route add default via 198.51.100.3 dev eth1 proto dhcp metric 2048
ip -6 route add default proto ra metric 1024 nexthop via 2001:db8:1::1 dev eth0 nexthop via fe80::1 dev eth1`;
      await host.exec(learned, "", true);
      assert.equal((await host.exec("/usr/local/sbin/wirework boot late")).code, 0);
      assert.deepEqual(await ways(), ["198.51.100.1", "fe80::1"]);
      assert.equal((await host.check(facts)).stdout, "as declared\n");
      assert.equal((await host.apply(facts)).stdout, "unchanged\n");

      await host.exec("ip route del default via 198.51.100.1 dev eth1 metric 1024", "", true);
      const drift = await host.check(facts);
      assert.equal(drift.code, 3);
      assert.match(drift.stdout, /^- follow 0\.0\.0\.0\/0 dev eth1 table 200\n\+ .* via 198\.51\.100\.1$/m);
      assert.match((await host.apply(facts)).stdout, /^~ follow 0\.0\.0\.0\/0 dev eth1 table 200$/m);
      assert.deepEqual(await ways(), ["198.51.100.3", "fe80::1"]);
      await host.exec("ip route del default dev eth1 metric 2048; ip -6 route del default", "", true);
      assert.match((await host.apply(facts)).stdout, /^- follow ::\/0 dev eth1 table 200$/m);
      assert.match(await leaves(host), /unreachable|No route to host/);

      // The same route by hand, of another owner: one table cannot have both.
      const other = await host.apply(["route 0.0.0.0/0 via 198.51.100.9 dev eth1 table 200"], OTHER);
      assert.match(other.stderr, /has: {3}follow 0\.0\.0\.0\/0 dev eth1 table 200/);
      assert.equal((await host.remove(facts)).code, 0);
      await host.exec("ip address del 2001:db8:1::10/64 dev eth0");
      assertSame(await host.snapshot(), before);
    }));

  it("is watched: what goes comes back without a run", () =>
    withTwoUplinks(async (host) => {
      await host.apply(FACTS);
      const made = await host.kernel();
      await startWatcher(host);
      const healed = async (harm: string) => {
        await host.exec(`sleep 1; ${harm}`, "", true);
        for (let tries = 0; tries < 50 && (await host.kernel()) !== made; tries++) await host.exec("sleep 0.1");
        assertSame(await host.kernel(), made, harm);
      };
      await healed("ip rule del priority 10202");
      await healed("ip -6 rule del priority 10201");
      await healed("ip route flush table 200");
      await healed("ip link set eth1 down; ip link set eth1 up; ip address add 2001:db8:2::10/64 dev eth1 nodad");
      assert.match((await host.exec("cat /run/watch.log")).stdout, /^\+ rule from 172\.31\.7\.0\/24 table 200/m);
      await stopWatcher(host);
      assert.equal((await host.exec("ls -d /run/wirework/run.*; pgrep -f '[i]p monitor'")).stdout, "");
    })).timeout(60_000);
});
