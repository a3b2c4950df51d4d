import { strict as assert } from "node:assert";
import type { LightHost } from "../lab/light-host";
import { until } from "../lab/until";
import { assertTakenBack, changes, onHost, stackOn } from "./support";
import { seen, type TwoUplinks, twoUplinks } from "./two-uplinks";

/** The second way out of the ThousandEyes document, and a link of ours beside it: all that the files of a backend can hold. */
const program = (persistence: string, last = 1) => `
import { Persistence, PolicyRoutedAgent, SourceNat6 } from "wirework";
new PolicyRoutedAgent("probe", {
  host: host.ref,
  persistence: Persistence.${persistence},
  image,
  ownNetwork: { subnets: [{ subnet: "172.31.7.0/24" }, { subnet: "fd00:31:7::/64" }] },
  uplink: { dev: "eth2", gateway: "192.168.20.${last}", gateway6: "fd00:20::1", sourceNat6: SourceNat6.None },
  table: { id: 200, name: "uplink2" },
});
new MacvlanNetwork("lan", {
  host: host.ref,
  persistence: Persistence.${persistence},
  parent: "eth1",
  subnets: [
    { subnet: "192.168.9.0/24", gateway: "192.168.9.1", ipRange: "192.168.9.64/26" },
    { subnet: "fd00:9::/64", gateway: "fd00:9::1", ipRange: "fd00:9::1000/116" },
  ],
  hostAccess: { linkName: "shim0", address: "192.168.9.2", address6: "fd00:9::2" },
});
`;

/** What the kernel has of ours. */
async function ours(host: LightHost): Promise<string> {
  const { stdout } = await host.exec(`
    for family in -4 -6; do
      ip -N $family rule | grep 'proto 119'
      ip -N $family route show table all proto 119 | sed 's/ linkdown//'
      ip -o $family address show dev shim0 scope global | sed 's/^[0-9]*//'
    done
    ip -o -d link show dev shim0 | sed 's/^[0-9]*//; s/ promiscuity.*bridge/ bridge/'
    cd /proc/sys/net && grep -r . ipv4/conf/shim0/arp_* ipv6/conf/shim0/accept_ra ipv6/conf/shim0/autoconf`);
  return stdout;
}

/** The agent leaves by the second uplink, the host by the first; after some seconds at most. */
async function assertWays(place: TwoUplinks, event: string): Promise<void> {
  let found: string[] = [];
  const right = until(event, { timeoutMs: 20_000, intervalMs: 300 }, async () => {
    found = [await seen(place, "probe", 4), await seen(place, "host", 4)];
    return found.join() === "192.168.20.10,192.168.9.10" || undefined;
  });
  await right.catch(() => assert.deepEqual(found, ["192.168.20.10", "192.168.9.10"], `after ${event}`));
}

/** Pings from the agent all the while that something is done; not one may be lost. */
async function withoutLoss(place: TwoUplinks, action: () => Promise<unknown>): Promise<void> {
  const { host, far } = place;
  const inside = "nsenter --net --target $(docker inspect -f '{{.State.Pid}}' probe)";
  await host.exec(`${inside} ping -q -i 0.02 ${far.address} >/run/ping 2>&1 & echo $! >/run/ping.pid`);
  await action();
  const { stdout } = await host.exec("kill -INT $(cat /run/ping.pid); sleep 0.3; cat /run/ping; rm /run/ping*");
  assert.match(stdout, /([0-9]{2,}) packets transmitted, \1 received, 0% packet loss/);
}

describe("facts that another program brings back", function () {
  this.timeout(500_000);

  it("are the same after a boot by ifupdown or rc.local, change in place with no packet lost, and go without a trace", async () => {
    const place = await twoUplinks("12");
    const { host } = place;
    const stack = await stackOn(place, program("Ifupdown"));
    const change = async (body: string, ...more: string[]) => {
      stack.change(onHost(body));
      assert.deepEqual(changes(await stack.up()), [
        "update lan",
        "update lan-facts",
        "update probe",
        "update probe-facts",
        ...more,
      ]);
    };
    await stack.up();
    await assertWays(place, "up");
    const made = await ours(host);
    assert.match(made, /default via 192\.168\.20\.1 dev eth2[\s\S]*shim0/);
    const known = await host.exec(
      "ifquery --list | sort; ifquery shim0; ls /etc/systemd/system | grep -c wirework || :",
    );
    assert.match(known.stdout, /^eth0\neth1\neth2\nlo\nshim0\npre-up: ip link show dev shim0[\s\S]*\n0\n$/);

    await host.reboot();
    await assertWays(place, "a boot by ifupdown");
    assert.equal(await ours(host), made);
    const journal = (await host.exec("journalctl -b -u networking.service --no-pager")).stdout;
    assert.match(journal, /Finished .*networking\.service/);
    assert.doesNotMatch(journal, /wirework|fail/i);
    assert.doesNotMatch((await host.exec("wirework status")).stdout, /^(drift|conflicts|pending)$/m);
    await host.exec("ifdown eth2; ifup eth2");
    await assertWays(place, "ifdown and ifup");
    assert.equal(await ours(host), made);
    assert.deepEqual(changes(await stack.preview()), []);

    await withoutLoss(place, () => change(program("RcLocal")));
    assert.equal(await ours(host), made);
    await host.reboot();
    await assertWays(place, "a boot by rc.local");
    assert.equal(await ours(host), made);

    await withoutLoss(place, () => change(program("Unit")));
    assert.equal(await ours(host), made);
    await place.second.exec("gateway", "ip address add 192.168.20.2/24 dev lan0");
    await change(program("Ifupdown", 2), "update probe-verify");
    await assertWays(place, "change of gateway");
    assert.match((await host.exec("cat /etc/network/if-up.d/wirework-*probe*")).stdout, /via 192\.168\.20\.2 dev eth2/);
    await place.second.exec("gateway", "ip address del 192.168.20.2/24 dev lan0");
    await assertTakenBack(stack, place);
  });
});
