/** Who brings facts back when the host boots. */
export const Persistence = {
  /** The host's own init runs the helper, with the same lines that were applied, before Docker; a watcher heals. */
  Unit: "unit",
  /** ifupdown, by a file in interfaces.d for links and a script in if-up.d for the rest. */
  Ifupdown: "ifupdown",
  /** A marked block in /etc/rc.local. */
  RcLocal: "rcLocal",
} as const;
/** One of the values of {@link Persistence}. */
export type Persistence = (typeof Persistence)[keyof typeof Persistence];
