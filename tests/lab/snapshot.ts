import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { LabHost } from "./host";

/**
 * All network state of a host: one entry per thing, named by kind and thing (`rule4 0: from all lookup local`,
 * `file /etc/hosts`, `container probe`). Counters, lifetimes, numbers that the kernel or Docker deals out anew, and links of
 * running containers are left out, so that two snapshots of an untouched host are equal, also across a reboot.
 */
export type Snapshot = Readonly<Record<string, unknown>>;

type Json = Record<string, unknown>;

const collector = readFileSync(join(__dirname, "snapshot.sh"), "utf8");

/** The host's end of a container's veth, named at random by Docker. */
const containerLink = /\bveth[0-9a-f]{7}\b/;
/**
 * A bridge that Docker makes: with a random MAC at every start, a link-local address from the first container on, and a
 * carrier for as long as a container runs, or a moment longer.
 */
const dockerBridge = /^(docker0|docker_gwbridge|br-[0-9a-f]{12})$/;

export async function takeSnapshot(host: Pick<LabHost, "exec">): Promise<Snapshot> {
  const { stdout } = await host.exec("sh", { input: collector, timeoutMs: 300_000 });
  const sections = new Map<string, string>();
  for (const part of stdout.split(/^=== /m).slice(1)) {
    const end = part.indexOf("\n");
    sections.set(part.slice(0, end), part.slice(end + 1).trim());
  }
  if (!sections.has("end"))
    throw new Error("snapshot: the collector ended early on the host; what it printed is incomplete");
  return canonical(sections);
}

/** Sections of text to entries. */
export function canonical(sections: ReadonlyMap<string, string>): Snapshot {
  const entries: [string, unknown][] = [];
  const lines = (name: string) => (sections.get(name) ?? "").split("\n").filter((line) => line.trim() !== "");
  const list = (name: string) => JSON.parse(sections.get(name) || "[]") as Json[];

  for (const link of list("links")) {
    const name = String(link.ifname);
    if (!containerLink.test(name)) entries.push([`link ${name}`, canonicalLink(name, link)]);
  }
  for (const link of list("addresses")) entries.push(...addressEntries(link));
  for (const family of ["4", "6"]) {
    for (const kind of ["rule", "route", "neighbour", "proxy"]) {
      for (const line of lines(`${kind}${family}`)) {
        const text = canonicalLine(line);
        if (!volatileRoute(text)) entries.push([`${kind}${family} ${text}`, true]);
      }
    }
    entries.push(...iptablesEntries(`iptables${family}`, lines(`iptables${family}`)));
  }
  for (const kind of ["tunnel", "session"]) entries.push([kind, lines(kind)]);
  entries.push(...nftEntries(sections.get("nft") ?? ""));
  for (const line of lines("sysctl")) {
    const [key, value] = splitOnce(line, " = ");
    if (!volatileSysctl.test(key) && !containerLink.test(key)) entries.push([`sysctl ${key}`, value]);
  }
  entries.push(...fileEntries(lines("files"), lines("hashes")));
  for (const line of lines("units")) {
    const [unit, load, active, sub] = line.split(/\s+/) as [string, string, string, string];
    if (!passingUnit.test(unit)) entries.push([`unit ${unit}`, `${load} ${active} ${sub}`]);
  }
  for (const line of lines("unitfiles")) {
    const [unit, state] = line.split(/\s+/) as [string, string];
    if (!passingUnit.test(unit)) entries.push([`unit file ${unit}`, state]);
  }
  for (const container of list("containers")) {
    entries.push([`container ${String(container.Name).slice(1)}`, canonicalDocker(container)]);
  }
  for (const network of list("networks")) entries.push([`network ${network.Name}`, canonicalNetwork(network)]);
  for (const volume of list("volumes")) entries.push([`volume ${volume.Name}`, canonicalDocker(volume)]);
  for (const line of lines("images")) entries.push([`image ${line}`, true]);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length)];
}

/** A copy without the named keys, at any depth, with sorted keys. */
function without(value: unknown, keys: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((one) => without(one, keys));
  if (value === null || typeof value !== "object") return value;
  const kept = Object.entries(value).filter(([key]) => !keys.has(key));
  return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, without(one, keys)]));
}

