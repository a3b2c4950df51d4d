import { strict as assert } from "node:assert";
import { type ComponentResourceOptions, output } from "@pulumi/pulumi";
import { ArgumentError, MacvlanAgent } from "../../lib";
import { withoutTraces } from "../../lib/host/traces";
import { registered } from "./support";

const subnets = [{ subnet: "192.168.9.0/24", gateway: "192.168.9.1" }];

/** Stands for the user's line: its name is what a trace must show. */
function lineOfTheUser(parent: string, opts?: ComponentResourceOptions): void {
  new MacvlanAgent("probe", { image: "busybox", ownNetwork: { parent, subnets } }, opts);
}

/** How many traces with a frame are taken meanwhile. */
async function traces(program: () => void): Promise<number> {
  const prepare = Error.prepareStackTrace;
  let taken = 0;
  await registered(() => {
    Error.prepareStackTrace = (error, frames) => {
      if (frames.length > 0) taken++;
      return `${error}${frames.map((frame) => `\n    at ${frame}`).join("")}`;
    };
    try {
      program();
    } finally {
      Error.prepareStackTrace = prepare;
    }
  });
  return taken;
}

describe("the SDK's traces", () => {
  it("are not taken for the children of an agent", async () => {
    const taken = await traces(() => lineOfTheUser("eth1"));
    assert.ok(taken < 40, `${taken} traces`);
  });

  it("are not taken for their positions either, for which the SDK lifts the limit", () => {
    const stack = withoutTraces(() => {
      Error.stackTraceLimit = Number.POSITIVE_INFINITY;
      return new Error("position").stack ?? "";
    });
    assert.doesNotMatch(stack, /\n\s+at /);
  });

  it("are taken when promises that leak are looked for", async () => {
    process.env.PULUMI_DEBUG_PROMISE_LEAKS = "true";
    const taken = await traces(() => lineOfTheUser("eth1")).finally(() => {
      delete process.env.PULUMI_DEBUG_PROMISE_LEAKS;
    });
    assert.ok(taken > 90, `${taken} traces`);
  });

  it("leave the limit as it was, also after an error", () => {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 7;
    try {
      assert.equal(
        withoutTraces(() => Error.stackTraceLimit),
        0,
      );
      assert.equal(Error.stackTraceLimit, 7);
      assert.throws(() =>
        withoutTraces(() => {
          throw new Error("no");
        }),
      );
      assert.equal(Error.stackTraceLimit, 7);
    } finally {
      Error.stackTraceLimit = limit;
    }
  });
});

describe("the trace of an error", () => {
  const atTheUser = (error: Error) => /\n\s+at lineOfTheUser \(.*traces\.test\.ts:11:3\)/.test(error.stack!);

  it("shows the user's line when an argument is wrong", async () => {
    await registered(() => {
      assert.throws(
        () => lineOfTheUser("a-very-long-interface"),
        (error: Error) => error instanceof ArgumentError && atTheUser(error),
      );
    });
  });

  it("shows the user's line when a child cannot be made", async () => {
    const refuse = ({ type }: { type: string }) => {
      if (type === "docker:index/container:Container") throw new Error("none of these");
      return undefined;
    };
    await registered(() => {
      assert.throws(() => lineOfTheUser("eth1", { transformations: [refuse] }), atTheUser);
    });
  });

  it("is whole again in what runs later", async () => {
    let later = "";
    await registered(() => {
      const agent = new MacvlanAgent("probe", { image: "busybox", ownNetwork: { parent: "eth1", subnets } });
      output(agent.containerId).apply(() => {
        later = new Error("later").stack!;
      });
    });
    assert.match(later, /\n\s+at .*traces\.test\.ts/);
  });
});
