# What this host is and has: read only. Serves `require` lines.
# shellcheck shell=sh disable=SC2016

version_of_kernel() { uname -r | sed 's/[^0-9.].*//'; }
version_of_iproute2() { ip -V 2>/dev/null | sed -n 's/^ip utility, iproute2-\(ss\)\{0,1\}\([0-9][0-9.]*\).*/\2/p'; }
version_of_docker() { timeout "$DOCKER_WAIT" docker version --format '{{.Server.Version}}' 2>/dev/null || :; }

# at_least HAVE WANTED: dotted versions, number by number; what follows the numbers is not looked at.
at_least() {
  awk -v have="$1" -v wanted="$2" 'BEGIN {
    split(have, h, /[.+~-]/); n = split(wanted, w, /[.+~-]/)
    for (i = 1; i <= n; i++) { if (h[i] + 0 > w[i] + 0) exit 0; if (h[i] + 0 < w[i] + 0) exit 1 }
    exit 0 }'
}

module_state() { # NAME → loaded builtin available missing
  if grep -q "^$1 " /proc/modules 2>/dev/null; then echo loaded
  elif [ -d "/sys/module/$1" ] || grep -q "/$1\.ko" "/lib/modules/$(uname -r)/modules.builtin" 2>/dev/null; then echo builtin
  elif modprobe -n -q "$1" 2>/dev/null; then echo available
  # A kernel without module files (a container, a small VM) says nothing about itself: ask it, in a namespace that
  # ends at once. Nothing can be loaded by this, since there is no file to load.
  elif [ ! -d "/lib/modules/$(uname -r)" ] && try_link "$1"; then echo builtin
  else echo missing
  fi
}

try_link() {
  case $1 in
    macvlan | ipvlan) type=$1 ;;
    8021q) type="vlan id 1" ;;
    *) return 1 ;;
  esac
  # shellcheck disable=SC2086 # two words
  unshare --net sh -c 'ip link add p type veth peer name q && ip link add link p name m type "$@"' sh $type >/dev/null 2>&1
}

is_wireless() { [ -e "/sys/class/net/$1/wireless" ] || [ -e "/sys/class/net/$1/phy80211" ]; }

# Links other than EXCEPT whose reverse path filter is strict: the kernel takes the higher of all and the link's own.
strict_links() { # EXCEPT
  all=$(cat /proc/sys/net/ipv4/conf/all/rp_filter)
  for path in /proc/sys/net/ipv4/conf/*/rp_filter; do
    link=${path%/*}
    link=${link##*/}
    case $link in all | default | lo | "$1") continue ;; esac
    own=$(cat "$path")
    if [ "$own" -le 1 ] && [ "$all" -le 1 ] && [ "$((own + all))" -ge 1 ]; then printf '%s ' "$link"; fi
  done
}

docker_says() { timeout "$DOCKER_WAIT" docker network "$@" 2>/dev/null || :; }

# What of PREFIX this host reaches otherwise than by bridges of the owner's own Docker networks, which may be there already:
# its SSH client, its own address, or networks of its main table.
taken_from_host() { # PREFIX
  own=$(docker_says ls --quiet --filter "label=wirework.owner=$OWNER")
  # shellcheck disable=SC2086 # ids
  bridges=$([ -z "$own" ] || docker_says inspect --format '{{with index .Options "com.docker.network.bridge.name"}}{{.}}{{else}}br-{{printf "%.12s" $.Id}}{{end}}' $own)
  # shellcheck disable=SC2086 # names
  { ip -N -o -4 route show || :; ip -N -o -6 route show 2>/dev/null || :; } |
    awk -v prefix="$1" -v bridges="$(printf '%s ' $bridges)" -v client="$(client_address)" -v server="$(management_address)" "$AWK_FACTS"'
      BEGIN {
        split(prefix, p, "/")
        if (covers(prefix, client)) print "the client of this SSH session, " client
        if (covers(prefix, server)) print "the address of this SSH session, " server
      }
      $1 ~ /[.:]/ {
        split($1, r, "/"); if (r[2] == "") r[2] = is_v4($1) ? 32 : 128
        dev = ""; for (i = 2; i < NF; i++) if ($i == "dev") dev = $(i + 1)
        if (r[2] + 0 >= p[2] + 0 && covers(prefix, r[1]) && index(" " bridges, " " dev " ") == 0) print $1 " dev " dev
      }' | tr '\n' ';' | sed 's/;$//'
}

