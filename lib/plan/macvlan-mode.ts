/** How the children of one parent see each other. */
export const MacvlanMode = {
  /** Children of one parent reach each other directly, and the LAN. */
  Bridge: "bridge",
  /** Children of one parent never reach each other. */
  Private: "private",
  /** Children of one parent reach each other through a switch that sends frames back where they came from. */
  Vepa: "vepa",
  /** The one child has the parent for itself. */
  Passthru: "passthru",
} as const;
/** One of the values of {@link MacvlanMode}. */
export type MacvlanMode = (typeof MacvlanMode)[keyof typeof MacvlanMode];
