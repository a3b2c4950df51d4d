/** What is wrong with a text, and what to write instead. */
export interface Fault {
  /** What the text is and why that is refused. */
  readonly rule: string;
  /** What to do instead. */
  readonly wayOut: string;
}

/** A value that was read, or why it cannot be. */
export type Checked<T> = { readonly value: T; readonly fault?: undefined } | { readonly fault: Fault };

/** A value that is as it should be. */
export function good<T>(value: T): Checked<T> {
  return { value };
}

/** A value that is refused. */
export function bad(rule: string, wayOut: string): { readonly fault: Fault } {
  return { fault: { rule, wayOut } };
}
