import { Address4, Address6 } from "ip-address";
import { bad, type Checked, good } from "./checked";

/** IP version. */
export type Family = 4 | 6;

/** An address as a number: comparison and arithmetic are the same in both families. */
export interface Address {
  /** IP version. */
  readonly family: Family;
  /** The address as a number. */
  readonly value: bigint;
}

/** Bits of an address. */
export const BITS: Readonly<Record<Family, number>> = { 4: 32, 6: 128 };

const OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
const DOTTED_QUAD = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);

/** Canonical text: dotted quad, or RFC 5952. */
export function addressText({ family, value }: Address): string {
  return family === 4 ? Address4.fromBigInt(value).correctForm() : Address6.fromBigInt(value).correctForm();
}

/** Reads an address; of one family where that is wanted. Only full forms: no octal, no zone, no port, no brackets. */
export function parseAddress(input: unknown, family?: Family): Checked<Address> {
  const example = family === 6 ? "fd00:9::10" : family === 4 ? "192.168.9.10" : "192.168.9.10 or fd00:9::10";
  if (typeof input !== "string" || input === "") {
    return bad("is not an address", `write one such as ${example}`);
  }
  const found = readAddress(input);
  if (found === undefined) {
    return bad(whyNoAddress(input), `write one such as ${example}`);
  }
  if (family !== undefined && found.family !== family) {
    return bad(`is an IPv${found.family} address where IPv${family} is meant`, `write one such as ${example}`);
  }
  return good(found);
}

function readAddress(text: string): Address | undefined {
  if (DOTTED_QUAD.test(text)) {
    return { family: 4, value: new Address4(text).bigInt() };
  }
  // Address6 takes zones and prefix lengths too; here they are faults.
  if (!/^[0-9a-fA-F:.]+$/.test(text) || !text.includes(":") || !Address6.isValid(text)) {
    return undefined;
  }
  return { family: 6, value: new Address6(text).bigInt() };
}

function whyNoAddress(text: string): string {
  if (text.includes("%")) {
    return "has a zone, which is no part of the address";
  }
  if (text.includes("/")) {
    return "has a prefix length where a single address is meant";
  }
  if (text.startsWith("[")) {
    return "has brackets, which belong to URLs";
  }
  if (/^[0-9.]+$/.test(text) && text.split(".").some((part) => part.length > 1 && part.startsWith("0"))) {
    return "has a part with leading zeros, which some programs read as octal";
  }
  return "is not an address";
}

const MAPPED_FIRST = 0xffffn << 32n;

/** Whether it is a multicast group: 224.0.0.0/4 or ff00::/8. */
export function isMulticast({ family, value }: Address): boolean {
  return family === 4 ? value >> 28n === 14n : value >> 120n === 0xffn;
}

/** What sort of address it is, where that sort can be nobody's own address on a LAN. */
export function unusableCategory(address: Address): string | undefined {
  const { family, value } = address;
  if (isMulticast(address)) {
    return "a multicast address";
  }
  if (value === 0n) {
    return "the unspecified address";
  }
  if (family === 4) {
    return unusableCategory4(value);
  }
  if (value === 1n) {
    return "the loopback address";
  }
  if (value >> 32n === 0n) {
    return "an IPv4-compatible IPv6 address";
  }
  return value >> 32n === MAPPED_FIRST >> 32n ? "an IPv4-mapped IPv6 address" : undefined;
}

function unusableCategory4(value: bigint): string | undefined {
  const first = value >> 24n;
  if (first === 0n) {
    return "an address of 0.0.0.0/8, which means this network";
  }
  if (first === 127n) {
    return "a loopback address";
  }
  return first >= 240n ? "an address of the reserved 240.0.0.0/4" : undefined;
}

/** Whether it is an IPv6 address that is valid on one link only: fe80::/10. */
export function isLinkLocal6({ family, value }: Address): boolean {
  return family === 6 && value >> 118n === 0x3fan;
}
