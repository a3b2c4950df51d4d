import { strict as assert } from "node:assert";
import { join } from "node:path";
import { LabImage } from "../lab/images";
import { diffSnapshots, type Snapshot } from "../lab/snapshot";
import { Stack } from "../lab/stack";
import { until } from "../lab/until";
import { fullSite } from "./once";
import { ENDPOINTS, type FullSite } from "./site";

const example = (name: string) => join(__dirname, "../../examples", name);
const wait = { timeoutMs: 600_000, intervalMs: 1000 };

// What nobody mends while the watcher stands still.
const OTHER_COOKIES = `
systemctl stop wirework-watch
ip l2tp del session tunnel_id 4000 session_id 2000
ip l2tp add session name wire0 tunnel_id 4000 session_id 2000 peer_session_id 1000 cookie ${"1".repeat(16)} peer_cookie ${"2".repeat(16)}
ip link set wire0 master br-wire up mtu 1418`;
const login = ({ left, right }: FullSite["hosts"], family: "v4" | "v6") => ({
  ...{ left: left.address, leftHostKey: left.hostKey, leftEndpoint: ENDPOINTS.left[family] },
  ...{ right: right.address, rightHostKey: right.hostKey, rightEndpoint: ENDPOINTS.right[family] },
});
const secrets = ({ left }: FullSite["hosts"]) => ({ privateKey: left.privateKey, seed: "of cookies" });
const HEADER = `header=$(printf '%s\n' "wirework 1" "host $(sed -n 's/^host //p' /var/lib/wirework/machine)" "owner a/b/c")`;

const UNDERLAY = `
import * as pulumi from "@pulumi/pulumi";
import { Encapsulation, Host, L2tpPseudowire } from "wirework";

const config = new pulumi.Config();
const end = (name: "left" | "right", underlay?: string) => {
  const host = new Host(name, {
    address: config.require(name), hostKey: config.require(name + "HostKey"), privateKey: config.requireSecret("privateKey"),
  });
  return { host: host.ref, address: config.require(name + "Endpoint"), ...(underlay && { underlay }) };
};
const wire = new L2tpPseudowire("wire", {
  ends: [end("left", config.require("underlay")), end("right")],
  encapsulation: Encapsulation.Ip,
  cookies: { seed: config.requireSecret("seed"), bytes: 4 },
});
export const verified = wire.verification;
`;

