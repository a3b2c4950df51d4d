import { strict as assert } from "node:assert";
import { addressText } from "../../lib/net/address";
import { nextFree, usableRange } from "../../lib/net/address-pool";
import { parseAddressRange, rangeText } from "../../lib/net/address-range";
import { excludeAddresses, parsePrefix, prefixText, subnetFault, subnetRole } from "../../lib/net/prefix";
import { overlappingPairs } from "../../lib/net/range";
import { address, prefix, range } from "./support";

describe("prefixes", () => {
  const good: [text: string, canonical: string][] = [
    ["192.168.9.0/24", "192.168.9.0/24"],
    ["10.0.0.0/8", "10.0.0.0/8"],
    ["192.0.2.7/32", "192.0.2.7/32"],
    ["fc00:172:17:0:0::/64", "fc00:172:17::/64"],
    ["FD00:9:0::/64", "fd00:9::/64"],
    ["fd00::7/128", "fd00::7/128"],
  ];
  for (const [text, canonical] of good) {
    it(`reads ${text} as ${canonical}`, () => assert.equal(prefixText(prefix(text)), canonical));
  }

  const bad: [text: unknown, rule: string, wayOut: string][] = [
    ["192.0.2.5/24", "bits set behind the prefix length", "should be 192.0.2.0/24"],
    ["fd00:9::1/64", "bits set behind the prefix length", "should be fd00:9::/64"],
    ["192.0.2.0", "has no prefix length", "192.168.9.0/24"],
    ["192.0.2.0/33", "has prefix length 33", "IPv4 takes 1-32"],
    ["fd00::/129", "has prefix length 129", "IPv6 takes 1-128"],
    ["0.0.0.0/0", "has prefix length 0", "IPv4 takes 1-32"],
    ["192.0.2.0/", "has prefix length none", "IPv4 takes 1-32"],
    ["192.0.2.0/024", "has prefix length 024", "IPv4 takes 1-32"],
    ["192.0.2.0/24/24", "has prefix length 24/24", "IPv4 takes 1-32"],
    ["192.0.2.0/-1", "has prefix length -1", "IPv4 takes 1-32"],
    ["192.0.2.0/255.255.255.0", "has prefix length 255.255.255.0", "IPv4 takes 1-32"],
    ["010.0.0.0/8", "leading zeros", "192.168.9.0/24"],
    ["10.1/16", "is not a prefix", "192.168.9.0/24"],
    ["0xa000000/8", "is not a prefix", "192.168.9.0/24"],
    [167772160, "is not a prefix", "192.168.9.0/24"],
    ["", "is not a prefix", "192.168.9.0/24"],
  ];
  for (const [text, rule, wayOut] of bad) {
    it(`refuses ${JSON.stringify(text)}: ${rule}`, () => {
      const { fault } = parsePrefix(text);
      assert.match(fault?.rule ?? "accepted", new RegExp(rule));
      assert.match(fault?.wayOut ?? "accepted", new RegExp(wayOut));
    });
  }

  const noSubnet: [text: string, rule: string | undefined][] = [
    ["192.168.9.0/24", undefined],
    ["192.0.2.0/24", undefined],
    ["fd00:9::/64", undefined],
    ["127.0.0.0/8", "loopback"],
    ["224.0.0.0/4", "multicast"],
    ["192.0.0.0/2", "reserved"],
    ["128.0.0.0/1", "reserved"],
    ["240.0.0.0/8", "reserved"],
    ["ff00::/8", "multicast"],
    ["::/64", "unspecified"],
    ["::ffff:10.2.4.0/120", "IPv4-mapped"],
    ["::10.0.0.0/120", "IPv4-compatible"],
    ["fe80::/63", "clashes with the link-local prefix fe80::/64"],
    ["fe80::/64", "clashes with the link-local prefix fe80::/64"],
    ["fe90::/16", "clashes with the link-local prefix fe80::/64"],
    ["f000::/4", "multicast"],
  ];
  for (const [text, rule] of noSubnet) {
    it(`${rule === undefined ? "takes" : "refuses"} ${text} as the subnet of a network`, () => {
      const fault = subnetFault(prefix(text));
      if (rule === undefined) {
        assert.equal(fault, undefined);
      } else {
        assert.match(fault?.rule ?? "accepted", new RegExp(rule));
      }
    });
  }

  it("knows the addresses of a subnet that nobody may bear", () => {
    const lan = prefix("192.168.9.0/24");
    assert.equal(subnetRole(lan, address("192.168.9.0")), "the network address");
    assert.equal(subnetRole(lan, address("192.168.9.255")), "the broadcast address");
    assert.equal(subnetRole(lan, address("192.168.9.1")), undefined);
    const lan6 = prefix("fd00:9::/64");
    assert.equal(subnetRole(lan6, address("fd00:9::")), "the subnet-router anycast address");
    assert.equal(subnetRole(lan6, address("fd00:9::ffff:ffff:ffff:ffff")), undefined);
  });

  it("lets both addresses of a link of two be used", () => {
    for (const [link, first, last] of [
      ["192.0.2.0/31", "192.0.2.0", "192.0.2.1"],
      ["fd00::/127", "fd00::", "fd00::1"],
    ] as const) {
      assert.equal(subnetRole(prefix(link), address(first)), undefined);
      assert.equal(subnetRole(prefix(link), address(last)), undefined);
    }
  });

  it("leaves addresses out with the fewest prefixes", () => {
    const rest = excludeAddresses(prefix("192.168.1.128/25"), [address("192.168.1.128"), address("192.168.1.129")]);
    assert.deepEqual(rest.map(prefixText), [
      "192.168.1.130/31",
      "192.168.1.132/30",
      "192.168.1.136/29",
      "192.168.1.144/28",
      "192.168.1.160/27",
      "192.168.1.192/26",
    ]);
    assert.deepEqual(excludeAddresses(prefix("192.0.2.7/32"), [address("192.0.2.7")]), []);
    const whole = excludeAddresses(prefix("192.0.2.0/24"), [address("198.51.100.1"), address("fd00::1")]);
    assert.deepEqual(whole.map(prefixText), ["192.0.2.0/24"]);
  });
});

