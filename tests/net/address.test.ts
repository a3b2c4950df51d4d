import { strict as assert } from "node:assert";
import { addressText, type Family, parseAddress, unusableCategory } from "../../lib/net/address";

/** Canonical text, or the rule that was broken. */
function read(text: unknown, family?: Family): string {
  const checked = parseAddress(text, family);
  return checked.fault ? checked.fault.rule : addressText(checked.value);
}

describe("addresses", () => {
  const good: [text: string, canonical: string][] = [
    ["192.168.9.2", "192.168.9.2"],
    ["0.0.0.0", "0.0.0.0"],
    ["255.255.255.255", "255.255.255.255"],
    ["FD00:9::2", "fd00:9::2"],
    ["fd00:9:0:0:0:0:0:2", "fd00:9::2"],
    ["2001:db8:0:1:0:0:0:1", "2001:db8:0:1::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"],
    ["::", "::"],
    ["64:ff9b::192.0.2.1", "64:ff9b::c000:201"],
  ];
  for (const [text, canonical] of good) {
    it(`reads ${text} as ${canonical}`, () => assert.equal(read(text), canonical));
  }

  const bad: [text: unknown, rule: string][] = [
    ["", "is not an address"],
    [undefined, "is not an address"],
    [null, "is not an address"],
    [Number.NaN, "is not an address"],
    [167772161, "is not an address"],
    [["10.0.0.1"], "is not an address"],
    ["10.1", "is not an address"],
    ["1.2.3", "is not an address"],
    ["1.2.3.4.5", "is not an address"],
    ["0x0a.0.0.1", "is not an address"],
    ["256.0.0.1", "is not an address"],
    [" 10.0.0.1", "is not an address"],
    ["10.0.0.1\n", "is not an address"],
    ["10.0.0.1;reboot", "is not an address"],
    ["１０.0.0.1", "is not an address"],
    ["010.0.0.1", "leading zeros"],
    ["fe80::1%eth0", "zone"],
    ["10.0.0.1/24", "prefix length where a single address"],
    ["[::1]", "brackets"],
    ["1::2::3", "is not an address"],
    ["fd00::00001", "is not an address"],
    ["12345::", "is not an address"],
    ["1:2:3:4:5:6:7:8:9", "is not an address"],
  ];
  for (const [text, rule] of bad) {
    it(`refuses ${JSON.stringify(text) ?? "undefined"}: ${rule}`, () => assert.match(read(text), new RegExp(rule)));
  }

  it("names the family when the other one is meant", () => {
    assert.equal(read("10.3.4.5", 6), "is an IPv4 address where IPv6 is meant");
    assert.equal(read("fd00::1", 4), "is an IPv6 address where IPv4 is meant");
  });

  const categories: [text: string, category: string | undefined][] = [
    ["0.0.0.0", "the unspecified address"],
    ["0.1.2.3", "an address of 0.0.0.0/8, which means this network"],
    ["127.0.0.1", "a loopback address"],
    ["223.255.255.255", undefined],
    ["224.0.0.1", "a multicast address"],
    ["239.255.255.255", "a multicast address"],
    ["240.0.0.1", "an address of the reserved 240.0.0.0/4"],
    ["::", "the unspecified address"],
    ["::1", "the loopback address"],
    ["::10.0.0.1", "an IPv4-compatible IPv6 address"],
    ["::ffff:10.2.4.0", "an IPv4-mapped IPv6 address"],
    ["ff02::1", "a multicast address"],
    ["fd00::1", undefined],
    ["fe80::1", undefined],
  ];
  for (const [text, category] of categories) {
    it(`knows that ${text} is ${category ?? "an ordinary address"}`, () => {
      const checked = parseAddress(text);
      assert.equal(checked.fault ? "refused" : unusableCategory(checked.value), category);
    });
  }
});
