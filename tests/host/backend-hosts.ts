import { factText, hostState, parseFact } from "../../lib/plan/host-state";
import type { Persistence } from "../../lib/plan/persistence";
import { render } from "../../lib/render";
import { OWNER, type Sandbox } from "./support";

/** All that the files of a backend can hold. */
export const uplink = (gateway: string) => [
  "link br7 type bridge address 02:aa:bb:cc:dd:07",
  "link above parent br7 type macvlan mode bridge address 02:aa:bb:cc:dd:08",
  "link shim0 parent eth0 type macvlan mode bridge address 02:aa:bb:cc:dd:ee",
  "sysctl net/ipv4/conf/eth0/arp_announce = 2",
  "sysctl net/ipv4/conf/shim0/arp_ignore = 1",
  "sysctl net/ipv6/conf/shim0/accept_ra = 0",
  "addr 192.0.2.77/32 dev eth0",
  "addr fd00:2::77/64 dev eth0",
  "addr 192.168.9.2/32 dev shim0",
  "addr 192.168.8.2/24 dev br7",
  "table 200 name uplink2",
  "guard routes",
  "route 192.168.9.64/26 dev shim0",
  `route 0.0.0.0/0 via ${gateway} dev eth0 table 200`,
  "route ::/0 via fd00:2::1 dev eth0 table 200",
  "route unreachable 0.0.0.0/0 metric 4294967295 table 200",
  "route unreachable ::/0 metric 4294967295 table 200",
  "rule from 172.31.7.0/24 table 200 priority 10202",
  "rule from 172.31.7.0/24 table 254 suppress_prefixlength 0 priority 10201",
  "rule from fd00:31:7::/64 table 200 priority 10202",
];

/** With what brings them back. */
export const rendered = (persistence: Persistence, facts: readonly string[]) =>
  render(OWNER, persistence, hostState(facts.map(parseFact))).hostState.facts.map(factText);

// As far as the helper asks these; ifdown says what it was told.
const PROGRAMS = {
  systemctl: "#!/bin/sh\n",
  networkctl: "#!/bin/sh\necho 'systemd 252 (252.1)'\n",
  nmcli: "#!/bin/sh\necho '100 (connected)'\n",
  ifup: "#!/bin/sh\n",
  ifquery: '#!/bin/sh\ncase "$*" in eth0) ;; "--state shim0") [ -e /run/ifstate ] ;; *) exit 1 ;; esac\n',
  ifdown: '#!/bin/sh\necho "$*" >>/run/ifdown\n',
};

/** Starts systemd-networkd itself, anew, and waits until it has configured the given links. Without udev it must find /sys read-only. */
export const NETWORKD = `
networkd() {
  mkdir -p /run/systemd/netif && chown systemd-network:systemd-network /run/systemd/netif
  mount -n -o remount,bind,ro /sys
  old=$(cat /run/systemd/netif/pid 2>/dev/null) && kill $old && while readlink -q /proc/$old/exe >/dev/null; do sleep 0.1; done
  setsid /lib/systemd/systemd-networkd </dev/null >/run/systemd/netif/log 2>&1 & echo $! >/run/systemd/netif/pid
  for link in "$@"; do
    tries=0
    until grep -qs '^ADMIN_STATE=configured' /run/systemd/netif/links/$(cat /sys/class/net/$link/ifindex 2>/dev/null); do
      tries=$((tries + 1)); [ $tries -lt 100 ] || { cat /run/systemd/netif/log >&2; break; }
      sleep 0.1
    done
  done
  ! grep -E 'ignoring|ailed|nvalid' /run/systemd/netif/log >&2
}`;

/** Puts programs into a sandbox that run links; with systemd-networkd itself where that is to bring facts back. */
export async function withBackends(host: Sandbox, persistence: Persistence): Promise<void> {
  for (const [name, text] of Object.entries(PROGRAMS)) host.program(name, text);
  await host.exec(
    `mkdir -p /etc/network/interfaces.d /etc/network/if-up.d /etc/NetworkManager/dispatcher.d /etc/systemd/network /etc/sysctl.d
     : >/etc/init.d/rc.local
     echo 'source /etc/network/interfaces.d/*' >/etc/network/interfaces
     printf '%s\\n' '[Match]' Name=eth0 '[Network]' LinkLocalAddressing=no IPv6AcceptRA=no '[Address]' Address=192.0.2.10/24 Broadcast=no >/etc/systemd/network/50-eth0.network
     ${persistence === "networkd" ? `${NETWORKD}; networkd eth0` : ""}`,
    "",
    true,
  );
}
