# Proof from inside a container's network namespace. Changes nothing that stays: a neighbour entry is asked for anew, as the
# kernel itself would, and what is received is counted.
# shellcheck shell=sh disable=SC2016

# find_container FILE: FILE = what ask_docker says of CONTAINER.
find_container() {
  if ! ask_docker "$DOCKER_WAIT" "$CONTAINER" || [ ! -s "$RUN/asked" ]; then fail "container $CONTAINER: $(tail -n 1 "$RUN/silent")"; fi
  mv "$RUN/asked" "$1"
}

# Docker names the MAC that it gave, which need not be the one that it is: first by address.
interface_of() { # NETWORK → interface inside
  awk -v network="$1" '$1 == "endpoint" && $3 == network { sub(/\/[0-9]*$/, "", $6); print $4, $5, $6 }' "$RUN/container" >"$RUN/end"
  [ -s "$RUN/end" ] || fail "container $CONTAINER is not on network $1; it is on: $(awk '$1 == "endpoint" { printf "%s ", $3 }' "$RUN/container")"
  { inside ip -o addr show; inside ip -o link show; } | awk '
    NR == FNR { mac = $1; own[$2]; own[$3]; delete own["-"]; next }
    $3 ~ /^inet6?$/ { split($4, a, "/"); if (a[1] in own) { print $2; exit } next }
    { for (i = 3; i < NF; i++) if ($i ~ /^link\// && $(i + 1) == mac) { sub(/[@:].*/, "", $2); print $2; exit } }' "$RUN/end" -
}

# start_clock: from now on runs the time of the whole verification.
start_clock() {
  TIMEOUT=$(option timeout)
  : "${TIMEOUT:=10}"
  DEADLINE=$(($(milliseconds) + TIMEOUT * 1000))
}

# until_deadline COMMAND...: tried every 0.1 s until it succeeds or the time of the whole verification is over.
until_deadline() {
  while ! "$@"; do
    [ "$(milliseconds)" -lt "$DEADLINE" ] || return 1
    sleep 0.1
  done
}

# Asks for the address at the link (ARP or neighbour discovery), never trusting what was known before.
ask_neighbour() {
  [ -z "$(neighbour PERMANENT)" ] || return 0
  inside ip neigh del "$gateway" dev "$link" 2>/dev/null || :
  inside ip neigh replace "$gateway" dev "$link" use 2>"$RUN/error" || return 0
}
neighbour() { inside ip neigh show to "$gateway" dev "$link" 2>/dev/null | grep "$1" || :; }
answered() {
  [ -z "$(neighbour 'REACHABLE\|PERMANENT')" ] || return 0
  case $(neighbour .) in *INCOMPLETE* | *DELAY* | *PROBE*) ;; *) ask_neighbour ;; esac
  return 1
}

prove_gateway() { # ADDRESS network NETWORK, or ADDRESS dev LINK, or leased dev LINK
  gateway=$1 at="interface $3"
  if [ "$2" = dev ]; then
    find_attached "$3"
    if [ "$1" = leased ]; then
      read_lease "$NAMED@$link" || disproved "the lease of container $CONTAINER on interface $link is over"
      gateway=$LEASE_ROUTER
      [ "$gateway" != - ] || { say "the lease on $link names no gateway"; return 0; }
    fi
  else
    find_link "$3"
    at="network $3 (interface $link)"
  fi
  began=$(milliseconds)
  ask_neighbour
  until_deadline answered || disproved "gateway $gateway does not answer in container $CONTAINER on $at within $TIMEOUT s.
tried: $(case $gateway in *:*) echo 'neighbour solicitations' ;; *) echo 'ARP requests' ;; esac), last state: $(neighbour . | sed 's/ *$//')
own addresses: $(inside ip -o addr show dev "$link" | awk '{ printf "%s ", $4 }')
$(inside ip -o link show dev "$link" | grep -q LOWER_UP || echo "the interface has no carrier: the parent link is down or unplugged
")check that the gateway's address is right, that it is on the parent's network (VLAN), and that the switch lets other MAC addresses through"
  say "gateway $gateway answered from $(neighbour . | sed -n 's/.*lladdr \([0-9a-f:]*\).*/\1/p') dev $link after $(($(milliseconds) - began)) ms"
}

link_found() { link=$(interface_of "$1") && [ -n "$link" ]; }
find_link() { # NETWORK
  link=
  until_deadline link_found "$1" || disproved "container $CONTAINER has no interface with the MAC address that Docker gives it on network $1"
}

