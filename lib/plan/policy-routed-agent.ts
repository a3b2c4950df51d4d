import type { Problems } from "../problems";
import { containerClaim, endpointClaims, readAgentContainer, refuseArguments } from "./agent";
import type { BridgeAgentPlan } from "./bridge-agent";
import { readBridgeEndpoint } from "./bridge-endpoint";
import type { ContainerSettings } from "./container";
import { linkScope, type PlanContext, requireHost, startProblems } from "./context";
import { type DriverOptionsSaid, ownLabels } from "./docker-network";
import type { Fact } from "./facts";
import { BEHIND_NAT } from "./groups";
import { hostState } from "./host-state";
import { checkTogether, egressOf } from "./policy-checks";
import { policyClaims, policyWarnings } from "./policy-claims";
import { Fallback, type Policy, policyFacts } from "./policy-facts";
import { type ExistingNetworkSettings, type PolicyNetworkSettings, readPolicyNetwork } from "./policy-network";
import { type PublishedPortSettings, portClaims, readPublishedPorts } from "./published-ports";
import { readBoolean, readChoice, readInteger, readObject } from "./read";
import { requireDocker } from "./requirements";
import { type RoutingTableSettings, readMark, readPriority, readTable } from "./routing-table";
import { readUplink, SourceNat6, type UplinkSettings } from "./uplink";
import { type VerificationSettings, verificationLines } from "./verification";

/** Arguments of a policy-routed agent, all known. */
export interface PolicyRoutedAgentSettings {
  /** @default - `existing` */
  readonly own?: PolicyNetworkSettings;
  /** @default - `own` */
  readonly existing?: ExistingNetworkSettings;
  /** The second way out. */
  readonly uplink?: UplinkSettings;
  /** Its routing table. */
  readonly table?: RoutingTableSettings;
  /** @default - derived from the id of the table */
  readonly priority?: number;
  /** @default - derived from the id of the table */
  readonly mark?: string;
  /** @default "none" */
  readonly fallback?: string;
  /** @default - given by Docker */
  readonly ipv4Address?: string;
  /** @default - given by Docker */
  readonly ipv6Address?: string;
  /** @default - chosen by Docker */
  readonly macAddress?: string;
  /** @default - none */
  readonly aliases?: readonly string[];
  /** @default - none */
  readonly ports?: readonly PublishedPortSettings[];
  /** @default - gateway and egress are proved */
  readonly verification?: VerificationSettings;
  /** @default false */
  readonly allowManagementImpact?: boolean;
  /** @default - the host's own */
  readonly undoWindowSeconds?: number;
  /** @default - nothing of it is checked */
  readonly container?: ContainerSettings;
}

/** All that a policy-routed agent comes to. */
export interface PolicyRoutedAgentPlan extends Omit<BridgeAgentPlan, "probe"> {
  /** Id of the routing table. */
  readonly table: number;
  /** Name of the bridge on the host. */
  readonly bridgeName: string;
}

const OWN_ARGUMENTS = [
  "host",
  "ownNetwork",
  "existingNetwork",
  "uplink",
  "table",
  "priority",
  "mark",
  "fallback",
  "ipv4Address",
  "ipv6Address",
  "macAddress",
  "aliases",
  "ports",
  "verify",
  "persistence",
  "allowManagementImpact",
  "undoWindowSeconds",
];

const KNOWN: readonly (keyof PolicyRoutedAgentSettings)[] = [
  "own",
  "existing",
  "uplink",
  "table",
  "priority",
  "mark",
  "fallback",
  "ipv4Address",
  "ipv6Address",
  "macAddress",
  "aliases",
  "ports",
  "verification",
  "allowManagementImpact",
  "undoWindowSeconds",
  "container",
];

