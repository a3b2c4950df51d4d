import { strict as assert } from "node:assert";
import { attachedAddresses } from "../../lib/plan/attachment";
import { Inventory } from "../../lib/plan/inventory";
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

  it("has a NIC of the host for itself, which keeps its MAC unless one is given", () => {
    const planned = plan({ interfaces: [{ nic: "eth3", mtu: 1400, ipv4Address: "10.0.0.2/24" }] });
    assert.deepEqual(factLines(planned.hostState), [
      "require nic eth3",
      "require not-management eth3",
      "attach eth1 container probe type nic parent eth3 mtu 1400 addr 10.0.0.2/24",
    ]);
    assert.deepEqual(planned.interfaces, [{ name: "eth1" }]);
    assert.deepEqual(
      planned.claims.filter(({ kind }) => kind === "parent").map(({ value, shared }) => [value, shared]),
      [["eth3", undefined]],
    );
    const { hostState } = plan({ interfaces: [{ nic: "eth3", macAddress: "02:00:00:00:00:90" }] });
    assert.match(factLines(hostState).at(-1)!, / type nic parent eth3 address 02:00:00:00:00:90$/);
    assert.deepEqual(rules({ interfaces: [{ nic: "eth3", parent: "eth3", bridge: "br0" }] }), [
      "interfaces[0]: has parent and bridge and nic",
    ]);
    assert.deepEqual(rules({ interfaces: [{ nic: "eth3", vlan: 40 }, { nic: "eth/3" }] }), [
      "interfaces[0].vlan: is a tag on a parent, not on a NIC",
      "interfaces[1].nic: is not a valid interface name",
    ]);
  });

  it("stands on a parent with the parent's MAC, beside others of the kind and no macvlan", () => {
    const ipvlan = { parent: "eth1", driver: "ipvlan" as const, ipv4Address: "192.168.9.90/24" };
    const planned = plan({ interfaces: [ipvlan, { parent: "eth1", driver: "ipvlan" }] });
    assert.deepEqual(factLines(planned.hostState), [
      "require kernel >= 4.2",
      "require module ipvlan",
      "require parent eth1 attached ipvlan",
      "attach eth1 container probe type ipvlan parent eth1 mode l2 addr 192.168.9.90/24",
      "attach eth2 container probe type ipvlan parent eth1 mode l2",
    ]);
    assert.deepEqual(planned.interfaces, [{ name: "eth1" }, { name: "eth2" }]);
    const inventory = new Inventory();
    assert.deepEqual(inventory.add("one", planned.claims), []);
    const other = contextOf("PipeworkAgent", "other");
    const beside = (driver: "macvlan" | "ipvlan") =>
      inventory.add("other", planPipeworkAgent(other, { interfaces: [{ parent: "eth1", driver }] }).claims);
    assert.deepEqual(beside("ipvlan"), []);
    assert.deepEqual(
      beside("macvlan").map(({ property, rule }) => `${property}: ${rule}`),
      ['interfaces[0].parent: is claimed by PipeworkAgent "probe" (interfaces[0].parent) too, on host edge, link eth1'],
    );
    assert.deepEqual(
      rules({
        interfaces: [
          { ...ipvlan, ipv4Address: "dhcp", macAddress: "02:00:00:00:00:90" },
          { parent: "eth1" },
          { bridge: "br0", driver: "ipvlan" },
          { parent: "eth2", driver: "ipvtap" },
        ],
      }),
      [
        "interfaces[0].macAddress: is given, and an ipvlan has its parent's",
        "interfaces[0].ipv4Address: is leased by MAC, and an ipvlan has its parent's",
        "interfaces[2].driver: is how an interface stands on a parent",
        "interfaces[3].driver: is not one of the values",
        "interfaces[0].driver: is on the parent of interfaces[1], and the kernel takes macvlan or ipvlan on one, not both",
      ],
    );
  });

  it("waits for its interfaces in front of the program that it names", () => {
    const wait = { interfaces: [LAN], waitForInterfaces: true };
    const [shell, , script, zero] = plan({ ...wait, namesProgram: true }).wait;
    assert.deepEqual([shell, zero], ["/bin/sh", "sh"]);
    assert.match(script!, /until named eth1 <\/proc\/net\/route; [\s\S]*exec "\$@"$/);
    assert.deepEqual(plan({ interfaces: [LAN] }).wait, []);
    assert.doesNotMatch(script!, /leased/);
    const six = plan({ ...wait, interfaces: [{ parent: "eth1", ipv6Address: "dhcp" }], namesProgram: true }).wait[2]!;
    assert.match(six, /until leased eth1 <\/proc\/net\/if_inet6; do sleep 1; done\nexec/);
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
        "interfaces[1]: has neither parent, bridge nor nic",
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

  it("has further addresses and routes in one order, with the metrics that the kernel would not give", () => {
    const routes = [
      { destination: "fd00:8::1", metric: 1024 },
      { destination: "224.0.0.0/4" },
      { destination: "10.0.0.0/8", via: "192.168.9.2", metric: 50 },
      { destination: "fd00:7::/64", via: "fe80::2", metric: 7 },
    ];
    const extraAddresses = ["fd00:9::91/64", "10.9.0.3/32"];
    const planned = plan({ interfaces: [{ ...LAN, extraAddresses, routes }] });
    assert.equal(
      factLines(planned.hostState).at(-1),
      "attach eth1 container probe type macvlan parent eth1 mode bridge address 02:00:00:00:00:90 addr 192.168.9.90/24 via 192.168.9.1 addr6 fd00:9::90/64 " +
        "also 10.9.0.3/32,fd00:9::91/64 route 10.0.0.0/8 via 192.168.9.2 metric 50 route 224.0.0.0/4 route fd00:7::/64 via fe80::2 metric 7 route fd00:8::1/128",
    );
    const claimed = planned.claims.filter(({ kind }) => kind === "address").map(({ value }) => value);
    assert.deepEqual(claimed.sort(), ["10.9.0.3", "192.168.9.90", "fd00:9::90", "fd00:9::91"]);
    const further = plan({
      interfaces: [{ parent: "eth1", extraAddresses, routes: [{ destination: "10.7.0.0/16" }] }],
    });
    assert.match(factLines(further.hostState).at(-1)!, /:.. also \S+ route 10\.7\.0\.0\/16$/);
  });

  it("is refused with all that is wrong about further addresses and routes", () => {
    const routes = (...list: object[]) => rules({ interfaces: [{ ...LAN, routes: list }] });
    assert.deepEqual(
      rules({ interfaces: [{ ...LAN, extraAddresses: ["fd00:9::91", "192.168.9.90/32", "192.168.9.255/24", 7] }] }),
      [
        "interfaces[0].extraAddresses[0]: is not an address with prefix length",
        "interfaces[0].extraAddresses[1]: is an address of this interface already",
        "interfaces[0].extraAddresses[2]: is the broadcast address",
        "interfaces[0].extraAddresses[3]: is not an address with prefix length",
      ],
    );
    assert.deepEqual(
      routes(
        { via: "192.168.9.2" },
        { destination: "0.0.0.0/0", via: "192.168.9.2" },
        { destination: "10.0.0.1/8" },
        { destination: "fe80::/64" },
        { destination: "192.168.9.0/24" },
        { destination: "10.0.0.0/8", via: "192.168.10.1", metric: 0, dev: "eth1" },
        { destination: "10.1.0.0/16", via: "fe80::1" },
        { destination: "10.2.0.0/16", via: "192.168.9.90" },
        { destination: "fd00:7::/64", via: "fe80::1", metric: 1024 },
        { destination: "fd00:7::/64", via: "fd00:9::1" },
      ),
      [
        "interfaces[0].routes[0].destination: is missing",
        "interfaces[0].routes[1].destination: is the default route",
        "interfaces[0].routes[2].destination: has bits set behind the prefix length",
        "interfaces[0].routes[3].destination: is link-local, to which every link has its own route",
        "interfaces[0].routes[4].destination: is the network of 192.168.9.90/24, which has its route with that",
        "interfaces[0].routes[5].dev: is not an argument",
        "interfaces[0].routes[5].metric: is not a whole number of 1-4294967295",
        "interfaces[0].routes[5].via: is in the prefix of no address of this interface",
        "interfaces[0].routes[6].via: is an IPv6 address where IPv4 is meant",
        "interfaces[0].routes[7].via: is the interface's own address",
        "interfaces[0].routes[9].destination: has a route already, with the same metric: interfaces[0].routes[8]",
      ],
    );
    const leased = { parent: "eth1", ipv4Address: "dhcp", routes: [{ destination: "10.0.0.0/8", via: "192.168.9.2" }] };
    assert.match(rules({ interfaces: [leased] })[0]!, /^interfaces\[0\]\.routes\[0\]\.via: .* \(option 121\)/);
    const second = { parent: "eth2", routes: [{ destination: "10.0.0.0/8" }] };
    assert.deepEqual(rules({ interfaces: [{ parent: "eth1", routes: [{ destination: "10.0.0.0/8" }] }, second] }), [
      "interfaces[1].routes[0].destination: has a route already, with the same metric: interfaces[0].routes[0]",
    ]);
  });

  it("leases its address, as its container and by its MAC, or as it says", () => {
    const { ipv4Address: _, gateway: __, ipv6Address: ___, ...link } = LAN;
    const asked = (more: object, container: object = { image: "busybox" }) =>
      factLines(plan({ interfaces: [{ ...link, ipv4Address: "dhcp", ...more }], container }).hostState);
    const words =
      "attach eth1 container probe type macvlan parent eth1 mode bridge address 02:00:00:00:00:90 addr dhcp via dhcp";
    assert.deepEqual(asked({}), ["require dhcp client", "require parent eth1 attached", `${words} hostname probe`]);
    assert.equal(asked({}, { hostname: "edge-7.example.net" }).at(-1), `${words} hostname edge-7`);
    assert.match(asked({}, { containerName: "a_b.c" }).at(-1)!, / hostname a-b$/);
    assert.equal(asked({ dhcp: { hostname: "H1", clientId: "p1" } }).at(-1), `${words} hostname H1 client-id 70:31`);
    assert.match(asked({ dhcp: { clientId: "00:AA:01" } }).at(-1)!, / hostname probe client-id 00:aa:01$/);
    const { verify, claims } = plan({ interfaces: [{ ...link, ipv4Address: "dhcp" }] });
    assert.deepEqual(verify, ["timeout 30", "leased eth1", "gateway leased dev eth1"]);
    assert.ok(!claims.some(({ kind }) => kind === "address"));
  });

  it("leases an IPv6 address beside one of IPv4, or alone, by its MAC", () => {
    const link = { parent: "eth1", macAddress: "02:00:00:00:00:90" };
    const planned = (more: object) => plan({ interfaces: [{ ...link, ipv6Address: "dhcp", ...more }] });
    const words = "attach eth1 container probe type macvlan parent eth1 mode bridge address 02:00:00:00:00:90";
    const alone = planned({ dhcp: { hostname: "H1" } });
    const requires = ["require dhcpv6 client", "require parent eth1 attached"];
    assert.deepEqual(factLines(alone.hostState), [...requires, `${words} addr6 dhcp hostname H1`]);
    assert.deepEqual(alone.verify, ["timeout 30", "leased6 eth1"]);
    const both = planned({ ipv4Address: "dhcp", dhcp: { clientId: "p1" } });
    assert.deepEqual(factLines(both.hostState), [
      "require dhcp client",
      ...requires,
      `${words} addr dhcp via dhcp addr6 dhcp hostname probe client-id 70:31`,
    ]);
    assert.deepEqual(both.verify, ["timeout 30", "leased eth1", "leased6 eth1", "gateway leased dev eth1"]);
    const beside = planned({ ipv4Address: "192.168.9.90/24", gateway: "192.168.9.1" });
    assert.match(
      factLines(beside.hostState).at(-1)!,
      / addr 192\.168\.9\.90\/24 via 192\.168\.9\.1 addr6 dhcp hostname probe$/,
    );
    assert.deepEqual(beside.verify, ["timeout 30", "leased6 eth1", "gateway 192.168.9.1 dev eth1"]);
    assert.deepEqual(
      rules({
        interfaces: [
          { ...link, ipv6Address: "dhcp", gateway6: "fe80::1", mtu: 1000, dhcp: { clientId: "p1" } },
          { parent: "eth2", driver: "ipvlan", ipv6Address: "dhcp" },
        ],
      }),
      [
        "interfaces[0].dhcp.clientId: is what a server of IPv4 is told, and a DHCPv6 server knows the agent by its MAC",
        "interfaces[0].gateway6: is announced by the router itself",
        "interfaces[0].mtu: is not a whole number of 1280-65535",
        "interfaces[1].ipv6Address: is leased by MAC, and an ipvlan has its parent's",
      ],
    );
  });

  it("takes its default route from the first lease, where nobody else gives one", () => {
    const leased = (parent: string, more = {}) => ({ parent, ipv4Address: "dhcp", ...more });
    const routes = (settings: PipeworkAgentSettings) =>
      factLines(plan(settings).hostState).flatMap((line) => /^attach (\S+) .* via /.exec(line)?.[1] ?? []);
    assert.deepEqual(routes({ interfaces: [leased("eth1"), leased("eth2")] }), ["eth1"]);
    assert.deepEqual(routes({ interfaces: [leased("eth0", { name: "a" }), { ...LAN, name: "b" }] }), ["b"]);
    assert.deepEqual(routes({ interfaces: [leased("eth1")], extraNetworks: [{ name: "bridge" }] }), []);
  });

  it("is refused with all that is wrong about a lease", () => {
    const lease = { parent: "eth1", ipv4Address: "dhcp" };
    const oneWrong = (dhcp: object) => rules({ interfaces: [{ ...lease, dhcp }] });
    assert.deepEqual(
      rules(
        {
          interfaces: [
            { ...lease, gateway: "192.168.9.1", dhcp: { hostname: "p".repeat(64), clientId: "7", leaseTime: 60 } },
            { ...LAN, name: "eth7", gateway: undefined, dhcp: {} },
          ],
        },
        { hostIdentity: undefined },
      ),
      [
        "host: is missing",
        "interfaces[0].dhcp.leaseTime: is not an argument",
        "interfaces[0].dhcp.hostname: is 64 characters long, and a name has room for 63",
        "interfaces[0].dhcp.clientId: has 1 byte",
        "interfaces[0].gateway: is named by the lease",
        "interfaces[1].dhcp: says how a DHCP server is asked, and none is",
      ],
    );
    for (const hostname of ["", "-p", "p-", "a.b", "a b", "a;b", "é", 7]) {
      assert.deepEqual(oneWrong({ hostname }), ["interfaces[0].dhcp.hostname: is not a host name of one part"]);
    }
    for (const clientId of ["", "a b", "é1", 7]) {
      assert.deepEqual(oneWrong({ clientId }), ["interfaces[0].dhcp.clientId: is no text without spaces"]);
    }
    assert.deepEqual(oneWrong({ clientId: "x".repeat(65) }), ["interfaces[0].dhcp.clientId: has 65 bytes"]);
    assert.deepEqual(rules({ interfaces: [{ parent: "eth1", ipv4Address: "DHCP" }] }), [
      "interfaces[0].ipv4Address: is not an address with prefix length",
    ]);
  });

  it("says the addresses that were proved", () => {
    const lines = [
      "interface eth1: 192.168.9.114/24 leased by 192.168.9.1 for 120 s",
      "interface lan0: fd00:9::90/64 10.9.0.2/24",
      "interface six: fd00:9::91/64",
      "gateway 192.168.9.1 answered from 02:00:00:00:00:02 dev eth1 after 3 ms",
    ];
    const said = [...lines, "interface eth1: fd00:9::1bd/128 leased by 0001000132a1090a for 120 s"].join("\n");
    assert.deepEqual(attachedAddresses(said, 4), { eth1: "192.168.9.114", lan0: "10.9.0.2" });
    assert.deepEqual(attachedAddresses(said, 6), { eth1: "fd00:9::1bd", lan0: "fd00:9::90", six: "fd00:9::91" });
    assert.deepEqual(attachedAddresses("interface eth1: fe80::1/64 fd00:9::2/64", 6), { eth1: "fd00:9::2" });
    assert.deepEqual(attachedAddresses("not verified", 4), {});
  });
});

