import { join } from "node:path";
import { bootFullSite, ENDPOINTS, type FullSite, type Side } from "../tests/full/site";
import { Stack } from "../tests/lab/stack";
import { until } from "../tests/lab/until";
import { needIperf, stream, streamServer, type Way } from "./stream";

const sides = ["left", "right"] as const;
const port = 5201;
const other = (side: Side): Side => (side === "left" ? "right" : "left");
const number = (side: Side) => sides.indexOf(side) + 1;

/**
 * Streams between the LANs behind two full hosts: bridged by a pseudowire of wirework; and, with packets of the same size, routed,
 * and bridged by VXLAN, both made by hand beside it.
 */
export async function pseudowireSite() {
  await needIperf("--pseudowire");
  const site = await bootFullSite();
  const stack = new Stack({
    dir: join(__dirname, "..", "examples", "l2tp-pseudowire"),
    check: false,
    timeoutMs: 900_000,
  });
  await stack.config(
    {
      ...{ left: site.hosts.left.address, leftHostKey: site.hosts.left.hostKey, leftEndpoint: ENDPOINTS.left.v6 },
      ...{ right: site.hosts.right.address, rightHostKey: site.hosts.right.hostKey, rightEndpoint: ENDPOINTS.right.v6 },
      port: "eth2",
    },
    { privateKey: site.hosts.left.privateKey, seed: "of cookies" },
  );
  await stack.up();
  const { mtu } = (await stack.outputs()) as { mtu: number };
  for (const side of sides) await byHand(site, side, mtu);
  await until("the wire", { timeoutMs: 120_000 }, async () => {
    const ping = await site.lans.left.exec("client", "ping -n -q -c 1 -W 5 10.9.1.102", { check: false });
    return ping.code === 0 || undefined;
  });
  const server = await streamServer(["ip", "netns", "exec", site.lans.right.namespace("client")], port);
  const by = (name: string, address: string): Way => ({
    name,
    measure: () => stream(site.lans.left, address, port),
  });
  return {
    host: site.hosts.left,
    ways: [by("routed", "10.92.0.2"), by("VXLAN", "10.93.0.2"), by("L2tpPseudowire", "10.9.1.102")],
    stop: async () => {
      server.kill("SIGKILL");
      await site.lab.stop();
      stack.dispose();
    },
  };
}

const mac = (side: Side) => `02:00:00:00:93:0${number(side)}`;

/**
 * One side of what the wire is compared with. VXLAN is a port of the wire's bridge and carries what goes to one MAC address on
 * each LAN, nothing else: two paths between the same bridges would be a loop.
 */
async function byHand({ hosts, paths, lans }: FullSite, side: Side, mtu: number): Promise<void> {
  const [own, far] = [number(side), number(other(side))];
  await hosts[side].exec(
    [
      "sysctl -q -w net.ipv4.ip_forward=1",
      "for table in iptables ip6tables; do $table -P FORWARD ACCEPT; done",
      `ip address add 10.9${own}.0.1/24 dev br-wire`,
      `ip route add 10.9${far}.0.0/24 via 10.7.${own}.1`,
      `ip link add vx type vxlan id 93 dstport 4789 local ${ENDPOINTS[side].v6} remote ${ENDPOINTS[other(side)].v6}`,
      "ip link set vx master br-wire",
      "bridge link set dev vx learning off flood off mcast_flood off bcast_flood off",
      `bridge fdb replace ${mac(other(side))} dev vx master static`,
      "ip link set vx up",
    ].join(" && "),
  );
  await paths[side].exec(
    "gateway",
    `ip route add 10.9${own}.0.0/24 via ${ENDPOINTS[side].v4} && ip route add 10.9${far}.0.0/24 via 10.7.0.${far}`,
  );
  await lans[side].exec(
    "client",
    [
      `ip address add 10.9${own}.0.2/24 dev lan0`,
      `ip route add 10.9${far}.0.0/24 via 10.9${own}.0.1 src 10.9${own}.0.2 mtu ${mtu}`,
      `ip route replace 10.9.1.0/24 dev lan0 proto kernel scope link src 10.9.1.10${own} mtu ${mtu}`,
      `ip link add link lan0 name vx address ${mac(side)} type macvlan mode bridge`,
      `ip address add 10.93.0.${own}/24 dev vx`,
      `ip link set vx mtu ${mtu} up`,
      `ip neighbor replace 10.93.0.${far} lladdr ${mac(other(side))} dev vx`,
    ].join(" && "),
  );
}
