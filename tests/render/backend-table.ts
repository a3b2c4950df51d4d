import { FACT_KINDS } from "../../lib/plan/fact-text";
import { Persistence } from "../../lib/plan/persistence";
import { BACKENDS } from "../../lib/render";

/** Markdown of what each backend does with each kind of fact, from the code. Run as a program it prints it, for docs/backends.md. */
export function backendTable(): string {
  const names = Object.values(Persistence).filter((name) => name !== Persistence.Auto);
  const reasons: string[] = [];
  const cell = (name: Persistence, kind: (typeof FACT_KINDS)[number]): string => {
    const treatment = BACKENDS[name].kinds[kind];
    if (typeof treatment === "string") return treatment === "stands" ? "–" : "yes";
    if (!reasons.includes(treatment.refused)) reasons.push(treatment.refused);
    return `no (${reasons.indexOf(treatment.refused) + 1})`;
  };
  const rows = FACT_KINDS.filter((kind) => names.some((name) => BACKENDS[name].kinds[kind] !== "stands")).map(
    (kind) => [`\`${kind}\``, ...names.map((name) => (name === Persistence.Unit ? "yes" : cell(name, kind)))],
  );
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    line(["fact", ...names.map((name) => `\`${name}\``)]),
    line(["---", ...names.map(() => "---")]),
    ...rows.map(line),
    "",
    ...reasons.map((reason, index) => `${index + 1}. ${reason[0].toUpperCase()}${reason.slice(1)}.`),
    "",
  ].join("\n");
}

if (require.main === module) process.stdout.write(backendTable());
