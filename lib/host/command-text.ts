/** What a Command may ask of the program on the host. */
export type Verb =
  | "setup"
  | "apply"
  | "check"
  | "drift"
  | "remove"
  | "stage"
  | "secret"
  | "forget"
  | "verify"
  | "prove"
  | "measure"
  | "status"
  | "uninstall";

const DISPATCHER = "/usr/local/sbin/wirework";

/** Told where the dispatcher is missing although the stack has been here. */
const GONE =
  "wirework: this host has no /usr/local/sbin/wirework, although the stack installed it; nothing was changed. " +
  "If the machine was rebuilt or replaced, drop what the stack remembers of it without dialling: " +
  "pulumi state delete --target-dependents [URN of the Host], then run pulumi up again.";

const NO_SUDO =
  "wirework: sudo -n does not let this user run /usr/local/sbin/wirework; nothing was changed. " +
  "Allow it without a password in /etc/sudoers.d, or log in as root.";

/** The same for the first run, when there is nothing yet that could be allowed by its path. */
const NO_SUDO_YET =
  "wirework: sudo -n does not let this user run /bin/sh, which the first installation needs; nothing was changed. " +
  "Allow it without a password in /etc/sudoers.d (later runs need only /usr/local/sbin/wirework), or log in as root.";

/** Where nothing is installed yet: what the dispatcher does, with the program out of stdin. */
const BOOTSTRAP = [
  "set -eu",
  "umask 077",
  "run=/run/wirework/run.$$",
  'rm -rf "$run"',
  'mkdir -p "$run"',
  'cat >"$run/input"',
  'sed "1,/^program$/d" "$run/input" >"$run/wirework"',
  'exec /bin/sh "$run/wirework" setup "$1"',
].join("; ");

/** Where a missing dispatcher is no error: nothing is left to take away, and nothing has been made that could differ. */
const ABSENT: { readonly [verb in Verb]?: string } = {
  uninstall: 'cat >/dev/null; echo "nothing of wirework is here"; exit 0',
  drift: "cat >/dev/null; exit 0",
};

/** `/bin/sh -c` of a script that holds no single quote, so that every login shell reads it alike. */
function shell(lines: string[], ...operands: string[]): string {
  const script = lines.join("; ");
  const quoted = [script, ...operands].map((text) => {
    // csh reads ! and a newline even between single quotes, fish reads a backslash there.
    if (/['!\n\\]/.test(text)) {
      throw new Error(`not safe between single quotes in every login shell: ${text}`);
    }
    return `'${text}'`;
  });
  return `/bin/sh -c ${quoted.join(" ")}`;
}

/**
 * The text of a Command: constant, so that a new version of the library updates no Command, and without data, which
 * comes on stdin. Works under every login shell: bash, dash, fish, csh. Sudo `as needed` is decided on the host. A note
 * is for people who read the text, and nothing to the host.
 */
export function commandText(verb: Verb, sudo: boolean | "as needed", note?: string): string {
  const call = `${DISPATCHER} ${verb} "\${SSH_CONNECTION:-}"`;
  const run = sudo ? `exec sudo -n ${call}` : `exec ${call}`;
  // Listing what is allowed needs no password where anything is allowed without one, and changes nothing.
  const allowed = (what: string, text: string) =>
    sudo ? [`sudo -n -l ${what} >/dev/null 2>&1 || { echo "${text}" >&2; exit 77; }`] : [];
  const present = `test -x ${DISPATCHER}`;
  if (verb === "setup") {
    const checked = allowed(DISPATCHER, NO_SUDO).map((line) => `${line};`);
    const first = sudo ? "exec sudo -n /bin/sh" : "exec /bin/sh";
    return shell(
      [
        `if ${present}; then ${[...checked, run].join(" ")}; fi`,
        ...allowed("/bin/sh", NO_SUDO_YET),
        `${first} -c "$0" wirework "\${SSH_CONNECTION:-}"`,
      ],
      BOOTSTRAP,
    );
  }
  const absent = ABSENT[verb] ?? `echo "${GONE}" >&2; exit 69`;
  const asRoot = sudo === "as needed" ? [`test "$(id -u)" -eq 0 && exec ${call}`] : [];
  const lines = [`${present} || { ${absent}; }`, ...asRoot, ...allowed(DISPATCHER, NO_SUDO), run];
  return shell(lines, ...(note === undefined ? [] : [note]));
}
