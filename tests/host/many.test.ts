import { strict as assert } from "node:assert";
import { programText, setupText } from "../../lib/host/program";
import { assertSame, HOST_OWNER, IDENTITY, inSandbox, type Sandbox, SHIM } from "./support";

describe("runs at the same time", () => {
  it("take turns: twenty at once all get their facts, once", () =>
    inSandbox(async (host) => {
      const before = await host.snapshot();
      const owners = Array.from({ length: 20 }, (_, index) => ({
        owner: `test/dev/agent${index}`,
        facts: [SHIM[0], SHIM[1], `addr 192.168.9.${100 + index}/32 dev shim0`, `route 10.${index}.0.0/16 dev shim0`],
      }));
      const made = await Promise.all(owners.map(({ owner, facts }) => host.apply(facts, owner)));
      assert.deepEqual([...new Set(made.map(({ code }) => code))], [0], made.map(({ stderr }) => stderr).join(""));
      const { stdout } = await host.exec("ip -o -4 addr show shim0; ip -N route show proto 119");
      assert.equal(stdout.trim().split("\n").length, 40);
      await Promise.all(owners.map(({ owner, facts }) => host.remove(facts, owner)));
      assertSame(await host.snapshot(), before);
    })).timeout(60_000);

  it("do not wait for ever, and say who is at work", () =>
    inSandbox(async (host) => {
      const impatient = programText().replace("LOCK_WAIT=120", "LOCK_WAIT=1");
      const setup = setupText({ host: IDENTITY, owner: HOST_OWNER, program: impatient });
      assert.equal((await host.verb("setup", setup)).code, 0);
      const holder = `echo "apply (process 7, test/dev/slow)" >/run/wirework.lock; flock /run/wirework.lock sleep 4`;
      const [, refused] = await Promise.all([host.exec(holder), host.exec("sleep 0.5").then(() => host.apply(SHIM))]);
      assert.equal(refused.code, 1);
      assert.match(
        refused.stderr,
        /another run is changing this host.*after 1 s: apply \(process 7, test\/dev\/slow\)/,
      );
      assert.equal((await host.apply(SHIM)).code, 0, "the lock went with its holder");
    }));
});

/** Numbers that are the same for the same seed. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const macvlan = (name: string, mode: string, rest = "") => `link ${name} parent eth0 type macvlan mode ${mode}${rest}`;
// What each owner may want: one of a group at a time. A link is declared by one owner, others stand on it; the last
// group of all three is shared.
const shared = ["sysctl net/ipv4/conf/eth0/arp_announce = 2", "addr 192.0.2.77/24 dev eth0"];
const catalogue: Record<string, readonly (readonly string[])[]> = {
  "test/dev/a": [
    [macvlan("shim0", "bridge"), macvlan("shim0", "private"), macvlan("shim0", "bridge", " address 02:00:00:00:00:0a")],
    ["addr 192.168.9.2/32 dev shim0", "addr 192.168.9.2/24 dev shim0"],
    ["route 10.1.0.0/16 dev shim0", "route 10.1.0.0/16 dev eth0"],
    ["sysctl net/ipv4/conf/shim0/arp_ignore = 1", "sysctl net/ipv4/conf/shim0/arp_ignore = 2"],
    ...shared.map((fact) => [fact]),
  ],
  "test/dev/b": [
    ["link br7 type bridge", "link br7 type bridge mtu 1450"],
    ["link top7 parent br7 type macvlan mode vepa", "link top7 parent br7 type macvlan mode bridge"],
    ["addr 10.7.0.1/24 dev top7", "addr fd00:7::1/64 dev top7"],
    ["addr 192.168.9.3/32 dev shim0"],
    ...shared.map((fact) => [fact]),
  ],
  "test/dev/c": [
    ["route fd00:8::/64 dev top7", "route fd00:8::/64 dev eth0", "route fd00:8::/64 dev eth0 metric 7"],
    ["route 10.8.0.0/16 dev shim0 table 300", "route 10.8.0.0/16 dev eth0 table 300"],
    ["link far0 parent br7 type macvlan mode vepa", "link far0 parent eth0 type macvlan mode vepa"],
    ["sysctl net/ipv6/conf/top7/accept_ra = 0"],
    ["link v0 type veth peer v1", "link v0 type veth peer v1 mtu 1400"],
    ["set v1 master br7", "set wire master br7", "set v1 promisc on"],
    ...shared.map((fact) => [fact]),
  ],
};

/** Whether the fact can be made: its link exists, or every link beneath it is declared. */
function possible(fact: string, all: ReadonlySet<string>): boolean {
  const needs = / (?:dev|parent|master) (\S+)/.exec(fact)?.[1] ?? /^sysctl net\/ipv.\/conf\/([^/]+)/.exec(fact)?.[1];
  const port = /^set (\S+) /.exec(fact)?.[1];
  return [needs, port].every((name) => {
    if (name === undefined || name === "eth0" || name === "wire") return true;
    const link = [...all].find((other) => other.startsWith(`link ${name} `) || other.includes(` peer ${name}`));
    return link !== undefined && possible(link, all);
  });
}

