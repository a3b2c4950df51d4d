import { strict as assert } from "node:assert";
import { diffSnapshots } from "../lab/snapshot";
import { until } from "../lab/until";
import { assertSettled, changes, clientSeen, onHost, prepareSite, site, stackOn } from "./support";

const program = (ports: string) => `
import { Ipv6DnatService } from "wirework";
const web = new BridgeAgent("web", {
  host: host.ref, image: "wirework/address-echo:lab",
  ownNetwork: { subnets: [{ subnet: "172.31.5.0/24" }, { subnet: "fd00:31:5::/64" }] },
});
const service = new Ipv6DnatService("service", {
  host: host.ref, container: web.containerName, network: "web", link: "eth1",
  ports: [{ port: 7000 }, { port: 7000, protocol: "udp" }, ${ports}],
});
export const verification = service.verification;
`;

// Another container takes the address while the service is stopped. Prints the milliseconds from the start of the
// service until the port leads to its new address.
const MOVE = `
docker stop -t 1 web >/dev/null
docker run -d --name other --network web wirework/address-echo:lab >/dev/null
docker start web >/dev/null
set -- $(docker inspect --format '{{.State.StartedAt}} {{.NetworkSettings.Networks.web.GlobalIPv6Address}}' web)
until nft list table ip6 wirework | grep -q "dnat to \\[*$2"; do sleep 0.01; done
echo $((($(date +%s%N) - $(date -d $1 +%s%N)) / 1000000)) $2`;

// Of Docker 26.1, which is between them, tests/engine/daemon.test.ts says whom services see.
for (const debian of ["12", "13t"] as const) {
  describe(`an IPv6 service on Debian ${debian}`, () => {
    it("sees its clients, is followed to other addresses, stays over restarts and reboot, and goes without a trace", async () => {
      const place = await site(debian);
      const { host, lan } = place;
      const address = () => host.exec("ip address add fd00:9::10/64 dev eth1 nodad");
      // Its first IPv6 network makes Docker forward IPv6, and fill its chains; neither goes with the network.
      await host.exec("docker network create --ipv6 --subnet fd00:31:6::/64 first && docker network rm first");
      await address();
      const stack = await stackOn(place, program("{ port: 7001, containerPort: 7000 }"));
      const found = await host.snapshot();

      await stack.up();
      const { verification } = (await stack.outputs()) as { verification: string };
      assert.match(
        verification,
        /^dnat dev eth1 tcp 7001 container web network web port 7000 leads to fd00:9::10 fd00:31:5::2\/64$/m,
      );
      const seen = (protocol: string, port: number) =>
        clientSeen((command) => lan.exec("client", command, { check: false }), "fd00:9::10", port, protocol);
      const served = (event: string, timeoutMs = 10_000) =>
        until(`the service sees its clients after ${event}`, { timeoutMs }, async () => {
          const all = [await seen("tcp", 7000), await seen("udp", 7000), await seen("tcp", 7001)];
          return all.every((client) => client === lan.client6) || undefined;
        });
      await served("the update");
      await assertSettled(stack);

      const [milliseconds, moved] = (await host.exec(MOVE)).stdout.split(" ");
      assert.ok(Number(milliseconds) < 1500, `the ports lead to the new address after ${milliseconds} ms`);
      assert.notEqual(moved.trim(), "fd00:31:5::2");
      await served("a move");
      assert.equal((await host.exec("docker logs other 2>&1")).stdout, "");
      await host.exec("docker rm -f other");
      await host.exec("systemctl reset-failed docker; systemctl restart docker");
      await served("a restart of Docker");
      await host.exec("nft flush ruleset; systemctl reset-failed docker; systemctl restart docker");
      await served("a flush", 40_000);
      await host.reboot();
      await address();
      await served("a reboot");
      await assertSettled(stack);

      stack.change(onHost(program("{ port: 7002, containerPort: 7000 }")));
      assert.deepEqual(changes(await stack.preview()), [
        "update service",
        "update service-facts",
        "update service-verify",
      ]);
      await stack.up();
      assert.equal(await seen("tcp", 7002), lan.client6);
      assert.match(await seen("tcp", 7001), /^nobody: /);

      await stack.destroy();
      assert.deepEqual(diffSnapshots(found, await host.snapshot()), []);
      stack.dispose();
      await host.reset();
      await prepareSite(host);
      place.found = await host.snapshot();
    });
  });
}
