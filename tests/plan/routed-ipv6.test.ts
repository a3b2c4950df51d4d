import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { planBridgeAgent } from "../../lib/plan/bridge-agent";
import { type NdpProxySettings, planNdpProxy } from "../../lib/plan/ndp-proxy";
import { planRoutedIpv6Network, type RoutedIpv6NetworkSettings } from "../../lib/plan/routed-ipv6-network";
import { contextOf, factLines, rulesOf } from "./support";

const network = (more: object = {}, context = {}) =>
  planRoutedIpv6Network(contextOf("RoutedIpv6Network", "native", context), {
    uplink: "eth0",
    subnets: [{ subnet: "172.31.7.0/24" }, { subnet: "2001:db8:1:1::/64" }],
    ...more,
  } as RoutedIpv6NetworkSettings);
const proxy = (more: object = {}, context = {}) =>
  planNdpProxy(contextOf("NdpProxy", "web", context), {
    uplink: "eth0",
    prefix: "2001:db8:1::f0/124",
    ...more,
  } as NdpProxySettings);
const readme = (example: string) => readFileSync(join(__dirname, `../../examples/${example}/README.md`), "utf8");

describe("a network with a prefix of its own", () => {
  it("comes to forwarding of the host, and a network that Docker does not translate", () => {
    const planned = network({ prefix: "2001:db8:1::/56" });
    assert.ok(readme("ipv6-routed-prefix").includes(`\n${factLines(planned.hostState).join("\n")}\n`));
    assert.deepEqual(planned.docker.options, { "com.docker.network.bridge.gateway_mode_ipv6": "routed" });
    assert.deepEqual(planned.docker.ipamConfigs, [
      { subnet: "172.31.7.0/24", gateway: "172.31.7.1" },
      { subnet: "2001:db8:1:1::/64", gateway: "2001:db8:1:1::1" },
    ]);
    assert.equal(planned.docker.ipv6, true);
    assert.deepEqual(planned.facts.subnets, [
      { subnet: "172.31.7.0/24", gateway: "172.31.7.1" },
      { subnet: "2001:db8:1:1::/64", gateway: "2001:db8:1:1::1" },
    ]);
  });

  it("has agents publish on IPv6, by which alone Docker's filter opens a port", () => {
    const ports = (gatewayMode: string) =>
      planBridgeAgent(contextOf("BridgeAgent", "web"), {
        network: network({ gatewayMode }).facts,
        ports: [{ internal: 80 }, { internal: 443, ip: "192.0.2.1" }],
        container: { image: "nginx" },
      }).ports.map(({ ip }) => ip);
    assert.deepEqual(ports("routed"), ["::", "192.0.2.1"]);
    assert.deepEqual(ports("nat-unprotected"), [undefined, "192.0.2.1"]);
  });

  it("may be on the link, and let all ports through where Docker can", () => {
    const onLink = network({
      subnets: [{ subnet: "172.31.6.0/24" }, { subnet: "2001:db8:1::f8/125" }],
      delegation: "onLink",
    });
    assert.ok(readme("ipv6-on-link-provider").includes(`\n${factLines(onLink.hostState).join("\n")}\n`));
    const open = network({
      subnets: [{ subnet: "172.31.5.0/24" }, { subnet: "2001:db8:1:1::/64" }],
      gatewayMode: "nat-unprotected",
    });
    assert.ok(factLines(open.hostState).includes("require docker >= 28"));
    assert.deepEqual(open.docker.options, {
      "com.docker.network.bridge.enable_ip_masquerade": "false",
      "com.docker.network.bridge.gateway_mode_ipv6": "nat-unprotected",
    });
    assert.match(open.warnings.join(), /agents reach nothing beyond the host over IPv4/);
  });

  it("is refused with all that is wrong at once", () => {
    assert.deepEqual(
      rulesOf(() =>
        network(
          {
            uplink: "a/b",
            subnets: [{ subnet: "172.31.5.0/24" }],
            delegation: "somehow",
            gatewayMode: "nat",
            prefix: "10.0.0.0/8",
            driverOptions: { "com.docker.network.bridge.gateway_mode_ipv6": "nat" },
            gatewayMod: 1,
          },
          { hostIdentity: undefined },
        ),
      ).map((rule) => rule.split(":")[0]),
      [
        "gatewayMod",
        "host",
        "uplink",
        "delegation",
        "gatewayMode",
        'driverOptions["com.docker.network.bridge.gateway_mode_ipv6"]',
        "subnets",
        "prefix",
      ],
    );
    const rules = (more: object) => rulesOf(() => network(more));
    assert.deepEqual(rules({ prefix: "2001:db8:2::/56" }), ["subnets[1].subnet: is outside of prefix 2001:db8:2::/56"]);
    assert.deepEqual(rules({ prefix: "2001:db8:1:1::f0/124" }), [
      "subnets[1].subnet: is bigger than prefix 2001:db8:1:1::f0/124",
    ]);
    assert.match(
      rules({
        subnets: [{ subnet: "172.31.7.0/24" }, { subnet: "2001:db8::4/127", reserved: { a: "2001:db8::5" } }],
      })[0]!,
      /no address left/,
    );
    assert.match(
      rules({ subnets: [{ subnet: "172.31.7.0/24" }, { subnet: "2001:db8::4/128" }] })[0]!,
      /no address left/,
    );
    assert.match(rules({ subnets: [{ subnet: "2001:db8::/64" }] })[0]!, /^subnets: are of IPv6 alone: Docker adds/);
    assert.match(
      rules({ subnets: [{ subnet: "172.31.7.0/24" }, { subnet: "fd00::/64" }, { subnet: "fd01::/64" }] })[0]!,
      /second IPv6 subnet/,
    );
    assert.match(rules({ subnets: undefined })[0]!, /names no IPv6 subnet/);
  });
});

