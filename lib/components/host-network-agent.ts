import * as pulumi from "@pulumi/pulumi";
import type { HostRef } from "../host/host-ref";
import { knownPart, lift } from "../lift";
import { planHostNetworkAgent } from "../plan/host-network-agent";
import { newAgentContainer, type VerifyArgs } from "./agent-container";
import type { ContainerArgs } from "./container-args";
import { componentContext, factLines, withClaims, withHostProvider } from "./context";

/** A port that an agent's program takes on the host. */
export interface ListenArgs {
  /** The port, 1-65535. That of the management connection is refused. */
  port: pulumi.Input<number>;
  /**
   * Address of the host on which it listens.
   * @default - all
   */
  ip?: pulumi.Input<string>;
  /**
   * `tcp`, `udp` or `sctp`.
   * @default "tcp"
   */
  protocol?: pulumi.Input<string>;
}

/** Arguments of a {@link HostNetworkAgent}. */
export interface HostNetworkAgentArgs extends ContainerArgs {
  /**
   * The host, as `host.ref`.
   * @default - Docker's default provider, no SSH connection, nothing verified
   */
  host?: pulumi.Input<HostRef>;
  /**
   * Ports that its program takes, so that no other agent of the host is given them.
   * @default - none are known
   */
  listens?: pulumi.Input<pulumi.Input<ListenArgs>[]>;
  /**
   * What is proved once the agent runs: a target that answers, or a command.
   * @default - nothing
   */
  verify?: pulumi.Input<VerifyArgs>;
}

/**
 * A container on the host's own network: the host's links, addresses, routes and ports are its own.
 *
 * @example
 * ```ts
 * import { HostNetworkAgent } from "wirework";
 *
 * export const probe = new HostNetworkAgent("probe", {
 *   image: "busybox:1.36",
 *   command: ["httpd", "-f", "-p", "8080"],
 *   listens: [{ port: 8080 }],
 * });
 * ```
 */
export class HostNetworkAgent extends pulumi.ComponentResource {
  /** Id of the container. */
  readonly containerId: pulumi.Output<string>;
  /** Name of the container. */
  readonly containerName: pulumi.Output<string>;
  /** What was proved, a line each, or `not verified`. */
  readonly verification: pulumi.Output<string>;

  constructor(name: string, args: HostNetworkAgentArgs, opts?: pulumi.ComponentResourceOptions) {
    const { host, listens, verify, ...container } = args ?? {};
    const settings = { listens, verification: verify };
    const context = componentContext("HostNetworkAgent", name, host);
    const plan = lift({ context: context.plan, settings }, ({ context, settings }) =>
      withClaims(context, planHostNetworkAgent(context, { ...settings, container: knownPart(container) })),
    );
    const summary = { ...settings, image: container.image, facts: factLines(context, plan) };
    super("wirework:index:HostNetworkAgent", name, summary, withHostProvider(opts, host));

    const agent = newAgentContainer(context, { container, plan, networkMode: "host" }, this);
    this.containerId = agent.containerId;
    this.containerName = agent.containerName;
    this.verification = agent.verification;
    const { containerId, containerName, verification } = agent;
    this.registerOutputs({ containerId, containerName, verification });
  }
}
