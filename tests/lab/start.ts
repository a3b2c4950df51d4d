// The program behind `npm start`: the quick start on a throw-away host. `npm start -- --keep` leaves it up to look around.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { prepare } from "../runner/prepare";
import { cacheDir } from "./cache";
import { Lab } from "./lab";
import { labId, runInLab } from "./namespace";
import { bringUp, type Shown, takeThrough } from "./start/demonstrate";
import { lookAround } from "./start/keep";
import { labProcess } from "./start/outside";
import { bootSite } from "./start/site";
import { until } from "./until";

const print = (line: string) => process.stdout.write(`${line}\n`);

/** What outlives the lab. */
const folder = join(cacheDir(), "start");
const diagram = join(folder, "topology.mmd");

/** On the machine: prepares what needs a registry, then starts this program again inside a lab. */
async function outside(keep: boolean): Promise<number> {
  const start = performance.now();
  await prepare();
  mkdirSync(folder, { recursive: true });
  rmSync(diagram, { force: true });
  const mark = `${process.pid}`;
  const pidFile = join(folder, `lab-${mark}.pid`);
  let interrupted = false;
  process.on("SIGINT", () => {
    interrupted = true;
  });
  try {
    const typescript = ["--require", "ts-node/register/transpile-only"];
    const program = [...typescript, __filename, ...(keep ? ["--keep"] : [])];
    const lab = runInLab(process.execPath, program, { WIREWORK_START: mark, WIREWORK_START_PID: pidFile });
    if (keep) {
      // The lab cannot know the number of its first process outside; whoever wants to look into it needs that.
      const pid = await until("the lab's first process", { timeoutMs: 10_000 }, async () =>
        labProcess(`WIREWORK_START=${mark}`),
      );
      writeFileSync(pidFile, `${pid}\n`);
    }
    const code = await lab;
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    // Ctrl-C is how a lab that was kept ends; any other run was broken off by it.
    if (interrupted && !keep) {
      print("\ninterrupted: the lab is gone, with everything in it");
      return 130;
    }
    if (code !== 0 && !interrupted) return code;
    print(`\n${keep ? "Ended" : `All of it took ${seconds} s`}; the lab is gone, with everything in it`);
    if (existsSync(diagram)) print(`The picture of the topology as Mermaid: ${diagram}`);
    print("Next: README.md, `In your own project`. To look around on host and LAN: npm start -- --keep");
    return 0;
  } finally {
    rmSync(pidFile, { force: true });
  }
}

/** In the lab. */
async function inside(keep: boolean): Promise<number> {
  print("");
  const lab = await Lab.start();
  const site = await bootSite(lab);
  saveDiagram(await bringUp(site, print));
  if (keep) {
    const pidFile = process.env.WIREWORK_START_PID!;
    const pid = await until("the number of the lab's first process", { timeoutMs: 10_000 }, async () =>
      existsSync(pidFile) ? Number(readFileSync(pidFile, "utf8")) || undefined : undefined,
    );
    print("");
    for (const line of lookAround(site, pid)) print(line);
    return new Promise(() => setInterval(() => {}, 60_000));
  }
  await takeThrough(site, print);
  return 0;
}

function saveDiagram({ mermaid }: Shown): void {
  writeFileSync(diagram, mermaid);
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { keep: { type: "boolean", default: false } } });
  return labId() === undefined ? outside(values.keep) : inside(values.keep);
}

main().then(
  (code) => process.exit(code),
  (error: Error) => {
    print(`\n${error.message}`);
    process.exit(1);
  },
);
