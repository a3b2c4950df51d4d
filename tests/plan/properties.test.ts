import { strict as assert } from "node:assert";
import * as fc from "fast-check";
import { type AddressRange, contains, overlaps } from "../../lib/net/range";
import { planBridgeAgent } from "../../lib/plan/bridge-agent";
import { planConnection } from "../../lib/plan/connection";
import { checkContainer } from "../../lib/plan/container";
import { planHostNetworkAgent } from "../../lib/plan/host-network-agent";
import { factText, hostStateText, parseFact } from "../../lib/plan/host-state";
import { planIpv6DnatService } from "../../lib/plan/ipv6-dnat-service";
import { planIpvlanAgent } from "../../lib/plan/ipvlan-agent";
import { planIpvlanNetwork } from "../../lib/plan/ipvlan-network";
import { planLanBridge } from "../../lib/plan/lan-bridge";
import { planLanPool } from "../../lib/plan/lan-pool";
import { type MacvlanAgentSettings, planMacvlanAgent } from "../../lib/plan/macvlan-agent";
import { type MacvlanNetworkSettings, planMacvlanNetwork } from "../../lib/plan/macvlan-network";
import { planPipeworkAgent } from "../../lib/plan/pipework-agent";
import { planPolicyRoutedAgent } from "../../lib/plan/policy-routed-agent";
import { planVlanInterface } from "../../lib/plan/vlan-interface";
import { ArgumentError } from "../../lib/problems";
import { address, prefix, range } from "../net/support";
import { contextOf } from "./support";

const network = contextOf("MacvlanNetwork", "lan");
const agent = contextOf("MacvlanAgent", "probe");
const header = { host: "edge", owner: "demo/dev/x" };

// Values as people get them wrong: near the right thing, of the wrong type, or from another planet.
const value = fc.oneof(
  fc.constantFrom<unknown>(
    "192.168.9.0/24",
    "192.168.9.64/26",
    "192.168.9.1",
    "192.168.9.2",
    "192.168.9.70",
    "192.168.9.100-192.168.9.120",
    "fd00:9::/64",
    "fd00:9::2",
    "eth0",
    "eth0.215",
    "bridge",
    "private",
    "02:00:00:00:00:01",
    true,
    1500,
    0,
    -1,
    Number.NaN,
    null,
    undefined,
    "",
    [],
    {},
    "lan",
    "-",
    "__proto__",
  ),
  fc.string(),
  fc.anything({ maxDepth: 2, maxKeys: 3 }),
);
const listOf = <T>(one: fc.Arbitrary<T>) => fc.oneof({ weight: 5, arbitrary: fc.array(one, { maxLength: 3 }) }, value);
const objectOf = (members: { [name: string]: fc.Arbitrary<unknown> }) =>
  fc.oneof({ weight: 6, arbitrary: fc.record(members, { requiredKeys: [] }) }, value);
const named = fc.oneof(fc.dictionary(fc.oneof(fc.constantFrom("a", "__proto__", "b c"), fc.string()), value), value);

