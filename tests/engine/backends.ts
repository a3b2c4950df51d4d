import { strict as assert } from "node:assert";
import { Persistence } from "../../lib/plan/persistence";
import type { LabHost } from "../lab/host";
import { diffSnapshots } from "../lab/snapshot";
import type { Stack } from "../lab/stack";
import { REINSTALL } from "../lab/trees";
import { assertComes, until } from "../lab/until";
import { changes, onHost, stackOn } from "./support";
import { seen, type TwoUplinks } from "./two-uplinks";
import { program } from "./two-ways";

/**
 * What the kernel has of ours; an alias is for who reads. Of rules systemd-networkd may have made a second one, or the one, and
 * says "static" of it.
 */
async function ours(host: LabHost, more: string): Promise<string> {
  const { stdout } = await host.exec(`
    for family in -4 -6; do
      ip -N $family rule | sed -n 's/proto \\(119\\|4\\)$/proto 119/p' | sort -u
      ip -N $family route show table all proto 119 | sed 's/ linkdown//' | sort
      ip -o $family address show dev shim0 scope global | sed 's/^[0-9]*//'
    done
    ip -o -d link show dev shim0 | sed 's/^[0-9]*//; s/ promiscuity.*bridge/ bridge/; s/ *\\\\ *alias .*//; s/ *$//'
    cd /proc/sys/net && grep -r . ipv4/conf/shim0/arp_* ipv6/conf/shim0/accept_ra ipv6/conf/shim0/autoconf
    ${more}`);
  return stdout;
}

/** The agent leaves by the second uplink, the host by the first; after some seconds at most. */
async function assertWays(place: TwoUplinks, event: string): Promise<void> {
  await assertComes(`after ${event}`, place.host.patienceMs, ["192.168.20.10", "192.168.9.10"], async () => {
    return [await seen(place, "probe", 4), await seen(place, "host", 4)];
  });
}

/** Line by line, each way, by one TCP connection, until there is no /run/talk any more, and once after. */
const talk = (to: string) => `
  say() { n=$((n + 1)); echo $n >&3; read -r -t 20 answer <&3 && [ "$answer" = $n ] || { echo "broken at line $n"; exit; }; }
  exec 3<>/dev/tcp/${to}/7001; say; : >/run/talk
  while [ -e /run/talk ]; do say; sleep 0.02; done
  say; echo whole`;

/** Pings from the agent, and talks by one connection, all the while that something is done; not one ping, not one line may be lost. */
async function withoutLoss({ host, far }: TwoUplinks, action: () => Promise<unknown>): Promise<void> {
  const inside = "nsenter --net --target $(docker inspect -f '{{.State.Pid}}' probe)";
  await far.exec(
    "busybox nc -l -p 7001 -e cat >/dev/null 2>&1 & until ss -Hltn 'sport = :7001' | grep -q .; do sleep 0.1; done",
  );
  await host.exec(`
    ${inside} ping -q -i 0.02 ${far.address} >/run/ping 2>&1 & echo $! >/run/ping.pid
    ${inside} bash --norc -c '${talk(far.address)}' >/run/talked 2>&1 &
    until [ -e /run/talk ] || [ -s /run/talked ]; do sleep 0.1; done`);
  await action();
  const { stdout } = await host.exec(`
    kill -INT $(cat /run/ping.pid); rm -f /run/talk
    until [ -s /run/talked ] && grep -q loss /run/ping; do sleep 0.1; done
    cat /run/ping /run/talked; rm /run/ping* /run/talked`);
  assert.match(stdout, /([0-9]{2,}) packets transmitted, \1 received, 0% packet loss[\s\S]*^whole$/m);
}

/** Who brings facts back on a host, and what else may happen to its links. */
interface Row {
  readonly persistence: "Ifupdown" | "RcLocal" | "Networkd" | "NetworkManager";
  /** Commands, and a cable that is pulled. */
  readonly events: readonly string[];
  /** The program's own reader of its files. */
  readonly reads?: string;
  /** What the program itself does otherwise whenever it sets up a link again. */
  readonly itself?: RegExp;
}

/** It fails, or names what it does not understand of ours. */
async function assertReads(host: LabHost, reader: string): Promise<void> {
  assert.doesNotMatch((await host.exec(reader)).stderr, /wirework/, reader);
}

