import type { Fact } from "../plan/facts";
import { type Backend, type FactOf, factsOf, fileName, numbered } from "./backend";
import { linkCommands, linkOfSetting, linksInOrder, linksOfOthers, SCRIPT_KINDS, settingWords } from "./commands";
import { networkLines, settingLines, withFunctions } from "./script";

/**
 * Our links are interfaces of ifupdown; all else is a script, which ifupdown runs after each interface that it brought up.
 *
 * A second stanza for an interface of somebody else, with `post-up` in it, would be nearer to what people write by hand. But
 * ifupdown runs the stanzas of one interface in the order of the files, and Debian's sources interfaces.d at its top: the
 * routes would come before the addresses that they need.
 */
export const ifupdown: Backend = {
  kinds: SCRIPT_KINDS,
  render: (owner, facts) => {
    const name = `wirework-${fileName(owner)}`;
    const known = linksOfOthers(facts);
    const links = stanzas(owner, facts);
    return [
      { kind: "require", condition: "persistence ifupdown" },
      // Who brings a link up runs the script: where it is another program, nobody would.
      ...known.map((link): Fact => ({ kind: "require", condition: `ifupdown ${link}` })),
      ...file(`/etc/network/interfaces.d/${name}`, links),
      ...file(`/etc/network/if-up.d/${name}`, script(owner, facts)),
    ];
  },
  warnings: (facts) =>
    factsOf(facts, "route").some(({ dev }) => dev !== undefined)
      ? ['persistence "ifupdown": what the kernel drops with a link that goes down comes back with ifup of that link.']
      : [],
};

function file(path: string, lines: readonly string[]): Fact[] {
  return numbered(lines, { kind: "file", path });
}

function stanzas(owner: string, facts: readonly Fact[]): string[] {
  const links = linksInOrder(facts);
  return links.length === 0
    ? []
    : [`# wirework: links of ${owner}`, ...links.flatMap((link) => stanza(owner, facts, link))];
}

/** A link that is there already stays: ifdown and ifup must not tear the containers off that stand on it. */
function stanza(owner: string, facts: readonly Fact[], link: FactOf<"link">): string[] {
  const { name } = link;
  const [add = "", ...then] = linkCommands(owner, link);
  const settings = factsOf(facts, "sysctl").filter((fact) => linkOfSetting(fact) === name);
  return [
    `auto ${name}`,
    `iface ${name} inet manual`,
    `    pre-up ip link show dev ${name} >/dev/null 2>&1 || ${add}`,
    ...then.map((text) => `    pre-up ${text}`),
    ...settings.map((fact) => {
      const [path, ...value] = settingWords(fact).split(" ");
      return `    pre-up [ ! -e /proc/sys/${path} ] || echo ${value.join(" ")} >/proc/sys/${path}`;
    }),
    `    up ip link set dev ${name} up`,
    `    down ip link set dev ${name} down || true`,
  ];
}

function script(owner: string, facts: readonly Fact[]): string[] {
  const links = linksInOrder(facts);
  const own = new Set(links.map(({ name }) => name));
  const lines = [
    ...links.flatMap(({ name, parent }) => (parent === undefined ? [] : [`beneath ${parent} ${name}`])),
    ...settingLines(facts, (link) => link === undefined || !own.has(link)),
    ...networkLines(facts),
  ];
  return [
    "#!/bin/sh",
    `# wirework: facts of ${owner}; ifupdown runs this after each interface that it brought up`,
    ...withFunctions(lines),
    "exit 0",
  ];
}
