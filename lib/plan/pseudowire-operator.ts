import { addressText } from "../net/address";
import type { PseudowireEnd } from "./pseudowire-end";
import { MIRRORED, type Wire } from "./pseudowire-facts";
import { Encapsulation } from "./pseudowire-mtu";

/** Session ids of IOS XR go to here (Cisco-IOS-XR-l2vpn-cfg, l2tp-local-session-id). */
const IOS_XR_SESSION_ID_MAX = 65_535;

/** What others set at their end. */
export interface OperatorSettings {
  /** A line each, in words. */
  readonly settings: readonly string[];
  /** Commands for Linux. */
  readonly linux: readonly string[];
  /** Configuration of Cisco IOS XR. */
  readonly iosXr: readonly string[];
  /** Configuration of Junos. */
  readonly junos: readonly string[];
}

/**
 * What the operator of an end must set, seen from that end: as a list, for Linux, and for routers. Cookies are secrets and
 * not part of it; words in capitals stand in their places.
 */
export function operatorSettings(
  wire: Wire,
  theirs: PseudowireEnd,
  ours: PseudowireEnd,
  cookieBytes: number,
): OperatorSettings {
  const cookies = cookieBytes > 0;
  const [local, remote] = [addressText(theirs.address!), addressText(ours.address!)];
  const udp = wire.encapsulation === Encapsulation.Udp;
  const ports = udp ? ` udp_sport ${theirs.port} udp_dport ${ours.port}` : "";
  const cookie = cookies ? " cookie COOKIE peer_cookie PEER_COOKIE" : "";
  const seq = wire.sequencing === undefined ? "" : ` seq ${MIRRORED[wire.sequencing]}`;
  const sublayer = wire.sublayer ? "" : " l2spec_type none";
  const dev = theirs.interfaceName;
  return {
    settings: [
      "L2TPv3, static, pseudowire type Ethernet (RFC 3931, RFC 4719)",
      `addresses: local ${local}, remote ${remote}`,
      udp ? `UDP ports: local ${theirs.port}, remote ${ours.port}` : "over IP, protocol 115",
      `tunnel ids: local ${theirs.tunnelId}, remote ${ours.tunnelId}`,
      `session ids: local ${theirs.sessionId}, remote ${ours.sessionId}`,
      cookies ? `cookies: the output cookies, a secret; COOKIE is that of ${theirs.path}` : "no cookies",
      wire.sublayer ? "default L2-specific sublayer" : "no L2-specific sublayer",
      ...(wire.sequencing === undefined ? [] : [`sequence numbers: ${MIRRORED[wire.sequencing]}`]),
      `MTU of the interface: ${wire.mtu}`,
    ],
    linux: [
      `ip l2tp add tunnel tunnel_id ${theirs.tunnelId} peer_tunnel_id ${ours.tunnelId} encap ${wire.encapsulation} local ${local} remote ${remote}${ports}`,
      `ip l2tp add session name ${dev} tunnel_id ${theirs.tunnelId} session_id ${theirs.sessionId} peer_session_id ${ours.sessionId}${cookie}${seq}${sublayer}`,
      `ip link set dev ${dev} mtu ${wire.mtu} up`,
    ],
    iosXr: iosXr(wire, theirs, ours, cookieBytes),
    junos: [
      "# not possible: L2TP of Junos is for PPP sessions of subscribers (LAC, LNS); it has no static Ethernet session",
    ],
  };
}

/** Configuration of IOS XR; where it could not run this wire, comments that say what to declare for one that it can. */
function iosXr(wire: Wire, theirs: PseudowireEnd, ours: PseudowireEnd, cookieBytes: number): string[] {
  // Without sequence numbers it sends no L2-specific sublayer (RFC 4719, 3.2), and it numbers both ways or none.
  const numbered = wire.sequencing !== undefined;
  const problems = [
    ...(wire.encapsulation === Encapsulation.Ip ? [] : ['"encapsulation": over IP only; give Encapsulation.Ip']),
    ...([theirs, ours].every(({ sessionId }) => sessionId! <= IOS_XR_SESSION_ID_MAX)
      ? []
      : [`"sessionId" of both ends: from 1 to ${IOS_XR_SESSION_ID_MAX}`]),
    ...(numbered && wire.sequencing !== "both" ? ['"sequencing": both ways or none; give Sequencing.Both'] : []),
    // It takes longer ones as two words; which half comes first, no document of Cisco that we know says.
    ...(cookieBytes <= 4 ? [] : ['"cookies.bytes": 4']),
    ...(numbered || !wire.sublayer ? [] : ['"sublayer": only with sequence numbers; give false']),
  ];
  if (problems.length > 0) {
    return problems.map((problem) => `! not possible as declared: ${problem}`);
  }
  const [local, remote] = [addressText(theirs.address!), addressText(ours.address!)];
  const name = theirs.interfaceName;
  const family = theirs.address!.family === 6 ? "ipv6" : "ipv4";
  // What it calls local is what it expects to receive, which Linux calls the peer's.
  const cookie = (side: string, word: string) =>
    `     ${side} cookie size ${cookieBytes}${cookieBytes > 0 ? ` value 0x${word}` : ""}`;
  return [
    "l2vpn",
    ` pw-class ${name}`,
    "  encapsulation l2tpv3",
    ...(numbered ? ["   sequencing both"] : []),
    "   transport-mode ethernet",
    ...(family === "ipv4" ? [`   ipv4 source ${local}`] : []),
    ` xconnect group ${name}`,
    `  p2p ${name}`,
    "   interface INTERFACE",
    `   neighbor ${family} ${remote} pw-id ${theirs.sessionId}`,
    `    pw-class ${name}`,
    ...(family === "ipv6" ? [`    source ${local}`] : []),
    "    l2tp static",
    cookie("local", "PEER_COOKIE"),
    cookie("remote", "COOKIE"),
    `     local session ${theirs.sessionId}`,
    `     remote session ${ours.sessionId}`,
  ];
}
