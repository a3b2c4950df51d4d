// The bench behind `npm run bench`: many networks and containers, by several tools, in one sitting on one lab host.
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { pack } from "../tests/check/package/packed";
import { labId, runInLab } from "../tests/lab/namespace";
import { prepare } from "../tests/runner/prepare";
import type { Contender } from "./contender";
import { dockerCli } from "./docker-cli";
import { byHand, factsSite } from "./facts";
import { ipv6Site } from "./ipv6";
import { pseudowireSite } from "./pseudowire";
import { compiled, linkCompilers, PulumiContender, starts, tsNode } from "./pulumi";
import { Measurements, type Reference, report, versions } from "./report";
import { bootSite, type Site } from "./site";
import { throughput } from "./stream";
import { type Workload, workload } from "./workload";

const usage = `npm run bench -- [option …]
  --networks N    networks, each on a parent of its own      (50)
  --containers N  containers, spread evenly over them        (125)
  --rounds N      how often all contenders have their turn   (2)
  --previews N    previews without changes per round         (2)
  --only TEXT     only contenders whose name holds TEXT      (all)
  --ssh           also wirework with Docker over ssh://
  --facts N       instead: N facts of one component on one host, without Pulumi
  --ipv6          instead: throughput of an IPv6 service, by each way to its container
  --pseudowire    instead: throughput of a pseudowire between two full hosts, beside VXLAN and routing`;

function settings() {
  const { values } = parseArgs({
    options: {
      networks: { type: "string", default: "50" },
      containers: { type: "string", default: "125" },
      rounds: { type: "string", default: "2" },
      previews: { type: "string", default: "2" },
      only: { type: "string", default: "" },
      ssh: { type: "boolean", default: false },
      facts: { type: "string", default: "0" },
      ipv6: { type: "boolean", default: false },
      pseudowire: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const whole = (name: "networks" | "containers" | "rounds" | "previews" | "facts", to: number, from = 1) => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value >= from && value <= to) return value;
    throw new Error(`--${name}: "${values[name]}" is not a whole number of ${from}-${to}`);
  };
  return {
    networks: whole("networks", 250),
    containers: whole("containers", 1000),
    rounds: whole("rounds", 20),
    previews: whole("previews", 20),
    only: values.only,
    ssh: values.ssh,
    facts: whole("facts", 10_000, 0),
    streams: values.ipv6 ? ipv6Site : values.pseudowire ? pseudowireSite : undefined,
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
async function turn(
  contender: Contender,
  site: Pick<Site, "objects">,
  previews: number,
  measured: Measurements,
): Promise<void> {
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
    console.log(`\nload after: ${loadavg()[0]!.toFixed(1)}\n${report(measured, ...against(given))}`);
  } finally {
    await site.stop();
  }
}

/** The facts of one component: what the helper on the host needs, beside iproute2 alone. */
async function benchFacts({ facts, rounds, previews }: Settings): Promise<void> {
  const site = await factsSite(facts);
  try {
    const measured = new Measurements();
    console.log(`${await versions(site.host)}\nload before: ${loadavg()[0]!.toFixed(1)}\n`);
    for (let round = 0; round <= rounds; round++) {
      // The first round warms all caches, and does not count.
      for (const contender of site.contenders) {
        await turn(contender, site, previews, round === 0 ? new Measurements() : measured);
      }
    }
    const head = `${facts} facts; rounds: ${rounds}. Ratios to ${byHand}, within each round; of what changes nothing, to its create.`;
    const reference = (step: string) => ({ contender: byHand, step: step === "destroy" ? step : "create" });
    console.log(`\nload after: ${loadavg()[0]!.toFixed(1)}\n${report(measured, head, reference)}`);
  } finally {
    await site.stop();
  }
}

/** What each of several ways costs a stream of bytes. */
async function benchStreams({ streams, rounds }: Settings): Promise<void> {
  const site = await streams!();
  try {
    console.log(`${await versions(site.host)}\nload before: ${loadavg()[0]!.toFixed(1)}\n`);
    const table = await throughput(site.ways, rounds);
    console.log(`\nload after: ${loadavg()[0]!.toFixed(1)}\n${table}`);
  } finally {
    await site.stop();
  }
}

/** What the table says of itself, and what a ratio is taken against: the engine's floor, or what Pulumi itself needs. */
function against({ networks, containers, rounds }: Settings): [string, Reference] {
  const head =
    `${networks} networks, ${containers} containers; rounds: ${rounds}. Ratios of create and destroy: to docker, 16 at once;\n` +
    "of previews: to plain Pulumi under ts-node; each within its round.";
  const reference = (step: string) =>
    step.startsWith("preview")
      ? { contender: "plain Pulumi", step: "preview, ts-node" }
      : { contender: "docker, 16 at once", step };
  return [head, reference];
}

async function main(): Promise<number> {
  const given = settings();
  if (given.help) {
    console.log(usage);
    return 0;
  }
  const consumer = process.env.WIREWORK_BENCH_CONSUMER;
  const alone = given.streams ? benchStreams : given.facts > 0 ? benchFacts : undefined;
  if (labId() && (consumer || alone)) {
    await (alone ? alone(given) : bench(given, consumer!));
    return 0;
  }
  await prepare();
  const self = ["--require", "ts-node/register/transpile-only", __filename, ...process.argv.slice(2)];
  if (alone) return runInLab(process.execPath, self, {});
  const packed = await pack();
  try {
    linkCompilers(packed.consumer);
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
