import { loadImages } from "../tests/lab/images";
import { Lab } from "../tests/lab/lab";
import type { LightHost } from "../tests/lab/light-host";
import { run } from "../tests/lab/process";
import type { Workload } from "./workload";

/** A light host with all parents of a workload. */
export interface Site {
  readonly host: LightHost;
  /** The engine's own local socket, reached through the host's root: no SSH in between. */
  readonly endpoint: string;
  /** Links, containers and networks on the host, a line each: the same before and after every contender. */
  objects(): Promise<string[]>;
  stop(): Promise<void>;
}

const gateway = "bench-gateway";

/** Boots a host; each parent is a veth whose other end has the address of the network's gateway. */
export async function bootSite({ networks }: Workload): Promise<Site> {
  const lab = await Lab.start();
  const host = await lab.lightHost({ name: "bench", debian: "13" });
  await loadImages(host, ["wirework/probe:lab"]);
  await run("ip", ["netns", "add", gateway]);
  const batch = (namespace: string, lines: string[]) =>
    run("ip", ["-n", namespace, "-batch", "-"], { input: lines.join("\n") });
  await batch(
    gateway,
    networks.flatMap(({ parent, gateway: address }) => [
      `link add ${parent} type veth peer name ${parent} netns ${host.name}`,
      `addr add ${address}/24 dev ${parent}`,
      `link set ${parent} up`,
    ]),
  );
  await batch(
    host.name,
    networks.map(({ parent }) => `link set ${parent} up`),
  );
  return {
    host,
    endpoint: `unix:///proc/${host.leader}/root/run/docker.sock`,
    async objects() {
      const list = [
        "ls /sys/class/net",
        "docker ps --all --format '{{.Names}}'",
        "docker network ls --format '{{.Name}}'",
      ];
      return (await host.exec(list.join(" && "))).stdout.trim().split("\n").sort();
    },
    stop: () => lab.stop(),
  };
}
