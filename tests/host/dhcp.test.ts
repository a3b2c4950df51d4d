import { strict as assert } from "node:assert";
import { until } from "../lab/until";
import { inContainerSandbox, insideContainer, startContainer, stopContainer } from "./containers";
import { assertSame, HOST_OWNER, IDENTITY, type Sandbox, startWatcher, stopWatcher } from "./support";

const MAC = "02:aa:00:00:00:90";
const BESIDE = `attach eth1 container probe type macvlan parent eth0 mode bridge address ${MAC} addr dhcp hostname probe`;
const LEASED = BESIDE.replace("addr dhcp", "addr dhcp via dhcp");
const PORT = `attach eth1 container probe type veth peer wrprobe1 master bridge0 address ${MAC} addr dhcp hostname probe client-id 70:31`;
const RANGE = "192.168.9.100,192.168.9.120,2m"; // dnsmasq leases for no less

const startServer = (host: Sandbox, range = RANGE, options = "", link = "wire") =>
  host.exec(
    `dnsmasq --conf-file=/dev/null --port=0 --no-ping --user=root --bind-interfaces --interface=${link} --dhcp-authoritative \
      --dhcp-range=${range} --dhcp-option=3,${range.replace(/\.\d+,.*/, ".1")} --dhcp-leasefile=/run/docker/leases \
      --pid-file=/run/docker/dnsmasq.pid --log-facility=/run/docker/dnsmasq.log ${options}`,
    "",
    true,
  );
const stopServer = (host: Sandbox) =>
  host.exec("kill -9 $(cat /run/docker/dnsmasq.pid); rm /run/docker/dnsmasq.pid", "", true);
const said = async (host: Sandbox, command: string) => (await host.exec(command)).stdout;
const eventually = <T>(host: Sandbox, event: string, look: () => Promise<T | false | undefined>) =>
  until(event, { timeoutMs: 60_000, intervalMs: 100 }, async () => (await look()) || undefined).catch(async (error) => {
    const told = await said(host, "cat /run/watch.log /run/docker/dnsmasq.log; /usr/local/sbin/wirework status");
    return assert.fail(`${error}\n${told}`);
  });
const inside = async (host: Sandbox, command: string) => (await insideContainer(host, "probe", command)).stdout;
const addressNow = async (host: Sandbox) => /inet (\S+)/.exec(await inside(host, "ip -o -4 addr show dev eth1"))?.[1];
const leased = (host: Sandbox, event: string) => eventually(host, event, () => addressNow(host));
/** What the server has given away: `MAC ADDRESS HOSTNAME CLIENT-ID`. */
const table = async (host: Sandbox) => (await said(host, "cut -d ' ' -f 2- /run/docker/leases")).trim();
const clients = async (host: Sandbox) =>
  (await said(host, "grep -lz '^udhcpc$' /proc/[0-9]*/cmdline 2>/dev/null")).match(/\d+/g) ?? [];
const oneClient = (host: Sandbox, event: string) =>
  eventually(host, `one client ${event}`, async () => (await clients(host)).length === 1);
/** Something happened: the watcher looks. */
const poke = (host: Sandbox) => host.exec("echo start >>/run/docker/events");

