import { strict as assert } from "node:assert";
import { assertSettled, assertTakenBack, changes, onHost, site, stackOn, subnet } from "./support";

const program = (measurement: string) => `
import { Measurement } from "wirework";
const lan = new MacvlanNetwork("lan", { host: host.ref, parent: "eth1", subnets: [${subnet}] });
export const { exitStatus, output } = new Measurement("loss", { host: host.ref, network: lan.ref, image, ${measurement} });
`;
const ping = (address: string) => `command: ["ping", "-q", "-c", "2", "-W", "1", "${address}"]`;

describe("a measurement", () => {
  it("runs once on its network, says what it found, fails where it must, and leaves nothing behind", async () => {
    const place = await site("13");
    const { host } = place;
    const stack = await stackOn(place, program(`ipv4Address: "192.168.9.80", ${ping("192.168.9.1")}`));
    await stack.up();
    const first = await stack.outputs();
    assert.equal(first.exitStatus, 0);
    assert.match(String(first.output), /^2 packets transmitted, 2 packets received, 0% packet loss$/m);
    await assertSettled(stack);

    const nobody = `${ping("192.168.9.79")}, allowFailure: true`;
    stack.change(onHost(program(nobody)));
    assert.deepEqual(changes(await stack.up()), ["update loss", "update loss-run"]);
    const second = await stack.outputs();
    assert.equal(second.exitStatus, 1);
    assert.match(String(second.output), /^2 packets transmitted, 0 packets received, 100% packet loss$/m);

    const words = JSON.stringify([
      "sh",
      "-c",
      'ip -o -4 addr show eth0; printf "%s|" "$@"',
      "sh",
      "it's 100%",
      "a\nb ",
    ]);
    stack.change(onHost(program(`command: ${words}, ipv4Address: "192.168.9.81", triggers: ["again"]`)));
    await stack.up();
    const { output } = await stack.outputs();
    assert.match(String(output), /inet 192\.168\.9\.81\/24 [\s\S]*\nit's 100%\|a\nb \|$/);

    const failure = async (measurement: string) => {
      stack.change(onHost(program(measurement)));
      const { code, stdout } = await stack.up({ check: false });
      assert.notEqual(code, 0);
      return stdout;
    };
    assert.match(
      await failure(ping("192.168.9.79")),
      /the tool ended with code 1: .*ping -q -c 2 -W 1 192\.168\.9\.79/,
    );
    const endless = `command: ["sh", "-c", "trap : TERM; while :; do sleep 1; done"], timeoutSeconds: 2`;
    assert.match(await failure(endless), /the tool did not end within 2 s/);
    assert.match(await failure(`command: ["no-such-tool"]`), /the tool ended with code 127[\s\S]*no-such-tool/);
    assert.equal((await host.exec("docker ps --all --quiet")).stdout, "", "no container of any of them is left");

    stack.change(onHost(program(nobody)));
    await stack.up();
    await assertTakenBack(stack, place);
  });
});
