import { strict as assert } from "node:assert";
import { until } from "../lab/until";
import { inContainerSandbox, insideContainer, startContainer, stopContainer } from "./containers";
import { assertSame, HOST_OWNER, IDENTITY, type Sandbox, startWatcher, stopWatcher } from "./support";

const MAC = "02:aa:00:00:00:90";
const interfaceWith = (words: string) =>
  `attach eth1 container probe type macvlan parent eth0 mode bridge address ${MAC} ${words}`;
const PORT = `attach eth1 container probe type veth peer wrprobe1 master bridge0 address ${MAC} addr dhcp hostname probe client-id 70:31`;
const RANGE = "192.168.9.100,192.168.9.120,2m"; // dnsmasq leases for no less
const RANGE6 = "fd00:9::100,fd00:9::1ff,64,2m";

interface Served {
  readonly range?: string;
  /** @default - no IPv6 */
  readonly range6?: string;
  readonly options?: string;
  readonly link?: string;
}
const startServer = (host: Sandbox, { range = RANGE, range6, options = "", link = "wire" }: Served = {}) =>
  host.exec(
    `${range6 === undefined ? "" : ROUTER}
    dnsmasq --conf-file=/dev/null --port=0 --no-ping --user=root --bind-interfaces --interface=${link} --dhcp-authoritative \
      --dhcp-range=${range} --dhcp-option=3,${range.replace(/\.\d+,.*/, ".1")} --dhcp-leasefile=/run/docker/leases \
      ${range6 === undefined ? "" : `--enable-ra --dhcp-range=${range6}`} \
      --pid-file=/run/docker/dnsmasq.pid --log-facility=/run/docker/dnsmasq.log ${options}`,
    "",
    true,
  );
// Routers speak from link-local addresses alone, and announce that addresses are leased; the host itself does not hear them.
const ROUTER = "ip address replace fe80::1/64 dev wire nodad; echo 0 >/proc/sys/net/ipv6/conf/eth0/accept_ra";
const stopServer = (host: Sandbox) =>
  host.exec("kill -9 $(cat /run/docker/dnsmasq.pid); rm /run/docker/dnsmasq.pid", "", true);
const said = async (host: Sandbox, command: string) => (await host.exec(command)).stdout;
const eventually = <T>(host: Sandbox, event: string, look: () => Promise<T | false | undefined>) =>
  until(event, { timeoutMs: 60_000, intervalMs: 100 }, async () => (await look()) || undefined).catch(async (error) => {
    const told = await said(host, "cat /run/watch.log /run/docker/dnsmasq.log; /usr/local/sbin/wirework status");
    return assert.fail(`${error}\n${told}`);
  });
const inside = async (host: Sandbox, command: string) => (await insideContainer(host, "probe", command)).stdout;
const found = async (host: Sandbox, pattern: RegExp, command: string) => pattern.exec(await inside(host, command))?.[1];
const processes = async (host: Sandbox, pattern: string) =>
  (await said(host, `grep -lsz '${pattern}' /proc/[0-9]*/cmdline`)).match(/\d+/g) ?? [];
const bare = (address: string) => address.replace(/\/.*/, "");

