/**
 * Makes a resource without the stack traces that Pulumi's SDK takes for its promises.
 *
 * The SDK keeps a trace with every output of a resource, about ninety for one container, to name promises that leak.
 * They are most of what a program costs (bench/README.md), and nobody reads them unless leaks are looked for. The
 * position that the engine shows of a resource is taken with a limit of the SDK's own, and stays.
 */
export function withoutPromiseTraces<R>(make: () => R): R {
  if (process.env.PULUMI_DEBUG_PROMISE_LEAKS) {
    return make();
  }
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return make();
  } catch (error) {
    Error.stackTraceLimit = limit;
    // What is thrown in there has no trace of its own: it gets the one that leads from here to the user's `new`.
    if (error instanceof Error && !/\n\s+at /.test(error.stack ?? "")) {
      Error.captureStackTrace(error, withoutPromiseTraces);
    }
    throw error;
  } finally {
    Error.stackTraceLimit = limit;
  }
}
