import { strict as assert } from "node:assert";
import { planBridgeAgent } from "../../lib/plan/bridge-agent";
import { Inventory } from "../../lib/plan/inventory";
import { type LanBridgeSettings, planLanBridge } from "../../lib/plan/lan-bridge";
import { planMacvlanNetwork } from "../../lib/plan/macvlan-network";
import { contextOf, factLines, rulesOf } from "./support";

const plan = (settings: object, name = "lan") =>
  planLanBridge(contextOf("BridgeNetwork", name), settings as LanBridgeSettings);

const lan = {
  subnet: "192.168.9.0/24",
  gateway: "192.168.9.1",
  ipRange: "192.168.9.64/26",
  reserved: { nas: "192.168.9.5" },
};
const lan6 = { subnet: "fd00:9::/64", gateway: "fd00:9::1" };
const made = {
  port: "eth2",
  linkName: "lan0",
  subnets: [lan, lan6],
  hostAddress: "192.168.9.2",
  hostAddress6: "fd00:9::2",
};

describe("a Docker network on a bridge of the LAN", () => {
  it("makes the bridge with its port, and tells Docker of the router by the name that its driver knows", () => {
    const planned = plan(made);
    const [mac] = /02:|[0-9a-f]{2}(:[0-9a-f]{2}){5}/.exec(factLines(planned.hostState).join("\n"))!;
    assert.deepEqual(factLines(planned.hostState), [
      "require link eth2",
      "require no-address eth2",
      "require not-management eth2",
      `link lan0 type bridge address ${mac}`,
      "set eth2 master lan0",
      "set eth2 up",
      "sysctl net/ipv6/conf/lan0/accept_ra = 0",
      "sysctl net/ipv6/conf/lan0/autoconf = 0",
      "addr 192.168.9.2/24 dev lan0",
      "addr fd00:9::2/64 dev lan0",
    ]);
    assert.deepEqual(planned.docker.options, {
      "com.docker.network.bridge.enable_ip_masquerade": "false",
      "com.docker.network.bridge.name": "lan0",
    });
    assert.deepEqual(planned.docker.ipamConfigs, [
      {
        subnet: "192.168.9.0/24",
        gateway: "192.168.9.2",
        ipRange: "192.168.9.64/26",
        auxAddress: { DefaultGatewayIPv4: "192.168.9.1", nas: "192.168.9.5" },
      },
      { subnet: "fd00:9::/64", gateway: "fd00:9::2", auxAddress: { DefaultGatewayIPv6: "fd00:9::1" } },
    ]);
    assert.equal(planned.links, "link lan0 type bridge");
    assert.match(planned.warnings[0]!, /IPv6 forwarding on, for the whole host .* accept_ra = 2/);
    assert.match(planned.warnings[1]!, /containers of other bridge networks .* do not reach what is behind lan0/);
  });

  it("leaves a bridge that is there as it is", () => {
    const planned = plan({ bridge: "br0", subnets: [lan], hostAddress: "192.168.9.2" });
    assert.deepEqual(factLines(planned.hostState), ["require address 192.168.9.2/24 br0", "require bridge br0"]);
    assert.equal(planned.links, undefined);
  });

  it("takes agents that hear the LAN's router, each address once on that LAN", () => {
    const { facts } = plan(made);
    const agent = (name: string, ipv4Address: string) =>
      planBridgeAgent(contextOf("BridgeAgent", name), { network: facts, ipv4Address, container: { image: "busybox" } });
    const planned = agent("probe", "192.168.9.70");
    assert.deepEqual(planned.endpoints, [{ networkName: "lan", ipv4Address: "192.168.9.70" }]);
    assert.deepEqual(planned.verify, [
      "timeout 10",
      "gateway 192.168.9.1 network lan",
      "gateway fd00:9::1 network lan",
    ]);
    for (const [address, rule] of [
      ["192.168.9.1", "is the gateway of 192.168.9.0/24"],
      ["192.168.9.2", "is the host's own address on this network (hostAccess)"],
      ["192.168.9.5", "is reserved as nas"],
    ] as const) {
      assert.deepEqual(
        rulesOf(() => agent("probe", address)),
        [`ipv4Address: ${rule}`],
      );
    }
    const inventory = new Inventory();
    assert.deepEqual(inventory.add("probe", planned.claims), []);
    assert.equal(inventory.add("other", agent("other", "192.168.9.70").claims).length, 1);
  });

  it("asks its LAN for the fixed addresses of an agent", () => {
    const settings = { container: { image: "busybox" } };
    const bridged = (more: object) => planBridgeAgent(contextOf("BridgeAgent", "probe"), { ...settings, ...more });
    const network = plan(made).facts;
    const fixed = { network, ipv4Address: "192.168.9.70", ipv6Address: "fd00:9::70", macAddress: "02:00:00:00:00:70" };
    assert.deepEqual(bridged(fixed).probe, [
      "container probe",
      "mac 02:00:00:00:00:70",
      "free 192.168.9.70 gateway 192.168.9.1 dev lan0",
      "free fd00:9::70 gateway fd00:9::1 dev lan0",
    ]);
    assert.deepEqual(bridged({ ...fixed, probe: false }).probe, []);
    assert.deepEqual(bridged({ network }).probe, []);
    const own = { own: { subnets: [{ subnet: "172.31.7.0/24" }] }, ipv4Address: "172.31.7.9" };
    assert.deepEqual(bridged(own).probe, []);
    for (const [given, rule] of [
      [own, "has no LAN to ask: the network has no parent"],
      [{}, "has no LAN to ask: the network has no parent"],
      [{ network }, "has no address to ask for: none is fixed"],
    ] as const) {
      assert.deepEqual(
        rulesOf(() => bridged({ ...given, probe: true })),
        [`probe: ${rule}`],
      );
    }
  });

  it("has its port for itself", () => {
    const inventory = new Inventory();
    assert.deepEqual(inventory.add("lan", plan(made).claims), []);
    const other = planMacvlanNetwork(contextOf("MacvlanNetwork", "other"), { parent: "eth2" });
    const found = inventory.add("other", other.claims);
    assert.deepEqual(
      found.map(({ property, rule }) => `${property}: ${rule}`),
      ['parent: is claimed by BridgeNetwork "lan" (port) too, on host edge, link eth2'],
    );
  });

  const refused: [settings: object, rules: string[]][] = [
    [{ subnets: [lan], hostAddress: "192.168.9.2" }, ["bridge: is missing, and port too"]],
    [
      { bridge: "br0", port: "eth2", linkName: "lan0", subnets: [lan], hostAddress: "192.168.9.2" },
      ["bridge: is given, and port too", "linkName: is the name of a bridge of ours, and bridge is given"],
    ],
    [{ port: "eth2" }, ["subnets: is missing"]],
    [
      { port: "eth2", subnets: [lan, lan6] },
      [
        "hostAddress: is missing: Docker gives the bridge an address, and would take that of the router",
        "hostAddress6: is missing: Docker gives the bridge an address, and would take that of the router",
      ],
    ],
    [{ port: "eth2", subnets: [lan], hostAddress: "192.168.9.1" }, ["hostAddress: is the gateway of 192.168.9.0/24"]],
    [{ port: "eth2", subnets: [lan], hostAddress: "10.0.0.1" }, ["hostAddress: is outside of 192.168.9.0/24"]],
    [{ port: "eth2", linkName: "eth2", subnets: [lan], hostAddress: "192.168.9.2" }, ["linkName: is the port itself"]],
    [
      { port: "eth2", subnets: [lan, { subnet: "10.0.0.0/24" }], hostAddress: "192.168.9.2" },
      ["subnets[1].subnet: is a second IPv4 subnet, which a bridge network of Docker's does not take"],
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