/** Plans a policy-routed agent. Throws one ArgumentError with all problems. */
export function planPolicyRoutedAgent(context: PlanContext, given: PolicyRoutedAgentSettings): PolicyRoutedAgentPlan {
  const problems = startProblems(context);
  const settings = readObject(problems, "", given, KNOWN);
  const container = refuseArguments(problems, settings.container, { receives: BEHIND_NAT });
  const containerName = readAgentContainer(problems, container, context, OWN_ARGUMENTS);
  requireHost(problems, context, "give host.ref: a second way out is routes and rules of the host");
  const network = readPolicyNetwork(
    problems,
    context,
    settings.own,
    settings.existing,
    sourceNatOptions(settings.uplink),
  );
  const uplink = readUplink(problems, "uplink", settings.uplink, network.prefixes);
  const table = readTable(problems, "table", settings.table);
  const priority = readPriority(problems, "priority", settings.priority, table?.id ?? 1);
  const mark = readMark(problems, "mark", settings.mark, table?.id ?? 1);
  const fallback = readChoice(problems, "fallback", settings.fallback, Object.values(Fallback)) ?? Fallback.None;
  const endpoint = readBridgeEndpoint(problems, settings, network.name, network.own);
  const ports = readPublishedPorts(problems, "ports", settings.ports, context);
  checkTogether(problems, context, { network, uplink, fallback, publishes: ports.length > 0 });
  const verify = verificationLines(problems, "verify", settings.verification, {
    networkName: network.name,
    gateways: network.own?.gateways ?? [],
    ...(network.name === "bridge" && { defaultRoute: network.name }),
    egress: egressOf(network, uplink),
  });
  const options = readOptions(problems, settings);
  problems.throwIfAny();

  const policy: Policy = {
    network,
    uplink: { ...uplink, dev: uplink.dev! },
    table: table!,
    priority,
    fallback,
    ...(ports.length > 0 && { mark }),
  };
  return {
    ...(network.own && { network: network.own.plan }),
    containerName,
    labels: ownLabels(context),
    endpoints: [endpoint],
    ports,
    hostState: hostState([
      ...options,
      ...requireDocker(endpoint.macAddress !== undefined, false),
      ...(network.own?.facts ?? []),
      ...policyFacts(policy),
    ]),
    verify,
    claims: [
      ...(network.own?.claims ?? []),
      containerClaim(context, containerName),
      ...endpointClaims(context, linkScope(context, { name: network.name }), endpoint),
      ...portClaims(context, "ports", ports),
      ...policyClaims(context, policy),
    ],
    warnings: policyWarnings(policy),
    table: policy.table.id,
    bridgeName: network.bridge!,
  };
}

/** Driver options by which Docker would translate source addresses otherwise than the uplink says. */
function sourceNatOptions(uplink: UplinkSettings | undefined): DriverOptionsSaid {
  const fixed = uplink?.sourceAddress !== undefined || uplink?.sourceAddress6 !== undefined;
  const routed6 = uplink?.sourceNat6 === SourceNat6.None;
  return {
    // The address that they fix is right for one link only, whatever the route.
    "com.docker.network.host_ipv4": { value: undefined, argument: "uplink.sourceAddress" },
    "com.docker.network.host_ipv6": { value: undefined, argument: "uplink.sourceAddress6" },
    ...(fixed && {
      "com.docker.network.bridge.enable_ip_masquerade": { value: "false", argument: "uplink.sourceAddress" },
    }),
    // Docker 27 and newer translate IPv6 too, unless told that the prefix is routed; older ones do not know the option.
    ...(routed6 && {
      "com.docker.network.bridge.gateway_mode_ipv6": { value: "routed", argument: "uplink.sourceNat6" },
    }),
  };
}

function readOptions(problems: Problems, settings: Partial<PolicyRoutedAgentSettings>): Fact[] {
  const allowed = readBoolean(problems, "allowManagementImpact", settings.allowManagementImpact) ?? false;
  const range = { from: 10, to: 3600, unit: " seconds" };
  const seconds = readInteger(problems, "undoWindowSeconds", settings.undoWindowSeconds, range);
  return [
    ...(allowed ? [{ kind: "allow", what: "management-impact" } as const] : []),
    ...(seconds === undefined ? [] : [{ kind: "window", seconds } as const]),
  ];
}
