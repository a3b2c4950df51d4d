import { type Address, addressText, BITS, type Family, parseAddress } from "../net/address";
import { deriveInterfaceName, parseInterfaceName } from "../net/interface-name";
import { deriveMac, isLocallyAdministered, parseMac } from "../net/mac";
import { excludeAddresses, type Prefix, prefixAround, prefixText } from "../net/prefix";
import { contains } from "../net/range";
import type { Problems } from "../problems";
import { ownerOf, type PlanContext } from "./context";
import { type AddressPlan, checkFixedAddress } from "./fixed-address";
import type { Fact } from "./host-state";
import type { LanMode } from "./lan-driver";
import { read, readInteger, readObject } from "./read";
import type { Subnet } from "./subnets";

/** A second interface of the host on the LAN, by which host and agents reach each other. */
export interface HostAccessSettings {
  /**
   * Name of the interface.
   * @default - `shim-` and eight digits, from owner and network
   */
  readonly linkName?: string;
  /**
   * IPv4 address of the host on that interface: inside the subnet, outside of ipRange and DHCP ranges.
   * @default - no IPv4 host access
   */
  readonly address?: string;
  /**
   * IPv6 address of the host on that interface.
   * @default - no IPv6 host access
   */
  readonly address6?: string;
  /**
   * MAC address of the interface.
   * @default - derived from owner and network, stable
   */
  readonly macAddress?: string;
  /**
   * MTU of the interface.
   * @default - the parent's
   */
  readonly mtu?: number;
}

/** The host's own interface on the LAN, as planned. */
export interface ShimPlan {
  /** Name of the interface. */
  readonly linkName: string;
  /**
   * IPv4 address without prefix length.
   * @default - no IPv4 host access
   */
  readonly address?: string;
  /**
   * IPv6 address without prefix length.
   * @default - no IPv6 host access
   */
  readonly address6?: string;
  /**
   * MAC address.
   * @default - the parent's, on ipvlan
   */
  readonly macAddress?: string;
}

/** The network around the host's interface, as far as it was read. */
export interface HostAccessNetwork extends AddressPlan {
  /** Name in Docker. */
  readonly name: string;
  /** Interface that leads to the LAN. */
  readonly parent?: string;
  /** Whether nobody but Docker would make that interface, which comes later. */
  readonly parentMayCome: boolean;
  /** How children of that interface stand on it. */
  readonly mode: LanMode;
  /** Fixed addresses of the one agent whose own network this is; absent for a shared network. */
  readonly agent?: readonly Address[];
}

/** What host access comes to. */
export interface HostAccess {
  /** The interface. */
  readonly shim: ShimPlan;
  /** Its addresses. */
  readonly addresses: readonly Address[];
  /** Its facts. */
  readonly facts: readonly Fact[];
  /** What may surprise. */
  readonly warnings: readonly string[];
}

/**
 * Plans the host's own interface on the LAN. The kernel keeps a parent and its macvlan children apart by design, so the
 * host needs a child of its own, with an address of its own and routes that lead to the agents and to nothing else.
 */
export function planHostAccess(
  problems: Problems,
  path: string,
  settings: HostAccessSettings,
  network: HostAccessNetwork,
  context: PlanContext,
): HostAccess | undefined {
  const known = ["linkName", "address", "address6", "macAddress", "mtu"];
  const given = readObject(problems, path, settings, known);
  checkPossible(problems, path, network, context);

  const seed = `${ownerOf(context)} ${network.name}`;
  const linkName = read(problems, `${path}.linkName`, given.linkName, parseInterfaceName);
  const macAddress = read(problems, `${path}.macAddress`, given.macAddress, parseMac);
  if (macAddress !== undefined && network.mode.driver === "ipvlan") {
    problems.add(`${path}.macAddress`, macAddress, "is given, and an ipvlan has its parent's", "leave it out");
  }
  const smallest = given.address6 === undefined ? 68 : 1280;
  const unit = smallest === 1280 ? " bytes, because IPv6 needs 1280" : " bytes";
  const mtu = readInteger(problems, `${path}.mtu`, given.mtu, { from: smallest, to: 65535, unit });
  const readOwn = (argument: "address" | "address6", family: Family) =>
    readShimAddress(problems, `${path}.${argument}`, given[argument], family, network);
  const own4 = readOwn("address", 4);
  const own6 = readOwn("address6", 6);
  if (given.address === undefined && given.address6 === undefined) {
    problems.add(path, settings, "has no address", "give address, address6 or both: unused addresses of the LAN");
  }
  if (linkName !== undefined && linkName === network.parent) {
    problems.add(`${path}.linkName`, linkName, "is the parent itself", "choose another name");
  }

  const shim: ShimPlan = {
    linkName: linkName ?? deriveInterfaceName("shim-", seed),
    ...(own4 && { address: addressText(own4.address) }),
    ...(own6 && { address6: addressText(own6.address) }),
    ...(network.mode.driver === "macvlan" && { macAddress: macAddress ?? deriveMac(seed) }),
  };
  if (network.parent === undefined) {
    return undefined;
  }
  const addresses = [own4, own6].filter((one) => one !== undefined);
  const facts: Fact[] = [
    ...(network.parentMayCome ? [{ kind: "require" as const, condition: `link ${network.parent}` }] : []),
    {
      kind: "link",
      name: shim.linkName,
      parent: network.parent,
      type: network.mode.driver,
      mode: network.mode.mode,
      ...(network.mode.flag && { flag: network.mode.flag }),
      ...(shim.macAddress !== undefined && { address: shim.macAddress }),
      ...(mtu !== undefined && { mtu }),
    },
    ...shimSettings(shim),
    ...addresses.map(
      ({ address }): Fact => ({
        kind: "addr",
        address: `${addressText(address)}/${BITS[address.family]}`,
        dev: shim.linkName,
      }),
    ),
    ...addresses.flatMap((own) => shimRoutes(problems, path, shim.linkName, own, network)),
  ];
  const warnings =
    macAddress === undefined || isLocallyAdministered(macAddress)
      ? []
      : [`${path}.macAddress ${macAddress} is not locally administered: another device may have it from its maker`];
  return { shim, addresses: addresses.map(({ address }) => address), facts, warnings };
}

