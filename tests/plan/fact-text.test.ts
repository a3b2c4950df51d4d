import { strict as assert } from "node:assert";
import * as fc from "fast-check";
import { addressText, BITS } from "../../lib/net/address";
import { prefixAround, prefixText } from "../../lib/net/prefix";
import { FACT_KINDS, factText, parseFact } from "../../lib/plan/fact-text";
import type { Fact } from "../../lib/plan/facts";

const u32 = fc.integer({ min: 0, max: 0xffffffff });
const hex = fc.integer({ min: 1, max: 0xffffffff }).map((value) => `0x${value.toString(16)}`);
const mark = fc.tuple(fc.oneof(hex, fc.constant("0x0")), hex).map((parts) => parts.join("/"));
const address = fc
  .oneof(
    fc.record({ family: fc.constant(4 as const), value: fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }) }),
    fc.record({ family: fc.constant(6 as const), value: fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }) }),
  )
  .chain((one) => fc.record({ address: fc.constant(one), length: fc.integer({ min: 1, max: BITS[one.family] }) }));
const single = address.map((one) => addressText(one.address));
const network = address.map((one) => prefixText(prefixAround(one.address, one.length)));
const prefix = fc.oneof({ weight: 6, arbitrary: network }, fc.constantFrom("0.0.0.0/0", "::/0"));
const link = fc.constantFrom("eth0", "eth0.215", "shim-0a1b2c3d", "via", "table", "dev", "mark", "masquerade");
const mac = fc.constantFrom("02:42:c0:a8:09:10", "00:1b:21:00:00:01");
const word = fc.constantFrom("uplink2", "wr200", "name", "private", "net/ipv4/conf/eth0.215/rp_filter");
const rest = fc.array(fc.constantFrom("docker", ">=", "28", "link", "table", "="), { minLength: 1, maxLength: 4 });
const line = rest.map((words) => words.join(" "));

const path = fc.constantFrom("/etc/rc.local", "/etc/network/if-up.d/wirework-a_b-1");
const lineNumber = fc.integer({ min: 1, max: 999 }).map((value) => String(value).padStart(3, "0"));
const printable = fc
  .array(fc.integer({ min: 0x20, max: 0x7e }), { maxLength: 20 })
  .map((codes) => String.fromCharCode(...codes));

const metric = u32.filter((value) => value > 0 && value !== 1024);
const way = fc
  .tuple(network, fc.option(single), fc.option(metric))
  .map(([to, via, by]) => [to, ...(via ? [`via ${via}`] : []), ...(by ? [`metric ${by}`] : [])].join(" "));

/** Optional fields are left out, never there without a value. */
const some = <T>(always: object, maybe: { [field: string]: fc.Arbitrary<T> }) =>
  fc.record({ ...(always as typeof maybe), ...maybe }, { requiredKeys: Object.keys(always) as never });