const anyNetwork = objectOf({
  networkName: value,
  parent: value,
  vlan: value,
  mode: value,
  flag: value,
  bridge: value,
  port: value,
  linkName: value,
  hostAddress: value,
  hostAddress6: value,
  internal: value,
  subnets: listOf(objectOf({ subnet: value, gateway: value, ipRange: value, reserved: named })),
  dhcpRanges: listOf(value),
  hostAccess: objectOf({ linkName: value, address: value, address6: value, macAddress: value, mtu: value }),
  labels: named,
  driverOptions: named,
});
const anyPool = objectOf({
  range: value,
  range6: value,
  exclude: listOf(value),
  agents: listOf(value),
  pinned: named,
  pinned6: named,
});
const anyTrunk = objectOf({
  parent: value,
  vlans: listOf(objectOf({ id: fc.oneof(value, fc.integer()), linkName: value, protocol: value, mtu: value })),
});
const anyContainer = objectOf({
  image: value,
  containerName: value,
  restart: value,
  memoryMiB: value,
  command: listOf(value),
  volumes: listOf(objectOf({ containerPath: value, hostPath: value, volumeName: value })),
  tmpfs: named,
  devices: listOf(objectOf({ hostPath: value, containerPath: value, permissions: value })),
  ulimits: listOf(objectOf({ name: value, soft: value, hard: value })),
  hosts: listOf(objectOf({ host: value, ip: value })),
  environment: named,
  labels: named,
  ports: value,
});
const anyAgent = objectOf({
  own: anyNetwork,
  network: objectOf({
    name: value,
    driver: fc.constantFrom("macvlan", "ipvlan"),
    parent: value,
    subnets: listOf(objectOf({ subnet: value })),
    dhcpRanges: listOf(value),
    shim: objectOf({ linkName: value, address: value, macAddress: value }),
  }),
  ipv4Address: value,
  ipv6Address: value,
  macAddress: value,
  aliases: listOf(value),
  extraNetworks: listOf(objectOf({ name: value, ipv4Address: value, management: value, gatewayPriority: value })),
  defaultRoute: value,
  verification: objectOf({ enabled: value, gateway: value, target: value, command: listOf(value) }),
  container: anyContainer,
  networkName: value,
  ports: listOf(objectOf({ internal: value, external: value, ip: value, protocol: value })),
  listens: listOf(objectOf({ port: value, ip: value, protocol: value })),
});
const anyPolicy = objectOf({
  own: objectOf({
    subnets: listOf(objectOf({ subnet: value, gateway: value })),
    bridgeName: value,
    driverOptions: named,
  }),
  existing: objectOf({ networkName: value, bridgeName: value, subnets: listOf(value) }),
  uplink: objectOf({
    dev: value,
    gateway: value,
    gateway6: value,
    pointToPoint: value,
    sourceAddress: value,
    sourceAddress6: value,
    sourceNat6: value,
  }),
  table: objectOf({ id: value, name: value }),
  priority: value,
  mark: value,
  fallback: value,
  ports: listOf(objectOf({ internal: value, external: value })),
  ipv4Address: value,
  verification: objectOf({ enabled: value, target: value }),
  allowManagementImpact: value,
  undoWindowSeconds: value,
});
const anyPipework = objectOf({
  interfaces: listOf(
    objectOf({
      name: value,
      parent: value,
      bridge: value,
      vlan: value,
      ipv4Address: fc.oneof(value, fc.constant("dhcp")),
      gateway: value,
      dhcp: objectOf({ hostname: value, clientId: value }),
      ipv6Address: value,
      gateway6: value,
      macAddress: value,
      mtu: value,
    }),
  ),
  extraNetworks: listOf(objectOf({ name: value, management: value })),
  waitForInterfaces: value,
  verification: objectOf({ enabled: value, gateway: value, target: value }),
  container: anyContainer,
});
const anyConnection = objectOf({
  address: value,
  port: value,
  user: value,
  privateKey: value,
  hostKey: value,
  insecureIgnoreHostKey: value,
  identity: value,
  proxy: objectOf({ address: value, hostKey: value, privateKey: value }),
  dockerEndpoint: value,
});

const anyService = objectOf({
  container: value,
  network: value,
  ports: fc.oneof(value, fc.array(objectOf({ port: value, lastPort: value, containerPort: value, protocol: value }))),
  addresses: fc.oneof(value, fc.array(value)),
  link: value,
  allowFrom: fc.oneof(value, fc.array(value)),
  verification: objectOf({ enabled: value, timeoutSeconds: value }),
});

