import { copyFileSync, mkdirSync, mkdtempSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Lab } from "../lab";
import { requireLab } from "../namespace";
import { run } from "../process";

/** A Docker engine for the conformance tests, with a veth pair as parent for macvlan networks. */
export interface DockerEngine {
  /** For the provider's `host`, on a local socket. */
  readonly endpoint: string;
  readonly version: string;
  /** The API version that client and engine agree on. */
  readonly api: string;
  /** Interface of the engine's host that macvlan networks may sit on. */
  readonly parent: string;
  readonly image: string;
  /** Runs a docker command at the engine; fails on a bad exit. */
  docker(...args: string[]): Promise<string>;
  inspect(what: string, format: string): Promise<string>;
}

const parent = "conform0";
const image = "wirework/conformance:1";

/** Starts a lab with one light host, and gives that host's engine. Debian 13 has Docker 26.1, Debian 12 has 20.10. */
export async function startDockerEngine(debian: "12" | "13"): Promise<DockerEngine> {
  requireLab();
  const lab = await Lab.start();
  const host = await lab.lightHost({ name: "conform", debian });
  await host.exec(
    `ip link add ${parent} type veth peer name ${parent}p && ip link set ${parent} up && ip link set ${parent}p up`,
  );
  // The host's own /run is a mount of its own: seen from outside, it lies beneath its first process.
  return engineAt(`unix:///proc/${host.leader}/root/run/docker.sock`);
}

async function engineAt(endpoint: string): Promise<DockerEngine> {
  const docker = async (...args: string[]) => (await run("docker", ["--host", endpoint, ...args])).stdout.trim();
  await importImage(docker);
  return {
    endpoint,
    version: await docker("version", "--format", "{{.Server.Version}}"),
    api: await docker("version", "--format", "{{.Server.APIVersion}}"),
    parent,
    image,
    docker,
    inspect: (what, format) => docker("inspect", "--format", format, what),
  };
}

/** No registry: the image is a busybox tree. */
async function importImage(docker: DockerEngine["docker"]): Promise<void> {
  const tree = mkdtempSync(join(tmpdir(), "conformance-image-"));
  mkdirSync(join(tree, "bin"));
  copyFileSync("/bin/busybox", join(tree, "bin/busybox"));
  for (const name of ["sh", "sleep", "cat", "echo", "true", "false"]) symlinkSync("busybox", join(tree, "bin", name));
  const archive = `${tree}.tar`;
  await run("tar", ["-C", tree, "-cf", archive, "."]);
  await docker("import", archive, image);
}
