import type { CANDIDATES, Persistence } from "./persistence";

/** Seconds of the undo window: how long the host waits for the proof of a change that may cut the management path. */
export interface WindowFact {
  /** Kind of the fact. */
  readonly kind: "window";
  /** Seconds, 10-3600. */
  readonly seconds: number;
}

/** A permission that the user gave by name. */
export interface AllowFact {
  /** Kind of the fact. */
  readonly kind: "allow";
  /** What is permitted. */
  readonly what: "management-impact" | "docker-restart";
}

/** A condition that the host checks before anything is changed: `docker >= 25`, `link eth0`, `module macvlan`. */
export interface RequireFact {
  /** Kind of the fact. */
  readonly kind: "require";
  /** The condition, in the words of the helper. */
  readonly condition: string;
}

/** Says that another program than the helper brings the owner's facts back at boot; it stands beside their files. */
export interface PersistenceFact {
  /** Kind of the fact. */
  readonly kind: "persistence";
  /** Which one; `auto` leaves it to the host, among those that lines `with` offer. */
  readonly backend: Exclude<Persistence, "unit">;
}

/** A fact that is one only where the host chooses a backend: a line of its files, or a condition under which it can be chosen. */
export interface WithFact {
  /** Kind of the fact. */
  readonly kind: "with";
  /** The backend. */
  readonly backend: (typeof CANDIDATES)[number];
  /** Line of the fact, `file` or `require`. */
  readonly line: string;
}

/** A kernel module, loaded now and at boot. It stays loaded when the fact goes: others may have come to use it. */
export interface ModuleFact {
  /** Kind of the fact. */
  readonly kind: "module";
  /** Its name as lsmod prints it: `l2tp_eth`. */
  readonly name: string;
}

/** The name of a routing table. */
export interface TableFact {
  /** Kind of the fact. */
  readonly kind: "table";
  /** Id of the table. */
  readonly id: number;
  /** Its name for `ip route show table NAME`. */
  readonly name: string;
}

/** Keeps the host's network manager from deleting what is ours. */
export interface GuardFact {
  /** Kind of the fact. */
  readonly kind: "guard";
  /** What is kept: routes and rules. */
  readonly what: "routes";
}

/** A network interface that is ours. */
export interface LinkFact {
  /** Kind of the fact. */
  readonly kind: "link";
  /** Name of the interface. */
  readonly name: string;
  /** Interface beneath it. */
  readonly parent?: string;
  /** What the kernel makes. */
  readonly type: "macvlan" | "ipvlan" | "vlan" | "bridge" | "veth" | "dummy";
  /** Mode of a macvlan or ipvlan. */
  readonly mode?: string;
  /** How the ipvlans of one parent see each other. */
  readonly flag?: "bridge" | "private" | "vepa";
  /** Id of a VLAN. */
  readonly id?: number;
  /** Tag of a VLAN that carries others; 802.1Q when absent. */
  readonly protocol?: "802.1ad";
  /** Other end of a veth, which is ours too. */
  readonly peer?: string;
  /** MAC address; left to the kernel when absent. */
  readonly address?: string;
  /** MTU; the parent's when absent. */
  readonly mtu?: number;
  /** Spanning tree, of a bridge (IEEE 802.1D); off when absent. */
  readonly stpState?: 1;
}

/** One attribute of a link, ours or not: what it was before comes back when the fact goes. */
export interface SetFact {
  /** Kind of the fact. */
  readonly kind: "set";
  /** The interface. */
  readonly dev: string;
  /** Bridge of which it is a port. */
  readonly master?: string;
  /** Whether it hears frames for others. */
  readonly promisc?: "on";
  /** Administrative state. */
  readonly state?: "up";
}

/** One end of an L2TPv3 tunnel between two fixed addresses (RFC 3931). */
export interface TunnelFact {
  /** Kind of the fact. */
  readonly kind: "tunnel";
  /** Id on this host. */
  readonly id: number;
  /** Id on the other. */
  readonly peer: number;
  /** What carries it. */
  readonly encap: "udp" | "ip";
  /** Address of this end. */
  readonly local: string;
  /** Address of the other. */
  readonly remote: string;
  /** UDP port of this end. */
  readonly sport?: number;
  /** UDP port of the other. */
  readonly dport?: number;
}

/** One end of an Ethernet pseudowire in a tunnel: an interface whose frames come out at the other end. */
export interface SessionFact {
  /** Kind of the fact. */
  readonly kind: "session";
  /** Id on this host. */
  readonly id: number;
  /** Id on the other. */
  readonly peer: number;
  /** Id of the tunnel on this host. */
  readonly tunnel: number;
  /** Name of the interface. */
  readonly dev: string;
  /** Name of the secret that goes with every frame. */
  readonly cookie?: string;
  /** Name of the secret that must come with every frame. */
  readonly peerCookie?: string;
  /** Which frames are numbered. */
  readonly seq?: "send" | "recv" | "both";
  /** Sublayer header, where it is not the default one. */
  readonly l2spec?: "none";
  /** MAC address of the interface. */
  readonly address: string;
  /** MTU of the interface. */
  readonly mtu: number;
}

