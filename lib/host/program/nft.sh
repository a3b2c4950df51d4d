# nat, reply, dnat: our own nft tables, how they are read, planned and made.
# shellcheck shell=sh disable=SC2016,SC2034

# Our own nft tables. They have no mark of their own; what they looked like when they were made is kept for this boot,
# and as long as nft shows the same, they hold the facts that they were made from. `nft FACT`
read_nft() { # VIEW → RUN/k.nft
  : >"$RUN/k.nft"
  for family in ip ip6; do
    # Where a run ended before it was kept, the facts that were meant tell that there may be a table.
    [ -e "$VOLATILE/nft.$family" ] || has_kind 'nat|dnat|reply' "$1" || continue
    nft_listing "$family" >"$RUN/nft.now"
    if sed '1,/^$/d' "$VOLATILE/nft.$family" 2>/dev/null | cmp -s - "$RUN/nft.now"; then
      [ ! -e "$VOLATILE/nft.$family" ] || sed '/^$/,$d; s/^/K nft /' "$VOLATILE/nft.$family" >>"$RUN/k.nft"
    elif [ -s "$RUN/nft.now" ]; then
      echo "K torn $family" >>"$RUN/k.nft"
    fi
  done
}

# Docker that filters IPv6 (from 27, or by ip6tables) drops what comes for a port that it did not publish. Its chain
# DOCKER-USER is for exceptions of others; 20.10 has none for IPv6, and there they go where it drops. Both stay over its
# restarts. Our rules bear a comment. `accept CHAIN RULE`, `filter CHAIN`
read_accepts() { # VIEW
  has_kind dnat "$1" || return 0
  ! grep -q ' unless native$' "$1" || native_ports || return 1
  filter=
  for chain in FORWARD DOCKER DOCKER-USER; do
    docker_has filter "$chain" || { [ $? = 1 ] || return 1; continue; }
    sed -n '/ --comment wirework /s/^-A/K accept/p' "$RUN/chain"
    case $chain in DOCKER) filter=FORWARD ;; DOCKER-USER) filter=DOCKER-USER ;; esac
  done
  [ -z "$filter" ] || echo "K filter $filter"
}
# Ports that Docker itself translates, with the client's address kept: `native PROTOCOL PORT ADDRESS`
native_ports() {
  docker_has nat DOCKER || { [ $? = 1 ]; return; }
  sed -n 's/^-A DOCKER .*-p \([a-z]*\) .*--dport \([0-9]*\) -j DNAT --to-destination \[\([0-9a-f:]*\)\].*/K native \1 \2 \3/p' "$RUN/chain"
}
# 0: RUN/chain has the rules of CHAIN. 1: there is no such chain. 2: it cannot be said, and RUN/error has why.
# Looked for without ip6tables where that would make its tables by looking.
docker_has() { # TABLE CHAIN
  command -v ip6tables >/dev/null 2>&1 || return 1
  if nft list chain ip6 "$1" "$2" >/dev/null 2>&1; then its=ip6tables-nft
  elif grep -qx "$1" /proc/net/ip6_tables_names 2>/dev/null; then its=ip6tables-legacy
  else return 1
  fi
  ip6tables -w 10 -t "$1" -S "$2" >"$RUN/chain" 2>/dev/null && return
  if [ $? = 4 ]; then echo "another program has held the lock of ip6tables for 10 s: see who has /run/xtables.lock open, and run pulumi up again"
  elif "$its" -w 10 -t "$1" -S "$2" >/dev/null 2>&1; then echo "Docker made its filter with $its, and ip6tables of this host is another one now: restart Docker, or set it back with update-alternatives"
  else return 1
  fi >>"$RUN/error"
  return 2
}
# set_accepts -I|-D FILE
set_accepts() {
  set -f
  while read -r rule; do
    # shellcheck disable=SC2086 # words
    ip6tables -w 10 "$1" $rule 2>>"$RUN/error" || { set +f; return 1; }
  done <"$2"
  set +f
}
# What streams to the old end goes on doing so by conntrack's memory. Of TCP our table resets it; UDP would never end. And
# what waits for the old end to answer as a neighbour would reach whoever gets its address next.
drop_flows() {
  while read -r protocol address end; do
    if [ "$protocol" = udp ] && command -v conntrack >/dev/null 2>&1; then
      timeout 20 conntrack -D -f ipv6 -p udp --orig-dst "$address" --reply-src "$end" >/dev/null 2>&1 || : # none is no fault
    fi
    [ "$end" != "$address" ] || continue
    ip -6 neigh show to "$end" | awk '{ print $3 }' | while read -r dev; do ip -6 neigh del "$end" dev "$dev" 2>/dev/null || :; done
  done <"$RUN/flows"
}

