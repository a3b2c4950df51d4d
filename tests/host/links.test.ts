import { strict as assert } from "node:assert";
import { assertDurable } from "./invariants";
import { assertSame, inSandbox, type Sandbox, SESSION, SHIM } from "./support";

// A second NIC, whose wire leads to a machine of its own: what a LAN is to a host.
const NIC = `
ip link add nic0 address 02:00:00:00:00:11 type veth peer name nic1 address 02:00:00:00:00:12
echo 1 >/proc/sys/net/ipv6/conf/nic1/disable_ipv6; ip link set nic0 up; ip link set nic0 down`;

const BRIDGE = [
  "link br7 type bridge address 02:00:00:00:00:07",
  "link v0 type veth peer v1 address 02:00:00:00:00:0a mtu 1400",
  "set nic0 master br7",
  "set nic0 up",
  "set v1 master br7",
  "addr 10.7.0.1/24 dev br7",
  "addr 10.8.0.1/24 dev v1",
  "route 10.9.0.0/16 dev v1",
];

const links = async (host: Sandbox) => (await host.exec("ip -d link show")).stdout;

describe("ports of a bridge", () => {
  it("come and go with their fact, ours and others', and a link is given back as it was", () =>
    inSandbox(async (host) => {
      await host.exec(NIC, "", true);
      const before = await host.snapshot();
      const made = await host.apply(BRIDGE);
      assert.equal(made.stdout, BRIDGE.map((fact) => `+ ${fact}\n`).join(""), made.stderr);
      assert.match(await links(host), / nic0@nic1: <.*UP.* master br7 /);
      assert.match(await links(host), / v1@v0: <.*UP.* mtu 1400 .* master br7 .* group 30583 /);
      assert.match(await links(host), / br7: <.*\n.* 02:00:00:00:00:07 .*\n +bridge forward_delay 0 /);
      assert.equal((await host.apply(BRIDGE)).stdout, "unchanged\n");
      assert.equal((await host.check(BRIDGE)).stdout, "as declared\n");

      await host.exec("ip link set nic0 nomaster; ip link set v1 down; ip link set v0 mtu 1300");
      const drift = await host.check(BRIDGE);
      assert.match(
        drift.stdout,
        /^- link v0 .*\n\+ link v0 type veth peer v1 .* mtu 1300\n(.*\n)*- set nic0 master br7\n\+ set nic0 master -$/m,
      );
      assert.equal((await host.apply(BRIDGE)).code, 0);
      assert.equal((await host.check(BRIDGE)).stdout, "as declared\n");

      const less = await host.apply(BRIDGE.filter((fact) => !fact.startsWith("set nic0")));
      assert.equal(less.stdout, "- set nic0 master br7\n- set nic0 up\n", less.stderr);
      assert.match(await links(host), / nic0@nic1: <(?!.*UP).*(?!master)/);
      assert.equal((await host.apply(BRIDGE)).code, 0);
      const removed = await host.remove(BRIDGE);
      assert.equal(removed.code, 0, removed.stderr);
      assertSame(await host.snapshot(), before);
    }));

  it("wait for a spanning tree where their bridge has one, which comes and goes in place", () =>
    inSandbox(async (host) => {
      const before = await host.snapshot();
      const plain = ["link br7 type bridge address 02:00:00:00:00:07"];
      const tree = [`${plain[0]} stp_state 1`];
      assert.equal((await host.apply(tree)).stdout, `+ ${tree[0]}\n`);
      assert.match(await links(host), / br7: <.*\n.*\n +bridge forward_delay 200 .* stp_state 1 /);
      assert.equal((await host.apply(tree)).stdout, "unchanged\n");
      const number = async () => (await host.exec("cat /sys/class/net/br7/ifindex")).stdout;
      const made = await number();
      await host.exec("ip link set br7 type bridge stp_state 0");
      assert.match((await host.check(tree)).stdout, /^- link br7 .* stp_state 1\n\+ link br7 type bridge /);
      assert.equal((await host.apply(tree)).stdout, `~ ${tree[0]}\n`);
      assert.equal((await host.check(tree)).stdout, "as declared\n");
      assert.equal((await host.apply(plain)).stdout, `~ ${plain[0]}\n`);
      assert.match(await links(host), / br7: <.*\n.*\n +bridge forward_delay 0 .* stp_state 0 /);
      assert.equal(await number(), made, "its ports would lose it otherwise");
      assert.equal((await host.remove(plain)).code, 0);
      assertSame(await host.snapshot(), before);
    }));

  it("follow a bridge that is made anew, and one of another name", () =>
    inSandbox(async (host) => {
      await host.exec(NIC, "", true);
      const before = await host.snapshot();
      await host.apply(BRIDGE);
      await host.exec("ip link del br7");
      assert.equal((await host.apply(BRIDGE)).code, 0);
      assert.match(await links(host), / nic0@nic1: .* master br7 /);
      const other = BRIDGE.map((fact) => fact.replace("br7", "br8"));
      const moved = await host.apply(other);
      assert.equal(moved.code, 0, moved.stderr);
      assert.match(await links(host), / nic0@nic1: .* master br8 /);
      assert.doesNotMatch(await links(host), / br7: /);
      assert.equal((await host.remove(other)).code, 0);
      assertSame(await host.snapshot(), before);
    }));

  it("stay over a reboot, and wait for a NIC that comes late", () =>
    inSandbox(async (host) => {
      await host.apply(BRIDGE.filter((fact) => !/nic0|v1/.test(fact)));
      await assertDurable(host);
      const late = await host.apply(BRIDGE);
      assert.match(late.stdout, /^pending set nic0 master br7 \(no link nic0\)$/m, late.stderr);
      await host.exec(NIC, "", true);
      assert.equal((await host.exec("/usr/local/sbin/wirework boot late")).code, 0);
      assert.match(await links(host), / nic0@nic1: <.*UP.* master br7 /);
      assert.equal((await host.check(BRIDGE)).stdout, "as declared\n");
      // At boot it was down only because nobody had brought it up yet: whoever else does, it stays up.
      assert.equal((await host.remove(BRIDGE)).code, 0);
      assert.match(await links(host), / nic0@nic1: <.*UP(?!.* master)/);
    }));

  it("that another hand put there, or that hears all frames already, are left as they were", () =>
    inSandbox(async (host) => {
      await host.exec(`${NIC}; ip link add br9 type bridge; ip link set nic0 master br9 up promisc on`, "", true);
      const before = await host.snapshot();
      const facts = ["set nic0 master br9", "set nic0 promisc on", "set nic0 up"];
      assert.equal((await host.apply(facts)).code, 0);
      assert.equal((await host.remove(facts)).code, 0);
      assertSame(await host.snapshot(), before);
    }));

  it("keep what another hand set on them since", () =>
    inSandbox(async (host) => {
      await host.exec(`${NIC}; ip link add br9 type bridge`, "", true);
      await host.apply(BRIDGE);
      await host.exec("ip link set nic0 master br9");
      const removed = await host.remove(BRIDGE);
      assert.match(removed.stdout, /^kept set nic0 master br9 \(not what wirework set\)$/m, removed.stderr);
      assert.match(await links(host), / nic0@nic1: .* master br9 /);
    }));
});

