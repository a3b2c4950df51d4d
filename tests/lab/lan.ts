import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type ExecOptions, execute } from "./exec";
import { labId, requireLab, runFolder } from "./namespace";
import { type RunResult, run } from "./process";

export interface LanOptions {
  /** Names the bridge and the namespaces: at most 10 characters. */
  readonly name: string;
  /** IPv4 prefix: `192.168.9.0/24`. */
  readonly subnet: string;
  /** Address of the gateway namespace. */
  readonly gateway: string;
  /** Address of the client namespace. @default the subnet's address with the last byte 100 */
  readonly client?: string;
  /** IPv6 prefix: `2001:db8:9::/64`. @default no IPv6 */
  readonly subnet6?: string;
  /** Needed with `subnet6`. */
  readonly gateway6?: string;
  /** @default the prefix with the last group 100 */
  readonly client6?: string;
  /** A DHCP server in the gateway namespace that leases this range. @default none */
  readonly dhcp?: { readonly from: string; readonly to: string };
  /** The gateway announces `subnet6` for autoconfiguration, and itself as router. @default false */
  readonly routerAdvertisements?: boolean;
  /** MTU of every link. @default 1500 */
  readonly mtu?: number;
}

/** A bridge with a gateway and a client, each a network namespace. */
export interface Lan {
  readonly name: string;
  readonly bridge: string;
  readonly options: LanOptions;
  /** Address of the client in IPv4. */
  readonly client: string;
  readonly client6: string | undefined;
  /** Network namespace of a role, for `ip netns exec`. */
  namespace(role: LanRole): string;
  /** Runs a shell command in the namespace of a role. */
  exec(role: LanRole, command: string, options?: ExecOptions): Promise<RunResult>;
  /** Takes the LAN away; its name is free again. */
  remove(): Promise<void>;
}

export const LanRole = { gateway: "gateway", client: "client" } as const;
export type LanRole = (typeof LanRole)[keyof typeof LanRole];

/** The link of a role inside its namespace. */
const roleLink = "lan0";

const prefixLength = (subnet: string): string => subnet.slice(subnet.indexOf("/"));

function problems(options: LanOptions): string[] {
  const found: string[] = [];
  if (!/^[a-z][a-z0-9-]{0,9}$/.test(options.name)) {
    found.push(`name: ${JSON.stringify(options.name)} is not 1 to 10 of a-z, 0-9 and -; link names are made of it`);
  }
  if ((options.subnet6 === undefined) !== (options.gateway6 === undefined)) {
    found.push("gateway6: IPv6 needs subnet6 and gateway6 together");
  }
  if (options.routerAdvertisements && !options.subnet6) found.push("routerAdvertisements: needs subnet6");
  return found;
}

