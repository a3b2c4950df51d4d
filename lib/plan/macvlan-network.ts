import type { PlanContext } from "./context";
import type { LanDriver } from "./lan-driver";
import { type LanNetworkPlan, type LanNetworkSettings, planLanNetwork } from "./lan-network";
import { MacvlanMode } from "./macvlan-mode";
import { readChoice } from "./read";

/** Arguments of a macvlan network, all known. */
export interface MacvlanNetworkSettings extends LanNetworkSettings {
  /**
   * How agents on one parent see each other.
   * @default "bridge"
   */
  readonly mode?: MacvlanMode;
}

/** Plans a macvlan network. Throws one ArgumentError with all problems. */
export function planMacvlanNetwork(context: PlanContext, settings: MacvlanNetworkSettings): LanNetworkPlan {
  return planLanNetwork(macvlan, context, settings);
}

/** Docker's macvlan: agents with MAC addresses of their own. */
export const macvlan: LanDriver = {
  name: "macvlan",
  component: "MacvlanNetwork",
  ownMac: true,
  known: ["mode"],
  read(problems, at, given: MacvlanNetworkSettings) {
    const mode = readChoice(problems, at("mode"), given.mode, Object.values(MacvlanMode)) ?? MacvlanMode.Bridge;
    const passthru = mode === MacvlanMode.Passthru;
    return {
      driver: "macvlan",
      mode,
      together: mode === MacvlanMode.Bridge,
      routed: false,
      exclusive: passthru,
      takesParent: passthru,
      options: [{ key: "macvlan_mode", value: mode, argument: "mode" }],
      requirements: [],
      warnings: passthru
        ? ["in mode passthru the parent takes on the MAC address of the one agent, and serves no other network."]
        : [],
    };
  },
};