describe("a link or port that the kernel would refuse", () => {
  const refused: [what: string, prepare: string, facts: readonly string[], reason: RegExp][] = [
    [
      "a port of another bridge",
      "ip link add br9 type bridge; ip link set nic0 master br9",
      [BRIDGE[0], "set nic0 master br7"],
      /found: {2}set nic0 master br9\n.*did not make/,
    ],
    ["a master that is no bridge", "true", ["set nic0 master eth0"], /eth0 is no bridge/],
    [
      "a macvlan on a port",
      "ip link add br9 type bridge; ip link set nic0 master br9",
      ["link m0 parent nic0 type macvlan mode bridge"],
      /nic0 is a port of br9; name that as the parent/,
    ],
    [
      "a macvlan on a port to be",
      "true",
      [BRIDGE[0], "link m0 parent nic0 type macvlan mode bridge", "set nic0 master br7"],
      /nic0 is a port of br7; name that/,
    ],
    [
      "a port with a macvlan on top",
      "ip link add m9 link nic0 type macvlan mode bridge",
      [BRIDGE[0], "set nic0 master br7"],
      /nic0 has the macvlan m9 on top/,
    ],
    [
      "an ipvlan beside a macvlan",
      "ip link add m9 link nic0 type macvlan mode bridge",
      ["link i0 parent nic0 type ipvlan mode l2 flag bridge"],
      /nic0 has the macvlan m9 already, and the kernel takes only one/,
    ],
    [
      "an MTU over the parent's",
      "ip link set nic0 mtu 1400",
      ["link m0 parent nic0 type macvlan mode bridge mtu 1500"],
      /mtu 1500 is over that of its parent, 1400/,
    ],
    [
      "a peer that is there already",
      "ip link add v1 type bridge",
      ["link v0 type veth peer v1"],
      /found: {2}link v1 type bridge\n.*did not make/,
    ],
  ];
  for (const [what, prepare, facts, reason] of refused) {
    it(`is refused before anything changes: ${what}`, () =>
      inSandbox(async (host) => {
        await host.exec(`${NIC}; ${prepare}`, "", true);
        const before = await host.snapshot();
        const result = await host.apply(facts);
        assert.equal(result.code, 1, result.stdout);
        assert.match(result.stderr, reason);
        assertSame(await host.snapshot(), before);
      }));
  }

  it("counts as a risk to the session when it is the link of the session", () =>
    inSandbox(async (host) => {
      host.session = SESSION;
      const result = await host.apply([BRIDGE[0], "set eth0 master br7"]);
      assert.equal(result.code, 1);
      assert.match(result.stderr, /this change could cut the SSH session[\s\S]*set eth0 master br7/);
    }));
});

