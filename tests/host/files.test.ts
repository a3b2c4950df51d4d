import { strict as assert } from "node:assert";
import { commandText } from "../../lib/host/command-text";
import { assertConverges, assertGone } from "./invariants";
import { addPeer, inSession, KILL_WHILE_SETTLING } from "./session";
import { assertSame, inSandbox, type Sandbox, stdin } from "./support";

const SCRIPT = "/etc/network/if-up.d/wirework-a";
const LINKS = "/etc/network/interfaces.d/wirework-a";

/** The lines of a file, or of a block in one, as facts. */
const fact = (place: string, lines: readonly string[]) =>
  lines.map((line, index) => `${place} ${String(index + 1).padStart(3, "0")} |${line}`);
const script = (...lines: string[]) => fact(`file ${SCRIPT}`, ["#!/bin/sh", "# wirework: facts", ...lines]);
const block = (...lines: string[]) => fact("block /etc/rc.local a", lines);
const text = async (host: Sandbox, path: string) => (await host.exec(`cat ${path}`, "", true)).stdout;
const said = async (run: Promise<{ code: number; stdout: string; stderr: string }>) => {
  const { code, stdout, stderr } = await run;
  assert.equal(code, 0, stderr);
  return stdout;
};

// All that a shell, printf or awk could read as something else.
const ODD = [
  "",
  "  two  blanks ",
  "back\\nslash \\\\ \\c \\0101",
  "100% %s %d $HOME `id` 'x' \"y\" &",
  "| bar",
  "# end",
];

describe("a file of ours", () => {
  it("is what its lines say, byte by byte, and goes with the folders that were made for it", () =>
    inSandbox(async (host) => {
      const found = await host.snapshot();
      const facts = [...script(...ODD), ...fact(`file ${LINKS}`, ["# wirework: links"])];
      assert.equal(await said(host.apply(facts)), facts.map((line) => `+ ${line}\n`).join(""));
      assert.equal(await text(host, SCRIPT), ["#!/bin/sh", "# wirework: facts", ...ODD, ""].join("\n"));
      const { stdout } = await host.exec(`stat -c '%a %U' ${SCRIPT} ${LINKS}`);
      assert.equal(stdout, "755 root\n644 root\n");
      await assertConverges(host, facts);
      assert.equal(
        await said(host.apply(script("one"))),
        [
          `~ file ${SCRIPT} 003 |one`,
          ...fact(`file ${SCRIPT}`, ["", "", "", ...ODD.slice(1)])
            .slice(3)
            .map((line) => `- ${line}`),
          `- file ${LINKS} 001 |# wirework: links`,
          "",
        ].join("\n"),
      );
      assert.equal(await text(host, SCRIPT), "#!/bin/sh\n# wirework: facts\none\n");
      await assertGone(host, script("one"), found);
    }));

  it("is made whole again when a hand changed a line, added one, took its mode or the file", () =>
    inSandbox(async (host) => {
      const facts = script("one", "two");
      await said(host.apply(facts));
      for (const [hand, drift] of [
        [`sed -i s/one/three/ ${SCRIPT}`, `- ${facts[2]}\n+ file ${SCRIPT} 003 |three\n`],
        [`echo more >>${SCRIPT}`, `- ${facts[3]}\n+ ${SCRIPT} with more lines\n`],
        [`chmod a-x ${SCRIPT}`, `- ${facts[0]}\n+ ${SCRIPT} with mode 644\n`],
        [`rm ${SCRIPT}`, facts.map((line) => `- ${line}\n`).join("")],
      ] as const) {
        await host.exec(hand, "", true);
        assert.deepEqual((await host.check(facts)).stdout, drift, hand);
        await said(host.apply(facts));
        await assertConverges(host, facts);
      }
    }));

  it("is refused where another's stands, or a link that leads elsewhere, and left alone at removal", () =>
    inSandbox(async (host) => {
      for (const hand of [`echo '#!/bin/sh' >${SCRIPT}`, `: >${SCRIPT}`, `ln -s /etc/passwd ${SCRIPT}`]) {
        await host.exec(`mkdir -p ${SCRIPT.replace(/\/[^/]*$/, "")}; rm -f ${SCRIPT}; ${hand}`, "", true);
        const before = await host.snapshot();
        const refused = await host.apply(script("one"));
        assert.match(refused.stderr, /wanted: file .* 001[\s\S]*found: [\s\S]*which wirework did not make/);
        await said(host.remove(script("one")));
        assertSame(await host.snapshot(), before, hand);
      }
    }));

  it("stands in a few places only, begins with our mark, and has every line", () =>
    inSandbox(async (host) => {
      for (const [lines, reason] of [
        [["file /etc/passwd 001 |# wirework"], /not a place for a file of ours/],
        [["file /etc/network/if-up.d/wirework-../x 001 |# wirework"], /not a place/],
        [["file /etc/network/if-up.d/wirework-a.sh 001 |# wirework"], /not a place/],
        [[`file ${SCRIPT} 1 |# wirework`], /lines are numbered 001-999/],
        [[`file ${SCRIPT} 001 # wirework`], /file PATH NUMBER \|TEXT/],
        [["block /etc/profile a 001 |id"], /only \/etc\/rc\.local takes a block/],
        [["block /etc/rc.local a/b 001 |id"], /not a name for a block/],
        [[`file ${SCRIPT} 001 |#!/bin/sh`], /does not begin with the mark of wirework/],
        [[`file ${SCRIPT} 001 |# wirework`, `file ${SCRIPT} 003 |three`], /002 is missing/],
        [["persistence paper"], /persistence ifupdown, rcLocal, networkd, networkManager, or auto/],
      ] as const) {
        const before = await host.snapshot();
        const refused = await host.apply(lines);
        assert.equal(refused.code, 1, lines.join());
        assert.match(refused.stderr, reason);
        assertSame(await host.snapshot(), before, lines.join());
      }
    }));
});

