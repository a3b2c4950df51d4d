import { addressText } from "../net/address";
import { linkLocalOf } from "../net/mac";
import type { Fact, ReachFact } from "./facts";
import { factText } from "./host-state";
import type { PseudowireEnd } from "./pseudowire-end";
import { Encapsulation, IPV6_MINIMUM } from "./pseudowire-mtu";

/** What both ends have in common. */
export interface Wire {
  readonly encapsulation: Encapsulation;
  readonly mtu: number;
  readonly sublayer: boolean;
  readonly sequencing?: "send" | "recv" | "both";
}

/** Which frames are numbered, as the other end sees it. */
export const MIRRORED = { send: "recv", recv: "send", both: "both" } as const;

/** Names of the secrets of one end: what it sends, and what it expects. */
export interface CookieNames {
  readonly sent: string;
  readonly expected: string;
}

/** Tunnel, session, and the bridge beside them: an end that nobody is plugged into yet. */
export function endFacts(wire: Wire, end: PseudowireEnd, peer: PseudowireEnd, cookies?: CookieNames): Fact[] {
  const [local, remote] = [addressText(end.address!), addressText(peer.address!)];
  const udp = wire.encapsulation === Encapsulation.Udp;
  return [
    ...moduleNames(wire, end).map((name): Fact => ({ kind: "module", name })),
    ...(reachFacts(wire, end, peer).length === 0 ? [] : [{ kind: "require", condition: "program ping" } as const]),
    ...(end.underlay === undefined
      ? []
      : [{ kind: "require", condition: `path ${remote} from ${local} dev ${end.underlay}` } as const]),
    {
      kind: "tunnel",
      id: end.tunnelId,
      peer: peer.tunnelId,
      encap: wire.encapsulation,
      local,
      remote,
      ...(udp && { sport: end.port, dport: peer.port }),
    },
    {
      kind: "session",
      id: end.sessionId,
      peer: peer.sessionId,
      tunnel: end.tunnelId,
      dev: end.interfaceName,
      ...(cookies && { cookie: cookies.sent, peerCookie: cookies.expected }),
      ...(wire.sequencing && { seq: wire.sequencing }),
      ...(wire.sublayer ? {} : { l2spec: "none" as const }),
      address: end.macAddress,
      mtu: wire.mtu,
    },
    ...bridgeFacts(end),
  ];
}

/** What the kernel needs for the wire; over IP each family has a module of its own. */
function moduleNames({ encapsulation }: Wire, { address }: PseudowireEnd): string[] {
  const overIp = address?.family === 6 ? "l2tp_ip6" : "l2tp_ip";
  return ["l2tp_eth", ...(encapsulation === Encapsulation.Ip ? [overIp] : [])];
}

// Its MAC address is given, because a bridge without one takes that of its ports, and changes it with them.
function bridgeFacts({ bridge }: PseudowireEnd): Fact[] {
  if (bridge === undefined) {
    return [];
  }
  const { name, macAddress, port, stp } = bridge;
  const existing = stp ? `bridge ${name} stp` : `bridge ${name}`;
  return [
    ...(macAddress === undefined
      ? [{ kind: "require", condition: existing } as const]
      : [{ kind: "link", name, type: "bridge", address: macAddress, ...(stp && { stpState: 1 as const }) } as const]),
    ...(port === undefined
      ? []
      : ([
          { kind: "require", condition: `link ${port}` },
          { kind: "require", condition: `not-management ${port}` },
          // Such as that of the wire's own end, which would then lead into the wire.
          { kind: "require", condition: `no-address ${port}` },
        ] as const)),
  ];
}

/** What plugs an end in, once frames are known to cross, and what must answer across it from then on. */
export function joinFacts(wire: Wire, end: PseudowireEnd, peer: PseudowireEnd): Fact[] {
  const { interfaceName, bridge } = end;
  if (bridge === undefined) {
    return reachFacts(wire, end, peer);
  }
  const port = (dev: string): Fact => ({ kind: "set", dev, master: bridge.name });
  const local: Fact[] =
    bridge.port === undefined
      ? []
      : [
          port(bridge.port),
          { kind: "set", dev: bridge.port, promisc: "on" },
          { kind: "set", dev: bridge.port, state: "up" },
        ];
  return [port(interfaceName), ...local, ...reachFacts(wire, end, peer)];
}

/**
 * What answers at the other end: its link-local address, which is known because its MAC address is. Plugged into a bridge,
 * an interface has no address of its own any more, and the bridge's answers.
 */
function reachFacts({ mtu }: Wire, end: PseudowireEnd, peer: PseudowireEnd): ReachFact[] {
  if (mtu < IPV6_MINIMUM || peer.hostIdentity === undefined) {
    return [];
  }
  const bridge = peer.bridge?.macAddress;
  return [
    {
      kind: "reach",
      address: linkLocalOf(peer.macAddress),
      ...(bridge !== undefined && { or: linkLocalOf(bridge) }),
      dev: end.interfaceName,
      mtu,
    },
  ];
}

/** How an end asks the other, before it is plugged in. */
export function proofLines(wire: Wire, end: PseudowireEnd, peer: PseudowireEnd): string[] {
  const asked = reachFacts(wire, end, peer).map(factText);
  return asked.length === 0 ? [] : ["timeout 30", ...asked];
}
