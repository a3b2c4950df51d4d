// Which backend brings which declaration back on which host.
import { Persistence } from "../../lib/plan/persistence";
import type { UplinksDebian } from "../engine/two-uplinks";
import { program } from "../engine/two-ways";
import type { NetworkManager } from "../lab/host-network";

export type Backend = keyof typeof Persistence;
export const backends = Object.keys(Persistence) as Backend[];

/** A declaration, whether a plan refuses it to files, and how the kernel shows what it made. */
export interface Scenario {
  readonly body: (backend: Backend) => string;
  /** What the plan says to all backends but units, and `Auto`, which chooses units then. */
  readonly refused?: string;
  /** A command that prints what is there. */
  readonly shows?: string;
}

export const scenarios: Readonly<Record<string, Scenario>> = {
  "a second way out, a way of the host into a LAN": { body: program },
  "a second way out, IPv6 translated": {
    body: (backend) => `
new PolicyRoutedAgent("translated", {
  host: host.ref,
  persistence: Persistence.${backend},
  image,
  ownNetwork: { subnets: [{ subnet: "172.31.8.0/24" }, { subnet: "fd00:31:8::/64" }] },
  uplink: { dev: "eth2", gateway: "192.168.20.1", gateway6: "fd00:20::1" },
  table: { id: 201 },
});
`,
    refused:
      "entries of all owners stand in one nft table, which is made as a whole, and a script of one owner would drop those of others",
    shows: "nft -s list table ip6 wirework",
  },
  "what follows containers": {
    body: () => `
import { NdpProxy } from "wirework";
new NdpProxy("proxy", { host: host.ref, uplink: "eth1", prefix: "fd00:9:1::/64", addresses: ["fd00:9:1::7"] });
new PipeworkAgent("attached", { host: host.ref, image, interfaces: [{ parent: "eth1", ipv4Address: "192.168.9.90/24" }] });
`,
    shows:
      "ip -6 neighbour show proxy dev eth1; docker exec attached ip -o address show dev eth1 | grep -o 'inet 192[^ ]*'",
  },
};

/** What configures a host's links, and whom the host refuses, with the condition that it names. */
export interface HostRow {
  readonly debian: UplinksDebian;
  readonly manager: NetworkManager;
  readonly refuses: Partial<Readonly<Record<Backend, string>>>;
}

const noIfupdown = { Ifupdown: "require ifupdown eth1" };
const noNetworkd = { Networkd: "require persistence networkd" };
const noNetworkManager = { NetworkManager: "require persistence networkManager" };
// systemd 262 has no unit for it any more.
const noRcLocal = { RcLocal: "require persistence rcLocal" };
const ifupdownAlone = { ...noNetworkd, ...noNetworkManager };

export const hosts: Readonly<Record<string, HostRow>> = {
  "Debian 12, ifupdown": { debian: "12", manager: "ifupdown", refuses: ifupdownAlone },
  "Debian 12, OpenRC and ifupdown": { debian: "12", manager: "openrc", refuses: ifupdownAlone },
  "Debian 12, sysvinit and ifupdown": { debian: "12", manager: "sysvinit", refuses: ifupdownAlone },
  "Debian 12, NetworkManager": { debian: "12", manager: "networkManager", refuses: { ...noIfupdown, ...noNetworkd } },
  "Debian 12, netplan": { debian: "12", manager: "netplan", refuses: { ...noIfupdown, ...noNetworkManager } },
  "Debian 13, ifupdown": { debian: "13", manager: "ifupdown", refuses: ifupdownAlone },
  "Debian 13, systemd-networkd without udev": {
    debian: "13",
    manager: "networkd",
    refuses: { ...noIfupdown, Networkd: "require service systemd-udevd", ...noNetworkManager },
  },
  "Debian 13, NetworkManager": { debian: "13", manager: "networkManager", refuses: { ...noIfupdown, ...noNetworkd } },
  "Debian 13, netplan": { debian: "13", manager: "netplan", refuses: { ...noIfupdown, ...noNetworkManager } },
  "Debian testing, NetworkManager": {
    debian: "testing",
    manager: "networkManager",
    refuses: { ...noIfupdown, ...noNetworkd, ...noRcLocal },
  },
  "Debian testing, netplan": {
    debian: "testing",
    manager: "netplan",
    refuses: { ...noIfupdown, ...noNetworkManager, ...noRcLocal },
  },
};

/** Whether it goes as far as the host: units and `Auto` take everything. */
export const takes = (backend: Backend, { refused }: Scenario) =>
  refused === undefined || backend === "Unit" || backend === "Auto";

/** The title of the test that a plan refuses it. */
export const refusalTitle = (backend: Backend, scenario: string) => `a plan refuses › ${backend}: ${scenario}`;