describe("a block of ours in the administrator's file", () => {
  const LOCAL = "#!/bin/sh -e\n# started at boot\\n 100%\n\ntouch /run/x || :\n\nexit 0\n\n";

  it("stands before its last exit, beside the blocks of others, and leaves every other byte, mode and owner", () =>
    inSandbox(async (host) => {
      await host.exec("cat >/etc/rc.local; chmod 750 /etc/rc.local; chown 0:1 /etc/rc.local", LOCAL, true);
      const found = await host.snapshot();
      await said(host.apply(block("one", ...ODD)));
      await said(host.apply(fact("block /etc/rc.local b", ["other"]), "test/dev/other"));
      const [before] = LOCAL.split("exit 0");
      const ours = ["# wirework begin a", "one", ...ODD, "# wirework end a", ""].join("\n");
      assert.equal(
        await text(host, "/etc/rc.local"),
        `${before}${ours}# wirework begin b\nother\n# wirework end b\nexit 0\n\n`,
      );
      assert.equal((await host.exec("stat -c '%a %u %g' /etc/rc.local")).stdout, "750 0 1\n");
      await assertConverges(host, block("one", ...ODD));
      await said(host.apply(block("two")));
      await host.exec("sed -i 's/^two/three/' /etc/rc.local", "", true);
      assert.match((await host.check(block("two"))).stdout, /^- block .* 001 \|two\n\+ block .* 001 \|three\n$/);
      await said(host.remove(block("two")));
      assert.equal(
        await text(host, "/etc/rc.local"),
        `${before}# wirework begin b\nother\n# wirework end b\nexit 0\n\n`,
      );
      await said(host.remove([], "test/dev/other"));
      assertSame(await host.snapshot(), found);
    }));

  it("makes the file where there is none, and takes it away unless somebody wrote to it", () =>
    inSandbox(async (host) => {
      const found = await host.snapshot();
      await said(host.apply(block("one")));
      assert.equal(
        await text(host, "/etc/rc.local"),
        "#!/bin/sh\n# wirework made this file\n# wirework begin a\none\n# wirework end a\n",
      );
      assert.equal((await host.exec("stat -c %a /etc/rc.local")).stdout, "755\n");
      await assertGone(host, block("one"), found);
      await said(host.apply(block("one")));
      await host.exec("echo mine >>/etc/rc.local", "", true);
      await said(host.remove(block("one")));
      assert.equal(await text(host, "/etc/rc.local"), "#!/bin/sh\n# wirework made this file\nmine\n");
    }));

  it("is refused where nobody would run it, or the file could not be given back as it was", () =>
    inSandbox(async (host) => {
      for (const [hand, reason] of [
        ["echo exit 0 >/etc/rc.local", /is not executable/],
        ["printf 'exit 0' >/etc/rc.local; chmod +x /etc/rc.local", /does not end in a newline/],
        ["echo '# wirework begin z' >/etc/rc.local; chmod +x /etc/rc.local", /has a block of wirework without its end/],
        ["rm /etc/rc.local; ln -s /etc/passwd /etc/rc.local", /is no plain file \(symbolic\)/],
      ] as const) {
        await host.exec(hand, "", true);
        const before = await host.snapshot();
        assert.match((await host.apply(block("one"))).stderr, reason);
        await said(host.remove(block("one")));
        assertSame(await host.snapshot(), before, hand);
      }
    }));
});

