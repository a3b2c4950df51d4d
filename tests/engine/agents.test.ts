import { strict as assert } from "node:assert";
import { assertComes, until } from "../lab/until";
import { answers, assertSettled, assertTakenBack, clientSeen, debians, onHost, site, stackOn, subnet } from "./support";

for (const debian of debians) {
  describe(`agents on Debian ${debian}`, () => {
    it("behind Docker's NAT publish their ports, on the default bridge and on a network of their own", async () => {
      const place = await site(debian);
      const stack = await stackOn(
        place,
        `const web = { host: host.ref, image, command: ["sh", "-c", "mkdir -p /www && echo here > /www/index.html && exec httpd -f -h /www"] };
         const plain = new BridgeAgent("plain", { ...web, ports: [{ internal: 80, external: 8081 }], hostname: "plain", memoryMiB: 64, environment: { A: "1" } });
         const own = new BridgeAgent("own", { ...web, ports: [{ internal: 80, external: 8082 }], ownNetwork: { subnets: [{ subnet: "10.77.0.0/24", gateway: "10.77.0.1" }] }, ipv4Address: "10.77.0.9" });
         export const addresses = [plain.ipv4Address, own.ipv4Address];
         export const proofs = [plain.verification, own.verification];`,
      );
      await stack.up();
      const { addresses, proofs } = (await stack.outputs()) as { addresses: string[]; proofs: string[] };
      assert.match(addresses[0], /^172\.17\./);
      assert.equal(addresses[1], "10.77.0.9");
      assert.match(proofs[0], /^default route by network bridge/m);
      assert.match(proofs[1], /^gateway 10\.77\.0\.1 answered from /m);
      for (const port of [8081, 8082]) {
        const page = await place.host.exec(
          `timeout 5 sh -c 'exec 3<>/dev/tcp/127.0.0.1/${port}' 2>/dev/null; busybox wget -q -O - http://127.0.0.1:${port}/`,
        );
        assert.equal(page.stdout.trim(), "here");
      }
      await assertSettled(stack);
      await place.host.reboot();
      assert.equal((await place.host.exec("busybox wget -q -O - http://127.0.0.1:8082/")).stdout.trim(), "here");
      await assertTakenBack(stack, place);
    });

    it("on macvlan in mode private do not reach each other, in mode bridge they do", async () => {
      const place = await site(debian);
      const program = (mode: string) => `
        const lan = new MacvlanNetwork("lan", { host: host.ref, parent: "eth1", mode: MacvlanMode.${mode}, subnets: [${subnet}] });
        for (const [name, last] of [["east", 70], ["west", 71]] as const) new MacvlanAgent(name, { host: host.ref, network: lan.ref, image, ipv4Address: \`192.168.9.\${last}\` });`;
      const stack = await stackOn(place, program("Private"));
      await stack.up();
      const inside = (command: string) => place.host.exec(`docker exec east ${command}`, { check: false });
      assert.ok(await answers(inside, "192.168.9.1"));
      assert.ok(!(await answers(inside, "192.168.9.71")));
      stack.change(onHost(program("Bridge")));
      await stack.up();
      assert.ok(await answers(inside, "192.168.9.71"));
      await assertTakenBack(stack, place);
    });

    it("on a network without a given gateway are not replaced by what Docker says of it after a restart", async () => {
      const place = await site(debian);
      const stack = await stackOn(
        place,
        `
        const lan = new MacvlanNetwork("lan", { host: host.ref, parent: "eth1", subnets: [{ subnet: "192.168.9.0/24" }, { subnet: "fd00:9::/64" }] });
        new MacvlanAgent("east", { host: host.ref, network: lan.ref, image, ipv4Address: "192.168.9.70" });`,
      );
      await stack.up();
      await place.host.exec("systemctl restart docker");
      await assertSettled(stack);
      await assertTakenBack(stack, place);
    });

    it("with a management network have their default route there", async () => {
      const place = await site(debian);
      await place.host.exec("docker network create --subnet 10.78.0.0/24 a-management");
      const stack = await stackOn(
        place,
        `const agent = new MacvlanAgent("probe", {
           host: host.ref, image, ipv4Address: "192.168.9.70",
           ownNetwork: { networkName: "measuring", parent: "eth1", subnets: [${subnet}] },
           extraNetworks: [{ name: "a-management", ipv4Address: "10.78.0.9", management: true }],
         });
         export const networks = agent.networks;
         export const verification = agent.verification;`,
      );
      await stack.up();
      const { networks, verification } = (await stack.outputs()) as {
        networks: { network: string; ipv4Address: string }[];
        verification: string;
      };
      assert.deepEqual(networks.map(({ network, ipv4Address }) => `${network} ${ipv4Address}`).sort(), [
        "a-management 10.78.0.9",
        "measuring 192.168.9.70",
      ]);
      assert.match(verification, /default route by network a-management/);
      assert.match((await place.host.exec("docker exec probe ip route")).stdout, /^default via 10\.78\.0\.1 /m);
      await assertSettled(stack);
      await stack.destroy();
      await place.host.exec("docker network rm a-management");
      stack.dispose();
    });
  });
}

