import { strict as assert } from "node:assert";
import { FACT_KINDS, factText } from "../../lib/plan/fact-text";
import { type Fact, hostState, parseFact } from "../../lib/plan/host-state";
import { CANDIDATES, Persistence } from "../../lib/plan/persistence";
import { BACKENDS, render } from "../../lib/render";
import { fileName } from "../../lib/render/backend";
import { run } from "../lab/process";

const OWNER = "demo/dev/PolicyRoutedAgent.probe";
const NAME = "demo_dev_PolicyRoutedAgent_probe-";

const state = (lines: readonly string[]) => hostState(lines.map(parseFact));
const added = (persistence: Persistence, lines: readonly string[]) => {
  const { hostState: all, problems } = render(OWNER, persistence, state(lines));
  assert.deepEqual(problems, []);
  return all.facts.map(factText).filter((text) => !lines.includes(text));
};

/** The files that facts come to, each with its text; blocks by path and name. */
function files(facts: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const fact of facts) {
    const [, place, text] = /^(?:file|block) (.*) \d{3} \|(.*)$/.exec(fact) ?? [];
    if (place !== undefined) found[place] = `${found[place] ?? ""}${text}\n`;
  }
  return found;
}
const others = (facts: readonly string[]) => facts.filter((fact) => !/^(file|block) /.test(fact));

const UPLINK = [
  "require link eth2",
  "table 200 name uplink2",
  "guard routes",
  "sysctl net/ipv4/conf/eth2/rp_filter = 2",
  "addr 192.168.20.77/32 dev eth2",
  "addr fd00:20::77/128 dev eth2",
  "route 0.0.0.0/0 via 192.168.20.1 dev eth2 table 200",
  "route ::/0 via fe80::1 dev eth2 table 200",
  "route unreachable ::/0 metric 4294967295 table 200",
  "rule from 172.31.7.0/24 table 200 priority 12002",
  "rule from ::/0 iif docker0 table 254 suppress_prefixlength 0 priority 12001",
];
const SHIM = [
  "require link eth1",
  "link aaa0 parent shim0 type vlan id 5 mtu 1400",
  "link shim0 parent eth1 type macvlan mode bridge address 02:aa:bb:cc:dd:ee",
  "sysctl net/ipv4/conf/shim0/arp_ignore = 1",
  "sysctl net/ipv6/conf/shim0/accept_ra = 0",
  "addr 192.168.9.2/32 dev shim0",
  "route 192.168.9.64/26 dev shim0",
];

const ENVIRONMENT = `PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
export PATH LC_ALL
`;
const TRY = `try() { # COMMAND: says why it failed, unless it is done already, or is IPv6 on a link that has only IPv4 so far
  said=$("$@" 2>&1) && return
  case $said in *exists* | *"lready assigned"*) return ;; esac
  case "\${ADDRFAM:-} $*" in "inet "*:*:*) return ;; esac
  echo "wirework: $*: $said" >&2
}
`;
const ON = `on() { # LINK COMMAND: when that link came up, or all did
  case \${IFACE:-$1} in "$1" | --all) ;; *) return ;; esac
  [ -e "/sys/class/net/$1" ] || return
  shift
  try "$@"
}
`;
const BENEATH = `beneath() { # PARENT LINK: ours stands on a link that came late, when ifupdown had given up on it
  [ "\${IFACE:-}" = "$1" ] || return
  [ $(($(cat "/sys/class/net/$2/flags" 2>/dev/null || echo 0) & 1)) = 1 ] || try ifup "$2"
}
`;
const SETTING = `setting() { # PATH VALUE
  [ ! -e "/proc/sys/$1" ] || echo "$2" >"/proc/sys/$1"
}
`;
const UPLINK_LINES = `setting net/ipv4/conf/eth2/rp_filter 2
on eth2 ip address add 192.168.20.77/32 dev eth2
on eth2 ip address add fd00:20::77/128 dev eth2 nodad
on eth2 ip route add 0.0.0.0/0 via 192.168.20.1 dev eth2 table 200 proto 119
on eth2 ip route add ::/0 via fe80::1 dev eth2 table 200 proto 119
try ip route add unreachable ::/0 metric 4294967295 table 200 proto 119
try ip rule add from 172.31.7.0/24 table 200 priority 12002 protocol 119
try ip -6 rule add from ::/0 iif docker0 table 254 suppress_prefixlength 0 priority 12001 protocol 119
`;

