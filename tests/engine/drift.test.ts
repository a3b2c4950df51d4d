import { strict as assert } from "node:assert";
import { assertTakenBack, changes, onHost, site, stackOn, subnet } from "./support";

const network = `new MacvlanNetwork("lan", { host: host.ref, parent: "eth1", subnets: [${subnet}], hostAccess: { address: "192.168.9.2" } });`;
const route = "- route 192.168.9.64/26 dev shim-";

describe("a host with detectDrift", () => {
  it("shows at a preview what was changed by hand, and an update brings it back", async () => {
    const place = await site("13");
    const { host } = place;
    const logins = async () =>
      Number((await host.exec("journalctl -q -u ssh --grep 'Accepted publickey' | wc -l", { check: false })).stdout);
    const harm = () => host.exec("systemctl stop wirework-watch && ip route del 192.168.9.64/26 proto 119");
    const stack = await stackOn(place, network);
    await stack.up();
    const before = await logins();
    await stack.preview();
    assert.equal(await logins(), before, "without detectDrift no dial");

    stack.change(onHost(network, "detectDrift: true"));
    assert.deepEqual(changes(await stack.preview()), ["update probe-host"], "nothing but the argument is new");
    assert.equal(await logins(), before + 1, "one dial");
    await stack.up();

    await harm();
    const drifted = await stack.preview({ diff: true });
    assert.deepEqual(changes(drifted), ["update lan-facts"]);
    assert.match(drifted.stdout, new RegExp(`update: .* 'drift of [^']*Z: ${route}[^']*'`), "the update says it");
    const said = drifted.stdout + drifted.stderr;
    assert.match(said, new RegExp(`Host "probe-host": .*MacvlanNetwork.lan are no longer as declared.*\n\\s*${route}`));
    assert.deepEqual(changes(await stack.up()), ["update lan-facts"]);
    assert.match((await host.exec("ip route show proto 119")).stdout, /192\.168\.9\.64\/26/);
    assert.deepEqual(changes(await stack.preview()), [], "stable after repair");

    await harm();
    assert.deepEqual(changes(await stack.up()), ["update lan-facts"], "the same once more is noticed again");

    await harm();
    await host.exec("systemctl stop ssh.socket ssh.service");
    const started = Date.now();
    const unreachable = await stack.preview();
    const took = Date.now() - started;
    await host.exec("systemctl start ssh.service");
    assert.deepEqual(changes(unreachable), [], "nobody knows");
    assert.match(
      unreachable.stdout + unreachable.stderr,
      /Host "probe-host": could not be asked .*(refused|timed out|no answer)/,
    );
    assert.ok(took < 60_000, `bounded: ${took} ms`);

    await host.exec("rm -r /var/lib/wirework/owners");
    assert.deepEqual(changes(await stack.up()), ["update lan-facts"], "a lost ledger is noticed");
    assert.deepEqual(changes(await stack.preview()), [], "and stable after repair");
    const state = JSON.stringify(await stack.export());
    assert.ok(!state.includes(host.privateKey.split("\n")[2]), "the login key stays a secret");
    await assertTakenBack(stack, place);
  });
});
