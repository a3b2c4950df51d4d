import type { Topology, TopologyAgent, TopologyEndpoint, TopologyNetwork } from "./topology";

/** An agent's place on a network, with the agent. */
export interface Place {
  /** The agent. */
  readonly agent: TopologyAgent;
  /** Its endpoint on the network. */
  readonly endpoint: TopologyEndpoint;
}

/** A network with all that stands on it. */
export interface NetworkView extends TopologyNetwork {
  /** Agents by name. */
  readonly places: readonly Place[];
}

/** A host with its networks, by the link that they lead to. */
export interface HostView {
  /** Name of the host. */
  readonly name: string;
  /** Link to its networks, sorted; networks without a link come last, under undefined. */
  readonly links: readonly { readonly parent: string | undefined; readonly networks: readonly NetworkView[] }[];
}

/** The topology in the one order that every picture has: hosts, links, networks and agents by name. */
export function viewOf({ networks, agents }: Topology): HostView[] {
  const hosts = unique([...networks, ...agents].map(({ host }) => host));
  return hosts.map((host) => {
    const here = agents.filter((agent) => agent.host === host).sort(byName);
    const declared = networks.filter((network) => network.host === host);
    const all = [...declared, ...joinedOnly(host, declared, here)].sort(byName);
    const parents = unique(all.flatMap(({ parent }) => parent ?? []));
    const links = [...parents, undefined].map((parent) => ({
      parent,
      networks: all
        .filter((network) => network.parent === parent)
        .map((network) => ({ ...network, places: placesOn(network.name, here) })),
    }));
    return { name: host, links: links.filter((link) => link.networks.length > 0) };
  });
}

/** Networks that agents join by name and no component of the stack declares. */
function joinedOnly(
  host: string,
  declared: readonly TopologyNetwork[],
  agents: readonly TopologyAgent[],
): TopologyNetwork[] {
  const known = new Set(declared.map(({ name }) => name));
  const joined = unique(agents.flatMap(({ endpoints }) => endpoints.map(({ network }) => network)));
  return joined
    .filter((name) => !known.has(name))
    .map((name) => ({ name, host, driver: "not of this stack", subnets: [] }));
}

function placesOn(network: string, agents: readonly TopologyAgent[]): Place[] {
  return agents.flatMap((agent) =>
    agent.endpoints.flatMap((endpoint) => (endpoint.network === network ? [{ agent, endpoint }] : [])),
  );
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
