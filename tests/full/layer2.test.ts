import { strict as assert } from "node:assert";
import { join } from "node:path";
import type { FullHost } from "../lab/full-host";
import { LabImage } from "../lab/images";
import { diffSnapshots } from "../lab/snapshot";
import { Stack } from "../lab/stack";
import { until } from "../lab/until";
import { fullSite } from "./once";

const example = (name: string) => join(__dirname, "../../examples", name);

// Routers on the trunk, in a namespace of the other host, whose kernel knows tags: one for each VLAN, of which 30 is within 100.
const ROUTERS = `
ip netns add routers && ip link set eth3 netns routers
on="ip -n routers"
$on link set eth3 up
$on address add 192.168.9.6/24 dev eth3
for id in 20 40 43; do
  $on link add link eth3 name eth3.$id type vlan id $id
  $on address add 192.168.$id.1/24 dev eth3.$id
  $on link set eth3.$id up
done
$on address add fd00:43::1/64 dev eth3.43 nodad
$on link add link eth3 name outer type vlan proto 802.1ad id 100
$on link set outer up
$on link add link outer name inner type vlan id 30
$on address add 192.168.30.1/24 dev inner
$on link set inner up`;

const PREAMBLE = `
import * as pulumi from "@pulumi/pulumi";
import { Host, IpvlanAgent, IpvlanMode, IpvlanNetwork, MacvlanAgent, MacvlanNetwork, VlanInterface, VlanProtocol } from "wirework";

const config = new pulumi.Config();
const host = new Host("probe-host", {
  address: config.require("address"),
  hostKey: config.require("hostKey"),
  privateKey: config.requireSecret("privateKey"),
});
const image = "${LabImage.probe}";
`;

const TAGS = `${PREAMBLE}
const tags = new VlanInterface("tags", {
  host: host.ref,
  parent: "eth3",
  vlans: [{ id: 43, linkName: "iptv", mtu: 1400 }, { id: 100, protocol: VlanProtocol.Ad }],
});
const inner = new VlanInterface("inner", { host: host.ref, parent: tags.links["100"], vlans: [{ id: 30 }] });
const deep = new MacvlanAgent("deep", {
  host: host.ref, image, ipv4Address: "192.168.30.10",
  ownNetwork: { parent: inner.links["30"], subnets: [{ subnet: "192.168.30.0/24", gateway: "192.168.30.1" }] },
});
const flat = new IpvlanNetwork("flat", {
  host: host.ref,
  parent: tags.links["43"],
  subnets: [{ subnet: "192.168.43.0/24", gateway: "192.168.43.1", ipRange: "192.168.43.8/29" }, { subnet: "fd00:43::/64", gateway: "fd00:43::1" }],
  hostAccess: { address: "192.168.43.2", linkName: "shim0" },
});
const flatProbe = new IpvlanAgent("flat-probe", {
  host: host.ref, network: flat.ref, image, ipv4Address: "192.168.43.10", ipv6Address: "fd00:43::10",
});
const seen = new IpvlanNetwork("seen", {
  host: host.ref, parent: "eth3", vlan: 44, mode: IpvlanMode.L3s,
  subnets: [{ subnet: "192.168.44.0/24" }, { subnet: "10.44.0.0/24" }],
});
const first = new IpvlanAgent("first", { host: host.ref, network: seen.ref, image, ipv4Address: "192.168.44.10" });
const second = new IpvlanAgent("second", {
  host: host.ref, network: seen.ref, image, ipv4Address: "10.44.0.10", verify: { target: "192.168.44.10", timeoutSeconds: 120 },
});
export const proofs = [deep.verification, flatProbe.verification, second.verification];
export const links = pulumi.all([tags.links["43"], tags.links["100"], inner.links["30"]]);
`;

