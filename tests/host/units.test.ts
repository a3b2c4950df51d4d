import { strict as assert } from "node:assert";
import { run } from "../lab/process";
import { until } from "../lab/until";
import { assertSame, inSandbox, type Sandbox, SHIM } from "./support";

/** What another init has beside its scripts, as far as the helper uses it. */
const INITS = {
  sysvinit: {
    prepare: ": >/etc/inittab",
    programs: {
      "update-rc.d": `#!/bin/sh
case $2 in
  defaults) ln -s ../init.d/$1 /etc/rc2.d/S01$1 ;;
  remove) [ ! -e /etc/init.d/$1 ] && rm -f /etc/rc2.d/S??$1 ;;
esac\n`,
    },
    enabled: "/etc/rc2.d/S01wirework-",
    boot: "for service in early late; do /etc/init.d/wirework-$service start || exit 1; done",
    shell: ["shellcheck", "-s", "sh", "-"],
  },
  openrc: {
    prepare: "mkdir -p /run/openrc /etc/runlevels/default",
    programs: {
      "rc-update": `#!/bin/sh
case $1 in
  add) ln -s /etc/init.d/$2 /etc/runlevels/$3/$2 ;;
  del) rm /etc/runlevels/$3/$2 ;;
esac\n`,
      "rc-service": '#!/bin/sh\nexec /usr/local/bin/openrc-run "/etc/init.d/$1" "$2"\n',
      // What openrc-run does with a script, for the words that ours uses.
      "openrc-run": `#!/bin/sh
ebegin() { :; }; eend() { return $1; }; script=$1
. "$1"
case $2 in start) start ;; stop) stop ;; restart) stop; start ;; esac\n`,
    },
    enabled: "/etc/runlevels/default/wirework-",
    boot: "for service in early late; do /usr/local/bin/openrc-run /etc/init.d/wirework-$service start || exit 1; done",
    shell: ["busybox", "sh", "-n"],
  },
} as const;

async function withInit(host: Sandbox, { prepare, programs }: (typeof INITS)[keyof typeof INITS]): Promise<void> {
  for (const [name, text] of Object.entries(programs)) host.program(name, text);
  await host.exec(prepare, "", true);
}

describe("an init that is not systemd", () => {
  for (const [name, init] of Object.entries(INITS)) {
    it(`brings facts back at boot with scripts of its own, and loses them with the last fact: ${name}`, () =>
      inSandbox(async (host) => {
        await withInit(host, init);
        const found = await host.snapshot();
        const applied = await host.apply(SHIM);
        assert.deepEqual([applied.code, applied.stderr], [0, ""]);
        const services = ["early", "late", "watch"];
        for (const service of services) {
          const script = await host.exec(`cat /etc/init.d/wirework-${service}; ls ${init.enabled}${service}`, "", true);
          const [first] = script.stdout.split(init.enabled);
          assert.match(first, /wirework: network facts of this host/);
          const [program, ...args] = init.shell;
          const checked = await run(program, args, { input: first, check: false });
          assert.equal(checked.code, 0, checked.stdout + checked.stderr);
        }
        assert.equal(
          (await host.exec("find /etc/systemd -name 'wirework*'; stat -c %a /etc/init.d/wirework-*")).stdout,
          "755\n755\n755\n",
        );
        assert.equal((await host.apply(SHIM)).stdout, "unchanged\n");

        const kernel = await host.kernel();
        await host.reboot();
        await withInit(host, init);
        const boot = await host.exec(init.boot);
        assert.deepEqual([boot.code, boot.stderr], [0, ""]);
        assertSame(await host.kernel(), kernel);

        await host.exec("sed -i 's/ boot / status /' /etc/init.d/wirework-late", "", true);
        assert.match(
          (await host.check(SHIM)).stdout,
          /- unit \/etc\/init\.d\/wirework-late \(missing, edited or not enabled\)/,
        );
        await host.apply(SHIM);
        assert.equal((await host.check(SHIM)).stdout, "as declared\n");
        assert.equal((await host.remove(SHIM)).code, 0);
        assertSame(await host.snapshot(), found);
      }));

    it(`runs the watcher from the first fact to the last: ${name}`, () =>
      inSandbox(async (host) => {
        await withInit(host, init);
        await host.apply(SHIM);
        await host.exec("sleep 1; ip link del shim0", "", true);
        await until("the link is back", { timeoutMs: 20_000, intervalMs: 300 }, async () => {
          return (await host.exec("ip -o address show dev shim0")).stdout.includes("192.168.9.2/32") || undefined;
        });
        await host.setup(); // another program version would be another watcher
        assert.match((await host.exec("kill -0 $(cat /run/wirework-watch.pid) && echo alive")).stdout, /alive/);
        assert.equal((await host.remove(SHIM)).code, 0);
        assert.equal(
          (await host.exec("pgrep -f 'wirework [w]atch'; ls -A /run/*.pid /run/wirework/* 2>/dev/null")).stdout,
          "",
        );
      }));
  }
});
