# Links of ours, and what is set on links, ours or not: how they are made, changed and taken back. Part of the plan.
# shellcheck shell=sh disable=SC2016,SC2034

AWK_LINKS='
# link: the mark is the group, given in the request that makes the link, so that it is never ours without it.
function link(    st, was, alias, ends, n, i, before) {
  before = ip_first[13]
  st = state(dev)
  if (st == "pending") { no_link(dev); return pending(f, "no link " opt["parent"]) }
  was = link_text(dev)
  if (st == "foreign") return foreign(f, was " group " L_group[dev] " alias " L_alias[dev])
  if (unfit()) return
  split(holders[k], w, " "); alias = "wirework:" w[1]
  n = split(dev " " opt["peer"], ends, " ")
  if (CLIENT != "" && opt["mode"] == "passthru" && opt["parent"] == management()) risk(f)
  if (st == "born") {
    if (stays(ends[2])) return foreign(f, link_text(ends[2]))
    if (dev in gone) { changed(f, was); link_del(dev) } else added(f)
    if (depth(dev) > 4) print f "\n  stands on more than four links of ours" >>(out "conflicts")
    first(8 + depth(dev), "link add " (opt["parent"] ? "link " opt["parent"] " " : "") link_words(dev) (opt["address"] ? " address " opt["address"] : "") " type " opt["type"] (opt["protocol"] ? " protocol " opt["protocol"] : "") (opt["id"] ? " id " opt["id"] : "") (opt["mode"] ? " mode " opt["mode"] : "") (opt["flag"] ? " " opt["flag"] : "") (opt["peer"] ? " peer " link_words(opt["peer"]) : "") (opt["type"] == "bridge" ? tree_words() : ""))
    # A bridge follows the least of its ports, unless its MTU was set after it was made.
    if (opt["type"] == "bridge" && opt["mtu"]) first(8 + depth(dev), "link set dev " dev " mtu " opt["mtu"])
    for (i = 1; i <= n; i++) first(8 + depth(dev), "link set dev " ends[i] " alias " alias) # an alias at creation is silently dropped
  } else {
    if (L_mac[dev] != opt["address"] && opt["address"]) first(13, "link set dev " dev " address " opt["address"])
    for (i = 1; i <= n; i++) if (L_mtu[ends[i]] != opt["mtu"] && opt["mtu"]) first(13, "link set dev " ends[i] " mtu " opt["mtu"])
    if (opt["type"] == "bridge" && L_stp[dev] != opt["stp_state"] + 0) {
      # The kernel looks at the delay first, which no spanning tree may be without.
      if (L_stp[dev]) first(13, "link set dev " dev " type bridge stp_state 0")
      first(13, "link set dev " dev " type bridge" tree_words())
    }
    if (ip_first[13] != before) changed(f, was " address " L_mac[dev] " mtu " L_mtu[dev] (L_stp[dev] ? " stp_state 1" : ""))
    for (i = 1; i <= n; i++) {
      if (L_alias[ends[i]] == "-" && by("networkd", holders[k])) continue # it has no word for an alias
      if (index(holders[k] " ", " " substr(L_alias[ends[i]], 10) " ") == 0) {
        changed(f, was " alias " L_alias[ends[i]]); first(13, "link set dev " ends[i] " alias " alias)
      }
    }
  }
  if (!can_rise(dev)) return pending(f, "parent " opt["parent"] " is down")
  for (i = 1; i <= n; i++) {
    if (st == "born") last(depth(dev), "link set dev " ends[i] " up")
    else if (L_up[ends[i]] != "up") { changed(f, was " down"); last(depth(dev), "link set dev " ends[i] " up") }
  }
}
# A port of ours waits for nothing; with a spanning tree it waits as briefly as that allows (IEEE 802.1D: 4 s, here twice 2 s).
function tree_words() { return opt["stp_state"] ? " stp_state 1 forward_delay 200" : " forward_delay 0" }
function link_words(name) { return "name " name " group " MARK (opt["mtu"] && opt["type"] != "bridge" ? " mtu " opt["mtu"] : "") }
function link_text(name,    was, detail) {
  detail = L_detail[name]; was = "link " name (L_parent[name] == "-" ? "" : " parent " L_parent[name]) " type " L_type[name]
  if (L_type[name] == "ipvlan") sub(/:[a-z]*$/, " flag&", detail)
  if (L_type[name] == "vlan") sub(/:802/, " protocol&", detail)
  gsub(/:/, " ", detail); gsub(/  /, " ", detail); return was (detail == "-" ? "" : " " detail)
}
# What the kernel would refuse in few words, or do otherwise than was meant.
function unfit(    p, c, type, why) {
  p = opt["parent"]; if (p == "") return 0
  type = ("link " p) in W ? W_type[p] : L_type[p]
  if (opt["type"] == "macvlan" && type == "macvlan") why = "the kernel puts a macvlan on a macvlan beside it, on the same parent; name that parent"
  if (opt["type"] ~ /^(mac|ip)vlan$/) {
    c = ("set " p " master") in W ? W_value["set " p " master"] : stays(p) && !our_port(p) ? L_master[p] : "-"
    if (c != "-") why = p " is a port of " c "; name that as the parent"
    for (c in L) if (!(c in gone) && L_parent[c] == p && L_type[c] ~ /^(mac|ip)vlan$/ && L_type[c] != opt["type"]) why = p " has the " L_type[c] " " c " already, and the kernel takes only one of the two types on one parent"
  }
  if (opt["mtu"] != "" && !(("link " p) in W) && opt["mtu"] + 0 > L_mtu[p] + 0 && stays(p)) why = "mtu " opt["mtu"] " is over that of its parent, " L_mtu[p]
  if (why == "") return 0
  print f "\n  " why >>(out "conflicts"); return 1
}
function no_link(name) {
  if (!(name in gone)) return
  removed(old(k)); link_del(name)
}
function link_del(name) { if (!(L_parent[name] in gone)) first(7, "link del dev " name) } # else it goes with its parent