const bodies: { readonly [K in Fact["kind"]]: fc.Arbitrary<object> } = {
  window: some({ seconds: u32 }, {}),
  allow: fc.constant({ what: "management-impact" }),
  require: some({ condition: line }, {}),
  persistence: fc.record({ backend: fc.constantFrom("ifupdown", "rcLocal", "networkd", "networkManager", "auto") }),
  module: fc.record({ name: fc.constantFrom("macvlan", "l2tp_eth", "8021q") }),
  table: some({ id: u32, name: word }, {}),
  guard: fc.constant({ what: "routes" }),
  link: some({ name: link, type: fc.constantFrom("macvlan", "ipvlan", "vlan", "bridge", "veth", "dummy") }, {
    parent: link,
    mode: word,
    flag: fc.constantFrom("bridge", "private", "vepa"),
    id: u32,
    protocol: fc.constant("802.1ad"),
    peer: link,
    address: mac,
    mtu: u32,
    stpState: fc.constant(1),
  } as { [field: string]: fc.Arbitrary<unknown> }),
  set: fc.oneof(
    fc.record({ dev: link, master: link }),
    fc.record({ dev: link, promisc: fc.constant("on") }),
    fc.record({ dev: link, state: fc.constant("up") }),
  ),
  tunnel: some(
    { id: u32, peer: u32, encap: fc.constantFrom("udp", "ip"), local: single, remote: single },
    {
      sport: u32,
      dport: u32,
    },
  ),
  session: some({ id: u32, peer: u32, tunnel: u32, dev: link, address: mac, mtu: u32 }, {
    cookie: fc.constant("0123456789abcdef"),
    peerCookie: fc.constant("fedcba9876543210"),
    seq: fc.constantFrom("send", "recv", "both"),
    l2spec: fc.constant("none"),
  } as { [field: string]: fc.Arbitrary<unknown> }),
  reach: some({ address: single, dev: link, mtu: u32 }, { or: single }),
  sysctl: some({ key: word, value: line }, {}),
  addr: fc.record({ address: address.map((one) => `${addressText(one.address)}/${one.length}`), dev: link }),
  follow: fc.record({ destination: fc.constantFrom("0.0.0.0/0", "::/0"), dev: link, table: u32 }),
  route: fc.oneof(
    some({ destination: prefix }, { via: single, dev: link, src: single, metric: u32, table: u32 } as {
      [field: string]: fc.Arbitrary<unknown>;
    }),
    some({ type: fc.constantFrom("unreachable", "blackhole", "prohibit"), destination: prefix }, { table: u32 }),
  ),
  rule: some({ from: prefix, table: u32, priority: u32 }, {
    to: prefix,
    iif: link,
    oif: link,
    fwmark: mark,
    suppressPrefixLength: u32,
  } as { [field: string]: fc.Arbitrary<unknown> }),
  nat: some({ from: prefix, oif: link }, { snat: single }),
  reply: fc.record({ to: prefix, except: link, mark }),
  mac: fc.record({ address: mac, container: word, network: word }),
  group: fc.record({ address: fc.constantFrom("239.1.1.1", "ff15::1:1"), container: word, network: word }),
  attach: some({ dev: link, container: word, type: fc.constantFrom("macvlan", "ipvlan", "veth", "nic") }, {
    address: mac,
    parent: link,
    mode: fc.constantFrom("bridge", "vepa"),
    peer: link,
    master: link,
    mtu: u32,
    ipv4Address: fc.oneof(
      address.map((one) => `${addressText(one.address)}/${one.length}`),
      fc.constant("dhcp"),
    ),
    gateway: fc.oneof(single, fc.constant("dhcp")),
    hostname: fc.constantFrom("probe-1", "dhcp"),
    clientId: fc.constantFrom("00:ff", "01:02:00:00:00:00:90"),
    ipv6Address: fc.oneof(
      address.map((one) => `${addressText(one.address)}/${one.length}`),
      fc.constant("dhcp"),
    ),
    gateway6: single,
    also: fc.constantFrom("192.168.9.91/24", "192.168.9.91/24,fd00:9::91/64"),
    routes: fc.array(way, { minLength: 1, maxLength: 3 }).map((ways) => ways.join(" route ")),
  } as { [field: string]: fc.Arbitrary<unknown> }),
  dnat: some(
    {
      protocol: fc.constantFrom("tcp", "udp"),
      ports: fc.constantFrom("5000", "1-65535"),
      container: word,
      network: word,
    },
    {
      address: single,
      dev: link,
      port: u32,
      from: network,
      rate: fc.constant("20/second"),
      log: fc.constant("bmp"),
      unless: fc.constant("native"),
    } as {
      [field: string]: fc.Arbitrary<unknown>;
    },
  ),
  proxy: some({ dev: link }, { address: single, container: word, network: word }),
  daemon: fc.record({
    key: fc.constantFrom("ipv6", "default-address-pools"),
    value: fc.constantFrom("true", '"fd00::/64"', '[{"base":"fd00::/48","size":64}]'),
  }),
  file: fc.record({ path: path, number: lineNumber, text: printable }),
  block: fc.record({ path: path, name: word, number: lineNumber, text: printable }),
  with: fc.record({
    backend: fc.constantFrom("networkd", "networkManager", "ifupdown"),
    line: fc.oneof(
      line.map((words) => `require ${words}`),
      fc.tuple(path, lineNumber, printable).map(([place, number, text]) => `file ${place} ${number} |${text}`),
    ),
  }),
};