describe("a bridge with foreign children", () => {
  it("stays until they are gone", () =>
    inSandbox(async (host) => {
      await host.exec(NIC, "", true);
      await host.apply([BRIDGE[0], ...SHIM]);
      await host.exec("ip link set nic0 master br7", "", true);
      const result = await host.remove([BRIDGE[0], ...SHIM]);
      assert.equal(result.code, 1);
      assert.match(result.stderr, /link br7 has nic0 on top, which wirework did not make/);
    }));
});

describe("a bridge of the LAN, or the NIC that is to be its port", () => {
  it("is looked at before anything changes", () =>
    inSandbox(async (host) => {
      await host.exec(`${NIC}; ip address add 10.7.0.5/24 dev bridge0; ip address add 10.8.0.5/24 dev nic0`, "", true);
      const right = ["require bridge bridge0", "require address 10.7.0.5/24 bridge0", "require no-address spare0"];
      assert.equal((await host.apply(right)).code, 0);
      const wrong = ["require bridge eth0", "require address 10.7.0.6/24 bridge0", "require no-address nic0"];
      const result = await host.apply(wrong);
      assert.match(result.stderr, /require bridge eth0\n +this host has the bridges: bridge0 bridge1/);
      assert.match(
        result.stderr,
        /require address 10\.7\.0\.6\/24 bridge0\n +bridge0 has: 10\.7\.0\.5\/24; give the host's own/,
      );
      assert.match(
        result.stderr,
        /require no-address nic0\n +nic0 has 10\.8\.0\.5\/24, which nobody would reach any more/,
      );
    }));
});

