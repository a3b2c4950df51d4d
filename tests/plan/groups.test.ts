import { strict as assert } from "node:assert";
import { planBridgeAgent } from "../../lib/plan/bridge-agent";
import { planHostNetworkAgent } from "../../lib/plan/host-network-agent";
import { planIpvlanAgent } from "../../lib/plan/ipvlan-agent";
import { planLanBridge } from "../../lib/plan/lan-bridge";
import { planMacvlanAgent } from "../../lib/plan/macvlan-agent";
import { planPipeworkAgent } from "../../lib/plan/pipework-agent";
import { planPolicyRoutedAgent } from "../../lib/plan/policy-routed-agent";
import { contextOf, factLines, rulesOf } from "./support";

const context = contextOf("MacvlanAgent", "probe");
const own = { networkName: "lan", parent: "eth1", subnets: [{ subnet: "192.168.9.0/24" }, { subnet: "fd00:9::/64" }] };
const receives = ["FF15::0:1", "239.1.1.1"];
const JOINED = ["group 239.1.1.1 container probe network lan", "group ff15::1 container probe network lan"];
const COUNTED = ["require program nft", "group 239.1.1.1 network lan", "group ff15::1 network lan"];

describe("an agent that receives multicast", () => {
  it("has its groups joined on its port, and proved there", () => {
    for (const plan of [planMacvlanAgent, planIpvlanAgent]) {
      const { hostState, verify } = plan(context, { own, receives });
      assert.deepEqual(
        factLines(hostState).filter((line) => line.startsWith("group")),
        JOINED,
      );
      assert.deepEqual(verify, ["timeout 10", ...COUNTED]);
      assert.deepEqual(plan(context, { own, receives, verification: { receives: false } }).verify, []);
    }
    const bridge = planLanBridge(contextOf("BridgeNetwork", "lan"), {
      bridge: "br0",
      subnets: own.subnets,
      hostAddress: "192.168.9.2",
      hostAddress6: "fd00:9::2",
    });
    const onBridge = planBridgeAgent(context, { network: bridge.facts, receives });
    assert.deepEqual(factLines(onBridge.hostState).slice(-2), JOINED);
    assert.deepEqual(onBridge.verify, ["timeout 10", ...COUNTED]);
  });

  it("has them on an interface that the host puts in, which needs no address for it", () => {
    const attached = planPipeworkAgent(context, {
      interfaces: [{ parent: "eth1", macAddress: "02:00:00:00:00:01", receives }],
    });
    assert.match(factLines(attached.hostState).at(-1)!, /02:00:00:00:00:01 also 239\.1\.1\.1\/32,ff15::1\/128$/);
    const counted = ["group 239.1.1.1 dev eth1", "group ff15::1 dev eth1"];
    assert.deepEqual(attached.verify, ["timeout 10", "attached eth1", "require program nft", ...counted]);
    const leased = planMacvlanAgent(context, { own: { parent: "eth1" }, ipv4Address: "dhcp", leased: true, receives });
    assert.match(factLines(leased.hostState).at(-1)!, / hostname probe also 239\.1\.1\.1\/32,ff15::1\/128$/);
    assert.deepEqual(leased.verify.slice(-2), ["group 239.1.1.1 dev eth0", "group ff15::1 dev eth0"]);
  });

  it("is refused where nothing of a group arrives, with the reason", () => {
    const nat = "receives: do not arrive behind NAT, nor on a routed network: Docker's bridge passes no multicast on";
    const refused: [() => unknown, string[]][] = [
      [() => planBridgeAgent(context, { receives: ["239.1.1.1"] }), [nat]],
      [
        () => planBridgeAgent(context, { own: { subnets: [{ subnet: "10.0.0.0/24" }] }, receives: ["239.1.1.1"] }),
        [nat],
      ],
      [
        () => planHostNetworkAgent(context, { container: { receives } as never }),
        ["receives: has no port of the agent's own: its program joins groups on links of the host"],
      ],
      [
        () =>
          planPolicyRoutedAgent(context, {
            own: { subnets: [{ subnet: "172.31.7.0/24" }] },
            uplink: { dev: "wlan0", gateway: "192.168.20.1" },
            table: { id: 200 },
            container: { receives } as never,
          }),
        [nat],
      ],
      ...["l3", "l3s"].map((mode): [() => unknown, string[]] => [
        () => planIpvlanAgent(context, { own: { ...own, mode } as never, receives }),
        [`receives: do not arrive on ipvlan in mode ${mode}, which routes and takes no multicast`],
      ]),
      [
        () => planMacvlanAgent({ ...context, hostIdentity: undefined }, { own, receives }),
        ["receives: are joined by the host, on the agent's port, and none is given"],
      ],
      [
        () => planMacvlanAgent(context, { own: { parent: "eth1" }, receives: ["ff15::1"] }),
        ["receives[0]: is of IPv6, which Docker switches off on a network without an IPv6 subnet"],
      ],
      [
        () =>
          planMacvlanAgent(context, {
            own,
            receives: ["192.168.9.1", "232.1.1.1", "ff3e::1", "ff01::1", "239.1.1", "239.1.1.1", "239.1.1.1"],
          }),
        [
          "receives[0]: is no multicast group",
          "receives[1]: is a group of one source (RFC 4607), which is joined together with that",
          "receives[2]: is a group of one source (RFC 4607), which is joined together with that",
          "receives[3]: never leaves the machine that sends it",
          "receives[4]: is not an address",
          "receives[6]: stands here twice",
        ],
      ],
      [
        () => planMacvlanAgent(context, { own, verification: { receives: true } }),
        ["verify.receives: is of groups, and the agent receives none"],
      ],
    ];
    for (const [plan, rules] of refused) assert.deepEqual(rulesOf(plan), rules);
  });
});