describe("a fact's line", () => {
  for (const kind of FACT_KINDS) {
    it(`is read back as it was, for every ${kind}`, () => {
      fc.assert(
        fc.property(bodies[kind], (body) => {
          const fact = { kind, ...body } as unknown as Fact;
          assert.deepEqual(parseFact(factText(fact)), fact);
        }),
      );
    });
  }

  it("is the only text of its fact", () => {
    const any = fc.oneof(
      ...FACT_KINDS.map((kind) => bodies[kind].map((body) => ({ kind, ...body }) as unknown as Fact)),
    );
    const edit = fc.record({ at: fc.nat(), by: fc.constantFrom("", " ", "0", "a", "  ") });
    fc.assert(
      fc.property(any, edit, (fact, { at, by }) => {
        const text = factText(fact);
        const position = at % (text.length + 1);
        const edited = text.slice(0, position) + by + text.slice(position);
        let read: Fact;
        try {
          read = parseFact(edited);
        } catch {
          return;
        }
        assert.equal(factText(read), edited);
      }),
      { numRuns: 2000 },
    );
  });

  const refused: [line: string, reason: RegExp][] = [
    ["", /no fact begins like this/],
    ["gre a", /kinds are window, allow/],
    ["__proto__ a", /no fact begins like this/],
    ["route 10.0.0.1/8 dev eth0", /destination is missing, or not in its canonical form/],
    ["route 10.0.0.0/8 dev eth0 via 10.0.0.1", /"via 10\.0\.0\.1" is left over/],
    ["route unicast 10.0.0.0/8", /destination is missing/],
    ["rule from all table 200 priority 1", /from is missing, or not in its canonical form/],
    ["rule from 10.0.0.0/8 fwmark 0x0C/0xff table 200 priority 1", /table is missing/],
    ["rule from 10.0.0.0/8 table 200 priority 01", /priority is missing, or not/],
    ["nat 10.0.0.0/8 oif eth2", /snat is missing/],
    ["nat 10.0.0.0/8 oif eth2 snat 10.0.0.300", /snat is missing, or not/],
    ["addr 10.0.0.1/33 dev eth0", /address is missing, or not/],
    ["file /etc/x 1 |a", /number is missing, or not/],
    ["file /etc/x 000 |a", /number is missing, or not/],
    ["file /etc/x 001 a", /text is missing, or not/],
    ["file etc/x 001 |a", /path is missing, or not/],
    ["block /etc/rc.local 001 |a", /number is missing, or not/],
    [
      "attach a container b type veth address 02:00:00:00:00:01 route 10.0.0.0/8 metric 010",
      /route is missing, or not|left over/,
    ],
    [
      "attach a container b type veth address 02:00:00:00:00:01 route fd00::/8 metric 1024",
      /route is missing, or not|left over/,
    ],
    ["module l2tp-eth", /name is missing, or not/],
    ["persistence unit", /backend is missing, or not/],
    ["with rcLocal require link eth0", /backend is missing, or not/],
    ["with networkd addr 10.0.0.1/8 dev eth0", /line is missing, or not/],
    ["with networkd with networkd require link eth0", /line is missing, or not/],
    ["with ifupdown file /etc/x 1 |a", /number is missing, or not/],
    ["guard everything", /what is missing, or not/],
    ["table 200 name uplink2 ", /"" is left over/],
  ];
  for (const [line, reason] of refused) {
    it(`is refused when it is ${JSON.stringify(line)}`, () => assert.throws(() => parseFact(line), reason));
  }
});
