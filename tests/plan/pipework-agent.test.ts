import { strict as assert } from "node:assert";
import { type PipeworkAgentSettings, planPipeworkAgent } from "../../lib/plan/pipework-agent";
import { contextOf, factLines, rulesOf } from "./support";

const plan = (settings: PipeworkAgentSettings, more = {}) =>
  planPipeworkAgent(contextOf("PipeworkAgent", "probe", more), settings);
const rules = (settings: object, more = {}) => rulesOf(() => plan(settings as PipeworkAgentSettings, more));

const LAN = {
  parent: "eth1",
  ipv4Address: "192.168.9.90/24",
  gateway: "192.168.9.1",
  ipv6Address: "fd00:9::90/64",
  macAddress: "02:00:00:00:00:90",
};

describe("a pipework agent", () => {
  it("on a link of the host comes to this", () => {
    const planned = plan({ interfaces: [LAN], container: { image: "busybox" } });
    assert.deepEqual(factLines(planned.hostState), [
      "require parent eth1 attached",
      "attach eth1 container probe type macvlan parent eth1 mode bridge address 02:00:00:00:00:90 addr 192.168.9.90/24 via 192.168.9.1 addr6 fd00:9::90/64",
    ]);
    assert.deepEqual(planned.verify, ["timeout 10", "attached eth1", "gateway 192.168.9.1 dev eth1"]);
    assert.deepEqual(planned.endpoints, []);
    assert.deepEqual(
      planned.claims.map(({ scope, kind, value, property }) => `${scope}: ${kind} ${value} (${property})`),
      [
        "host edge link eth1: parent eth1 (interfaces[0].parent)",
        "host edge link eth1: address 192.168.9.90 (interfaces[0].ipv4Address)",
        "host edge link eth1: address fd00:9::90 (interfaces[0].ipv6Address)",
        "host edge link eth1: mac 02:00:00:00:00:90 (interfaces[0].macAddress)",
        "docker edge: container probe (containerName)",
      ],
    );
  });

  it("has several interfaces: on a VLAN, and as a port of a bridge, each with a MAC that stays", () => {
    const { hostState, interfaces, links } = plan({
      interfaces: [
        { parent: "eth1", vlan: 40 },
        { bridge: "br0", name: "lan0", mtu: 1400 },
      ],
    });
    const [voice, lan] = interfaces;
    assert.deepEqual(factLines(hostState), [
      "require bridge br0",
      "require link eth1",
      "require module 8021q",
      "require parent eth1.40 attached",
      "link eth1.40 parent eth1 type vlan id 40",
      `attach eth1 container probe type macvlan parent eth1.40 mode bridge address ${voice!.macAddress}`,
      `attach lan0 container probe type veth peer ${/peer (\S+)/.exec(factLines(hostState)[6]!)![1]} master br0 address ${lan!.macAddress} mtu 1400`,
    ]);
    assert.equal(links, "link eth1.40 parent eth1 type vlan id 40");
    assert.notEqual(voice!.macAddress, lan!.macAddress);
  });

  it("waits for its interfaces in front of the program that it names", () => {
    const wait = { interfaces: [LAN], waitForInterfaces: true };
    const [shell, , script, zero] = plan({ ...wait, namesProgram: true }).wait;
    assert.deepEqual([shell, zero], ["/bin/sh", "sh"]);
    assert.match(script!, /until named eth1 <\/proc\/net\/route; [\s\S]*exec "\$@"$/);
    assert.deepEqual(plan({ interfaces: [LAN] }).wait, []);
    assert.deepEqual(rules(wait), ["waitForInterfaces: puts a wait in front of the program, and none is named"]);
  });

  it("is refused with all that is wrong, each by its name", () => {
    assert.deepEqual(rules({ interfaces: [] }), ["interfaces: holds no interface"]);
    assert.deepEqual(rules({ interfaces: [LAN] }, { hostIdentity: undefined }), ["host: is missing"]);
    assert.deepEqual(
      rules({
        interfaces: [
          { ...LAN, bridge: "br0", gateway: "192.168.10.1" },
          { vlan: 4095, name: "eth1" },
          { bridge: "br0", vlan: 40, gateway6: "fd00:9::1", ipv4Address: "192.168.9.255/24" },
          { parent: "eth2", ipv4Address: "192.168.9.90", ipv6Address: "fd00:9::/64", mtu: 1000 },
        ],
      }),
      [
        "interfaces[0]: has parent and bridge",
        "interfaces[0].gateway: is not in the prefix of 192.168.9.90/24",
        "interfaces[1]: has neither parent nor bridge",
        "interfaces[1].vlan: is not a whole number of 1-4094",
        "interfaces[2].vlan: is a tag on a parent, not on a bridge",
        "interfaces[2].ipv4Address: is the broadcast address",
        "interfaces[2].gateway6: needs ipv6Address",
        "interfaces[3].ipv4Address: is not an address with prefix length",
        "interfaces[3].ipv6Address: is the subnet-router anycast address",
        "interfaces[1].name: is the name of interfaces[0] too",
      ],
    );
  });

  it("has one default route", () => {
    const second = { parent: "eth2", ipv4Address: "10.0.0.2/24", gateway: "10.0.0.1" };
    assert.deepEqual(rules({ interfaces: [LAN, second] }), [
      "interfaces[1].gateway: is given by interfaces[0] already",
    ]);
    assert.deepEqual(rules({ interfaces: [LAN], extraNetworks: [{ name: "bridge" }] }), [
      "interfaces[0].gateway: is a second default route: Docker gives the container one by its further networks",
    ]);
    const { gateway: _, ...measuring } = LAN;
    const beside = plan({ interfaces: [measuring], extraNetworks: [{ name: "bridge", management: true }] });
    assert.deepEqual(
      beside.endpoints.map(({ networkName }) => networkName),
      ["bridge"],
    );
  });
});
