import type * as command from "@pulumi/command";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Persistence } from "../plan/persistence";
import type { DriftQuestion } from "./drift";

/** A jump host: one SSH hop in front of the host. */
export interface ProxyRef {
  /** IPv4 or IPv6 address, or DNS name, of the jump host. */
  address: string;
  /**
   * SSH port of the jump host.
   * @default 22
   */
  port?: number;
  /**
   * Login user on the jump host.
   * @default "root"
   */
  user?: string;
  /**
   * Private key for the jump host, PEM or OpenSSH text.
   * @default - the SSH agent is asked
   */
  privateKey?: string;
  /**
   * Host key of the jump host, one line in authorized_keys form.
   * @default - any key is accepted, which is refused unless `insecureIgnoreHostKey` of the host is set
   */
  hostKey?: string;
}

/**
 * What other components must know of a host: plain fields, so that it passes from language to language.
 * Written `host.ref`; it holds the login key and is therefore a secret.
 */
export interface HostRef {
  /** Name of the `Host` component. */
  name: string;
  /** What the host is recognised by: given, or the hash of its pinned host key. */
  identity: string;
  /** Address without brackets. */
  address: string;
  /** SSH port. */
  port: number;
  /** Login user. */
  user: string;
  /**
   * Private key, PEM or OpenSSH text.
   * @default - the SSH agent is asked
   */
  privateKey?: string;
  /**
   * Password of the private key.
   * @default - the key has none
   */
  privateKeyPassword?: string;
  /**
   * Socket of the SSH agent.
   * @default - `SSH_AUTH_SOCK` of the engine, when there is no private key
   */
  agentSocketPath?: string;
  /**
   * Pinned host key, one line in authorized_keys form.
   * @default - none: any key is accepted
   */
  hostKey?: string;
  /** Whether the helper is called through `sudo -n`. */
  sudo: boolean;
  /**
   * Jump host.
   * @default - direct
   */
  proxy?: ProxyRef;
  /** How often a dial is tried. */
  dialAttempts: number;
  /**
   * Who brings facts back at boot, where a component does not say.
   * @default Persistence.Unit
   */
  persistence?: Persistence;
  /** Id of the Command that installed the helper: whoever waits for it finds the host prepared. */
  ready: string;
}

/** A host as the other components of this program use it; the parts that flow apart, so that one secret does not colour all. */
export interface HostLink {
  /** See {@link HostRef.identity}. */
  readonly identity: pulumi.Input<string>;
  /** Where the host is managed: what a published port must not catch. */
  readonly management: { readonly address: pulumi.Input<string>; readonly port: pulumi.Input<number> };
  /** Arguments of every SSH connection: one secret, built in one place. */
  readonly connection: pulumi.Input<command.types.input.remote.ConnectionArgs>;
  /** Whether the helper is called through `sudo -n`. */
  readonly sudo: pulumi.Input<boolean>;
  /** See {@link HostRef.persistence}. */
  readonly persistence?: pulumi.Input<Persistence>;
  /** See {@link HostRef.ready}. */
  readonly ready: pulumi.Input<string>;
  /** The Command that installed the helper; absent where the reference came from another process. */
  readonly helper?: command.remote.Command;
  /** The Docker provider of the host's engine; absent where the reference came from another process. */
  readonly provider?: docker.Provider;
  /** What differs from the declared facts, where the host is asked for it. */
  readonly drift?: DriftQuestion;
}

// `host.ref` is one Output, as the plugin form wants it. Inside one program its parts are found again here:
// plain values stay plain, and the provider resource, which cannot be a field, comes along.
const links = new WeakMap<object, HostLink>();

/** Remembers what stands behind a reference made in this program. */
export function rememberHostLink(ref: pulumi.Output<HostRef>, link: HostLink): void {
  links.set(ref, link);
}

/** The parts of a host, from its reference. */
export function hostLink(ref: pulumi.Input<HostRef>): HostLink {
  const known = links.get(ref as object);
  if (known !== undefined) {
    return known;
  }
  const host = pulumi.output(ref);
  const open = <V>(get: (value: pulumi.Unwrap<HostRef>) => V) => pulumi.unsecret(host.apply(get));
  return {
    identity: open((value) => value.identity),
    management: { address: open((value) => value.address), port: open((value) => value.port) },
    connection: pulumi.secret(host.apply((value) => connectionArguments(value))),
    sudo: open((value) => value.sudo),
    persistence: open((value) => value.persistence ?? "unit"),
    ready: open((value) => value.ready),
  };
}

/** The connection of the command provider, from a fixed list of keys: an unknown key would be printed, with the private key beside it. */
export function connectionArguments(host: Omit<HostRef, "name" | "identity" | "sudo" | "ready" | "persistence">) {
  return {
    host: host.address,
    port: host.port,
    user: host.user,
    privateKey: host.privateKey,
    privateKeyPassword: host.privateKeyPassword,
    agentSocketPath: host.agentSocketPath,
    hostKey: host.hostKey,
    dialErrorLimit: host.dialAttempts,
    proxy: host.proxy && {
      host: host.proxy.address,
      port: host.proxy.port,
      user: host.proxy.user,
      privateKey: host.proxy.privateKey,
      hostKey: host.proxy.hostKey,
    },
  };
}
