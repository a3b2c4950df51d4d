import { NetworkManager } from "../lab/host-network";
import { rows, scenario } from "./backends";
import { twoUplinks } from "./two-uplinks";

// A sample: the rest is in tests/backends, which takes longer than it teaches at every change.
describe("facts that another program brings back", function () {
  this.timeout(500_000);

  it("are the same by ifupdown and rc.local, on Debian 12", async () =>
    scenario(await twoUplinks("12"), [rows.ifupdown, rows.rcLocal]));

  it("are the same by systemd-networkd where netplan writes its files, on Debian 13", async () =>
    scenario(await twoUplinks("13", NetworkManager.netplan), [rows.networkd]));
});