describe("an address by DHCP", function () {
  this.timeout(180_000);

  it("is leased, stays over restarts of the container, and is given back with the fact", () =>
    inContainerSandbox(async (host) => {
      await startServer(host);
      const found = await host.snapshot();
      await startWatcher(host);
      assert.equal(
        (await host.apply([LEASED])).stdout,
        `unchanged\npending ${LEASED} (container probe does not run)\n`,
      );
      await startContainer(host, "probe", 0);
      const address = await leased(host, "a lease");
      assert.match(await table(host), new RegExp(`^${MAC} ${address.replace("/24", "")} probe 01:${MAC}$`));
      assert.equal((await host.apply([LEASED])).stdout, "unchanged\n");
      assert.equal((await host.check([LEASED])).stdout, "as declared\n");
      const status = await said(host, "/usr/local/sbin/wirework status");
      assert.match(
        status,
        /leases\n {2}192\.168\.9\.\d+\/24 of probe eth1 \(router 192\.168\.9\.1, server 192\.168\.9\.1, 1[12]\d of 120 s left, client\)/,
      );
      for (let start = 0; start < 2; start++) {
        await startContainer(host, "probe", 0);
        assert.equal(await leased(host, "a lease after a restart"), address);
        await oneClient(host, "after a restart");
      }
      await stopContainer(host, "probe");
      await eventually(host, "the client to end with its container", async () => (await clients(host)).length === 0);
      assert.match(await table(host), new RegExp(MAC), "the lease is kept while the container does not run");
      await startContainer(host, "probe", 0);
      assert.equal(await leased(host, "a lease after a stop"), address);
      const removed = await host.remove([LEASED]);
      assert.equal(removed.stdout, `- ${LEASED}\n`, removed.stderr);
      assert.equal(await table(host), "", "the server has its address back");
      assert.deepEqual(await clients(host), []);
      await stopContainer(host, "probe");
      await stopWatcher(host);
      await host.exec("rm /run/watch.log /run/watch.pid");
      await eventually(host, "a host as it was found", async () => (await host.snapshot()) === found).catch(() => {});
      assertSame(await host.snapshot(), found);
    }));

  it("is given back when the container is gone before the fact, and by a port of a bridge", () =>
    inContainerSandbox(async (host) => {
      await host.exec("ip link set bridge0 up; ip address add 10.9.0.1/24 dev bridge0", "", true);
      await startServer(host, "10.9.0.100,10.9.0.120,2m", "", "bridge0");
      await startWatcher(host);
      await startContainer(host, "probe", 0);
      await host.apply([PORT]);
      const address = await leased(host, "a lease");
      assert.equal(await table(host), `${MAC} ${address.replace("/24", "")} probe 70:31`);
      assert.doesNotMatch(await inside(host, "ip route"), /default .* dev eth1/, "no second default route");
      await stopContainer(host, "probe");
      assert.equal((await host.remove([PORT])).stdout, "unchanged\n");
      assert.equal(await table(host), "");
      await stopWatcher(host);
      assert.equal(await said(host, "ip link show master bridge0; ls /run/wirework"), "");
    }));

  it("comes late where the server does, and the proof says what was tried", () =>
    inContainerSandbox(async (host) => {
      await startWatcher(host);
      await startContainer(host, "probe", 0);
      await inside(host, "ip route del default");
      const first = await host.apply([LEASED]);
      assert.equal(first.stdout, `+ ${LEASED}\npending ${LEASED} (no lease from a DHCP server yet)\n`, first.stderr);
      await oneClient(host, "that asks");
      const id = (await said(host, "awk '{ print $3; exit }' /run/docker/containers/probe")).trim();
      const proof = ["wirework 1", `host ${IDENTITY}`, `owner ${HOST_OWNER}`, `container ${id}`]; // as a stack names it
      const lines = (seconds: number) =>
        [...proof, `timeout ${seconds}`, "leased eth1", "gateway leased dev eth1", ""].join("\n");
      const failed = await host.verb("verify", lines(1));
      assert.equal(failed.code, 1);
      assert.match(
        failed.stderr,
        /has no lease on interface eth1 after 1 s\.\ntried: DHCPDISCOVER as 02:aa:[^,]*, process \d+\n[\s\S]*It goes on trying/,
      );
      await startServer(host);
      const proved = await host.verb("verify", lines(30));
      assert.match(
        proved.stdout,
        /^interface eth1: 192\.168\.9\.\d+\/24 leased by 192\.168\.9\.1 for 120 s\ngateway 192\.168\.9\.1 answered from /,
        proved.stderr,
      );
      assert.match(await inside(host, "ip route"), /^default via 192\.168\.9\.1 dev eth1 proto dhcp/);
      await stopWatcher(host);
    }));

  it("is renewed, comes back when it is taken away, and is another one when the server says so", () =>
    inContainerSandbox(async (host) => {
      await startServer(host, RANGE, "--dhcp-option=121,10.7.0.0/16,192.168.9.1,0.0.0.0/0,192.168.9.2");
      await startWatcher(host);
      await startContainer(host, "probe", 0);
      await inside(host, "ip route del default");
      await host.apply([LEASED]);
      const address = await leased(host, "a lease");
      // As RFC 3442 has it, they take the place of the router.
      const routes =
        /default via 192\.168\.9\.2 dev eth1 proto dhcp[\s\S]*10\.7\.0\.0\/16 via 192\.168\.9\.1 dev eth1 proto dhcp/;
      await eventually(host, "its routes", async () => routes.test(await inside(host, "ip route")));

      // The kernel keeps the time, so that no address outlives its lease, whoever is still there to see to it.
      const left = async () => Number(/valid_lft (\d+)sec/.exec(await inside(host, "ip addr show dev eth1"))?.[1]);
      await inside(host, `ip addr change ${address} dev eth1 valid_lft 30 preferred_lft 30`);
      await host.exec(`kill -USR1 ${(await clients(host)).join(" ")}`);
      await eventually(host, "a renewal", async () => (await left()) > 100);

      await inside(host, `ip addr del ${address} dev eth1`);
      await poke(host);
      assert.equal(await leased(host, "the address again"), address);
      await eventually(host, "its routes again", async () => routes.test(await inside(host, "ip route")));
      await oneClient(host, "again");

      await stopServer(host);
      await startServer(host, "192.168.9.200,192.168.9.210,2m");
      await host.exec(`kill -USR1 ${(await clients(host)).join(" ")}`);
      const other = await eventually(host, "another address", async () => {
        const now = await addressNow(host);
        return now !== address && now;
      });
      assert.match(other, /^192\.168\.9\.20\d\/24$|^192\.168\.9\.210\/24$/);
      assert.match(await inside(host, "ip route"), /^default via 192\.168\.9\.1 dev eth1 proto dhcp(?![\s\S]*10\.7)/);
      await stopWatcher(host);
    }));

  it("has one client whenever the watcher is killed, and keeps its address meanwhile", () =>
    inContainerSandbox(async (host) => {
      const killWatch = async (event: string) => {
        // The watcher alone, not its group: nobody is left who could end its client but the kernel.
        await host.exec("kill -9 $(cat /run/watch.pid)");
        await eventually(host, `the client to end ${event}`, async () => (await clients(host)).length === 0);
        await host.exec("kill -9 -$(cat /run/watch.pid)");
      };
      await startWatcher(host);
      await startContainer(host, "probe", 0);
      await host.apply([BESIDE]);
      await oneClient(host, "without a server");
      await killWatch("while it asks");
      await startServer(host);
      await startWatcher(host);
      const address = await leased(host, "a lease");
      await oneClient(host, "with a server");
      await killWatch("with a lease");
      assert.equal(await addressNow(host), address);
      await startWatcher(host);
      await oneClient(host, "after the watcher was killed");
      assert.equal(await addressNow(host), address);
      await killWatch("before its container");
      await startContainer(host, "probe", 0);
      await startWatcher(host);
      assert.equal(await leased(host, "a lease in the next container"), address);
      await oneClient(host, "in the next container");
      await stopWatcher(host);
      assert.deepEqual(await clients(host), []);
    }));

  it("takes the place of a fixed one and gives way to it, in the running container", () =>
    inContainerSandbox(async (host) => {
      await startServer(host);
      await startWatcher(host);
      await startContainer(host, "probe", 0);
      const fixed = LEASED.replace("addr dhcp via dhcp hostname probe", "addr 192.168.9.90/24");
      await host.apply([fixed]);
      assert.equal(
        (await host.apply([LEASED])).stdout,
        `~ ${LEASED}\npending ${LEASED} (no lease from a DHCP server yet)\n`,
      );
      assert.match(await leased(host, "a lease"), /^192\.168\.9\.1/);
      const back = await host.apply([fixed]);
      assert.equal(back.stdout, `~ ${fixed}\n`, back.stderr);
      assert.equal(await addressNow(host), "192.168.9.90/24");
      assert.doesNotMatch(await inside(host, "ip route show dev eth1"), /proto dhcp/);
      assert.deepEqual(await clients(host), []);
      assert.equal((await host.apply([fixed])).stdout, "unchanged\n");
      await stopWatcher(host);
    }));

  it("is refused with its reason: words that mean nothing, and a host without a client", () =>
    inContainerSandbox(async (host) => {
      for (const [from, to, why] of [
        [" hostname probe", "", /an address by dhcp has a hostname/],
        ["hostname probe", "hostname -probe", /hostname is of A-Z a-z 0-9 -/],
        ["hostname probe", `hostname ${"p".repeat(64)}`, /at most 63/],
        ["hostname probe", "hostname probe client-id 7", /client-id is 2-64 bytes in hex/],
        ["via dhcp", "via 192.168.9.1", /addr is not an address of its family/],
        ["addr dhcp via dhcp", "addr 192.168.9.90/24", /an address by dhcp has a hostname, others have none/],
        ["addr dhcp via dhcp", "addr6 dhcp via6 fe80::1", /addr6 is not an address of its family/],
        ["addr dhcp via dhcp hostname probe", "addr6 dhcp", /an address by dhcp has a hostname/],
        ["addr dhcp via dhcp", "addr6 dhcp client-id 70:31", /client-id is 2-64 bytes in hex, of an IPv4 address/],
      ] as const) {
        assert.match((await host.apply([LEASED.replace(from, to)])).stderr, why);
      }
      host.program("busybox", "#!/bin/sh\nexit 1\n");
      const { stderr } = await host.apply(["require dhcp client", LEASED]);
      assert.match(stderr, /require dhcp client\n {4}this host has no busybox with udhcpc.*apt-get install busybox\)/);
      const forged = await host.exec(
        "ip=192.0.2.99 mask=24 lease=60 interface=eth0 /usr/local/sbin/wirework bound </dev/null",
      );
      assert.match(forged.stderr, /is what the DHCP client says that the watcher starts/);
    }));
});