// Each is managed over Docker's bridge, by which its routes lead, and so does a join that names no link.
const RECEIVERS = `
const by = (...words: string[]) => ({ host: host.ref, image: "wirework/address-echo:lab", command: ["7000", ...words] });
const [extraNetworks, receives] = [[{ name: "bridge", management: true }], ["239.1.1.1", "ff15::1"]];
const fixed = new MacvlanAgent("fixed", {
  ...by("239.1.1.1"), extraNetworks, receives: ["239.1.1.1"], ipv4Address: "192.168.9.70", ownNetwork: { parent: "eth1", subnets: [${subnet}] },
});
const attached = (name: string, address: object) =>
  new PipeworkAgent(name, { ...by(...receives), extraNetworks, interfaces: [{ parent: "eth1", receives, ...address }] });
const agents = [fixed, attached("attached", { ipv4Address: "192.168.9.90/24" }), attached("bare", {})];
new HostNetworkAgent("on-host", { host: host.ref, image: "wirework/address-echo:lab", command: ["7001", "239.1.1.1%eth1", "ff15::1%eth1"] });
export const proofs = agents.map(({ verification }) => verification);
export const mac = agents[2].macAddresses;
`;

describe("receivers on the LAN", () => {
  it("get multicast, and UDP of their own, with an address and without, beside a management network", async () => {
    const place = await site("13");
    const { host, lan } = place;
    const atGateway = (command: string) => lan.exec("gateway", command);
    await host.exec("ip address add 192.168.9.10/24 dev eth1");
    await atGateway("ip route add 224.0.0.0/4 dev lan0");
    const send = "echo data >/dev/udp/239.1.1.1/5000; echo data >/dev/udp/ff15::1/5000; sleep 0.2";
    await atGateway(
      `setsid bash --norc -c 'while :; do ${send}; done' </dev/null >/dev/null 2>&1 & echo $! >/run/sender-${process.pid}`,
    );
    const stack = await stackOn(place, RECEIVERS);
    await stack.up();
    const { proofs, mac } = (await stack.outputs()) as { proofs: string[]; mac: Record<string, string> };
    assert.match(proofs[0], /^group 239\.1\.1\.1 received by eth\d /m);
    for (const proof of proofs.slice(1)) {
      assert.match(proof, /^group 239\.1\.1\.1 received by eth1 .*\ngroup ff15::1 received by eth1 /m);
    }
    const names = ["fixed", "attached", "bare", "on-host"];
    const log = async (name: string) => (await host.exec(`docker logs ${name}`)).stdout;
    const receive = async (event: string) => {
      for (const name of names) {
        const seen = (await log(name)).length;
        await until(`${name} receives after ${event}`, { timeoutMs: 30_000, intervalMs: 300 }, async () => {
          const said = (await log(name)).slice(seen);
          const six = name === "fixed" || /^ff15::1 f\S+:/m.test(said);
          return (six && /^239\.1\.1\.1 192\.168\.9\.1$/m.test(said)) || undefined;
        });
      }
    };
    await receive("a first update");
    await assertSettled(stack);
    const client = (command: string) => lan.exec("client", command, { check: false });
    for (const [address, port] of [
      ["192.168.9.70", 7000],
      ["192.168.9.90", 7000],
      ["192.168.9.10", 7001],
    ] as const) {
      await assertComes(`whom ${address} sees`, 20_000, lan.client, () => clientSeen(client, address, port, "udp"));
    }
    // Without an address nobody can ask it; what is sent to its MAC arrives.
    const unicast = async () => {
      const inside = "nsenter --net=/proc/$(docker inspect --format '{{.State.Pid}}' bare)/ns/net";
      const { rx } = JSON.parse((await host.exec(`${inside} ip -s -j link show dev eth1`)).stdout)[0].stats64;
      return rx.packets - rx.multicast;
    };
    const before = await unicast();
    await client(`ip neigh replace 192.168.9.99 lladdr ${mac.eth1} nud permanent dev lan0
timeout 5 bash --norc -c 'for n in $(seq 20); do echo data >/dev/udp/192.168.9.99/5000; done'; ip neigh del 192.168.9.99 dev lan0`);
    await until("unicast frames", { timeoutMs: 20_000, intervalMs: 300 }, async () => {
      return (await unicast()) >= before + 20 || undefined;
    });
    await host.exec("docker restart -t 2 fixed attached bare on-host");
    await receive("a restart");
    await atGateway(
      `kill $(cat /run/sender-${process.pid}); rm /run/sender-${process.pid}; ip route del 224.0.0.0/4 dev lan0`,
    );
    await stack.destroy();
    await host.exec("ip address del 192.168.9.10/24 dev eth1");
    await assertTakenBack(stack, place);
  });
});

