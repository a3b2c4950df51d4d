import type { Address } from "./address";
import { type Prefix, subnetRole } from "./prefix";
import { type AddressRange, contains } from "./range";

/** The addresses of `range` that a machine in `subnet` may bear. */
export function usableRange(subnet: Prefix, range: AddressRange): AddressRange {
  const { family } = subnet;
  const first = subnetRole(subnet, { family, value: range.first }) === undefined ? range.first : range.first + 1n;
  const last = subnetRole(subnet, { family, value: range.last }) === undefined ? range.last : range.last - 1n;
  return { family, first, last };
}

/** The lowest address of the pool that is not taken, as Docker would choose it; undefined when all are. */
export function nextFree(pool: AddressRange, taken: Iterable<Address>): Address | undefined {
  const values = new Set<bigint>();
  for (const address of taken) {
    if (contains(pool, address)) {
      values.add(address.value);
    }
  }
  let value = pool.first;
  while (values.has(value)) {
    value += 1n;
  }
  return value <= pool.last ? { family: pool.family, value } : undefined;
}
