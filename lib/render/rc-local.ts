import { type Backend, factsOf, fileName, numbered } from "./backend";
import { linksInOrder, SCRIPT_KINDS } from "./commands";
import { linkLines, networkLines, settingLines, withFunctions } from "./script";

/** All in one block of /etc/rc.local, in a shell of its own: whatever it does, the rest of the file runs as before. */
export const rcLocal: Backend = {
  kinds: SCRIPT_KINDS,
  render: (owner, facts) => {
    const own = new Set(linksInOrder(facts).map(({ name }) => name));
    const lines = [
      ...linkLines(owner, facts),
      ...settingLines(facts, (link) => link === undefined || !own.has(link)),
      ...networkLines(facts),
    ];
    const block = [`# facts of ${owner}`, "(", ...withFunctions(lines), ") || :"];
    return [
      { kind: "require", condition: "persistence rcLocal" },
      ...numbered(block, { kind: "block", path: "/etc/rc.local", name: fileName(owner) } as const),
    ];
  },
  warnings: (facts) => [
    'persistence "rcLocal": what is not there when /etc/rc.local runs, or goes down later, comes back at the next boot only.',
    ...(factsOf(facts, "rule").length > 0
      ? [
          'persistence "rcLocal": Docker may start containers before /etc/rc.local runs; until then they leave by the main table.',
        ]
      : []),
  ],
};