/** What is leased in each family of addresses, and how its protocol says it. */
interface Family {
  readonly protocol: "DHCP" | "DHCPv6";
  /** Words of an interface whose address is leased, and of one whose address is fixed. */
  readonly leased: string;
  readonly fixed: string;
  readonly server: Served;
  readonly otherServer: Served;
  readonly addresses: RegExp;
  readonly otherAddresses: RegExp;
  readonly address: (host: Sandbox) => Promise<string | undefined>;
  /** The default route is there: with the lease, or when a router has announced itself. */
  readonly hasWay: (host: Sandbox) => Promise<unknown>;
  readonly clients: (host: Sandbox) => Promise<string[]>;
  /** What the server has given away, and its line for an address. */
  readonly table: (host: Sandbox) => Promise<string>;
  readonly entry: (address: string) => string;
  readonly status: RegExp;
  readonly proof: readonly string[];
  readonly tried: RegExp;
  readonly proved: RegExp;
}
const FOUR: Family = {
  protocol: "DHCP",
  leased: "addr dhcp via dhcp hostname probe",
  fixed: "addr 192.168.9.90/24",
  server: {},
  otherServer: { range: "192.168.9.200,192.168.9.210,2m" },
  addresses: /^192\.168\.9\.1[012]\d\/24$/,
  otherAddresses: /^192\.168\.9\.2[01]\d\/24$/,
  address: (host) => found(host, /inet (\S+)/, "ip -o -4 addr show dev eth1"),
  hasWay: async (host) =>
    assert.match(await inside(host, "ip route"), /^default via 192\.168\.9\.1 dev eth1 proto dhcp(?![\s\S]*10\.7)/),
  clients: (host) => processes(host, "^udhcpc$"),
  table: async (host) => (await said(host, "cut -d ' ' -f 2- /run/docker/leases")).trim(),
  entry: (address) => `${MAC} ${address} probe 01:${MAC}`,
  status: /192\.168\.9\.\d+\/24 of probe eth1 \(router 192\.168\.9\.1, server 192\.168\.9\.1, /,
  proof: ["leased eth1", "gateway leased dev eth1"],
  tried:
    /has no lease on interface eth1 after 1 s\.\ntried: DHCPDISCOVER as 02:aa:[^,]*, process \d+\n[\s\S]*It goes on trying/,
  proved:
    /^interface eth1: 192\.168\.9\.\d+\/24 leased by 192\.168\.9\.1 for 120 s\ngateway 192\.168\.9\.1 answered from /,
};
const SIX: Family = {
  protocol: "DHCPv6",
  leased: "addr6 dhcp hostname probe",
  fixed: "addr6 fd00:9::90/64",
  server: { range6: RANGE6 },
  otherServer: { range6: "fd00:8::a00,fd00:8::aff,64,2m" },
  addresses: /^fd00:9::1[0-9a-f]{2}\/128$/,
  otherAddresses: /^fd00:8::a[0-9a-f]{2}\/128$/,
  address: (host) => found(host, /inet6 (\S+)/, "ip -o -6 addr show dev eth1 scope global -tentative"),
  hasWay: (host) =>
    eventually(host, "a router", async () =>
      / dev eth1 proto ra /.test(await inside(host, "ip -6 route show default via fe80::1")),
    ),
  clients: (host) => processes(host, "^dhcpcd"),
  table: async (host) => (await said(host, "sed '0,/^duid /d' /run/docker/leases | cut -d ' ' -f 2-")).trim(),
  entry: (address) => `1 ${address} probe 00:03:00:01:${MAC}`,
  status: /fd00:9::1\S+\/128 of probe eth1 \(router -, server [0-9a-f]{20,}, /,
  proof: ["leased6 eth1"],
  tried:
    /has no lease on interface eth1 after 1 s\.\ntried: Solicit as 02:aa:[^,]*, process \d+\n[\s\S]*It goes on trying/,
  proved: /^interface eth1: fd00:9::1\S+\/128 leased by [0-9a-f]+ for 120 s\n$/,
};
const leased = (host: Sandbox, family: Family, event: string) => eventually(host, event, () => family.address(host));
const clientCount = (host: Sandbox, { clients }: Family, count: number, event: string) =>
  eventually(host, `${count} clients ${event}`, async () => (await clients(host)).length === count);
/** Something happened: the watcher looks. */
const poke = (host: Sandbox) => host.exec("echo start >>/run/docker/events");

for (const family of [FOUR, SIX]) {
  const other = family === FOUR ? SIX : FOUR;
  const [fact, fixed] = [interfaceWith(family.leased), interfaceWith(family.fixed)];
  const pending = `pending ${fact} (no lease from a ${family.protocol} server yet)`;

  describe(`an address by ${family.protocol}`, function () {
    this.timeout(180_000);

    it("is leased, stays over restarts of the container, and is given back with the fact", () =>
      inContainerSandbox(async (host) => {
        await startServer(host, family.server);
        const before = await host.snapshot();
        await startWatcher(host);
        const first = await host.apply([fact]);
        assert.equal(first.stdout, `unchanged\npending ${fact} (container probe does not run)\n`, first.stderr);
        await startContainer(host, "probe", 0);
        const address = await leased(host, family, "a lease");
        assert.match(address, family.addresses);
        assert.equal(await family.table(host), family.entry(bare(address)));
        assert.match(await inside(host, `ip -o addr show dev eth1 to ${address}`), /valid_lft 1[12]\dsec/);
        assert.equal((await host.apply([fact])).stdout, "unchanged\n");
        assert.equal((await host.check([fact])).stdout, "as declared\n");
        const status = await said(host, "/usr/local/sbin/wirework status");
        assert.match(status, new RegExp(`leases\\n {2}${family.status.source}1[12]\\d of 120 s left, client\\)`));
        for (let start = 0; start < 2; start++) {
          await startContainer(host, "probe", 0);
          assert.equal(await leased(host, family, "a lease after a restart"), address);
          await clientCount(host, family, 1, "after a restart");
        }
        await stopContainer(host, "probe");
        await clientCount(host, family, 0, "when the container has ended");
        assert.match(await family.table(host), new RegExp(MAC), "the lease is kept while the container does not run");
        await startContainer(host, "probe", 0);
        assert.equal(await leased(host, family, "a lease after a stop"), address);
        const removed = await host.remove([fact]);
        assert.equal(removed.stdout, `- ${fact}\n`, removed.stderr);
        assert.equal(await family.table(host), "", "the server has its address back");
        assert.deepEqual(await family.clients(host), []);
        await stopContainer(host, "probe");
        await stopWatcher(host);
        await host.exec("rm /run/watch.log /run/watch.pid");
        await eventually(host, "the host as it was", async () => (await host.snapshot()) === before).catch(() => {});
        assertSame(await host.snapshot(), before);
      }));

    it("comes late where the server does, and the proof says what was tried", () =>
      inContainerSandbox(async (host) => {
        await startWatcher(host);
        await startContainer(host, "probe", 0);
        await inside(host, "ip route del default");
        const first = await host.apply([fact]);
        assert.equal(first.stdout, `+ ${fact}\n${pending}\n`, first.stderr);
        await clientCount(host, family, 1, "that asks");
        const id = (await said(host, "awk '{ print $3; exit }' /run/docker/containers/probe")).trim();
        const prove = (seconds: number) => {
          const about = ["wirework 1", `host ${IDENTITY}`, `owner ${HOST_OWNER}`, `container ${id}`]; // as a stack names it
          return host.verb("verify", [...about, `timeout ${seconds}`, ...family.proof, ""].join("\n"));
        };
        const failed = await prove(1);
        assert.equal(failed.code, 1);
        assert.match(failed.stderr, family.tried);
        await startServer(host, family.server);
        const proved = await prove(30);
        assert.match(proved.stdout, family.proved, proved.stderr);
        await family.hasWay(host);
        await stopWatcher(host);
      }));

    it("stands beside the other family's, is renewed, comes back when it is taken away, and is another one when the server says so", () =>
      inContainerSandbox(async (host) => {
        const options = "--dhcp-option=121,10.7.0.0/16,192.168.9.1,0.0.0.0/0,192.168.9.2";
        await startServer(host, { range6: RANGE6, options });
        await startWatcher(host);
        await startContainer(host, "probe", 0);
        await inside(host, "ip route del default");
        await host.apply([interfaceWith("addr dhcp via dhcp addr6 dhcp hostname probe")]);
        const address = await leased(host, family, "a lease");
        const beside = await leased(host, other, "a lease of the other family");
        // As RFC 3442 has it, they take the place of the router.
        const routes =
          /default via 192\.168\.9\.2 dev eth1 proto dhcp[\s\S]*10\.7\.0\.0\/16 via 192\.168\.9\.1 dev eth1 proto dhcp/;
        await eventually(host, "its routes", async () => routes.test(await inside(host, "ip route")));
        await SIX.hasWay(host);

        // The kernel keeps the time, so that no address outlives its lease, whoever is still there to see to it.
        const left = async () =>
          Number(await found(host, /valid_lft (\d+)sec/, `ip -o addr show dev eth1 to ${bare(address)}`));
        const renew = async () => host.exec(`kill -USR1 ${(await family.clients(host)).join(" ")}`);
        await inside(host, `ip addr change ${address} dev eth1 valid_lft 30 preferred_lft 30`);
        await renew();
        await eventually(host, "a renewal", async () => (await left()) > 100);

        await inside(host, `ip addr del ${address} dev eth1`);
        await poke(host);
        assert.equal(await leased(host, family, "the address again"), address);
        await eventually(host, "its routes", async () => routes.test(await inside(host, "ip route")));
        await SIX.hasWay(host);
        await clientCount(host, family, 1, "again");
        assert.equal(await other.address(host), beside, "the other family is left alone");

        await stopServer(host);
        await host.exec("ip address add fd00:8::1/64 dev wire nodad", "", true);
        await startServer(host, { range6: RANGE6, ...family.otherServer });
        await renew();
        const now = await eventually(host, "another address", async () => {
          const is = await family.address(host);
          return is !== address && is;
        });
        assert.match(now, family.otherAddresses);
        await family.hasWay(host);
        await stopWatcher(host);
      }));

    it("has one client in each container whenever the watcher is killed, and keeps its address meanwhile", () =>
      inContainerSandbox(async (host) => {
        const killWatch = async (event: string) => {
          // The watcher alone, not its group: nobody is left who could end its client but the kernel.
          await host.exec("kill -9 $(cat /run/watch.pid)");
          await clientCount(host, family, 0, event);
          await host.exec("kill -9 -$(cat /run/watch.pid)");
        };
        await startWatcher(host);
        await startContainer(host, "probe", 0);
        await host.apply([fact]);
        await clientCount(host, family, 1, "without a server");
        await killWatch("while it asks");
        await startServer(host, family.server);
        await startWatcher(host);
        const address = await leased(host, family, "a lease");
        await clientCount(host, family, 1, "with a server");
        await killWatch("with a lease");
        assert.equal(await family.address(host), address);
        await startWatcher(host);
        await clientCount(host, family, 1, "after the watcher was killed");
        assert.equal(await family.address(host), address);
        await killWatch("before its container");
        await startContainer(host, "probe", 0);
        await startWatcher(host);
        assert.equal(await leased(host, family, "a lease in the next container"), address);
        await clientCount(host, family, 1, "in the next container");
        // Both have an eth1.
        const second = fact.replace("container probe", "container other").replace(MAC, "02:aa:00:00:00:91");
        await startContainer(host, "other", 1);
        await host.apply([second], "test/dev/other");
        await eventually(host, "its lease", async () => /02:aa:00:00:00:91/.test(await family.table(host)));
        assert.equal((await family.clients(host)).length, 2);
        await stopWatcher(host);
        assert.deepEqual(await family.clients(host), []);
      }));

    it("takes the place of a fixed one and gives way to it, in the running container", () =>
      inContainerSandbox(async (host) => {
        await startServer(host, family.server);
        await startWatcher(host);
        await startContainer(host, "probe", 0);
        await host.apply([fixed]);
        assert.equal((await host.apply([fact])).stdout, `~ ${fact}\n${pending}\n`);
        const [address, own] = [await leased(host, family, "a lease"), family.fixed.split(" ")[1]!];
        const addresses = () => inside(host, "ip -o addr show dev eth1");
        assert.match(address, family.addresses);
        assert.ok(!(await addresses()).includes(own));
        const back = await host.apply([fixed]);
        assert.equal(back.stdout, `~ ${fixed}\n`, back.stderr);
        assert.equal(await family.address(host), own);
        assert.ok(!(await addresses()).includes(address));
        assert.doesNotMatch(await inside(host, "ip route show dev eth1"), /proto dhcp/);
        assert.deepEqual(await family.clients(host), []);
        assert.equal((await host.apply([fixed])).stdout, "unchanged\n");
        await stopWatcher(host);
      }));
  });
}

describe("an address by DHCP, and no other", function () {
  this.timeout(180_000);

  it("is given back when the container is gone before the fact, and by a port of a bridge", () =>
    inContainerSandbox(async (host) => {
      await host.exec("ip link set bridge0 up; ip address add 10.9.0.1/24 dev bridge0", "", true);
      await startServer(host, { range: "10.9.0.100,10.9.0.120,2m", link: "bridge0" });
      await startWatcher(host);
      await startContainer(host, "probe", 0);
      await host.apply([PORT]);
      const address = await leased(host, FOUR, "a lease");
      assert.equal(await FOUR.table(host), `${MAC} ${bare(address)} probe 70:31`);
      assert.doesNotMatch(await inside(host, "ip route"), /default .* dev eth1/, "no second default route");
      await stopContainer(host, "probe");
      assert.equal((await host.remove([PORT])).stdout, "unchanged\n");
      assert.equal(await FOUR.table(host), "");
      await stopWatcher(host);
      assert.equal(await said(host, "ip link show master bridge0; ls /run/wirework"), "");
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
        assert.match((await host.apply([interfaceWith(FOUR.leased).replace(from, to)])).stderr, why);
      }
      host.program("busybox", "#!/bin/sh\nexit 1\n");
      const { stderr } = await host.apply(["require dhcp client", interfaceWith(FOUR.leased)]);
      assert.match(stderr, /require dhcp client\n {4}this host has no busybox with udhcpc.*apt-get install busybox\)/);
      const forged = await host.exec(
        "ip=192.0.2.99 mask=24 lease=60 interface=eth0 /usr/local/sbin/wirework bound </dev/null",
      );
      assert.match(forged.stderr, /is what the DHCP client says that the watcher starts/);
    }));
});

describe("an address by DHCPv6, and no other", function () {
  this.timeout(180_000);

  it("is refused without a client that only asks", () =>
    inContainerSandbox(async (host) => {
      host.program("dhcpcd", "#!/bin/sh\necho dhcpcd 7.1.0\necho Compiled in features: INET6 DHCPv6\n");
      const { stderr } = await host.apply(["require dhcpv6 client", interfaceWith(SIX.leased)]);
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
        await startServer(host, { options: "--enable-ra --dhcp-range=fd00:9::,ra-only,64,2m" });
        await startContainer(host, "probe", 0);
        await inside(host, "sh -c 'echo 1 | tee /proc/sys/net/ipv6/conf/*/disable_ipv6'"); // as Docker does
        const before = await inside(host, "ip -6 route show table all");
        const fact = interfaceWith(own!);
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
