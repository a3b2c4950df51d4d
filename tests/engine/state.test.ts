import { strict as assert } from "node:assert";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Stack } from "../lab/stack";
import {
  assertSettled,
  assertTakenBack,
  changes,
  onHost,
  prepareSite,
  type Site,
  site,
  stackOn,
  subnet,
} from "./support";

const program = (linkName: string) => `
new MacvlanAgent("north", {
  host: host.ref,
  image,
  ownNetwork: { parent: "eth1", subnets: [${subnet}], hostAccess: { linkName: "${linkName}", address: "192.168.9.2" } },
});`;

const proxy = `
import { NdpProxy } from "wirework";
new NdpProxy("proxy", { host: host.ref, uplink: "eth1", prefix: "fd00:9:1::/64", addresses: ["fd00:9:1::7"] });
`;

const dialsTwice = (body: string) => onHost(body, "dialAttempts: 2");

/** Gives the stack another state than it has. */
async function replaceState(stack: Stack, text: string): Promise<void> {
  const file = join(stack.folder, "other-state.json");
  writeFileSync(file, text);
  await stack.pulumi(["stack", "import", "--stack", stack.name, "--file", file], { check: true });
}

const shims = async ({ host }: Site) =>
  (await host.exec("ip -o -4 addr show to 192.168.9.2")).stdout.match(/(?<=\d: )shim\d/g);

describe("a state that is not the last one", () => {
  it("but an older one, is put right by an up, and nothing stands on the host twice", async () => {
    const place = await site("13");
    const stack = await stackOn(place, program("shim0"));
    await stack.up();
    const old = (await stack.export()).stdout;
    stack.change(onHost(program("shim1")));
    await stack.up();
    assert.deepEqual(await shims(place), ["shim1"]);

    await replaceState(stack, old);
    assert.deepEqual(changes(await stack.preview()), ["update north", "update north-facts"]);
    await stack.up();
    assert.deepEqual(await shims(place), ["shim1"]);
    await assertSettled(stack);

    await assertTakenBack(stack, place);
  });

  it("but lost, is put right by an up, once what Docker has is gone", async () => {
    const place = await site("13");
    const stack = await stackOn(place, program("shim1"));
    await stack.up();
    const state = JSON.parse((await stack.export()).stdout);
    state.deployment.resources = [];
    await replaceState(stack, JSON.stringify(state));
    const lost = await stack.up({ check: false });
    assert.match(
      lost.stdout,
      /network with name north already exists/,
      "Docker's objects bear no mark that is adopted",
    );
    await place.host.exec("docker rm --force north && docker network rm north");
    await stack.up();
    assert.deepEqual(await shims(place), ["shim1"]);
    await assertSettled(stack);
    await assertTakenBack(stack, place);
  });

  it("with a login that no longer opens, fails in clear words, and goes after an up with the new one", async () => {
    const place = await site("13");
    const { host } = place;
    const stack = await stackOn(place, "");
    stack.change(dialsTwice(program("shim0")));
    await stack.up();
    const keys = "/home/net/.ssh/authorized_keys";
    await stack.config({ user: "net" });
    await stack.up();
    await host.exec(`mv ${keys} ${keys}.new`);
    const refused = await stack.destroy({ check: false });
    await host.exec(`mv ${keys}.new ${keys}`);
    assert.notEqual(refused.code, 0);
    assert.match(refused.stdout, /unable to authenticate|Permission denied/);
    await stack.config({ user: "root" });
    await stack.up();
    await host.exec(`mv ${keys} ${keys}.new`);
    await stack.destroy();
    await host.exec(`mv ${keys}.new ${keys}`);
    await assertTakenBack(stack, place);
  });

  // Whether the kernel still has the neighbour when the dial begins decides which of the two it says.
  for (const [what, body, says] of [
    ["containers", program("shim0"), /Docker server[\s\S]*(No route to host|Connection timed out)/],
    ["facts", proxy, /dial tcp .* (no route to host|timed? ?out)/],
  ] as const) {
    it(`of a host that is gone with its ${what}, fails in time, and is given up without dialling as the README says`, async () => {
      const place = await site("13");
      const { host } = place;
      const stack = await stackOn(place, "");
      stack.change(dialsTwice(body));
      await stack.up();
      await host.powerOff();
      const started = Date.now();
      const failed = await stack.destroy({ check: false });
      assert.notEqual(failed.code, 0);
      assert.match(failed.stdout, says);
      assert.ok(Date.now() - started < 60_000);
      const urn = (await stack.export()).resources.find(({ type }) => type === "wirework:index:Host")!.urn;
      await stack.pulumi(["state", "delete", "--yes", "--target-dependents", urn], { check: true });
      await stack.destroy();
      stack.dispose();
      await host.reset();
      await prepareSite(host);
      place.found = await host.snapshot();
    });
  }
});
