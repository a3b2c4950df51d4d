import { createHash, randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

/** What the system's `ssh`, which Docker's `ssh://` endpoint starts, must know of a host. */
export interface SshSettings {
  address: string;
  port: number;
  user: string;
  identity: string;
  hostKey?: string;
  privateKey?: string;
  agentSocketPath?: string;
  proxy?: { address: string; port?: number; user?: string; privateKey?: string; hostKey?: string };
}

// The options stand in state and previews, so they must be the same on every operator's machine: ssh expands the
// tilde itself, from the password database and not from HOME, and so does `userInfo`.
const folder = ".wirework/ssh";

/**
 * Puts key and known host where `ssh` finds them (0600, under the user's home) and returns the options that make
 * `ssh` use exactly these: the same key and host key as every other connection, and one connection for all calls.
 */
export function sshOptions(settings: SshSettings): string[] {
  const { address, port, user, identity, hostKey, proxy } = settings;
  const name = createHash("sha256").update(
    JSON.stringify([address, port, user, identity, hostKey, proxy?.address, proxy?.user]),
  );
  const place = `${folder}/${name.digest("hex").slice(0, 12)}`;
  return [
    // No configuration of the operator's: what works on one machine must work on the next.
    "-Fnone",
    ...options({
      BatchMode: "yes",
      ConnectTimeout: "15",
      ServerAliveInterval: "15",
      ...trust(place, "host", `wirework-${identity}`, hostKey),
      ...login(place, "host", settings.privateKey, settings.agentSocketPath),
      ...(proxy && { ProxyCommand: proxyCommand(place, proxy) }),
      // One connection for the many calls of Docker's client: sshd refuses logins past MaxStartups.
      ControlMaster: "auto",
      ControlPath: `~/${place}/c`,
      ControlPersist: "60",
    }),
  ];
}

function proxyCommand(place: string, proxy: NonNullable<SshSettings["proxy"]>): string {
  const given = {
    BatchMode: "yes",
    ...trust(place, "proxy", "wirework-proxy", proxy.hostKey),
    ...login(place, "proxy", proxy.privateKey),
  };
  const target = `-p ${proxy.port ?? 22} -l ${proxy.user ?? "root"} -W [%h]:%p ${proxy.address}`;
  return ["ssh", "-Fnone", ...options(given), target].join(" ");
}

function options(given: Record<string, string>): string[] {
  return Object.entries(given).map(([key, value]) => `-o${key}=${value}`);
}

function trust(place: string, role: string, alias: string, hostKey?: string): Record<string, string> {
  if (hostKey === undefined) {
    return {
      StrictHostKeyChecking: "no",
      UserKnownHostsFile: "/dev/null",
      GlobalKnownHostsFile: "/dev/null",
      LogLevel: "ERROR",
    };
  }
  const file = write(place, `${role}.known_hosts`, `${alias} ${hostKey.trim()}\n`);
  return {
    StrictHostKeyChecking: "yes",
    UserKnownHostsFile: file,
    GlobalKnownHostsFile: "/dev/null",
    HostKeyAlias: alias,
  };
}

function login(place: string, role: string, privateKey?: string, agentSocketPath?: string): Record<string, string> {
  if (privateKey === undefined) {
    return agentSocketPath === undefined ? {} : { IdentityAgent: agentSocketPath };
  }
  return {
    IdentitiesOnly: "yes",
    IdentityAgent: "none",
    IdentityFile: write(place, `${role}.key`, `${privateKey.trim()}\n`),
  };
}

/** Writes a file that only this user reads, whole or not at all, and only when it differs; returns its name with a tilde. */
function write(place: string, name: string, text: string): string {
  const directory = path.join(os.userInfo().homedir, place);
  fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = path.join(directory, name);
  if (!fs.existsSync(file) || fs.readFileSync(file, "utf8") !== text) {
    const temporary = `${file}.${randomBytes(4).toString("hex")}`;
    fs.writeFileSync(temporary, text, { mode: 0o600 });
    fs.renameSync(temporary, file);
  }
  return `~/${place}/${name}`;
}