# The watcher puts it in when the container has started.
prove_attached() { # LINK
  find_attached "$1"
  say "interface $link: $(inside ip -o addr show dev "$link" | awk '!/ autojoin / { printf "%s%s", (n++ ? " " : ""), $4 }')"
}
is_attached() { inside ip -o link show dev "$link" up 2>/dev/null | grep -q .; }
find_attached() { # LINK
  link=$1
  until_deadline is_attached || disproved "container $CONTAINER has no interface $link that is up, after $TIMEOUT s.
The watcher puts it in: systemctl status wirework-watch.service; $DISPATCHER status says what it waits for"
}

# What the client of the watcher has been given.
prove_leased() { # LINK
  find_attached "$1"
  prove_lease "$NAMED@$link" DHCPDISCOVER
}
prove_leased6() { # LINK
  find_attached "$1"
  prove_lease "$NAMED@$link:6" Solicit
}
prove_lease() { # KEY QUESTION
  until_deadline is_leased "$1" || disproved "container $CONTAINER has no lease on interface $link after $TIMEOUT s.
tried: $2 as $(mac_now), $(read_client "$1" && echo "process $PROCESS" || echo "and no client runs; the watcher starts it: systemctl status wirework-watch.service")
$(inside ip -o link show dev "$link" | grep -q LOWER_UP || echo "the interface has no carrier: the parent link is down or unplugged
"; inside ip -o addr show dev "$link" | grep -q dadfailed && echo "another machine has the address already: $LEASED
")check that a DHCP server serves this network (VLAN), that it has addresses left, and that the switch lets other MAC addresses through.
It goes on trying: journalctl -u wirework-watch"
  say "interface $link: $LEASED leased by $LEASE_SERVER for $LEASE_SECONDS s"
}
# An IPv6 address that is still tried for duplicates, or was found to be one, is none.
is_leased() { read_lease "$1" && inside ip -o addr show dev "$link" | grep -v ' tentative \| dadfailed ' | grep -qF " $LEASED "; }

# What the kernel gives to programs there: after its filters, and of no other interface. The table is gone when the proof is over.
prove_group() { # GROUP network NETWORK, or GROUP dev LINK
  group=$1
  if [ "$2" = dev ]; then find_attached "$3"; else find_link "$3"; fi
  until_deadline is_joined || disproved "container $CONTAINER has not joined group $group on interface $link after $TIMEOUT s.
The watcher joins it: systemctl status wirework-watch.service"
  began=$(milliseconds)
  case $group in *:*) to="ip6 daddr $group" ;; *) to="ip daddr $group" ;; esac
  table="table inet wirework-proof"
  printf '%s\n' "$table" "delete $table" "$table { chain input { type filter hook input priority -300; iifname \"$link\" $to counter; }; }" >"$RUN/count"
  inside nft -f - <"$RUN/count" 2>"$RUN/error" || fail "group $group cannot be counted: $(cat "$RUN/error")"
  came=yes
  until_deadline is_counted || came=
  inside nft delete "$table" 2>/dev/null || :
  [ -n "$came" ] || disproved "nothing of group $group came to container $CONTAINER on interface $link within $TIMEOUT s.
The host has joined the group there; check that somebody sends to it now, and that the switches pass it on: where they listen to
IGMP or MLD (snooping), a router or switch of that network must ask for members (querier). verify.receives: false leaves this out"
  say "group $group received by $link after $(($(milliseconds) - began)) ms"
}
is_joined() { inside ip -o addr show dev "$link" | grep -F " $group/" | grep -q ' autojoin '; }
is_counted() { inside nft list "$table" | grep -q 'counter packets [1-9]'; }

pinged() { inside ping -n -q -c 1 -W 1 "$1" >"$RUN/ping" 2>&1; }
prove_target() { # ADDRESS
  command -v ping >/dev/null 2>&1 || fail "target $1: this host has no ping; install iputils-ping"
  began=$(milliseconds)
  until_deadline pinged "$1" || disproved "target $1 does not answer from container $CONTAINER within $TIMEOUT s.
tried: ICMP echo requests; last: $(grep -v '^$' "$RUN/ping" | tail -n 1)
route inside: $(inside ip route get "$1" 2>&1 | head -n 1)"
  say "target $1 answered after $(($(milliseconds) - began)) ms"
}

# The watcher sets it when the container has started.
prove_mac() { # MAC network NETWORK
  find_link "$3"
  until_deadline mac_is "$1" || disproved "the MAC of container $CONTAINER on network $3 (interface $link) is $(mac_now), not $1, after $TIMEOUT s.
The watcher sets it: systemctl status wirework-watch.service"
  say "MAC $1 dev $link"
}
mac_now() { inside ip -o link show dev "$link" | sed -n 's|.*link/[a-z]* \([0-9a-f:]*\).*|\1|p'; }
mac_is() { [ "$(mac_now)" = "$1" ]; }

