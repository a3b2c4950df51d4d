import * as pulumi from "@pulumi/pulumi";
import { newHostChange } from "../host/host-change";
import type { HostRef } from "../host/host-ref";
import { lift, part, pick } from "../lift";
import { ownerOf } from "../plan/context";
import { hostState, joinHostStates } from "../plan/host-state";
import type { Persistence } from "../plan/persistence";
import { planVlanInterface, type VlanProtocol } from "../plan/vlan-interface";
import { componentContext, factLines, withClaims, withFiles } from "./context";

/** One VLAN of a link. */
export interface VlanArgs {
  /** Tag, 1-4094. It must be known when the program runs: it names the resource. */
  id: number;
  /**
   * Name of the VLAN's link, at most 15 bytes.
   * @default - the parent's name, a dot, and the id: `eth0.215`
   */
  linkName?: pulumi.Input<string>;
  /**
   * Kind of the tag: `802.1ad` for the outer one of two. The inner one is a VLAN on that link.
   * @default VlanProtocol.Q
   */
  protocol?: pulumi.Input<VlanProtocol>;
  /**
   * MTU of the link, in bytes; the host refuses one over the parent's.
   * @default - the parent's
   */
  mtu?: pulumi.Input<number>;
}

/** Arguments of a {@link VlanInterface}. */
export interface VlanInterfaceArgs {
  /** The host, as `host.ref`. */
  host: pulumi.Input<HostRef>;
  /** The host's link that carries the VLANs: NIC, bond, or the link of an outer VLAN. */
  parent: pulumi.Input<string>;
  /** The VLANs: one, or a whole trunk. Each comes and goes by itself. */
  vlans: VlanArgs[];
  /**
   * Who brings the facts back at boot. A change is made in place: the facts themselves stay as they are.
   * @default - as the host says: the host's own init
   */
  persistence?: pulumi.Input<Persistence>;
}

/**
 * VLANs on a link of the host, kept by the host: they survive Docker and reboots, and go with their declaration.
 *
 * A network on one of them takes the name from `links`: so it comes after its VLAN, goes before it, and is made anew
 * with it.
 *
 * @example
 * ```ts
 * import { type Host, MacvlanNetwork, VlanInterface } from "wirework";
 *
 * export function voice(host: Host) {
 *   const trunk = new VlanInterface("trunk", { host: host.ref, parent: "eth1", vlans: [{ id: 20 }, { id: 40, linkName: "foo" }] });
 *   return new MacvlanNetwork("voice", {
 *     host: host.ref,
 *     parent: trunk.links["40"],
 *     subnets: [{ subnet: "192.168.40.0/24", gateway: "192.168.40.1" }],
 *   });
 * }
 * ```
 */
export class VlanInterface extends pulumi.ComponentResource {
  /** Name of each VLAN's link, by its tag. */
  readonly links: { [id: string]: pulumi.Output<string> };
  /** What the port of the switch must let through. */
  readonly switchPort: pulumi.Output<string>;

  constructor(name: string, args: VlanInterfaceArgs, opts?: pulumi.ComponentResourceOptions) {
    const { host, persistence, ...settings } = args ?? {};
    const context = componentContext("VlanInterface", name, host, persistence);
    const plan = lift({ context: context.plan, settings }, ({ context, settings }) => {
      const { vlans, claims, warnings, ...plan } = planVlanInterface(context, settings);
      // Facts of their own under an owner of their own: one VLAN comes or goes without the others.
      const each = vlans.map((vlan) => withFiles(context, vlan, `${ownerOf(context)}.${vlan.id}`));
      const states = each.map(({ hostState }) => hostState);
      return { ...withClaims(context, { claims, warnings, hostState: hostState([]) }), ...plan, vlans: each, states };
    });
    const facts = factLines(
      context,
      part(plan, ({ states }) => ({ hostState: joinHostStates(...states) })),
    );
    super("wirework:index:VlanInterface", name, { ...settings, facts }, opts);

    const { link } = context;
    const made = (Array.isArray(args?.vlans) ? args.vlans : []).flatMap(({ id }, index) => {
      const change =
        link &&
        newHostChange(
          `${name}-vlan-${id}`,
          {
            link,
            owner: `${context.owner}.${id}`,
            state: pick(plan, ({ vlans }) => vlans[index]!.hostState),
            links: pick(plan, ({ vlans }) => vlans[index]!.links),
          },
          { parent: this },
        );
      const linkName = pick(plan, ({ vlans }) => vlans[index]!.linkName);
      // By the URN, which a preview knows: the name is known at once, and what takes it depends on the link all the same.
      return change ? [[String(id), pulumi.all([change.urn, linkName]).apply(([, known]) => known)] as const] : [];
    });
    this.links = Object.fromEntries(made);
    this.switchPort = pulumi.output(pick(plan, ({ switchPort }) => switchPort));
    this.registerOutputs({ links: this.links, switchPort: this.switchPort });
  }
}
