import { strict as assert } from "node:assert";
import { Persistence } from "../../lib/plan/persistence";
import { NETWORKD, rendered, uplink, withBackends } from "./backend-hosts";
import { assertConverges, assertGone } from "./invariants";
import { assertSame, inSandbox } from "./support";

/** What a boot runs, by hand: ifupdown itself is on lab hosts. */
const BOOT: { readonly [P in Exclude<Persistence, "auto">]: string } = {
  unit: "/usr/local/sbin/wirework boot early && /usr/local/sbin/wirework boot late",
  ifupdown: `
    hook() { for script in /etc/network/if-up.d/*; do IFACE=$1 ADDRFAM=$2 "$script" || exit 1; done; }
    hook lo inet
    for file in /etc/network/interfaces.d/*; do
      sed -En 's/^ +(pre-)?up (.*)/\\2/p' "$file" | while IFS= read -r line; do sh -c "$line" || exit 1; done
      hook shim0 inet; hook br7 inet; hook above inet
    done
    hook eth0 inet; hook eth0 inet6; hook --all meta`,
  rcLocal: "/etc/rc.local",
  // And what udev does for a link that comes.
  networkd: `
    networkd eth0 shim0 br7 above lo
    /lib/systemd/systemd-sysctl`,
  networkManager: `
    hook() { for script in /etc/NetworkManager/dispatcher.d/*; do "$script" "$@" || exit 1; done; }
    hook lo up; hook eth0 pre-up; hook eth0 up; hook eth0 down; hook none hostname`,
};

/**
 * Less what only the helper says (systemd-networkd has no word for an alias, and one protocol for all its rules), and what
 * systemd-networkd does to every link that it configures.
 */
