import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import * as fc from "fast-check";
import { addressText, BITS, type Family, parseAddress } from "../../lib/net/address";
import { excludeAddresses, parsePrefix, prefixAround, prefixText } from "../../lib/net/prefix";
import { contains, covers, overlaps } from "../../lib/net/range";
import { skipMissing } from "../missing";
import { address, prefix } from "./support";

// One process for all: Python answers each line of JSON with one.
const PROGRAM = `
import ipaddress, json, sys
def address(text):
    try: return str(ipaddress.ip_address(text))
    except ValueError: return None
def prefix(text):
    try: return str(ipaddress.ip_network(text))
    except ValueError: return None
def pair(a, b):
    a, b = ipaddress.ip_network(a), ipaddress.ip_network(b)
    same = a.version == b.version
    return [a.overlaps(b), same and b.subnet_of(a), b.network_address in a, str(a.network_address), str(a.broadcast_address)]
def without(a, b):
    return sorted((str(n) for n in ipaddress.ip_network(a).address_exclude(ipaddress.ip_network(b))), key=lambda t: ipaddress.ip_network(t))
for line in sys.stdin:
    what, *args = json.loads(line)
    print(json.dumps({"address": address, "prefix": prefix, "pair": pair, "without": without}[what](*args)))
`;

function askPython(questions: unknown[][]): unknown[] {
  const input = questions.map((question) => `${JSON.stringify(question)}\n`).join("");
  const { stdout, stderr, status } = spawnSync("python3", ["-c", PROGRAM], { input, encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

describe("address arithmetic is that of Python's ipaddress", function () {
  this.timeout(20_000);

  it("for addresses, prefixes, overlap, containment and exclusion", function () {
    if (spawnSync("python3", ["-c", "import ipaddress"]).status !== 0) {
      skipMissing(this, "python3 with its module ipaddress");
    }
    const texts = [
      ...sampleTexts(),
      "1:2:3:4:5:6:7::",
      "::1.2.3.4",
      "1::1.2.3.04",
      "::ffff:1.2.3.4",
      "1.2.3.4.",
      ":::",
      ":",
      "1:",
    ];
    const prefixes = samplePrefixes();
    const pairs = prefixes.map((one, index) => [one, prefixes[(index * 7 + 3) % prefixes.length]!] as const);
    const holes = prefixes.slice(0, 40).map((one) => [one, nearlyLast(one)] as const);

    const answers = askPython([
      ...texts.map((text) => ["address", text]),
      ...texts.map((text) => ["prefix", text]),
      ...pairs.map(([a, b]) => ["pair", a, b]),
      ...holes.map(([a, b]) => ["without", a, b]),
    ]);
    const ours = [
      ...texts.map(ourAddress),
      ...texts.map(ourPrefix),
      ...pairs.map(([a, b]) => ourPair(a, b)),
      ...holes.map(([a, b]) => excludeAddresses(prefix(a), [address(b)]).map(prefixText)),
    ];
    const questions = [...texts, ...texts, ...pairs.map(String), ...holes.map(String)];
    ours.forEach((answer, index) => {
      assert.deepEqual(answer, answers[index], `for ${questions[index]}`);
    });
  });
});

function ourAddress(text: string): string | null {
  const { fault, ...checked } = parseAddress(text) as { fault?: unknown; value?: never };
  return fault ? null : addressText(checked.value!);
}

// Python takes a lone address as a whole prefix, and a prefix of length 0; neither is the subnet of a network here.
function ourPrefix(text: string): string | null {
  const lone = ourAddress(text);
  const checked = parsePrefix(lone === null ? text : `${text}/${text.includes(":") ? 128 : 32}`);
  return checked.fault ? null : prefixText(checked.value);
}

function ourPair(a: string, b: string) {
  const [one, other] = [prefix(a), prefix(b)];
  const first = { family: other.family, value: other.first };
  const edges = [one.first, one.last].map((value) => addressText({ family: one.family, value }));
  return [overlaps(one, other), covers(one, other), contains(one, first), ...edges];
}

/** The address before the last one, where there are two. */
function nearlyLast(text: string): string {
  const { family, first, last } = prefix(text);
  return addressText({ family, value: last > first ? last - 1n : last });
}

function sampleTexts(): string[] {
  const octet = fc.oneof(fc.nat(255), fc.nat(300)).map(String);
  const dotted = fc.array(octet, { minLength: 3, maxLength: 5 }).map((parts) => parts.join("."));
  const group = fc.oneof(
    fc.constantFrom("", "0", "0000", "ffff", "10000"),
    fc.nat(0xffff).map((n) => n.toString(16)),
  );
  const colons = fc.array(group, { minLength: 2, maxLength: 9 }).map((parts) => parts.join(":"));
  const soup = fc.stringMatching(/^[0-9a-fA-F.:]{1,20}$/);
  const length = fc.oneof(
    fc.constant(""),
    fc.integer({ min: 1, max: 140 }).map((n) => `/${n}`),
  );
  const text = fc.tuple(fc.oneof(dotted, colons, soup), length).map((parts) => parts.join(""));
  return fc.sample(text, { numRuns: 800, seed: 42 });
}

function samplePrefixes(): string[] {
  const one = fc
    .constantFrom<Family>(4, 6)
    .chain((family) =>
      fc
        .tuple(
          fc.integer({ min: 1, max: BITS[family] }),
          fc.bigInt({ min: 0n, max: (1n << BigInt(BITS[family])) - 1n }),
        )
        .map(([length, value]) => prefixText(prefixAround({ family, value }, length))),
    );
  return fc.sample(one, { numRuns: 200, seed: 43 });
}
