import { bad, type Checked, good } from "../net/checked";
import type { Problems } from "../problems";
import type { RequireFact } from "./facts";
import { read, readObject } from "./read";

/** An address that the LAN's DHCP server, or DHCPv6 server, leases. */
export const DHCP_ADDRESS = "dhcp";

/** What a host needs for it, by family. */
export const DHCP_CLIENT: { readonly [family in 4 | 6]: RequireFact } = {
  4: { kind: "require", condition: "dhcp client" },
  6: { kind: "require", condition: "dhcpv6 client" },
};

/** As whom a DHCP server is asked for an address. */
export interface DhcpSettings {
  /** @default - the container's hostname, else its name */
  readonly hostname?: string;
  /** @default - the MAC */
  readonly clientId?: string;
}

/** The same, as facts have it. */
export interface DhcpIdentity {
  /** One label of letters, digits and `-`. */
  readonly hostname: string;
  /** Bytes in hex. */
  readonly clientId?: string;
}

/**
 * Reads how a server is asked; nothing where the address is none of a server's. A name that was made for another purpose is
 * made to fit; one that is given here must.
 */
export function readDhcp(
  problems: Problems,
  path: string,
  given: DhcpSettings | undefined,
  { leased, name }: { readonly leased: readonly (4 | 6)[]; readonly name: string },
): DhcpIdentity | undefined {
  const settings = given === undefined ? {} : readObject(problems, path, given, ["hostname", "clientId"]);
  const hostname = read(problems, `${path}.hostname`, settings.hostname, parseLabel);
  const clientId = read(problems, `${path}.clientId`, settings.clientId, parseClientId);
  if (given !== undefined && leased.length === 0) {
    const rule = "says how a DHCP server is asked, and none is";
    problems.add(path, undefined, rule, `give ipv4Address: "${DHCP_ADDRESS}", or leave it out`);
  } else if (clientId !== undefined && !leased.includes(4)) {
    const rule = "is what a server of IPv4 is told, and a DHCPv6 server knows the agent by its MAC";
    problems.add(`${path}.clientId`, settings.clientId, rule, "leave it out, and give macAddress");
  }
  return leased.length > 0
    ? { hostname: hostname ?? labelOf(name), ...(clientId !== undefined && { clientId }) }
    : undefined;
}

/** What a server is told where nothing else is said: the container's hostname, where that is known, else its name. */
export function askedName(containerName: string, container: { readonly hostname?: string } | undefined): string {
  const hostname = container?.hostname;
  return typeof hostname === "string" ? hostname : containerName;
}

/** Refuses what a lease, or who announces its network, says itself. */
export function refuseBesideLease(problems: Problems, path: string, given: unknown, rule: string): void {
  if (given !== undefined) {
    problems.add(path, given, rule, "leave it out, or give a fixed address");
  }
}

/** A host name of one part. */
export function parseLabel(value: unknown): Checked<string> {
  const wayOut = "use letters, digits and -, at most 63, with a letter or digit at both ends";
  if (typeof value === "string" && value.length > 63) {
    return bad(`is ${value.length} characters long, and a name has room for 63`, wayOut);
  }
  const fits = typeof value === "string" && /^(?!-)[A-Za-z0-9-]+(?<!-)$/.test(value);
  return fits ? good(value) : bad("is not a host name of one part", wayOut);
}

/** Text, or hex bytes with colons, as dnsmasq's `id:` takes them: always the latter. */
export function parseClientId(value: unknown): Checked<string> {
  const wayOut = 'give 2-64 printable characters, such as "probe-1", or as many bytes in hex with colons';
  if (typeof value !== "string" || !/^[\x21-\x7e]+$/.test(value)) {
    return bad("is no text without spaces", wayOut);
  }
  const bytes = /^[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2})+$/.test(value)
    ? value.toLowerCase().split(":")
    : [...Buffer.from(value)].map((byte) => byte.toString(16).padStart(2, "0"));
  // One byte alone would be a type without an id (RFC 2132, 9.14).
  return bytes.length < 2 || bytes.length > 64
    ? bad(`has ${bytes.length} byte${bytes.length === 1 ? "" : "s"}`, wayOut)
    : good(bytes.join(":"));
}

function labelOf(name: string): string {
  const first = name.split(".")[0] ?? "";
  return (
    first
      .replace(/[^A-Za-z0-9-]/g, "-")
      .slice(0, 63)
      .replace(/^-+|-+$/g, "") || "container"
  );
}