# set_nft: RUN/nft.FAMILY, whose comments are the facts, goes to the kernel whole or not at all
set_nft() {
  for family in ip ip6; do
    if [ ! -e "$RUN/nft.$family" ]; then
      # Deleted by another hand, and wanted no more: nothing to do but forget it.
      [ ! -e "$VOLATILE/nft.$family" ] || [ -n "$(nft_listing "$family")" ] || rm -f "$VOLATILE/nft.$family"
      continue
    fi
    nft -f "$RUN/nft.$family" 2>>"$RUN/error" || return 1
    if grep -q '^#' "$RUN/nft.$family"; then
      { sed -n 's/^#//p' "$RUN/nft.$family"; echo; nft_listing "$family"; } | put "$VOLATILE/nft.$family" || return 1
    else
      rm -f "$VOLATILE/nft.$family"
    fi
  done
}
nft_listing() { nft -s -n list table "$1" wirework 2>/dev/null || :; }

# Part of the plan's program.
AWK_NFT='
# nat, reply, dnat: the whole of our table is made anew in one transaction when anything in it changes. What a fact
# resolved to stands behind it.
function family_of(f) { return f !~ /^dnat / && is_v4(f) ? "ip" : "ip6" }
function fact_of(line) { sub(/ => .*/, "", line); return line }
function nft(    line) {
  if (NO_NFT) { print f "\n  this host has no nft; install nftables" >>(out "conflicts"); return }
  if (kind == "dnat") rivals()
  line = line_of(f); parse(f)
  if (line == "") { pending(f, "no IPv6 address on " opt["dev"]); return no_nft(k) }
  if (line ~ / closed$/) pending(f, (opt["end"] in E_link) ? "container " opt["container"] " has no IPv6 address on network " opt["network"] : absent(opt["end"]))
  if ((line in X) && accepted(f)) return
  if (k in X_at) { print "~ " line >(out "changes"); print "- " f "\n+ " X_at[k] >(out "drift") }
  else { print "+ " line >(out "changes"); print "- " f >(out "drift") }
  if (k in X_at) flows_end(X_at[k]); else flows_end(line)
  anew[family_of(f)]
}
function no_nft(k) {
  if (!(k in X_at) && !(family_of(k) in torn)) return
  removed(old(k)); anew[family_of(k)]; if (k in X_at) flows_end(X_at[k])
}
# What a fact of our table comes to: itself, and for a dnat the host addresses and the end that it has now.
function line_of(f,    k, hosts, n, i, j, h) {
  parse(f); if (kind != "dnat") return f
  hosts = opt["daddr"]
  if (hosts == "") {
    for (k in A) if (A_dev[k] == opt["dev"] && k ~ /:/ && k !~ /^addr fe80:/ && !leaves(k)) hosts = hosts A_address[k] "\n"
    for (k in W_address) if (W_dev[k] == opt["dev"] && k ~ /:/ && !(k in A) && there(W_dev[k])) hosts = hosts W_address[k] "\n"
    n = split(hosts, h, "\n") - 1; hosts = ""
    for (i = 1; i <= n; i++) { for (j = i; j > 1 && h[j - 1] > h[j]; j--) { k = h[j]; h[j] = h[j - 1]; h[j - 1] = k } }
    for (i = 1; i <= n; i++) hosts = hosts (i > 1 ? "," : "") h[i]
  }
  return hosts == "" ? "" : f " => " hosts " " (by_docker() ? "native" : (opt["end"] in E_six) ? E_six[opt["end"]] : "closed")
}
# Whether Docker leads the port there itself, and a fact shall leave it to Docker then.
function by_docker(    p, i) {
  if (!("unless" in opt) || !(opt["end"] in E_six)) return 0
  split(opt["ports"], p, "-"); if (!(2 in p)) p[2] = p[1]
  split(E_six[opt["end"]], E_parts, "/")
  for (i = p[1] + 0; i <= p[2] + 0; i++) if (!((opt["protocol"], i, E_parts[1]) in native_end)) return 0
  return 1
}
# Streams that began before the end was this one, or when the port was the own of this host.
function flows_end(line,    w, n, i, h, protocol) {
  if (line !~ /^dnat /) return
  split(line, w, " "); protocol = w[4]; sub(/.* => /, "", line); split(line, w, " "); sub(/\/.*/, "", w[2]); n = split(w[1], h, ",")
  for (i = 1; i <= n; i++) { print protocol, h[i], h[i] >(out "flows"); if (w[2] !~ /^(closed|native)$/) print protocol, h[i], w[2] >(out "flows") }
}
# One port leads to one end.
function rivals(    i, k, mine, a, b) {
  split("", mine); for (i in opt) mine[i] = opt[i]
  split(opt["ports"], a, "-"); if (!(2 in a)) a[2] = a[1]
  for (i = 1; i <= wanted; i++) {
    k = all[i]; if (k !~ /^dnat / || k == key_of(f)) continue
    parse(W[k]); split(opt["ports"], b, "-"); if (!(2 in b)) b[2] = b[1]
    if (opt["protocol"] == mine["protocol"] && opt["end"] != mine["end"] && opt["daddr"] == mine["daddr"] && opt["dev"] == mine["dev"] && a[1] + 0 <= b[2] + 0 && b[1] + 0 <= a[2] + 0)
      print "wanted: " f "\n  owner" holders[k] " has: " W[k] >>(out "conflicts")
  }
  parse(f)
}
function key_of(f) { parse(f); return key }

