import { strict as assert } from "node:assert";
import { type MacvlanAgentSettings, planMacvlanAgent } from "../../lib/plan/macvlan-agent";
import { type MacvlanNetworkSettings, planMacvlanNetwork } from "../../lib/plan/macvlan-network";
import { contextOf, factLines, rulesOf } from "./support";

const LAN: MacvlanNetworkSettings = {
  parent: "eth0",
  subnets: [{ subnet: "192.168.9.0/24", gateway: "192.168.9.1", ipRange: "192.168.9.64/26" }],
  hostAccess: { address: "192.168.9.2", linkName: "shim0", macAddress: "02:00:00:00:00:02" },
};

function shared(settings: MacvlanNetworkSettings = LAN) {
  return planMacvlanNetwork(contextOf("MacvlanNetwork", "lan"), settings).facts;
}

function plan(settings: MacvlanAgentSettings, more = {}) {
  return planMacvlanAgent(contextOf("MacvlanAgent", "probe", more), settings);
}

const SHIM_SETTINGS = [
  "sysctl net/ipv4/conf/shim0/arp_announce = 2",
  "sysctl net/ipv4/conf/shim0/arp_ignore = 1",
  "sysctl net/ipv6/conf/shim0/accept_ra = 0",
  "sysctl net/ipv6/conf/shim0/autoconf = 0",
  "sysctl net/ipv6/conf/shim0/disable_ipv6 = 1",
];