describe("address ranges", () => {
  it("are read as first-last or as a prefix", () => {
    assert.equal(rangeText(range("192.168.9.100-192.168.9.199")), "192.168.9.100-192.168.9.199");
    assert.equal(rangeText(range("192.168.9.100 - 192.168.9.199")), "192.168.9.100-192.168.9.199");
    assert.equal(rangeText(range("192.168.9.64/26")), "192.168.9.64-192.168.9.127");
    assert.equal(rangeText(range("FD00::1-FD00::f")), "fd00::1-fd00::f");
  });

  const bad: [text: unknown, rule: string][] = [
    ["", "is not an address range"],
    [7, "is not an address range"],
    ["192.168.9.100-", "is not an address range"],
    ["192.168.9.100-199", "is not an address range"],
    ["a-b-c", "is not an address range"],
    ["192.168.9.1-192.168.9.2-192.168.9.3", "is not an address range"],
    ["192.168.9.9-192.168.9.1", "ends before it begins"],
    ["192.168.9.9-fd00::1", "mixes IPv4 and IPv6"],
    ["192.168.9.9", "has no prefix length"],
  ];
  for (const [text, rule] of bad) {
    it(`refuse ${JSON.stringify(text)}: ${rule}`, () => {
      assert.match(parseAddressRange(text).fault?.rule ?? "accepted", new RegExp(rule));
    });
  }

  it("that overlap are found, each with one partner, in the order of the arguments", () => {
    const texts = [
      "10.0.0.0/8",
      "192.168.9.0/24",
      "fd00::/8",
      "10.1.0.0/16",
      "10.2.0.0/16",
      "192.168.8.0/24",
      "fd00::/64",
    ];
    assert.deepEqual(overlappingPairs(texts.map(range)), [
      [0, 3],
      [0, 4],
      [2, 6],
    ]);
  });
});

describe("pools", () => {
  it("give the first free address of the seed's numbers", () => {
    // Seed 002: --ip-range 192.168.1.128/25 with my_pc .128 and my_router .129.
    const pool = usableRange(prefix("192.168.1.0/24"), prefix("192.168.1.128/25"));
    const free = nextFree(pool, [address("192.168.1.128"), address("192.168.1.129"), address("192.168.1.1")]);
    assert.equal(free && addressText(free), "192.168.1.130");
  });

  it("leave out the addresses that nobody may bear", () => {
    const lan = prefix("192.0.2.0/30");
    assert.equal(rangeText(usableRange(lan, lan)), "192.0.2.1-192.0.2.2");
    const lan6 = prefix("fd00::/126");
    assert.equal(rangeText(usableRange(lan6, lan6)), "fd00::1-fd00::3");
  });

  it("say when nothing is left", () => {
    const lan = prefix("192.0.2.0/30");
    assert.equal(nextFree(usableRange(lan, lan), [address("192.0.2.1"), address("192.0.2.2")]), undefined);
  });
});
