import { strict as assert } from "node:assert";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Stack, type StackResult } from "../stack";
import { toolchain } from "../toolchain";
import { type DockerEngine, startDockerEngine } from "./docker-engine";

interface Declared {
  type: "Network" | "Container" | "Volume" | "RemoteImage";
  name: string;
  args?: Record<string, unknown>;
  after?: string[];
  options?: Record<string, unknown>;
}

interface StateResource {
  urn: string;
  id?: string;
  type: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a resource holds is the tests' business.
  inputs?: Record<string, any>;
  // biome-ignore lint/suspicious/noExplicitAny: likewise.
  outputs?: Record<string, any>;
}

const debian = process.env.WIREWORK_CONFORMANCE_DEBIAN === "12" ? "12" : "13";
const folder = mkdtempSync(join(tmpdir(), "conformance-docker-"));
const declared = join(folder, "declared.json");

describe("the Docker plugin, as wirework relies on it", function () {
  this.timeout(180_000);
  let engine: DockerEngine;
  let stack: Stack;
  let provider: Record<string, unknown>;

  before(async () => {
    engine = await startDockerEngine(debian);
    provider = { host: engine.endpoint };
    stack = new Stack({ dir: join(__dirname, "declared"), name: "conformance", env: { DECLARED: declared } });
    console.log(`    plugin: ${toolchain().plugins.docker}; Docker ${engine.version}, API ${engine.api}`);
  });

  afterEach(async () => {
    declare([]);
    succeeded(await stack.destroy());
  });

  function declare(resources: Declared[], settings = provider): void {
    writeFileSync(
      declared,
      JSON.stringify({ provider: settings, resources: resources.map((r) => ({ args: {}, ...r })) }),
    );
  }

  function succeeded(result: StackResult): StackResult {
    assert.equal(result.code, 0, result.stdout + result.stderr);
    return result;
  }

  async function up(...resources: Declared[]): Promise<StackResult> {
    declare(resources);
    return succeeded(await stack.up());
  }

  async function failingUp(...resources: Declared[]): Promise<string> {
    declare(resources);
    const { code, stdout, stderr } = await stack.up();
    assert.notEqual(code, 0, "the update should have failed");
    return stdout + stderr;
  }

  async function preview(...resources: Declared[]): Promise<StackResult> {
    declare(resources);
    return succeeded(await stack.preview());
  }

  const refresh = async () => succeeded(await stack.refresh());

  /** Nothing was to do, for anything that the program declares. */
  function assertUnchanged({ steps }: StackResult): void {
    const changed = steps.filter(({ op }) => op !== "same" && op !== "refresh");
    assert.deepEqual(
      changed.map(({ op, name, changes }) => [op, name, changes]),
      [],
    );
  }

  async function found(name: string): Promise<StateResource | undefined> {
    const { resources } = await stack.export();
    return resources.find(({ urn }) => urn.endsWith(`::${name}`)) as StateResource | undefined;
  }

  async function state(name: string): Promise<Required<StateResource>> {
    const resource = await found(name);
    assert.ok(resource, `${name} is not in the state`);
    return resource as Required<StateResource>;
  }

  const container = (name: string, args: Record<string, unknown> = {}): Declared => ({
    type: "Container",
    name,
    args: { name, image: engine.image, command: ["sleep", "1000"], ...args },
  });

  const lan = (args: Record<string, unknown> = {}): Declared => ({
    type: "Network",
    name: "lan",
    args: {
      name: "conformance-lan",
      driver: "macvlan",
      options: { parent: engine.parent },
      ipv6: true,
      ipamConfigs: [
        { subnet: "192.0.2.0/24", ipRange: "192.0.2.64/26", gateway: "192.0.2.1", auxAddress: { host: "192.0.2.65" } },
        { subnet: "2001:db8:1::/64", gateway: "2001:db8:1::1" },
      ],
      labels: [{ label: "org.example.owner", value: "lab" }],
      ...args,
    },
  });

  const onLan = (args: Record<string, unknown> = {}): Declared =>
    container("agent", {
      capabilities: { adds: ["CAP_NET_ADMIN"] },
      mustRun: true,
      networksAdvanced: [
        {
          name: { from: "lan", out: "name" },
          ipv4Address: "192.0.2.77",
          ipv6Address: "2001:db8:1::77",
          macAddress: "02:42:c0:00:02:99",
        },
      ],
      ...args,
    });

  it("wants a local engine to answer before it plans anything", async () => {
    declare([lan()], { host: "unix:///nowhere/docker.sock" });
    const { code, stdout } = await stack.preview();
    assert.notEqual(code, 0);
    assert.match(stdout, /failed to connect to any docker daemon/);
  });

  it("makes a macvlan network and a container with its own addresses in it", async () => {
    await up(lan(), onLan({ envs: ["PLAIN=yes", { secret: "PASSWORD=geheim" }] }));
    const network = await state("lan");
    assert.equal(network.id, await engine.inspect("conformance-lan", "{{.Id}}"));
    assert.equal(network.outputs.driver, "macvlan");
    assert.equal(network.outputs.scope, "local");
    assert.equal(network.outputs.internal, false);
    assert.deepEqual(network.outputs.options, { parent: engine.parent });
    const pools = network.outputs.ipamConfigs as { subnet: string }[];
    assert.deepEqual(pools.map(({ subnet }) => subnet).sort(), ["192.0.2.0/24", "2001:db8:1::/64"]);
    assert.deepEqual(JSON.parse(await engine.inspect("conformance-lan", "{{json .Labels}}")), {
      "org.example.owner": "lab",
    });

    const agent = await state("agent");
    assert.equal(agent.id, await engine.inspect("agent", "{{.Id}}"));
    assert.equal(agent.outputs.networkMode, "bridge");
    const networks = JSON.parse(await engine.inspect("agent", "{{json .NetworkSettings.Networks}}"));
    assert.deepEqual(Object.keys(networks), ["conformance-lan"], "the default network was left");
    const [data, ...others] = agent.outputs.networkDatas as Record<string, unknown>[];
    assert.deepEqual(others, []);
    assert.equal(data?.networkName, "conformance-lan");
    assert.equal(data?.ipAddress, "192.0.2.77");
    assert.equal(data?.ipPrefixLength, 24);
    assert.equal(data?.gateway, "192.0.2.1");
    assert.equal(data?.globalIpv6Address, "2001:db8:1::77");
    assert.equal(data?.globalIpv6PrefixLength, 64);
    // The MAC address goes with the call that connects a container which does not run yet, and Docker forgets it there.
    // Up to Docker 27 (API 1.47) the engine derives one from the IPv4 address, later ones are random.
    assert.notEqual(data?.macAddress, "02:42:c0:00:02:99");
    if (Number(engine.api.split(".")[1]) < 48) assert.equal(data?.macAddress, "02:42:c0:00:02:4d");

    const text = (await stack.export()).stdout;
    assert.ok(!text.includes("geheim"), "a secret environment stays secret in inputs and outputs");
    assert.ok(agent.outputs.envs.ciphertext, "the outputs have it, encrypted");

    assertUnchanged(await preview(lan(), onLan({ envs: ["PLAIN=yes", { secret: "PASSWORD=geheim" }] })));
    assertUnchanged(await refresh());
    assertUnchanged(await preview(lan(), onLan({ envs: ["PLAIN=yes", { secret: "PASSWORD=geheim" }] })));
  });

  it("keeps what the engine chose: pool, gateway, names and defaults", async () => {
    await up({ type: "Network", name: "plain" }, container("still", { start: false, mustRun: false }));
    const network = await state("plain");
    assert.match(network.inputs.name, /^plain-[0-9a-f]{7}$/);
    assert.equal(network.outputs.driver, "bridge");
    assert.equal(network.outputs.ipamDriver, "default");
    const [pool] = network.outputs.ipamConfigs as { subnet: string; gateway: string }[];
    assert.match(pool!.subnet, /^172\.\d+\.0\.0\/16$/);
    assert.match(pool!.gateway, /^172\.\d+\.0\.1$/);
    const still = await state("still");
    assert.equal(still.inputs.restart, "no");
    assert.equal(still.inputs.networkMode, "bridge");
    assert.equal(still.inputs.removeVolumes, true);
    assert.equal(still.outputs.shmSize, 64);
    assert.equal(still.outputs.logDriver, "json-file");
    assert.equal(still.outputs.ipcMode, "private");
    assert.equal(await engine.inspect("still", "{{.State.Status}}"), "created");
    assertUnchanged(
      await preview({ type: "Network", name: "plain" }, container("still", { start: false, mustRun: false })),
    );
  });

  it("updates limits and the restart policy in place", async () => {
    const limits = { memory: 64, memorySwap: 128, cpuShares: 512, restart: "no" };
    await up(container("agent", limits));
    const before = await state("agent");
    const { summary } = await up(
      container("agent", { ...limits, memory: 96, memorySwap: 192, cpuShares: 256, restart: "always" }),
    );
    assert.equal(summary.update, 1);
    assert.equal((await state("agent")).id, before.id);
    const config = JSON.parse(await engine.inspect("agent", "{{json .HostConfig}}"));
    assert.deepEqual(
      [config.Memory, config.MemorySwap, config.CpuShares, config.RestartPolicy.Name],
      [96 << 20, 192 << 20, 256, "always"],
    );
  });

  it("replaces a network by deleting first, and the container that sits in it with it", async () => {
    await up(lan(), onLan());
    const before = [(await state("lan")).id, (await state("agent")).id];
    const changed = lan({ labels: [{ label: "org.example.owner", value: "other" }] });
    const agent = onLan({ networksAdvanced: [{ name: { from: "lan", out: "id" }, ipv4Address: "192.0.2.77" }] });
    assert.equal((await preview(changed, agent)).summary.replace, 2);
    const { steps } = await up(changed, agent);
    const order = steps.filter(({ op }) => /^(create-replacement|delete-replaced)$/.test(op));
    assert.deepEqual(
      order.map(({ op, name }) => `${op} ${name}`),
      ["delete-replaced agent", "delete-replaced lan", "create-replacement lan", "create-replacement agent"],
    );
    const after = [(await state("lan")).id, (await state("agent")).id];
    assert.ok(after.every((id, i) => id !== before[i]));
  });

  it("makes the new network first where the name is the plugin's choice", async () => {
    const network = (value: string): Declared => ({
      type: "Network",
      name: "plain",
      args: { labels: [{ label: "version", value }] },
    });
    await up(network("1"));
    const { steps } = await up(network("2"));
    const order = steps.map(({ op }) => op).filter((op) => /^(create-replacement|delete-replaced)$/.test(op));
    assert.deepEqual(order, ["create-replacement", "delete-replaced"]);
  });

  it("sees at refresh what is gone, and what stands still", async () => {
    const both = [lan(), onLan(), container("other")];
    await up(...both);
    await engine.docker("rm", "--force", "agent");
    await engine.docker("stop", "--time", "0", "other");
    const { summary } = await refresh();
    assert.deepEqual([summary.delete, summary.update], [1, 1]);
    assert.equal((await state("other")).outputs.mustRun, false);
    assert.equal((await up(...both)).summary.create, 1);
    assert.equal(await engine.inspect("other", "{{.State.Running}}"), "true");
    assert.equal(await engine.inspect("agent", "{{.State.Running}}"), "true");
  });

  it("shows at a refresh what the engine made of a set, and replaces for it", async () => {
    const network = { type: "Network", name: "plain", args: { ipamConfigs: [{ subnet: "198.51.100.0/24" }] } } as const;
    const agent = container("agent", { capabilities: { adds: ["NET_ADMIN"] } });
    await up(network, agent);
    assertUnchanged(await preview(network, agent));
    await refresh();
    assert.deepEqual((await state("agent")).outputs.capabilities.adds, ["CAP_NET_ADMIN"]);
    const { summary, steps } = await preview(network, agent);
    assert.equal(summary.replace, 1, "a capability is to be given in the engine's own spelling");
    assert.ok(steps.every(({ op, name }) => op === "same" || name === "agent"));
    const [pool] = (await state("plain")).outputs.ipamConfigs;
    assert.ok(!pool.gateway, "the engine names a gateway only for a pool of its own choice");
  });

  it("does not see that a container lost a network that the program gave", async () => {
    await up(lan(), onLan());
    await engine.docker("network", "disconnect", "conformance-lan", "agent");
    await refresh();
    assert.deepEqual((await state("agent")).outputs.networkDatas, []);
    assertUnchanged(await preview(lan(), onLan()));
  });

  it("waits with the delete of a network until nobody is in it", async () => {
    await up(lan());
    await engine.docker(
      "run",
      "--detach",
      "--name",
      "guest",
      "--network",
      "conformance-lan",
      engine.image,
      "sleep",
      "1000",
    );
    declare([]);
    const leaving = new Promise((resolve) => setTimeout(resolve, 6_000)).then(() =>
      engine.docker("rm", "--force", "guest"),
    );
    const destroyed = await stack.destroy();
    await leaving;
    succeeded(destroyed);
    assert.equal(await engine.docker("network", "ls", "--quiet", "--filter", "name=conformance-lan"), "");
  });

  it("keeps a container that was made and could not be put together", async () => {
    const output = await failingUp(
      lan(),
      onLan({ networksAdvanced: [{ name: { from: "lan", out: "name" }, ipv4Address: "198.51.100.9" }] }),
    );
    assert.match(output, /unable to (connect to network|start container)/i);
    const id = await engine.inspect("agent", "{{.Id}}");
    assert.equal((await state("agent")).id, id);
    assert.equal(await engine.inspect("agent", "{{.State.Running}}"), "false");
  });

  it("makes nothing where the image is missing or an input is refused", async () => {
    const missing = await failingUp(container("agent", { image: "wirework/nowhere:1" }));
    assert.match(missing, /unable to create container with image wirework\/nowhere:1/i);
    assert.equal(await found("agent"), undefined);
    const refused = await failingUp(container("agent", { restart: "sometimes" }));
    assert.match(refused, /sometimes' doesn't match the pattern/);
    assert.equal(await engine.docker("ps", "--all", "--quiet"), "");
  });

  it("follows a container to its end and keeps its output", async () => {
    await up(
      container("job", {
        command: ["sh", "-c", "echo over; exit 3"],
        attach: true,
        logs: true,
        mustRun: false,
      }),
    );
    const { outputs } = await state("job");
    assert.equal(outputs.containerLogs, "over\n");
    assert.equal(outputs.exitCode, 3);
  });

  it("waits for health, and says when it does not come", async () => {
    const check = (command: string) => ({ tests: ["CMD", command], interval: "1s", timeout: "1s", retries: 1 });
    await up(container("agent", { wait: true, healthcheck: check("true") }));
    assert.equal(await engine.inspect("agent", "{{.State.Health.Status}}"), "healthy");
    await up();
    const output = await failingUp(container("agent", { wait: true, waitTimeout: 4, healthcheck: check("false") }));
    assert.match(output, /failed to be in healthy state/);
  });

  it("gives a container volumes, files, devices and everything else", async () => {
    const args = {
      devices: [{ hostPath: "/dev/null", containerPath: "/dev/nothing" }],
      dns: ["192.0.2.53"],
      entrypoints: ["sh", "-c"],
      command: ["cat /etc/greeting /data/none; exec sleep 1000"],
      hostname: "agent-1",
      hosts: [{ host: "gate", ip: "192.0.2.1" }],
      init: true,
      labels: [{ label: "a", value: "1" }],
      logOpts: { "max-size": "1m" },
      mounts: [{ type: "tmpfs", target: "/scratch", tmpfsOptions: { sizeBytes: 1048576 } }],
      ports: [
        { internal: 80, external: 8080 },
        { internal: 53, external: 5353, protocol: "udp" },
      ],
      securityOpts: ["no-new-privileges"],
      shmSize: 32,
      stopSignal: "SIGINT",
      stopTimeout: 3,
      sysctls: { "net.ipv4.ip_forward": "1" },
      tmpfs: { "/more": "size=64k" },
      ulimits: [{ name: "nofile", soft: 100, hard: 200 }],
      uploads: [{ file: "/etc/greeting", content: "hello\n", permissions: "0600" }],
      user: "0",
      volumes: [{ volumeName: { from: "data", out: "name" }, containerPath: "/data" }],
      workingDir: "/data",
    };
    const all: Declared[] = [{ type: "Volume", name: "data" }, container("agent", args)];
    await up(...all);
    assertUnchanged(await preview(...all));
    assertUnchanged(await refresh());
    const {
      Config: config,
      HostConfig: host,
      Mounts: mounts,
    } = JSON.parse(await engine.inspect("agent", "{{json .}}"));
    assert.equal(config.Hostname, "agent-1");
    assert.equal(config.StopSignal, "SIGINT");
    assert.equal(config.StopTimeout, 3);
    assert.equal(host.Init, true);
    assert.deepEqual(host.ExtraHosts, ["gate:192.0.2.1"]);
    assert.deepEqual(host.PortBindings["53/udp"], [{ HostIp: "0.0.0.0", HostPort: "5353" }]);
    assert.deepEqual(host.Sysctls, { "net.ipv4.ip_forward": "1" });
    assert.equal(host.ShmSize, 32 << 20);
    assert.equal(host.Devices[0].CgroupPermissions, "rwm");
    const volume = await state("data");
    assert.equal(mounts.find((mount: { Destination: string }) => mount.Destination === "/data").Name, volume.id);
    assert.match(await engine.docker("logs", "agent"), /hello/);
    const swapped = { ...args, ports: [...args.ports].reverse() };
    assertUnchanged(await preview(all[0]!, container("agent", swapped))); // the order of ports means nothing
  });

  it("changes some properties in the state only", async () => {
    await up(container("agent", { init: false }));
    const { id } = await state("agent");
    assert.equal((await up(container("agent", { init: true }))).summary.update, 1);
    assert.equal((await state("agent")).id, id);
    assert.equal(await engine.inspect("agent", "{{.HostConfig.Init}}"), "false", "Docker cannot change it");
  });

  it("names an image by what it holds now", async () => {
    const image: Declared = {
      type: "RemoteImage",
      name: "image",
      args: { name: "wirework/moving:1", keepLocally: true },
    };
    const agent = container("agent", { image: { from: "image", out: "imageId" } });
    await engine.docker("tag", engine.image, "wirework/moving:1");
    await up(image, agent);
    const first = await state("image");
    assert.equal(first.outputs.imageId, await engine.inspect(engine.image, "{{.Id}}"));
    await engine.docker("run", "--name", "changed", engine.image, "sh", "-c", "echo more >/more");
    await engine.docker("commit", "changed", "wirework/moving:1");
    await engine.docker("rm", "changed");
    assertUnchanged(await preview(image, agent)); // a preview does not look
    await refresh();
    assert.notEqual((await state("image")).outputs.imageId, first.outputs.imageId);
    assert.equal((await preview(image, agent)).summary.replace, 1);
  });

  describe("over ssh", () => {
    const bin = join(folder, "bin");
    const log = join(folder, "ssh.log");
    let usual: Stack;

    /** Stands where ssh would: notes how it was called. */
    const sshIs = (command: string) =>
      writeFileSync(join(bin, "ssh"), `#!/bin/sh\nprintf '%s\\n' "$*" >>${log}\n${command}\n`, { mode: 0o755 });

    before(() => {
      mkdirSync(bin);
      usual = stack;
      const path = `${bin}:${toolchain().env.PATH}`;
      stack = new Stack({
        dir: join(__dirname, "declared"),
        name: "conformance",
        env: { DECLARED: declared, PATH: path },
      });
      provider = {
        host: "ssh://net@198.18.0.99:2222",
        sshOpts: ["-i", "/keys/one key", "-o", "StrictHostKeyChecking=yes"],
      };
    });

    beforeEach(() => writeFileSync(log, ""));

    after(() => {
      stack = usual;
      provider = { host: engine.endpoint };
    });

    it("calls no engine for a preview of new objects", async () => {
      sshIs("exit 255");
      assert.equal((await preview(lan(), onLan())).summary.create, 4);
      assert.equal(readFileSync(log, "utf8"), "");
    });

    it("says which engine cannot be reached", async () => {
      // As ssh does, it has taken the request when it ends: else the client may see the broken pipe and not the reason.
      sshIs("read -r request; echo 'ssh: no route to host' >&2; exit 255");
      const output = await failingUp(lan());
      assert.match(output, /error pinging docker server/i);
      assert.match(output, /ssh:\/\/net@198\.18\.0\.99:2222/);
      assert.match(output, /no route to host/);
    });

    it("hands sshOpts to ssh", async () => {
      // Connects to the engine itself.
      sshIs(`exec docker --host ${engine.endpoint} system dial-stdio`);
      await up({ type: "Volume", name: "data" });
      const [call] = readFileSync(log, "utf8").split("\n");
      assert.match(call!, /-i \/keys\/one key -o StrictHostKeyChecking=yes/);
      assert.match(call!, /-l net .*-p 2222/);
      assert.match(call!, /198\.18\.0\.99 .*docker system dial-stdio/);
    });
  });
});
