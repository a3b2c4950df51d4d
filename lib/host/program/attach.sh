# Interfaces that are put into containers, beside Docker's: how they are read, made, changed and taken back.
# shellcheck shell=sh disable=SC2016,SC2034

# read_attached VIEW: of each container that a fact puts an interface into, `K port NAME LINK INDEX-BENEATH GROUP UP TYPE MODE MAC
# MTU INDEX` for each of its interfaces, and `K on NAME LINK ADDRESS-OR-via-ROUTER` for what stands on them.
read_attached() {
  sed -n 's/.*attach [^ ]* container \([^ ]*\) .*/\1/p' "$1" | sort -u | while read -r name; do
    pid=$(process_of "$name")
    [ -n "$pid" ] || continue
    echo "@ $name"
    for what in "-d link" addr "-4 route" "-6 route"; do
      # shellcheck disable=SC2086 # two words
      nsenter --net="/proc/$pid/ns/net" ip -N -o $what show 2>/dev/null | sed "s/^/${what#* } /" || :
    done
  done | awk -v ours=" proto $PROTO( |$)" "$AWK_LINK"'
    $1 == "@" { of = $2; next }
    $1 == "link" {
      link_line(substr($0, 6))
      print "K port", of, l["name"], (l["on"] ~ /^if/ ? substr(l["on"], 3) : 0), l["group"], l["up"], l["type"], l["mode"], l["mac"], l["mtu"], l["index"]
    }
    $1 == "addr" && $4 ~ /^inet6?$/ && $5 !~ /^fe80:/ { print "K on", of, $3, $5 }
    $1 == "route" && $2 == "default" && $3 == "via" && $0 ~ ours { print "K on", of, $6, "via " $4 }'
}

# Part of the plan's program.
AWK_ATTACH='
# attach: the mark is the group, given in the request that makes the interface.
function attach(    c, e, was, beneath) {
  c = opt["container"]; e = opt["end"]
  if (!there(dev)) return pending(f, "no link " dev)
  if (!(c in C)) return pending(f, not_running(c))
  if (opt["type"] == "veth" && L_type[dev] != "bridge" && W_type[dev] != "bridge") { print f "\n  " dev " is no bridge" >>(out "conflicts"); return }
  if ((e in P) && P_group[e] != MARK) return foreign(f, port_text(c, opt["dev"]))
  beneath = opt["type"] == "veth" ? L_index[opt["peer"]] : L_index[dev]
  if ((e in P) && (P_type[e] != opt["type"] || P_mode[e] != (opt["mode"] ? opt["mode"] : "-") || P_beneath[e] != beneath || !stays(dev) || opt["type"] == "veth" && L_master[opt["peer"]] != dev)) {
    was = port_text(c, opt["dev"]); if (stays(dev)) inside(c, "in link del dev " opt["dev"])
  } else if (e in P) return attached(c, e)
  else if (opt["type"] == "veth" && (opt["peer"] in L) && !ours(opt["peer"])) return foreign(f, link_text(opt["peer"]))
  # What a container left that ended just now: the kernel takes a namespace apart in its own time.
  else if (opt["type"] == "veth" && (opt["peer"] in L)) inside(c, "out link del dev " opt["peer"])
  if (was) changed(f, was); else added(f)
  born(c)
}
# MAKING: what makes the interface, in the namespace that is open.
function making(    mtu, words) {
  mtu = opt["mtu"] ? " mtu " opt["mtu"] : ""
  words = "name " opt["dev"] " netns /proc/self/fd/8 group " MARK " address " opt["address"] mtu
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
  inside(c, "in link set dev " opt["dev"] " " alias); inside(c, "notify " opt["dev"])
  if (opt["addr6"]) inside(c, "six " opt["dev"])
  # What comes up with its addresses tells the neighbours. Routes need it up.
  if (opt["addr"] == "dhcp") awaits_lease()
  else if (opt["addr"]) inside(c, "in addr add " opt["addr"] " dev " opt["dev"])
  if (opt["addr6"]) inside(c, "in addr add " opt["addr6"] " dev " opt["dev"] " nodad")
  inside(c, "in link set dev " opt["dev"] " up")
  if (opt["via"] && opt["via"] != "dhcp") route_out(c, opt["via"])
  if (opt["via6"]) route_out(c, opt["via6"])
}
function route_out(c, hop) { inside(c, "in route add default via " hop " dev " opt["dev"] " proto " PROTO) }
# It is there: what stands on it may differ.
function attached(c, e,    was, n) {
  was = port_text(c, opt["dev"])
  if (P_mac[e] != opt["address"]) { inside(c, "notify " opt["dev"]); inside(c, "in link set dev " opt["dev"] " address " opt["address"]); n++ }
  if (opt["mtu"] && P_mtu[e] != opt["mtu"]) { inside(c, "in link set dev " opt["dev"] " mtu " opt["mtu"]); n++ }
  n += stands_on(c, e, "addr", "via", 0) + stands_on(c, e, "addr6", "via6", 1)
  if (n) changed(f, was)
  if (!has_v4) awaits_lease()
}
# Its routes bear our mark. An address does not: what is to go is what facts of it said before.
function stands_on(c, e, what, router, six,    on, hop, n, w, i, some, off, leased, all) {
  on = "|" P_on[e]; n = split(P_on[e], w, "|"); hop = ""; if (!six) has_v4 = 0; leased = opt[what] == "dhcp"; all = !six && !leased && (k in S_leased)
  for (i = 1; i < n; i++) {
    if (w[i] ~ /^via /) { if (is_v4(w[i]) != six) hop = substr(w[i], 5) }
    else if (is_v4(w[i]) != six && w[i] != opt[what] && (all || index(S_at[k], "|" w[i] "|"))) off = off " " w[i]
    else if (!six && is_v4(w[i])) has_v4 = 1
  }
  if (hop != "" && (hop != opt[router] || off != "")) { inside(c, "in route del default via " hop " dev " opt["dev"]); hop = ""; some = 1 }
  n = split(off, w, " ")
  if (n && !six) inside(c, "promote " opt["dev"])
  for (i = 1; i <= n; i++) { inside(c, "in addr del " w[i] " dev " opt["dev"]); some = 1 }
  if (opt[what] && !leased && index(on, "|" opt[what] "|") == 0) { inside(c, "in addr add " opt[what] " dev " opt["dev"] (six ? " nodad" : "")); some = 1 }
  if (P_up[e] != "up") { inside(c, "in link set dev " opt["dev"] " up"); P_up[e] = "up"; some = 1 }
  if (opt[router] && !leased && hop == "") { route_out(c, opt[router]); some = 1 }
  return some + 0
}
function no_attach(k,    e, was) {
  parse(old(k)); e = opt["end"]
  if (!(opt["container"] in C) || !(e in P) || P_group[e] != MARK) return
  removed(old(k)); inside(opt["container"], "in link del dev " opt["dev"])
}
function port_text(c, name,    e, on) {
  e = c SUBSEP name; on = P_on[e]; gsub(/\|/, " ", on)
  return "attach " name " container " c " type " P_type[e] (P_mode[e] == "-" ? "" : " mode " P_mode[e]) " address " P_mac[e] " mtu " P_mtu[e] " " P_up[e] (on == "" ? "" : " " on)
}
'
