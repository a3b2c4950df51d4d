import type { Problems } from "../problems";
import type { EndpointPlan, ExtraNetwork } from "./agent";

/** By which network an agent with several of them reaches the rest of the world. */
export const DefaultRoute = {
  /** By the extra network that is marked as management. */
  Management: "management",
  /** By the network that the agent is there for. */
  Measuring: "measuring",
} as const;
/** One of the values of {@link DefaultRoute}. */
export type DefaultRoute = (typeof DefaultRoute)[keyof typeof DefaultRoute];

/** The network that an agent is there for. */
export interface MainNetwork {
  /** Its endpoint. */
  readonly endpoint: EndpointPlan;
  /** Whether it has subnets of both families: Docker before 28 prefers such a network, whatever its name. */
  readonly dualStack: boolean;
  /** Whether it gives no default route at all. */
  readonly internal: boolean;
}

/** Who wins, and what that takes. */
export interface DefaultRoutePlan {
  /** All endpoints, main network first, with priorities where those are needed. */
  readonly endpoints: readonly EndpointPlan[];
  /** Name of the network that is to have the default route; absent when nothing says which. */
  readonly winner?: string;
  /** Whether priorities decide, which the engine knows from version 28 on. */
  readonly needsPriority: boolean;
}

/**
 * Gives the default route to the network that is to have it; where nothing says which, Docker chooses.
 *
 * Docker before 28 gives it to the network that is not internal, then to one with gateways of both families, then to
 * the one whose name sorts first. Where that leads to the right one, nothing is asked of the engine; otherwise a
 * priority decides, and the host must have Docker 28.
 */
export function planDefaultRoute(
  problems: Problems,
  path: string,
  main: MainNetwork,
  extra: readonly ExtraNetwork[],
  wanted: DefaultRoute | undefined,
): DefaultRoutePlan {
  const endpoints = [main.endpoint, ...extra.map(({ endpoint }) => endpoint)];
  const management = extra.find((network) => network.management);
  if (wanted === DefaultRoute.Management && management === undefined) {
    problems.add(path, wanted, "names no network", "mark one of extraNetworks with management: true");
  }
  if (wanted === DefaultRoute.Measuring && main.internal) {
    problems.add(path, wanted, "names a network that gives no default route", "give it a parent, and not internal");
  }
  const byMain = extra.length > 0 && wanted === DefaultRoute.Measuring;
  const winner = byMain ? main.endpoint.networkName : management?.endpoint.networkName;
  if (extra.some(({ gatewayPriority }) => gatewayPriority !== undefined)) {
    return { ...givenPriorities(problems, main, extra, winner), needsPriority: true };
  }
  if (winner === undefined) {
    return { endpoints, needsPriority: false };
  }
  const rivals = endpoints.filter(
    ({ networkName }) => networkName !== winner && !(main.internal && networkName === main.endpoint.networkName),
  );
  const preferred = !byMain && !main.internal && main.dualStack;
  if (!preferred && rivals.every(({ networkName }) => winner < networkName)) {
    return { endpoints, winner, needsPriority: false };
  }
  const raised = endpoints.map((endpoint) =>
    endpoint.networkName === winner ? { ...endpoint, gwPriority: 1 } : endpoint,
  );
  return { endpoints: raised, winner, needsPriority: true };
}

/** The user's own priorities: they must lead where the rest of the arguments says. */
function givenPriorities(
  problems: Problems,
  main: MainNetwork,
  extra: readonly ExtraNetwork[],
  wanted: string | undefined,
): Pick<DefaultRoutePlan, "endpoints" | "winner"> {
  const ranked = [{ endpoint: main.endpoint, gatewayPriority: 0 }, ...extra]
    .map(({ endpoint, gatewayPriority = 0 }) => ({ name: endpoint.networkName, gatewayPriority }))
    .sort((a, b) => b.gatewayPriority - a.gatewayPriority || (a.name < b.name ? -1 : 1));
  const winner = ranked[0]!.name;
  if (wanted !== undefined && winner !== wanted) {
    const rule = `have gateway priorities that give the default route to ${winner}, but it is to go by ${wanted}`;
    problems.add("extraNetworks", undefined, rule, `give ${wanted} the highest one`);
  }
  const endpoints = extra.map(({ endpoint, gatewayPriority }) =>
    gatewayPriority === undefined ? endpoint : { ...endpoint, gwPriority: gatewayPriority },
  );
  return { endpoints: [main.endpoint, ...endpoints], winner };
}

/** The same among further networks alone, of a container whose main interface is none of Docker's. */
export function planExtraRoute(
  problems: Problems,
  path: string,
  extra: readonly ExtraNetwork[],
): DefaultRoutePlan | undefined {
  const [first, ...others] = extra;
  const wanted = first?.management ? DefaultRoute.Measuring : undefined;
  return first && planDefaultRoute(problems, path, { ...first, dualStack: false, internal: false }, others, wanted);
}
