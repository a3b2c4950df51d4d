import { strict as assert } from "node:assert";
import { parseDrift } from "../../lib/host/drift";
import { assertSame, HOST_OWNER, inSandbox, OWNER, type Sandbox, SHIM, stdin } from "./support";

const OTHER = "test/dev/other";

/** Logs every call of ip that is not a mere look. */
const LOG_CHANGES = `#!/bin/sh
case "$*" in *show*) ;; *-batch*) while read -r line; do echo "$line" >>/run/changes; done <"$2" ;; *) echo "$*" >>/run/changes ;; esac
exec /sbin/ip "$@"
`;

describe("apply and remove", () => {
  it("makes each fact, finds nothing to do the second time, and leaves the host as it was found", () =>
    inSandbox(async (host) => {
      const before = await host.snapshot();
      const first = await host.apply(SHIM);
      assert.equal(first.stdout, SHIM.map((fact) => `+ ${fact}\n`).join(""), first.stderr);
      const { stdout } = await host.exec(
        "ip -N -o -d link show shim0; ip -N route show proto 119; ip -N -6 route show",
      );
      assert.match(stdout, /shim0@eth0: <.*UP.*> mtu 1400 .* group 30583 .*02:aa:bb:cc:dd:ee.*macvlan mode bridge/);
      assert.match(stdout, /alias wirework:test\/dev\/edge/);
      assert.match(stdout, /^192\.168\.9\.64\/26 dev shim0/m);
      assert.match(stdout, /^fd00:9::40\/122 dev shim0 proto 119/m);

      const made = await host.kernel();
      host.program("ip", LOG_CHANGES);
      const second = await host.apply(SHIM);
      assert.equal(second.stdout, "unchanged\n", second.stderr);
      assert.equal((await host.exec("cat /run/changes")).stdout, "", "a second apply changes nothing");
      assertSame(await host.kernel(), made);

      await host.exec("rm -f /usr/local/bin/ip /run/changes");
      const removed = await host.remove(SHIM);
      assert.equal(removed.code, 0, removed.stderr);
      assertSame(await host.snapshot(), before);
      const again = await host.remove(SHIM);
      assert.deepEqual([again.code, again.stdout], [0, "unchanged\n"]);
    }));

  it("changes MAC and MTU in place and keeps the link", () =>
    inSandbox(async (host) => {
      await host.apply(SHIM);
      const index = await host.exec("cat /sys/class/net/shim0/ifindex");
      const changed = await host.apply([SHIM[0].replace("dd:ee", "dd:ff").replace("1400", "1380"), ...SHIM.slice(1)]);
      assert.match(changed.stdout, /^~ link shim0 .*02:aa:bb:cc:dd:ff mtu 1380\n$/, changed.stderr);
      assert.equal((await host.exec("cat /sys/class/net/shim0/ifindex")).stdout, index.stdout);
      assert.match((await host.exec("ip link show shim0")).stdout, /mtu 1380 [\s\S]*02:aa:bb:cc:dd:ff/);
    }));

  it("makes a link anew when its mode changes, with all that stands on it, whoever declared that", () =>
    inSandbox(async (host) => {
      await host.apply(SHIM);
      const guest = ["addr 192.168.9.3/32 dev shim0", "sysctl net/ipv4/conf/shim0/arp_announce = 2"];
      await host.apply(guest, OTHER);
      const bridge = await host.kernel();
      const anew = await host.apply([SHIM[0].replace("bridge", "private"), ...SHIM.slice(1)]);
      assert.equal(anew.code, 0, anew.stderr);
      assertSame(await host.kernel(), bridge.replaceAll('"mode":"bridge"', '"mode":"private"'));
      await host.remove(SHIM);
      assert.match(
        (await host.apply(guest, OTHER)).stdout,
        /pending addr 192\.168\.9\.3\/32 dev shim0 \(no link shim0\)/,
      );
    }));

  it("applies an update as its difference only", () =>
    inSandbox(async (host) => {
      await host.apply(SHIM);
      host.program("ip", LOG_CHANGES);
      const next = SHIM.map((fact) => fact.replace("192.168.9.2/32", "192.168.9.3/32").replace("9.64/26", "9.128/26"));
      const updated = await host.apply(next);
      assert.equal(updated.code, 0, updated.stderr);
      assert.deepEqual((await host.exec("cat /run/changes")).stdout.trim().split("\n"), [
        "route del 192.168.9.64/26 dev shim0 proto 119 table 254",
        "addr add 192.168.9.3/32 dev shim0",
        "addr del 192.168.9.2/32 dev shim0",
        "route add 192.168.9.128/26 dev shim0 proto 119",
      ]);
    }));

  it("makes routes with next hop, source, metric and table, in both families", () =>
    inSandbox(async (host) => {
      const before = await host.snapshot();
      const facts = [
        ...SHIM,
        "route 0.0.0.0/0 via 192.168.9.65 dev shim0 src 192.168.9.2 metric 50 table 200",
        "route 10.1.2.3/32 dev shim0",
        "route ::/0 via fd00:9::41 dev shim0 src fd00:9::2 metric 50 table 200",
        "route fd00:8::1/128 dev shim0",
      ];
      assert.equal((await host.apply(facts)).code, 0);
      const second = await host.apply(facts);
      assert.equal(second.stdout, "unchanged\n", second.stderr);
      for (const [from, to] of [
        ["src fd00:9::2", "src fd00:9::3"],
        ["via 192.168.9.65", "via 192.168.9.66"],
        ["10.1.2.3/32 dev shim0", "10.1.2.3/32 dev eth0"],
      ]) {
        const other = [...facts, "addr fd00:9::3/128 dev shim0"].map((fact) => fact.replace(from, to));
        const changed = await host.apply(other);
        assert.match(changed.stdout, new RegExp(`^~ route .*${to}`, "m"), changed.stderr);
        assert.equal((await host.check(other)).code, 0);
      }
      await host.remove(facts);
      assertSame(await host.snapshot(), before);
    }));

  it("reads back what it set, and takes all of it back when the kernel shows something else", () =>
    inSandbox(async (host) => {
      const before = await host.snapshot();
      const uncompressed = "addr fd00:0:0:0:0:0:0:5/64 dev shim0"; // the kernel will say fd00::5
      const result = await host.apply([...SHIM, uncompressed]);
      assert.equal(result.code, 1);
      assert.match(
        result.stderr,
        /the host is as before:\n.*does not read back what was set:\n.*- addr fd00:0:0:0:0:0:0:5/,
      );
      assertSame(await host.snapshot(), before);
    }));

  it("stacks links of ours on each other", () =>
    inSandbox(async (host) => {
      const before = await host.snapshot();
      const facts = [
        "link br7 type bridge mtu 1450",
        "link zz0 parent br7 type macvlan mode private",
        "addr 10.7.0.1/24 dev zz0",
      ];
      const made = await host.apply(facts);
      assert.equal(made.code, 0, made.stderr);
      const anew = await host.apply([facts[0], facts[1].replace("private", "vepa"), facts[2]]);
      assert.equal(anew.code, 0, anew.stderr);
      await host.exec("ip link del br7");
      assert.equal((await host.apply(facts)).code, 0);
      await host.remove(facts);
      assertSame(await host.snapshot(), before);
    }));
});

