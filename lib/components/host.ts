import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { commandText } from "../host/command-text";
import { newDockerProvider } from "../host/docker-provider";
import { DriftQuestion } from "../host/drift";
import { type HostFacts, parseHostFacts } from "../host/host-facts";
import { connectionArguments, type HostRef, rememberHostLink } from "../host/host-ref";
import { programVersion, setupText } from "../host/program";
import { lift, mapInput, pick } from "../lift";
import { planConnection } from "../plan/connection";
import { ownerOf } from "../plan/context";
import type { Persistence } from "../plan/persistence";

/** A jump host: one SSH hop in front of a {@link Host}. */
export interface ProxyArgs {
  /** IPv4 or IPv6 address, with or without brackets, or DNS name. */
  address: pulumi.Input<string>;
  /**
   * SSH port.
   * @default 22
   */
  port?: pulumi.Input<number>;
  /**
   * Login user.
   * @default "root"
   */
  user?: pulumi.Input<string>;
  /**
   * Private key, PEM or OpenSSH text; kept secret.
   * @default - the SSH agent is asked
   */
  privateKey?: pulumi.Input<string>;
  /**
   * Host key of the jump host: one line in authorized_keys form. Required unless `insecureIgnoreHostKey` is set on the host.
   * @default - none
   */
  hostKey?: pulumi.Input<string>;
}

/** Arguments of a {@link Host}. */
export interface HostArgs {
  /** IPv4 or IPv6 address, with or without brackets, or DNS name. Changing it changes nothing on the host. */
  address: pulumi.Input<string>;
  /**
   * SSH port, 1-65535.
   * @default 22
   */
  port?: pulumi.Input<number>;
  /**
   * Login user. Another user than root needs `sudo -n` for the helper and membership in the group `docker`.
   * @default "root"
   */
  user?: pulumi.Input<string>;
  /**
   * Private key, PEM or OpenSSH text; kept secret. Rotating it changes nothing on the host.
   * @default - the SSH agent is asked
   */
  privateKey?: pulumi.Input<string>;
  /**
   * Password of the private key; kept secret. Docker's `ssh://` cannot use such a key: give `dockerEndpoint` too, or an agent.
   * @default - the key has none
   */
  privateKeyPassword?: pulumi.Input<string>;
  /**
   * Socket of the SSH agent.
   * @default - `SSH_AUTH_SOCK`, where there is no private key
   */
  agentSocketPath?: pulumi.Input<string>;
  /**
   * The host's public key: one line in authorized_keys form, as `ssh-keyscan` prints it without the name.
   * Required unless `insecureIgnoreHostKey` is set.
   * @default - none
   */
  hostKey?: pulumi.Input<string>;
  /**
   * Accepts any host key: whoever answers at the address gets the login and root's commands. For throw-away labs;
   * `identity` is required then.
   * @default false
   */
  insecureIgnoreHostKey?: pulumi.Input<boolean>;
  /**
   * What the host is recognised by; 1-64 of `a-z 0-9 . _ -`. Another identity means another machine: everything is
   * removed from the old one and made on the new one.
   * @default - the first 16 hex digits of the SHA-256 of the host key
   */
  identity?: pulumi.Input<string>;
  /**
   * Calls the helper through `sudo -n`.
   * @default - true unless the user is root
   */
  sudo?: pulumi.Input<boolean>;
  /**
   * Jump host.
   * @default - direct
   */
  proxy?: pulumi.Input<ProxyArgs>;
  /**
   * How often a dial is tried; the pauses grow from 0.1 s to 5 s. The sshd of a host drops dials where many components come at
   * once (`MaxStartups`, sshd_config(5)): those are tried again.
   * @default 10
   */
  dialAttempts?: pulumi.Input<number>;
  /**
   * Endpoint of the host's Docker engine: `ssh://`, `tcp://` or `unix://`.
   * @default - `ssh://` with the same address, user, key and host key
   */
  dockerEndpoint?: pulumi.Input<string>;
  /**
   * Asks the host at every preview and update, over one SSH connection of at most 20 seconds, whether its facts are
   * still as declared. What differs is shown as an update of the component's facts, which brings it back. A preview also
   * warns of what a change of Docker's configuration would be refused for, or stop (one connection more for each
   * `DockerDaemonIpv6`). Uses the system's `ssh`; a host that cannot be asked is a warning.
   * @default false
   */
  detectDrift?: pulumi.Input<boolean>;
  /**
   * Who brings the facts of this host's components back at boot, where a component does not say so itself.
   * @default Persistence.Unit
   */
  persistence?: pulumi.Input<Persistence>;
}

