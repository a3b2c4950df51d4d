import { strict as assert } from "node:assert";
import { planCookies } from "../../lib/plan/cookies";
import { type PseudowirePlan, planPseudowire } from "../../lib/plan/pseudowire";
import { factLines } from "../plan/support";
import { InnerHost, machine } from "./inner-host";

const context = { component: "L2tpPseudowire", name: "wire", project: "test", stack: "dev" };
const cookies = planCookies(context, { seed: "of the test" });
const ADDRESSES = [
  { 4: "10.7.1.10", 6: "fd00:7::10" },
  { 4: "10.7.1.20", 6: "fd00:7::20" },
] as const;
const NAMES = ["left", "right"] as const;

type Ends = readonly [InnerHost, InnerHost];
interface Way {
  readonly encapsulation: "udp" | "ip";
  readonly family: 4 | 6;
  readonly mtu?: number;
  readonly bridged?: boolean;
}

function plan({ family, bridged = false, ...more }: Way): PseudowirePlan {
  const ends = NAMES.map((hostIdentity, index) => ({
    hostIdentity,
    address: ADDRESSES[index]![family],
    interfaceName: "wire0",
    ...(bridged && { bridge: { name: "br-wire", port: "eth1" } }),
  }));
  return planPseudowire(context, { ends, cookieNames: cookies.map(({ name }) => name), cookieBytes: 8, ...more });
}

/** A path between the ends, and behind each a client on a LAN of its own, which the wire can join to the other. */
async function begin(): Promise<Ends> {
  const ends = await Promise.all(NAMES.map((name) => InnerHost.begin(name)));
  const kernel = await machine();
  const script = NAMES.map((name, index) => {
    const [own, other] = [ADDRESSES[index]!, index + 1];
    return `
pid=$(cat /tmp/${name}/pid)
ip link set path${other} netns $pid name eth0
ip netns add client-${name}
ip link add lan netns client-${name} type veth peer name eth1 netns $pid
ip -n client-${name} link set lan up
ip -n client-${name} address add 10.9.1.10${other}/24 dev lan
ip -n client-${name} address add fd00:9::10${other}/64 dev lan nodad
in="nsenter --target $pid --net ip"
$in link set eth0 up
$in address add ${own[4]}/24 dev eth0
$in address add ${own[6]}/64 dev eth0 nodad`;
  }).join("\n");
  await kernel.exec(`set -e; ip link add path1 type veth peer name path2\n${script}`);
  const [left, right] = ends as [InnerHost, InnerHost];
  for (const end of [left, right]) await end.setup();
  return [left, right];
}

// On the left LAN a container, on the right one a server: what one asks and the other says is broadcast.
const LEASE = `
printf '%s\\n' "start 10.9.1.200" "end 10.9.1.209" "interface lan" "lease_file /tmp/leases" "opt subnet 255.255.255.0" >/tmp/udhcpd.conf
: >/tmp/leases
ip netns exec client-right busybox udhcpd -f /tmp/udhcpd.conf >/tmp/udhcpd.log 2>&1 &
server=$!
ip netns add container
ip link add port netns container type veth peer name port netns $(cat /tmp/left/pid)
nsenter --target $(cat /tmp/left/pid) --net ip link set port master br-wire up
ip -n container link set port up
printf '%s\\n' '#!/bin/sh' '[ "$1" != bound ] || echo "leased $ip by $serverid"' >/tmp/said
chmod +x /tmp/said
ip netns exec container busybox udhcpc -f -q -n -t 10 -T 2 -i port -s /tmp/said
code=$?
kill $server
ip netns del container
exit $code`;

const both = async <T>(ends: Ends, each: (end: InnerHost, index: number) => Promise<T>): Promise<T[]> => {
  const done: T[] = [];
  for (const [index, end] of ends.entries()) done.push(await each(end, index));
  return done;
};

