import * as pulumi from "@pulumi/pulumi";
import type { HostRef } from "../host/host-ref";
import { knownPart, lift, mapInput, pick } from "../lift";
import { attachedAddresses } from "../plan/attachment";
import type { AttachedDriver } from "../plan/attachment-place";
import { Persistence } from "../plan/persistence";
import { planPipeworkAgent } from "../plan/pipework-agent";
import { type ExtraNetworkArgs, type NetworkAddresses, newAgentContainer, type VerifyArgs } from "./agent-container";
import type { ContainerArgs } from "./container-args";
import { componentContext, factLines, newFacts, newProbe, probeOutput, withClaims, withHostProvider } from "./context";

/** As whom a DHCP server is asked for an address. A change is another client for the server. */
export interface DhcpArgs {
  /**
   * Name that the server is told (option 12, and 39 of DHCPv6): letters, digits and `-`, at most 63.
   * @default - the container's hostname, else its name, up to a dot and with `-` for what a host name cannot have
   */
  hostname?: pulumi.Input<string>;
  /**
   * By what the server of IPv4 knows the agent again (option 61): 2-64 characters, or bytes in hex with colons.
   * @default - the MAC, with its type: `01:` and the MAC
   */
  clientId?: pulumi.Input<string>;
}

/** A route of a container's interface. */
export interface AttachedRouteArgs {
  /**
   * Prefix or address that it leads to: `10.0.0.0/8`, `fd00:7::/64`, `224.0.0.0/4` for multicast groups. The default route is
   * `gateway` and `gateway6`.
   */
  destination: pulumi.Input<string>;
  /**
   * Router, on a network of the interface; of IPv6 also a link-local one.
   * @default - none: the destination is on the interface's own segment
   */
  via?: pulumi.Input<string>;
  /**
   * The lower one wins among routes with one destination: 1-4294967295.
   * @default - the kernel's: 0, and 1024 of IPv6
   */
  metric?: pulumi.Input<number>;
}

