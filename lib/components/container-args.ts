import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { mapInput } from "../lift";
import type { LabelPlan } from "../plan/docker-network";

/** A folder, file or Docker volume inside the container. */
export interface VolumeArgs {
  /** Absolute path inside the container. */
  containerPath: pulumi.Input<string>;
  /**
   * Absolute path on the host. Give this or `volumeName`.
   * @default - `volumeName` is used
   */
  hostPath?: pulumi.Input<string>;
  /**
   * Name of a Docker volume. Give this or `hostPath`.
   * @default - `hostPath` is used
   */
  volumeName?: pulumi.Input<string>;
  /**
   * Whether the container may only read it.
   * @default false
   */
  readOnly?: pulumi.Input<boolean>;
  /**
   * SELinux label for a folder of the host: `z` where several containers use it, `Z` for this one alone.
   * @default - its label stays as it is
   */
  selinuxRelabel?: pulumi.Input<string>;
}

/** A device of the host inside the container. */
export interface DeviceArgs {
  /** Path on the host, such as `/dev/net/tun`. */
  hostPath: pulumi.Input<string>;
  /**
   * Path inside the container.
   * @default - the same as `hostPath`
   */
  containerPath?: pulumi.Input<string>;
  /**
   * Any of `r`, `w`, `m`.
   * @default "rwm"
   */
  permissions?: pulumi.Input<string>;
}

/** A resource limit of the container's processes. */
export interface UlimitArgs {
  /** Name as in setrlimit(2), in small letters: `nofile`, `memlock`. */
  name: pulumi.Input<string>;
  /** The limit that applies. */
  soft: pulumi.Input<number>;
  /** How far the process may raise it. */
  hard: pulumi.Input<number>;
}

/** How Docker finds out whether the program in the container is well. */
export interface HealthcheckArgs {
  /** `["CMD", word, …]`, `["CMD-SHELL", line]` or `["NONE"]`. */
  tests: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Time between two checks, such as `30s`.
   * @default "0s" - Docker's own default
   */
  interval?: pulumi.Input<string>;
  /**
   * Longest time of one check, such as `5s`.
   * @default "0s" - Docker's own default
   */
  timeout?: pulumi.Input<string>;
  /**
   * Time after the start in which failures do not count, such as `10s`.
   * @default "0s" - none
   */
  startPeriod?: pulumi.Input<string>;
  /**
   * Failures in a row that make the container unhealthy.
   * @default 0 - Docker's own default
   */
  retries?: pulumi.Input<number>;
}

/** An entry of /etc/hosts inside the container. */
export interface HostEntryArgs {
  /** Name to look up. */
  host: pulumi.Input<string>;
  /** Its IPv4 address; Docker's provider reads an IPv6 address back cut at its first colon. */
  ip: pulumi.Input<string>;
}

