import { strict as assert } from "node:assert";
import { dirname } from "node:path";
import { LabImage } from "../lab/images";
import { diffSnapshots } from "../lab/snapshot";
import { assertComes, until } from "../lab/until";
import { assertSettled, changes, clientSeen, dockers, onHost, stackOn } from "./support";
import { twoUplinks } from "./two-uplinks";

const FILE = "/etc/docker/daemon.json";
const FOREIGN = '{ "log-opts": {"max-size": "10m"},\n\t"debug" : false }\n';

/** Four ways to one service, each by a port of its own, and Docker's configuration as `daemon` says. */
const program = (daemon: string, ...services: string[]) =>
  onHost(
    `
import { DaemonRestart, DockerDaemonIpv6, Ipv6DnatMode, Ipv6DnatService } from "wirework";
const daemon = [${daemon}].map((args) => new DockerDaemonIpv6("daemon", { host: host.ref, ...args }));
const web = new BridgeAgent("web", {
  host: host.ref, image: "${LabImage.addressEcho}",
  ownNetwork: { subnets: [{ subnet: "172.31.5.0/24" }, { subnet: "fd00:31:5::/64" }] },
  ports: [7000, 7001, 7002].flatMap((external) => ["tcp", "udp"].map((protocol) => ({ internal: 7000, external, protocol, ip: "::" }))),
}, { dependsOn: daemon });
const service = (name: string, port: number, mode: Ipv6DnatMode) => new Ipv6DnatService(name, {
  host: host.ref, container: web.containerName, network: "web", mode, ...((mode === "auto" || mode === "managed") && { link: "eth1" }),
  ports: [{ port, containerPort: 7000 }, { port, containerPort: 7000, protocol: "udp" }, ...(mode === "managed" ? [{ port: 7009 }] : [])], verify: { timeoutSeconds: 5 },
}).verification;
export const said = [${services.join(", ")}];
export const stage = daemon.map(({ stage }) => stage);
export const result = daemon.map(({ result }) => result);
`,
    "detectDrift: true",
  );

const managed = `service("managed", 7003, Ipv6DnatMode.Managed)`;
const auto = `service("auto", 7000, Ipv6DnatMode.Auto)`;
const proxy = `service("proxy", 7001, Ipv6DnatMode.Proxy)`;
const native = `service("native", 7002, Ipv6DnatMode.Native)`;
const args = (prefix: string, restart: string) =>
  `{ fixedCidrV6: "${prefix}", ip6tables: true, experimental: true, restart: DaemonRestart.${restart} }`;

