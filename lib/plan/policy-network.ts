import type { Family } from "../net/address";
import { deriveInterfaceName, parseInterfaceName } from "../net/interface-name";
import { type Prefix, parsePrefix, prefixText } from "../net/prefix";
import { parseResourceName } from "../net/resource-name";
import type { Problems } from "../problems";
import { type BridgeNetworkDraft, type BridgeNetworkSettings, draftBridgeNetwork } from "./bridge-network";
import { ownerOf, type PlanContext } from "./context";
import type { DriverOptionsSaid } from "./docker-network";
import { isGiven, memberPath, read, readList, readObject, readRequired } from "./read";

/** A bridge network of the agent's own, with a known bridge. */
export interface PolicyNetworkSettings extends BridgeNetworkSettings {
  /** @default - `wr-` and eight digits, from owner and network */
  readonly bridgeName?: string;
}

/** A bridge network that is there already. */
export interface ExistingNetworkSettings {
  /** Name in Docker. */
  readonly networkName: string;
  /** @default - `docker0` for Docker's default bridge */
  readonly bridgeName?: string;
  /** @default - not known */
  readonly subnets?: readonly string[];
}

/** The network whose traffic is routed apart, as far as it was right. */
export interface PolicyNetwork {
  /** Name in Docker. */
  readonly name: string;
  /** Name of the bridge on the host. */
  readonly bridge?: string;
  /** The network as planned, where it is the agent's own. */
  readonly own?: BridgeNetworkDraft;
  /** By what rules know its traffic, of each family: the prefix, or the bridge. */
  readonly selectors: readonly { readonly from: string; readonly iif?: string }[];
  /** Its prefixes, where they are known. */
  readonly prefixes: readonly Prefix[];
}

/** What everything of a family is written as. */
export const EVERYTHING: Readonly<Record<Family, string>> = { 4: "0.0.0.0/0", 6: "::/0" };

/** Reads the network: the agent's own, or one that exists. */
export function readPolicyNetwork(
  problems: Problems,
  context: PlanContext,
  own: PolicyNetworkSettings | undefined,
  existing: ExistingNetworkSettings | undefined,
  said: DriverOptionsSaid,
): PolicyNetwork {
  const isOwn = isGiven(problems, "ownNetwork", own);
  if (isGiven(problems, "existingNetwork", existing)) {
    if (isOwn) {
      problems.add("existingNetwork", undefined, "is given, and ownNetwork too", "give one of the two");
    }
    return readExisting(problems, existing);
  }
  if (!isOwn) {
    const wayOut = 'give ownNetwork, or existingNetwork: { networkName: "bridge" } for Docker\'s default bridge';
    problems.add("ownNetwork", undefined, "is missing", wayOut);
    return { name: context.name, selectors: [], prefixes: [] };
  }
  return readOwn(problems, context, own, said);
}

// The rules go by source prefix: unlike one by interface, such a rule also holds for what the host sends for its containers.
function readOwn(
  problems: Problems,
  context: PlanContext,
  settings: PolicyNetworkSettings,
  said: DriverOptionsSaid,
): PolicyNetwork {
  const isObject = typeof settings === "object" && !Array.isArray(settings);
  const { bridgeName, ...network } = isObject ? settings : ({} as Partial<PolicyNetworkSettings>);
  const given = read(problems, "ownNetwork.bridgeName", bridgeName, parseInterfaceName);
  const name = parseResourceName(network.networkName).fault ? context.name : network.networkName!;
  const bridge = given ?? deriveInterfaceName("wr-", `${ownerOf(context)} ${name}`);
  const draft = draftBridgeNetwork(problems, context, isObject ? network : settings, "ownNetwork", {
    "com.docker.network.bridge.name": { value: bridge, argument: "ownNetwork.bridgeName" },
    ...said,
  });
  if (network.subnets === undefined && isObject) {
    const wayOut = 'give them: the rules of the host go by them, such as [{ subnet: "172.31.7.0/24" }]';
    problems.add("ownNetwork.subnets", undefined, "is missing", wayOut);
  }
  if (draft.plan.docker.internal) {
    const wayOut = "leave it out: a network without a way out needs no second one";
    problems.add("ownNetwork.internal", true, "takes every way out from the network", wayOut);
  }
  const prefixes = draft.subnets.map(({ prefix }) => prefix);
  return {
    name: draft.plan.networkName,
    bridge,
    own: draft,
    selectors: prefixes.map((prefix) => ({ from: prefixText(prefix) })),
    prefixes,
  };
}

// The rules go by bridge: its subnet is Docker's choice and may change, the rule follows.
function readExisting(problems: Problems, settings: ExistingNetworkSettings): PolicyNetwork {
  const path = "existingNetwork";
  const given = readObject(problems, path, settings, ["networkName", "bridgeName", "subnets"]);
  const name = readRequired(problems, `${path}.networkName`, given.networkName, parseResourceName);
  if (name === "host" || name === "none") {
    problems.add(`${path}.networkName`, name, "is no bridge network", "name a bridge network");
  }
  const named = read(problems, `${path}.bridgeName`, given.bridgeName, parseInterfaceName);
  const bridge = named ?? (name === "bridge" ? "docker0" : undefined);
  if (bridge === undefined && given.bridgeName === undefined && name !== undefined) {
    const wayOut = `give the link that Docker made for it: br- and the first 12 digits of docker network inspect -f {{.Id}} ${name}`;
    problems.add(`${path}.bridgeName`, undefined, "is missing", wayOut);
  }
  const prefixes = readList(problems, `${path}.subnets`, given.subnets).flatMap(
    (one, index) =>
      readRequired(problems, memberPath(`${path}.subnets`, index), one, (value) => parsePrefix(value)) ?? [],
  );
  return {
    name: name ?? "",
    ...(bridge !== undefined && { bridge }),
    // Both families, whatever the network has today: what it gets later must not leak.
    selectors: bridge === undefined ? [] : [EVERYTHING[4], EVERYTHING[6]].map((from) => ({ from, iif: bridge })),
    prefixes,
  };
}
