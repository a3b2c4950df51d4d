import { strict as assert } from "node:assert";
import { upThenSame } from "../engine/backends";
import { assertSettled, assertTakenBack, changes, onHost, stackOn } from "../engine/support";
import { twoUplinks } from "../engine/two-uplinks";
import { program } from "../engine/two-ways";
import type { OtherInit } from "../lab/other-inits";
import { assertComes } from "../lab/until";

const watched = (body: string) => onHost(body, "detectDrift: true");

/** How to restart a service, and a list of all in the order in which this init starts them at boot. */
const inits: Readonly<Record<OtherInit, { readonly restart: (name: string) => string; readonly started: string }>> = {
  openrc: { restart: (name) => `rc-service ${name} restart`, started: "ls -tr /run/openrc/started" },
  // Those with one number start at once: they stand in one line.
  sysvinit: {
    restart: (name) => `service ${name} restart`,
    started: `ls /etc/rc2.d | awk '/^S..(wirework|docker)/ { n = substr($0, 2, 2); printf "%s%s", (n == last ? " " : "\\n"), substr($0, 4); last = n }'`,
  },
};

describe("a host that systemd does not boot", function () {
  this.timeout(500_000);

  for (const init of Object.keys(inits) as OtherInit[]) {
    it(`has its facts by services of ours, which also watch them, or by ifupdown; who it is changes in a preview first: ${init}`, () =>
      scenario(init));
  }
});

async function scenario(init: OtherInit): Promise<void> {
  const place = await twoUplinks("12", init);
  const { host } = place;
  const { restart, started } = inits[init];
  const stack = await stackOn(place, "");
  stack.change(watched(program("Unit")));
  const same = await upThenSame(stack, place);
  const services = async () => {
    const { stdout } = await host.exec(`${started} | grep -E '^(wirework-|docker)'`);
    return stdout.trim().split("\n");
  };

  await host.reboot();
  await assertComes("our services", 20_000, ["wirework-early", "docker", "wirework-late", "wirework-watch"], services);
  await same("a boot");

  for (const event of [
    "ip route del default table 200; ip rule del priority $(ip rule | sed -n 's/:.*172.31.7.0.*lookup uplink2.*/ /p')",
    "ip link del shim0",
    `${restart("wirework-watch")}; ip link del shim0`,
    restart("docker"),
  ]) {
    await host.exec(event);
    await same(event);
  }
  await assertSettled(stack);

  // Nothing but ifupdown runs links here, which the init starts.
  stack.change(watched(program("Auto")));
  assert.deepEqual(changes(await stack.up()), ["update lan", "update lan-facts", "update probe", "update probe-facts"]);
  await same("Auto");
  await host.reboot();
  await same("a boot by ifupdown");
  assert.deepEqual(await services(), ["docker"]);
  assert.equal((await host.exec("cat /var/lib/wirework/owners/*/*/* | grep -c '^persistence ifupdown'")).stdout, "2\n");

  // A host that moved is a change that a preview shows.
  for (const [hand, moved] of [
    ["sed -i s/^source/#source/ /etc/network/interfaces", "units, before: ifupdown"],
    ["sed -i s/^#source/source/ /etc/network/interfaces", "ifupdown, before: units"],
  ]) {
    await host.exec(hand);
    const preview = await stack.preview();
    assert.deepEqual(changes(preview), ["update lan-facts", "update probe-facts"]);
    assert.ok((preview.stdout + preview.stderr).includes(`- persistence auto: ${moved}`), preview.stdout);
    const { stdout } = await stack.up();
    assert.ok(stdout.includes(`persistence auto: ${moved}`), stdout);
    assert.deepEqual(changes(await stack.preview()), []);
    await same(moved);
  }

  stack.change(watched(program("Unit")));
  await stack.up();
  await same("Unit again");
  await assertTakenBack(stack, place);
}
