import { strict as assert } from "node:assert";
import { Inventory } from "../../lib/plan/inventory";
import { planMacvlanNetwork } from "../../lib/plan/macvlan-network";
import { planVlanInterface, type VlanInterfaceSettings, VlanProtocol } from "../../lib/plan/vlan-interface";
import { contextOf, factLines, rulesOf } from "./support";

const plan = (settings: unknown, more = {}) =>
  planVlanInterface(contextOf("VlanInterface", "trunk", more), settings as VlanInterfaceSettings);
const network = (name: string, settings: object) =>
  planMacvlanNetwork(contextOf("MacvlanNetwork", name), { networkName: name, ...settings });

describe("VLANs on a link", () => {
  it("come to this", () => {
    const planned = plan({
      parent: "eth0",
      vlans: [
        { id: 215 },
        { id: 40, linkName: "foo", mtu: 1400 },
        { id: 100, protocol: VlanProtocol.Ad },
        { id: 7, protocol: VlanProtocol.Q },
      ],
    });
    assert.deepEqual(factLines(planned.hostState), [
      "require link eth0",
      "require module 8021q",
      "link eth0.100 parent eth0 type vlan id 100 protocol 802.1ad",
      "link eth0.215 parent eth0 type vlan id 215",
      "link eth0.7 parent eth0 type vlan id 7",
      "link foo parent eth0 type vlan id 40 mtu 1400",
    ]);
    assert.deepEqual(
      planned.vlans.map(({ id, linkName, links }) => [id, linkName, links]),
      [
        [215, "eth0.215", "link eth0.215 parent eth0 type vlan id 215"],
        // Without the MTU, which changes in place.
        [40, "foo", "link foo parent eth0 type vlan id 40"],
        [100, "eth0.100", "link eth0.100 parent eth0 type vlan id 100 protocol 802.1ad"],
        [7, "eth0.7", "link eth0.7 parent eth0 type vlan id 7"],
      ],
    );
    assert.deepEqual(factLines(planned.vlans[1]!.hostState), [
      "require link eth0",
      "require module 8021q",
      "link foo parent eth0 type vlan id 40 mtu 1400",
    ]);
    assert.equal(planned.switchPort, "host edge, eth0: tagged 7, 40, 215; tagged 100 (802.1ad)");
  });

  const refused: [settings: unknown, rules: string[]][] = [
    [{}, ["parent: is missing", "vlans: holds no VLAN"]],
    [{ parent: "eth0", vlans: [] }, ["vlans: holds no VLAN"]],
    [{ parent: "eth0", vlans: [{}] }, ["vlans[0].id: is missing"]],
    ...[0, 4095, -1, 1.5, "10", Number.NaN].map((id): [unknown, string[]] => [
      { parent: "eth0", vlans: [{ id }] },
      ["vlans[0].id: is not a whole number of 1-4094"],
    ]),
    [{ parent: "eth0", vlans: [{ id: 5 }, { id: 5 }] }, ["vlans[1].id: is the tag of vlans[0] already"]],
    [{ parent: "enp129s0f0np0", vlans: [{ id: 4000 }] }, ["vlans[0].id: has 18 bytes"]],
    [
      { parent: "eth0", vlans: [{ id: 5, linkName: "eth0.6" }] },
      ["vlans[0].linkName: is the name of VLAN 6, and this is VLAN 5"],
    ],
    [{ parent: "eth0", vlans: [{ id: 5, mtu: 67 }] }, ["vlans[0].mtu: is not a whole number of 68-65535"]],
    [{ parent: "eth0", vlans: [{ id: 5, protocol: "802.1x" }] }, ["vlans[0].protocol: is not one of the values"]],
    [{ parent: "eth0", vlans: [{ id: 5, tag: 6 }] }, ["vlans[0].tag: is not an argument"]],
  ];
  for (const [settings, rules] of refused) {
    it(`are refused: ${JSON.stringify(settings)}`, () =>
      assert.deepEqual(
        rulesOf(() => plan(settings)),
        rules,
      ));
  }

  it("need a host", () => {
    const settings = { parent: "eth0", vlans: [{ id: 5 }] };
    assert.deepEqual(
      rulesOf(() => plan(settings, { hostIdentity: undefined })),
      ["host: is missing"],
    );
  });
});