describe("check", () => {
  it("says what is missing and what is there instead, and changes nothing", () =>
    inSandbox(async (host) => {
      await host.apply(SHIM);
      assert.deepEqual(await host.check(SHIM), { code: 0, stdout: "as declared\n", stderr: "" });
      await host.exec(
        "ip link set shim0 mtu 1300; ip address del fd00:9::2/128 dev shim0; echo 1 >/proc/sys/net/ipv4/conf/eth0/arp_announce",
      );
      const drifted = await host.kernel();
      const result = await host.check(SHIM);
      assert.equal(result.code, 3);
      assert.deepEqual(result.stdout.trim().split("\n"), [
        `- ${SHIM[0]}`,
        `+ ${SHIM[0].replace("1400", "1300")}`,
        `- ${SHIM[1]}`,
        "+ sysctl net/ipv4/conf/eth0/arp_announce = 1",
        "- addr fd00:9::2/128 dev shim0",
      ]);
      assertSame(await host.kernel(), drifted);
      assert.equal((await host.apply(SHIM)).code, 0);
      assert.equal((await host.check(SHIM)).code, 0);
    }));
});

describe("facts of several owners", () => {
  it("keeps a shared fact until its last owner goes", () =>
    inSandbox(async (host) => {
      const before = await host.snapshot();
      const shared = [SHIM[0], SHIM[1], "addr 192.0.2.77/24 dev eth0"];
      await host.apply(shared);
      const second = await host.apply(shared, OTHER);
      assert.match(second.stdout, /^unchanged\nshared link shim0 .* \(with test\/dev\/edge\)$/m);
      await host.remove(shared);
      const state = await host.exec(
        "cat /proc/sys/net/ipv4/conf/eth0/arp_announce; ip -o addr show eth0; ip link show shim0",
      );
      assert.match(state.stdout, /^2\n[\s\S]*192\.0\.2\.77\/24[\s\S]*alias wirework:test\/dev\/other/);
      assert.equal((await host.remove(shared, OTHER)).code, 0);
      assertSame(await host.snapshot(), before);
    }));

  it("keeps another owner's route when the last IPv4 address of its link goes, which drops it in the kernel", () =>
    inSandbox(async (host) => {
      const route = "route 10.8.0.0/16 dev shim0 table 300";
      const sourced = "route 10.9.0.0/16 dev shim0 src 192.168.9.3";
      await host.apply([SHIM[0]]);
      await host.apply(["addr 192.168.9.3/24 dev shim0"], "test/dev/guest");
      await host.apply([route, sourced], OTHER);
      const anew = await host.apply(["addr 192.168.9.3/32 dev shim0"], "test/dev/guest");
      assert.equal(anew.code, 0, anew.stderr);
      assert.equal((await host.check([route, sourced], OTHER)).stdout, "as declared\n");
      const removed = await host.remove(["addr 192.168.9.3/32 dev shim0"], "test/dev/guest");
      assert.match(removed.stdout, /pending route 10\.9\.0\.0\/16 .*\(no address 192\.168\.9\.3\)/, removed.stderr);
      assert.match((await host.check([route], OTHER)).stdout, /^- route 10\.9|as declared/);
      assert.match((await host.exec("ip route show table 300")).stdout, /10\.8\.0\.0\/16/);
    }));

  it("refuses one thing with two values, and names both owners", () =>
    inSandbox(async (host) => {
      await host.apply(SHIM);
      const before = await host.snapshot();
      for (const fact of [
        SHIM[0].replace("1400", "1390"),
        SHIM[1].replace("= 2", "= 1"),
        "addr 192.168.9.2/24 dev shim0",
      ]) {
        const result = await host.apply([fact], OTHER);
        assert.equal(result.code, 1);
        assert.match(
          result.stderr,
          new RegExp(`nothing was changed[\\s\\S]*owner ${OWNER} has:[\\s\\S]*owner ${OTHER} wants:`),
        );
        assertSame(await host.snapshot(), before);
      }
    }));

  it("gives a sysctl back its value from before, unless someone else has changed it since", () =>
    inSandbox(async (host) => {
      const path = "/proc/sys/net/ipv4/conf/eth0/arp_announce";
      await host.exec(`echo 1 >${path}`);
      await host.apply([SHIM[1]]);
      await host.remove([SHIM[1]]);
      assert.equal((await host.exec(`cat ${path}`)).stdout, "1\n");
      await host.apply([SHIM[1]]);
      await host.exec(`echo 0 >${path}`);
      const removed = await host.remove([SHIM[1]]);
      assert.match(removed.stdout, /kept sysctl .* = 0 \(not the value that wirework set\)/);
      assert.equal((await host.exec(`cat ${path}`)).stdout, "0\n");
    }));
});