const hash = fileName(OWNER).slice(NAME.length);
const HOOK = `/etc/network/if-up.d/wirework-${NAME}${hash}`;
const STANZAS = `/etc/network/interfaces.d/wirework-${NAME}${hash}`;
const BLOCK = `/etc/rc.local ${NAME}${hash}`;
const hook = (text: string) =>
  `#!/bin/sh\n# wirework: facts of ${OWNER}; ifupdown runs this after each interface that it brought up\n${text}exit 0\n`;
const NETWORKD = "/etc/systemd/network";
const DROP_IN = `wirework-${NAME}${hash}`;
const SETTINGS = `/etc/sysctl.d/90-wirework-${NAME}${hash}.conf`;
const FACTS_OF = `# wirework: facts of ${OWNER}\n`;
const LO = `# wirework: link lo
[Match]
Name=lo
[Link]
RequiredForOnline=no
[Network]
ConfigureWithoutCarrier=yes
`;
const ownNetwork = (name: string, more = "") => `# wirework: link ${name}
[Match]
Name=${name}
[Link]
Group=30583
${more}RequiredForOnline=no
[Network]
ConfigureWithoutCarrier=yes
[IPv6AcceptRA]
UseDNS=no
UseDomains=no
DHCPv6Client=no
`;
const DISPATCHER = `/etc/NetworkManager/dispatcher.d/90-wirework-${NAME}${hash}`;
const dispatcher = (text: string) =>
  `#!/bin/sh
# wirework: facts of ${OWNER}; NetworkManager runs this with a link and what became of it
case \${2:-} in up | dhcp4-change | dhcp6-change | reapply) IFACE=$1 ;; *) exit 0 ;; esac
${text}exit 0
`;
const block = (text: string) => `# facts of ${OWNER}\n(\n${text}) || :\n`;

