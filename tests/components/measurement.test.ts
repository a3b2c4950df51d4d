import { strict as assert } from "node:assert";
import * as pulumi from "@pulumi/pulumi";
import { Host, MacvlanNetwork, Measurement } from "../../lib";
import { children, hostKey, privateKey, registered } from "./support";

const newHost = () => new Host("edge", { address: "192.0.2.10", hostKey, privateKey, identity: "edge" });

describe("Measurement", () => {
  it("is one question, which another network asks again", async () => {
    const found = await registered(() => {
      const host = newHost();
      const network = new MacvlanNetwork("lan", { host: host.ref, parent: "eth1" });
      new Measurement("loss", { host: host.ref, network: network.ref, image: "busybox", command: ["true"] });
    });
    const own = found.filter(({ name }) => /^loss/.test(name));
    assert.deepEqual(children(own), ["wirework:index:Measurement loss", "command:remote:Command loss-run"]);
    const { create, update, stdin, delete: last } = own[1]!.inputs;
    assert.match(stdin, /\nimage busybox\nnetwork lan\ntimeout 60\nexec true\nagain lan-network-id\n$/);
    assert.match(create, / measure "\$\{SSH_CONNECTION:-\}"'$/);
    assert.deepEqual(
      [update, last],
      [undefined, undefined],
      "the Command runs what made it again, and takes nothing away",
    );
  });

  it("is secret where its arguments are", async () => {
    let outputs: pulumi.Output<string>[] = [];
    await registered(() => {
      const host = newHost();
      const run = (name: string, command: pulumi.Input<string>[]) =>
        new Measurement(name, { host: host.ref, networkName: "host", image: "busybox", command }).output;
      outputs = [run("open", ["true"]), run("closed", [pulumi.secret("token")])];
    });
    assert.deepEqual(await Promise.all(outputs.map(pulumi.isSecret)), [false, true]);
  });
});