# What speaks against PREFIX behind this host: that a network on LINK itself holds it (routed), or that this host or a router
# of LINK stands in it (apart).
prefix_fault() { # routed|apart PREFIX LINK
  { ip -N -6 route show dev "$3" && ip -o -6 addr show dev "$3"; } 2>/dev/null | awk -v what="$1" -v prefix="$2" "$AWK_FACTS"'
    BEGIN { split(prefix, p, "/") }
    $3 == "inet6" { sub(/\/.*/, "", $4); if (covers(prefix, $4)) inside = inside "this host itself has " $4 " there; "; next }
    { hop = ""; for (i = 2; i < NF; i++) if ($i == "via") hop = $(i + 1) }
    hop != "" { if (covers(prefix, hop)) inside = inside "the router " hop " is in it; "; next }
    $1 ~ /:/ && $1 !~ /^f[ef]/ { if (split($1, q, "/") == 1) { q[2] = 128; $1 = $1 "/128" } if (q[2] + 0 <= p[2] + 0 && covers($1, p[1])) net = $1 }
    END {
      if (what == "apart" && inside != "") print inside "take a part of the prefix without"
      if (what == "routed" && net != "") print "it is a part of " net ", which is on the link itself: routers there ask for each address. Say that it is on the link, and add an NdpProxy"
    }'
}

# Why no network of DRIVER can stand on a link; nothing where one can.
parent_fault() { # NAME "DRIVER [passthru]"
  path=/sys/class/net/$1
  if [ ! -e "$path" ]; then
    # Docker makes eth0.215 on eth0, unless the facts make it before.
    [ "${1%.*}" != "$1" ] && [ -e "/sys/class/net/${1%.*}" ] || echo "this host has the links: $(links)"
    return
  fi
  master=$(readlink "$path/master" || :)
  if [ -n "$master" ]; then echo "$1 is a port of ${master##*/}, where neither driver works; give that as the parent"; return; fi
  if [ $(($(cat "$path/flags") & 1)) -eq 0 ]; then echo "$1 is down; bring it up, here and at boot: ip link set $1 up"; return; fi
  docker_says ls --quiet --filter driver=macvlan --filter driver=ipvlan >"$RUN/networks"
  # shellcheck disable=SC2046 # ids
  [ ! -s "$RUN/networks" ] || docker_says inspect --format '{{index .Options "parent"}} {{.Driver}} {{.Name}} {{index .Options "macvlan_mode"}} owner:{{index .Labels "wirework.owner"}}' $(cat "$RUN/networks") |
    awk -v parent="$1" -v owner="owner:$OWNER" '$1 == parent && $NF != owner' >"$RUN/on-parent"
  { cat "$RUN/on-parent" 2>/dev/null || :; parents_in_ledger "$1"; } | sort -u >"$RUN/networks"
  while read -r _ driver network mode _; do
    # Of a driver that the kernel takes beside no other on one parent.
    case "$driver $mode, $2" in
      "attached ipvlan, attached ipvlan") continue ;;
      "ipvlan "*", attached ipvlan" | "attached ipvlan, ipvlan") echo "$network is on it, and all ipvlans of one parent have one mode, which a network of Docker sets: put all on one network, or give this one a VLAN"; return ;;
      "attached ipvlan, "* | *", attached ipvlan") echo "$network is on it, and the kernel takes macvlan or ipvlan on one parent, not both: choose one, or give this one a VLAN"; return ;;
    esac
    case "$driver, $2" in
      "attached, attached" | "attached, macvlan" | "macvlan, attached") [ "$mode" != passthru ] || { echo "$network has it in mode passthru, for itself alone"; return; } ;;
      "macvlan, macvlan")
        [ "$mode" != passthru ] || { echo "$network has it in mode passthru, for itself alone"; return; }
        docker_version=${docker_version:-$(version_of_docker)}
        at_least "$docker_version" 27 || { echo "$network is on it, and Docker before 27 (here $docker_version) takes one macvlan network on a parent: put the agents on one network, or give this one a VLAN"; return; } ;;
      "macvlan, macvlan passthru") echo "$network is on it, and mode passthru wants it alone"; return ;;
      "ipvlan, ipvlan") echo "$network is on it, and Docker takes one ipvlan network on a parent: put the agents on one network, or give this one a VLAN"; return ;;
      *) echo "the $driver network $network is on it, and the kernel takes macvlan or ipvlan on one parent, not both: choose one, or give this one a VLAN"; return ;;
    esac
  done <"$RUN/networks"
}
# What other owners said that they are about to put on it: components of one program come at the same time.
parents_in_ledger() { # NAME
  ledger_entries | { grep -vxF "$(entry_of "$OWNER")" || :; } | xargs awk -v parent="$1" '
    FNR == 3 { owner = $2 }
    FNR > 3 && $1 == "require" && $2 == "parent" && $3 == parent { print $3, $4, owner, $5 }' /dev/null
}

