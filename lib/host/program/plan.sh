# What is to be done: wanted facts against the kernel, computed in one go before anything is touched.
# shellcheck shell=sh disable=SC2016

# make_plan OWNER NEW SEEDS: OWNER's facts are those of file NEW, whatever the ledger says; other owners' facts stay.
# Touched are the facts of NEW and SEEDS (what was, or may have been, made before) and all that stands on a link among
# them. Plans into RUN: files, modules, ip.first, take, sysctl, ip.last, rule.*, ip.end, inside, nft.*, accept.*, flows,
# files.last, persist, persist.last; and says: changes, drift, pending, notes, conflicts, blocked, and risk: what of it could
# cut the session that it is asked for by.
make_plan() {
  plan_once "$@" || return 1
  case $VERB in apply | remove) ;; *) return 0 ;; esac
  # What a container had that ended just now: the kernel takes a namespace apart in its own time.
  for _ in 1 2 3 4 5 6 7 8; do
    [ -s "$RUN/nowhere" ] || return 0
    sleep 0.3
    plan_once "$@" || return 1
  done
  while read -r nic; do nic_holder "$nic"; done <"$RUN/nowhere" >>"$RUN/blocked"
}
plan_once() {
  {
    facts_of_others "$1"
    sed 's/^/S /' "$3"
    sed 's/^/N /' "$2"
    echo "P sysctl net/ipv4/conf/all/promote_secondaries"
    sed -n 's|^addr [0-9.]*/.* dev \(.*\)$|P sysctl net/ipv4/conf/\1/promote_secondaries|p' "$3" | sort -u
  } >"$RUN/view" || return 1
  cat "$VOLATILE/made" "$LEDGER/made" 2>/dev/null >"$RUN/made" || :
  read_kernel "$RUN/view" >"$RUN/kernel" || return 1
  for out in files files.last persist persist.last modules made.kept ip.first ip.last rule.add4 rule.add6 rule.del4 rule.del6 ip.end inside nics accept.add accept.del flows daemon take sysctl changes drift pending notes conflicts blocked risk gone nowhere clients clients.next release made.ahead made.drop; do
    : >"$RUN/$out"
  done
  rm -f "$RUN/nft.ip" "$RUN/nft.ip6"
  if [ -d /proc/sys/net/ipv6/conf ]; then no_ipv6=0; else no_ipv6=1; fi
  if command -v nft >/dev/null 2>&1; then no_nft=0; else no_nft=1; fi
  if has_networkd; then no_networkd=0; else no_networkd=1; fi
  awk -v out="$RUN/" -v owner="$1" -v MARK="$MARK" -v PROTO="$PROTO" -v STATIC="$STATIC" -v NO_IPV6="$no_ipv6" -v NO_NFT="$no_nft" \
    -v NO_NETWORKD="$no_networkd" -v CLIENT="$(client_address)" -v SERVER="$(management_address)" "$AWK_FACTS$AWK_PLAN$AWK_LINKS$AWK_L2TP$AWK_ADDRESSES$AWK_ROUTES$AWK_SETTINGS$AWK_NFT$AWK_PROXY$AWK_CONTAINER$AWK_ATTACH$AWK_NIC$AWK_DHCP$AWK_FILES$AWK_DAEMON" \
    "$RUN/made" "$RUN/kernel" "$RUN/view" || return 1
  validate_daemon >>"$RUN/conflicts"
  while read -r name number; do
    children_elsewhere "$number" | while read -r child; do
      printf 'link %s has %s on top, which wirework did not make\n' "$name" "$child"
    done
  done <"$RUN/gone" >>"$RUN/blocked"
}

# plan_ledger: every owner's facts are those of the ledger.
plan_ledger() {
  : >"$RUN/none"
  facts_of_others "" | cut -d ' ' -f 3- >"$RUN/all"
  make_plan "" "$RUN/none" "$RUN/all"
}

# The files of the ledger that hold facts.
ledger_entries() { find "$LEDGER/owners" -type f ! -name '*.new' 2>/dev/null || :; }

