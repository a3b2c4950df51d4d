# DHCP: leased addresses of interfaces that facts put into containers. The client is a program of this host, one for each
# interface, in the network namespace of the container; nothing of the container is run or changed.
# shellcheck shell=sh disable=SC2016,SC2034

LEASES=$VOLATILE/leases # KEY.client: who it runs for, and as what process. KEY.lease: what it was given

# A key is CONTAINER@LINK, and CONTAINER@LINK:6 of IPv6 (dhcp6.sh). PLACE: container and link with a space between.
place_of() { # KEY
  PLACE=${1%:6}
  PLACE="${PLACE%@*} ${PLACE#*@}"
}

# process_is PID BEGAN: whether that process still runs, and is no later one with its number.
process_is() { [ -n "$2" ] && [ "$(process_began "$1")" = "$2" ]; }
process_began() { awk '{ sub(/.*[)] /, ""); if ($1 != "Z") print $20 }' "/proc/$1/stat" 2>/dev/null || :; }

# Of a client: FOR, the words of its line in RUN/clients; PROCESS and BEGAN.
read_client() { # KEY
  FOR='' PROCESS='' BEGAN=''
  { IFS= read -r FOR && read -r PROCESS BEGAN; } 2>/dev/null <"$LEASES/$1.client" && process_is "$PROCESS" "$BEGAN"
}

# Of a lease that still runs: LEASED, the address; LEASE_ROUTER and LEASE_SERVER, or "-"; LEASE_SECONDS, and of these LEFT. A server
# of IPv6 is named by its DUID.
read_lease() { # KEY
  LEASED='' LEASE_ROUTER='' LEASE_SERVER='' LEASE_SECONDS='' since=''
  read -r LEASED LEASE_ROUTER LEASE_SERVER LEASE_SECONDS since 2>/dev/null <"$LEASES/$1.lease" || return 1
  LEFT=$((since + LEASE_SECONDS - $(milliseconds) / 1000))
  [ "$LEFT" -gt 0 ]
}

# end_clients: those that nobody wants as they are. A client holds its namespace, and with it the interface: while it runs,
# that of a container which has ended could not be put into the next one.
end_clients() {
  for file in "$LEASES"/*.client; do
    key=${file##*/} key=${key%.client}
    [ -e "$file" ] || continue
    if read_client "$key"; then
      ! grep -qxF "$FOR" "$RUN/clients" || continue
      end_client
    fi
    rm -f "$file" || return 1
  done
}
end_client() {
  kill "$PROCESS" 2>/dev/null || :
  briefly process_ended || kill -9 "$PROCESS" 2>/dev/null || :
}
process_ended() { ! process_is "$PROCESS" "$BEGAN"; }

# follow_leases: of the watcher, after each look. One that ended, or whose address somebody took away, is begun anew.
follow_leases() {
  [ -s "$RUN/clients" ] || return 0
  while IFS= read -r wanted; do
    key=${wanted%% *}
    place_of "$key"
    if read_client "$key" && [ "$FOR" = "$wanted" ]; then
      ! read_lease "$key" || grep -qxF "K on $PLACE $LEASED" "$RUN/kernel" || ! lease_stands || end_client
      process_is "$PROCESS" "$BEGAN" && continue
    fi
    # shellcheck disable=SC2086 # words of a line of the plan's
    start_client $wanted
  done <"$RUN/clients"
}
# Given to this client, and before the kernel was read.
lease_stands() { [ -n "$(find "$LEASES/$key.lease" -newer "$LEASES/$key.client" ! -newer "$RUN/kernel")" ]; }

# A child of the watcher, so that the kernel ends it with the watcher, whatever ends that.
start_client() { # KEY PID ID STARTED INDEX MAC HOSTNAME CLIENT-ID ROUTE
  link=${PLACE#* }
  exec 8<"/proc/$2/ns/net" || return 0
  if inside ip -o link show dev "$link" 2>/dev/null | grep -q "^$5: .* link/ether $6 "; then
    mkdir -p "$LEASES"
    read_lease "$1" || LEASED=''
    become_client "$1" "$7" "$8" "$9" </dev/null 2>&1 7>&- 9>&- &
    printf '%s\n%s %s\n' "$wanted" "$!" "$(process_began "$!")" >"$LEASES/$1.client"
  fi
  exec 8<&-
}
# It reads what anybody on the LAN may send, and needs no more than this for it.
CONFINED="setpriv --pdeathsig TERM --no-new-privs --bounding-set=-all,+net_raw,+net_admin,+net_bind_service --inh-caps=-all"
# A client of IPv6, or of IPv4, in the namespace that is open, in place of this process. Once: to give back what it is given.
become_client() { # KEY HOSTNAME CLIENT-ID ROUTE [once]
  place_of "$1"
  case $1 in *:6) become_client6 "$1" "$2" "$3" "${5:-}" ;; esac
  CLIENT="-i ${PLACE#* } -s $DISPATCHER -O staticroutes -x hostname:$2"
  [ "$3" = - ] || CLIENT="$CLIENT -x 0x3d:$(printf %s "$3" | tr -d :)"
  if [ -n "${5:-}" ]; then CLIENT="-n -R -t 2 -T 2 $CLIENT"; else CLIENT="-t 4 -T 2 -A 10 $CLIENT"; fi
  # Who may give the address away again meanwhile, asks for it: the server would give the same.
  [ -z "$LEASED" ] || CLIENT="$CLIENT -r ${LEASED%/*}"
  # shellcheck disable=SC2086 # words that were checked
  WIREWORK_LEASE=$1 WIREWORK_ROUTE=$4 exec "$NSENTER" --net=/proc/self/fd/8 $CONFINED busybox udhcpc -f $CLIENT
}

