import type { Fact } from "../plan/facts";
import { type Backend, type FactOf, factsOf, fileName, numbered } from "./backend";
import { GROUP, linkOfSetting, linksInOrder, linksOfOthers, PROTOCOL, SCRIPT_KINDS } from "./commands";

// Each link has one file, which says what the link is: ours to links of ours, and to lo. What an owner has on a link is a
// drop-in of that file, so that owners do not meet. A file of others is found on the host: `@eth0.network` is the one that
// configures eth0, whoever wrote it.

const FOLDER = "/etc/systemd/network";
/** Before all that others write, who may match any link. */
const OURS = "05-wirework-";
/** What stands on no link: this one is always there, so that it holds while others have no carrier. */
const ALWAYS = "lo";

/** systemd-networkd makes our links, and sets what stands on them, and on links that it brings up for others. */
export const networkd: Backend = {
  kinds: SCRIPT_KINDS,
  refuses: (fact, facts) => {
    if (fact.kind !== "sysctl" || !/\/accept_ra$/.test(fact.key)) {
      return undefined;
    }
    const link = linkOfSetting(fact);
    return link !== undefined && linksOfOthers(facts).includes(link)
      ? `it hears router advertisements itself, and sets this to 0 whenever it starts; give the .network file of ${link} IPv6AcceptRA=yes instead`
      : undefined;
  },
  render: (owner, facts) => {
    const name = fileName(owner);
    const links = linksInOrder(facts).flatMap(linkAndPeer);
    const own = new Set(links.map((link) => link.name));
    const onLinks = sections(facts, links);
    const onAlways = onLinks.has(ALWAYS) ? [ALWAYS] : [];
    const settings = factsOf(facts, "sysctl");
    return [
      { kind: "require", condition: "persistence networkd" },
      ...[...onAlways, ...linksOfOthers(facts)].map(
        (link): Fact => ({ kind: "require", condition: `networkd ${link}` }),
      ),
      // It hands sysctl.d to links that come later.
      ...(settings.some((fact) => own.has(linkOfSetting(fact) ?? ""))
        ? [{ kind: "require", condition: "service systemd-udevd" } as const]
        : []),
      ...links.flatMap((link) => [
        ...(link.type === undefined ? [] : file(`${FOLDER}/${OURS}${link.name}.netdev`, netdev(link))),
        ...file(`${FOLDER}/${OURS}${link.name}.network`, network(link.name, link.mtu)),
      ]),
      ...onAlways.flatMap(() => file(`${FOLDER}/${OURS}${ALWAYS}.network`, network(ALWAYS))),
      ...[...onLinks].flatMap(([link, lines]) => {
        const folder = own.has(link) || link === ALWAYS ? `${OURS}${link}` : `@${link}`;
        return file(`${FOLDER}/${folder}.network.d/wirework-${name}.${link}.conf`, [
          `# wirework: facts of ${owner}`,
          ...lines,
        ]);
      }),
      ...(settings.length === 0
        ? []
        : file(`/etc/sysctl.d/90-wirework-${name}.conf`, [
            `# wirework: facts of ${owner}`,
            // With a link that is not there yet, all is in order.
            ...settings.map(({ key, value }) => `-${key} = ${value}`),
          ])),
    ];
  },
  warnings: () => [
    'persistence "networkd": systemd-networkd reads its files at boot, or when it is told to: "networkctl reload". Until then it keeps to what it read before, also when a link loses its carrier.',
  ],
};

/** A link that a file makes; the other end of a veth comes with its first, and has no type. */
type Made = Omit<FactOf<"link">, "kind" | "type"> & { readonly type?: FactOf<"link">["type"] };

function linkAndPeer(link: FactOf<"link">): Made[] {
  return link.peer === undefined ? [link] : [link, { name: link.peer, mtu: link.mtu }];
}

function file(path: string, lines: readonly string[]): Fact[] {
  return numbered(lines.map(checked), { kind: "file", path: checked(path) });
}

