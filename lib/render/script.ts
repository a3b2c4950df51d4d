import type { Fact } from "../plan/facts";
import { factsOf } from "./backend";
import { linkCommands, linkOfSetting, linksInOrder, networkCommands, settingWords } from "./commands";

// A script runs at boot, and again each time that a link comes up: it may find all, some or nothing of what it makes.

/** The functions that lines of a script use, each with its name. */
const FUNCTIONS: readonly (readonly [name: string, ...lines: readonly string[]])[] = [
  [
    "try",
    "try() { # COMMAND: says why it failed, unless it is done already, or is IPv6 on a link that has only IPv4 so far",
    '  said=$("$@" 2>&1) && return',
    '  case $said in *exists* | *"lready assigned"*) return ;; esac',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's
    '  case "${ADDRFAM:-} $*" in "inet "*:*:*) return ;; esac',
    '  echo "wirework: $*: $said" >&2',
    "}",
  ],
  [
    "on",
    "on() { # LINK COMMAND: when that link came up, or all did",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's
    '  case ${IFACE:-$1} in "$1" | --all) ;; *) return ;; esac',
    '  [ -e "/sys/class/net/$1" ] || return',
    "  shift",
    '  try "$@"',
    "}",
  ],
  [
    "beneath",
    "beneath() { # PARENT LINK: ours stands on a link that came late, when ifupdown had given up on it",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's
    '  [ "${IFACE:-}" = "$1" ] || return',
    '  [ $(($(cat "/sys/class/net/$2/flags" 2>/dev/null || echo 0) & 1)) = 1 ] || try ifup "$2"',
    "}",
  ],
  ["setting", "setting() { # PATH VALUE", '  [ ! -e "/proc/sys/$1" ] || echo "$2" >"/proc/sys/$1"', "}"],
];

/** A script with its environment and the functions that its lines use. */
export function withFunctions(lines: readonly string[]): string[] {
  const uses = (name: string) => lines.some((line) => line.startsWith(`${name} `));
  const needed = FUNCTIONS.filter(([name]) => uses(name) || (name === "try" && (uses("on") || uses("beneath"))));
  return [
    "PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C",
    "export PATH LC_ALL",
    ...needed.flatMap(([, ...text]) => text),
    ...lines,
  ];
}

/** The link with which a command is run; none: it is run whatever came up. */
type Carrier = (link: string) => string | undefined;

function line(text: string, link: string | undefined): string {
  return link === undefined ? `try ${text}` : `on ${link} ${text}`;
}

/** Lines that make our links and bring them up. */
export function linkLines(owner: string, facts: readonly Fact[], carrier: Carrier = () => undefined): string[] {
  const links = linksInOrder(facts);
  // A link must not be up before its settings are: with accept_ra it would hear a second router.
  return [
    ...links.flatMap((link) => linkCommands(owner, link).map((text) => line(text, carrier(link.name)))),
    ...settingLines(facts, (link) => links.some(({ name }) => name === link)),
    ...links.map(({ name }) => line(`ip link set dev ${name} up`, carrier(name))),
  ];
}

/** Lines that write settings: of the links that are chosen, or of the whole host. */
export function settingLines(facts: readonly Fact[], chosen: (link: string | undefined) => boolean): string[] {
  return factsOf(facts, "sysctl")
    .filter((fact) => chosen(linkOfSetting(fact)))
    .map((fact) => `setting ${settingWords(fact)}`);
}

/** Lines for addresses, routes and rules. */
export function networkLines(facts: readonly Fact[], carrier: Carrier = (link) => link): string[] {
  return networkCommands(facts).map(({ text, link }) => line(text, link && carrier(link)));
}
