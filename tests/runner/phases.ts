/** A part of `npm test` that runs as a process of its own: a mocha run, or a program that prepares. */
export interface Phase {
  readonly name: string;
  /** Test files as mocha globs. */
  readonly files?: readonly string[];
  /** Instead of tests: a program that makes what other phases need. It counts only when it fails. */
  readonly program?: string;
  /** Whether the tests run inside the lab's own namespaces. */
  readonly inLab?: boolean;
  /** Phases that must have succeeded before; they are run too when this one is chosen. */
  readonly needs?: readonly string[];
  /** Phases that go first when they run at all. */
  readonly after?: readonly string[];
  /** Runs only when it is named: it takes longer than everything else together. */
  readonly apart?: boolean;
  /** Limit for one test, where it sets none itself. */
  readonly testSeconds?: number;
  /** Limit for the whole phase. */
  readonly minutes: number;
}

/** Limit for all phases together: CI stops a run after 90 minutes, and then nobody learns what was running. */
export const totalMinutes = 85;

// In the order in which they start, a few at a time: what others wait for and what takes longest goes first.
export const phases: readonly Phase[] = [
  { name: "prepare", program: "tests/runner/prepare.ts", minutes: 40 },
  {
    name: "check:source",
    files: ["tests/house.test.ts", "tests/check/source/**/*.test.ts"],
    after: ["prepare"],
    testSeconds: 120,
    minutes: 5,
  },
  {
    name: "check:unit",
    files: ["tests/{net,plan,render,components,diagram}/**/*.test.ts"],
    testSeconds: 20,
    minutes: 5,
  },
  { name: "check:package", files: ["tests/check/package/**/*.test.ts"], testSeconds: 120, minutes: 5 },
  { name: "check:runner", files: ["tests/check/runner.test.ts"], testSeconds: 60, minutes: 5 },
  // Halves of one thing, each in a lab of its own: one alone would take longer than all others together.
  {
    name: "engine:i-z",
    files: ["tests/engine/[i-z]*.test.ts"],
    inLab: true,
    needs: ["prepare"],
    testSeconds: 300,
    minutes: 60,
  },
  {
    name: "engine:a-h",
    files: ["tests/engine/[a-h]*.test.ts"],
    inLab: true,
    needs: ["prepare"],
    testSeconds: 300,
    minutes: 60,
  },
  {
    name: "faults:s-z",
    files: ["tests/faults/[s-z]*.test.ts"],
    apart: true,
    inLab: true,
    needs: ["prepare"],
    testSeconds: 120,
    minutes: 40,
  },
  {
    name: "faults:a-r",
    files: ["tests/faults/[a-r]*.test.ts"],
    apart: true,
    inLab: true,
    needs: ["prepare"],
    testSeconds: 120,
    minutes: 40,
  },
  {
    name: "host:a-f",
    files: ["tests/host/[a-f]*.test.ts"],
    inLab: true,
    needs: ["prepare"],
    testSeconds: 120,
    minutes: 30,
  },
  {
    name: "host:g-z",
    files: ["tests/host/[g-z]*.test.ts"],
    inLab: true,
    needs: ["prepare"],
    testSeconds: 120,
    minutes: 30,
  },
  { name: "prepare-full", program: "tests/runner/prepare-full.ts", needs: ["prepare"], minutes: 30 },
  {
    name: "kernel",
    files: ["tests/kernel/**/*.test.ts"],
    inLab: true,
    needs: ["prepare-full"],
    testSeconds: 600,
    minutes: 30,
  },
  {
    name: "lab",
    files: ["tests/lab/self/**/*.test.ts", "tests/lab/conformance/**/*.test.ts"],
    inLab: true,
    needs: ["prepare"],
    testSeconds: 300,
    minutes: 45,
  },
  {
    name: "stand-ins",
    files: ["tests/lab/stand-ins.test.ts"],
    needs: ["prepare"],
    testSeconds: 600,
    minutes: 12,
  },
  {
    name: "prepare-backends",
    program: "tests/runner/prepare-backends.ts",
    apart: true,
    needs: ["prepare"],
    minutes: 30,
  },
  {
    name: "backends",
    files: ["tests/backends/**/*.test.ts"],
    apart: true,
    inLab: true,
    needs: ["prepare-backends"],
    testSeconds: 300,
    minutes: 180,
  },
  {
    name: "full",
    files: ["tests/lab/full/**/*.test.ts", "tests/full/**/*.test.ts"],
    apart: true,
    inLab: true,
    needs: ["prepare-full"],
    testSeconds: 300,
    minutes: 80,
  },
];

/** The phases of the given names or groups (`check` stands for all `check:…`), with what they need; for no name all but those apart. */
export function choosePhases(names: readonly string[], all: readonly Phase[] = phases): Phase[] {
  const wanted = new Set<string>();
  const want = (phase: Phase) => {
    wanted.add(phase.name);
    for (const need of phase.needs ?? []) want(all.find((other) => other.name === need)!);
  };
  for (const name of names) {
    const found = all.filter((phase) => phase.name === name || phase.name.startsWith(`${name}:`));
    if (found.length === 0) {
      const known = [...new Set(all.flatMap((phase) => [phase.name.split(":")[0], phase.name]))].join(", ");
      throw new Error(`phase: "${name}" is none; choose from ${known}`);
    }
    for (const phase of found) want(phase);
  }
  return all.filter((phase) => (names.length === 0 ? !phase.apart : wanted.has(phase.name)));
}
