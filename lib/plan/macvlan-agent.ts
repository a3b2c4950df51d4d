import type { PlanContext } from "./context";
import { type LanAgentPlan, type LanAgentSettings, planLanAgent } from "./lan-agent";
import { type MacvlanNetworkSettings, macvlan } from "./macvlan-network";

/** Arguments of a macvlan agent, all known. Give `network` or `own`. */
export interface MacvlanAgentSettings extends LanAgentSettings {
  /** @default - the agent joins a network of others */
  readonly own?: MacvlanNetworkSettings;
}

/** Plans a macvlan agent. Throws one ArgumentError with all problems. */
export function planMacvlanAgent(context: PlanContext, settings: MacvlanAgentSettings): LanAgentPlan {
  return planLanAgent(macvlan, context, settings);
}
