import { type ChildProcess, spawn } from "node:child_process";
import { commandText } from "../lib/host/command-text";
import { inputText } from "../lib/plan/host-state";
import { execute } from "../tests/lab/exec";
import { loadImages } from "../tests/lab/images";
import { Lab } from "../tests/lab/lab";
import type { LightHost } from "../tests/lab/light-host";
import { onPath } from "../tests/lab/process";
import { until } from "../tests/lab/until";
import { identity, setUp, ssh } from "./helper";
import { ratios, spread } from "./statistics";

const port = 5201;
const seconds = 3;

/** What a client reaches the container by; the first is what the others are compared with. */
const ways = [
  { name: "direct routing", address: "fd00:31:5::2", port },
  { name: "managed", address: "fd00:9::10", port },
  { name: "docker-proxy", address: "fd00:9::10", port: port + 1 },
] as const;

/** A container behind a host, and a client on the host's LAN that reaches it in each way. */
export async function ipv6Site() {
  if (!(await onPath("iperf3"))) throw new Error("--ipv6 needs iperf3 (Debian: apt-get install iperf3)");
  const lab = await Lab.start();
  const lan = await lab.lan({
    name: "bench",
    subnet: "192.168.9.0/24",
    gateway: "192.168.9.1",
    subnet6: "fd00:9::/64",
    gateway6: "fd00:9::1",
  });
  const host = await lab.lightHost({ name: "bench", debian: "13", lans: [{ lan, interface: "eth1" }] });
  await loadImages(host, ["wirework/probe:lab"]);
  await host.exec(
    [
      "ip address add fd00:9::10/64 dev eth1 nodad",
      "docker network create --ipv6 --subnet fd00:31:5::/64 web",
      `docker run -d --name web --network web --ip6 fd00:31:5::2 -p [::]:${port + 1}:${port} wirework/probe:lab`,
    ].join(" && "),
  );
  await lan.exec("client", "ip -6 route add fd00:31:5::/64 via fd00:9::10");
  await setUp(host);
  const fact = `dnat dev eth1 tcp ${port} container web network web`;
  await ssh(host, commandText("apply", false), inputText({ host: identity, owner: "bench/dev/web" }, [fact]));
  const server = await startServer(host);
  return {
    host,
    /** Bits in a second, by each way. */
    measure: async (way: (typeof ways)[number]) => {
      const command = `iperf3 --client ${way.address} --port ${way.port} --time ${seconds} --omit 1 --json`;
      const { stdout } = await lan.exec("client", command, { timeoutMs: 30_000 });
      return (JSON.parse(stdout) as { end: { sum_received: { bits_per_second: number } } }).end.sum_received
        .bits_per_second;
    },
    stop: async () => {
      server.kill("SIGKILL");
      await lab.stop();
    },
  };
}

/** iperf3 of this machine in the network of the container, whose image knows nothing of it. */
async function startServer(host: LightHost): Promise<ChildProcess> {
  const pid = (await host.exec("docker inspect --format '{{.State.Pid}}' web")).stdout.trim();
  const inside = ["nsenter", `--net=/proc/${host.leader}/root/proc/${pid}/ns/net`];
  const [program, ...words] = [...inside, "iperf3", "--server", "--port", String(port)];
  const server = spawn(program!, words, { stdio: "ignore" });
  server.unref(); // it ends with the lab, at the latest
  await until("the server", { timeoutMs: 10_000 }, async () => {
    return (await execute([...inside, "ss", "-Hltn", `sport = :${port}`], {})).stdout !== "" || undefined;
  });
  return server;
}

/** All ways, one after the other in each round, as a Markdown table. */
export async function throughput(
  measure: (way: (typeof ways)[number]) => Promise<number>,
  rounds: number,
): Promise<string> {
  const samples = ways.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, way] of ways.entries()) {
      const bits = await measure(way);
      console.log(`  ${way.name}: ${(bits / 1e9).toFixed(2)} Gbit/s`);
      samples[index]!.push(bits);
    }
  }
  const rows = ways.map(({ name }, index) => {
    const bits = spread(samples[index]!.map((each) => each / 1e9));
    const share = spread(ratios(samples[index]!, samples[0]!));
    const cells = [bits, share].flatMap(({ minimum, median, maximum }) => [minimum, median, maximum]);
    return `| ${[name, ...cells.map((cell) => cell.toFixed(2))].join(" | ")} |`;
  });
  return [
    `One TCP connection for ${seconds} s; rounds: ${rounds}. Ratios to ${ways[0].name}, within each round.`,
    "",
    "| way | min Gbit/s | median Gbit/s | max Gbit/s | min × | median × | max × |",
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ...rows,
  ].join("\n");
}
