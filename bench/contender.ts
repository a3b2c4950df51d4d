/** One way to make the workload, look whether it is as declared, and take it away. */
export interface Contender {
  readonly name: string;
  /** What is done once before anything is measured. */
  warmUp?(): Promise<void>;
  create(): Promise<void>;
  /** Ways to find out that nothing is to be done; none for a tool that cannot tell. */
  readonly previews: readonly { readonly name: string; run(): Promise<void> }[];
  destroy(): Promise<void>;
}

/** How long one step of one contender may take before the bench gives up. */
export const stepTimeoutMs = 600_000;
