import { strict as assert } from "node:assert";
import { inContainerSandbox, insideContainer, startContainer, stopContainer } from "./containers";
import { HOST_OWNER, IDENTITY, type Sandbox } from "./support";

const GROUPS = ["239.1.1.1", "ff15::1"];
const FACTS = GROUPS.map((group) => `group ${group} container probe network lan`);

// A second link has the default route, and what leads to all groups of IPv6 first: a program that names no interface joins there.
// The kernel drops what comes by another link than answers would leave by.
const SECOND = `
pid=$(awk '{ print $4; exit }' /run/docker/containers/probe)
ip link add far0 type veth peer name eth8 netns $pid; ip link set far0 up
nsenter --net=/proc/$pid/ns/net sh -c 'echo 1 >/proc/sys/net/ipv4/conf/eth7/rp_filter; echo 0 >/proc/sys/net/ipv6/conf/eth8/accept_dad; ip link set eth8 up; ip address add 172.30.0.2/24 dev eth8
  ip route replace default via 172.30.0.1 dev eth8; ip -6 route add multicast ff00::/8 dev eth8 table local metric 1; ip address del 192.168.9.10/24 dev eth7; ip address add 192.168.9.10/32 dev eth7'`;

// Joins as its routes have it, and says what comes, and from where.
const RECEIVER = `
const [,, ...groups] = ["", ...process.argv];
for (const group of groups) {
  const socket = require("node:dgram").createSocket({ type: group.includes(":") ? "udp6" : "udp4", reuseAddr: true });
  socket.on("message", (text) => console.log(group + " " + text));
  socket.bind(5000, () => { socket.addMembership(group); console.log("joined " + group); });
}`;
const SENDER = `
for (const group of ["239.1.1.1", "ff15::1"]) {
  const six = group.includes(":");
  const socket = require("node:dgram").createSocket(six ? "udp6" : "udp4");
  socket.bind(() => { socket.setMulticastInterface(six ? "::%wire" : "192.168.9.1"); setInterval(() => socket.send("data", 5000, group), 50); });
}`;

const verify = (host: Sandbox, ...lines: string[]) =>
  host.verb(
    "verify",
    `${["wirework 1", `host ${IDENTITY}`, `owner ${HOST_OWNER}`, "container probe", ...lines].join("\n")}\n`,
  );

const withReceiver = (test: (host: Sandbox, came: (within: number) => Promise<string[]>) => Promise<void>) =>
  inContainerSandbox(async (host) => {
    await startContainer(host, "probe", 0);
    await host.exec(SECOND, "", true);
    await host.exec(`setsid node -e '${SENDER}' </dev/null >/dev/null 2>&1 & echo $! >/run/sender`, "", true);
    await host.exec(
      `setsid nsenter --net=/proc/$(awk '{ print $4; exit }' /run/docker/containers/probe)/ns/net node -e '${RECEIVER}' ${GROUPS.join(" ")} >/run/came 2>&1 </dev/null & echo $! >/run/receiver
until [ "$(grep -c joined /run/came)" = 2 ]; do sleep 0.05; done`,
      "",
      true,
    );
    // Which groups data came of, from now on until there are both, or the time is over.
    const came = async (within: number) => {
      const { stdout } = await host.exec(`: >/run/came; for try in $(seq ${within * 20}); do
sleep 0.05; [ "$(sort -u /run/came | grep -c ' data')" -lt 2 ] || break; done; sort -u /run/came`);
      return GROUPS.filter((group) => stdout.includes(`${group} data`));
    };
    await test(host, came);
    await host.exec("kill $(cat /run/sender /run/receiver)");
  });

