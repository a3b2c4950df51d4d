import * as command from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import { mapInput } from "../lift";
import { type HostState, hostStateText } from "../plan/host-state";
import { commandText } from "./command-text";
import type { HostLink } from "./host-ref";
import { withoutPromiseTraces } from "./promise-traces";

/** What a {@link newHostChange} needs. */
export interface HostChangeArgs {
  /** The host to change. */
  link: HostLink;
  /** `project/stack/name`: whose facts these are. */
  owner: string;
  /** The facts. */
  state: pulumi.Input<HostState>;
  /**
   * Links of ours that Docker's objects stand on, as the words that make them: other words are another link, beneath which
   * nothing of Docker may stand.
   * @default - none
   */
  links?: pulumi.Input<string | undefined>;
}

/**
 * The only thing that changes a host: one Command that carries one component's facts, a line each, on stdin.
 *
 * The texts are constant, so that a new version of the library updates no Command; the lines are what a preview shows.
 * `triggers` holds only what must remove the old facts elsewhere or under another name: the host (and with it the
 * installation of the helper, so that facts go before the helper does) and the owner.
 */
export function newHostChange(
  name: string,
  args: HostChangeArgs,
  opts: pulumi.CustomResourceOptions,
): command.remote.Command {
  const { link, owner } = args;
  return withoutPromiseTraces(
    () =>
      new command.remote.Command(
        name,
        {
          connection: link.connection,
          create: mapInput(link.sudo, (sudo) => commandText("apply", sudo)),
          // May stay in the state although the login changes (see DriftQuestion): it finds out by itself about sudo.
          update: commandText("apply", "as needed"),
          delete: mapInput(link.sudo, (sudo) => commandText("remove", sudo)),
          stdin: mapInput({ host: link.identity, state: args.state }, ({ host, state }) =>
            hostStateText({ host, owner }, state as HostState),
          ),
          triggers: triggersOf(link, owner, args.links),
          addPreviousOutputInEnv: false,
        },
        {
          ...opts,
          deleteBeforeReplace: true,
          dependsOn: link.helper,
          ...(link.drift && { transforms: [link.drift.transform(owner)] }),
        },
      ),
  );
}

/** Without links of its own a component has none in its triggers either: what is there is replaced when they change. */
function triggersOf(link: HostLink, owner: string, links: HostChangeArgs["links"]): pulumi.Input<unknown[]> {
  const known = [link.ready, link.identity, owner];
  return mapInput({ links }, ({ links }) => (links === undefined ? known : [...known, links]));
}

/** What a {@link newVerification} needs. */
export interface VerificationArgs {
  /** The host on which the container runs. */
  link: HostLink;
  /** `project/stack/name`: whom this is for. */
  owner: string;
  /** What to prove, a line each, in the words of the helper's `verify`. */
  lines: pulumi.Input<string[]>;
  /** Id of the container: another container is another proof. */
  containerId: pulumi.Input<string>;
}

/** Proves a container's place on the network from inside its namespace. Changes nothing; a failure fails the update. */
export function newVerification(
  name: string,
  args: VerificationArgs,
  opts: pulumi.CustomResourceOptions,
): command.remote.Command {
  const { link, owner } = args;
  const verify = mapInput(link.sudo, (sudo) => commandText("verify", sudo));
  return withoutPromiseTraces(
    () =>
      new command.remote.Command(
        name,
        {
          connection: link.connection,
          create: verify,
          update: verify,
          stdin: mapInput(
            { host: link.identity, container: args.containerId, lines: args.lines },
            ({ host, container, lines }) =>
              ["wirework 1", `host ${host}`, `owner ${owner}`, `container ${container}`, ...lines, ""].join("\n"),
          ),
          addPreviousOutputInEnv: false,
        },
        { ...opts, dependsOn: link.helper },
      ),
  );
}
