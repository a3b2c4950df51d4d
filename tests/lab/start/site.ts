import { join } from "node:path";
import { LabImage, loadImages } from "../images";
import type { Lab } from "../lab";
import type { Lan } from "../lan";
import type { LightHost } from "../light-host";
import { step } from "../process";
import type { Snapshot } from "../snapshot";
import { Stack } from "../stack";

/** Where the demonstration takes place: a LAN, a host on it, and the root stack configured for that host. */
export interface Site {
  readonly lan: Lan;
  readonly host: LightHost;
  readonly stack: Stack;
  /** The host before the stack came: what it must be again afterwards. */
  readonly found: Snapshot;
}

const root = join(__dirname, "..", "..", "..");

/** Boots the LAN and the host, and configures the stack as a user does. */
export async function bootSite(lab: Lab): Promise<Site> {
  const lan = await step("LAN 192.168.9.0/24, gateway 192.168.9.1, with a client", () =>
    lab.lan({ name: "lan", subnet: "192.168.9.0/24", gateway: "192.168.9.1" }),
  );
  const stack = new Stack({ dir: root, name: "dev" });
  const host = await step("host probe-host: Debian 13 with Docker, eth1 in the LAN", async () => {
    const [booted] = await Promise.all([
      lab.lightHost({ name: "probe-host", debian: "13", lans: [{ lan, interface: "eth1" }] }),
      stack.config({ parent: "eth1", image: LabImage.probe }),
    ]);
    await loadImages(booted, [LabImage.probe]);
    return booted;
  });
  const found = await step("snapshot of the host as it is found, and the stack's configuration", async () => {
    const [snapshot] = await Promise.all([host.snapshot(), stack.login(host)]);
    return snapshot;
  });
  return { lan, host, stack, found };
}
