import { strict as assert } from "node:assert";
import { rows, scenario } from "../engine/backends";
import { stackOn } from "../engine/support";
import { twoUplinks } from "../engine/two-uplinks";
import { program } from "../engine/two-ways";
import { NetworkManager } from "../lab/host-network";
import { diffSnapshots } from "../lab/snapshot";

// What tests/engine/backends.test.ts leaves out: `npm test backends`.
describe("facts that another program brings back, on further hosts", function () {
  this.timeout(500_000);

  it("are the same by NetworkManager, on Debian 12", async () =>
    scenario(await twoUplinks("12", NetworkManager.networkManager), [rows.networkManager]));

  it("are the same by ifupdown and rc.local, on Debian 13", async () =>
    scenario(await twoUplinks("13", NetworkManager.ifupdown), [rows.ifupdown, rows.rcLocal]));

  it("are refused by systemd-networkd on a host without udev, before anything changes", async () => {
    const place = await twoUplinks("13");
    const stack = await stackOn(place, program("Networkd"));
    const failed = await stack.up({ check: false });
    assert.notEqual(failed.code, 0);
    assert.match(failed.stdout + failed.stderr, /require service systemd-udevd/);
    await stack.destroy();
    assert.deepEqual(diffSnapshots(place.found, await place.host.snapshot()), []);
    stack.dispose();
  });
});
