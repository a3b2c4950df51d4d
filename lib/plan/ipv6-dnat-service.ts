import { addressText, isLinkLocal6, parseAddress, unusableCategory } from "../net/address";
import { bad, type Checked } from "../net/checked";
import { parseInterfaceName } from "../net/interface-name";
import { parsePrefix, prefixText } from "../net/prefix";
import { parseRate } from "../net/rate";
import { parseResourceName } from "../net/resource-name";
import type { Problems } from "../problems";
import { claimOf, dockerScope, type PlanContext, requireHost, startProblems } from "./context";
import type { DnatFact } from "./facts";
import { type Fact, factText, type HostState, hostState } from "./host-state";
import type { Claim } from "./inventory";
import { type ProofSettings, readProof } from "./proof";
import { holdsManagementPort, IS_MANAGEMENT_PORT } from "./published-ports";
import { memberPath, read, readChoice, readInteger, readList, readObject, readRequired } from "./read";

/** Who leads the ports to the container. */
export const Ipv6DnatMode = {
  /** The host, in a table of its own: the client's address is kept, and the port is closed while the container has none. */
  Managed: "managed",
  /** Docker, by translation: the container publishes the ports on `::`, and Docker has ip6tables. The client's address is kept. */
  Native: "native",
  /** Docker, by its proxy: the container publishes the ports on `::`. The client's address is hidden. */
  Proxy: "proxy",
  /** Docker where it translates the port, and all may come, else the host: decided on the host, and said in `verification`. */
  Auto: "auto",
} as const;
/** One of the values of {@link Ipv6DnatMode}. */
export type Ipv6DnatMode = (typeof Ipv6DnatMode)[keyof typeof Ipv6DnatMode];

/** A port, or a range of ports, that leads to the container. */
export interface ServicePortSettings {
  /** Port of the host; the first of a range. */
  readonly port: number;
  /** @default - one port */
  readonly lastPort?: number;
  /** @default - the same port */
  readonly containerPort?: number;
  /** @default "tcp" */
  readonly protocol?: string;
}

/** Arguments of a service, all known. */
export interface Ipv6DnatServiceSettings {
  /** Name of the container. */
  readonly container: string;
  /** @default "bridge" */
  readonly network?: string;
  /** What leads to it. */
  readonly ports: readonly ServicePortSettings[];
  /** @default "managed" */
  readonly mode?: string;
  /** @default - those of `link` */
  readonly addresses?: readonly string[];
  /** @default - `addresses` are given */
  readonly link?: string;
  /** @default - everybody */
  readonly allowFrom?: readonly string[];
  /** @default - all */
  readonly connectionRate?: string;
  /** @default - nothing is logged */
  readonly logPrefix?: string;
  /** @default - it is proved */
  readonly verification?: ProofSettings;
}

/** All that a service comes to. */
export interface Ipv6DnatServicePlan {
  /** Name of the container. */
  readonly container: string;
  /** Its facts. */
  readonly hostState: HostState;
  /** Lines of the verification, without header and container. */
  readonly verify: readonly string[];
  /** The ports. */
  readonly claims: readonly Claim[];
  /** What may surprise. */
  readonly warnings: readonly string[];
}

/** What Docker cannot do, which tells no clients apart. */
const OURS_ONLY = ["allowFrom", "connectionRate", "logPrefix"] as const;
const KNOWN = ["container", "network", "ports", "mode", "addresses", "link", ...OURS_ONLY, "verification"];

/** Each port is claimed for itself: a range of all would only slow the program down, and belongs to a routed prefix. */
const MOST_PORTS = 1000;

