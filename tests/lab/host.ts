import type { ExecOptions } from "./exec";
import type { HostPlace } from "./host-identity";
import type { HostNic, NetworkManager } from "./host-network";
import type { RunResult } from "./process";
import type { Snapshot } from "./snapshot";

/** A throw-away machine with its own kernel view, init, sshd and Docker. */
export interface LabHost {
  readonly name: string;
  /** Management address: reached by SSH from inside the lab. */
  readonly address: string;
  /** The same over IPv6. */
  readonly address6: string;
  readonly port: number;
  /** The login that may do all: root. `net` exists too: not root, in group docker, may sudo without a password. */
  readonly user: string;
  /** The lab's login key in OpenSSH's PEM form. */
  readonly privateKey: string;
  readonly privateKeyPath: string;
  /** The host's own key: `ssh-ed25519 AAAA…`. */
  readonly hostKey: string;
  readonly debian: string;
  readonly networkManager: NetworkManager;
  /** How long to wait for what takes some seconds of its own: longer where it is emulated. */
  readonly patienceMs: number;
  /** Runs a shell command as root on the host, by `sh`, without SSH. */
  exec(command: string, options?: ExecOptions): Promise<RunResult>;
  /** Restarts the host by its own init, and waits until SSH and Docker answer. */
  reboot(): Promise<void>;
  /** Shuts the host down by its own init. */
  powerOff(): Promise<void>;
  /** Cuts the power: nothing on the host gets a chance to do anything. */
  powerCut(): Promise<void>;
  /** Starts a host that is off, and waits until SSH and Docker answer. */
  powerOn(): Promise<void>;
  /** Pulls the cable of a card, or plugs it in again: the host sees its link lose and gain carrier. */
  setCarrier(link: string, up: boolean): Promise<void>;
  /** All network state of the host, canonical: an untouched host gives the same again. */
  snapshot(): Promise<Snapshot>;
  /** Back to the first boot: everything written since is thrown away, and the host starts anew with the same identity. */
  reset(): Promise<void>;
  /** Ends the host for good and frees what it held. */
  discard(): Promise<void>;
  readonly place: HostPlace;
}

/** Before a command: nothing of the lab's own environment reaches a host. */
export const cleanEnvironment = [
  ...["env", "-i", "HOME=/root", "LANG=C.UTF-8"],
  "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
];

/** A shell command that succeeds on a host once Docker answers, SSH listens and every lease is there. */
export function readyTest(nics: readonly HostNic[]): string {
  const leases = nics.filter((nic) => nic.dhcp).map((nic) => `ip -o -4 address show ${nic.interface} | grep -q inet`);
  return ["docker version >/dev/null 2>&1", "ss -Hltn 'sport = :22' | grep -q .", ...leases].join(" && ");
}
