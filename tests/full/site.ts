import type { FullHost } from "../lab/full-host";
import { Lab } from "../lab/lab";
import type { Lan } from "../lab/lan";
import { run } from "../lab/process";

/** The two ends of a path. */
export type Side = "left" | "right";

/** Two full hosts, booted once for all scenarios. */
export interface FullSite {
  readonly lab: Lab;
  /** On each: eth1 leads to the path, eth2 to a LAN of its own, eth3 to one that both share. */
  readonly hosts: Readonly<Record<Side, FullHost>>;
  /** The LANs that the hosts' ends of the path are on. */
  readonly paths: Readonly<Record<Side, Lan>>;
  /** The LANs behind the hosts: one subnet in two LANs, which a wire can join. */
  readonly lans: Readonly<Record<Side, Lan>>;
  /** Sets the MTU of the link between the two routers that the path leads over. */
  setPathMtu(mtu: number): Promise<void>;
}

/** Addresses of the hosts on the path. */
export const ENDPOINTS: Readonly<Record<Side, { v4: string; v6: string }>> = {
  left: { v4: "10.7.1.10", v6: "fd00:7:1::10" },
  right: { v4: "10.7.2.10", v6: "fd00:7:2::10" },
};
const TRUNK: Readonly<Record<Side, string>> = { left: "192.168.9.5/24", right: "192.168.9.6/24" };
const sides = ["left", "right"] as const;

/** Boots both hosts, with their path and their LANs. */
export async function bootFullSite(): Promise<FullSite> {
  const lab = await Lab.start();
  const path = (side: Side, number: number) =>
    lab.lan({
      ...{ name: `path-${side}`, subnet: `10.7.${number}.0/24`, gateway: `10.7.${number}.1` },
      ...{ subnet6: `fd00:7:${number}::/64`, gateway6: `fd00:7:${number}::1` },
    });
  const paths = { left: await path("left", 1), right: await path("right", 2) };
  await joinRouters(paths);
  const lan = (name: Side, number: number) =>
    lab.lan({ name, subnet: "10.9.1.0/24", gateway: `10.9.1.${number}`, client: `10.9.1.10${number}` });
  const lans = { left: await lan("left", 1), right: await lan("right", 2) };
  const trunk = await lab.lan({ name: "trunk", subnet: "192.168.9.0/24", gateway: "192.168.9.1" });
  const host = (side: Side) => {
    const { gateway, gateway6 } = paths[side].options;
    const addresses = [`${ENDPOINTS[side].v4}/24`, `${ENDPOINTS[side].v6}/64`];
    return lab.fullHost({
      name: side,
      lans: [
        { lan: paths[side], interface: "eth1", addresses, gateway, gateway6: gateway6! },
        { lan: lans[side], interface: "eth2" },
        { lan: trunk, interface: "eth3", addresses: [TRUNK[side]] },
      ],
    });
  };
  const [left, right] = await Promise.all(sides.map(host));
  const setPathMtu = (mtu: number) =>
    Promise.all(sides.map((side) => paths[side].exec("gateway", `ip link set mid mtu ${mtu}`))).then(() => {});
  return { lab, hosts: { left: left!, right: right! }, paths, lans, setPathMtu };
}

/** One link between the routers of the two path LANs. */
async function joinRouters(paths: Readonly<Record<Side, Lan>>): Promise<void> {
  const [left, right] = sides.map((side) => paths[side].namespace("gateway"));
  await run("ip", ["link", "add", "mid", "netns", left!, "type", "veth", "peer", "name", "mid", "netns", right!]);
  for (const [index, side] of sides.entries()) {
    const [own, other] = [index + 1, 2 - index];
    const lines = [
      "link set mid up",
      `addr add 10.7.0.${own}/30 dev mid`,
      `addr add fd00:7::${own}/64 dev mid nodad`,
      `route add 10.7.${other}.0/24 via 10.7.0.${other}`,
      `route add fd00:7:${other}::/64 via fd00:7::${other}`,
    ];
    await run("ip", ["-n", paths[side].namespace("gateway"), "-batch", "-"], { input: lines.join("\n") });
  }
}
