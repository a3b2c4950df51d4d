import { strict as assert } from "node:assert";
import { Inventory } from "../../lib/plan/inventory";
import { type PolicyRoutedAgentSettings, planPolicyRoutedAgent } from "../../lib/plan/policy-routed-agent";
import { contextOf, problemsOf } from "./support";

const uplink = { dev: "eth2", gateway: "198.51.100.1" };
const own = { subnets: [{ subnet: "172.31.7.0/24" }] };
const own6 = { subnets: [{ subnet: "172.31.7.0/24" }, { subnet: "fd00:31:7::/64" }] };
const bridge = { networkName: "bridge" };
const ports = [{ internal: 80 }];
const base = { own, uplink, table: { id: 200 } };

function plan(name: string, settings: unknown, context = {}) {
  return planPolicyRoutedAgent(contextOf("PolicyRoutedAgent", name, context), settings as PolicyRoutedAgentSettings);
}

const option = (key: string, value: string) => ({
  own: { ...own, driverOptions: { [`com.docker.network.${key}`]: value } },
});

describe("a policy-routed agent refuses", () => {
  const refused: [change: object, property: string, rule: RegExp, context?: object][] = [
    [{ own: undefined }, "ownNetwork", /is missing/],
    [{ own: null }, "ownNetwork", /is null/],
    [{ existing: bridge }, "existingNetwork", /ownNetwork too/],
    [{ own: {} }, "ownNetwork.subnets", /is missing/],
    [{ own: { subnets: [] } }, "ownNetwork.subnets", /is empty/],
    [{ own: { subnets: [{ subnet: "172.31.7.1/24" }] } }, "ownNetwork.subnets[0].subnet", /bits set behind/],
    [{ own: { ...own, internal: true } }, "ownNetwork.internal", /takes every way out/],
    [{ own: { ...own, bridgeName: "a-bridge-of-16-by" } }, "ownNetwork.bridgeName", /has 17 bytes/],
    [{ own: { ...own, bridgeName: "br 0" } }, "ownNetwork.bridgeName", /not a valid interface name/],
    [{ own: { ...own, parent: "eth0" } }, "ownNetwork.parent", /is not an argument/],
    [{ own: [] }, "ownNetwork", /is not an object/],
    [option("bridge.name", "br0"), 'ownNetwork["com.docker', /said by the argument ownNetwork.bridgeName/],
    [option("host_ipv4", "198.51.100.9"), "ownNetwork.driverOptions", /said by the argument uplink.sourceAddress/],
    [
      { ...option("bridge.enable_ip_masquerade", "true"), uplink: { ...uplink, sourceAddress: "198.51.100.9" } },
      "ownNetwork.driverOptions",
      /said by the argument uplink.sourceAddress/,
    ],
    [{ own: undefined, existing: {} }, "existingNetwork.networkName", /is missing/],
    [{ own: undefined, existing: { networkName: "host" } }, "existingNetwork.networkName", /is no bridge network/],
    [{ own: undefined, existing: { networkName: "none" } }, "existingNetwork.networkName", /is no bridge network/],
    [{ own: undefined, existing: { networkName: "back" } }, "existingNetwork.bridgeName", /is missing/],
    [{ own: undefined, existing: bridge, ports }, "existingNetwork.subnets", /answers of published ports/],
    [
      { own: undefined, existing: { ...bridge, subnets: ["172.17.0.1/16"] } },
      "existingNetwork.subnets[0]",
      /bits set behind/,
    ],
    [{ own: undefined, existing: bridge, ipv4Address: "172.17.0.9" }, "ipv4Address", /default bridge does not take/],
    [{ own: undefined, existing: { ...bridge, bridgeName: "eth2" } }, "uplink.dev", /is the agent's own bridge/],
    [{ own: { ...own, bridgeName: "eth2" } }, "uplink.dev", /is the agent's own bridge/],
    [{ uplink: undefined }, "uplink", /is missing/],
    [{ uplink: null }, "uplink", /is null/],
    [{ uplink: "eth2" }, "uplink", /is not an object/],
    [{ uplink: { gateway: "198.51.100.1" } }, "uplink.dev", /is missing/],
    [{ uplink: { ...uplink, dev: "eth2; reboot" } }, "uplink.dev", /bytes|not a valid/],
    [{ uplink: { ...uplink, dev: "all" } }, "uplink.dev", /reserved name/],
    [{ uplink: { ...uplink, dev: "lo" } }, "uplink.dev", /reserved name/],
    [{ uplink: { ...uplink, gatway6: "fd00::1" } }, "uplink.gatway6", /is not an argument/],
    [{ uplink: { dev: "eth2" } }, "uplink.gateway", /is missing/],
    [{ uplink: { dev: "eth2", gateway6: "fd00::1" } }, "uplink.gateway", /network has IPv4 alone/],
    [{ uplink: { ...uplink, gateway: "fd00::1" } }, "uplink.gateway", /IPv6 address where IPv4 is meant/],
    [{ uplink: { ...uplink, gateway6: "198.51.100.1" } }, "uplink.gateway6", /IPv4 address where IPv6 is meant/],
    [{ uplink: { ...uplink, gateway6: "fe80::1%eth2" } }, "uplink.gateway6", /has a zone/],
    [{ uplink: { ...uplink, gateway: "172.31.7.9" } }, "uplink.gateway", /inside the agent's own subnet/],
    [{ uplink: { ...uplink, gateway: "0.0.0.0" } }, "uplink.gateway", /the unspecified address/],
    [{ uplink: { ...uplink, gateway: "224.0.0.1" } }, "uplink.gateway", /multicast/],
    [{ uplink: { ...uplink, pointToPoint: true } }, "uplink.pointToPoint", /and a gateway too/],
    [{ uplink: { ...uplink, pointToPoint: "yes" } }, "uplink.pointToPoint", /is not a switch/],
    [{ uplink: { ...uplink, sourceAddress: "198.51.100.1" } }, "uplink.sourceAddress", /is the gateway itself/],
    [{ uplink: { ...uplink, sourceAddress: "172.31.7.2" } }, "uplink.sourceAddress", /inside the agent's own subnet/],
    [{ uplink: { ...uplink, sourceAddress: "::1" } }, "uplink.sourceAddress", /IPv6 address where IPv4/],
    [{ uplink: { ...uplink, sourceAddress6: "2001:db8::9" } }, "uplink.sourceAddress6", /network does not have/],
    [{ own: own6, uplink: { ...uplink, sourceAddress6: "fe80::9" } }, "uplink.sourceAddress6", /link-local/],
    [
      { own: own6, uplink: { ...uplink, sourceAddress6: "2001:db8::9", sourceNat6: "masquerade" } },
      "uplink.sourceNat6",
      /sourceAddress6 too/,
    ],
    [{ uplink: { ...uplink, sourceNat6: "maybe" } }, "uplink.sourceNat6", /not one of the values/],
    [
      { own: undefined, existing: bridge, uplink: { ...uplink, sourceAddress: "198.51.100.9" } },
      "uplink.sourceAddress",
      /Docker translates/,
    ],
    [
      { fallback: "main", uplink: { ...uplink, sourceAddress: "198.51.100.9" } },
      "uplink.sourceAddress",
      /by main untranslated/,
    ],
    [{ table: undefined }, "table", /is missing/],
    [{ table: 200 }, "table", /is not an object/],
    [{ table: {} }, "table.id", /is missing/],
    [{ table: { id: 0 } }, "table.id", /unspecified/],
    [{ table: { id: 252 } }, "table.id", /reserved by the kernel/],
    [{ table: { id: 253 } }, "table.id", /table default/],
    [{ table: { id: 254 } }, "table.id", /table main/],
    [{ table: { id: 255 } }, "table.id", /table local/],
    [{ table: { id: -1 } }, "table.id", /is not the id/],
    [{ table: { id: 4294967296 } }, "table.id", /is not the id/],
    [{ table: { id: 1.5 } }, "table.id", /is not the id/],
    [{ table: { id: "200" } }, "table.id", /is not the id/],
    [{ table: { id: Number.NaN } }, "table.id", /is not the id/],
    [{ table: { id: 200, name: "main" } }, "table.name", /iproute2's own/],
    [{ table: { id: 200, name: "local" } }, "table.name", /iproute2's own/],
    [{ table: { id: 200, name: "default" } }, "table.name", /iproute2's own/],
    [{ table: { id: 200, name: "201" } }, "table.name", /not the name/],
    [{ table: { id: 200, name: "wlan rt" } }, "table.name", /not the name/],
    [{ table: { id: 200, name: "rt\n201 evil" } }, "table.name", /not the name/],
    [{ table: { id: 200, name: "" } }, "table.name", /not the name/],
    [{ priority: 0 }, "priority", /whole number of 1-32763/],
    [{ priority: 32764 }, "priority", /whole number of 1-32763/],
    [{ priority: 32766 }, "priority", /whole number of 1-32763/],
    [{ priority: "10200" }, "priority", /whole number/],
    [{ mark: "200" }, "mark", /not a mark with its mask/],
    [{ mark: 200 }, "mark", /not a mark with its mask/],
    [{ mark: "0x0/0xff" }, "mark", /the mark 0/],
    [{ mark: "0x100/0xff" }, "mark", /bits outside of its mask/],
    [{ mark: "0x100000000/0xffffffff" }, "mark", /not a mark with its mask/],
    [{ fallback: "maybe" }, "fallback", /not one of the values/],
    [{ undoWindowSeconds: 9 }, "undoWindowSeconds", /whole number of 10-3600/],
    [{ undoWindowSeconds: 3601 }, "undoWindowSeconds", /whole number of 10-3600/],
    [{ allowManagementImpact: "yes" }, "allowManagementImpact", /is not a switch/],
    [{ ipv4Address: "172.31.8.9" }, "ipv4Address", /is outside of/],
    [{ verification: { timeoutSeconds: 0 } }, "verify.timeoutSeconds", /whole number/],
    [{ extraNetworks: [] }, "extraNetworks", /is not an argument/],
    [{ container: { tabel: {} } }, "tabel", /is not an argument/],
    [{}, "host", /is missing/, { hostIdentity: undefined }],
    [{}, "ownNetwork.subnets", /by which the host is managed/, { managementAddress: "172.31.7.99" }],
  ];
  for (const [change, property, rule, context = {}] of refused) {
    it(`${JSON.stringify(change)}: ${rule.source}`, () => {
      const found = problemsOf(() => plan("probe", { ...base, ...change }, context));
      const wanted = property.startsWith('ownNetwork["') ? "ownNetwork.driverOptions" : property;
      assert.ok(
        found.some((one) => (one.property === wanted || one.property.startsWith(`${wanted}[`)) && rule.test(one.rule)),
        `found ${JSON.stringify(found)}`,
      );
    });
  }

  it("everything at once, in one error", () => {
    const found = problemsOf(() =>
      plan(
        "probe",
        {
          own: { subnets: [{ subnet: "172.31.7.0/24", gateway: "10.0.0.1" }], internal: true },
          uplink: { dev: "wlan0%", gateway: "172.31.7.5" },
          table: { id: 254, name: "main" },
          priority: 0,
          mark: "1",
          fallback: "yes",
          undoWindowSeconds: 1,
          ports: [{}],
        },
        { hostIdentity: undefined },
      ),
    );
    assert.deepEqual(found.map(({ property }) => property).sort(), [
      "fallback",
      "host",
      "mark",
      "ownNetwork.internal",
      "ownNetwork.subnets[0].gateway",
      "ports[0].internal",
      "priority",
      "table.id",
      "table.name",
      "undoWindowSeconds",
      "uplink.dev",
      "uplink.gateway",
    ]);
  });
});

describe("policy-routed agents of one host", () => {
  const second = { ...base, own: { subnets: [{ subnet: "172.31.8.0/24" }] } };
  const conflicts: [what: string, change: object, property: string | undefined, rule?: RegExp][] = [
    ["may share a table", {}, undefined],
    ["may not call one table differently", { table: { id: 200, name: "other" } }, "table", /200 name wr200/],
    ["may not give one table two ways", { uplink: { ...uplink, dev: "eth3" } }, "table", /dev eth2.*"east"/],
    ["may not give one table two fallbacks", { fallback: "main" }, "table", /fallback none/],
    ["may not give one name to two tables", { table: { id: 201, name: "wr200" } }, "table.name", /table 200/],
    ["may not mix two tables at one priority", { table: { id: 201 }, priority: 12002 }, "priority", /12002 table 200/],
    ["may have a table each", { table: { id: 201 }, uplink: { ...uplink, dev: "eth3" } }, undefined],
    ["may not use one mark for two tables", { table: { id: 455 }, ports }, "mark", /table 200/],
    ["may not share a bridge", { own: { ...second.own, bridgeName: "wr0" } }, "ownNetwork.bridgeName", /claimed by/],
  ];
  for (const [what, change, property, rule] of conflicts) {
    it(what, () => {
      const inventory = new Inventory();
      const east = plan("east", { ...base, own: { ...own, bridgeName: "wr0" }, ports: [{ internal: 80 }] });
      assert.deepEqual(inventory.add("east", east.claims), []);
      const found = inventory.add("west", plan("west", { ...second, ...change }).claims);
      assert.deepEqual(new Set(found.map((one) => one.property)), new Set(property === undefined ? [] : [property]));
      if (rule) assert.match(found[0]!.rule, rule);
    });
  }

  it("that stand on one bridge leave by one table", () => {
    const inventory = new Inventory();
    const on = (name: string, id: number) =>
      plan(name, { existing: bridge, uplink: { ...uplink, dev: `eth${id}` }, table: { id } }).claims;
    assert.deepEqual(inventory.add("east", on("east", 2)), []);
    assert.deepEqual(inventory.add("west", on("west", 2)), []);
    const [problem] = inventory.add("north", on("north", 3));
    assert.equal(problem?.property, "existingNetwork");
    assert.match(problem?.rule ?? "", /is "docker0 table 2" for PolicyRoutedAgent "east"/);
  });
});
