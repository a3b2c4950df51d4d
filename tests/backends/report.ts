import type { Outcome, Report } from "../runner/campaign";
import { type Backend, backends, hosts, refusalTitle, type Scenario, scenarios, takes } from "./table";

/** Fills the table from results. Wrong is a cell whose test failed, or did not run. */
export function report({ passes }: Pick<Outcome, "passes">): Report {
  const passed = new Set(passes.map(({ title }) => title));
  const problems: string[] = [];
  const reasons: string[] = [];
  const cell = (host: string, backend: Backend, name: string, scenario: Scenario): string => {
    const taken = takes(backend, scenario);
    const title = taken ? `${host} › ${backend}` : refusalTitle(backend, name);
    if (!passed.has(title)) {
      problems.push(`${name}, ${host}, ${backend}: "${title}" did not pass`);
      return "?";
    }
    const reason = taken ? hosts[host].refuses[backend] : scenario.refused;
    if (reason === undefined) return "passed";
    if (!reasons.includes(reason)) reasons.push(reason);
    return `refused (${reasons.indexOf(reason) + 1})`;
  };
  const line = (first: string, cells: readonly string[]) =>
    `  ${first.padEnd(42)}${cells.map((text) => text.padEnd(16)).join("")}`.trimEnd();
  const lines = Object.entries(scenarios).flatMap(([name, scenario]) => [
    line(name, backends),
    ...Object.keys(hosts).map((host) =>
      line(
        host,
        backends.map((backend) => cell(host, backend, name, scenario)),
      ),
    ),
    "",
  ]);
  return { lines: [...lines, ...reasons.map((reason, index) => `(${index + 1}) ${reason}`)], problems };
}
