import { strict as assert } from "node:assert";
import { inContainerSandbox, insideContainer, startContainer } from "./containers";
import { HOST_OWNER, IDENTITY, type Sandbox } from "./support";

// Two networks: the second, on which the default route is, has no address that Docker knows.
const SECOND = `
pid=$(awk '{ print $4; exit }' /run/docker/containers/probe)
ip link add link eth0 name c9 address 02:00:00:00:00:19 type macvlan mode bridge
ip link set c9 netns $pid name eth8
nsenter --net=/proc/$pid/ns/net sh -c 'ip link set eth8 up; ip address add 172.30.0.2/24 dev eth8; ip route replace default via 172.30.0.1 dev eth8'
echo "endpoint /probe mgmt 02:00:00:00:00:19 - -/0" >>/run/docker/containers/probe
`;

const withContainer = (test: (host: Sandbox) => Promise<void>) =>
  inContainerSandbox(async (host) => {
    await startContainer(host, "probe", 0);
    await host.exec(SECOND, "", true);
    await test(host);
  });

const verify = (host: Sandbox, ...lines: string[]) =>
  host.verb(
    "verify",
    `${["wirework 1", `host ${IDENTITY}`, `owner ${HOST_OWNER}`, "container probe", ...lines].join("\n")}\n`,
  );

