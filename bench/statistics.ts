/** Smallest, middle and largest of some measurements. */
export interface Spread {
  readonly minimum: number;
  readonly median: number;
  readonly maximum: number;
}

export function spread(samples: readonly number[]): Spread {
  if (samples.length === 0) throw new Error("spread: no measurement was made");
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
  return { minimum: sorted[0]!, median, maximum: sorted[sorted.length - 1]! };
}

/** Each measurement divided by the one that was made of the reference in the same round: what else the machine did touches both. */
export function ratios(samples: readonly number[], reference: readonly number[]): number[] {
  if (samples.length !== reference.length) {
    throw new Error(`ratios: ${samples.length} measurements cannot be paired with ${reference.length}`);
  }
  return samples.map((sample, index) => sample / reference[index]!);
}