describe("what a pipework agent asks for", () => {
  const macAddress = "02:00:00:00:00:90";
  const interfaces = [
    {
      parent: "eth1",
      vlan: 40,
      ipv4Address: "192.168.9.90/24",
      gateway: "192.168.9.1",
      ipv6Address: "fd00:9::90/64",
      macAddress,
    },
    { bridge: "br0", extraAddresses: ["10.9.0.2/24"], macAddress: "02:00:00:00:00:91" },
    { nic: "eth3", ipv4Address: "10.0.0.2/24" },
    { parent: "eth4", driver: "ipvlan" as const, ipv4Address: "10.4.0.2/24" },
    { bridge: "br1" },
  ];

  it("is each fixed address where its interface leads to, but on ipvlan", () => {
    assert.deepEqual(plan({ interfaces }).probe, [
      "container probe",
      `mac ${macAddress}`,
      "mac 02:00:00:00:00:91",
      "free 192.168.9.90 gateway 192.168.9.1 dev eth1.40 over eth1 vlan 40",
      "free fd00:9::90 dev eth1.40 over eth1 vlan 40",
      "free 10.9.0.2 dev br0",
      "free 10.0.0.2 dev eth3",
    ]);
    assert.deepEqual(plan({ interfaces, probe: false }).probe, []);
    assert.deepEqual(plan({ interfaces: interfaces.slice(3) }).probe, []);
  });

  it("is refused where nothing can be asked", () => {
    const rules = (from: number, to: number) =>
      rulesOf(() => plan({ interfaces: interfaces.slice(from, to), probe: true }));
    const ipvlan = "probe: asks by a link of another kind, which the parent does not take beside ipvlan";
    assert.deepEqual(rules(3, 4), [ipvlan]);
    assert.deepEqual(rules(4, 5), ["probe: has no address to ask for: none is fixed"]);
  });
});