describe("whatever the arguments are", function () {
  this.timeout(60_000);

  const plans: [what: string, arguments_: fc.Arbitrary<unknown>, plan: (settings: never) => unknown][] = [
    ["planMacvlanNetwork", anyNetwork, (settings) => planMacvlanNetwork(network, settings)],
    ["planIpvlanNetwork", anyNetwork, (settings) => planIpvlanNetwork(network, settings)],
    ["planIpvlanAgent", anyAgent, (settings) => planIpvlanAgent(agent, settings)],
    ["planLanBridge", anyNetwork, (settings) => planLanBridge(network, settings)],
    ["planHostNetworkAgent", anyAgent, (settings) => planHostNetworkAgent(agent, settings)],
    ["planLanPool", anyPool, (settings) => planLanPool(network, settings)],
    ["planVlanInterface", anyTrunk, (settings) => planVlanInterface(network, settings)],
    ["planMacvlanAgent", anyAgent, (settings) => planMacvlanAgent(agent, settings)],
    ["planBridgeAgent", anyAgent, (settings) => planBridgeAgent(agent, settings)],
    ["planPolicyRoutedAgent", anyPolicy, (settings) => planPolicyRoutedAgent(agent, settings)],
    ["planIpv6DnatService", anyService, (settings) => planIpv6DnatService(agent, settings)],
    ["planPipeworkAgent", anyPipework, (settings) => planPipeworkAgent(agent, settings)],
    ["checkContainer", anyContainer, (settings) => checkContainer(agent, settings)],
    ["planConnection", anyConnection, (settings) => planConnection({ component: "Host", name: "h" }, settings)],
  ];
  for (const [what, settings, plan] of plans) {
    it(`${what} throws an ArgumentError, or nothing`, () => {
      fc.assert(
        fc.property(settings, (given) => {
          try {
            plan(given as never);
          } catch (error) {
            if (!(error instanceof ArgumentError)) {
              throw error;
            }
            assert.ok(error.problems.length > 0);
            assert.doesNotMatch(error.message, /[^\x20-\x7e\n…]/);
          }
        }),
        { numRuns: 300 },
      );
    });
  }
});

describe("whatever a policy-routed agent may be given", () => {
  const prefixes = fc.uniqueArray(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 3 });
  const right = fc.record({
    third: prefixes,
    six: fc.boolean(),
    id: fc.integer({ min: 256, max: 0xffffffff }),
    priority: fc.option(fc.integer({ min: 1, max: 32763 }), { nil: undefined }),
    gateway6: fc.option(fc.constantFrom("fe80::1", "2001:db8:2::1"), { nil: undefined }),
    fallback: fc.constantFrom(undefined, "none", "main"),
    ports: fc.constantFrom(undefined, [{ internal: 80 }]),
  });

  it("its facts are read back as they are, and no rule comes without a table that ends where fallback says", () => {
    fc.assert(
      fc.property(right, ({ third, six, id, gateway6, ...rest }) => {
        const { hostState } = planPolicyRoutedAgent(agent, {
          ...rest,
          own: {
            subnets: [
              ...third.map((one) => ({ subnet: `172.31.${one}.0/24` })),
              ...(six ? [{ subnet: "fd00:31::/64" }] : []),
            ],
          },
          uplink: { dev: "eth2", gateway: "198.51.100.1", gateway6 },
          table: { id },
        });
        assert.deepEqual(
          hostState.facts.map((fact) => parseFact(factText(fact))),
          hostState.facts,
        );
        const texts = hostState.facts.map(factText);
        assert.equal(
          texts.filter((text) => / suppress_prefixlength 0 /.test(text)).length,
          third.length + (six ? 1 : 0),
        );
        const ends = texts.filter((text) => text.startsWith("route unreachable ")).length;
        assert.equal(ends, rest.fallback === "main" ? 0 : six ? 2 : 1);
        assert.ok(
          hostState.facts.every((fact) => fact.kind !== "rule" || (fact.priority >= 1 && fact.priority < 32766)),
        );
      }),
    );
  });
});

/** A network that is right: its parts lie in 10.x.0.0/16 in an order that is drawn. */
const goodNetwork = fc
  .record({
    second: fc.integer({ min: 0, max: 255 }),
    length: fc.integer({ min: 16, max: 24 }),
    poolBits: fc.integer({ min: 1, max: 3 }),
    pool: fc.integer({ min: 0, max: 7 }),
    host: fc.boolean(),
    reserve: fc.boolean(),
    keys: fc.integer({ min: 0, max: 5 }),
  })
  .map(({ second, length, poolBits, pool, host, reserve, keys }) => {
    const lan = prefix(`10.${second}.0.0/${length}`);
    const at = (value: bigint) => textOf(value);
    const poolSize = (lan.last - lan.first + 1n) >> BigInt(poolBits);
    const first = lan.first + poolSize * BigInt(1 + (pool % (2 ** poolBits - 1 || 1)));
    const settings: MacvlanNetworkSettings = {
      parent: "eth0",
      subnets: [
        {
          subnet: at(lan.first).concat(`/${length}`),
          gateway: at(lan.first + 1n),
          ipRange: `${at(first)}/${length + poolBits}`,
          ...(reserve && { reserved: { z: at(first), a: at(first + 1n) } }),
        },
      ],
      ...(host && { hostAccess: { address: at(lan.first + 2n) } }),
    };
    return { settings, lan, turned: turnedKeys(settings, keys) as MacvlanNetworkSettings };
  });