# set: no mark; what was there before is kept, and comes back with the last owner unless someone else changed it.
function set(    is) {
  if (!there(dev)) return pending(f, "no link " dev)
  if (opt["what"] == "master") {
    if (!there(opt["value"])) return pending(f, "no link " opt["value"])
    if ((("link " opt["value"]) in W ? W_type[opt["value"]] : L_type[opt["value"]]) != "bridge") { print f "\n  " opt["value"] " is no bridge" >>(out "conflicts"); return }
    for (is in L) if (L_parent[is] == dev && L_type[is] ~ /^(mac|ip)vlan$/ && !(is in gone)) { print f "\n  " dev " has the " L_type[is] " " is " on top, and the kernel takes either that or a bridge" >>(out "conflicts"); return }
  }
  if (!stays(dev)) { added(f); return set_to(dev, opt["what"], opt["value"]) } # goes with its link
  is = set_is(dev, opt["what"])
  if (opt["what"] == "master" && is != "-" && is != opt["value"] && !our_port(dev)) return foreign(f, "set " dev " master " is)
  # At boot a link is down because nobody has brought it up yet: it is not ours to take down later.
  if (!(k in M) && !ours(dev)) made[++mades] = k "\t" (owner == "" && opt["what"] == "up" ? "up" : is)
  if (is == opt["value"] && !(is in gone)) return
  if (k in M) changed(f, set_text(dev, opt["what"], is)); else added(f)
  if (CLIENT != "" && opt["what"] == "master" && dev == management()) risk(f)
  set_to(dev, opt["what"], opt["value"])
}
function no_set(k,    w, is) {
  split(k, w, " "); if (!(k in M) && !ours(w[2])) return
  print k >(out "made.drop"); is = set_is(w[2], w[3])
  if (!stays(w[2]) || is in gone) return
  if (!(k in M)) M[k] = w[3] == "master" ? "-" : w[3] == "promisc" ? "off" : "up" # as a link of ours is made
  if (is == M[k]) return
  if (!((k, is) in S_value)) { print "kept " set_text(w[2], w[3], is) " (not what wirework set)" >(out "notes"); return }
  removed(old(k)); if (CLIENT != "" && w[2] == management()) risk(old(k))
  set_to(w[2], w[3], M[k])
}
function set_is(name, what) { return what == "master" ? L_master[name] : what == "promisc" ? L_promisc[name] : L_up[name] }
function set_text(name, what, value) { return "set " name " " (what == "up" ? value : what " " value) }
# Off a bridge before anything goes, onto it when all links are there.
function set_to(name, what, value) {
  if (value == "-") first(2, "link set dev " name " nomaster"); else first(14, "link " set_text("dev " name, what, value))
}
'
