import * as pulumi from "@pulumi/pulumi";

/**
 * A plan that is there at once when every argument was plain, and later when one was an Output.
 *
 * Plain arguments are planned synchronously, so that an error points at the user's own `new` line and the
 * program pays for no Output that nobody waits for.
 */
export interface Planned<P> {
  /** The plan, where it could be made at once. */
  readonly known?: P;
  /** The plan as an Output: unknown in a preview while one of its arguments is. */
  readonly output: pulumi.Output<P>;
}

/** Makes the plan for `args`: now, or when the last of them is known. The only place where arguments are lifted. */
export function lift<A extends object, P>(args: A, plan: (args: pulumi.Unwrap<A>) => P): Planned<P> {
  if (isPlain(args)) {
    const known = plan(args as pulumi.Unwrap<A>);
    let output: pulumi.Output<P> | undefined;
    return {
      known,
      get output() {
        output ??= pulumi.output(known) as pulumi.Output<P>;
        return output;
      },
    };
  }
  // The cast is safe: an Output of the unwrapped arguments, whatever their depth.
  return { output: (pulumi.output(args) as pulumi.Output<pulumi.Unwrap<A>>).apply(plan) };
}

/** One value of a plan, plain where the plan is known. */
export function pick<P, V>(planned: Planned<P>, get: (plan: P) => V): pulumi.Input<V> {
  return planned.known === undefined ? planned.output.apply(get) : get(planned.known);
}

/** A part of a plan, as a plan of its own. */
export function part<P, V>(planned: Planned<P>, get: (plan: P) => V): Planned<V> {
  if (planned.known !== undefined) {
    return { known: get(planned.known), output: undefined as never };
  }
  return { output: planned.output.apply(get) as pulumi.Output<V> };
}

/** Turns an input into another one; stays plain where it was plain. */
export function mapInput<T, V>(input: pulumi.Input<T>, map: (value: pulumi.Unwrap<T>) => V): pulumi.Input<V> {
  if (isPlain(input)) {
    return map(input as pulumi.Unwrap<T>);
  }
  return (pulumi.output(input) as pulumi.Output<pulumi.Unwrap<T>>).apply(map) as pulumi.Output<V>;
}

/** `value`, but unknown until `ready` is there: what ties a Docker object to the host change or network beneath it. */
export function after<V>(ready: pulumi.Input<unknown> | undefined, value: pulumi.Input<V>): pulumi.Input<V> {
  if (ready === undefined) {
    return value;
  }
  return pulumi.all([ready, value]).apply(([, resolved]) => resolved as V);
}

/** The arguments that are plain: what can be checked now, without lifting a secret or an unknown into the plan. */
export function knownPart<A extends object>(args: A): { [K in keyof A]?: pulumi.Unwrap<A[K]> } {
  return Object.fromEntries(Object.entries(args).filter(([, value]) => isPlain(value))) as {
    [K in keyof A]?: pulumi.Unwrap<A[K]>;
  };
}

/** Whether a value holds neither an Output nor a Promise, at any depth. */
export function isPlain(value: unknown): boolean {
  if (value === null || typeof value !== "object") {
    return true;
  }
  if (pulumi.Output.isInstance(value) || value instanceof Promise) {
    return false;
  }
  return (Array.isArray(value) ? value : Object.values(value)).every(isPlain);
}
