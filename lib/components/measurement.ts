import * as pulumi from "@pulumi/pulumi";
import { newQuestion } from "../host/host-change";
import { type HostRef, hostLink } from "../host/host-ref";
import { lift, mapInput, pick } from "../lift";
import { planMeasurement } from "../plan/measurement";
import { componentContext, enterClaims } from "./context";
import { type NetworkRef, networkLink } from "./network-ref";

/** Arguments of a {@link Measurement}. A change of any of them measures again. */
export interface MeasurementArgs {
  /** The host, as `host.ref`. */
  host: pulumi.Input<HostRef>;
  /**
   * The network on which it is measured, as `network.ref`. Give this or `networkName`.
   * @default - `networkName` is used
   */
  network?: pulumi.Input<NetworkRef>;
  /**
   * Name in Docker of a network that is there already; `host` and `bridge` are two.
   * @default - `network` is used
   */
  networkName?: pulumi.Input<string>;
  /** Image of the tool. The host pulls it when it is not there. */
  image: pulumi.Input<string>;
  /**
   * Words of the command. Whoever may use Docker on the host can read them: no secrets.
   * @default - as the image has it
   */
  command?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Fixed IPv4 address for as long as it runs, which nobody else has.
   * @default - the next free one
   */
  ipv4Address?: pulumi.Input<string>;
  /**
   * Fixed IPv6 address, likewise.
   * @default - the next free one where the network has an IPv6 subnet
   */
  ipv6Address?: pulumi.Input<string>;
  /**
   * Seconds that it may run, 1-3600; longer is a failure. Pulling the image does not count.
   * @default 60
   */
  timeoutSeconds?: pulumi.Input<number>;
  /**
   * Whether another exit status than 0 is a result like any other; else it fails the update.
   * @default false
   */
  allowFailure?: pulumi.Input<boolean>;
  /**
   * Texts that have nothing to do with it but this: when one changes, it is measured again.
   * @default - none
   */
  triggers?: pulumi.Input<pulumi.Input<string>[]>;
}

/**
 * A measuring tool that runs once, in a container of its own on a network of the host: when this is made, and whenever its
 * arguments or its network change. The container is gone when the answer is there; the answer stays in the stack.
 *
 * @example
 * ```ts
 * import { type Host, type MacvlanNetwork, Measurement } from "wirework";
 *
 * export function loss(host: Host, lan: MacvlanNetwork) {
 *   const measured = new Measurement("loss", {
 *     host: host.ref,
 *     network: lan.ref,
 *     image: "busybox",
 *     command: ["ping", "-q", "-c", "20", "192.0.2.1"],
 *     allowFailure: true,
 *   });
 *   return measured.output;
 * }
 * ```
 */
export class Measurement extends pulumi.ComponentResource {
  /** Exit status of the tool; 0 unless `allowFailure` is given. */
  readonly exitStatus: pulumi.Output<number>;
  /** What it printed on its standard output, at most 64 KiB. */
  readonly output: pulumi.Output<string>;

  constructor(name: string, args: MeasurementArgs, opts?: pulumi.ComponentResourceOptions) {
    const { host, network, ...rest } = args ?? {};
    const link = network && networkLink(network);
    const settings = { ...rest, ...(link && { network: link.facts }) };
    const context = componentContext("Measurement", name, host);
    const plan = lift({ context: context.plan, settings }, ({ context, settings }) => {
      const planned = planMeasurement(context, settings);
      enterClaims(context, planned);
      return planned;
    });
    super("wirework:index:Measurement", name, settings, opts);

    const { owner } = context;
    // Another network of the same name is another place.
    const lines = mapInput({ id: link?.id, lines: pick(plan, ({ lines }) => [...lines]) }, ({ id, lines }) => {
      return id === undefined ? lines : [...lines, `again ${id}`];
    });
    const asked = newQuestion(`${name}-run`, { link: hostLink(host), owner, verb: "measure", lines }, { parent: this });
    // The login is a secret, and makes one of all that came by it; what was measured is one only where the question was.
    const answer = pulumi
      .output(pulumi.isSecret(pulumi.output(settings)))
      .apply((secret) => (secret ? pulumi.secret : pulumi.unsecret)(asked.stdout));
    this.exitStatus = answer.apply((text) => Number(/^exit (\d+)\n/.exec(text)?.[1]));
    this.output = answer.apply((text) => text.slice(text.indexOf("\n") + 1));
    this.registerOutputs({ exitStatus: this.exitStatus, output: this.output });
  }
}