/** `Key=value` of each key that has a value. */
function pairs(values: Readonly<Record<string, string | number | undefined>>): string[] {
  return Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${value}`]));
}

function netdev({ name, type, mode, flag, id, protocol, peer, address, mtu, stpState }: Made): string[] {
  const capital = (word: string | undefined) => word?.toUpperCase();
  const own: { readonly [T in FactOf<"link">["type"]]: readonly string[] } = {
    macvlan: ["[MACVLAN]", ...pairs({ Mode: mode })],
    ipvlan: ["[IPVLAN]", ...pairs({ Mode: capital(mode), Flags: flag })],
    vlan: ["[VLAN]", ...pairs({ Id: id, Protocol: protocol })],
    bridge: ["[Bridge]", ...(stpState === undefined ? ["ForwardDelaySec=0"] : ["STP=yes", "ForwardDelaySec=2"])],
    veth: ["[Peer]", ...pairs({ Name: peer })],
    dummy: [],
  };
  return [
    `# wirework: link ${name}`,
    "[NetDev]",
    ...pairs({ Name: name, Kind: type, MACAddress: address, MTUBytes: mtu }),
    ...(type === undefined ? [] : own[type]),
  ];
}

/** What a link is for itself. It is up, and bears what it has, with or without a carrier: as the helper sets it. */
function network(name: string, mtu?: number): string[] {
  const link = name === ALWAYS ? {} : { Group: GROUP, MTUBytes: mtu };
  return [
    `# wirework: link ${name}`,
    "[Match]",
    `Name=${name}`,
    "[Link]",
    ...pairs({ ...link, RequiredForOnline: "no" }),
    "[Network]",
    "ConfigureWithoutCarrier=yes",
    // Where it hears routers for the kernel, it takes no more from them than the kernel would.
    ...(name === ALWAYS ? [] : ["[IPv6AcceptRA]", "UseDNS=no", "UseDomains=no", "DHCPv6Client=no"]),
  ];
}

/** What an owner has on each link. */
function sections(facts: readonly Fact[], links: readonly Made[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const add = (link: string, ...lines: string[]) => found.set(link, [...(found.get(link) ?? []), ...lines]);
  const settings = new Map(factsOf(facts, "sysctl").map(({ key, value }) => [key, value]));
  for (const { name, parent, type } of links) {
    // What it would set itself, and otherwise than it is wanted.
    const six = settings.get(`net/ipv6/conf/${name}/disable_ipv6`) === "1" ? "no" : undefined;
    const routers = { 0: "no", 2: "yes" }[settings.get(`net/ipv6/conf/${name}/accept_ra`) ?? ""];
    const says = pairs({ LinkLocalAddressing: six, IPv6AcceptRA: routers });
    if (says.length > 0) add(name, "[Network]", ...says);
    if (parent !== undefined && type !== undefined) add(parent, "[Network]", `${type.toUpperCase()}=${name}`);
  }
  for (const { address, dev } of factsOf(facts, "addr")) {
    // As the helper sets it; where the two differ, systemd-networkd sets the address again and again.
    const broadcast = address.includes(":") ? undefined : "no";
    add(dev, "[Address]", ...pairs({ Address: address, Broadcast: broadcast, DuplicateAddressDetection: "none" }));
  }
  for (const { type, destination, via, dev, src, metric, table } of factsOf(facts, "route")) {
    const words = { Type: type, Destination: destination, Gateway: via, PreferredSource: src };
    add(dev ?? ALWAYS, "[Route]", ...pairs({ ...words, Metric: metric, Table: table, Protocol: PROTOCOL }));
  }
  for (const { from, to, iif, oif, fwmark, table, suppressPrefixLength, priority } of factsOf(facts, "rule")) {
    const all = { "0.0.0.0/0": "ipv4", "::/0": "ipv6" }[from];
    const selector = { Family: all, From: all === undefined ? from : undefined, To: to, IncomingInterface: iif };
    const target = { Table: table, SuppressPrefixLength: suppressPrefixLength, Priority: priority };
    const words = { ...selector, OutgoingInterface: oif, FirewallMark: fwmark, ...target };
    add(ALWAYS, "[RoutingPolicyRule]", ...pairs(words));
  }
  return found;
}

/** Every value was checked where it entered; this keeps a gap there from becoming another setting here. */
function checked(line: string): string {
  if (!/^[A-Za-z0-9 ._:/,=@[\]#-]+$/.test(line)) {
    throw new Error(`not fit for a file of systemd-networkd: ${JSON.stringify(line)}`);
  }
  return line;
}
