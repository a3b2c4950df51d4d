// The bench behind `npm run bench`: many networks and containers, by several tools, in one sitting on one lab host.
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { pack } from "../tests/check/package/packed";
import { labId, runInLab } from "../tests/lab/namespace";
import { prepare } from "../tests/runner/prepare";
import type { Contender } from "./contender";
import { dockerCli } from "./docker-cli";
import { compiled, linkCompilers, PulumiContender, starts, tsNode } from "./pulumi";
import { Measurements, report, versions } from "./report";
import { bootSite, type Site } from "./site";
import { type Workload, workload } from "./workload";

const usage = `npm run bench -- [option …]
  --networks N    networks, each on a parent of its own      (50)
  --containers N  containers, spread evenly over them        (125)
  --rounds N      how often all contenders have their turn   (2)
  --previews N    previews without changes per round         (2)
  --only TEXT     only contenders whose name holds TEXT      (all)
  --ssh           also wirework with Docker over ssh://`;

function settings() {
  const { values } = parseArgs({
    options: {
      networks: { type: "string", default: "50" },
      containers: { type: "string", default: "125" },
      rounds: { type: "string", default: "2" },
      previews: { type: "string", default: "2" },
      only: { type: "string", default: "" },
      ssh: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const whole = (name: "networks" | "containers" | "rounds" | "previews", to: number) => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value >= 1 && value <= to) return value;
    throw new Error(`--${name}: "${values[name]}" is not a whole number of 1-${to}`);
  };
  return {
    networks: whole("networks", 250),
    containers: whole("containers", 1000),
    rounds: whole("rounds", 20),
    previews: whole("previews", 20),
    only: values.only,
    ssh: values.ssh,
    help: values.help,
  };
}
type Settings = ReturnType<typeof settings>;

function contenders({ host, endpoint }: Site, work: Workload, consumer: string, { only, ssh }: Settings): Contender[] {
  const config = { workload: JSON.stringify(work) };
  const login = { address: host.address, hostKey: host.hostKey };
  const secrets = { privateKey: host.privateKey };
  const program = "wirework";
  const all = [
    dockerCli(host, work, 1),
    dockerCli(host, work, 16),
    new PulumiContender({
      ...{ name: "plain Pulumi", program: "plain", consumer, starts },
      config: { ...config, endpoint },
    }),
    new PulumiContender({ ...{ name: "wirework", program, consumer, starts }, config: { ...config, endpoint } }),
    new PulumiContender({
      ...{ name: "wirework, compiled", program, consumer, starts: [compiled] },
      config: { ...config, endpoint },
    }),
    new PulumiContender({
      ...{ name: "wirework with Host", program, consumer, starts: [tsNode], secrets },
      config: { ...config, ...login, endpoint },
    }),
    ...(ssh
      ? [
          new PulumiContender({
            ...{ name: "wirework with Host, ssh://", program, consumer, starts: [tsNode], secrets },
            config: { ...config, ...login },
          }),
        ]
      : []),
  ];
  return all.filter(({ name }) => name.includes(only));
}

/** One turn of one contender; the host must be as before when it is over. */
async function turn(contender: Contender, site: Site, previews: number, measured: Measurements): Promise<void> {
  const before = await site.objects();
  await measured.time(contender.name, "create", () => contender.create());
  for (let count = 0; count < previews; count++) {
    for (const preview of contender.previews) {
      await measured.time(contender.name, `preview, ${preview.name}`, () => preview.run());
    }
  }
  await measured.time(contender.name, "destroy", () => contender.destroy());
  const after = await site.objects();
  const left = after.filter((name) => !before.includes(name));
  if (left.length > 0) throw new Error(`${contender.name}: left on the host after destroy: ${left.join(", ")}`);
}

async function bench(given: Settings, consumer: string): Promise<void> {
  const work = workload({ ...given, image: "wirework/probe:lab" });
  const site = await bootSite(work);
  try {
    const measured = new Measurements();
    const all = contenders(site, work, consumer, given);
    console.log(`${await versions(site.host)}\nload before: ${loadavg()[0]!.toFixed(1)}\n`);
    // Caches of disk, Node and engine are warm for all alike: the first of a kind costs seconds more.
    const small = dockerCli(site.host, workload({ networks: 1, containers: 2, image: work.image }), 2);
    await small.create();
    await small.destroy();
    for (const contender of all) await contender.warmUp?.();
    for (let round = 1; round <= given.rounds; round++) {
      console.log(`round ${round} of ${given.rounds}`);
      for (const contender of all) await turn(contender, site, given.previews, measured);
    }
    console.log(`\nload after: ${loadavg()[0]!.toFixed(1)}\n${report(measured, given)}`);
  } finally {
    await site.stop();
  }
}

async function main(): Promise<number> {
  const given = settings();
  if (given.help) {
    console.log(usage);
    return 0;
  }
  const consumer = process.env.WIREWORK_BENCH_CONSUMER;
  if (labId() && consumer) {
    await bench(given, consumer);
    return 0;
  }
  await prepare();
  const packed = await pack();
  try {
    linkCompilers(packed.consumer);
    const self = ["--require", "ts-node/register/transpile-only", __filename, ...process.argv.slice(2)];
    return await runInLab(process.execPath, self, { WIREWORK_BENCH_CONSUMER: packed.consumer });
  } finally {
    packed.remove();
  }
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: Error) => {
    console.error(`bench: ${error.message}`);
    process.exitCode = 1;
  },
);
