import { strict as assert } from "node:assert";
import type { Verb } from "../../lib/host/command-text";
import { type Fault, faulty, withFaults } from "./faults";
import { type Sandbox, SHIM, stdin } from "./support";

export const OTHER = "test/dev/other";
export const OLD = [
  ...SHIM,
  "set spare0 master bridge0",
  "set spare0 promisc on",
  "link br7 type bridge address 02:00:00:00:00:07 stp_state 1",
  "reach fe80::2 dev eth0 mtu 1400",
  "table 200 name uplink2",
  "route unreachable 0.0.0.0/0 metric 4294967295 table 200",
  "rule from 172.31.7.0/24 table 200 priority 10202",
  "rule from fd00:31:7::/64 table 200 priority 10202",
  "nat 172.31.7.0/24 oif eth0 masquerade",
  "file /etc/network/if-up.d/wirework-a 001 |# wirework: old",
  "block /etc/rc.local a 001 |old",
];
/** Differs from {@link OLD} in each kind of fact: the link is made anew, the rest changes, comes or goes. */
export const NEW = [
  SHIM[0].replace("bridge", "private"),
  "set spare0 master bridge1",
  "set spare0 up",
  "link br7 type bridge address 02:00:00:00:00:07",
  "reach fe80::2 dev eth0 mtu 1300",
  SHIM[1].replace("= 2", "= 1"),
  SHIM[2],
  "addr 192.168.9.3/32 dev shim0",
  SHIM[5],
  "addr 192.0.2.77/24 dev eth0",
  "route 192.168.9.128/26 dev shim0",
  SHIM[7],
  "table 201 name uplink2",
  "route blackhole 0.0.0.0/0 metric 4294967295 table 201",
  "route 0.0.0.0/0 dev shim0 table 201",
  "rule from 172.31.7.0/24 table 201 priority 10202",
  "rule from fd00:31:7::/64 table 200 priority 10203",
  "nat 172.31.7.0/24 oif eth0 snat 192.0.2.10",
  "nat fd00:31:7::/64 oif eth0 masquerade",
  "persistence auto",
  "block /etc/rc.local a 001 |new",
  "with ifupdown file /etc/network/if-up.d/wirework-a 001 |# wirework: new",
  "with ifupdown file /etc/network/interfaces.d/wirework-a 001 |# wirework: new",
  "with ifupdown require link eth0",
  "with networkd file /etc/systemd/network/05-wirework-a.network 001 |# wirework: new",
  "with networkd require link nolink",
];

export interface Change {
  readonly verb: Verb;
  readonly from: readonly string[];
  readonly to: readonly string[];
}

export const changes: Record<string, Change> = {
  "a first apply": { verb: "apply", from: [], to: OLD },
  "an update": { verb: "apply", from: OLD, to: NEW },
  "a removal": { verb: "remove", from: OLD, to: [] },
};

/** The same for facts of a container. NIC card0 comes to it, and goes home when that is taken back. */
export const containerUpdate: Change = {
  verb: "apply",
  from: [
    "mac 02:aa:00:00:00:70 container probe network lan",
    "group 239.1.1.1 container probe network lan",
    "attach eth1 container probe type macvlan parent eth0 mode bridge address 02:aa:00:00:00:90 addr 192.168.9.90/24 also 10.8.0.9/32 route 10.8.0.0/16",
    "dnat daddr fd00:9::5 tcp 5000 container probe network lan",
    "dnat daddr fd00:9::5 udp 5000 container probe network lan",
    "proxy dev spare0 container probe network lan",
    "proxy fd00:9::f1 dev spare0",
    "sysctl net/ipv6/conf/all/forwarding = 1",
    "sysctl net/ipv6/conf/eth0/forwarding = 1",
    "sysctl net/ipv6/conf/spare0/accept_ra = 2",
  ],
  to: [
    "mac 02:aa:00:00:00:71 container probe network lan",
    "group ff15::1 container probe network lan",
    "attach eth1 container probe type macvlan parent eth0 mode bridge address 02:aa:00:00:00:90 mtu 1400 addr dhcp addr6 dhcp hostname probe",
    "attach eth2 container probe type veth peer wrprobe2 master bridge0 address 02:aa:00:00:00:91 addr 10.9.0.2/24 also 10.9.0.3/24 route 10.8.0.0/16 via 10.9.0.1 metric 5",
    "attach eth3 container probe type nic parent card0 address 02:aa:00:00:00:cc mtu 1400",
    "dnat daddr fd00:9::5 tcp 5000 container probe network lan port 80",
    "dnat dev lo tcp 5001 container probe network lan",
    "proxy dev eth0 container probe network lan",
    "proxy fd00:9::f2 dev spare0",
  ],
};

export const put = (host: Sandbox, facts: readonly string[]) =>
  facts.length > 0 ? host.apply(facts) : host.remove(NEW);

export interface Disturbed {
  readonly at: number;
  readonly code: number;
  readonly said: string;
  /** What the kernel had before, and what it has when the change is done. */
  readonly before: string;
  readonly goal: string;
  readonly where: string;
}

/** Set by `npm run test:faults`; `npm test` takes each third step, of either parity: the same ones each time. */
export const EVERY_STEP = "WIREWORK_EVERY_STEP";
const stride = () => (process.env[EVERY_STEP] ? 1 : 3);

/** Runs the change with a fault at one step after the other, until a run has none left to disturb; gives their number. */
export async function sweep(
  host: Sandbox,
  { verb, from, to }: Change,
  how: Fault,
  after: (run: Disturbed) => Promise<void>,
): Promise<number> {
  await withFaults(host);
  await put(host, to);
  const goal = await host.kernel();
  await put(host, from);
  const before = await host.kernel();
  const input = stdin(verb === "remove" ? from : to);
  let tried = 0;
  for (let at = 1; ; at += stride()) {
    const { code, said, steps } = await faulty(host, verb, input, at, how);
    if (steps.length < at) {
      assert.equal(code, 0, said);
      return tried;
    }
    tried++;
    await after({ at, code, said, before, goal, where: `${how} at step ${at}: ${steps[at - 1]}` });
    if ((await host.kernel()) !== before) await put(host, from);
  }
}
