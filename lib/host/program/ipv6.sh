# proxy: this host answers neighbours at a link for an address that is behind it. And forwarding: the setting of the whole host.
# shellcheck shell=sh disable=SC2016,SC2034

# `proxy ADDRESS LINK` of every entry there is; `forwards` where Docker would go without forwarding that only our fact gives.
read_proxies() { # VIEW
  if has_kind proxy "$1" || grep -q '^proxy ' "$RUN/made"; then
    ip -N -6 neigh show proxy 2>/dev/null | awk '$2 == "dev" { print "K proxy", $1, $3 }'
  fi
  grep -q "^S sysctl $FORWARDING = " "$1" && ! grep -q "^[NW] .*sysctl $FORWARDING = " "$1" && docker_listens || return 0
  # shellcheck disable=SC2046 # ids
  ! docker_says inspect --format '{{.EnableIPv6}}' $(docker_says ls --quiet) | grep -q true || echo "K forwards"
}

FORWARDING=net/ipv6/conf/all/forwarding

# A write to `all` writes every link, and what new ones begin with. Each has what it had: for as long as a run is under way
# that stands in a file, so that whoever comes after a killed one knows it too.
forward_all() { # VALUE
  [ -e "$VOLATILE/forwarding" ] || grep -s . /proc/sys/net/ipv6/conf/*/forwarding | put "$VOLATILE/forwarding" || return 1
  printf '%s\n' "$1" >"/proc/sys/$FORWARDING" && forward_each
}
forward_each() {
  [ -e "$VOLATILE/forwarding" ] || return 0
  now=$(cat "/proc/sys/$FORWARDING") || return 1
  while IFS=: read -r path was; do
    case $path in */all/*) continue ;; esac
    [ "$was" = "$now" ] || [ ! -e "$path" ] || printf '%s\n' "$was" >"$path" || return 1
  done <"$VOLATILE/forwarding"
  rm -f "$VOLATILE/forwarding"
}

# Part of the plan's program.
AWK_IPV6='
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

# A link that learns its way out from routers unlearns it when forwarding is switched on, unless it is told to go on.
function purged(f,    name, k, lost) {
  for (name in learns) {
    k = "sysctl net/ipv6/conf/" name "/accept_ra"
    if ((k in W) && W[k] ~ / = 2$/) continue
    print f "\n  " name " learns its default route from routers and would lose it: set net.ipv6.conf." name ".accept_ra to 2, now and at boot" >>(out "conflicts"); lost = 1
  }
  return lost
}
# Written in this order: which routers are heard, forwarding of all links, then of each.
function setting(path, value,    rank) {
  rank = path ~ /\/accept_ra$/ ? 1 : path == "net/ipv6/conf/all/forwarding" ? 2 : 3
  settings[rank] = settings[rank] path " " value "\n"
}
'
