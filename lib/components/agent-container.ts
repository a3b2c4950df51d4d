import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { withoutTraces } from "../host/traces";
import { after, type Planned, pick } from "../lift";
import type { EndpointPlan } from "../plan/agent";
import type { LabelPlan } from "../plan/docker-network";
import { type ContainerArgs, containerArguments, dockerLabels } from "./container-args";
import { type ComponentContext, newVerification } from "./context";

/** A further network of an agent's container, beside the one that the agent is about. */
export interface ExtraNetworkArgs {
  /** Name of the Docker network. */
  name: pulumi.Input<string>;
  /**
   * Fixed IPv4 address on it; the network must have been given a subnet.
   * @default - given by Docker
   */
  ipv4Address?: pulumi.Input<string>;
  /**
   * Fixed IPv6 address on it.
   * @default - given by Docker
   */
  ipv6Address?: pulumi.Input<string>;
  /**
   * Names under which other containers of that network find this one.
   * @default - none
   */
  aliases?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Whether the container's default route goes by this network: the one on which it is managed. At most one.
   * @default false
   */
  management?: pulumi.Input<boolean>;
  /**
   * Rank of this network's gateway: of several the highest is the default route. Needs Docker 28; `management` needs no number.
   * @default 0
   */
  gatewayPriority?: pulumi.Input<number>;
}

/** What is proved from inside the agent's network namespace once it runs. Needs a host. */
export interface VerifyArgs {
  /**
   * Whether anything is proved at all.
   * @default true
   */
  enabled?: pulumi.Input<boolean>;
  /**
   * Whether the network's gateway must answer ARP or neighbour discovery.
   * @default - true where the network has a gateway of its own on the LAN
   */
  gateway?: pulumi.Input<boolean>;
  /**
   * Whether something of each group in `receives` must arrive while the proof runs.
   * @default true
   */
  receives?: pulumi.Input<boolean>;
  /**
   * An address that must answer ICMP echo.
   * @default - none
   */
  target?: pulumi.Input<string>;
  /**
   * A command that must end with 0 inside the container.
   * @default - none
   */
  command?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Seconds until the proof counts as failed, 1-300.
   * @default - 10, or 30 where an address is leased by DHCP
   */
  timeoutSeconds?: pulumi.Input<number>;
}

/** Where a container really stands on one of its networks, read back from the engine. */
export interface NetworkAddresses {
  /** Name of the Docker network. */
  network: string;
  /** IPv4 address, empty where there is none. */
  ipv4Address: string;
  /** IPv6 address, empty where there is none. */
  ipv6Address: string;
  /** MAC of the interface. */
  macAddress: string;
  /** IPv4 gateway that the container was given, empty where there is none. */
  gateway: string;
}

/** What the plan of every agent says of its container. */
export interface AgentPlan {
  readonly containerName: string;
  readonly labels: readonly LabelPlan[];
  readonly endpoints: readonly EndpointPlan[];
  readonly macAddress?: string;
  readonly verify: readonly string[];
}

/** What an agent's container is made from. */
export interface AgentContainerArgs {
  /** The user's container arguments. */
  container: ContainerArgs;
  /** The agent's plan. */
  plan: Planned<AgentPlan>;
  /** Id of the network under the agent: the container is replaced with it. */
  networkId?: pulumi.Input<string>;
  /**
   * `host` for the host's own network, instead of networks.
   * @default - the networks of the plan
   */
  networkMode?: string;
  /** Published ports. */
  ports?: docker.ContainerArgs["ports"];
  /** What must be on the host before the container. */
  after?: pulumi.CustomResource;
  /** What must have been answered before the container. */
  question?: pulumi.Resource;
}

// Docker's provider takes a change of these for an update, and then tells the engine nothing of it.
const neverUpdated = ["init", "healthcheck", "tmpfs"];

/** The container of an agent, and the proof that it stands where it was declared. */
export function newAgentContainer(context: ComponentContext, args: AgentContainerArgs, parent: pulumi.Resource) {
  const { plan } = args;
  const container = withoutTraces(
    () =>
      new docker.Container(
        `${context.name}-container`,
        {
          ...containerArguments(args.container),
          name: pick(plan, ({ containerName }) => containerName),
          // Bound to the host, as its network is: facts and helper go after the container.
          labels: dockerLabels(
            // Outside of Docker's networks, to the one that its interface stands beside, too.
            after(
              args.networkMode === undefined ? undefined : args.networkId,
              after(
                args.after?.id ?? context.link?.ready,
                pick(plan, ({ labels }) => labels),
              ),
            ),
            args.container.labels,
          ),
          // Bound to the network's id: Docker's provider attaches by name, and a network that is made anew keeps its name.
          networksAdvanced:
            args.networkMode === undefined
              ? after(
                  args.networkId,
                  pick(plan, ({ endpoints }) =>
                    endpoints.map(({ networkName, aliases, ...rest }) => ({
                      name: networkName,
                      ...rest,
                      aliases: aliases && [...aliases],
                    })),
                  ),
                )
              : undefined,
          networkMode: args.networkMode,
          ports: args.ports,
          // Given, because newer versions of Docker's provider would carry over what a refresh found.
          mustRun: true,
        },
        // Name, address and MAC can be held by one container only: the old one must be gone before the new one comes.
        {
          parent,
          deleteBeforeReplace: true,
          dependsOn: [args.after, args.question].filter((one) => one !== undefined),
          replaceOnChanges: neverUpdated,
        },
      ),
  );
  const mainNetwork = pick(plan, ({ endpoints }) => endpoints[0]?.networkName ?? "bridge");
  const macAddress = pick(plan, (planned) => planned.macAddress);
  const networks = pulumi
    .all([container.networkDatas, mainNetwork, macAddress])
    .apply(([found, name, mac]) =>
      found.map(networkAddresses).map((one) => (mac && one.network === name ? { ...one, macAddress: mac } : one)),
    );
  const main = pulumi.all([networks, mainNetwork]).apply(([all, name]) => all.find(({ network }) => network === name));
  return {
    containerId: container.id,
    containerName: container.name,
    networks,
    ipv4Address: main.apply((found) => found?.ipv4Address ?? ""),
    ipv6Address: main.apply((found) => found?.ipv6Address ?? ""),
    macAddress: main.apply((found) => found?.macAddress ?? ""),
    // By its id: another container is another proof.
    verification: newVerification(context, plan, container.id, parent),
  };
}

function networkAddresses(found: docker.types.output.ContainerNetworkData): NetworkAddresses {
  return {
    network: found.networkName ?? "",
    ipv4Address: found.ipAddress ?? "",
    ipv6Address: found.globalIpv6Address ?? "",
    macAddress: found.macAddress ?? "",
    gateway: found.gateway ?? "",
  };
}
