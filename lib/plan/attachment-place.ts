import type { Problems } from "../problems";
import type { AttachmentSettings } from "./attachment";
import { claimOf, linkScope, type PlanContext } from "./context";
import type { Fact } from "./facts";
import type { Claim } from "./inventory";
import { readChoice } from "./read";
import { vlanFacts } from "./vlan-link";

// Where an interface that is put into a container stands: on what link of the host, and how.

/** How an interface stands on a parent. */
export const AttachedDriver = {
  /** With a MAC of its own. */
  Macvlan: "macvlan",
  /** With the parent's MAC, for links that take no further ones. */
  Ipvlan: "ipvlan",
} as const;

/** One of {@link AttachedDriver}. */
export type AttachedDriver = (typeof AttachedDriver)[keyof typeof AttachedDriver];

/** That an interface can stand on a link, beside whatever stands on it. */
export function attachable(link: string, driver: AttachedDriver = AttachedDriver.Macvlan): Fact[] {
  const word = driver === AttachedDriver.Ipvlan ? " ipvlan" : "";
  const kernel = driver === AttachedDriver.Ipvlan ? ["kernel >= 4.2", "module ipvlan"] : [];
  return [...kernel, `parent ${link} attached${word}`].map((condition) => ({ kind: "require", condition }));
}

/** Reads how an interface stands on its parent. */
export function readDriver(
  problems: Problems,
  at: string,
  given: Partial<AttachmentSettings>,
  leased: readonly (4 | 6)[],
): AttachedDriver {
  const driver = readChoice(problems, `${at}.driver`, given.driver, Object.values(AttachedDriver));
  if (driver !== undefined && (given.bridge ?? given.nic) !== undefined) {
    problems.add(`${at}.driver`, driver, "is how an interface stands on a parent", "leave it out, or give parent");
  }
  if (driver === AttachedDriver.Ipvlan && given.macAddress !== undefined) {
    const rule = "is given, and an ipvlan has its parent's";
    problems.add(`${at}.macAddress`, given.macAddress, rule, "leave it out");
  }
  for (const argument of driver === AttachedDriver.Ipvlan
    ? leased.map((family) => `ipv${family}Address` as const)
    : []) {
    const rule = "is leased by MAC, and an ipvlan has its parent's";
    problems.add(`${at}.${argument}`, given[argument], rule, "give a fixed address, or leave driver out");
  }
  return driver ?? AttachedDriver.Macvlan;
}

/** The link that an interface stands on, and what must be on the host for it. */
export function readPlace(
  problems: Problems,
  at: string,
  { parent, vlan, bridge, nic, driver }: Pick<AttachmentSettings, "parent" | "vlan" | "bridge" | "nic" | "driver">,
  context: PlanContext,
): { link: string; asked?: string; facts: readonly Fact[]; links?: string; claims: readonly Claim[] } {
  if (bridge !== undefined) {
    return { link: bridge, facts: [{ kind: "require", condition: `bridge ${bridge}` }], claims: [] };
  }
  if (nic !== undefined) {
    const scope = linkScope(context, { name: "", parent: nic });
    return {
      link: nic,
      facts: ["nic", "not-management"].map((what) => ({ kind: "require", condition: `${what} ${nic}` })),
      claims: [claimOf(context, { scope, kind: "parent", value: nic, property: `${at}.nic` })],
    };
  }
  const tagged =
    parent === undefined || vlan === undefined
      ? undefined
      : vlanFacts(problems, `${at}.vlan`, { parent, id: vlan }, context);
  const link = tagged?.linkName ?? parent ?? "";
  // Several of one driver may stand on one parent, but none beside who has it for itself.
  const scope = linkScope(context, { name: "", parent: link });
  const shared = claimOf(context, {
    scope,
    kind: "parent",
    value: link,
    property: `${at}.parent`,
    shared: driver === AttachedDriver.Ipvlan ? driver : true,
  });
  return {
    link,
    // The LAN is asked before the VLAN is there.
    ...(tagged && { asked: `${link} over ${parent} vlan ${vlan}` }),
    facts: [...(tagged?.facts ?? []), ...attachable(link, driver)],
    ...(tagged && { links: tagged.identity }),
    claims: [...(tagged?.claims ?? []), shared],
  };
}
