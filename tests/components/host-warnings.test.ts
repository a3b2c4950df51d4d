import { strict as assert } from "node:assert";
import * as pulumi from "@pulumi/pulumi";
import { Host } from "../../lib";
import { hostKey, privateKey } from "./support";

/** What a run says of a host whose helper is there and has found something. */
async function said(preview: boolean): Promise<string[]> {
  const stdout = JSON.stringify({ warnings: ["eth0 is wireless"] });
  const mocks = {
    call: () => ({}),
    newResource: ({ name, inputs }: pulumi.runtime.MockResourceArgs) => ({
      id: `${name}-id`,
      state: { ...inputs, stdout },
    }),
  };
  await pulumi.runtime.setMocks(mocks, "project", "stack", preview);
  const log = pulumi.log as { warn: typeof pulumi.log.warn };
  const warn = log.warn;
  const texts: string[] = [];
  log.warn = async (text) => {
    texts.push(text);
  };
  try {
    await pulumi.runtime.runInPulumiStack(async () => {
      new Host("edge", { address: "192.0.2.10", hostKey, privateKey });
    });
    await pulumi.runtime.disconnect();
  } finally {
    log.warn = warn;
  }
  return texts;
}

describe("what a host was found to have", () => {
  it("is said in an update", async () => assert.deepEqual(await said(false), ["eth0 is wireless"]));

  it("is not said again in each preview", async () => assert.deepEqual(await said(true), []));
});