/** What each situation comes to, in every backend: all that is added to its facts. */
const situations: readonly {
  readonly name: string;
  readonly facts: readonly string[];
  readonly comes: {
    readonly [P in Exclude<Persistence, "auto">]: { readonly asks: string[]; readonly files: Record<string, string> };
  };
}[] = [
  {
    name: "a second way out, with addresses and settings of a link that is not ours",
    facts: UPLINK,
    comes: {
      unit: { asks: [], files: {} },
      ifupdown: {
        asks: ["require ifupdown eth2", "require persistence ifupdown", "persistence ifupdown"],
        files: { [HOOK]: hook(ENVIRONMENT + TRY + ON + SETTING + UPLINK_LINES) },
      },
      rcLocal: {
        asks: ["require persistence rcLocal", "persistence rcLocal"],
        files: { [BLOCK]: block(ENVIRONMENT + TRY + ON + SETTING + UPLINK_LINES) },
      },
      networkd: {
        asks: ["require networkd eth2", "require networkd lo", "require persistence networkd", "persistence networkd"],
        files: {
          [`${NETWORKD}/05-wirework-lo.network`]: LO,
          [`${NETWORKD}/05-wirework-lo.network.d/${DROP_IN}.lo.conf`]: `${FACTS_OF}[Route]
Type=unreachable
Destination=::/0
Metric=4294967295
Table=200
Protocol=119
[RoutingPolicyRule]
From=172.31.7.0/24
Table=200
Priority=12002
[RoutingPolicyRule]
Family=ipv6
IncomingInterface=docker0
Table=254
SuppressPrefixLength=0
Priority=12001
`,
          [`${NETWORKD}/@eth2.network.d/${DROP_IN}.eth2.conf`]: `${FACTS_OF}[Address]
Address=192.168.20.77/32
Broadcast=no
DuplicateAddressDetection=none
[Address]
Address=fd00:20::77/128
DuplicateAddressDetection=none
[Route]
Destination=0.0.0.0/0
Gateway=192.168.20.1
Table=200
Protocol=119
[Route]
Destination=::/0
Gateway=fe80::1
Table=200
Protocol=119
`,
          [SETTINGS]: `${FACTS_OF}-net/ipv4/conf/eth2/rp_filter = 2\n`,
        },
      },
      networkManager: {
        asks: ["require networkManager eth2", "require persistence networkManager", "persistence networkManager"],
        files: { [DISPATCHER]: dispatcher(ENVIRONMENT + TRY + ON + SETTING + UPLINK_LINES) },
      },
    },
  },
  {
    name: "links of our own, one on the other",
    facts: SHIM,
    comes: {
      unit: { asks: [], files: {} },
      ifupdown: {
        asks: ["require ifupdown eth1", "require persistence ifupdown", "persistence ifupdown"],
        files: {
          [STANZAS]: `# wirework: links of ${OWNER}
auto shim0
iface shim0 inet manual
    pre-up ip link show dev shim0 >/dev/null 2>&1 || ip link add link eth1 name shim0 group 30583 address 02:aa:bb:cc:dd:ee type macvlan mode bridge
    pre-up ip link set dev shim0 alias wirework:${OWNER}
    pre-up [ ! -e /proc/sys/net/ipv4/conf/shim0/arp_ignore ] || echo 1 >/proc/sys/net/ipv4/conf/shim0/arp_ignore
    pre-up [ ! -e /proc/sys/net/ipv6/conf/shim0/accept_ra ] || echo 0 >/proc/sys/net/ipv6/conf/shim0/accept_ra
    up ip link set dev shim0 up
    down ip link set dev shim0 down || true
auto aaa0
iface aaa0 inet manual
    pre-up ip link show dev aaa0 >/dev/null 2>&1 || ip link add link shim0 name aaa0 group 30583 mtu 1400 type vlan id 5
    pre-up ip link set dev aaa0 alias wirework:${OWNER}
    up ip link set dev aaa0 up
    down ip link set dev aaa0 down || true
`,
          [HOOK]: hook(`${ENVIRONMENT}${TRY}${ON}${BENEATH}beneath eth1 shim0
beneath shim0 aaa0
on shim0 ip address add 192.168.9.2/32 dev shim0
on shim0 ip route add 192.168.9.64/26 dev shim0 proto 119
`),
        },
      },
      rcLocal: {
        asks: ["require persistence rcLocal", "persistence rcLocal"],
        files: {
          [BLOCK]:
            block(`${ENVIRONMENT}${TRY}${ON}${SETTING}try ip link add link eth1 name shim0 group 30583 address 02:aa:bb:cc:dd:ee type macvlan mode bridge
try ip link set dev shim0 alias wirework:${OWNER}
try ip link add link shim0 name aaa0 group 30583 mtu 1400 type vlan id 5
try ip link set dev aaa0 alias wirework:${OWNER}
setting net/ipv4/conf/shim0/arp_ignore 1
setting net/ipv6/conf/shim0/accept_ra 0
try ip link set dev shim0 up
try ip link set dev aaa0 up
on shim0 ip address add 192.168.9.2/32 dev shim0
on shim0 ip route add 192.168.9.64/26 dev shim0 proto 119
`),
        },
      },
      networkd: {
        asks: [
          "require networkd eth1",
          "require persistence networkd",
          "require service systemd-udevd",
          "persistence networkd",
        ],
        files: {
          [`${NETWORKD}/05-wirework-shim0.netdev`]: `# wirework: link shim0
[NetDev]
Name=shim0
Kind=macvlan
MACAddress=02:aa:bb:cc:dd:ee
[MACVLAN]
Mode=bridge
`,
          [`${NETWORKD}/05-wirework-shim0.network`]: ownNetwork("shim0"),
          [`${NETWORKD}/05-wirework-shim0.network.d/${DROP_IN}.shim0.conf`]: `${FACTS_OF}[Network]
IPv6AcceptRA=no
[Network]
VLAN=aaa0
[Address]
Address=192.168.9.2/32
Broadcast=no
DuplicateAddressDetection=none
[Route]
Destination=192.168.9.64/26
Protocol=119
`,
          [`${NETWORKD}/05-wirework-aaa0.netdev`]: `# wirework: link aaa0
[NetDev]
Name=aaa0
Kind=vlan
MTUBytes=1400
[VLAN]
Id=5
`,
          [`${NETWORKD}/05-wirework-aaa0.network`]: ownNetwork("aaa0", "MTUBytes=1400\n"),
          [`${NETWORKD}/@eth1.network.d/${DROP_IN}.eth1.conf`]: `${FACTS_OF}[Network]
MACVLAN=shim0
`,
          [SETTINGS]: `${FACTS_OF}-net/ipv4/conf/shim0/arp_ignore = 1
-net/ipv6/conf/shim0/accept_ra = 0
`,
        },
      },
      networkManager: {
        asks: ["require networkManager eth1", "require persistence networkManager", "persistence networkManager"],
        files: {
          [DISPATCHER]:
            dispatcher(`${ENVIRONMENT}${TRY}${ON}${SETTING}on eth1 ip link add link eth1 name shim0 group 30583 address 02:aa:bb:cc:dd:ee type macvlan mode bridge
on eth1 ip link set dev shim0 alias wirework:${OWNER}
on eth1 ip link add link shim0 name aaa0 group 30583 mtu 1400 type vlan id 5
on eth1 ip link set dev aaa0 alias wirework:${OWNER}
setting net/ipv4/conf/shim0/arp_ignore 1
setting net/ipv6/conf/shim0/accept_ra 0
on eth1 ip link set dev shim0 up
on eth1 ip link set dev aaa0 up
on eth1 ip address add 192.168.9.2/32 dev shim0
on eth1 ip route add 192.168.9.64/26 dev shim0 proto 119
`),
        },
      },
    },
  },
  {
    name: "what stands by itself",
    facts: ["window 60", "require docker >= 25", "module l2tp_eth", "table 200 name uplink2", "guard routes"],
    comes: {
      unit: { asks: [], files: {} },
      ifupdown: { asks: [], files: {} },
      rcLocal: { asks: [], files: {} },
      networkd: { asks: [], files: {} },
      networkManager: { asks: [], files: {} },
    },
  },
];