/** What must answer across a wire. Nothing is made for it: it is asked again and again, and silence is a difference. */
export interface ReachFact {
  /** Kind of the fact. */
  readonly kind: "reach";
  /** Link-local address of the other end. */
  readonly address: string;
  /** A second one, of which either will do. */
  readonly or?: string;
  /** The wire. */
  readonly dev: string;
  /** Size of the frames that must pass. */
  readonly mtu: number;
}

/** A kernel setting. The key is in slash form, because an interface name may hold dots. */
export interface SysctlFact {
  /** Kind of the fact. */
  readonly kind: "sysctl";
  /** Path below /proc/sys. */
  readonly key: string;
  /** What is written there. */
  readonly value: string;
}

/** An address on an interface. */
export interface AddressFact {
  /** Kind of the fact. */
  readonly kind: "addr";
  /** Address with prefix length. */
  readonly address: string;
  /** Interface that bears it. */
  readonly dev: string;
}

/** A route. */
export interface RouteFact {
  /** Kind of the fact. */
  readonly kind: "route";
  /** A route that refuses instead of leading anywhere; it has neither `via`, `dev` nor `src`. */
  readonly type?: "unreachable" | "blackhole" | "prohibit";
  /** Where it leads: a prefix. */
  readonly destination: string;
  /** Next hop; on-link when absent. */
  readonly via?: string;
  /** Interface. */
  readonly dev?: string;
  /** Source address of what the host itself sends. */
  readonly src?: string;
  /** Metric; the kernel's default when absent. */
  readonly metric?: number;
  /** Table; main when absent. */
  readonly table?: number;
}

/** In a table of ours, the default route that the host itself has learned on a link, by DHCP or router advertisement. */
export interface FollowFact {
  /** Kind of the fact. */
  readonly kind: "follow";
  /** `0.0.0.0/0` or `::/0`. */
  readonly destination: string;
  /** Interface on which it is learned. */
  readonly dev: string;
  /** Table that has it, too. */
  readonly table: number;
}

/** A policy rule: which table is asked for which packets. */
export interface RuleFact {
  /** Kind of the fact. */
  readonly kind: "rule";
  /** Source prefix; all of a family is `0.0.0.0/0` or `::/0`. The rule is of this family. */
  readonly from: string;
  /** Destination prefix. */
  readonly to?: string;
  /** Interface by which the packet came. */
  readonly iif?: string;
  /** Interface to which the sender bound itself. */
  readonly oif?: string;
  /** Firewall mark with mask: `0xc8000000/0xff000000`. */
  readonly fwmark?: string;
  /** Table that is asked. */
  readonly table: number;
  /** Routes with a prefix of this length or shorter do not count. */
  readonly suppressPrefixLength?: number;
  /** Place among the rules; the lowest is asked first. */
  readonly priority: number;
}

/** Translation of source addresses. */
export interface NatFact {
  /** Kind of the fact. */
  readonly kind: "nat";
  /** Whose packets. */
  readonly from: string;
  /** Interface by which they leave. */
  readonly oif: string;
  /** Address that they get; the interface's own one when absent. */
  readonly snat?: string;
}

/** Marks connections that others open to a prefix by any other link than one, so that answers go back the way they came. */
export interface ReplyFact {
  /** Kind of the fact. */
  readonly kind: "reply";
  /** Prefix that is asked. */
  readonly to: string;
  /** Link whose connections need no mark. */
  readonly except: string;
  /** Mark with mask, of the connection and of its answers. */
  readonly mark: string;
}

/** MAC of a container's interface on one of its networks. Holds while the container runs, and is made anew when it starts. */
export interface MacFact {
  /** Kind of the fact. */
  readonly kind: "mac";
  /** MAC address. */
  readonly address: string;
  /** Name of the container. */
  readonly container: string;
  /** Name of the Docker network. */
  readonly network: string;
}

/**
 * A multicast group that the kernel joins on a container's interface of one of its networks, whatever interface its routes would
 * have a program join it by.
 */
export interface GroupFact {
  /** Kind of the fact. */
  readonly kind: "group";
  /** The group. */
  readonly address: string;
  /** Name of the container. */
  readonly container: string;
  /** Name of the Docker network. */
  readonly network: string;
}

