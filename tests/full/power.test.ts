import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import { commandText, type Verb } from "../../lib/host/command-text";
import { setupText } from "../../lib/host/program";
import { countCases } from "../cases";
import { HOST_OWNER, IDENTITY, stdin } from "../host/support";
import type { FullHost } from "../lab/full-host";
import { diffSnapshots, type Snapshot } from "../lab/snapshot";
import { fullSite } from "./once";

const facts = (table: number, gateway: string) => [
  "link br7 type bridge address 02:00:00:00:00:07",
  "set br7 up",
  "addr 10.77.0.1/24 dev br7",
  `table ${table} name uplink2`,
  `route unreachable 0.0.0.0/0 metric 4294967295 table ${table}`,
  `route 0.0.0.0/0 via ${gateway} dev br7 table ${table}`,
  `rule from 172.31.7.0/24 table ${table} priority 10202`,
  "nat 172.31.7.0/24 oif br7 masquerade",
];
const OLD = facts(200, "10.77.0.2");
const NEW = [...facts(201, "10.77.0.3"), "addr 10.77.0.9/32 dev br7"];
const CUTS = 4; // each takes five minutes of emulation

describe("power that is cut during an update", function () {
  this.timeout(3_000_000); // emulated

  it("leaves what stood before or what is declared, with whole files, and the next run goes on", async function () {
    const host: FullHost = (await fullSite()).hosts.left;
    const run = (verb: Verb, input: string) => host.exec(commandText(verb, false), { input });
    const booted = async (): Promise<Snapshot> => {
      await host.powerCut(); // what a run has said to be done, no disk may lose
      await host.powerOn();
      return host.snapshot();
    };
    const found = await host.snapshot();
    await run("setup", setupText({ host: IDENTITY, owner: HOST_OWNER }));
    await run("apply", stdin(OLD));
    const before = await booted();
    const began = Date.now();
    await run("apply", stdin(NEW));
    const took = Date.now() - began;
    const after = await booted();
    assert.notDeepEqual(diffSnapshots(before, after), []);

    const ends: string[] = [];
    for (let cut = 1; cut <= CUTS; cut++) {
      await run("apply", stdin(OLD));
      let said = "cut";
      const update = run("apply", stdin(NEW)).then(
        () => {
          said = "done";
        },
        () => {},
      );
      await sleep((took * cut) / CUTS);
      const is = await booted();
      await update;
      const [old, now] = [diffSnapshots(before, is), diffSnapshots(after, is)];
      ends.push(`${said}: ${now.length === 0 ? "new" : "old"}`);
      assert.ok(now.length === 0 || (said !== "done" && old.length === 0), `cut ${cut}\n${old.join("\n")}`);
      await run("apply", stdin(NEW));
      assert.deepEqual(diffSnapshots(after, await host.snapshot()), [], `the run after cut ${cut}`);
    }
    assert.ok(ends.includes("cut: old"), ends.join());
    countCases(this, CUTS);
    await run("remove", stdin(NEW));
    await run("uninstall", setupText({ host: IDENTITY, owner: HOST_OWNER }));
    await host.reboot();
    assert.deepEqual(diffSnapshots(found, await host.snapshot()), []);
  });
});