/**
 * A Linux machine that may be changed over SSH.
 *
 * Checks the machine first (kernel, tools, Docker, network manager, management interface), then installs the helper
 * that every other component of this library uses there, and offers a Docker provider for its engine. Nothing is
 * changed when a check fails. Deleting it takes the helper away.
 *
 * @example
 * ```ts
 * import * as pulumi from "@pulumi/pulumi";
 * import { Host } from "wirework";
 *
 * const config = new pulumi.Config();
 * const host = new Host("edge", {
 *   address: "192.0.2.10",
 *   hostKey: config.require("hostKey"),
 *   privateKey: config.requireSecret("privateKey"),
 * });
 * export const kernel = host.facts.kernel;
 * ```
 */
export class Host extends pulumi.ComponentResource {
  /** What other components take as `host`. */
  readonly ref: pulumi.Output<HostRef>;
  /** What the machine said of itself when the helper was installed. */
  readonly facts: pulumi.Output<HostFacts>;
  /** What the host is recognised by. */
  readonly identity: pulumi.Output<string>;

  constructor(name: string, args: HostArgs, opts?: pulumi.ComponentResourceOptions) {
    const { privateKey, privateKeyPassword, proxy, ...open } = args ?? {};
    // A summary without credentials: what is passed here stands in state as it is.
    super("wirework:index:Host", name, { ...open, helper: programVersion() }, opts);

    // Planned twice: with the login, which is a secret, for the connection; and without it, because one secret in a
    // plan hides every value that comes of it, the identity in each preview among them.
    const context = { component: "Host", name };
    const login = lift({ ...args }, (settings) => planConnection(context, settings));
    const plan = lift(open, (settings) => planConnection(context, settings));
    const identity = pick(plan, ({ identity }) => identity);
    const sudo = pick(plan, ({ sudo }) => sudo);
    const connection = pulumi.secret(pick(login, connectionArguments));

    const owner = ownerOf({ ...context, project: pulumi.getProject(), stack: pulumi.getStack() });
    const helper = new command.remote.Command(
      `${name}-helper`,
      {
        connection,
        create: mapInput(sudo, (value) => commandText("setup", value)),
        delete: mapInput(sudo, (value) => commandText("uninstall", value)),
        // The program is long and the same for every host: kept out of previews, where its version stands instead.
        stdin: pulumi.secret(mapInput(identity, (host) => setupText({ host, owner }))),
        triggers: [identity],
        addPreviousOutputInEnv: false,
        logging: command.remote.Logging.Stderr,
      },
      { parent: this, deleteBeforeReplace: true },
    );
    const endpoint = pick(plan, ({ dockerEndpoint }) => dockerEndpoint);
    const provider = newDockerProvider(
      name,
      { identity: plan.known?.identity, endpoint, ssh: pick(login, (ssh) => ssh) },
      { parent: this },
    );

    this.identity = pulumi.output(identity);
    this.facts = pulumi.unsecret(helper.stdout).apply((stdout) => {
      const facts = parseHostFacts(stdout);
      // Not in a preview: before the first update nobody knows them, and later they would only be said again. That an
      // update found the helper unchanged, a program cannot tell; resource hooks could, but a language host older than
      // they are ends a program that has one.
      for (const warning of pulumi.runtime.isDryRun() ? [] : facts.warnings) {
        pulumi.log.warn(warning, this);
      }
      return facts;
    });
    this.ref = pulumi.secret(
      pulumi.all([login.output, helper.id]).apply(([settings, ready]) => ({ ...settings, name, ready })),
    ) as pulumi.Output<HostRef>;
    const management = { address: pick(plan, ({ address }) => address), port: pick(plan, ({ port }) => port) };
    const drift =
      (args?.detectDrift ?? false) === false ? undefined : new DriftQuestion(this, name, owner, login.output);
    const persistence =
      args?.persistence === undefined ? undefined : pick(plan, ({ persistence }) => persistence ?? "unit");
    const link = { identity, management, connection, sudo, persistence, ready: helper.id, helper, provider, drift };
    rememberHostLink(this.ref, link);
    this.registerOutputs({ identity: this.identity, facts: this.facts, ref: this.ref });
  }
}
