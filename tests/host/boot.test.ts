import { strict as assert } from "node:assert";
import { assertSame, inSandbox, SHIM } from "./support";

const boot = "/usr/local/sbin/wirework boot early && /usr/local/sbin/wirework boot late";

describe("boot", () => {
  it("brings every owner's facts back, and they can be taken away afterwards", () =>
    inSandbox(async (host) => {
      const found = await host.snapshot();
      await host.apply(SHIM);
      await host.apply(["addr 192.168.9.3/32 dev shim0", "route 10.3.0.0/16 dev shim0"], "test/dev/other");
      const before = await host.kernel();
      await host.reboot();
      const booted = await host.exec(boot);
      assert.equal(booted.code, 0, booted.stderr);
      assertSame(await host.kernel(), before);
      assert.equal((await host.apply(SHIM)).stdout, "unchanged\n");
      await host.remove(SHIM);
      await host.remove([], "test/dev/other");
      assertSame(await host.snapshot(), found);
    }));

  it("leaves for later what is not there yet", () =>
    inSandbox(async (host) => {
      const facts = [SHIM[0].replace("eth0", "late0"), ...SHIM.slice(2)];
      await host.exec("ip link add late0 type bridge; ip link set late0 up");
      await host.apply(facts);
      const before = await host.kernel();
      await host.reboot();
      const early = await host.exec("/usr/local/sbin/wirework boot early");
      assert.equal(early.code, 0);
      assert.match(early.stdout, /pending link shim0 .*\(no link late0\)/);
      await host.exec("ip link add late0 type bridge; ip link set late0 up");
      assert.equal((await host.exec("/usr/local/sbin/wirework boot late")).code, 0);
      const mac = /"address":"([0-9a-f:]{17})"(?=[^\n]*"ifname":"late0")/g; // random
      assertSame((await host.kernel()).replace(mac, ""), before.replace(mac, ""));
    }));

  it("waits for a NIC that udev is about to plug in: Docker gives up a network whose parent is not there", () =>
    inSandbox(async (host) => {
      const facts = [SHIM[0].replace("eth0", "late0")];
      const plug = "ip link add late0 type bridge; ip link set late0 up";
      host.program("udevadm", `#!/bin/sh\necho "$*" >>/run/udevadm\n${plug}\n`);
      await host.exec(plug);
      await host.apply(facts);
      await host.reboot();
      const early = await host.exec("/usr/local/sbin/wirework boot early");
      assert.equal(early.code, 0, early.stderr);
      assert.match(early.stdout, /^\+ link shim0 parent late0 /m);
      assert.equal((await host.exec("cat /run/udevadm")).stdout, "settle --timeout=60\n");
      // What is there is not waited for, nor is a link of ours on which others stand.
      assert.equal((await host.apply([...facts, "require parent shim0 vlan"])).code, 0);
      await host.exec("ip link del shim0; /usr/local/sbin/wirework boot early", "", true);
      assert.equal((await host.exec("wc -l </run/udevadm")).stdout, "1\n");
    }));

  it("after a power cut in the middle of an update comes up with the old state", () =>
    inSandbox(async (host) => {
      await host.apply(SHIM);
      const before = await host.kernel();
      host.program("mv", '#!/bin/sh\ncase $* in */owners/*) kill -9 0 ;; esac\nexec /bin/mv "$@"\n');
      const cut = await host.exec(
        "exec setsid --wait /usr/local/sbin/wirework apply",
        ["wirework 1", "host host-under-test", "owner test/dev/edge", SHIM[0].replace("bridge", "vepa"), ""].join("\n"),
      );
      assert.equal(cut.code, 137);
      await host.reboot();
      await host.exec("rm /usr/local/bin/mv");
      assert.equal((await host.exec(boot)).code, 0);
      assertSame(await host.kernel(), before);
    }));

  it("does not let one owner's failure keep the others from their facts", () =>
    inSandbox(async (host) => {
      await host.apply(["link top0 parent eth0 type macvlan mode bridge mtu 1500"], "test/dev/a");
      await host.apply(SHIM, "test/dev/b");
      await host.reboot();
      const refusing = '! grep -q "link add .* top0" "$2" || { echo seeded failure >&2; exit 1; }';
      host.program("ip", `#!/bin/sh\ncase $1 in -batch) ${refusing} ;; esac\nexec /sbin/ip "$@"\n`);
      const booted = await host.exec("/usr/local/sbin/wirework boot late");
      assert.equal(booted.code, 1);
      assert.match(booted.stderr, /owner test\/dev\/a: seeded failure\ncommand: ip link add link eth0 name top0/);
      assert.match((await host.exec("ip -o addr show shim0")).stdout, /192\.168\.9\.2\/32[\s\S]*fd00:9::2\/128/);
    }));

  it("does nothing on another machine: a copied disk does not claim the addresses again", () =>
    inSandbox(async (host) => {
      await host.apply(SHIM);
      await host.reboot();
      await host.exec("echo ffffffffffffffffffffffffffffffff >/etc/machine-id");
      assert.equal((await host.exec("/usr/local/sbin/wirework boot early")).code, 1);
      assert.equal((await host.exec("ip link show shim0")).code, 1);
    }));
});
