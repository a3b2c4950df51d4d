// What must hold whatever happened, as checks that throw. Each is seen to fail in tests/faults/invariants.test.ts.
import { strict as assert } from "node:assert";
import { faulty } from "./faults";
import { inSession } from "./session";
import { assertSame, type Sandbox, stdin } from "./support";

/** Reach: the management address takes a new session, and answers in it. */
export async function assertReach(host: Sandbox, seconds = 10): Promise<void> {
  const { code, heard } = await inSession(host, "cat; echo here", "", seconds);
  assert.deepEqual([code, heard.trim()], [0, "here"], "a new session does not answer");
}

const FOREIGN = `
ip -o -d link | grep -v ' group 30583 ' | sed 's/^[0-9]*: //; s/ qlen [0-9]*//; s/ tso_max_size [0-9]* tso_max_segs [0-9]*//' # a bridge keeps those of ports that it had
ip -N -o address | sed 's/^[0-9]*: //'
for family in -4 -6; do ip -N $family rule; ip -N $family route show table all; done | grep -v ' proto 119'
nft -s list ruleset | awk '/^table/ { ours = $3 == "wirework" } !ours'
find /etc/iproute2 /etc/systemd -type f ! -name '*wirework*' -exec sha256sum {} + 2>/dev/null | sort`;

/** All that is on the host and does not bear our mark. Our addresses bear none: compare where there are none, or the same. */
export async function foreignState(host: Sandbox): Promise<string> {
  return (await host.exec(FOREIGN)).stdout;
}

/** Foreign: what is not ours is as it was. */
export async function assertForeign(host: Sandbox, before: string, where = ""): Promise<void> {
  assertSame(await foreignState(host), before, `${where}: what is not ours differs`);
}

/** Whole: old or new, never a mix. */
export function assertWhole(now: string, before: string, goal: string, where: string): void {
  if (now !== goal) assertSame(now, before, `${where}: neither old nor new; against the old`);
}

/** Converge: the next apply reaches the goal; the one after changes nothing, and runs nothing that could. */
export async function assertConverges(host: Sandbox, facts: readonly string[]): Promise<void> {
  const next = await host.apply(facts);
  assert.equal(next.code, 0, next.stderr);
  assert.equal((await host.check(facts)).stdout, "as declared\n");
  const { steps, said } = await faulty(host, "apply", stdin(facts), 100_000, "failure");
  const changing = steps.filter((step) => /^(ip|nft)\b/.test(step) || /\/(owners|etc)\//.test(step));
  const words = said.trim().split("\n");
  if (words.length > 1) assert.match(words[0], /^persistence auto: /);
  assert.deepEqual([changing, words.at(-1)], [[], "unchanged"], "the second apply still changes");
}

/** Facts less those that ask the other end of a wire: what it answers is no state of the host, and nobody answers in a sandbox. */
export const withoutWires = (facts: readonly string[]) => facts.filter((fact) => !fact.startsWith("reach "));

/** Durable: a reboot brings back what was there. */
export async function assertDurable(host: Sandbox): Promise<void> {
  const before = await host.kernel();
  await host.reboot();
  const boot = await host.exec("/usr/local/sbin/wirework boot early && /usr/local/sbin/wirework boot late");
  assert.equal(boot.code, 0, boot.stderr);
  assertSame(await host.kernel(), before, "after a reboot");
}

/** Gone: after removal the host is as it was found. */
export async function assertGone(host: Sandbox, facts: readonly string[], found: string): Promise<void> {
  const removed = await host.remove(facts);
  assert.equal(removed.code, 0, removed.stderr);
  assertSame(await host.snapshot(), found, "after removal");
}

/** Honest: it failed, says what it is about and what to do, and no more than one can read. */
export function assertHonest(result: { code: number | undefined; stderr: string }, ...says: readonly RegExp[]): void {
  assert.notEqual(result.code, 0, "a failure that counts as success");
  assert.match(result.stderr, /\S/, "a failure without a word");
  assert.ok(result.stderr.length < 8000, `${result.stderr.length} characters of error`);
  for (const part of says) assert.match(result.stderr, part);
}
