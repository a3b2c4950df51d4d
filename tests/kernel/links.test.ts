import { strict as assert } from "node:assert";
import type { AttachedDriver } from "../../lib/plan/attachment-place";
import { planIpvlanNetwork } from "../../lib/plan/ipvlan-network";
import { planPipeworkAgent } from "../../lib/plan/pipework-agent";
import { planVlanInterface, VlanProtocol } from "../../lib/plan/vlan-interface";
import { DOCKER } from "../host/containers";
import { factLines } from "../plan/support";
import { InnerHost, machine } from "./inner-host";

// What Docker says of a container, and the container: Docker itself is not here.
const CONTAINER = `
cat >/usr/local/bin/docker; chmod +x /usr/local/bin/docker
mkdir -p /run/docker/containers
(unshare --net sleep infinity </dev/null >/dev/null 2>&1 & echo $! >/run/docker/pid)
pid=$(cat /run/docker/pid)
until [ "$(readlink /proc/$pid/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.1; done
echo "container /probe 1abc $pid $(date -u +%Y-%m-%dT%H:%M:%S.0Z)" >/run/docker/containers/probe`;

const contextOf = (component: string) => ({
  ...{ component, name: "edge", project: "test", stack: "dev", hostIdentity: "edge" },
});

/** A trunk of twenty, and one that carries another tag inside. */
const ids = Array.from({ length: 20 }, (_, index) => 200 + index);
const trunk = (mtu: number) =>
  planVlanInterface(contextOf("VlanInterface"), {
    parent: "eth0",
    vlans: [...ids.map((id) => ({ id })), { id: 100, protocol: VlanProtocol.Ad, linkName: "outer", mtu }],
  });
const inner = planVlanInterface(contextOf("VlanInterface"), {
  parent: "outer",
  vlans: [{ id: 30, linkName: "inner" }],
});

// The switch: a router on the twentieth VLAN, and one within the outer tag.
const ROUTERS = `
set -e
ip netns add routers
ip link add trunk netns routers type veth peer name eth0 netns $(cat /tmp/edge/pid)
on="ip -n routers"
$on link set trunk up
$on link add link trunk name r219 type vlan id 219
$on address add 10.219.0.1/24 dev r219
$on link add link trunk name r100 type vlan proto 802.1ad id 100
$on link add link r100 name r30 type vlan id 30
$on address add 10.30.0.1/24 dev r30
for link in r219 r100 r30; do $on link set $link up; done
nsenter --target $(cat /tmp/edge/pid) --net ip link set eth0 up`;

describe("tagged links and ipvlan in a kernel that has them", function () {
  this.timeout(1_200_000);
  let host: InnerHost;
  let found: string;
  const answers = async (address: string) => (await host.exec(`ping -n -q -c 1 -W 3 ${address}`, "", false)).code === 0;

  before(async () => {
    host = await InnerHost.begin("edge");
    await (await machine()).exec(ROUTERS);
    await host.setup();
    found = await host.kernelState();
  });

  it("carry a trunk of twenty and a tag within a tag, change in place, and go in the order that the kernel wants", async () => {
    await host.did("apply", factLines(trunk(1500).hostState));
    await host.did("apply", factLines(inner.hostState), "test/dev/inner");
    await host.exec("ip address add 10.219.0.2/24 dev eth0.219; ip address add 10.30.0.2/24 dev inner");
    assert.equal(await answers("10.219.0.1"), true, "the router on the twentieth VLAN");
    assert.equal(await answers("10.30.0.1"), true, "the router within the outer tag");
    assert.equal(await host.did("apply", factLines(trunk(1500).hostState)), "unchanged\n");
    assert.equal(
      await host.did("apply", factLines(trunk(1400).hostState)),
      "~ link outer parent eth0 type vlan id 100 protocol 802.1ad mtu 1400\n",
    );
    await host.exec("ip link add link outer name by-hand type vlan id 31");
    const { code, stderr } = await host.ask("remove", factLines(trunk(1400).hostState));
    assert.notEqual(code, 0, "what stands on it would go with it");
    assert.match(stderr, /by-hand/);
    assert.equal(await answers("10.30.0.1"), true);
    await host.exec(
      "ip link del by-hand; ip address del 10.219.0.2/24 dev eth0.219; ip address del 10.30.0.2/24 dev inner",
    );
    await host.did("remove", factLines(inner.hostState), "test/dev/inner");
    await host.did("remove", factLines(trunk(1400).hostState));
    assert.equal(await host.kernelState(), found);
  });

  it("let the host reach agents on ipvlan, which bear its own MAC, and go", async () => {
    const lines = factLines(
      planIpvlanNetwork(contextOf("IpvlanNetwork"), {
        parent: "eth0",
        subnets: [{ subnet: "192.168.9.0/24", gateway: "192.168.9.1", ipRange: "192.168.9.64/26" }],
        hostAccess: { linkName: "shim0", address: "192.168.9.2" },
      }).hostState,
      // Docker is not here to be asked.
    ).filter((line) => !line.startsWith("require parent"));
    await host.did("apply", lines);
    await host.exec(`ip netns add agent
ip link add link eth0 name port0 netns agent type ipvlan mode l2 bridge
ip -n agent address add 192.168.9.65/24 dev port0
ip -n agent link set port0 up`);
    assert.equal(await answers("192.168.9.65"), true);
    assert.equal(await host.did("apply", lines), "unchanged\n");
    await host.exec("ip netns del agent");
    await host.did("remove", lines);
    assert.equal(await host.kernelState(), found);
  });

  it("are put into a container with the MAC of their parent, beside no macvlan, and go", async () => {
    const attached = (name: string, driver: AttachedDriver, last: number) => {
      const interfaces = [{ parent: "eth0", driver, ipv4Address: `192.168.9.${last}/24`, receives: ["239.1.1.1"] }];
      const context = { ...contextOf("PipeworkAgent"), name };
      return factLines(planPipeworkAgent(context, { interfaces, container: { containerName: "probe" } }).hostState);
    };
    const [lines, other] = [attached("probe", "ipvlan", 66), attached("other", "macvlan", 67)];
    await host.exec(CONTAINER, DOCKER);
    const before = await host.kernelState();
    const routers = async (command: string) => (await machine()).exec(command, { check: false });
    await routers("ip -n routers address add 192.168.9.1/24 dev trunk");
    const applied = await host.did("apply", lines);
    assert.equal(applied, `+ ${lines.at(-1)}\n`);
    assert.equal((await routers("ip netns exec routers ping -n -q -c 1 -W 3 192.168.9.66")).code, 0);
    const mac = (await host.exec("cat /sys/class/net/eth0/address")).stdout.trim();
    assert.ok((await routers("ip -n routers neigh show 192.168.9.66")).stdout.includes(mac));
    assert.equal(await host.did("apply", lines), "unchanged\n");
    const moved = lines.map((line) => line.replace("9.66/24", "9.68/24"));
    assert.equal(await host.did("apply", moved), `~ ${moved.at(-1)}\n`);
    assert.equal((await routers("ip netns exec routers ping -n -q -c 1 -W 3 192.168.9.68")).code, 0);
    const refused = await host.ask("apply", other, "test/dev/other");
    assert.match(refused.stderr, /is on it, and the kernel takes macvlan or ipvlan on one parent, not both/);
    await host.did("remove", moved);
    await routers("ip -n routers address del 192.168.9.1/24 dev trunk");
    assert.equal(await host.kernelState(), before);
    await host.exec("kill $(cat /run/docker/pid); rm -r /run/docker /usr/local/bin/docker");
  });
});
