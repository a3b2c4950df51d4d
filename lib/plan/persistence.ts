/** Who brings facts back when the host boots. */
export const Persistence = {
  /** The host's own init runs the helper, with the same lines that were applied, before Docker; a watcher heals. */
  Unit: "unit",
  /** ifupdown, by a file in interfaces.d for links and a script in if-up.d for the rest. */
  Ifupdown: "ifupdown",
  /** A marked block in /etc/rc.local. */
  RcLocal: "rcLocal",
  /** systemd-networkd, by files for links of ours, and drop-ins to the files of other links; so too where netplan writes those. */
  Networkd: "networkd",
  /** NetworkManager, by a script that it runs whenever a link comes up. */
  NetworkManager: "networkManager",
} as const;
/** One of the values of {@link Persistence}. */
export type Persistence = (typeof Persistence)[keyof typeof Persistence];
