import { createHash } from "node:crypto";
import type { Address } from "./address";
import { type AddressRange, contains } from "./range";

/** Tries by name before the next free address is taken: by then nearly the whole range is excluded. */
const TRIES = 200;

/**
 * The address of a name: always the same in the same range, whatever other names there are. An excluded address moves only
 * the name that it hits. Undefined when every address is excluded.
 */
export function stableAddress(
  name: string,
  range: AddressRange,
  excluded: readonly AddressRange[],
): Address | undefined {
  const { family, first, last } = range;
  const size = last - first + 1n;
  const free = (address: Address) => !excluded.some((one) => contains(one, address));
  let value = first;
  for (let round = 0; round < TRIES; round++) {
    const digest = createHash("sha256").update(`address ${round} ${name}`).digest();
    value = first + (BigInt(`0x${digest.subarray(0, 20).toString("hex")}`) % size);
    if (free({ family, value })) {
      return { family, value };
    }
  }
  // From there upwards and round, over each excluded range in one step.
  for (let steps = 0; steps <= 2 * excluded.length + 1; steps++) {
    const over = excluded.find((one) => contains(one, { family, value }));
    if (over === undefined) {
      return { family, value };
    }
    value = over.last + 1n > last ? first : over.last + 1n;
  }
  return undefined;
}
