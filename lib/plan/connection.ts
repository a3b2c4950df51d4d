import { addressText, isLinkLocal6, parseAddress, unusableCategory } from "../net/address";
import { bad, type Checked, good } from "../net/checked";
import { parseHostName } from "../net/resource-name";
import { type Problem, Problems } from "../problems";
import { type HostKey, parseHostKey } from "./host-key";
import { Persistence } from "./persistence";
import { parsePrivateKey } from "./private-key";
import { isGiven, read, readBoolean, readChoice, readInteger, readObject, readRequired } from "./read";

/** A jump host, all known. */
export interface ProxySettings {
  /** IPv4 or IPv6 address, with or without brackets, or DNS name. */
  readonly address: string;
  /** @default 22 */
  readonly port?: number;
  /** @default "root" */
  readonly user?: string;
  /** @default - the SSH agent is asked */
  readonly privateKey?: string;
  /** @default - none, which needs insecureIgnoreHostKey */
  readonly hostKey?: string;
}

/** How a host is reached, all known. */
export interface ConnectionSettings {
  /** IPv4 or IPv6 address, with or without brackets, or DNS name. */
  readonly address: string;
  /** @default 22 */
  readonly port?: number;
  /** @default "root" */
  readonly user?: string;
  /** @default - the SSH agent is asked */
  readonly privateKey?: string;
  /** @default - the key has none */
  readonly privateKeyPassword?: string;
  /** @default - `SSH_AUTH_SOCK` of the engine */
  readonly agentSocketPath?: string;
  /** @default - none, which needs insecureIgnoreHostKey */
  readonly hostKey?: string;
  /** @default false */
  readonly insecureIgnoreHostKey?: boolean;
  /** @default - from the host key */
  readonly identity?: string;
  /** @default - true unless the user is root */
  readonly sudo?: boolean;
  /** @default - direct */
  readonly proxy?: ProxySettings;
  /** @default 10 */
  readonly dialAttempts?: number;
  /** @default - `ssh://` with the same address and user */
  readonly dockerEndpoint?: string;
  /** @default false */
  readonly detectDrift?: boolean;
  /** @default "unit" */
  readonly persistence?: string;
}

/** A jump host, as planned. */
export interface ProxyPlan {
  /** Address without brackets. */
  readonly address: string;
  /** SSH port. */
  readonly port: number;
  /** Login user. */
  readonly user: string;
  /** Private key. */
  readonly privateKey?: string;
  /** `type base64`. */
  readonly hostKey?: string;
}

/** A checked connection with its defaults filled in. Holds the login key: keep it secret. */
export interface ConnectionPlan {
  /** Address without brackets, canonical. */
  readonly address: string;
  /** SSH port. */
  readonly port: number;
  /** Login user. */
  readonly user: string;
  /** Private key. */
  readonly privateKey?: string;
  /** Password of the private key. */
  readonly privateKeyPassword?: string;
  /** Socket of the SSH agent. */
  readonly agentSocketPath?: string;
  /** `type base64`. */
  readonly hostKey?: string;
  /** What the host is recognised by. */
  readonly identity: string;
  /** Whether the helper is called through `sudo -n`. */
  readonly sudo: boolean;
  /** Jump host. */
  readonly proxy?: ProxyPlan;
  /** How often a dial is tried. */
  readonly dialAttempts: number;
  /** Endpoint of the Docker engine. */
  readonly dockerEndpoint: string;
  /** Whether the host is asked at every preview what differs. */
  readonly detectDrift: boolean;
  /** Who brings facts back at boot, where a component does not say. */
  readonly persistence?: Persistence;
  /** What may surprise, in sentences. */
  readonly warnings: readonly string[];
}

const KNOWN: readonly (keyof ConnectionSettings)[] = [
  "address",
  "port",
  "user",
  "privateKey",
  "privateKeyPassword",
  "agentSocketPath",
  "hostKey",
  "insecureIgnoreHostKey",
  "identity",
  "sudo",
  "proxy",
  "dialAttempts",
  "dockerEndpoint",
  "detectDrift",
  "persistence",
];

