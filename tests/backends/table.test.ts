import { strict as assert } from "node:assert";
import { NETWORK_MANAGER_ITSELF, upThenSame } from "../engine/backends";
import { assertSettled, stackOn } from "../engine/support";
import { twoUplinks } from "../engine/two-uplinks";
import { NetworkManager } from "../lab/host-network";
import { diffSnapshots } from "../lab/snapshot";
import { backends, hosts, scenarios, takes } from "./table";

/** What the init of a host does to lo, at one boot sooner than at another. */
const BOOT_ITSELF =
  /^~ (link lo inet6_addr_gen_mode|sysctl net\.ipv[46]\.conf\.lo\.(promote_secondaries|addr_gen_mode)):/;

/** What Docker leaves of its first network with IPv6: a chain without a rule. */
const DOCKER_ITSELF = /^\+ nft ip6 nat chain POSTROUTING: \["\{[^}]*\}"\]$/;

const all = Object.entries(scenarios);

describe("a plan refuses", function () {
  this.timeout(500_000);

  for (const backend of backends) {
    for (const [name, scenario] of all.filter(([, one]) => !takes(backend, one))) {
      it(`${backend}: ${name}`, async () => {
        const place = await twoUplinks("12");
        const first = all[0][1].body("Unit");
        const stack = await stackOn(place, first + scenario.body(backend));
        const failed = await stack.preview({ check: false });
        assert.notEqual(failed.code, 0);
        assert.ok((failed.stdout + failed.stderr).includes(scenario.refused!), failed.stderr);
        assert.deepEqual(diffSnapshots(place.found, await place.host.snapshot()), []);
        stack.dispose();
      });
    }
  }
});

for (const [host, { debian, manager, refuses }] of Object.entries(hosts)) {
  describe(host, function () {
    this.timeout(debian === "testing" ? 3_000_000 : 500_000); // emulated

    for (const backend of backends) {
      it(backend, async () => {
        const place = await twoUplinks(debian, manager);
        const taken = all.flatMap(([, scenario]) => (takes(backend, scenario) ? [scenario] : []));
        const stack = await stackOn(place, taken.map(({ body }) => body(backend)).join(""));
        const refused = refuses[backend];
        if (refused === undefined) {
          const same = await upThenSame(stack, place, taken.map(({ shows }) => shows ?? "").join("\n"));
          await place.host.reboot();
          await same("a boot");
          await assertSettled(stack);
        } else {
          const failed = await stack.up({ check: false });
          assert.notEqual(failed.code, 0);
          assert.ok((failed.stdout + failed.stderr).includes(refused), failed.stdout + failed.stderr);
        }
        await stack.destroy();
        // What systemd-networkd has read it keeps until it starts anew.
        const byNetworkd = backend === "Networkd" || (backend === "Auto" && manager === NetworkManager.netplan);
        if (byNetworkd && refused === undefined) await place.host.reboot();
        const left = diffSnapshots(place.found, await place.host.snapshot());
        const itself = [
          BOOT_ITSELF,
          ...(manager === NetworkManager.networkManager ? [NETWORK_MANAGER_ITSELF] : []),
          ...(debian === "testing" ? [DOCKER_ITSELF] : []),
        ];
        assert.deepEqual(
          left.filter((line) => !itself.some((expected) => expected.test(line))),
          [],
        );
        stack.dispose();
      });
    }
  });
}
