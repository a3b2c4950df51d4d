import { commandText, type Verb } from "../lib/host/command-text";
import { inputText } from "../lib/plan/host-state";
import { Lab } from "../tests/lab/lab";
import type { LightHost } from "../tests/lab/light-host";
import type { Contender } from "./contender";
import { identity, setUp, ssh } from "./helper";

/** The name of the contender that all others are compared with. */
export const byHand = "ip -batch";

/** Addresses, routes and rules of both families on one link of our own, as many as are asked for. */
export function manyFacts(count: number): string[] {
  const shape = [
    (n: number) => `addr 10.78.${n >> 8}.${n & 255}/32 dev shim0`,
    (n: number) => `addr fd00:78::${(n + 1).toString(16)}/128 dev shim0`,
    (n: number) => `route 10.79.${n >> 8}.${n & 255}/32 dev shim0`,
    (n: number) => `route fd00:79::${(n + 1).toString(16)}/128 dev shim0 table 300`,
    (n: number) => `rule from 10.80.${n >> 8}.${n & 255}/32 table 300 priority ${1000 + n}`,
  ];
  const link = "link shim0 parent host0 type macvlan mode bridge";
  const rest = Array.from({ length: count - 1 }, (_, index) =>
    shape[index % shape.length]!(Math.floor(index / shape.length)),
  );
  return [link, ...rest];
}

/** A host, and those who give it the facts, each over one login of its own. */
export async function factsSite(count: number) {
  const lab = await Lab.start();
  const host = await lab.lightHost({ name: "facts", debian: "13" });
  await host.exec("ip link add host0 type veth peer name host1; ip link set host0 up; ip link set host1 up");
  const facts = manyFacts(count);
  await setUp(host);
  return {
    host,
    contenders: [ipBatch(host, facts), helper(host, facts)],
    async objects() {
      const list =
        "ip -o link show; ip -o addr show; ip -N route show table all; ip -N -6 route show table all; ip rule show";
      const { stdout } = await host.exec(list);
      // Lifetimes, and the places of links that were made anew, are not what is left behind.
      return stdout.split("\n").filter((line) => /shim0|10\.7[89]\.|10\.80\./.test(line));
    },
    stop: () => lab.stop(),
  };
}

/** The same facts by hand, without asking what is there: what the kernel, iproute2 and the login need for themselves. */
function ipBatch(host: LightHost, facts: readonly string[]): Contender {
  const words = (line: string) =>
    line.replace(/^link (\S+) parent (\S+)/, "link add link $2 name $1").replace(/^(addr|route|rule) /, "$1 add ");
  const rules = facts.filter((line) => line.startsWith("rule ")).map(words);
  const others = facts.filter((line) => !line.startsWith("rule ")).map(words);
  const [link, ...rest] = others;
  const input = [link, "link set shim0 up", ...rest, ...rules, ""].join("\n");
  return {
    name: byHand,
    previews: [],
    create: async () => {
      await ssh(host, "ip -batch -", input);
    },
    destroy: async () => {
      const undo = rules.map((line) => line.replace(" add ", " del "));
      await ssh(host, "ip -batch -", [...undo, "link del shim0", ""].join("\n"));
    },
  };
}

function helper(host: LightHost, facts: readonly string[]): Contender {
  const input = inputText({ host: identity, owner: "bench/dev/facts" }, facts);
  const verb = (name: Verb) => ssh(host, commandText(name, false), input);
  const expect = async (name: Verb, said: RegExp) => {
    const stdout = await verb(name);
    if (!said.test(stdout)) throw new Error(`${name} said: ${stdout.slice(0, 500)}`);
  };
  return {
    name: "wirework",
    previews: [
      { name: "apply again", run: () => expect("apply", /^unchanged\n/) },
      { name: "check", run: () => expect("check", /^as declared\n/) },
    ],
    create: () => expect("apply", /^\+ link shim0 /m),
    destroy: () => expect("remove", /^- link shim0 /m),
  };
}
