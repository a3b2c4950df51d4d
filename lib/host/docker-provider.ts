import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { mapInput } from "../lift";
import { type SshSettings, sshOptions } from "./ssh-files";

/** What a {@link newDockerProvider} needs. */
export interface DockerProviderArgs {
  /** Identity of the host, where it is known at once. */
  identity?: string;
  /** Endpoint of the engine. */
  endpoint: pulumi.Input<string>;
  /** How to reach it; absent where the endpoint is not `ssh://`. */
  ssh?: pulumi.Input<SshSettings>;
}

/**
 * The Docker provider for a host's engine.
 *
 * The identity is part of its logical name: Docker objects do not follow when a provider's endpoint changes, they would
 * be taken for present on a machine that never saw them. Another name is another provider, and replaces them.
 */
export function newDockerProvider(
  name: string,
  args: DockerProviderArgs,
  opts: pulumi.ResourceOptions,
): docker.Provider {
  const logicalName = args.identity === undefined ? `${name}-docker` : `${name}-docker-${args.identity}`;
  return new docker.Provider(
    logicalName,
    {
      host: args.endpoint,
      // Paths and a pinned public key: nothing secret is left once the key is in its file.
      sshOpts: args.ssh && pulumi.unsecret(pulumi.output(mapInput(args.ssh, (ssh) => sshOptions(ssh as SshSettings)))),
    },
    opts,
  );
}
