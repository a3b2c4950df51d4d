import { addressText } from "../net/address";
import type { PseudowireEnd } from "./pseudowire-end";
import { MIRRORED, type Wire } from "./pseudowire-facts";
import { Encapsulation } from "./pseudowire-mtu";

/**
 * What the operator of an end must set, seen from that end: as a list, and for Linux. Cookies are secrets and not part
 * of it; `COOKIE` and `PEER_COOKIE` stand in their places.
 */
export function operatorSettings(wire: Wire, theirs: PseudowireEnd, ours: PseudowireEnd, cookies: boolean) {
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
  };
}
