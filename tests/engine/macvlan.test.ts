import { strict as assert } from "node:assert";
import { until } from "../lab/until";
import {
  answers,
  assertSettled,
  assertTakenBack,
  changes,
  debians,
  onHost,
  site,
  stackOn,
  subnet,
  subnet6,
} from "./support";

const network = `
const lan = new MacvlanNetwork("lan", {
  host: host.ref,
  parent: "eth1",
  subnets: [${subnet}, ${subnet6}],
  dhcpRanges: ["192.168.9.200-192.168.9.254"],
  hostAccess: { address: "192.168.9.2", address6: "fd00:9::2" },
});
`;
const MAC = "02:00:00:00:53:70";
const agents = (north: string, macAddress = MAC) => `${network}
const north = new MacvlanAgent("north", { host: host.ref, network: lan.ref, image, ipv4Address: "${north}", ipv6Address: "fd00:9::70", macAddress: "${macAddress}" });
const south = new MacvlanAgent("south", { host: host.ref, network: lan.ref, image });
export const found = [north, south].map(({ ipv4Address, ipv6Address, macAddress, verification }) => ({ ipv4Address, ipv6Address, macAddress, verification }));
`;

// Prints the milliseconds from the start of the container until its link has the declared MAC.
const RESTART = `
docker restart -t 1 north >/dev/null
set -- $(docker inspect --format '{{.State.Pid}} {{.State.StartedAt}}' north)
until nsenter --target $1 --net ip link show dev eth0 | grep -q ${MAC}; do sleep 0.01; done
echo $((($(date +%s%N) - $(date -d $2 +%s%N)) / 1000000))`;

for (const debian of debians) {
  describe(`macvlan agents on Debian ${debian}`, () => {
    it("come up, are reached, stay over restarts and reboot, change in place, and go without a trace", async () => {
      const place = await site(debian);
      const { host, lan } = place;
      const client = (command: string) => lan.exec("client", command, { check: false });
      const onHostItself = (command: string) => host.exec(command, { check: false });
      const stack = await stackOn(place, agents("192.168.9.70"));

      await stack.up();
      const { found } = (await stack.outputs()) as { found: Record<string, string>[] };
      assert.deepEqual(
        found.map(({ ipv4Address }) => ipv4Address),
        ["192.168.9.70", "192.168.9.64"],
      );
      assert.equal(found[0].ipv6Address, "fd00:9::70");
      assert.match(found[0].verification, /^gateway 192\.168\.9\.1 answered from /m);
      assert.match(found[0].verification, /^gateway fd00:9::1 answered from /m);
      assert.equal(found[0].macAddress, MAC);
      assert.match(found[0].verification, /^MAC 02:00:00:00:53:70 dev eth0$/m);
      /** A neighbour knows the declared MAC, in both families. */
      const macKnown = (mac = MAC) =>
        until(`neighbours know ${mac}`, { timeoutMs: 10_000 }, async () => {
          const ask = "ping -n -q -c 1 -W 1 192.168.9.70; ping -n -q -c 1 -W 1 fd00:9::70; ip neigh show dev lan0";
          const { stdout } = await client(ask);
          return ["192.168.9.70", "fd00:9::70"].every((at) => stdout.includes(`${at} lladdr ${mac}`)) || undefined;
        });
      const reached = async () => {
        await macKnown();
        for (const address of ["192.168.9.70", "192.168.9.64", "fd00:9::70"]) {
          assert.ok(await answers(client, address), `${address} from the LAN`);
          assert.ok(await answers(onHostItself, address), `${address} from the host`);
        }
        for (const address of ["192.168.9.2", "fd00:9::2", "192.168.9.1"]) {
          assert.ok(
            await answers((command) => onHostItself(`docker exec north ${command}`), address),
            `${address} from the agent`,
          );
        }
      };
      await reached();
      await assertSettled(stack);

      const times: number[] = [];
      for (let start = 0; start < 3; start++) times.push(Number((await host.exec(RESTART)).stdout));
      assert.ok(Math.min(...times) < 1000, `the MAC is set ${times} ms after the start`);
      await host.exec("docker restart -t 1 north south");
      await reached();
      await host.exec("systemctl restart docker");
      await reached();
      await host.exec("ip link set eth1 down; sleep 1; ip link set eth1 up");
      await reached();
      await host.reboot();
      await reached();
      await assertSettled(stack);

      stack.change(onHost(agents("192.168.9.70", "02:00:00:00:53:71")));
      assert.deepEqual(changes(await stack.preview()), [
        "update north",
        "update north-facts",
        "update north-probe",
        "update north-verify",
      ]);
      await stack.up();
      await macKnown("02:00:00:00:53:71");

      stack.change(onHost(agents("192.168.9.71", "02:00:00:00:53:71")));
      const preview = await stack.preview({ diff: true });
      assert.deepEqual(changes(preview), [
        "replace north-container",
        "update north",
        "update north-probe",
        "update north-verify",
      ]);
      assert.match(preview.stdout, /ipv4Address: "192\.168\.9\.70" => "192\.168\.9\.71"/);
      await stack.up();
      assert.ok(await answers(client, "192.168.9.71"));
      assert.ok(!(await answers(client, "192.168.9.70")));

      await assertTakenBack(stack, place);
    });
  });
}
