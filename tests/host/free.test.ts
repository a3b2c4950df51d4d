import { strict as assert } from "node:assert";
import { assertComes } from "../lab/until";
import { givenMac, inContainerSandbox, startContainer } from "./containers";
import { type Sandbox, stdin } from "./support";

/** A machine on the other side of the wire. */
const neighbour = (host: Sandbox, ...addresses: string[]) =>
  host.exec(
    `(unshare --net sleep 300 </dev/null >/dev/null 2>&1 & echo $! >/run/docker/neighbour)
pid=$(cat /run/docker/neighbour)
until [ "$(readlink /proc/$pid/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done
ip link add link wire name n0 netns $pid address 02:00:00:00:00:77 type macvlan mode bridge
nsenter --net=/proc/$pid/ns/net sh -c 'ip link set n0 up; for address; do
  case $address in *:*) ip address add $address/64 dev n0 nodad ;; *) ip address add $address/24 dev n0 ;; esac; done' sh ${addresses.join(" ")}`,
    "",
    true,
  );

const prove = (host: Sandbox, ...lines: string[]) => host.verb("prove", stdin(["container probe", ...lines]));

describe("whether an address is free", () => {
  it("is asked of the whole LAN, in both families, and leaves nothing behind", () =>
    inContainerSandbox(async (host) => {
      await neighbour(host, "192.168.9.70", "fd00:9::70", "192.168.9.254");
      const before = await host.snapshot();
      const both = await prove(
        host,
        "free 192.168.9.70 dev eth0",
        "free fd00:9::70 dev eth0",
        "free fd00:9::71 dev eth0",
      );
      assert.equal(both.code, 1);
      assert.match(
        both.stderr,
        /192\.168\.9\.70 is taken on eth0: MAC 02:00:00:00:00:77 answers\nfd00:9::70 is taken on eth0: MAC 02:00:00:00:00:77 answers\n[^/]*probe: false/,
      );
      assert.doesNotMatch(both.stderr, /fd00:9::71/);
      const free = await prove(host, "free 192.168.9.71 gateway 192.168.9.254 dev eth0", "free fd00:9::71 dev eth0");
      assert.equal(free.stdout, "free 192.168.9.71 dev eth0\nfree fd00:9::71 dev eth0\n", free.stderr);
      // The kernel takes the namespace of the question apart in its own time.
      await assertComes("as before", 10_000, before, () => host.snapshot());
    }));

  it("is asked from no address, and nobody learns one from the question", () =>
    inContainerSandbox(async (host) => {
      await neighbour(host, "192.168.9.70");
      await prove(host, "free 192.168.9.70 dev eth0");
      const known = await host.exec("nsenter --net=/proc/$(cat /run/docker/neighbour)/ns/net ip -4 neigh show");
      assert.equal(known.stdout, "");
    }));

  it("finds what the host itself has, and does not hold the agent's own container against it", () =>
    inContainerSandbox(async (host) => {
      const own = await prove(host, "free 192.0.2.10 dev eth0");
      assert.match(own.stderr, /192\.0\.2\.10 is an address of this host, on eth0/);
      await startContainer(host, "probe", 0);
      await startContainer(host, "other", 1);
      assert.equal(
        (await prove(host, "free 192.168.9.10 dev eth0")).stdout,
        "free 192.168.9.10 dev eth0 (container probe has it)\n",
      );
      assert.match((await prove(host, "free 192.168.9.11 dev eth0")).stderr, new RegExp(`MAC ${givenMac(1)} answers`));
      assert.equal((await prove(host, `mac ${givenMac(1)}`, "free 192.168.9.11 dev eth0")).code, 0);
    }));

  it("says when it could not see", () =>
    inContainerSandbox(async (host) => {
      assert.equal(
        (await prove(host, "free 192.168.9.71 gateway 192.168.9.253 dev eth0")).stdout,
        "could not see 192.168.9.71 dev eth0: gateway 192.168.9.253 does not answer either\n",
      );
      await host.exec("ip link set wire down");
      assert.equal(
        (await prove(host, "free 192.168.9.71 dev eth0")).stdout,
        "could not see 192.168.9.71 dev eth0: the link has no carrier\n",
      );
      assert.match(
        (await prove(host, "free 192.168.9.71 dev eth5")).stdout,
        /^could not see 192\.168\.9\.71 dev eth5: .*eth5/,
      );
    }));

  it("is asked on each link, and on a bridge by its ports", () =>
    inContainerSandbox(async (host) => {
      await neighbour(host, "192.168.9.70");
      await host.exec(
        `touch /run/docker/far; unshare --net=/run/docker/far true
ip link add port address 02:00:00:00:00:99 type veth peer name far address 02:00:00:00:00:98 netns /run/docker/far
ip link set port master bridge0 mtu 1400 up; ip link set bridge0 up
nsenter --net=/run/docker/far sh -c 'ip link set far up; ip address add 10.9.0.7/24 dev far; ip address add fd00:10::7/64 dev far nodad'`,
        "",
        true,
      );
      await host.exec("until grep -q 1 /sys/class/net/bridge0/carrier; do sleep 0.1; done; sleep 0.5");
      const before = await host.snapshot();
      const free = await prove(
        host,
        "free 192.168.9.71 dev eth0",
        "free 10.40.0.8 dev eth5.40 over eth5 vlan 40",
        "free 10.9.0.8 gateway 10.9.0.7 dev bridge0",
        "free fd00:10::8 dev bridge0",
      );
      const said = free.stdout.trim().split("\n").sort();
      assert.match(said.shift()!, /^could not see 10\.40\.0\.8 dev eth5\.40: .*eth5/);
      assert.deepEqual(said, [
        "free 10.9.0.8 dev bridge0",
        "free 192.168.9.71 dev eth0",
        "free fd00:10::8 dev bridge0",
      ]);
      const taken = await prove(
        host,
        "free 192.168.9.70 dev eth0",
        "free 10.9.0.7 dev bridge0",
        "free fd00:10::7 dev bridge0",
      );
      for (const found of [
        "192.168.9.70 is taken on eth0: MAC 02:00:00:00:00:77 answers",
        "10.9.0.7 is taken on bridge0: MAC 02:00:00:00:00:98 answers",
        "fd00:10::7 is taken on bridge0: MAC 02:00:00:00:00:98 answers",
      ]) {
        assert.ok(taken.stderr.includes(found), taken.stderr);
      }
      await assertComes("as before", 10_000, before, () => host.snapshot());
      // A VLAN whose link is there is asked by it: the kernel gives it all frames with its tag.
      assert.match((await prove(host, "free 10.9.0.7 dev bridge0 over eth5 vlan 40")).stderr, /is taken on bridge0/);
    }));

  it("is asked with lines that are understood, or not at all", () =>
    inContainerSandbox(async (host) => {
      for (const line of [
        "free 192.168.9.7 dev",
        "free 192.168.9.7/24 dev eth0",
        "free 192.168.9.7 router 192.168.9.1 dev eth0",
        "free 192.168.9.7 dev eth0.40 over eth0 vlan 4095",
        "free 192.168.9.7 dev eth0.40 over eth0",
      ]) {
        assert.match((await prove(host, line)).stderr, /lines that prove does not understand/, line);
      }
    }));
});
