import { type ChildProcess, spawn } from "node:child_process";
import { execute } from "../tests/lab/exec";
import type { Lan } from "../tests/lab/lan";
import { onPath } from "../tests/lab/process";
import { until } from "../tests/lab/until";
import { ratios, type Spread, spread } from "./statistics";

/** A way that a stream can take; the first of several is what the others are compared with. */
export interface Way {
  readonly name: string;
  /** Bits in a second. */
  readonly measure: () => Promise<number>;
}

const seconds = 3;

/** Says what is missing, before anything boots. */
export async function needIperf(option: string): Promise<void> {
  if (!(await onPath("iperf3"))) throw new Error(`${option} needs iperf3 (Debian: apt-get install iperf3)`);
}

/** One TCP connection from the client of a LAN: bits in a second. */
export async function stream(lan: Lan, address: string, port: number): Promise<number> {
  const command = `iperf3 --client ${address} --port ${port} --time ${seconds} --omit 1 --json`;
  const { stdout } = await lan.exec("client", command, { timeoutMs: 60_000 });
  return (JSON.parse(stdout) as { end: { sum_received: { bits_per_second: number } } }).end.sum_received
    .bits_per_second;
}

/** iperf3 of this machine, in a network that it is called into. */
export async function streamServer(inside: readonly string[], port: number): Promise<ChildProcess> {
  const [program, ...words] = [...inside, "iperf3", "--server", "--port", String(port)];
  const server = spawn(program!, words, { stdio: "ignore" });
  server.unref(); // it ends with the lab, at the latest
  await until("the server", { timeoutMs: 10_000 }, async () => {
    return (await execute([...inside, "ss", "-Hltn", `sport = :${port}`], {})).stdout !== "" || undefined;
  });
  return server;
}

/** All ways, one after the other in each round, as a Markdown table. */
export async function throughput(ways: readonly Way[], rounds: number): Promise<string> {
  const samples = ways.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, way] of ways.entries()) {
      const bits = await way.measure();
      console.log(`  ${way.name}: ${(bits / 1e6).toFixed(0)} Mbit/s`);
      samples[index]!.push(bits);
    }
  }
  const rows = ways.map(({ name }, index) => {
    const bits = spread(samples[index]!.map((each) => each / 1e6));
    const share = spread(ratios(samples[index]!, samples[0]!));
    const cells = ({ minimum, median, maximum }: Spread, digits: number) =>
      [minimum, median, maximum].map((cell) => cell.toFixed(digits));
    return `| ${[name, ...cells(bits, 0), ...cells(share, 2)].join(" | ")} |`;
  });
  return [
    `One TCP connection for ${seconds} s; rounds: ${rounds}. Ratios to ${ways[0]!.name}, within each round.`,
    "",
    "| way | min Mbit/s | median Mbit/s | max Mbit/s | min × | median × | max × |",
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ...rows,
  ].join("\n");
}
