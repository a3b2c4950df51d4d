import { strict as assert } from "node:assert";
import * as pulumi from "@pulumi/pulumi";
import { ArgumentError, Encapsulation, Host, L2tpPseudowire } from "../../lib";
import { children, hostKey, privateKey, registered, secretValue } from "./support";

const newHost = (name: string, address: string) => new Host(name, { address, hostKey, privateKey, identity: name });
const left = () => ({ host: newHost("left", "192.0.2.1").ref, address: "2001:db8:1::10" });
const right = () => ({ host: newHost("right", "192.0.2.2").ref, address: "2001:db8:2::10" });

describe("L2tpPseudowire", () => {
  it("asks both hosts, makes both ends, proves the wire, and plugs it in last", async () => {
    const outputs: unknown[] = [];
    const found = await registered(() => {
      const wire = new L2tpPseudowire("wire", {
        ends: [{ ...left(), interfaceName: "wire0", bridge: { name: "br0", existing: true } }, right()],
        cookies: { seed: pulumi.secret("canary-seed") },
      });
      pulumi.all([wire.mtu, wire.interfaceNames, wire.operatorSettings]).apply((values) => outputs.push(...values));
    });
    assert.deepEqual(
      children(found).filter((child) => / wire/.test(child)),
      [
        "wirework:index:L2tpPseudowire wire",
        "command:remote:Command wire-1-facts",
        "command:remote:Command wire-1-join",
        "command:remote:Command wire-1-proof",
        "command:remote:Command wire-1-secrets",
        "command:remote:Command wire-1-stage",
        "command:remote:Command wire-2-facts",
        "command:remote:Command wire-2-join",
        "command:remote:Command wire-2-proof",
        "command:remote:Command wire-2-secrets",
        "command:remote:Command wire-2-stage",
      ],
    );
    const stdin = (name: string) => found.find((one) => one.name === name)!.inputs.stdin;
    const named = /cookie (\S+) peer_cookie (\S+)/.exec(stdin("wire-1-facts"))!;
    assert.match(stdin("wire-2-facts"), new RegExp(` cookie ${named[2]} peer_cookie ${named[1]} `));
    assert.match(
      stdin("wire-1-join"),
      /^owner project\/stack\/L2tpPseudowire\.wire\.join\nset wire0 master br0\nreach fe80:/m,
    );
    assert.match(stdin("wire-1-proof"), /^reach fe80::\S+ dev wire0 mtu 1418$/m);
    const secrets = String(secretValue(stdin("wire-1-secrets")));
    assert.match(secrets, new RegExp(`^secret ${named[1]} [0-9a-f]{16}$`, "m"));
    assert.match(secrets, new RegExp(`^secret ${named[2]} [0-9a-f]{16}$`, "m"));
    const open = JSON.stringify(found.filter(({ name }) => !/-secrets$/.test(name)));
    for (const [, value] of secrets.matchAll(/^secret \S+ (\S+)$/gm))
      assert.ok(!open.includes(value!), "a cookie in the open");
    assert.ok(!open.includes("canary-seed"));
    assert.deepEqual(outputs.slice(1), [
      ["wire0", /dev (\S+)/.exec(stdin("wire-2-facts"))![1]],
      { settings: [], linux: [], iosXr: [], junos: [] },
    ]);
    assert.equal(outputs[0], 1418);
  });

  it("with an end that others run makes the other, and says what they set", async () => {
    let operator: { linux: string[] } | undefined;
    const found = await registered(() => {
      const wire = new L2tpPseudowire("wire", {
        ends: [left(), { address: "2001:db8:2::10" }],
        encapsulation: Encapsulation.Ip,
      });
      wire.operatorSettings.apply((value) => {
        operator = value;
      });
    });
    assert.deepEqual(
      children(found).filter((child) => / wire-/.test(child)),
      ["command:remote:Command wire-1-facts", "command:remote:Command wire-1-stage"],
    );
    assert.match(operator!.linux[0]!, /encap ip local 2001:db8:2::10 remote 2001:db8:1::10$/);
  });

  it("throws where it is made when arguments are wrong, or another wire's", async () => {
    const errors: unknown[] = [];
    const attempt = (make: () => void) => {
      try {
        make();
      } catch (error) {
        errors.push(error);
      }
    };
    await registered(() => {
      const ends = [left(), right()];
      attempt(() => new L2tpPseudowire("none", { ends: [] }));
      new L2tpPseudowire("one", { ends: [{ ...ends[0]!, tunnelId: 7 }, ends[1]!] });
      attempt(() => new L2tpPseudowire("two", { ends: [{ ...ends[0]!, tunnelId: 7 }, ends[1]!] }));
    });
    assert.ok(errors.every((error) => error instanceof ArgumentError));
    assert.match(String(errors[0]), /ends: 0: is not two/);
    assert.match(
      String(errors[1]),
      /ends\[0\]\.tunnelId: "7": is claimed by L2tpPseudowire "one" \(ends\[0\]\.tunnelId\) too, on host left/,
    );
  });
});
