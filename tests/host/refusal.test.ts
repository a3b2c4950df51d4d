import { strict as assert } from "node:assert";
import { assertSame, HOST_OWNER, inSandbox, OWNER, type Sandbox, SESSION, SHIM, stdin } from "./support";

/** The verb fails with a text that fits, and nothing at all is other than before. */
async function refused(host: Sandbox, verb: "apply" | "remove", input: string, text: RegExp, code = 1): Promise<void> {
  const before = await host.snapshot();
  const result = await host.verb(verb, input);
  assert.equal(result.code, code, result.stdout + result.stderr);
  assert.match(result.stderr, text);
  assertSame(await host.snapshot(), before);
}

describe("what wirework did not make", () => {
  const foreign: [string, string, string, RegExp][] = [
    [
      "a link of that name",
      "ip link add link eth0 name shim0 type macvlan mode vepa",
      SHIM[0],
      /wanted: link shim0 .*\n.*found: +link shim0 parent eth0 type macvlan mode vepa group 0/,
    ],
    [
      "the same address",
      "ip address add 192.0.2.77/24 dev eth0",
      "addr 192.0.2.77/24 dev eth0",
      /found: +addr 192\.0\.2\.77\/24 dev eth0/,
    ],
    [
      "the same address, IPv6",
      // The kernel gives it its route in its own time.
      "ip address add fd00:1::1/64 dev eth0 nodad; until ip -6 route show table local fd00:1::1 | grep -q .; do sleep 0.02; done",
      "addr fd00:1::1/64 dev eth0",
      /found: +addr fd00:1::1\/64 dev eth0/,
    ],
    [
      "the same route",
      "ip route add 10.1.0.0/16 dev eth0",
      "route 10.1.0.0/16 dev eth0",
      /found: +unicast route 10\.1\.0\.0\/16 .* proto 3 dev eth0/,
    ],
    [
      "a route to the same place",
      "ip -6 route add unreachable fd00:1::/64",
      "route fd00:1::/64 dev eth0",
      /found: +\S+ route fd00:1::\/64/,
    ],
  ];
  for (const [what, command, fact, text] of foreign) {
    it(`is refused with both named, and left alone: ${what}`, () =>
      inSandbox(async (host) => {
        await host.exec(command, "", true);
        await refused(host, "apply", stdin([SHIM[1], fact]), text);
        const before = await host.snapshot();
        assert.equal((await host.remove([SHIM[1], fact])).code, 0);
        assertSame(await host.snapshot(), before);
      }));
  }

  it("is not lost with a link of ours: children are named, in other namespaces too", () =>
    inSandbox(async (host) => {
      const facts = ["link br7 type bridge", SHIM[0].replace("eth0", "br7")];
      await host.apply(facts);
      await host.exec("ip link add link br7 name guest0 type macvlan mode bridge", "", true);
      await refused(host, "remove", stdin(facts), /link br7 has guest0 on top, which wirework did not make/);
      await host.exec(
        "(unshare --net sleep 60 </dev/null >/dev/null 2>&1 & echo $! >/run/guest); sleep 0.3; ip link set guest0 netns $(cat /run/guest)",
        "",
        true,
      );
      await refused(host, "remove", stdin(facts), /link br7 has guest0 in the namespace of process \d+ on top/);
      await refused(host, "apply", stdin([facts[0].replace("bridge", "dummy"), facts[1]]), /link br7 has guest0/);
      await host.exec("kill $(cat /run/guest)");
    }));

  it("is not lost with an address of ours: routes that need the last one, secondaries of a primary one", () =>
    inSandbox(async (host) => {
      const facts = ["addr 10.9.0.1/24 dev other0"];
      await host.exec("ip link add other0 type veth peer name other1; ip link set other0 up", "", true);
      await host.apply(facts);
      await host.exec("ip route add 10.10.0.0/16 via 10.9.0.7", "", true);
      await refused(
        host,
        "remove",
        stdin(facts),
        /10\.9\.0\.1 dev other0 is the last IPv4 address there.*10\.10\.0\.0\/16/,
      );
      await host.exec(
        "ip address add 10.9.0.2/24 dev other0; echo 0 >/proc/sys/net/ipv4/conf/other0/promote_secondaries",
      );
      await refused(host, "remove", stdin(facts), /is the primary address of its network.*addr 10\.9\.0\.2 dev other0/);
      await host.exec("echo 1 >/proc/sys/net/ipv4/conf/other0/promote_secondaries");
      assert.equal((await host.remove(facts)).code, 0);
      const left = await host.exec("ip -o -4 address show other0; ip route show 10.10.0.0/16");
      assert.match(left.stdout, /10\.9\.0\.2\/24[\s\S]*10\.10\.0\.0\/16 via 10\.9\.0\.7/);
    }));

  it("has no macvlan on a macvlan, which the kernel would put elsewhere", () =>
    inSandbox((host) =>
      refused(
        host,
        "apply",
        stdin([SHIM[0], "link top0 parent shim0 type macvlan mode vepa"]),
        /link top0 [\s\S]*name that parent/,
      ),
    ));

  it("stays when it took the place of ours", () =>
    inSandbox(async (host) => {
      await host.apply(SHIM);
      await host.exec(
        "ip link del shim0; ip link add shim0 type bridge; ip address add 192.168.9.9/32 dev shim0",
        "",
        true,
      );
      const result = await host.remove(SHIM);
      assert.equal(result.code, 0, result.stderr);
      assert.match((await host.exec("ip -o addr show shim0")).stdout, /192\.168\.9\.9/);
    }));
});

