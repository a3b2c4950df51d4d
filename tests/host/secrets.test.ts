import { strict as assert } from "node:assert";
import { assertSame, inSandbox, SHIM, stdin } from "./support";

const [a, b, c] = ["a", "b", "c"].map((letter) => letter.repeat(16));
const session = (cookie: string) =>
  `session 1000 peer 2000 tunnel 3000 dev w0 cookie ${cookie} address 02:00:00:00:00:0a mtu 1418`;

describe("secrets of facts", () => {
  it("are kept where only root reads them, as long as facts name them or the stack declares them, and go without a trace", () =>
    inSandbox(async (host) => {
      const before = await host.snapshot();
      const kept = async () =>
        (await host.exec("cat /var/lib/wirework/secrets/test/dev/edge")).stdout.trim().split("\n");
      const first = await host.verb("secret", stdin([`secret ${a} 0011223344556677`, `secret ${b} 8899aabb`]));
      assert.equal(first.stdout, "kept 2 secrets for test/dev/edge\n", first.stderr);
      assert.equal((await host.exec("stat -c %a /var/lib/wirework/secrets/test/dev/edge")).stdout, "600\n");
      // No kernel here has such a tunnel: the fact waits, and names its secret all the same.
      assert.match((await host.apply([session(a!)])).stdout, /^pending session 1000 .*no tunnel 3000/m);
      await host.verb("secret", stdin([`secret ${c} ffffffff`]));
      assert.deepEqual(await kept(), [`${c} ffffffff`, `${a} 0011223344556677`], "the fact still names the old one");
      await host.apply([session(c!)]);
      await host.verb("secret", stdin([`secret ${c} ffffffff`]));
      assert.deepEqual(await kept(), [`${c} ffffffff`]);
      await host.remove([session(c!)]);
      assert.equal((await host.verb("forget", stdin([]))).code, 0);
      assertSame(await host.snapshot(), before);
    }));

  it("that are missing leave the fact pending, which says so", () =>
    inSandbox(async (host) => {
      assert.match(
        (await host.apply([session(a!)])).stdout,
        /pending session .*a secret that it names is not on this host/,
      );
    }));

  it("are never shown, also not where they are refused", () =>
    inSandbox(async (host) => {
      const refused = await host.verb("secret", stdin([`secret ${a} not-hex-canary`]));
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /lines that secret does not understand/);
      assert.doesNotMatch(refused.stderr + refused.stdout, /canary/);
    }));
});

describe("what a run notes", () => {
  it("is root's alone under any umask, and nothing of it lies in /tmp", () =>
    inSandbox(async (host) => {
      await host.exec("mount -n -t tmpfs -o ro none /tmp", "", true);
      const applied = await host.exec("umask 000; /usr/local/sbin/wirework apply", stdin(SHIM));
      assert.equal(applied.code, 0, applied.stderr);
      const open = await host.exec(
        "find /var/lib/wirework /run/wirework -perm /077 ! -type l -exec stat -c '%a %n' {} +",
      );
      assert.equal(open.stdout, "");
      assert.notEqual((await host.exec("find /var/lib/wirework /run/wirework -type f")).stdout, "");
    }));
});

describe("stage", () => {
  it("says what an apply would refuse, and changes nothing", () =>
    inSandbox(async (host) => {
      const before = await host.snapshot();
      const fine = await host.verb("stage", stdin(SHIM));
      assert.deepEqual([fine.code, fine.stdout], [0, "nothing stands in the way\n"], fine.stderr);
      await host.exec("ip link add shim0 type bridge", "", true);
      const refused = await host.verb("stage", stdin(SHIM));
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /conflicts on this host; nothing was changed:\n.*shim0/);
      await host.exec("ip link del shim0", "", true);
      assertSame(await host.snapshot(), before);
    }));
});
