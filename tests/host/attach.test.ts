import { strict as assert } from "node:assert";
import { assertComes } from "../lab/until";
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

// A pair stands for hardware, with one difference: the kernel would end it with its namespace, where it gives hardware back
// (tests/full shows that). So what the kernel would do is done by hand when its container ends.
const CARD = `ip link add card0 address 02:00:00:00:00:c0 type veth peer name far0; ip link set far0 up; ip link set card0 mtu 1450 up
ip address add 192.168.7.1/24 dev far0`;
const NIC = "attach eth1 container probe type nic parent card0 mtu 1400 addr 192.168.7.90/24";
const card = async (host: Sandbox) =>
  (await host.exec("ip -o link show group default; ip -o link show group 30583")).stdout.match(/card0@.*/)?.[0] ?? "";
const stopAsHardware = async (host: Sandbox, name: string) => {
  const pid = "$(awk '{ print $4; exit }' /run/docker/containers/probe)";
  await host.exec(
    `exec 6</proc/self/ns/net; nsenter --net=/proc/${pid}/ns/net ip link set dev eth1 netns /proc/self/fd/6 name ${name}`,
    "",
    true,
  );
  await stopContainer(host, "probe");
};

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

  it("has an IPv6 address at once, or later, where Docker has switched IPv6 off", () =>
    inContainerSandbox(async (host) => {
      await startContainer(host, "probe", 0);
      const off = "for one in all default; do echo 1 >/proc/sys/net/ipv6/conf/$one/disable_ipv6; done";
      const four = MACVLAN.replace(/ addr6 .*/, "");
      assert.equal((await insideContainer(host, "probe", `sh -c '${off}'`)).code, 0);
      for (const facts of [[four], [MACVLAN], [four], [MACVLAN]]) {
        const run = await host.apply(facts);
        assert.equal(run.code, 0, run.stderr);
        const six = facts[0] === MACVLAN;
        await assertComes("an answer", 10_000, six, () => answers(host, "fd00:9::90")); // who was not there is asked again
      }
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
        // Without an address of its own, as one that only listens.
        const fact = `${MACVLAN.replace(STATIC, "")}also 192.168.9.91/24 route 10.0.0.0/8 via 192.168.9.2 metric 50 route fd00:7::/64 via fe80::2`;
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

  it("is a NIC of the host, which comes back as it was found", () =>
    inContainerSandbox(async (host) => {
      await host.exec(CARD, "", true);
      const found = await host.snapshot();
      assert.equal((await host.apply([NIC])).stdout, `unchanged\npending ${NIC} (container probe does not run)\n`);
      assertSame(await host.kernel(), found.split("\nfiles\n")[0]!);
      await startContainer(host, "probe", 0);
      const first = await host.apply([NIC]);
      assert.equal(first.stdout, `+ ${NIC}\n`, first.stderr);
      assert.match(await has(host), /eth1@.* mtu 1400 .* state UP .*02:00:00:00:00:c0/);
      assert.ok(await answers(host, "192.168.7.90"));
      assert.equal(await card(host), "");
      assert.equal((await host.apply([NIC])).stdout, "unchanged\n");
      const other = NIC.replace("mtu 1400 addr", "address 02:00:00:00:00:cc addr").replace("7.90", "7.91");
      assert.equal((await host.apply([other])).stdout, `~ ${other}\n`);
      assert.match(await has(host), /eth1@.* mtu 1450 .*02:00:00:00:00:cc/);
      assert.ok(await answers(host, "192.168.7.91"));
      const renamed = other.replace("eth1", "lan9");
      const moved = await host.apply([renamed]);
      assert.match(moved.stdout, /^- attach eth1 .*\n\+ attach lan9 /, moved.stderr);
      assert.match((await insideContainer(host, "probe", "ip -o link")).stdout, /lan9@/);

      assert.equal((await host.remove([renamed])).stdout, `- ${renamed}\n`);
      assert.match(await card(host), /[<,]UP[,>].* mtu 1450 .*02:00:00:00:00:c0/);
      await stopContainer(host, "probe");
      for (let tries = 0; tries < 20 && (await host.snapshot()) !== found; tries++) {}
      assertSame(await host.snapshot(), found);
    }));

  it("as a NIC goes into whatever container has the name, and is called as on the host while there is none", () =>
    inContainerSandbox(async (host) => {
      await host.exec(CARD, "", true);
      const before = await card(host);
      await startWatcher(host);
      await host.apply([NIC]);
      const until = async (what: string, done: () => Promise<boolean>) => {
        for (const began = Date.now(); !(await done()); )
          assert.ok(
            Date.now() - began < 60_000,
            `${what}\n${(await host.exec("cat /run/watch.log; ip -o link")).stdout}`,
          );
      };
      for (const name of ["eth1", "dev77"]) {
        await startContainer(host, "probe", 0);
        await until("in the container", () => answers(host, "192.168.7.90"));
        await stopAsHardware(host, name);
        await until("back", async () => (await card(host)) !== "");
      }
      await stopWatcher(host);
      assert.equal((await host.remove([NIC])).stdout, `- ${NIC}\n`);
      assert.equal((await card(host)).replace(/^.*?: /, ""), before.replace(/^.*?: /, ""));
      // Ours when the watcher is killed between the end of a container and its start, too.
      await startContainer(host, "probe", 0);
      await host.apply([NIC]);
      await stopAsHardware(host, "eth1");
      assert.equal((await host.remove([NIC])).stdout, `- ${NIC}\n`);
      assert.equal((await card(host)).replace(/^.*?: /, ""), before.replace(/^.*?: /, ""));
    })).timeout(300_000);

  it("as a NIC gives way to another kind, and is waited for when its container has just ended", () =>
    inContainerSandbox(async (host) => {
      await host.exec(CARD, "", true);
      await startContainer(host, "probe", 0);
      await host.apply([NIC]);
      const back = await host.apply([MACVLAN]);
      assert.equal(back.stdout, `~ ${MACVLAN}\n`, back.stderr);
      assert.match(await card(host), /mtu 1450/);
      const again = await host.apply([NIC]);
      assert.equal(again.stdout, `~ ${NIC}\n`, again.stderr);
      // Somebody holds what is left of the container.
      await host.exec(
        "pid=$(awk '{ print $4; exit }' /run/docker/containers/probe); exec 5</proc/$pid/ns/net; (setsid nsenter --net=/proc/self/fd/5 sleep 300 </dev/null >/dev/null 2>&1 & echo $! >/run/holder)",
      );
      await stopContainer(host, "probe");
      const held = await host.remove([NIC]);
      assert.match(held.stderr, /nic card0 is in the network namespace of process \d+, which a container left behind/);
      await host.exec(
        "(sleep 1; exec 6</proc/self/ns/net; nsenter --net=/proc/$(cat /run/holder)/ns/net ip link set dev eth1 netns /proc/self/fd/6) >/dev/null 2>&1 &",
      );
      assert.equal((await host.remove([NIC])).stdout, `- ${NIC}\n`);
      assert.match(await card(host), /[<,]UP[,>].* mtu 1450/);
      // One that is gone for good holds up nobody.
      await startContainer(host, "probe", 0);
      await host.apply([NIC]);
      await stopContainer(host, "probe");
      assert.equal((await host.remove([NIC])).stdout, `- ${NIC}\n`);
      assert.equal((await host.exec("grep nic /run/wirework/made")).stdout, "");
    }));

  it("as a NIC is not what somebody inside marked like one", () =>
    inContainerSandbox(async (host) => {
      await host.exec(CARD, "", true);
      await startContainer(host, "probe", 0);
      await host.apply([MACVLAN]);
      await insideContainer(host, "probe", "ip link set dev eth7 group 30583 alias wirework-nic:eth9");
      assert.equal((await host.apply([MACVLAN])).stdout, "unchanged\n");
      assert.equal((await host.exec("ip -o link show eth9")).stdout, "");
      assert.match(await has(host), /eth1@/);
    }));

  it("as a NIC is refused where something on the host would lose it", () =>
    inContainerSandbox(async (host) => {
      await host.exec(CARD, "", true);
      const refusal = async (prepare: string, reason: RegExp, undo: string, facts: readonly string[] = [NIC]) => {
        await host.exec(prepare, "", true);
        assert.match((await host.apply(facts)).stderr, reason);
        await host.exec(undo, "", true);
      };
      await refusal(
        "ip address add 10.1.1.1/24 dev card0",
        /card0 has the address 10\.1\.1\.1/,
        "ip address flush dev card0",
      );
      await refusal("ip link set card0 master bridge0", /card0 is a port of bridge0/, "ip link set card0 nomaster");
      await refusal("ip link add up0 link card0 type macvlan", /card0 has up0 on top/, "ip link del up0");
      await refusal(":", /addr 10\.1\.1\.2\/24 dev card0 needs it on this host/, ":", [
        NIC,
        "addr 10.1.1.2/24 dev card0",
      ]);
      await refusal(":", /another container, or another interface, has card0/, ":", [NIC, NIC.replace("eth1", "eth2")]);
      await refusal(":", /card0 is no NIC: the kernel would end it/, ":", ["require nic card0", NIC]);
      await refusal(":", /this host has the links: /, ":", ["require nic card9", NIC]);
      await startContainer(host, "probe", 0);
      await insideContainer(host, "probe", "ip link add c1 link eth7 type macvlan");
      await host.exec(
        "ip link add c2 link card0 type macvlan; ip link set c2 netns $(awk '{ print $4; exit }' /run/docker/containers/probe)",
      );
      assert.match((await host.apply([NIC])).stderr, /link card0 has c2 in the namespace of process/);
    }));
});
