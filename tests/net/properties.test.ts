import { strict as assert } from "node:assert";
import * as fc from "fast-check";
import { type Address, addressText, BITS, type Family, parseAddress } from "../../lib/net/address";
import { nextFree, usableRange } from "../../lib/net/address-pool";
import { parseAddressRange, rangeText } from "../../lib/net/address-range";
import { deriveInterfaceName, parseInterfaceName } from "../../lib/net/interface-name";
import { deriveMac, isLocallyAdministered, parseMac } from "../../lib/net/mac";
import {
  excludeAddresses,
  type Prefix,
  parsePrefix,
  prefixAround,
  prefixSize,
  prefixText,
  subnetRole,
} from "../../lib/net/prefix";
import { contains, overlappingPairs, overlaps } from "../../lib/net/range";
import { address, prefix, range } from "./support";

const family = fc.constantFrom<Family>(4, 6);
const anyAddress = family.chain((version) =>
  fc.bigInt({ min: 0n, max: (1n << BigInt(BITS[version])) - 1n }).map((value): Address => ({ family: version, value })),
);
const anyPrefix = anyAddress.chain((around) =>
  fc.integer({ min: 1, max: BITS[around.family] }).map((length): Prefix => prefixAround(around, length)),
);

/** Addresses of a prefix: random ones, and its edges more often than chance would have it. */
function addressesOf({ family, first, last }: Prefix): fc.Arbitrary<Address[]> {
  const edge = fc.constantFrom(first, last, first + (last > first ? 1n : 0n));
  const one = fc.oneof(edge, fc.bigInt({ min: first, max: last })).map((value): Address => ({ family, value }));
  return fc.array(one, { maxLength: 12 });
}

describe("for any address, prefix, range", function () {
  this.timeout(20_000);

  it("canonical text is a fixed point", () => {
    fc.assert(fc.property(anyAddress, (one) => assert.deepEqual(address(addressText(one)), one)));
    fc.assert(fc.property(anyPrefix, (one) => assert.deepEqual(prefix(prefixText(one)), one)));
    fc.assert(
      fc.property(anyPrefix, (one) => {
        const text = rangeText(one);
        assert.equal(rangeText(range(text)), text);
      }),
    );
  });

  it("a free address is inside of the pool, not taken, and the lowest of those", () => {
    const pools = anyPrefix.chain((pool) => addressesOf(pool).map((taken) => ({ pool, taken })));
    fc.assert(
      fc.property(pools, ({ pool, taken }) => {
        const free = nextFree(pool, taken);
        const values = new Set(taken.map(({ value }) => value));
        if (free === undefined) {
          assert.equal(BigInt(values.size), prefixSize(pool));
          return;
        }
        assert.ok(contains(pool, free) && !values.has(free.value));
        for (let value = pool.first; value < free.value; value++) {
          assert.ok(values.has(value));
        }
      }),
    );
  });

  it("a pool holds no network, anycast or broadcast address of its subnet", () => {
    const cases = anyPrefix.chain((subnet) =>
      addressesOf(subnet).chain((some) =>
        fc.integer({ min: subnet.length, max: BITS[subnet.family] }).map((length) => ({ subnet, some, length })),
      ),
    );
    fc.assert(
      fc.property(cases, ({ subnet, some, length }) => {
        for (const one of some) {
          const pool = usableRange(subnet, prefixAround(one, length));
          for (const value of [pool.first, pool.last]) {
            assert.ok(pool.first > pool.last || subnetRole(subnet, { family: pool.family, value }) === undefined);
          }
        }
      }),
    );
  });

  it("what is left of a prefix without some addresses never overlaps, and is all the rest", () => {
    const cases = anyPrefix.chain((whole) => addressesOf(whole).map((excluded) => ({ whole, excluded })));
    fc.assert(
      fc.property(cases, ({ whole, excluded }) => {
        const parts = excludeAddresses(whole, excluded);
        assert.deepEqual(overlappingPairs(parts), []);
        const size = parts.reduce((sum, part) => sum + prefixSize(part), 0n);
        assert.equal(size, prefixSize(whole) - BigInt(new Set(excluded.map(({ value }) => value)).size));
        assert.ok(!parts.some((part) => excluded.some((one) => contains(part, one))));
        // All parts are routes later: each must be a prefix, bits behind its length unset.
        const sample = parts[parts.length >> 1];
        assert.deepEqual(sample && prefix(prefixText(sample)), sample);
      }),
    );
  });

  it("overlaps are found exactly where two ranges have an address in common", () => {
    // A small world, so that overlaps are common.
    const small = fc
      .tuple(fc.bigInt({ min: 0n, max: 40n }), fc.bigInt({ min: 0n, max: 6n }), family)
      .map(([first, length, version]) => ({ family: version, first, last: first + length }));
    fc.assert(
      fc.property(fc.array(small, { maxLength: 8 }), (ranges) => {
        const pairs = overlappingPairs(ranges);
        pairs.forEach(([a, b]) => {
          assert.ok(a < b && overlaps(ranges[a]!, ranges[b]!));
        });
        const any = ranges.some((one, index) => ranges.slice(0, index).some((other) => overlaps(one, other)));
        assert.equal(pairs.length > 0, any);
      }),
    );
  });

  it("derived names and MACs are always accepted by their own checks", () => {
    fc.assert(
      fc.property(fc.string(), (seed) => {
        assert.ok(!parseInterfaceName(deriveInterfaceName("shim-", seed)).fault);
        const mac = deriveMac(seed);
        assert.deepEqual(parseMac(mac), { value: mac });
        assert.ok(isLocallyAdministered(mac));
      }),
    );
  });

  it("no input makes a parser throw", () => {
    const parsers = [parseAddress, parsePrefix, parseAddressRange, parseMac, parseInterfaceName];
    const bytes = fc.uint8Array({ maxLength: 20 }).map((octets) => Buffer.from(octets).toString("latin1"));
    const nearly = fc.stringMatching(/^[0-9a-f.:/%[\]-]{0,30}$/);
    fc.assert(
      fc.property(fc.oneof(fc.anything({ maxDepth: 1, maxKeys: 2 }), bytes, nearly), (input) => {
        for (const parse of parsers) {
          parse(input as never);
        }
      }),
    );
  });
});