# Containers but one, or that one alone, for which Docker passes one of PROTOCOL/PORTS on over IPv6.
published_over_ipv6() { # PROTOCOL/PORTS CONTAINER but|only
  timeout "$DOCKER_WAIT" docker ps --no-trunc --format '{{.Names}} {{.Ports}}' 2>/dev/null |
    awk -v ports="${1#*/}" -v protocol="${1%/*}" -v own="$2" -v which="$3" 'BEGIN { if (split(ports, q, "-") == 1) q[2] = q[1] } ($1 == own) == (which == "only") {
      for (i = 2; i <= NF; i++) if ($i ~ /^(::|\[::\]):/ && $i ~ ("/" protocol ",?$")) {
        p = $i; sub(/->.*/, "", p); sub(/.*:/, "", p); if (split(p, r, "-") == 1) r[2] = r[1]
        if (q[1] + 0 <= r[2] + 0 && r[1] + 0 <= q[2] + 0) { print $1; next }
      }
    }' | tr '\n' ' '
}

has_networkd() { [ -x /usr/lib/systemd/systemd-networkd ] || [ -x /lib/systemd/systemd-networkd ]; }

# The link that carries our own session; empty when there is no session.
management_address() { session_address 3; }
client_address() { session_address 1; }
session_address() { printf '%s\n' "$SESSION" | awk -v n="$1" '{ sub(/%.*/, "", $n); sub(/^::ffff:/, "", $n); print $n }'; }
management_link() {
  ip -o addr show | awk -v at="$(management_address)" '{ split($4, a, "/"); if (at != "" && a[1] == at) { print $2; exit } }'
}

# check_requirements FILE: its `require` lines, all problems in one error. Nothing has been changed when this fails.
check_requirements() {
  sed -n 's/^require //p' "$1" >"$RUN/require"
  unmet_requirements
  [ ! -s "$RUN/unmet" ] || fail "this host does not meet what the stack requires; nothing was changed:
$(cat "$RUN/unmet")"
}

unmet_requirements() { # RUN/require → RUN/unmet: each that this host does not meet, and why
  while read -r what name wanted; do
    requirement "$what" "$name" "$wanted" || :
  done <"$RUN/require" >"$RUN/unmet"
}

