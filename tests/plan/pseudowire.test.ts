import { strict as assert } from "node:assert";
import { linkLocalOf } from "../../lib/net/mac";
import { planCookies } from "../../lib/plan/cookies";
import { factText } from "../../lib/plan/host-state";
import { type PseudowireSettings, planPseudowire } from "../../lib/plan/pseudowire";
import { wireOverhead } from "../../lib/plan/pseudowire-mtu";
import { ArgumentError } from "../../lib/problems";

const context = { component: "L2tpPseudowire", name: "wire", project: "test", stack: "dev" };

/** The post's case: IPv6 over UDP, with its ids and ports. */
const post: PseudowireSettings = {
  ends: [
    {
      ...{ hostIdentity: "left", address: "2001:db8:1::10", tunnelId: 3000, sessionId: 1000, port: 5000 },
      ...{ interfaceName: "wire0", bridge: { name: "br-wire", port: "eth1" } },
    },
    {
      ...{ hostIdentity: "right", address: "2001:db8:2::10", tunnelId: 4000, sessionId: 2000, port: 6000 },
      ...{ interfaceName: "wire0", bridge: { name: "br0", existing: true } },
    },
  ],
};
const [left, right] = post.ends;

const plan = (more: Partial<PseudowireSettings> = {}) => planPseudowire(context, { ...post, ...more });
const lines = (index: number, more: Partial<PseudowireSettings> = {}) =>
  plan(more).ends[index]!.hostState.facts.map(factText);

function problems(settings: unknown): string[] {
  try {
    planPseudowire(context, settings as PseudowireSettings);
  } catch (error) {
    assert.ok(error instanceof ArgumentError, String(error));
    return error.problems.map(({ property, rule }) => `${property}: ${rule}`);
  }
  return [];
}

