import { strict as assert } from "node:assert";
import * as pulumi from "@pulumi/pulumi";
import { ArgumentError, BridgeAgent, DHCP_ADDRESS, Host, MacvlanAgent, MacvlanNetwork } from "../../lib";
import { children, hostKey, privateKey, registered } from "./support";

const address = "192.0.2.10";
const subnets = [{ subnet: "192.168.9.0/24", gateway: "192.168.9.1", ipRange: "192.168.9.64/26" }];

describe("MacvlanAgent on a shared network", () => {
  it("makes host, network and agent, each child named after its component", async () => {
    const found = await registered(() => {
      const host = new Host("edge", { address, hostKey, privateKey, identity: "edge" });
      const lan = new MacvlanNetwork("lan", {
        host: host.ref,
        parent: "eth1",
        subnets,
        hostAccess: { address: "192.168.9.2" },
      });
      new MacvlanAgent("probe", { host: host.ref, network: lan.ref, image: "busybox", ipv4Address: "192.168.9.70" });
    });
    assert.deepEqual(children(found), [
      "wirework:index:Host edge",
      "pulumi:providers:docker edge-docker-edge",
      "command:remote:Command edge-helper",
      "wirework:index:MacvlanNetwork lan",
      "command:remote:Command lan-facts",
      "docker:index/network:Network lan-network",
      "wirework:index:MacvlanAgent probe",
      "docker:index/container:Container probe-container",
      "command:remote:Command probe-probe",
      "command:remote:Command probe-verify",
    ]);
    const facts = found.find(({ name }) => name === "lan-facts")?.inputs;
    const lines = String(facts?.stdin).split("\n");
    assert.deepEqual(lines.slice(0, 3), ["wirework 1", "host edge", "owner project/stack/MacvlanNetwork.lan"]);
    assert.ok(lines.includes("require parent eth1 macvlan"), facts?.stdin);
    assert.ok(lines.some((line) => /^addr 192\.168\.9\.2\/32 dev /.test(line)));
    assert.ok(lines.some((line) => /^route 192\.168\.9\.64\/26 dev /.test(line)));
    const network = found.find(({ name }) => name === "lan-network")?.inputs;
    assert.equal(network?.options.parent, "eth1");
    assert.deepEqual(Object.values(network?.ipamConfigs[0].auxAddress), ["192.168.9.2"]);
    const container = found.find(({ name }) => name === "probe-container")?.inputs;
    assert.equal(container?.networksAdvanced.length, 1);
    assert.equal(container?.networksAdvanced[0].name, "lan");
    assert.equal(container?.networksAdvanced[0].ipv4Address, "192.168.9.70");
  });

  it("sends its Docker objects to the engine of its host", async () => {
    const found = await registered(() => {
      const host = new Host("edge", { address, hostKey, privateKey, identity: "edge" });
      new MacvlanAgent("probe", { host: host.ref, image: "busybox", ownNetwork: { parent: "eth1", subnets } });
    });
    const docker = found.filter(({ type }) => type.startsWith("docker:"));
    assert.deepEqual(
      docker.map(({ provider }) => /::edge-docker-edge::/.test(provider)),
      [true, true],
    );
  });
});

describe("components without host", () => {
  it("are Docker resources only", async () => {
    const found = await registered(() => {
      new MacvlanAgent("probe", { image: "busybox", ownNetwork: { parent: "eth1", subnets } });
      new BridgeAgent("web", { image: "busybox", ports: [{ internal: 80, external: 8080 }] });
    });
    assert.deepEqual(children(found), [
      "wirework:index:MacvlanAgent probe",
      "docker:index/container:Container probe-container",
      "docker:index/network:Network probe-network",
      "wirework:index:BridgeAgent web",
      "docker:index/container:Container web-container",
    ]);
  });
});

describe("secrets", () => {
  it("never stand open in what is registered", async () => {
    const token = "canary-token";
    const found = await registered(() => {
      const host = new Host("edge", { address, hostKey, privateKey: pulumi.secret(privateKey) });
      new MacvlanAgent("probe", {
        host: host.ref,
        image: "busybox",
        environment: { TOKEN: pulumi.secret(token) },
        ownNetwork: { parent: "eth1", subnets },
      });
    });
    // The mock engine shows secrets as they are; what holds one must be a child that needs it, never a component.
    const holders = found.filter(({ inputs }) => /canary-(secret|token)|Y2FuYXJ5/.test(JSON.stringify(inputs)));
    assert.deepEqual(
      holders.filter(({ type }) => type.startsWith("wirework:")),
      [],
    );
    const facts = found.find(({ name }) => name === "probe-facts")?.inputs;
    assert.equal(typeof facts?.stdin, "string", "the fact lines of a preview must stay readable");
  });
});

describe("wrong arguments", () => {
  it("are all in one error, thrown where the component is made, before anything is asked of the engine", async () => {
    const found = await registered(() => {
      assert.throws(
        () =>
          new MacvlanAgent("probe", {
            image: "busybox",
            ownNetwork: { parent: "a-very-long-interface", subnets: [{ subnet: "192.168.9.5/24" }] },
          }),
        (error: unknown) => error instanceof ArgumentError && error.problems.length === 2,
      );
    });
    assert.deepEqual(
      found.filter(({ type }) => !type.startsWith("wirework:")),
      [],
    );
  });

  it("names both agents that want one address", async () => {
    await registered(() => {
      const lan = new MacvlanNetwork("lan", { parent: "eth1", subnets });
      new MacvlanAgent("east", { image: "busybox", network: lan.ref, ipv4Address: "192.168.9.70" });
      assert.throws(
        () => new MacvlanAgent("west", { image: "busybox", network: lan.ref, ipv4Address: "192.168.9.70" }),
        /ipv4Address: .*192\.168\.9\.70.*"east"/s,
      );
    });
  });
});

describe("MacvlanAgent with a leased address", () => {
  it("makes its facts and a container without a network, and no network of its own", async () => {
    const found = await registered(() => {
      const host = new Host("edge", { address, hostKey, privateKey, identity: "edge" });
      const ownNetwork = { parent: "eth1" };
      new MacvlanAgent("probe", { host: host.ref, image: "busybox", ownNetwork, ipv4Address: DHCP_ADDRESS });
    });
    assert.deepEqual(children(found).slice(3), [
      "wirework:index:MacvlanAgent probe",
      "docker:index/container:Container probe-container",
      "command:remote:Command probe-facts",
      "command:remote:Command probe-verify",
    ]);
    const container = found.find(({ name }) => name === "probe-container")?.inputs;
    assert.equal(container?.networkMode, "none");
    assert.equal(container?.networksAdvanced, undefined);
  });

  it("throws where it is made when Docker alone is there", async () => {
    await registered(() => {
      const args = { image: "busybox", ownNetwork: { parent: "eth1" }, ipv4Address: DHCP_ADDRESS };
      assert.throws(
        () => new MacvlanAgent("probe", args),
        /ipv4Address: "dhcp": is leased by the host, and none is given/,
      );
    });
  });
});
