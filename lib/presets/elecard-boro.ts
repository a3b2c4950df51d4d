import type { ContainerArgs } from "../components/container-args";

/**
 * The container of an Elecard Boro probe: values for whatever agent carries it, a `HostNetworkAgent` or a `MacvlanAgent`.
 *
 * The values are those of "Probe Launch Example" in Elecard's page "Networking in Virtual Machines or Docker". The probe is not
 * in an image: program, configuration and records lie in a folder of the host. Every value can be overridden.
 *
 * @example
 * ```ts
 * import { elecardBoro, HostNetworkAgent } from "wirework";
 *
 * export const probe = new HostNetworkAgent("probe", { ...elecardBoro(), containerName: "probe_dev" });
 * ```
 *
 * @param folder - Folder on the host, and in the container, with the program `streamMonitor`. It stays when the probe goes.
 */
export function elecardBoro(folder = "/opt/elecard/boro/dev") {
  return {
    image: "ubuntu:24.04",
    command: [`${folder}/streamMonitor`],
    privileged: true, // capturing packets, and Ethernet measurements
    init: true,
    tty: true,
    stdinOpen: true,
    restart: "always",
    volumes: [{ hostPath: folder, containerPath: folder, selinuxRelabel: "z" }], // the label is for several containers
  } satisfies ContainerArgs;
}