/** An interface that the host puts into a container. Give `parent`, `bridge` or `nic`. Changes are made in the running container. */
export interface AttachedInterfaceArgs {
  /**
   * Its name inside the container, at most 15 bytes.
   * @default - `eth1`, `eth2`, … in the order of the list
   */
  name?: pulumi.Input<string>;
  /**
   * Link of the host that leads to the LAN: the interface is a macvlan on it, with a MAC of its own, unless `driver` says otherwise.
   * @default - `bridge` or `nic` is used
   */
  parent?: pulumi.Input<string>;
  /**
   * Bridge of the host that holds a port of the LAN: the interface is a port more. The bridge itself is not changed.
   * @default - `parent` or `nic` is used
   */
  bridge?: pulumi.Input<string>;
  /**
   * NIC of the host that the container has for itself, a virtual function (SR-IOV) too, while it runs. Its name on the host, MAC,
   * MTU and whether it is up come back when the interface or the agent is removed; while the container is stopped the host has the NIC
   * under that name. One that carries the SSH session, has an address, is a port or has links on top is refused, as is a wireless
   * one or one without hardware, which the kernel would end with the container.
   * @default - `parent` or `bridge` is used
   */
  nic?: pulumi.Input<string>;
  /**
   * How it stands on the parent. `AttachedDriver.Ipvlan` (kernel 4.2, mode l2) gives it the parent's MAC, for links that take no further
   * ones; `macAddress` and `DHCP_ADDRESS` are refused there, and so is macvlan on the same parent, or an `IpvlanNetwork`.
   * @default AttachedDriver.Macvlan
   */
  driver?: pulumi.Input<AttachedDriver>;
  /**
   * Tag of a VLAN on the parent, 1-4094. The host makes it, and takes it away with its last user.
   * @default - none: the parent itself
   */
  vlan?: pulumi.Input<number>;
  /**
   * IPv4 address with prefix length: `192.168.9.90/24`. Or `DHCP_ADDRESS`: leased from the LAN's DHCP server by a client of the
   * host (busybox's udhcpc), which runs while the container does, and renews the lease. The server knows the agent again
   * by its MAC, so that it has the same address after a restart, a re-creation and a reboot. The lease is kept when the container
   * stops, and given back when the interface or the agent is removed. While no server answers, the client goes on asking; an
   * address stands for as long as it was leased, and no longer.
   * @default - no IPv4
   */
  ipv4Address?: pulumi.Input<string>;
  /**
   * IPv4 router on that network: the container's default route. Not beside `extraNetworks`, by which Docker gives one. With
   * `DHCP_ADDRESS` the lease names it: the first such interface has the default route, if no other one has a gateway.
   * @default - no default route, or that of the lease
   */
  gateway?: pulumi.Input<string>;
  /**
   * As whom DHCP servers are asked.
   * @default - as the container is named, by its MAC
   */
  dhcp?: pulumi.Input<DhcpArgs>;
  /**
   * IPv6 address with prefix length: `fd00:9::90/64`. Beside it the kernel hears the routers of the segment, as any host does: it
   * makes an address of each prefix that they announce (SLAAC, RFC 4862), which stays the same as long as the MAC, and a default
   * route. Or `DHCP_ADDRESS`: leased from the segment's DHCPv6 server (RFC 8415) by a client of the host (dhcpcd 9.4), as an IPv4
   * address is; the server knows the agent again by its MAC (DUID-LL). Routers and prefixes are announced, as always.
   * @default - what the routers announce, alone
   */
  ipv6Address?: pulumi.Input<string>;
  /**
   * IPv6 router; may be link-local (`fe80::…`). Not beside a leased address.
   * @default - as the routers of the segment announce
   */
  gateway6?: pulumi.Input<string>;
  /**
   * Its MAC: unicast, used by nobody there.
   * @default - derived from the component and the interface's name: always the same; a NIC keeps its own, an ipvlan has its parent's
   */
  macAddress?: pulumi.Input<string>;
  /**
   * Its MTU in bytes, 68-65535; at least 1280 with IPv6.
   * @default - that of the parent or NIC; 1500 on a bridge
   */
  mtu?: pulumi.Input<number>;
  /**
   * Addresses beside the first ones, with prefix length, of both families: `["192.168.9.91/24", "fd00:9::91/64"]`. What the
   * container sends by itself has the first one of its family and network.
   * @default - none
   */
  extraAddresses?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Routes by this interface, beside the default ones. No two of one container have the same destination and metric.
   * @default - none but to its own networks
   */
  routes?: pulumi.Input<pulumi.Input<AttachedRouteArgs>[]>;
  /**
   * Multicast groups that arrive at this interface: `["239.1.1.1", "ff15::1"]`;
   * those of one source are the program's to join (232.0.0.0/8, `ff3x::/32`). The host has the kernel join them there
   * whenever the container starts, so that a program that joins them receives them whatever interface has its routes. An
   * update waits until something of each has come, unless `verify.receives` is false. Needs `host`.
   * @default - none; what the program joins, it joins by its routes, or by the interface that it names
   */
  receives?: pulumi.Input<pulumi.Input<string>[]>;
}

/** Arguments of a {@link PipeworkAgent}. */
export interface PipeworkAgentArgs extends ContainerArgs {
  /** The host, as `host.ref`: it puts the interfaces into the container. */
  host: pulumi.Input<HostRef>;
  /** The interfaces. */
  interfaces: pulumi.Input<pulumi.Input<AttachedInterfaceArgs>[]>;
  /**
   * Networks of Docker, such as a bridge for management.
   * @default - none: Docker gives the container no network at all
   */
  extraNetworks?: pulumi.Input<pulumi.Input<ExtraNetworkArgs>[]>;
  /**
   * Whether the program starts only when every interface is there. Needs `sh` and `sleep` in the image, and the program in full:
   * `command`, with `entrypoint` where the image has one.
   * @default false
   */
  waitForInterfaces?: pulumi.Input<boolean>;
  /**
   * What is proved once the agent runs.
   * @default - every interface is there, and its gateways answer
   */
  verify?: pulumi.Input<VerifyArgs>;
  /**
   * Whether the host asks, by ARP from 0.0.0.0 (RFC 5227) and neighbour solicitations, for the fixed addresses where each
   * interface leads to, before one is set: one that somebody else has fails the update. Asked anew when an address or a link
   * changes. Not on ipvlan. A NIC that is down, or in the container already, cannot be asked on.
   * @default - true where an interface that is no ipvlan has a fixed address
   */
  probe?: pulumi.Input<boolean>;
}

