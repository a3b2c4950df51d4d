import { addressText, BITS } from "../net/address";
import { deriveInterfaceName, parseInterfaceName } from "../net/interface-name";
import { deriveMac, parseMac } from "../net/mac";
import { interfaceAddressText } from "../net/prefix";
import type { Problems } from "../problems";
import type { ProbedPlace } from "./address-probe";
import { type RouteSettings, readExtraAddresses, readRoutes, readSide, routeText } from "./attachment-addresses";
import { AttachedDriver, readDriver, readPlace } from "./attachment-place";
import { claimOf, hostScope, linkScope, ownerOf, type PlanContext } from "./context";
import { askedName, DHCP_ADDRESS, DHCP_CLIENT, type DhcpSettings, readDhcp, refuseBesideLease } from "./dhcp";
import type { AttachFact, Fact } from "./facts";
import { readGroups } from "./groups";
import type { Claim } from "./inventory";
import { memberPath, read, readInteger, readList, readObject } from "./read";
import { readVlanId } from "./vlan-link";

/** An interface that is put into a container, all known. Give `parent`, `bridge` or `nic`. */
export interface AttachmentSettings {
  /** @default - `eth1`, `eth2`, … in the order of the list */
  readonly name?: string;
  /** @default - `bridge` or `nic` */
  readonly parent?: string;
  /** @default - `parent` or `nic` */
  readonly bridge?: string;
  /** @default - `parent` or `bridge` */
  readonly nic?: string;
  /** @default "macvlan" */
  readonly driver?: AttachedDriver;
  /** @default - none: the parent itself */
  readonly vlan?: number;
  /** @default - no IPv4 */
  readonly ipv4Address?: string;
  /** @default - no default route, or that of the lease */
  readonly gateway?: string;
  /** @default - as the container is named, by its MAC */
  readonly dhcp?: DhcpSettings;
  /** @default - what the segment's routers announce */
  readonly ipv6Address?: string;
  /** @default - no default route of its own */
  readonly gateway6?: string;
  /** @default - derived from owner and name */
  readonly macAddress?: string;
  /** @default - that of parent or bridge */
  readonly mtu?: number;
  /** @default - none */
  readonly extraAddresses?: readonly string[];
  /** @default - none but to its own networks, and the default route */
  readonly routes?: readonly RouteSettings[];
  /** @default - none that wirework knows */
  readonly receives?: readonly string[];
}

/** What an interface comes to. */
export interface Attachment {
  /** The fact itself. */
  readonly fact: AttachFact;
  /** What must be on the host for it. */
  readonly facts: readonly Fact[];
  /** Links of ours beneath it, as the words that make them. */
  readonly links?: string;
  /** Where the LAN is asked for its fixed addresses. */
  readonly probed: ProbedPlace;
  /** Families of which it has a leased address. */
  readonly leased: readonly (4 | 6)[];
  /** Multicast groups that it receives. */
  readonly groups: readonly string[];
  /** What nobody else may have. */
  readonly claims: readonly Claim[];
}

const KNOWN: readonly (keyof AttachmentSettings)[] = [
  "name",
  "parent",
  "bridge",
  "nic",
  "driver",
  "vlan",
  "ipv4Address",
  "gateway",
  "dhcp",
  "ipv6Address",
  "gateway6",
  "macAddress",
  "mtu",
  "extraAddresses",
  "routes",
  "receives",
];

/** The container that interfaces are put into. */
export interface Attached {
  /** Its name in Docker. */
  readonly name: string;
  /** Its hostname, where that is known. */
  readonly hostname?: string;
}

