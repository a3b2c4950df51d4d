import { strict as assert } from "node:assert";
import { assertWays, ours, program } from "../engine/backends";
import { assertComes, assertSettled, assertTakenBack, changes, onHost, stackOn } from "../engine/support";
import { twoUplinks } from "../engine/two-uplinks";
import { NetworkManager } from "../lab/host-network";

const watched = (body: string) => onHost(body).replace("hostKey:", "detectDrift: true, hostKey:");

describe("a host that OpenRC boots", function () {
  this.timeout(500_000);

  it("has its facts by services of ours, which also watch them, or by ifupdown; who it is changes in a preview first", async () => {
    const place = await twoUplinks("12", NetworkManager.openrc);
    const { host } = place;
    const stack = await stackOn(place, "");
    stack.change(watched(program("Unit")));
    await stack.up();
    await assertWays(place, "up");
    const made = await ours(host);
    assert.match(made, /default via 192\.168\.20\.1 dev eth2[\s\S]*shim0/);
    const same = async (event: string) => {
      await assertWays(place, event);
      await assertComes(event, 20_000, made, () => ours(host).catch(() => "no shim0"));
      assert.doesNotMatch((await host.exec("wirework status")).stdout, /^(drift|conflicts|pending)$/m, event);
    };
    // In the order in which they were started.
    const started = async () => {
      const { stdout } = await host.exec("ls -tr /run/openrc/started | grep -E '^(wirework-.*|docker)$'");
      return stdout.trim().split("\n");
    };
    const services = ["wirework-early", "docker", "wirework-late", "wirework-watch"];

    await host.reboot();
    await assertComes("our services", 20_000, services, started);
    await same("a boot");

    for (const event of [
      "ip route del default table 200; ip rule del priority $(ip rule | sed -n 's/:.*172.31.7.0.*lookup uplink2.*/ /p')",
      "ip link del shim0",
      "rc-service wirework-watch restart; ip link del shim0",
      "rc-service docker restart",
    ]) {
      await host.exec(event);
      await same(event);
    }
    await assertSettled(stack);

    // Nothing but ifupdown runs links here, which OpenRC starts.
    stack.change(watched(program("Auto")));
    assert.deepEqual(changes(await stack.up()), [
      "update lan",
      "update lan-facts",
      "update probe",
      "update probe-facts",
    ]);
    await same("Auto");
    await host.reboot();
    await same("a boot by ifupdown");
    assert.deepEqual(await started(), ["docker"]);
    assert.equal(
      (await host.exec("cat /var/lib/wirework/owners/*/*/* | grep -c '^persistence ifupdown'")).stdout,
      "2\n",
    );

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
  });
});
