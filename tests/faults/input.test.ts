import { strict as assert } from "node:assert";
import { assertHonest } from "../host/invariants";
import { assertSame, inSandbox, SHIM, stdin } from "../host/support";

const long = "x".repeat(70 * 1024);

describe("input that no program should be sent", function () {
  this.timeout(60_000);
  for (const [what, lines, says] of [
    ["a line of 70 KiB", `addr ${long} dev eth0`, /x{100,200}\.\.\.\n +not an address/],
    ["70 KiB of one digit", `route 10.0.0.0/${"1".repeat(70 * 1024)} dev eth0`, /1{100,200}\.\.\.\n +not a prefix/],
    ["a NUL", "addr 192.168.9.2/32\0 dev eth0", /not printable ASCII/],
    ["a NUL that would hide the end of a line", `${SHIM[0]}\0junk`, /not printable ASCII/],
    ["bytes that are no UTF-8", Buffer.from([0x61, 0xff, 0xfe, 0xc3, 0x28]).toString("latin1"), /not printable ASCII/],
    ["a carriage return", `${SHIM[0]}\r`, /not printable ASCII/],
    ["20 000 lines that are wrong", Array(20_000).fill("addr x dev eth0").join("\n"), /and 19900 more/],
  ] as const) {
    it(`is refused within seconds, in a bounded text: ${what}`, () =>
      inSandbox(async (host) => {
        const before = await host.snapshot();
        const start = performance.now();
        const result = await host.apply([lines]);
        const seconds = (performance.now() - start) / 1000;
        assertHonest(result, says);
        assert.ok(seconds < 20, `${seconds} s`);
        assertSame(await host.snapshot(), before);
      }));
  }

  for (const header of [
    `wirework 1\nhost ${long}\nowner a/b/c\n`,
    `wirework 1\nhost a\nowner ${long}\n`,
    `${long}\n`,
    `\0\n`,
    "\xff\n",
  ])
    it(`is refused in the header: ${JSON.stringify(header.slice(0, 24))}`, () =>
      inSandbox(async (host) => {
        const before = await host.snapshot();
        assertHonest(await host.verb("apply", header), /line|header|host|owner|printable/);
        assertSame(await host.snapshot(), before);
      }));

  it("does not harm what is there: the next input is taken", () =>
    inSandbox(async (host) => {
      await host.verb("apply", stdin([long]));
      assert.equal((await host.apply(SHIM)).code, 0);
    }));
});