function checkPossible(problems: Problems, path: string, network: HostAccessNetwork, context: PlanContext): void {
  if (context.hostIdentity === undefined) {
    problems.add(path, undefined, "changes the host, and none is given", "give host, or leave hostAccess out");
  }
  if (network.parent === undefined) {
    problems.add(path, undefined, "needs a link to the LAN, and the network has no parent", "give parent");
  }
  const { driver, together, mode, flag } = network.mode;
  if (!together) {
    const [argument, value] = driver === "macvlan" ? ["mode", mode] : ["flag", flag];
    const rule = `needs ${argument} "bridge": in ${argument} "${value}" children of one parent do not reach each other on the host`;
    problems.add(path, undefined, rule, `give ${argument} "bridge", or leave hostAccess out`);
  }
}

interface ShimAddress {
  readonly path: string;
  readonly address: Address;
  readonly subnet: Subnet;
}

function readShimAddress(
  problems: Problems,
  path: string,
  value: unknown,
  family: Family,
  network: HostAccessNetwork,
): ShimAddress | undefined {
  const address = read(problems, path, value, (given) => parseAddress(given, family));
  const subnet = address && checkFixedAddress(problems, path, address, network);
  if (address === undefined || subnet === undefined) {
    return undefined;
  }
  const outside = `choose an address of ${prefixText(subnet.prefix)} outside of it`;
  if (subnet.ipRange && contains(subnet.ipRange, address)) {
    problems.add(path, value, `is inside ipRange ${prefixText(subnet.ipRange)}, which belongs to agents`, outside);
  }
  if (network.agent?.some((one) => one.family === family && one.value === address.value)) {
    problems.add(path, value, "is the address of the agent", "choose another one for the host");
  }
  return { path, address, subnet };
}

/**
 * ARP: the host has two interfaces on one LAN now. This one answers for its own address only, and never names
 * another address of the host as the sender, or the LAN would learn the host's main address at the wrong MAC.
 *
 * IPv6: the address is given by hand, so router advertisements are not heard; otherwise the host would get a second
 * default route by them. A link-local address is kept where IPv6 is wanted (addr_gen_mode 0), because neighbour
 * discovery needs it as a source when it probes a known neighbour.
 */
function shimSettings({ linkName, address6 }: ShimPlan): Fact[] {
  const sysctl = (family: string, key: string, value: string): Fact => ({
    kind: "sysctl",
    key: `net/${family}/conf/${linkName}/${key}`,
    value,
  });
  return [
    sysctl("ipv4", "arp_ignore", "1"),
    sysctl("ipv4", "arp_announce", "2"),
    sysctl("ipv6", "accept_ra", "0"),
    sysctl("ipv6", "autoconf", "0"),
    ...(address6 === undefined
      ? [sysctl("ipv6", "disable_ipv6", "1")]
      : [sysctl("ipv6", "disable_ipv6", "0"), sysctl("ipv6", "addr_gen_mode", "0")]),
  ];
}

function shimRoutes(
  problems: Problems,
  path: string,
  dev: string,
  { path: addressPath, address, subnet }: ShimAddress,
  network: HostAccessNetwork,
): Fact[] {
  return agentPrefixes(problems, path, addressPath, address, subnet, network).map((prefix) => ({
    kind: "route",
    destination: prefixText(prefix),
    dev,
  }));
}

/** Where the agents of one family are. */
function agentPrefixes(
  problems: Problems,
  path: string,
  addressPath: string,
  { family }: Address,
  subnet: Subnet,
  network: HostAccessNetwork,
): Prefix[] {
  const { ipRange, gateway, reserved } = subnet;
  if (ipRange === undefined) {
    const agents = (network.agent ?? []).filter((one) => one.family === family && contains(subnet.prefix, one));
    if (agents.length === 0) {
      const orFixed = network.agent === undefined ? "" : `, or the agent's ipv${family}Address`;
      const rule = `does not say where in ${prefixText(subnet.prefix)} the agents are, so the host cannot route to them alone`;
      problems.add(addressPath, undefined, rule, `give ${subnet.path}.ipRange${orFixed}`);
    }
    return agents.map((agent) => prefixAround(agent, BITS[family]));
  }
  if (gateway && contains(ipRange, gateway)) {
    const rule = `is inside ipRange ${prefixText(ipRange)}: with ${path} the host would reach its own router through the agents' route`;
    problems.add(`${subnet.path}.gateway`, addressText(gateway), rule, "choose an ipRange without the gateway");
    return [];
  }
  // Reserved addresses belong to other machines of the LAN: the host keeps reaching those by its parent link.
  return excludeAddresses(ipRange, [...reserved.values()]);
}
