import * as pulumi from "@pulumi/pulumi";
import { newHostChange, newQuestion, newSecrets } from "../host/host-change";
import { type HostLink, type HostRef, hostLink } from "../host/host-ref";
import { after, lift, mapInput, part, pick } from "../lift";
import { ownerOf } from "../plan/context";
import { planCookies } from "../plan/cookies";
import { factText } from "../plan/host-state";
import { type PseudowirePlan, planPseudowire, type Sequencing } from "../plan/pseudowire";
import type { Encapsulation } from "../plan/pseudowire-mtu";
import { enterClaims } from "./context";

/** The bridge that an end of a {@link L2tpPseudowire} is plugged into. */
export interface WireBridgeArgs {
  /** Name of the bridge. */
  name: pulumi.Input<string>;
  /**
   * Whether the bridge is there already. Otherwise it is made for the wire, with a MAC address that stays.
   * @default false
   */
  existing?: pulumi.Input<boolean>;
  /**
   * A link of the host that becomes a port of the bridge: the LAN that goes through the wire. It hears frames for others
   * then (promiscuous mode), and must not be the link by which the host is managed.
   * @default - none
   */
  port?: pulumi.Input<string>;
  /**
   * Whether the bridge runs a spanning tree (IEEE 802.1D), which opens loops: for two wires between two bridges, or LANs that
   * are connected in another way too. A bridge of its own gets one, with the shortest delay that the standard allows; of an
   * existing one it is required.
   * @default false
   */
  stp?: pulumi.Input<boolean>;
}

/** One end of a {@link L2tpPseudowire}. */
export interface PseudowireEndArgs {
  /**
   * The host, as `host.ref`.
   * @default - others run this end; what they set is the output `operatorSettings`
   */
  host?: pulumi.Input<HostRef>;
  /** IPv4 or IPv6 address of this end. On a host of ours it must be there, and its duplicate detection be over. */
  address: pulumi.Input<string>;
  /**
   * Tunnel id, 1-4294967295 (RFC 3931). Another id is another tunnel.
   * @default - derived from the name of the component
   */
  tunnelId?: pulumi.Input<number>;
  /**
   * Session id, 1-4294967295 (RFC 3931).
   * @default - derived likewise
   */
  sessionId?: pulumi.Input<number>;
  /**
   * UDP port.
   * @default - derived likewise, one of the dynamic ports 49152-65535 (RFC 6335)
   */
  port?: pulumi.Input<number>;
  /**
   * Name of the interface, at most 15 bytes.
   * @default - `wr-` and eight digits, derived likewise
   */
  interfaceName?: pulumi.Input<string>;
  /**
   * Link by which this host must reach the other end, such as a WireGuard interface: the host refuses the wire when it would
   * leave by another one.
   * @default - any
   */
  underlay?: pulumi.Input<string>;
  /**
   * The bridge that the wire is plugged into, once frames are known to cross.
   * @default - none: the interface is used as it is, such as the parent of a `MacvlanNetwork`
   */
  bridge?: pulumi.Input<WireBridgeArgs>;
}

/** Cookies of a {@link L2tpPseudowire}: what must stand in each frame, so that a stray one is dropped (RFC 3931, 4.1). */
export interface CookieArgs {
  /**
   * A secret from which both cookies are derived; kept secret.
   * @default - `values` are given
   */
  seed?: pulumi.Input<string>;
  /**
   * The cookies themselves, in hex: what the first end sends, and what the second sends. For an end whose operator has chosen
   * them; kept secret.
   * @default - derived from `seed`
   */
  values?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Length of each: 4 or 8 bytes.
   * @default 8
   */
  bytes?: pulumi.Input<number>;
}

/** Arguments of a {@link L2tpPseudowire}. */
export interface L2tpPseudowireArgs {
  /** Exactly two. At least one has a host. */
  ends: pulumi.Input<pulumi.Input<PseudowireEndArgs>[]>;
  /**
   * What carries the frames.
   * @default Encapsulation.Udp
   */
  encapsulation?: pulumi.Input<Encapsulation>;
  /**
   * MTU inside, in bytes. Above what fits, the packets outside are fragmented; below 1280 there is no IPv6 inside (RFC 8200).
   * @default - the largest that fits `pathMtu`: 1418 over UDP and IPv6 with cookies of 8 bytes, 1426 without
   */
  mtu?: pulumi.Input<number>;
  /**
   * MTU of the path between the ends, in bytes.
   * @default 1500
   */
  pathMtu?: pulumi.Input<number>;
  /**
   * Which frames are numbered; what comes late or twice is dropped then (RFC 3931, 4.6).
   * @default - none
   */
  sequencing?: pulumi.Input<Sequencing>;
  /**
   * Whether frames have the default L2-specific sublayer, 4 bytes (RFC 3931, 4.6).
   * @default true
   */
  sublayer?: pulumi.Input<boolean>;
  /**
   * Cookies.
   * @default - none
   */
  cookies?: pulumi.Input<CookieArgs>;
}

