import { strict as assert } from "node:assert";
import * as fc from "fast-check";
import { addressPlanText } from "../../lib/diagram/address-plan";
import { mermaidText } from "../../lib/diagram/mermaid";
import { pictureText } from "../../lib/diagram/picture";
import type { Topology } from "../../lib/diagram/topology";

const host = "edge-1";

const stack: Topology = {
  networks: [
    { name: "back", host, driver: "bridge", subnets: [{ subnet: "10.9.0.0/24" }] },
    {
      name: "lan",
      host,
      driver: "macvlan",
      mode: "bridge",
      parent: "eth1",
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
      shim: { address: "192.168.9.2", linkName: "shim0", macAddress: "02:00:00:00:00:02" },
    },
  ],
  agents: [
    {
      name: "web",
      host,
      endpoints: [{ network: "back" }],
      ports: [
        { internal: 80, external: 8080, protocol: "tcp" },
        { internal: 53, external: 53, ip: "fd00::1", protocol: "udp" },
      ],
    },
    {
      name: "probe",
      host,
      endpoints: [
        {
          network: "lan",
          ipv4Address: "192.168.9.70",
          ipv6Address: "fd00:9::70",
          macAddress: "02:00:00:00:00:70",
        },
        { network: "mgmt", defaultRoute: true },
      ],
    },
  ],
};

const PICTURE = `\
host edge-1
├─ eth1 ══ LAN
│  └─ network lan (macvlan bridge)
│     ├─ 192.168.9.0/24, gateway 192.168.9.1, pool 192.168.9.64/26
│     ├─ fd00:9::/64
│     ├─ DHCP server gives 192.168.9.200-192.168.9.250: left alone
│     ├─ ● this host            192.168.9.2                  02:00:00:00:00:02 by shim0
│     └─ ● probe                192.168.9.70 fd00:9::70      02:00:00:00:00:70
├─ network back (bridge)
│  ├─ 10.9.0.0/24
│  └─ ● web                  from the pool
│     ├─ port 8080 -> 80/tcp
│     └─ port [fd00::1]:53 -> 53/udp
└─ network mgmt (not of this stack)
   └─ ● probe                from the pool                                  default route
`;

const MERMAID = `\
flowchart LR
  n0(["LAN at eth1"])
  subgraph h1["host edge-1"]
    n1["eth1"]
    n2("network lan<br/>macvlan bridge<br/>192.168.9.0/24, gateway 192.168.9.1, pool 192.168.9.64/26<br/>fd00:9::/64")
    n3["this host<br/>shim0"]
    n4["probe"]
    n5("network back<br/>bridge<br/>10.9.0.0/24")
    n6["web<br/>8080 -#62; 80/tcp<br/>[fd00::1]:53 -#62; 53/udp"]
    n7("network mgmt<br/>not of this stack")
  end
  n0 --- n1
  n1 --- n2
  n2 ---|"192.168.9.2"| n3
  n2 ---|"192.168.9.70<br/>fd00:9::70"| n4
  n5 ---|"from the pool"| n6
  n7 ---|"from the pool<br/>default route"| n4
`;

const ADDRESSES = `\
ADDRESS       MAC                HOST    NETWORK  HOLDER
192.168.9.1                      edge-1  lan      gateway
192.168.9.2   02:00:00:00:00:02  edge-1  lan      this host, by shim0
192.168.9.20                     edge-1  lan      reserved: printer
192.168.9.70  02:00:00:00:00:70  edge-1  lan      probe
fd00:9::70    02:00:00:00:00:70  edge-1  lan      probe
`;

describe("a topology", () => {
  it("is drawn for a terminal", () => assert.equal(pictureText(stack), PICTURE));
  it("is drawn in Mermaid", () => assert.equal(mermaidText(stack), MERMAID));
  it("is listed as an address plan", () => assert.equal(addressPlanText(stack), ADDRESSES));

  it("looks the same in whatever order components were made", () => {
    const turned: Topology = { networks: [...stack.networks].reverse(), agents: [...stack.agents].reverse() };
    assert.equal(pictureText(turned), PICTURE);
    assert.equal(mermaidText(turned), MERMAID);
    assert.equal(addressPlanText(turned), ADDRESSES);
  });

  it("without anything in it is an empty picture", () => {
    const nothing: Topology = { networks: [], agents: [] };
    assert.equal(pictureText(nothing), "");
    assert.equal(mermaidText(nothing), "flowchart LR\n");
    assert.equal(addressPlanText(nothing), "ADDRESS  MAC  HOST  NETWORK  HOLDER\n");
  });

  it("never leaves 100 columns, and no name leaves its quotes", () => {
    const name = fc.string({ minLength: 1, maxLength: 150 }).map((text) => text.replace(/[\r\n]/g, "."));
    fc.assert(
      fc.property(name, name, name, (host, networkName, agent) => {
        const topology: Topology = {
          networks: [{ name: networkName, host, driver: "bridge", subnets: [] }],
          agents: [{ name: agent, host, endpoints: [{ network: networkName }] }],
        };
        for (const line of pictureText(topology).split("\n")) {
          assert.ok([...line].length <= 100, line);
        }
        for (const line of mermaidText(topology).split("\n")) {
          assert.ok([0, 2].includes(line.split('"').length - 1), line);
        }
      }),
    );
  });
});