const SIX = `attach eth1 container probe type macvlan parent eth0 mode bridge address ${MAC} addr6 dhcp hostname probe`;
const RANGE6 = "fd00:9::100,fd00:9::1ff,64,2m";
// Routers speak from link-local addresses alone, and announce that addresses are leased; the host itself does not hear them.
const startServer6 = async (host: Sandbox, range = RANGE6) => {
  await host.exec(
    "ip address add fe80::1/64 dev wire nodad 2>/dev/null || :; echo 0 >/proc/sys/net/ipv6/conf/eth0/accept_ra",
    "",
    true,
  );
  await startServer(host, RANGE, `--enable-ra --dhcp-range=${range}`);
};
const address6 = async (host: Sandbox) =>
  /inet6 (\S+\/128)/.exec(await inside(host, "ip -o -6 addr show dev eth1 -tentative"))?.[1];
const leased6 = (host: Sandbox, event: string) => eventually(host, event, () => address6(host));
/** What the server has given away: `IAID ADDRESS HOSTNAME DUID`. */
const table6 = async (host: Sandbox) =>
  (await said(host, "sed '0,/^duid /d' /run/docker/leases | cut -d ' ' -f 2-")).trim();
const clients6 = async (host: Sandbox) =>
  (await said(host, "grep -lsz '^dhcpcd' /proc/[0-9]*/cmdline")).match(/\d+/g) ?? [];
