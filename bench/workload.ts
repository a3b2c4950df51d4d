/** What every contender makes: networks, each on a parent of its own, and containers spread evenly over them. */
export interface Workload {
  readonly networks: readonly {
    readonly name: string;
    readonly parent: string;
    readonly subnet: string;
    readonly gateway: string;
  }[];
  readonly containers: readonly { readonly name: string; readonly network: string }[];
  readonly image: string;
}

/** The workload of a size; names and addresses are the same for every contender. */
export function workload(size: {
  readonly networks: number;
  readonly containers: number;
  readonly image: string;
}): Workload {
  const networks = Array.from({ length: size.networks }, (_, index) => ({
    name: `net${index}`,
    parent: `parent${index}`,
    subnet: `10.77.${index}.0/24`,
    gateway: `10.77.${index}.1`,
  }));
  const containers = Array.from({ length: size.containers }, (_, index) => ({
    name: `agent${index}`,
    network: networks[index % size.networks]!.name,
  }));
  return { networks, containers, image: size.image };
}
