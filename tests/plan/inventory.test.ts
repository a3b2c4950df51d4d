import { strict as assert } from "node:assert";
import { type Claim, Inventory } from "../../lib/plan/inventory";
import { planMacvlanAgent } from "../../lib/plan/macvlan-agent";
import { type MacvlanNetworkSettings, planMacvlanNetwork } from "../../lib/plan/macvlan-network";
import { contextOf } from "./support";

function claim(name: string, kind: Claim["kind"], value: string, more: Partial<Claim> = {}): Claim {
  return { scope: "docker edge", kind, value, component: "MacvlanAgent", name, property: kind, ...more };
}

describe("the inventory", () => {
  const conflicts: [kind: Claim["kind"], first: string, second: string, collide: boolean][] = [
    ["address", "192.168.9.7", "192.168.9.7", true],
    ["address", "192.168.9.7", "192.168.9.8", false],
    ["mac", "02:00:00:00:00:01", "02:00:00:00:00:01", true],
    ["subnet", "192.168.9.0/24", "192.168.0.0/16", true],
    ["subnet", "192.168.9.0/24", "192.168.8.0/24", false],
    ["subnet", "192.168.9.0/24", "192.168.9.0/24", false],
    ["range", "192.168.9.0/24", "192.168.9.0/24", true],
    ["range", "192.168.9.64/26", "192.168.9.64/27", true],
    ["range", "192.168.9.64/26", "192.168.9.128/26", false],
    ["range", "fd00::/64", "0.0.0.0/1", false],
    ["port", "tcp/80 *", "tcp/80 *", true],
    ["port", "tcp/80 *", "tcp/80 192.0.2.1", true],
    ["port", "tcp/80 192.0.2.2", "tcp/80 192.0.2.1", false],
    ["port", "tcp/80 0.0.0.0", "tcp/80 192.0.2.1", true],
    ["port", "tcp/80 0.0.0.0", "tcp/80 2001:db8::1", false],
    ["port", "tcp/80 2001:db8::1", "tcp/80 ::", true],
    ["port", "tcp/80 0.0.0.0", "tcp/80 ::", false],
    ["port", "tcp/80 *", "udp/80 *", false],
    ["port", "tcp/80 *", "tcp/800 *", false],
    ["interface", "shim0", "shim0", true],
    ["network", "lan", "lan", true],
    ["container", "probe", "probe", true],
  ];
  for (const [kind, first, second, collide] of conflicts) {
    it(`${collide ? "refuses" : "takes"} ${kind} ${second} beside ${first}`, () => {
      const inventory = new Inventory();
      assert.deepEqual(inventory.add("a", [claim("a", kind, first)]), []);
      assert.equal(inventory.add("b", [claim("b", kind, second)]).length, collide ? 1 : 0);
    });
  }

  it("names the other component, its argument, the place, and a way out", () => {
    const inventory = new Inventory();
    const scope = "host edge link eth0";
    inventory.add("a", [claim("a", "address", "192.168.9.7", { scope, property: "ipv4Address" })]);
    assert.deepEqual(inventory.add("b", [claim("b", "address", "192.168.9.7", { scope, property: "ipv4Address" })]), [
      {
        property: "ipv4Address",
        value: "192.168.9.7",
        rule: 'is claimed by MacvlanAgent "a" (ipv4Address) too, on host edge, link eth0',
        wayOut: "choose another address",
      },
    ]);
  });

  it("keeps scopes apart", () => {
    const inventory = new Inventory();
    inventory.add("a", [claim("a", "address", "192.168.9.7", { scope: "host edge link eth0" })]);
    assert.deepEqual(inventory.add("b", [claim("b", "address", "192.168.9.7", { scope: "host edge link eth1" })]), []);
    assert.deepEqual(inventory.add("c", [claim("c", "address", "192.168.9.7", { scope: "host core link eth0" })]), []);
  });

  it("lets many share what all of them call shared, and nobody else have it", () => {
    const inventory = new Inventory();
    const gateway = (name: string, shared: boolean) => [claim(name, "address", "192.168.9.1", { shared })];
    assert.deepEqual(inventory.add("a", gateway("a", true)), []);
    assert.deepEqual(inventory.add("b", gateway("b", true)), []);
    assert.equal(inventory.add("c", gateway("c", false)).length, 1);
  });

  it("takes what a component claims now in place of what it claimed before", () => {
    const inventory = new Inventory();
    inventory.add("a", [claim("a", "address", "192.168.9.7")]);
    inventory.add("a", [claim("a", "address", "192.168.9.8")]);
    assert.deepEqual(inventory.add("b", [claim("b", "address", "192.168.9.7")]), []);
    assert.equal(inventory.add("c", [claim("c", "address", "192.168.9.8")]).length, 1);
  });

  it("never sets a component against itself", () => {
    const twice = [claim("a", "range", "192.168.9.0/24"), claim("a", "range", "192.168.9.0/25")];
    assert.deepEqual(new Inventory().add("a", twice), []);
  });

  it("stays fast with a thousand agents", () => {
    const inventory = new Inventory();
    const start = process.cpuUsage().user;
    for (let index = 0; index < 1000; index++) {
      const address = `10.0.${index >> 8}.${index & 255}`;
      const claims = [claim(`a${index}`, "address", address), claim(`a${index}`, "container", `a${index}`)];
      assert.deepEqual(inventory.add(`a${index}`, claims), []);
    }
    assert.ok(process.cpuUsage().user - start < 500_000, "half a second of CPU");
  });

  describe("with real plans", () => {
    const lan: MacvlanNetworkSettings = {
      parent: "eth0",
      subnets: [{ subnet: "192.168.9.0/24", gateway: "192.168.9.1", ipRange: "192.168.9.64/26" }],
    };
    const network = planMacvlanNetwork(contextOf("MacvlanNetwork", "lan"), lan);
    const agent = (name: string, settings: object) =>
      planMacvlanAgent(contextOf("MacvlanAgent", name), { network: network.facts, ...settings }).claims;

    it("takes a network with agents, and a second network of the same LAN with a pool of its own", () => {
      const inventory = new Inventory();
      const [subnet] = lan.subnets!;
      const second = { ...lan, subnets: [{ ...subnet!, ipRange: "192.168.9.128/26" }] };
      assert.deepEqual(inventory.add("lan", network.claims), []);
      assert.deepEqual(
        inventory.add("lan-2", planMacvlanNetwork(contextOf("MacvlanNetwork", "lan-2"), second).claims),
        [],
      );
      assert.deepEqual(inventory.add("a", agent("a1", { ipv4Address: "192.168.9.70" })), []);
      assert.deepEqual(inventory.add("b", agent("b1", { ipv4Address: "192.168.9.71" })), []);
    });

    it("finds every conflict of two agents at once", () => {
      const inventory = new Inventory();
      const settings = {
        ipv4Address: "192.168.9.70",
        macAddress: "02:00:00:00:00:70",
        container: { containerName: "probe" },
      };
      inventory.add("a", agent("a1", settings));
      const found = inventory.add("b", agent("b1", settings));
      assert.deepEqual(
        found.map(({ property }) => property),
        ["containerName", "ipv4Address", "macAddress"],
      );
    });

    it("finds an agent on another network of the same link that takes the router's address", () => {
      const inventory = new Inventory();
      inventory.add("lan", network.claims);
      const own = { parent: "eth0", subnets: [{ subnet: "192.168.0.0/16", gateway: "192.168.0.1" }] };
      const thief = planMacvlanAgent(contextOf("MacvlanAgent", "thief"), { own, ipv4Address: "192.168.9.1" });
      const found = inventory.add("thief", thief.claims);
      assert.deepEqual(
        found.map(({ property }) => property),
        ["ownNetwork.subnets[0].subnet", "ownNetwork.subnets[0].subnet", "ipv4Address"],
      );
    });

    it("leaves a passthru parent to one network", () => {
      const inventory = new Inventory();
      const passthru = planMacvlanNetwork(contextOf("MacvlanNetwork", "x"), { parent: "eth0", mode: "passthru" });
      inventory.add("lan", network.claims);
      assert.deepEqual(
        inventory.add("x", passthru.claims).map(({ property, rule }) => [property, rule]),
        [["parent", 'is claimed by MacvlanNetwork "lan" (parent) too, on host edge, link eth0']],
      );
    });
  });
});