describe("a backend", () => {
  for (const { name, facts, comes } of situations) {
    for (const persistence of Object.values(Persistence).filter((one) => one !== "auto")) {
      it(`"${persistence}" says what it asks and writes for ${name}`, () => {
        const found = added(persistence, facts);
        assert.deepEqual({ asks: others(found), files: files(found) }, comes[persistence]);
      });
    }
  }

  for (const { name, facts, comes } of situations) {
    it(`"auto" offers what each would ask and write that runs links, for ${name}`, () => {
      const found = added("auto", facts);
      const none = Object.keys(comes.networkd.files).length === 0;
      assert.deepEqual(
        found.filter((line) => !line.startsWith("with ")),
        none ? [] : ["persistence auto"],
      );
      for (const one of CANDIDATES) {
        const offered = found.flatMap((line) => (line.startsWith(`with ${one} `) ? [line.slice(6 + one.length)] : []));
        const asks = comes[one].asks.filter((line) => line !== `persistence ${one}`);
        assert.deepEqual({ asks: others(offered), files: files(offered) }, { asks, files: comes[one].files });
      }
    });
  }

  it('"auto" never refuses: who cannot say all is not offered', () => {
    const offers = (lines: readonly string[]) => {
      const { hostState: all, problems, warnings } = render(OWNER, "auto", state(lines));
      assert.deepEqual([problems, warnings], [[], []]);
      const texts = all.facts.map(factText);
      assert.ok(texts.includes("persistence auto"));
      return [...new Set(texts.flatMap((text) => /^with (\S+)/.exec(text)?.[1] ?? []))].sort();
    };
    assert.deepEqual(offers(UPLINK), ["ifupdown", "networkManager", "networkd"]);
    assert.deepEqual(offers([...UPLINK, "sysctl net/ipv6/conf/eth2/accept_ra = 2"]), ["ifupdown", "networkManager"]);
    assert.deepEqual(offers([...UPLINK, "nat 172.31.7.0/24 oif eth2 masquerade"]), []);
    const many = Array.from({ length: 999 }, (_, at) => `rule from 10.0.0.0/8 table 200 priority ${10000 + at}`);
    assert.deepEqual(offers(many), []);
  });

  it("refuses a file of more lines than can be numbered", () => {
    const many = Array.from({ length: 999 }, (_, at) => `rule from 10.0.0.0/8 table 200 priority ${10000 + at}`);
    const { problems, hostState: same } = render(OWNER, "ifupdown", state(many));
    assert.deepEqual(
      problems.map(({ rule, wayOut }) => [rule, wayOut]),
      [["needs a file of more than 999 lines", 'split the component, or give "unit"']],
    );
    assert.deepEqual(same, state(many));
  });

  it("refuses what it cannot bring back, once for each kind, with the reason and who can", () => {
    const facts = [
      ...UPLINK,
      "nat 172.31.7.0/24 oif eth2 masquerade",
      "nat fd00:31:7::/64 oif eth2 masquerade",
      "reply 172.31.7.0/24 except eth2 mark 0xc8000000/0xff000000",
    ];
    for (const persistence of Object.values(Persistence).filter((one) => one !== "unit" && one !== "auto")) {
      const { problems, hostState: same } = render(OWNER, persistence, state(facts));
      assert.deepEqual(
        problems.map(({ property, value, wayOut }) => ({ property, value, wayOut })),
        [1, 2].map(() => ({ property: "persistence", value: persistence, wayOut: 'give "unit"' })),
      );
      assert.match(
        problems[0].rule,
        /^cannot bring back "nat 172\.31\.7\.0\/24 oif eth2 masquerade": entries of all owners stand in one nft table/,
      );
      assert.match(problems[1].rule, /^cannot bring back "reply /);
      assert.deepEqual(same, state(facts));
    }
    assert.deepEqual(render(OWNER, "unit", state(facts)).problems, []);
  });

  it("refuses one fact of a kind that it takes otherwise", () => {
    const facts = ["link eth5 parent eth2 type vlan id 5", "sysctl net/ipv6/conf/eth5/accept_ra = 2"];
    assert.deepEqual(render(OWNER, "networkd", state(facts)).problems, []);
    const { problems } = render(OWNER, "networkd", state([...facts, "sysctl net/ipv6/conf/eth2/accept_ra = 2"]));
    assert.deepEqual(
      problems.map(({ rule, wayOut }) => [rule.slice(0, 100), wayOut]),
      [
        [
          'cannot bring back "sysctl net/ipv6/conf/eth2/accept_ra = 2": it hears router advertisements itself, ',
          'give "unit" or "ifupdown" or "rcLocal" or "networkManager"',
        ],
      ],
    );
  });

  it("says each kind of link to systemd-networkd, and both ends of one", () => {
    const made = (line: string) => {
      const found = Object.entries(files(added("networkd", [line])));
      return found.flatMap(([path, text]) => (/netdev$/.test(path) ? text.split("\n").slice(2, -1).join(" ") : []));
    };
    for (const [line, text] of [
      ["link a parent b type ipvlan mode l3s flag private", "Name=a Kind=ipvlan [IPVLAN] Mode=L3S Flags=private"],
      ["link a parent b type vlan id 7 protocol 802.1ad", "Name=a Kind=vlan [VLAN] Id=7 Protocol=802.1ad"],
      ["link a type bridge mtu 9000", "Name=a Kind=bridge MTUBytes=9000 [Bridge] ForwardDelaySec=0"],
      ["link a type veth peer c", "Name=a Kind=veth [Peer] Name=c"],
      ["link a type dummy", "Name=a Kind=dummy"],
    ])
      assert.deepEqual(made(line), [text]);
    assert.match(Object.keys(files(added("networkd", ["link a type veth peer c"]))).join(), /-c\.network/);
  });

  it("has a place for every kind of fact", () => {
    for (const backend of Object.values(BACKENDS))
      assert.deepEqual(Object.keys(backend.kinds).sort(), [...FACT_KINDS].sort());
  });

  it("says what may surprise", () => {
    assert.deepEqual(render(OWNER, "unit", state(UPLINK)).warnings, []);
    assert.match(render(OWNER, "ifupdown", state(UPLINK)).warnings.join(), /comes back with ifup/);
    assert.match(render(OWNER, "networkd", state(SHIM)).warnings.join(), /"networkctl reload"/);
    assert.match(render(OWNER, "networkManager", state(UPLINK)).warnings.join(), /Docker may start containers before/);
    assert.deepEqual(render(OWNER, "networkManager", state(SHIM)).warnings, []);
    assert.match(render(OWNER, "rcLocal", state(UPLINK)).warnings.join(), /Docker may start containers before/);
    assert.doesNotMatch(render(OWNER, "rcLocal", state(SHIM)).warnings.join(), /Docker/);
  });

  it("names the files of two owners apart, as run-parts takes them", () => {
    const owners = ["a/b/C.d", "a/b/C-d", "a/b/C_d", `a/b/C.${"d".repeat(150)}`, `a/b/C.${"d".repeat(151)}`];
    const names = owners.map(fileName);
    assert.equal(new Set(names).size, owners.length);
    for (const name of names) assert.match(name, /^[A-Za-z0-9_-]{1,120}$/);
  });

  it("never lets a value become a command", () => {
    const evil: Fact[] = [
      { kind: "addr", address: "192.168.9.2/32", dev: "eth0;id" },
      { kind: "sysctl", key: "net/ipv4/conf/eth0/x", value: "`id`" },
      { kind: "link", name: "$(id)", type: "bridge" },
    ];
    for (const fact of evil) {
      assert.throws(() => render(OWNER, "ifupdown", hostState([fact])), /not fit for a shell script/);
      assert.throws(() => render(OWNER, "rcLocal", hostState([fact])), /not fit for a shell script/);
      assert.throws(() => render(OWNER, "networkManager", hostState([fact])), /not fit for a shell script/);
      assert.throws(() => render(OWNER, "networkd", hostState([fact])), /not fit for a file of systemd-networkd/);
    }
  });

  for (const shell of [
    ["dash", "-n"],
    ["busybox", "sh", "-n"],
    ["shellcheck", "-s", "sh", "-"],
  ]) {
    it(`writes scripts that ${shell.join(" ")} takes`, async () => {
      const scripts = situations
        .flatMap(({ comes }) => [
          comes.ifupdown.files[HOOK],
          comes.rcLocal.files[BLOCK],
          comes.networkManager.files[DISPATCHER],
        ])
        .filter((text) => text !== undefined);
      assert.equal(scripts.length, 6);
      for (const script of scripts) {
        const { code, stdout, stderr } = await run(shell[0], shell.slice(1), { input: script, check: false });
        assert.equal(code, 0, stdout + stderr);
      }
    });
  }
});