/** What the operator of an end sets that others run. */
export interface OperatorSettings {
  /** A line each, in words. */
  settings: string[];
  /** Commands for Linux. */
  linux: string[];
  /**
   * Configuration of Cisco IOS XR, with `INTERFACE` for the interface that is to be joined; or comments that say why it could
   * not run this wire, and what to declare for one that it can: over IP, session ids up to 65535, cookies of 4 bytes or none, and
   * the sublayer only together with sequence numbers. Written from the commands that Cisco publishes, not tried on a device.
   */
  iosXr: string[];
  /** A comment: Junos has no static Ethernet session of L2TPv3. */
  junos: string[];
}

/**
 * An Ethernet wire between two hosts: a static L2TPv3 tunnel with one session (RFC 3931), both ends from one declaration.
 *
 * Both hosts are asked first whether anything stands in the way; then both ends are made; then each asks the other across the
 * wire, with frames as large as it should carry; only then are they plugged into their bridges. From then on each host asks the
 * other every half a minute: its journal, `wirework check` and `detectDrift` say when a wire carries nothing, or no full frames.
 * The wire is not encrypted.
 *
 * @example
 * ```ts
 * import { type Host, L2tpPseudowire } from "wirework";
 *
 * export function wire(left: Host, right: Host) {
 *   return new L2tpPseudowire("wire", {
 *     ends: [
 *       { host: left.ref, address: "2001:db8:1::10", bridge: { name: "br-wire", port: "eth1" } },
 *       { host: right.ref, address: "2001:db8:2::10", bridge: { name: "br-wire", port: "eth1" } },
 *     ],
 *   });
 * }
 * ```
 */
export class L2tpPseudowire extends pulumi.ComponentResource {
  /** Names of the interfaces, of the first end and of the second; there once the wire is. */
  readonly interfaceNames: pulumi.Output<string[]>;
  /** MTU inside. */
  readonly mtu: pulumi.Output<number>;
  /** What was proved across the wire, a line for each end of ours, or why nothing was. */
  readonly verification: pulumi.Output<string>;
  /** What the operator sets of an end that others run; empty where both are ours. */
  readonly operatorSettings: pulumi.Output<OperatorSettings>;
  /** The cookies, a secret: what the first end sends, and what the second sends; empty without. */
  readonly cookies: pulumi.Output<string[]>;

