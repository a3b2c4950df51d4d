import { strict as assert } from "node:assert";
import * as fc from "fast-check";
import { addressText } from "../../lib/net/address";
import { type AddressRange, contains } from "../../lib/net/range";
import { stableAddress } from "../../lib/net/stable-address";
import { type LanPoolSettings, planLanPool } from "../../lib/plan/lan-pool";
import { ArgumentError } from "../../lib/problems";
import { address, range } from "../net/support";
import { contextOf, problemsOf, rulesOf } from "./support";

const plan = (settings: unknown) => planLanPool(contextOf("LanPool", "lan"), settings as LanPoolSettings);
const names = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/), { minLength: 1, maxLength: 40 });
const wide = "10.0.0.0/16";

/** The plan with the pins that its errors propose, until there are none: of two, the one that is `newer` is pinned. */
function settled(
  settings: LanPoolSettings,
  newer?: string,
): { pinned: Record<string, string>; addresses: Record<string, string> } {
  const pinned: Record<string, string> = { ...settings.pinned };
  for (;;) {
    try {
      return { pinned, addresses: { ...plan({ ...settings, pinned }).ipv4Addresses } };
    } catch (error) {
      assert.ok(error instanceof ArgumentError);
      for (const { wayOut } of error.problems) {
        const [one, other] = [...wayOut.matchAll(/\{ "([^"]*)": "([^"]*)" \}/g)];
        const [, agent, proposed] = other?.[1] === newer ? other! : one!;
        pinned[agent!] = proposed!;
      }
    }
  }
}

describe("a pool of LAN addresses", () => {
  it("gives the same names the same addresses for ever: these", () => {
    const planned = plan({ range: "192.168.9.64/26", range6: "fd00:9::/64", agents: ["north", "south", "east"] });
    assert.deepEqual(planned, EXPECTED);
  });

  it("moves nobody when one is added or removed, in whatever order, and with the pins that it proposes", () => {
    fc.assert(
      fc.property(names, fc.infiniteStream(fc.nat()), (agents, picks) => {
        const settings = { range: "192.168.9.0/25", agents };
        const { pinned, addresses } = settled(settings);
        assert.equal(new Set(Object.values(addresses)).size, agents.length, "nobody shares an address");
        const shuffled = [...agents].sort(() => (picks.next().value % 2 === 0 ? 1 : -1));
        assert.deepEqual(settled({ ...settings, pinned, agents: shuffled }).addresses, addresses);
        const grown = settled({ ...settings, pinned, agents: [...agents, "one-more"] }, "one-more");
        for (const [agent, before] of Object.entries(addresses)) assert.equal(grown.addresses[agent], before);
        const gone = agents.find((agent) => pinned[agent] === undefined);
        const left = agents.filter((agent) => agent !== gone);
        const fewer = settled({ ...settings, pinned, agents: left }).addresses;
        for (const agent of left) assert.equal(fewer[agent], addresses[agent]);
      }),
    );
  });

  it("never gives away what is excluded, and an exclusion moves only whom it hits", () => {
    fc.assert(
      fc.property(names, fc.nat(0xffff), fc.nat(0xff), (agents, at, length) => {
        const first = address("10.0.0.0").value + BigInt(at);
        const out: AddressRange = { family: 4, first, last: first + BigInt(length) };
        const exclude = [
          `${addressText({ family: 4, value: out.first })}-${addressText({ family: 4, value: out.last })}`,
        ];
        const before = settled({ range: wide, agents }).addresses;
        const after = settled({ range: wide, agents, exclude }).addresses;
        for (const agent of agents) {
          assert.ok(!contains(out, address(after[agent]!)));
          if (!contains(out, address(before[agent]!))) assert.equal(after[agent], before[agent]);
        }
      }),
    );
  });

  it("finds the last free address, and says when there is none", () => {
    const all = range("192.168.9.0-192.168.9.255");
    const but7 = [range("192.168.9.0-192.168.9.6"), range("192.168.9.8-192.168.9.255")];
    assert.equal(addressText(stableAddress("north", all, but7)!), "192.168.9.7");
    assert.equal(stableAddress("north", all, [all]), undefined);
  });

  it("settles two names of one address by a pin, which its error proposes ready to paste", () => {
    const agents = ["a", "b", "c", "d"];
    const settings = { range: "192.168.9.1-192.168.9.4", agents };
    const problems = problemsOf(() => plan(settings));
    assert.ok(problems.length > 0);
    assert.match(problems[0]!.rule, /^comes to 192\.168\.9\.[1-4], which [a-d] has: addresses come of names/);
    assert.match(
      problems[0]!.wayOut,
      /^pin the newer one: pinned: \{ "[a-d]": "192\.168\.9\.[1-4]" \} or \{ "[a-d]": .*, where nobody is$/,
    );
    const { addresses } = settled(settings);
    assert.deepEqual(Object.values(addresses).sort(), ["192.168.9.1", "192.168.9.2", "192.168.9.3", "192.168.9.4"]);
  });

  const refused: [settings: object, rules: string[]][] = [
    [{}, ["range: is missing, and range6 too", "agents: is missing"]],
    [{ range: "fd00::/64", agents: ["a"] }, ["range: is IPv6"]],
    [{ range6: "10.0.0.0/8", agents: ["a"] }, ["range6: is IPv4"]],
    [{ range: "192.168.9.9", agents: ["a"] }, ["range: has no prefix length"]],
    [{ range: wide, agents: ["a", "b", "a"] }, ["agents[2]: is agents[0] already"]],
    [{ range: wide, agents: ["a b"] }, ["agents[0]: has a character that is not allowed"]],
    [
      { range: "192.168.9.8/30", exclude: ["192.168.9.9"], agents: ["a", "b"] },
      ["agents: holds 2 names, and 192.168.9.9-192.168.9.10 has 1 addresses that are not excluded"],
    ],
    [{ range: wide, agents: ["a"], pinned: { b: "10.0.0.1" } }, ["pinned.b: is of nobody among agents"]],
    [{ range: wide, agents: ["a"], pinned: { a: "fd00::1" } }, ["pinned.a: is an IPv6 address where IPv4 is meant"]],
    [
      { range: wide, agents: ["a"], exclude: ["10.0.0.0/24"], pinned: { a: "10.0.0.1" } },
      ["pinned.a: is excluded (10.0.0.0-10.0.0.255)"],
    ],
    [
      { range: wide, agents: ["a", "b"], pinned: { a: "10.0.0.1", b: "10.0.0.1" } },
      ["pinned.b: is pinned for a already"],
    ],
  ];
  for (const [settings, rules] of refused) {
    it(`is refused: ${JSON.stringify(settings)}`, () =>
      assert.deepEqual(
        rulesOf(() => plan(settings)),
        rules,
      ));
  }
});

const EXPECTED = {
  ipv4Addresses: { north: "192.168.9.95", south: "192.168.9.73", east: "192.168.9.90" },
  ipv6Addresses: {
    north: "fd00:9::d9a2:9e6f:ee7e:467e",
    south: "fd00:9::5718:ff86:8e1:c5b0",
    east: "fd00:9::7d7c:572b:fe98:5de8",
  },
};
