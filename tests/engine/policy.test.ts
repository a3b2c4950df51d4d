import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Far } from "../lab/far";
import type { LabHost } from "../lab/host";
import { NetworkManager } from "../lab/host-network";
import { LabImage } from "../lab/images";
import type { Lan } from "../lab/lan";
import { assertComes, until } from "../lab/until";
import { assertSettled, assertTakenBack, changes, debians, exampleOn, onHost, stackOn } from "./support";
import { seen, type TwoUplinks, twoUplinks } from "./two-uplinks";

const uplink = (last: number) => `{ dev: "eth2", gateway: "192.168.20.${last}", gateway6: "fd00:20::${last}" }`;

const program = (last: number) => `
import { PolicyRoutedAgent } from "wirework";
const web = { host: host.ref, image, command: ["sh", "-c", "mkdir -p /www && echo here > /www/index.html && exec httpd -f -h /www"] };
const probe = new PolicyRoutedAgent("probe", {
  ...web,
  ownNetwork: { subnets: [{ subnet: "172.31.7.0/24" }, { subnet: "fd00:31:7::/64" }] },
  uplink: ${uplink(last)},
  table: { id: 200, name: "uplink2" },
  ports: [{ internal: 80, external: 8080 }],
});
const plain = new BridgeAgent("plain", web);
export const verification = probe.verification;
`;

/** Everybody's way out, and the answers of a published port, all as declared; what is not, at once. */
async function ways(place: TwoUplinks): Promise<Record<string, string>> {
  const page = async (exec: Far["exec"], address: string) =>
    (await exec(`printf 'GET / HTTP/1.0\\r\\n\\r\\n' | busybox nc -w 3 ${address} 8080`, { check: false })).stdout
      .trim()
      .split("\n")
      .pop() ?? "";
  const clientOf = (lan: Lan) => (command: string, options: object) => lan.exec("client", command, options);
  return {
    "agent, IPv4": await seen(place, "probe", 4),
    "agent, IPv6": await seen(place, "probe", 6),
    "host, IPv4": await seen(place, "host", 4),
    "host, IPv6": await seen(place, "host", 6),
    "other container, IPv4": await seen(place, "plain", 4),
    "far, asking by the main uplink": await page(place.far.exec, "192.168.9.10"),
    "far, asking by the second": await page(place.far.exec, "192.168.20.10"),
    "neighbour on the first LAN": await page(clientOf(place.lan), "192.168.9.10"),
    "neighbour on the second LAN": await page(clientOf(place.second), "192.168.20.10"),
  };
}

const declared = {
  "agent, IPv4": "192.168.20.10",
  "agent, IPv6": "fd00:20::10",
  "host, IPv4": "192.168.9.10",
  "host, IPv6": "fd00:9::10",
  "other container, IPv4": "192.168.9.10",
  "far, asking by the main uplink": "here",
  "far, asking by the second": "here",
  "neighbour on the first LAN": "here",
  "neighbour on the second LAN": "here",
};

/** What an event disturbs is right again within seconds, without anybody's help. */
async function assertDeclared(place: TwoUplinks, event: string): Promise<void> {
  await assertComes(`after ${event}`, 20_000, declared, () => ways(place));
}

/** Nothing of the agent reaches the far server, by whatever way. */
async function assertSilent(place: TwoUplinks): Promise<void> {
  await place.far.count();
  for (const family of [4, 6] as const) assert.match(await seen(place, "probe", family), /^nobody/);
  assert.equal(await place.far.arrived(place.lan), 0, "packets leaked by the main uplink");
}

/** The table of the uplink follows the router of a lease. */
async function leads(host: LabHost, router: string): Promise<void> {
  await until(`a way by ${router}`, { timeoutMs: 10_000, intervalMs: 200 }, async () => {
    const { stdout } = await host.exec("ip route show table uplink2", { check: false });
    return stdout.includes(`default via ${router} dev eth2 `) || undefined;
  });
}

