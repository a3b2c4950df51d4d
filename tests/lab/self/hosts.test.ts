import { strict as assert } from "node:assert";
import { existsSync } from "node:fs";
import { LabImage, loadImages } from "../images";
import { Lab } from "../lab";
import type { Lan } from "../lan";
import type { LightHost } from "../light-host";
import { run } from "../process";
import { diffSnapshots, type Snapshot } from "../snapshot";
import { until } from "../until";

const releases = ["12", "13"] as const;
const addresses = { "12": "192.168.9.12", "13": "192.168.9.13" } as const;

describe("light hosts", () => {
  let lab: Lab;
  let lan: Lan;
  const hosts = {} as Record<(typeof releases)[number], LightHost>;

  before("two hosts boot at once", async () => {
    lab = await Lab.start();
    const v6 = { subnet6: "2001:db8:9::/64", gateway6: "2001:db8:9::1" };
    lan = await lab.lan({ name: "self", subnet: "192.168.9.0/24", gateway: "192.168.9.1", ...v6 });
    const boot = async (debian: (typeof releases)[number]) => {
      const nic = { lan, interface: "eth1", addresses: [`${addresses[debian]}/24`, `2001:db8:9::${debian}/64`] };
      hosts[debian] = await lab.lightHost({
        name: `self${debian}`,
        debian,
        lans: [{ ...nic, gateway: "192.168.9.1" }],
      });
    };
    await Promise.all(releases.map(boot));
  });

  after(() => lab.stop());

  /** Both hosts at once: much of the time they wait. */
  const onBoth = async (check: (host: LightHost, debian: (typeof releases)[number]) => Promise<void>) => {
    await Promise.all(releases.map((debian) => check(hosts[debian], debian)));
  };

  it("have finished booting without a failed unit", () =>
    onBoth(async (host) => {
      const { stdout } = await host.exec("systemctl is-system-running --wait; systemctl --failed --no-legend");
      assert.equal(stdout.trim(), "running");
    }));

  it("let root in over IPv4 and net over IPv6, with the host key that they name", () =>
    onBoth(async (host) => {
      const login = (user: string, address: string, command: string) => {
        const known = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes"];
        return run("ssh", ["-i", host.privateKeyPath, ...known, `${user}@${address}`, command]);
      };
      assert.equal((await login("root", host.address, "id -u")).stdout, "0\n");
      assert.equal((await login("net", host.address6, "id -un; sudo -n id -u; docker ps -q")).stdout, "net\n0\n");
      const { stdout } = await run("ssh-keyscan", ["-t", "ed25519", host.address]);
      assert.equal(stdout.trim(), `${host.address} ${host.hostKey}`);
    }));

  it("reach the LAN and are reached from it in both families", () =>
    onBoth(async (host, debian) => {
      await host.exec("ping -c1 -W2 192.168.9.1 && ping -c1 -W2 2001:db8:9::1");
      await lan.exec("client", `ping -c1 -W2 ${addresses[debian]} && ping -c1 -W2 2001:db8:9::${debian}`);
    }));

  it("see the cable of a card pulled and plugged in again", () =>
    onBoth(async (host) => {
      const carrier = async () => (await host.exec("ip -br link show eth1")).stdout;
      await host.setCarrier("eth1", false);
      assert.match(await carrier(), /NO-CARRIER/);
      await host.setCarrier("eth1", true);
      assert.match(await carrier(), /LOWER_UP/);
      await assert.rejects(host.setCarrier("eth7", false), /eth7: the host has no such card/);
    }));

  it("run a container of their own on the LAN, which sees its client's address", () =>
    onBoth(async (host, debian) => {
      await loadImages(host);
      const [v4, v6] = [`192.168.9.1${debian}`, `2001:db8:9::1${debian}`];
      const net = "--subnet 192.168.9.0/24 --gateway 192.168.9.1 --ipv6 --subnet 2001:db8:9::/64";
      await host.exec(`docker network create -d macvlan -o parent=eth1 ${net} lan`);
      await host.exec(`docker run -d --name echo --network lan --ip ${v4} --ip6 ${v6} ${LabImage.addressEcho}`);
      const ask = async (address: string) => {
        const said = await lan.exec("client", `busybox nc -w 2 ${address} 7000 </dev/null`, { check: false });
        return said.stdout.replace(/ \d+\n$/, "") || undefined;
      };
      const answer = (address: string) => until(`answer of ${address}`, { timeoutMs: 5000 }, () => ask(address));
      assert.equal(await answer(v4), "tcp 192.168.9.100");
      assert.equal(await answer(v6), "tcp 2001:db8:9::100");
      await host.exec("docker rm -f echo; docker network rm lan");
    }));

  it("give the same snapshot again, also after a container came and went and after a reboot", () =>
    onBoth(async (host) => {
      const first = await host.snapshot();
      await host.exec(`docker run --rm ${LabImage.probe} true`);
      assert.deepEqual(diffSnapshots(first, await host.snapshot()), []);
      await host.reboot();
      assert.deepEqual(diffSnapshots(first, await host.snapshot()), []);
    }));

  it("keeps over a reboot what a disk keeps, and loses what a kernel loses", async () => {
    const host = hosts["13"];
    await host.exec(
      "echo kept >/root/file; ip link add lost0 type bridge; ip route add 198.51.100.0/24 via 192.168.9.1; nft add table ip lost",
    );
    await host.reboot();
    const { stdout } = await host.exec(
      "cat /root/file; ip -br link show lost0; ip route show 198.51.100.0/24; nft list tables",
      { check: false },
    );
    assert.match(stdout, /^kept\n/);
    assert.doesNotMatch(stdout, /lost|198\.51/);
    await host.exec("rm /root/file");
  });

  it("comes back by itself when it restarts itself", async () => {
    const host = hosts["12"];
    const bootId = async () => (await host.exec("cat /proc/sys/kernel/random/boot_id", { check: false })).stdout;
    const before = await bootId();
    await host.exec("systemctl reboot", { check: false });
    // systemd gives each unit 90 s to stop.
    await until("the next boot", { timeoutMs: 150_000 }, async () => {
      const now = await bootId().catch(() => "");
      return (now !== "" && now !== before) || undefined;
    });
    await host.exec("until docker version >/dev/null 2>&1; do sleep 0.1; done");
  });

  it("loses power in one stroke and comes back", async () => {
    const host = hosts["12"];
    await host.exec(
      `echo before >/root/file; setsid sh -c 'trap "echo after >>/root/file" EXIT TERM HUP; sleep 1000' >/dev/null 2>&1 &`,
    );
    await host.powerCut();
    await assert.rejects(host.exec("true"), /self12: the host is off; powerOn\(\) starts it/);
    await host.powerOn();
    assert.equal((await host.exec("cat /root/file; rm /root/file")).stdout, "before\n");
  });

  it("is put back to its first boot, with the same identity", async () => {
    const host = hosts["13"];
    const identity = "cat /etc/machine-id /etc/ssh/ssh_host_ed25519_key.pub; ip -br link show eth1 | cut -d' ' -f2-";
    const before = (await host.exec(identity)).stdout;
    await host.exec("touch /etc/trace; docker network create trace; ip rule add from 192.0.2.1 lookup 99");
    await lab.resetHost(host);
    assert.equal((await host.exec(identity)).stdout, before);
    const { stdout } = await host.exec("ls /etc; docker network ls; ip rule");
    assert.doesNotMatch(stdout, /trace|192\.0\.2\.1/);
  });

  // A change of each kind that a snapshot is made of, and what undoes it.
  const seeds: readonly [kind: string, change: string, undo: string, expected: RegExp][] = [
    ["a link that changed", "ip link set eth1 mtu 1400", "ip link set eth1 mtu 1500", /^~ link eth1 mtu: 1500 → 1400$/],
    [
      "an alias of a link",
      "ip link set eth1 alias seeded",
      "ip link set eth1 alias ''",
      /^~ link eth1 ifalias: "absent|^~ link eth1 ifalias: absent → "seeded"$/,
    ],
    [
      "an address",
      "ip addr add 192.0.2.7/32 dev eth1",
      "ip addr del 192.0.2.7/32 dev eth1",
      /^\+ address eth1 192\.0\.2\.7\/32/,
    ],
    [
      "a route",
      "ip route add 192.0.2.0/24 via 192.168.9.1 table 77",
      "ip route flush table 77",
      /^\+ route4 unicast 192\.0\.2\.0\/24 via 192\.168\.9\.1 dev eth1 table 77/,
    ],
    [
      "an IPv6 route",
      "ip -6 route add unreachable default metric 4294967295 table 77",
      "ip -6 route del unreachable default metric 4294967295 table 77",
      /^\+ route6 unreachable default dev lo table 77/,
    ],
    [
      "a rule",
      "ip rule add from 192.0.2.0/24 lookup 77 priority 10200",
      "ip rule del priority 10200",
      /^\+ rule4 10200: from 192\.0\.2\.0\/24 lookup 77$/,
    ],
    [
      "a neighbour proxy",
      "ip neigh add proxy 2001:db8:9::99 dev eth1",
      "ip neigh del proxy 2001:db8:9::99 dev eth1",
      /^\+ proxy6 2001:db8:9::99 dev eth1 proxy/,
    ],
    [
      "an nft rule",
      "nft 'add table ip seeded; add chain ip seeded c; add rule ip seeded c tcp dport 22 accept'",
      "nft delete table ip seeded",
      /^\+ nft ip seeded chain c/,
    ],
    [
      "an iptables rule",
      "iptables -I DOCKER-USER -s 192.0.2.9 -j DROP",
      "iptables -D DOCKER-USER -s 192.0.2.9 -j DROP",
      /^\+ iptables4 filter DOCKER-USER: -A DOCKER-USER -s 192\.0\.2\.9\/32 -j DROP$/,
    ],
    [
      "a sysctl",
      "sysctl -qw net.ipv6.conf.eth1.accept_ra=2",
      "sysctl -qw net.ipv6.conf.eth1.accept_ra=0",
      /^~ sysctl net\.ipv6\.conf\.eth1\.accept_ra: "0" → "2"$/,
    ],
    ["a file", "echo seeded >/etc/seeded", "rm /etc/seeded", /^\+ file \/etc\/seeded: f 644 root:root [0-9a-f]{64}$/],
    ["the mode of a file", "chmod 600 /etc/hosts", "chmod 644 /etc/hosts", /^~ file \/etc\/hosts: "f 644 .* → "f 600 /],
    [
      "a unit file",
      "printf '[Service]\\nExecStart=/bin/true\\n[Install]\\nWantedBy=multi-user.target\\n' >/etc/systemd/system/lasting.service; systemctl -q enable lasting",
      "systemctl -q disable lasting; rm /etc/systemd/system/lasting.service; systemctl daemon-reload",
      /^\+ unit file lasting\.service: enabled$/,
    ],
    [
      "a running unit",
      "systemd-run -q --unit seeded sleep 1000",
      "systemctl stop seeded",
      /^\+ unit seeded\.service: loaded active running$/,
    ],
    [
      "a timer",
      "systemd-run -q --unit later --on-active=1h true",
      "systemctl stop later.timer",
      /^\+ unit later\.timer: loaded active waiting$/,
    ],
    ["a container", `docker create --name seeded ${LabImage.probe}`, "docker rm seeded", /^\+ container seeded: /],
    [
      "a network",
      "docker network create -d macvlan -o parent=eth1 seeded",
      "docker network rm seeded",
      /^\+ network seeded: /,
    ],
    ["a volume", "docker volume create seeded", "docker volume rm seeded", /^\+ volume seeded: /],
    [
      "an image",
      `docker tag ${LabImage.probe} seeded:1`,
      "docker rmi seeded:1",
      /^\+ image sha256:[0-9a-f]{64} seeded:1$/,
    ],
  ];

  describe("a snapshot sees", () => {
    let clean: Snapshot;
    let seen: string[];

    before("all changes are made at once", async () => {
      const host = hosts["13"];
      await loadImages(host, [LabImage.probe]);
      clean = await host.snapshot();
      await host.exec(`set -e\n${seeds.map(([, change]) => change).join("\n")}`);
      seen = diffSnapshots(clean, await host.snapshot());
    });

    for (const [kind, , , expected] of seeds) {
      it(kind, () => {
        const found = seen.some((line) => expected.test(line));
        assert.ok(found, `nothing like ${expected} in\n${seen.join("\n")}`);
      });
    }

    it("nothing once all is undone", async () => {
      await hosts["13"].exec(`set -e\n${seeds.map(([, , undo]) => undo).join("\n")}`);
      assert.deepEqual(diffSnapshots(clean, await hosts["13"].snapshot()), []);
    });
  });

  it("says how a host is named when the name is none", async () => {
    await assert.rejects(lab.lightHost({ name: "No_Name" }), /host "No_Name": name: 1 to 12 of a-z, 0-9 and -/);
  });

  it("frees names and folders when it stops", async () => {
    const other = await Lab.start();
    const second = await other.lan({
      name: "second",
      subnet: "198.51.100.0/24",
      gateway: "198.51.100.1",
      dhcp: { from: "198.51.100.20", to: "198.51.100.29" },
    });
    const host = await other.lightHost({ name: "second", lans: [{ lan: second, interface: "eth1", dhcp: true }] });
    assert.match((await host.exec("ip -4 -br address show eth1")).stdout, /198\.51\.100\.2\d\/24/);
    await other.stop();
    assert.equal(existsSync(host.folder), false);
    assert.doesNotMatch((await run("ip", ["-br", "link"])).stdout, /second/);
    assert.doesNotMatch((await run("ip", ["netns"])).stdout, /second/);
  });
});