function nft_tables(    family, i, k, nat, forward, prerouting, facts, mark, value, other, part) {
  for (family in anew) {
    nat = forward = prerouting = facts = part["in"] = part["rest"] = part["out"] = part["input"] = ""
    for (i = 1; i <= wanted; i++) {
      k = all[i]; if (k !~ /^(nat|reply|dnat) / || family_of(k) != family) continue
      value = line_of(W[k]); if (value == "") continue
      parse(W[k]); facts = facts "#" value "\n"
      if (kind == "dnat") { dnat(value, part); nat = nat part["nat"]; forward = part["stale"] forward }
      else if (kind == "nat") nat = nat "    " family " saddr " opt["prefix"] " oifname \"" opt["link"] "\" " (opt["snat"] == "" ? "masquerade" : "snat to " opt["snat"]) "\n"
      else {
        split(opt["mark"], mark, "/"); value = mark[1]; other = complement(mark[2])
        forward = forward "    " family " daddr " opt["prefix"] " iifname != \"" opt["link"] "\" ct state new ct mark set ct mark & " other " | " value "\n"
        prerouting = prerouting "    " family " saddr " opt["prefix"] " ct direction reply ct mark & " mark[2] " == " value " meta mark set meta mark & " other " | " value "\n"
      }
    }
    print "table " family " wirework\ndelete table " family " wirework" >(out "nft." family)
    if (facts == "") continue
    printf "%s", facts "table " family " wirework {\n" chain("postrouting", "nat hook postrouting priority 90", nat) chain("forward", "filter hook forward priority -150", forward) \
      chain("prerouting", "filter hook prerouting priority -150", prerouting) chain("to_container", "nat hook prerouting priority -110", part["in"] part["rest"]) \
      chain("of_host", "nat hook output priority -110", part["out"]) chain("input", "filter hook input priority -150", part["input"]) "}\n" >(out "nft." family) # Docker has 100 and -100
  }
}
function chain(name, hook, rules) { return rules == "" ? "" : "  chain " name " {\n    type " hook "\n" rules "  }\n" }
# The port of the host leads to the container, also for the host itself and, by a detour, for neighbours of the container,
# whose answers would not come back through here. What is left for the host itself is refused: Docker may listen there,
# and would hide the client. So is what conntrack still leads to an end of before. A client that may not goes on to the host
# itself, before Docker, which may translate the port for all, is asked. This chain sees the first packet of a connection only:
# what is counted and logged there are connections.
function dnat(line, part,    w, n, i, h, hosts, port, to, from, asked, address, refusal) {
  sub(/.* => /, "", line); split(line, w, " "); gsub(/,/, ", ", w[1]); hosts = "{ " w[1] " }"
  part["nat"] = part["stale"] = ""; if (w[2] == "native") return
  port = opt["protocol"] " dport " opt["ports"]; refusal = opt["protocol"] == "tcp" ? "reject with tcp reset" : "reject"
  part["input"] = part["input"] "    ip6 daddr " hosts " " port " ct direction original " refusal "\n"
  address = w[2]; sub(/\/.*/, "", address); from = ("from" in opt) ? "ip6 saddr " opt["from"] " " : ""
  part["stale"] = "    meta l4proto " opt["protocol"] " ct status dnat ct direction original ct original ip6 daddr " hosts " ct original proto-dst " opt["ports"] (address == "closed" ? "" : " ct reply ip6 saddr != " address) " " refusal "\n"
  part["nat"] = ""; if (address == "closed") return
  to = ("port" in opt) ? "[" address "]:" opt["port"] : address
  asked = "    ip6 daddr " hosts " " from port
  if ("rate" in opt) part["in"] = part["in"] asked " limit rate over " opt["rate"] " drop\n"
  part["in"] = part["in"] asked (("log" in opt) ? " log prefix \"" opt["log"] " \" level info" : "") " dnat to " to "\n"
  n = (from == "") ? 0 : split(substr(hosts, 3, length(hosts) - 4), h, ", ")
  for (i = 1; i <= n; i++) part["rest"] = part["rest"] "    ip6 daddr " h[i] " " port " dnat to " h[i] "\n"
  part["out"] = part["out"] "    ip6 daddr " hosts " " port " dnat to " to "\n"
  part["nat"] = "    ip6 saddr " w[2] " ip6 daddr " address " ct status dnat ct original ip6 daddr " hosts " masquerade\n"
}
# Exceptions in Docker'"'"'s filter, of all owners: those that are missing, and those of before.
function accept_of(f,    ports) {
  parse(f); if (!(opt["end"] in E_six) || by_docker()) return ""
  ports = ("port" in opt) ? opt["port"] : opt["ports"]; sub(/-/, ":", ports); split(E_six[opt["end"]], E_parts, "/")
  return filtered " -d " E_parts[1] "/128 -p " opt["protocol"] " -m " opt["protocol"] " --dport " ports " -m conntrack --ctstate DNAT -m comment --comment wirework -j ACCEPT"
}
function accepted(f,    words) { words = f ~ /^dnat / && filtered ? accept_of(f) : ""; parse(f); return words == "" || (words in U_accept) }
function accepts(    i, words, keep) {
  if (!filtered) return
  for (i = 1; i <= wanted; i++) if (all[i] ~ /^dnat /) { words = accept_of(W[all[i]]); if (words != "" && !(words in keep)) { keep[words]; if (!(words in U_accept)) print words >(out "accept.add") } }
  for (words in U_accept) if (!(words in keep)) print words >(out "accept.del")
}
function complement(mask,    i, digits, result) { # of 32 bits
  mask = substr("00000000" substr(mask, 3), length(mask) - 1); digits = "0123456789abcdef"
  for (i = 1; i <= 8; i++) result = result substr(digits, 17 - index(digits, substr(mask, i, 1)), 1)
  return "0x" result
}
'