describe("verify", () => {
  it("proves gateways, target, default route and a command from inside the container", () =>
    withContainer(async (host) => {
      const before = await host.kernel();
      const lines = [
        "timeout 10",
        "gateway 192.168.9.1 network lan",
        "gateway fd00:9::1 network lan",
        "target 192.168.9.1",
        "target fd00:9::1",
        "default-route network mgmt",
      ];
      const result = await verify(host, ...lines, "exec sh -c %65cho%20%27a%25b%27%0a %5c in%20100%25");
      assert.equal(result.code, 0, result.stderr);
      const said = result.stdout.trim().split("\n");
      assert.match(said[0], /^gateway 192\.168\.9\.1 answered from 02:00:00:00:00:02 dev eth7 after \d+ ms$/);
      assert.match(said[1], /^gateway fd00:9::1 answered from 02:00:00:00:00:02 dev eth7 after \d+ ms$/);
      assert.match(said[2], /^target 192\.168\.9\.1 answered after \d+ ms$/);
      assert.deepEqual(said.slice(4), ["default route by network mgmt dev eth8", "command ended with code 0"]);
      const asked = await host.exec("cat /run/docker/asked");
      assert.equal(asked.stdout, "<probe>\n<sh>\n<-c>\n<echo 'a%b'\n>\n<\\>\n<in 100%>\n");
      assert.equal(await host.kernel(), before);
    }));

  it("proves by which link this host sends what comes from the container, in both families", () =>
    withContainer(async (host) => {
      const routes = `
sysctl -q net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
ip route add 203.0.113.0/24 dev eth0; ip route add 2001:db8::/32 dev eth0`;
      await host.exec(routes, "", true);
      const proved = await verify(host, "timeout 2", "egress eth0 network lan iif wire");
      assert.equal(proved.code, 0, proved.stderr);
      assert.match(proved.stdout, /^egress from 192\.168\.9\.10 by eth0 .*\negress from fd00:9::10 by eth0 /);
      // The route is on-link: the router, which one family has, is not on the way.
      const router = await verify(host, "timeout 1", "egress eth0 via fd00:9::1 network lan iif wire");
      assert.match(router.stderr, /sends from fd00:9::10 leaves by: .*dev eth0.*, not by eth0 via fd00:9::1\./);
      await host.exec("ip route change 203.0.113.0/24 via 192.0.2.1 dev eth0", "", true);
      const four = await verify(host, "timeout 1", "egress eth0 via 192.0.2.1 network lan iif wire");
      assert.match(four.stdout, /^egress from 192\.168\.9\.10 by eth0 \([^)]*via 192\.0\.2\.1 [^)]*\)\n$/);
      const any = await verify(host, "timeout 1", "egress eth0 via inet network lan iif wire");
      assert.match(any.stdout, /^egress from 192\.168\.9\.10 by eth0 \([^)]*via 192\.0\.2\.1 [^)]*\)\n$/);
      const none = await verify(host, "timeout 1", "egress eth0 via inet6 network lan iif wire");
      assert.match(none.stderr, /sends from fd00:9::10 leaves by: .*dev eth0/, "on-link: by no router");
      const other = await verify(host, "timeout 1", "egress eth7 network lan iif wire");
      assert.equal(other.code, 1);
      assert.match(
        other.stderr,
        /what container probe sends from 192\.168\.9\.10 leaves by: .*dev eth0.*, not by eth7/,
      );
    }));

  it("finds a link by its address when its MAC is not the one that Docker gave, and proves the MAC", () =>
    withContainer(async (host) => {
      await insideContainer(host, "probe", "ip link set eth7 address 02:aa:00:00:00:70");
      const lines = ["timeout 5", "mac 02:aa:00:00:00:70 network lan", "gateway 192.168.9.1 network lan"];
      const proved = await verify(host, ...lines);
      assert.equal(proved.code, 0, proved.stderr);
      assert.match(proved.stdout, /^MAC 02:aa:00:00:00:70 dev eth7\ngateway 192\.168\.9\.1 answered/);
      const other = await verify(host, "timeout 1", "mac 02:aa:00:00:00:71 network lan");
      assert.match(other.stderr, /\(interface eth7\) is 02:aa:00:00:00:70, not 02:aa:00:00:00:71, after 1 s/);
    }));

  it("does not take an answer from before for one from now", () =>
    withContainer(async (host) => {
      assert.equal((await verify(host, "timeout 5", "gateway 192.168.9.1 network lan")).code, 0);
      await host.exec("ip address del 192.168.9.1/24 dev wire");
      const result = await verify(host, "timeout 1", "gateway 192.168.9.1 network lan");
      assert.equal(result.code, 1, result.stdout);
      assert.match(
        result.stderr,
        /gateway 192\.168\.9\.1 does not answer in container probe on network lan \(interface eth7\) within 1 s\.\ntried: ARP requests/,
      );
      assert.match(result.stderr, /own addresses: 192\.168\.9\.10\/24/);
    }));

  it("waits for an answer that comes late, in both families", () =>
    withContainer(async (host) => {
      await host.exec("ip link set wire down");
      const late = host.exec("sleep 1.5; ip link set wire up; ip address add fd00:9::1/64 dev wire nodad");
      const result = await verify(
        host,
        "timeout 20",
        "gateway 192.168.9.1 network lan",
        "gateway fd00:9::1 network lan",
      );
      await late;
      assert.equal(result.code, 0, result.stderr);
      assert.ok(Number(/after (\d+) ms/.exec(result.stdout)?.[1]) > 300, result.stdout);
    })).timeout(60_000);

  it("fails on a wrong default route, an unreachable target and a failing command", () =>
    withContainer(async (host) => {
      assert.match(
        (await verify(host, "timeout 1", "default-route network lan")).stderr,
        /goes by eth8 .*, not by network lan \(interface eth7\)/,
      );
      assert.match(
        (await verify(host, "timeout 1", "target 192.168.9.77")).stderr,
        /target 192\.168\.9\.77 does not answer[\s\S]*route inside: 192\.168\.9\.77 dev eth7/,
      );
      assert.match((await verify(host, "timeout 1", "exec false")).stderr, /ended with code 1/);
      assert.match(
        (await verify(host, "timeout 1", "gateway 192.168.9.1 network nosuch")).stderr,
        /not on network nosuch; it is on: lan mgmt/,
      );
    }));

  it("says that a container is gone, not running or was restarted meanwhile", () =>
    withContainer(async (host) => {
      const restart = host.exec("sleep 1; sed -i '1s/[0-9]Z$/xZ/' /run/docker/containers/probe");
      const result = await verify(host, "timeout 4", "gateway 192.168.9.77 network lan");
      assert.equal(result.code, 1);
      await restart;
      assert.match(result.stderr, /restarted or replaced while it was verified/);
      host.program("ping", "#!/bin/sh\nsed -i '1s/xZ$/yZ/' /run/docker/containers/probe\nexit 0\n");
      assert.match((await verify(host, "target 192.168.9.1")).stderr, /restarted or replaced while it was verified/);
      await host.exec("sed -i '1s/ [0-9]* / 0 /' /run/docker/containers/probe");
      assert.match((await verify(host, "timeout 1")).stderr, /is not running/);
      await host.exec("rm /run/docker/containers/probe");
      assert.match((await verify(host, "timeout 1")).stderr, /container probe: Error: No such container/);
    })).timeout(60_000);

  it("refuses lines that it does not know", () =>
    withContainer(async (host) => {
      for (const line of [
        "gateway 192.168.9.1 network",
        "gateway $(id) network lan",
        "exec %zz",
        "container other",
        "timeout 0",
        "reboot",
      ]) {
        const result = await verify(host, line);
        assert.equal(result.code, 1, line);
        assert.match(result.stderr, /lines that verify does not understand/, line);
      }
    }));
});
