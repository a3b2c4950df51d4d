import { strict as assert } from "node:assert";
import { type MacvlanAgentSettings, planMacvlanAgent } from "../../lib/plan/macvlan-agent";
import { planMacvlanNetwork } from "../../lib/plan/macvlan-network";
import { contextOf, problemsOf, rulesOf } from "./support";

const network = planMacvlanNetwork(contextOf("MacvlanNetwork", "lan"), {
  parent: "eth0",
  subnets: [
    {
      subnet: "192.168.9.0/24",
      gateway: "192.168.9.1",
      ipRange: "192.168.9.64/26",
      reserved: { printer: "192.168.9.20" },
    },
    { subnet: "fd00:9::/64" },
  ],
  dhcpRanges: ["192.168.9.200-192.168.9.250"],
  hostAccess: { address: "192.168.9.2" },
}).facts;

const own = { parent: "eth0", subnets: [{ subnet: "192.168.9.0/24", gateway: "192.168.9.1" }] };
const onLan = (more: object) => ({ network, ...more });
const extra = (...extraNetworks: unknown[]) => ({ network, extraNetworks });

const table: { [topic: string]: [settings: unknown, property: string, rule: RegExp][] } = {
  networks: [
    [{}, "network", /is missing/],
    [{ network, own }, "network", /is given, and ownNetwork too/],
    [{ network: { ...network, driver: "bridge" } }, "network", /is not a macvlan network/],
    [{ network: { ...network, host: "other" } }, "network", /is on host other, the agent on host edge/],
    [{ network: { ...network, subnets: [{ subnet: "x" }] } }, "network.subnets[0].subnet", /is not a prefix/],
    [{ own: { ...own, parnet: "eth0" } }, "ownNetwork.parnet", /is not an argument/],
    [{ own: { ...own, networkName: "a b" } }, "ownNetwork.networkName", /not allowed/],
    [{ own: null }, "ownNetwork", /is null/],
    [{ network: null }, "network", /is null/],
    [{ network: "lan" }, "network", /is not an object/],
  ],
  addresses: [
    [onLan({ ipv4Address: "192.168.8.7" }), "ipv4Address", /outside of 192\.168\.9\.0\/24/],
    [onLan({ ipv4Address: "192.168.9.1" }), "ipv4Address", /is the gateway/],
    [onLan({ ipv4Address: "192.168.9.2" }), "ipv4Address", /the host's own address/],
    [onLan({ ipv4Address: "192.168.9.20" }), "ipv4Address", /is reserved as printer/],
    [onLan({ ipv4Address: "192.168.9.0" }), "ipv4Address", /the network address/],
    [onLan({ ipv4Address: "192.168.9.255" }), "ipv4Address", /the broadcast address/],
    [onLan({ ipv4Address: "192.168.9.222" }), "ipv4Address", /inside DHCP range/],
    [onLan({ ipv4Address: "fd00:9::7" }), "ipv4Address", /IPv6 address where IPv4 is meant/],
    [onLan({ ipv6Address: "192.168.9.7" }), "ipv6Address", /IPv4 address where IPv6 is meant/],
    [onLan({ ipv6Address: "fd00:9::" }), "ipv6Address", /subnet-router anycast/],
    [onLan({ ipv6Address: "fd00:9::1" }), "ipv6Address", /takes as gateway when none is given/],
    [onLan({ ipv6Address: "fe80::7%eth0" }), "ipv6Address", /zone/],
    [onLan({ ipv4Address: "" }), "ipv4Address", /is not an address/],
    [onLan({ ipv4Address: null }), "ipv4Address", /is null/],
    [onLan({ ipv4Address: "192.168.9.7/24" }), "ipv4Address", /prefix length/],
    [{ own: { parent: "eth0" }, ipv4Address: "192.168.9.7" }, "ipv4Address", /given no IPv4 subnet/],
    [{ own, ipv6Address: "fd00::7" }, "ipv6Address", /given no IPv6 subnet/],
    [{ own: { ...own, dhcpRanges: ["192.168.9.9-192.168.9.19"] } }, "ipv4Address", /left to Docker.*DHCP server/],
    [
      {
        own: {
          parent: "eth0",
          subnets: [{ subnet: "192.0.2.0/30", gateway: "192.0.2.1", reserved: { a: "192.0.2.2" } }],
        },
      },
      "ipv4Address",
      /no address of .* is free/,
    ],
    [
      { own: { ...own, hostAccess: { address: "192.168.9.7" } }, ipv4Address: "192.168.9.7" },
      "ownNetwork.hostAccess.address",
      /is the address of the agent/,
    ],
    [
      { own: { ...own, hostAccess: { address: "192.168.9.7" } } },
      "ownNetwork.hostAccess.address",
      /does not say where/,
    ],
  ],
  "MAC addresses and aliases": [
    [onLan({ macAddress: "" }), "macAddress", /is not a MAC address/],
    [onLan({ macAddress: "01:00:5e:00:00:01" }), "macAddress", /lowest bit of the first octet/],
    [onLan({ macAddress: "00:00:00:00:00:00" }), "macAddress", /all zero/],
    [onLan({ macAddress: "ff:ff:ff:ff:ff:ff" }), "macAddress", /broadcast/],
    [onLan({ macAddress: "02:00:00:00:00" }), "macAddress", /has 5 octets/],
    [onLan({ macAddress: "02:00:00:00:00:00:00:00" }), "macAddress", /has 8 octets/],
    [{ own: { ...own, mode: "passthru" }, macAddress: "02:00:00:00:00:70" }, "macAddress", /the MAC of the parent/],
    [onLan({ aliases: ["a b"] }), "aliases[0]", /is not a host name/],
    [onLan({ aliases: "a" }), "aliases", /is not a list/],
  ],
  "extra networks": [
    [extra({}), "extraNetworks[0].name", /is missing/],
    [extra({ name: "a b" }), "extraNetworks[0].name", /not allowed/],
    [extra({ name: "lan" }), "extraNetworks[0].name", /is the network of the agent's own place/],
    [extra({ name: "x" }, { name: "x" }), "extraNetworks[1].name", /is the network of extraNetworks\[0\] already/],
    [extra({ name: "host" }), "extraNetworks[0].name", /no network that a container can have beside/],
    [extra({ name: "bridge", ipv4Address: "172.17.0.9" }), "extraNetworks[0].name", /takes no fixed addresses/],
    [extra({ name: "x", ipv4Address: "10.1" }), "extraNetworks[0].ipv4Address", /is not an address/],
    [extra({ name: "x", macAddress: "x" }), "extraNetworks[0].macAddress", /is not a MAC/],
    [extra({ name: "x", management: "yes" }), "extraNetworks[0].management", /is not a switch/],
    [extra({ name: "x", gatewayPriority: 1.5 }), "extraNetworks[0].gatewayPriority", /whole number/],
    [extra({ name: "x", managment: true }), "extraNetworks[0].managment", /is not an argument/],
    [extra({ name: "x", management: true }, { name: "y", management: true }), "extraNetworks", /more than one/],
    [
      extra({ name: "x", management: true }, { name: "y", gatewayPriority: 5 }),
      "extraNetworks",
      /give the default route to y, but it is to go by x/,
    ],
    [onLan({ defaultRoute: "management" }), "defaultRoute", /names no network/],
    [onLan({ defaultRoute: "mgmt" }), "defaultRoute", /not one of the values/],
    [{ own: {}, defaultRoute: "measuring", extraNetworks: [{ name: "x" }] }, "defaultRoute", /gives no default route/],
  ],
  verification: [
    [onLan({ verification: { timeoutSeconds: 0 } }), "verify.timeoutSeconds", /whole number of 1-300/],
    [onLan({ verification: { target: "example.net" } }), "verify.target", /is not an address/],
    [onLan({ verification: { command: "true" } }), "verify.command", /is not a list/],
    [onLan({ verification: { command: ["", 7] } }), "verify.command[1]", /is not a word/],
    [onLan({ verification: { enabled: 1 } }), "verify.enabled", /is not a switch/],
    [onLan({ verification: { timout: 3 } }), "verify.timout", /is not an argument/],
    [{ own: { parent: "eth0" }, verification: { gateway: true } }, "verify.gateway", /does not have/],
  ],
  "container arguments": [
    [onLan({ container: { ports: [{ internal: 80 }] } }), "ports", /Docker ignores published ports/],
    [onLan({ container: { imgae: "x" } }), "imgae", /is not an argument/],
    [onLan({ container: { ipv4Adress: "x" } }), "ipv4Adress", /is not an argument/],
    [onLan({ container: { containerName: "a b" } }), "containerName", /not allowed/],
  ],
};

for (const [topic, rows] of Object.entries(table)) {
  describe(`a macvlan agent refuses wrong ${topic}`, () => {
    for (const [settings, property, rule] of rows) {
      const shown = {
        ...(settings as object),
        ...((settings as { network?: unknown }).network === network && { network: "lan" }),
      };
      it(`${JSON.stringify(shown).slice(0, 110)}: ${rule.source}`, () => {
        const found = problemsOf(() =>
          planMacvlanAgent(contextOf("MacvlanAgent", "probe"), settings as MacvlanAgentSettings),
        );
        const hit = found.find((one) => one.property === property && rule.test(one.rule));
        assert.ok(hit, `found ${JSON.stringify(found.map((one) => [one.property, one.rule]))}`);
      });
    }
  });
}

describe("a typo", () => {
  const wayOut = (container: object) =>
    problemsOf(() => planMacvlanAgent(contextOf("MacvlanAgent", "probe"), { network, container }))[0]?.wayOut;

  it("gets the nearest argument as a suggestion, of the agent or of its container", () => {
    assert.equal(wayOut({ ipv4Adress: "x" }), "did you mean ipv4Address?");
    assert.equal(wayOut({ memoryMib: 64 }), "did you mean memoryMiB?");
    assert.equal(wayOut({ volume: [] }), "did you mean volumes?");
    assert.match(wayOut({ qqqqqqqq: [] }) ?? "", /^leave it out; known are image, /);
  });
});

describe("one mistake", () => {
  it("in an own network is named once, and nothing that follows from it", () => {
    const settings: MacvlanAgentSettings = {
      own: { parent: "eth0", subnets: [{ subnet: "192.168.9.1/24", gateway: "192.168.9.1" }] },
      ipv4Address: "192.168.9.7",
    };
    assert.deepEqual(
      rulesOf(() => planMacvlanAgent(contextOf("MacvlanAgent", "probe"), settings)),
      ["ownNetwork.subnets[0].subnet: has bits set behind the prefix length"],
    );
  });
});