// One mistake each; what stands on the host was made by hand.
const BY_HAND = `
for id in 220 221 222 223; do ip link add link eth3 name eth3.$id type vlan id $id; done
ip link set eth3.220 up && ip link set eth3.223 up
ip link add br9 type bridge && ip link set eth3.221 master br9 up
docker network create -d macvlan -o parent=eth3.220 by-hand-macvlan
docker network create -d ipvlan -o parent=eth3.223 by-hand-ipvlan`;
const UNDO_BY_HAND = `
docker network rm by-hand-macvlan by-hand-ipvlan
for link in br9 eth3.220 eth3.221 eth3.222 eth3.223; do ip link del $link; done`;
const MISTAKES = `${PREAMBLE}
const on = (parent: string, third: number) => ({ host: host.ref, parent, subnets: [{ subnet: "192.168." + third + ".0/24" }] });
new IpvlanNetwork("both", on("eth3.220", 220));
new MacvlanNetwork("port", on("eth3.221", 221));
new MacvlanNetwork("down", on("eth3.222", 222));
new IpvlanNetwork("twice", on("eth3.223", 223));
new MacvlanNetwork("missing", on("eth9", 224));
`;
const REFUSALS = [
  /the macvlan network by-hand-macvlan is on it, and the kernel takes macvlan or ipvlan on one parent, not both/,
  /eth3\.221 is a port of br9, where neither driver works/,
  /eth3\.222 is down; bring it up/,
  /by-hand-ipvlan is on it, and Docker takes one ipvlan network on a parent/,
  /require parent eth9 macvlan\n\s+this host has the links: /,
];

// The router of this VLAN has the address, and the VLAN's link is yet to be made.
const TAKEN = `${PREAMBLE}
new MacvlanAgent("late", {
  host: host.ref, image, ipv4Address: "192.168.40.1",
  ownNetwork: { parent: "eth3", vlan: 40, subnets: [{ subnet: "192.168.40.0/24", gateway: "192.168.40.254" }] },
});
`;