/** Reads the interfaces that a container is given. */
export function readAttachments(
  problems: Problems,
  path: string,
  settings: readonly AttachmentSettings[] | undefined,
  container: Attached,
  context: PlanContext,
): Attachment[] {
  const given = readList(problems, path, settings);
  const seen = new Map<string, string>();
  const found = given.map((entry, index) => {
    return readAttachment(problems, memberPath(path, index), entry, { container, index, context, seen });
  });
  if (given.length === 0) {
    problems.add(path, undefined, "holds no interface", "give at least one, or another kind of agent");
  }
  const twice = (
    word: keyof AttachmentSettings,
    what: "dev" | "gateway" | "gateway6",
    rule: (other: string) => string,
  ) => {
    found.forEach(({ fact }, index) => {
      // A default route goes by one interface, whatever router it names.
      const same = found.findIndex((one) =>
        what === "dev" ? one.fact.dev === fact.dev : one.fact[what] !== undefined,
      );
      if (fact[what] !== undefined && same < index) {
        const wayOut = "give it to one of them";
        problems.add(`${memberPath(path, index)}.${word}`, fact[what], rule(memberPath(path, same)), wayOut);
      }
    });
  };
  twice("name", "dev", (other) => `is the name of ${other} too`);
  found.forEach(({ fact }, index) => {
    const same = (one: Attachment) => one.fact.parent === fact.parent && one.fact.type !== fact.type;
    const other = fact.type === "ipvlan" ? found.findIndex(same) : -1;
    if (other >= 0) {
      const rule = `is on the parent of ${memberPath(path, other)}, and the kernel takes macvlan or ipvlan on one, not both`;
      problems.add(`${memberPath(path, index)}.driver`, fact.type, rule, "give both the same, or one a VLAN");
    }
  });
  twice("gateway", "gateway", (other) => `is given by ${other} already`);
  twice("gateway6", "gateway6", (other) => `is given by ${other} already`);
  return found;
}

function readAttachment(
  problems: Problems,
  at: string,
  entry: AttachmentSettings,
  {
    container,
    index,
    context,
    seen,
  }: {
    readonly container: Attached;
    readonly index: number;
    readonly context: PlanContext;
    readonly seen: Map<string, string>;
  },
): Attachment {
  const given = readObject(problems, at, entry, KNOWN);
  const dev = read(problems, `${at}.name`, given.name, parseInterfaceName) ?? `eth${index + 1}`;
  const parent = read(problems, `${at}.parent`, given.parent, parseInterfaceName);
  const bridge = read(problems, `${at}.bridge`, given.bridge, parseInterfaceName);
  const nic = read(problems, `${at}.nic`, given.nic, parseInterfaceName);
  const places = (["parent", "bridge", "nic"] as const).filter((place) => given[place] !== undefined);
  if (places.length !== 1) {
    const rule = places.length === 0 ? "has neither parent, bridge nor nic" : `has ${places.join(" and ")}`;
    problems.add(
      at,
      undefined,
      rule,
      "give one: the link of the host, or the bridge, that it leads to, or a whole NIC",
    );
  }
  const vlan = readVlanId(problems, `${at}.vlan`, given.vlan);
  if (vlan !== undefined && (bridge ?? nic) !== undefined) {
    const wayOut = bridge === undefined ? "give the NIC as parent" : "give the bridge of that VLAN, or parent";
    problems.add(
      `${at}.vlan`,
      vlan,
      `is a tag on a parent, not on a ${bridge === undefined ? "NIC" : "bridge"}`,
      wayOut,
    );
  }
  const leases = { 4: given.ipv4Address === DHCP_ADDRESS, 6: given.ipv6Address === DHCP_ADDRESS };
  const leased = ([4, 6] as const).filter((family) => leases[family]);
  const driver = readDriver(problems, at, given, leased);
  const dhcp = readDhcp(problems, `${at}.dhcp`, given.dhcp, { leased, name: askedName(container.name, container) });
  if (leases[4]) {
    refuseBesideLease(problems, `${at}.gateway`, given.gateway, "is named by the lease");
  }
  if (leases[6]) {
    refuseBesideLease(problems, `${at}.gateway6`, given.gateway6, "is announced by the router itself");
  }
  const ipv4 = leases[4] ? {} : readSide(problems, at, given, 4);
  const ipv6 = leases[6] ? {} : readSide(problems, at, given, 6);
  const sides = [ipv4, ipv6];
  const own = [ipv4.address, ipv6.address].filter((one) => one !== undefined);
  const further = readExtraAddresses(problems, `${at}.extraAddresses`, given.extraAddresses, own);
  const addresses = [...own, ...further];
  const routes = readRoutes(problems, `${at}.routes`, given.routes, { addresses, leased, seen });
  const groups = readGroups(problems, `${at}.receives`, given.receives, context, { ipv6: true });
  const six =
    leases[6] || addresses.some(({ prefix }) => prefix.family === 6) || groups.some((group) => group.includes(":"));
  const least = six ? 1280 : 68;
  const mtu = readInteger(problems, `${at}.mtu`, given.mtu, { from: least, to: 65535 });
  const seed = `${ownerOf(context)} ${dev}`;
  const mac = read(problems, `${at}.macAddress`, given.macAddress, parseMac);
  // A NIC has one of its own, an ipvlan its parent's.
  const address = mac ?? (nic === undefined && driver === AttachedDriver.Macvlan ? deriveMac(seed) : undefined);
  const below = readPlace(problems, at, { parent, vlan, bridge, nic, driver }, context);
  const peer = deriveInterfaceName("wr-", seed);
  const fact: AttachFact = {
    kind: "attach",
    dev,
    container: container.name,
    ...(nic !== undefined
      ? { type: "nic", parent: nic }
      : bridge !== undefined
        ? { type: "veth", peer, master: bridge }
        : { type: driver, parent: below.link, mode: driver === AttachedDriver.Ipvlan ? "l2" : "bridge" }),
    ...(address !== undefined && { address }),
    ...(mtu !== undefined && { mtu }),
    ...(ipv4.address && { ipv4Address: interfaceAddressText(ipv4.address) }),
    ...(ipv4.gateway && { gateway: addressText(ipv4.gateway) }),
    ...(ipv6.address && { ipv6Address: interfaceAddressText(ipv6.address) }),
    ...(ipv6.gateway && { gateway6: addressText(ipv6.gateway) }),
    ...(leases[4] && { ipv4Address: DHCP_ADDRESS }),
    ...(leases[6] && { ipv6Address: DHCP_ADDRESS }),
    ...dhcp,
    ...alsoOn(further.map(interfaceAddressText), groups),
    ...(routes.length > 0 && { routes: routes.map(routeText).sort().join(" route ") }),
  };
  const lan = linkScope(context, { name: "", parent: below.link });
  const claim = (kind: Claim["kind"], value: string | undefined, argument: string, scope = lan) =>
    value === undefined ? [] : [claimOf(context, { scope, kind, value, property: `${at}.${argument}` })];
  return {
    fact,
    facts: [...below.facts, ...leased.map((family) => DHCP_CLIENT[family])],
    ...(below.links !== undefined && { links: below.links }),
    probed: {
      link: below.asked ?? below.link,
      ownMac: fact.type !== AttachedDriver.Ipvlan,
      macAddress: address,
      fixed: addresses.map((one) => ({
        address: one.address,
        gateway: sides.find((side) => side.address === one)?.gateway,
      })),
    },
    leased,
    groups,
    claims: [
      ...below.claims,
      ...further.flatMap(({ address }, n) => claim("address", addressText(address), `extraAddresses[${n}]`)),
      ...claim("address", ipv4.address && addressText(ipv4.address.address), "ipv4Address"),
      ...claim("address", ipv6.address && addressText(ipv6.address.address), "ipv6Address"),
      ...claim("mac", address, "macAddress"),
      ...(bridge === undefined ? [] : claim("interface", peer, "bridge", hostScope(context))),
    ],
  };
}