describe("another machine or another name", () => {
  it("is refused at every verb, with the way out", () =>
    inSandbox(async (host) => {
      await host.apply(SHIM);
      await refused(
        host,
        "apply",
        stdin(SHIM, OWNER, "someone-else"),
        /known as "host-under-test", the stack calls it "someone-else"[\s\S]*pulumi state delete --target-dependents/,
      );
      await host.exec("echo ffffffffffffffffffffffffffffffff >/etc/machine-id");
      for (const verb of ["apply", "remove", "check", "uninstall"] as const) {
        const result = await host.verb(verb, stdin(SHIM, verb === "uninstall" ? HOST_OWNER : OWNER));
        assert.equal(result.code, 1, verb);
        assert.match(result.stderr, /another machine at this address[\s\S]*pulumi state delete --target-dependents/);
      }
      assert.match((await host.exec("ip -o link show shim0")).stdout, /shim0/);
    }));

  it("is told apart from a host that has nothing of wirework any more", () =>
    inSandbox(async (host) => {
      await host.exec("rm -r /var/lib/wirework");
      assert.match((await host.apply(SHIM)).stderr, /no program is installed|nothing of wirework/);
      await host.exec("rm -r /usr/local/sbin/wirework");
      const gone = await host.remove(SHIM);
      assert.equal(gone.code, 69);
      assert.match(
        gone.stderr,
        /although the stack installed it; nothing was changed.*pulumi state delete --target-dependents/,
      );
    }));
});

