import type { Fact } from "./facts";

/**
 * What a host needs to pass IPv6 on between a link and what is behind it. A link that learns its default route from routers
 * must be told to go on with that before forwarding is switched on; the helper writes them in this order.
 */
export function forwardingFacts(uplink: string): Fact[] {
  return [
    { kind: "require", condition: `link ${uplink}` },
    setting(uplink, "accept_ra", "2"),
    setting("all", "forwarding", "1"),
    setting(uplink, "forwarding", "1"),
  ];
}

/** What it needs to answer neighbours at a link for others: the link's own setting is for those who ask everybody, the other for those who ask this host. */
export function proxyFacts(uplink: string): Fact[] {
  return [setting("all", "proxy_ndp", "1"), setting(uplink, "proxy_ndp", "1")];
}

function setting(link: string, name: string, value: string): Fact {
  return { kind: "sysctl", key: `net/ipv6/conf/${link}/${name}`, value };
}
