import { strict as assert } from "node:assert";
import { ArgumentError, Host, Persistence, PipeworkAgent } from "../../lib";
import { children, hostKey, privateKey, registered } from "./support";

const edge = () => new Host("edge", { address: "192.0.2.10", hostKey, privateKey, identity: "edge" });
const interfaces = [{ parent: "eth1", ipv4Address: "192.168.9.90/24", gateway: "192.168.9.1" }];

describe("PipeworkAgent", () => {
  it("makes facts, a container without a network, and the proof", async () => {
    const found = await registered(() => {
      new PipeworkAgent("probe", { host: edge().ref, image: "busybox", interfaces });
    });
    assert.deepEqual(children(found).slice(3), [
      "wirework:index:PipeworkAgent probe",
      "docker:index/container:Container probe-container",
      "command:remote:Command probe-facts",
      "command:remote:Command probe-probe",
      "command:remote:Command probe-verify",
    ]);
    const container = found.find(({ name }) => name === "probe-container")?.inputs;
    assert.equal(container?.networkMode, "none");
    assert.equal(container?.networksAdvanced, undefined);
    assert.equal(container?.entrypoints, undefined);
    const facts = String(found.find(({ name }) => name === "probe-facts")?.inputs.stdin);
    assert.match(facts, /^attach eth1 container probe type macvlan parent eth1 mode bridge address \S+ addr /m);
    const asked = String(found.find(({ name }) => name === "probe-probe")?.inputs.stdin);
    assert.match(asked, /^free 192\.168\.9\.90 gateway 192\.168\.9\.1 dev eth1$/m);
  });

  it("beside networks of Docker has them, and waits where it is told to", async () => {
    const found = await registered(() => {
      new PipeworkAgent("probe", {
        host: edge().ref,
        image: "busybox",
        entrypoint: ["/bin/probe"],
        command: ["--all"],
        interfaces: [{ bridge: "br0" }],
        extraNetworks: [{ name: "bridge", management: true }],
        waitForInterfaces: true,
      });
    });
    const container = found.find(({ name }) => name === "probe-container")?.inputs;
    assert.equal(container?.networkMode, undefined);
    assert.deepEqual(container?.networksAdvanced, [{ name: "bridge" }]);
    assert.deepEqual(container?.entrypoints.slice(-2), ["sh", "/bin/probe"]);
    assert.deepEqual(container?.command, ["--all"]);
  });

  it("has its facts brought back by the host's own init, whoever does it for others of that host", async () => {
    const found = await registered(() => {
      const login = { address: "192.0.2.10", hostKey, privateKey, identity: "edge" };
      const host = new Host("edge", { ...login, persistence: Persistence.Ifupdown });
      new PipeworkAgent("probe", { host: host.ref, image: "busybox", interfaces });
    });
    const facts = String(found.find(({ name }) => name === "probe-facts")?.inputs.stdin);
    assert.match(facts, /^attach eth1 /m);
    assert.doesNotMatch(facts, /^(persistence|file) /m);
  });

  it("throws where it is made when arguments are wrong, or the address is another's", async () => {
    await registered(() => {
      const host = edge();
      assert.throws(
        () => new PipeworkAgent("none", { host: host.ref, image: "busybox", interfaces: [] }),
        ArgumentError,
      );
      new PipeworkAgent("one", { host: host.ref, image: "busybox", interfaces });
      assert.throws(
        () => new PipeworkAgent("two", { host: host.ref, image: "busybox", interfaces }),
        /192\.168\.9\.90/,
      );
    });
  });
});