// Two kernels of their own on one path, and behind each a LAN that the wire joins to the other.
describe("a pseudowire between two full hosts", function () {
  // Emulated, and the machine may be busy with other phases.
  this.timeout(3_000_000);
  let site: FullSite;
  let lans: FullSite["lans"];

  before(async () => {
    site = await fullSite();
    lans = site.lans;
  });

  const look = () => Promise.all([site.hosts.left.snapshot(), site.hosts.right.snapshot()]);
  const takenBack = async (stack: Stack, found: readonly Snapshot[]) => {
    await stack.destroy();
    stack.dispose();
    for (const [index, now] of (await look()).entries())
      assert.deepEqual(
        diffSnapshots(found[index]!, now),
        [],
        `the ${index === 0 ? "left" : "right"} host must be as it was found`,
      );
  };
  const ping = (size: number) =>
    lans.left.exec("client", `ping -n -q -c 1 -W 5 -M do -s ${size - 28} 10.9.1.102`, { check: false });
  const crosses = (event: string) => until(event, wait, async () => (await ping(1418)).code === 0 || undefined);

  it("joins two LANs, stays over a reboot and a session that was deleted by hand, changes in place, and goes without a trace", async () => {
    const { left, right } = site.hosts;
    const found = await look();
    assert.notEqual((await ping(100)).code, 0, "the LANs are apart before");
    const stack = new Stack({
      dir: example("l2tp-pseudowire"),
      check: true,
      timeoutMs: 900_000,
    });
    await stack.config({ ...login(site.hosts, "v6"), port: "eth2" }, secrets(site.hosts));
    await stack.up();
    const { verified, mtu } = (await stack.outputs()) as { verified: string; mtu: number };
    assert.match(verified, /^fe80::.* with frames of 1418 bytes; .*\nfe80::.* with frames of 1418 bytes; /);
    assert.equal(mtu, 1418);
    await crosses("up");
    // A bridge leaves room for a VLAN tag: four bytes more pass, in fragments outside.
    assert.notEqual((await ping(1418 + 5)).code, 0, "a frame that does not fit is dropped");
    const steps = (await stack.preview()).steps.filter(({ op }) => op !== "same" && op !== "refresh");
    assert.deepEqual(steps, [], "a second preview must be empty");

    assert.doesNotMatch((await left.exec("wirework status")).stdout, /\ndrift\n/);
    await right.exec(OTHER_COOKIES);
    const silent = (await left.exec("wirework status")).stdout;
    assert.match(silent, /\ndrift\n {2}- reach fe80::.* dev wire0 mtu 1418\n {2}\+ reach dev wire0 silent since /);
    assert.match(
      (await right.exec("wirework status")).stdout,
      /\ndrift\n {2}- session 2000 /,
      "the end that differs says it",
    );
    const reach = /^ {2}(reach .*)$/m.exec(silent)![1]!;
    const asked = await left.exec(`${HEADER}; printf '%s\\n' "$header" "timeout 5" "${reach}" | wirework prove`, {
      check: false,
    });
    assert.match(asked.stderr, /dropped here: [1-9]\d* frames of the other end, because their cookie is not the one/);
    assert.doesNotMatch(asked.stderr, /1{8}|2{8}/, "a cookie in the open");
    await right.exec("systemctl start wirework-watch");
    await crosses("cookies changed by hand");
    await right.reboot();
    await crosses("a reboot of one end");
    await until("the other end answers again", wait, async () =>
      /\ndrift\n/.test((await left.exec("wirework status")).stdout) ? undefined : true,
    );

    // A path that carries less: what fits has no room for IPv6 inside; what does not travels in fragments.
    await site.setPathMtu(1280);
    await stack.config({ pathMtu: "1280" });
    const { steps: changed, stdout } = await stack.preview();
    assert.match(stdout, /an MTU of 1198 is below 1280: IPv6 does not run inside \(RFC 8200\)/);
    const kinds = changed.filter(({ op }) => op !== "same").map(({ op, name }) => `${op} ${name}`);
    assert.deepEqual(kinds.sort(), [
      ...["delete wire-1-proof", "delete wire-2-proof", "update wire", "update wire-1-facts"],
      ...[
        "update wire-1-join",
        "update wire-1-stage",
        "update wire-2-facts",
        "update wire-2-join",
        "update wire-2-stage",
      ],
    ]);
    await stack.up();
    const narrow = (await stack.outputs()) as { verified: string; mtu: number };
    assert.deepEqual([narrow.mtu, narrow.verified.slice(0, 34)], [1198, "not verified: with an MTU of 1198 "]);
    await until("the MTU that fits", wait, async () => (await ping(1198)).code === 0 || undefined);
    assert.notEqual((await ping(1198 + 5)).code, 0);
    await stack.config({ mtu: "1500" });
    await stack.up();
    const wide = (await stack.outputs()) as { verified: string };
    assert.match(wide.verified, /^fe80::.* with frames of 1500 bytes; .*\nfe80::.* with frames of 1500 bytes; /);
    await until("full frames in fragments", wait, async () => (await ping(1500)).code === 0 || undefined);

    await takenBack(stack, found);
    await site.setPathMtu(1500);
  });

  it("is the LAN of containers on both hosts, which stays over a reboot and goes without a trace", async () => {
    const { left, right } = site.hosts;
    const found = await look();
    const stack = new Stack({ dir: example("shared-lan-two-hosts"), check: true, timeoutMs: 900_000 });
    await stack.config({ ...login(site.hosts, "v4"), image: LabImage.probe }, secrets(site.hosts));
    await stack.up();
    const outputs = (await stack.outputs()) as { verified: string; addresses: Record<"left" | "right", string> };
    assert.match(outputs.verified, new RegExp(`^target ${outputs.addresses.left} answered `, "m"));
    const reached = (event: string) =>
      until(event, wait, async () => {
        const ask = `docker exec left ping -c 1 -W 5 -s 1400 ${outputs.addresses.right}`;
        return (await left.exec(ask, { check: false })).code === 0 || undefined;
      });
    await reached("up");
    await left.reboot();
    await reached("a reboot of one end");
    await Promise.all([left.reboot(), right.reboot()]);
    await reached("a reboot of both at once");
    await takenBack(stack, found);
  });

  it("joins nothing when one end loses its power while the wire is made, and is whole after the next run", async () => {
    const { left, right } = site.hosts;
    const found = await look();
    const stack = new Stack({ dir: example("l2tp-pseudowire"), check: true, timeoutMs: 900_000 });
    await stack.config({ ...login(site.hosts, "v6"), port: "eth2" }, secrets(site.hosts));
    // The session, the proof and what joins it to the bridge are still to come, or just under way.
    const cut = until("a tunnel at the right end", { ...wait, intervalMs: 200 }, async () => {
      return (await right.exec("ip l2tp show tunnel")).stdout === "" ? undefined : true;
    }).then(() => right.powerCut());
    const [failed] = await Promise.all([stack.up({ check: false }), cut]);
    assert.notEqual(failed.code, 0);
    assert.equal((await left.exec("ip -o link show | grep -c 'master br-wire' || :")).stdout, "0\n");
    await right.powerOn();
    await stack.up();
    await crosses("the next run");
    await takenBack(stack, found);
  });

  it("is made only where it leaves by the link that it must", async () => {
    const { left, right } = site.hosts;
    const found = await look();
    const stack = new Stack({ program: UNDERLAY, check: true, timeoutMs: 900_000 });
    await stack.config({ ...login(site.hosts, "v4"), underlay: "eth2" }, secrets(site.hosts));
    const { code, stdout, stderr } = await stack.up({ check: false });
    assert.notEqual(code, 0);
    assert.match(
      stdout + stderr,
      /this host reaches it otherwise: 10\.7\.2\.10 from 10\.7\.1\.10 via 10\.7\.1\.1 dev eth1/,
    );
    for (const host of [left, right]) assert.equal((await host.exec("ip l2tp show tunnel")).stdout, "");
    await stack.config({ underlay: "eth1" });
    await stack.up();
    const { verified } = (await stack.outputs()) as { verified: string };
    assert.match(verified, /^fe80::.*\nfe80::/);
    await takenBack(stack, found);
  });
});