describe("drift", () => {
  const drift = (host: Sandbox) => host.verb("drift", stdin([], HOST_OWNER));

  it("says for every owner of the stack what differs from the ledger, and changes nothing", () =>
    inSandbox(async (host) => {
      await host.apply(SHIM);
      await host.apply([SHIM[1]], OTHER);
      await host.apply([SHIM[1]], "test/prod/edge");
      const clean = await drift(host);
      assert.deepEqual(clean, { code: 0, stdout: `owner ${OWNER}\nowner ${OTHER}\n`, stderr: "" });
      await host.exec("ip route del 192.168.9.64/26 dev shim0; echo 1 >/proc/sys/net/ipv4/conf/eth0/arp_announce");
      const before = await host.snapshot();
      const setting = [`- ${SHIM[1]}`, "+ sysctl net/ipv4/conf/eth0/arp_announce = 1"];
      const owners = parseDrift((await drift(host)).stdout);
      assert.deepEqual(Object.fromEntries([...owners].map(([owner, lines]) => [owner, lines.sort()])), {
        [OWNER]: [...setting, `- ${SHIM[6]}`].sort(),
        [OTHER]: [...setting].sort(),
      });
      assertSame(await host.snapshot(), before);
      await host.apply(SHIM);
      assert.equal((await drift(host)).stdout, clean.stdout);
    }));

  it("is no error where nothing was made yet", () =>
    inSandbox(async (host) => {
      assert.deepEqual(await drift(host), { code: 0, stdout: "", stderr: "" });
      await host.uninstall();
      assert.deepEqual(await drift(host), { code: 0, stdout: "", stderr: "" });
    }));
});

describe("pending facts", () => {
  it("count as success, and are made when their link is there", () =>
    inSandbox(async (host) => {
      const before = await host.snapshot();
      const facts = [
        SHIM[0].replace("eth0", "late0"),
        ...SHIM.slice(2),
        "addr 10.9.0.1/24 dev late0",
        "route 10.8.0.0/16 dev late0",
      ];
      const waiting = await host.apply(facts);
      assert.equal(waiting.code, 0);
      assert.match(waiting.stdout, /^unchanged\n/);
      assert.equal(waiting.stdout.match(/^pending /gm)?.length, facts.length);
      await host.exec("ip link add late0 type veth peer name late1");
      const half = await host.apply(facts);
      assert.match(half.stdout, /pending route 10\.8\.0\.0\/16 dev late0 \(link late0 is down\)/);
      await host.exec("ip link set late0 up");
      const whole = await host.apply(facts);
      assert.equal(whole.stdout, "+ route 10.8.0.0/16 dev late0\n", whole.stderr);
      assert.equal((await host.exec("cat /proc/sys/net/ipv4/conf/shim0/arp_ignore")).stdout, "1\n");
      await host.remove(facts);
      await host.exec("ip link del late0");
      assertSame(await host.snapshot(), before);
    }));
});