/** What is on the host of all that the catalogue names, read by another way than the program's own. */
async function observed(host: Sandbox): Promise<string[]> {
  const script = "ip -j -d link; ip -j addr; ip -j -N -4 route show table all; ip -j -N -6 route show table all";
  const [links, addresses, ...routes] = (await host.exec(script, "", true)).stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const found: string[] = [];
  for (const link of links.filter(({ group }: { group: string }) => group === "30583")) {
    const { info_kind: type, info_data: data } = link.linkinfo;
    if (type === "veth") {
      if (link.ifname === "v0") found.push(`link v0 type veth peer ${link.link}`);
      continue;
    }
    found.push(
      `link ${link.ifname}${link.link ? ` parent ${link.link}` : ""} type ${type}${data?.mode ? ` mode ${data.mode}` : ""}`,
    );
  }
  for (const { ifname, master, flags } of links) {
    if (master) found.push(`set ${ifname} master ${master}`);
    if (flags.includes("PROMISC")) found.push(`set ${ifname} promisc on`);
  }
  for (const { ifname, addr_info: all } of addresses) {
    for (const { local, prefixlen } of all ?? []) found.push(`addr ${local}/${prefixlen} dev ${ifname}`);
  }
  for (const { dst, dev, table, metric } of routes
    .flat()
    .filter(({ protocol }: { protocol: string }) => protocol === "119")) {
    found.push(
      `route ${dst} dev ${dev}${metric && metric !== 1024 ? ` metric ${metric}` : ""}${table ? ` table ${table}` : ""}`,
    );
  }
  return found.sort();
}

describe("a random walk", () => {
  const seed = Number(process.env.WIREWORK_SEED ?? Date.now() % 1_000_000);
  const steps = 20;
  it(`over ${steps} states of three owners ends each step with exactly what is declared (WIREWORK_SEED=${seed})`, () =>
    inSandbox(async (host) => {
      const found = await host.snapshot();
      const base = await observed(host);
      const pick = random(seed);
      const state = new Map<string, string[]>();
      for (let step = 1; step <= steps; step++) {
        const owner = Object.keys(catalogue)[pick(3)];
        const facts =
          pick(5) === 0 ? [] : catalogue[owner].filter(() => pick(3) > 0).map((group) => group[pick(group.length)]);
        const where = `step ${step} of seed ${seed}: ${owner}\n${facts.join("\n")}`;
        const result =
          facts.length > 0 ? await host.apply(facts, owner) : await host.remove(state.get(owner) ?? [], owner);
        assert.equal(result.code, 0, `${where}\n${result.stderr}`);
        state.set(owner, facts);
        const wanted = new Set([...state.values()].flat());
        const able = [...wanted].filter((fact) => possible(fact, wanted) && !fact.startsWith("sysctl"));
        const expected = able.map((fact) => fact.replace(/ (address|mtu) .*/, ""));
        const local = (fact: string) => !/^addr (127|::1|fe80)/.test(fact);
        assert.deepEqual((await observed(host)).filter(local), [...base.filter(local), ...expected].sort(), where);
        if (facts.length > 0) assert.match((await host.check(facts, owner)).stdout, /^(as declared|pending)/, where);
      }
      for (const owner of Object.keys(catalogue)) await host.remove([], owner);
      assertSame(await host.snapshot(), found, `after seed ${seed}`);
    })).timeout(90_000);
});

describe("the program's interpreter", () => {
  for (const [name, shell, awk] of [
    ["busybox ash and busybox awk", "/bin/busybox", "busybox awk"],
    ["bash as sh and mawk", "/bin/bash", undefined],
  ] as const) {
    it(`may be ${name}`, () =>
      inSandbox(
        async (host) => {
          const before = await host.snapshot();
          const first = await host.apply(SHIM);
          assert.equal(first.stdout, SHIM.map((fact) => `+ ${fact}\n`).join(""), first.stderr);
          assert.equal((await host.apply(SHIM)).stdout, "unchanged\n");
          assert.equal((await host.check(SHIM)).code, 0);
          const anew = await host.apply([SHIM[0].replace("bridge", "vepa"), ...SHIM.slice(1)]);
          assert.equal(anew.code, 0, anew.stderr);
          assert.match((await host.apply(["addr 1.2.3.4 dev eth0"])).stderr, /with prefix length/);
          assert.equal((await host.remove(SHIM)).code, 0);
          assertSame(await host.snapshot(), before);
        },
        { shell, awk },
      ));
  }
});