// tso_max_…: of a bridge, what its ports can do.
const linkNoise = new Set([
  "ifindex",
  "link_index",
  "link_netnsid",
  "stats",
  "stats64",
  "tso_max_size",
  "tso_max_segs",
]);
const bridgeNoise = new Set([
  "gc_timer",
  "hello_timer",
  "tcn_timer",
  "topology_change_timer",
  "message_age_timer",
  "forward_delay_timer",
  "hold_timer",
]);
const randomBridge = new Set(["address", "root_id", "bridge_id", "designated_bridge", "designated_root"]);

function canonicalLink(name: string, link: Json): unknown {
  const noise = new Set([...linkNoise, ...bridgeNoise]);
  if (!dockerBridge.test(name)) return without(link, noise);
  const flags = (link.flags as string[]).filter((flag) => flag !== "NO-CARRIER" && flag !== "LOWER_UP");
  return without({ ...link, flags }, new Set([...noise, ...randomBridge, "operstate"]));
}

/** One line of `ip` without what runs down, and without the carrier of a Docker bridge. */
function canonicalLine(line: string): string {
  const text = line
    .replace(/ expires -?\d+sec/, "")
    .replace(/\s+/g, " ")
    .trim();
  return dockerBridge.test(deviceOf(text)) ? text.replace(/ linkdown\b/, "") : text;
}

function deviceOf(line: string): string {
  return / dev (\S+)/.exec(line)?.[1] ?? "";
}

function addressEntries(link: Json): [string, unknown][] {
  const name = String(link.ifname);
  if (containerLink.test(name)) return [];
  return (link.addr_info as Json[])
    .filter((address) => !(dockerBridge.test(name) && String(address.local).startsWith("fe80:")))
    .map((address) => {
      // Forever or until it is renewed: what is left of a lease says nothing.
      const forever = address.valid_life_time === 4294967295;
      const noise = new Set(["valid_life_time", "preferred_life_time", "tentative"]);
      return [
        `address ${name} ${address.local}/${address.prefixlen}`,
        { ...(without(address, noise) as Json), forever },
      ];
    });
}

/** Routes that come and go with a container's link, or with the first container on a Docker bridge. */
function volatileRoute(line: string): boolean {
  const device = deviceOf(line);
  if (containerLink.test(device)) return true;
  return dockerBridge.test(device) && /(^| )(fe80:|ff00::\/8)/.test(line);
}

function nftEntries(text: string): [string, unknown][] {
  if (text === "") return [];
  const noise = new Set(["handle", "packets", "bytes", "expires"]);
  const grouped = new Map<string, unknown[]>();
  for (const item of (JSON.parse(text) as { nftables: Json[] }).nftables) {
    const [kind, body] = Object.entries(item)[0] as [string, Json];
    if (kind === "metainfo") continue;
    const table = kind === "table" ? body.name : body.table;
    const name = kind === "table" ? "" : ` ${kind === "rule" ? `chain ${body.chain}` : `${kind} ${body.name}`}`;
    // A chain's own entry comes before its rules, whose order counts.
    const key = `nft ${body.family} ${table}${name}`;
    grouped.set(key, [...(grouped.get(key) ?? []), without(body, noise)]);
  }
  // From Docker 28 on, empty when its last network is gone, and there until the host boots.
  const emptyRaw = ([key, items]: [string, unknown[]]) => /^nft ip6? raw( chain \S+)?$/.test(key) && items.length === 1;
  const kept = [...grouped].filter((one) => !emptyRaw(one));
  return kept.map(([key, items]) => [key, dockerSorted(items.map((item) => JSON.stringify(item)))]);
}

function iptablesEntries(kind: string, lines: readonly string[]): [string, unknown][] {
  const grouped = new Map<string, string[]>();
  let table = "";
  for (const line of lines.map((one) => one.replace(/ \[\d+:\d+\]$/, ""))) {
    if (line.startsWith("*")) table = line.slice(1);
    const chain = /^(?::|-A )(\S+)/.exec(line)?.[1];
    if (!chain) continue;
    const key = `${kind} ${table} ${chain}`;
    grouped.set(key, [...(grouped.get(key) ?? []), line]);
  }
  const kept = [...grouped].filter(([key, items]) => !(key.startsWith(`${kind} raw `) && items.length === 1));
  return kept.map(([key, items]) => [key, dockerSorted(items)]);
}