describe("a proxy of neighbours", () => {
  it("comes to settings and an entry for each address", () => {
    const planned = proxy({ container: "mail", network: "block" });
    assert.ok(readme("ipv6-on-link-provider").includes(`\n${factLines(planned.hostState).join("\n")}\n`));
    assert.deepEqual(planned.verify, ["timeout 10", "proxy dev eth0 container mail network block"]);
    const fixed = proxy({ addresses: ["2001:DB8:1::f9", "2001:db8:1::f9"] });
    assert.deepEqual(factLines(fixed.hostState).slice(-1), ["proxy 2001:db8:1::f9 dev eth0"]);
    assert.ok(factLines(fixed.hostState).includes("require apart 2001:db8:1::f9/128 dev eth0"));
    assert.deepEqual(fixed.verify, []);
    assert.deepEqual(
      fixed.claims.map(({ scope, value }) => `${scope} ${value}`),
      ["host edge link eth0 2001:db8:1::f9"],
    );
    assert.deepEqual(proxy({ container: "web", verification: { enabled: false } }).verify, []);
  });

  it("is refused with all that is wrong at once", () => {
    assert.deepEqual(
      rulesOf(() => proxy({ uplink: "docker0", prefix: "fe80::/64", network: "host" }, { hostIdentity: undefined })),
      [
        "host: is missing",
        "prefix: clashes with the link-local prefix fe80::/64, which every link has already",
        "network: has no address behind the host",
        "uplink: is a bridge of Docker's, behind which the containers are: nobody asks there",
        "container: is missing, and addresses too: for whom shall the host answer?",
      ],
    );
    const given = [
      "2001:db8:1::1",
      "fe80::1",
      "ff02::1",
      "192.0.2.1",
      "fe80::1%eth0",
      "::ffff:192.0.2.1",
      "2001:db8:1::f1/128",
    ];
    assert.deepEqual(
      rulesOf(() => proxy({ addresses: given })).map((rule) => rule.replace(/:? .*/, "")),
      given.map((_, index) => `addresses[${index}]`),
    );
  });
});
