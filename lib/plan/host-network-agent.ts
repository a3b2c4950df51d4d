import { addressText, parseAddress } from "../net/address";
import type { Problems } from "../problems";
import { type AgentPlan, containerClaim, readAgentContainer, refuseArguments } from "./agent";
import type { ContainerSettings } from "./container";
import { type PlanContext, startProblems } from "./context";
import { ownLabels } from "./docker-network";
import { hostState } from "./host-state";
import { checkManagementPort, type PublishedPortPlan, portClaims } from "./published-ports";
import { memberPath, read, readChoice, readInteger, readList, readObject } from "./read";
import { type VerificationSettings, verificationLines } from "./verification";

/** A port that the agent's program takes on the host. */
export interface ListenSettings {
  /** The port. */
  readonly port: number;
  /** @default - every address of the host */
  readonly ip?: string;
  /** @default "tcp" */
  readonly protocol?: string;
}

/** Arguments of an agent on the host's own network, all known. */
export interface HostNetworkAgentSettings {
  /** @default - unknown */
  readonly listens?: readonly ListenSettings[];
  /** @default - nothing is proved */
  readonly verification?: VerificationSettings;
  /** @default - nothing of it is checked */
  readonly container?: ContainerSettings;
}

const OWN_ARGUMENTS = ["host", "listens", "verify"];

/** What other agents take, and why this one does not. */
const REFUSED: Readonly<Record<string, readonly [why: string, wayOut: string]>> = {
  ports: ["publishes nothing: the program has the host's own ports", "leave it out; name its ports in listens"],
  network: ["is no network of Docker's: the agent is on the host's", "leave it out, or use another agent"],
  ownNetwork: ["is no network of Docker's: the agent is on the host's", "leave it out, or use another agent"],
  networkName: ["is no network of Docker's: the agent is on the host's", "leave it out, or use another agent"],
  extraNetworks: ["cannot be beside the host's network, which Docker lets nobody join", "leave it out"],
  ipv4Address: ["is none of the agent's own: it has those of the host", "leave it out, or use MacvlanAgent"],
  ipv6Address: ["is none of the agent's own: it has those of the host", "leave it out, or use MacvlanAgent"],
  macAddress: ["is none of the agent's own: it has those of the host", "leave it out, or use MacvlanAgent"],
  aliases: ["are for networks of Docker's, and the agent is on none", "leave it out"],
  receives: [
    "has no port of the agent's own: its program joins groups on links of the host",
    "leave it out; name the link to the program",
  ],
  defaultRoute: ["is that of the host", "leave it out, or use PolicyRoutedAgent"],
};

/** Plans an agent on the host's own network. Throws one ArgumentError with all problems. */
export function planHostNetworkAgent(context: PlanContext, given: HostNetworkAgentSettings): AgentPlan {
  const problems = startProblems(context);
  const settings = readObject(problems, "", given, ["listens", "verification", "container"]);
  const containerName = readContainerOnHost(problems, settings.container, context);
  const ports = readList(problems, "listens", settings.listens).flatMap((entry, index) =>
    readListen(problems, memberPath("listens", index), entry, context),
  );
  const verify = verificationLines(problems, "verify", settings.verification, { networkName: "host", gateways: [] });
  problems.throwIfAny();
  return {
    containerName,
    labels: ownLabels(context),
    endpoints: [],
    hostState: hostState([]),
    verify,
    claims: [containerClaim(context, containerName), ...portClaims(context, "listens", ports, "port")],
    warnings: [],
  };
}

function readContainerOnHost(problems: Problems, given: ContainerSettings | undefined, context: PlanContext): string {
  const container = refuseArguments(problems, given, REFUSED);
  for (const key of Object.keys(container?.sysctls ?? {})) {
    if (key.startsWith("net.")) {
      const rule = "would change the host itself, and Docker refuses it in the host's network";
      problems.add(memberPath("sysctls", key), undefined, rule, "leave it out");
    }
  }
  return readAgentContainer(problems, container, context, OWN_ARGUMENTS);
}

function readListen(
  problems: Problems,
  at: string,
  entry: ListenSettings,
  context: PlanContext,
): PublishedPortPlan | [] {
  const given = readObject(problems, at, entry, ["port", "ip", "protocol"]);
  if (given.port === undefined) {
    problems.add(`${at}.port`, undefined, "is missing", "give the port, 1-65535");
  }
  const port = readInteger(problems, `${at}.port`, given.port, { from: 1, to: 65535 });
  const ip = read(problems, `${at}.ip`, given.ip, (value) => parseAddress(value));
  const protocol = readChoice(problems, `${at}.protocol`, given.protocol, ["tcp", "udp", "sctp"]) ?? "tcp";
  if (port === undefined) {
    return [];
  }
  const plan = { internal: port, external: port, ...(ip && { ip: addressText(ip) }), protocol };
  checkManagementPort(problems, `${at}.port`, plan, context);
  return plan;
}
