import { strict as assert } from "node:assert";
import { join } from "node:path";
import type { LabHost } from "../lab/host";
import { loadImages } from "../lab/images";
import { Lab } from "../lab/lab";
import type { Lan } from "../lab/lan";
import type { LightHost } from "../lab/light-host";
import { runOverSsh } from "../lab/over-ssh";
import type { RunResult } from "../lab/process";
import { diffSnapshots, type Snapshot } from "../lab/snapshot";
import { Stack, type StackResult } from "../lab/stack";
import type { LightRelease } from "../lab/trees";

/** Every scenario runs on each of them: Docker 20.10 with ifupdown, and Docker 26.1 with networkd. */
export const debians = ["12", "13"] as const;
/** And those that meet Docker's filters for IPv6, which are others in Docker 28. */
export const dockers = [...debians, "13t"] as const;
export type Debian = LightRelease;

/** A host on a LAN with both families, booted once for all scenarios of its Debian. */
export interface Site<H extends LabHost = LightHost> {
  readonly lan: Lan;
  readonly host: H;
  /** The host as it is found: what it must be again at the end of every scenario. */
  found: Snapshot;
}

/** The lab of all scenarios. */
export const lab = Lab.start();
const sites = new Map<Debian, Promise<Site>>();

/** The site of a Debian; booted by the first scenario that needs it. */
export function site(debian: Debian): Promise<Site> {
  const known = sites.get(debian) ?? bootSite(debian);
  sites.set(debian, known);
  return known;
}

async function bootSite(debian: Debian): Promise<Site> {
  const lan = await (await lab).lan({
    name: `lan${debian}`,
    subnet: "192.168.9.0/24",
    gateway: "192.168.9.1",
    subnet6: "fd00:9::/64",
    gateway6: "fd00:9::1",
  });
  const host = await (await lab).lightHost({ name: `host${debian}`, debian, lans: [{ lan, interface: "eth1" }] });
  await prepareSite(host);
  return { lan, host, found: await host.snapshot() };
}

/** What a site has before it is found. */
export async function prepareSite(host: LightHost): Promise<void> {
  // Where it is on already, Docker does not turn it on with its first IPv6 network, and drops nothing but what it forwards.
  if (host.debian === "13t") await forwardIpv6(host);
  await loadImages(host);
}

/** Turns it on as an administrator does: Docker turns it on with its first IPv6 network and never off again. */
export async function forwardIpv6(host: LabHost): Promise<void> {
  const file = "/etc/sysctl.d/50-forwarding.conf";
  await host.exec(`echo net.ipv6.conf.all.forwarding=1 >${file}; sysctl -q -p ${file}`);
}

// A scenario that failed half-way must not fail the ones after it.
afterEach(async function () {
  if (this.currentTest?.state === "failed") {
    for (const place of await Promise.all(sites.values())) {
      await place.host.reset();
      await prepareSite(place.host);
      place.found = await place.host.snapshot();
    }
  }
});

/** What goes before the lab does. */
export const beforeStop: (() => Promise<unknown>)[] = [];

// Once, after all scenarios of all files.
after(async () => {
  for (const end of beforeStop) await end();
  await (await lab).stop();
});

const preamble = (hostArgs: string) => `
import * as pulumi from "@pulumi/pulumi";
import { BridgeAgent, BridgeNetwork, Host, HostNetworkAgent, LanPool, MacvlanAgent, MacvlanMode, MacvlanNetwork, PipeworkAgent } from "wirework";

const config = new pulumi.Config();
const host = new Host("probe-host", {
  address: config.require("address"),
  user: config.get("user"),
  hostKey: config.require("hostKey"),
  privateKey: config.requireSecret("privateKey"),${
    hostArgs &&
    `
  ${hostArgs},`
  }
});
const image = "wirework/probe:lab";
`;

/** The LAN of a site, as scenarios declare it. */
export const subnet = `{ subnet: "192.168.9.0/24", gateway: "192.168.9.1", ipRange: "192.168.9.64/26" }`;
export const subnet6 = `{ subnet: "fd00:9::/64", gateway: "fd00:9::1", ipRange: "fd00:9::1000/116" }`;

/** A program with a host: `body` says what stands on it, `hostArgs` what else is said of the host itself. */
export const onHost = (body: string, hostArgs = "") => `${preamble(hostArgs)}\n${body}\n`;

/** A stack whose program is `onHost(body)`, with the site's login; `env` is read anew at each run. */
export async function stackOn(
  { host }: Site<LabHost>,
  body: string,
  env?: Readonly<Record<string, string>>,
): Promise<Stack> {
  const stack = new Stack({ program: onHost(body), env, check: true, timeoutMs: 15 * host.patienceMs });
  await stack.login(host);
  return stack;
}

/** The stack of an example, with the site's login. */
export async function exampleOn(
  { host }: Site<LabHost>,
  name: string,
  ...values: Parameters<Stack["config"]>
): Promise<Stack> {
  const stack = new Stack({ dir: join(__dirname, "../../examples", name), check: true });
  await stack.login(host, ...values);
  return stack;
}

// A replacement is three steps; the one that names it is enough.
const uninteresting = ["same", "refresh", "create-replacement", "delete-replaced"];

/** What a run did, without what stayed the same: `op name`, sorted. */
export function changes({ steps }: StackResult): string[] {
  return steps.flatMap(({ op, name }) => (uninteresting.includes(op) ? [] : [`${op} ${name}`])).sort();
}

/** A second run does nothing: neither changes in the preview nor after a refresh. */
export async function assertSettled(stack: Stack): Promise<void> {
  assert.deepEqual(changes(await stack.preview()), [], "a second preview must be empty");
  await stack.refresh();
  assert.deepEqual(changes(await stack.preview()), [], "a preview after a refresh must be empty");
}

/** Takes everything back, and compares the host with how it was found. */
export async function assertTakenBack(stack: Stack, { host, found }: Site<LabHost>): Promise<void> {
  await stack.destroy();
  assert.deepEqual(diffSnapshots(found, await host.snapshot()), [], "destroy must leave the host as it was found");
  stack.dispose();
}

/** Runs a command on the host of a site over its real sshd, whatever comes of it. */
export function overSsh({ host }: Site<LabHost>, command: string, input = ""): Promise<RunResult> {
  return runOverSsh(host, command, { input, check: false, timeoutMs: 60_000 });
}

/** The address that the lab's service, asked from where `exec` runs, says that it sees; else why it says nothing. */
export async function clientSeen(
  exec: (command: string) => Promise<{ stdout: string; stderr: string }>,
  address: string,
  port: number,
  protocol = "tcp",
): Promise<string> {
  const talk = `exec 3<>/dev/${protocol}/${address}/${port} && { ${protocol === "udp" ? "echo >&3; " : ""}timeout 2 dd bs=1500 count=1 status=none <&3; }`;
  const { stdout, stderr } = await exec(`timeout 4 bash --norc -c '${talk}'`);
  return stdout.split(" ")[1] ?? `nobody: ${stderr}`;
}

/** Whether `address` answers a ping from where `exec` runs. */
export async function answers(exec: (command: string) => Promise<{ code: number }>, address: string): Promise<boolean> {
  return (await exec(`ping -n -q -c 1 -W 2 ${address}`)).code === 0;
}
