# proxy: this host answers neighbours at a link for an address that is behind it.
# shellcheck shell=sh disable=SC2016,SC2034

# `proxy ADDRESS LINK` of every entry there is.
read_proxies() { # VIEW
  if has_kind proxy "$1" || grep -q '^proxy ' "$RUN/made"; then
    ip -N -6 neigh show proxy 2>/dev/null | awk '$2 == "dev" { print "K proxy", $1, $3 }'
  fi
}

# Part of the plan's program.
AWK_PROXY='
# proxy: no mark; ours is what the ledger of this boot says we made. The entry of a container is that of the address it has now.
function proxy(    entry) {
  if (!there(dev)) return pending(f, "no link " dev)
  entry = proxy_entry()
  if (entry == "") return pending(f, (opt["end"] in E_link) ? "container " opt["container"] " has no IPv6 address on network " opt["network"] : absent(opt["end"]))
  if (stays(dev) && (entry in proxy_there)) { if (!(entry in M)) foreign(f, entry); return }
  print "+ " f (("end" in opt) ? " => " proxy_address() : "") >(out "changes"); print "- " f >(out "drift")
  if (entry in proxied) return
  proxied[entry]; if (!(entry in M)) made[++mades] = entry "\tabsent"
  last(9, "neigh add proxy " proxy_address() " dev " dev)
}
function proxy_address(    a) {
  if (!("end" in opt)) return opt["address"]
  if (!(opt["end"] in E_six)) return ""
  split(E_six[opt["end"]], a, "/"); return a[1]
}
function proxy_entry() { return proxy_address() == "" ? "" : "proxy " proxy_address() " dev " dev }
# What was made for a fact that is gone, or for an address of before.
function proxies(    i, k, keep, w) {
  for (i = 1; i <= wanted; i++) if (all[i] ~ /^proxy /) { parse(W[all[i]]); if (there(dev)) keep[proxy_entry()] }
  for (k in M) {
    if (k !~ /^proxy / || (k in keep)) continue
    split(k, w, " "); print k >(out "made.drop")
    if (!(k in proxy_there) || !stays(w[4])) continue
    removed(k); first(1, "neigh del proxy " w[2] " dev " w[4])
  }
}
'
