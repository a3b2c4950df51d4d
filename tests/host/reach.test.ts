import { strict as assert } from "node:assert";
import { until } from "../lab/until";
import { inSandbox, type Sandbox, stdin } from "./support";

// The other end of the wire in a namespace of its own, with nothing but its link-local address.
const FAR = `
ip netns add far
ip link set wire netns far
ip -n far address add fe80::2/64 dev wire nodad
ip -n far link set wire up
ip address add fe80::1/64 dev eth0 nodad`;
const REACH = ["reach fe80::9 or fe80::2 dev eth0 mtu 1400"];

const prove = (host: Sandbox, ...lines: string[]) => host.verb("prove", stdin(lines));

describe("what must answer across a wire", () => {
  it("is proved with full frames, or the error says how far it goes", () =>
    inSandbox(async (host) => {
      await host.exec(FAR, "", true);
      const proved = await prove(host, "timeout 10", ...REACH);
      assert.match(
        proved.stdout,
        /^fe80::2 answered across eth0, with frames of 1400 bytes; [1-9]\d* frames came and [1-9]\d* went since/,
      );
      await host.exec("ip -n far link set wire mtu 1300");
      const small = await prove(host, "timeout 2", ...REACH);
      assert.equal(small.code, 1);
      assert.match(
        small.stderr,
        /small frames cross eth0, full ones of 1400 bytes do not: the other end has a smaller MTU/,
      );
      await host.exec("ip -n far link set wire down");
      const silent = await prove(host, "timeout 1", ...REACH);
      assert.match(silent.stderr, /the other end does not answer across eth0 within 1 s/);
      assert.match(
        (await prove(host, "reach fe80::2 dev eth0 mtu 1279")).stderr,
        /lines that prove does not understand/,
      );
    }));

  it("is asked by every check, and again and again by the watcher, which says when it changes", () =>
    inSandbox(async (host) => {
      await host.exec(FAR, "", true);
      const before = await host.snapshot();
      assert.equal((await host.apply(REACH)).stdout, "unchanged\n");
      assert.equal((await host.check(REACH)).stdout, "as declared\n");

      await host.exec("ip -n far link set wire mtu 1300");
      const lost = await host.check(REACH);
      assert.equal(lost.code, 3);
      assert.match(lost.stdout, /^- reach fe80::9 or .*\n\+ reach dev eth0 full-frames-lost since 20\d\d-\S+Z\n$/);
      await host.exec("ip -n far address flush dev wire");
      const silent = (await host.check(REACH)).stdout;
      assert.match(silent, /\n\+ reach dev eth0 silent since /);
      assert.equal((await host.check(REACH)).stdout, silent, "since when, and not when it was asked");
      assert.match(
        (await host.exec("wirework status")).stdout,
        /\ndrift\n {2}- reach .*\n {2}\+ reach dev eth0 silent since /,
      );
      assert.equal((await host.apply(REACH)).stdout, "unchanged\n", "nobody here can mend it");

      await host.exec("setsid wirework watch >/dev/null 2>/run/said </dev/null & echo $! >/run/watcher", "", true);
      await host.exec("ip -n far link set wire mtu 1500; ip -n far address add fe80::2/64 dev wire nodad", "", true);
      const said = async (text: string) =>
        until(text, { timeoutMs: 20_000 }, async () =>
          (await host.exec("cat /run/said")).stdout.includes(text) ? true : undefined,
        );
      await said("eth0: the other end: answers");
      await host.exec("kill $(cat /run/watcher)");
      assert.equal((await host.check(REACH)).stdout, "as declared\n");
      await host.exec("ip -n far address flush dev wire");
      await host.check(REACH);
      await host.exec("ip -n far address add fe80::2/64 dev wire nodad; rm -f /run/said /run/watcher");
      assert.equal((await host.remove(REACH)).code, 0);
      await host.exec("rm -f /run/wirework/reach");
      assert.equal(await host.snapshot(), before);
    }));

  it("is refused with anything but link-local addresses, a link, and an MTU that IPv6 can have", () =>
    inSandbox(async (host) => {
      const lines = [
        "reach 2001:db8::1 dev eth0 mtu 1400",
        "reach fe80::1 or 192.0.2.1 dev eth1 mtu 1400",
        "reach fe80::1 dev eth2 mtu 1279",
        "reach fe80::1 mtu 1400",
        "reach fe80::1 dev a/b mtu 1400",
      ];
      const { stderr } = await host.apply(lines);
      for (const line of lines) assert.ok(stderr.includes(`  ${line}\n`), stderr);
    }));
});
