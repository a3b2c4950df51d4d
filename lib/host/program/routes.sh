# Routes, rules, and default routes that follow the one that the host has learned. Part of the plan's program.
# By add and del, so that "exists" is a real conflict and nothing foreign is merged; by replace only what is ours alone.
# shellcheck shell=sh disable=SC2016,SC2034

AWK_ROUTES='
# route: the mark is the protocol.
function route_text(k) { return R_type[k] " " k " proto " R_proto[k] " dev " R_dev[k] (R_via[k] == "-" ? "" : " via " R_via[k]) (R_src[k] == "-" ? "" : " src " R_src[k]) }
function route(    same, verb) {
  verb = "add"
  if (opt["type"] != "unicast") return route_to_nowhere()
  if (!there(dev)) { no_route(k); return pending(f, "no link " dev) } # the one before may have had another link
  if (!is_up(dev)) return pending(f, "link " dev " is down")
  if (("src" in opt) && !is_local(opt["src"])) { no_route(k); return pending(f, "no address " opt["src"]) }
  if (("via" in opt) && !reaches(dev, opt["via"])) { no_route(k); return pending(f, "no address on " dev " that reaches " opt["via"]) }
  if ((k in R_dev) && !(R_dev[k] in gone)) {
    if (!R_mine[k]) return foreign(f, route_text(k))
    same = R_type[k] == "unicast" && R_dev[k] == dev && R_via[k] == (opt["via"] ? opt["via"] : "-") && R_src[k] == (opt["src"] ? opt["src"] : "-")
    if (same && !(is_v4(k) && emptied(dev))) return
    changed(f, route_text(k)); verb = over(k)
  } else added(f)
  if (covers(opt["to"], CLIENT)) risk(f)
  last(opt["via"] ? 9 : 8, "route " verb " " opt["to"] (opt["via"] ? " via " opt["via"] : "") " dev " dev " proto " PROTO (opt["src"] ? " src " opt["src"] : "") route_place())
}
# Whoever learns the next hop, a DHCP client or the kernel, keeps it in the main table; without it there is no way out.
function follow() {
  if ((dev, opt["to"]) in learned) opt["via"] = learned[dev, opt["to"]]
  else if (there(dev) && is_up(dev)) { no_route(k); return pending(f, "this host has learned no default route by " dev) }
  route()
}
# What refuses is the first of its table to come and the last to go: traffic that is led there never falls through.
function route_to_nowhere(    verb) {
  verb = "add"
  if (k in R_dev) {
    if (!R_mine[k]) return foreign(f, route_text(k))
    if (R_type[k] == opt["type"]) return
    changed(f, route_text(k)); verb = over(k)
  } else added(f)
  if (covers(opt["to"], CLIENT)) risk(f)
  last(7, "route " verb " " opt["type"] " " opt["to"] " proto " PROTO route_place())
}
function route_place() { return (opt["metric"] ? " metric " opt["metric"] : "") (opt["table"] ? " table " opt["table"] : "") }
function no_route(k,    w) {
  if (!(k in R_dev) || !R_mine[k]) return
  split(k, w, " "); removed(old(k)); if (covers(w[2], CLIENT)) risk(old(k))
  if (R_dev[k] in gone) return
  if (R_type[k] == "unicast") leaving[++leavings] = k
  else if (k in W) route_del(k)
  else nowhere = nowhere route_gone(k) "\n"
}
# The new before the old, so that there is a way at every moment. First go only those that the kernel could take along with
# what else is done to their links and addresses: what it took cannot be deleted any more.
function routes_leave(    i, k, ends) {
  for (i = 1; i <= leavings; i++) {
    k = leaving[i]
    if ((R_dev[k] in busy) || ("all" in busy) || !is_up(R_dev[k]) || R_src[k] != "-" && !is_local(R_src[k])) route_del(k)
    else ends = ends route_gone(k) "\n"
  }
  printf "%s", ends nowhere >(out "ip.end")
}
# In the place of the one before, in one step, unless a foreign one has the same key and could be meant.
function over(k) { if (!(k in R_shared)) return "replace"; route_del(k); return "add" }
function route_gone(k,    w) {
  split(k, w, " ")
  return "route del " (R_type[k] == "unicast" ? w[2] " dev " R_dev[k] : R_type[k] " " w[2]) " proto " PROTO " table " w[4] (w[6] ? " metric " w[6] : "")
}
function route_del(k) { first(1, route_gone(k)) }
# Without an address in the network of the next hop the kernel refuses the route: it waits for that address.
function reaches(name, hop,    k, n, i, nets) {
  if (hop ~ /^fe80:/) return 1
  for (k in A) if (A_dev[k] == name && !leaves(k) && covers(A[k], hop)) return 1
  for (k in W_address) if (W_dev[k] == name && there(name) && covers(W_prefix[k], hop)) return 1
  n = split(onlink[name], nets, " "); for (i = 1; i <= n; i++) if (nets[i] !~ /\/0$/ && covers(nets[i], hop)) return 1
  for (k in W) if (k ~ /^route / && W_dev[k] == name && W_via[k] == "" && covers(W_to[k], hop)) return 1
  return 0
}

# rule: the mark is the protocol. New ones come before old ones go, and all of them after the routes that they lead to.
# systemd-networkd gives its rules no other protocol than "static": one that it has from a file of ours is ours.
function rule(    w, at, had, static, target, kept) {
  split(key, w, " "); at = w[2] SUBSEP w[3]; target = opt["target"] "|"
  had = (k in U) ? U[k] : ""; static = by_networkd(k) ? U_static[k] : ""; kept = by("networkd", holders[k]) ? target : ""
  if (had == target && (static == "" || static == kept) || had == "" && kept != "" && static == kept) return
  if (had static != "") changed(f, rule_text(k, had static))
  else {
    if (at in others_at) return foreign(f, others_at[at])
    added(f)
  }
  risk(f)
  if (index("|" had, "|" target) == 0) rule_batch("add", k, opt["target"], PROTO)
  rule_del(k, had, PROTO, opt["target"]); rule_del(k, static, STATIC, kept == "" ? "" : opt["target"])
}
function by_networkd(k) { return (k in U_static) && ((k in S) && ("persistence networkd" in S) || (k in W) && by("networkd", without(holders[k], owner))) }
# In a batch ip takes the family of a rule from its command line only.
function rule_batch(verb, k, target, proto,    w) {
  split(k, w, " ")
  print "rule " verb " " selector(k) " " target " priority " w[3] " protocol " proto >(out "rule." verb w[2])
}
function rule_text(k, targets,    w) { split(k, w, " "); return "rule " selector(k) " " targets " priority " w[3] }
function selector(k) { sub(/^rule [46] [0-9]+ /, "", k); return k }
function rule_del(k, list, proto, but,    n, i, targets) {
  n = split(list, targets, "|")
  for (i = 1; i < n; i++) if (targets[i] != but) rule_batch("del", k, targets[i], proto)
}
function no_rule(k,    had, static) {
  had = (k in U) ? U[k] : ""; static = by_networkd(k) ? U_static[k] : ""
  if (had static == "") return
  removed(old(k)); risk(old(k)); rule_del(k, had, PROTO, ""); rule_del(k, static, STATIC, "")
}
'
