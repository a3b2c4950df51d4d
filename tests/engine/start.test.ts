import { strict as assert } from "node:assert";
import { Lab } from "../lab/lab";
import { demonstrate } from "../lab/start/demonstrate";

describe("npm start", () => {
  it("shows the quick start from the first preview to the host as it was found", async function () {
    this.timeout(600_000); // five runs of the engine one after the other, beside other phases
    const lab = await Lab.start();
    const lines: string[] = [];
    try {
      const { topology, mermaid } = await demonstrate(lab, (line) => lines.push(line));
      const endpoints = topology.agents.map(({ name, endpoints: [first] }) => [name, first?.ipv4Address]).sort();
      assert.deepEqual(endpoints, [
        ["north", "192.168.9.70"],
        ["south", "192.168.9.64"],
      ]);
      assert.match(mermaid, /^flowchart LR\n.*192\.168\.9\.70/s);
      const shows = (pattern: RegExp) =>
        assert.ok(
          lines.some((line) => pattern.test(line)),
          `no line ${pattern} in\n${lines.join("\n")}`,
        );
      shows(/^ +\| link shim-\w+ parent eth1 type macvlan mode bridge/);
      shows(/^ +\| addr 192\.168\.9\.2\/32 dev shim-/);
      shows(/^ +created container +north-container +[\d.]+s$/);
      shows(/^ +LAN client -> north 192\.168\.9\.70 +[\d.]+ ms +at [\da-f:]{17}$/);
      shows(/^ +host +-> south 192\.168\.9\.64 +[\d.]+ ms +by shim-/);
      shows(/^ +ipv4Address: "192\.168\.9\.70" => "192\.168\.9\.71"$/);
      shows(/^ +deleted network +lan-network/);
    } finally {
      await lab.stop();
    }
  });
});
