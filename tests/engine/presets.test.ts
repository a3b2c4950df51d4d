import { strict as assert } from "node:assert";
import { LabImage, waits } from "../lab/images";
import type { Stack } from "../lab/stack";
import { assertSettled, assertTakenBack, changes, exampleOn, type Site, site } from "./support";

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
