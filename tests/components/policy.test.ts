import { strict as assert } from "node:assert";
import * as pulumi from "@pulumi/pulumi";
import { ArgumentError, Fallback, Host, PolicyRoutedAgent, SourceNat6 } from "../../lib";
import { children, hostKey, privateKey, registered } from "./support";

const address = "192.0.2.10";
const newHost = () => new Host("edge", { address, hostKey, privateKey, identity: "edge" });
const uplink = { dev: "eth2", gateway: "198.51.100.1", sourceNat6: SourceNat6.None };
const subnets = [{ subnet: "172.31.7.0/24" }];

describe("PolicyRoutedAgent", () => {
  it("on a network of its own makes facts, network, container and proof", async () => {
    const outputs: unknown[] = [];
    const found = await registered(() => {
      const agent = new PolicyRoutedAgent("probe", {
        host: newHost().ref,
        image: "busybox",
        ownNetwork: { subnets, bridgeName: "wr-probe" },
        uplink,
        table: { id: 200, name: "uplink2" },
        fallback: Fallback.Main,
        ports: [{ internal: 80, external: 8080 }],
      });
      pulumi.all([agent.bridgeName, agent.tableId]).apply((values) => outputs.push(...values));
    });
    assert.deepEqual(children(found).slice(3), [
      "wirework:index:PolicyRoutedAgent probe",
      "docker:index/container:Container probe-container",
      "command:remote:Command probe-facts",
      "docker:index/network:Network probe-network",
      "command:remote:Command probe-verify",
    ]);
    const inputs = (name: string) => found.find((one) => one.name === name)?.inputs;
    assert.deepEqual(inputs("probe")?.facts, [
      "require link eth2",
      "require rp_filter-loose except eth2",
      "require subnet-free 172.31.7.0/24",
      "table 200 name uplink2",
      "guard routes",
      "route 0.0.0.0/0 via 198.51.100.1 dev eth2 table 200",
      "rule from 172.31.7.0/24 fwmark 0xc8000000/0xff000000 table 254 priority 12000",
      "rule from 172.31.7.0/24 table 200 priority 12002",
      "rule from 172.31.7.0/24 table 254 suppress_prefixlength 0 priority 12001",
      "reply 172.31.7.0/24 except eth2 mark 0xc8000000/0xff000000",
    ]);
    assert.equal(inputs("probe-network")?.options["com.docker.network.bridge.name"], "wr-probe");
    assert.match(inputs("probe-verify")?.stdin, /^egress eth2 via 198\.51\.100\.1 network probe iif wr-probe$/m);
    assert.deepEqual(outputs, ["wr-probe", 200]);
  });

  it("on the default bridge makes no network", async () => {
    const found = await registered(() => {
      const existingNetwork = { networkName: "bridge" };
      new PolicyRoutedAgent("probe", {
        host: newHost().ref,
        image: "busybox",
        existingNetwork,
        uplink,
        table: { id: 200 },
      });
    });
    assert.deepEqual(children(found).slice(4), [
      "docker:index/container:Container probe-container",
      "command:remote:Command probe-facts",
      "command:remote:Command probe-verify",
    ]);
  });

  it("whose gateway is an Output that is known later comes to the same facts", async () => {
    const found = await registered(() => {
      const later = { dev: "eth2", gateway: pulumi.output(Promise.resolve("198.51.100.1")) };
      const args = { host: newHost().ref, image: "busybox", ownNetwork: { subnets }, table: { id: 200 } };
      new PolicyRoutedAgent("probe", { ...args, uplink: later });
    });
    const stdin = found.find(({ name }) => name === "probe-facts")?.inputs.stdin;
    assert.match(stdin, /^route 0\.0\.0\.0\/0 via 198\.51\.100\.1 dev eth2 table 200$/m);
  });

  it("throws where it is made when arguments are wrong, or another's", async () => {
    await registered(() => {
      const host = newHost().ref;
      const agent = (name: string, more: object) =>
        new PolicyRoutedAgent(name, { host, image: "busybox", uplink, table: { id: 200 }, ...more });
      assert.throws(
        () => agent("none", { uplink: { dev: "eth2" } }),
        (error: unknown) => error instanceof ArgumentError && error.problems.length === 2,
      );
      agent("east", { ownNetwork: { subnets } });
      const other = { ownNetwork: { subnets: [{ subnet: "172.31.8.0/24" }] } };
      assert.throws(() => agent("west", { ...other, table: { id: 200, name: "uplink3" } }), /table: .*"east"/s);
    });
  });
});