describe("a macvlan agent", () => {
  it("on a shared network comes to this", () => {
    const planned = plan({
      network: shared(),
      ipv4Address: "192.168.9.70",
      macAddress: "02:00:00:00:00:70",
      aliases: ["probe-b", "probe-a"],
      container: { image: "busybox:1.36" },
    });
    assert.deepEqual(planned, {
      containerName: "probe",
      labels: [
        { label: "wirework.host", value: "edge" },
        { label: "wirework.owner", value: "demo/dev/MacvlanAgent.probe" },
      ],
      endpoints: [
        {
          networkName: "lan",
          ipv4Address: "192.168.9.70",
          aliases: ["probe-a", "probe-b"],
        },
      ],
      macAddress: "02:00:00:00:00:70",
      hostState: { facts: [{ kind: "mac", address: "02:00:00:00:00:70", container: "probe", network: "lan" }] },
      verify: ["timeout 10", "mac 02:00:00:00:00:70 network lan", "gateway 192.168.9.1 network lan"],
      probe: ["container probe", "mac 02:00:00:00:00:70", "free 192.168.9.70 gateway 192.168.9.1 dev eth0"],
      claims: [
        ["docker edge", "container", "probe", "containerName"],
        ["host edge link eth0", "address", "192.168.9.70", "ipv4Address"],
        ["host edge link eth0", "mac", "02:00:00:00:00:70", "macAddress"],
      ].map(([scope, kind, value, property]) => ({
        scope,
        kind,
        value,
        component: "MacvlanAgent",
        name: "probe",
        property,
      })),
      warnings: [],
    });
  });

  it("on a network of its own brings that network's facts, claims and warnings along", () => {
    const { ipRange: _, ...subnet } = LAN.subnets![0]!;
    const planned = plan({ own: { ...LAN, subnets: [subnet] }, ipv4Address: "192.168.9.10" });
    assert.equal(planned.network?.networkName, "probe");
    assert.deepEqual(factLines(planned.hostState), [
      "require parent eth0 macvlan",
      "link shim0 parent eth0 type macvlan mode bridge address 02:00:00:00:00:02",
      ...SHIM_SETTINGS,
      "addr 192.168.9.2/32 dev shim0",
      // No ipRange says where agents are: the one agent's address does.
      "route 192.168.9.10/32 dev shim0",
    ]);
    assert.deepEqual(
      planned.claims.map(({ kind, value, property }) => [kind, value, property]),
      [
        ["network", "probe", "ownNetwork.networkName"],
        ["parent", "eth0", "ownNetwork.parent"],
        ["subnet", "192.168.9.0/24", "ownNetwork.subnets[0].subnet"],
        ["range", "192.168.9.0/24", "ownNetwork.subnets[0].subnet"],
        ["address", "192.168.9.1", "ownNetwork.subnets[0].gateway"],
        ["interface", "shim0", "ownNetwork.hostAccess.linkName"],
        ["mac", "02:00:00:00:00:02", "ownNetwork.hostAccess.macAddress"],
        ["address", "192.168.9.2", "ownNetwork.hostAccess.address"],
        ["container", "probe", "containerName"],
        ["address", "192.168.9.10", "ipv4Address"],
      ],
    );
    assert.match(plan({ own: { parent: "wlan0" } }).warnings.join(), /wireless/);
  });

  it("outside of the pool of a shared network brings a route of its own", () => {
    assert.deepEqual(factLines(plan({ network: shared(), ipv4Address: "192.168.9.10" }).hostState), [
      "route 192.168.9.10/32 dev shim0",
    ]);
    assert.deepEqual(factLines(plan({ network: shared(), ipv4Address: "192.168.9.70" }).hostState), []);
    assert.deepEqual(factLines(plan({ network: shared() }).hostState), []);
  });

  it("names no MAC: Docker's provider attaches a stopped container, and Docker drops the MAC of such a call", () => {
    assert.equal(plan({ network: shared(), ipv4Address: "192.168.9.70" }).endpoints[0]?.macAddress, undefined);
  });

  describe("proves", () => {
    const dual: MacvlanNetworkSettings = {
      parent: "eth0",
      subnets: [
        { subnet: "192.168.9.0/24", gateway: "192.168.9.1" },
        { subnet: "192.168.8.0/24", gateway: "192.168.8.1" },
        { subnet: "fd00:9::/64", gateway: "fd00:9::1" },
      ],
    };
    const proofs: [what: string, settings: MacvlanAgentSettings, lines: string[]][] = [
      [
        "the first gateway of each family for addresses from the pool",
        { network: shared(dual) },
        ["timeout 10", "gateway 192.168.9.1 network lan", "gateway fd00:9::1 network lan"],
      ],
      [
        "the gateway of the subnet that its fixed address lies in",
        { network: shared(dual), ipv4Address: "192.168.8.7" },
        ["timeout 10", "gateway 192.168.8.1 network lan", "gateway fd00:9::1 network lan"],
      ],
      [
        "a target and a command too",
        {
          network: shared(),
          verification: {
            timeoutSeconds: 30,
            target: "FD00::7",
            command: ["sh", "-c", "wget -q 'http://x/?a=1%'", "é\n"],
          },
        },
        [
          "timeout 30",
          "gateway 192.168.9.1 network lan",
          "target fd00::7",
          "exec sh -c wget%20-q%20%27http://x/%3Fa=1%25%27 %C3%A9%0A",
        ],
      ],
      ["nothing when told so", { network: shared(), verification: { enabled: false, target: "192.0.2.1" } }, []],
      ["no gateway when told so", { network: shared(), verification: { gateway: false } }, []],
      ["nothing without a parent", { own: { subnets: [{ subnet: "192.168.9.0/24", gateway: "192.168.9.1" }] } }, []],
      ["nothing without a gateway", { own: { parent: "eth0", subnets: [{ subnet: "192.168.9.0/24" }] } }, []],
    ];
    for (const [what, settings, lines] of proofs) {
      it(what, () => assert.deepEqual(plan(settings).verify, lines));
    }
  });

  describe("with several networks", () => {
    const dual: MacvlanNetworkSettings = {
      parent: "eth0",
      subnets: [
        { subnet: "192.168.9.0/24", gateway: "192.168.9.1" },
        { subnet: "fd00:9::/64", gateway: "fd00:9::1" },
      ],
    };
    const nowhere: MacvlanNetworkSettings = {};
    const cases: [
      what: string,
      network: MacvlanNetworkSettings,
      settings: MacvlanAgentSettings,
      priorities: (number | undefined)[],
      requires: string[],
      proof: string[],
    ][] = [
      [
        "the management network wins by name, with any Docker",
        LAN,
        { extraNetworks: [{ name: "admin", management: true }] },
        [undefined, undefined],
        [],
        ["default-route network admin"],
      ],
      [
        "the management network wins by priority where another name sorts first",
        LAN,
        { extraNetworks: [{ name: "mgmt", management: true }] },
        [undefined, 1],
        ["require docker >= 28"],
        ["default-route network mgmt"],
      ],
      [
        "a measuring network of both families would win against any name",
        dual,
        { extraNetworks: [{ name: "admin", management: true }] },
        [undefined, 1],
        ["require docker >= 28"],
        ["default-route network admin"],
      ],
      [
        "a measuring network that leads nowhere never wins",
        nowhere,
        { extraNetworks: [{ name: "mgmt", management: true }] },
        [undefined, undefined],
        [],
        ["default-route network mgmt"],
      ],
      [
        "the measuring network wins when asked",
        LAN,
        { defaultRoute: "measuring", extraNetworks: [{ name: "mgmt", management: true }] },
        [undefined, undefined],
        [],
        ["default-route network lan"],
      ],
      [
        "the measuring network wins by priority when asked",
        LAN,
        { defaultRoute: "measuring", extraNetworks: [{ name: "admin", management: true }] },
        [1, undefined],
        ["require docker >= 28"],
        ["default-route network lan"],
      ],
      [
        "Docker chooses where nothing says which",
        LAN,
        { extraNetworks: [{ name: "zoo" }] },
        [undefined, undefined],
        [],
        [],
      ],
      [
        "priorities of the user are taken",
        LAN,
        { extraNetworks: [{ name: "mgmt", management: true, gatewayPriority: 7 }, { name: "zoo" }] },
        [undefined, 7, undefined],
        ["require docker >= 28"],
        ["default-route network mgmt"],
      ],
    ];
    for (const [what, network, settings, priorities, requires, proof] of cases) {
      it(what, () => {
        const planned = plan({ ...settings, network: shared(network) });
        assert.deepEqual(
          planned.endpoints.map(({ gwPriority }) => gwPriority),
          priorities,
        );
        assert.deepEqual(factLines(planned.hostState), requires);
        assert.deepEqual(
          planned.verify.filter((line) => line.startsWith("default-route")),
          proof,
        );
      });
    }

    it("says so where no host checks Docker's version", () => {
      const planned = planMacvlanAgent(contextOf("MacvlanAgent", "probe", { hostIdentity: undefined }), {
        own: { networkName: "lan", parent: "eth0" },
        extraNetworks: [{ name: "mgmt", management: true }],
      });
      assert.match(planned.warnings.join(), /needs Docker 28/);
    });

    it("gives each its own addresses, and claims them", () => {
      const planned = plan({
        network: shared(),
        extraNetworks: [
          {
            name: "admin",
            ipv4Address: "10.0.0.5",
            ipv6Address: "FD00::5",
            macAddress: "02:00:00:00:00:05",
            aliases: ["p"],
          },
        ],
      });
      assert.deepEqual(planned.endpoints[1], {
        networkName: "admin",
        ipv4Address: "10.0.0.5",
        ipv6Address: "fd00::5",
        macAddress: "02:00:00:00:00:05",
        aliases: ["p"],
      });
      assert.deepEqual(
        planned.claims.slice(-3).map(({ scope, kind, value, property }) => [scope, kind, value, property]),
        [
          ["docker edge network admin", "address", "10.0.0.5", "extraNetworks[0].ipv4Address"],
          ["docker edge network admin", "address", "fd00::5", "extraNetworks[0].ipv6Address"],
          ["docker edge network admin", "mac", "02:00:00:00:00:05", "extraNetworks[0].macAddress"],
        ],
      );
      assert.deepEqual(factLines(planned.hostState), ["require docker >= 25"]);
    });
  });
});

