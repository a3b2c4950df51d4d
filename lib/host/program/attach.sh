# Interfaces that are put into containers, beside Docker's: how they are read, made, changed and taken back.
# shellcheck shell=sh disable=SC2016,SC2034

# read_attached VIEW: of each container that a fact puts an interface into, `K port NAME LINK INDEX-BENEATH GROUP UP TYPE MODE MAC
# MTU INDEX ALIAS` for each of its interfaces; `K on NAME LINK ADDRESS` or `K on NAME LINK route WORDS` for what stands on them, of routes
# our own; `K held NAME PREFIX METRIC LINK` for those of others; and `K six NAME LINK ADDRESS` for leased ones of IPv6.
read_attached() {
  sed -n 's/.*attach [^ ]* container \([^ ]*\) .*/\1/p' "$1" | sort -u | while read -r name; do
    pid=$(process_of "$name")
    [ -n "$pid" ] || continue
    echo "@ $name"
    leases6 "$name"
    for what in "-d link" addr "-4 route" "-6 route"; do
      # shellcheck disable=SC2086 # two words
      nsenter --net="/proc/$pid/ns/net" ip -N -o $what show 2>/dev/null | sed "s/^/${what%% *} /" || :
    done
  done | awk -v PROTO="$PROTO" "$AWK_LINK"'
    $1 == "@" { of = $2; next }
    $1 == "six" { print "K six", of, $2, $3 }
    $1 == "-d" {
      link_line(substr($0, 4)); sub(/:bridge$/, "", l["mode"]) # of an ipvlan; older kernels do not say it
      print "K port", of, l["name"], (l["on"] ~ /^if/ ? substr(l["on"], 3) : 0), l["group"], l["up"], l["type"], l["mode"], l["mac"], l["mtu"], l["index"], l["alias"]
    }
    $1 == "addr" && $4 ~ /^inet6?$/ { print "K on", of, $3, $5 }
    $1 ~ /^-[46]$/ && $2 ~ /^default$|[.:]/ { route($1 == "-6") }
    # Without a metric the kernel means 0, and 1024 of IPv6.
    function route(six,    i, to, r) {
      to = $2 == "default" ? (six ? "::/0" : "0.0.0.0/0") : $2 ~ /\// ? $2 : $2 (six ? "/128" : "/32")
      split("", r); r["metric"] = 0; for (i = 3; i < NF; i++) if ($i ~ /^(via|dev|proto|metric)$/) r[$i] = $(i + 1)
      if (r["proto"] != PROTO) print "K held", of, to, r["metric"], r["dev"]
      else print "K on", of, r["dev"], "route " to (("via" in r) ? " via " r["via"] : "") (r["metric"] != (six ? 1024 : 0) ? " metric " r["metric"] : "")
    }'
}

