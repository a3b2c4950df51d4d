import type { Family } from "../net/address";
import type { Problems } from "../problems";
import { readInteger } from "./read";

/** What carries the frames of a pseudowire. */
export const Encapsulation = {
  /** UDP: passes NAT and most firewalls. */
  Udp: "udp",
  /** IP protocol 115, 12 bytes less per frame. */
  Ip: "ip",
} as const;
/** One of the values of {@link Encapsulation}. */
export type Encapsulation = (typeof Encapsulation)[keyof typeof Encapsulation];

/** What stands in front of a frame, by which its size on the path is known. */
export interface WireHeaders {
  readonly family: Family;
  readonly encapsulation: Encapsulation;
  readonly sublayer: boolean;
  readonly cookieBytes: number;
}

/** Smallest MTU with which a link can carry IPv6 (RFC 8200, 5). */
export const IPV6_MINIMUM = 1280;

/** An Ethernet header without its tag: part of what is carried (IEEE 802.3). */
const ETHERNET = 14;
const IP: Readonly<Record<Family, number>> = { 4: 20, 6: 40 };
const UDP = 8;
/** Flags and version, over UDP only (RFC 3931, 4.1.2.1). */
const DATA_HEADER = 4;
const SESSION_ID = 4;
/** The default sublayer, which holds the sequence number (RFC 3931, 4.6). */
const SUBLAYER = 4;

/** Bytes that a pseudowire adds to what its interface carries. */
export function wireOverhead({ family, encapsulation, sublayer, cookieBytes }: WireHeaders): number {
  const outer = IP[family] + (encapsulation === Encapsulation.Udp ? UDP + DATA_HEADER : 0);
  return outer + SESSION_ID + cookieBytes + (sublayer ? SUBLAYER : 0) + ETHERNET;
}

/** Reads the MTU inside; without one, the largest that is never fragmented. */
export function readMtu(
  problems: Problems,
  given: { readonly mtu?: unknown; readonly pathMtu?: unknown },
  headers: WireHeaders,
): { mtu: number; warnings: string[] } {
  const smallest = headers.family === 6 ? IPV6_MINIMUM : 576;
  const path = readInteger(problems, "pathMtu", given.pathMtu, { from: smallest, to: 65535, unit: " bytes" }) ?? 1500;
  const overhead = wireOverhead(headers);
  const fits = path - overhead;
  const mtu = readInteger(problems, "mtu", given.mtu, { from: 68, to: 65535 - overhead, unit: " bytes" }) ?? fits;
  const fragmented =
    `an MTU of ${mtu} makes packets of up to ${mtu + overhead} bytes, which a path of ${path} carries in fragments; ` +
    `${fits} is the largest that fits`;
  const noIpv6 = `an MTU of ${mtu} is below ${IPV6_MINIMUM}: IPv6 does not run inside (RFC 8200)`;
  return { mtu, warnings: [...(mtu > fits ? [fragmented] : []), ...(mtu < IPV6_MINIMUM ? [noIpv6] : [])] };
}
