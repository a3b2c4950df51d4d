import { strict as assert } from "node:assert";
import { type BridgeAgentSettings, planBridgeAgent } from "../../lib/plan/bridge-agent";
import { contextOf, factLines, problemsOf } from "./support";

function plan(settings: BridgeAgentSettings, more = {}) {
  return planBridgeAgent(contextOf("BridgeAgent", "web", more), settings);
}

const LABELS = [
  { label: "wirework.host", value: "edge" },
  { label: "wirework.owner", value: "demo/dev/BridgeAgent.web" },
];

describe("a bridge agent", () => {
  it("without arguments stands on Docker's default bridge", () => {
    assert.deepEqual(plan({}), {
      containerName: "web",
      labels: LABELS,
      endpoints: [{ networkName: "bridge" }],
      ports: [],
      probe: [],
      hostState: { facts: [] },
      verify: ["timeout 10", "default-route network bridge"],
      claims: [
        {
          scope: "docker edge",
          kind: "container",
          value: "web",
          component: "BridgeAgent",
          name: "web",
          property: "containerName",
        },
      ],
      warnings: [],
    });
  });

  it("on a network of its own comes to this", () => {
    const planned = plan({
      own: {
        networkName: "back",
        subnets: [
          { subnet: "10.9.0.0/24", ipRange: "10.9.0.128/25" },
          { subnet: "FD00:9::/64", gateway: "fd00:9::9" },
        ],
        driverOptions: { "com.docker.network.bridge.name": "br-back" },
        labels: { role: "web" },
      },
      ipv4Address: "10.9.0.200",
      aliases: ["web"],
      ports: [
        { internal: 80, external: 8080 },
        { internal: 443, external: 8443, ip: "192.0.2.1" },
        { internal: 53, external: 53, ip: "0.0.0.0", protocol: "udp" },
        { internal: 9000 },
      ],
      container: { image: "nginx", containerName: "web-1" },
    });
    assert.deepEqual(planned.network, {
      networkName: "back",
      docker: {
        driver: "bridge",
        options: { "com.docker.network.bridge.name": "br-back" },
        ipv6: true,
        internal: false,
        ipamConfigs: [
          { subnet: "10.9.0.0/24", gateway: "10.9.0.128", ipRange: "10.9.0.128/25" },
          { subnet: "fd00:9::/64", gateway: "fd00:9::9" },
        ],
        labels: [{ label: "role", value: "web" }, ...LABELS],
      },
    });
    assert.equal(planned.containerName, "web-1");
    assert.deepEqual(planned.endpoints, [{ networkName: "back", ipv4Address: "10.9.0.200", aliases: ["web"] }]);
    assert.deepEqual(planned.ports, [
      { internal: 80, external: 8080, protocol: "tcp" },
      { internal: 443, external: 8443, ip: "192.0.2.1", protocol: "tcp" },
      { internal: 53, external: 53, ip: "0.0.0.0", protocol: "udp" },
      { internal: 9000, protocol: "tcp" },
    ]);
    // Docker gives the bridge the first address of the pool where no gateway is given.
    assert.deepEqual(planned.verify, [
      "timeout 10",
      "gateway 10.9.0.128 network back",
      "gateway fd00:9::9 network back",
    ]);
    assert.deepEqual(
      planned.claims.map(({ scope, kind, value, property }) => [scope, kind, value, property]),
      [
        ["docker edge", "network", "back", "ownNetwork.networkName"],
        ["docker edge", "subnet", "10.9.0.0/24", "ownNetwork.subnets[0].subnet"],
        ["docker edge", "range", "10.9.0.128/25", "ownNetwork.subnets[0].ipRange"],
        ["docker edge", "subnet", "fd00:9::/64", "ownNetwork.subnets[1].subnet"],
        ["docker edge", "range", "fd00:9::/64", "ownNetwork.subnets[1].subnet"],
        ["docker edge network back", "address", "fd00:9::9", "ownNetwork.subnets[1].gateway"],
        ["docker edge", "container", "web-1", "containerName"],
        ["docker edge network back", "address", "10.9.0.200", "ipv4Address"],
        ["docker edge", "port", "tcp/8080 0.0.0.0", "ports[0].external"],
        ["docker edge", "port", "tcp/8443 192.0.2.1", "ports[1].external"],
        ["docker edge", "port", "udp/53 0.0.0.0", "ports[2].external"],
      ],
    );
    const asked = ["require subnet-free 10.9.0.0/24", "require subnet-free fd00:9::/64"];
    assert.deepEqual(factLines(planned.hostState), asked);
  });

  it("with a MAC needs Docker 25, with a management network that sorts later Docker 28", () => {
    const requires = (settings: BridgeAgentSettings) => factLines(plan(settings).hostState);
    assert.deepEqual(requires({ macAddress: "02:00:00:00:00:01" }), ["require docker >= 25"]);
    assert.deepEqual(requires({ networkName: "lan", extraNetworks: [{ name: "mgmt", management: true }] }), [
      "require docker >= 28",
    ]);
    assert.deepEqual(requires({ networkName: "lan", extraNetworks: [{ name: "admin", management: true }] }), []);
  });

  const refused: [settings: unknown, property: string, rule: RegExp, more?: object][] = [
    [{ networkName: "host" }, "networkName", /is no bridge network/],
    [{ networkName: "a b" }, "networkName", /not allowed/],
    [{ networkName: "back", own: {} }, "networkName", /ownNetwork too/],
    [{ ipv4Address: "172.17.0.9" }, "ipv4Address", /default bridge does not take/],
    [{ aliases: ["web"] }, "aliases", /default bridge does not have/],
    [{ own: {}, ipv4Address: "10.9.0.7" }, "ipv4Address", /given no IPv4 subnet/],
    [{ own: { subnets: [{ subnet: "10.9.0.0/24" }] }, ipv4Address: "10.9.0.1" }, "ipv4Address", /takes as gateway/],
    [{ own: { subnets: [{ subnet: "10.9.0.1/24" }] } }, "ownNetwork.subnets[0].subnet", /bits set behind/],
    [{ own: { parent: "eth0" } }, "ownNetwork.parent", /is not an argument/],
    [{ ports: [{}] }, "ports[0].internal", /is missing/],
    [{ ports: [{ internal: 0 }] }, "ports[0].internal", /whole number of 1-65535/],
    [{ ports: [{ internal: 80, external: 65536 }] }, "ports[0].external", /whole number of 1-65535/],
    [{ ports: [{ internal: "80" }] }, "ports[0].internal", /whole number/],
    [{ ports: [{ internal: 80, protocol: "icmp" }] }, "ports[0].protocol", /not one of the values/],
    [{ ports: [{ internal: 80, ip: "eth0" }] }, "ports[0].ip", /is not an address/],
    [
      {
        ports: [
          { internal: 80, external: 1 },
          { internal: 81, external: 1 },
        ],
      },
      "ports[1]",
      /published by ports\[0\]/,
    ],
    [{ ports: 80 }, "ports", /is not a list/],
    [
      { ports: [{ internal: 22, external: 22 }] },
      "ports[0].external",
      /host itself is managed/,
      { managementPort: 22 },
    ],
    [
      { ports: [{ internal: 22, external: 22, ip: "192.0.2.10" }] },
      "ports[0].external",
      /host itself is managed/,
      { managementPort: 22, managementAddress: "192.0.2.10" },
    ],
    [{ container: { prots: [] } }, "prots", /is not an argument/],
  ];
  for (const [settings, property, rule, more = {}] of refused) {
    it(`refuses ${JSON.stringify(settings)}: ${rule.source}`, () => {
      const found = problemsOf(() => plan(settings as BridgeAgentSettings, more));
      assert.ok(
        found.some((one) => one.property === property && rule.test(one.rule)),
        `found ${JSON.stringify(found)}`,
      );
    });
  }

  it("may publish the management port on another address", () => {
    const settings = { ports: [{ internal: 22, external: 22, ip: "192.0.2.99" }] };
    assert.equal(plan(settings, { managementPort: 22, managementAddress: "192.0.2.10" }).ports.length, 1);
  });
});