for (const debian of dockers) {
  describe(`IPv6 of Docker itself, Debian ${debian}`, function () {
    this.timeout(500_000);

    it("is switched on without what others wrote being lost, serves ports in each mode as promised, and goes again", async () => {
      const place = await twoUplinks(debian);
      const { host, far } = place;
      const own = (await far.exec("ip -6 -o address show scope global")).stdout;
      await host.exec(`mkdir -p /etc/docker; cat >${FILE}; systemctl restart docker`, { input: FOREIGN });
      await host.exec(`docker run -d --name plain ${LabImage.addressEcho}`);
      const file = async () => (await host.exec(`cat ${FILE}`)).stdout;
      const dockerd = async () => (await host.exec("cat /run/docker.pid")).stdout;
      const runs = async () => (await host.exec("docker ps --format '{{.Names}}' | sort | xargs")).stdout.trim();
      const bridge = async () =>
        (
          await host.exec(
            "docker network inspect bridge --format '{{.EnableIPv6}} {{range .IPAM.Config}}{{.Subnet}} {{end}}'",
          )
        ).stdout;
      /** Whom the service sees: the client beyond the router, or the host in its place. */
      const seen = async (protocol: string, port: number) => {
        const client = await clientSeen((command) => far.exec(command, { check: false }), "fd00:9::10", port, protocol);
        if (own.includes(` ${client}/`)) return "client";
        return ["fd00:31:5::1", "172.31.5.1"].includes(client) ? "host" : client;
      };
      const served = (event: string, ports: Readonly<Record<number, string>>) =>
        assertComes(`whom the service sees after ${event}`, 30_000, { tcp: ports, udp: ports }, async () => {
          const asked = async (protocol: string) => {
            const all = Object.keys(ports).map(async (port) => [port, await seen(protocol, Number(port))]);
            return Object.fromEntries(await Promise.all(all));
          };
          return { tcp: await asked("tcp"), udp: await asked("udp") };
        });

      const all = { 7000: "client", 7001: "client", 7002: "client", 7003: "client" }; // of 7001 Docker's proxy never hears then
      const stack = await stackOn(place, "");
      stack.change(program("", managed, auto, proxy, native));
      const first = await stack.up({ check: false });
      if (debian === "13t") {
        // Docker 28 translates IPv6 unless it is told not to.
        assert.equal(first.code, 0);
        await served("the update", all);
      } else {
        assert.notEqual(first.code, 0);
        assert.match(first.stdout, /Docker does not translate tcp\/7002 of container web: its proxy passes it on/);
        await served("the update", { 7000: "client", 7001: "host", 7003: "client" });
      }

      const pid = await dockerd();
      stack.change(program(args("fd00:172:17::/64", "Never"), managed, auto, proxy));
      await stack.up();
      const { said, stage, result } = (await stack.outputs()) as Record<string, string[]>;
      const leads = debian === "13t" ? "native" : "fd00:31:5::2/64";
      assert.match(
        said![1]!,
        new RegExp(`^dnat dev eth1 tcp 7000 .* unless native leads to fd00:9::10 ${leads}$`, "m"),
      );
      assert.match(said![2]!, /^udp\/7001 is passed on by Docker$/m);
      for (const text of [...stage!, ...result!])
        assert.match(text, /\(Docker goes on without until it is restarted, which stops: (plain web|web plain)\)$/m);
      assert.equal(await dockerd(), pid);
      assert.match(await bridge(), /^false /);

      stack.change(program(args("fd00:172:17::/64", "Allow"), managed, auto, proxy, native));
      const shown = async () => {
        const preview = await stack.preview();
        return { done: changes(preview), text: preview.stdout + preview.stderr };
      };
      const allowed = await shown();
      assert.match(allowed.text, /Docker is restarted, which stops for a moment: (plain web|web plain)$/m);
      assert.deepEqual(allowed.done, [
        "create native",
        "create native-facts",
        "create native-verify",
        "update daemon",
        "update daemon-facts",
        "update daemon-stage",
      ]);
      await stack.up();
      assert.notEqual(await dockerd(), pid);
      assert.equal(await runs(), "plain web");
      assert.match(await bridge(), /^true .*fd00:172:17::\/64/);
      const { "log-opts": options, debug, ipv6 } = JSON.parse(await file());
      assert.deepEqual([options, debug, ipv6], [{ "max-size": "10m" }, false, true]);
      assert.match(
        ((await stack.outputs()) as { said: string[] }).said[3]!,
        /^tcp\/7002 is translated by Docker, with the client's address kept$/m,
      );
      await served("the restart", all);
      await assertSettled(stack);

      await host.exec("docker restart -t 1 web");
      await served("a restart of the container", all);
      await host.exec("systemctl reset-failed docker; kill -9 $(cat /run/docker.pid)");
      await until("Docker is back", { timeoutMs: 60_000, intervalMs: 500 }, async () => {
        return (await host.exec("docker start plain web", { check: false })).code === 0 || undefined;
      });
      await served("a kill of Docker", all);

      // A way back that carries less than both its ends: the container must be told, through the translation.
      await place.lan.exec("gateway", "ip -6 route add fd00:255:0::2 dev far0 mtu lock 1280");
      const bulk = "nc -ll -p 7009 -e dd if=/dev/zero bs=1000 count=200";
      await host.exec(`docker run -d --name bulk --network container:web ${LabImage.probe} ${bulk}`);
      await until("the transfer of 200000 bytes", { timeoutMs: 30_000 }, async () => {
        const whole = "exec 3<>/dev/tcp/fd00:9::10/7009 && wc -c <&3";
        return (
          (await far.exec(`timeout 10 bash --norc -c '${whole}'`, { check: false })).stdout === "200000\n" || undefined
        );
      });
      await host.exec("docker rm -f bulk");
      await place.lan.exec("gateway", "ip -6 route del fd00:255:0::2");
      await host.reboot();
      await host.exec("docker start plain");
      await served("a reboot", all);

      const before = await file();
      await host.exec("docker network create --ipv6 --subnet fd00:172:18::/64 taken");
      stack.change(program(args("fd00:172:18::/64", "Allow"), managed, auto, proxy, native));
      const overlap = /overlaps fd00:172:18::\/64 of network taken, and Docker would refuse to start/;
      const ran = await dockerd();
      assert.match((await shown()).text, overlap);
      assert.match((await stack.up({ check: false })).stdout, overlap);
      assert.equal(await dockerd(), ran);
      assert.equal(await file(), before);
      await host.exec("docker network rm taken");
      // Of this nobody can know before: an administrator's own check of what Docker is started with.
      const check = "/etc/systemd/system/docker.service.d/own.conf";
      await host.exec(`mkdir -p ${dirname(check)}; cat >${check}; systemctl daemon-reload`, {
        input: `[Service]\nExecStartPre=/bin/sh -c '! grep -q fd00:172:18: ${FILE}'\n`,
      });
      const failed = await stack.up({ check: false });
      assert.notEqual(failed.code, 0);
      assert.match(failed.stdout, /taken back; the host is as before:[\s\S]*Docker did not come back with the new /);
      assert.equal(await file(), before);
      assert.equal(await runs(), "plain web");
      assert.match(await bridge(), /fd00:172:17::\/64/);
      await host.exec(`rm ${check}; rmdir --ignore-fail-on-non-empty ${dirname(check)}; systemctl daemon-reload`);
      await served("an update that failed", all);

      await stack.destroy();
      assert.equal(await file(), FOREIGN);
      assert.equal(await runs(), "plain");
      assert.match(await bridge(), /^false /);
      await host.exec(`docker rm -f plain; rm ${FILE}`);
      await host.reboot();
      assert.deepEqual(diffSnapshots(place.found, await host.snapshot()), []);
      stack.dispose();
    });
  });
}
