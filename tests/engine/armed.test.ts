import { strict as assert } from "node:assert";
import { commandText, type Verb } from "../../lib/host/command-text";
import { diffSnapshots } from "../lab/snapshot";
import { until } from "../lab/until";
import { assertTakenBack, debians, onHost, overSsh, site, stackOn } from "./support";

// No argument of a component can cut a session, so these facts come by hand: over the real sshd, with the real timer.
const lines = (identity: string, facts: readonly string[]) =>
  `${["wirework 1", `host ${identity}`, "owner lab/dev/Hand.made", ...facts].join("\n")}\n`;
const byHand = (facts: readonly string[]) => `
import * as command from "@pulumi/command";
const login = { privateKey: config.requireSecret("privateKey"), hostKey: config.require("hostKey") };
new command.remote.Command("hand", {
  connection: { host: config.require("address"), ...login },
  create: ${JSON.stringify(commandText("apply", false))},
  stdin: host.identity.apply((identity) => ${JSON.stringify(lines("IDENTITY", facts))}.replace("IDENTITY", identity)),
}, { dependsOn: host });
`;

for (const debian of debians) {
  describe(`a change over SSH on Debian ${debian}`, () => {
    it("that cuts the session is taken back, and one whose run is killed is undone by the host's timer", async () => {
      const place = await site(debian);
      const { host } = place;
      const stack = await stackOn(place, "export const identity = host.identity;");
      await stack.up();
      const { identity } = (await stack.outputs()) as { identity: string };
      const found = await host.snapshot();
      const facts = (verb: Verb, given: readonly string[]) =>
        overSsh(place, commandText(verb, false), lines(identity, given));
      const nowhere = ["table 200 name nowhere", "route unreachable 0.0.0.0/0 metric 4294967295 table 200"];

      const cut = ["allow management-impact", ...nowhere, `rule from ${host.address}/32 table 200 priority 10200`];
      stack.change(onHost(byHand(cut)));
      const failed = await stack.up({ check: false });
      assert.notEqual(failed.code, 0);
      assert.match(failed.stdout, /taken back; the host is as before:\n +the SSH session is cut/);
      assert.equal((await overSsh(place, "echo in")).stdout, "in\n", "a new login");
      assert.deepEqual(diffSnapshots(found, await host.snapshot()), []);

      const harmless = [...nowhere, "rule from 172.31.7.0/24 table 200 priority 10200"];
      const running = facts("apply", ["window 10", ...harmless]);
      await until("the armed change", { timeoutMs: 20_000, intervalMs: 100 }, async () => {
        const { stdout } = await host.exec("ip rule; systemctl list-timers --all --no-legend 'wirework-undo-*'");
        return (stdout.includes("172.31.7.0/24") && stdout.includes("wirework-undo-")) || undefined;
      });
      await host.exec("pkill -KILL -f '[w]irework/[0-9a-f]*/wirework apply'");
      assert.notEqual((await running).code, 0);
      await until("the undo", { timeoutMs: 30_000, intervalMs: 500 }, async () => {
        return diffSnapshots(found, await host.snapshot()).length === 0 || undefined;
      });

      const kept = await facts("apply", harmless);
      assert.equal(kept.code, 0, kept.stderr);
      assert.equal((await host.exec("systemctl list-timers --all --no-legend 'wirework-undo-*'")).stdout, "");
      assert.equal((await facts("remove", harmless)).code, 0);
      await assertTakenBack(stack, place);
    });
  });
}