describe("an agent whose gateway does not answer", () => {
  it("fails the update, says what was tried, and the next run goes on once it does", async () => {
    const place = await site("13");
    const program = `new MacvlanAgent("probe", {
      host: host.ref, image, ipv4Address: "192.168.9.70", verify: { timeoutSeconds: 2 },
      ownNetwork: { parent: "eth1", subnets: [{ subnet: "192.168.9.0/24", gateway: "192.168.9.9" }] },
    });`;
    const stack = await stackOn(place, program);
    const failed = await stack.up({ check: false });
    assert.notEqual(failed.code, 0);
    assert.match(failed.stdout, /gateway 192\.168\.9\.9 does not answer .*tried: ARP requests/s);
    await place.lan.exec("gateway", "ip addr add 192.168.9.9/24 dev lan0");
    const result = await stack.up();
    await place.lan.exec("gateway", "ip addr del 192.168.9.9/24 dev lan0");
    assert.equal(result.code, 0);
    await assertTakenBack(stack, place);
  });
});

describe("an agent whose address somebody on the LAN has", () => {
  it("fails the update before there is a container, and the next run goes on once it is free", async () => {
    const place = await site("13");
    const program = `export const probe = new MacvlanAgent("probe", {
      host: host.ref, image, ipv4Address: "192.168.9.70",
      ownNetwork: { parent: "eth1", subnets: [${subnet}] },
    }).probe;`;
    const stack = await stackOn(place, program);
    await place.lan.exec("client", "ip addr add 192.168.9.70/24 dev lan0");
    const failed = await stack.up({ check: false });
    const { stdout } = await place.lan.exec("client", "cat /sys/class/net/lan0/address");
    await place.lan.exec("client", "ip addr del 192.168.9.70/24 dev lan0");
    assert.notEqual(failed.code, 0);
    assert.ok(failed.stdout.includes(`192.168.9.70 is taken on eth1: MAC ${stdout.trim()} answers`), failed.stdout);
    assert.equal((await place.host.exec("docker ps --all --quiet")).stdout, "");
    await stack.up();
    assert.equal((await stack.outputs()).probe, "free 192.168.9.70 dev eth1");
    await assertTakenBack(stack, place);
  });
});

describe("two agents that want one address", () => {
  it("are refused at preview, both named", async () => {
    const place = await site("13");
    const stack = await stackOn(
      place,
      `const lan = new MacvlanNetwork("lan", { host: host.ref, parent: "eth1", subnets: [${subnet}] });
       for (const name of ["east", "west"]) new MacvlanAgent(name, { host: host.ref, network: lan.ref, image, ipv4Address: "192.168.9.70" });`,
    );
    const result = await stack.preview({ check: false });
    assert.notEqual(result.code, 0);
    assert.match(result.stdout, /MacvlanAgent "west": 1 problem/);
    assert.match(result.stdout, /ipv4Address: .*192\.168\.9\.70.*"east"/);
    stack.dispose();
  });
});