describe("a pseudowire", () => {
  it("comes to mirrored tunnels and sessions, and is joined apart", () => {
    const [one, two] = plan().ends;
    const mac = /address (\S+) mtu/.exec(lines(0).at(-1)!)![1];
    const reach = (index: number) => plan().ends[index]!.proof[1];
    assert.deepEqual(lines(0), [
      "require link eth1",
      "require no-address eth1",
      "require not-management eth1",
      "require program ping",
      "module l2tp_eth",
      lines(0)[5],
      "tunnel 3000 peer 4000 encap udp local 2001:db8:1::10 remote 2001:db8:2::10 sport 5000 dport 6000",
      `session 1000 peer 2000 tunnel 3000 dev wire0 address ${mac} mtu 1426`,
    ]);
    assert.match(lines(0)[5]!, /^link br-wire type bridge address [0-9a-f:]{17}$/);
    assert.deepEqual(lines(1).slice(0, 4), [
      "require bridge br0",
      "require program ping",
      "module l2tp_eth",
      "tunnel 4000 peer 3000 encap udp local 2001:db8:2::10 remote 2001:db8:1::10 sport 6000 dport 5000",
    ]);
    assert.deepEqual(one!.join.facts.map(factText), [
      "set eth1 master br-wire",
      "set eth1 promisc on",
      "set eth1 up",
      "set wire0 master br-wire",
      reach(0),
    ]);
    assert.deepEqual(two!.join.facts.map(factText), ["set wire0 master br0", reach(1)]);
  });

  it("is proved by asking the other end's link-local addresses: the interface's, and that of its own bridge", () => {
    const bridge = /^link br-wire type bridge address (\S+)$/m.exec(lines(0).join("\n"))![1]!;
    const wire = (index: number) => /address (\S+) mtu/.exec(lines(index).join("\n"))![1]!;
    const [one, two] = plan().ends;
    assert.deepEqual(one!.proof, ["timeout 30", `reach ${linkLocalOf(wire(1))} dev wire0 mtu 1426`]);
    assert.deepEqual(two!.proof, [
      "timeout 30",
      `reach ${linkLocalOf(wire(0))} or ${linkLocalOf(bridge)} dev wire0 mtu 1426`,
    ]);
    assert.equal(linkLocalOf("02:00:00:00:00:0b"), "fe80::ff:fe00:b");
    assert.deepEqual(plan({ mtu: 1200 }).ends[0]!.proof, [], "no IPv6 inside, nobody to ask");
  });

  it("has the MTU that is never fragmented, or says what a given one does", () => {
    const over = (encapsulation: "udp" | "ip", family: 4 | 6, cookieBytes = 0) =>
      1500 - wireOverhead({ family, encapsulation, sublayer: true, cookieBytes });
    assert.deepEqual([over("udp", 6), over("udp", 6, 8), over("ip", 6), over("udp", 4)], [1426, 1418, 1438, 1446]);
    assert.equal(plan({ sublayer: false }).mtu, 1430);
    assert.equal(plan({ pathMtu: 1280 }).mtu, 1206);
    const said = (more: object) => plan(more).warnings.join("\n");
    assert.match(
      said({ mtu: 1488 }),
      /1488 makes packets of up to 1562 bytes, which a path of 1500 carries in fragments; 1426/,
    );
    assert.match(said({ pathMtu: 1280 }), /1206 is below 1280: IPv6 does not run inside/);
    assert.match(said({}), /ends\[0\]\.bridge\.port: machines on that LAN must use an MTU of 1426/);
    assert.match(said({}), /encrypts nothing/);
    assert.doesNotMatch(said({ mtu: 1500 }), /machines on that LAN/);
  });

  it("names its cookies, what one end sends the other expects", () => {
    const cookies = { cookieBytes: 8, cookieNames: ["a".repeat(16), "b".repeat(16)] };
    assert.match(lines(0, cookies).at(-1)!, /cookie a{16} peer_cookie b{16} address .* mtu 1418$/);
    assert.match(lines(1, cookies).at(-1)!, /cookie b{16} peer_cookie a{16} address /);
  });

  it("numbers frames as the first end sees it", () => {
    assert.match(lines(0, { sequencing: "send" }).at(-1)!, / seq send /);
    assert.match(lines(1, { sequencing: "send" }).at(-1)!, / seq recv /);
    assert.match(lines(1, { sequencing: "both" }).at(-1)!, / seq both /);
  });

  it("derives ids, ports and names, which are stable, legal, and differ from wire to wire", () => {
    const bare = (name: string) =>
      planPseudowire(
        { ...context, name },
        {
          ends: [
            { hostIdentity: "left", address: "192.0.2.1" },
            { hostIdentity: "right", address: "192.0.2.2" },
          ],
        },
      );
    const values = (name: string) => bare(name).claims.map(({ kind, value }) => `${kind} ${value}`);
    assert.deepEqual(values("wire"), values("wire"));
    const port = Number(/udp\/(\d+)/.exec(values("wire").join())![1]);
    assert.ok(port >= 49152 && port <= 65535);
    assert.deepEqual(
      values("wire").filter((value) => values("other").includes(value)),
      [],
    );
    const made = (index: number) => bare("wire").ends[index]!.hostState.facts.map(factText).slice(-2);
    const [tunnel, session] = made(0);
    const mirrored = made(1);
    const ids = (text: string) => text.split(" ").slice(1, 4);
    assert.deepEqual(ids(tunnel!), ids(mirrored[0]!).reverse());
    assert.deepEqual(ids(session!), ids(mirrored[1]!).reverse());
  });

  it("over IP has no ports, and needs the module of its family", () => {
    assert.ok(lines(0, { encapsulation: "ip" }).includes("module l2tp_ip6"));
    assert.ok(
      lines(0, { encapsulation: "ip" }).includes(
        "tunnel 3000 peer 4000 encap ip local 2001:db8:1::10 remote 2001:db8:2::10",
      ),
    );
    assert.ok(!plan({ encapsulation: "ip" }).claims.some(({ kind }) => kind === "port"));
  });

  it("tells the operator of an end that others run what to set, without secrets", () => {
    const { hostIdentity: _, interfaceName: __, bridge: ___, ...theirs } = right!;
    const cookies = { cookieBytes: 8, cookieNames: ["a".repeat(16), "b".repeat(16)] };
    const planned = plan({ ends: [left!, theirs], ...cookies, sequencing: "send" });
    assert.deepEqual(planned.ends[1]!.hostState.facts, []);
    assert.deepEqual(planned.ends[0]!.proof, []);
    assert.equal(
      planned.operator!.linux[0],
      "ip l2tp add tunnel tunnel_id 4000 peer_tunnel_id 3000 encap udp local 2001:db8:2::10 remote 2001:db8:1::10 udp_sport 6000 udp_dport 5000",
    );
    assert.match(
      planned.operator!.linux[1]!,
      /session_id 2000 peer_session_id 1000 cookie COOKIE peer_cookie PEER_COOKIE seq recv$/,
    );
    assert.ok(planned.operator!.settings.includes("UDP ports: local 6000, remote 5000"));
  });

  describe("for an end on IOS XR", () => {
    const { hostIdentity: _, interfaceName: __, bridge: ___, ...theirs } = right!;
    const iosXr = (settings: object) => plan({ ends: [left!, theirs], ...settings }).operator!.iosXr;
    const possible = { encapsulation: "ip", sublayer: false };

    it("is its configuration, without secrets", () => {
      const cookies = { cookieBytes: 4, cookieNames: ["a".repeat(16), "b".repeat(16)] };
      const lines = iosXr({ ...possible, ...cookies });
      assert.deepEqual(lines.slice(-9), [
        "   interface INTERFACE",
        "   neighbor ipv6 2001:db8:1::10 pw-id 2000",
        `    ${lines[1]!.trim()}`,
        "    source 2001:db8:2::10",
        "    l2tp static",
        "     local cookie size 4 value 0xPEER_COOKIE",
        "     remote cookie size 4 value 0xCOOKIE",
        "     local session 2000",
        "     remote session 1000",
      ]);
    });

    it("numbers both ways, with the sublayer", () => {
      const lines = iosXr({ encapsulation: "ip", sequencing: "both" });
      assert.ok(lines.includes("   sequencing both"));
      assert.ok(lines.includes("     local cookie size 0"));
    });

    it("says all that it could not run", () => {
      const far = { ...theirs, sessionId: 65_536 };
      const cookies = { cookieBytes: 8, cookieNames: ["a".repeat(16), "b".repeat(16)] };
      const udp = '! not possible as declared: "encapsulation": over IP only; give Encapsulation.Ip';
      assert.deepEqual(iosXr({ ends: [left!, far], ...cookies }), [
        udp,
        '! not possible as declared: "sessionId" of both ends: from 1 to 65535',
        '! not possible as declared: "cookies.bytes": 4',
        '! not possible as declared: "sublayer": only with sequence numbers; give false',
      ]);
      assert.deepEqual(iosXr({ sequencing: "send" }), [
        udp,
        '! not possible as declared: "sequencing": both ways or none; give Sequencing.Both',
      ]);
    });
  });

  it("with a spanning tree, where two wires join two bridges", () => {
    const bridged = (stp?: boolean) =>
      plan({
        ends: [
          { ...left!, bridge: { ...left!.bridge!, ...(stp && { stp }) } },
          { ...right!, bridge: { name: "br0", existing: true } },
        ],
      });
    const wires = (planned: ReturnType<typeof plan>) => planned.claims.filter(({ kind }) => kind === "wire");
    assert.deepEqual(
      wires(bridged()).map(({ value }) => value),
      ["br-wire of left and br0 of right"],
    );
    assert.deepEqual(wires(bridged(true)), []);
    assert.ok(bridged(true).ends[0]!.hostState.facts.map(factText).join("\n").includes(" stp_state 1"));
    const existing = plan({ ends: [left!, { ...right!, bridge: { name: "br0", existing: true, stp: true } }] });
    assert.ok(existing.ends[1]!.hostState.facts.map(factText).includes("require bridge br0 stp"));
  });

  it("requires the link that it is told to go by", () => {
    const through = { ...left!, underlay: "wg0" };
    assert.ok(
      lines(0, { ends: [through, right!] }).includes("require path 2001:db8:2::10 from 2001:db8:1::10 dev wg0"),
    );
  });
});

