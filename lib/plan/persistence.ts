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
  /**
   * Whichever of systemd-networkd, NetworkManager and ifupdown, in this order, runs the links on the host and can say all facts of
   * the component; the host's own init where none does. Never refused: the host chooses at each change, and says what it chose,
   * and what it was before. A preview shows the files of each that could; name one for a shorter preview. A host whose links
   * another of them came to run is drift: see `detectDrift` of `Host`.
   */
  Auto: "auto",
} as const;
/** One of the values of {@link Persistence}. */
export type Persistence = (typeof Persistence)[keyof typeof Persistence];

/** Among whom {@link Persistence.Auto} chooses, in the order in which the host asks. A script at boot is nobody who runs links. */
export const CANDIDATES = [Persistence.Networkd, Persistence.NetworkManager, Persistence.Ifupdown] as const;
