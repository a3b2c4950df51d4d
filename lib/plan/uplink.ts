import { type Address, addressText, type Family, isLinkLocal6, parseAddress, unusableCategory } from "../net/address";
import { bad } from "../net/checked";
import { parseInterfaceName } from "../net/interface-name";
import { type Prefix, prefixText } from "../net/prefix";
import { contains } from "../net/range";
import { type Problems, shown } from "../problems";
import { isGiven, read, readBoolean, readChoice, readObject, readRequired } from "./read";

/** A gateway that the host itself learns on the link, by DHCP or router advertisement. */
export const LEARNED_GATEWAY = "learned";

/** Whether IPv6 source addresses are translated on the uplink. */
export const SourceNat6 = {
  /** To the uplink's own address. */
  Masquerade: "masquerade",
  /** Not at all: the network's prefix is routed to this host. */
  None: "none",
} as const;
/** One of the values of {@link SourceNat6}. */
export type SourceNat6 = (typeof SourceNat6)[keyof typeof SourceNat6];

/** A link by which agents leave the host. */
export interface UplinkSettings {
  /** Name of the link. */
  readonly dev: string;
  /** @default - no IPv4 way out, unless `pointToPoint` */
  readonly gateway?: string;
  /** @default - no IPv6 way out, unless `pointToPoint` */
  readonly gateway6?: string;
  /** @default false */
  readonly pointToPoint?: boolean;
  /** @default - the address of the link */
  readonly sourceAddress?: string;
  /** @default - see `sourceNat6` */
  readonly sourceAddress6?: string;
  /** @default "masquerade" */
  readonly sourceNat6?: string;
}

/** An uplink that was read, as far as it was right. */
export interface Uplink {
  /** Name of the link. */
  readonly dev?: string;
  /** The link is all there is to say: what goes into it comes out at the other end. */
  readonly pointToPoint: boolean;
  /** Router of each family. */
  readonly gateways: ReadonlyMap<Family, Address | typeof LEARNED_GATEWAY>;
  /** Fixed source address of each family. */
  readonly sources: ReadonlyMap<Family, Address>;
  /** What becomes of IPv6 source addresses where none is fixed. */
  readonly sourceNat6: SourceNat6;
}

/** A gateway as an argument says it. */
export function gatewayText(gateway: Address | typeof LEARNED_GATEWAY): string {
  return gateway === LEARNED_GATEWAY ? gateway : addressText(gateway);
}

/** Whether traffic of a family can leave by the uplink. */
export function leads(uplink: Uplink, family: Family): boolean {
  return uplink.pointToPoint || uplink.gateways.has(family);
}

const KNOWN: readonly (keyof UplinkSettings)[] = [
  "dev",
  "gateway",
  "gateway6",
  "pointToPoint",
  "sourceAddress",
  "sourceAddress6",
  "sourceNat6",
];

/** Reads an uplink. `inside` are the prefixes of the network that leaves by it, as far as they are known. */
export function readUplink(
  problems: Problems,
  path: string,
  settings: UplinkSettings | undefined,
  inside: readonly Prefix[],
): Uplink {
  if (settings === undefined) {
    problems.add(path, settings, "is missing", 'give the second way out: { dev: "eth1", gateway: "192.168.20.1" }');
  }
  const given = isGiven(problems, path, settings) ? readObject(problems, path, settings, KNOWN) : undefined;
  const dev = given && readRequired(problems, `${path}.dev`, given.dev, parseInterfaceName);
  const pointToPoint = readBoolean(problems, `${path}.pointToPoint`, given?.pointToPoint) ?? false;
  const byFamily = <T>(argument: "gateway" | "sourceAddress", readOne: ReadOutside<T>): Map<Family, T> => {
    const found = ([4, 6] as const).flatMap((family): [Family, T][] => {
      const key = family === 4 ? argument : (`${argument}6` as const);
      const address = readOne(problems, `${path}.${key}`, given?.[key], family, inside);
      return address === undefined ? [] : [[family, address]];
    });
    return new Map(found);
  };
  const gateways = byFamily("gateway", readGateway);
  const sources = byFamily("sourceAddress", readSource);
  if (pointToPoint && gateways.size > 0) {
    const wayOut = "leave one of the two out: a gateway is a router on a shared link";
    problems.add(`${path}.pointToPoint`, pointToPoint, "is given, and a gateway too", wayOut);
  }
  if (given && !pointToPoint && given.gateway === undefined && given.gateway6 === undefined) {
    const wayOut = "give gateway, gateway6 or both; pointToPoint: true where the link has no router";
    problems.add(`${path}.gateway`, undefined, "is missing", wayOut);
  }
  for (const [family, source] of sources) {
    const gateway = gateways.get(family);
    if (gateway !== LEARNED_GATEWAY && gateway?.value === source.value) {
      const key = family === 4 ? "sourceAddress" : "sourceAddress6";
      problems.add(`${path}.${key}`, addressText(source), "is the gateway itself", "give an address of the host");
    }
  }
  return {
    ...(dev !== undefined && { dev }),
    pointToPoint,
    gateways,
    sources,
    sourceNat6: readNat6(problems, path, given),
  };
}

function readNat6(problems: Problems, path: string, given: Partial<UplinkSettings> | undefined): SourceNat6 {
  const at = `${path}.sourceNat6`;
  const sourceNat6 = readChoice(problems, at, given?.sourceNat6, Object.values(SourceNat6));
  if (sourceNat6 !== undefined && given?.sourceAddress6 !== undefined) {
    problems.add(at, sourceNat6, "is given, and sourceAddress6 too", "give one of the two");
  }
  return sourceNat6 ?? SourceNat6.Masquerade;
}

type ReadOutside<T> = (
  problems: Problems,
  path: string,
  value: unknown,
  family: Family,
  inside: readonly Prefix[],
) => T | undefined;

// A gateway may be link-local in IPv6, as routers announce themselves (RFC 4861): its link is always given.
function readGateway(problems: Problems, path: string, value: unknown, family: Family, inside: readonly Prefix[]) {
  const wayOut = `give the router on the other side of the uplink, or ${shown(LEARNED_GATEWAY)}`;
  return value === LEARNED_GATEWAY ? value : readOutside(problems, path, value, family, inside, wayOut);
}

function readSource(problems: Problems, path: string, value: unknown, family: Family, inside: readonly Prefix[]) {
  const wayOut = "give an address that the host has on the uplink";
  const address = readOutside(problems, path, value, family, inside, wayOut);
  if (address !== undefined && isLinkLocal6(address)) {
    problems.add(path, value, "is link-local, so that nobody beyond the link could answer", wayOut);
    return undefined;
  }
  return address;
}

/** Reads an address of the world outside of the agents' network. */
function readOutside(
  problems: Problems,
  path: string,
  value: unknown,
  family: Family,
  inside: readonly Prefix[],
  wayOut: string,
): Address | undefined {
  const address = read(problems, path, value, (given) => {
    const parsed = parseAddress(given, family);
    return parsed.fault ? bad(parsed.fault.rule, wayOut) : parsed;
  });
  if (address === undefined) {
    return undefined;
  }
  const category = unusableCategory(address);
  const around = inside.find((prefix) => contains(prefix, address));
  if (category !== undefined) {
    problems.add(path, value, `is ${category}`, wayOut);
  } else if (around !== undefined) {
    problems.add(path, value, `is inside the agent's own subnet ${prefixText(around)}`, wayOut);
  }
  return category === undefined && around === undefined ? address : undefined;
}
