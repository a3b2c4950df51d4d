import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { createLan, type Lan, type LanOptions } from "./lan";
import { bootLightHost, type LightHost, type LightHostOptions } from "./light-host";
import { requireLab, runFolder } from "./namespace";
import { run } from "./process";

const managementBridge = "lab-mgmt";

/** One lab: its management network, LANs and hosts. One process of a lab starts it; everything goes when the lab ends. */
export class Lab {
  /** The lab's login key: known to every host, for root and for `net`. */
  readonly privateKeyPath = join(runFolder, "login-key");
  readonly hosts: LightHost[] = [];
  readonly lans: Lan[] = [];

  /** Makes the management network: the lab is 198.18.0.1 and fd00:198:18::1 in it, hosts start at .10 and ::10. */
  static async start(): Promise<Lab> {
    requireLab();
    const lab = new Lab();
    mkdirSync(runFolder, { recursive: true });
    if (!existsSync(lab.privateKeyPath)) {
      await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", lab.privateKeyPath]);
    }
    await run("ip", ["-batch", "-"], {
      input: [
        `link add ${managementBridge} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
        `addr add 198.18.0.1/24 dev ${managementBridge}`,
        `addr add fd00:198:18::1/64 dev ${managementBridge} nodad`,
        `link set ${managementBridge} up`,
      ].join("\n"),
    });
    return lab;
  }

  async lan(options: LanOptions): Promise<Lan> {
    const lan = await createLan(options);
    this.lans.push(lan);
    return lan;
  }

  /** Boots a light host; several may boot at once. */
  async lightHost(options: LightHostOptions): Promise<LightHost> {
    const index = this.taken++;
    const host = await bootLightHost(options, {
      index,
      address: `198.18.0.${10 + index}`,
      address6: `fd00:198:18::${10 + index}`,
      bridge: managementBridge,
      privateKeyPath: this.privateKeyPath,
    });
    this.hosts.push(host);
    return host;
  }

  /** The host as after its first boot, with nothing of what was done since. */
  async resetHost(host: LightHost): Promise<void> {
    await host.reset();
  }

  /** Ends all hosts at once; links and namespaces go with the lab's process. */
  async stop(): Promise<void> {
    await Promise.all(this.hosts.map((host) => host.powerCut()));
  }

  private taken = 0;
}
