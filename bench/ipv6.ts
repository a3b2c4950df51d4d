import { commandText } from "../lib/host/command-text";
import { inputText } from "../lib/plan/host-state";
import { loadImages } from "../tests/lab/images";
import { Lab } from "../tests/lab/lab";
import type { LightHost } from "../tests/lab/light-host";
import { identity, setUp, ssh } from "./helper";
import { needIperf, stream, streamServer } from "./stream";

const port = 5201;

/** What a client reaches the container by; the first is what the others are compared with. */
const ways = [
  { name: "direct routing", address: "fd00:31:5::2", port },
  { name: "managed", address: "fd00:9::10", port },
  { name: "docker-proxy", address: "fd00:9::10", port: port + 1 },
] as const;

/** A container behind a host, and a client on the host's LAN that reaches it in each way. */
export async function ipv6Site() {
  await needIperf("--ipv6");
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
    ways: ways.map(({ name, address, port }) => ({ name, measure: () => stream(lan, address, port) })),
    stop: async () => {
      server.kill("SIGKILL");
      await lab.stop();
    },
  };
}

/** In the network of the container, whose image knows nothing of it. */
async function startServer(host: LightHost) {
  const pid = (await host.exec("docker inspect --format '{{.State.Pid}}' web")).stdout.trim();
  return streamServer(["nsenter", `--net=/proc/${host.leader}/root/proc/${pid}/ns/net`], port);
}