describe("bad input", () => {
  const bad: [string, RegExp][] = [
    ["link shim0;reboot parent eth0 type macvlan mode bridge", /not a name that a link of ours can have/],
    ["link $(reboot) parent eth0 type macvlan mode bridge", /not a name/],
    ["link -batch parent eth0 type macvlan mode bridge", /not a name/],
    ["link sixteen-bytes-xx type dummy", /not a name/],
    ["link lo type dummy", /not a name/],
    ["link all type dummy", /not a name/],
    ["link a/b type dummy", /not a name/],
    ["link shim0 parent eth0 type macvlan mode bridge mode vepa", /"mode" stands twice/],
    ["link shim0 parent eth0 type macvlan mode bridge netns 1", /"netns" is none of/],
    ["link shim0 parent eth0 type macvlan mode", /lacks its value/],
    ["link shim0 parent eth0 type macvlan mode source", /mode must be/],
    ["link shim0 parent eth0 type tun", /type must be/],
    ["link shim0 type vlan id 7", /have a parent/],
    ["link v7 parent eth0 type vlan id 4095", /id must be/],
    ["link v7 parent eth0 type vlan id 7 protocol 802.1Q", /protocol is 802\.1ad/],
    ["link v7 type bridge protocol 802.1ad", /protocol is 802\.1ad/],
    ["link i0 parent eth0 type ipvlan mode bridge flag bridge", /mode must be l2, l3 or l3s/],
    ["link i0 parent eth0 type ipvlan mode l2", /an ipvlan has a flag/],
    ["link i0 parent eth0 type ipvlan mode l2 flag passthru", /flag must be/],
    [
      "link i0 parent eth0 type ipvlan mode l2 flag bridge address 02:00:00:00:00:01",
      /an ipvlan has that of its parent/,
    ],
    ["link v0 type veth", /a veth has a peer/],
    ["link v0 type veth peer v0", /peer is not the name of another link/],
    ["set eth0 down", /set LINK up, set LINK promisc on, or set LINK master BRIDGE/],
    ["set eth0 promisc off", /set LINK up/],
    ["set eth0 master eth0", /set LINK up/],
    ["set lo up", /not the name of a link/],
    ["set eth0;reboot up", /not the name of a link/],
    ["link shim0 parent shim0 type macvlan mode bridge", /parent is not the name of another link/],
    ["link shim0 type dummy address 01:00:00:00:00:01", /unicast MAC/],
    ["link shim0 type dummy address 02:00:00:00:00:01:02", /unicast MAC/],
    ["link shim0 type dummy mtu 67", /mtu must be/],
    ["link shim0  type dummy", /one space/],
    ["addr 192.168.9.2 dev eth0", /with prefix length/],
    ["addr 192.168.9.256/24 dev eth0", /canonical/],
    ["addr 192.168.09.2/24 dev eth0", /canonical/],
    ["addr 192.168.9.2/33 dev eth0", /canonical/],
    ["addr fd00:0:0::1/64 dev eth0 nodad", /addr ADDRESS/],
    ["addr FD00::1/64 dev eth0", /canonical/],
    ["addr fd00::00a1/64 dev eth0", /canonical/],
    ["addr fd00::1::2/64 dev eth0", /canonical/],
    ["addr fd00:1:2:3:4:5:6:7:8/64 dev eth0", /canonical/],
    ["addr ::ffff:10.0.0.1/128 dev eth0", /canonical/],
    ["addr fe80::1%eth0/64 dev eth0", /canonical/],
    ["route default via 192.0.2.1 dev eth0", /default route is 0\.0\.0\.0\/0/],
    ["route 10.0.0.0/8 via fd00::1 dev eth0", /same family/],
    ["route 10.0.0.0/8 dev eth0 table main", /table must be/],
    ["route 10.0.0.0/8 dev eth0 table 255", /table must be/],
    ["route 10.0.0.0/8 dev eth0 metric 4294967296", /metric must be/],
    ["route 10.0.0.0/8 dev eth0 proto 3", /"proto" is none of/],
    ["sysctl kernel/core_pattern = |/tmp/x", /only settings below net/],
    ["sysctl net/../kernel/panic = 1", /not a path/],
    ["sysctl net/ipv4/conf/all/arp_ignore = 1", /changes every link/],
    ["sysctl net/ipv4/ip_forward = 1", /changes every link/],
    ["sysctl net/ipv4/conf/eth0/arp_ignore 1", /PATH = VALUE/],
    ["sysctl net/ipv4/conf/eth0/arp_ignore = $(id)", /not a value/],
    ["nft add table ip x", /kinds are/],
    ["`reboot`", /kinds are/],
    ["addr \u0001192.0.2.1/24 dev eth0", /not printable ASCII/],
    ["addr 192.0.2.1/24 dev eth\u00f6", /not printable ASCII/],
  ];
  it("is refused line by line with its reason, and nothing is changed", () =>
    inSandbox(async (host) => {
      const before = await host.snapshot();
      for (const [fact, text] of bad) {
        const result = await host.verb("apply", stdin([SHIM[0], fact]));
        assert.equal(result.code, 1, `${fact}: ${result.stdout}`);
        assert.match(result.stderr, text, fact);
      }
      const all = bad.map(([fact]) => fact).filter((fact) => /^[\x20-\x7e]+$/.test(fact));
      const together = await host.verb("apply", stdin(all));
      assert.equal(together.stderr.trim().split("\n").length, 1 + 2 * all.length, "all problems in one error");
      assertSame(await host.snapshot(), before);
    })).timeout(120_000);

  it("is refused in the header", () =>
    inSandbox(async (host) => {
      await refused(host, "apply", "", /lacks its header/);
      await refused(host, "apply", "wirework 2\nhost a\nowner a/b/c\n", /this program reads "wirework 1"/);
      await refused(host, "apply", "wirework 1\nowner a/b/c\nhost a\n", /line 2 must be/);
      for (const owner of ["a/b", "a/b/c/d", "../../etc", "a/../c", "a/.b/c", "a//c", "a/b/$(id)", "a/b/c d"]) {
        await refused(host, "apply", stdin([], owner), /owner .*(three parts|at most)|line 3 must be|no program/);
      }
      for (const identity of ["", "A", "a b", "x".repeat(65)])
        await refused(host, "apply", stdin([], OWNER, identity), /host/);
    }));

  it("does not pass by way of a symbolic link", () =>
    inSandbox(async (host) => {
      await host.exec(
        "mkdir -p /var/lib/wirework/owners/test/dev && ln -s /etc/passwd /var/lib/wirework/owners/test/dev/edge",
      );
      const result = await host.apply([SHIM[1]]);
      assert.equal(result.code, 1);
      assert.match(result.stderr, /edge is a symbolic link[\s\S]*the host is as before/);
      assert.match((await host.exec("cat /etc/passwd")).stdout, /^root:/);
    }));
});

