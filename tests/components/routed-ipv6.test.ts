import { strict as assert } from "node:assert";
import { BridgeAgent, Delegation, Host, NdpProxy, RoutedIpv6Network } from "../../lib";
import { children, hostKey, privateKey, registered } from "./support";

const newHost = () => new Host("edge", { address: "192.0.2.10", hostKey, privateKey, identity: "edge" });

describe("RoutedIpv6Network and NdpProxy", () => {
  it("make facts, a network that agents join, and the proof of the proxy", async () => {
    const found = await registered(() => {
      const host = newHost();
      const uplink = "eth0";
      const net = new RoutedIpv6Network("net", {
        host: host.ref,
        uplink,
        subnets: [{ subnet: "172.31.6.0/24" }, { subnet: "2001:db8:1::f8/125" }],
        delegation: Delegation.OnLink,
      });
      const web = new BridgeAgent("web", {
        host: host.ref,
        network: net.ref,
        image: "busybox",
        ipv6Address: "2001:db8:1::fa",
      });
      const { containerName: container } = web;
      const { networkName: network } = net;
      new NdpProxy("proxy", { host: host.ref, uplink, prefix: "2001:db8:1::f0/124", container, network });
    });
    assert.deepEqual(
      children(found).filter((line) => !/edge/.test(line)),
      [
        "wirework:index:RoutedIpv6Network net",
        "command:remote:Command net-facts",
        "docker:index/network:Network net-network",
        "wirework:index:NdpProxy proxy",
        "command:remote:Command proxy-facts",
        "command:remote:Command proxy-verify",
        "wirework:index:BridgeAgent web",
        "docker:index/container:Container web-container",
        "command:remote:Command web-verify",
      ],
    );
    const stdin = (name: string) => found.find((one) => one.name === name)?.inputs.stdin as string;
    assert.match(stdin("net-facts"), /^sysctl net\/ipv6\/conf\/all\/forwarding = 1$/m);
    assert.match(stdin("proxy-facts"), /^proxy dev eth0 container web network net$/m);
    assert.match(stdin("web-verify"), /^gateway 2001:db8:1::f9 network net$/m);
  });
});
