import { type Address, addressText, BITS, isLinkLocal6, parseAddress } from "../net/address";
import { bad, type Checked, good } from "../net/checked";
import {
  type InterfaceAddress,
  interfaceAddressText,
  type Prefix,
  parseInterfaceAddress,
  parsePrefix,
  prefixAround,
  prefixText,
} from "../net/prefix";
import { contains } from "../net/range";
import type { Problems } from "../problems";
import { memberPath, read, readInteger, readList, readObject, readRequired } from "./read";

// What an interface that is put into a container has: addresses, routers, and routes beside the default ones.

/** A route of a container's interface, all known. */
export interface RouteSettings {
  /** Prefix or address that it leads to. */
  readonly destination: string;
  /** @default - on the interface's own segment */
  readonly via?: string;
  /** @default - the kernel's */
  readonly metric?: number;
}

/** A route that was read. */
export interface Route {
  /** Where it leads. */
  readonly destination: Prefix;
  /** Router; on the segment itself when absent. */
  readonly via?: Address;
  /** Metric; the kernel's when absent. */
  readonly metric?: number;
}

/** What IPv6 takes where no metric is given. */
const METRIC6 = 1024;

/** Its words in a fact. */
export function routeText({ destination, via, metric }: Route): string {
  const words = [prefixText(destination), via && `via ${addressText(via)}`, metric && `metric ${metric}`];
  return words.filter((word) => word !== undefined).join(" ");
}

/** One family of an interface's arguments. */
interface SideSettings {
  readonly ipv4Address?: string;
  readonly gateway?: string;
  readonly ipv6Address?: string;
  readonly gateway6?: string;
}

/** Address and router of one family. */
export function readSide(
  problems: Problems,
  at: string,
  given: SideSettings,
  family: 4 | 6,
): { address?: InterfaceAddress; gateway?: Address } {
  const [addressPath, gatewayPath] =
    family === 4 ? (["ipv4Address", "gateway"] as const) : (["ipv6Address", "gateway6"] as const);
  const address = read(problems, `${at}.${addressPath}`, given[addressPath], (value) =>
    parseInterfaceAddress(value, family),
  );
  const gateway = read(problems, `${at}.${gatewayPath}`, given[gatewayPath], (value) => parseAddress(value, family));
  if (gateway !== undefined && given[addressPath] === undefined) {
    problems.add(`${at}.${gatewayPath}`, addressText(gateway), `needs ${addressPath}`, `give ${addressPath}`);
  }
  if (gateway !== undefined && address !== undefined) {
    const text = addressText(gateway);
    if (text === addressText(address.address)) {
      problems.add(`${at}.${gatewayPath}`, text, "is the interface's own address", "give that of the router");
    } else if (!isLinkLocal6(gateway) && !contains(address.prefix, gateway)) {
      const rule = `is not in the prefix of ${interfaceAddressText(address)}`;
      problems.add(`${at}.${gatewayPath}`, text, rule, "give a router on that network");
    }
  }
  return { ...(address && { address }), ...(gateway && { gateway }) };
}

/** Reads the further addresses of an interface. */
export function readExtraAddresses(
  problems: Problems,
  path: string,
  given: readonly string[] | undefined,
  own: readonly InterfaceAddress[],
): InterfaceAddress[] {
  const found: InterfaceAddress[] = [];
  readList(problems, path, given).forEach((one, index) => {
    const at = memberPath(path, index);
    const address = readRequired(problems, at, one, (text) =>
      parseInterfaceAddress(text, String(text).includes(":") ? 6 : 4),
    );
    if (address === undefined) {
      return;
    }
    const same = ({ address: other }: InterfaceAddress) => addressText(other) === addressText(address.address);
    if (own.some(same) || found.some(same)) {
      problems.add(at, one, "is an address of this interface already", "leave it out");
    }
    found.push(address);
  });
  return found;
}

/**
 * Reads the routes of an interface, which lead beside its default ones. One destination has one route by one metric, whichever
 * interface of the container it leaves by: `seen` knows those of all, by where they were given.
 */
export function readRoutes(
  problems: Problems,
  path: string,
  given: readonly RouteSettings[] | undefined,
  {
    addresses,
    leased,
    seen,
  }: {
    readonly addresses: readonly InterfaceAddress[];
    readonly leased: readonly (4 | 6)[];
    readonly seen: Map<string, string>;
  },
): Route[] {
  return readList(problems, path, given).flatMap((one, index) => {
    const at = memberPath(path, index);
    const route = readObject(problems, at, one, ["destination", "via", "metric"]);
    const destination = readRequired(problems, `${at}.destination`, route.destination, parseDestination);
    const via = read(problems, `${at}.via`, route.via, (text) => parseAddress(text, destination?.family));
    const metric = readInteger(problems, `${at}.metric`, route.metric, { from: 1, to: 4294967295 });
    const own = addresses.find(({ prefix }) => destination && prefixText(prefix) === prefixText(destination));
    if (own !== undefined) {
      const rule = `is the network of ${interfaceAddressText(own)}, which has its route with that`;
      problems.add(`${at}.destination`, route.destination, rule, "leave it out");
    }
    if (via !== undefined) {
      const fault = routerFault(via, addresses, leased);
      if (fault !== undefined) {
        problems.add(`${at}.via`, addressText(via), fault, "give a router on a network of this interface");
      }
    }
    if (destination === undefined) {
      return [];
    }
    const kernels = destination.family === 6 ? METRIC6 : 0;
    const key = `${prefixText(destination)} ${metric ?? kernels}`;
    const other = seen.get(key);
    if (other !== undefined) {
      const rule = `has a route already, with the same metric: ${other}`;
      problems.add(`${at}.destination`, route.destination, rule, "give one of them another metric");
    }
    seen.set(key, at);
    // The kernel's own metric needs no word: one route has one text.
    return [{ destination, ...(via && { via }), ...(metric !== undefined && metric !== kernels && { metric }) }];
  });
}

/** A prefix, or an address alone; the default route has arguments of its own. */
function parseDestination(text: unknown): Checked<Prefix> {
  const family = String(text).includes(":") ? 6 : 4;
  if (/\/0$/.test(String(text)) || text === "default") {
    return bad("is the default route", `give that as ${family === 6 ? "gateway6" : "gateway"}`);
  }
  const address = parseAddress(text);
  const prefix = address.fault ? parsePrefix(text) : good(prefixAround(address.value, BITS[address.value.family]));
  if (!prefix.fault && isLinkLocal6({ family: prefix.value.family, value: prefix.value.first })) {
    return bad("is link-local, to which every link has its own route", "leave it out");
  }
  return prefix;
}

/** Why a router cannot be reached. */
function routerFault(
  via: Address,
  addresses: readonly InterfaceAddress[],
  leased: readonly (4 | 6)[],
): string | undefined {
  if (addresses.some(({ address }) => addressText(address) === addressText(via))) {
    return "is the interface's own address";
  }
  if (isLinkLocal6(via) || addresses.some(({ prefix }) => contains(prefix, via))) {
    return undefined;
  }
  return via.family === 4 && leased.includes(4)
    ? "is in the prefix of no fixed address of this interface, and the network of a lease is known to its server alone, which can give routes with it (option 121)"
    : "is in the prefix of no address of this interface";
}