/** Checks a connection. Throws one ArgumentError with all problems, and never shows a key. */
export function planConnection(
  context: { readonly component: string; readonly name: string; readonly found?: readonly Problem[] },
  settings: ConnectionSettings,
): ConnectionPlan {
  const problems = new Problems(context.component, context.name);
  problems.addAll(context.found ?? []);
  const given = readObject(problems, "", settings, KNOWN);
  const insecure = readBoolean(problems, "insecureIgnoreHostKey", given.insecureIgnoreHostKey) ?? false;
  const end = readEnd(problems, "", given, insecure);
  if (insecure && given.hostKey !== undefined) {
    const wayOut = "give one of the two: the pinned key is the safe one";
    problems.addSecret("insecureIgnoreHostKey", "contradicts hostKey", wayOut);
  }
  const password = readSecretText(problems, "privateKeyPassword", given.privateKeyPassword);
  const privateKey = readKey(problems, "privateKey", given.privateKey, given.privateKeyPassword !== undefined);
  const sudo = readBoolean(problems, "sudo", given.sudo) ?? end.user !== "root";
  const dialAttempts = readInteger(problems, "dialAttempts", given.dialAttempts, { from: 1, to: 100 }) ?? 10;
  const agentSocketPath = read(problems, "agentSocketPath", given.agentSocketPath, parseAbsolutePath);
  const detectDrift = readBoolean(problems, "detectDrift", given.detectDrift) ?? false;
  const persistence = readChoice(problems, "persistence", given.persistence, Object.values(Persistence));
  const proxy = isGiven(problems, "proxy", given.proxy) ? readProxy(problems, given.proxy, insecure) : undefined;
  const endpoint = readSecret(problems, "dockerEndpoint", given.dockerEndpoint, parseEndpoint);
  const identity = read(problems, "identity", given.identity, parseIdentity) ?? end.hostKey?.identity;
  if (insecure && given.hostKey === undefined && given.identity === undefined) {
    const wayOut = "give a name that stays the same, 1-64 of a-z 0-9 . _ -";
    problems.add("identity", undefined, "is missing, and there is no host key to recognise the host by", wayOut);
  }
  problems.throwIfAny();
  return {
    address: end.address,
    port: end.port,
    user: end.user,
    ...(privateKey !== undefined && { privateKey }),
    ...(password !== undefined && { privateKeyPassword: password }),
    ...(agentSocketPath !== undefined && { agentSocketPath }),
    ...(end.hostKey && { hostKey: end.hostKey.line }),
    identity: identity!,
    sudo,
    ...(proxy && { proxy }),
    dialAttempts,
    dockerEndpoint: endpoint ?? `ssh://${end.user}@${bracketed(end.address)}:${end.port}`,
    detectDrift,
    ...(persistence && { persistence }),
    warnings: connectionWarnings(insecure, endpoint, password !== undefined),
  };
}

interface End {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly hostKey?: HostKey;
}

/** Reads what a host and a jump host have in common. */
function readEnd(
  problems: Problems,
  path: string,
  given: Partial<Pick<ConnectionSettings, "address" | "port" | "user" | "hostKey">>,
  insecure: boolean,
): End {
  const hostKey = readSecret(problems, `${path}hostKey`, given.hostKey, parseHostKey);
  if (!insecure && given.hostKey === undefined) {
    const wayOut =
      'give the line "type base64" that ssh-keyscan prints; insecureIgnoreHostKey: true is for throw-away labs';
    problems.add(
      `${path}hostKey`,
      undefined,
      "is missing, so whoever answers at the address would get the login",
      wayOut,
    );
  }
  return {
    address: readRequired(problems, `${path}address`, given.address, parseServer) ?? "",
    port: readInteger(problems, `${path}port`, given.port, { from: 1, to: 65535 }) ?? 22,
    user: read(problems, `${path}user`, given.user, parseUser) ?? "root",
    hostKey,
  };
}

function readProxy(problems: Problems, settings: ProxySettings, insecure: boolean): ProxyPlan {
  if (typeof settings !== "object") {
    problems.addSecret("proxy", "is not an object", "give an object with address, port, user, privateKey, hostKey");
    return { address: "", port: 22, user: "root" };
  }
  const given = readObject(problems, "proxy", settings, ["address", "port", "user", "privateKey", "hostKey"]);
  const { hostKey, ...end } = readEnd(problems, "proxy.", given, insecure);
  const privateKey = readKey(problems, "proxy.privateKey", given.privateKey, false);
  return { ...end, ...(privateKey !== undefined && { privateKey }), ...(hostKey && { hostKey: hostKey.line }) };
}

