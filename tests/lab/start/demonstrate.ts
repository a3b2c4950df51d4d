import { mermaidText } from "../../../lib/diagram/mermaid";
import { pictureText } from "../../../lib/diagram/picture";
import { stackTopology } from "../../../lib/diagram/stack-topology";
import type { Topology } from "../../../lib/diagram/topology";
import type { Lab } from "../lab";
import { step } from "../process";
import { diffSnapshots } from "../snapshot";
import type { StackResult } from "../stack";
import { type Agent, reachLines } from "./reach";
import { bootSite, type Site } from "./site";
import { changedLines, changes, doneLine, type PreviewStep, plannedLines } from "./words";

/** Prints one line. */
export type Print = (line: string) => void;

/** What a stack showed of itself. */
export interface Shown {
  readonly topology: Topology;
  /** The topology as a Mermaid flowchart. */
  readonly mermaid: string;
}

/** The root stack on a lab host, from the first preview to the host as it was found. Throws at the first thing that is wrong. */
export async function demonstrate(lab: Lab, print: Print): Promise<Shown> {
  const site = await bootSite(lab);
  const shown = await bringUp(site, print);
  await takeThrough(site, print);
  return shown;
}

/** Preview, up, picture, pings. */
export async function bringUp(site: Site, print: Print): Promise<Shown> {
  const { stack } = site;
  const indented = (line: string) => print(`  ${line}`);
  print("");
  const preview = await step("preview: what will be", () => stack.previewJson({ check: true }));
  plannedLines(preview.steps as PreviewStep[]).forEach(indented);

  print("");
  await step("up", async () => succeeded("up", await stack.up({ onLine: progress(print) })));
  const topology = await shownTopology(site);
  print("");
  for (const line of pictureText(topology).trimEnd().split("\n")) indented(line);
  print("");
  await ping("pings", site, topology, print);
  return { topology, mermaid: mermaidText(topology) };
}

/** An empty second preview, a changed address, a reboot, destroy, and a comparison with the host as it was found. */
export async function takeThrough(site: Site, print: Print): Promise<void> {
  const { stack, host, found } = site;
  const topology = await shownTopology(site);
  print("");
  await step("second preview: nothing to do", async () => {
    const again = changes(succeeded("second preview", await stack.preview()));
    if (again.length > 0) throw new Error(`second preview: must be empty, and would ${again.join(", ")}`);
  });
  const changed = await step("preview of a changed address: northAddress 192.168.9.71", async () => {
    await stack.config({ northAddress: "192.168.9.71" });
    return succeeded("preview of a change", await stack.preview({ diff: true }));
  });
  for (const line of changedLines(changed.stdout)) print(`  ${line}`);
  const others = changes(changed).filter((change) => !/ north(-container|-verify|-probe)?$/.test(change));
  if (others.length > 0) throw new Error(`preview of a change: only north changes, but it would ${others.join(", ")}`);

  print("");
  await step("reboot of the host", () => host.reboot());
  await ping("pings again", site, topology, print);

  print("");
  await step("destroy", async () => succeeded("destroy", await stack.destroy({ onLine: progress(print) })));
  await step("the host is as it was found", async () => {
    const left = diffSnapshots(found, await host.snapshot());
    if (left.length > 0) throw new Error(`destroy: the host differs from how it was found:\n${left.join("\n")}`);
  });
  stack.dispose();
}

/** The topology, of the state file alone. */
async function shownTopology({ stack }: Site): Promise<Topology> {
  return stackTopology((await stack.export()).resources);
}

async function ping(label: string, site: Site, { agents, networks }: Topology, print: Print): Promise<void> {
  const known = agents.flatMap(({ name, endpoints }): Agent[] =>
    endpoints.flatMap(({ ipv4Address: address }) => (address === undefined ? [] : { name, address })),
  );
  const hostAccess = networks.find(({ shim }) => shim)?.shim?.address;
  if (known.length === 0 || hostAccess === undefined) throw new Error("up: the state has no agents or no host access");
  const lines = await step(label, () => reachLines(site, known, hostAccess));
  for (const line of lines) print(`  ${line}`);
}

/** Prints what the engine has done, as it is done. */
function progress(print: Print): (line: string) => void {
  return (line) => {
    const done = doneLine(line);
    if (done !== undefined) print(`  ${done}`);
  };
}

function succeeded(what: string, result: StackResult): StackResult {
  if (result.code === 0) return result;
  const errors = result.diagnostics.filter(({ severity }) => severity === "error").map(({ message }) => message.trim());
  throw new Error(`${what}: the engine ended with code ${result.code}\n${errors.join("\n") || result.stderr}`);
}