/** Plans a service. Throws one ArgumentError with all problems. */
export function planIpv6DnatService(context: PlanContext, given: Ipv6DnatServiceSettings): Ipv6DnatServicePlan {
  const problems = startProblems(context);
  const settings = readObject(problems, "", given, KNOWN);
  requireHost(problems, context, "give host.ref: the host leads the ports to the container");
  const container = readRequired(problems, "container", settings.container, parseResourceName) ?? "";
  const network = read(problems, "network", settings.network, parseResourceName) ?? "bridge";
  if (network === "host" || network === "none") {
    const rule = network === "host" ? "is the host's own: its ports are reachable already" : "leads nowhere";
    problems.add("network", network, rule, "name a bridge network with IPv6 that the container is on");
  }
  const mode = readChoice(problems, "mode", settings.mode, Object.values(Ipv6DnatMode)) ?? Ipv6DnatMode.Managed;
  const byDocker = mode === Ipv6DnatMode.Native || mode === Ipv6DnatMode.Proxy;
  const oursOnly = OURS_ONLY.filter((property) => settings[property] !== undefined);
  for (const property of byDocker ? oursOnly : []) {
    const rule = `cannot be had in mode ${mode}: Docker tells no clients apart`;
    problems.add(property, settings[property], rule, `leave it out, or give mode ${Ipv6DnatMode.Managed}`);
  }
  const places = readPlaces(problems, settings, byDocker);
  const sources = readSources(problems, settings.allowFrom);
  const rate = read(problems, "connectionRate", settings.connectionRate, parseRate);
  const log = read(problems, "logPrefix", settings.logPrefix, parseLogPrefix);
  const ports = readPorts(problems, settings.ports);
  for (const port of ports) {
    refuseManagement(problems, port, places, context);
  }
  const proof = readProof(problems, "verify", settings.verification);
  problems.throwIfAny();

  if (byDocker) {
    return {
      container,
      hostState: hostState([]),
      verify: proof.lines(ports.map(({ fact }) => publishedLine(fact, mode))),
      claims: [],
      warnings: mode === Ipv6DnatMode.Proxy ? [HIDDEN] : [],
    };
  }
  const unless = mode === Ipv6DnatMode.Auto && oursOnly.length === 0 ? ({ unless: "native" } as const) : {};
  const each = { container, network, ...(rate && { rate }), ...(log && { log }), ...unless };
  const facts = places.flatMap((place) =>
    ports.flatMap(({ fact }) =>
      sources.map((from): DnatFact => ({ kind: "dnat", ...place, ...fact, ...each, ...(from && { from }) })),
    ),
  );
  return {
    container,
    hostState: hostState([...facts, ...requirements(facts, ports, container)]),
    verify: proof.lines(["require ipv6-forwarding", ...facts.map(factText)]),
    // In mode auto the container may publish the port itself: that is what the host then leaves to Docker.
    claims: mode === Ipv6DnatMode.Auto ? [] : ports.flatMap((port) => portClaims(context, port, places)),
    warnings: [],
  };
}

const HIDDEN = "in mode proxy the service sees the address of Docker's bridge in place of its clients'";

function publishedLine({ protocol, ports }: Port["fact"], mode: Ipv6DnatMode): string {
  return `published ${protocol}/${ports} ${mode}`;
}

/** Host addresses, or the link whose addresses they are. */
type Place = Pick<DnatFact, "address" | "dev">;

function readPlaces(problems: Problems, settings: Partial<Ipv6DnatServiceSettings>, byDocker: boolean): Place[] {
  const link = read(problems, "link", settings.link, parseInterfaceName);
  const addresses = readList(problems, "addresses", settings.addresses).flatMap((value, index) => {
    const path = memberPath("addresses", index);
    const address = readRequired(problems, path, value, (one) => parseAddress(one, 6));
    const category = address && unusableCategory(address);
    if (address && (category !== undefined || isLinkLocal6(address))) {
      const rule = `is ${category ?? "link-local"}: no address by which clients beyond a router find the host`;
      problems.add(path, value, rule, "give a global or unique local address of the host");
    }
    return address ? [addressText(address)] : [];
  });
  if (settings.link !== undefined && settings.addresses !== undefined) {
    problems.add("link", settings.link, "is given, and addresses too", "give one of the two");
  }
  if (!byDocker && settings.link === undefined && readList(problems, "addresses", settings.addresses).length === 0) {
    const wayOut = "give addresses, or link for all IPv6 addresses of a link";
    problems.add("addresses", undefined, "is missing: by which addresses of the host is the service reached?", wayOut);
  }
  return [...new Set(addresses)]
    .map((address): Place => ({ address }))
    .concat(link === undefined ? [] : [{ dev: link }]);
}

/** Prefixes of clients; one that is undefined stands for all. */
function readSources(problems: Problems, value: readonly string[] | undefined): (string | undefined)[] {
  if (value === undefined) {
    return [undefined];
  }
  const prefixes = readList(problems, "allowFrom", value);
  if (Array.isArray(value) && prefixes.length === 0) {
    problems.add("allowFrom", value, "is empty: nobody could reach the service", "leave it out, or give prefixes");
  }
  const read = prefixes.flatMap((one, index) => {
    const prefix = readRequired(problems, memberPath("allowFrom", index), one, (given) => parsePrefix(given, 6));
    return prefix ? [prefixText(prefix)] : [];
  });
  return [...new Set(read)];
}