# Lines `W OWNER FACT` of every ledger entry but one.
facts_of_others() {
  ledger_entries | sort >"$RUN/entries"
  set -- "$1"
  while read -r file; do set -- "$@" "$file"; done <"$RUN/entries"
  not=$1
  shift
  [ $# -eq 0 ] || awk -v not="$not" -v no_fact="$NO_FACT" '
    FNR == 3 { owner = $2 }
    FNR > 3 && owner != not && $0 !~ no_fact { print "W", owner, $0 }' "$@"
}

AWK_PLAN='
FILENAME ~ /made$/ { i = index($0, "\t"); k = substr($0, 1, i - 1); if (!(k in M)) { M[k] = substr($0, i + 1); made[++mades] = $0 } next }
$1 == "K" && $2 == "link" {
  L[$3]; L_index[$3] = $4; L_group[$3] = $5; L_up[$3] = $6; L_parent[$3] = $7; L_type[$3] = $8; L_detail[$3] = $9
  L_mac[$3] = $10; L_mtu[$3] = $11; L_master[$3] = $12; L_alias[$3] = $13; L_promisc[$3] = $14; L_stp[$3] = $15
  if ($5 == MARK && $13 ~ /^wirework-nic:/) NIC_at[substr($13, 14)] = $3
}
$1 == "K" && $2 == "addr"   { k = "addr " $3 " dev " $5; A[k] = $4; A_address[k] = $3; A_dev[k] = $5; A_rank[k] = $6 }
$1 == "K" && $2 == "route"  {
  k = route_key($3, $4, $5); if (k in R_dev) R_shared[k]
  # Of several with one key (IPv6 can have them: multipath) ours is the one to compare.
  if (!(k in R_dev) || $6 == PROTO) {
    R_dev[k] = $7; R_via[k] = $8; R_src[k] = $9; R_proto[k] = $6; R_type[k] = $10 == 1 ? "unicast" : $10
    R_mine[k] = $6 == PROTO && R_type[k] ~ /^(unicast|unreachable|blackhole|prohibit)$/
  }
  if ($6 != PROTO) others_in[$4] = $3
  if ($8 == "-" && $7 != "-" && $10 ~ /^(unicast|1)$/) onlink[$7] = onlink[$7] " " $3
}
$1 == "K" && $2 == "nexthop" && $4 == 254 && $6 != PROTO && $8 != "-" { learn($7 SUBSEP $3, $5, $8) }
$1 == "K" && $2 == "rule"   { rule_line() }
$1 == "K" && $2 == "mode"   { F_mode[$3] = $4; F_type[$3] = $5 }
$1 == "K" && $2 == "text"   { file_line($3, substr($0, length($3) + 10)) }
$1 == "K" && $2 == "copy"   { F_copy[$3] = $4 }
$1 == "K" && $2 == "open"   { F_open[$3] }
$1 == "K" && $2 == "rtname" { named[$3] = $4 " (" $5 ")"; id_of[$4] = $3 " (" $5 ")" }
$1 == "K" && $2 == "module" { module_state[$3] = $4 }
$1 == "K" && $2 == "nft"    { X[substr($0, 7)] }
$1 == "K" && $2 == "torn"   { torn[$3] } # our nft table, but not as we made it
$1 == "K" && $2 == "docker" { silent = 1 }
$1 == "K" && $2 == "container" { C[$3] = $5 " " $4 " " $6 }
$1 == "K" && $2 == "port" {
  e = $3 SUBSEP $4; P[e]; P_beneath[e] = $5; P_group[e] = $6; P_up[e] = $7; P_type[e] = $8; P_mode[e] = $9; P_mac[e] = $10; P_mtu[e] = $11; P_index[e] = $12
  P_nic[e] = ""; if ($6 == MARK && $13 ~ /^wirework-nic:/) P_nic[e] = substr($13, 14)
}
$1 == "K" && $2 == "on" { e = $3 SUBSEP $4; P_on[e] = P_on[e] substr($0, length($3) + length($4) + 8) "|" }
$1 == "K" && $2 == "six" { leased6[$3, $4] = $5 }
$1 == "K" && $2 == "held" { H[$3, $4, $5] = $6 }
$1 == "K" && $2 == "endpoint" { e = $3 SUBSEP $4; E_link[e] = $5; E_mac[e] = $6; E_given[e] = $7; if ($9 ~ /:/) E_six[e] = $9 }
$1 == "K" && $2 == "joined" { G[$3, $4, $5] }
$1 == "K" && $2 == "filter" { filtered = $3 }
$1 == "K" && $2 == "native" { native_end[$3, $4, $5] }
$1 == "K" && $2 == "accept" { U_accept[substr($0, 10)] }
$1 == "K" && $2 == "reach" { unreached[$3] = $4 " since " $5 }
$1 == "K" && $2 == "proxy"  { proxy_there["proxy " $3 " dev " $4] }
$1 == "K" && $2 == "daemon" { daemon_line() }
$1 == "K" && $2 == "learns" { learns[$3] }
$1 == "K" && $2 == "forwards" { docker_forwards = 1 }
$1 == "K" && $2 == "sysctl" { V[$3] = substr($0, length($3) + 11) }
$1 == "S" { f = substr($0, 3); parse(f); S[key] = f; if (kind ~ /^(sysctl|set|daemon)$/) S_value[key, opt["value"]]; if (kind == "attach") { S_at[key] = S_at[key] wanted_on(); if (opt["addr"] == "dhcp") S_leased[key, ""] = f; if (opt["addr6"] == "dhcp") S_leased[key, ":6"] = f; if (opt["type"] == "nic") nic_of[dev, opt["container"]] }; touch(key) }
$1 == "N" { want(substr($0, 3), owner); touch(key) }
$1 == "W" { want(substr($0, length($2) + 4), $2) }

function learn(at, metric, via) { if (!(at in learned) || metric + 0 < learned_at[at] + 0) { learned[at] = via; learned_at[at] = metric } }
function touch(k) { if (!(k in T)) { T[k]; order[++touched] = k } }
function want(f, who) {
  parse(f)
  if (key in W && W[key] != f) {
    print "owner" holders[key] " has:   " W[key] "\n  owner " who " wants: " f "\n  the host can have only one of them" >>(out "conflicts")
    return
  }
  if (!(key in W)) all[++wanted] = key
  W[key] = f; W_dev[key] = dev; holders[key] = holders[key] " " who
  if (kind == "persistence") native[who] = substr(key, 13)
  if (kind == "tunnel") want_tunnel()
  if (kind == "session") want_session()
  if (kind == "file" || kind == "block") want_line()
  if (kind == "attach" && opt["type"] == "nic") {
    if (dev in W_nic) print f "\n  another container, or another interface, has " dev >>(out "conflicts")
    W_nic[dev] = opt["end"]; nic_of[dev, opt["container"]]
  }
  if (kind == "addr") { W_address[key] = opt["address"]; W_prefix[key] = opt["prefix"] }
  if (kind == "set") W_value[key] = opt["value"]
  if (kind == "follow") W_via[key] = "learned"
  if (kind == "route") { W_src[key] = opt["src"]; W_via[key] = opt["via"]; W_to[key] = opt["to"] }
  if (kind == "link") {
    W_parent[dev] = ("parent" in opt) ? opt["parent"] : "-"; W_type[dev] = opt["type"]
    W_detail[dev] = detail_of(); if ("peer" in opt) first_end[opt["peer"]] = dev
  }
}
function detail_of() {
  if ("mode" in opt) return "mode:" opt["mode"] (("flag" in opt) ? ":" opt["flag"] : "")
  if ("id" in opt) return "id:" opt["id"] (("protocol" in opt) ? ":" opt["protocol"] : "")
  return ("peer" in opt) ? "peer:" opt["peer"] : "-"
}
function rule_line(    k, i) {
  i = index($0, " | "); k = substr($0, 1, i - 1); sub(/^K rule [46] [0-9]+ [0-9]+/, "", k); k = "rule " $3 " " $4 k
  # Between add and del of a change there are two of ours, with two targets.
  if ($5 == PROTO) U[k] = U[k] substr($0, i + 3) "|"
  else others_at[$3, $4] = k " " substr($0, i + 3) " proto " $5
  if ($5 == STATIC) U_static[k] = U_static[k] substr($0, i + 3) "|"
}
function ours(name) { return (name in L) && (L_group[name] == MARK || our_session(name)) }

# Which links go: those no longer wanted, those whose type, parent, mode or id differs, and what of ours is on top.
function going(    i, k, name, c) {
  going_sessions()
  for (i = 1; i <= touched; i++) {
    k = order[i]; if (k !~ /^link /) continue
    name = substr(k, 6); if (!ours(name) || (name in gone)) continue
    if (!(k in W) || L_type[name] != W_type[name] || L_parent[name] != W_parent[name] || L_detail[name] != W_detail[name]) go(name)
  }
}
function go(name,    c) {
  gone[name]; print name, L_index[name] >(out "gone")
  c = other_end(name); if ((c in L) && !(c in gone)) go(c)
  for (c in L) if ((L_parent[c] == name || L_master[c] == name && !our_port(c)) && !(c in gone)) {
    if (ours(c) && (("link " c in W) || ("link " c in T))) { touch("link " c); go(c) }
    else print "link " name " has " c " on top, which " (ours(c) ? "no owner in the ledger declares" : "wirework did not make") >(out "blocked")
  }
}
# The other end of a veth comes and goes with the one that the fact names.
function other_end(name) { return L_type[name] == "veth" ? substr(L_detail[name], 6) : "" }
function named_end(name) { return (name in first_end) && !(("link " name) in W) ? first_end[name] : name }
# A port that we put there is no hindrance when its bridge goes, and comes back onto the next one.
function our_port(name,    k) { k = "set " name " master"; return (k in M) ? M[k] != L_master[name] : ours(name) && ((k in T) || (k in W)) }
# What a link will be: have (it is and stays), born, pending (its parent is missing), none, foreign.
function state(name,    k) {
  if (name in ST) return ST[name]
  ST[name] = "none"; k = "link " name # "none" also ends a circle of parents
  if (named_end(name) != name) return ST[name] = state(named_end(name))
  if (name in W_session) { touch(W_session[name]); return ST[name] = session_state(name) }
  if (!(k in W)) return ST[name] = (name in L) && !(name in gone) ? "have" : "none"
  touch(k)
  if ((name in L) && !(name in gone)) return ST[name] = ours(name) ? "have" : "foreign"
  return ST[name] = W_parent[name] == "-" || state(W_parent[name]) ~ /^(have|born)$/ ? "born" : "pending"
}
function there(name) { return state(name) ~ /^(have|born)$/ }
function stays(name) { return (name in L) && !(name in gone) }
function depth(name) { return ("link " name in W) && W_parent[name] != "-" ? 1 + depth(W_parent[name]) : 0 }
# A vlan cannot be up on a parent that is down; the parent is not ours to raise.
function can_rise(name) {
  if (W_type[name] != "vlan") return 1
  return is_up(W_parent[name])
}
function is_up(name) { name = named_end(name); return ("link " name in W) ? can_rise(name) : L_up[name] == "up" || (("set " name " up") in W) }

# What could cut the session: any rule, a route or network that holds the client, and settings of the link it uses.
function risk(f) { print f >(out "risk") }
function risk_of_network(prefix, f) { if (covers(prefix, CLIENT)) risk(f) }
function management(    k) { for (k in A) if (A_address[k] == SERVER) return A_dev[k]; return "" }

function first(rank, line) { ip_first[rank] = ip_first[rank] line "\n"; names(line) }
function last(rank, line) { ip_last[rank] = ip_last[rank] line "\n"; names(line) }
# busy: links to which more is done than that routes by them come and go.
function names(line,    w, i) { if (line !~ /^route /) for (i = split(line, w, "[ /]"); i > 0; i--) busy[w[i]] }
function added(f) { print "+ " f >(out "changes"); print "- " f >(out "drift") }
function removed(f) { print "- " f >(out "changes"); print "+ " f >(out "drift") }
function changed(f, was) { print "~ " f >(out "changes"); print "- " f "\n+ " was >(out "drift") }
function pending(f, why) { print "pending " f " (" why ")" >(out "pending") }
function foreign(f, is) {
  print "wanted: " f "\n  found:  " is "\n  which wirework did not make; remove it or choose another" >>(out "conflicts")
  print "- " f "\n+ " is " (not made by wirework)" >(out "drift")
}
function old(k) { return (k in S) ? S[k] : k }

END {
  find_nics()
  for (l in X) { parse(fact_of(l)); X_at[key] = l }
  going()
  for (n = -1; n != touched;) { # what stands on a link that goes or comes is made anew with it
    n = touched; split("", ST)
    for (i = 1; i <= wanted; i++) {
      k = all[i]
      if (k in T && W_dev[k] != "") state(W_dev[k])
      if ((W_dev[k] in gone) || comes(W_dev[k])) touch(k)
      if (k ~ /^set .* master$/ && ((W_value[k] in gone) || comes(W_value[k]))) touch(k)
      if (k ~ /^link / && state(W_parent[W_dev[k]]) == "born") touch(k)
      if (k ~ /^route / && (is_v4(k) && emptied(W_dev[k]) || W_src[k] != "" && !is_local(W_src[k]))) touch(k)
    }
    going()
  }
  takes_along()
  for (i = 1; i <= touched; i++) {
    k = order[i]
    if (k in W) {
      parse(W[k]); f = W[k]
      if (NO_IPV6 && f ~ /^((addr|route|follow|rule|nat|reply) .*:|(dnat|proxy) )/) { pending(f, "this kernel runs without IPv6"); continue }
      if (kind == "link") link(); if (kind == "tunnel") tunnel(); if (kind == "session") session(); if (kind == "reach") reach()
      if (kind == "set") set(); if (kind == "addr") addr(); if (kind == "route") route(); if (kind == "follow") follow(); if (kind == "sysctl") sysctl()
      if (kind == "rule") rule(); if (kind ~ /^(module|table|guard)$/) file(); if (kind ~ /^(nat|reply|dnat)$/) nft()
      if (kind ~ /^(file|block)$/) text_line()
      if (kind == "mac") mac(); if (kind == "group") group(); if (kind == "attach") attach(); if (kind == "proxy") proxy(); if (kind == "daemon") daemon()
    }
    else if (k ~ /^link /) no_link(substr(k, 6))
    else if (k ~ /^set /) no_set(k)
    else if (k ~ /^tunnel /) no_tunnel(k)
    else if (k ~ /^session /) no_session(k)
    else if (k ~ /^addr /) no_addr(k)
    else if (k ~ /^route /) no_route(k)
    else if (k ~ /^sysctl /) no_sysctl(k)
    else if (k ~ /^rule /) no_rule(k)
    else if (k ~ /^(module|table|guard) /) no_file(k)
    else if (k ~ /^(file|block) /) no_line(k)
    else if (k ~ /^(nat|reply|dnat) /) no_nft(k)
    else if (k ~ /^mac /) no_mac(k)
    else if (k ~ /^group /) no_group(k)
    else if (k ~ /^attach /) no_attach(k)
    else if (k ~ /^daemon /) no_daemon(k)
    if (k in W && !(k in S) && holders[k] ~ " " owner "( |$)" && split(holders[k], w, " ") > 1) print "shared " W[k] " (with" without(holders[k], owner) ")" >(out "notes")
  }
  nft_tables(); accepts(); proxies(); daemon_whole(); nics(); routes_attached(); clients(); routes_leave()
  whole_files()
  for (k in W) if (k ~ /^(addr|sysctl) / && by("any", holders[k]) || k ~ /^daemon /) print k >(out "made.kept")
  if (D_begun) print "daemon file" >(out "made.kept")
  for (i = 0; i < 20; i++) { printf "%s", ip_first[i] >(out "ip.first"); printf "%s", ip_last[i] >(out "ip.last") }
  for (i = 1; i <= 3; i++) printf "%s", settings[i] >(out "sysctl")
  for (i = 1; i <= mades; i++) print made[i] >(out "made.ahead")
}
function comes(name) { return ((("link " named_end(name)) in T) || wanted_session(name)) && state(name) == "born" }
# Whether one of the owners in a list has its facts brought back by a program that remembers nothing of what was there before.
function by(program, list,    w, n, i) {
  n = split(list, w, " "); for (i = 1; i <= n; i++) if ((w[i] in native) && (program == "any" || native[w[i]] == program)) return 1
  return 0
}
function without(list, who,    w, n, i, rest) {
  n = split(list, w, " "); for (i = 1; i <= n; i++) if (w[i] != who) rest = rest " " w[i]
  return rest
}
'