describe("multicast groups of a container", () => {
  it("arrive at the network that is named, whatever interface a program joined by, and no longer than wanted", () =>
    withReceiver(async (host, came) => {
      assert.deepEqual(await came(0.5), [], "by its routes the program has joined elsewhere");
      const kernel = await host.kernel();
      const inside = async () =>
        (await insideContainer(host, "probe", "sh -c 'ip -o address; ip route; ip route get 192.168.9.1'")).stdout;
      const before = await inside();
      const applied = await host.apply(FACTS);
      assert.equal(applied.stdout, FACTS.map((fact) => `+ ${fact}\n`).join(""), applied.stderr);
      assert.deepEqual(await came(10), GROUPS);
      assert.equal((await host.apply(FACTS)).stdout, "unchanged\n");
      assert.equal((await host.check(FACTS)).stdout, "as declared\n");

      const lines = GROUPS.map((group) => `group ${group} network lan`);
      const proved = await verify(host, "timeout 10", ...lines);
      assert.match(proved.stdout, /^group 239\.1\.1\.1 received by eth7 .*\ngroup ff15::1 received by eth7 /);
      assert.equal((await insideContainer(host, "probe", "nft list tables")).stdout, "");

      await insideContainer(host, "probe", "ip address del 239.1.1.1/32 dev eth7");
      assert.equal((await host.check(FACTS)).code, 3);
      assert.equal((await host.apply(FACTS)).stdout, `+ ${FACTS[0]}\n`);

      assert.equal((await host.apply(FACTS.slice(0, 1))).stdout, `- ${FACTS[1]}\n`);
      await host.exec("kill $(cat /run/sender)");
      const silent = await verify(host, "timeout 1", lines[0]!);
      assert.match(silent.stderr, /nothing of group 239\.1\.1\.1 came to container probe on interface eth7 within 1 s/);
      assert.equal((await insideContainer(host, "probe", "nft list tables")).stdout, "");
      const other = await verify(host, "timeout 1", lines[1]!);
      assert.match(other.stderr, /has not joined group ff15::1 on interface eth7 after 1 s/);
      assert.equal((await host.remove(FACTS.slice(0, 1))).stdout, `- ${FACTS[0]}\n`);
      assert.equal(await inside(), before);
      assert.equal(await host.kernel(), kernel);
    }));

  it("wait for it, and are joined on an interface that the host puts in", () =>
    inContainerSandbox(async (host) => {
      const early = await host.apply(FACTS);
      assert.equal(
        early.stdout,
        `unchanged\n${FACTS.map((fact) => `pending ${fact} (container probe does not run)\n`).join("")}`,
      );
      await startContainer(host, "probe", 0);
      await host.apply(FACTS);
      const attach =
        "attach eth1 container probe type macvlan parent eth0 mode bridge address 02:aa:00:00:00:90 also 239.1.1.2/32,ff15::2/128";
      assert.equal((await host.apply([...FACTS, attach])).stdout, `+ ${attach}\n`);
      const joined = async () =>
        (await insideContainer(host, "probe", "ip -o address")).stdout
          .split("\n")
          .filter((line) => line.includes(" autojoin "))
          .map((line) => line.replace(/^\d+: (\S+) +inet6? (\S+) .*/, "$1 $2"))
          .sort();
      const own = ["eth1 239.1.1.2/32", "eth1 ff15::2/128"];
      assert.deepEqual(await joined(), [...own, "eth7 239.1.1.1/32", "eth7 ff15::1/128"]);
      assert.equal((await host.apply([...FACTS, attach])).stdout, "unchanged\n");
      assert.match((await verify(host, "timeout 5", "attached eth1")).stdout, /^interface eth1: fe80::\S+\n/);
      const one = attach.replace(",ff15::2/128", "");
      assert.equal((await host.apply([...FACTS, one])).stdout, `~ ${one}\n`);
      assert.deepEqual((await joined()).slice(0, 2), ["eth1 239.1.1.2/32", "eth7 239.1.1.1/32"]);
      await insideContainer(host, "probe", "sh -c 'echo 1 >/proc/sys/net/ipv4/conf/eth1/rp_filter'");
      const later = attach.replace("ff15::2/128", "239.1.1.3/32");
      assert.equal((await host.apply([...FACTS, later])).stdout, `~ ${later}\n`);
      const filter = await insideContainer(host, "probe", "cat /proc/sys/net/ipv4/conf/eth1/rp_filter");
      assert.equal(filter.stdout, "2\n", "its senders may be anywhere, whenever it came");
      await host.remove([...FACTS, later]);
      assert.deepEqual(await joined(), []);
      await stopContainer(host, "probe");
    }));

  it("are refused where they mean nothing", () =>
    inContainerSandbox(async (host) => {
      for (const fact of ["group 192.168.9.1 container probe network lan", "group 239.1.1.1 container probe"]) {
        assert.match((await host.apply([fact])).stderr, /not a multicast group|group GROUP container NAME/);
      }
    }));
});
