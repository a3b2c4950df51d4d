import { parseAddressRange, rangeText } from "../net/address-range";
import { prefixText } from "../net/prefix";
import { type AddressRange, covers, overlaps } from "../net/range";
import type { Problems } from "../problems";
import { memberPath, readList, readRequired } from "./read";
import type { Subnet } from "./subnets";

/** Reads what the LAN's DHCP server gives away, and keeps Docker's own ranges off it. */
export function readDhcpRanges(
  problems: Problems,
  path: string,
  settings: readonly string[] | undefined,
  subnets: readonly Subnet[],
): readonly AddressRange[] {
  const ranges = readList(problems, path, settings).map((text, index) => {
    const at = memberPath(path, index);
    const range = readRequired(problems, at, text, parseAddressRange);
    if (range !== undefined && subnets.length > 0 && !subnets.some(({ prefix }) => covers(prefix, range))) {
      const all = subnets.map(({ prefix }) => prefixText(prefix)).join(", ");
      problems.add(at, text, "lies in no subnet of the network", `choose a part of ${all}`);
    }
    return range;
  });
  for (const { path: subnetPath, ipRange } of subnets) {
    const clash = ipRange && ranges.find((range) => range && overlaps(range, ipRange));
    if (clash) {
      const rule = `overlaps DHCP range ${rangeText(clash)}: Docker and the LAN's server would give away the same address`;
      problems.add(`${subnetPath}.ipRange`, prefixText(ipRange), rule, "choose a range that the server does not use");
    }
  }
  return ranges.filter((range) => range !== undefined);
}
