import { type Address, addressText, BITS, type Family, isLinkLocal6, parseAddress, unusableCategory } from "./address";
import { bad, type Checked, type Fault, good } from "./checked";
import { type AddressRange, contains } from "./range";

/** A range that a router can name: all addresses with the same first `length` bits. */
export interface Prefix extends AddressRange {
  /** Number of leading bits that are fixed. */
  readonly length: number;
}

/** Canonical text. */
export function prefixText({ family, first, length }: Prefix): string {
  return `${addressText({ family, value: first })}/${length}`;
}

/** The prefix of that length around an address. */
export function prefixAround({ family, value }: Address, length: number): Prefix {
  const free = BigInt(BITS[family] - length);
  const first = (value >> free) << free;
  return { family, first, last: first + (1n << free) - 1n, length };
}

/** Number of addresses. */
export function prefixSize({ first, last }: Prefix): bigint {
  return last - first + 1n;
}

/** Reads a prefix: full address, prefix length, no bits set behind it. */
export function parsePrefix(input: unknown, family?: Family): Checked<Prefix> {
  const example = family === 6 ? "fd00:9::/64" : family === 4 ? "192.168.9.0/24" : "192.168.9.0/24 or fd00:9::/64";
  const wayOut = `write address and prefix length, such as ${example}`;
  if (typeof input !== "string" || input === "") {
    return bad("is not a prefix", wayOut);
  }
  const slash = input.indexOf("/");
  const address = parseAddress(slash < 0 ? input : input.slice(0, slash), family);
  if (address.fault) {
    return bad(address.fault.rule === "is not an address" ? "is not a prefix" : address.fault.rule, wayOut);
  }
  if (slash < 0) {
    return bad("has no prefix length", wayOut);
  }
  const bits = BITS[address.value.family];
  const digits = input.slice(slash + 1);
  const length = /^(?:0|[1-9][0-9]{0,2})$/.test(digits) ? Number(digits) : Number.NaN;
  if (!(length >= 1 && length <= bits)) {
    return bad(`has prefix length ${digits.slice(0, 20) || "none"}`, `IPv${address.value.family} takes 1-${bits}`);
  }
  const prefix = prefixAround(address.value, length);
  if (prefix.first !== address.value.value) {
    return bad("has bits set behind the prefix length", `should be ${prefixText(prefix)}`);
  }
  return good(prefix);
}

/** An address of an interface, and the prefix that it shares with its neighbours. */
export interface InterfaceAddress {
  /** The address. */
  readonly address: Address;
  /** The prefix around it. */
  readonly prefix: Prefix;
}

/** Canonical text. */
export function interfaceAddressText({ address, prefix }: InterfaceAddress): string {
  return `${addressText(address)}/${prefix.length}`;
}

/** Reads an interface's address with its prefix length: one that a machine of that prefix can have. */
export function parseInterfaceAddress(input: unknown, family: Family): Checked<InterfaceAddress> {
  const wayOut = `write address and prefix length, such as ${family === 6 ? "fd00:9::90/64" : "192.168.9.90/24"}`;
  const [text = "", digits = ""] =
    typeof input === "string" ? (/^([^/]+)\/([1-9][0-9]{0,2})$/.exec(input)?.slice(1) ?? []) : [];
  if (text === "" || Number(digits) > BITS[family]) {
    return bad("is not an address with prefix length", wayOut);
  }
  const address = parseAddress(text, family);
  if (address.fault) {
    return bad(address.fault.rule, wayOut);
  }
  const prefix = prefixAround(address.value, Number(digits));
  const role = unusableCategory(address.value) ?? subnetRole(prefix, address.value);
  return role === undefined ? good({ address: address.value, prefix }) : bad(`is ${role}`, wayOut);
}

const LINK_LOCAL_6: AddressRange = prefixAround({ family: 6, value: 0xfe80n << 112n }, 10);

/** Why a prefix cannot be the subnet of a network, if it cannot. */
export function subnetFault(prefix: Prefix): Fault | undefined {
  const first: Address = { family: prefix.family, value: prefix.first };
  const wayOut = "give a unicast prefix of the LAN";
  const category = unusableCategory(first) ?? unusableCategory({ family: prefix.family, value: prefix.last });
  if (category !== undefined) {
    return { rule: `begins or ends with ${category}`, wayOut };
  }
  if (isLinkLocal6(first) || contains(prefix, { family: 6, value: LINK_LOCAL_6.first })) {
    return { rule: "clashes with the link-local prefix fe80::/64, which every link has already", wayOut };
  }
  return undefined;
}

/** What an address means to its subnet, where that keeps it from being anybody's own address. */
export function subnetRole(subnet: Prefix, address: Address): string | undefined {
  if (BITS[subnet.family] - subnet.length < 2) {
    // RFC 3021 and RFC 6164: on a link of two, both addresses are usable.
    return undefined;
  }
  if (address.value === subnet.first) {
    return subnet.family === 4 ? "the network address" : "the subnet-router anycast address";
  }
  return subnet.family === 4 && address.value === subnet.last ? "the broadcast address" : undefined;
}

/** The fewest prefixes that hold all of `prefix` but the given addresses, in order. */
export function excludeAddresses(prefix: Prefix, excluded: readonly Address[]): Prefix[] {
  const within = excluded.filter((address) => contains(prefix, address));
  if (within.length === 0) {
    return [prefix];
  }
  if (prefix.first === prefix.last) {
    return [];
  }
  return halves(prefix).flatMap((half) => excludeAddresses(half, within));
}

function halves({ family, first, last, length }: Prefix): [Prefix, Prefix] {
  const middle = first + ((last - first + 1n) >> 1n);
  return [
    { family, first, last: middle - 1n, length: length + 1 },
    { family, first: middle, last, length: length + 1 },
  ];
}
