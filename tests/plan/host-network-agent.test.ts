import { strict as assert } from "node:assert";
import { planBridgeAgent } from "../../lib/plan/bridge-agent";
import { type HostNetworkAgentSettings, planHostNetworkAgent } from "../../lib/plan/host-network-agent";
import { Inventory } from "../../lib/plan/inventory";
import { contextOf, rulesOf } from "./support";

const management = { managementAddress: "192.0.2.10", managementPort: 22 };
const plan = (settings: unknown, name = "probe") =>
  planHostNetworkAgent(contextOf("HostNetworkAgent", name, management), settings as HostNetworkAgentSettings);
const container = { image: "busybox" };

describe("an agent on the host's network", () => {
  it("has no network of its own, and proves only what was asked for", () => {
    const planned = plan({ container, verification: { target: "192.0.2.1" } });
    assert.deepEqual(planned.endpoints, []);
    assert.deepEqual(planned.hostState.facts, []);
    assert.deepEqual(planned.verify, ["timeout 10", "target 192.0.2.1"]);
    assert.deepEqual(plan({ container }).verify, []);
  });

  it("keeps its ports from other agents of the host", () => {
    const inventory = new Inventory();
    const claims = plan({
      container,
      listens: [{ port: 8080 }, { port: 53, protocol: "udp", ip: "192.0.2.10" }],
    }).claims;
    assert.deepEqual(inventory.add("probe", claims), []);
    const web = planBridgeAgent(contextOf("BridgeAgent", "web"), {
      container,
      ports: [{ internal: 80, external: 8080 }],
    });
    const [problem] = inventory.add("web", web.claims);
    assert.match(
      `${problem?.property} ${problem?.rule}`,
      /ports\[0\]\.external is claimed by HostNetworkAgent "probe" \(listens\[0\]\.port\)/,
    );
  });

  const refused: [settings: object, rules: string[]][] = [
    [
      { container: { image: "x", ports: [{ internal: 80 }] } },
      ["ports: publishes nothing: the program has the host's own ports"],
    ],
    [
      { container: { image: "x", ownNetwork: {}, ipv4Address: "192.0.2.7", extraNetworks: [], aliases: ["a"] } },
      [
        "ownNetwork: is no network of Docker's: the agent is on the host's",
        "extraNetworks: cannot be beside the host's network, which Docker lets nobody join",
        "ipv4Address: is none of the agent's own: it has those of the host",
        "aliases: are for networks of Docker's, and the agent is on none",
      ],
    ],
    [
      { container: { image: "x", sysctls: { "net.ipv4.ip_forward": "1", "kernel.msgmax": "65536" } } },
      ['sysctls["net.ipv4.ip_forward"]: would change the host itself, and Docker refuses it in the host\'s network'],
    ],
    [{ container, listens: [{ port: 22 }] }, ["listens[0].port: is the port by which the host itself is managed"]],
    [{ container, listens: [{}] }, ["listens[0].port: is missing"]],
    [{ container, listens: [{ port: 0 }] }, ["listens[0].port: is not a whole number of 1-65535"]],
    [
      { container, verification: { gateway: true } },
      ["verify.gateway: asks for a gateway that the network does not have"],
    ],
  ];
  for (const [settings, rules] of refused) {
    it(`is refused: ${JSON.stringify(settings)}`, () =>
      assert.deepEqual(
        rulesOf(() => plan(settings)),
        rules,
      ));
  }
});
