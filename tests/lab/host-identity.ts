import { createHash } from "node:crypto";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { managementInterface, NetworkManager, type NicPlan, networkFiles } from "./host-network";
import { labId, runFolder } from "./namespace";
import { run } from "./process";

/** What the lab gives a host: its number, addresses and login key. */
export interface HostPlace {
  readonly index: number;
  readonly address: string;
  readonly address6: string;
  /** Bridge of the management network. */
  readonly bridge: string;
  readonly privateKeyPath: string;
}

/** What makes one host of a tree: its name, keys and network. The same at every boot, and after a reset. */
export interface HostIdentity {
  readonly name: string;
  readonly place: HostPlace;
  /** Where the tree of its Debian lies. */
  readonly tree: string;
  readonly networkManager: NetworkManager;
  readonly nics: readonly NicPlan[];
  /** What its machine id comes of, beside its name. @default the lab's own id */
  readonly seed?: string;
}

/** Folder of a host for what the lab writes at run time. */
export function hostFolder(name: string): string {
  return join(runFolder, "hosts", name);
}

function hostKeyPath(name: string): string {
  return join(hostFolder(name), "host-key");
}

/** Makes a host's folder and its host key, and gives the public one: `ssh-ed25519 AAAA…`. */
export async function makeHostKey(name: string): Promise<string> {
  makeFolder(name);
  await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", hostKeyPath(name)]);
  return publicHostKey(name);
}

/** The same with a host key that is there already. */
export function takeHostKey(name: string, path: string): string {
  makeFolder(name);
  for (const end of ["", ".pub"]) copyFileSync(`${path}${end}`, `${hostKeyPath(name)}${end}`);
  return publicHostKey(name);
}

function makeFolder(name: string): void {
  if (!/^[a-z][a-z0-9-]{0,11}$/.test(name)) {
    throw new Error(
      `host ${JSON.stringify(name)}: name: 1 to 12 of a-z, 0-9 and -; it becomes a host and namespace name`,
    );
  }
  mkdirSync(hostFolder(name), { recursive: true });
}

function publicHostKey(name: string): string {
  const [type, key] = readFileSync(`${hostKeyPath(name)}.pub`, "utf8").split(" ");
  return `${type} ${key}`;
}

/** Writes a host's own files under `root`: over its tree, or into a folder that is copied over it. */
export function writeIdentity(root: string, identity: HostIdentity): void {
  const { name, place } = identity;
  const write = (path: string, text: string, mode = 0o644) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    chmodSync(join(root, path), mode);
  };
  const management = { interface: managementInterface, addresses: [`${place.address}/24`, `${place.address6}/64`] };
  const network = networkFiles(identity.networkManager, [management, ...identity.nics]);
  // NetworkManager reads only what others cannot, and netplan complains of the rest.
  const secret = /\.(nmconnection|yaml)$/;
  for (const [path, text] of Object.entries(network)) write(path, text, secret.test(path) ? 0o600 : 0o644);
  write("etc/hostname", `${name}\n`);
  write("etc/hosts", `${readFileSync(join(identity.tree, "etc/hosts"), "utf8")}127.0.1.1 ${name}\n`);
  write(
    "etc/machine-id",
    `${createHash("sha256")
      .update(`${identity.seed ?? labId()} ${name}`)
      .digest("hex")
      .slice(0, 32)}\n`,
  );
  write("etc/ssh/ssh_host_ed25519_key", readFileSync(hostKeyPath(name), "utf8"), 0o600);
  write("etc/ssh/ssh_host_ed25519_key.pub", readFileSync(`${hostKeyPath(name)}.pub`, "utf8"));
  const publicKey = readFileSync(`${place.privateKeyPath}.pub`, "utf8");
  const [uid, gid] = accountOf(identity.tree, "net");
  for (const home of ["root", "home/net"]) {
    write(`${home}/.ssh/authorized_keys`, publicKey, 0o600);
    chmodSync(join(root, home, ".ssh"), 0o700);
    chmodSync(join(root, home), 0o700);
  }
  for (const path of ["home/net", "home/net/.ssh", "home/net/.ssh/authorized_keys"]) {
    chownSync(join(root, path), uid, gid);
  }
  if (identity.networkManager === NetworkManager.netplan) {
    // In a container it does not run because it could do nothing to devices; links it can set up.
    write("etc/systemd/system/systemd-udevd.service.d/lab.conf", "[Unit]\nConditionPathIsReadWrite=\n");
  }
  if (identity.networkManager === NetworkManager.networkd || identity.networkManager === NetworkManager.netplan) {
    const enabled = join(root, "etc/systemd/system/multi-user.target.wants/systemd-networkd.service");
    mkdirSync(dirname(enabled), { recursive: true });
    rmSync(enabled, { force: true });
    symlinkSync("/usr/lib/systemd/system/systemd-networkd.service", enabled);
  }
}

function accountOf(root: string, name: string): [number, number] {
  const accounts = readFileSync(join(root, "etc/passwd"), "utf8").split("\n");
  const [, , uid, gid] = (accounts.find((entry) => entry.startsWith(`${name}:`)) ?? "").split(":");
  return [Number(uid), Number(gid)];
}
