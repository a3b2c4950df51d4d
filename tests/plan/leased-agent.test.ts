import { strict as assert } from "node:assert";
import { planIpvlanAgent } from "../../lib/plan/ipvlan-agent";
import { planIpvlanNetwork } from "../../lib/plan/ipvlan-network";
import { type MacvlanAgentSettings, planMacvlanAgent } from "../../lib/plan/macvlan-agent";
import { type MacvlanNetworkSettings, planMacvlanNetwork } from "../../lib/plan/macvlan-network";
import { contextOf, factLines, rulesOf } from "./support";

const subnets = [
  { subnet: "192.168.9.0/24", gateway: "192.168.9.1" },
  { subnet: "fd00:9::/64", gateway: "fd00:9::1" },
];
const shared = (more: Partial<MacvlanNetworkSettings> = {}) =>
  planMacvlanNetwork(contextOf("MacvlanNetwork", "lan"), { parent: "eth1", subnets, ...more }).facts;
const LEASED = { ipv4Address: "dhcp", leased: true, macAddress: "02:00:00:00:00:70" };
const plan = (settings: MacvlanAgentSettings, more = {}) =>
  planMacvlanAgent(contextOf("MacvlanAgent", "probe", more), { ...LEASED, ...settings });
const rules = (settings: MacvlanAgentSettings, more = {}) => rulesOf(() => plan(settings, more));

describe("an agent on a LAN with a leased address", () => {
  it("has an interface of the host's on the network's parent, and joins no network", () => {
    const planned = plan({ network: shared({ mode: "private" }), container: { image: "busybox", hostname: "edge-7" } });
    assert.deepEqual(factLines(planned.hostState), [
      "require dhcp client",
      "require parent eth1 attached",
      "attach eth0 container probe type macvlan parent eth1 mode private address 02:00:00:00:00:70 addr dhcp via dhcp hostname edge-7",
    ]);
    assert.deepEqual(planned.endpoints, []);
    assert.deepEqual(planned.verify, ["timeout 30", "leased eth0", "gateway leased dev eth0"]);
    assert.deepEqual(planned.probe, []);
    assert.deepEqual(planned.lease, { dev: "eth0", macAddress: "02:00:00:00:00:70" });
    assert.deepEqual(
      planned.claims.map(({ scope, kind, value }) => `${scope}: ${kind} ${value}`),
      ["docker edge: container probe", "host edge link eth1: mac 02:00:00:00:00:70"],
    );
  });

  it("has a MAC that stays, and a fixed IPv6 address beside the lease where it is given", () => {
    const macOf = (name: string) =>
      planMacvlanAgent(contextOf("MacvlanAgent", name), { ...LEASED, macAddress: undefined, network: shared() }).lease;
    assert.deepEqual(macOf("probe"), macOf("probe"));
    assert.notDeepEqual(macOf("probe")?.macAddress, macOf("other")?.macAddress);
    const both = plan({ network: shared(), ipv6Address: "fd00:9::70" });
    assert.match(
      factLines(both.hostState).at(-1)!,
      / addr dhcp via dhcp addr6 fd00:9::70\/64 via6 fd00:9::1 hostname probe$/,
    );
    assert.deepEqual(both.verify.slice(2), ["gateway leased dev eth0", "gateway fd00:9::1 dev eth0"]);
    assert.equal(both.lease?.ipv6Address, "fd00:9::70");
  });

  it("has a leased address of each family, where both are", () => {
    const both = plan({ network: shared(), ipv6Address: "dhcp" });
    const lines = factLines(both.hostState);
    assert.deepEqual(lines.slice(0, 2), ["require dhcp client", "require dhcpv6 client"]);
    assert.match(lines.at(-1)!, / addr dhcp via dhcp addr6 dhcp hostname probe$/);
    assert.deepEqual(both.verify, ["timeout 30", "leased eth0", "leased6 eth0", "gateway leased dev eth0"]);
    assert.deepEqual(rules({ network: shared(), ipv4Address: "192.168.9.70", leased: false, ipv6Address: "dhcp" }), [
      "ipv6Address: is leased where the host puts the agent's interface in, which it does for a leased ipv4Address",
    ]);
  });

  it("brings what its own network needs of the host, but no network of Docker", () => {
    const { network, links, hostState } = plan({ own: { parent: "eth1", vlan: 40 } });
    assert.equal(network, undefined);
    assert.equal(links, "link eth1.40 parent eth1 type vlan id 40");
    const lines = factLines(hostState);
    assert.ok(lines.includes("link eth1.40 parent eth1 type vlan id 40"), lines.join("\n"));
    assert.match(lines.at(-1)!, /^attach eth0 .* parent eth1\.40 mode bridge /);
  });

  it("leaves the default route to the networks of Docker that it has beside it", () => {
    const extraNetworks = [{ name: "bridge", management: true }];
    const beside = plan({ network: shared(), extraNetworks });
    assert.match(factLines(beside.hostState).at(-1)!, /^attach eth1 .* addr dhcp hostname probe$/);
    assert.deepEqual(
      beside.endpoints.map(({ networkName }) => networkName),
      ["bridge"],
    );
    assert.deepEqual(rules({ network: shared(), extraNetworks, defaultRoute: "measuring" }), [
      "defaultRoute: asks for the default route of the lease, and Docker gives the container one by its further networks",
    ]);
  });

  it("is refused with all that is wrong, each by its name", () => {
    assert.deepEqual(
      rules(
        {
          network: shared({ mode: "passthru" }),
          macAddress: undefined,
          aliases: ["a"],
          leased: false,
          dhcp: { hostname: "a.b" },
        },
        { hostIdentity: undefined },
      ),
      [
        "dhcp.hostname: is not a host name of one part",
        "ipv4Address: comes by an Output, and it decides what is made",
        "ipv4Address: is leased by the host, and none is given",
        'ipv4Address: needs a MAC of its own, and in mode "passthru" there is none',
        "aliases: are names on a network of Docker, and an agent with a lease joins none on the LAN",
      ],
    );
    assert.deepEqual(rules({ own: {} }), ["ipv4Address: is asked of a LAN, and the network has no parent"]);
    assert.deepEqual(rules({ network: shared(), ipv4Address: "192.168.9.70", dhcp: {} }), [
      "dhcp: says how a DHCP server is asked, and none is",
    ]);
    const ipvlan = planIpvlanNetwork(contextOf("IpvlanNetwork", "lan"), { parent: "eth1", subnets }).facts;
    const settings = { network: ipvlan, ipv4Address: "dhcp", leased: true };
    assert.deepEqual(
      rulesOf(() => planIpvlanAgent(contextOf("IpvlanAgent", "probe"), settings)),
      ["ipv4Address: is leased by MAC, and an ipvlan has its parent's"],
    );
  });
});
