import { strict as assert } from "node:assert";
import * as pulumi from "@pulumi/pulumi";
import { ArgumentError, Host, Ipv6DnatService } from "../../lib";
import { children, hostKey, privateKey, registered } from "./support";

const newHost = () => new Host("edge", { address: "192.0.2.10", hostKey, privateKey, identity: "edge" });

describe("Ipv6DnatService", () => {
  it("makes facts and their proof, and no container", async () => {
    const found = await registered(() => {
      const container = pulumi.output("bmp");
      new Ipv6DnatService("bmp", { host: newHost().ref, container, link: "eth0", ports: [{ port: 5000 }] });
    });
    assert.deepEqual(children(found).slice(0, 3), [
      "wirework:index:Ipv6DnatService bmp",
      "command:remote:Command bmp-facts",
      "command:remote:Command bmp-verify",
    ]);
    const stdin = (name: string) => found.find((one) => one.name === name)?.inputs.stdin as string;
    assert.match(stdin("bmp-facts"), /^dnat dev eth0 tcp 5000 container bmp network bridge$/m);
    assert.match(stdin("bmp-verify"), /^container bmp\ntimeout 10\nrequire ipv6-forwarding\ndnat dev eth0 tcp 5000 /m);
  });

  it("throws where it is made when arguments are wrong", async () => {
    await registered(() => {
      const host = newHost().ref;
      assert.throws(
        () => new Ipv6DnatService("bmp", { host, container: "bmp", ports: [{ port: 0 }] }),
        (error) => error instanceof ArgumentError && error.problems.length === 2,
      );
    });
  });
});