# release_leases FILE: what facts had that are gone is given back to their servers: by a client in a namespace of its own, because
# the container may be gone too. Where nobody answers, the lease runs out by itself.
release_leases() {
  [ -s "$1" ] && [ -d "$LEASES" ] || return 0
  end_clients || return 0
  while read -r key hostname id lines; do
    place_of "$key"
    if [ -n "$lines" ] && read_lease "$key"; then
      rm -f "$LEASES/$key.lease"
      printf '%s\n' "$lines" | tr '|' '\n' >"$RUN/inside.ip"
      release_lease "${PLACE#* }" >"$RUN/released" 2>&1 ||
        say "kept lease $LEASED of $PLACE (its server was not reached; it ends in $LEFT s)"
    fi
    rm -rf "$LEASES/$key.lease" "$LEASES/$key.dhcpcd"
  done <"$1"
  ! rmdir "$LEASES" 2>/dev/null || forget6
}
release_lease() { # LINK
  : >"$RUN/ready"
  unshare --net sh -c 'echo; exec sleep 20' >"$RUN/ready" 9>&- &
  holder=$!
  briefly [ -s "$RUN/ready" ] || return 1
  exec 8<"/proc/$holder/ns/net"
  kill -9 "$holder"
  released=1
  if patiently ip -batch "$RUN/inside.ip" && patiently inside ip link set dev "$1" up; then
    become_client "$key" "$hostname" "$id" via once </dev/null 9>&- &
    client=$!
    if briefly [ -e "$LEASES/$key.lease" ]; then released=0; fi
    kill "$client" 2>/dev/null || :
    wait "$client" || :
    # What waits for the MAC of a neighbour would go with the namespace.
    briefly nobody_is_asked_for "$1" || released=1
  fi
  exec 8<&-
  return "$released"
}
nobody_is_asked_for() { ! inside ip neigh show dev "$1" | grep -q INCOMPLETE; }

# briefly COMMAND...: tried until it succeeds, for a few seconds.
briefly() {
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
    ! "$@" || return 0
    sleep 0.2
  done
  return 1
}

# What the client says has happened: it runs the dispatcher, in the namespace of the container.
verb_bound() { lease_taken; }
verb_renew() { lease_taken; }
verb_nak() {
  lease_asked
  lease_lost
}
# Nothing: an address stands for as long as it was leased, and the kernel takes it away then, whether anybody runs or not.
verb_deconfig() { :; }
verb_leasefail() { :; }

lease_asked() {
  KEY=${WIREWORK_LEASE:-} LINK=${interface:-}
  case ${KEY%:6} in *[!A-Za-z0-9_.@-]* | *@*@* | @* | .*) KEY= ;; *@"$LINK") ;; *) KEY= ;; esac
  [ -n "$KEY" ] || fail "\"$VERB\" is what the DHCP client says that the watcher starts, and nobody else"
}

