# What the kernel has now, as lines `K <kind> <words>`. Numbers instead of names (-N): a name in rt_tables or rt_protos
# may be anyone's. Families apart, and never filtered by the field that is read: ip then leaves that field out.
# shellcheck shell=sh disable=SC2016

# One line of `ip -N -d -o link`: what stands between backslashes is the link itself, its MAC, its type, its alias.
AWK_LINK='
function link_line(text,    s, n, w, i) {
  split("", l); split(text, s, /\\ +/); n = split(s[1], w, " ")
  l["index"] = w[1] + 0; l["name"] = w[2]; sub(/:$/, "", l["name"]); l["mtu"] = l["group"] = 0; l["master"] = l["mode"] = "-"
  if (i = index(l["name"], "@")) { l["on"] = substr(l["name"], i + 1); l["name"] = substr(l["name"], 1, i - 1) }
  l["up"] = w[3] ~ /[<,]UP[,>]/ ? "up" : "down"; l["promisc"] = w[3] ~ /[<,]PROMISC[,>]/ ? "on" : "off"
  for (i = 4; i < n; i++) if (w[i] ~ /^(mtu|group|master)$/) l[w[i]] = w[i + 1]
  split(s[2], w, " "); l["mac"] = w[1] ~ /^link\// && w[2] ~ /:/ ? w[2] : "-"
  n = split(s[3], w, " "); l["type"] = w[1] ~ /^(bridge_slave)?$/ ? "-" : w[1]
  for (i = 2; i <= n; i++) {
    if (l["type"] ~ /^(mac|ip)vlan$/ && w[i] == "mode") l["mode"] = w[i + 1]
    if (l["type"] == "ipvlan" && w[i] ~ /^(bridge|private|vepa)$/) l["mode"] = l["mode"] ":" w[i]
    if (l["type"] == "vlan" && w[i] == "id") l["id"] = w[i + 1] (text ~ / protocol (802\.1ad|\[34984\]) / ? ":802.1ad" : "") # a number with -N
  }
  l["stp"] = l["type"] == "bridge" && text ~ / stp_state 1 / ? 1 : 0
  l["alias"] = "-"; for (i = 3; i in s; i++) if (s[i] ~ /^alias /) { l["alias"] = substr(s[i], 7); gsub(/ /, "_", l["alias"]) }
}
'

