import type { ContainerArgs } from "../components/container-args";

/**
 * The container of a ThousandEyes Enterprise Agent: values for whatever agent carries it. Its network is not among them, so
 * that the way in which it is connected is one argument, or one other component.
 *
 * The values are those of the `docker run` line that ThousandEyes gives for a new agent, and of its page "Enterprise Agent on
 * Docker Advanced Networking" (the command). Every one can be overridden; a version is pinned by `image`. The account token
 * goes into `environment` as `TEAGENT_ACCOUNT_TOKEN`, beside those given here. Newer installers also write security profiles
 * to the host: name those in `securityOptions`.
 *
 * @example
 * ```ts
 * import * as pulumi from "@pulumi/pulumi";
 * import { BridgeAgent, thousandEyes } from "wirework";
 *
 * const token = new pulumi.Config().requireSecret("accountToken");
 * const preset = thousandEyes("north");
 * export const north = new BridgeAgent("north", {
 *   ...preset,
 *   environment: { ...preset.environment, TEAGENT_ACCOUNT_TOKEN: token },
 * });
 * ```
 *
 * @param name - Name of the agent: its host name, and the folder of its identity on the host.
 * @param folder - Folder on the host for identity, browser and log of all agents. What is in it stays when an agent goes; a
 * new container with the same name is the same agent for ThousandEyes.
 */
export function thousandEyes(name: string, folder = "/opt/thousandeyes") {
  return {
    image: "thousandeyes/enterprise-agent:latest",
    command: ["/sbin/my_init"],
    hostname: name,
    environment: { TEAGENT_INET: "4" }, // tests over IPv4; 6 for IPv6, 0 for both
    restart: "unless-stopped",
    memoryMiB: 2048,
    memorySwapMiB: 2048, // together with the memory: none beside it
    shmSizeMiB: 512,
    tty: true,
    addCapabilities: ["NET_ADMIN", "SYS_ADMIN"], // path traces, and the browser's sandbox
    volumes: [
      { hostPath: `${folder}/${name}/te-agent`, containerPath: "/var/lib/te-agent" },
      { hostPath: `${folder}/${name}/te-browserbot`, containerPath: "/var/lib/te-browserbot" },
      { hostPath: `${folder}/${name}/log`, containerPath: "/var/log/agent" },
    ],
  } satisfies ContainerArgs;
}
