import { strict as assert } from "node:assert";
import { type MacvlanNetworkSettings, planMacvlanNetwork } from "../../lib/plan/macvlan-network";
import { ArgumentError } from "../../lib/problems";
import { contextOf, problemsOf } from "./support";

function problems(settings: unknown, more = {}) {
  return problemsOf(() =>
    planMacvlanNetwork(contextOf("MacvlanNetwork", "lan", more), settings as MacvlanNetworkSettings),
  );
}

const lan = { subnet: "192.168.9.0/24", gateway: "192.168.9.1", ipRange: "192.168.9.64/26" };
const lan6 = { subnet: "fd00:9::/64", gateway: "fd00:9::1" };
const on = (subnet: object, more: object = {}) => ({ parent: "eth0", subnets: [subnet], ...more });
const access = (hostAccess: object, more: object = {}) => ({ parent: "eth0", subnets: [lan], hostAccess, ...more });
const tenThousand = <T>(one: (index: number) => T) => Array.from({ length: 10_000 }, (_, index) => one(index));

// What is passed → the argument that is named → a fragment of the rule.
const table: { [topic: string]: [settings: unknown, property: string, rule: RegExp][] } = {
  "names of networks": [
    [{ networkName: "" }, "networkName", /is not a name/],
    [{ networkName: "a b" }, "networkName", /character that is not allowed/],
    [{ networkName: "a\nb" }, "networkName", /character that is not allowed/],
    [{ networkName: "$(id)" }, "networkName", /character that is not allowed/],
    [{ networkName: "-lan" }, "networkName", /character that is not allowed/],
    [{ networkName: "lаn" }, "networkName", /character that is not allowed/],
    [{ networkName: "x".repeat(129) }, "networkName", /has 129 characters/],
    [{ networkName: 7 }, "networkName", /is not a name/],
    [{ networkName: "bridge" }, "networkName", /Docker has of its own/],
    [{ networkName: "host" }, "networkName", /Docker has of its own/],
  ],
  parents: [
    [{ parent: "" }, "parent", /is not an interface name/],
    [{ parent: "enp0s31f6.vlan1234" }, "parent", /has 18 bytes/],
    [{ parent: ".." }, "parent", /not a valid interface name/],
    [{ parent: "eth0/1" }, "parent", /not a valid interface name/],
    [{ parent: "eth0:1" }, "parent", /not a valid interface name/],
    [{ parent: "eth0; reboot" }, "parent", /not a valid interface name/],
    [{ parent: "eth`id`" }, "parent", /not a valid interface name/],
    [{ parent: "eth%d" }, "parent", /% ?.*expand/],
    [{ parent: "lo" }, "parent", /reserved name/],
    [{ parent: "all" }, "parent", /reserved name/],
    [{ parent: "eth0.0" }, "parent", /VLAN 0/],
    [{ parent: "eth0.4095" }, "parent", /VLAN 4095/],
    [{ parent: null }, "parent", /is null/],
    [{ parent: Number.NaN }, "parent", /is not an interface name/],
    [{ parent: ["eth0"] }, "parent", /is not an interface name/],
  ],
  modes: [
    [{ mode: "Bridge" }, "mode", /not one of the values/],
    [{ mode: "" }, "mode", /not one of the values/],
    [{ mode: "__proto__" }, "mode", /not one of the values/],
    [{ mode: "l2" }, "mode", /not one of the values/],
    [{ mode: 1 }, "mode", /not one of the values/],
    [{ internal: "yes" }, "internal", /is not a switch/],
    [{ internal: 0 }, "internal", /is not a switch/],
  ],
  subnets: [
    [{ subnets: [] }, "subnets", /is empty/],
    [{ subnets: {} }, "subnets", /is not a list/],
    [{ subnets: "192.168.9.0/24" }, "subnets", /is not a list/],
    [{ subnets: [undefined] }, "subnets[0]", /is missing/],
    [{ subnets: [null] }, "subnets[0]", /is missing/],
    [{ subnets: ["192.168.9.0/24"] }, "subnets[0]", /is not an object/],
    [{ subnets: [{}] }, "subnets[0].subnet", /is missing/],
    [on({ subnet: "" }), "subnets[0].subnet", /is not a prefix/],
    [on({ subnet: "192.0.2.5/24" }), "subnets[0].subnet", /bits set behind/],
    [on({ subnet: "192.0.2.0" }), "subnets[0].subnet", /has no prefix length/],
    [on({ subnet: "192.0.2.0/33" }), "subnets[0].subnet", /prefix length 33/],
    [on({ subnet: "fd00::/129" }), "subnets[0].subnet", /prefix length 129/],
    [on({ subnet: "0.0.0.0/0" }), "subnets[0].subnet", /prefix length 0/],
    [on({ subnet: "010.0.0.0/8" }), "subnets[0].subnet", /leading zeros/],
    [on({ subnet: "10.1/16" }), "subnets[0].subnet", /is not a prefix/],
    [on({ subnet: "0x0a000000/8" }), "subnets[0].subnet", /is not a prefix/],
    [on({ subnet: 167772160 }), "subnets[0].subnet", /is not a prefix/],
    [on({ subnet: "::ffff:10.2.4.0/120" }), "subnets[0].subnet", /IPv4-mapped/],
    [on({ subnet: "::10.0.0.0/120" }), "subnets[0].subnet", /IPv4-compatible/],
    [on({ subnet: "fe80::/63" }), "subnets[0].subnet", /clashes with the link-local prefix/],
    [on({ subnet: "fe80::%eth0/64" }), "subnets[0].subnet", /zone/],
    [on({ subnet: "224.0.0.0/24" }), "subnets[0].subnet", /multicast/],
    [on({ subnet: "ff02::/16" }), "subnets[0].subnet", /multicast/],
    [on({ subnet: "127.0.0.0/24" }), "subnets[0].subnet", /loopback/],
    [on({ subnet: "::/64" }), "subnets[0].subnet", /unspecified/],
    [
      { subnets: [lan, { subnet: "192.168.0.0/16" }] },
      "subnets[1].subnet",
      /overlaps subnets\[0\]\.subnet, 192\.168\.9\.0/,
    ],
    [{ subnets: [lan, lan] }, "subnets[1].subnet", /overlaps subnets\[0\]\.subnet/],
  ],
  gateways: [
    [on({ ...lan, gateway: "192.168.8.1" }), "subnets[0].gateway", /outside of subnet 192\.168\.9\.0\/24/],
    [on({ ...lan, gateway: "192.168.9.0" }), "subnets[0].gateway", /the network address/],
    [on({ ...lan, gateway: "192.168.9.255" }), "subnets[0].gateway", /the broadcast address/],
    [on({ ...lan, gateway: "fd00:9::1" }), "subnets[0].gateway", /IPv6 address where IPv4 is meant/],
    [on({ ...lan6, gateway: "192.168.9.1" }), "subnets[0].gateway", /IPv4 address where IPv6 is meant/],
    [on({ ...lan6, gateway: "fd00:9::" }), "subnets[0].gateway", /subnet-router anycast/],
    [on({ ...lan6, gateway: "fe80::1" }), "subnets[0].gateway", /link-local/],
    [on({ ...lan6, gateway: "fe80::1%eth0" }), "subnets[0].gateway", /zone/],
    [on({ ...lan, gateway: "" }), "subnets[0].gateway", /is not an address/],
    [on({ ...lan, gateway: "192.168.9.1/24" }), "subnets[0].gateway", /prefix length where a single/],
  ],
  ranges: [
    [on({ ...lan, ipRange: "192.168.8.0/26" }), "subnets[0].ipRange", /outside of subnet/],
    [on({ ...lan, ipRange: "192.168.0.0/16" }), "subnets[0].ipRange", /bigger than subnet/],
    [on({ ...lan, ipRange: "192.168.9.65/26" }), "subnets[0].ipRange", /bits set behind/],
    [on({ ...lan, ipRange: "fd00::/64" }), "subnets[0].ipRange", /IPv6 address where IPv4 is meant/],
    [
      on({ ...lan, ipRange: "192.168.9.64-192.168.9.80" }),
      "subnets[0].ipRange",
      /has no prefix length|is not a prefix/,
    ],
    [
      on(lan, { dhcpRanges: ["192.168.9.60-192.168.9.70"] }),
      "subnets[0].ipRange",
      /overlaps DHCP range 192\.168\.9\.60-/,
    ],
    [on(lan, { dhcpRanges: ["192.168.8.1-192.168.8.9"] }), "dhcpRanges[0]", /lies in no subnet/],
    [on(lan, { dhcpRanges: ["192.168.9.250-192.168.10.9"] }), "dhcpRanges[0]", /lies in no subnet/],
    [on(lan, { dhcpRanges: ["192.168.9.9-192.168.9.3"] }), "dhcpRanges[0]", /ends before it begins/],
    [on(lan, { dhcpRanges: [""] }), "dhcpRanges[0]", /is not an address range/],
    [on(lan, { dhcpRanges: [undefined] }), "dhcpRanges[0]", /is missing/],
    [on(lan, { dhcpRanges: "192.168.9.9" }), "dhcpRanges", /is not a list/],
  ],
  "reserved addresses": [
    [on({ ...lan, reserved: { a: "192.168.8.1" } }), "subnets[0].reserved.a", /outside of subnet/],
    [on({ ...lan, reserved: { a: "192.168.9.1" } }), "subnets[0].reserved.a", /is the gateway/],
    [on({ ...lan, reserved: { a: "192.168.9.255" } }), "subnets[0].reserved.a", /broadcast/],
    [
      on({ ...lan, reserved: { a: "192.168.9.9", b: "192.168.9.9" } }),
      "subnets[0].reserved.b",
      /reserved as a already/,
    ],
    [on({ ...lan, reserved: { a: undefined } }), "subnets[0].reserved.a", /is missing/],
    [on({ ...lan, reserved: { "a b": "192.168.9.9" } }), "subnets[0].reserved", /has a name that/],
    [on({ ...lan, reserved: JSON.parse('{"__proto__": "192.168.9.9"}') }), "subnets[0].reserved", /has a name that/],
    [on({ ...lan, reserved: { "wirework-shim": "192.168.9.9" } }), "subnets[0].reserved.wirework-shim", /hostAccess/],
    [on({ ...lan, reserved: ["192.168.9.9"] }), "subnets[0].reserved", /is not an object/],
    [
      on({ subnet: "192.168.9.0/24", reserved: { a: "192.168.9.1" } }),
      "subnets[0].reserved.a",
      /takes as gateway when none/,
    ],
  ],
  "host access": [
    [access({}), "hostAccess", /has no address/],
    [
      access({ address: "192.168.9.250" }, { dhcpRanges: ["192.168.9.200/29", "192.168.9.240/28"] }),
      "hostAccess.address",
      /inside DHCP range 192\.168\.9\.240-/,
    ],
    [access({ address: "192.168.9.70" }), "hostAccess.address", /inside ipRange 192\.168\.9\.64\/26/],
    [access({ address: "192.168.8.2" }), "hostAccess.address", /outside of 192\.168\.9\.0\/24/],
    [access({ address: "192.168.9.1" }), "hostAccess.address", /is the gateway/],
    [access({ address: "192.168.9.0" }), "hostAccess.address", /the network address/],
    [
      access({ address: "192.168.9.9" }, on({ ...lan, reserved: { nas: "192.168.9.9" } })),
      "hostAccess.address",
      /reserved as nas/,
    ],
    [access({ address: "fd00:9::2" }), "hostAccess.address", /IPv6 address where IPv4 is meant/],
    [access({ address6: "fd00:9::2" }), "hostAccess.address6", /given no IPv6 subnet/],
    [access({ address: "192.168.9.2" }, { parent: undefined }), "hostAccess", /has no parent/],
    [access({ address: "192.168.9.2" }, { mode: "private" }), "hostAccess", /needs mode "bridge"/],
    [access({ address: "192.168.9.2" }, { mode: "vepa" }), "hostAccess", /needs mode "bridge"/],
    [access({ address: "192.168.9.2" }, { mode: "passthru" }), "hostAccess", /needs mode "bridge"/],
    [
      access({ address: "192.168.9.2" }, on({ subnet: "192.168.9.0/24", gateway: "192.168.9.1" })),
      "hostAccess.address",
      /does not say where/,
    ],
    [
      access({ address: "192.168.9.2" }, on({ ...lan, gateway: "192.168.9.65" })),
      "subnets[0].gateway",
      /is inside ipRange/,
    ],
    [access({ address: "192.168.9.2", linkName: "eth0" }), "hostAccess.linkName", /is the parent itself/],
    [access({ address: "192.168.9.2", linkName: "shim0123456789ab" }), "hostAccess.linkName", /has 16 bytes/],
    [access({ address: "192.168.9.2", macAddress: "01:00:5e:00:00:01" }), "hostAccess.macAddress", /multicast/],
    [access({ address: "192.168.9.2", mtu: 67 }), "hostAccess.mtu", /whole number of 68-65535/],
    [access({ address: "192.168.9.2", mtu: 65536 }), "hostAccess.mtu", /whole number of 68-65535/],
    [access({ address: "192.168.9.2", mtu: 1500.5 }), "hostAccess.mtu", /whole number/],
    [access({ address: "192.168.9.2", mtu: "1500" }), "hostAccess.mtu", /whole number/],
    [access({ address: "192.168.9.2", mtu: Number.NaN }), "hostAccess.mtu", /whole number/],
    [access({ address: "192.168.9.2", mtu: Number.POSITIVE_INFINITY }), "hostAccess.mtu", /whole number/],
    [
      access({ address6: "fd00:9::2", mtu: 1279 }, on({ ...lan6, ipRange: "fd00:9::1:0/112" })),
      "hostAccess.mtu",
      /whole number of 1280-65535/,
    ],
    [access({ address: "192.168.9.2", adress6: "fd00::1" }), "hostAccess.adress6", /is not an argument/],
    [access({ address: "192.168.9.2" }, { hostAccess: null }), "hostAccess", /is null/],
    [access({ address: "192.168.9.2" }, { hostAccess: "192.168.9.2" }), "hostAccess", /is not an object/],
  ],
  "labels and options": [
    [{ labels: { "wirework.owner": "me" } }, "labels", /prefix of wirework's own/],
    [{ labels: { "a b": "x" } }, "labels", /is no label key/],
    [{ labels: JSON.parse('{"__proto__": "x"}') }, "labels", /is no label key/],
    [{ labels: { a: 7 } }, "labels.a", /is not a text/],
    [{ labels: ["a"] }, "labels", /is not an object/],
    [{ driverOptions: { parent: "eth1" } }, "driverOptions.parent", /is said by the argument parent/],
    [{ driverOptions: { macvlan_mode: "vepa" } }, "driverOptions.macvlan_mode", /is said by the argument mode/],
    [
      { driverOptions: { "com.docker.network.driver.mtu": "67" } },
      'driverOptions["com.docker.network.driver.mtu"]',
      /is not an MTU/,
    ],
    [
      { driverOptions: { "com.docker.network.driver.mtu": 1500 } },
      'driverOptions["com.docker.network.driver.mtu"]',
      /is not an MTU/,
    ],
    [{ driverOptions: { a: "x\ny" } }, "driverOptions.a", /is not a line/],
    [{ driverOptions: JSON.parse('{"__proto__": "x"}') }, "driverOptions", /is no label key/],
  ],
  "arguments as a whole": [
    [{ subnet: [] }, "subnet", /is not an argument/],
    [{ ipRange: "192.168.9.64/26" }, "ipRange", /is not an argument/],
    [on({ ...lan, iprange: "x" }), "subnets[0].iprange", /is not an argument/],
    [JSON.parse('{"__proto__": {"parent": "eth0"}}'), "__proto__", /is not an argument/],
    [{ ["x".repeat(10_000)]: 1 }, '"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"', /is not an argument/],
    [null, "arguments", /is null/],
    ["eth0", "arguments", /is not an object/],
    [[], "arguments", /is not an object/],
    [{ subnets: tenThousand(() => lan) }, "subnets[1].subnet", /overlaps/],
    [{ subnets: tenThousand((index) => ({ subnet: index })) }, "subnets[0].subnet", /is not a prefix/],
    [
      on({
        subnet: "10.0.0.0/8",
        gateway: "10.0.0.1",
        reserved: Object.fromEntries(tenThousand((i) => [`a${i}`, "10.0.0.2"])),
      }),
      "subnets[0].reserved.a1",
      /reserved as a0 already/,
    ],
  ],
};

for (const [topic, rows] of Object.entries(table)) {
  describe(`a macvlan network refuses wrong ${topic}`, function () {
    this.timeout(20_000);
    for (const [settings, property, rule] of rows) {
      const what = JSON.stringify(settings, (_, value) => (value === undefined ? "undefined" : value)).slice(0, 100);
      it(`${what}: ${rule.source}`, () => {
        const found = problems(settings);
        const hit = found.find((one) => one.property === property && rule.test(one.rule));
        assert.ok(hit, `found ${JSON.stringify(found.slice(0, 5).map((one) => [one.property, one.rule]))}`);
        assert.ok(hit.wayOut.length > 0);
      });
    }
  });
}

describe("the error", () => {
  it("holds all problems at once: argument, value, rule, way out", () => {
    const settings = {
      parent: "eth0",
      mode: "brigde",
      subnets: [{ subnet: "192.168.9.5/24" }, { ...lan, gatway: "192.168.9.1" }],
      hostAccess: { address: "192.168.9.70", mtu: Number.NaN },
      labels: { "x y": "\u0435" },
    };
    assert.throws(
      () => planMacvlanNetwork(contextOf("MacvlanNetwork", "lan"), settings as never),
      (error) => {
        assert.ok(error instanceof ArgumentError);
        assert.equal(error.__pulumiRunError, true);
        assert.equal(
          error.message,
          [
            'MacvlanNetwork "lan": 6 problems',
            '  mode: "brigde": is not one of the values; choose bridge, private, vepa, passthru',
            '  subnets[0].subnet: "192.168.9.5/24": has bits set behind the prefix length; should be 192.168.9.0/24',
            "  subnets[1].gatway: is not an argument; did you mean gateway?",
            "  hostAccess.mtu: NaN: is not a whole number of 68-65535; give one of 68-65535 bytes",
            '  hostAccess.address: "192.168.9.70": is inside ipRange 192.168.9.64/26, which belongs to agents; ' +
              "choose an address of 192.168.9.0/24 outside of it",
            '  labels: "x y": has a name that is no label key; only A-Z a-z 0-9 . _ / - are allowed, first a letter or digit',
          ].join("\n"),
        );
        return true;
      },
    );
  });

  it("shows look-alikes and control characters escaped, and long values cut", () => {
    const text = (parent: string) => {
      try {
        planMacvlanNetwork(contextOf("MacvlanNetwork", "lan"), { parent });
      } catch (error) {
        return (error as Error).message.split("\n")[1];
      }
      return undefined;
    };
    assert.match(text("еth0") ?? "", /^ {2}parent: "\\u0435th0": is not a valid interface name/);
    assert.match(text("eth0\u0000\n") ?? "", /^ {2}parent: "eth0\\u0000\\n": /);
    assert.match(text("x".repeat(5000)) ?? "", /^ {2}parent: "x{99}… \(5002 characters\): has 5000 bytes/);
  });

  it("prints fifty problems and counts the rest", () => {
    const settings = { subnets: Array.from({ length: 60 }, () => ({ subnet: "x" })) };
    assert.throws(
      () => planMacvlanNetwork(contextOf("MacvlanNetwork", "lan"), settings),
      (error: Error) => error.message.split("\n").length === 52 && error.message.endsWith("  and 10 more"),
    );
  });

  it("has what the caller found before in front", () => {
    const found = [{ property: "host", rule: "is wrong", wayOut: "give another" }];
    assert.deepEqual(
      problems({ parent: "lo" }, { found }).map(({ property }) => property),
      ["host", "parent"],
    );
  });

  it("refuses names of component, project and stack that could mean something in a path", () => {
    assert.deepEqual(
      problems({}, { name: "../x", project: "a b", stack: "" }).map(({ property }) => property),
      ["project name", "stack name", "name"],
    );
  });

  it("refuses host access where there is no host", () => {
    const found = problems(access({ address: "192.168.9.2" }), { hostIdentity: undefined });
    assert.deepEqual(
      found.map(({ property, rule }) => [property, rule]),
      [["hostAccess", "changes the host, and none is given"]],
    );
  });
});