# Part of the plan's program.
AWK_ATTACH='
# attach: the mark is the group, given in the request that makes the interface.
function attach(    c, e, was, beneath) {
  c = opt["container"]; e = opt["end"]
  if (opt["type"] == "nic") return nic(c, e)
  if (!there(dev)) return pending(f, "no link " dev)
  if (!(c in C)) return pending(f, not_running(c))
  if (opt["type"] == "veth" && L_type[dev] != "bridge" && W_type[dev] != "bridge") { print f "\n  " dev " is no bridge" >>(out "conflicts"); return }
  if ((e in P) && P_group[e] != MARK) return foreign(f, port_text(c, opt["dev"]))
  if (is_held(c)) return
  beneath = opt["type"] == "veth" ? L_index[opt["peer"]] : L_index[dev]
  if ((e in P) && (P_nic[e] != "" || P_type[e] != opt["type"] || P_mode[e] != (opt["mode"] ? opt["mode"] : "-") || P_beneath[e] != beneath || !stays(dev) || opt["type"] == "veth" && L_master[opt["peer"]] != dev)) {
    was = port_text(c, opt["dev"]); if (P_nic[e] == "" && stays(dev)) inside(c, "in link del dev " opt["dev"])
  } else if (e in P) return attached(c, e)
  else if (opt["type"] == "veth" && (opt["peer"] in L) && !ours(opt["peer"])) return foreign(f, link_text(opt["peer"]))
  # What a container left that ended just now: the kernel takes a namespace apart in its own time.
  else if (opt["type"] == "veth" && (opt["peer"] in L)) inside(c, "out link del dev " opt["peer"])
  if (was) changed(f, was); else added(f)
  born(c)
}
# MAKING: what makes the interface, in the namespace that is open.
function making(    mtu, words) {
  if (opt["type"] == "nic") return moving()
  mtu = opt["mtu"] ? " mtu " opt["mtu"] : ""
  words = "name " opt["dev"] " netns /proc/self/fd/8 group " MARK (("address" in opt) ? " address " opt["address"] : "") mtu
  if (opt["type"] != "veth") { MAKING[1] = "link add link " dev " " words " type " opt["type"] " mode " opt["mode"]; return 1 }
  # A bridge without a MAC of its own takes the lowest of its ports: never that of ours.
  MAKING[1] = "link add name " opt["peer"] " group " MARK " address fe" substr(opt["address"], 3) mtu " type veth peer " words
  MAKING[2] = "link set dev " opt["peer"] " master " dev
  MAKING[3] = "link set dev " opt["peer"] " up"
  return 3
}
function born(c,    i, n, alias, w) {
  split(holders[k], w, " "); alias = "alias wirework:" w[1]; reborn[k]
  n = making(); for (i = 1; i <= n; i++) inside(c, "out " MAKING[i])
  if (opt["type"] == "veth") inside(c, "out link set dev " opt["peer"] " " alias)
  if (opt["type"] != "nic") inside(c, "in link set dev " opt["dev"] " " alias)
  else { split(nic_now(opt["parent"]), w, " "); is_as_said(c, w[1], w[2]) }
  inside(c, "notify " opt["dev"])
  stands_on(c, "", "down"); awaits_lease()
}
# It is there: what stands on it may differ.
function attached(c, e,    was, n) {
  was = port_text(c, opt["dev"])
  n = is_as_said(c, P_mac[e], P_mtu[e])
  n += stands_on(c, P_on[e], P_up[e])
  if (n) changed(f, was)
  awaits_lease()
}
# A nic for which nothing is said has what it came with.
function is_as_said(c, had_mac, had_mtu,    n, own, to_mac, to_mtu) {
  if (("nic " opt["parent"]) in M) split(M["nic " opt["parent"]], own, " ")
  to_mac = opt["address"] ? opt["address"] : own[1]; to_mtu = opt["mtu"] ? opt["mtu"] : own[2]
  if (to_mac && had_mac != to_mac) { inside(c, "notify " opt["dev"]); inside(c, "in link set dev " opt["dev"] " address " to_mac); n++ }
  if (to_mtu && had_mtu != to_mtu) { inside(c, "in link set dev " opt["dev"] " mtu " to_mtu); n++ }
  return n + 0
}
# Each with a bar before and behind it. What a lease brings is not among it.
function wanted_on(    on, also) {
  also = opt["also"]; gsub(/,/, "|", also)
  on = "|" (opt["addr"] == "dhcp" ? "" : opt["addr"]) "|" (opt["addr6"] == "dhcp" ? "" : opt["addr6"]) "|" also "|" opt["routes"] "|"
  if (("via" in opt) && opt["via"] != "dhcp") on = on "route 0.0.0.0/0 via " opt["via"] "|"
  if ("via6" in opt) on = on "route ::/0 via " opt["via6"] "|"
  return on
}
# Our routes bear our mark. An address does not: what is to go is what facts of it said before, or a lease that none says now; beside
# one of IPv6 stand addresses that the kernel has made.
function stands_on(c, on, up,    wants, n, i, w, is, off, six, came, some) {
  wants = wanted_on(); has_lease = has_lease6 = 0; split("", is); split("", off)
  n = split(on, w, "|")
  for (i = 1; i < n; i++) {
    is[w[i]]; if (w[i] ~ /^route / || index(wants, "|" w[i] "|")) continue
    six = !is_v4(w[i])
    if (index(S_at[k], "|" w[i] "|") || (six ? opt["addr6"] != "dhcp" && w[i] == leased6[opt["end"]] : opt["addr"] != "dhcp" && ((k, "") in S_leased))) off[six] = off[six] " " w[i]
    else if (!six) has_lease = 1
    else if (w[i] == leased6[opt["end"]]) has_lease6 = 1
  }
  # With an address the kernel may take routes away: those of its family are made anew.
  for (i = 1; i < n; i++) if (w[i] ~ /^route / && (index(wants, "|" w[i] "|") == 0 || (!is_v4(w[i]) in off))) { inside(c, "in route del " route_of(w[i])); delete is[w[i]]; some = 1 }
  if (0 in off) inside(c, "promote " opt["dev"])
  n = split(off[0] off[1], w, " "); for (i = 1; i <= n; i++) { inside(c, "in addr del " w[i] " dev " opt["dev"]); some = 1 }
  n = split(wants, w, "|")
  # Where none of its networks has IPv6, Docker switches it off, and with it what routers announce.
  came = on == ""; for (i = 1; i <= n; i++) if (w[i] ~ /:/ && !(w[i] in is)) came = 1
  if (came) inside(c, "six " opt["dev"])
  # What comes up with its addresses tells the neighbours. Routes need it up.
  for (i = 1; i <= n; i++) if (w[i] ~ /^[^r]/ && !(w[i] in is)) { to_stand(c, w[i]); some = 1 }
  if (up != "up") { inside(c, "in link set dev " opt["dev"] " up"); some = 1 }
  for (i = 1; i <= n; i++) if (w[i] ~ /^r/ && !(w[i] in is)) { routes_inside = routes_inside C[c] " in route add " route_of(w[i]) "\n"; some = 1 }
  return some + 0
}
function to_stand(c, prefix,    p) {
  split(prefix, p, "/")
  if (is_group(p[1])) join_group(c, p[1], opt["dev"]); else inside(c, "in addr add " prefix (is_v4(prefix) ? "" : " nodad") " dev " opt["dev"])
}
function route_of(words) { return substr(words, 7) (is_v4(words) || words ~ / metric / ? "" : " metric 1024") " dev " opt["dev"] " proto " PROTO }
# Last of all: one may go from this interface to another.
function routes_attached() { printf "%s", routes_inside >(out "inside") }
# Whether others have one of its routes, by another interface of the container.
function is_held(c,    n, w, i, r, at) {
  n = split(wanted_on(), w, "|")
  for (i = 1; i <= n; i++) if (w[i] ~ /^route /) {
    split(w[i], r, " "); at = is_v4(r[2]) ? 0 : 1024; if (match(w[i], / metric .*/)) at = substr(w[i], RSTART + 8)
    if (((c, r[2], at) in H) && H[c, r[2], at] != opt["dev"]) { foreign(f, "route " r[2] " metric " at " dev " H[c, r[2], at] " in container " c); return 1 }
  }
  return 0
}
function no_attach(k,    e, was) {
  parse(old(k)); e = opt["end"]
  if (opt["type"] == "nic") { if (is_away(opt["parent"], e)) removed(old(k)); return }
  if (!(opt["container"] in C) || !(e in P) || P_group[e] != MARK) return
  removed(old(k)); inside(opt["container"], "in link del dev " opt["dev"])
}
function port_text(c, name,    e, on) {
  e = c SUBSEP name; on = P_on[e]; gsub(/\|/, " ", on)
  return "attach " name " container " c (P_nic[e] == "" ? " type " P_type[e] : " type nic parent " P_nic[e]) (P_mode[e] == "-" ? "" : " mode " P_mode[e]) " address " P_mac[e] " mtu " P_mtu[e] " " P_up[e] (on == "" ? "" : " " on)
}
'
