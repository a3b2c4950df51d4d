import { strict as assert } from "node:assert";
import { commandText, type Verb } from "../../lib/host/command-text";
import { setupText } from "../../lib/host/program";
import { HOST_OWNER, IDENTITY, stdin } from "../host/support";
import type { FullHost } from "../lab/full-host";
import { LabImage } from "../lab/images";
import { diffSnapshots } from "../lab/snapshot";
import { until } from "../lab/until";
import { fullSite } from "./once";

// Inside it is called like another NIC of the host, so that the kernel cannot give it back under that name.
const FACTS = [
  "require nic eth2",
  "attach eth1 container probe type nic parent eth2 address 02:00:00:00:00:90 mtu 1400 addr 10.9.1.90/24 via 10.9.1.1",
];

describe("a NIC that a container has", function () {
  this.timeout(3_000_000); // emulated

  it("is given back by the kernel when that ends, and gets back its name and all that it was", async () => {
    const { hosts, lans } = await fullSite();
    const host: FullHost = hosts.left;
    const run = async (verb: Verb, input = stdin(FACTS)) =>
      (await host.exec(commandText(verb, false), { input })).stdout.replace(/^ .*\n/gm, "");
    const answered = () =>
      until("an answer from it", { timeoutMs: 60_000 }, async () => {
        const { code } = await lans.left.exec("client", "ping -n -c 1 -W 2 10.9.1.90", { check: false });
        return code === 0 || undefined;
      });
    const found = await host.snapshot();
    await run("setup", setupText({ host: IDENTITY, owner: HOST_OWNER }));
    await host.exec(`docker run --detach --name probe --network none ${LabImage.probe} sleep 10000`);
    assert.equal(await run("apply"), `+ ${FACTS[1]}\n`);
    assert.equal((await host.exec("ip -o link show dev eth2", { check: false })).stdout, "");
    await answered();
    // The next process of the container has it again: by the watcher, or by this.
    await host.exec("docker restart --time 1 probe");
    await until("in the next container", { timeoutMs: 400_000 }, async () => {
      const said = await run("apply");
      return (/^([+~]|unchanged)/.test(said) && !said.includes("pending")) || undefined;
    });
    await answered();
    await host.exec("docker rm --force probe");
    assert.equal(await run("remove"), `- ${FACTS[1]}\n`);
    await run("uninstall", setupText({ host: IDENTITY, owner: HOST_OWNER }));
    assert.deepEqual(diffSnapshots(found, await host.snapshot()), []);
  });
});
