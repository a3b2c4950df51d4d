# Whether an address is free on a LAN, asked before a container gets it. Changes nothing: the question goes out by a link of its
# own in a namespace of its own, and both end with the process that asks.
# shellcheck shell=sh disable=SC2016

# In that namespace; fd 8 is the host's. Without an address of its own the kernel asks by ARP from 0.0.0.0 (RFC 5227, 2.1.1), three
# times, and for IPv6 from a link-local address. Ends with what the kernel knows then.
ASK='
ip=$1 nsenter=$2 parent=$3 vlan=$4
shift 4
"$nsenter" --net=/proc/self/fd/8 "$ip" link add link "$parent" name "${vlan:+un}ask" netns $$ type macvlan mode bridge || exit
[ -z "$vlan" ] || { "$ip" link set unask up && "$ip" link add link unask name ask type vlan id "$vlan"; } || exit
[ ! -d /proc/sys/net/ipv6 ] || echo 1 >/proc/sys/net/ipv6/conf/ask/addr_gen_mode
for family in 4 6; do echo 500 2>/dev/null >"/proc/sys/net/ipv$family/neigh/ask/retrans_time_ms"; done
"$ip" link set dev lo up # before a namespace has any address, the kernel takes every one for a broadcast
"$ip" link set dev ask up || exit
"$ip" address add fe80::5752/64 dev ask nodad 2>/dev/null
for address; do "$ip" neigh replace "$address" dev ask use || exit; done
for time in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  sleep 0.1
  "$ip" neigh show dev ask | grep -q INCOMPLETE || break
done
"$ip" -o link show dev ask
"$ip" neigh show dev ask'

# prove_free: the lines `free ADDRESS [gateway ADDRESS] dev LINK [over PARENT vlan ID]`; that VLAN is asked with or without its link.
prove_free() {
  ip -o addr show | awk '{ sub(/\/.*/, "", $4); print $4, $2 }' >"$RUN/local"
  own_macs >"$RUN/own"
  sed -n '/^free /s/.* dev //p' "$RUN/lines" | sort -u >"$RUN/places"
  : >"$RUN/found"
  while read -r link _ parent _ vlan; do
    awk -v link="$link" '$1 == "free" && $($3 == "gateway" ? 6 : 4) == link' "$RUN/lines" >"$RUN/free"
    [ ! -e "/sys/class/net/$link" ] || parent='' vlan=''
    ask_on "${parent:-$link}" "$vlan" </dev/null
  done <"$RUN/places"
  ! grep -q '^taken ' "$RUN/found" || fail "$(sed -n 's/^taken //p' "$RUN/found")
Choose another address, or take it away there first. Where it is the agent itself, on its way from another host, give probe: false"
  cat "$RUN/found" >>"$RUN/out"
}

ask_on() { # link, VLAN on it
  asked=$(awk '{ print $2; if ($3 == "gateway") print $4 }' "$RUN/free" | sort -u)
  # shellcheck disable=SC2086 # addresses
  (exec 8</proc/self/ns/net && unshare --net sh -c "$ASK" sh "$IP" "$NSENTER" "$1" "$2" $asked) >"$RUN/answers" 2>"$RUN/deaf" || :
  awk -v link="$link" -v vlan="$2" -v container="$CONTAINER" '
    FILENAME ~ /local$/ { here[$1] = $2; next }
    FILENAME ~ /own$/ { own[$1]; next }
    FILENAME ~ /deaf$/ { if (deaf == "") deaf = $0; next }
    FILENAME ~ /answers$/ && $2 ~ /^ask/ { hears = /LOWER_UP/; next }
    FILENAME ~ /answers$/ { for (i = 2; i < NF; i++) if ($i == "lladdr") mac[$1] = $(i + 1); next }
    $2 in here { print "taken " $2 " is an address of this host, on " here[$2]; next }
    ($2 in mac) && !(mac[$2] in own) { print "taken " $2 " is taken on " link ": MAC " mac[$2] " answers"; next }
    $2 in mac { print "free " $2 " dev " link " (container " container " has it)"; next }
    deaf != "" { print "could not see " $2 " dev " link ": " deaf; next }
    !hears { print "could not see " $2 " dev " link ": the link has no carrier"; next }
    $3 == "gateway" && !($4 in mac) { print "could not see " $2 " dev " link ": gateway " $4 " does not answer either"; next }
    vlan != "" && $3 != "gateway" { print "could not see " $2 " dev " link ": the link is not there yet, and no gateway is named that would answer"; next }
    { print "free " $2 " dev " link }' "$RUN/local" "$RUN/own" "$RUN/deaf" "$RUN/answers" "$RUN/free" >>"$RUN/found"
}

# MACs that are the agent's own: the one that it is to have, and those of its container, where it runs already.
own_macs() {
  sed -n 's/^mac //p' "$RUN/lines"
  docker_listens && ask_docker "$DOCKER_SHORT" "$CONTAINER" || return 0
  pid=$(awk '$1 == "container" { print $4; exit }' "$RUN/asked")
  [ "${pid:-0}" -gt 0 ] || return 0
  nsenter --net="/proc/$pid/ns/net" ip -o link show 2>/dev/null | sed -n 's|.*link/ether \([0-9a-f:]*\).*|\1|p'
}