# Everything that a server says is checked: `address ADDRESS/LENGTH`, `lease WORDS OF read_lease`, `route PREFIX WORDS`.
lease_taken() {
  lease_asked
  awk -v now="$(($(milliseconds) / 1000))" "$AWK_FACTS"'
    function route(to, hop) {
      if (!is_prefix(to) || !is_v4(to) || !is_address(hop) || !is_v4(hop)) return
      if (to == "0.0.0.0/0") { if (router == "") router = hop; if (ENVIRON["WIREWORK_ROUTE"] != "via") return; to = "default" }
      print "route", to, (hop == "0.0.0.0" ? "" : "via " hop (covers(at, hop) ? "" : " onlink"))
    }
    BEGIN {
      at = ENVIRON["ip"] "/" (ENVIRON["mask"] == "" ? 32 : ENVIRON["mask"]); time = ENVIRON["lease"]; server = ENVIRON["serverid"]
      if (!is_prefix(at) || !is_v4(at) || !is_number(time, 1, 4294967295)) exit 1
      print "address", at
      # Where a server gives these, they take the place of its router (RFC 3442).
      n = split(ENVIRON["staticroutes"], w, " ")
      for (i = 1; i < n; i += 2) route(w[i], w[i + 1])
      if (n < 2) { split(ENVIRON["router"], w, " "); route("0.0.0.0/0", w[1]) }
      print "lease", at, (router == "" ? "-" : router), (is_address(server) ? server : "-"), time, now
    }' </dev/null >"$RUN/given" || fail "$KEY: the server offers no address that can be used: ip ${ip:-} mask ${mask:-} lease ${lease:-}"
  address=$(sed -n 's/^address //p' "$RUN/given")
  ! read -r LEASED _ 2>/dev/null <"$LEASES/$KEY.lease" || [ "$LEASED" = "$address" ] || lease_lost
  time=${lease:-}
  [ "$time" -lt 4294967295 ] || time=forever
  ip addr replace "$address" dev "$LINK" valid_lft "$time" preferred_lft "$time"
  sed -n 's/^route //p' "$RUN/given" >"$RUN/routes"
  # The kernel shows them as they were given, but for a space.
  ip -4 route show dev "$LINK" proto dhcp | sed 's/  *$//; s/ scope link//' >"$RUN/routes.now"
  while read -r words; do
    # shellcheck disable=SC2086 # words of a route
    grep -qxF "$words" "$RUN/routes" || ip route del $words dev "$LINK" proto dhcp || :
  done <"$RUN/routes.now"
  while read -r words; do
    # shellcheck disable=SC2086
    grep -qxF "$words" "$RUN/routes.now" || ip route add $words dev "$LINK" proto dhcp || complain "$KEY: route $words is not set"
  done <"$RUN/routes"
  sed -n 's/^lease //p' "$RUN/given" | put "$LEASES/$KEY.lease"
}
# With the last address the kernel drops the routes.
lease_lost() {
  ! read -r LEASED _ 2>/dev/null <"$LEASES/$KEY.lease" || ip addr del "$LEASED" dev "$LINK" 2>/dev/null || :
  rm -f "$LEASES/$KEY.lease"
}

# What status says of them.
leases() {
  for file in "$LEASES"/*.lease; do
    key=${file##*/} key=${key%.lease}
    place_of "$key"
    ! read_lease "$key" || echo "  $LEASED of $PLACE (router $LEASE_ROUTER, server $LEASE_SERVER, $LEFT of $LEASE_SECONDS s left, $(read_client "$key" || echo "no ")client)"
  done
}

# Why there is no client, or nothing.
no_dhcp_client() {
  if ! busybox --list 2>/dev/null | grep -qx udhcpc; then echo "this host has no busybox with udhcpc, which leases addresses for containers; install it (Debian: apt-get install busybox)"
  else no_setpriv; fi
}
no_setpriv() { setpriv --help 2>/dev/null | grep -q pdeathsig || echo "this host has no setpriv that knows --pdeathsig; install util-linux 2.33 or newer"; }

# Part of the plan's program.
AWK_DHCP='
function lease_key(six) { return opt["container"] "@" opt["dev"] six }
# What tells a server who asks: of IPv6 the MAC always.
function lease_id(six, address) { return six ? address : opt["client-id"] ? opt["client-id"] : "-" }
# Who is to have a client: all of the ledger, whatever this plan is about.
function clients(    k, at) {
  for (at in S_leased) releases(at)
  for (k in W) {
    if (k !~ /^attach /) continue
    parse(W[k])
    if (opt["addr"] == "dhcp") client(k, "")
    if (opt["addr6"] == "dhcp") client(k, ":6")
  }
}
function client(k, six,    e, c) {
  e = opt["end"]; c = opt["container"]
  if (k in reborn) print lease_key(six) >(out "clients.next")
  else if ((c in C) && (e in P) && P_group[e] == MARK)
    print lease_key(six), C[c], P_index[e], P_mac[e], opt["hostname"], lease_id(six, P_mac[e]), (!six && opt["via"] ? "via" : "-") >(out "clients")
}
function awaits_lease() {
  if (opt["addr"] == "dhcp" && !has_lease) pending(f, "no lease from a DHCP server yet")
  if (opt["addr6"] == "dhcp" && !has_lease6) pending(f, "no lease from a DHCPv6 server yet")
}
# A lease whose fact is gone: what makes the interface once more, to give it back. With an address of its own now, the interface
# stays, and nobody else can speak with its MAC. A NIC goes home, and its lease runs out.
function releases(at,    w, k, six, i, n, lines) {
  split(at, w, SUBSEP); k = w[1]; six = w[2]
  if (k in W) { parse(W[k]); if (opt[six ? "addr6" : "addr"] != "dhcp") print lease_key(six) >(out "release"); return }
  parse(S_leased[at]); n = opt["type"] == "nic" ? 0 : making(); for (i = 1; i <= n; i++) lines = lines "|" MAKING[i]
  print lease_key(six), opt["hostname"], lease_id(six, opt["address"]), substr(lines, 2) >(out "release")
}
'