const less = (kernel: string) =>
  kernel
    .replace(/"ifalias":"[^"]*",|"protocol":"(119|static)",|"inet6_addr_gen_mode":"[^"]*",/g, "")
    .replace(/,?\{"family":"inet6","local":"fe80:[^}]*\}/g, "")
    .replace(
      /^(.*"dst":"(fe80:|multicast ff00:|ff00:).*|ipv.\/conf\/.*\/(promote_secondaries|accept_ra|addr_gen_mode):.*)\n/gm,
      "",
    );

describe("a backend on a host", () => {
  for (const persistence of Object.values(Persistence).filter((one) => one !== "auto")) {
    it(`"${persistence}" brings everything back at boot, follows a change, and leaves the host as it was found`, () =>
      inSandbox(async (host) => {
        await withBackends(host, persistence);
        const found = await host.snapshot();
        for (const gateway of ["192.0.2.1", "192.0.2.2"]) {
          const facts = rendered(persistence, uplink(gateway));
          const applied = await host.apply(facts);
          assert.equal(applied.code, 0, applied.stderr);
          const before = await host.kernel();
          await host.reboot();
          const boot = await host.exec(`set -e; ${NETWORKD}; ${BOOT[persistence]}`);
          assert.deepEqual({ ...boot, stdout: "" }, { code: 0, stdout: "", stderr: "" });
          const same = persistence === "networkd" ? less : (kernel: string) => kernel;
          assertSame(same(await host.kernel()), same(before), "after a boot");
          await host.exec(`set -e; ${NETWORKD}; ${BOOT[persistence]}`, "", true);
          assertSame(same(await host.kernel()), same(before), "run twice");
          await assertConverges(host, facts);
        }
        const last = rendered(persistence, uplink("192.0.2.2"));
        if (persistence !== "networkd") return assertGone(host, last, found);
        assert.equal((await host.remove(last)).code, 0);
        assertSame(less(await host.snapshot()), less(found), "after removal");
      }));
  }

  it("changes into every other in place: the kernel's state is not touched", () =>
    inSandbox(async (host) => {
      await withBackends(host, "networkd");
      const found = await host.snapshot();
      const facts = uplink("192.0.2.1");
      await host.apply(rendered("unit", facts));
      const kernel = async () => (await host.kernel()).replace(/^(\/etc\/network|#!\/bin\/sh)[\s\S]*/m, "");
      const before = await kernel();
      for (const next of ["ifupdown", "networkd", "rcLocal", "networkManager", "networkd", "unit"] as const) {
        const { code, stdout, stderr } = await host.apply(rendered(next, facts));
        assert.equal(code, 0, stderr);
        assert.match(stdout, /^([-+] (file|block) .*\n)+$/);
        assertSame(await kernel(), before, next);
        const units = await host.exec("ls /etc/systemd/system");
        assert.equal(/wirework/.test(units.stdout), next === "unit", next);
      }
      await assertGone(host, rendered("unit", facts), found);
    }));

  it("says to ifupdown that a link is gone which it had brought up, and to a link that stays nothing", () =>
    inSandbox(async (host) => {
      await withBackends(host, "ifupdown");
      await host.exec(": >/run/ifstate");
      const facts = uplink("192.0.2.1");
      await host.apply(rendered("ifupdown", facts));
      await host.apply(rendered("unit", facts));
      assert.notEqual((await host.exec("cat /run/ifdown")).code, 0);
      await host.apply(rendered("ifupdown", facts));
      await host.remove(rendered("ifupdown", facts));
      assert.equal((await host.exec("cat /run/ifdown")).stdout, "shim0\n");
    }));

  it("knows a rule that systemd-networkd made of its file, and no other with the same words", () =>
    inSandbox(async (host) => {
      const words = "from 172.31.7.0/24 table 200 priority 10202";
      const facts = (table: number) => ["persistence networkd", `rule ${words.replace("200", String(table))}`];
      const rules = async () => (await host.exec("ip -N rule | grep 172")).stdout.replace(/\t/g, " ");
      const byHand = `ip rule add ${words} protocol static`;
      await host.exec(byHand, "", true);
      const found = await host.snapshot();
      assert.match((await host.apply(facts(200))).stderr, /found: +rule 4 10202 .* proto 4\n.*did not make/);
      await host.exec(byHand.replace("add", "del"), "", true);

      assert.equal((await host.apply(facts(200))).code, 0);
      for (const boot of [`${byHand}`, `ip rule del ${words} protocol 119`]) {
        await host.exec(boot, "", true);
        assert.equal((await host.check(facts(200))).stdout, "as declared\n");
        assert.equal((await host.apply(facts(200))).stdout, "unchanged\n");
      }
      assert.equal((await host.apply(facts(201))).stdout, "~ rule from 172.31.7.0/24 table 201 priority 10202\n");
      assert.equal(await rules(), "10202: from 172.31.7.0/24 lookup 201 proto 119\n");
      await host.exec(byHand.replace("200", "201"), "", true);
      // Another program is to bring it back, for which the mark is the protocol.
      await host.exec("ip rule del from 172.31.7.0/24 table 201 protocol 119", "", true);
      assert.equal((await host.apply(facts(201).slice(1))).code, 0);
      assert.equal(await rules(), "10202: from 172.31.7.0/24 lookup 201 proto 119\n");
      assert.equal((await host.apply(facts(200))).code, 0);
      await host.exec(byHand, "", true);
      await host.remove(facts(200));
      assert.equal(await rules(), "");
      await host.exec(byHand, "", true);
      assertSame(await host.snapshot(), found);
    }));

  it("finds the file by which systemd-networkd configures a link, and follows it to another", () =>
    inSandbox(async (host) => {
      const reads = (file: string) =>
        host.exec(
          `mkdir -p /run/systemd/netif/links; echo NETWORK_FILE=${file} >/run/systemd/netif/links/$(cat /sys/class/net/eth0/ifindex)`,
          "",
          true,
        );
      await reads("");
      const found = await host.snapshot();
      const facts = ["# wirework: facts", "[Network]", "VLAN=eth0.5"].map(
        (line, index) => `file /etc/systemd/network/@eth0.network.d/wirework-a.eth0.conf 00${index + 1} |${line}`,
      );
      const places = async () => (await host.exec("cd /etc/systemd/network; ls -d *.d; ls */*")).stdout;
      await reads("/run/systemd/network/10-netplan-eth0.network");
      assert.equal((await host.apply(facts)).code, 0);
      assert.equal(await places(), "10-netplan-eth0.network.d\n10-netplan-eth0.network.d/wirework-a.eth0.conf\n");
      await reads("/etc/systemd/network/50-eth0.network");
      assert.equal((await host.check(facts)).stdout, facts.map((fact) => `- ${fact}\n`).join(""));
      assert.equal((await host.apply(facts)).code, 0);
      assert.equal(await places(), "50-eth0.network.d\n50-eth0.network.d/wirework-a.eth0.conf\n");
      await reads("");
      assert.equal((await host.check(facts)).stdout, "as declared\n");
      await host.exec("mkdir /etc/systemd/network/x.network.d; cp /etc/systemd/network/*/wire* $_", "", true);
      await reads("/etc/systemd/network/50-eth0.network");
      assert.match((await host.check(facts)).stdout, /x\.network\.d\/.*, where it is not read any more/);
      assert.equal((await host.apply(facts)).code, 0);
      assert.match(await places(), /^50-eth0.network.d\nx.network.d\n50[^\n]*\n$/);
      await host.exec("rmdir /etc/systemd/network/x.network.d", "", true);
      await assertGone(host, facts, found);
    }));

  it("is refused before anything changes where it would bring nothing back", () =>
    inSandbox(async (host) => {
      await withBackends(host, "ifupdown");
      const facts = uplink("192.0.2.1");
      for (const [persistence, hand, reason] of [
        ["ifupdown", "ip link add eth9 type bridge", /ifupdown eth9\n.*ifupdown does not bring this link up/],
        ["ifupdown", ": >/etc/network/interfaces", /does not source interfaces\.d/],
        ["ifupdown", "rm /usr/local/bin/ifup", /this host has no ifupdown/],
        ["networkd", ":", /networkd eth0\n.*does not configure this link/],
        ["networkManager", "sed -i s/100/10/ /usr/local/bin/nmcli", /eth0\n.*NetworkManager does not manage this link/],
        ["networkManager", "echo exit 1 >>/usr/local/bin/systemctl", /NetworkManager does not run/],
        ["networkd", ":", /systemd-networkd does not run[\s\S]*service systemd-udevd/],
        ["rcLocal", "rm /etc/init.d/rc.local", /nothing on this host runs \/etc\/rc\.local/],
      ] as const) {
        await host.exec(hand, "", true);
        const before = await host.snapshot();
        const more = [...facts, "addr 10.9.0.1/24 dev eth9"];
        const refused = await host.apply(rendered(persistence, /eth9/.test(hand) ? more : facts));
        assert.equal(refused.code, 1);
        assert.match(refused.stderr, reason);
        assertSame(await host.snapshot(), before, hand);
      }
    }));
});
