import { strict as assert } from "node:assert";
import { pictureText } from "../../lib/diagram/picture";
import { type ExportedResource, stackTopology } from "../../lib/diagram/stack-topology";

const stack = "urn:pulumi:dev::probes::";
const urn = (path: string) => `${stack}wirework:index:${path}`;
const labels = (identity: string) => [
  { label: "wirework.host", value: identity },
  { label: "wirework.owner", value: "probes/dev/MacvlanNetwork.lan" },
];

const host: ExportedResource = {
  urn: urn("Host::edge-1"),
  type: "wirework:index:Host",
  inputs: { address: "192.0.2.10" },
  outputs: { identity: "ef39afd7998b6695" },
};

const lan: ExportedResource = {
  urn: urn("MacvlanNetwork::lan"),
  type: "wirework:index:MacvlanNetwork",
  inputs: {
    parent: "eth1",
    dhcpRanges: ["192.168.9.128-192.168.9.254"],
    facts: [
      "require link eth1",
      "link vlan9 parent eth1 type vlan id 9 address 02:00:00:00:00:09",
      "link shim0 parent eth1 type macvlan mode bridge address 02:00:00:00:00:02",
      "addr 192.168.10.1/24 dev vlan9",
      "addr 192.168.9.2/32 dev shim0",
      "addr fd00:9::2/128 dev shim0",
    ],
  },
};

const lanNetwork: ExportedResource = {
  urn: urn("MacvlanNetwork$docker:index/network:Network::lan-network"),
  type: "docker:index/network:Network",
  parent: lan.urn,
  inputs: {
    name: "lan",
    driver: "macvlan",
    options: { parent: "eth1", macvlan_mode: "bridge" },
    ipamConfigs: [
      {
        subnet: "192.168.9.0/24",
        gateway: "192.168.9.1",
        ipRange: "192.168.9.64/26",
        auxAddress: { "wirework-shim": "192.168.9.2", printer: "192.168.9.20" },
      },
      { subnet: "fd00:9::/64" },
    ],
    labels: labels("ef39afd7998b6695"),
  },
};

const south: ExportedResource = {
  urn: urn("MacvlanAgent$docker:index/container:Container::south-container"),
  type: "docker:index/container:Container",
  parent: urn("MacvlanAgent::south"),
  inputs: {
    name: "south",
    labels: labels("ef39afd7998b6695"),
    networksAdvanced: [{ name: "lan", macAddress: "02:00:00:00:00:aa" }, { name: "mgmt" }],
    ports: [{ internal: 80, external: 8080, protocol: "tcp", ip: "" }],
  },
  outputs: {
    name: "south",
    networkDatas: [
      { networkName: "mgmt", ipAddress: "172.20.0.2", globalIpv6Address: "", macAddress: "02:42:ac:14:00:02" },
      { networkName: "lan", ipAddress: "192.168.9.64", globalIpv6Address: "", macAddress: "02:42:c0:a8:09:40" },
    ],
  },
};

const southVerify: ExportedResource = {
  urn: urn("MacvlanAgent$command:remote:Command::south-verify"),
  type: "command:remote:Command",
  parent: south.parent,
  inputs: { stdin: "wirework 1\ntimeout 10\ngateway 192.168.9.1 network lan\ndefault-route network mgmt\n" },
};

const PICTURE = `\
host edge-1
├─ eth1 ══ LAN
│  └─ network lan (macvlan bridge)
│     ├─ 192.168.9.0/24, gateway 192.168.9.1, pool 192.168.9.64/26
│     ├─ fd00:9::/64
│     ├─ DHCP server gives 192.168.9.128-192.168.9.254: left alone
│     ├─ ● this host            192.168.9.2 fd00:9::2        02:00:00:00:00:02 by shim0
│     └─ ● south                192.168.9.64                 02:42:c0:a8:09:40
│        └─ port 8080 -> 80/tcp
└─ network mgmt (not of this stack)
   └─ ● south                172.20.0.2                   02:42:ac:14:00:02 default route
`;

describe("the topology of a stack's state", () => {
  it("shows host, network, shim and agents with the addresses that Docker chose", () => {
    assert.equal(pictureText(stackTopology([host, lan, lanNetwork, south, southVerify])), PICTURE);
  });

  it("shows what is declared where Docker has not answered yet", () => {
    const declared = { ...south, outputs: undefined };
    assert.deepEqual(stackTopology([declared]).agents[0]?.endpoints, [
      { network: "lan", macAddress: "02:00:00:00:00:aa" },
      { network: "mgmt" },
    ]);
  });

  it("tells the host of an object by its label: its Host, its identity, or local", () => {
    const on = (network: ExportedResource) => stackTopology([host, network]).networks[0]?.host;
    const labelled = (list: unknown) => ({ ...lanNetwork, inputs: { ...lanNetwork.inputs, labels: list } });
    assert.equal(on(lanNetwork), "edge-1");
    assert.equal(on(labelled(labels("0123456789abcdef"))), "0123456789abcdef");
    assert.equal(on(labelled([])), "local");
  });

  it("finds the DHCP ranges of a network that belongs to one agent", () => {
    const agent = {
      ...lan,
      type: "wirework:index:MacvlanAgent",
      inputs: { own: { dhcpRanges: ["192.168.9.200-192.168.9.250"] }, facts: ["require link eth1"] },
    };
    const [network] = stackTopology([agent, lanNetwork]).networks;
    assert.deepEqual(network?.dhcpRanges, ["192.168.9.200-192.168.9.250"]);
    assert.equal(network?.shim, undefined);
  });

  it("leaves out what is about to be deleted, and what is encrypted", () => {
    const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "v1:AA==" };
    const replaced = { ...south, delete: true };
    const hidden = { ...lanNetwork, inputs: { name: secret, ipamConfigs: secret, labels: secret, options: secret } };
    assert.deepEqual(stackTopology([replaced, hidden]), {
      networks: [{ name: "lan-network", host: "local", driver: "bridge", subnets: [] }],
      agents: [],
    });
  });

  it("of an empty state is empty", () => assert.deepEqual(stackTopology([]), { networks: [], agents: [] }));
});