/**
 * Docker writes the rules of its bridges in another order after every start. They are sorted among the places that they take;
 * other rules, and where they stand among Docker's, stay as they are.
 */
function dockerSorted(rules: readonly string[]): string[] {
  const isDocker = (rule: string) => /\b(docker0|docker_gwbridge|br-[0-9a-f]{12})\b/.test(rule);
  const sorted = rules.filter(isDocker).sort();
  return rules.map((rule) => (isDocker(rule) ? sorted.shift()! : rule));
}

/** Counters, secrets and what the kernel tunes by itself. */
const volatileSysctl =
  /(nf_conntrack_count|tcp_fastopen_key|stable_secret|\.route\.flush|nf_log|tcp_available|tcp_allowed|tcp_[rw]?mem$|udp_mem$)/;

function fileEntries(files: string[], hashes: string[]): [string, unknown][] {
  const hashOf = new Map(hashes.map((line) => [line.slice(66), line.slice(0, 64)]));
  return files.map((line) => {
    const [head, target] = splitOnce(line, " -> ");
    const [type, mode, owner, ...path] = head.split(" ") as [string, string, string, ...string[]];
    const name = path.join(" ");
    const content = type === "l" ? target : (hashOf.get(name) ?? "");
    return [`file ${name}`, [type, mode, owner, content].filter(Boolean).join(" ")];
  });
}

/** Units of a login, of a look at the host, or that systemd starts on demand and ends when idle. */
const passingUnit =
  /^(user@|user-|session-|sshd@|ssh@|run-u\d|(systemd-(hostnamed|localed|timedated)|NetworkManager-dispatcher)\b)/;

/** What Docker deals out at every start. */
const dockerNoise = new Set([
  ...["Pid", "StartedAt", "FinishedAt", "SandboxID", "SandboxKey", "EndpointID", "NetworkID", "Health", "LastTagTime"],
]);

function canonicalDocker(object: Json): unknown {
  return without(object, dockerNoise);
}

function canonicalNetwork(network: Json): unknown {
  // Docker makes these three anew whenever it starts, and 20.10 knows the gateway of `bridge` only from the second start on.
  const remade = ["bridge", "host", "none"].includes(String(network.Name)) ? ["Id", "Created", "Gateway"] : [];
  return without(network, new Set([...dockerNoise, ...remade]));
}

/** What differs, one line each: `+` is only in `b`, `-` only in `a`, `~` in both with another value. Empty: they are equal. */
export function diffSnapshots(a: Snapshot, b: Snapshot): string[] {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  return names.flatMap((name) => {
    if (!(name in a)) return [`+ ${name}${shown(b[name])}`];
    if (!(name in b)) return [`- ${name}${shown(a[name])}`];
    return differences(name, a[name], b[name]);
  });
}

function shown(value: unknown): string {
  const text = value === true ? "" : `: ${typeof value === "string" ? value : JSON.stringify(value)}`;
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function differences(path: string, a: unknown, b: unknown): string[] {
  const isList = Array.isArray(a) && Array.isArray(b);
  if (isList && a.every((one) => typeof one === "string")) {
    const gone = a.filter((one) => !b.includes(one)).map((one) => `- ${path}: ${one}`);
    const added = b.filter((one) => !a.includes(one)).map((one) => `+ ${path}: ${one}`);
    const moved = a.join("\n") === b.join("\n") ? [] : [`~ ${path}: another order, or one entry more or less often`];
    return gone.length + added.length > 0 ? [...gone, ...added] : moved;
  }
  const isObject = (one: unknown): one is Json => one !== null && typeof one === "object";
  if (isObject(a) && isObject(b) && Array.isArray(a) === Array.isArray(b)) {
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
    return keys.flatMap((key) => differences(`${path} ${key}`, a[key], b[key]));
  }
  return a === b ? [] : [`~ ${path}: ${JSON.stringify(a) ?? "absent"} → ${JSON.stringify(b) ?? "absent"}`];
}
