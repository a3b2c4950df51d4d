import { createHash } from "node:crypto";
import { addressText } from "./address";
import { bad, type Checked, good } from "./checked";

/** Reads a MAC address of one machine: six octets, small letters and colons in canonical form. */
export function parseMac(input: unknown): Checked<string> {
  const wayOut = "write six pairs of hex digits with colons, such as 02:42:c0:a8:09:10";
  if (typeof input !== "string" || !/^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2})*$/.test(input)) {
    return bad("is not a MAC address", wayOut);
  }
  const mac = input.toLowerCase();
  const octets = mac.split(":");
  if (octets.length !== 6) {
    return bad(`has ${octets.length} octets`, wayOut);
  }
  if (mac === "00:00:00:00:00:00") {
    return bad("is all zero, which is no address", wayOut);
  }
  if (mac === "ff:ff:ff:ff:ff:ff") {
    return bad("is the broadcast address", wayOut);
  }
  if ((firstOctet(mac) & 1) === 1) {
    return bad(
      "is a multicast address: the lowest bit of the first octet is set",
      "make the first octet even, such as 02",
    );
  }
  return good(mac);
}

/** Whether the second lowest bit of the first octet says that no manufacturer gave this address. */
export function isLocallyAdministered(mac: string): boolean {
  return (firstOctet(mac) & 2) === 2;
}

function firstOctet(mac: string): number {
  return Number.parseInt(mac.slice(0, 2), 16);
}

/** A unicast, locally administered address that is always the same for the same seed. */
export function deriveMac(seed: string): string {
  const octets = [...createHash("sha256").update(`mac ${seed}`).digest().subarray(0, 6)];
  octets[0] = (octets[0]! & 0xfc) | 2;
  return octets.map((octet) => octet.toString(16).padStart(2, "0")).join(":");
}

/** The link-local address that an interface with this MAC gives itself (RFC 4291, appendix A). */
export function linkLocalOf(mac: string): string {
  const octets = mac.split(":").map((octet) => Number.parseInt(octet, 16));
  const id = [octets[0]! ^ 2, octets[1]!, octets[2]!, 0xff, 0xfe, octets[3]!, octets[4]!, octets[5]!];
  const low = id.reduce((sum, octet) => sum * 256n + BigInt(octet), 0n);
  return addressText({ family: 6, value: (0xfe80n << 112n) + low });
}
