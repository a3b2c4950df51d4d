import { strict as assert } from "node:assert";
import { inContainerSandbox, insideContainer, startContainer, stopContainer } from "./containers";
import { assertSame, type Sandbox, startWatcher, stopWatcher } from "./support";

const MAC = "02:aa:00:00:00:90";
const STATIC = "addr 192.168.9.90/24 addr6 fd00:9::90/64";
const MACVLAN = `attach eth1 container probe type macvlan parent eth0 mode bridge address ${MAC} ${STATIC}`;
const VETH = `attach eth1 container probe type veth peer wrprobe1 master bridge0 address ${MAC} mtu 1400 addr 10.9.0.2/24`;

const has = async (host: Sandbox) =>
  (
    await insideContainer(
      host,
      "probe",
      "sh -c 'ip -o link show dev eth1; ip -o addr show dev eth1; ip route; ip -6 route' 2>&1",
    )
  ).stdout;
const answers = async (host: Sandbox, address: string) =>
  (await host.exec(`ping -n -q -c 1 -W 2 ${address}`)).code === 0;

describe("an interface put into a container", () => {
  it("waits for the container, stands in it with its addresses, and goes without a trace", () =>
    inContainerSandbox(async (host) => {
      const found = await host.snapshot();
      assert.equal(
        (await host.apply([MACVLAN])).stdout,
        `unchanged\npending ${MACVLAN} (container probe does not run)\n`,
      );
      await startContainer(host, "probe", 0);
      const before = await has(host);
      const first = await host.apply([MACVLAN]);
      assert.equal(first.stdout, `+ ${MACVLAN}\n`, first.stderr);
      const now = await has(host);
      assert.match(now, new RegExp(`${MAC}[\\s\\S]*192\\.168\\.9\\.90/24[\\s\\S]*fd00:9::90/64`));
      for (const address of ["192.168.9.90", "fd00:9::90"]) assert.ok(await answers(host, address), address);
      const again = await host.apply([MACVLAN]);
      assert.equal(again.stdout, "unchanged\n", again.stderr);
      assert.equal((await host.check([MACVLAN])).stdout, "as declared\n");

      await host.exec(
        "nsenter --net=/proc/$(awk '{ print $4; exit }' /run/docker/containers/probe)/ns/net ip addr del 192.168.9.90/24 dev eth1",
      );
      assert.equal((await host.check([MACVLAN])).code, 3);
      assert.match((await host.apply([MACVLAN])).stdout, /^~ attach/);
      assert.ok(await answers(host, "192.168.9.90"));

      assert.equal((await host.remove([MACVLAN])).stdout, `- ${MACVLAN}\n`);
      assert.equal(await has(host), before);
      await stopContainer(host, "probe");
      // The kernel takes the namespace of what ended apart in its own time.
      for (let tries = 0; tries < 20 && (await host.snapshot()) !== found; tries++) {}
      assertSame(await host.snapshot(), found);
    }));

  it("changes in place where it can, and is made anew where it must", () =>
    inContainerSandbox(async (host) => {
      await startContainer(host, "probe", 0);
      await host.apply([MACVLAN]);
      const index = async () => /^(\d+): eth1/.exec(await has(host))?.[1];
      const made = await index();
      const moved = MACVLAN.replaceAll("90", "91").replace("addr6 fd00:9::91/64", "");
      const fact = `${moved.trim()}`;
      const changed = await host.apply([fact]);
      assert.equal(changed.stdout, `~ ${fact}\n`, changed.stderr);
      assert.equal(await index(), made);
      assert.doesNotMatch(await has(host), /192\.168\.9\.90|fd00:9::90/);
      assert.ok(await answers(host, "192.168.9.91"));
      const veth = await host.apply([VETH]);
      assert.equal(veth.stdout, `~ ${VETH}\n`, veth.stderr);
      assert.notEqual(await index(), made);
      assert.match((await host.exec("ip link show master bridge0")).stdout, /wrprobe1@.* mtu 1400 /);
      assert.equal((await host.apply([VETH])).stdout, "unchanged\n");
      await host.remove([VETH]);
      assert.equal((await host.exec("ip link show master bridge0")).stdout, "");
    }));

  it("brings the default route where the container has none, and takes it back", () =>
    inContainerSandbox(async (host) => {
      await startContainer(host, "probe", 0);
      await insideContainer(host, "probe", "ip route del default");
      const fact = MACVLAN.replace("/24 addr6", "/24 via 192.168.9.1 addr6").concat(" via6 fe80::1");
      assert.equal((await host.apply([fact])).stdout, `+ ${fact}\n`);
      assert.match(await has(host), /default via 192\.168\.9\.1 dev eth1 [\s\S]*default via fe80::1 dev eth1/);
      assert.equal((await host.apply([fact])).stdout, "unchanged\n");
      assert.equal((await host.apply([MACVLAN])).stdout, `~ ${MACVLAN}\n`);
      assert.doesNotMatch(await has(host), /default/);
    }));

  it("has further addresses and routes, which come, change and go alone, and stay when an address goes", () =>
    inContainerSandbox(async (host) => {
      await startContainer(host, "probe", 0);
      const also = "also 10.9.0.3/32,192.168.9.91/24,fd00:9::91/64";
      const routes =
        "route 10.0.0.0/8 via 192.168.9.2 metric 50 route 224.0.0.0/4 route fd00:7::/64 via fe80::2 route fd00:8::1/128 metric 7";
      const fact = `${MACVLAN} ${also} ${routes}`;
      const first = await host.apply([fact]);
      assert.equal(first.stdout, `+ ${fact}\n`, first.stderr);
      const whole = await has(host);
      for (const address of ["10.9.0.3/32", "192.168.9.91/24", "fd00:9::91/64"]) assert.match(whole, RegExp(address));
      assert.match(whole, /10\.0\.0\.0\/8 via 192\.168\.9\.2 dev eth1 .*metric 50/);
      assert.match(whole, /224\.0\.0\.0\/4 dev eth1/);
      assert.match(whole, /fd00:7::\/64 via fe80::2 dev eth1/);
      assert.match(whole, /fd00:8::1 dev eth1 .*metric 7/);
      for (const address of ["192.168.9.91", "fd00:9::91"]) assert.ok(await answers(host, address), address);
      const again = await host.apply([fact]);
      assert.equal(again.stdout, "unchanged\n", again.stderr);

      // What another took away comes back; what another put there stays.
      await insideContainer(host, "probe", "ip route del 10.0.0.0/8");
      await insideContainer(host, "probe", "ip address del 192.168.9.91/24 dev eth1");
      await insideContainer(host, "probe", "ip route add 10.77.0.0/16 dev eth1");
      assert.equal((await host.check([fact])).code, 3);
      assert.equal((await host.apply([fact])).stdout, `~ ${fact}\n`);
      await insideContainer(host, "probe", "ip route del 10.77.0.0/16");
      assert.equal((await host.check([fact])).stdout, "as declared\n");

      // The first address goes, and with it for the kernel every route by its network.
      const moved = fact.replace("addr 192.168.9.90/24", "addr 192.168.9.92/24");
      assert.equal((await host.apply([moved])).stdout, `~ ${moved}\n`);
      assert.match(await has(host), /10\.0\.0\.0\/8 via 192\.168\.9\.2 dev eth1/);
      assert.ok(await answers(host, "192.168.9.92"));
      assert.equal((await host.apply([MACVLAN])).stdout, `~ ${MACVLAN}\n`);
      assert.doesNotMatch(await has(host), /10\.|224\.|fd00:[78]|9[12]\//);
    }));

  it("gives a route to another interface, and leaves alone one that another has", () =>
    inContainerSandbox(async (host) => {
      await startContainer(host, "probe", 0);
      const plain = `${VETH.replace("eth1", "eth2")}`;
      const route = "route 10.7.0.0/16 metric 5";
      await host.apply([MACVLAN, `${plain} ${route}`]);
      const both = await host.apply([`${MACVLAN} ${route}`, plain]);
      assert.equal(both.stdout, `~ ${MACVLAN} ${route}\n~ ${plain}\n`, both.stderr);
      assert.match(await has(host), /10\.7\.0\.0\/16 dev eth1/);
      await host.apply([MACVLAN, plain]);
      await insideContainer(host, "probe", "ip route add 10.7.0.0/16 dev eth7 metric 5");
      const taken = await host.apply([`${MACVLAN} ${route}`, plain]);
      assert.match(taken.stderr, /found: {2}route 10\.7\.0\.0\/16 metric 5 dev eth7 in container probe/);
      assert.match(await has(host), /10\.7\.0\.0\/16 dev eth7/);
    }));

  it("is there again whenever the container starts, or the link beneath it is made anew", () =>
    inContainerSandbox(async (host) => {
      await startWatcher(host);
      await host.exec("ip link add under0 type veth peer name over0; ip link set under0 up; ip link set over0 up");
      const fact = MACVLAN.replace("parent eth0", "parent under0");
      const other = VETH.replace("eth1", "eth2");
      await host.apply([fact, other]);
      const attached = async () => {
        for (const began = Date.now(); ; ) {
          const links = (await insideContainer(host, "probe", "ip -o addr show")).stdout;
          if (/eth1 .*192\.168\.9\.90/.test(links) && /eth2 .*10\.9\.0\.2/.test(links)) return Date.now() - began;
          assert.ok(Date.now() - began < 20_000, `${links}${(await host.exec("cat /run/watch.log")).stdout}`);
        }
      };
      for (let start = 0; start < 3; start++) {
        await startContainer(host, "probe", 0);
        await attached();
      }
      await host.exec(
        "ip link del under0; ip link add under0 type veth peer name over0; ip link set under0 up; ip link set over0 up",
      );
      await attached();
      await stopWatcher(host);
    })).timeout(120_000);

  it("is refused where its line means nothing, under busybox and its awk too", () =>
    inContainerSandbox(
      async (host) => {
        for (const [words, reason] of [
          ["also 192.168.9.91", /also are addresses/],
          ["also fd00::1/64,", /also are addresses/],
          ["route", /its routes are route PREFIX/],
          ["route 0.0.0.0/0 via 192.168.9.1", /the default route is via and via6/],
          ["route 10.0.0.0/8 via", /the router of route 10/],
          ["route 10.0.0.0/8 via fd00:9::1", /the router of route 10/],
          ["route 10.0.0.0/8 metric 0", /the metric of route 10/],
          ["route fd00:7::/64 metric 1024", /1024 of IPv6 is left out/],
          ["route 10.0.0.0/8 dev eth1", /its routes are route PREFIX/],
          ["mtu", /"mtu" lacks its value/],
        ] as const) {
          assert.match((await host.apply([`${MACVLAN} ${words}`])).stderr, reason, words);
        }
        await startContainer(host, "probe", 0);
        const fact = `${MACVLAN} also 192.168.9.91/24 route 10.0.0.0/8 via 192.168.9.2 metric 50 route fd00:7::/64 via fe80::2`;
        const first = await host.apply([fact]);
        assert.equal(first.stdout, `+ ${fact}\n`, first.stderr);
        assert.equal((await host.apply([fact])).stdout, "unchanged\n");
      },
      { shell: "/bin/busybox", awk: "busybox awk" },
    ));

  it("is refused where another has its name, or the bridge is none", () =>
    inContainerSandbox(async (host) => {
      await startContainer(host, "probe", 0);
      const taken = await host.apply([MACVLAN.replace("eth1", "eth7")]);
      assert.match(
        taken.stderr,
        /wanted: attach eth7 .*\n.*found: {2}attach eth7 container probe type macvlan [\s\S]*which wirework did not make/,
      );
      assert.match((await host.apply([VETH.replace("bridge0", "eth0")])).stderr, /eth0 is no bridge/);
      const late = await host.apply([VETH.replace("bridge0", "bridge9")]);
      assert.equal(late.stdout, `unchanged\npending ${VETH.replace("bridge0", "bridge9")} (no link bridge9)\n`);
    }));
});
