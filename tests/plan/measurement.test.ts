import { strict as assert } from "node:assert";
import { Inventory } from "../../lib/plan/inventory";
import { type MeasurementSettings, planMeasurement } from "../../lib/plan/measurement";
import { contextOf, rulesOf } from "./support";

const plan = (settings: unknown, name = "loss", more = {}) =>
  planMeasurement(contextOf("Measurement", name, more), settings as MeasurementSettings);
const lan = {
  name: "lan",
  driver: "macvlan",
  parent: "eth1",
  subnets: [{ subnet: "192.0.2.0/24", gateway: "192.0.2.1" }],
  dhcpRanges: ["192.0.2.100-192.0.2.150"],
  host: "edge",
};

describe("a measurement", () => {
  it("is a question of a line each", () => {
    const command = ["ping", "-c", "3", "it's 100%"];
    assert.deepEqual(plan({ networkName: "host", image: "busybox", command }).lines, [
      "image busybox",
      "network host",
      "timeout 60",
      "exec ping -c 3 it%27s%20100%25",
    ]);
    const full = { network: lan, image: "busybox:1", ipv4Address: "192.0.2.7", timeoutSeconds: 5, allowFailure: true };
    assert.deepEqual(plan({ ...full, triggers: ["a b"] }).lines, [
      "image busybox:1",
      "network lan",
      "address 192.0.2.7",
      "timeout 5",
      "allow failure",
      "again 612062",
    ]);
  });

  it("has its address for itself", () => {
    const inventory = new Inventory();
    const settings = { network: lan, image: "busybox", ipv4Address: "192.0.2.7" };
    assert.deepEqual(inventory.add("loss", [...plan(settings).claims]), []);
    const [rival] = inventory.add("other", [...plan(settings, "other").claims]);
    assert.match(String(rival?.rule), /claimed by Measurement "loss"/);
  });

  const refused: [settings: object, rules: string[]][] = [
    [{}, ["network: is missing, and networkName too", "image: is missing"]],
    [{ network: lan, networkName: "lan", image: "x" }, ["network: is given, and networkName too"]],
    [
      { network: { ...lan, host: "other" }, image: "x y" },
      ["network: is on host other, the agent on host edge", "image: is not an image"],
    ],
    [
      { network: lan, image: "x", ipv4Address: "192.0.2.120" },
      ["ipv4Address: is inside DHCP range 192.0.2.100-192.0.2.150, which the LAN's server gives away"],
    ],
    [
      { networkName: "host", image: "x", ipv6Address: "2001:db8::7" },
      ["ipv6Address: cannot be chosen on network host"],
    ],
    [
      {
        networkName: "lan",
        image: "x",
        command: ["ping", ""],
        timeoutSeconds: 0,
        allowFailure: "no",
        triggers: ["a\nb"],
      },
      [
        "command[1]: is not a word",
        "timeoutSeconds: is not a whole number of 1-3600",
        "allowFailure: is not a switch",
        "triggers[0]: is not a line of text",
      ],
    ],
  ];
  for (const [settings, rules] of refused) {
    it(`is refused: ${JSON.stringify(settings)}`, () =>
      assert.deepEqual(
        rulesOf(() => plan(settings)),
        rules,
      ));
  }

  it("is refused without a host", () =>
    assert.deepEqual(
      rulesOf(() => plan({ networkName: "host", image: "x" }, "loss", { hostIdentity: undefined })),
      ["host: is missing"],
    ));
});
