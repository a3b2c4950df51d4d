import { strict as assert } from "node:assert";
import { factText, hostState, parseFact } from "../../lib/plan/host-state";
import { Persistence } from "../../lib/plan/persistence";
import { render } from "../../lib/render";
import { assertConverges, assertGone } from "./invariants";
import { assertSame, inSandbox, OWNER, type Sandbox } from "./support";

const uplink = (gateway: string) => [
  "link br7 type bridge address 02:aa:bb:cc:dd:07",
  "link above parent br7 type macvlan mode bridge address 02:aa:bb:cc:dd:08",
  "link shim0 parent eth0 type macvlan mode bridge address 02:aa:bb:cc:dd:ee",
  "sysctl net/ipv4/conf/eth0/arp_announce = 2",
  "sysctl net/ipv4/conf/shim0/arp_ignore = 1",
  "sysctl net/ipv6/conf/shim0/accept_ra = 0",
  "addr 192.0.2.77/32 dev eth0",
  "addr fd00:2::77/64 dev eth0",
  "addr 192.168.9.2/32 dev shim0",
  "table 200 name uplink2",
  "guard routes",
  "route 192.168.9.64/26 dev shim0",
  `route 0.0.0.0/0 via ${gateway} dev eth0 table 200`,
  "route ::/0 via fd00:2::1 dev eth0 table 200",
  "route unreachable 0.0.0.0/0 metric 4294967295 table 200",
  "route unreachable ::/0 metric 4294967295 table 200",
  "rule from 172.31.7.0/24 table 200 priority 10202",
  "rule from 172.31.7.0/24 table 254 suppress_prefixlength 0 priority 10201",
  "rule from fd00:31:7::/64 table 200 priority 10202",
];

const rendered = (persistence: Persistence, facts: readonly string[]) =>
  render(OWNER, persistence, hostState(facts.map(parseFact))).hostState.facts.map(factText);

// As far as the helper asks ifupdown; ifdown says what it was told.
const IFUPDOWN = {
  ifup: "#!/bin/sh\n",
  ifquery: '#!/bin/sh\ncase "$*" in eth0) ;; "--state shim0") [ -e /run/ifstate ] ;; *) exit 1 ;; esac\n',
  ifdown: '#!/bin/sh\necho "$*" >>/run/ifdown\n',
};

/** What a boot runs, by hand: ifupdown itself is on lab hosts. */
const BOOT: { readonly [P in Persistence]: string } = {
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
};

async function withBackends(host: Sandbox): Promise<void> {
  for (const [name, text] of Object.entries(IFUPDOWN)) host.program(name, text);
  await host.exec(
    `mkdir -p /etc/network/interfaces.d /etc/network/if-up.d; : >/etc/init.d/rc.local
     echo 'source /etc/network/interfaces.d/*' >/etc/network/interfaces`,
    "",
    true,
  );
}

describe("a backend on a host", () => {
  for (const persistence of Object.values(Persistence)) {
    it(`"${persistence}" brings everything back at boot, follows a change, and leaves the host as it was found`, () =>
      inSandbox(async (host) => {
        await withBackends(host);
        const found = await host.snapshot();
        for (const gateway of ["192.0.2.1", "192.0.2.2"]) {
          const facts = rendered(persistence, uplink(gateway));
          const applied = await host.apply(facts);
          assert.equal(applied.code, 0, applied.stderr);
          const before = await host.kernel();
          await host.reboot();
          const boot = await host.exec(`set -e; ${BOOT[persistence]}`);
          assert.deepEqual({ ...boot, stdout: "" }, { code: 0, stdout: "", stderr: "" });
          assertSame(await host.kernel(), before, "after a boot");
          await host.exec(`set -e; ${BOOT[persistence]}`, "", true);
          assertSame(await host.kernel(), before, "run twice");
          await assertConverges(host, facts);
        }
        await assertGone(host, rendered(persistence, uplink("192.0.2.2")), found);
      }));
  }

  it("changes into every other in place: the kernel's state is not touched", () =>
    inSandbox(async (host) => {
      await withBackends(host);
      const found = await host.snapshot();
      const facts = uplink("192.0.2.1");
      await host.apply(rendered("unit", facts));
      const kernel = async () => (await host.kernel()).replace(/^(\/etc\/network|#!\/bin\/sh)[\s\S]*/m, "");
      const before = await kernel();
      for (const next of ["ifupdown", "rcLocal", "unit", "rcLocal", "ifupdown", "unit"] as const) {
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
      await withBackends(host);
      await host.exec(": >/run/ifstate");
      const facts = uplink("192.0.2.1");
      await host.apply(rendered("ifupdown", facts));
      await host.apply(rendered("unit", facts));
      assert.notEqual((await host.exec("cat /run/ifdown")).code, 0);
      await host.apply(rendered("ifupdown", facts));
      await host.remove(rendered("ifupdown", facts));
      assert.equal((await host.exec("cat /run/ifdown")).stdout, "shim0\n");
    }));

  it("is refused before anything changes where it would bring nothing back", () =>
    inSandbox(async (host) => {
      await withBackends(host);
      const facts = uplink("192.0.2.1");
      for (const [persistence, hand, reason] of [
        ["ifupdown", "ip link add eth9 type bridge", /ifupdown eth9\n.*ifupdown does not bring this link up/],
        ["ifupdown", ": >/etc/network/interfaces", /does not source interfaces\.d/],
        ["ifupdown", "rm /usr/local/bin/ifup", /this host has no ifupdown/],
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