# Where the port leads stands in the table that the kernel has.
prove_dnat() { # the words of the fact
  until_deadline dnat_open "dnat $*" || disproved "the port is closed after $TIMEOUT s: dnat $*
$(dnat_line "dnat $*")
container $CONTAINER needs an IPv6 address, and the watcher must run: systemctl status wirework-watch.service"
  say "$(dnat_line "dnat $*" | sed 's/ => / leads to /')"
}
dnat_line() { awk -v fact="$1 => " 'index($0, fact) == 1' "$VOLATILE/nft.ip6" 2>/dev/null; }
dnat_open() { dnat_line "$1" | grep -qv ' closed$'; }

# What Docker itself passes on over IPv6: by translation, which keeps the client's address, or by its proxy.
prove_published() { # PROTOCOL/PORTS native|proxy
  until_deadline published "$1" || disproved "Docker publishes $1 of container $CONTAINER on no IPv6 address within $TIMEOUT s.
Publish it there, with ip: \"::\""
  [ "$2" = native ] || { say "$1 is passed on by Docker"; return 0; }
  native_ports >"$RUN/native" || disproved "$(cat "$RUN/error")"
  awk -v ports="$1" 'BEGIN { split(ports, a, "/"); if (split(a[2], p, "-") == 1) p[2] = p[1] }
    $3 == a[1] { have[$4] } END { for (i = p[1] + 0; i <= p[2] + 0; i++) if (!(i in have)) exit 1 }' "$RUN/native" ||
    disproved "Docker does not translate $1 of container $CONTAINER: its proxy passes it on, and hides the clients.
Docker translates IPv6 from version 27 on, or with ip6tables (see DockerDaemonIpv6), to a container with an IPv6 address"
  say "$1 is translated by Docker, with the client's address kept"
}
published() { [ -n "$(published_over_ipv6 "$1" "$CONTAINER" only)" ]; }

# The entry that the kernel has is that of the address that Docker names.
prove_proxy() { # dev LINK container CONTAINER network NETWORK
  uplink=$2
  own=$(awk -v network="$6" '$1 == "endpoint" && $3 == network && $6 ~ /:/ { sub(/\/.*/, "", $6); print $6 }' "$RUN/container")
  [ -n "$own" ] || fail "container $CONTAINER has no IPv6 address on network $6"
  until_deadline proxied || disproved "nobody answers neighbours on $uplink for $own after $TIMEOUT s.
The watcher sees to it: systemctl status wirework-watch.service"
  say "neighbours on $uplink are answered for $own"
}
proxied() { ip -6 neigh show proxy dev "$uplink" | grep -q "^$own "; }

prove_default_route() { # network NETWORK
  find_link "$2"
  for family in -4 -6; do
    inside ip "$family" route show default 2>/dev/null | awk '{ m = 0; for (i = 1; i < NF; i++) { if ($i == "dev") d = $(i + 1); if ($i == "metric") m = $(i + 1) } print m, d }' | sort -n | head -n 1
  done >"$RUN/defaults"
  [ -s "$RUN/defaults" ] || disproved "container $CONTAINER has no default route; network $2 (interface $link) should give it"
  while read -r metric by; do
    [ "$by" = "$link" ] || disproved "the default route of container $CONTAINER goes by $by (metric $metric), not by network $2 (interface $link).
Docker 28 chooses by gateway priority; before that the network whose name sorts first wins"
  done <"$RUN/defaults"
  say "default route by network $2 dev $link"
}

# How this host routes what the container sends: asked of the kernel, with a destination that nobody has (RFC 5737, RFC 3849).
prove_egress() { # LINK [via ROUTER, or inet or inet6 for whichever it is] network NETWORK iif BRIDGE
  uplink=$1 router='' only=''
  if [ "$2" = via ]; then
    case $3 in *:*) only=inet6 router=$3 ;; *.*) only=inet router=$3 ;; *) only=$3 router='*' ;; esac
    shift 2
  fi
  bridge=$5
  find_link "$3"
  inside ip -o addr show dev "$link" scope global | awk '{ sub(/\/.*/, "", $4); print $4 }' >"$RUN/own"
  while read -r own; do
    case $own in *:*) far=2001:db8::1 family=inet6 ;; *) far=203.0.113.1 family=inet ;; esac
    [ "${only:-$family}" = "$family" ] || continue
    until_deadline leaves_by || disproved "what container $CONTAINER sends from $own leaves by: $(route_of), not by $uplink${router:+ via $router}.