/** The kernel keeps 127 bytes of it; a reader of the log searches for a word. */
function parseLogPrefix(input: unknown): Checked<string> {
  const name = parseResourceName(input);
  return typeof input === "string" && input.length > 64
    ? bad(`has ${input.length} characters`, "at most 64 are allowed")
    : name;
}

interface Port {
  readonly path: string;
  readonly first: number;
  readonly last: number;
  readonly fact: Pick<DnatFact, "protocol" | "ports" | "port">;
}

function readPorts(problems: Problems, value: readonly ServicePortSettings[] | undefined): Port[] {
  const list = readList(problems, "ports", value);
  if (value === undefined || (Array.isArray(value) && list.length === 0)) {
    problems.add("ports", value, "names no port", "give at least one: { port: 5000 }");
  }
  const ports = list.flatMap((entry, index) => readPort(problems, memberPath("ports", index), entry) ?? []);
  for (const [index, port] of ports.entries()) {
    const other = ports.slice(0, index).find(({ first, last, fact }) => {
      return fact.protocol === port.fact.protocol && first <= port.last && port.first <= last;
    });
    if (other !== undefined) {
      problems.add(port.path, port.fact.ports, `overlaps ${other.path}`, "name each port once");
    }
  }
  const count = ports.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  if (count > MOST_PORTS) {
    const wayOut = "give the ports that the service has; for all ports, give the container a routed address";
    problems.add("ports", count, `are more than ${MOST_PORTS} ports`, wayOut);
  }
  return ports;
}

function readPort(problems: Problems, path: string, entry: ServicePortSettings): Port | undefined {
  const given = readObject(problems, path, entry, ["port", "lastPort", "containerPort", "protocol"]);
  if (given.port === undefined) {
    problems.add(`${path}.port`, undefined, "is missing", "give the port of the host, 1-65535");
  }
  const port = readInteger(problems, `${path}.port`, given.port, { from: 1, to: 65535 });
  const lastPort = readInteger(problems, `${path}.lastPort`, given.lastPort, { from: 1, to: 65535 });
  const inside = readInteger(problems, `${path}.containerPort`, given.containerPort, { from: 1, to: 65535 });
  const protocol = readChoice(problems, `${path}.protocol`, given.protocol, ["tcp", "udp"] as const) ?? "tcp";
  if (port !== undefined && lastPort !== undefined && lastPort <= port) {
    const rule = `is not above port ${port}`;
    problems.add(`${path}.lastPort`, lastPort, rule, "give the last port of the range, or leave it out");
  }
  if (lastPort !== undefined && inside !== undefined) {
    const rule = "is given for a range, whose ports stay the same";
    problems.add(`${path}.containerPort`, inside, rule, "leave it out, or give single ports");
  }
  if (port === undefined) {
    return undefined;
  }
  const ports = lastPort === undefined ? String(port) : `${port}-${lastPort}`;
  const changed = inside !== undefined && inside !== port;
  return { path, first: port, last: lastPort ?? port, fact: { protocol, ports, ...(changed && { port: inside }) } };
}

function refuseManagement(problems: Problems, port: Port, places: readonly Place[], context: PlanContext): void {
  const { first, last, fact, path } = port;
  if (places.some(({ address }) => holdsManagementPort(context, { protocol: fact.protocol, first, last, address }))) {
    problems.add(`${path}.port`, fact.ports, IS_MANAGEMENT_PORT, "choose another port, or other addresses");
  }
}

function requirements(facts: readonly DnatFact[], ports: readonly Port[], container: string): Fact[] {
  const links = facts.flatMap(({ dev }) => (dev === undefined ? [] : [`link ${dev}`]));
  const conditions = [
    "program nft",
    // Streams go on by the kernel's memory of them; nothing else ends that of UDP.
    ...(facts.some(({ protocol }) => protocol === "udp") ? ["program conntrack"] : []),
    ...links,
    ...ports.map(({ fact }) => `unpublished ${fact.protocol}/${fact.ports} except ${container}`),
  ];
  return [...new Set(conditions)].map((condition): Fact => ({ kind: "require", condition }));
}

function portClaims(context: PlanContext, port: Port, places: readonly Place[]): Claim[] {
  const scope = dockerScope(context);
  const each = Array.from({ length: port.last - port.first + 1 }, (_, index) => port.first + index);
  return each.flatMap((number) =>
    places.map(({ address }) => {
      const value = `${port.fact.protocol}/${number} ${address ?? "::"}`;
      return claimOf(context, { scope, kind: "port", value, property: `${port.path}.port` });
    }),
  );
}