describe("a network on a VLAN", () => {
  const subnets = [{ subnet: "192.168.9.0/24", gateway: "192.168.9.1", ipRange: "192.168.9.64/26" }];

  it("stands on a link of the host's, with host access on that link", () => {
    const planned = network("lan", {
      parent: "eth0",
      vlan: 215,
      subnets,
      hostAccess: { linkName: "shim0", address: "192.168.9.2", macAddress: "02:00:00:00:00:02" },
    });
    assert.equal(planned.docker.options.parent, "eth0.215");
    assert.equal(planned.facts.parent, "eth0.215");
    assert.equal(planned.links, "link eth0.215 parent eth0 type vlan id 215");
    assert.deepEqual(factLines(planned.hostState).slice(0, 5), [
      "require link eth0",
      "require module 8021q",
      "require parent eth0.215 macvlan",
      "link eth0.215 parent eth0 type vlan id 215",
      "link shim0 parent eth0.215 type macvlan mode bridge address 02:00:00:00:00:02",
    ]);
  });

  it("without a host leaves the link to Docker", () => {
    const context = contextOf("MacvlanNetwork", "lan", { hostIdentity: undefined });
    const planned = planMacvlanNetwork(context, { parent: "eth0", vlan: 215 });
    assert.equal(planned.docker.options.parent, "eth0.215");
    assert.equal(planned.links, undefined);
  });

  it("is refused without a parent, and where no name of that form fits", () => {
    assert.deepEqual(
      rulesOf(() => network("lan", { vlan: 5 })),
      ["vlan: is a tag on a parent, and none is given"],
    );
    assert.deepEqual(
      rulesOf(() => network("lan", { parent: "enp129s0f0np0", vlan: 4000 })),
      ["vlan: has 18 bytes"],
    );
  });

  const conflicts: [what: string, first: () => readonly object[], second: () => readonly object[], rules: string[]][] =
    [
      [
        "two networks that say the same share the VLAN",
        () => network("a", { parent: "eth0", vlan: 5 }).claims,
        () => network("b", { parent: "eth0", vlan: 5 }).claims,
        [],
      ],
      [
        "a trunk and a network that say the same share it",
        () => plan({ parent: "eth0", vlans: [{ id: 5 }] }).claims,
        () => network("b", { parent: "eth0", vlan: 5 }).claims,
        [],
      ],
      [
        "one tag has one name",
        () => plan({ parent: "eth0", vlans: [{ id: 5, linkName: "foo" }] }).claims,
        () => network("b", { parent: "eth0", vlan: 5 }).claims,
        ['vlan: is "802.1Q/5 foo" for VlanInterface "trunk" (vlans[0].linkName), on host edge, link eth0'],
      ],
      [
        "one name has one MTU",
        () => plan({ parent: "eth0", vlans: [{ id: 5, mtu: 1400 }] }).claims,
        () => network("b", { parent: "eth0", vlan: 5 }).claims,
        [
          'vlan: is "eth0.5 link eth0.5 parent eth0 type vlan id 5 mtu 1400" for VlanInterface "trunk" (vlans[0].id), on host edge',
        ],
      ],
      [
        "no shim has the name of a VLAN",
        () => plan({ parent: "eth0", vlans: [{ id: 5, linkName: "shim0" }] }).claims,
        () =>
          network("b", { parent: "eth1", subnets, hostAccess: { linkName: "shim0", address: "192.168.9.2" } }).claims,
        ['hostAccess.linkName: is claimed by VlanInterface "trunk" (vlans[0].linkName) too, on host edge'],
      ],
    ];
  for (const [what, first, second, rules] of conflicts) {
    it(`keeps the rule that ${what}`, () => {
      const inventory = new Inventory();
      assert.deepEqual(inventory.add("first", first() as never), []);
      const found = inventory.add("second", second() as never);
      assert.deepEqual(
        found.map(({ property, rule }) => `${property}: ${rule}`),
        rules,
      );
    });
  }
});