/** A LAN of the lab: nothing of it is seen outside, and it goes with the lab. */
export async function createLan(options: LanOptions): Promise<Lan> {
  requireLab();
  const wrong = problems(options);
  if (wrong.length > 0) throw new Error(`LAN ${JSON.stringify(options.name)}: ${wrong.join("; ")}`);
  const client = options.client ?? options.subnet.replace(/\.\d+\/\d+$/, ".100");
  const client6 = options.client6 ?? options.subnet6?.replace(/::\/\d+$/, "::100");
  const bridge = `lan-${options.name}`;
  const namespace = (role: LanRole) => `${options.name}-${role}`;
  const mtu = options.mtu ?? 1500;

  for (const role of Object.values(LanRole)) await run("ip", ["netns", "add", namespace(role)]);
  await run("ip", ["-batch", "-"], {
    input: [
      // A bridge that learns addresses and never waits: a real switch port with portfast.
      `link add ${bridge} mtu ${mtu} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
      `link set ${bridge} up`,
      ...Object.values(LanRole).flatMap((role) => [
        `link add ${port(options.name, role)} mtu ${mtu} type veth peer name ${roleLink} mtu ${mtu} netns ${namespace(role)}`,
        `link set ${port(options.name, role)} master ${bridge} up`,
      ]),
    ].join("\n"),
  });
  const addresses: Record<LanRole, [string, string | undefined]> = {
    gateway: [options.gateway, options.gateway6],
    client: [client, client6],
  };
  for (const role of Object.values(LanRole)) {
    const [address, address6] = addresses[role];
    const lines = ["link set lo up", `addr add ${address}${prefixLength(options.subnet)} brd + dev ${roleLink}`];
    // nodad: usable at once; two hosts with one address are a matter for tests, not for the lab's own links.
    if (address6) lines.push(`addr add ${address6}${prefixLength(options.subnet6!)} dev ${roleLink} nodad`);
    lines.push(`link set ${roleLink} up`);
    if (role === LanRole.client) {
      lines.push(`route add default via ${options.gateway}`);
      if (options.gateway6) lines.push(`route add default via ${options.gateway6}`);
    }
    await run("ip", ["-n", namespace(role), "-batch", "-"], { input: lines.join("\n") });
  }

  const lan: Lan = {
    name: options.name,
    bridge,
    options,
    client,
    client6,
    namespace,
    exec: (role, command, exec = {}) => execute(["ip", "netns", "exec", namespace(role), "sh", "-c", command], exec),
    remove: () => removeLan(lan),
  };
  await lan.exec("client", `sysctl -q -w net.ipv6.conf.${roleLink}.accept_ra=0`);
  await lan.exec("gateway", "sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
  if (options.dhcp || options.routerAdvertisements) await startDnsmasq(lan);
  return lan;
}

/** The lab's end of a role's veth. */
function port(lan: string, role: LanRole): string {
  return `${lan}-${role === LanRole.gateway ? "gw" : "cl"}`;
}

async function removeLan(lan: Lan): Promise<void> {
  const pidFile = join(lanFolder(lan.name), "dnsmasq.pid");
  if (existsSync(pidFile)) process.kill(Number(readFileSync(pidFile, "utf8")), "SIGKILL");
  rmSync(lanFolder(lan.name), { recursive: true, force: true });
  const links = [lan.bridge, ...Object.values(LanRole).map((role) => port(lan.name, role))];
  await run("ip", ["-batch", "-"], { input: links.map((link) => `link del ${link}`).join("\n") });
  for (const role of Object.values(LanRole)) await run("ip", ["netns", "del", lan.namespace(role)]);
}

function lanFolder(name: string): string {
  return join(runFolder, "lans", name);
}

async function startDnsmasq(lan: Lan): Promise<void> {
  const { options } = lan;
  const folder = lanFolder(lan.name);
  mkdirSync(folder, { recursive: true });
  const dhcp = options.dhcp ? [`--dhcp-range=${options.dhcp.from},${options.dhcp.to},1h`, "--dhcp-authoritative"] : [];
  const announce = options.routerAdvertisements
    ? [
        "--enable-ra",
        `--dhcp-range=${options.subnet6!.replace(/\/\d+$/, "")},ra-only,slaac,64`,
        `--ra-param=${roleLink},10`,
      ]
    : [];
  const common = [
    "--conf-file=/dev/null",
    "--port=0",
    "--no-ping",
    "--user=root",
    "--bind-interfaces",
    `--interface=${roleLink}`,
  ];
  const records = [`--dhcp-leasefile=${join(folder, "leases")}`, `--pid-file=${join(folder, "dnsmasq.pid")}`];
  const log = ["--log-dhcp", `--log-facility=${join(folder, "dnsmasq.log")}`];
  // It goes into the background when it listens; the lab's end ends it.
  await run(
    "ip",
    ["netns", "exec", lan.namespace("gateway"), "dnsmasq", ...common, ...records, ...log, ...dhcp, ...announce],
    {
      env: { WIREWORK_LAB: labId() },
    },
  );
}
