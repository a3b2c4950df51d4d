import { strict as assert } from "node:assert";
import { planCookies } from "../../lib/plan/cookies";
import { type PseudowirePlan, planPseudowire } from "../../lib/plan/pseudowire";
import { faulty, withFaultyIp } from "../host/faults";
import { OWNER, stdin } from "../host/support";
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
  /** @default - derived */
  readonly sessionIds?: readonly [number, number];
}

function plan({ family, bridged = false, sessionIds, ...more }: Way): PseudowirePlan {
  const ends = NAMES.map((hostIdentity, index) => ({
    hostIdentity,
    address: ADDRESSES[index]![family],
    interfaceName: "wire0",
    ...(sessionIds && { sessionId: sessionIds[index]! }),
    ...(bridged && { bridge: { name: "br-wire", port: "eth1" } }),
  }));
  return planPseudowire(context, { ends, cookieNames: cookies.map(({ name }) => name), cookieBytes: 8, ...more });
}

/** The path between the ends is a switch, and behind each end is a client on a LAN of its own, which the wire can join to the other. */
async function begin(): Promise<Ends> {
  const kernel = await machine();
  await kernel.exec(`set -e
ip link add path type bridge
ip link set path up
${NAMES.map((name) => `ip netns add client-${name}`).join("\n")}`);
  const [left, right] = (await Promise.all(NAMES.map((name) => InnerHost.begin(name)))) as [InnerHost, InnerHost];
  for (const end of [left, right]) {
    await plugIn(end);
    await end.setup();
  }
  return [left, right];
}

/** Gives an end its cables and its addresses, the same at each boot; those of the boot before are gone, or about to be. */
async function plugIn({ name }: InnerHost): Promise<void> {
  const index = NAMES.indexOf(name as (typeof NAMES)[number]);
  const [own, number] = [ADDRESSES[index]!, index + 1];
  await (await machine()).exec(`
on="ip -n client-${name}"
ip link del path${number} 2>/dev/null
$on link del lan 2>/dev/null
set -e
pid=$(cat /tmp/${name}/pid)
ip link add path${number} type veth peer name eth0 address 02:00:00:00:07:0${number} netns $pid
ip link set path${number} master path up
ip link add lan netns client-${name} address 02:00:00:00:09:0${number} type veth peer name eth1 address 02:00:00:00:19:0${number} netns $pid
$on link set lan up
$on address add 10.9.1.10${number}/24 dev lan
$on address add fd00:9::10${number}/64 dev lan nodad
in="nsenter --target $pid --net ip"
for card in eth0 eth1; do $in link set $card up; done
$in address add ${own[4]}/24 dev eth0
$in address add ${own[6]}/64 dev eth0 nodad`);
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
  /** What an end says that does not hear the other. */
  const unproved = async (wire: PseudowirePlan, index: 0 | 1) => {
    const { code, stderr } = await ends[index].ask("prove", ["timeout 5", ...wire.ends[index]!.proof.slice(1)]);
    assert.notEqual(code, 0);
    return stderr;
  };
  /** They lose their power at once, and have their cables again, but nothing has booted yet. */
  const offAndOn = async (...some: InnerHost[]) => {
    for (const end of some) await end.off();
    for (const end of some) {
      await end.on();
      await plugIn(end);
    }
  };
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
    assert.match(
      await unproved(wire, 0),
      /dropped here: [1-9]\d* frames of the other end, because their cookie is not the one/,
    );
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

  it("says at each end what it knows of session ids that do not agree, and mends them in place", async () => {
    const way = { encapsulation: "udp", family: 4, bridged: true } as const;
    const [wire, other] = [plan({ ...way, sessionIds: [1000, 2000] }), plan({ ...way, sessionIds: [1000, 3000] })];
    const cable = async (does: string) => (await machine()).exec(`ip link set path1 ${does}`);
    await cable("nomaster");
    await make(wire);
    for (const index of [0, 1] as const)
      assert.match(await unproved(wire, index), /came here: nothing of the other end for this session/);
    await cable("master path");
    await ends[1].did("apply", factLines(other.ends[1]!.hostState));
    assert.match(await unproved(wire, 0), /came here: [1-9]\d* frames of the other end; it does not hear this one/);
    assert.match(await unproved(wire, 1), /came here: packets of the other end for another session than this end has/);
    const [same, mended] = await make(wire);
    assert.equal(same, "unchanged\n");
    assert.match(mended!, /^- session 3000 /m);
    assert.match(mended!, /^\+ session 2000 /m);
    await prove(wire);
    await takeBack(wire);
  });

  it("comes back when both ends boot at once, and at an end that lost its power in mid-change", async () => {
    const way = { encapsulation: "udp", family: 4, bridged: true } as const;
    const [wire, later] = [plan(way), plan({ ...way, sessionIds: [1000, 2000] })];
    await make(wire);
    await join(wire);
    assert.equal(await crosses(1400), true);
    await offAndOn(...ends);
    assert.equal(await crosses(100), false, "no end is there before it boots");
    for (const end of ends) await end.boot();
    assert.equal(await crosses(1400), true);

    const [, right] = ends;
    await withFaultyIp(right);
    const { steps } = await faulty(
      right,
      "apply",
      stdin(factLines(later.ends[1]!.hostState), OWNER, right.name),
      3,
      "kill",
    );
    assert.match(steps.at(-1)!, /^ip link set dev wire0 group /);
    await offAndOn(right);
    await right.boot();
    assert.equal(await crosses(1400), true, "both ends are what they were");
    await make(later);
    await prove(later);
    await join(later);
    assert.equal(await crosses(1400), true);
    await right.exec("rm /usr/local/bin/ip");
    await takeBack(later);
  });
});
