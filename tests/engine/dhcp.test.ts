import { strict as assert } from "node:assert";
import { LabImage } from "../lab/images";
import { until } from "../lab/until";
import { answers, assertSettled, assertTakenBack, changes, exampleOn, type Site, site, stackOn } from "./support";

/**
 * A DHCP and DHCPv6 server on the site's LAN; `table` is what it has leased: `MAC ADDRESS NAME CLIENT-ID`, and of IPv6 `IAID ADDRESS
 * NAME DUID`. It announces nothing, which the host would hear too.
 */
async function serve({ lan }: Site, name: string) {
  const file = `/run/dhcp-${name}`;
  // Two minutes are the shortest that dnsmasq leases for.
  const range = "--dhcp-range=192.168.9.150,192.168.9.159,2m --dhcp-option=3,192.168.9.1 --dhcp-authoritative";
  const common = "--conf-file=/dev/null --port=0 --no-ping --user=root --bind-interfaces --interface=lan0";
  const range6 = "--dhcp-range=fd00:9::150,fd00:9::15f,64,2m";
  await lan.exec("gateway", `dnsmasq ${common} ${range} ${range6} --dhcp-leasefile=${file} --pid-file=${file}.pid`);
  return {
    table: async () => (await lan.exec("gateway", `sed '/^duid /d' ${file} | cut -d ' ' -f 2-`)).stdout.trim(),
    stop: () => lan.exec("gateway", `kill $(cat ${file}.pid); rm -f ${file} ${file}.pid`),
  };
}

describe("examples/pipework-dhcp", () => {
  it("has one lease through every event, one client, and gives it back", async () => {
    const place = await site("13");
    const { host, lan } = place;
    const server = await serve(place, "pipework");
    const stack = await exampleOn(place, "pipework-dhcp", { image: LabImage.probe, parent: "eth1", ipv6: "true" });
    await stack.up();
    const { verification, address, address6, mac } = (await stack.outputs()) as { [name: string]: string };
    assert.match(verification!, /^interface eth1: 192\.168\.9\.15\d\/24 leased by 192\.168\.9\.1 for 120 s$/m);
    assert.match(verification!, /^gateway 192\.168\.9\.1 answered from /m);
    assert.match(verification!, /^interface eth1: fd00:9::15[0-9a-f]\/128 leased by [0-9a-f]+ for 120 s$/m);
    const lease = `${mac} ${address} probe 01:${mac}\n1 ${address6} probe 00:03:00:01:${mac}`;
    assert.equal(await server.table(), lease);
    await assertSettled(stack);

    const running = (name: string) => host.exec(`pgrep -cx ${name}`, { check: false });
    const clients = async () =>
      (await Promise.all(["busybox", "dhcpcd"].map(running))).map(({ stdout }) => stdout.trim()).join();
    const has6 = async () =>
      (await host.exec("docker exec probe ip -6 address show dev eth1", { check: false })).stdout.includes(
        `${address6}/128`,
      );
    const stands = async (event: string) => {
      await until(event, { timeoutMs: 60_000, intervalMs: 300 }, async () => {
        const reached = await answers((command) => lan.exec("client", command, { check: false }), address!);
        return (reached && (await has6()) && (await clients()) === "1,1") || undefined;
      });
      assert.equal(await server.table(), lease, event);
    };
    await stands("a first update");
    await host.exec("docker restart -t 2 probe");
    await stands("a restart of the container");
    await host.exec("systemctl restart docker");
    await stands("a restart of Docker");
    await host.exec("systemctl kill -s KILL wirework-watch");
    await stands("the end of the watcher");
    await host.reboot();
    await stands("a reboot");
    await stack.config({ seconds: "86400" });
    assert.deepEqual(
      changes(await stack.preview()).filter((line) => line.includes("container")),
      ["replace probe-container"],
    );
    await stack.up();
    const now = await stack.outputs();
    assert.deepEqual([now.address, now.address6], [address, address6]);
    await stands("another container");

    await stack.destroy();
    assert.equal(await server.table(), "", "the server has its address back");
    assert.equal(await clients(), "0,0");
    await server.stop();
    await assertTakenBack(stack, place);
  });
});

describe("a MacvlanAgent with a leased address", () => {
  it("is on the LAN as itself, keeps its lease, and gives it back", async () => {
    const place = await site("12");
    const { host, lan } = place;
    const server = await serve(place, "macvlan");
    const stack = await stackOn(
      place,
      `
const probe = new MacvlanAgent("probe", {
  host: host.ref, image, restart: "always", ownNetwork: { parent: "eth1" }, dhcp: { clientId: "probe-1" },
  ipv4Address: "dhcp", ipv6Address: "dhcp",
});
export const { ipv4Address, ipv6Address, macAddress, verification } = probe;
`,
    );
    await stack.up();
    const { ipv4Address, ipv6Address, macAddress } = (await stack.outputs()) as { [name: string]: string };
    assert.match(ipv6Address!, /^fd00:9::15[0-9a-f]$/);
    const four = `${macAddress} ${ipv4Address} probe 70:72:6f:62:65:2d:31`;
    const lease = `${four}\n1 ${ipv6Address} probe 00:03:00:01:${macAddress}`;
    assert.equal(await server.table(), lease);
    assert.equal((await host.exec("docker network ls --quiet --filter driver=macvlan")).stdout, "");
    await assertSettled(stack);
    await host.exec("docker restart -t 2 probe");
    await until("an answer after a restart", { timeoutMs: 60_000, intervalMs: 300 }, async () => {
      return (await answers((command) => lan.exec("client", command, { check: false }), ipv4Address!)) || undefined;
    });
    assert.equal(await server.table(), lease);
    await stack.destroy();
    assert.equal(await server.table(), "");
    await server.stop();
    await assertTakenBack(stack, place);
  });
});