$(ip rule show 2>/dev/null | grep " proto $PROTO\$" || :)
check that $uplink is up and has an address in the network of its gateway"
    say "egress from $own by $uplink ($(route_of))"
  done <"$RUN/own"
}
route_of() { ip -o route get "$far" from "$own" iif "$bridge" 2>&1 | sed 's/ *\\.*//; s/ *$//'; }
# shellcheck disable=SC2254 # a router may be any
leaves_by() { case " $(route_of) " in *${router:+ via $router}\ dev\ "$uplink "*) ;; *) return 1 ;; esac; }

prove_exec() { # words, percent-encoded
  for word in "$@"; do
    shift
    word=$(decoded "$word")
    set -- "$@" "${word%.}"
  done
  left=$(((DEADLINE - $(milliseconds)) / 1000))
  [ "$left" -ge 1 ] || left=1
  timeout "$left" docker exec "$CONTAINER" "$@" >"$RUN/exec" 2>&1 || disproved "the command in container $CONTAINER ended with code $? (124: not done within $left s): $*
$(tail -n 5 "$RUN/exec")"
  say "command ended with code 0"
}

verb_verify() {
  read_input
  check_machine
  CONTAINER=$(sed -n 's/^container //p' "$RUN/lines")
  awk "$AWK_FACTS"'
    $1 == "container" && NF == 2 && is_name($2) { containers++; next }
    $1 == "timeout" && NF == 2 && is_number($2, 1, 3600) { next }
    $1 == "gateway" && NF == 4 && is_address($2) && ($3 == "network" && is_name($4) || $3 == "dev" && is_link($4)) { next }
    $1 ~ /^(attached|leased6?)$/ && NF == 2 && is_link($2) { next }
    $0 ~ /^gateway leased dev [^ ]+$/ && is_link($4) { next }
    $1 == "group" && NF == 4 && is_group($2) && ($3 == "network" && is_name($4) || $3 == "dev" && is_link($4)) { next }
    $1 == "mac" && NF == 4 && is_mac($2) && $3 == "network" && is_name($4) { next }
    $1 == "dnat" && parse($0) == "" { next }
    $1 == "published" && NF == 3 && split($2, part, "/") == 2 && part[1] ~ /^(tcp|udp)$/ && is_ports(part[2]) && $3 ~ /^(native|proxy)$/ { next }
    $1 == "proxy" && parse($0) == "" && ("end" in opt) { next }
    $1 == "target" && NF == 2 && is_address($2) { next }
    $1 == "default-route" && NF == 3 && $2 == "network" && is_name($3) { next }
    $1 == "egress" && NF == 8 && $3 == "via" && (is_address($4) || $4 ~ /^inet6?$/) { sub(/ via [^ ]+/, "") }
    $1 == "egress" && NF == 6 && is_link($2) && $3 == "network" && is_name($4) && $5 == "iif" && is_link($6) { next }
    $1 == "exec" && NF > 1 && is_encoded($0) { next }
    $1 == "require" { next }
    { print "  " $0; wrong = 1 }
    END { if (containers != 1) print "  one container line is needed"; exit wrong || containers != 1 }' "$RUN/lines" >"$RUN/wrong" ||
    fail "lines that verify does not understand:
$(cat "$RUN/wrong")"
  check_requirements "$RUN/lines"
  start_clock
  find_container "$RUN/container"
  read -r _ named _ pid _ <"$RUN/container"
  NAMED=${named#/} # whatever it was asked for by
  [ "$pid" -gt 0 ] || fail "container $CONTAINER is not running; its log says why: docker logs $CONTAINER"
  exec 8<"/proc/$pid/ns/net" || fail "container $CONTAINER ended"
  still_there # the process id may be another's since
  while read -r what words; do
    set -f
    # shellcheck disable=SC2086 # words of a line that was checked
    case $what in
      mac) prove_mac $words ;;
      dnat) prove_dnat $words ;;
      attached) prove_attached $words ;;
      leased) prove_leased $words ;;
      leased6) prove_leased6 $words ;;
      published) prove_published $words ;;
      proxy) prove_proxy $words ;;
      gateway) prove_gateway $words ;;
      group) prove_group $words ;;
      target) prove_target $words ;;
      default-route) prove_default_route $words ;;
      egress) prove_egress $words ;;
      exec) prove_exec $words ;;
    esac
  done <"$RUN/lines"
  still_there
}

# A failed proof of a container that is no more proves nothing of its network.
disproved() {
  still_there
  fail "$@"
}

still_there() {
  find_container "$RUN/again"
  [ "$(head -n 1 "$RUN/container")" = "$(head -n 1 "$RUN/again")" ] || fail "container $CONTAINER was restarted or replaced while it was verified; run pulumi up again.
If it restarts by itself, its log says why: docker logs $CONTAINER"
}