requirement() { # WHAT NAME WANTED → a line when it is not met
  case $what in
    docker | kernel | iproute2)
      [ "$name${wanted:+ given}" = '>= given' ] || { not_understood; return; }
      have=$(version_of_"$what")
      [ -n "$have" ] || { unmet "there is no $what that answers root here"; return; }
      at_least "$have" "$wanted" || unmet "this host has $have" ;;
    link) [ -e "/sys/class/net/$name" ] || ip link show dev "$name" >/dev/null 2>&1 || unmet "this host has the links: $(links)" ;;
    parent)
      fault=$(parent_fault "$name" "$wanted")
      [ -z "$fault" ] || unmet "$fault" ;;
    nic)
      fault=$(nic_fault "$name")
      [ -z "$fault" ] || unmet "$fault" ;;
    bridge)
      if [ ! -d "/sys/class/net/$name/bridge" ]; then unmet "this host has the bridges: $(bridges)"
      elif [ "$wanted" = stp ] && [ "$(cat "/sys/class/net/$name/bridge/stp_state")" = 0 ]; then unmet "it runs without a spanning tree; turn that on, here and at boot: ip link set $name type bridge stp_state 1"
      fi ;;
    address)
      have=$(addresses_of "$wanted")
      case " $have " in *" $name "*) ;; *) unmet "$wanted has: ${have:-no address}; give the host's own address there, or let wirework make the bridge" ;; esac ;;
    no-address)
      have=$(addresses_of "$name")
      [ -z "$have" ] || unmet "$name has $have, which nobody would reach any more on a port of a bridge; take it away first, or use another link" ;;
    module) [ "$(module_state "$name")" != missing ] || unmet "the kernel $(uname -r) has no such module; install the kernel's modules package or another kernel" ;;
    persistence) ready=$(persistence_missing "$name"); [ -z "$ready" ] || unmet "$ready; choose another persistence" ;;
    ifupdown) ifquery "$name" >/dev/null 2>&1 || unmet "ifupdown does not bring this link up, so that nobody would run our script when it comes; choose another persistence" ;;
    networkd) fault=$(networkd_fault "$name"); [ -z "$fault" ] || unmet "$fault; choose another persistence" ;;
    networkManager) nmcli -g GENERAL.STATE device show "$name" 2>/dev/null | grep -Eqv '^10 ' || unmet "NetworkManager does not manage this link, so that it would not run our script when it comes; choose another persistence" ;;
    service) systemctl -q is-active "$name" 2>/dev/null || unmet "it does not run on this host, so that nobody would set what /etc/sysctl.d says of links that come later; choose another persistence" ;;
    program) command -v "$name" >/dev/null 2>&1 || unmet "this host has no such program; install it (Debian: apt-get install $name)" ;;
    dhcp) missing=$(no_dhcp_client); [ -z "$missing" ] || unmet "$missing" ;;
    dhcpv6) missing=$(no_dhcp6_client); [ -z "$missing" ] || unmet "$missing" ;;
    unpublished)
      taken=$(published_over_ipv6 "$name" "${wanted#except }" but)
      [ -z "$taken" ] || unmet "Docker publishes it over IPv6 for: $taken; two would translate one port. Publish it on an IPv4 address there, or choose another port" ;;
    ipv6-forwarding) [ "$(cat /proc/sys/net/ipv6/conf/all/forwarding 2>/dev/null)" = 1 ] || unmet "this host forwards no IPv6; Docker turns it on with its first IPv6 network, unless ip-forward is false" ;;
    routed | apart) # PREFIX dev LINK
      fault=$(prefix_fault "$what" "$name" "${wanted#dev }")
      [ -z "$fault" ] || unmet "$fault" ;;
    not-wireless) ! is_wireless "$name" || unmet "$name is wireless: access points drop frames of MAC addresses that did not log in; use a wired parent, ipvlan, or a bridge network with NAT" ;;
    not-management) [ "$(management_link)" != "$name" ] || unmet "$name carries this SSH session ($(management_address)); use another link" ;;
    rp_filter-loose)
      [ "$name${wanted:+ given}" = 'except given' ] || { not_understood; return; }
      strict=$(strict_links "$wanted")
      [ -z "$strict" ] || unmet "these links drop what does not come back the way it came (rp_filter = 1): $strict
    set them to loose, for example: sysctl -w net.ipv4.conf.${strict%% *}.rp_filter=2 (kernel doc: networking/ip-sysctl, rp_filter)" ;;
    path) # ADDRESS from ADDRESS dev LINK
      set -f
      # shellcheck disable=SC2086 # four words
      set -- $wanted
      set +f
      [ "$#,${1:-},${3:-}" = 4,from,dev ] || { not_understood; return; }
      by=$(ip -o route get "$name" from "$2" 2>&1 | sed 's/ *\\.*//')
      case " $by " in *" dev $4 "*) ;; *) unmet "this host reaches it otherwise: $by" ;; esac ;;
    subnet-free)
      taken=$(taken_from_host "$name")
      [ -z "$taken" ] || unmet "Docker's bridge would take over what this host reaches otherwise: $taken
    choose another subnet" ;;
    *) not_understood ;;
  esac
}

