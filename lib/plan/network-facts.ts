import type { ShimPlan } from "./host-access";
import type { SubnetSettings } from "./subnets";

// It crosses the border of the plugin form, which knows neither readonly lists nor readonly maps.
/** What an agent must know of a network that another component made. */
export interface NetworkFacts {
  /** Name in Docker. */
  readonly name: string;
  /** Network driver. */
  readonly driver: string;
  /**
   * Interface of the host that leads to the LAN.
   * @default - none: the network leads nowhere
   */
  readonly parent?: string;
  /**
   * Mode of the driver.
   * @default - the driver's own
   */
  readonly mode?: string;
  /**
   * Whether agents get no default route.
   * @default false
   */
  readonly internal?: boolean;
  /** Subnets, canonical; empty when Docker chose. */
  readonly subnets: SubnetSettings[];
  /**
   * What the LAN's DHCP server gives away.
   * @default - none declared
   */
  readonly dhcpRanges?: string[];
  /**
   * The host's own interface on the LAN.
   * @default - none
   */
  readonly shim?: ShimPlan;
  /**
   * Address of the host on which ports are passed on that name none.
   * @default - what Docker's provider takes, all of IPv4
   */
  readonly portAddress?: string;
  /**
   * Identity of the host that has the network.
   * @default - unknown
   */
  readonly host?: string;
}
