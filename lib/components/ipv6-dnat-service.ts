import * as pulumi from "@pulumi/pulumi";
import type { HostRef } from "../host/host-ref";
import { lift } from "../lift";
import { type Ipv6DnatMode, planIpv6DnatService } from "../plan/ipv6-dnat-service";
import { Persistence } from "../plan/persistence";
import { type BindingVerifyArgs, newBinding } from "./binding";
import { componentContext, factLines, withClaims } from "./context";

/** A port of the host, or a range of them, that leads to the container. */
export interface ServicePortArgs {
  /** Port of the host, 1-65535; the first one of a range. The port of the management connection is refused. */
  port: pulumi.Input<number>;
  /**
   * Last port of a range. At most 1000 ports in all.
   * @default - one port
   */
  lastPort?: pulumi.Input<number>;
  /**
   * Port inside the container, for a single port.
   * @default - the same port
   */
  containerPort?: pulumi.Input<number>;
  /**
   * `tcp` or `udp`.
   * @default "tcp"
   */
  protocol?: pulumi.Input<string>;
}

/** Arguments of an {@link Ipv6DnatService}. All of them change in place. */
export interface Ipv6DnatServiceArgs {
  /** The host, as `host.ref`. */
  host: pulumi.Input<HostRef>;
  /** Name of the container: `agent.containerName`, or one that is there already. */
  container: pulumi.Input<string>;
  /**
   * Docker network on which the container has an IPv6 address: a bridge.
   * @default "bridge" - Docker's default one, which has IPv6 where the daemon gives it
   */
  network?: pulumi.Input<string>;
  /** What leads to the container. */
  ports: pulumi.Input<pulumi.Input<ServicePortArgs>[]>;
  /**
   * Who leads the ports to the container. Docker's own ways need a container that publishes them on `::`, serve every address
   * of the host, and take no `allowFrom`, `connectionRate` or `logPrefix`.
   * @default Ipv6DnatMode.Managed
   */
  mode?: pulumi.Input<Ipv6DnatMode>;
  /**
   * IPv6 addresses of the host by which the service is reached. Give these or `link`, unless Docker leads the ports.
   * @default - those of `link`
   */
  addresses?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Link of the host: all IPv6 addresses that it has, but link-local ones, also those that come later.
   * @default - `addresses` are given
   */
  link?: pulumi.Input<string>;
  /**
   * Prefixes of clients; others are refused. The host itself may always.
   * @default - everybody
   */
  allowFrom?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * New connections that are let through, of each address, port and prefix of `allowFrom`, as nft writes it: `20/second`, or per
   * `minute`, `hour` or `day`, beside a burst of 5. What is more is dropped, and TCP tries again. The host itself and connections
   * that stand are not counted.
   * @default - all
   */
  connectionRate?: pulumi.Input<string>;
  /**
   * Word by which the kernel's log names each new connection that is let through, at level `info`: letters, digits, `.`, `_` and
   * `-`, at most 64.
   * @default - nothing is logged
   */
  logPrefix?: pulumi.Input<string>;
  /**
   * What is proved.
   * @default - the ports lead to an address of the container within 10 s
   */
  verify?: pulumi.Input<BindingVerifyArgs>;
}

/**
 * Ports of the host, over IPv6, that lead to a container which sees the client's own address.
 *
 * The container's address may change: the host follows it within a second, in one nft table of its own. While there is
 * none, the ports are closed: they are never served by Docker's own proxy, which hides the client. The host itself and other
 * containers reach the service by the same addresses; a neighbour on the container's own network is seen as the host.
 * Docker's filter gets an exception for exactly these ports, where it filters IPv6.
 *
 * @example
 * ```ts
 * import { BridgeAgent, type Host, Ipv6DnatService } from "wirework";
 *
 * export function collector(host: Host) {
 *   const agent = new BridgeAgent("collector", {
 *     host: host.ref,
 *     image: "openbmp/aio",
 *     ownNetwork: { subnets: [{ subnet: "172.31.5.0/24" }, { subnet: "fd00:31:5::/64" }] },
 *   });
 *   return new Ipv6DnatService("bmp", {
 *     host: host.ref,
 *     container: agent.containerName,
 *     network: "collector",
 *     link: "eth0",
 *     ports: [{ port: 5000 }, { port: 8001 }],
 *   });
 * }
 * ```
 */
export class Ipv6DnatService extends pulumi.ComponentResource {
  /** Where each port leads, and by whom, a line each, or `not verified`. */
  readonly verification: pulumi.Output<string>;

  constructor(name: string, args: Ipv6DnatServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    const { host, verify, ...rest } = args ?? {};
    const settings = { ...rest, verification: verify };
    // The watcher, which follows the container, comes with the units: no other way of bringing facts back would do.
    const context = componentContext("Ipv6DnatService", name, host, Persistence.Unit);
    const plan = lift({ context: context.plan, settings }, ({ context, settings }) =>
      withClaims(context, planIpv6DnatService(context, settings)),
    );
    super("wirework:index:Ipv6DnatService", name, { ...settings, facts: factLines(context, plan) }, opts);

    this.verification = newBinding(context, plan, this);
    this.registerOutputs({ verification: this.verification });
  }
}