describe("VLANs and ipvlan on a full host", function () {
  // Emulated, and the machine may be busy with other phases.
  this.timeout(3_000_000);
  let host: FullHost;
  let other: FullHost;
  const routers = (command: string) => other.exec(`ip netns exec routers ${command}`);

  before(async () => {
    const { hosts } = await fullSite();
    host = hosts.left;
    other = hosts.right;
    await other.exec(ROUTERS);
  });
  after(() => other?.exec("ip netns del routers"));

  const newStack = async (options: { dir?: string; program?: string; check?: boolean }) => {
    const stack = new Stack({ check: true, timeoutMs: 900_000, ...options });
    await stack.login(host, { image: LabImage.probe, parent: "eth3" });
    return stack;
  };
  const changes = async (stack: Stack) =>
    (await stack.preview()).steps.filter(({ op }) => op !== "same").map(({ op, name }) => `${op} ${name}`);

  it("come up tagged, are reached, come and go alone, stay over Docker and reboot, and leave no trace", async () => {
    const found = await host.snapshot();
    // Twenty of them, without Docker: tests/kernel.
    const ids = [20, 40, ...Array.from({ length: 6 }, (_, index) => 201 + index)];
    const trunk = await newStack({ dir: example("macvlan-vlan-trunk") });
    await trunk.config({ vlans: ids.join() });
    const routed = await newStack({ dir: example("ipvlan-l3") });
    const tags = await newStack({ program: TAGS });
    const stacks = [trunk, routed, tags];
    // One after the other, and not all VLANs at once: on an emulated host each change takes half a minute, and the watcher's look
    // at everything no less, while others wait for the lock.
    for (const stack of stacks) await stack.up({ flags: ["--parallel", "2"] });

    const told = (await trunk.outputs()) as { verified: string[]; switchPort: string };
    assert.match(told.verified[0]!, /^gateway 192\.168\.20\.1 answered from /m);
    assert.match(told.verified[1]!, /^gateway 192\.168\.40\.1 answered from /m);
    assert.match(told.switchPort, /, eth3: tagged 20, 40, 201, 202, 203, 204, 205, 206$/);
    const { verified, neighbourRoutes } = (await routed.outputs()) as { verified: string; neighbourRoutes: string[] };
    assert.match(verified, /^target 192\.168\.214\.10 answered /m);
    assert.deepEqual(neighbourRoutes, ["192.168.214.0/24", "10.1.214.0/24", "fd00:214::/64"]);
    const { proofs, links } = (await tags.outputs()) as { proofs: string[]; links: string[] };
    assert.match(proofs[0]!, /^gateway 192\.168\.30\.1 answered from /m);
    assert.match(proofs[1]!, /^gateway 192\.168\.43\.1 answered from .*\ngateway fd00:43::1 answered from /);
    assert.match(proofs[2]!, /^target 192\.168\.44\.10 answered /m);
    assert.deepEqual(links, ["iptv", "eth3.100", "eth3.100.30"]);

    const shown = (await host.exec("ip -d link show")).stdout;
    assert.match(shown, / iptv@eth3: .* mtu 1400 .*\n.*\n +vlan protocol 802\.1Q id 43 /);
    assert.match(shown, / foo@eth3: .*\n.*\n +vlan protocol 802\.1Q id 40 /);
    assert.match(shown, / eth3\.100@eth3: .*\n.*\n +vlan protocol 802\.1ad id 100 /);
    for (const id of ids.slice(2)) assert.match(shown, new RegExp(` eth3\\.${id}@eth3: `));

    // The router of the LAN knows the way when it has the routes that the stack says.
    for (const prefix of neighbourRoutes.slice(0, 2)) await routers(`ip route add ${prefix} via 192.168.9.5`);
    const asks = [
      () => host.exec("ping -c 1 -W 5 192.168.43.10"),
      () => routers("ping -c 1 -W 5 192.168.214.10"),
      () => routers("ping -c 1 -W 5 10.1.214.10"),
      ...[
        ...["flat-probe 192.168.43.1", "flat-probe fd00:43::1", "east 10.1.214.10", "east fd00:214::20"],
        ...["first 10.44.0.10", "deep 192.168.30.1", "probe20 192.168.20.1", "probe40 192.168.40.1"],
      ].map((ask) => {
        const [name, address] = ask.split(" ");
        return () => host.exec(`docker exec ${name} ping -c 1 -W 5 ${address}`);
      }),
    ];
    const reached = async (event: string) => {
      let last = "";
      for (const ask of asks) {
        const answered = async () => {
          return ask().catch((error: Error) => {
            last = error.message;
            return undefined;
          });
        };
        await until(`everything reached after ${event}`, { timeoutMs: 600_000, intervalMs: 1000 }, answered).catch(
          (late) => {
            throw new Error(`${late.message}: ${last}`);
          },
        );
      }
    };
    await reached("a first update");
    for (const stack of stacks) assert.deepEqual(await changes(stack), [], "a second preview must be empty");

    await trunk.config({ vlans: ids.slice(0, -1).join() });
    assert.deepEqual(await changes(trunk), ["update trunk", "delete trunk-vlan-206"]);
    await trunk.up();
    assert.doesNotMatch((await host.exec("ip link show")).stdout, /eth3\.206/);

    await host.exec("systemctl restart docker");
    await reached("a restart of Docker");
    await host.reboot();
    await reached("a reboot");

    for (const stack of stacks) await stack.destroy({ flags: ["--parallel", "2"] });
    assert.deepEqual(diffSnapshots(found, await host.snapshot()), [], "destroy must leave the host as it was found");
    for (const stack of stacks) stack.dispose();
  });

  it("are refused where neither kernel nor Docker could, each with the reason, and nothing is changed", async () => {
    await host.exec(BY_HAND);
    const found = await host.snapshot();
    const stack = await newStack({ program: MISTAKES, check: false });
    const { code, stdout, stderr } = await stack.up({ flags: ["--continue-on-error", "--parallel", "2"] });
    assert.notEqual(code, 0);
    for (const refusal of REFUSALS) assert.match(stdout + stderr, refusal);
    assert.equal((await host.exec("docker network ls --quiet --filter label=wirework.owner")).stdout, "");
    await stack.destroy({ check: true });
    assert.deepEqual(diffSnapshots(found, await host.snapshot()), []);
    stack.dispose();
    await host.exec(UNDO_BY_HAND);
  });

  it("do not give an agent what somebody in its VLAN has", async () => {
    const found = await host.snapshot();
    const mac = /link\/ether (\S+)/.exec((await routers("ip link show eth3.40")).stdout)?.[1];
    const stack = await newStack({ program: TAKEN, check: false });
    const { code, stdout, stderr } = await stack.up();
    assert.notEqual(code, 0);
    assert.match(stdout + stderr, new RegExp(`192\\.168\\.40\\.1 is taken on eth3\\.40: MAC ${mac} answers`));
    assert.equal((await host.exec("docker ps --all --quiet")).stdout, "");
    await stack.destroy({ check: true });
    assert.deepEqual(diffSnapshots(found, await host.snapshot()), []);
    stack.dispose();
  });
});
