import { addressText, parseAddress } from "./address";
import { bad, type Checked, good } from "./checked";
import { parsePrefix } from "./prefix";
import type { AddressRange } from "./range";

/** `first-last`, canonical. */
export function rangeText({ family, first, last }: AddressRange): string {
  return `${addressText({ family, value: first })}-${addressText({ family, value: last })}`;
}

/** Reads `first-last`, or a prefix. */
export function parseAddressRange(input: unknown): Checked<AddressRange> {
  const wayOut = "write first-last, such as 192.168.9.100-192.168.9.199, or a prefix";
  if (typeof input !== "string" || input === "") {
    return bad("is not an address range", wayOut);
  }
  if (!input.includes("-")) {
    return parsePrefix(input);
  }
  const [first, last, ...rest] = input.split("-").map((part) => parseAddress(part.trim()));
  if (first?.fault || last?.fault || rest.length > 0) {
    return bad("is not an address range", wayOut);
  }
  if (first.value.family !== last.value.family) {
    return bad("mixes IPv4 and IPv6", wayOut);
  }
  if (first.value.value > last.value.value) {
    return bad("ends before it begins", `write ${addressText(last.value)}-${addressText(first.value)}`);
  }
  return good({ family: first.value.family, first: first.value.value, last: last.value.value });
}