describe("a pseudowire in a kernel that has L2TP", function () {
  this.timeout(1_200_000);
  let ends: Ends;
  let found: string[];

  before(async () => {
    ends = await begin();
    await both(ends, (end) =>
      end.did(
        "secret",
        cookies.map(({ name, value }) => `secret ${name} ${value}`),
      ),
    );
    found = await both(ends, (end) => end.kernelState());
  });

  const make = (wire: PseudowirePlan) =>
    both(ends, (end, index) => end.did("apply", factLines(wire.ends[index]!.hostState)));
  const prove = (wire: PseudowirePlan) => both(ends, (end, index) => end.did("prove", wire.ends[index]!.proof));
  const join = (wire: PseudowirePlan) =>
    both(ends, (end, index) => end.did("apply", factLines(wire.ends[index]!.join), "test/dev/edge.join"));
  const takeBack = async (wire: PseudowirePlan) => {
    await both(ends, (end, index) => end.did("remove", factLines(wire.ends[index]!.join), "test/dev/edge.join"));
    await both(ends, (end, index) => end.did("remove", factLines(wire.ends[index]!.hostState)));
    assert.deepEqual(await both(ends, (end) => end.kernelState()), found);
  };
  /** Whether a packet of so many bytes crosses, whole inside, from one client to the other. */
  const crosses = async (size: number, family: 4 | 6 = 4, [from, other] = ["left", 2] as ["left" | "right", 1 | 2]) => {
    const [to, header] = family === 4 ? [`10.9.1.10${other}`, 28] : [`fd00:9::10${other}`, 48];
    const ask = `ip netns exec client-${from} ping -n -q -c 1 -W 3 -M do -s ${size - header} ${to}`;
    return (await (await machine()).exec(ask, { check: false })).code === 0;
  };
  const setPath = (mtu: number) => both(ends, (end) => end.exec(`ip link set eth0 mtu ${mtu}`));

  it("carries full frames over IP and IPv4, and goes without a trace", async () => {
    const wire = plan({ encapsulation: "ip", family: 4 });
    assert.equal(wire.mtu, 1450);
    await make(wire);
    for (const said of await prove(wire)) assert.match(said, / with frames of 1450 bytes; /);
    await takeBack(wire);
  });

  it("joins two LANs, changes its MTU in place, says when cookies differ, and goes without a trace", async () => {
    const wire = plan({ encapsulation: "udp", family: 6, bridged: true });
    assert.equal(await crosses(100), false, "the LANs are apart before");
    await make(wire);
    assert.deepEqual(await make(wire), ["unchanged\n", "unchanged\n"]);
    await prove(wire);
    assert.equal(await crosses(100), false, "an end that is not joined bridges nothing");
    await join(wire);
    assert.equal(await crosses(1418), true);
    assert.equal(await crosses(1418 + 5), false, "what does not fit is dropped");
    assert.equal(await crosses(1418, 6), true);
    // The other way round, with neighbours that are asked for anew.
    await (await machine()).exec("for end in left right; do ip -n client-$end neigh flush all; done");
    assert.equal(await crosses(1418, 4, ["right", 1]), true);
    assert.equal(await crosses(1418, 6, ["right", 1]), true);
    assert.match((await (await machine()).exec(LEASE)).stdout, /^leased 10\.9\.1\.20\d by /m);

    const session = (await ends[1].exec("ip l2tp show session")).stdout;
    const [, id, tunnel] = /^Session (\d+) in tunnel (\d+)/m.exec(session)!;
    const [, peer] = /Peer session (\d+)/.exec(session)!;
    await ends[1].exec(`ip l2tp del session tunnel_id ${tunnel} session_id ${id}
ip l2tp add session name wire0 tunnel_id ${tunnel} session_id ${id} peer_session_id ${peer} cookie ${"1".repeat(16)} peer_cookie ${"2".repeat(16)}
ip link set wire0 master br-wire up mtu 1418`);
    assert.equal(await crosses(100), false);
    const { code, stderr } = await ends[0].ask("prove", ["timeout 5", ...wire.ends[0]!.proof.slice(1)]);
    assert.notEqual(code, 0);
    assert.match(stderr, /dropped here: [1-9]\d* frames of the other end, because their cookie is not the one/);
    assert.match((await ends[1].ask("check", factLines(wire.ends[1]!.hostState))).stdout, /^- session \d+ /m);
    await make(wire);
    await join(wire);
    assert.equal(await crosses(1418), true);

    await setPath(1280);
    const wide = plan({ encapsulation: "udp", family: 6, bridged: true, mtu: 1500 });
    for (const said of await make(wide)) assert.match(said, /^~ session \d+ .* mtu 1500$/m);
    await join(wide);
    assert.equal(await crosses(1500), true, "in fragments outside");
    assert.equal(await crosses(1500, 6), true);
    await setPath(1500);
    await takeBack(wide);
  });
});
