import { strict as assert } from "node:assert";
import { createFar } from "../far";
import { Lab } from "../lab";

describe("far server", () => {
  it("tells clients of two LANs the address that it sees, and counts by which gateway they came", async () => {
    const lab = await Lab.start();
    const one = await lab.lan({
      name: "far1",
      subnet: "192.168.9.0/24",
      gateway: "192.168.9.1",
      subnet6: "fd00:9::/64",
      gateway6: "fd00:9::1",
    });
    const two = await lab.lan({
      name: "far2",
      subnet: "192.168.20.0/24",
      gateway: "192.168.20.1",
      subnet6: "fd00:20::/64",
      gateway6: "fd00:20::1",
    });
    const far = await createFar("far", [one, two]);
    try {
      const seen = async (lan: typeof one, to: string) =>
        (await lan.exec("client", `busybox nc -w 3 ${to} ${far.port} </dev/null`)).stdout.split(" ")[1];
      await far.count();
      assert.equal(await seen(one, far.address), "192.168.9.100");
      assert.equal(await seen(one, far.address6), "fd00:9::100");
      assert.deepEqual([(await far.arrived(one)) > 4, await far.arrived(two)], [true, 0]);
      await far.count();
      assert.equal(await seen(two, far.address), "192.168.20.100");
      assert.equal(await seen(two, far.address6), "fd00:20::100");
      assert.deepEqual([await far.arrived(one), (await far.arrived(two)) > 4], [0, true]);
    } finally {
      await far.remove();
      await lab.stop();
    }
  });
});