/** An interface that is put into a container whenever it starts, with its addresses; it goes with the container. */
export interface AttachFact {
  /** Kind of the fact. */
  readonly kind: "attach";
  /** Name inside the container. */
  readonly dev: string;
  /** Name of the container. */
  readonly container: string;
  /** What it is: made on a link of the host, with a MAC of its own or that of the link, one of a pair of which the other is a port of a bridge, or a NIC of the host itself. */
  readonly type: "macvlan" | "ipvlan" | "veth" | "nic";
  /** Link of the host that a macvlan or ipvlan stands on, or the NIC. */
  readonly parent?: string;
  /** Mode of a macvlan or ipvlan. */
  readonly mode?: "bridge" | "private" | "vepa" | "l2";
  /** The host's end of a veth. */
  readonly peer?: string;
  /** Bridge that it is a port of. */
  readonly master?: string;
  /** MAC address; that of the NIC when absent. */
  readonly address?: string;
  /** MTU; that of parent or bridge when absent. */
  readonly mtu?: number;
  /** IPv4 address with prefix length, or `dhcp`. */
  readonly ipv4Address?: string;
  /** IPv4 router by which the default route leads, or `dhcp` for the one that the lease names. */
  readonly gateway?: string;
  /** IPv6 address with prefix length, or `dhcp`. */
  readonly ipv6Address?: string;
  /** IPv6 router by which the default route leads. */
  readonly gateway6?: string;
  /** Name that DHCP servers are told. */
  readonly hostname?: string;
  /** By what the DHCP server knows it again, in hex; the MAC when absent. */
  readonly clientId?: string;
  /** Further addresses with prefix length, of both families, with a comma between; one of a multicast group is joined. */
  readonly also?: string;
  /** Its routes but the default ones: `10.0.0.0/8 via 192.168.9.2 metric 50`, with ` route ` between. */
  readonly routes?: string;
}

/** Ports of the host, over IPv6, that lead to a container; refused while its address is not known. */
export interface DnatFact {
  /** Kind of the fact. */
  readonly kind: "dnat";
  /** Address of the host; or give `dev`. */
  readonly address?: string;
  /** Link of the host, all of whose addresses but link-local ones are meant. */
  readonly dev?: string;
  /** Protocol. */
  readonly protocol: "tcp" | "udp";
  /** A port, or a range `5000-5010`. */
  readonly ports: string;
  /** Name of the container. */
  readonly container: string;
  /** Name of the Docker network on which it has the address. */
  readonly network: string;
  /** Port of the container; the same when absent. */
  readonly port?: number;
  /** Prefix of clients; all when absent. */
  readonly from?: string;
  /** New connections that are let through: `20/second`; all when absent. */
  readonly rate?: string;
  /** Word by which the kernel's log names each new connection; none is logged when absent. */
  readonly log?: string;
  /** Left to Docker where it translates the port itself. */
  readonly unless?: "native";
}

/** The host answers neighbours at a link for an address that is behind it: a fixed one, or that of a container while it has one. */
export interface ProxyFact {
  /** Kind of the fact. */
  readonly kind: "proxy";
  /** The address; or give `container` and `network`. */
  readonly address?: string;
  /** Link at which it is asked for. */
  readonly dev: string;
  /** Name of the container. */
  readonly container?: string;
  /** Name of the Docker network on which it has the address. */
  readonly network?: string;
}

/** One key of Docker's own configuration file; what others have there stays. Docker knows it when it is started anew. */
export interface DaemonFact {
  /** Kind of the fact. */
  readonly kind: "daemon";
  /** The key. */
  readonly key: "ipv6" | "fixed-cidr-v6" | "ip6tables" | "experimental" | "default-address-pools";
  /** Its value, in JSON without spaces. */
  readonly value: string;
}

/** One line of a file of ours. */
export interface FileFact {
  /** Kind of the fact. */
  readonly kind: "file";
  /** Absolute path; the helper takes a few folders only. `@eth0.network.d` is the folder of drop-ins to the file that configures eth0. */
  readonly path: string;
  /** Number of the line, three digits from 001 on. The first, or the second behind `#!/bin/sh`, begins with `# wirework`. */
  readonly number: string;
  /** The line, as it is. */
  readonly text: string;
}

/** One line of a block of ours in a file of the administrator. */
export interface BlockFact {
  /** Kind of the fact. */
  readonly kind: "block";
  /** Absolute path. */
  readonly path: string;
  /** Name of the block. */
  readonly name: string;
  /** Number of the line, three digits from 001 on. */
  readonly number: string;
  /** The line, as it is. */
  readonly text: string;
}

/** One line of wanted host state. */
export type Fact =
  | WindowFact
  | AllowFact
  | RequireFact
  | PersistenceFact
  | ModuleFact
  | TableFact
  | GuardFact
  | LinkFact
  | SetFact
  | TunnelFact
  | SessionFact
  | ReachFact
  | SysctlFact
  | AddressFact
  | RouteFact
  | FollowFact
  | RuleFact
  | NatFact
  | ReplyFact
  | MacFact
  | GroupFact
  | AttachFact
  | DnatFact
  | ProxyFact
  | DaemonFact
  | FileFact
  | BlockFact
  | WithFact;
