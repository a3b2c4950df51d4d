import { addressText, type Family } from "../net/address";
import { type Prefix, prefixText } from "../net/prefix";
import type { Fact } from "./facts";
import { EVERYTHING, type PolicyNetwork } from "./policy-network";
import { MAIN_TABLE, type RoutingTable } from "./routing-table";
import { LEARNED_GATEWAY, leads, SourceNat6, type Uplink } from "./uplink";

/** What becomes of an agent's traffic while its uplink is down. */
export const Fallback = {
  /** It stays where it is: nothing leaves by the main uplink. */
  None: "none",
  /** It leaves by the main uplink. */
  Main: "main",
} as const;
/** One of the values of {@link Fallback}. */
export type Fallback = (typeof Fallback)[keyof typeof Fallback];

/** Worst metric there is: any other default of the table is preferred, and it stays when the uplink's goes with the link. */
const LAST_METRIC = 4294967295;

/** All that a second way out is made of. */
export interface Policy {
  /** Whose traffic. */
  readonly network: PolicyNetwork;
  /** By which link. */
  readonly uplink: Uplink & { readonly dev: string };
  /** By which table. */
  readonly table: RoutingTable;
  /** First of three rule priorities. */
  readonly priority: number;
  /** Mark of answers, where ports are published. */
  readonly mark?: string;
  /** While the uplink is down. */
  readonly fallback: Fallback;
}

/** The facts of a second way out. */
export function policyFacts(policy: Policy): Fact[] {
  const { network, uplink, table } = policy;
  const families = familiesOf(network);
  return [
    { kind: "require", condition: `link ${uplink.dev}` },
    { kind: "table", id: table.id, name: table.name },
    { kind: "guard", what: "routes" },
    ...network.selectors.flatMap((selector) => rules(policy, selector)),
    ...families.flatMap((family) => defaults(policy, family)),
    ...sourceNat(policy),
    ...answers(policy),
  ];
}

/** Families of a network; of one that exists, both. */
export function familiesOf({ selectors }: PolicyNetwork): Family[] {
  return [...new Set(selectors.map(({ from }): Family => (from.includes(":") ? 6 : 4)))];
}

/**
 * First main without its defaults: what is connected to the host or routed apart there (the LAN, the host, other Docker
 * networks) stays where it is, and follows main by itself. Copied routes would be late each time main changes. Then the
 * table of the uplink.
 */
function rules({ table, priority, mark }: Policy, selector: { from: string; iif?: string }): Fact[] {
  const marked: Fact[] =
    mark === undefined ? [] : [{ kind: "rule", ...selector, fwmark: mark, table: MAIN_TABLE, priority }];
  return [
    ...marked,
    { kind: "rule", ...selector, table: MAIN_TABLE, suppressPrefixLength: 0, priority: priority + 1 },
    { kind: "rule", ...selector, table: table.id, priority: priority + 2 },
  ];
}

/** The way out, and what is there without it. A family that the uplink lacks gets the second alone: it must not leak. */
function defaults({ uplink, table, fallback }: Policy, family: Family): Fact[] {
  const destination = EVERYTHING[family];
  const gateway = uplink.gateways.get(family);
  const place = { destination, dev: uplink.dev, table: table.id };
  const via = gateway && gateway !== LEARNED_GATEWAY && { via: addressText(gateway) };
  const way: Fact = gateway === LEARNED_GATEWAY ? { kind: "follow", ...place } : { kind: "route", ...place, ...via };
  const end: Fact = { kind: "route", type: "unreachable", destination, metric: LAST_METRIC, table: table.id };
  return [...(leads(uplink, family) ? [way] : []), ...(fallback === "none" ? [end] : [])];
}

/**
 * Docker translates IPv4 by itself, to the address of whatever link a packet leaves by; IPv6 only from version 27 on. With
 * a fixed address it translates nothing (`enable_ip_masquerade`), and both families are done here.
 */
function sourceNat({ network, uplink }: Policy): Fact[] {
  return network.prefixes.flatMap((prefix): Fact[] => {
    const source = uplink.sources.get(prefix.family);
    const ours = prefix.family === 6 ? uplink.sourceNat6 === SourceNat6.Masquerade : uplink.sources.size > 0;
    const nat: Fact = { kind: "nat", from: prefixText(prefix), oif: uplink.dev };
    const wanted = leads(uplink, prefix.family) && (source !== undefined || ours);
    return wanted ? [source === undefined ? nat : { ...nat, snat: addressText(source) }] : [];
  });
}

/**
 * Questions to published ports come by any link, and answers go back by the same: who came by another link than the uplink
 * is marked, and the first rule sends the answers by main. Strict reverse-path filtering knows nothing of marks (unless
 * told to, by src_valid_mark) and would drop the questions.
 */
function answers({ network, uplink, mark }: Policy): Fact[] {
  if (mark === undefined) {
    return [];
  }
  const reply = (prefix: Prefix): Fact => ({ kind: "reply", to: prefixText(prefix), except: uplink.dev, mark });
  return [...network.prefixes.map(reply), { kind: "require", condition: `rp_filter-loose except ${uplink.dev}` }];
}
