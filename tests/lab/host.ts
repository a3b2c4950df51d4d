import type { ExecOptions } from "./exec";
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
  /** All network state of the host, canonical: an untouched host gives the same again. */
  snapshot(): Promise<Snapshot>;
}
