import { addressText } from "../net/address";
import { prefixText } from "../net/prefix";
import type { Problems } from "../problems";
import type { PlanContext } from "./context";
import {
  type DockerNetworkPlan,
  type DriverOptionsSaid,
  ipamConfigs,
  readDriverOptions,
  readLabels,
  readNetworkName,
} from "./docker-network";
import type { Fact } from "./facts";
import type { Claim } from "./inventory";
import { networkClaims } from "./network-claims";
import { memberPath, readBoolean, readObject } from "./read";
import { impliedGateway, isIncomplete, readOwnSubnets, type Subnet, type SubnetSettings } from "./subnets";

/** A bridge network that belongs to one agent. */
export interface BridgeNetworkSettings {
  /** @default - the name of the component */
  readonly networkName?: string;
  /** @default - one IPv4 subnet that Docker chooses */
  readonly subnets?: readonly SubnetSettings[];
  /** @default false */
  readonly internal?: boolean;
  /** @default - only those of wirework */
  readonly labels?: { readonly [key: string]: string };
  /** @default - none */
  readonly driverOptions?: { readonly [key: string]: string };
}

/** All that a bridge agent's own network comes to. */
export interface BridgeNetworkPlan {
  /** Name in Docker. */
  readonly networkName: string;
  /** Docker's arguments. */
  readonly docker: DockerNetworkPlan;
}

/** The plan, and what the agent's own plan takes from it. */
export interface BridgeNetworkDraft {
  /** The plan. */
  readonly plan: BridgeNetworkPlan;
  /** Subnets as read. */
  readonly subnets: readonly Subnet[];
  /** Whether some of them could not be read. */
  readonly incomplete: boolean;
  /** Addresses of the bridge itself, of the first subnet of each family. */
  readonly gateways: readonly string[];
  /** What only this component may have. */
  readonly claims: readonly Claim[];
  /** What the host must check before Docker makes the network. */
  readonly facts: readonly Fact[];
}

/** Plans from what is right and notes what is wrong; `said` are driver options that other arguments decide. */
export function draftBridgeNetwork(
  problems: Problems,
  context: PlanContext,
  settings: BridgeNetworkSettings,
  path: string,
  said: DriverOptionsSaid = {},
): BridgeNetworkDraft {
  const known: (keyof BridgeNetworkSettings)[] = ["networkName", "subnets", "internal", "labels", "driverOptions"];
  const given = readObject(problems, path, settings, known);
  const at = (argument: string) => memberPath(path, argument);
  const networkName = readNetworkName(problems, at("networkName"), given.networkName, context);
  const subnets = readOwnSubnets(problems, at("subnets"), given.subnets);
  const internal = readBoolean(problems, at("internal"), given.internal) ?? false;
  const docker: DockerNetworkPlan = {
    driver: "bridge",
    options: readDriverOptions(problems, at("driverOptions"), given.driverOptions, said),
    ipv6: subnets.some(({ prefix }) => prefix.family === 6),
    internal,
    ipamConfigs: ipamConfigs(subnets, () => new Map()),
    labels: readLabels(problems, at("labels"), given.labels, context),
  };
  return {
    plan: { networkName, docker },
    subnets,
    incomplete: isIncomplete(given.subnets, subnets),
    // An internal bridge has an address too, but no container has a route to ask it by.
    gateways: internal ? [] : bridgeAddresses(subnets),
    claims: networkClaims(context, at, { name: networkName }, subnets),
    // Docker gives its bridge a route to the subnet, whatever the host had by it: its LAN, or the way to its SSH client.
    facts: subnets.map(({ prefix }) => ({ kind: "require", condition: `subnet-free ${prefixText(prefix)}` })),
  };
}

/** Docker gives the bridge the gateway, or the first address of the pool where none is given. */
function bridgeAddresses(subnets: readonly Subnet[]): string[] {
  return ([4, 6] as const).flatMap((family) => {
    const first = subnets.find(({ prefix }) => prefix.family === family);
    const gateway = first && (first.gateway ?? impliedGateway(first));
    return gateway ? [addressText(gateway)] : [];
  });
}
