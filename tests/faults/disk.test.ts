import { strict as assert } from "node:assert";
import { countCases } from "../cases";
import { withFaults } from "../host/faults";
import { assertConverges, assertGone, assertHonest, assertWhole, withoutWires } from "../host/invariants";
import { assertSame, inSandbox, type Sandbox } from "../host/support";
import { NEW, OLD, put } from "../host/sweep";

/** Puts a small file system under a folder, with what is in it. */
const small = (host: Sandbox, folder: string, options: string) =>
  host.exec(
    `cp -a ${folder} /run/copy && mount -t tmpfs -o mode=755,${options} small ${folder} && cp -a /run/copy/. ${folder}/ && rm -rf /run/copy`,
    "",
    true,
  );
const fill = (folder: string, pages: number) =>
  `dd if=/dev/zero of=${folder}/filler bs=4096 2>/dev/null; dd if=/dev/null of=${folder}/filler bs=4096 seek=$(($(stat -c %s ${folder}/filler) / 4096 - ${pages})) 2>/dev/null; :`;
const ledger = (host: Sandbox) => host.exec("cat /var/lib/wirework/owners/test/dev/edge /var/lib/wirework/machine");

describe("a disk that is full", function () {
  this.timeout(300_000);

  for (const [folder, most] of [
    ["/var/lib", 8],
    ["/etc/systemd", 3],
    ["/etc/iproute2", 2],
    ["/run", 24],
  ] as const) {
    it(`at ${folder}, with any number of pages left, leaves old or new state and whole files; then the next run goes on`, function () {
      return inSandbox(async (host) => {
        if (folder !== "/run") await small(host, folder, "size=512k");
        else await host.exec("mount -n -o remount,size=512k /run", "", true);
        // The units are written with the first facts only, of owners whose facts no other program brings back.
        const [from, to] = folder === "/etc/systemd" ? [[], OLD] : [OLD, NEW];
        await host.apply(to);
        const goal = await host.kernel();
        const written = (await ledger(host)).stdout;
        await put(host, from);
        const before = await host.kernel();
        const old = (await ledger(host)).stdout;
        let refused = 0;
        for (let pages = 0; pages < most; pages++) {
          await host.exec(fill(folder, pages), "", true);
          const result = await host.apply(to);
          const where = `${pages} pages left at ${folder}: code ${result.code} ${result.stderr}`;
          await host.exec(`rm -f ${folder}/filler`, "", true);
          const now = await host.kernel();
          if (result.code === 0) assertSame(now, goal, where);
          else {
            refused++;
            assertHonest(result, /No space left on device/);
            assertWhole(now, before, goal, where);
          }
          assertWhole((await ledger(host)).stdout, old, written, `${where}; the ledger`);
          const next = await host.apply(to);
          assert.equal(next.code, 0, next.stderr);
          assertSame(await host.kernel(), goal, where);
          await put(host, from);
        }
        assert.ok(refused > 0, "nothing was refused");
        countCases(this, most);
        await withFaults(host);
        await assertConverges(host, withoutWires(to));
      });
    });
  }

  it("of inodes is said, and leaves the old state", () =>
    inSandbox(async (host) => {
      await small(host, "/var/lib", "nr_inodes=64");
      await host.apply(OLD);
      const before = await host.kernel();
      await host.exec("i=0; while : >/var/lib/filler$i; do i=$((i + 1)); done 2>/dev/null; :", "", true);
      const result = await host.apply(NEW);
      assertHonest(result, /No space left on device/);
      assertSame(await host.kernel(), before);
      await host.exec("rm -f /var/lib/filler*", "", true);
      assert.equal((await host.apply(NEW)).code, 0);
    }));
});

const readOnly = (folder: string) => `mount -n --bind ${folder} ${folder} && mount -n -o remount,bind,ro ${folder}`;

describe("what cannot be written", function () {
  this.timeout(120_000);
  for (const [what, lock, unlock] of [
    ["a read-only /var/lib", "mount -n -o remount,bind,ro /var/lib", "mount -n -o remount,bind,rw /var/lib"],
    ["a read-only /etc/systemd", readOnly("/etc/systemd"), "umount -n /etc/systemd"],
    ["a read-only /etc/iproute2", readOnly("/etc/iproute2"), "umount -n /etc/iproute2"],
    ["an immutable ledger", "chattr +i /var/lib/wirework", "chattr -i /var/lib/wirework"],
    [
      "an immutable entry",
      "chattr +i /var/lib/wirework/owners/test/dev/edge",
      "chattr -i /var/lib/wirework/owners/test/dev/edge",
    ],
    ["a read-only /run", "mount -n -o remount,ro /run", "mount -n -o remount,rw /run"],
  ] as const) {
    it(`is said, and nothing is changed: ${what}`, () =>
      inSandbox(async (host) => {
        const found = await host.snapshot();
        if (!what.includes("/etc/")) await host.apply(["addr 192.168.9.7/32 dev eth0"]);
        const before = await host.snapshot();
        await host.exec(lock, "", true);
        const results = [await host.apply(OLD), await host.remove([])];
        await host.exec(unlock, "", true);
        assertHonest(results[0], /Read-only file system|Operation not permitted/);
        if (!what.includes("/etc/")) assertHonest(results[1], /Read-only file system|Operation not permitted/);
        assertSame(await host.snapshot(), before);
        assert.equal((await host.apply(OLD)).code, 0);
        await assertGone(host, OLD, found);
      }));
  }
});
