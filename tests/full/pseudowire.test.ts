import { strict as assert } from "node:assert";
import { join } from "node:path";
import type { FullHost } from "../lab/full-host";
import { Lab } from "../lab/lab";
import type { Lan } from "../lab/lan";
import { diffSnapshots, type Snapshot } from "../lab/snapshot";
import { Stack } from "../lab/stack";
import { until } from "../lab/until";

// Two kernels of their own on one path, and behind each a LAN that the wire joins to the other.
describe("a pseudowire between two full hosts", function () {
  // Emulated, and the machine may be busy with other phases.
  this.timeout(3_000_000);
  let lab: Lab;
  let lans: { left: Lan; right: Lan };
  let hosts: { left: FullHost; right: FullHost };
  let found: Snapshot[];

  before(async () => {
    lab = await Lab.start();
    const lan = (name: string, subnet: number, client: number) =>
      lab.lan({ name, subnet: `10.9.${subnet}.0/24`, gateway: `10.9.${subnet}.1`, client: `10.9.${subnet}.${client}` });
    const path = await lab.lan({
      ...{ name: "path", subnet: "10.7.0.0/24", gateway: "10.7.0.1", subnet6: "fd00:7::/64", gateway6: "fd00:7::1" },
    });
    // One subnet in two LANs: what the wire joins.
    lans = { left: await lan("left", 1, 101), right: await lan("right", 1, 102) };
    const host = (name: "left" | "right", address: string) =>
      lab.fullHost({
        name,
        lans: [
          { lan: path, interface: "eth1", addresses: [`${address}/64`] },
          { lan: lans[name], interface: "eth2" },
        ],
      });
    const [left, right] = await Promise.all([host("left", "fd00:7::10"), host("right", "fd00:7::20")]);
    hosts = { left: left!, right: right! };
    found = await Promise.all([left!.snapshot(), right!.snapshot()]);
  });

  after(() => lab.stop());

  const ping = (size: number) =>
    lans.left.exec("client", `ping -n -q -c 1 -W 5 -M do -s ${size - 28} 10.9.1.102`, { check: false });
  const crosses = (event: string) =>
    until(event, { timeoutMs: 600_000, intervalMs: 1000 }, async () => (await ping(1418)).code === 0 || undefined);

  it("joins two LANs, stays over a reboot and a session that was deleted by hand, changes in place, and goes without a trace", async () => {
    const { left, right } = hosts;
    assert.notEqual((await ping(100)).code, 0, "the LANs are apart before");
    const stack = new Stack({ dir: join(__dirname, "../../examples/l2tp-pseudowire"), check: true });
    await stack.config({ left: left.address, leftHostKey: left.hostKey, leftEndpoint: "fd00:7::10" });
    await stack.config({
      right: right.address,
      rightHostKey: right.hostKey,
      rightEndpoint: "fd00:7::20",
      port: "eth2",
    });
    await stack.config({ privateKey: left.privateKey, seed: "of cookies" }, "secret");
    await stack.up();
    const { verified, mtu } = (await stack.outputs()) as { verified: string; mtu: number };
    assert.match(verified, /answered across wire0, with frames of 1418 bytes/);
    assert.equal(mtu, 1418);
    await crosses("up");
    // A bridge leaves room for a VLAN tag: four bytes more pass, in fragments outside.
    assert.notEqual((await ping(1418 + 5)).code, 0, "a frame that does not fit is dropped");
    const steps = (await stack.preview()).steps.filter(({ op }) => op !== "same" && op !== "refresh");
    assert.deepEqual(steps, [], "a second preview must be empty");

    await right.exec("ip l2tp del session tunnel_id 4000 session_id 2000");
    await crosses("a session deleted by hand");
    await right.reboot();
    await crosses("a reboot of one end");

    await stack.config({ mtu: "1300" });
    const changed = (await stack.preview()).steps.filter(({ op }) => op !== "same" && op !== "refresh");
    assert.ok(
      changed.every(({ op }) => op === "update"),
      JSON.stringify(changed),
    );
    await stack.up();
    await until(
      "a smaller MTU",
      { timeoutMs: 60_000, intervalMs: 1000 },
      async () => (await ping(1300)).code === 0 || undefined,
    );
    assert.notEqual((await ping(1300 + 5)).code, 0);

    await stack.destroy();
    stack.dispose();
    const now = await Promise.all([left.snapshot(), right.snapshot()]);
    assert.deepEqual(diffSnapshots(found[0]!, now[0]!), [], "the left host must be as it was found");
    assert.deepEqual(diffSnapshots(found[1]!, now[1]!), [], "the right host must be as it was found");
  });
});
