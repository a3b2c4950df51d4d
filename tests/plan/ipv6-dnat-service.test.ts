import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Inventory } from "../../lib/plan/inventory";
import { type Ipv6DnatServiceSettings, planIpv6DnatService } from "../../lib/plan/ipv6-dnat-service";
import { contextOf, factLines, problemsOf } from "./support";

const base = { container: "bmp", link: "eth0", ports: [{ port: 5000 }] };

function plan(more: object = {}, context = {}, name = "bmp") {
  const settings = { ...base, ...more } as Ipv6DnatServiceSettings;
  return planIpv6DnatService(contextOf("Ipv6DnatService", name, context), settings);
}

describe("an IPv6 service", () => {
  it("comes to a fact for each address, port and prefix of clients, and to its proof", () => {
    const planned = plan({
      link: undefined,
      network: "collectors",
      addresses: ["2001:DB8::10", "2001:db8::10"],
      ports: [{ port: 5000 }, { port: 161, containerPort: 1161, protocol: "udp" }, { port: 8000, lastPort: 8002 }],
      allowFrom: ["fd00:172:17:0:0::/64", "2001:db8:1::/48"],
    });
    const facts = [
      "dnat daddr 2001:db8::10 tcp 5000 container bmp network collectors from 2001:db8:1::/48",
      "dnat daddr 2001:db8::10 tcp 5000 container bmp network collectors from fd00:172:17::/64",
      "dnat daddr 2001:db8::10 tcp 8000-8002 container bmp network collectors from 2001:db8:1::/48",
      "dnat daddr 2001:db8::10 tcp 8000-8002 container bmp network collectors from fd00:172:17::/64",
      "dnat daddr 2001:db8::10 udp 161 container bmp network collectors port 1161 from 2001:db8:1::/48",
      "dnat daddr 2001:db8::10 udp 161 container bmp network collectors port 1161 from fd00:172:17::/64",
    ];
    assert.deepEqual(factLines(planned.hostState), [
      "require program conntrack",
      "require program nft",
      "require unpublished tcp/5000 except bmp",
      "require unpublished tcp/8000-8002 except bmp",
      "require unpublished udp/161 except bmp",
      ...facts,
    ]);
    assert.deepEqual(planned.verify.slice(0, 2), ["timeout 10", "require ipv6-forwarding"]);
    assert.deepEqual(planned.verify.slice(2).sort(), facts);
    assert.deepEqual(
      planned.claims.map(({ value }) => value),
      ["tcp/5000", "udp/161", "tcp/8000", "tcp/8001", "tcp/8002"].map((port) => `${port} 2001:db8::10`),
    );
  });

  it("takes all addresses of a link, on the default bridge, and may go unproved", () => {
    const planned = plan({ verification: { enabled: false } });
    assert.deepEqual(factLines(planned.hostState).slice(-1), ["dnat dev eth0 tcp 5000 container bmp network bridge"]);
    assert.deepEqual(planned.verify, []);
    assert.deepEqual(
      planned.claims.map(({ value }) => value),
      ["tcp/5000 ::"],
    );
  });

  it("is left to Docker by mode: with nothing of ours on the host, or where Docker translates the port", () => {
    const ports = [{ port: 5000 }, { port: 8000, lastPort: 8002, protocol: "udp" }];
    for (const mode of ["native", "proxy"]) {
      const planned = plan({ mode, ports, link: undefined });
      assert.deepEqual(factLines(planned.hostState), []);
      assert.deepEqual(planned.verify, ["timeout 10", `published tcp/5000 ${mode}`, `published udp/8000-8002 ${mode}`]);
      assert.deepEqual(planned.claims, []);
      assert.equal(/in place of its clients/.test(planned.warnings.join()), mode === "proxy");
    }
    const auto = plan({ mode: "auto" });
    assert.deepEqual(factLines(auto.hostState).slice(-1), [
      "dnat dev eth0 tcp 5000 container bmp network bridge unless native",
    ]);
    assert.deepEqual(auto.claims, []);
    const some = plan({ mode: "auto", allowFrom: ["fd00::/64"] });
    assert.match(factLines(some.hostState).at(-1)!, / from fd00::\/64$/);
    const limited = plan({ mode: "auto", connectionRate: "20/second", logPrefix: "bmp" });
    assert.match(factLines(limited.hostState).at(-1)!, / network bridge rate 20\/second log bmp$/);
    const ours = { allowFrom: ["fd00::/64"], connectionRate: "1/day", logPrefix: "bmp" };
    assert.deepEqual(
      problemsOf(() => plan({ mode: "native", ...ours })).map(({ property, rule }) => `${property} ${rule}`),
      Object.keys(ours).map((property) => `${property} cannot be had in mode native: Docker tells no clients apart`),
    );
    assert.match(problemsOf(() => plan({ mode: "docker" }))[0]!.wayOut, /managed, native, proxy, auto/);
  });

  it("comes to what the README of its example shows", () => {
    const readme = readFileSync(join(__dirname, "../../examples/ipv6-service/README.md"), "utf8");
    const planned = plan({ container: "collector", network: "collector" });
    assert.ok(readme.includes(`\`\`\`text\n${factLines(planned.hostState).join("\n")}\n\`\`\``));
  });

  const refused: [change: object, property: string, rule: RegExp, context?: object][] = [
    [{}, "host", /is missing/, { hostIdentity: undefined }],
    [{ container: undefined }, "container", /is missing/],
    [{ container: "a b" }, "container", /not allowed/],
    [{ network: "host" }, "network", /reachable already/],
    [{ network: "none" }, "network", /leads nowhere/],
    [{ link: "eth0:1" }, "link", /./],
    ...["20", "0/second", "20/week", "1000000/second", "20/second burst 9", 20].map(
      (rate): (typeof refused)[number] => [{ connectionRate: rate }, "connectionRate", /is no rate/],
    ),
    [{ logPrefix: 'a" drop' }, "logPrefix", /not allowed/],
    [{ logPrefix: "" }, "logPrefix", /is not a name/],
    [{ logPrefix: "a".repeat(65) }, "logPrefix", /has 65 characters/],
    [{ addresses: ["2001:db8::10"] }, "link", /addresses too/],
    [{ link: undefined }, "addresses", /is missing/],
    [{ link: undefined, addresses: ["fe80::1"] }, "addresses[0]", /link-local/],
    [{ link: undefined, addresses: ["fe80::1%eth0"] }, "addresses[0]", /./],
    [{ link: undefined, addresses: ["::1"] }, "addresses[0]", /no address by which clients/],
    [{ link: undefined, addresses: ["ff02::1"] }, "addresses[0]", /no address by which clients/],
    [{ link: undefined, addresses: ["::ffff:192.0.2.1"] }, "addresses[0]", /./],
    [{ link: undefined, addresses: ["192.0.2.1"] }, "addresses[0]", /./],
    [{ ports: undefined }, "ports", /names no port/],
    [{ ports: [] }, "ports", /names no port/],
    [{ ports: [{}] }, "ports[0].port", /is missing/],
    [{ ports: [{ port: 0 }] }, "ports[0].port", /whole number of 1-65535/],
    [{ ports: [{ port: 65536 }] }, "ports[0].port", /whole number of 1-65535/],
    [{ ports: [{ port: Number.NaN }] }, "ports[0].port", /whole number/],
    [{ ports: [{ port: 5000, protocol: "sctp" }] }, "ports[0].protocol", /not one of the values/],
    [{ ports: [{ port: 5000, lastPort: 5000 }] }, "ports[0].lastPort", /not above port 5000/],
    [{ ports: [{ port: 5000, lastPort: 5001, containerPort: 80 }] }, "ports[0].containerPort", /given for a range/],
    [{ ports: [{ port: 5000, lastPort: 5009 }, { port: 5009 }] }, "ports[1]", /overlaps ports\[0\]/],
    [{ ports: [{ port: 1, lastPort: 1001 }] }, "ports", /more than 1000 ports/],
    [{ ports: [{ port: 20, lastPort: 25 }] }, "ports[0].port", /host itself is managed/, { managementPort: 22 }],
    [{ allowFrom: [] }, "allowFrom", /nobody could reach/],
    [{ allowFrom: ["192.0.2.0/24"] }, "allowFrom[0]", /./],
    [{ allowFrom: ["2001:db8::1/64"] }, "allowFrom[0]", /bits set behind/],
    [{ verification: { timeoutSeconds: 0 } }, "verify.timeoutSeconds", /whole number of 1-300/],
    [{ prots: [] }, "prots", /is not an argument/],
  ];
  for (const [change, property, rule, context] of refused) {
    it(`refuses ${JSON.stringify(change)}${context ? ` with ${JSON.stringify(context)}` : ""}`, () => {
      const problems = problemsOf(() => plan(change, context));
      const found = problems.find((one) => one.property === property);
      assert.match(found?.rule ?? `no problem with ${property}: ${JSON.stringify(problems)}`, rule);
    });
  }

  it("leaves the management port alone on the address by which the host is managed, and only there", () => {
    const ssh = { link: undefined, ports: [{ port: 22 }] };
    const context = { managementAddress: "2001:db8::10", managementPort: 22 };
    assert.equal(problemsOf(() => plan({ ...ssh, addresses: ["2001:db8::10"] }, context)).length, 1);
    plan({ ...ssh, addresses: ["2001:db8::11"] }, context);
  });

  it("has its ports for itself, over IPv6", () => {
    const inventory = new Inventory();
    const claims = (name: string, more: object) => inventory.add(name, plan(more, {}, name).claims).length;
    assert.equal(claims("a", {}), 0);
    assert.equal(claims("b", { ports: [{ port: 5000, protocol: "udp" }] }), 0);
    assert.equal(claims("c", { link: undefined, addresses: ["2001:db8::10"] }), 1);
    const published = { scope: "docker edge", kind: "port" as const, component: "BridgeAgent", property: "ports[0]" };
    assert.equal(inventory.add("d", [{ ...published, name: "d", value: "tcp/5000 0.0.0.0" }]).length, 0);
    assert.equal(inventory.add("e", [{ ...published, name: "e", value: "tcp/5000 ::" }]).length, 1);
  });
});
