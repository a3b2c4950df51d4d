import type { Lan } from "./lan";
import { otherInits } from "./other-inits";

/** What configures a lab host's links at boot. */
export const NetworkManager = {
  ifupdown: "ifupdown",
  networkd: "networkd",
  networkManager: "networkManager",
  /** netplan, which writes files for networkd. */
  netplan: "netplan",
  /** ifupdown, on a host without systemd, whose services OpenRC runs. */
  openrc: "openrc",
  /** ifupdown, on a host without systemd, whose services sysvinit's own scripts run. */
  sysvinit: "sysvinit",
} as const;
export type NetworkManager = (typeof NetworkManager)[keyof typeof NetworkManager];

/** Whether systemd boots a host, as it does unless a test asks for another init. */
export const bootedBySystemd = (manager?: NetworkManager) => manager === undefined || !(manager in otherInits);

/** A network card of a host: one end in the LAN's bridge. */
export interface HostNic {
  readonly lan: Lan;
  /** Its name on the host: `eth1`. */
  readonly interface: string;
  /** Addresses with prefix length, either family. @default none: up, without address */
  readonly addresses?: readonly string[];
  /** Default route over this card. @default none */
  readonly gateway?: string;
  /** @default none */
  readonly gateway6?: string;
  /** Configured by DHCP instead of `addresses`. @default false */
  readonly dhcp?: boolean;
  /** false: the host's configuration does not mention the card, and it stays down. @default true */
  readonly configured?: boolean;
}

/** The card of a host that carries its management addresses. */
export const managementInterface = "eth0";

export interface NicPlan extends Omit<HostNic, "lan"> {
  readonly addresses?: readonly string[];
}

function ifupdownStanza(nic: NicPlan): string {
  const v4 = nic.addresses?.filter((address) => !address.includes(":")) ?? [];
  const v6 = nic.addresses?.filter((address) => address.includes(":")) ?? [];
  const lines = [`auto ${nic.interface}`];
  if (nic.dhcp) lines.push(`iface ${nic.interface} inet dhcp`);
  for (const [index, address] of v4.entries()) {
    lines.push(`iface ${nic.interface} inet static`, `    address ${address}`);
    if (index === 0 && nic.gateway) lines.push(`    gateway ${nic.gateway}`);
  }
  for (const [index, address] of v6.entries()) {
    lines.push(
      `iface ${nic.interface} inet6 static`,
      `    address ${address}`,
      "    dad-attempts 0",
      "    accept_ra 0",
    );
    if (index === 0 && nic.gateway6) lines.push(`    gateway ${nic.gateway6}`);
  }
  if (!nic.dhcp && v4.length + v6.length === 0) {
    lines.push(`iface ${nic.interface} inet manual`, `    up ip link set ${nic.interface} up`);
  }
  return `${lines.join("\n")}\n`;
}

function networkdUnit(nic: NicPlan): string {
  const lines = ["[Match]", `Name=${nic.interface}`, "", "[Link]", "RequiredForOnline=no", "", "[Network]"];
  lines.push(`DHCP=${nic.dhcp ? "ipv4" : "no"}`, `IPv6AcceptRA=${nic.dhcp ? "yes" : "no"}`);
  if (nic.gateway) lines.push(`Gateway=${nic.gateway}`);
  if (nic.gateway6) lines.push(`Gateway=${nic.gateway6}`);
  for (const address of nic.addresses ?? []) {
    lines.push("", "[Address]", `Address=${address}`);
    if (address.includes(":")) lines.push("DuplicateAddressDetection=none");
  }
  return `${lines.join("\n")}\n`;
}

function keyfile(nic: NicPlan): string {
  const family = (name: "ipv4" | "ipv6", addresses: readonly string[], gateway: string | undefined, none: string) => {
    const automatic = nic.dhcp === true;
    const method = automatic ? "auto" : addresses.length > 0 ? "manual" : none;
    return [
      ...[`[${name}]`, `method=${method}`],
      ...addresses.map((address, index) => `address${index + 1}=${address}`),
      // Its own choice is by the order in which links come up, which is not the same at each boot.
      ...(gateway === undefined ? [] : [`gateway=${gateway}`, "route-metric=100"]),
    ];
  };
  const [v4, v6] = [false, true].map((six) => nic.addresses?.filter((one) => one.includes(":") === six) ?? []);
  const lines = [
    ...["[connection]", `id=${nic.interface}`, "type=ethernet", `interface-name=${nic.interface}`, ""],
    ...family("ipv4", v4!, nic.gateway, "disabled"),
    ...["", ...family("ipv6", v6!, nic.gateway6, "link-local")],
  ];
  return `${lines.join("\n")}\n`;
}