describe("a pseudowire is refused", () => {
  const end = (more: object) => ({ ...post, ends: [{ ...left, ...more }, right] });

  it("with all that is wrong in one error", () => {
    const wrong = {
      ends: [
        { hostIdentity: "left", address: "::1", tunnelId: 0, sessionId: 2 ** 32, port: 65536, interfaceName: "a b" },
        { hostIdentity: "left", address: "192.0.2.1", bridge: { name: "br0", port: "br0" }, extra: 1 },
      ],
      encapsulation: "gre",
      mtu: 67,
      pathMtu: 1,
    };
    const found = problems(wrong).map((line) => line.replace(/:.*/, ""));
    assert.deepEqual(found, [
      ...["ends[0].address", "ends[0].interfaceName", "ends[0].tunnelId", "ends[0].sessionId", "ends[0].port"],
      ...["ends[1].extra", "ends[1].bridge.port", "ends[1].host", "ends[1].address", "encapsulation", "pathMtu", "mtu"],
    ]);
  });

  for (const [what, settings, rule] of [
    ["one end", { ends: [left] }, /ends: is not two/],
    ["three ends", { ends: [left, right, right] }, /ends: is not two/],
    ["no host at all", { ends: [{ address: "192.0.2.1" }, { address: "192.0.2.2" }] }, /ends: have no host/],
    ["both ends on one host", end({ hostIdentity: "right" }), /ends\[1\]\.host: is the host of the other end/],
    ["both ends at one address", end({ address: "2001:db8:2::10" }), /ends\[1\]\.address: is the other end's too/],
    ["a link-local address", end({ address: "fe80::1" }), /ends\[0\]\.address: is link-local/],
    ["a bridge without host", { ends: [left, { address: "2001:db8::1", bridge: { name: "br0" } }] }, /others run/],
    ["numbers without their header", { ...post, sublayer: false, sequencing: "both" }, /sublayer: takes the header/],
    [
      "an interface with the name of its bridge",
      end({ interfaceName: "br-wire" }),
      /interfaceName: is the name of its bridge/,
    ],
    ["no address", { ends: [{ hostIdentity: "left" }, right] }, /ends\[0\]\.address: is missing/],
  ] as const) {
    it(`with ${what}`, () => assert.match(problems(settings).join("\n"), rule));
  }
});

describe("cookies of a wire", () => {
  const cookies = (settings: object) => planCookies(context, settings);

  it("come of a seed, other ones for each end and each wire, or are given", () => {
    const [one, two] = cookies({ seed: "s" });
    assert.match(one!.value, /^[0-9a-f]{16}$/);
    assert.notEqual(one!.value, two!.value);
    assert.notEqual(planCookies({ ...context, name: "other" }, { seed: "s" })[0]!.value, one!.value);
    const given = cookies({ values: ["0011223344556677", "8899AABBCCDDEEFF"] });
    assert.deepEqual(
      given.map(({ value }) => value),
      ["0011223344556677", "8899aabbccddeeff"],
    );
    assert.ok(given.every(({ name }) => /^[0-9a-f]{16}$/.test(name)));
    assert.equal(cookies({ values: ["00112233", "44556677"], bytes: 4 })[0]!.value, "00112233");
  });

  for (const [what, settings, rule] of [
    ["neither seed nor values", {}, /cookies: hold neither/],
    ["both", { seed: "canary", values: ["0011223344556677", "8899aabbccddeeff"] }, /cookies: hold both/],
    ["one value", { values: ["0011223344556677"] }, /cookies\.values: are 1; give two/],
    ["values of another length", { values: ["cafe0001", "cafe0002"] }, /cookies\.values\[0\]: is not 16 hex digits/],
    ["values that are no digits", { values: ["canary", "0011223344556677"] }, /cookies\.values\[0\]: is not 16/],
  ] as const) {
    it(`are refused with ${what}, and the error holds nothing of them`, () => {
      assert.throws(
        () => cookies(settings),
        (error: Error) => rule.test(error.message) && !/canary|cafe|0011/.test(error.message),
      );
    });
  }
});
