import type { NetworkView, Place } from "./order";
import type { TopologyPort } from "./topology";

/** What a picture says of a network: driver and mode. */
export function networkKind({ driver, mode }: NetworkView): string {
  return mode === undefined ? driver : `${driver} ${mode}`;
}

/** What a picture says of a network's subnets, one text each. */
export function subnetTexts({ subnets }: NetworkView): string[] {
  return subnets.map(({ subnet, gateway, ipRange }) =>
    [subnet, gateway && `gateway ${gateway}`, ipRange && `pool ${ipRange}`].filter(Boolean).join(", "),
  );
}

/** Addresses of an agent on a network; the pool where none is fixed. */
export function placeAddresses({ endpoint: { ipv4Address, ipv6Address } }: Place): string[] {
  const fixed = [ipv4Address, ipv6Address].filter((address) => address !== undefined);
  return fixed.length > 0 ? fixed : ["from the pool"];
}

/** `8080 -> 80/tcp`, with the host's address where only one is used. */
export function portText({ internal, external, ip, protocol }: TopologyPort): string {
  const outside = `${ip === undefined ? "" : ip.includes(":") ? `[${ip}]:` : `${ip}:`}${external ?? "any"}`;
  return `${outside} -> ${internal}/${protocol}`;
}