/**
 * Gives the default route to the first interface with a lease, by the router that the lease names, where no other one has it:
 * neither an interface with a gateway nor a network of Docker.
 */
export function withLeasedRoute(interfaces: readonly Attachment[], networks: number): readonly Attachment[] {
  const taken = networks > 0 || interfaces.some(({ fact }) => fact.gateway !== undefined);
  const first = taken ? undefined : interfaces.find(({ fact }) => fact.ipv4Address === DHCP_ADDRESS);
  return interfaces.map((one) => (one === first ? { ...one, fact: { ...one.fact, gateway: DHCP_ADDRESS } } : one));
}

/** The first address of each interface that is not link-local, as a verification found it. */
export function attachedAddresses(verification: string, family: 4 | 6): { [name: string]: string } {
  const found: { [name: string]: string } = {};
  for (const [, name, words] of verification.matchAll(/^interface (\S+): (.*)$/gm)) {
    const addresses = words!.split(" ").flatMap((word) => /^([0-9a-f.:]+)\/\d+$/.exec(word)?.[1] ?? []);
    const first = addresses.find((one) => one.includes(":") === (family === 6) && !one.startsWith("fe80:"));
    if (first !== undefined) found[name!] ??= first;
  }
  return found;
}

/** What an interface has beside its first addresses: further ones, and the groups that the kernel joins there. */
export function alsoOn(further: readonly string[], groups: readonly string[]): Pick<AttachFact, "also"> {
  const joined = groups.map((group) => `${group}/${group.includes(":") ? BITS[6] : BITS[4]}`);
  const also = [...further, ...joined].sort().join(",");
  return also === "" ? {} : { also };
}