function textOf(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join(".");
}

/** The same value with the keys of every object in another order. */
function turnedKeys(value: unknown, by: number): unknown {
  if (Array.isArray(value)) {
    return value.map((one) => turnedKeys(one, by));
  }
  if (value === null || typeof value !== "object") {
    return value;
  }
  const entries = Object.entries(value).map(([key, one]) => [key, turnedKeys(one, by)] as const);
  return Object.fromEntries(
    [...entries.slice(by % entries.length), ...entries.slice(0, by % entries.length)].reverse(),
  );
}

describe("for any right network", function () {
  this.timeout(60_000);

  it("the plan does not depend on the order of keys", () => {
    fc.assert(
      fc.property(goodNetwork, ({ settings, turned }) => {
        assert.equal(
          JSON.stringify(planMacvlanNetwork(network, turned)),
          JSON.stringify(planMacvlanNetwork(network, settings)),
        );
      }),
    );
  });

  it("planning what was planned changes nothing: canonical text is a fixed point", () => {
    fc.assert(
      fc.property(goodNetwork, ({ settings }) => {
        const first = planMacvlanNetwork(network, settings);
        const again = planMacvlanNetwork(network, { ...settings, subnets: first.subnets });
        assert.equal(JSON.stringify(again), JSON.stringify(first));
      }),
    );
  });

  it("the host's routes lead to the pool alone, never to gateway, reserved or own addresses, and never twice", () => {
    fc.assert(
      fc.property(goodNetwork, ({ settings }) => {
        const { hostState, facts } = planMacvlanNetwork(network, settings);
        const routes: AddressRange[] = hostState.facts.flatMap((fact) =>
          fact.kind === "route" ? [prefix(fact.destination)] : [],
        );
        const subnet = facts.subnets[0]!;
        const others = [
          subnet.gateway!,
          ...Object.values(subnet.reserved ?? {}),
          facts.shim?.address ?? subnet.gateway!,
        ];
        routes.forEach((route, index) => {
          assert.ok(contains(range(subnet.ipRange!), { family: 4, value: route.first }));
          assert.ok(!others.some((one) => contains(route, address(one))));
          assert.ok(!routes.slice(index + 1).some((other) => overlaps(route, other)));
        });
        assert.equal(routes.length > 0, facts.shim !== undefined);
      }),
    );
  });

  it("an address is accepted exactly when it is inside and nobody else's", () => {
    const cases = goodNetwork.chain(({ settings, lan }) =>
      fc
        .bigInt({ min: lan.first - 2n, max: lan.last + 2n })
        .map((chosen) => ({ settings, lan, chosen: textOf(chosen), number: chosen })),
    );
    fc.assert(
      fc.property(cases, ({ settings, lan, chosen, number }) => {
        const { facts } = planMacvlanNetwork(network, settings);
        const subnet = facts.subnets[0]!;
        const taken = [subnet.gateway, ...Object.values(subnet.reserved ?? {}), facts.shim?.address];
        const free = lan.first < number && number < lan.last && !taken.includes(chosen);
        const arguments_: MacvlanAgentSettings = { network: facts, ipv4Address: chosen };
        try {
          const { endpoints } = planMacvlanAgent(agent, arguments_);
          assert.ok(free, `${chosen} was accepted`);
          assert.equal(endpoints[0]?.ipv4Address, chosen);
        } catch (error) {
          assert.ok(error instanceof ArgumentError && !free, `${chosen}: ${error}`);
        }
      }),
    );
  });

  it("host state is printable lines", () => {
    fc.assert(
      fc.property(goodNetwork, ({ settings }) => {
        assert.match(hostStateText(header, planMacvlanNetwork(network, settings).hostState), /^([\x20-\x7e]+\n)+$/);
      }),
    );
  });
});
