import { type Address, addressText, type Family, isLinkLocal6, parseAddress } from "../net/address";
import { usableRange } from "../net/address-pool";
import { type Prefix, parsePrefix, prefixSize, prefixText, subnetFault, subnetRole } from "../net/prefix";
import { type AddressRange, contains, covers, overlappingPairs } from "../net/range";
import { parseResourceName } from "../net/resource-name";
import type { Problems } from "../problems";
import { memberPath, read, readList, readObject, readRecord, readRequired } from "./read";

/** One subnet of a network. */
export interface SubnetSettings {
  /** Prefix of the LAN, such as `192.168.9.0/24` or `fd00:9::/64`. */
  readonly subnet: string;
  /**
   * Router of the LAN. Give it wherever there is one: Docker takes the first free address as gateway otherwise.
   * @default - none known
   */
  readonly gateway?: string;
  /**
   * Part of the subnet from which Docker takes addresses, as a prefix.
   * @default - the whole subnet
   */
  readonly ipRange?: string;
  /**
   * Addresses that Docker must not give away: name to address.
   * @default - none
   */
  readonly reserved?: { [name: string]: string };
}

/** A subnet that was read. */
export interface Subnet {
  /** Argument that holds it, for what is found wrong later. */
  readonly path: string;
  /** The subnet. */
  readonly prefix: Prefix;
  /** Router. */
  readonly gateway?: Address;
  /** Where Docker takes addresses from. */
  readonly ipRange?: Prefix;
  /** Addresses that Docker must not give away, by name. */
  readonly reserved: ReadonlyMap<string, Address>;
}

/** Name under which the host's own address on the LAN is reserved in Docker. */
export const SHIM_RESERVATION = "wirework-shim";

/** Reads the subnets of a network and compares them with one another. */
export function readSubnets(
  problems: Problems,
  path: string,
  settings: readonly SubnetSettings[] | undefined,
): readonly Subnet[] {
  const list = readList(problems, path, settings);
  if (settings !== undefined && Array.isArray(settings) && list.length === 0) {
    problems.add(path, settings, "is empty", "give a subnet, or leave the argument out and Docker chooses one");
  }
  const subnets = list.flatMap((one, index) => readSubnet(problems, memberPath(path, index), one) ?? []);
  for (const [earlier, later] of overlappingPairs(subnets.map(({ prefix }) => prefix))) {
    const [first, second] = [subnets[earlier]!, subnets[later]!];
    const rule = `overlaps ${first.path}.subnet, ${prefixText(first.prefix)}`;
    problems.add(`${second.path}.subnet`, prefixText(second.prefix), rule, "give subnets without common addresses");
  }
  return subnets;
}

/** Reads the subnets of a network that Docker is to make. */
export function readOwnSubnets(
  problems: Problems,
  path: string,
  settings: readonly SubnetSettings[] | undefined,
): readonly Subnet[] {
  const subnets = readSubnets(problems, path, settings);
  if (subnets.length > 0 && !isIncomplete(settings, subnets) && subnets.every(({ prefix }) => prefix.family === 6)) {
    // Docker adds one of its own choice, which the provider reads at the next refresh.
    const rule =
      "are of IPv6 alone: Docker adds an IPv4 subnet, which a refresh takes for a change that replaces the network";
    const wayOut = 'give an IPv4 subnet too, one that nobody else uses: { subnet: "172.31.7.0/24" }';
    problems.add(
      path,
      subnets.map(({ prefix }) => prefixText(prefix)),
      rule,
      wayOut,
    );
  }
  return subnets;
}

/** Whether some of the subnets could not be read, so that nothing can be said of what is outside of the others. */
export function isIncomplete(given: readonly SubnetSettings[] | undefined, read: readonly Subnet[]): boolean {
  return given !== undefined && given !== null && given.length !== read.length;
}

function readSubnet(problems: Problems, path: string, settings: SubnetSettings): Subnet | undefined {
  if (settings === undefined || settings === null) {
    problems.add(path, settings, "is missing", 'give an object such as { subnet: "192.168.9.0/24" }');
    return undefined;
  }
  const given = readObject(problems, path, settings, ["subnet", "gateway", "ipRange", "reserved"]);
  const prefix = readRequired(problems, `${path}.subnet`, given.subnet, (value) => parsePrefix(value));
  const fault = prefix && subnetFault(prefix);
  if (prefix === undefined || fault) {
    if (fault) {
      problems.add(`${path}.subnet`, given.subnet, fault.rule, fault.wayOut);
    }
    // Without a subnet the rest cannot be judged, but its form can.
    read(problems, `${path}.gateway`, given.gateway, (value) => parseAddress(value));
    read(problems, `${path}.ipRange`, given.ipRange, (value) => parsePrefix(value));
    return undefined;
  }
  const gateway = readGateway(problems, `${path}.gateway`, given.gateway, prefix);
  const ipRange = readIpRange(problems, `${path}.ipRange`, given.ipRange, prefix);
  const reserved = readReserved(problems, `${path}.reserved`, given.reserved, prefix, gateway);
  const subnet = { path, prefix, gateway, ipRange, reserved };
  checkImpliedGateway(problems, subnet, given.gateway !== undefined);
  return subnet;
}

