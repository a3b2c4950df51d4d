import { strict as assert } from "node:assert";
import { type Fact, hostState, hostStateText, joinHostStates } from "../../lib/plan/host-state";

const header = { host: "9f86d081884c7d65", owner: "demo/dev/MacvlanNetwork.lan" };

const facts: Fact[] = [
  { kind: "route", destination: "192.168.9.64/26", dev: "shim0" },
  { kind: "route", destination: "fd00:9::/64", via: "fd00:8::1", dev: "eth0", src: "fd00:8::2", metric: 5, table: 200 },
  { kind: "addr", address: "192.168.9.2/32", dev: "shim0" },
  { kind: "sysctl", key: "net/ipv4/conf/shim0/arp_ignore", value: "1" },
  {
    kind: "link",
    name: "shim0",
    parent: "eth0",
    type: "macvlan",
    mode: "bridge",
    address: "02:aa:bb:cc:dd:ee",
    mtu: 1500,
  },
  { kind: "link", name: "eth0.215", parent: "eth0", type: "vlan", id: 215 },
  { kind: "link", name: "br0", type: "bridge" },
  { kind: "require", condition: "link eth0" },
  { kind: "require", condition: "docker >= 25" },
  { kind: "reply", to: "172.31.7.0/24", except: "eth2", mark: "0xc8000000/0xff000000" },
  { kind: "nat", from: "fd00:31:7::/64", oif: "eth2" },
  { kind: "nat", from: "172.31.7.0/24", oif: "eth2", snat: "198.51.100.20" },
  { kind: "rule", from: "0.0.0.0/0", iif: "docker0", table: 254, suppressPrefixLength: 0, priority: 10201 },
  { kind: "rule", from: "172.31.7.0/24", fwmark: "0xc8000000/0xff000000", table: 254, priority: 10200 },
  { kind: "route", type: "unreachable", destination: "0.0.0.0/0", metric: 4294967295, table: 200 },
  { kind: "guard", what: "routes" },
  { kind: "file", path: "/etc/network/if-up.d/wirework-a", number: "010", text: "  ip rule" },
  { kind: "file", path: "/etc/network/if-up.d/wirework-a", number: "002", text: "" },
  { kind: "block", path: "/etc/rc.local", name: "a", number: "001", text: "(" },
  { kind: "module", name: "l2tp_eth" },
  { kind: "persistence", backend: "ifupdown" },
  { kind: "table", id: 200, name: "uplink2" },
  { kind: "allow", what: "management-impact" },
  { kind: "window", seconds: 60 },
];

const text = `\
wirework 1
host 9f86d081884c7d65
owner demo/dev/MacvlanNetwork.lan
window 60
allow management-impact
require docker >= 25
require link eth0
persistence ifupdown
module l2tp_eth
table 200 name uplink2
guard routes
link br0 type bridge
link eth0.215 parent eth0 type vlan id 215
link shim0 parent eth0 type macvlan mode bridge address 02:aa:bb:cc:dd:ee mtu 1500
sysctl net/ipv4/conf/shim0/arp_ignore = 1
addr 192.168.9.2/32 dev shim0
route 192.168.9.64/26 dev shim0
route fd00:9::/64 via fd00:8::1 dev eth0 src fd00:8::2 metric 5 table 200
route unreachable 0.0.0.0/0 metric 4294967295 table 200
rule from 0.0.0.0/0 iif docker0 table 254 suppress_prefixlength 0 priority 10201
rule from 172.31.7.0/24 fwmark 0xc8000000/0xff000000 table 254 priority 10200
nat 172.31.7.0/24 oif eth2 snat 198.51.100.20
nat fd00:31:7::/64 oif eth2 masquerade
reply 172.31.7.0/24 except eth2 mark 0xc8000000/0xff000000
file /etc/network/if-up.d/wirework-a 002 |
file /etc/network/if-up.d/wirework-a 010 |  ip rule
block /etc/rc.local a 001 |(
`;

describe("host state", () => {
  it("is one canonical line per fact, sorted by kind and text, behind its header", () => {
    assert.equal(hostStateText(header, hostState(facts)), text);
  });

  it("is the same in whatever order and however often facts are given", () => {
    const turned = [...facts].reverse();
    assert.equal(hostStateText(header, hostState([...turned, ...facts])), text);
    assert.equal(
      hostStateText(header, joinHostStates(hostState(turned.slice(0, 4)), hostState(turned.slice(3)))),
      text,
    );
  });

  it("is frozen, and leaves the facts that it was made from alone", () => {
    const state = hostState(facts);
    assert.ok(Object.isFrozen(state) && Object.isFrozen(state.facts) && state.facts.every(Object.isFrozen));
    assert.ok(!Object.isFrozen(facts[0]));
  });

  it("without facts is the header alone", () => {
    assert.equal(hostStateText(header, hostState([])), text.split("\n").slice(0, 3).join("\n").concat("\n"));
  });

  it("never lets a value become a second line", () => {
    const torn = hostState([{ kind: "addr", address: "192.168.9.2/32", dev: "shim0\nlink evil type bridge" }]);
    assert.throws(() => hostStateText(header, torn), /not printable ASCII/);
  });
});