/** What every agent's container may be given, whatever its network. Changing any of these replaces the container, but for `restart` and the limits. */
export interface ContainerArgs {
  /** Image name with tag or digest, or image id. Pulled by the host's engine when it is not there. */
  image: pulumi.Input<string>;
  /**
   * Name of the container on the host.
   * @default - the name of the component
   */
  containerName?: pulumi.Input<string>;
  /**
   * Command and its words.
   * @default - the image's own
   */
  command?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Entry point and its words.
   * @default - the image's own
   */
  entrypoint?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Host name inside the container.
   * @default - chosen by Docker
   */
  hostname?: pulumi.Input<string>;
  /**
   * Environment variables. A secret value stays secret in state and previews.
   * @default - the image's own only
   */
  environment?: pulumi.Input<{ [name: string]: pulumi.Input<string> }>;
  /**
   * `no`, `on-failure`, `always` or `unless-stopped`. Updated in place.
   * @default "unless-stopped"
   */
  restart?: pulumi.Input<string>;
  /**
   * Memory limit in MiB. Updated in place.
   * @default - none
   */
  memoryMiB?: pulumi.Input<number>;
  /**
   * Memory and swap together, in MiB; -1 for no limit. Updated in place.
   * @default - Docker's own: twice the memory limit
   */
  memorySwapMiB?: pulumi.Input<number>;
  /**
   * Relative weight of CPU time. Updated in place.
   * @default - Docker's own: 1024
   */
  cpuShares?: pulumi.Input<number>;
  /**
   * CPUs on which it may run, such as `0-1`. Updated in place.
   * @default - all
   */
  cpuSet?: pulumi.Input<string>;
  /**
   * Capabilities on top of Docker's own set, such as `NET_ADMIN`.
   * @default - none
   */
  addCapabilities?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Capabilities taken away from Docker's own set.
   * @default - none
   */
  dropCapabilities?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * All rights of the host's root: for probes that need the hardware.
   * @default false
   */
  privileged?: pulumi.Input<boolean>;
  /**
   * A small init as process 1, which reaps the dead and passes signals on.
   * @default false
   */
  init?: pulumi.Input<boolean>;
  /**
   * A terminal for the program.
   * @default false
   */
  tty?: pulumi.Input<boolean>;
  /**
   * Keeps standard input open.
   * @default false
   */
  stdinOpen?: pulumi.Input<boolean>;
  /**
   * User and group of the program, `user[:group]`, names or numbers.
   * @default - the image's own
   */
  user?: pulumi.Input<string>;
  /**
   * Folder in which the program starts.
   * @default - the image's own
   */
  workingDirectory?: pulumi.Input<string>;
  /**
   * A root file system that cannot be written.
   * @default false
   */
  readOnly?: pulumi.Input<boolean>;
  /**
   * Folders, files and volumes.
   * @default - none
   */
  volumes?: pulumi.Input<pulumi.Input<VolumeArgs>[]>;
  /**
   * Folders in memory: path inside the container to mount options.
   * @default - none
   */
  tmpfs?: pulumi.Input<{ [path: string]: pulumi.Input<string> }>;
  /**
   * Devices of the host.
   * @default - none
   */
  devices?: pulumi.Input<pulumi.Input<DeviceArgs>[]>;
  /**
   * Kernel settings of the container's own namespaces, dotted keys.
   * @default - none
   */
  sysctls?: pulumi.Input<{ [key: string]: pulumi.Input<string> }>;
  /**
   * Resource limits.
   * @default - the engine's own
   */
  ulimits?: pulumi.Input<pulumi.Input<UlimitArgs>[]>;
  /**
   * Name servers.
   * @default - the engine's own
   */
  dns?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Domains that are tried for a short name.
   * @default - the engine's own
   */
  dnsSearches?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Further lines of /etc/hosts.
   * @default - none
   */
  hosts?: pulumi.Input<pulumi.Input<HostEntryArgs>[]>;
  /**
   * Labels of the container, beside those of wirework.
   * @default - none
   */
  labels?: pulumi.Input<{ [key: string]: pulumi.Input<string> }>;
  /**
   * How Docker finds out whether the program is well.
   * @default - the image's own
   */
  healthcheck?: pulumi.Input<HealthcheckArgs>;
  /**
   * Log driver.
   * @default - the engine's own
   */
  logDriver?: pulumi.Input<string>;
  /**
   * Options of the log driver.
   * @default - none
   */
  logOptions?: pulumi.Input<{ [key: string]: pulumi.Input<string> }>;
  /**
   * Security options, such as `seccomp=unconfined`.
   * @default - none
   */
  securityOptions?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Size of /dev/shm in MiB.
   * @default - the engine's own: 64
   */
  shmSizeMiB?: pulumi.Input<number>;
  /**
   * Signal that asks the program to end.
   * @default - the image's own
   */
  stopSignal?: pulumi.Input<string>;
  /**
   * Seconds between that signal and the end by force.
   * @default - the engine's own: 10
   */
  stopTimeoutSeconds?: pulumi.Input<number>;
}

/** Labels as Docker's provider takes them: sorted, so that a preview shows no churn. */
export function dockerLabels(own: pulumi.Input<readonly LabelPlan[]>, given?: ContainerArgs["labels"]) {
  return mapInput({ own, labels: given ?? {} }, ({ own, labels }) =>
    [
      ...(own as LabelPlan[]),
      ...Object.entries(labels).map(([label, value]) => ({ label, value: String(value) })),
    ].sort((a, b) => (a.label < b.label ? -1 : 1)),
  );
}

// The engine's own way of writing them: any other is read back as a change after a refresh.
function capabilities(names: ContainerArgs["addCapabilities"]) {
  return names && mapInput(names, (given) => given.map((name) => (name.startsWith("CAP_") ? name : `CAP_${name}`)));
}

/** The part of Docker's arguments that has nothing to do with the network. */
export function containerArguments(
  args: ContainerArgs,
): Omit<docker.ContainerArgs, "name" | "labels" | "networksAdvanced"> {
  return {
    image: args.image,
    command: args.command,
    entrypoints: args.entrypoint,
    hostname: args.hostname,
    envs:
      args.environment &&
      mapInput(args.environment, (variables) =>
        Object.entries(variables)
          .map(([name, value]) => `${name}=${value}`)
          .sort(),
      ),
    restart: args.restart ?? "unless-stopped",
    memory: args.memoryMiB,
    // Without it the engine chooses twice the memory, and every preview would show that as a change.
    memorySwap: args.memorySwapMiB ?? (args.memoryMiB && mapInput(args.memoryMiB, (memory) => 2 * memory)),
    cpuShares: args.cpuShares,
    cpuSet: args.cpuSet,
    capabilities:
      args.addCapabilities || args.dropCapabilities
        ? { adds: capabilities(args.addCapabilities), drops: capabilities(args.dropCapabilities) }
        : undefined,
    privileged: args.privileged,
    init: args.init,
    tty: args.tty,
    stdinOpen: args.stdinOpen,
    user: args.user,
    workingDir: args.workingDirectory,
    readOnly: args.readOnly,
    volumes: args.volumes,
    tmpfs: args.tmpfs,
    devices: args.devices,
    sysctls: args.sysctls,
    ulimits: args.ulimits,
    dns: args.dns,
    dnsSearches: args.dnsSearches,
    hosts: args.hosts,
    healthcheck: args.healthcheck,
    logDriver: args.logDriver,
    logOpts: args.logOptions,
    securityOpts: args.securityOptions,
    shmSize: args.shmSizeMiB,
    stopSignal: args.stopSignal,
    stopTimeout: args.stopTimeoutSeconds,
  };
}
