import type { Address, Family } from "./address";

/** Addresses from the first to the last, both included. */
export interface AddressRange {
  /** IP version. */
  readonly family: Family;
  /** First address as a number. */
  readonly first: bigint;
  /** Last address as a number. */
  readonly last: bigint;
}

/** Whether the address lies in the range. */
export function contains(range: AddressRange, { family, value }: Address): boolean {
  return range.family === family && range.first <= value && value <= range.last;
}

/** Whether all of `inner` lies in `outer`. */
export function covers(outer: AddressRange, inner: AddressRange): boolean {
  return outer.family === inner.family && outer.first <= inner.first && inner.last <= outer.last;
}

/** Whether the two have an address in common. */
export function overlaps(a: AddressRange, b: AddressRange): boolean {
  return a.family === b.family && a.first <= b.last && b.first <= a.last;
}

/** A single address as a range. */
export function singleRange({ family, value }: Address): AddressRange {
  return { family, first: value, last: value };
}

/** For each range that overlaps one before it: the pair of positions. Sorted by position; one partner each. */
export function overlappingPairs(ranges: readonly AddressRange[]): [earlier: number, later: number][] {
  // A sweep over the sorted list: thousands of ranges stay cheap.
  const order = ranges.map((_, index) => index).sort((a, b) => compareRanges(ranges[a]!, ranges[b]!) || a - b);
  const pairs: [number, number][] = [];
  let widest: number | undefined;
  for (const index of order) {
    const range = ranges[index]!;
    if (widest !== undefined && overlaps(ranges[widest]!, range)) {
      pairs.push([Math.min(widest, index), Math.max(widest, index)]);
    }
    const reach = widest === undefined ? undefined : ranges[widest]!;
    if (reach === undefined || reach.family !== range.family || reach.last < range.last) {
      widest = index;
    }
  }
  return pairs.sort(([, a], [, b]) => a - b);
}

function compareRanges(a: AddressRange, b: AddressRange): number {
  return a.family - b.family || compare(a.first, b.first);
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