function readGateway(problems: Problems, path: string, value: unknown, prefix: Prefix): Address | undefined {
  const address = read(problems, path, value, (given) => parseAddress(given, prefix.family));
  if (address === undefined) {
    return undefined;
  }
  if (isLinkLocal6(address) && !contains(prefix, address)) {
    const wayOut = `give the router's address in ${prefixText(prefix)}, or none: agents learn fe80:: routers by themselves`;
    problems.add(path, value, "is link-local, which Docker does not take as the gateway of a LAN subnet", wayOut);
    return undefined;
  }
  return isOwnAddress(problems, path, value, prefix, address) ? address : undefined;
}

function isOwnAddress(problems: Problems, path: string, value: unknown, prefix: Prefix, address: Address): boolean {
  const wayOut = `choose an address inside ${prefixText(prefix)}`;
  if (!contains(prefix, address)) {
    problems.add(path, value, `is outside of subnet ${prefixText(prefix)}`, wayOut);
    return false;
  }
  const role = subnetRole(prefix, address);
  if (role !== undefined) {
    problems.add(path, value, `is ${role} of ${prefixText(prefix)}`, `choose another address of ${prefixText(prefix)}`);
  }
  return role === undefined;
}

function readIpRange(problems: Problems, path: string, value: unknown, prefix: Prefix): Prefix | undefined {
  const range = read(problems, path, value, (given) => parsePrefix(given, prefix.family));
  if (range === undefined || covers(prefix, range)) {
    return range;
  }
  const bigger = prefixSize(range) > prefixSize(prefix) ? "is bigger than" : "is outside of";
  const rule = `${bigger} subnet ${prefixText(prefix)}`;
  problems.add(
    path,
    value,
    rule,
    `choose a part of ${prefixText(prefix)}, with a prefix length of ${prefix.length} or more`,
  );
  return undefined;
}

function readReserved(
  problems: Problems,
  path: string,
  value: SubnetSettings["reserved"],
  prefix: Prefix,
  gateway: Address | undefined,
): ReadonlyMap<string, Address> {
  const reserved = new Map<string, Address>();
  const names = new Map<bigint, string>();
  for (const [name, text] of readRecord(problems, path, value, parseResourceName)) {
    const at = memberPath(path, name);
    if (name === SHIM_RESERVATION) {
      problems.add(at, text, "has the name under which hostAccess reserves its address", "choose another name");
      continue;
    }
    const address = readRequired(problems, at, text, (given) => parseAddress(given, prefix.family));
    if (address === undefined || !isOwnAddress(problems, at, text, prefix, address)) {
      continue;
    }
    const other = names.get(address.value);
    if (gateway?.value === address.value) {
      problems.add(at, text, "is the gateway, which Docker never gives away", "leave it out");
    } else if (other !== undefined) {
      problems.add(at, text, `is reserved as ${other} already`, "reserve an address once");
    }
    names.set(address.value, name);
    reserved.set(name, address);
  }
  return reserved;
}

/** The address that Docker takes as gateway when none is given: it does so before it looks at reserved addresses. */
export function impliedGateway({ prefix, gateway, ipRange }: Pick<Subnet, "prefix" | "gateway" | "ipRange">) {
  const { family, first } = usableRange(prefix, ipRange ?? prefix);
  return gateway === undefined ? { family, value: first } : undefined;
}

function checkImpliedGateway(problems: Problems, subnet: Subnet, gatewayGiven: boolean): void {
  const implied = impliedGateway(subnet);
  for (const [name, address] of subnet.reserved) {
    if (!gatewayGiven && implied?.value === address.value) {
      const rule = "is the address that Docker takes as gateway when none is given";
      problems.add(
        memberPath(`${subnet.path}.reserved`, name),
        addressText(address),
        rule,
        `give ${subnet.path}.gateway`,
      );
    }
  }
}

/** Where Docker takes dynamic addresses from. */
export function poolOf({ prefix, ipRange }: Subnet): AddressRange {
  return usableRange(prefix, ipRange ?? prefix);
}

/** The subnet that holds an address. */
export function subnetAround(subnets: readonly Subnet[], address: Address): Subnet | undefined {
  return subnets.find(({ prefix }) => contains(prefix, address));
}

/** Subnets of one family, in the order given. */
export function ofFamily(subnets: readonly Subnet[], family: Family): readonly Subnet[] {
  return subnets.filter(({ prefix }) => prefix.family === family);
}

/** Whether there are subnets of both families. */
export function isDualStack(subnets: readonly Subnet[]): boolean {
  return ([4, 6] as const).every((family) => ofFamily(subnets, family).length > 0);
}

/** The same subnets in canonical text. */
export function subnetSettings(subnets: readonly Subnet[]): SubnetSettings[] {
  return subnets.map(({ prefix, gateway, ipRange, reserved }) => ({
    subnet: prefixText(prefix),
    ...(gateway && { gateway: addressText(gateway) }),
    ...(ipRange && { ipRange: prefixText(ipRange) }),
    ...(reserved.size > 0 && { reserved: reservedTexts(reserved) }),
  }));
}

/** Name to canonical text, sorted by name. */
export function reservedTexts(reserved: ReadonlyMap<string, Address>): { [name: string]: string } {
  const sorted = [...reserved].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([name, address]) => [name, addressText(address)]));
}