/** Reads a value that must not be shown when it is wrong. */
function readSecret<T>(
  problems: Problems,
  path: string,
  value: unknown,
  parse: (value: unknown) => Checked<T>,
): T | undefined {
  if (!isGiven(problems, path, value)) {
    return undefined;
  }
  const checked = parse(value);
  if (checked.fault) {
    problems.addSecret(path, checked.fault.rule, checked.fault.wayOut);
    return undefined;
  }
  return checked.value;
}

function readKey(problems: Problems, path: string, value: unknown, passwordGiven: boolean): string | undefined {
  return readSecret(problems, path, value, (text) => parsePrivateKey(text, passwordGiven));
}

function readSecretText(problems: Problems, path: string, value: unknown): string | undefined {
  return readSecret(problems, path, value, (given) =>
    typeof given === "string" && given !== "" ? good(given) : bad("is empty or not a text", "leave it out, or give it"),
  );
}

function parseServer(input: unknown): Checked<string> {
  const wayOut = "give an IPv4 address, an IPv6 address with or without brackets, or a DNS name";
  if (typeof input !== "string" || input === "") {
    return bad("is not an address", wayOut);
  }
  const inner = /^\[(.*)\]$/.exec(input)?.[1];
  if (inner === undefined && !input.includes(":") && !/^[0-9.]+$/.test(input)) {
    return parseHostName(input);
  }
  const address = parseAddress(inner ?? input, inner === undefined ? undefined : 6);
  if (address.fault) {
    return bad(address.fault.rule, wayOut);
  }
  const category = unusableCategory(address.value);
  if (category !== undefined && !category.includes("loopback")) {
    return bad(`is ${category}`, "give the address of the host");
  }
  if (isLinkLocal6(address.value)) {
    return bad("is link-local, which means nothing without an interface", "give another address of the host");
  }
  return good(addressText(address.value));
}

function parseUser(input: unknown): Checked<string> {
  const wayOut = "give a login name: A-Z a-z 0-9 . _ -, first a letter or _";
  return typeof input === "string" && /^[A-Za-z_][A-Za-z0-9._-]{0,31}$/.test(input)
    ? good(input)
    : bad("is not a user name", wayOut);
}

function parseIdentity(input: unknown): Checked<string> {
  return typeof input === "string" && /^[a-z0-9][a-z0-9._-]{0,63}$/.test(input)
    ? good(input)
    : bad("is not an identity", "give 1-64 of a-z 0-9 . _ -, first a letter or digit");
}

function parseAbsolutePath(input: unknown): Checked<string> {
  return typeof input === "string" && /^\/[\x21-\x7e]+$/.test(input)
    ? good(input)
    : bad("is not an absolute path", "give a path that begins with /, without spaces");
}

function parseEndpoint(input: unknown): Checked<string> {
  const form = /^(?:unix:\/\/\/[\x21-\x7e]+|ssh:\/\/[\x21-\x7e]+|tcp:\/\/[\x21-\x7e]+:[0-9]{1,5})$/;
  return typeof input === "string" && form.test(input)
    ? good(input)
    : bad("is not a Docker endpoint", "give ssh://user@host:port, unix:///path or tcp://host:port");
}

function bracketed(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}

function connectionWarnings(insecure: boolean, endpoint: string | undefined, password: boolean): string[] {
  return [
    ...(insecure ? ["any host key is accepted: whoever answers at the address gets root's commands."] : []),
    ...(endpoint?.startsWith("tcp://")
      ? ["dockerEndpoint is plain TCP: unless TLS is set up, whoever reaches that port is root on the host."]
      : []),
    ...(password && (endpoint === undefined || endpoint.startsWith("ssh://"))
      ? ["Docker's ssh:// cannot use a private key with a password: load it into an SSH agent, or give dockerEndpoint."]
      : []),
  ];
}
