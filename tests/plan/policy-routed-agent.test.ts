import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type PolicyRoutedAgentSettings, planPolicyRoutedAgent } from "../../lib/plan/policy-routed-agent";
import { contextOf, factLines } from "./support";

const base: PolicyRoutedAgentSettings = {
  own: { subnets: [{ subnet: "172.31.7.0/24" }, { subnet: "fd00:31:7::/64" }], bridgeName: "wr-probe" },
  uplink: { dev: "eth2", gateway: "198.51.100.1", gateway6: "2001:db8:2::1" },
  table: { id: 200, name: "uplink2" },
};

function plan(more: Partial<PolicyRoutedAgentSettings> = {}, context = {}) {
  return planPolicyRoutedAgent(contextOf("PolicyRoutedAgent", "probe", context), { ...base, ...more });
}

const lines = (more: Partial<PolicyRoutedAgentSettings>) => factLines(plan(more).hostState);
const only = (kind: string, more: Partial<PolicyRoutedAgentSettings>) =>
  lines(more).filter((line) => line.startsWith(`${kind} `));

describe("a policy-routed agent", () => {
  it("on a network of its own comes to this", () => {
    const planned = plan();
    assert.deepEqual(factLines(planned.hostState), [
      "require link eth2",
      "require subnet-free 172.31.7.0/24",
      "require subnet-free fd00:31:7::/64",
      "table 200 name uplink2",
      "guard routes",
      "route 0.0.0.0/0 via 198.51.100.1 dev eth2 table 200",
      "route ::/0 via 2001:db8:2::1 dev eth2 table 200",
      "route unreachable 0.0.0.0/0 metric 4294967295 table 200",
      "route unreachable ::/0 metric 4294967295 table 200",
      "rule from 172.31.7.0/24 table 200 priority 12002",
      "rule from 172.31.7.0/24 table 254 suppress_prefixlength 0 priority 12001",
      "rule from fd00:31:7::/64 table 200 priority 12002",
      "rule from fd00:31:7::/64 table 254 suppress_prefixlength 0 priority 12001",
      "nat fd00:31:7::/64 oif eth2 masquerade",
    ]);
    assert.deepEqual(planned.verify, [
      "timeout 10",
      "gateway 172.31.7.1 network probe",
      "gateway fd00:31:7::1 network probe",
      "egress eth2 via 198.51.100.1 network probe iif wr-probe",
      "egress eth2 via 2001:db8:2::1 network probe iif wr-probe",
    ]);
    assert.deepEqual(planned.network?.docker.options, { "com.docker.network.bridge.name": "wr-probe" });
    assert.deepEqual([planned.table, planned.bridgeName, planned.warnings], [200, "wr-probe", []]);
    assert.deepEqual(
      planned.claims.map(({ scope, kind, value, property }) => [scope, kind, value, property]),
      [
        ["docker edge", "network", "probe", "ownNetwork.networkName"],
        ["docker edge", "subnet", "172.31.7.0/24", "ownNetwork.subnets[0].subnet"],
        ["docker edge", "range", "172.31.7.0/24", "ownNetwork.subnets[0].subnet"],
        ["docker edge", "subnet", "fd00:31:7::/64", "ownNetwork.subnets[1].subnet"],
        ["docker edge", "range", "fd00:31:7::/64", "ownNetwork.subnets[1].subnet"],
        ["docker edge", "container", "probe", "containerName"],
        ["host edge", "table", "200 name uplink2 via 198.51.100.1 via 2001:db8:2::1 dev eth2 fallback none", "table"],
        ["host edge", "table name", "uplink2 table 200", "table.name"],
        ["host edge", "priority", "12000 table 200", "priority"],
        ["host edge", "priority", "12001 table 200", "priority"],
        ["host edge", "priority", "12002 table 200", "priority"],
        ["host edge", "interface", "wr-probe", "ownNetwork.bridgeName"],
      ],
    );
  });

  it("on the default bridge goes by the bridge, in both families", () => {
    const planned = plan({ own: undefined, existing: { networkName: "bridge" }, priority: 10200 });
    assert.deepEqual(
      factLines(planned.hostState).filter((line) => /^(rule|nat|route unreachable)/.test(line)),
      [
        "route unreachable 0.0.0.0/0 metric 4294967295 table 200",
        "route unreachable ::/0 metric 4294967295 table 200",
        "rule from 0.0.0.0/0 iif docker0 table 200 priority 10202",
        "rule from 0.0.0.0/0 iif docker0 table 254 suppress_prefixlength 0 priority 10201",
        "rule from ::/0 iif docker0 table 200 priority 10202",
        "rule from ::/0 iif docker0 table 254 suppress_prefixlength 0 priority 10201",
      ],
    );
    assert.deepEqual(planned.verify, [
      "timeout 10",
      "default-route network bridge",
      "egress eth2 via 198.51.100.1 network bridge iif docker0",
      "egress eth2 via 2001:db8:2::1 network bridge iif docker0",
    ]);
    assert.match(planned.warnings[0]!, /every container on docker0 leaves by eth2/);
    assert.equal(planned.network, undefined);
  });

  it("with published ports answers by the link of the question", () => {
    const ports = [{ internal: 80, external: 8080 }];
    const has = (more: object) => lines({ ports, ...more }).filter((line) => /fwmark|^reply|rp_filter/.test(line));
    assert.deepEqual(has({}), [
      "require rp_filter-loose except eth2",
      "rule from 172.31.7.0/24 fwmark 0xc8000000/0xff000000 table 254 priority 12000",
      "rule from fd00:31:7::/64 fwmark 0xc8000000/0xff000000 table 254 priority 12000",
      "reply 172.31.7.0/24 except eth2 mark 0xc8000000/0xff000000",
      "reply fd00:31:7::/64 except eth2 mark 0xc8000000/0xff000000",
    ]);
    assert.deepEqual(
      has({ own: undefined, existing: { networkName: "back", bridgeName: "br-back", subnets: ["172.20.0.0/16"] } }),
      [
        "require rp_filter-loose except eth2",
        "rule from 0.0.0.0/0 iif br-back fwmark 0xc8000000/0xff000000 table 254 priority 12000",
        "rule from ::/0 iif br-back fwmark 0xc8000000/0xff000000 table 254 priority 12000",
        "reply 172.20.0.0/16 except eth2 mark 0xc8000000/0xff000000",
      ],
    );
    assert.deepEqual(
      plan({ ports }).claims.find(({ kind }) => kind === "mark")?.value,
      "0xc8000000/0xff000000 table 200",
    );
  });

  it("without a gateway of a family keeps that family inside, and says so", () => {
    const planned = plan({ uplink: { dev: "eth2", gateway: "198.51.100.1" } });
    const routes = factLines(planned.hostState).filter((line) => /^(route|nat)/.test(line));
    assert.deepEqual(routes, [
      "route 0.0.0.0/0 via 198.51.100.1 dev eth2 table 200",
      "route unreachable 0.0.0.0/0 metric 4294967295 table 200",
      "route unreachable ::/0 metric 4294967295 table 200",
    ]);
    assert.deepEqual(planned.warnings, ["uplink has no gateway6: IPv6 of the agent leads nowhere"]);
    const proved = planned.verify.filter((line) => line.startsWith("egress"));
    assert.deepEqual(proved, ["egress eth2 via 198.51.100.1 network probe iif wr-probe"]);
  });

  it("follows a gateway that the host learns, family by family", () => {
    const planned = plan({ uplink: { dev: "eth2", gateway: "learned", gateway6: "fe80::1" } });
    const routes = factLines(planned.hostState).filter((line) => /^(route|follow)/.test(line));
    assert.deepEqual(routes, [
      "route ::/0 via fe80::1 dev eth2 table 200",
      "route unreachable 0.0.0.0/0 metric 4294967295 table 200",
      "route unreachable ::/0 metric 4294967295 table 200",
      "follow 0.0.0.0/0 dev eth2 table 200",
    ]);
    const proved = planned.verify.filter((line) => line.startsWith("egress"));
    assert.deepEqual(proved, [
      "egress eth2 via inet network probe iif wr-probe",
      "egress eth2 via fe80::1 network probe iif wr-probe",
    ]);
    const other = () => plan({ uplink: { dev: "eth2", gateway: "dhcp" } });
    assert.throws(other, /uplink\.gateway: "dhcp": is not an address; give .* or "learned"$/);
  });

  it("by a link without router has a route by device", () => {
    assert.deepEqual(only("route", { uplink: { dev: "ppp0", pointToPoint: true }, fallback: "main" }), [
      "route 0.0.0.0/0 dev ppp0 table 200",
      "route ::/0 dev ppp0 table 200",
    ]);
  });

  it("takes a link-local router, because the link is always said", () => {
    const uplink = { dev: "eth2", gateway6: "FE80::1" };
    assert.ok(only("route", { uplink }).includes("route ::/0 via fe80::1 dev eth2 table 200"));
  });

  it("with a fixed source address takes the translation from Docker, in both families", () => {
    const uplink = { ...base.uplink!, sourceAddress: "198.51.100.20" };
    assert.deepEqual(only("nat", { uplink }), [
      "nat 172.31.7.0/24 oif eth2 snat 198.51.100.20",
      "nat fd00:31:7::/64 oif eth2 masquerade",
    ]);
    assert.equal(plan({ uplink }).network?.docker.options["com.docker.network.bridge.enable_ip_masquerade"], "false");
    assert.deepEqual(only("nat", { uplink: { ...base.uplink!, sourceAddress6: "2001:DB8:2::20" } }), [
      "nat 172.31.7.0/24 oif eth2 masquerade",
      "nat fd00:31:7::/64 oif eth2 snat 2001:db8:2::20",
    ]);
  });

  it("whose prefix is routed leaves IPv6 alone, and tells Docker so", () => {
    const uplink = { ...base.uplink!, sourceNat6: "none" };
    assert.deepEqual(only("nat", { uplink }), []);
    assert.equal(plan({ uplink }).network?.docker.options["com.docker.network.bridge.gateway_mode_ipv6"], "routed");
  });

  it("may name what else it wants of the change", () => {
    assert.deepEqual(lines({ allowManagementImpact: true, undoWindowSeconds: 60 }).slice(0, 2), [
      "window 60",
      "allow management-impact",
    ]);
    assert.ok(!lines({ allowManagementImpact: false }).some((line) => line.startsWith("allow")));
  });

  const derived: [id: number, name: string, priority: number, mark: string][] = [
    [1, "wr1", 10010, "0x1000000/0xff000000"],
    [251, "wr251", 12510, "0xfb000000/0xff000000"],
    [256, "wr256", 12560, "0x1000000/0xff000000"],
    [4294967295, "wr4294967295", 22950, "0xff000000/0xff000000"],
  ];
  for (const [id, name, priority, mark] of derived) {
    it(`derives name, priority and mark from table ${id}`, () => {
      const found = lines({ table: { id }, ports: [{ internal: 80 }] });
      assert.ok(found.includes(`table ${id} name ${name}`), found.join("\n"));
      assert.ok(found.includes(`rule from 172.31.7.0/24 fwmark ${mark} table 254 priority ${priority}`));
    });
  }

  it("comes to what the README of its example shows", () => {
    const readme = readFileSync(join(__dirname, "../../examples/policy-routed-agent/README.md"), "utf8");
    const uplink = { dev: "wlan0", gateway: "192.168.20.1" };
    const found = lines({
      own: undefined,
      existing: { networkName: "bridge" },
      uplink,
      table: { id: 200, name: "wlan0rt" },
    });
    assert.ok(readme.includes(`\`\`\`text\n${found.join("\n")}\n\`\`\``), found.join("\n"));
  });

  it("gives its bridge a name that is stable and its own", () => {
    const own = { subnets: base.own!.subnets };
    const name = plan({ own }).bridgeName;
    assert.match(name, /^wr-[0-9a-f]{8}$/);
    assert.equal(plan({ own }).bridgeName, name);
    const other = planPolicyRoutedAgent(contextOf("PolicyRoutedAgent", "other"), { ...base, own });
    assert.notEqual(other.bridgeName, name);
  });
});
