# L2TPv3: tunnels and sessions, which have no mark of their own; ours is what the ledger of this boot says we made. Part
# of the plan.
# shellcheck shell=sh disable=SC2016,SC2034

# tunnel ID PEER ENCAP LOCAL REMOTE SPORT DPORT; session TUNNEL ID PEER DEV COOKIE PEER_COOKIE; and the secrets
read_l2tp() { # VIEW
  has_kind 'tunnel|session' "$1" || return 0
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
  read_secrets
}

AWK_L2TP='
$1 == "K" && $2 == "tunnel"  { TU[$3] = $4 " " $5 " " $6 " " $7 " " $8 " " $9 }
$1 == "K" && $2 == "session" { SE[$3 " " $4] = $5; SE_dev[$3 " " $4] = $6; SE_cookies[$3 " " $4] = $7 " " $8; SE_of[$6] = $3 " " $4 }
$1 == "K" && $2 == "secret"  { secret[$3] = $4 }

function want_tunnel() { W_tunnel[opt["id"]] = opt["peer"] " " opt["encap"] " " opt["local"] " " opt["remote"] " " word("sport") " " word("dport") }
function want_session() { W_session[dev] = key; W_in[dev] = opt["tunnel"]; W_spec[dev] = opt["peer"]; W_cookies[dev] = word("cookie") " " word("peer_cookie") }
function wanted_session(name) { return (name in W_session) && (W_session[name] in T) }
function word(name) { return (name in opt) ? opt[name] : "-" }
function made_session(s) { return (s in SE) && (("session " s) in M) }
function our_session(name) { return (name in SE_of) && made_session(SE_of[name]) }
function our_tunnel(id) { return (id in TU) && (("tunnel " id) in M) }

# Which tunnels and sessions go: those no longer wanted, and those that cannot become what is wanted without being made
# anew. A secret that is not here yet is no reason to cut a wire.
function tunnel_goes(id) { return our_tunnel(id) && (("tunnel " id) in T) && (!(id in W_tunnel) || TU[id] != W_tunnel[id]) }
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
  if (!(id in W_tunnel)) return (id in TU) && !tunnel_goes(id)
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
  if ((s in SE) && !made_session(s)) return foreign(f, "session " s " dev " SE_dev[s])
  if (st == "pending") return pending(f, cookies_of(dev) == "" ? "a secret that it names is not on this host" : "no tunnel " opt["tunnel"])
  was = "session " s " dev " dev " address " L_mac[dev] " mtu " L_mtu[dev]
  if (st == "have") {
    if (L_mac[dev] != opt["address"] || L_mtu[dev] != opt["mtu"] || L_group[dev] != MARK || L_up[dev] != "up") changed(f, was (L_up[dev] == "up" ? "" : " down"))
  } else {
    if (s in SE) { changed(f, was); session_del(s) } else added(f)
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
  if (!made_session(s)) return
  removed(old(k)); session_del(s)
}
# reach: nothing is made; an other end that does not answer is a difference that nobody here can mend.
function reach() {
  if (!there(dev)) return pending(f, "no link " dev)
  if (dev in unreached) print "- " f "\n+ reach dev " dev " " unreached[dev] >(out "drift")
}
function session_del(s,    w) { split(s, w, " "); if (!tunnel_goes(w[1])) first(2, "l2tp del session tunnel_id " w[1] " session_id " w[2]) } # else it goes with its tunnel
'
