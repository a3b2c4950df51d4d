import * as pulumi from "@pulumi/pulumi";
import { newQuestion } from "../host/host-change";
import { type HostRef, hostLink } from "../host/host-ref";
import { lift, pick } from "../lift";
import { type DaemonRestart, planDockerDaemonIpv6 } from "../plan/docker-daemon-ipv6";
import { factText } from "../plan/fact-text";
import { componentContext, factLines, newFacts, withClaims } from "./context";

/** A prefix of which Docker cuts networks that name no subnet. */
export interface AddressPoolArgs {
  /** IPv4 or IPv6 prefix: `172.30.0.0/16`, `fd00:172::/48`. */
  base: pulumi.Input<string>;
  /** Prefix length of each network, not shorter than that of `base`. */
  size: pulumi.Input<number>;
}

/** Arguments of {@link DockerDaemonIpv6}. All of them change in place. */
export interface DockerDaemonIpv6Args {
  /** The host, as `host.ref`. */
  host: pulumi.Input<HostRef>;
  /**
   * IPv6 prefix of the default bridge; Docker before 28 refuses to start without.
   * @default - none: Docker 28 chooses one
   */
  fixedCidrV6?: pulumi.Input<string>;
  /**
   * Whether Docker filters and translates IPv6. Docker 20.10 to 26.1 takes it with `experimental` only.
   * @default - as Docker does: off, from 27 on
   */
  ip6tables?: pulumi.Input<boolean>;
  /**
   * Docker's features on trial.
   * @default - left as it is
   */
  experimental?: pulumi.Input<boolean>;
  /**
   * Prefixes of both families for networks that name no subnet. They take the place of Docker's own.
   * @default - left as they are
   */
  defaultAddressPools?: pulumi.Input<pulumi.Input<AddressPoolArgs>[]>;
  /**
   * Whether Docker may be restarted, which stops containers for a moment unless Docker has `live-restore`.
   * @default DaemonRestart.Never
   */
  restart?: pulumi.Input<DaemonRestart>;
}

/**
 * IPv6 in Docker itself: keys of its `/etc/docker/daemon.json`, beside whatever else stands there.
 *
 * All that would keep Docker from starting is found before anything is written: no JSON, a key that is a flag of its unit too, or
 * that this version does not take; from Docker 23 on it judges the file itself. With `restart` allowed it is restarted, the
 * containers that ran are running again after, and the default bridge has the prefix; if it does not come back, the file of
 * before is put back, Docker is started with it, and the update fails. Deleting gives each key the value that it had. With
 * `detectDrift` of the host a preview says which containers a restart would stop, and why the host would refuse.
 *
 * @example
 * ```ts
 * import { DaemonRestart, DockerDaemonIpv6, type Host } from "wirework";
 *
 * export function ipv6(host: Host) {
 *   return new DockerDaemonIpv6("ipv6", {
 *     host: host.ref,
 *     fixedCidrV6: "fd00:172:17::/64",
 *     restart: DaemonRestart.Allow,
 *   });
 * }
 * ```
 */
export class DockerDaemonIpv6 extends pulumi.ComponentResource {
  /** What was found before the change: which containers a restart stops, or what holds only once Docker is restarted. */
  readonly stage: pulumi.Output<string>;
  /** What was done, a line each, and what is pending. */
  readonly result: pulumi.Output<string>;

  constructor(name: string, args: DockerDaemonIpv6Args, opts?: pulumi.ComponentResourceOptions) {
    const { host, ...settings } = args ?? {};
    const context = componentContext("DockerDaemonIpv6", name, host);
    const plan = lift({ context: context.plan, settings }, ({ context, settings }) =>
      withClaims(context, planDockerDaemonIpv6(context, settings)),
    );
    super("wirework:index:DockerDaemonIpv6", name, { ...settings, facts: factLines(context, plan) }, opts);

    const lines = pick(plan, ({ hostState }) => hostState.facts.map(factText));
    const asked = { link: hostLink(host), owner: context.owner, verb: "stage", lines } as const;
    const stage = newQuestion(`${name}-stage`, asked, { parent: this });
    const facts = newFacts(context, plan, { parent: this, dependsOn: stage });
    this.stage = pulumi.unsecret(stage.stdout);
    this.result = pulumi.unsecret(facts!.stdout);
    this.registerOutputs({ stage: this.stage, result: this.result });
  }
}