describe("a kernel module", () => {
  const MODPROBE = `#!/bin/sh
case "$*" in
  -c) cat /run/blacklist 2>/dev/null ;;
  "-n -q "*) [ "$3" != nothing ] ;;
  broken) false ;;
  *) mkdir -p "/sys/module/$1" ;;
esac\n`;
  const withModules = (test: (host: Sandbox) => Promise<void>) =>
    inSandbox(async (host) => {
      host.program("modprobe", MODPROBE);
      await host.exec("mount -t tmpfs modules /sys/module", "", true);
      await test(host);
    });

  it("is loaded now and at boot, and stays loaded when its last owner goes", () =>
    withModules(async (host) => {
      const found = await host.snapshot();
      await said(host.apply(["module l2tp_eth"]));
      assert.equal(await text(host, "/etc/modules-load.d/wirework-l2tp_eth.conf"), "# wirework\nl2tp_eth\n");
      await host.exec("ls /sys/module/l2tp_eth", "", true);
      await assertConverges(host, ["module l2tp_eth"]);
      await said(host.apply(["module l2tp_eth"], "test/dev/other"));
      await said(host.remove([]));
      assert.match(await text(host, "/etc/modules-load.d/wirework-l2tp_eth.conf"), /l2tp_eth/);
      await said(host.remove([], "test/dev/other"));
      await host.exec("ls /sys/module/l2tp_eth", "", true);
      assertSame(await host.snapshot(), found);
    }));

  it("is refused before anything changes where there is none, where no boot would load it, and taken back where it breaks", () =>
    withModules(async (host) => {
      await host.exec("echo blacklist l2tp_ip >/run/blacklist", "", true);
      const before = await host.snapshot();
      for (const [name, reason] of [
        ["nothing", /the kernel module is missing/],
        ["l2tp_ip", /the kernel module is blacklisted in \/etc\/modprobe\.d/],
        ["broken", /taken back/],
        ["No-Module", /module NAME, as lsmod prints it/],
      ] as const) {
        const refused = await host.apply([`module ${name}`]);
        assert.equal(refused.code, 1);
        assert.match(refused.stderr, reason);
        assertSame(await host.snapshot(), before, name);
      }
    }));
});

describe("facts that another program brings back", () => {
  const facts = [
    "persistence ifupdown",
    "sysctl net/ipv4/conf/eth0/arp_announce = 2",
    "addr 192.0.2.77/24 dev eth0",
    "rule from 172.31.7.0/24 table 200 priority 10202",
    ...script("the same"),
  ];
  // What ifupdown would do at boot, by the script.
  const boot = `ip address add 192.0.2.77/24 dev eth0; echo 2 >/proc/sys/net/ipv4/conf/eth0/arp_announce
    ip rule add from 172.31.7.0/24 table 200 priority 10202 protocol 119`;
  const units = (host: Sandbox) => host.exec("ls /etc/systemd/system");

  it("need no units of ours, are known again after a reboot, and give back what was there before", () =>
    inSandbox(async (host) => {
      const found = await host.snapshot();
      const kernel = await host.kernel();
      await said(host.apply(facts));
      assert.doesNotMatch((await units(host)).stdout, /wirework/);
      await host.reboot();
      await host.exec(boot, "", true);
      assert.equal(await said(host.apply(facts)), "unchanged\n");
      await said(host.remove(facts));
      assertSame(await host.kernel(), kernel);
      assertSame(await host.snapshot(), found);
    }));

  it("change from and to our units in place: the kernel's state is not touched", () =>
    inSandbox(async (host) => {
      const plain = facts.filter((line) => !/^(persistence|file)/.test(line));
      await said(host.apply(plain));
      assert.match((await units(host)).stdout, /wirework-early/);
      const kernel = await host.kernel();
      await host.exec("(ip monitor all >/run/monitor 2>&1 & echo $! >/run/monitor.pid); sleep 0.2");
      assert.match(await said(host.apply(facts)), /^(\+ file .*\n)+$/);
      assert.doesNotMatch((await units(host)).stdout, /wirework/);
      await said(host.apply([...plain, "addr 192.0.2.78/24 dev eth0"], "test/dev/other"));
      await said(host.remove([], "test/dev/other"));
      assert.match(await said(host.apply(plain)), /^(- file .*\n)+$/);
      assert.match((await units(host)).stdout, /wirework-early/);
      await host.exec("kill $(cat /run/monitor.pid)");
      const events = (await text(host, "/run/monitor"))
        .split("\n")
        .filter((line) => /^\S/.test(line) && !/192\.0\.2\.78/.test(line));
      assert.deepEqual(events, []);
      assertSame(await host.kernel(), kernel);
    }));

  it("come to disk only when the change is proved: a reboot in the window finds the old files", () =>
    inSandbox(async (host) => {
      const found = await host.snapshot();
      await addPeer(host);
      host.program("sleep", KILL_WHILE_SETTLING);
      const killed = await inSession(host, commandText("apply", false), stdin(["window 60", ...facts]), 10);
      assert.equal(killed.code, "SIGKILL", killed.heard);
      assert.match((await host.exec("ip rule")).stdout, /172\.31\.7\.0/);
      await host.reboot();
      await host.exec(`! ls ${SCRIPT}; rm /usr/local/bin/sleep`, "", true);
      await said(host.remove([], "test/dev/other"));
      assertSame(await host.snapshot(), found);
    }));
});
