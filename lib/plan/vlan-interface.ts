import { parseInterfaceName } from "../net/interface-name";
import { type PlanContext, requireHost, startProblems } from "./context";
import { type HostState, hostState } from "./host-state";
import type { Claim } from "./inventory";
import { memberPath, read, readChoice, readInteger, readList, readObject, readRequired } from "./read";
import { readVlanId, type VlanLink, vlanFacts } from "./vlan-link";

/** Tag of a VLAN. */
export const VlanProtocol = {
  /** 802.1Q: what switches call a VLAN. */
  Q: "802.1Q",
  /** 802.1ad: the outer tag of a VLAN that carries others. */
  Ad: "802.1ad",
} as const;
/** One of the values of {@link VlanProtocol}. */
export type VlanProtocol = (typeof VlanProtocol)[keyof typeof VlanProtocol];

/** One VLAN of a trunk, all known. */
export interface VlanSettings {
  /** Tag, 1-4094. */
  readonly id: number;
  /** @default - the parent's name, a dot, and the id */
  readonly linkName?: string;
  /** @default "802.1Q" */
  readonly protocol?: VlanProtocol;
  /** @default - the parent's */
  readonly mtu?: number;
}

/** Arguments of VLANs on a link, all known. */
export interface VlanInterfaceSettings {
  /** Link that carries them. */
  readonly parent: string;
  /** The VLANs. */
  readonly vlans: readonly VlanSettings[];
}

/** One VLAN, as planned. */
export interface VlanPlan {
  /** Its tag. */
  readonly id: number;
  /** Name of its link. */
  readonly linkName: string;
  /** Its facts. */
  readonly hostState: HostState;
  /** The words that make its link. */
  readonly links: string;
}

/** All that the VLANs of a link come to. */
export interface VlanInterfacePlan {
  /** The VLANs, in the order given. */
  readonly vlans: readonly VlanPlan[];
  /** All facts together. */
  readonly hostState: HostState;
  /** What the port of the switch must let through. */
  readonly switchPort: string;
  /** What only this component may have. */
  readonly claims: readonly Claim[];
  /** What may surprise, in sentences. */
  readonly warnings: readonly string[];
}

/** Plans VLANs on a link. Throws one ArgumentError with all problems. */
export function planVlanInterface(context: PlanContext, settings: VlanInterfaceSettings): VlanInterfacePlan {
  const problems = startProblems(context);
  const given = readObject(problems, "", settings, ["host", "parent", "vlans"]);
  requireHost(problems, context, "give host.ref: a VLAN's link is the host's own");
  const parent = readRequired(problems, "parent", given.parent, parseInterfaceName);
  const list = readList(problems, "vlans", given.vlans);
  if (list.length === 0) {
    problems.add("vlans", given.vlans, "holds no VLAN", "give one or more, such as [{ id: 215 }]");
  }
  const seen = new Map<string, string>();
  const planned = list.flatMap((one, index) => {
    const at = memberPath("vlans", index);
    const vlan = readObject(problems, at, one, ["id", "linkName", "protocol", "mtu"]);
    const id = readVlanId(problems, `${at}.id`, vlan.id);
    if (vlan.id === undefined) {
      problems.add(`${at}.id`, undefined, "is missing", "give the tag, 1-4094");
    }
    const linkName = read(problems, `${at}.linkName`, vlan.linkName, parseInterfaceName);
    const protocol = readChoice(problems, `${at}.protocol`, vlan.protocol, Object.values(VlanProtocol));
    const mtu = readInteger(problems, `${at}.mtu`, vlan.mtu, { from: 68, to: 65535, unit: " bytes" });
    const other = id === undefined ? undefined : seen.get(String(id));
    if (other !== undefined) {
      problems.add(`${at}.id`, id, `is the tag of ${other} already`, "declare each VLAN once");
    }
    if (id === undefined || parent === undefined) {
      return [];
    }
    seen.set(String(id), at);
    const link: VlanLink = {
      parent,
      id,
      ...(linkName !== undefined && { linkName }),
      ...(protocol === VlanProtocol.Ad && { protocol }),
      ...(mtu !== undefined && { mtu }),
    };
    const path = linkName === undefined ? `${at}.id` : `${at}.linkName`;
    const { facts, claims, identity, ...plan } = vlanFacts(problems, path, link, context);
    return { ...plan, id, protocol: protocol ?? VlanProtocol.Q, claims, links: identity, hostState: hostState(facts) };
  });
  problems.throwIfAny();
  return {
    vlans: planned.map(({ id, linkName, links, hostState }) => ({ id, linkName, links, hostState })),
    hostState: hostState(planned.flatMap((vlan) => vlan.hostState.facts)),
    switchPort: switchPort(context, parent!, planned),
    claims: planned.flatMap(({ claims }) => claims),
    warnings: [],
  };
}

/** What the port of the switch must let through: `host edge, eth1: tagged 20, 40`. */
function switchPort(
  { hostIdentity }: PlanContext,
  parent: string,
  vlans: readonly { id: number; protocol: VlanProtocol }[],
): string {
  const tagged = Object.values(VlanProtocol).flatMap((protocol) => {
    const ids = vlans.filter((vlan) => vlan.protocol === protocol).map(({ id }) => id);
    const how = protocol === VlanProtocol.Q ? "" : ` (${protocol})`;
    return ids.length === 0 ? [] : [`tagged ${ids.sort((a, b) => a - b).join(", ")}${how}`];
  });
  return `host ${hostIdentity}, ${parent}: ${tagged.join("; ")}`;
}
