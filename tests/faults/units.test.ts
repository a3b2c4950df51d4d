import { strict as assert } from "node:assert";
import { countCases } from "../cases";
import { assertTakenBack, site, stackOn, subnet } from "../engine/support";
import { assertComes } from "../lab/until";

const network = `new MacvlanNetwork("lan", { host: host.ref, parent: "eth1", subnets: [${subnet}], hostAccess: { linkName: "shim0", address: "192.168.9.2" } });`;
const FAILS = "[Service]\nExecStart=\nExecStart=/bin/false\n";

describe("a unit of ours that fails to start", function () {
  this.timeout(300_000);

  it("keeps nobody from booting, takes nothing back, and the watcher sets what it left out", async function () {
    const place = await site("13");
    const { host } = place;
    const stack = await stackOn(place, network);
    await stack.up();
    const shim = async () => (await host.exec("ip -o -4 address show dev shim0; ip route show dev shim0")).stdout;
    const made = async (event: string) => {
      const failed = await host.exec("systemctl is-failed wirework-early wirework-late");
      assert.equal(failed.stdout, "failed\nfailed\n", event);
      assert.doesNotMatch((await host.exec("wirework status")).stdout, /^(drift|conflicts|pending)$/m, event);
    };
    const before = await shim();
    const folders = ["early", "late"].map((when) => `/etc/systemd/system/wirework-${when}.service.d`);
    for (const folder of folders) await host.exec(`mkdir ${folder} && cat >${folder}/fails.conf`, { input: FAILS });

    await host.reboot();
    await assertComes("a boot", 30_000, before, () => shim().catch(() => "no shim0"));
    await made("a boot");
    await host.exec("! systemctl restart wirework-late && ! systemctl restart wirework-early");
    assert.equal(await shim(), before);
    await made("a restart");

    await host.exec(`rm -r ${folders.join(" ")} && systemctl daemon-reload`);
    await assertTakenBack(stack, place);
    countCases(this, 2);
  });
});
