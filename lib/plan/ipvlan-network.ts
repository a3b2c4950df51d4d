import type { PlanContext } from "./context";
import type { LinkFact } from "./facts";
import type { RequireFact } from "./host-state";
import type { LanDriver } from "./lan-driver";
import { type LanNetworkPlan, type LanNetworkSettings, planLanNetwork } from "./lan-network";
import { readChoice } from "./read";

/** How ipvlan agents stand on their parent. */
export const IpvlanMode = {
  /** On the LAN of the parent, with its MAC address and addresses of their own. */
  L2: "l2",
  /** Behind the parent, which routes to them: no ARP, no multicast, no DHCP. */
  L3: "l3",
  /** As `l3`, and the host's firewall sees their packets. */
  L3s: "l3s",
} as const;
/** One of the values of {@link IpvlanMode}. */
export type IpvlanMode = (typeof IpvlanMode)[keyof typeof IpvlanMode];

/** How ipvlan agents on one parent see each other. */
export const IpvlanFlag = {
  /** They reach each other directly. */
  Bridge: "bridge",
  /** They never reach each other. */
  Private: "private",
  /** They reach each other through a switch that sends frames back where they came from. */
  Vepa: "vepa",
} as const;
/** One of the values of {@link IpvlanFlag}. */
export type IpvlanFlag = (typeof IpvlanFlag)[keyof typeof IpvlanFlag];

/** Arguments of an ipvlan network, all known. */
export interface IpvlanNetworkSettings extends LanNetworkSettings {
  /**
   * How agents stand on the parent.
   * @default "l2"
   */
  readonly mode?: IpvlanMode;
  /**
   * How agents on one parent see each other.
   * @default "bridge"
   */
  readonly flag?: IpvlanFlag;
}

/** All that an ipvlan network comes to. */
export interface IpvlanNetworkPlan extends LanNetworkPlan {
  /** Prefixes that the LAN's routers must send to the host; none in mode l2. */
  readonly neighbourRoutes: readonly string[];
}

/** Plans an ipvlan network. Throws one ArgumentError with all problems. */
export function planIpvlanNetwork(context: PlanContext, settings: IpvlanNetworkSettings): IpvlanNetworkPlan {
  const plan = planLanNetwork(ipvlan, context, settings);
  return { ...plan, neighbourRoutes: neighbourRoutes(plan) };
}

/** Prefixes that the LAN's routers must send to the host, because nobody answers for the agents there. */
export function neighbourRoutes({ facts }: LanNetworkPlan): string[] {
  return facts.mode === IpvlanMode.L2 || facts.parent === undefined ? [] : facts.subnets.map(({ subnet }) => subnet);
}

/** Docker's ipvlan: agents with the parent's MAC address. */
export const ipvlan: LanDriver = {
  name: "ipvlan",
  component: "IpvlanNetwork",
  ownMac: false,
  known: ["mode", "flag"],
  read(problems, at, given: IpvlanNetworkSettings) {
    const mode = readChoice(problems, at("mode"), given.mode, Object.values(IpvlanMode)) ?? IpvlanMode.L2;
    const flag = readChoice(problems, at("flag"), given.flag, Object.values(IpvlanFlag)) ?? IpvlanFlag.Bridge;
    const routed = mode !== IpvlanMode.L2;
    return {
      driver: "ipvlan",
      mode,
      flag: flag as LinkFact["flag"],
      together: flag === IpvlanFlag.Bridge,
      routed,
      // Docker takes one ipvlan network on a parent, and the kernel no macvlan beside it.
      exclusive: true,
      takesParent: false,
      options: [
        { key: "ipvlan_mode", value: mode, argument: "mode" },
        // Engines before 23 do not know the option; left out, it is bridge.
        ...(flag === IpvlanFlag.Bridge ? [] : [{ key: "ipvlan_flag", value: flag, argument: "flag" }]),
      ],
      requirements: requirements(mode, flag),
      warnings: [],
    };
  },
};

/** Docker 23 brought l3s and the flags (moby/moby#42542); the kernel l2 and l3 with 4.2, l3s with 4.9, flags with 4.15. */
function requirements(mode: IpvlanMode, flag: IpvlanFlag): RequireFact[] {
  const newer = mode === IpvlanMode.L3s || flag !== IpvlanFlag.Bridge;
  const kernel = flag !== IpvlanFlag.Bridge ? "4.15" : mode === IpvlanMode.L3s ? "4.9" : "4.2";
  const conditions = [`kernel >= ${kernel}`, "module ipvlan", ...(newer ? ["docker >= 23"] : [])];
  return conditions.map((condition) => ({ kind: "require", condition }));
}