/**
 * A container into which the host puts interfaces: on a link of the host, as a port of a bridge, or a NIC of the host itself.
 *
 * What pipework does once, the host does whenever the container starts: after a restart of the container, of Docker and of
 * the host, and when the link beneath is made anew. The interfaces go with the container, but for NICs, which come back to the host.
 *
 * @example
 * ```ts
 * import { type Host, PipeworkAgent } from "wirework";
 *
 * export function probe(host: Host) {
 *   return new PipeworkAgent("probe", {
 *     host: host.ref,
 *     image: "busybox:1.36",
 *     command: ["sleep", "infinity"],
 *     interfaces: [{ parent: "eth1", ipv4Address: "192.168.9.90/24", gateway: "192.168.9.1" }],
 *   });
 * }
 * ```
 */
export class PipeworkAgent extends pulumi.ComponentResource {
  /** Id of the container. */
  readonly containerId: pulumi.Output<string>;
  /** Name of the container. */
  readonly containerName: pulumi.Output<string>;
  /** MAC of each interface, by its name; none of an ipvlan, or of a NIC for which none is given. */
  readonly macAddresses: pulumi.Output<{ [name: string]: string }>;
  /** IPv4 address of each interface that has one, by its name, as it was when it was last proved; empty without `verify`. */
  readonly ipv4Addresses: pulumi.Output<{ [name: string]: string }>;
  /** The same of IPv6, link-local ones aside: the leased one, or the first. */
  readonly ipv6Addresses: pulumi.Output<{ [name: string]: string }>;
  /** Its addresses on networks of Docker. */
  readonly networks: pulumi.Output<NetworkAddresses[]>;
  /** What was proved, a line each, or `not verified`. */
  readonly verification: pulumi.Output<string>;
  /** What the LANs said of its fixed addresses, a line each: `free …` or `could not see …`; or `not probed`. */
  readonly probe: pulumi.Output<string>;

  constructor(name: string, args: PipeworkAgentArgs, opts?: pulumi.ComponentResourceOptions) {
    const { host, interfaces, extraNetworks, waitForInterfaces, verify, probe, ...container } = args ?? {};
    const namesProgram = container.command !== undefined || container.entrypoint !== undefined;
    const settings = { interfaces, extraNetworks, waitForInterfaces, namesProgram, verification: verify, probe };
    // The watcher, which puts the interfaces in, comes with the units: no other way of bringing facts back would do.
    const context = componentContext("PipeworkAgent", name, host, Persistence.Unit);
    const plan = lift({ context: context.plan, settings }, ({ context, settings }) =>
      withClaims(context, planPipeworkAgent(context, { ...settings, container: knownPart(container) })),
    );
    const summary = { interfaces, extraNetworks, image: container.image, facts: factLines(context, plan) };
    super("wirework:index:PipeworkAgent", name, summary, withHostProvider(opts, host));

    // Before the facts, too: they change an address in the running container.
    const question = newProbe(context, plan, undefined, { parent: this });
    const facts = newFacts(context, plan, { parent: this, dependsOn: question });
    const wait = pick(plan, ({ wait }) => [...wait]);
    const waiting = waitForInterfaces !== undefined && {
      entrypoint: mapInput({ wait, given: container.entrypoint ?? [] }, ({ wait, given }) => [...wait, ...given]),
    };
    const agent = newAgentContainer(
      context,
      {
        container: { ...container, ...waiting },
        plan,
        networkMode: extraNetworks === undefined ? "none" : undefined,
        after: facts,
      },
      this,
    );
    this.containerId = agent.containerId;
    this.containerName = agent.containerName;
    this.macAddresses = pulumi
      .output(pick(plan, ({ interfaces }) => [...interfaces]))
      .apply((all) =>
        Object.fromEntries(all.flatMap(({ name, macAddress }) => (macAddress ? [[name, macAddress]] : []))),
      );
    this.ipv4Addresses = agent.verification.apply((said) => attachedAddresses(said, 4));
    this.ipv6Addresses = agent.verification.apply((said) => attachedAddresses(said, 6));
    this.networks = agent.networks;
    this.verification = agent.verification;
    this.probe = probeOutput(question);
    const { containerId, containerName, macAddresses, ipv4Addresses, ipv6Addresses, networks, verification } = this;
    const found = { containerId, containerName, macAddresses, ipv4Addresses, ipv6Addresses, networks, verification };
    this.registerOutputs({ ...found, probe: this.probe });
  }
}