describe("require lines", () => {
  it("refuse a subnet that Docker's bridge would take from the host, unless it is that bridge's already", () =>
    inSandbox(async (host) => {
      await host.exec(
        "ip link add br7 type bridge; ip link set br7 up; ip address add 172.31.7.1/24 dev br7",
        "",
        true,
      );
      const asked = (prefix: string, owner = OWNER) => host.apply([`require subnet-free ${prefix}`], owner);
      host.program(
        "docker",
        `#!/bin/sh\ncase "$*" in *label=wirework.owner=${OWNER}) echo 0123 ;; "network inspect "*0123) echo br7 ;; esac\n`,
      );
      for (const free of ["10.0.0.0/24", "192.0.3.0/24", "192.0.2.128/26", "fd00:7::/64", "172.31.7.0/24"]) {
        const { code, stderr } = await asked(free);
        assert.equal(code, 0, `${free}: ${stderr}`);
      }
      const others = await asked("172.31.0.0/16", "test/dev/others");
      assert.equal(others.code, 1);
      assert.match(
        others.stderr,
        /would take over what this host reaches otherwise: 172\.31\.7\.0\/24 dev br7\n +choose/,
      );
      assert.match((await asked("192.0.2.0/24")).stderr, /otherwise: 192\.0\.2\.0\/24 dev eth0/);
      host.session = SESSION;
      const cut = await asked("192.0.2.0/28");
      assert.match(
        cut.stderr,
        /the client of this SSH session, 192\.0\.2\.1;the address of this SSH session, 192\.0\.2\.10/,
      );
    }));

  it("are all checked before anything is changed", () =>
    inSandbox(async (host) => {
      const wanted = [
        "kernel >= 99",
        "iproute2 >= 4.20",
        "docker >= 25",
        "link nosuch0",
        "link eth0",
        "module nosuch",
        "not-management eth0",
        "wings >= 2",
      ];
      host.session = SESSION;
      await refused(
        host,
        "apply",
        stdin([...wanted.map((what) => `require ${what}`), ...SHIM]),
        /require kernel >= 99\n +this host has [\s\S]*require docker[\s\S]*require link nosuch0\n +this host has the links: [\s\S]*require module nosuch[\s\S]*require not-management eth0\n +eth0 carries this SSH session[\s\S]*require wings >= 2\n +is not understood/,
      );
      host.session = "";
      const met = await host.apply([
        "require kernel >= 3.9",
        "require link eth0",
        "require module macvlan",
        "require not-wireless eth0",
        ...SHIM,
      ]);
      assert.equal(met.code, 0, met.stderr);
    }));
});