# Why systemd-networkd would not read what we have for a link.
networkd_fault() { # LINK
  file=$(network_file_of "$1")
  case $1,$file in
    lo, | lo,*/05-wirework-lo.network) ;;
    lo,*) echo "$file configures it, and only one file can" ;;
    *,) echo "systemd-networkd does not configure this link, so that it would read nothing of ours for it" ;;
  esac
}

# Why a backend would bring nothing back on this host.
persistence_missing() { # BACKEND
  case $1 in
    ifupdown)
      if ! command -v ifup >/dev/null 2>&1 || ! command -v ifquery >/dev/null 2>&1; then echo "this host has no ifupdown"
      elif ! grep -Eqs '^[[:blank:]]*source(-directory)?[[:blank:]]+(/etc/network/)?interfaces\.d(/\*)?[[:blank:]]*$' /etc/network/interfaces; then
        echo "/etc/network/interfaces does not source interfaces.d"
      elif [ -d /run/systemd/system ] && ! systemctl -q is-enabled networking.service 2>/dev/null; then
        echo "networking.service, which runs ifup at boot, is not enabled"
      fi ;;
    rcLocal)
      if [ -d /run/systemd/system ]; then set -- /usr/lib/systemd/system/rc-local.service /lib/systemd/system/rc-local.service
      else set -- /etc/init.d/rc.local /etc/init.d/rc-local
      fi
      [ -e "$1" ] || [ -e "$2" ] || echo "nothing on this host runs /etc/rc.local at boot" ;;
    networkd)
      have=$(networkctl --version 2>/dev/null | sed -n 's/^systemd \([0-9]*\).*/\1/p')
      if [ -z "$have" ]; then echo "this host has no systemd-networkd"
      elif ! at_least "$have" 249; then echo "systemd-networkd is $have, and 249 is the first that can be told to leave rules of others alone"
      else not_at_boot systemd-networkd
      fi ;;
    networkManager)
      if ! command -v nmcli >/dev/null 2>&1; then echo "this host has no NetworkManager"
      else not_at_boot NetworkManager
      fi ;;
    *) echo "this program does not know it; update the Host first" ;;
  esac
}
not_at_boot() { # SERVICE
  if ! systemctl -q is-active "$1" 2>/dev/null; then echo "$1 does not run"
  elif ! systemctl -q is-enabled "$1" 2>/dev/null; then echo "$1 does not start at boot"
  fi
}
not_understood() { unmet "is not understood; a newer library needs its own program: update the Host first"; }
unmet() { printf '  require %s %s%s\n    %s\n' "$what" "$name" "${wanted:+ $wanted}" "$1" 2>/dev/null || no_room; }
bridges() { for path in /sys/class/net/*/bridge; do [ ! -d "$path" ] || { path=${path%/bridge}; printf '%s ' "${path##*/}"; }; done; }
addresses_of() { ip -o addr show dev "$1" scope global 2>/dev/null | awk '{ printf "%s%s", (NR > 1 ? " " : ""), $4 }'; }
links() { ip -o link show | awk '{ sub(/[@:].*/, "", $2); printf "%s ", $2 }'; }