describe("what a macvlan agent asks the LAN for", () => {
  const ipv4Address = "192.168.9.70";
  const network = shared();

  it("is each of its fixed addresses, and nothing where Docker or the user says so", () => {
    const subnets = [...LAN.subnets!, { subnet: "fd00:9::/64" }];
    const own = { parent: "eth0", vlan: 40, subnets };
    const { probe } = plan({ own, ipv4Address, ipv6Address: "fd00:9::70" });
    const link = "eth0.40";
    assert.deepEqual(probe, [
      "container probe",
      `free ${ipv4Address} gateway 192.168.9.1 dev ${link}`,
      `free fd00:9::70 dev ${link}`,
    ]);
    assert.deepEqual(plan({ network }).probe, []);
    assert.deepEqual(plan({ network, ipv4Address, probe: false }).probe, []);
    assert.deepEqual(plan({ network, ipv4Address }, { hostIdentity: undefined }).probe, []);
  });

  it("is refused by name where nobody could ask", () => {
    const rules = (settings: MacvlanAgentSettings, more = {}) =>
      rulesOf(() => plan({ ...settings, probe: true }, more));
    assert.deepEqual(rules({ network }), ["probe: has no address to ask for: none is fixed"]);
    assert.deepEqual(rules({ network, ipv4Address }, { hostIdentity: undefined }), [
      "probe: is asked by the host, and none is given",
    ]);
    const { parent: _, hostAccess: __, ...alone } = LAN;
    assert.deepEqual(rules({ network: shared(alone), ipv4Address }), [
      "probe: has no LAN to ask: the network has no parent",
    ]);
  });
});