function netplanFile(nic: NicPlan): string {
  const gateways = [nic.gateway, nic.gateway6].filter((gateway) => gateway !== undefined);
  const lines = [
    ...[`dhcp4: ${nic.dhcp === true}`, "accept-ra: false", "optional: true"],
    ...(nic.addresses?.length ? [`addresses: [${nic.addresses.map((address) => `"${address}"`).join(", ")}]`] : []),
    ...(gateways.length > 0 ? [`routes: [${gateways.map((via) => `{to: default, via: "${via}"}`).join(", ")}]`] : []),
  ];
  return [
    "network:",
    "  version: 2",
    "  ethernets:",
    `    ${nic.interface}:`,
    ...lines.map((line) => `      ${line}`),
    "",
  ].join("\n");
}

/** What a manager cannot configure. */
export function nicProblems(manager: NetworkManager, nics: readonly NicPlan[]): string[] {
  return nics.flatMap((nic) => [
    ...(/^[a-z][a-z0-9._-]{0,14}$/.test(nic.interface)
      ? []
      : [`${nic.interface}: no name that Linux takes for a link`]),
    ...(nic.interface === managementInterface
      ? [`${nic.interface}: is the management link; LAN cards start at eth1`]
      : []),
    ...(nic.dhcp && (manager === NetworkManager.ifupdown || !bootedBySystemd(manager))
      ? [`${nic.interface}: dhcp needs networkManager "networkd"; ifupdown hosts have no DHCP client installed`]
      : []),
  ]);
}

const interfaces = (nic: NicPlan): [path: string, text: string] => [
  `etc/network/interfaces.d/${nic.interface}`,
  ifupdownStanza(nic),
];

const FILES: { readonly [M in NetworkManager]: (nic: NicPlan) => [path: string, text: string] } = {
  ifupdown: interfaces,
  openrc: interfaces,
  sysvinit: interfaces,
  networkd: (nic) => [`etc/systemd/network/50-${nic.interface}.network`, networkdUnit(nic)],
  networkManager: (nic) => [`etc/NetworkManager/system-connections/${nic.interface}.nmconnection`, keyfile(nic)],
  netplan: (nic) => [`etc/netplan/50-${nic.interface}.yaml`, netplanFile(nic)],
};

/** The files under / that make the host's manager configure its cards at boot. */
export function networkFiles(manager: NetworkManager, nics: readonly NicPlan[]): Record<string, string> {
  const files: Record<string, string> = {};
  for (const nic of nics.filter((one) => one.configured !== false)) {
    const [path, text] = FILES[manager](nic);
    files[path] = text;
  }
  return files;
}

/** One card of a host: the lab's end, and what the host sees. */
export interface Card {
  /** The lab's end of it. */
  readonly port: string;
  readonly bridge: string;
  readonly interface: string;
  /** Locally administered, and the same at every boot. */
  readonly mac: string;
}

/** All cards of a host, the management card first. */
export function cardsOf(host: { readonly index: number; readonly bridge: string }, nics: readonly HostNic[]): Card[] {
  const hex = (value: number) => value.toString(16).padStart(2, "0");
  const places = [
    { interface: managementInterface, bridge: host.bridge },
    ...nics.map((nic) => ({ interface: nic.interface, bridge: nic.lan.bridge })),
  ];
  return places.map((place, number) => ({
    ...place,
    port: `h${host.index}e${number}`,
    mac: `02:1a:b0:00:${hex(host.index)}:${hex(number)}`,
  }));
}

/** The card behind one of a host's links. */
export function cardOf(
  { name, place }: { readonly name: string; readonly place: { readonly index: number; readonly bridge: string } },
  nics: readonly HostNic[],
  link: string,
): Card {
  const card = cardsOf(place, nics).find((one) => one.interface === link);
  if (!card) throw new Error(`${name}: ${link}: the host has no such card`);
  return card;
}
