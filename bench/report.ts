import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import type { FullHost } from "../tests/lab/full-host";
import type { LightHost } from "../tests/lab/light-host";
import { toolchain } from "../tests/lab/toolchain";
import { ratios, spread } from "./statistics";

/** All times of a bench, in seconds, by contender and step. */
export class Measurements {
  private readonly samples = new Map<string, Map<string, number[]>>();

  /** Does one step and keeps its time. */
  async time(contender: string, step: string, work: () => Promise<void>): Promise<void> {
    const start = performance.now();
    await work();
    const seconds = (performance.now() - start) / 1000;
    console.log(`  ${contender}: ${step} … ${seconds.toFixed(1)} s`);
    const steps = this.samples.get(contender) ?? new Map<string, number[]>();
    this.samples.set(contender, steps.set(step, [...(steps.get(step) ?? []), seconds]));
  }

  of(contender: string, step: string): readonly number[] {
    return this.samples.get(contender)?.get(step) ?? [];
  }

  /** Contenders and steps in the order in which they were first measured. */
  all(): { contender: string; step: string; samples: readonly number[] }[] {
    return [...this.samples].flatMap(([contender, steps]) =>
      [...steps].map(([step, samples]) => ({ contender, step, samples })),
    );
  }
}

/** What a ratio of a step is taken against. */
export type Reference = (step: string) => { readonly contender: string; readonly step: string };

const three = (samples: readonly number[], digits: number) => {
  const { minimum, median, maximum } = spread(samples);
  return [minimum, median, maximum].map((value) => value.toFixed(digits));
};

/** The result as a Markdown table: seconds and ratios, each with minimum, median and maximum. */
export function report(measured: Measurements, title: string, reference: Reference): string {
  const head = ["step", "contender", "min s", "median s", "max s", "min ×", "median ×", "max ×"];
  const rows = measured
    .all()
    .sort((a, b) => stepOrder(a.step) - stepOrder(b.step))
    .map(({ contender, step, samples }) => {
      const against = reference(step);
      const base = measured.of(against.contender, against.step);
      const paired = base.length === samples.length ? three(ratios(samples, base), 2) : ["", "", ""];
      return [step, contender, ...three(samples, 2), ...paired];
    });
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [title, "", line(head), line(head.map((_, index) => (index < 2 ? "---" : "---:"))), ...rows.map(line)].join(
    "\n",
  );
}

const stepOrder = (step: string) => ["create", "preview", "destroy"].findIndex((start) => step.startsWith(start));

/** Everything whose version may move a number. */
export async function versions(host: LightHost | FullHost): Promise<string> {
  const installed = (name: string) =>
    JSON.parse(readFileSync(join(__dirname, "..", "node_modules", name, "package.json"), "utf8")).version;
  const { engineVersion, engineSource, plugins } = toolchain();
  const said = await host.exec("uname -r; docker version --format '{{.Server.Version}}'; ip -V");
  const [kernel, docker, iproute2] = said.stdout.trim().split("\n");
  const own = JSON.parse(readFileSync(join(__dirname, "..", "package.json"), "utf8")).version;
  return [
    `machine: ${cpus().length} cores, ${cpus()[0]?.model.trim()}, kernel ${kernel}`,
    `host: Debian ${host.debian}, Docker ${docker}, ${iproute2}`,
    `pulumi ${engineVersion} (${engineSource}), plugins docker 5.2.0 (${plugins.docker}), command 1.2.1 (${plugins.command})`,
    `node ${process.versions.node}, ${["@pulumi/pulumi", "@pulumi/docker", "@pulumi/command", "typescript", "ts-node"]
      .map((name) => `${name} ${installed(name)}`)
      .join(", ")}, wirework ${own}`,
  ].join("\n");
}