const oneClient6 = (host: Sandbox, event: string) =>
  eventually(host, `one client ${event}`, async () => (await clients6(host)).length === 1);

describe("an IPv6 address by DHCPv6", function () {
  this.timeout(180_000);

  it("is leased, stays over restarts of the container, and is given back with the fact", () =>
    inContainerSandbox(async (host) => {
      await startServer6(host);
      const found = await host.snapshot();
      await startWatcher(host);
      await startContainer(host, "probe", 0);
      const first = await host.apply([SIX]);
      assert.equal(first.stdout, `+ ${SIX}\npending ${SIX} (no lease from a DHCPv6 server yet)\n`, first.stderr);
      const address = await leased6(host, "a lease");
      assert.match(address, /^fd00:9::1[0-9a-f]{2}\/128$/);
      assert.equal(await table6(host), `1 ${address.replace("/128", "")} probe 00:03:00:01:${MAC}`);
      await eventually(host, "a router", async () =>
        / dev eth1 proto ra /.test(await inside(host, "ip -6 route show default via fe80::1")),
      );
      assert.match(await inside(host, `ip -o -6 addr show dev eth1 to ${address}`), /valid_lft 1[12]\dsec/);
      assert.equal((await host.apply([SIX])).stdout, "unchanged\n");
      assert.equal((await host.check([SIX])).stdout, "as declared\n");
      assert.match(
        await said(host, "/usr/local/sbin/wirework status"),
        /leases\n {2}fd00:9::1\S+\/128 of probe eth1 \(router -, server [0-9a-f]{20,}, 1[12]\d of 120 s left, client\)/,
      );
      for (let start = 0; start < 2; start++) {
        await startContainer(host, "probe", 0);
        assert.equal(await leased6(host, "a lease after a restart"), address);
        await oneClient6(host, "after a restart");
      }
      await stopContainer(host, "probe");
      await eventually(host, "the client to end with its container", async () => (await clients6(host)).length === 0);
      assert.match(await table6(host), new RegExp(MAC), "the lease is kept while the container does not run");
      await startContainer(host, "probe", 0);
      assert.equal(await leased6(host, "a lease after a stop"), address);
      const removed = await host.remove([SIX]);
      assert.equal(removed.stdout, `- ${SIX}\n`, removed.stderr);
      assert.equal(await table6(host), "", "the server has its address back");
      assert.deepEqual(await clients6(host), []);
      await stopContainer(host, "probe");
      await stopWatcher(host);
      await host.exec("rm /run/watch.log /run/watch.pid");
      assert.equal(
        await said(
          host,
          "find /run/wirework /run/dhcpcd /var/lib/dhcpcd ! -path '/*/wirework' ! -path /var/lib/dhcpcd 2>/dev/null",
        ),
        "",
      );
      await eventually(host, "a host as it was found", async () => (await host.snapshot()) === found).catch(() => {});
      assertSame(await host.snapshot(), found);
    }));

  it("stands beside one of IPv4, is renewed, comes back when it is taken away, and is another one when the server says so", () =>
    inContainerSandbox(async (host) => {
      const both = SIX.replace("addr6 dhcp", "addr dhcp via dhcp addr6 dhcp");
      await startServer6(host);
      await startWatcher(host);
      await startContainer(host, "probe", 0);
      await inside(host, "ip route del default");
      await host.apply([both]);
      const address = await leased6(host, "a lease of IPv6");
      const four = await leased(host, "a lease of IPv4");
      const left = async () =>
        Number(/valid_lft (\d+)sec/.exec(await inside(host, `ip addr show dev eth1 to ${address}`))?.[1]);
      await inside(host, `ip addr change ${address} dev eth1 valid_lft 30 preferred_lft 30`);
      await host.exec(`kill -USR1 ${(await clients6(host)).join(" ")}`);
      await eventually(host, "a renewal", async () => (await left()) > 100);

      await inside(host, `ip addr del ${address} dev eth1`);
      await poke(host);
      assert.equal(await leased6(host, "the address again"), address);
      await oneClient6(host, "again");
      assert.equal(await addressNow(host), four, "the other family is left alone");

      await stopServer(host);
      await host.exec("ip address add fd00:8::1/64 dev wire nodad", "", true);
      await startServer6(host, "fd00:8::a00,fd00:8::aff,64,2m");
      await host.exec(`kill -USR1 ${(await clients6(host)).join(" ")}`);
      const other = await eventually(host, "another address", async () => {
        const now = await address6(host);
        return now !== address && now;
      });
      assert.match(other, /^fd00:8::a[0-9a-f]{2}\/128$/);
      await stopWatcher(host);
    }));

  it("gives way to a fixed one in the running container, and the other way round", () =>
    inContainerSandbox(async (host) => {
      await startServer6(host);
      await startWatcher(host);
      await startContainer(host, "probe", 0);
      const fixed = SIX.replace("addr6 dhcp hostname probe", "addr6 fd00:9::90/64");
      await host.apply([SIX]);
      const address = await leased6(host, "a lease");
      const moved = await host.apply([fixed]);
      assert.equal(moved.stdout, `~ ${fixed}\n`, moved.stderr);
      const now = await inside(host, "ip -o -6 addr show dev eth1");
      assert.ok(now.includes("fd00:9::90/64") && !now.includes(address), now);
      assert.deepEqual(await clients6(host), []);
      assert.equal((await host.apply([fixed])).stdout, "unchanged\n");
      await host.apply([SIX]);
      await leased6(host, "a lease again");
      assert.ok(!(await inside(host, "ip -o -6 addr show dev eth1")).includes("fd00:9::90/64"));
      await stopWatcher(host);
    }));

  it("has one client whenever the watcher is killed, each container one, and says what was tried", () =>
    inContainerSandbox(async (host) => {
      await startWatcher(host);
      await startContainer(host, "probe", 0);
      await host.apply([SIX]);
      await oneClient6(host, "without a server");
      const id = (await said(host, "awk '{ print $3; exit }' /run/docker/containers/probe")).trim();
      const proof = ["wirework 1", `host ${IDENTITY}`, `owner ${HOST_OWNER}`, `container ${id}`];
      const lines = (seconds: number) => [...proof, `timeout ${seconds}`, "leased6 eth1", ""].join("\n");
      const failed = await host.verb("verify", lines(1));
      assert.match(
        failed.stderr,
        /has no lease on interface eth1 after 1 s\.\ntried: Solicit as 02:aa:[^,]*, process \d+\n/,
      );
      // The watcher alone, not its group: nobody is left who could end its client but the kernel.
      await host.exec("kill -9 $(cat /run/watch.pid)");
      await eventually(host, "the client to end", async () => (await clients6(host)).length === 0);
      await host.exec("kill -9 -$(cat /run/watch.pid)");
      await startServer6(host);
      await startWatcher(host);
      await leased6(host, "a lease");
      const proved = await host.verb("verify", lines(30));
      assert.match(proved.stdout, /^interface eth1: fd00:9::1\S+\/128 leased by [0-9a-f]+ for 120 s\n$/, proved.stderr);
      const second = SIX.replace("container probe", "container other").replace(MAC, "02:aa:00:00:00:91");
      await startContainer(host, "other", 1);
      await host.apply([second], "test/dev/other");
      await eventually(host, "the lease of the other", async () => /02:aa:00:00:00:91/.test(await table6(host)));
      assert.equal((await clients6(host)).length, 2, "both have an eth1");
      await stopWatcher(host);
      assert.deepEqual(await clients6(host), []);
    }));

  it("is refused without a client that only asks", () =>
    inContainerSandbox(async (host) => {
      host.program("dhcpcd", "#!/bin/sh\necho dhcpcd 7.1.0\necho Compiled in features: INET6 DHCPv6\n");
      const { stderr } = await host.apply(["require dhcpv6 client", SIX]);
      assert.match(
        stderr,
        /require dhcpv6 client\n {4}this host has no dhcpcd 9\.4 or newer.*apt-get install dhcpcd-base\)/,
      );
      const forged = await host.exec(
        "reason=BOUND6 WIREWORK_LEASE=probe@eth1:6 interface=eth0 /usr/local/sbin/wirework </dev/null",
      );
      assert.match(forged.stderr, /is what the DHCP client says that the watcher starts/);
    }));
});

