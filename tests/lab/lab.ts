import { existsSync, mkdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { bootFullHost, type FullHost, type FullHostOptions } from "./full-host";
import type { LabHost } from "./host";
import type { HostPlace } from "./host-identity";
import { createLan, type Lan, type LanOptions } from "./lan";
import { bootLightHost, type LightHost, type LightHostOptions } from "./light-host";
import { requireLab, runFolder } from "./namespace";
import { run } from "./process";

const managementBridge = "lab-mgmt";
const keyPath = join(runFolder, "login-key");

/** The network by which hosts are managed: the lab is 198.18.0.1 and fd00:198:18::1 in it, hosts start at .10 and ::10. */
async function makeManagementNetwork(): Promise<void> {
  // Bridges and their ports carry the networks of others; the lab itself neither answers nor autoconfigures there.
  await run("sysctl", ["-q", "-w", "net.ipv6.conf.default.disable_ipv6=1"]);
  const options = ["stp_state", "0", "forward_delay", "0", "mcast_snooping", "0"];
  await run("ip", ["link", "add", managementBridge, "type", "bridge", ...options]);
  await run("sysctl", ["-q", "-w", `net.ipv6.conf.${managementBridge}.disable_ipv6=0`]);
  await run("ip", ["-batch", "-"], {
    input: [
      `addr add 198.18.0.1/24 dev ${managementBridge}`,
      `addr add fd00:198:18::1/64 dev ${managementBridge} nodad`,
      `link set ${managementBridge} up`,
    ].join("\n"),
  });
  await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", keyPath]);
}

/** Takes the first free number of a host; several suites, and several programs, may use one lab. */
function takePlace(): HostPlace {
  const folder = join(runFolder, "places");
  mkdirSync(folder, { recursive: true });
  for (let index = 0; index < 200; index++) {
    const place = join(folder, String(index));
    if (existsSync(place)) continue;
    try {
      mkdirSync(place);
    } catch {
      continue;
    }
    const address = `198.18.0.${10 + index}`;
    const address6 = `fd00:198:18::${10 + index}`;
    return { index, address, address6, bridge: managementBridge, privateKeyPath: keyPath };
  }
  throw new Error("lab: 200 hosts are there already; stop some");
}

/** A part of the lab: the LANs and hosts of one suite or program. Whatever it leaves goes when the lab ends. */
export class Lab {
  /** The lab's login key: known to every host, for root and for `net`. */
  readonly privateKeyPath = keyPath;
  readonly hosts: LabHost[] = [];
  readonly lans: Lan[] = [];

  /** Makes the management network where it is not there yet. */
  static async start(): Promise<Lab> {
    requireLab();
    mkdirSync(runFolder, { recursive: true });
    if (!existsSync(keyPath)) await makeManagementNetwork();
    return new Lab();
  }

  async lan(options: LanOptions): Promise<Lan> {
    const lan = await createLan(options);
    this.lans.push(lan);
    return lan;
  }

  /** Boots a light host; several may boot at once. */
  async lightHost(options: LightHostOptions): Promise<LightHost> {
    const host = await bootLightHost(options, takePlace());
    this.hosts.push(host);
    return host;
  }

  /** Boots a full host: QEMU, a kernel of its own, about a minute. */
  async fullHost(options: FullHostOptions): Promise<FullHost> {
    const host = await bootFullHost(options, takePlace());
    this.hosts.push(host);
    return host;
  }

  /** The host as after its first boot, with nothing of what was done since. */
  async resetHost(host: LabHost): Promise<void> {
    await host.reset();
  }

  /** Ends the hosts and LANs that were started here; their names and addresses are free again. */
  async stop(): Promise<void> {
    await Promise.all(this.hosts.map((host) => host.discard()));
    for (const host of this.hosts) rmdirSync(join(runFolder, "places", String(host.place.index)));
    for (const lan of this.lans) await lan.remove();
    this.hosts.length = 0;
    this.lans.length = 0;
  }
}
