import type { PlanContext } from "./context";
import { type IpvlanNetworkSettings, ipvlan } from "./ipvlan-network";
import { type LanAgentPlan, type LanAgentSettings, planLanAgent } from "./lan-agent";

/** Arguments of an ipvlan agent, all known. Give `network` or `own`. */
export interface IpvlanAgentSettings extends LanAgentSettings {
  /** @default - the agent joins a network of others */
  readonly own?: IpvlanNetworkSettings;
}

/** Plans an ipvlan agent. Throws one ArgumentError with all problems. */
export function planIpvlanAgent(context: PlanContext, settings: IpvlanAgentSettings): LanAgentPlan {
  return planLanAgent(ipvlan, context, settings);
}
