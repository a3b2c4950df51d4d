import { strict as assert } from "node:assert";
import { deriveInterfaceName, parseInterfaceName, vlanName } from "../../lib/net/interface-name";
import { deriveMac, isLocallyAdministered, parseMac } from "../../lib/net/mac";
import { parseHostName, parseResourceName } from "../../lib/net/resource-name";

describe("interface names", () => {
  for (const name of ["eth0", "enp0s31f6", "eth0.215", "br-lan", "wlan0_ap", "a.b.c", "abcdefghijklmno", "foo.bar"]) {
    it(`may be ${name}`, () => assert.equal(parseInterfaceName(name).fault, undefined));
  }

  const bad: [name: unknown, rule: string][] = [
    ["", "is not an interface name"],
    [undefined, "is not an interface name"],
    [7, "is not an interface name"],
    ["enp0s31f6.vlan1234", "has 18 bytes"],
    ["abcdefghijklmnop", "has 16 bytes"],
    ["ééééééééé", "has 18 bytes"],
    [".", "not a valid"],
    ["..", "not a valid"],
    ["eth/0", "not a valid"],
    ["eth0:1", "not a valid"],
    ["-eth0", "not a valid"],
    ["eth 0", "not a valid"],
    ["eth0\n", "not a valid"],
    ["eth0\0", "not a valid"],
    ["eth0;id", "not a valid"],
    ["$(id)", "not a valid"],
    ["`id`", "not a valid"],
    ["eth*", "not a valid"],
    ["еth0", "not a valid"],
    ["eth%d", "%, which the kernel would expand"],
    ["all", "reserved"],
    ["default", "reserved"],
    ["lo", "reserved"],
    ["eth0.0", "VLAN 0"],
    ["eth0.4095", "VLAN 4095"],
  ];
  for (const [name, rule] of bad) {
    it(`may not be ${JSON.stringify(name) ?? "undefined"}: ${rule}`, () => {
      assert.match(parseInterfaceName(name).fault?.rule ?? "accepted", new RegExp(rule));
    });
  }

  it("with one dot and a number stand for a VLAN that Docker makes", () => {
    assert.deepEqual(vlanName("eth0.215"), { link: "eth0", id: 215 });
    assert.equal(vlanName("eth0.lan"), undefined);
    assert.equal(vlanName("a.b.5"), undefined);
  });

  it("derived from a seed fit the kernel and stay the same", () => {
    assert.equal(deriveInterfaceName("shim-", "demo/dev/MacvlanNetwork.lan lan"), "shim-cd690a10");
  });
});

describe("MAC addresses", () => {
  it("are read in any case and written in small letters", () => {
    assert.deepEqual(parseMac("02:AA:bb:CC:dd:EE"), { value: "02:aa:bb:cc:dd:ee" });
  });

  const bad: [mac: unknown, rule: string][] = [
    ["", "is not a MAC address"],
    [undefined, "is not a MAC address"],
    ["02-aa-bb-cc-dd-ee", "is not a MAC address"],
    ["02aabbccddee", "is not a MAC address"],
    ["02:aa:bb:cc:dd:eg", "is not a MAC address"],
    ["2:a:b:c:d:e", "is not a MAC address"],
    ["02:aa:bb:cc:dd", "has 5 octets"],
    ["02:aa:bb:cc:dd:ee:ff:00", "has 8 octets"],
    ["00:00:00:00:00:00", "all zero"],
    ["ff:ff:ff:ff:ff:ff", "broadcast"],
    ["01:00:5e:00:00:01", "multicast.*lowest bit of the first octet"],
    ["33:33:00:00:00:01", "multicast.*lowest bit of the first octet"],
  ];
  for (const [mac, rule] of bad) {
    it(`may not be ${JSON.stringify(mac) ?? "undefined"}: ${rule}`, () => {
      assert.match(parseMac(mac).fault?.rule ?? "accepted", new RegExp(rule));
    });
  }

  it("derived from a seed are unicast, locally administered and always the same", () => {
    assert.equal(deriveMac("demo/dev/MacvlanAgent.edge lan"), "66:3d:a2:32:e1:9d");
    assert.ok(isLocallyAdministered(deriveMac("x")));
    assert.ok(!isLocallyAdministered("00:16:3e:00:00:01"));
  });
});

describe("resource and host names", () => {
  it("are what Docker and DNS take", () => {
    for (const name of ["a", "lan", "Lan_9.x-y", "0", "x".repeat(128)]) {
      assert.equal(parseResourceName(name).fault, undefined, name);
    }
    for (const name of ["", "-x", ".x", "_x", "a b", "a/b", "ä", "x".repeat(129), 7, null, "__proto__", "a\n"]) {
      assert.notEqual(parseResourceName(name).fault, undefined, String(name));
    }
    for (const name of ["a", "probe-1.example.net", "0"]) {
      assert.equal(parseHostName(name).fault, undefined, name);
    }
    for (const name of ["", "-a", "a-", "a..b", "a_b", "a b", "x".repeat(64), `${"x.".repeat(127)}`, null]) {
      assert.notEqual(parseHostName(name).fault, undefined, String(name));
    }
  });
});