describe("a parent on which Docker's driver cannot put a network", () => {
  // A stand-in for Docker: it answers the three questions that the helper asks.
  const docker = (version: string, ...networks: string[]) => `#!/bin/sh
case "$1 $2" in
  "version --format") echo ${version} ;;
  "network ls") ${networks.length === 0 ? ":" : "echo id"} ;;
  "network inspect") printf '%s\\n' ${networks.map((line) => `'${line}'`).join(" ")} ;;
esac
`;
  const two = "ip link add br9 type bridge; ip link set nic0 master br9";
  const cases: [condition: string, prepare: string, docker: string, reason: RegExp | undefined][] = [
    ["nic9 macvlan", "true", docker("28.0.1"), /this host has the links: .*nic0/],
    ["nic0.215 macvlan", "true", docker("28.0.1"), undefined],
    ["nic9.215 macvlan", "true", docker("28.0.1"), /this host has the links/],
    ["nic0 macvlan", two, docker("28.0.1"), /nic0 is a port of br9.*give that as the parent/],
    ["nic0 macvlan", "ip link set nic0 down", docker("28.0.1"), /nic0 is down; bring it up/],
    [
      "nic0 macvlan",
      "true",
      docker("28.0.1", "nic0 macvlan lan bridge owner:a/b/c", "eth9 ipvlan far  owner:"),
      undefined,
    ],
    [
      "nic0 macvlan",
      "true",
      docker("26.1.5", "nic0 macvlan lan bridge owner:"),
      /lan is on it, and Docker before 27 \(here 26\.1\.5\)/,
    ],
    ["nic0 macvlan", "true", docker("26.1.5", "nic0 macvlan lan bridge owner:test/dev/edge"), undefined],
    ["nic0 macvlan", "true", docker("28.0.1", "nic0 macvlan lan passthru owner:"), /lan has it in mode passthru/],
    [
      "nic0 macvlan passthru",
      "true",
      docker("28.0.1", "nic0 macvlan lan bridge owner:"),
      /mode passthru wants it alone/,
    ],
    ["nic0 ipvlan", "true", docker("28.0.1", "nic0 ipvlan lan  owner:"), /Docker takes one ipvlan network on a parent/],
    ["nic0 ipvlan", "true", docker("28.0.1", "nic0 macvlan lan bridge owner:"), /the macvlan network lan is on it/],
    ["nic0 macvlan", "true", docker("28.0.1", "nic0 ipvlan lan  owner:"), /the ipvlan network lan is on it/],
  ];
  it("is named before anything changes, with the way out", () =>
    inSandbox(async (host) => {
      for (const [condition, prepare, program, reason] of cases) {
        await host.exec(`ip link del nic0; ip link del br9; ${NIC}; ip link set nic0 up; ${prepare}`);
        host.program("docker", program);
        const result = await host.apply([`require parent ${condition}`]);
        const where = `${condition} after ${prepare}: ${result.stderr}`;
        assert.equal(result.code, reason ? 1 : 0, where);
        if (reason) assert.match(result.stderr, reason, where);
      }
    }));

  it("is named too when another component is about to put one on it", () =>
    inSandbox(async (host) => {
      host.program("docker", docker("20.10.24"));
      assert.equal((await host.apply(["require parent eth0 macvlan"], "test/dev/other")).code, 0);
      const result = await host.apply(["require parent eth0 macvlan"]);
      assert.match(result.stderr, /test\/dev\/other is on it, and Docker before 27/);
    }));
});

describe("a VLAN", () => {
  // The lab's machines have no 802.1Q; a full host's ip, asked for numbers, says this.
  const said = (protocol: number) =>
    `99: v7@eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode DEFAULT group 30583 qlen 1000\\    link/[1] 02:00:00:00:00:77 brd ff:ff:ff:ff:ff:ff promiscuity 0 \\    vlan protocol [${protocol}] id 7 <REORDER_HDR> addrgenmode eui64 \\    alias wirework:test/dev/edge`;

  it("is read with the kind of its tag", () =>
    inSandbox(async (host) => {
      const facts = ["link v7 parent eth0 type vlan id 7", "link v7 parent eth0 type vlan id 7 protocol 802.1ad"];
      for (const [index, protocol] of [33024, 34984].entries()) {
        const answer = `case "$*" in "-N -d -o link show") printf '%s\\n' '${said(protocol)}' ;; esac`;
        host.program("ip", `#!/bin/sh\n/sbin/ip "$@" || exit\n${answer}\n`);
        assert.equal((await host.check([facts[index]])).stdout, "as declared\n");
        assert.match((await host.check([facts[1 - index]])).stdout, /^\+ link v7 parent eth0 type vlan id 7/m);
      }
    }));
});
