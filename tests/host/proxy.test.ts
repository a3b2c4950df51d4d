import { strict as assert } from "node:assert";
import { until } from "../lab/until";
import { inContainerSandbox, startContainer, stopContainer } from "./containers";
import { assertSame, inSandbox, type Sandbox } from "./support";

const FIXED = "proxy fd00:9::f1 dev eth0";
const WATCHED = "proxy dev eth0 container probe network lan";
const FACTS = [FIXED, WATCHED];
const FORWARDING = [
  "sysctl net/ipv6/conf/all/forwarding = 1",
  "sysctl net/ipv6/conf/all/proxy_ndp = 1",
  "sysctl net/ipv6/conf/eth0/accept_ra = 2",
  "sysctl net/ipv6/conf/eth0/forwarding = 1",
  "sysctl net/ipv6/conf/eth0/proxy_ndp = 1",
];

const boot = (host: Sandbox) => host.exec("/usr/local/sbin/wirework boot late", "", true);
const entries = async (host: Sandbox) =>
  (await host.exec("ip -6 neigh show proxy", "", true)).stdout
    .trim()
    .split("\n")
    .map((line) => line.split(/\s+/).slice(0, 3).join(" "))
    .sort();

describe("neighbours that the host answers for", () => {
  it("are those of a container while it has the address, and fixed ones; all of it goes without a trace", () =>
    inContainerSandbox(async (host) => {
      const found = await host.snapshot();
      const early = await host.apply(FACTS);
      assert.equal(early.code, 0, early.stderr);
      assert.match(early.stdout, /^pending proxy dev eth0 container probe .*\(container probe does not run\)$/m);
      assert.deepEqual(await entries(host), ["fd00:9::f1 dev eth0"]);

      await startContainer(host, "probe", 2);
      assert.equal((await host.check(FACTS)).code, 3);
      assert.match((await host.apply(FACTS)).stdout, /^\+ proxy dev eth0 container .* => fd00:9::12$/m);
      assert.deepEqual(await entries(host), ["fd00:9::12 dev eth0", "fd00:9::f1 dev eth0"]);
      assert.equal((await host.apply(FACTS)).stdout, "unchanged\n");
      assert.equal((await host.check(FACTS)).stdout, "as declared\n");

      await startContainer(host, "probe", 3);
      assert.match((await host.apply(FACTS)).stdout, /^- proxy fd00:9::12 dev eth0$/m);
      assert.deepEqual(await entries(host), ["fd00:9::13 dev eth0", "fd00:9::f1 dev eth0"]);
      await stopContainer(host, "probe");
      await boot(host);
      assert.deepEqual(await entries(host), ["fd00:9::f1 dev eth0"]);
      await host.remove(FACTS);
      assertSame(await host.snapshot(), found);
    }));

  it("come back when the link was down or a hand took them away, also after a reboot", () =>
    inContainerSandbox(async (host) => {
      await startContainer(host, "probe", 2);
      await host.apply(FACTS);
      const made = await entries(host);
      assert.equal(made.length, 2);
      for (const hand of ["ip link set eth0 down; ip link set eth0 up", `ip neigh del ${FIXED}`]) {
        await host.exec(hand, "", true);
        assert.equal((await host.check(FACTS)).code, 3, hand);
        await boot(host);
        assert.deepEqual(await entries(host), made, hand);
      }
      await host.reboot();
      await boot(host);
      assert.deepEqual(await entries(host), ["fd00:9::f1 dev eth0"]);
    }));

  it("may be wanted by two, stay until the last is gone, and are never taken from another's hand", () =>
    inContainerSandbox(async (host) => {
      await host.apply([FIXED]);
      assert.match((await host.apply([FIXED], "test/dev/other")).stdout, /shared proxy fd00:9::f1 dev eth0/);
      await host.remove([FIXED]);
      assert.deepEqual(await entries(host), ["fd00:9::f1 dev eth0"]);
      await host.remove([FIXED], "test/dev/other");
      assert.deepEqual(await entries(host), [""]);

      await host.exec("ip neigh add proxy fd00:9::f1 dev eth0", "", true);
      const refused = await host.apply([FIXED]);
      assert.match(refused.stderr, /found: {2}proxy fd00:9::f1 dev eth0\n.*which wirework did not make/);
      await host.remove([FIXED]);
      assert.deepEqual(await entries(host), ["fd00:9::f1 dev eth0"]);
    }));
});

// A router on the wire, which says every second that it is one.
const ROUTER = `
touch /run/router; unshare --net=/run/router true; ip link set wire netns /run/router
ip address add fe80::2/64 dev eth0 nodad
nsenter --net=/run/router sh -c 'ip link set wire up; ip address add fe80::1/64 dev wire nodad'
cat >/run/advertise.py <<'END'
import socket, struct, time
s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, socket.if_nametoindex("wire"))
while True:
    s.sendto(struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0), ("ff02::1", 0, 0, socket.if_nametoindex("wire")))
    time.sleep(0.3)
END
nsenter --net=/run/router python3 /run/advertise.py >/run/advertise.log 2>&1 & echo $! >/run/advertise.pid`;

const learned = async (host: Sandbox) => (await host.exec("ip -6 route show default")).stdout;
const withRouter = (test: (host: Sandbox) => Promise<void>) =>
  inSandbox(async (host) => {
    await host.exec(ROUTER, "", true);
    await until("the host learns its default route", { timeoutMs: 10_000 }, async () => {
      return /via fe80::1 dev eth0 proto ra/.test(await learned(host)) || undefined;
    });
    // From here on nothing would teach it again.
    await host.exec("kill $(cat /run/advertise.pid)", "", true);
    await test(host);
  });

