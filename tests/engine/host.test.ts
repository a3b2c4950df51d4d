import { strict as assert } from "node:assert";
import { diffSnapshots } from "../lab/snapshot";
import { Stack } from "../lab/stack";
import { until } from "../lab/until";
import { assertTakenBack, changes, onHost, overSsh, type Site, site, stackOn, subnet } from "./support";

const network = `new MacvlanNetwork("lan", { host: host.ref, parent: "eth1", subnets: [${subnet}], hostAccess: { address: "192.168.9.2" } });`;

/** Logins that sshd of the host has seen so far, and dials that came to none; its processes have other names in newer versions. */
async function dials({ host }: Site): Promise<string[]> {
  const journal = "journalctl -q -o cat -u ssh --grep 'accepted|preauth|drop connection'";
  return (await host.exec(journal, { check: false })).stdout.split("\n");
}

describe("a host", () => {
  let place: Site;
  before(async () => {
    place = await site("13");
  });

  it("that is logged into without sudo rights is refused within seconds, and nothing is changed", async () => {
    const { host, found } = place;
    await host.exec("mv /etc/sudoers.d /etc/sudoers.off && mkdir -m 750 /etc/sudoers.d");
    const stack = await stackOn(place, network);
    await stack.config({ user: "net" });
    const started = Date.now();
    const result = await stack.up({ check: false });
    await host.exec("rmdir /etc/sudoers.d && mv /etc/sudoers.off /etc/sudoers.d");
    assert.notEqual(result.code, 0);
    assert.match(result.stdout, /sudo -n does not let this user run .*nothing was changed/s);
    assert.ok(Date.now() - started < 60_000);
    assert.deepEqual(diffSnapshots(found, await host.snapshot()), []);
    await stack.destroy();
    stack.dispose();
  });

  it("is used by another user than root over sudo, and by its IPv6 address, with or without brackets", async () => {
    const { host } = place;
    const stack = await stackOn(place, `${network}\nexport const facts = host.facts;`);
    await stack.config({ user: "net", address: `[${host.address6}]` });
    await stack.up();
    const { facts } = (await stack.outputs()) as { facts: Record<string, unknown> };
    assert.equal(facts.managementInterface, "eth0");
    assert.equal(facts.managementAddress, host.address6);
    assert.match(String(facts.dockerVersion), /^26\.1/);
    await stack.config({ address: host.address6 });
    assert.deepEqual(changes(await stack.preview()), ["update probe-host"], "another way of writing is no other host");
    await assertTakenBack(stack, place);
  });

  it("behind a jump host is reached through it, for facts as for Docker", async () => {
    const { host } = place;
    const jump = (await site("12")).host;
    const stack = new Stack({
      program: onHost(`${network.replace("new", "const lan = new")}
         new MacvlanAgent("north", { host: host.ref, image, network: lan.ref });`).replace(
        "hostKey:",
        `proxy: { address: config.require("jump"), hostKey: config.require("jumpKey"), privateKey: config.requireSecret("privateKey") }, hostKey:`,
      ),
      check: true,
    });
    await stack.login(host, { jump: jump.address, jumpKey: jump.hostKey });
    await stack.up();
    const peers = await host.exec(
      `journalctl -q -u ssh --since -2min --grep 'Accepted publickey' | grep -c 'from ${jump.address} '`,
    );
    assert.ok(Number(peers.stdout) >= 3, "helper, facts and Docker came from the jump host");
    await assertTakenBack(stack, place);
  });

  it("with another host key is not talked to", async () => {
    const stack = await stackOn(place, network);
    await stack.config({ hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK0wmN/Cr3JXqmLW7u+g9pTh+wyqDHpSQEIQczXkVx9q" });
    const result = await stack.up({ check: false });
    assert.notEqual(result.code, 0);
    assert.match(result.stdout, /host key/i);
    await stack.destroy();
    stack.dispose();
  });

  it("that became another machine is refused, and the way out drops old facts without dialling", async () => {
    const { host } = place;
    const stack = await stackOn(place, network);
    await stack.up();
    await host.exec("cp /etc/machine-id /root/machine-id && echo 0123456789abcdef0123456789abcdef > /etc/machine-id");
    stack.change(onHost(network.replace("192.168.9.2", "192.168.9.3")));
    const refused = await stack.up({ check: false });
    assert.notEqual(refused.code, 0);
    assert.match(refused.stdout, /machine/);
    assert.match(refused.stdout, /pulumi state delete --target-dependents/);
    await host.exec("cat /root/machine-id > /etc/machine-id && rm /root/machine-id");
    assert.match((await host.exec("ip addr")).stdout, /192\.168\.9\.2\/32/, "nothing was changed");
    await assertTakenBack(stack, place);
  });

  it("is never dialled for arguments that are wrong, and all problems stand in one error", async () => {
    const before = await dials(place);
    const stack = await stackOn(
      place,
      `new MacvlanAgent("north", {
         host: host.ref, image, ipv4Address: "192.168.10.7", memoryMiB: -1,
         ownNetwork: { parent: "eth1; reboot", subnets: [{ subnet: "192.168.9.5/24" }] },
       });`,
    );
    const result = await stack.preview({ check: false });
    assert.notEqual(result.code, 0);
    assert.match(result.stdout, /MacvlanAgent "north": \d problems/);
    for (const property of ["ownNetwork.parent", "ownNetwork.subnets[0].subnet", "memoryMiB"]) {
      assert.ok(result.stdout.includes(`${property}: `), `${property} in ${result.stdout}`);
    }
    assert.deepEqual(await dials(place), before, "no dial");
    assert.equal((await overSsh(place, "true")).code, 0);
    await until("a connection is seen at all", { timeoutMs: 10_000, intervalMs: 200 }, async () => {
      return (await dials(place)).length > before.length || undefined;
    });
    stack.dispose();
  });

  it("keeps the login key and secrets of agents out of everything that is printed or stored open", async () => {
    const { host } = place;
    const canary = "canary-5f1d";
    const stack = await stackOn(
      place,
      `${network.replace("new", "const lan = new")}
       new MacvlanAgent("north", { host: host.ref, image, network: lan.ref, environment: { TOKEN: pulumi.secret("${canary}") } });`,
    );
    const key = host.privateKey.split("\n")[2];
    const outputs = [await stack.preview({ diff: true }), await stack.up(), await stack.preview({ diff: true })];
    const printed = outputs.map(({ stdout, stderr }) => stdout + stderr).join("\n");
    const state = JSON.stringify(await stack.export());
    const journal = (
      await host.exec(
        "journalctl -q; cat /proc/*/cmdline 2>/dev/null | tr '\\0' ' '; cat /var/lib/wirework/owners/*/*/*",
      )
    ).stdout;
    for (const [where, text] of Object.entries({ printed, state, journal })) {
      assert.ok(!text.includes(key), `login key in ${where}`);
      assert.ok(!text.includes(canary), `secret in ${where}`);
    }
    assert.match((await host.exec("docker exec north env")).stdout, new RegExp(`TOKEN=${canary}`));
    await assertTakenBack(stack, place);
  });

  it("of another identity gets everything anew: containers and networks go first, then facts, then the helper", async () => {
    const { host } = place;
    const agent = `${network.replace("new", "const lan = new")}\nnew MacvlanAgent("north", { host: host.ref, image, network: lan.ref });`;
    const program = (identity: string) => onHost(agent, `identity: "${identity}"`);
    const stack = new Stack({ program: program("first"), check: true });
    await stack.login(host);
    await stack.up();
    stack.change(program("second"));
    const result = await stack.up();
    const order = result.steps
      .filter(({ op }) => op === "delete-replaced" || op === "create-replacement")
      .map(({ op, name }) => `${op} ${name}`);
    const position = (step: string) => {
      assert.ok(order.includes(step), `${step} in ${order}`);
      return order.indexOf(step);
    };
    const wanted = ["north-container", "lan-network", "lan-facts", "probe-host-helper"].map(
      (name) => `delete-replaced ${name}`,
    );
    const made = ["probe-host-helper", "lan-facts", "lan-network", "north-container"].map(
      (name) => `create-replacement ${name}`,
    );
    assert.deepEqual(
      [...wanted, ...made].map(position),
      [...wanted, ...made].map(position).sort((a, b) => a - b),
      order.join("\n"),
    );
    assert.match((await host.exec("docker network inspect lan")).stdout, /"wirework.host": "second"/);
    await assertTakenBack(stack, place);
  });
});
