import type { Fact } from "../plan/facts";
import { type Backend, factsOf, fileName, numbered } from "./backend";
import { linksInOrder, linksOfOthers, SCRIPT_KINDS } from "./commands";
import { linkLines, networkLines, settingLines, withFunctions } from "./script";

/**
 * One script, which NetworkManager runs when a link came up. What stands on a link of ours is set with the link of others
 * that carries it: NetworkManager knows nothing of ours.
 *
 * Its own profiles say neither the group of a link nor the protocol of a route, by which the helper knows its own again; and
 * a profile with a route in a table makes NetworkManager the owner of all tables of that link.
 */
export const networkManager: Backend = {
  kinds: SCRIPT_KINDS,
  render: (owner, facts) => {
    const links = new Map(linksInOrder(facts).map((link) => [link.name, link]));
    const carrier = (name: string): string | undefined => {
      const link = links.get(name) ?? [...links.values()].find(({ peer }) => peer === name);
      return link === undefined ? name : link.parent && carrier(link.parent);
    };
    const own = (link: string | undefined) => link !== undefined && links.has(link);
    const lines = [
      ...linkLines(owner, facts, carrier),
      ...settingLines(facts, (link) => !own(link)),
      ...networkLines(facts, carrier),
    ];
    const path = `/etc/NetworkManager/dispatcher.d/90-wirework-${fileName(owner)}`;
    const script = [
      "#!/bin/sh",
      `# wirework: facts of ${owner}; NetworkManager runs this with a link and what became of it`,
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's
      "case ${2:-} in up | dhcp4-change | dhcp6-change | reapply) IFACE=$1 ;; *) exit 0 ;; esac",
      ...withFunctions(lines),
      "exit 0",
    ];
    return [
      { kind: "require", condition: "persistence networkManager" },
      ...linksOfOthers(facts).map((link): Fact => ({ kind: "require", condition: `networkManager ${link}` })),
      ...numbered(script, { kind: "file", path } as const),
    ];
  },
  warnings: (facts) =>
    factsOf(facts, "rule").length > 0
      ? [
          'persistence "networkManager": its script runs when a link came up; Docker may start containers before, and until then they leave by the main table.',
        ]
      : [],
};
