import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Stack } from "../lab/stack";
import { toolchain } from "../lab/toolchain";
import { until } from "../lab/until";
import { assertSettled, assertTakenBack, changes, onHost, type Site, site, stackOn, subnet } from "./support";

const network = `new MacvlanNetwork("lan", { host: host.ref, parent: "eth1", subnets: [${subnet}] });`;

/** The engine dies after Docker made the network, and before it hears of that. */
async function killBetweenMakingAndNoting(stack: Stack, { host }: Site): Promise<void> {
  const dockerd = (signal: string) => host.exec(`kill -${signal} "$(pidof dockerd)"`);
  const succeeds = (command: string) => async () =>
    (await host.exec(command, { check: false, timeoutMs: 5000 })).code === 0 || undefined;
  // As soon as the facts stand, which ask Docker too, and before the network is asked for.
  const frozen = host.exec(
    `until test -e /var/lib/wirework/owners/*/*/MacvlanNetwork.lan; do sleep 0.02; done; kill -STOP "$(pidof dockerd)"`,
    { timeoutMs: 60_000 },
  );
  const engine = spawn(toolchain().pulumi, ["up", "--yes", "--skip-preview", "--non-interactive"], {
    cwd: join(stack.folder, "project"),
    env: { ...process.env, ...stack.env },
    stdio: "ignore",
  });
  const ended = new Promise((resolve) => engine.on("exit", resolve));
  try {
    await frozen;
    await until(
      "the plugin at Docker's door",
      { timeoutMs: 60_000 },
      succeeds("pgrep -f 'docker system [d]ial-stdio'"),
    );
    engine.kill("SIGSTOP");
    await dockerd("CONT");
    await until("Docker's network", { timeoutMs: 10_000 }, succeeds("docker network inspect lan"));
  } finally {
    await dockerd("CONT");
    engine.kill("SIGKILL");
    await ended;
  }
}

describe("an engine that is interrupted (Ctrl-C)", () => {
  it("ends what it has begun, and the next up does the rest", async () => {
    const place = await site("13");
    const stack = await stackOn(
      place,
      `
      ${network.replace("new", "const lan = new")}
      for (const name of ["north", "south"]) new MacvlanAgent(name, { host: host.ref, image, network: lan.ref });`,
    );
    const engine = spawn(toolchain().pulumi, ["up", "--yes", "--skip-preview", "--non-interactive"], {
      cwd: join(stack.folder, "project"),
      env: { ...process.env, ...stack.env },
      stdio: "ignore",
    });
    const ended = new Promise((resolve) => engine.on("exit", resolve));
    await place.host.exec("until test -e /var/lib/wirework/owners/*/*/MacvlanNetwork.lan; do sleep 0.02; done");
    engine.kill("SIGINT");
    assert.notEqual(await ended, 0);
    assert.notDeepEqual(changes(await stack.preview()), [], "it was not done");
    await stack.up();
    await assertSettled(stack);
    await assertTakenBack(stack, place);
  });
});

describe("an engine that is killed after Docker made a network and before it noted that", () => {
  it("is followed by the commands that the README names, and then by an up as if nothing had been", async () => {
    const place = await site("13");
    const stack = await stackOn(place, "");
    await stack.up();
    stack.change(onHost(network));
    await killBetweenMakingAndNoting(stack, place);
    const locked = await stack.up({ check: false });
    assert.match(locked.stdout + locked.stderr, /pulumi cancel/);
    await stack.pulumi(["cancel", "--yes"], { check: true });
    assert.match((await stack.up({ check: false })).stdout, /network with name lan already exists/);

    await place.host.exec("docker network rm lan");
    await stack.pulumi(["refresh", "--yes", "--clear-pending-creates"], { check: true });
    await stack.up();
    await assertSettled(stack);
    assert.equal(JSON.parse((await stack.export()).stdout).deployment.pending_operations, undefined);
    await assertTakenBack(stack, place);
  });
});
