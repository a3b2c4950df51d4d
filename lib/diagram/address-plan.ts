import { parseAddress } from "../net/address";
import { viewOf } from "./order";
import type { Topology } from "./topology";

/** One address of the plan. */
export interface AddressPlanRow {
  /** Address, canonical. */
  readonly address: string;
  /** MAC address; empty where Docker or another device chooses it. */
  readonly mac: string;
  /** Name of the host. */
  readonly host: string;
  /** Name of the network. */
  readonly network: string;
  /** Who bears it: agent, `this host`, `gateway`, or the name of a reservation. */
  readonly holder: string;
}

/** Every fixed address of the stack, sorted by host and address. */
export function addressPlan(topology: Topology): AddressPlanRow[] {
  const rows = viewOf(topology).flatMap(({ name: host, links }) =>
    links.flatMap(({ networks }) =>
      networks.flatMap(({ name: network, subnets, shim, places }) => {
        const row = (address: string | undefined, mac: string | undefined, holder: string): AddressPlanRow[] =>
          address === undefined ? [] : [{ address, mac: mac ?? "", host, network, holder }];
        return [
          ...subnets.flatMap(({ gateway, reserved = {} }) => [
            ...row(gateway, undefined, "gateway"),
            ...Object.entries(reserved).flatMap(([name, address]) => row(address, undefined, `reserved: ${name}`)),
          ]),
          ...row(shim?.address, shim?.macAddress, `this host, by ${shim?.linkName}`),
          ...row(shim?.address6, shim?.macAddress, `this host, by ${shim?.linkName}`),
          ...places.flatMap(({ agent, endpoint }) => [
            ...row(endpoint.ipv4Address, endpoint.macAddress, agent.name),
            ...row(endpoint.ipv6Address, endpoint.macAddress, agent.name),
          ]),
        ];
      }),
    ),
  );
  return rows.sort(
    (a, b) => compare(a.host, b.host) || compareAddresses(a.address, b.address) || compare(a.network, b.network),
  );
}

/** The address plan as a table of plain text. */
export function addressPlanText(topology: Topology): string {
  const titles: AddressPlanRow = { address: "ADDRESS", mac: "MAC", host: "HOST", network: "NETWORK", holder: "HOLDER" };
  const rows = [titles, ...addressPlan(topology)];
  const columns = ["address", "mac", "host", "network", "holder"] as const;
  const widths = columns.map((column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map(
      (row) =>
        `${columns
          .map((column, index) => row[column].padEnd(widths[index]!))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}

function compareAddresses(a: string, b: string): number {
  const [one, other] = [parseAddress(a), parseAddress(b)];
  if (one.fault || other.fault) {
    return compare(a, b);
  }
  return one.value.family - other.value.family || compare(one.value.value, other.value.value);
}

function compare<T extends string | bigint>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
