# L2TPv3: tunnels and sessions, which have no mark of their own; ours is what the ledger of this boot says we made. And
# secrets, which facts only name.
# shellcheck shell=sh disable=SC2016,SC2034

# tunnel ID PEER ENCAP LOCAL REMOTE SPORT DPORT; session TUNNEL ID PEER DEV COOKIE PEER_COOKIE; secret NAME VALUE
read_l2tp() { # VIEW
  grep -q '^[^ ]* \([^ ]* \)\{0,1\}\(tunnel\|session\) ' "$1" || return 0
  { ip l2tp show tunnel && ip l2tp show session; } 2>/dev/null | awk '
    function done() { if (what != "") print "K", what, (what == "tunnel" ? id " " peer " " encap " " from " " to " " ports : tunnel " " id " " peer " " dev " " cookie " " theirs); what = "" }
    /^Tunnel /  { done(); what = "tunnel"; id = $2; sub(/,/, "", id); encap = tolower($4); ports = "- -" }
    /^Session / { done(); what = "session"; id = $2; tunnel = $5; dev = "-"; cookie = theirs = "-" }
    $1 == "From" { from = $2; to = $4 }
    $1 == "Peer" { peer = $3; sub(/,/, "", peer) }
    /UDP source \/ dest ports:/ { ports = $NF; sub(/\//, " ", ports) }
    /^ *interface name:/ { dev = $3 }
    /^ *(cookie|peer cookie) / { for (i = 1; i < NF; i++) { if ($i == "cookie" && $(i - 1) != "peer") cookie = $(i + 1); if ($i == "cookie" && $(i - 1) == "peer") theirs = $(i + 1) } }
    END { done() }' || :
  find "$LEDGER/secrets" -type f ! -name '*.new' -exec sed 's/^/K secret /' {} + 2>/dev/null || :
}

AWK_L2TP='
$1 == "K" && $2 == "tunnel"  { TU[$3] = $4 " " $5 " " $6 " " $7 " " $8 " " $9 }
$1 == "K" && $2 == "session" { SE[$3 " " $4] = $5; SE_dev[$3 " " $4] = $6; SE_cookies[$3 " " $4] = $7 " " $8; SE_of[$6] = $3 " " $4 }
$1 == "K" && $2 == "secret"  { secret[$3] = $4 }

function want_tunnel() { W_tunnel[opt["id"]] = opt["peer"] " " opt["encap"] " " opt["local"] " " opt["remote"] " " word("sport") " " word("dport") }
function want_session() { W_session[dev] = key; W_in[dev] = opt["tunnel"]; W_spec[dev] = opt["peer"]; W_cookies[dev] = word("cookie") " " word("peer_cookie") }
function wanted_session(name) { return (name in W_session) && (W_session[name] in T) }
function word(name) { return (name in opt) ? opt[name] : "-" }
function our_session(name) { return (name in SE_of) && (("session " SE_of[name]) in M) }
function our_tunnel(id) { return (id in TU) && (("tunnel " id) in M) }

# Which tunnels and sessions go: those no longer wanted, and those that cannot become what is wanted without being made
# anew. A secret that is not here yet is no reason to cut a wire.
function tunnel_goes(id) { return our_tunnel(id) && (("tunnel " id) in T) && TU[id] != W_tunnel[id] }
function session_goes(s,    w, dev, c) {
  dev = SE_dev[s]; split(s, w, " ")
  if (tunnel_goes(w[1])) return 1
  if (!our_session(dev) || !(("session " s) in T)) return 0
  if (!(dev in W_session) || W_session[dev] != "session " s || SE[s] != W_spec[dev]) return 1
  c = cookies_of(dev); return c != "" && c != SE_cookies[s]
}
function cookies_of(dev,    w) { # "" where a secret is missing
  split(W_cookies[dev], w, " ")
  if (w[1] != "-" && !(w[1] in secret) || w[2] != "-" && !(w[2] in secret)) return ""
  return (w[1] == "-" ? "-" : secret[w[1]]) " " (w[2] == "-" ? "-" : secret[w[2]])
}
function going_sessions(    s) { for (s in SE) if ((SE_dev[s] in L) && !(SE_dev[s] in gone) && session_goes(s)) go(SE_dev[s]) }
function session_state(name) {
  if ((name in L) && !(name in gone)) return our_session(name) ? "have" : "foreign"
  return cookies_of(name) != "" && tunnel_stands(W_in[name]) ? "born" : "pending"
}
function tunnel_stands(id,    w) {
  if (!(id in W_tunnel)) return id in TU
  if ((id in TU) && !our_tunnel(id)) return 0
  split(W_tunnel[id], w, " "); return (id in TU) && !tunnel_goes(id) || settled(w[3])
}
# An address that is still being tried for duplicates is none yet.
function settled(address,    k) { for (k in A) if (A_address[k] == address && A_rank[k] != "tentative" && !leaves(k)) return 1; return 0 }

function tunnel(    id) {
  id = opt["id"]
  if ((id in TU) && !our_tunnel(id)) return foreign(f, tunnel_text(id))
  if ((id in TU) && !tunnel_goes(id)) return
  if (!settled(opt["local"])) { if (id in TU) no_tunnel(k); return pending(f, "no address " opt["local"]) }
  if (id in TU) { changed(f, tunnel_text(id)); first(3, "l2tp del tunnel tunnel_id " id) } else added(f)
  made[++mades] = k "\tabsent"
  first(4, "l2tp add tunnel tunnel_id " id " peer_tunnel_id " opt["peer"] " encap " opt["encap"] " local " opt["local"] " remote " opt["remote"] (("sport" in opt) ? " udp_sport " opt["sport"] " udp_dport " opt["dport"] : ""))
}
function tunnel_text(id,    w) { split(TU[id], w, " "); return "tunnel " id " peer " w[1] " encap " w[2] " local " w[3] " remote " w[4] (w[5] == "-" ? "" : " sport " w[5] " dport " w[6]) }
function no_tunnel(k,    id) {
  id = substr(k, 8); if (k in M) print k >(out "made.drop")
  if (!our_tunnel(id)) return
  removed(old(k)); first(3, "l2tp del tunnel tunnel_id " id)
}

function session(    st, s, w, c, was) {
  s = substr(k, 9); st = session_state(dev)
  if (st == "foreign") return foreign(f, "link " dev " type " L_type[dev])
  if ((s in SE) && !(("session " s) in M)) return foreign(f, "session " s " dev " SE_dev[s])
  if (st == "pending") return pending(f, cookies_of(dev) == "" ? "a secret that it names is not on this host" : "no tunnel " opt["tunnel"])
  was = "session " s " dev " dev " address " L_mac[dev] " mtu " L_mtu[dev]
  if (st == "have") {
    if (L_mac[dev] != opt["address"] || L_mtu[dev] != opt["mtu"] || L_group[dev] != MARK || L_up[dev] != "up") changed(f, was (L_up[dev] == "up" ? "" : " down"))
  } else {
    if (dev in gone) { changed(f, was); session_del(s) } else added(f)
    made[++mades] = k "\tabsent"; split(cookies_of(dev), c, " ")
    first(5, "l2tp add session name " dev " tunnel_id " opt["tunnel"] " session_id " opt["id"] " peer_session_id " opt["peer"] (c[1] == "-" ? "" : " cookie " c[1]) (c[2] == "-" ? "" : " peer_cookie " c[2]) (("seq" in opt) ? " seq " opt["seq"] : "") (("l2spec" in opt) ? " l2spec_type " opt["l2spec"] : ""))
  }
  split(holders[k], w, " ")
  if (st == "born" || L_group[dev] != MARK) { first(6, "link set dev " dev " group " MARK); first(6, "link set dev " dev " alias wirework:" w[1]) }
  if (st == "born" || L_mac[dev] != opt["address"]) first(6, "link set dev " dev " address " opt["address"])
  if (st == "born" || L_mtu[dev] != opt["mtu"]) first(6, "link set dev " dev " mtu " opt["mtu"])
  if (st == "born" || L_up[dev] != "up") last(0, "link set dev " dev " up")
}
function no_session(k,    s) {
  s = substr(k, 9); if (k in M) print k >(out "made.drop")
  if (!(s in SE) || !(("session " s) in M)) return
  removed(old(k)); session_del(s)
}
function session_del(s,    w) { split(s, w, " "); if (!tunnel_goes(w[1])) first(2, "l2tp del session tunnel_id " w[1] " session_id " w[2]) } # else it goes with its tunnel
'

# secret: what facts of this owner name. Values that its ledger entry still names stay: the facts follow in another run.
verb_secret() {
  read_input
  lock
  check_machine
  awk '$1 == "secret" && NF == 3 && $2 ~ /^[0-9a-f]+$/ && length($2) == 16 && $3 ~ /^[0-9a-f]+$/ && length($3) <= 128 { next } { exit 1 }' "$RUN/lines" ||
    fail "lines that secret does not understand; they are not shown"
  hold_signals
  file=$LEDGER/secrets/$OWNER
  mkdir -p "${file%/*}"
  named=$(grep -Eo 'cookie [0-9a-f]+' "$(entry_of "$OWNER")" 2>/dev/null | tr '\n' ' ' || :)
  {
    sed -n 's/^secret //p' "$RUN/lines"
    [ ! -e "$file" ] || awk -v named="$named" 'index(named, " " $1 " ")' "$file"
  } | awk '!($1 in seen) { seen[$1]; print }' | put "$file" || fail "the secrets cannot be written; nothing was changed"
  say "kept $(wc -l <"$file") secrets for $OWNER"
}

verb_forget() {
  read_input
  lock
  check_machine
  rm -f "$LEDGER/secrets/$OWNER"
  (cd "$LEDGER" && rmdir -p "secrets/${OWNER%/*}" 2>/dev/null) || :
}

# stage: whether an apply would find a reason to refuse. Changes nothing.
verb_stage() {
  read_input
  check_facts
  check_requirements "$RUN/lines"
  lock
  check_machine
  : >"$RUN/error"
  facts_in "$(entry_of "$OWNER")" >"$RUN/seeds"
  make_plan "$OWNER" "$RUN/facts" "$RUN/seeds" || fail "cannot read the kernel's state: $(cat "$RUN/error")"
  refuse_conflicts
  say "nothing stands in the way"
}

# prove: whether the other end answers across a wire, with frames as large as the wire says it can carry.
verb_prove() {
  read_input
  check_machine
  awk "$AWK_FACTS"'
    $1 == "timeout" && NF == 2 && is_number($2, 1, 3600) { next }
    $1 == "reach" && NF >= 6 && $(NF - 1) == "mtu" && is_number($NF, 1280, 65535) && $(NF - 3) == "dev" && is_link($(NF - 2)) {
      for (i = 2; i < NF - 3; i++) if (!is_address($i) || $i !~ /^fe80:/) exit 1
      next
    }
    { exit 1 }' "$RUN/lines" || fail "lines that prove does not understand:
$(cat "$RUN/lines")"
  TIMEOUT=$(option timeout)
  : "${TIMEOUT:=10}"
  DEADLINE=$(($(milliseconds) + TIMEOUT * 1000))
  sed -n 's/^reach //p' "$RUN/lines" >"$RUN/reach"
  while read -r words; do
    set -f
    # shellcheck disable=SC2086 # words of a line that was checked
    prove_reach $words
  done <"$RUN/reach"
}

prove_reach() { # ADDRESS... dev LINK mtu BYTES
  peers=
  while [ "$1" != dev ]; do
    peers="$peers $1"
    shift
  done
  wire=$2 mtu=$4
  [ -e "/sys/class/net/$wire" ] || fail "there is no link $wire on this host"
  until_deadline peer_answers || fail "the other end does not answer across $wire within $TIMEOUT s.
$(ip -s link show dev "$wire")
$(ip l2tp show tunnel 2>/dev/null)
check that both hosts reach each other at these addresses, that firewalls let the wire through, and that ids, ports and cookies of both ends agree"
  until_deadline peer_answers_full || fail "small frames cross $wire, full ones of $mtu bytes do not: a link on the path is too small for them, and drops their fragments.
Give pathMtu, or a smaller mtu"
  say "$peer answered across $wire, with frames of $mtu bytes"
}
# Plugged into a bridge, a link has no address of its own; then the bridge asks.
asks_by() { by=$(readlink "/sys/class/net/$wire/master") && printf %s "${by##*/}" || printf %s "$wire"; }
peer_answers() {
  for peer in $peers; do
    ping -6 -n -q -c 1 -W 1 "$peer%$(asks_by)" >/dev/null 2>&1 && return
  done
  return 1
}
peer_answers_full() { ping -6 -n -q -c 1 -W 2 -M "do" -s $((mtu - 48)) "$peer%$(asks_by)" >/dev/null 2>&1; }
