import { strict as assert } from "node:assert";
import { type MacvlanNetworkSettings, planMacvlanNetwork } from "../../lib/plan/macvlan-network";
import { contextOf, factLines } from "./support";

function plan(settings: MacvlanNetworkSettings, more = {}) {
  return planMacvlanNetwork(contextOf("MacvlanNetwork", "lan", more), settings);
}

const LABELS = [
  { label: "wirework.host", value: "edge" },
  { label: "wirework.owner", value: "demo/dev/MacvlanNetwork.lan" },
];

describe("a macvlan network", () => {
  it("with all arguments comes to this", () => {
    const settings: MacvlanNetworkSettings = {
      networkName: "measuring",
      parent: "eth0",
      subnets: [
        {
          subnet: "192.168.9.0/24",
          gateway: "192.168.9.1",
          ipRange: "192.168.9.64/26",
          reserved: { printer: "192.168.9.80", camera: "192.168.9.20" },
        },
        { subnet: "FD00:9:0::/64", gateway: "fd00:9:0:0::1", ipRange: "fd00:9::1:0/112" },
      ],
      dhcpRanges: ["192.168.9.200-192.168.9.250"],
      hostAccess: {
        linkName: "shim0",
        address: "192.168.9.2",
        address6: "FD00:9::2",
        macAddress: "02:AA:BB:CC:DD:EE",
        mtu: 1400,
      },
      labels: { "example.net/team": "noc" },
      driverOptions: { "com.docker.network.driver.mtu": "1400" },
    };
    const planned = plan(settings);
    assert.deepEqual(factLines(planned.hostState), [
      "require parent eth0 macvlan",
      "link shim0 parent eth0 type macvlan mode bridge address 02:aa:bb:cc:dd:ee mtu 1400",
      "sysctl net/ipv4/conf/shim0/arp_announce = 2",
      "sysctl net/ipv4/conf/shim0/arp_ignore = 1",
      "sysctl net/ipv6/conf/shim0/accept_ra = 0",
      "sysctl net/ipv6/conf/shim0/addr_gen_mode = 0",
      "sysctl net/ipv6/conf/shim0/autoconf = 0",
      "sysctl net/ipv6/conf/shim0/disable_ipv6 = 0",
      "addr 192.168.9.2/32 dev shim0",
      "addr fd00:9::2/128 dev shim0",
      // The pool without the printer, which is no agent: the host keeps reaching it by eth0.
      "route 192.168.9.64/28 dev shim0",
      "route 192.168.9.81/32 dev shim0",
      "route 192.168.9.82/31 dev shim0",
      "route 192.168.9.84/30 dev shim0",
      "route 192.168.9.88/29 dev shim0",
      "route 192.168.9.96/27 dev shim0",
      "route fd00:9::1:0/112 dev shim0",
    ]);
    assert.deepEqual(planned.docker, {
      driver: "macvlan",
      options: { "com.docker.network.driver.mtu": "1400", macvlan_mode: "bridge", parent: "eth0" },
      ipv6: true,
      internal: false,
      ipamConfigs: [
        {
          subnet: "192.168.9.0/24",
          gateway: "192.168.9.1",
          ipRange: "192.168.9.64/26",
          auxAddress: { camera: "192.168.9.20", printer: "192.168.9.80", "wirework-shim": "192.168.9.2" },
        },
        {
          subnet: "fd00:9::/64",
          gateway: "fd00:9::1",
          ipRange: "fd00:9::1:0/112",
          auxAddress: { "wirework-shim": "fd00:9::2" },
        },
      ],
      labels: [{ label: "example.net/team", value: "noc" }, ...LABELS],
    });
    assert.deepEqual(planned.facts, {
      name: "measuring",
      driver: "macvlan",
      parent: "eth0",
      mode: "bridge",
      internal: false,
      subnets: [
        {
          subnet: "192.168.9.0/24",
          gateway: "192.168.9.1",
          ipRange: "192.168.9.64/26",
          reserved: { camera: "192.168.9.20", printer: "192.168.9.80" },
        },
        { subnet: "fd00:9::/64", gateway: "fd00:9::1", ipRange: "fd00:9::1:0/112" },
      ],
      dhcpRanges: ["192.168.9.200-192.168.9.250"],
      shim: { linkName: "shim0", address: "192.168.9.2", address6: "fd00:9::2", macAddress: "02:aa:bb:cc:dd:ee" },
      host: "edge",
    });
    assert.equal(planned.networkName, "measuring");
    assert.deepEqual(planned.shim, planned.facts.shim);
    assert.deepEqual(planned.subnets, planned.facts.subnets);
    assert.deepEqual(planned.warnings, []);
    assert.deepEqual(
      planned.claims.map(({ scope, kind, value, property, shared = false }) => [scope, kind, value, property, shared]),
      [
        ["docker edge", "network", "measuring", "networkName", false],
        ["host edge link eth0", "parent", "eth0", "parent", true],
        ["docker edge", "subnet", "192.168.9.0/24", "subnets[0].subnet", false],
        ["docker edge", "range", "192.168.9.64/26", "subnets[0].ipRange", false],
        ["host edge link eth0", "address", "192.168.9.1", "subnets[0].gateway", true],
        ["host edge link eth0", "address", "192.168.9.20", "subnets[0].reserved.camera", true],
        ["host edge link eth0", "address", "192.168.9.80", "subnets[0].reserved.printer", true],
        ["docker edge", "subnet", "fd00:9::/64", "subnets[1].subnet", false],
        ["docker edge", "range", "fd00:9::1:0/112", "subnets[1].ipRange", false],
        ["host edge link eth0", "address", "fd00:9::1", "subnets[1].gateway", true],
        ["host edge", "interface", "shim0", "hostAccess.linkName", false],
        ["host edge link eth0", "mac", "02:aa:bb:cc:dd:ee", "hostAccess.macAddress", false],
        ["host edge link eth0", "address", "192.168.9.2", "hostAccess.address", false],
        ["host edge link eth0", "address", "fd00:9::2", "hostAccess.address6", false],
      ],
    );
  });

  it("without arguments is a network that leads nowhere", () => {
    const planned = plan({}, { hostIdentity: undefined });
    assert.deepEqual(planned.docker, {
      driver: "macvlan",
      options: { macvlan_mode: "bridge" },
      ipv6: false,
      internal: false,
      ipamConfigs: [],
      labels: [{ label: "wirework.owner", value: "demo/dev/MacvlanNetwork.lan" }],
    });
    assert.equal(planned.networkName, "lan");
    assert.deepEqual(factLines(planned.hostState), []);
    assert.equal(planned.shim, undefined);
  });

  it("says the gateway that Docker would take: the first address of the pool", () => {
    const subnets = [{ subnet: "192.168.9.0/24", ipRange: "192.168.9.64/26" }, { subnet: "fd00:9::/64" }];
    const { docker } = plan({ parent: "eth1", subnets });
    assert.deepEqual(
      docker.ipamConfigs.map(({ gateway }) => gateway),
      ["192.168.9.64", "fd00:9::1"],
    );
  });

  it("takes the numbers of the seed document", () => {
    const planned = plan({
      networkName: "test_net",
      parent: "enp1s0",
      subnets: [
        {
          subnet: "192.168.1.0/24",
          gateway: "192.168.1.1",
          ipRange: "192.168.1.128/25",
          reserved: { my_pc: "192.168.1.128", my_router: "192.168.1.129" },
        },
      ],
    });
    assert.deepEqual(planned.docker.ipamConfigs, [
      {
        subnet: "192.168.1.0/24",
        gateway: "192.168.1.1",
        ipRange: "192.168.1.128/25",
        auxAddress: { my_pc: "192.168.1.128", my_router: "192.168.1.129" },
      },
    ]);
  });

  const requirements: [what: string, settings: MacvlanNetworkSettings, lines: string[]][] = [
    ["no parent asks for nothing", {}, []],
    ["a plain parent must be there", { parent: "bond0" }, ["require parent bond0 macvlan"]],
    ["a VLAN of this form is made by Docker", { parent: "eth0.215" }, ["require parent eth0.215 macvlan"]],
    ["a name with two dots is no VLAN of Docker's", { parent: "a.b.5" }, ["require parent a.b.5 macvlan"]],
    [
      "a VLAN of its own is made by the host",
      { parent: "eth0", vlan: 215 },
      [
        "require link eth0",
        "require module 8021q",
        "require parent eth0.215 macvlan",
        "link eth0.215 parent eth0 type vlan id 215",
      ],
    ],
    [
      "passthru must not take the management link",
      { parent: "eth1", mode: "passthru" },
      ["require not-management eth1", "require parent eth1 macvlan passthru"],
    ],
  ];
  for (const [what, settings, lines] of requirements) {
    it(`of the host: ${what}`, () => assert.deepEqual(factLines(plan(settings).hostState), lines));
  }

  it("with host access on a VLAN wants it to be there before Docker comes", () => {
    const planned = plan({
      parent: "eth0.215",
      subnets: [{ subnet: "192.168.9.0/24", gateway: "192.168.9.1", ipRange: "192.168.9.64/26" }],
      hostAccess: { address: "192.168.9.2", linkName: "shim0", macAddress: "02:00:00:00:00:02" },
    });
    assert.deepEqual(factLines(planned.hostState), [
      "require link eth0.215",
      "require parent eth0.215 macvlan",
      "link shim0 parent eth0.215 type macvlan mode bridge address 02:00:00:00:00:02",
      "sysctl net/ipv4/conf/shim0/arp_announce = 2",
      "sysctl net/ipv4/conf/shim0/arp_ignore = 1",
      "sysctl net/ipv6/conf/shim0/accept_ra = 0",
      "sysctl net/ipv6/conf/shim0/autoconf = 0",
      "sysctl net/ipv6/conf/shim0/disable_ipv6 = 1",
      "addr 192.168.9.2/32 dev shim0",
      "route 192.168.9.64/26 dev shim0",
    ]);
  });

  it("derives name and MAC of the host's interface from stack and network, always the same", () => {
    const settings: MacvlanNetworkSettings = {
      parent: "eth0",
      subnets: [{ subnet: "192.168.9.0/24", gateway: "192.168.9.1", ipRange: "192.168.9.64/26" }],
      hostAccess: { address: "192.168.9.2" },
    };
    assert.deepEqual(plan(settings).shim, {
      linkName: "shim-cd690a10",
      address: "192.168.9.2",
      macAddress: plan(settings).shim?.macAddress,
    });
    const other = plan(settings, { stack: "prod" }).shim;
    assert.notEqual(other?.linkName, plan(settings).shim?.linkName);
    assert.notEqual(other?.macAddress, plan(settings).shim?.macAddress);
  });

  const warnings: [settings: MacvlanNetworkSettings, fragment: RegExp][] = [
    [{ parent: "wlan0" }, /wireless.*NAT.*policy-routed.*ipvlan/],
    [{ parent: "wlp3s0" }, /wireless/],
    [{ parent: "eth1", mode: "passthru" }, /MAC address of the one agent/],
    [
      {
        parent: "eth0",
        subnets: [{ subnet: "192.168.9.0/24", gateway: "192.168.9.1", ipRange: "192.168.9.64/26" }],
        hostAccess: { address: "192.168.9.2", macAddress: "00:16:3e:00:00:01" },
      },
      /not locally administered/,
    ],
  ];
  for (const [settings, fragment] of warnings) {
    it(`warns: ${fragment.source}`, () => {
      const all = plan(settings).warnings;
      assert.equal(all.length, 1);
      assert.match(all[0]!, fragment);
    });
  }
});