describe("an address by router advertisements", function () {
  this.timeout(120_000);

  for (const [what, own] of [
    ["alone", "addr 192.168.9.90/24"],
    ["beside a fixed one", "addr6 fd00:9::90/64"],
  ]) {
    it(`stands ${what}, as the kernel makes it (SLAAC), is no drift, and goes with the interface`, () =>
      inContainerSandbox(async (host) => {
        await host.exec("ip address add fe80::1/64 dev wire nodad", "", true); // routers speak from no other
        await startServer(host, RANGE, "--enable-ra --dhcp-range=fd00:9::,ra-only,64,2m");
        await startContainer(host, "probe", 0);
        await inside(host, "sh -c 'echo 1 | tee /proc/sys/net/ipv6/conf/*/disable_ipv6'"); // as Docker does
        const before = await inside(host, "ip -6 route show table all");
        const fact = BESIDE.replace("addr dhcp hostname probe", own!);
        assert.equal((await host.apply([fact])).stdout, `+ ${fact}\n`);
        const addresses = () => inside(host, "ip -o addr show dev eth1 scope global");
        await eventually(host, "the other address", async () =>
          (await addresses()).includes("fd00:9::aa:ff:fe00:90/64"),
        );
        assert.ok((await addresses()).includes(own!.split(" ")[1]!));
        assert.match(await inside(host, "ip -6 route show default"), /via fe80::\S+ dev eth1 proto ra /);
        assert.equal((await host.apply([fact])).stdout, "unchanged\n");
        assert.equal((await host.check([fact])).stdout, "as declared\n");
        assert.equal((await host.remove([fact])).code, 0);
        assert.equal(await inside(host, "ip -6 route show table all"), before);
        await stopServer(host);
      }));
  }
});
