/**
 * Makes a resource without the stack traces that Pulumi's SDK takes: one for its position, and one for each of its promises.
 *
 * The SDK keeps a trace with every output of a resource, about ninety for one container, to name promises that leak.
 * They are most of what a program costs (bench/README.md), and nobody reads them unless leaks are looked for. The trace of
 * its position, which has no limit, stands in the stack's state, up to a third of a resource there. It leads through this
 * library to the line that the component has in its own trace, which stays.
 */
export function withoutTraces<R>(make: () => R): R {
  if (process.env.PULUMI_DEBUG_PROMISE_LEAKS) {
    return make();
  }
  const limit = Object.getOwnPropertyDescriptor(Error, "stackTraceLimit") ?? { configurable: true, writable: true };
  const restore = () => Object.defineProperty(Error, "stackTraceLimit", limit);
  // Not by its value: where it takes the position, the SDK sets another one. No trace is taken where the limit is no value.
  Object.defineProperty(Error, "stackTraceLimit", { configurable: true, get: () => 0, set: () => {} });
  try {
    return make();
  } catch (error) {
    restore();
    // What is thrown in there has no trace of its own: it gets the one that leads from here to the user's `new`.
    if (error instanceof Error && !/\n\s+at /.test(error.stack ?? "")) {
      Error.captureStackTrace(error, withoutTraces);
    }
    throw error;
  } finally {
    restore();
  }
}
