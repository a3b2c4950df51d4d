import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { mapInput } from "../lift";
import { type HostState, hostStateText, inputText } from "../plan/host-state";
import { commandText, type Verb } from "./command-text";
import type { HostLink } from "./host-ref";
import { withoutTraces } from "./traces";

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
  return newCommand(
    name,
    link,
    {
      create: mapInput(link.sudo, (sudo) => commandText("apply", sudo)),
      // May stay in the state although the login changes (see DriftQuestion): it finds out by itself about sudo.
      update: commandText("apply", "as needed"),
      delete: mapInput(link.sudo, (sudo) => commandText("remove", sudo)),
      stdin: mapInput({ host: link.identity, state: args.state }, ({ host, state }) =>
        hostStateText({ host, owner }, state as HostState),
      ),
      triggers: triggersOf(link, owner, args.links),
    },
    {
      ...opts,
      deleteBeforeReplace: true,
      ...(link.drift && { transforms: [link.drift.transform(owner)] }),
    },
  );
}

/** Without links of its own a component has none in its triggers either: what is there is replaced when they change. */
function triggersOf(link: HostLink, owner: string, links: HostChangeArgs["links"]): pulumi.Input<unknown[]> {
  const known = [link.ready, link.identity, owner];
  return mapInput({ links }, ({ links }) => (links === undefined ? known : [...known, links]));
}

/** What a {@link newQuestion} needs. */
export interface QuestionArgs {
  /** The host that is asked. */
  link: HostLink;
  /** `project/stack/name`: whom this is for. */
  owner: string;
  /**
   * What is asked: whether a change would be refused, whether a container stands where it should, whether a wire carries, what
   * a tool finds.
   */
  verb: "stage" | "verify" | "prove" | "measure";
  /** The question, a line each, in the words of the helper. */
  lines: pulumi.Input<readonly string[]>;
}

/**
 * Asks a host something, when it is made and whenever the question changes. Changes nothing; a failure fails the update. What a
 * change would be refused for, or stop, is asked at a preview too, where the host is asked for drift.
 */
export function newQuestion(
  name: string,
  { link, owner, verb, lines }: QuestionArgs,
  opts: pulumi.CustomResourceOptions,
): command.remote.Command {
  const text = mapInput(link.sudo, (sudo) => commandText(verb, sudo));
  const stdin = mapInput({ host: link.identity, lines }, (asked) =>
    inputText({ host: asked.host, owner }, asked.lines),
  );
  const ahead = verb === "stage" && link.drift ? { transforms: [link.drift.ahead()] } : {};
  return newCommand(name, link, { create: text, stdin }, { ...opts, ...ahead });
}

/** What a {@link newSecrets} needs. */
export interface SecretsArgs {
  /** The host that must know them. */
  link: HostLink;
  /** `project/stack/name`: whose facts name them. */
  owner: string;
  /** Each with the name that facts give it. */
  secrets: pulumi.Input<readonly { readonly name: string; readonly value: string }[]>;
}

/** Brings secrets to a host, where facts name them: before those facts come, and until after they are gone. */
export function newSecrets(
  name: string,
  { link, owner, secrets }: SecretsArgs,
  opts: pulumi.CustomResourceOptions,
): command.remote.Command {
  const text = (verb: Verb) => mapInput(link.sudo, (sudo) => commandText(verb, sudo));
  const stdin = mapInput({ host: link.identity, secrets }, (known) =>
    inputText(
      { host: known.host, owner },
      known.secrets.map(({ name, value }) => `secret ${name} ${value}`),
    ),
  );
  return newCommand(
    name,
    link,
    {
      create: text("secret"),
      delete: text("forget"),
      stdin: pulumi.secret(stdin),
      triggers: [link.ready, link.identity, owner],
    },
    { ...opts, deleteBeforeReplace: true },
  );
}

/** A Command on the host, once the helper is there. What has no text for an update runs that of its making again. */
function newCommand(
  name: string,
  link: HostLink,
  args: Omit<command.remote.CommandArgs, "connection">,
  opts: pulumi.CustomResourceOptions,
): command.remote.Command {
  const dependsOn = [...listed(opts.dependsOn), ...(link.helper === undefined ? [] : [link.helper])];
  return withoutTraces(
    () =>
      new command.remote.Command(
        name,
        { connection: link.connection, addPreviousOutputInEnv: false, ...args },
        { ...opts, dependsOn },
      ),
  );
}

function listed(dependsOn: pulumi.CustomResourceOptions["dependsOn"]): pulumi.Input<pulumi.Resource>[] {
  return dependsOn === undefined ? [] : ([dependsOn].flat() as pulumi.Input<pulumi.Resource>[]);
}
