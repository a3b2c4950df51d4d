import { strict as assert } from "node:assert";
import { until } from "../lab/until";
import { ask, inContainerSandbox, startServer, stopContainer, withBridge } from "./containers";
import { assertSame, type Sandbox } from "./support";

const TCP = "dnat daddr fd00:9::10 tcp 5000-5001 container web network net";
const UDP = "dnat daddr fd00:9::10 udp 7000 container web network net port 6000";
const FACTS = [TCP, UDP];

const onBridge = (test: (host: Sandbox) => Promise<void>) =>
  inContainerSandbox(async (host) => {
    await withBridge(host);
    await test(host);
  });

const boot = (host: Sandbox) => host.exec("/usr/local/sbin/wirework boot late", "", true);

describe("ports that lead to a container", () => {
  it("are closed before it runs, lead to it from everywhere with the client's address, and leave nothing", () =>
    onBridge(async (host) => {
      const found = await host.snapshot();
      // What Docker's proxy does: it listens on the host, and would hide the client.
      await host.exec(
        `node -e 'require("net").createServer((s) => s.end("proxy\\n")).listen(5000, "::")' >/dev/null 2>&1 & echo $! >/run/docker/proxy; until ss -Hltn | grep -q :5000; do sleep 0.1; done`,
      );
      assert.equal(await ask(host, "client", 5000), "proxy");
      const early = await host.apply(FACTS);
      assert.equal(early.code, 0, early.stderr);
      assert.match(early.stdout, /^\+ dnat .* tcp 5000-5001 .* => fd00:9::10 closed$/m);
      assert.match(early.stdout, /^pending dnat .* udp 7000 .* \(container web does not run\)$/m);
      assert.equal(await ask(host, "client", 5000), "refused");
      assert.equal(await ask(host, "host", 5000), "refused");
      assert.equal((await host.apply(FACTS)).stdout.split("\n")[0], "unchanged");

      await startServer(host, "web", 2);
      await startServer(host, "neighbour", 3);
      assert.equal((await host.check(FACTS)).code, 3);
      assert.match((await host.apply(FACTS)).stdout, /^~ dnat .* => fd00:9::10 fd00:17::2\/64$/m);
      assert.equal((await host.apply(FACTS)).stdout, "unchanged\n");
      for (const port of [5000, 5001]) assert.equal(await ask(host, "client", port), "web fd00:9::1");
      assert.equal(await ask(host, "client", 7000, "udp"), "web fd00:9::1");
      assert.equal(await ask(host, "host", 5000), "web fd00:9::10");
      assert.equal(await ask(host, "neighbour", 5000), "web fd00:17::1");
      assert.equal(await ask(host, "neighbour", 7000, "udp"), "web fd00:17::1");
      await host.remove(FACTS);
      assert.equal(await ask(host, "client", 5000), "proxy");
      await host.exec("kill $(cat /run/docker/proxy)");
      await stopContainer(host, "web");
      await stopContainer(host, "neighbour");
      assertSame(await host.snapshot(), found);
    })).timeout(60_000);

  it("follow it to another address, are closed in between, and nothing of the old one reaches who has it then", () =>
    onBridge(async (host) => {
      await startServer(host, "web", 2);
      await host.apply(FACTS);
      // A stream that never pauses, from one port: conntrack would lead it on for ever.
      await host.exec(`nsenter --net=/run/docker/client node -e '
        const s = require("dgram").createSocket("udp6"); s.bind(40000);
        s.on("message", (m) => require("fs").appendFileSync("/run/docker/stream", m)); setInterval(() => s.send("x", 7000, "fd00:9::10"), 50)' >/dev/null 2>&1 & echo $! >/run/docker/sender; sleep 0.5`);
      const stream = async () => (await host.exec("tail -n 1 /run/docker/stream")).stdout.trim();
      const streamed = () =>
        until("the stream is answered by the service", { timeoutMs: 5_000 }, async () => {
          return (await stream()) === "web fd00:9::1" || undefined;
        });
      await streamed();

      await stopContainer(host, "web");
      // What was sent meanwhile waits for a neighbour with that address, for up to three seconds.
      await host.exec(
        "until ip neigh show to fd00:17::2 | grep -q INCOMPLETE; do ip neigh flush to fd00:17::2; sleep 0.1; done",
      );
      await boot(host);
      assert.equal((await host.exec("ip neigh show to fd00:17::2")).stdout, "", "nothing waits for the old address");
      await host.exec(": >/run/docker/stream");
      await startServer(host, "other", 2);
      assert.equal(await ask(host, "client", 5000), "refused");
      await host.exec("sleep 1");
      assert.equal(await stream(), "", "the stream is answered by nobody");
      await startServer(host, "web", 4);
      await boot(host);
      assert.equal(await ask(host, "client", 5000), "web fd00:9::1");
      await streamed();
      await host.exec("kill $(cat /run/docker/sender)");
    })).timeout(60_000);

  it("end a connection that leads to the old address", () =>
    onBridge(async (host) => {
      await startServer(host, "web", 2);
      await host.apply(FACTS);
      const open = host.exec(
        `nsenter --net=/run/docker/client timeout 8 node -e 'const s = require("net").connect({ host: "fd00:9::10", port: 5000, allowHalfOpen: true }); s.on("data", () => setInterval(() => s.write("x"), 100)); s.on("error", ({ code }) => { console.log(code); process.exit(); })'`,
      );
      await host.exec("sleep 1");
      await host.exec("sed -i 's/fd00:17::2/fd00:17::4/' /run/docker/containers/web");
      await boot(host);
      assert.match((await open).stdout, /ECONNRESET|EPIPE/);
    })).timeout(60_000);

  it("are those of all addresses of a link, of given clients only, and come back when the ruleset was flushed", () =>
    onBridge(async (host) => {
      await startServer(host, "web", 2);
      const facts = [
        "dnat dev eth0 tcp 5000 container web network net",
        "dnat dev eth0 tcp 5001 container web network net from 2001:db8::/32",
        "dnat dev eth0 tcp 5002 container web network net port 5000 rate 3/hour log bmp",
      ];
      assert.match((await host.apply(facts)).stdout, /tcp 5000 .* => fd00:9::10 fd00:17::2\/64$/m);
      assert.equal(await ask(host, "client", 5000), "web fd00:9::1");
      assert.equal(await ask(host, "client", 5001), "refused");
      await host.exec("ip address add fd00:9::8/64 dev eth0 nodad");
      await boot(host);
      const { stdout } = await host.exec("nft list table ip6 wirework");
      assert.match(stdout, /ip6 daddr \{ fd00:9::8, fd00:9::10 \} tcp dport 5000 dnat to fd00:17::2/);
      assert.match(stdout, /tcp dport 5002 log prefix "bmp " level info dnat to \[fd00:17::2\]:5000/);
      // nft's burst of 5, and none in the minutes after.
      const said: string[] = [];
      for (let tries = 0; tries < 6; tries++) said.push(await ask(host, "client", 5002));
      assert.deepEqual(said, [...Array(5).fill("web fd00:9::1"), "silent"]);
      assert.match(await ask(host, "host", 5002), /^web /);
      // Nor does Docker lead others there, where it translates the port that the container publishes.
      const native = "-p tcp -m tcp --dport 5001 -j DNAT --to-destination [fd00:17::2]:5001";
      await host.exec(
        `ip6tables -t nat -N DOCKER; ip6tables -t nat -A PREROUTING -j DOCKER; ip6tables -t nat -A DOCKER ${native}`,
      );
      assert.equal(await ask(host, "client", 5001), "refused");
      await host.exec("nft flush ruleset");
      assert.equal((await host.check(facts)).code, 3);
      await boot(host);
      assert.equal((await host.exec("nft list table ip6 wirework")).stdout, stdout);
      await host.exec("ip address del fd00:9::8/64 dev eth0; ip address del fd00:9::10/64 dev eth0");
      assert.match((await host.apply(facts)).stdout, /^pending dnat dev eth0 tcp 5000 .*\(no IPv6 address on eth0\)$/m);
    })).timeout(60_000);

  for (const [chain, filter] of Object.entries({
    "DOCKER-USER": "ip6tables -N DOCKER-USER; ip6tables -A FORWARD -j DOCKER-USER",
    FORWARD: "ip6tables -N DOCKER; ip6tables -A FORWARD -o br0 -j DOCKER", // Docker 20.10
  })) {
    it(`have an exception in chain ${chain} of Docker's filter, which goes with them`, () =>
      onBridge(async (host) => {
        await startServer(host, "web", 2);
        await host.exec(
          `${filter}; ip6tables -A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT; ip6tables -A ${chain} -s fd00:99::1 -j DROP; ip6tables -P FORWARD DROP`,
          "",
          true,
        );
        const rules = async () => (await host.exec("ip6tables -S", "", true)).stdout;
        const found = await rules();
        await host.apply(FACTS);
        assert.equal(await ask(host, "client", 5000), "web fd00:9::1");
        assert.equal(await ask(host, "client", 7000, "udp"), "web fd00:9::1");
        assert.equal((await host.apply(FACTS)).stdout, "unchanged\n");
        await host.exec(`ip6tables -D ${chain} 1`);
        assert.equal((await host.check(FACTS)).code, 3);
        await startServer(host, "web", 4);
        await boot(host);
        assert.equal(await ask(host, "client", 5001), "web fd00:9::1");
        assert.doesNotMatch(await rules(), /fd00:17::2/);
        await host.remove(FACTS);
        assert.equal(await rules(), found);
      })).timeout(60_000);
  }

  it("are left to Docker where it translates them itself, and taken over when it does not", () =>
    onBridge(async (host) => {
      await startServer(host, "web", 2);
      const auto = FACTS.map((fact) => `${fact} unless native`);
      const native = (port: string) => `-p tcp -m tcp --dport ${port} -j DNAT --to-destination [fd00:17::2]:${port}`;
      await host.exec(
        `ip6tables -t nat -N DOCKER; ip6tables -t nat -A PREROUTING -j DOCKER; ip6tables -t nat -A DOCKER ! -i br0 ${native("5000")}; ip6tables -t nat -A DOCKER ! -i br0 ${native("5001")}`,
        "",
        true,
      );
      const first = await host.apply(auto);
      assert.match(first.stdout, /^\+ dnat .* tcp 5000-5001 .* unless native => fd00:9::10 native$/m);
      assert.match(first.stdout, /^\+ dnat .* udp 7000 .* unless native => fd00:9::10 fd00:17::2\/64$/m);
      assert.equal(await ask(host, "client", 5000), "web fd00:9::1");
      assert.doesNotMatch((await host.exec("nft list table ip6 wirework")).stdout, /5000/);
      assert.equal((await host.apply(auto)).stdout, "unchanged\n");
      await host.exec("ip6tables -t nat -D DOCKER 2", "", true);
      await boot(host);
      assert.match((await host.exec("nft list table ip6 wirework")).stdout, /tcp dport 5000-5001 dnat to fd00:17::2/);
      assert.equal(await ask(host, "client", 5001), "web fd00:9::1");
      assert.equal((await host.check(auto)).stdout, "as declared\n");
    })).timeout(60_000);

  it("lead to one container only, which nobody else publishes", () =>
    onBridge(async (host) => {
      await host.apply(FACTS);
      const other = TCP.replace("web", "other").replace("5000-5001", "5001");
      const { stderr } = await host.apply([other], "test/dev/other");
      assert.match(stderr, /owner test\/dev\/edge has: dnat daddr fd00:9::10 tcp 5000-5001 container web/);
      host.program(
        "docker",
        `#!/bin/sh\necho 'web 0.0.0.0:5000->5000/tcp, :::5000->5000/tcp'; echo 'db 0.0.0.0:5000->1/tcp, [::]:4999-5003->5000-5004/tcp'\n`,
      );
      const refused = await host.apply(["require unpublished tcp/5000 except web", ...FACTS]);
      assert.match(refused.stderr, /Docker publishes it over IPv6 for: db ; two would translate one port/);
      assert.equal((await host.apply(["require unpublished tcp/4998 except web", ...FACTS])).code, 0);
    })).timeout(60_000);
});
