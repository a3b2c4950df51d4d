import { strict as assert } from "node:assert";
import { type IpvlanAgentSettings, planIpvlanAgent } from "../../lib/plan/ipvlan-agent";
import { type IpvlanNetworkSettings, planIpvlanNetwork } from "../../lib/plan/ipvlan-network";
import { planMacvlanNetwork } from "../../lib/plan/macvlan-network";
import { contextOf, factLines, rulesOf } from "./support";

const network = (settings: IpvlanNetworkSettings) => planIpvlanNetwork(contextOf("IpvlanNetwork", "lan"), settings);
const agent = (settings: unknown) =>
  planIpvlanAgent(contextOf("IpvlanAgent", "probe"), settings as IpvlanAgentSettings);

const lan = { subnet: "192.168.9.0/24", gateway: "192.168.9.1", ipRange: "192.168.9.64/26" };
const routed = [{ subnet: "192.168.214.0/24" }, { subnet: "10.1.214.0/24" }, { subnet: "fd00:214::/64" }];

describe("an ipvlan network", () => {
  it("in mode l2 stands on the LAN, and host access is an ipvlan of the host's", () => {
    const planned = network({
      parent: "eth0",
      subnets: [lan],
      hostAccess: { linkName: "shim0", address: "192.168.9.2" },
    });
    assert.deepEqual(factLines(planned.hostState), [
      "require kernel >= 4.2",
      "require module ipvlan",
      "require parent eth0 ipvlan",
      "link shim0 parent eth0 type ipvlan mode l2 flag bridge",
      "sysctl net/ipv4/conf/shim0/arp_announce = 2",
      "sysctl net/ipv4/conf/shim0/arp_ignore = 1",
      "sysctl net/ipv6/conf/shim0/accept_ra = 0",
      "sysctl net/ipv6/conf/shim0/autoconf = 0",
      "sysctl net/ipv6/conf/shim0/disable_ipv6 = 1",
      "addr 192.168.9.2/32 dev shim0",
      "route 192.168.9.64/26 dev shim0",
    ]);
    assert.deepEqual(planned.docker.options, { ipvlan_mode: "l2", parent: "eth0" });
    assert.deepEqual(planned.shim, { linkName: "shim0", address: "192.168.9.2" });
    assert.deepEqual(planned.neighbourRoutes, []);
  });

  it("in mode l3 has many subnets of both families, and tells what neighbours must route", () => {
    const planned = network({ parent: "eth0", mode: "l3", subnets: routed });
    assert.deepEqual(planned.neighbourRoutes, ["192.168.214.0/24", "10.1.214.0/24", "fd00:214::/64"]);
    assert.deepEqual(
      planned.docker.ipamConfigs.map(({ subnet }) => subnet),
      planned.neighbourRoutes,
    );
  });

  const needs: [settings: IpvlanNetworkSettings, lines: string[]][] = [
    [{ mode: "l3" }, ["require kernel >= 4.2", "require module ipvlan"]],
    [{ mode: "l3s" }, ["require docker >= 23", "require kernel >= 4.9", "require module ipvlan"]],
    [{ flag: "private" }, ["require docker >= 23", "require kernel >= 4.15", "require module ipvlan"]],
    [{ mode: "l3s", flag: "vepa" }, ["require docker >= 23", "require kernel >= 4.15", "require module ipvlan"]],
  ];
  for (const [settings, lines] of needs) {
    it(`${JSON.stringify(settings)} asks the host for what it needs`, () => {
      assert.deepEqual(factLines(network(settings).hostState), lines);
    });
  }

  const refused: [settings: object, rules: string[]][] = [
    [{ mode: "l4" }, ["mode: is not one of the values"]],
    [{ mode: "bridge" }, ["mode: is not one of the values"]],
    [{ flag: "passthru" }, ["flag: is not one of the values"]],
    [
      { parent: "eth0", mode: "l3", subnets: [lan], dhcpRanges: ["192.168.9.200-192.168.9.210"] },
      [
        "subnets[0].gateway: is no use in mode l3: agents ask no router, they leave by the routes of the parent's host",
        "dhcpRanges: are no use in mode l3: its subnets are routed to the host, and no DHCP server is on them",
      ],
    ],
    [
      { parent: "eth0", flag: "private", subnets: [lan], hostAccess: { address: "192.168.9.2" } },
      ['hostAccess: needs flag "bridge": in flag "private" children of one parent do not reach each other on the host'],
    ],
    [
      { parent: "eth0", subnets: [lan], hostAccess: { address: "192.168.9.2", macAddress: "02:00:00:00:00:01" } },
      ["hostAccess.macAddress: is given, and an ipvlan has its parent's"],
    ],
    [{ driverOptions: { ipvlan_mode: "l3" } }, ["driverOptions.ipvlan_mode: is said by the argument mode"]],
  ];
  for (const [settings, rules] of refused) {
    it(`is refused: ${JSON.stringify(settings)}`, () =>
      assert.deepEqual(
        rulesOf(() => network(settings)),
        rules,
      ));
  }
});

describe("an ipvlan agent", () => {
  const container = { image: "busybox" };

  it("takes one address of each family from any subnet, and proves what can be proved", () => {
    const own = { parent: "eth0", mode: "l3", subnets: routed };
    const planned = agent({ own, ipv4Address: "10.1.214.10", ipv6Address: "fd00:214::10", container });
    assert.deepEqual(planned.endpoints, [
      { networkName: "probe", ipv4Address: "10.1.214.10", ipv6Address: "fd00:214::10" },
    ]);
    assert.deepEqual(planned.verify, []);
    const l2 = agent({ own: { parent: "eth0", subnets: [lan] }, container });
    assert.deepEqual(l2.verify, ["timeout 10", "gateway 192.168.9.1 network probe"]);
  });

  it("joins ipvlan networks only, and has no MAC of its own", () => {
    const { facts } = planMacvlanNetwork(contextOf("MacvlanNetwork", "lan"), { parent: "eth0", subnets: [lan] });
    assert.deepEqual(
      rulesOf(() => agent({ network: facts, container })),
      ["network: is not an ipvlan network"],
    );
    const own = { parent: "eth0", subnets: [lan] };
    assert.deepEqual(
      rulesOf(() => agent({ own, macAddress: "02:00:00:00:00:01", container })),
      ["macAddress: is given, and an ipvlan has its parent's"],
    );
    assert.deepEqual(
      rulesOf(() =>
        agent({ own: { parent: "eth0", mode: "l3", subnets: routed }, verification: { gateway: true }, container }),
      ),
      ["verify.gateway: asks for a gateway that the network does not have"],
    );
  });
});