# read_kernel VIEW: VIEW names the sysctls and files to read.
read_kernel() {
  ip -N -d -o link show >"$RUN/k.link" || return 1
  ip -N -o -4 addr show >"$RUN/k.addr" && ip -N -o -6 addr show >>"$RUN/k.addr" || return 1
  # A family that the kernel does not have has no routes.
  ip -N -o -4 route show table all >"$RUN/k.route4" 2>/dev/null || :
  ip -N -o -6 route show table all >"$RUN/k.route6" 2>/dev/null || :
  ip -N -o -4 rule show >"$RUN/k.rule4" 2>/dev/null || :
  ip -N -o -6 rule show >"$RUN/k.rule6" 2>/dev/null || :
  read_nft "$1"
  awk "$AWK_LINK"'
    FILENAME ~ /k.link$/  { link() }
    FILENAME ~ /k.addr$/  { addr() }
    FILENAME ~ /k.route.$/ { route(FILENAME ~ /6$/) }
    FILENAME ~ /k.rule.$/ { rule(FILENAME ~ /6$/) }

    # link NAME INDEX GROUP UP PARENT TYPE DETAIL MAC MTU MASTER ALIAS PROMISC STP
    function link(    detail, parent) {
      link_line($0); parent = l["on"] == "" ? "-" : l["on"]; detail = l["mode"] == "-" ? "-" : "mode:" l["mode"]
      if (l["type"] == "vlan") detail = "id:" l["id"]
      # The two ends of a veth stand side by side, neither on top of the other.
      if (l["type"] == "veth") { detail = "peer:" parent; parent = "-" }
      print "K link", l["name"], l["index"], l["group"], l["up"], parent, l["type"], detail, l["mac"], l["mtu"], l["master"], l["alias"], l["promisc"], l["stp"]
    }
    # addr ADDRESS PREFIX DEV RANK; a peer address is nothing that we would make
    function addr(    a) {
      split($4, a, "/")
      print "K addr", a[1], ($5 == "peer" ? "peer" : $4), $2, (/ (tentative|dadfailed) / ? "tentative" : / secondary / ? "secondary" : "primary")
    }
    # route TO TABLE METRIC PROTO DEV VIA SRC TYPE; flags, scope, preference and lifetimes are not ours to compare
    function route(six,    i, type, to, table, metric, proto, dev, via, src) {
      i = 1; type = "unicast"
      if ($1 != "default" && ($1 !~ /[.:]/) && $1 !~ /\//) { type = $1; i = 2 }
      if (type == 6) type = "blackhole"; if (type == 7) type = "unreachable"; if (type == 8) type = "prohibit"
      to = $i; table = 254; metric = 0; dev = via = src = "-"
      proto = 3 # boot: the one that ip does not print
      if (to == "default") to = six ? "::/0" : "0.0.0.0/0"
      if (to !~ /\//) to = to (six ? "/128" : "/32")
      for (i++; i < NF; i++) {
        if ($i == "nexthop" || $i ~ /^\\/) break
        if ($i == "table")  table = $(i + 1)
        if ($i == "metric") metric = $(i + 1)
        if ($i == "proto")  proto = $(i + 1)
        if ($i == "dev")    dev = $(i + 1)
        if ($i == "via")    via = $(i + 1)
        if ($i == "src")    src = $(i + 1)
      }
      if (type !~ /^(unicast|1)$/) dev = "-" # IPv6 prints lo for what leads nowhere
      print "K route", to, table, metric, proto, dev, via, src, type
      if (to !~ /^(0\.0\.0\.0|::)\/0$/) return
      if (dev != "-") nexthop(to, table, metric, proto, dev, via)
      for (; i < NF; i++) {
        if ($i == "nexthop") via = "-"
        if ($i == "via") via = $(i + 1)
        if ($i == "dev") nexthop(to, table, metric, proto, $(i + 1), via)
      }
    }
    # nexthop TO TABLE METRIC PROTO DEV VIA, of default routes: of them a fact may follow one. And learns DEV: a link that learns
    # its default route from routers, as long as it does not forward.
    function nexthop(to, table, metric, proto, dev, via,    setting, value) {
      print "K nexthop", to, table, metric, proto, dev, via
      if (to != "::/0" || proto != 9) return
      setting = "/proc/sys/net/ipv6/conf/" dev "/accept_ra"
      if ((getline value <setting) > 0 && value == 1) print "K learns", dev
      close(setting)
    }
    # rule FAMILY PRIORITY PROTO SELECTOR | TARGET, in the words and the order of a fact; what no fact can say is "other"
    function rule(six,    i, priority, proto, all, from, rest, target, suppress) {
      priority = $1; sub(/:$/, "", priority); proto = 0; all = six ? "::/0" : "0.0.0.0/0"; target = "other"; suppress = ""
      split("", sel)
      for (i = 2; i <= NF; i++) {
        if ($i == "[detached]") continue
        if ($i ~ /^(from|to|iif|oif|fwmark)$/) { sel[$i] = $(i + 1); i++ }
        else if ($i == "lookup") { target = "table " $(i + 1); i++ }
        else if ($i == "suppress_prefixlength") { suppress = " suppress_prefixlength " $(i + 1); i++ }
        else if ($i == "proto") { proto = $(i + 1); i++ }
        else sel["other"] = sel["other"] " " $i
      }
      if (sel["from"] == "all") sel["from"] = all
      if (sel["from"] !~ /\//) sel["from"] = sel["from"] (six ? "/128" : "/32")
      if (("to" in sel) && sel["to"] !~ /\//) sel["to"] = sel["to"] (six ? "/128" : "/32")
      if (("fwmark" in sel) && sel["fwmark"] !~ /\//) sel["fwmark"] = sel["fwmark"] "/0xffffffff"
      rest = "from " sel["from"]
      split("to iif oif fwmark", w, " "); for (i = 1; i <= 4; i++) if (w[i] in sel) rest = rest " " w[i] " " sel[w[i]]
      if ("other" in sel) rest = rest " other" sel["other"]
      print "K rule", (six ? 6 : 4), priority, proto, rest " | " target suppress
    }' "$RUN/k.link" "$RUN/k.addr" "$RUN/k.route4" "$RUN/k.route6" "$RUN/k.rule4" "$RUN/k.rule6"
  read_settings "$1"
  read_files "$1" || return 1
  read_l2tp "$1"
  # reach LINK WHAT-IT-IS-INSTEAD SINCE, of wires whose other end does not answer as it should
  [ ! -e "$VOLATILE/reach" ] || sed 's/^/K reach /' "$VOLATILE/reach"
  cat "$RUN/k.nft"
  read_proxies "$1" || return 1
  read_daemon "$1" || return 1
  read_accepts "$1" || return 1
  read_containers "$1"
}

# Whether the view holds facts of a kind, of whatever owner.
has_kind() { grep -Eq "^[^ ]+ ([^ ]+ )?($1) " "$2"; } # KIND|KIND VIEW

# children_elsewhere INDEX: links on top of link INDEX that were moved to other namespaces (a container's macvlan):
# this namespace does not list them, but they go when it goes.
children_elsewhere() {
  here=$(readlink /proc/self/ns/net)
  seen=" $here "
  for ns in /proc/[0-9]*/ns/net; do
    id=$(readlink "$ns" 2>/dev/null) || continue
    case $seen in *" $id "*) continue ;; esac
    seen="$seen$id "
    nsenter --net="$ns" ip -d -o link show 2>/dev/null |
      awk -v at="@if$1:" 'index($2, at) && / (macvlan|macvtap|ipvlan|ipvtap|vlan) / { sub(/@.*/, "", $2); print $2 }' |
      sed "s|\$| in the namespace of process $(printf %s "$ns" | cut -d/ -f3)|"
  done
}
