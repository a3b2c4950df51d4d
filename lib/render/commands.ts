import { factText } from "../plan/fact-text";
import type { Fact } from "../plan/facts";
import { type Backend, type FactOf, factsOf, type Treatment } from "./backend";

// What shell scripts say for facts: the commands that the helper itself would run, with its marks, so that it knows again
// what a script has made. The words of a fact are those of iproute2 already.

/** Group of our links. */
export const GROUP = 30583;
/** Protocol of our routes and rules. */
export const PROTOCOL = 119;

/** One command, and the link that it needs. */
export interface Command {
  /** Its words. */
  readonly text: string;
  /** Link that must be there. */
  readonly link?: string;
}

const NFT =
  "entries of all owners stand in one nft table, which is made as a whole, and a script of one owner would drop those of others";

const SET =
  "the link may be another program's, and what was set before must be known when the fact goes: a script keeps nothing";
const L2TP = "it waits for the address of its end, and its cookies are secrets, which a script would hold in the open";

const LEARNED = "the next hop is learned while the host runs, and only the watcher, which units run, follows it";

const WATCHED = "it is set whenever the container starts, by the watcher that only units run";

const ASKED = "it is asked again and again, by the watcher that only units run";

/** How a shell script treats each kind of fact. */
export const SCRIPT_KINDS: Backend["kinds"] = {
  window: "stands",
  allow: "stands",
  require: "stands",
  persistence: "stands",
  module: "stands",
  table: "stands",
  guard: "stands",
  link: "rendered",
  set: { refused: SET },
  sysctl: "rendered",
  addr: "rendered",
  route: "rendered",
  follow: { refused: LEARNED },
  rule: "rendered",
  tunnel: { refused: L2TP },
  session: { refused: L2TP },
  reach: { refused: ASKED },
  nat: { refused: NFT },
  reply: { refused: NFT },
  mac: { refused: WATCHED },
  group: { refused: WATCHED },
  attach: { refused: WATCHED },
  dnat: { refused: WATCHED },
  proxy: { refused: WATCHED },
  daemon: "stands",
  file: "stands",
  block: "stands",
  with: "stands",
} satisfies { readonly [K in Fact["kind"]]: Treatment };

/** Our links, each behind the one that it stands on. */
export function linksInOrder(facts: readonly Fact[]): FactOf<"link">[] {
  const links = new Map(factsOf(facts, "link").map((link) => [link.name, link]));
  const depth = (link: FactOf<"link">, seen = 0): number => {
    const parent = link.parent === undefined ? undefined : links.get(link.parent);
    return parent === undefined || seen > links.size ? 0 : 1 + depth(parent, seen + 1);
  };
  return [...links.values()].sort((a, b) => depth(a) - depth(b) || (a.name < b.name ? -1 : 1));
}

/** Links that are not ours, and that facts need: somebody else brings them up. */
export function linksOfOthers(facts: readonly Fact[]): string[] {
  const own = new Set(factsOf(facts, "link").flatMap(({ name, peer }) => [name, peer]));
  const needed = [
    ...factsOf(facts, "link").map(({ parent }) => parent),
    ...factsOf(facts, "sysctl").map(linkOfSetting),
    ...factsOf(facts, "addr").map(({ dev }) => dev),
    ...factsOf(facts, "route").map(({ dev }) => dev),
  ];
  return [...new Set(needed)]
    .filter((name) => name !== undefined)
    .filter((name) => !own.has(name))
    .sort();
}

/** Makes a link, marked as ours in the same request. */
export function linkCommands(owner: string, link: FactOf<"link">): string[] {
  const { name, parent, type, mode, flag, id, protocol, peer, address, mtu, stpState } = link;
  // A bridge follows the least of its ports, unless its MTU was set after it was made.
  const later = type === "bridge" && mtu !== undefined ? [`ip link set dev ${name} mtu ${mtu}`] : [];
  const size = mtu === undefined || type === "bridge" ? [] : [`mtu ${mtu}`];
  const end = (of: string) => [`name ${of} group ${GROUP}`, ...size];
  const words = [
    ...(parent === undefined ? [] : [`link ${parent}`]),
    ...end(name),
    ...(address === undefined ? [] : [`address ${address}`]),
    `type ${type}`,
    ...(protocol === undefined ? [] : [`protocol ${protocol}`]),
    ...(id === undefined ? [] : [`id ${id}`]),
    ...(mode === undefined ? [] : [`mode ${mode}`]),
    ...(flag === undefined ? [] : [flag]),
    ...(peer === undefined ? [] : ["peer", ...end(peer)]),
    // With a spanning tree, the least that its standard allows; it is 0 otherwise.
    ...(type === "bridge" ? [stpState === undefined ? "forward_delay 0" : "stp_state 1 forward_delay 200"] : []),
  ];
  const ends = peer === undefined ? [name] : [name, peer];
  const marks = ends.map((of) => `ip link set dev ${of} alias wirework:${owner}`);
  return [`ip link add ${words.join(" ")}`, ...later, ...marks].map(checked);
}

/** Link whose setting it is; none for a setting of the whole host. */
export function linkOfSetting({ key }: FactOf<"sysctl">): string | undefined {
  const [, link] = /^net\/ipv[46]\/(?:conf|neigh)\/([^/]+)\//.exec(key) ?? [];
  return link === "default" ? undefined : link;
}

/** Path and value of a setting, as words of a shell. */
export function settingWords({ key, value }: FactOf<"sysctl">): string {
  return checked(/ /.test(value) ? `${key} '${value}'` : `${key} ${value}`);
}

/** What stands on links, or on none: addresses before routes, routes before the rules that lead to them. */
export function networkCommands(facts: readonly Fact[]): Command[] {
  return [
    ...factsOf(facts, "addr").map(({ address, dev }) => {
      // As the helper does: an address that is still asked about on the link could not be a source.
      const words = `ip address add ${address} dev ${dev}${address.includes(":") ? " nodad" : ""}`;
      return { text: checked(words), link: dev };
    }),
    ...factsOf(facts, "route").map((fact) => {
      const words = factText(fact).replace(/^route /, "ip route add ");
      return { text: checked(`${words} proto ${PROTOCOL}`), ...(fact.dev !== undefined && { link: fact.dev }) };
    }),
    ...factsOf(facts, "rule").map((fact) => {
      const family = fact.from.includes(":") ? "ip -6" : "ip";
      return { text: checked(`${factText(fact).replace(/^rule /, `${family} rule add `)} protocol ${PROTOCOL}`) };
    }),
  ];
}

/** Every value was checked where it entered; this keeps a gap there from becoming a command here. */
function checked(words: string): string {
  if (!/^[A-Za-z0-9 ._:/,'-]+$/.test(words)) {
    throw new Error(`not fit for a shell script: ${JSON.stringify(words)}`);
  }
  return words;
}