export const NETWORK_MANAGER_ITSELF = /^. route[46] .* proto kernel |^~ sysctl net\.ipv6\.conf\.eth[0-9]\.forwarding:/;
const PULLED = "the cable of eth2 is pulled";
export const rows = {
  ifupdown: { persistence: "Ifupdown", events: ["ifdown eth2; ifup eth2", REINSTALL], reads: "ifquery shim0" },
  rcLocal: { persistence: "RcLocal", events: [], reads: "sh -n /etc/rc.local" },
  networkd: {
    persistence: "Networkd",
    events: [PULLED, "networkctl reload", "systemctl restart systemd-networkd", "netplan apply", REINSTALL],
  },
  networkManager: {
    persistence: "NetworkManager",
    events: [
      "nmcli connection reload; nmcli connection up eth2",
      "systemctl restart NetworkManager",
      `${REINSTALL}; systemctl start NetworkManager-wait-online`, // which its package only stops
    ],
    itself: NETWORK_MANAGER_ITSELF,
  },
} satisfies Readonly<Record<string, Row>>;

async function happens(place: TwoUplinks, event: string): Promise<void> {
  if (event !== PULLED) return void (await place.host.exec(event));
  for (const up of [false, true]) {
    await place.host.setCarrier("eth2", up);
    const state = up ? "1" : "0";
    await until("the host sees its cable", { timeoutMs: 10_000, intervalMs: 200 }, async () => {
      return (await place.host.exec("cat /sys/class/net/eth2/carrier")).stdout.trim() === state || undefined;
    });
  }
}

/**
 * Makes what {@link program} declares; gives the check that it is all the same after an event, and so is what `more`, a command,
 * says.
 */
export async function upThenSame(
  stack: Stack,
  place: TwoUplinks,
  more = "",
): Promise<(event: string) => Promise<void>> {
  await stack.up();
  await assertWays(place, "up");
  const made = await ours(place.host, more);
  assert.match(made, /default via 192\.168\.20\.1 dev eth2[\s\S]*shim0/);
  return async (event) => {
    await assertWays(place, event);
    await assertComes(event, place.host.patienceMs, made, () => ours(place.host, more).catch(() => "no shim0"));
    assert.doesNotMatch((await place.host.exec("wirework status")).stdout, /^(drift|conflicts|pending)$/m, event);
  };
}

/** The same declaration in the hands of each, on one host: there after a boot and after what happens, and gone at the end. */
export async function scenario(place: TwoUplinks, [first, ...others]: readonly [Row, ...Row[]]): Promise<void> {
  const { host } = place;
  const stack = await stackOn(place, program(first.persistence));
  const change = async (body: string, ...more: string[]) => {
    stack.change(onHost(body));
    assert.deepEqual(changes(await stack.up()), [
      "update lan",
      "update lan-facts",
      "update probe",
      "update probe-facts",
      ...more,
    ]);
  };
  const same = await upThenSame(stack, place);
  for (const row of [first, ...others]) {
    if (row !== first) await withoutLoss(place, () => change(program(row.persistence)));
    await same(row.persistence);
    if (row.reads) await assertReads(host, row.reads);
    await host.reboot();
    await same(`a boot by ${row.persistence}`);
    assert.equal((await host.exec("ls /etc/systemd/system | grep wirework || :")).stdout, "");
    const journal = await host.exec(
      "journalctl -b --no-pager -t systemd-networkd -t ifup -t nm-dispatcher -u networking",
    );
    assert.doesNotMatch(journal.stdout, /wirework.*(ignoring|nvalid|nknown|ailed)|wirework: ip/, row.persistence);
    for (const event of row.events) {
      await happens(place, event);
      await same(event);
    }
    assert.deepEqual(changes(await stack.preview()), []);
  }
  await withoutLoss(place, () => change(program("Unit")));
  await same("Unit");
  await assertReads(host, "systemd-analyze verify --man=no /etc/systemd/system/wirework-*.service");
  // The guard, and the watcher: who has read files that are gone now drops what they said.
  for (const event of first.events) {
    await happens(place, event);
    await same(`${event}, with units`);
  }
  await place.second.exec("gateway", "ip address add 192.168.20.2/24 dev lan0");
  // Left to the host, it is the same as by name.
  await change(program("Auto", 2), "update probe-verify");
  await assertWays(place, "change of gateway");
  const { stdout: status } = await host.exec("wirework status");
  const chosen = Persistence[first.persistence];
  assert.deepEqual(status.match(/(?<=^ {2}persistence )(?!auto).*$/gm), [chosen, chosen]);
  assert.doesNotMatch(status, /^(drift|conflicts|pending)$|, before: /m);
  assert.deepEqual(changes(await stack.preview()), []);
  assert.match((await host.exec("ip route show table 200")).stdout, /via 192\.168\.20\.2 dev eth2/);
  await place.second.exec("gateway", "ip address del 192.168.20.2/24 dev lan0");
  // What systemd-networkd has read it keeps, and what it sets itself on each of its links, until it starts anew.
  await stack.destroy();
  if (first.persistence === "Networkd") await host.reboot();
  const left = diffSnapshots(place.found, await host.snapshot()).filter((line) => !first.itself?.test(line));
  assert.deepEqual(left, [], "destroy must leave the host as it was found");
  stack.dispose();
}