describe("a policy-routed agent", function () {
  this.timeout(500_000);

  for (const debian of debians) {
    it(`on Debian ${debian} leaves by the second uplink, through every event, changes in place, and goes without a trace`, async () => {
      const place = await twoUplinks(debian);
      const { host, second } = place;
      const stack = await stackOn(place, program(1));
      await stack.up();
      const { verification } = (await stack.outputs()) as { verification: string };
      assert.match(verification, /eth2/);
      await assertDeclared(place, "up");
      assert.deepEqual(changes(await stack.preview()), [], "a second preview must be empty");

      await host.exec("docker restart -t 1 probe");
      await assertDeclared(place, "restart of the container");
      await host.exec("systemctl restart docker");
      await assertDeclared(place, "restart of Docker");
      if (host.networkManager === "networkd") {
        await host.exec("systemctl restart systemd-networkd");
        await assertDeclared(place, "restart of networkd");
      }
      await host.exec("ip link set eth2 down");
      await assertSilent(place);
      // The kernel drops IPv6 addresses with the link; who brought it up with them gives them again.
      await host.exec("ip link set eth2 up; ip address replace fd00:20::10/64 dev eth2 nodad");
      await assertDeclared(place, "uplink down and up");
      await host.setCarrier("eth2", false);
      await assertSilent(place);
      await host.setCarrier("eth2", true);
      await assertDeclared(place, "cable out and in");
      await host.reboot();
      await assertDeclared(place, "reboot");
      await assertSettled(stack);

      await second.exec(
        "gateway",
        "ip address add 192.168.20.2/24 dev lan0; ip address add fd00:20::2/64 dev lan0 nodad",
      );
      stack.change(onHost(program(2)));
      assert.deepEqual(changes(await stack.preview()), ["update probe", "update probe-facts", "update probe-verify"]);
      await stack.up();
      await assertDeclared(place, "change of gateway");
      assert.match((await host.exec("ip route show table uplink2")).stdout, /default via 192\.168\.20\.2 dev eth2/);

      await second.exec("gateway", "ip address del 192.168.20.2/24 dev lan0; ip address del fd00:20::2/64 dev lan0");
      await assertTakenBack(stack, place);
    });
  }

  it("on a host of NetworkManager stays through its restarts, and when it takes up a link anew", async () => {
    const place = await twoUplinks("12", NetworkManager.networkManager);
    const { host } = place;
    // It gives links its own settings at boot, and counts the metrics of its routes up with each activation.
    await host.reboot();
    place.found = await host.snapshot();
    const access = `
      new MacvlanNetwork("lan", {
        host: host.ref,
        parent: "eth1",
        subnets: [{ subnet: "192.168.9.0/24", gateway: "192.168.9.1", ipRange: "192.168.9.64/26" }],
        hostAccess: { linkName: "shim0", address: "192.168.9.2" },
      });`;
    const stack = await stackOn(place, program(1) + access);
    await stack.up();
    const shim = async () =>
      (await host.exec("ip -N -o addr show shim0; ip -N route show dev shim0; ip -N rule")).stdout;
    const made = await shim();
    for (const command of [
      "systemctl restart NetworkManager && nm-online -q -s",
      "nmcli device reapply eth2",
      "nmcli connection up eth2",
      "nmcli device disconnect eth2; nmcli device connect eth2",
      "nmcli connection reload; nmcli connection up eth1",
    ]) {
      await host.exec(command);
      await assertDeclared(place, command);
      assert.equal(await shim(), made, `after ${command}`);
    }

    // The gateway comes with a lease from now on, which the table of the uplink follows.
    await host.exec("nmcli connection modify --temporary eth2 ipv4.method auto && nmcli connection up eth2");
    stack.change(onHost((program(1) + access).replace('gateway: "192.168.20.1"', 'gateway: "learned"')));
    await stack.up();
    await leads(host, "192.168.20.1");
    await assertDeclared(place, "learned gateway");
    await assertSettled(stack);
    await host.exec(
      "ip route replace $(ip route show default dev eth2 | sed 's/via [^ ]*/via 192.168.20.2 dev eth2/')",
    );
    await leads(host, "192.168.20.2");
    await host.exec("nmcli connection modify --temporary eth2 ipv4.method manual && nmcli connection up eth2");
    stack.change(onHost(program(1) + access));
    await stack.up();
    await host.reboot();
    await assertDeclared(place, "reboot");
    await assertTakenBack(stack, place);
  });

  it("on a host of systemd-networkd follows a lease through its renewal and its loss", async () => {
    const place = await twoUplinks("13");
    const { host } = place;
    const folder = "/run/systemd/network/50-eth2.network.d";
    const leased = "[Network]\\nDHCP=ipv4\\n[DHCPv4]\\nRouteMetric=500\\nUseDNS=no\\nUseNTP=no\\n";
    await host.exec(`mkdir -p ${folder} && printf '${leased}' >${folder}/dhcp.conf && networkctl reload`);
    await until("a lease", { timeoutMs: 20_000, intervalMs: 200 }, async () => {
      const { stdout } = await host.exec("ip -4 route show default dev eth2");
      return /via 192\.168\.20\.1 .*proto dhcp/.test(stdout) || undefined;
    });
    const stack = await stackOn(place, program(1).replace('gateway: "192.168.20.1"', 'gateway: "learned"'));
    await stack.up();
    await leads(host, "192.168.20.1");
    for (const command of [
      "networkctl renew eth2",
      "networkctl forcerenew eth2",
      "networkctl reconfigure eth2",
      "systemctl restart systemd-networkd",
      "networkctl down eth2; networkctl up eth2",
    ]) {
      await host.exec(command);
      await leads(host, "192.168.20.1");
      await assertDeclared(place, command);
    }
    await assertSettled(stack);
    await stack.destroy();
    await host.exec(`rm -r ${folder}; networkctl reload; networkctl reconfigure eth2`);
    await assertTakenBack(stack, place);
  });

  it("goes out from a fixed address, or by the main uplink while the second is down, where it is told to", async () => {
    const place = await twoUplinks("12");
    const { host } = place;
    await host.exec("ip address add 192.168.20.77/32 dev eth2; ip address add fd00:20::77/128 dev eth2 nodad");
    const agent = (name: string, subnets: string, more: string) =>
      `new PolicyRoutedAgent("${name}", { host: host.ref, image, ownNetwork: { subnets: [${subnets}] }, ${more} });`;
    const stack = await stackOn(
      place,
      `import { Fallback, PolicyRoutedAgent, SourceNat6 } from "wirework";
       const uplink = ${uplink(1)};
       ${agent(
         "fixed",
         `{ subnet: "172.31.8.0/24" }, { subnet: "fd00:31:8::/64" }`,
         `table: { id: 201 }, uplink: { ...uplink, sourceAddress: "192.168.20.77", sourceAddress6: "fd00:20::77" }`,
       )}
       ${agent(
         "either",
         `{ subnet: "172.31.9.0/24" }, { subnet: "fd00:31:9::/64" }`,
         `table: { id: 200 }, fallback: Fallback.Main, uplink: { ...uplink, sourceNat6: SourceNat6.None }`,
       )}`,
    );
    await stack.up();
    assert.equal(await seen(place, "fixed", 4), "192.168.20.77");
    assert.equal(await seen(place, "fixed", 6), "fd00:20::77");
    assert.equal(await seen(place, "either", 4), "192.168.20.10");
    // Its prefix is routed to nobody here: the far server hears it and cannot answer.
    await place.far.count();
    assert.match(await seen(place, "either", 6), /^nobody/);
    assert.ok((await place.far.arrived(place.second)) > 0);

    await host.exec("ip link set eth2 down");
    await place.far.count();
    assert.equal(await seen(place, "either", 4), "192.168.9.10");
    assert.ok((await place.far.arrived(place.lan)) > 0, "what leaves by the main uplink must be counted");
    await place.far.count();
    assert.match(await seen(place, "fixed", 4), /^nobody/);
    assert.equal(await place.far.arrived(place.lan), 0);
    await host.exec("ip link set eth2 up; ip address replace fd00:20::10/64 dev eth2 nodad");
    await until("uplink down and up", { timeoutMs: 20_000, intervalMs: 500 }, async () => {
      return (await seen(place, "either", 4)) === "192.168.20.10" || undefined;
    });
    await host.exec("ip address del 192.168.20.77/32 dev eth2");
    await assertTakenBack(stack, place);
  });

  it("of examples/policy-routed-agent sends Docker's default bridge by the second uplink, whatever subnet Docker gives it", async () => {
    const place = await twoUplinks("12");
    const { host } = place;
    const values = { image: LabImage.probe, uplink: "eth2", gateway: "192.168.20.1" };
    const stack = await exampleOn(place, "policy-routed-agent", values);
    await stack.up();
    assert.equal(await seen(place, "probe", 4), "192.168.20.10");
    assert.equal(await seen(place, "host", 4), "192.168.9.10");
    await assertSettled(stack);

    await stack.config({ persistence: "ifupdown" });
    await stack.up();
    const files = await host.exec(
      "cd /etc; tail -n 8 network/if-up.d/wirework-*; ls systemd/system | grep wirework || :",
    );
    const readme = readFileSync(join(__dirname, "../../examples/policy-routed-agent/README.md"), "utf8").replaceAll(
      "wlan0",
      "eth2",
    );
    assert.ok(files.stdout.endsWith("exit 0\n") && readme.includes(files.stdout), files.stdout);
    await host.reboot();
    await until("a boot by ifupdown", { timeoutMs: 20_000, intervalMs: 300 }, async () => {
      return (await seen(place, "probe", 4)) === "192.168.20.10" || undefined;
    });
    assert.equal(await seen(place, "host", 4), "192.168.9.10");

    const subnet = (bip: string) =>
      host.exec(`systemctl stop docker docker.socket; ip link del docker0; mkdir -p /etc/docker
        echo '{"bip": "${bip}"}' >/etc/docker/daemon.json; systemctl start docker; rm /etc/docker/daemon.json`);
    await subnet("172.29.0.1/24");
    assert.match((await host.exec("docker exec probe ip -4 address show eth0")).stdout, /172\.29\.0\./);
    assert.equal(await seen(place, "probe", 4), "192.168.20.10");
    // Docker remembers the last one.
    await subnet("172.17.0.1/16");
    await assertTakenBack(stack, place);
  });
});
