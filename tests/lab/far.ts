import { spawn } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type ExecOptions, execute } from "./exec";
import { imageTar, LabImage } from "./images";
import type { Lan } from "./lan";
import { labId, requireLab, runFolder } from "./namespace";
import { type RunResult, run } from "./process";
import { until } from "./until";

/** A server beyond the gateways of several LANs, which tells each client the address that it sees. */
export interface Far {
  readonly address: string;
  readonly address6: string;
  /** Port of the server, TCP and UDP. */
  readonly port: number;
  /** Runs a shell command there. */
  exec(command: string, options?: ExecOptions): Promise<RunResult>;
  /** Counts from zero what arrives by each gateway. */
  count(): Promise<void>;
  /** Packets for the server that arrived by the gateway of a LAN since {@link count}. */
  arrived(lan: Lan): Promise<number>;
  /** Takes it away; its name is free again. */
  remove(): Promise<void>;
}

const port = 7000;
const address = "203.0.113.10";
const address6 = "2001:db8:ff::10";

/** The link to a LAN's gateway. */
const linkTo = (lan: Lan) => `to-${lan.name}`;

/** A place to which the gateways of all `lans` lead. It answers by the gateway whose LAN asked. `name` is its namespace. */
export async function createFar(name: string, lans: readonly Lan[]): Promise<Far> {
  requireLab();
  const folder = join(runFolder, name);
  await run("ip", ["netns", "add", name]);
  const exec = (command: string, options: ExecOptions = {}) =>
    execute(["ip", "netns", "exec", name, "sh", "-c", command], options);
  await exec(`ip link set lo up; ip address add ${address}/32 dev lo; ip address add ${address6}/128 dev lo nodad`);
  for (const [index, lan] of lans.entries()) await connect(name, lan, index, exec);
  const server = await startServer(name, folder);
  await until("far: the server", { timeoutMs: 10_000, intervalMs: 50 }, async () => {
    return (await exec(`ss -Hltn 'sport = :${port}'`)).stdout !== "" || undefined;
  });
  // A link that has just come up answers IPv6 a second or two later.
  for (const lan of lans) {
    const all = `ping -q -c 1 -W 1 ${address} && ping -q -c 1 -W 1 ${lan.client6 === undefined ? address : address6}`;
    await until(`far: the way from ${lan.name}`, { timeoutMs: 20_000, intervalMs: 100 }, async () => {
      return (await lan.exec("client", all, { check: false })).code === 0 || undefined;
    });
  }
  return {
    address,
    address6,
    port,
    exec,
    count: async () => {
      await exec("nft -f -", { input: counters(lans) });
    },
    arrived: async (lan) => {
      const { stdout } = await exec(`nft list counter inet far ${linkTo(lan)}`);
      return Number(/packets (\d+)/.exec(stdout)?.[1]);
    },
    remove: async () => {
      process.kill(server, "SIGKILL");
      for (const lan of lans) await exec(`ip link del ${linkTo(lan)}`);
      await run("ip", ["netns", "del", name]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A wire from here to a LAN's gateway: network 10.255.n.0/30 and fd00:255:n::/64, .1 there and .2 here. */
async function connect(name: string, lan: Lan, index: number, exec: Far["exec"]): Promise<void> {
  const [there, here] = [1, 2].map((end) => ({ v4: `10.255.${index}.${end}`, v6: `fd00:255:${index}::${end}` }));
  const addresses = (end: typeof here, dev: string) => [
    `ip address add ${end!.v4}/30 dev ${dev}`,
    `ip address add ${end!.v6}/64 dev ${dev} nodad`,
    `ip link set ${dev} up`,
  ];
  const link = linkTo(lan);
  await exec(
    [
      "set -e",
      // A packet by the wrong way must be seen, not dropped.
      "sysctl -q -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0",
      `ip link add ${link} type veth peer name far0`,
      ...addresses(here, link),
    ].join("\n"),
  );
  await run("ip", ["-n", name, "link", "set", "far0", "netns", lan.namespace("gateway")]);
  await lan.exec(
    "gateway",
    [
      "set -e",
      ...addresses(there, "far0"),
      `ip route add ${address} via ${here!.v4}`,
      `ip -6 route add ${address6} via ${here!.v6}`,
    ].join("\n"),
  );
  await exec(`ip route add ${lan.options.subnet} via ${there!.v4}`);
  if (lan.options.subnet6) await exec(`ip -6 route add ${lan.options.subnet6} via ${there!.v6}`);
}

/** A counter for each gateway, of what is for the server. */
function counters(lans: readonly Lan[]): string {
  const rules = lans.flatMap((lan) => [
    `iifname "${linkTo(lan)}" ip daddr ${address} counter name ${linkTo(lan)}`,
    `iifname "${linkTo(lan)}" ip6 daddr ${address6} counter name ${linkTo(lan)}`,
  ]);
  return [
    "table inet far",
    "delete table inet far",
    "table inet far {",
    ...lans.map((lan) => `counter ${linkTo(lan)} { packets 0 bytes 0 }`),
    "chain in { type filter hook prerouting priority -300;",
    ...rules,
    "}",
    "}",
  ].join("\n");
}

/** The program of the image, without the image. It ends with the lab, or by `remove`. */
async function startServer(name: string, folder: string): Promise<number> {
  mkdirSync(folder, { recursive: true });
  await run("tar", ["-xf", await imageTar(LabImage.addressEcho), "-C", folder, "./bin/address-echo"]);
  const command = ["netns", "exec", name, join(folder, "bin/address-echo"), String(port)];
  const server = spawn("ip", command, { stdio: "ignore", env: { ...process.env, WIREWORK_LAB: labId() } });
  server.unref();
  if (server.pid === undefined) throw new Error("far: the server did not start");
  return server.pid;
}
