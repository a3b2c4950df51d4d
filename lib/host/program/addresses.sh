# Addresses of links of this host. Part of the plan's program.
# shellcheck shell=sh disable=SC2016,SC2034

AWK_ADDRESSES='
# addr: no mark that del would honour; ours is what the ledger of this boot says we made, and all on links of ours.
# nodad: the plan keeps the address out of every pool, and a tentative address could not be a source for seconds,
# or for ever while the parent has no carrier.
function addr() {
  if (!there(dev)) return pending(f, "no link " dev)
  if (stays(dev) && (k in A)) {
    if (!(k in M) && !ours(dev)) return foreign(f, "addr " A[k] " dev " dev)
    if (A[k] == opt["prefix"]) return
    changed(f, "addr " A[k] " dev " dev)
    last(is_v4(k) ? 7 : 5, "addr del " A[k] " dev " dev) # IPv4 keeps both for a moment, so that the link is never without
  } else {
    if (SERVER != "" && index(opt["prefix"], SERVER "/") == 1) print f "\n  is the address that this SSH session came to, on " management() ", and is not moved; manage the host by another address first" >>(out "conflicts")
    added(f); risk_of_network(opt["prefix"], f)
  }
  if (!(k in M)) made[++mades] = k "\tabsent"
  last(6, "addr add " opt["prefix"] " dev " dev (index(k, ":") ? " nodad" : ""))
}
function no_addr(k,    name) {
  name = k; sub(/.* /, "", name)
  if (k in M) print k >(out "made.drop")
  if (!(k in A) || !((k in M) || ours(name))) return
  if (A_address[k] == SERVER) print k " is the address that this SSH session came to; manage the host by another address first" >(out "blocked")
  removed(old(k)); risk_of_network(A[k], old(k)); if (stays(name)) last(7, "addr del " A[k] " dev " name)
}

# Which addresses go, and what the kernel takes with them: with the last IPv4 address of a link all its IPv4 routes, with
# a primary one its secondaries (unless promote_secondaries), with any one the routes that have it as source.
function leaves(k) { return (k in A) && ((k in T) && !(k in W) && ((k in M) || ours(A_dev[k])) || (A_dev[k] in gone)) }
function emptied(name,    k, some) {
  if (!stays(name)) return 0
  for (k in W_address) if (W_dev[k] == name && is_v4(k)) return 0
  for (k in A) if (A_dev[k] == name && is_v4(k)) { if (!leaves(k)) return 0; some = 1 }
  return some
}
function is_local(address,    k) {
  for (k in A) if (A_address[k] == address && !leaves(k)) return 1
  for (k in W_address) if (W_address[k] == address && there(W_dev[k])) return 1
  return 0
}
function network(prefix,    p, o) {
  split(prefix, p, "/"); split(p[1], o, ".")
  return p[2] "/" int((((o[1] * 256 + o[2]) * 256 + o[3]) * 256 + o[4]) / 2 ^ (32 - p[2]))
}
function promotes(name,    path, value) {
  for (path in V) if (path ~ /promote_secondaries$/ && V[path] == 1 && (path ~ /\/all\// || path ~ ("/" name "/"))) return 1
  return 0
}
function takes_along(    k, other, r) {
  for (k in A) {
    if (!leaves(k) || !stays(A_dev[k]) || !is_v4(k)) continue
    if (!ours(A_dev[k]) && emptied(A_dev[k])) for (r in R_dev) if (R_dev[r] == A_dev[k] && is_v4(r) && !R_mine[r] && R_proto[r] != 2)
      print k " is the last IPv4 address there, and the kernel would drop with it: " route_text(r) ", which wirework did not make" >(out "blocked")
    if (A_rank[k] == "primary" && !promotes(A_dev[k])) for (other in A)
      if (A_dev[other] == A_dev[k] && A_rank[other] == "secondary" && is_v4(other) && !leaves(other) && network(A[other]) == network(A[k]))
        print k " is the primary address of its network there, and the kernel would drop with it: " other "; set net/ipv4/conf/" A_dev[k] "/promote_secondaries = 1" >(out "blocked")
  }
}
'
