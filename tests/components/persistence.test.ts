import { strict as assert } from "node:assert";
import { Host, type HostArgs, MacvlanAgent, MacvlanNetwork, Persistence, PolicyRoutedAgent } from "../../lib";
import { hostKey, privateKey, registered } from "./support";

const newHost = (more: Partial<HostArgs> = {}) =>
  new Host("edge", { address: "192.0.2.10", hostKey, privateKey, identity: "edge", ...more });
const shared = {
  image: "busybox",
  uplink: { dev: "eth2", gateway: "198.51.100.1" },
  table: { id: 200 },
  ownNetwork: { subnets: [{ subnet: "172.31.7.0/24" }] },
};
const lan = {
  parent: "eth1",
  subnets: [{ subnet: "192.168.9.0/24", ipRange: "192.168.9.64/26" }],
  hostAccess: { address: "192.168.9.2" },
};
const facts = async (program: () => void, name: string): Promise<string[]> =>
  (await registered(program)).find((one) => one.name === name)?.inputs.facts;
const backend = (lines: readonly string[]) => lines.filter((line) => line.startsWith("persistence "));

describe("persistence", () => {
  it("is the host's own init, unless the component says otherwise, or its host does", async () => {
    const agent = (host: Partial<HostArgs>, persistence?: Persistence) =>
      facts(() => new PolicyRoutedAgent("probe", { ...shared, host: newHost(host).ref, persistence }), "probe");
    assert.deepEqual(backend(await agent({})), []);
    assert.deepEqual(backend(await agent({}, Persistence.RcLocal)), ["persistence rcLocal"]);
    const byHost = { persistence: Persistence.Ifupdown };
    assert.deepEqual(backend(await agent(byHost)), ["persistence ifupdown"]);
    assert.deepEqual(backend(await agent(byHost, Persistence.Unit)), []);
  });

  it("shows every line of every file in the preview", async () => {
    const host = { persistence: Persistence.Ifupdown };
    const lines = await facts(() => new MacvlanNetwork("lan", { ...lan, host: newHost(host).ref }), "lan");
    assert.ok(
      lines.some((line) =>
        /^file \/etc\/network\/interfaces\.d\/wirework-\S+ 003 \|iface shim-\S+ inet manual$/.test(line),
      ),
    );
    assert.ok(lines.some((line) => /^file \/etc\/network\/if-up\.d\/wirework-\S+ 001 \|#!\/bin\/sh$/.test(line)));
  });

  it("is nothing where all stands by itself: no file, no demand on the host", async () => {
    const args = { image: "busybox", ownNetwork: { parent: "eth1" }, persistence: Persistence.RcLocal };
    const lines = await facts(() => new MacvlanAgent("probe", { ...args, host: newHost().ref }), "probe");
    assert.deepEqual(lines, ["require parent eth1 macvlan"]);
  });

  it("is offered to the host by each that can, and by the host's own init alone where none can", async () => {
    const host = { persistence: Persistence.Auto };
    const offered = async (more: object) => {
      const lines = await facts(
        () => new PolicyRoutedAgent("probe", { ...shared, ...more, host: newHost(host).ref }),
        "probe",
      );
      assert.deepEqual(backend(lines), ["persistence auto"]);
      return lines.flatMap((line) => /^with (\S+ require) persistence/.exec(line)?.[1] ?? []);
    };
    assert.deepEqual(await offered({}), ["ifupdown require", "networkManager require", "networkd require"]);
    assert.deepEqual(await offered({ ports: [{ internal: 80 }] }), []);
  });

  it("is refused where it cannot bring everything back, at the user's own line", async () => {
    await registered(() => {
      const args = { ...shared, host: newHost().ref, ports: [{ internal: 80 }], persistence: Persistence.Ifupdown };
      assert.throws(
        () => new PolicyRoutedAgent("probe", args),
        /^ArgumentError: PolicyRoutedAgent "probe": 1 problem\n {2}persistence: "ifupdown": cannot bring back "reply .*give "unit"$/,
      );
    });
  });

  it("is refused where there is no such backend, or no host", async () => {
    await registered(() => {
      const wrong = "paper" as Persistence;
      assert.throws(
        () => new MacvlanNetwork("lan", { ...lan, host: newHost().ref, persistence: wrong }),
        /persistence: "paper": is not one of the values; choose unit, ifupdown, rcLocal/,
      );
      assert.throws(() => newHost({ persistence: wrong }), /Host "edge": 1 problem\n {2}persistence: "paper"/);
      assert.throws(
        () => new MacvlanNetwork("lan", { parent: "eth1", persistence: Persistence.Ifupdown }),
        /persistence: "ifupdown": is about facts of a host, and none is given/,
      );
    });
  });
});
