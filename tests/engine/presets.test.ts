import { strict as assert } from "node:assert";
import { LabImage, waits } from "../lab/images";
import { diffSnapshots } from "../lab/snapshot";
import type { Stack } from "../lab/stack";
import { assertComes } from "../lab/until";
import { assertSettled, assertTakenBack, changes, clientSeen, exampleOn, type Site, site } from "./support";

const example = (place: Site, name: string, values = {}) =>
  exampleOn(place, name, { image: LabImage.probe, parent: "eth1", ...values }, { accountToken: "not-a-token" });

/** What each way makes, less the host itself, as the preview says it. */
async function waysOf(stack: Stack, ways: readonly string[]): Promise<Record<string, string[]>> {
  const made: Record<string, string[]> = {};
  for (const way of ways) {
    await stack.config({ way });
    const preview = changes(await stack.preview()).map((line) => line.replace(/^create /, ""));
    made[way] = preview.filter((each) => !each.startsWith("probe-host") && /-(container|network|facts)$/.test(each));
  }
  return made;
}

describe("examples/thousandeyes", () => {
  it("connects one agent in every way of its document, and goes from one to the other", async () => {
    const place = await site("13");
    const { host } = place;
    const stack = await example(place, "thousandeyes");
    const all = ["te-agent-container", "te-agent-facts", "te-agent-network"];
    assert.deepEqual(await waysOf(stack, ["nat", "secondUplink", "pipework", "macvlan"]), {
      nat: ["te-agent-container"],
      secondUplink: all,
      pipework: ["te-agent-container", "te-agent-facts"],
      macvlan: all,
    });
    await stack.up();
    assert.match(String((await stack.outputs()).verification), /^gateway 192\.168\.9\.1 answered from /m);
    const asked =
      "{{.HostConfig.Memory}} {{.HostConfig.ShmSize}} {{.HostConfig.CapAdd}} {{.Path}} {{.Config.Hostname}} {{.Config.Env}}";
    assert.match(
      (await host.exec(`docker inspect --format '${asked}' te-agent`)).stdout,
      /^2147483648 536870912 \[CAP_NET_ADMIN CAP_SYS_ADMIN\] \/sbin\/my_init te-agent \[TEAGENT_ACCOUNT_TOKEN=not-a-token TEAGENT_INET=4 /,
    );
    await assertSettled(stack);
    await host.exec("docker exec te-agent sh -c 'echo me >/var/lib/te-agent/identity'");
    await stack.config({ way: "pipework" });
    await stack.up();
    assert.match(String((await stack.outputs()).verification), /^interface eth1: 192\.168\.9\.70\/24/m);
    assert.equal((await host.exec("docker exec te-agent cat /var/lib/te-agent/identity")).stdout, "me\n");
    await stack.destroy();
    await host.exec("rm -r /opt/thousandeyes");
    await assertTakenBack(stack, place);
  });
});

describe("examples/elecard-boro", () => {
  it("gives a probe its measuring port in every way of its document, with management beside it", async () => {
    const place = await site("13");
    const { host } = place;
    const stack = await example(place, "elecard-boro", { lan: "192.168.9" });
    const all = ["probe-container", "probe-facts", "probe-network"];
    assert.deepEqual(await waysOf(stack, ["host", "noAddress", "fixed", "pool"]), {
      host: ["probe-container"],
      noAddress: all,
      fixed: all,
      pool: all,
    });
    const program = "/opt/elecard/boro/dev/streamMonitor";
    await host.exec(`mkdir -p ${program.replace(/\/\w+$/, "")}; cat >${program}; chmod +x ${program}`, {
      input: `#!/bin/sh\n${waits}\n`,
    });
    await stack.up();
    const { address, verification } = await stack.outputs();
    assert.equal(address, "192.168.9.130");
    assert.match(
      String(verification),
      /^gateway 192\.168\.9\.1 answered from [\s\S]*^default route by network bridge /m,
    );
    const asked = "{{.HostConfig.Privileged}} {{.HostConfig.RestartPolicy.Name}} {{.HostConfig.Binds}}";
    assert.equal(
      (await host.exec(`docker inspect --format '${asked}' probe_dev`)).stdout,
      "true always [/opt/elecard/boro/dev:/opt/elecard/boro/dev:rw,z]\n",
    );
    await assertSettled(stack);
    await stack.destroy();
    await host.exec("rm -r /opt/elecard");
    await assertTakenBack(stack, place);
  });
});

// As much of the vendor's image as the program touches: its start, which tells each client the address that it sees, and a
// default file with comments and lines that are nobody's business.
const BMP_CONF = `# Yaml 1.2
base:
  admin_id: hostname   # of this collector
  # Can be "v4" "v6" or "v4v6"
  listen_mode: v4
  buffers:
    router: 15
  startup:
    #pat_enabled value is a boolean:
    pat_enabled: false    # the default
`;
const BMP_IMAGE = `set -e
docker create --name made ${LabImage.probe} >/dev/null
root=$(mktemp -d)
mkdir -p $root/usr/etc/openbmp $root/usr/sbin $root/config
cat >$root/usr/etc/openbmp/openbmpd.conf
printf '#!/bin/sh\nexec /bin/address-echo 5000 8001 9092 3306 2181\n' >$root/usr/sbin/run_all_in_one
chmod +x $root/usr/sbin/run_all_in_one
docker cp $root/. made:/
docker create --name echo ${LabImage.addressEcho} >/dev/null
docker cp echo:/bin/address-echo - | docker cp - made:/bin
docker commit made openbmp/aio >/dev/null
docker rm made echo >/dev/null
rm -r $root`;

describe("examples/openbmp-aio", () => {
  it("collects over IPv6 with the routers' own addresses, or by Docker's proxy and says what that costs", async () => {
    const place = await site("13");
    const { host, lan } = place;
    await host.exec(BMP_IMAGE, { input: BMP_CONF });
    await host.exec("ip address add fd00:9::10/64 dev eth1 nodad; ip address add 192.168.9.10/24 dev eth1");
    const values = { uplink: "eth1", image: "openbmp/aio", mayRestartDocker: "true" };
    const stack = await example(place, "openbmp-aio", values);
    await stack.up();
    const { verified, docker } = (await stack.outputs()) as Record<string, string>;
    assert.match(verified!, /^dnat dev eth1 tcp 5000 .* leads to fd00:9::10 fc00:172:17::[0-9a-f:]+\/64$/m);
    assert.match(docker!, /^~ Docker is restarted/m);

    const seen = async (address: string, port: number) => {
      return clientSeen((command) => lan.exec("client", command, { check: false }), address, port);
    };
    const served = (address: string, ports: readonly number[], client: string) =>
      assertComes(
        `whom the collector sees of who asks ${address}`,
        20_000,
        ports.map(() => client),
        () => Promise.all(ports.map((port) => seen(address, port))),
      );
    await served("fd00:9::10", [5000, 8001], lan.client6!);
    await served("192.168.9.10", [5000, 8001, 9092, 3306, 2181], lan.client);
    const conf = async () => (await host.exec("cat /var/openbmp/config/openbmpd.conf")).stdout;
    const first = BMP_CONF.replace("hostname   # of this collector", "collector").replace("mode: v4", "mode: v4v6");
    assert.equal(await conf(), first);
    assert.match((await host.exec("docker exec openbmp_aio env")).stdout, /^API_FQDN=localhost$/m);
    await assertSettled(stack);

    await host.exec(
      "sed -i 's/router: 15/router: 64/' /var/openbmp/config/openbmpd.conf; touch /var/openbmp/mysql/ibdata1",
    );
    await stack.config({ mode: "proxy" });
    const preview = await stack.preview();
    assert.match(
      preview.stdout,
      /routers get other hashes: what is in \/var\/openbmp\/mysql from before will not match/,
    );
    assert.ok(changes(preview).includes("replace openbmp_aio-container"), changes(preview).join("\n"));
    await stack.up();
    const second = first.replace("router: 15", "router: 64").replace("pat_enabled: false", "pat_enabled: true");
    assert.equal(await conf(), second);
    await served("fd00:9::10", [5000, 8001], "172.17.0.1");
    await host.exec("ls /var/openbmp/mysql/ibdata1");
    await assertSettled(stack);

    await stack.destroy();
    assert.equal(await conf(), second, "what was collected, and how, stays");
    await host.exec("rm -r /var/openbmp; docker rmi openbmp/aio; ip address del 192.168.9.10/24 dev eth1");
    await host.reboot(); // Docker leaves forwarding and settings of its bridge as its first IPv6 made them
    assert.deepEqual(diffSnapshots(place.found, await host.snapshot()), []);
    stack.dispose();
  });
});
