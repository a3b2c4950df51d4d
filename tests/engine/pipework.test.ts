import { strict as assert } from "node:assert";
import { until } from "../lab/until";
import { answers, assertSettled, assertTakenBack, changes, onHost, site, stackOn } from "./support";

const program = (address: string, more = "") => `
const probe = new PipeworkAgent("probe", {
  host: host.ref, image, waitForInterfaces: true,
  command: ["sh", "-c", "ip -4 -o address show dev eth1 >/began; trap 'exit 0' TERM; while :; do sleep 1; done"],
  interfaces: [
    { parent: "eth1", ipv4Address: "${address}/24", gateway: "192.168.9.1", ipv6Address: "fd00:9::90/64"${more} },
    { bridge: "inner0", ipv4Address: "10.9.0.2/24" },
  ],
});
export const verification = probe.verification;
export const macs = probe.macAddresses;
export const asked = probe.probe;
`;

describe("a pipework agent", () => {
  it("has its interfaces whenever it runs, keeps its container when they change, and leaves no trace", async () => {
    const place = await site("12");
    const { host, lan } = place;
    const inner = "ip link add inner0 type bridge && ip link set inner0 up && ip address add 10.9.0.1/24 dev inner0";
    await host.exec(inner);
    const routed = `, extraAddresses: ["192.168.9.92/24"], routes: [{ destination: "10.7.0.0/16", via: "192.168.9.1", metric: 5 }]`;
    const stack = await stackOn(place, program("192.168.9.90", routed));
    const refused = async (address: string) => {
      await lan.exec("client", `ip address add ${address}/24 dev lan0`);
      const { code, stdout } = await stack.up({ check: false });
      const mac = (await lan.exec("client", "cat /sys/class/net/lan0/address")).stdout.trim();
      await lan.exec("client", `ip address del ${address}/24 dev lan0`);
      assert.notEqual(code, 0);
      assert.ok(stdout.includes(`${address} is taken on eth1: MAC ${mac} answers`), stdout);
    };
    await refused("192.168.9.90");
    assert.equal((await host.exec("docker ps --all --quiet")).stdout, "");
    await stack.up();
    const { verification, macs, asked } = (await stack.outputs()) as {
      verification: string;
      macs: Record<string, string>;
      asked: string;
    };
    assert.match(asked, /^free 192\.168\.9\.90 dev eth1$/m);
    assert.match(asked, /^free 192\.168\.9\.92 dev eth1$/m);
    assert.match(verification, /^interface eth1: 192\.168\.9\.90\/24 192\.168\.9\.92\/24 fd00:9::90\/64/m);
    assert.match(verification, /^gateway 192\.168\.9\.1 answered from /m);

    const route = "10.7.0.0/16 via 192.168.9.1 dev eth1 ";
    const reached = (event: string, address = "192.168.9.90", has = true) =>
      until(event, { timeoutMs: 30_000, intervalMs: 300 }, async () => {
        const routes = (await host.exec("docker exec probe ip route", { check: false })).stdout;
        if (routes.includes(route) !== has) return undefined;
        const fromLan = (at: string) => answers((command) => lan.exec("client", command, { check: false }), at);
        const fromHost = (at: string) => answers((command) => host.exec(command, { check: false }), at);
        return ((await fromLan(address)) && (await fromLan("fd00:9::90")) && (await fromHost("10.9.0.2"))) || undefined;
      });
    await reached("a first update");
    const { stdout } = await lan.exec("client", "ip neigh show 192.168.9.90");
    assert.ok(stdout.includes(macs.eth1!), stdout);
    await assertSettled(stack);

    await host.exec("docker exec probe rm /began; docker restart -t 2 probe");
    await reached("a restart of the container");
    // The program starts up to a second after its interfaces: what waits for them asks each second.
    const began = await until("the program's start", { timeoutMs: 10_000, intervalMs: 300 }, async () => {
      const { code, stdout } = await host.exec("docker exec probe cat /began", { check: false });
      return code === 0 && stdout !== "" ? stdout : undefined;
    });
    assert.match(began, /192\.168\.9\.90/);
    await host.exec("systemctl restart docker; docker start probe");
    await reached("a restart of Docker");
    await host.exec("ip link set eth1 down; sleep 1; ip link set eth1 up");
    await reached("the parent down and up");
    await host.exec("docker stop -t 2 probe");
    await host.reboot();
    await host.exec(`${inner}; docker start probe`);
    await reached("a reboot");

    stack.change(onHost(program("192.168.9.91")));
    assert.deepEqual(changes(await stack.preview()), ["update probe", "update probe-facts", "update probe-probe"]);
    await refused("192.168.9.91");
    assert.doesNotMatch((await host.exec("docker exec probe ip address")).stdout, /192\.168\.9\.91/);
    await stack.up();
    await reached("another address", "192.168.9.91", false);
    assert.doesNotMatch((await host.exec("docker exec probe ip address")).stdout, /192\.168\.9\.9[02]/);
    await stack.destroy();
    assert.equal((await host.exec("ip link show master inner0")).stdout, "");
    await host.exec("ip link del inner0");
    await assertTakenBack(stack, place);
  });
});