describe("forwarding of the whole host", () => {
  it("leaves every link as it was, and the learned default route where it is", () =>
    withRouter(async (host) => {
      const found = await host.snapshot();
      const first = await host.apply(FORWARDING);
      assert.equal(first.code, 0, first.stderr);
      assert.match(await learned(host), /via fe80::1 dev eth0 proto ra/);
      const each = await host.exec("cd /proc/sys/net/ipv6/conf; grep . */forwarding");
      assert.deepEqual(
        each.stdout.split("\n").filter((line) => / *:1$/.test(line)),
        ["all/forwarding:1", "eth0/forwarding:1"],
      );
      assert.equal((await host.apply(FORWARDING)).stdout, "unchanged\n");
      assert.equal((await host.check(FORWARDING)).stdout, "as declared\n");
      await host.remove(FORWARDING);
      assertSame(await host.snapshot(), found);
    }));

  it("is refused where a link would unlearn its default route, and nothing is changed", () =>
    withRouter(async (host) => {
      const found = await host.snapshot();
      const refused = await host.apply(FORWARDING.slice(0, 1));
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /eth0 learns its default route from routers and would lose it/);
      assertSame(await host.snapshot(), found);
      // What the refusal guards against.
      await host.exec("echo 1 >/proc/sys/net/ipv6/conf/all/forwarding", "", true);
      assert.equal(await learned(host), "");
    }));

  it("asks nothing of a link where the kernel hears no routers, and is never written in another way", () =>
    inSandbox(async (host) => {
      await host.exec("echo 0 >/proc/sys/net/ipv6/conf/eth0/accept_ra", "", true);
      const found = await host.snapshot();
      await host.apply(FORWARDING);
      assert.equal((await host.exec("cat /proc/sys/net/ipv6/conf/eth0/accept_ra")).stdout, "0\n");
      assert.equal((await host.check(FORWARDING)).stdout, "as declared\n");
      await host.remove(FORWARDING);
      assertSame(await host.snapshot(), found);
      for (const [fact, reason] of [
        ["sysctl net/ipv6/conf/all/forwarding = 0", /switched on, or left alone/],
        ["sysctl net/ipv6/conf/all/accept_ra = 2", /changes every link/],
        ["sysctl net/ipv4/conf/all/forwarding = 1", /changes every link/],
        ["proxy 192.0.2.7 dev eth0", /proxy IPV6-ADDRESS dev LINK/],
        ["proxy fd00::7 dev eth0 container a network b", /proxy IPV6-ADDRESS dev LINK/],
        ["proxy dev eth0 container a", /proxy dev LINK container NAME network NETWORK/],
      ] as const) {
        assert.match((await host.apply([fact])).stderr, reason, fact);
      }
    }));

  it("leaves a link deaf that the network's own program makes so while a run is under way, as at boot", () =>
    inSandbox(async (host) => {
      host.program(
        "ip",
        `#!/bin/sh
case "$*" in *ip.first) echo 0 >/proc/sys/net/ipv6/conf/eth0/accept_ra ;; esac
exec /sbin/ip "$@"
`,
      );
      const facts = ["link shim0 parent eth0 type macvlan mode bridge", ...FORWARDING];
      await host.apply(facts);
      assert.equal((await host.exec("cat /proc/sys/net/ipv6/conf/eth0/accept_ra")).stdout, "0\n");
      assert.equal((await host.check(facts)).stdout, "as declared\n");
      await host.remove(facts);
      assert.equal((await host.exec("cat /proc/sys/net/ipv6/conf/eth0/accept_ra")).stdout, "0\n");
    }));

  it("stays on while networks of Docker need it", () =>
    inSandbox(async (host) => {
      const docker = (ipv6: boolean) =>
        host.program(
          "docker",
          `#!/bin/sh\ncase "$*" in "network ls"*) echo abc ;; "network inspect"*) echo ${ipv6} ;; esac\n`,
        );
      docker(true);
      await host.apply(FORWARDING.slice(0, 1));
      assert.match((await host.remove(FORWARDING)).stdout, /^kept sysctl .*all\/forwarding = 1 \(networks of Docker/m);
      assert.equal((await host.exec("cat /proc/sys/net/ipv6/conf/all/forwarding")).stdout, "1\n");
    }));
});

describe("a prefix that reaches the host", () => {
  it("is not that of the link, and holds neither host nor router", () =>
    inSandbox(async (host) => {
      await host.exec(
        "ip address add 2001:db8:9::5/64 dev eth0 nodad; ip route add default via 2001:db8:9::1 dev eth0",
        "",
        true,
      );
      const asked = async (condition: string) => (await host.apply([`require ${condition} dev eth0`])).stderr;
      assert.equal(await asked("routed 2001:db8:77::/64"), "");
      assert.match(await asked("routed 2001:db8:9::f0/124"), /part of 2001:db8:9::\/64, which is on the link itself/);
      assert.equal(await asked("apart 2001:db8:9::f0/124"), "");
      const both = await asked("apart 2001:db8:9::/124");
      assert.match(both, /this host itself has 2001:db8:9::5 there/);
      assert.match(both, /the router 2001:db8:9::1 is in it/);
    }));
});