  constructor(name: string, args: L2tpPseudowireArgs, opts?: pulumi.ComponentResourceOptions) {
    const { ends, cookies, ...rest } = args ?? {};
    const context = { component: "L2tpPseudowire", name, project: pulumi.getProject(), stack: pulumi.getStack() };
    const owner = ownerOf(context);
    const links = [0, 1].map((index) => linkOf(ends, index));
    const cookieBytes =
      cookies && (isObject(cookies) ? (cookies.bytes ?? 8) : pulumi.output(cookies).apply(({ bytes }) => bytes ?? 8));
    const settings = {
      ...rest,
      cookieBytes,
      ends: mapInput({ ends: withoutHosts(ends), identities: links.map((link) => link?.identity) }, endSettings),
    };
    // Without the cookies, which are secrets: so all is checked at the user's own line, and it is known what there is to make.
    const plan = lift(settings, (known) => {
      const planned = planPseudowire(context, known);
      enterClaims(context, planned);
      return planned;
    });
    const derived =
      cookies &&
      pulumi.secret(
        pulumi
          .all([pulumi.output(cookies), cookieBytes])
          .apply(([{ seed, values }, bytes]) => planCookies(context, { seed, values, bytes })),
      );
    const cookieNames = derived && pulumi.unsecret(derived.apply((known) => known.map(({ name }) => name)));
    const states =
      cookieNames === undefined
        ? part(plan, (known) => known.ends.map(({ hostState }) => hostState))
        : lift({ ...settings, cookieNames }, (known) =>
            planPseudowire(context, known).ends.map(({ hostState }) => hostState),
          );
    const summary = {
      ...rest,
      ends: pick(states, (known) => known.map(({ facts }) => facts.map(factText))),
    };
    super("wirework:index:L2tpPseudowire", name, summary, opts);

    const each = <T>(make: (link: HostLink, index: number, role: string) => T | undefined): T[] =>
      links.flatMap((link, index) => (link === undefined ? [] : (make(link, index, `${name}-${index + 1}`) ?? [])));
    const own = { parent: this };
    const facts = (index: number) => pick(states, (known) => known[index]!);
    const secrets = each(
      (link, _, role) => derived && newSecrets(`${role}-secrets`, { link, owner, secrets: derived }, own),
    );
    const stages = each((link, index, role) => {
      const lines = mapInput({ state: facts(index) }, ({ state }) => state.facts.map(factText));
      return newQuestion(`${role}-stage`, { link, owner, verb: "stage", lines }, own);
    });
    const made = each((link, index, role) =>
      newHostChange(
        `${role}-facts`,
        { link, owner, state: facts(index) },
        { ...own, dependsOn: [...secrets, ...stages] },
      ),
    );
    const proofs = each((link, index, role) => {
      const lines = part(plan, ({ ends }) => ends[index]!.proof);
      return lines.known?.length === 0
        ? undefined
        : newQuestion(
            `${role}-proof`,
            { link, owner, verb: "prove", lines: pick(lines, (known) => known) },
            { ...own, dependsOn: made },
          );
    });
    const joined = each((link, index, role) => {
      const join = part(plan, ({ ends }) => ends[index]!.join);
      return join.known?.facts.length === 0
        ? undefined
        : newHostChange(
            `${role}-join`,
            { link, owner: `${owner}.join`, state: pick(join, (known) => known) },
            { ...own, dependsOn: [...made, ...proofs] },
          );
    });

    const ready = pulumi.all([...made, ...joined].map(({ id }) => id));
    this.interfaceNames = pulumi.output(
      after(
        ready,
        pick(plan, ({ interfaceNames }) => [...interfaceNames]),
      ),
    );
    this.mtu = pulumi.output(pick(plan, ({ mtu }) => mtu));
    this.verification =
      proofs.length === 0
        ? pulumi.output(pick(plan, ({ unproved }) => `not verified: ${unproved}`))
        : pulumi.unsecret(
            pulumi.all(proofs.map(({ stdout }) => stdout)).apply((said) => said.map((text) => text.trim()).join("\n")),
          );
    this.cookies = derived
      ? pulumi.secret(derived.apply((known) => known.map(({ value }) => value)))
      : pulumi.output([] as string[]);
    this.operatorSettings = pulumi.output(pick(plan, operatorSettings));
    this.registerOutputs({
      interfaceNames: this.interfaceNames,
      mtu: this.mtu,
      verification: this.verification,
      operatorSettings: this.operatorSettings,
      cookies: this.cookies,
    });
  }
}

/** The host of one end, in whatever the ends came. */
function linkOf(ends: L2tpPseudowireArgs["ends"] | undefined, index: number): HostLink | undefined {
  const end = Array.isArray(ends) ? ends[index] : undefined;
  if (ends === undefined || (Array.isArray(ends) && typeof end !== "object")) {
    return undefined; // the plan says what is wrong
  }
  if (end !== undefined && isObject(end)) {
    return end.host === undefined ? undefined : hostLink(end.host);
  }
  // What resources there are must be known before any value is: an end that is an Output has a host.
  const host = pulumi.output(end ?? pulumi.output(ends).apply((list) => list[index])).apply((known) => known?.host);
  return hostLink(host as pulumi.Output<HostRef>);
}

function isObject<T>(input: pulumi.Input<T>): input is T {
  return !pulumi.Output.isInstance(input) && !(input instanceof Promise);
}

type EndSettings = Omit<PseudowireEndArgs, "host">;

// A reference to a host is an Output; what else is said of an end is mostly plain, and is planned at once then.
function withoutHosts(ends: L2tpPseudowireArgs["ends"] | undefined): pulumi.Input<pulumi.Input<EndSettings>[]> {
  const without = ({ host: _, ...end }: PseudowireEndArgs): EndSettings => end;
  const one = (end: pulumi.Input<PseudowireEndArgs>): pulumi.Input<EndSettings> =>
    isObject(end) ? without(end) : (pulumi.output(end).apply((known) => without(known as PseudowireEndArgs)) as never);
  return Array.isArray(ends) ? ends.map(one) : (pulumi.output(ends ?? []).apply((list) => list.map(one)) as never);
}

function endSettings({ ends, identities }: { ends: pulumi.Unwrap<EndSettings>[]; identities: (string | undefined)[] }) {
  return ends.map((end, index) => {
    const hostIdentity = identities[index];
    return { ...end, ...(hostIdentity !== undefined && { hostIdentity }) };
  });
}

function operatorSettings({ operator }: PseudowirePlan): OperatorSettings {
  const { settings = [], linux = [], iosXr = [], junos = [] } = operator ?? {};
  return { settings: [...settings], linux: [...linux], iosXr: [...iosXr], junos: [...junos] };
}
