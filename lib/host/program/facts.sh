# Facts: what a line may say. The table of kinds is `kinds` below; each kind has one section here, one in kernel.sh
# (how it is read) and one in plan.sh (how it is made, changed and taken back).
# shellcheck shell=sh disable=SC2016,SC2034

NO_FACT='^((require|window|allow|with) |persistence auto$)' # lines that say how, not what

# The one setting of all links at once that a fact may hold: of the whole host (settings.sh).
FORWARDING=net/ipv6/conf/all/forwarding

# Shared by every awk program here. parse(FACT) returns "" or what is wrong with it, and sets
#   kind, key  what makes two facts the same thing: equal keys may not have two values
#   dev        the link that it needs; it goes with that link
#   opt[]      its words by name
AWK_FACTS="$AWK_SHAPES"'
function parse(fact,    n, w, i) {
  n = split(fact, w, " "); kind = w[1]; key = ""; dev = ""; split("", opt)
  if (kind == "file" || kind == "block") return parse_line(fact, n, w)
  if (kind == "with") return parse_with(fact, w)
  if (fact ~ /  |^ | $/) return "one space between words"
  if (kind == "window")  { key = kind; return n == 2 && is_number(w[2], 10, 3600) ? "" : "window SECONDS, 10-3600" }
  if (kind == "allow")   { key = fact; return fact ~ /^allow (management-impact|docker-restart)$/ ? "" : "allow management-impact, or docker-restart" }
  if (kind == "require") { key = fact; return n >= 3 ? "" : "require WHAT ..." }
  if (kind == "persistence") { key = fact; return n == 2 && w[2] ~ /^(ifupdown|rcLocal|networkd|networkManager|auto)$/ ? "" : "persistence ifupdown, rcLocal, networkd, networkManager, or auto" }
  if (kind == "module")  return parse_module(n, w)
  if (kind == "table")   return parse_table(n, w)
  if (kind == "guard")   return parse_guard(fact)
  if (kind == "link")    return parse_link(n, w)
  if (kind == "set")     return parse_set(n, w)
  if (kind == "tunnel")  return parse_tunnel(n, w)
  if (kind == "session") return parse_session(n, w)
  if (kind == "reach")   return parse_reach(n, w)
  if (kind == "sysctl")  return parse_sysctl(fact, n, w)
  if (kind == "addr")    return parse_addr(n, w)
  if (kind == "route")   return parse_route(n, w)
  if (kind == "follow")  return parse_follow(n, w)
  if (kind == "rule")    return parse_rule(n, w)
  if (kind == "nat")     return parse_nat(fact, n, w)
  if (kind == "reply")   return parse_reply(fact, n, w)
  if (kind == "mac")     return parse_mac(n, w)
  if (kind == "group")   return parse_group(fact, n, w)
  if (kind == "attach")  return parse_attach(n, w)
  if (kind == "dnat")    return parse_dnat(n, w)
  if (kind == "proxy")   return parse_proxy(fact, n, w)
  if (kind == "daemon")  return parse_daemon(fact, n, w)
  return "kinds are window, allow, require, persistence, module, table, guard, link, set, tunnel, session, reach, sysctl, addr, route, follow, rule, nat, reply, mac, group, attach, dnat, proxy, daemon, file, block, with; a newer library needs its own program: update the Host first"
}
# Words after the subject come in pairs, each at most once: NAME VALUE, with NAME in the list.
function pairs(n, w, from, names,    i) {
  for (i = from; i <= n; i += 2) {
    if (index(" " names " ", " " w[i] " ") == 0 || w[i] == "") return "\"" w[i] "\" is none of: " names
    if (w[i] in opt) return "\"" w[i] "\" stands twice"
    if (i == n) return "\"" w[i] "\" lacks its value"
    opt[w[i]] = w[i + 1]
  }
  return ""
}

function parse_link(n, w,    bad, type) {
  dev = w[2]; key = "link " dev
  if (!is_own_link(dev)) return "not a name that a link of ours can have (1-15 of A-Z a-z 0-9 . _ -)"
  bad = pairs(n, w, 3, "parent type mode flag id protocol peer address mtu stp_state"); if (bad) return bad
  type = opt["type"]
  if (("parent" in opt) && (!is_link(opt["parent"]) || opt["parent"] == dev)) return "parent is not the name of another link"
  if (type !~ /^(macvlan|ipvlan|vlan|bridge|veth|dummy)$/) return "type must be macvlan, ipvlan, vlan, bridge, veth or dummy"
  if ((type ~ /vlan$/) != ("parent" in opt)) return "macvlan, ipvlan and vlan have a parent, others have none"
  if ((type ~ /^(mac|ip)vlan$/) != ("mode" in opt)) return "macvlan and ipvlan have a mode, others have none"
  if (type == "macvlan" && opt["mode"] !~ /^(bridge|private|vepa|passthru)$/) return "mode must be bridge, private, vepa or passthru"
  if (type == "ipvlan" && opt["mode"] !~ /^l(2|3|3s)$/) return "mode must be l2, l3 or l3s"
  if ((type == "ipvlan") != ("flag" in opt)) return "an ipvlan has a flag, others have none"
  if (("flag" in opt) && opt["flag"] !~ /^(bridge|private|vepa)$/) return "flag must be bridge, private or vepa"
  if ((type == "vlan") != ("id" in opt)) return "a vlan has an id, others have none"
  if (("id" in opt) && !is_number(opt["id"], 1, 4094)) return "id must be 1-4094"
  if (("protocol" in opt) && (type != "vlan" || opt["protocol"] != "802.1ad")) return "protocol is 802.1ad, of a vlan; without it, it is 802.1Q"
  if ((type == "veth") != ("peer" in opt)) return "a veth has a peer, others have none"
  if (("peer" in opt) && (!is_link(opt["peer"]) || opt["peer"] == dev)) return "peer is not the name of another link"
  if (("address" in opt) && (type == "ipvlan" || !is_mac(opt["address"]))) return "address must be a unicast MAC in lower case; an ipvlan has that of its parent"
  if (("mtu" in opt) && !is_number(opt["mtu"], 68, 65535)) return "mtu must be 68-65535"
  if (("stp_state" in opt) && (type != "bridge" || opt["stp_state"] != 1)) return "stp_state is 1, of a bridge; without it, it is off"
  return ""
}
# What is set on a link, ours or not: one attribute a line.
function parse_set(n, w) {
  if (!is_own_link(w[2])) return "not the name of a link"
  dev = w[2]; opt["what"] = w[3]; opt["value"] = w[4]; key = "set " dev " " w[3]
  if (w[3] == "up" && n == 3) { opt["value"] = "up"; return "" }
  if (n == 4 && w[3] == "promisc" && w[4] == "on") return ""
  if (n == 4 && w[3] == "master" && is_link(w[4]) && w[4] != dev) return ""
  return "set LINK up, set LINK promisc on, or set LINK master BRIDGE"
}
# The words of ip l2tp, but for the subject. Secrets stand here by their names.
function parse_tunnel(n, w,    bad) {
  key = "tunnel " w[2]; opt["id"] = w[2]
  if (!is_number(w[2], 1, 4294967295)) return "the id must be 1-4294967295"
  bad = pairs(n, w, 3, "peer encap local remote sport dport"); if (bad) return bad
  if (!is_number(opt["peer"], 1, 4294967295)) return "peer must be 1-4294967295"
  if (opt["encap"] !~ /^(udp|ip)$/) return "encap must be udp or ip"
  if (!is_address(opt["local"]) || !is_address(opt["remote"]) || (index(opt["local"], ":") > 0) != (index(opt["remote"], ":") > 0)) return "local and remote must be addresses of one family"
  if ((opt["encap"] == "udp") != ("sport" in opt) || ("sport" in opt) != ("dport" in opt)) return "over udp there is sport and dport, over ip neither"
  if (("sport" in opt) && (!is_number(opt["sport"], 1, 65535) || !is_number(opt["dport"], 1, 65535))) return "ports must be 1-65535"
  return ""
}
function parse_session(n, w,    bad) {
  opt["id"] = w[2]
  if (!is_number(w[2], 1, 4294967295)) return "the id must be 1-4294967295"
  bad = pairs(n, w, 3, "peer tunnel dev cookie peer_cookie seq l2spec address mtu"); if (bad) return bad
  dev = opt["dev"]; key = "session " opt["tunnel"] " " w[2]
  if (!is_number(opt["peer"], 1, 4294967295) || !is_number(opt["tunnel"], 1, 4294967295)) return "peer and tunnel must be 1-4294967295"
  if (!is_own_link(dev)) return "dev is not a name that a link of ours can have (1-15 of A-Z a-z 0-9 . _ -)"
  if (("cookie" in opt) && !is_secret(opt["cookie"]) || ("peer_cookie" in opt) && !is_secret(opt["peer_cookie"])) return "cookie and peer_cookie are names of secrets, 16 hex digits"
  if (("seq" in opt) && opt["seq"] !~ /^(send|recv|both)$/) return "seq must be send, recv or both"
  if (("l2spec" in opt) && opt["l2spec"] != "none") return "l2spec is none, or left out"
  if (!is_mac(opt["address"])) return "address must be a unicast MAC in lower case"
  if (!is_number(opt["mtu"], 68, 65535)) return "mtu must be 68-65535"
  return ""
}
# Nothing that is made: what must answer across a wire, by the addresses that its other end has there.
function parse_reach(n, w,    bad) {
  opt["address"] = w[2]
  bad = pairs(n, w, 3, "or dev mtu"); if (bad) return bad
  dev = opt["dev"]; key = "reach " dev
  if (w[2] !~ /^fe80:/ || !is_address(w[2]) || ("or" in opt) && (opt["or"] !~ /^fe80:/ || !is_address(opt["or"]))) return "what answers are link-local IPv6 addresses"
  if (!is_link(dev)) return "dev is not the name of a link"
  if (!is_number(opt["mtu"], 1280, 65535)) return "mtu must be 1280-65535, as IPv6 needs"
  return ""
}
function is_secret(v) { return v ~ /^[0-9a-f]+$/ && length(v) == 16 }
function parse_sysctl(fact, n, w,    p, i, parts) {
  key = "sysctl " w[2]; parts = split(w[2], p, "/")
  if (w[3] != "=" || n < 4) return "sysctl PATH = VALUE"
  if (p[1] != "net" || parts < 3) return "only settings below net/ are changed"
  for (i = 1; i <= parts; i++) if (p[i] !~ /^[A-Za-z0-9._-]+$/ || p[i] ~ /^\.\.?$/) return "not a path below /proc/sys"
  if (w[2] ~ /^net\/ipv[46]\/(conf|neigh)\//) {
    if (parts != 5) return "not a path below /proc/sys"
    if (p[4] == "all" && !(p[2] == "ipv6" && p[5] ~ /^(forwarding|proxy_ndp)$/)) return "a write to conf/all changes every link; name the link"
    if (is_forwarding(w[2]) && (w[4] != "1" || n != 4)) return "forwarding of the whole host is switched on, or left alone"
    if (p[4] !~ /^(all|default)$/) { if (!is_link(p[4])) return "not a link name"; dev = p[4] }
  }
  if (w[2] == "net/ipv4/ip_forward") return "a write to ip_forward changes every link; use net/ipv4/conf/LINK/forwarding"
  for (i = 4; i <= n; i++) if (w[i] !~ /^[A-Za-z0-9._:,-]+$/) return "not a value"
  opt["path"] = w[2]; opt["value"] = substr(fact, length(w[2]) + 11)
  return ""
}
function is_forwarding(path) { return path == "'"$FORWARDING"'" }
function parse_addr(n, w) {
  if (n != 4 || w[3] != "dev" || !is_link(w[4])) return "addr ADDRESS/PREFIX dev LINK"
  if (!is_prefix(w[2])) return "not an address with prefix length in canonical form"
  dev = w[4]; opt["address"] = substr(w[2], 1, index(w[2], "/") - 1); opt["prefix"] = w[2]
  key = "addr " opt["address"] " dev " dev
  return ""
}
function parse_route(n, w,    bad, six, i, type) {
  type = "unicast"
  if (w[2] ~ /^(unreachable|blackhole|prohibit)$/) { type = w[2]; for (i = 2; i < n; i++) w[i] = w[i + 1]; n-- }
  if (!is_prefix(w[2])) return "not a prefix in canonical form (the default route is 0.0.0.0/0 or ::/0)"
  bad = pairs(n, w, 3, type == "unicast" ? "via dev src metric table" : "metric table"); if (bad) return bad
  six = index(w[2], ":") > 0; opt["type"] = type
  if (type == "unicast" && !is_link(opt["dev"])) return "dev is not the name of a link"
  if (("via" in opt) && (!is_address(opt["via"]) || (index(opt["via"], ":") > 0) != six)) return "via is not an address of the same family"
  if (("src" in opt) && (!is_address(opt["src"]) || (index(opt["src"], ":") > 0) != six)) return "src is not an address of the same family"
  if (("metric" in opt) && !is_number(opt["metric"], 1, 4294967295)) return "metric must be 1-4294967295"
  if (("table" in opt) && !is_table(opt["table"])) return "table must be 1-4294967295, not 252-255 (leave it out for main)"
  if (type != "unicast" && !("table" in opt)) return "a route that refuses stands in a table of our own, never in main"
  dev = opt["dev"]; opt["to"] = w[2]
  key = route_key(w[2], opt["table"], opt["metric"])
  return ""
}
# follow: a default route in a table of ours, with the next hop that the host itself has learned on the link.
function parse_follow(n, w) {
  if (n != 6 || w[2] !~ /^(0\.0\.0\.0|::)\/0$/ || w[3] != "dev" || !is_link(w[4]) || w[5] != "table" || !is_table(w[6])) return "follow 0.0.0.0/0 or ::/0 dev LINK table ID, and the table is none of 252-255"
  dev = opt["dev"] = w[4]; opt["to"] = w[2]; opt["table"] = w[6]; opt["type"] = "unicast"
  key = route_key(w[2], w[6])
  return ""
}
# The kernel keeps one route per destination, table and metric; IPv6 has 1024 where none is given.
function route_key(to, table, metric) {
  if (table == "") table = 254
  if (metric == "") metric = index(to, ":") ? 1024 : 0
  return "route " to " table " table " metric " metric
}

# A rule is its family, priority and selector; where it leads is its value.
function parse_rule(n, w,    bad, i, six, name, words) {
  bad = pairs(n, w, 2, "from to iif oif fwmark table suppress_prefixlength priority"); if (bad) return bad
  if (!is_prefix(opt["from"])) return "from is not a prefix in canonical form (all is 0.0.0.0/0 or ::/0)"
  six = index(opt["from"], ":") > 0
  if (("to" in opt) && (!is_prefix(opt["to"]) || (index(opt["to"], ":") > 0) != six)) return "to is not a prefix of the same family"
  if (("iif" in opt) && !is_link(opt["iif"]) || ("oif" in opt) && !is_link(opt["oif"])) return "iif and oif are names of links"
  if (("fwmark" in opt) && !is_mark(opt["fwmark"])) return "fwmark must be 0xMARK/0xMASK, neither of them 0"
  if (opt["table"] != 254 && !is_table(opt["table"])) return "table must be 1-4294967295, not 252, 253 or 255 (254 is main)"
  if (("suppress_prefixlength" in opt) && !is_number(opt["suppress_prefixlength"], 0, six ? 128 : 32)) return "suppress_prefixlength must be a prefix length"
  if (!is_number(opt["priority"], 1, 32765)) return "priority must be 1-32765"
  if (opt["from"] ~ /\/0$/ && !("to" in opt) && !("iif" in opt) && !("fwmark" in opt)) return "without a selector it would divert all that this host sends, the SSH session too"
  split("from to iif oif fwmark", name, " ")
  for (i = 1; i <= 5; i++) if (name[i] in opt) words = words " " name[i] " " opt[name[i]]
  opt["selector"] = substr(words, 2); key = "rule " (six ? 6 : 4) " " opt["priority"] words
  opt["target"] = "table " opt["table"] (("suppress_prefixlength" in opt) ? " suppress_prefixlength " opt["suppress_prefixlength"] : "")
  return ""
}

# module, table, guard: files of our own, which outlive a reboot. opt["path"] and opt["text"], where \n stands for a newline.
function parse_module(n, w) {
  if (n != 2 || w[2] !~ /^[a-z0-9][a-z0-9_]*$/ || length(w[2]) > 40) return "module NAME, as lsmod prints it"
  key = "module " w[2]; opt["name"] = w[2]
  opt["path"] = "/etc/modules-load.d/wirework-" w[2] ".conf"; opt["text"] = "# wirework\\n" w[2] "\\n"
  return ""
}
function parse_table(n, w) {
  if (n != 4 || w[3] != "name") return "table ID name NAME"
  if (!is_table(w[2])) return "the id must be 1-4294967295, not 252-255"
  if (w[4] !~ /^[A-Za-z][A-Za-z0-9._-]*$/ || length(w[4]) > 32 || w[4] ~ /^(local|main|default|unspec|all)$/) return "not a name that a table of ours can have"
  key = "table " w[2]; opt["id"] = w[2]; opt["name"] = w[4]
  opt["path"] = "/etc/iproute2/rt_tables.d/wirework-" w[2] ".conf"; opt["text"] = "# wirework\\n" w[2] " " w[4] "\\n"
  return ""
}
function parse_guard(fact) {
  if (fact != "guard routes") return "guard routes"
  key = fact; opt["path"] = "/etc/systemd/networkd.conf.d/wirework.conf"
  opt["text"] = "# wirework: routes and rules of others are not deleted at restart\\n[Network]\\nManageForeignRoutes=no\\nManageForeignRoutingPolicyRules=no\\n"
  return ""
}

# file, block: a line of what another program reads at boot. A file is one of ours, wherever mode_of() allows one; a block
# is a part of a file of the administrator. Both bear a name, so that two owners never write one.
function parse_line(fact, n, w,    at) {
  at = index(fact, "|"); opt["path"] = w[2]; opt["name"] = kind == "block" ? w[3] : ""; opt["number"] = w[kind == "block" ? 4 : 3]
  opt["line"] = substr(fact, at + 1); opt["n"] = ("1" opt["number"]) - 1000 # an awk may take 017 for octal
  key = kind " " w[2] " " (kind == "block" ? w[3] " " : "") opt["number"]
  if (substr(fact, 1, at) != key " |") return kind == "block" ? "block PATH NAME NUMBER |TEXT" : "file PATH NUMBER |TEXT"
  if (opt["number"] !~ /^[0-9][0-9][0-9]$/ || opt["number"] == "000") return "lines are numbered 001-999"
  if (kind == "file" && mode_of(w[2]) == "") return "not a place for a file of ours"
  if (kind == "block" && w[2] != "/etc/rc.local") return "only /etc/rc.local takes a block"
  if (kind == "block" && w[3] !~ /^[A-Za-z0-9_-]+$/) return "not a name for a block"
  return ""
}
# Where a file of ours may stand, and with what mode. run-parts, which runs the scripts there, takes no name with a dot.
# @LINK.network.d stands for the folder of drop-ins to the file by which systemd-networkd configures that link.
function mode_of(path) {
  if (path ~ /^\/etc\/network\/interfaces\.d\/wirework-[A-Za-z0-9_-]+$/) return "644"
  if (path ~ /^\/etc\/network\/if-up\.d\/wirework-[A-Za-z0-9_-]+$/) return "755"
  if (path ~ /^\/etc\/NetworkManager\/dispatcher\.d\/90-wirework-[A-Za-z0-9_-]+$/) return "755"
  if (path ~ /^\/etc\/systemd\/network\/05-wirework-[A-Za-z0-9._-]+\.(netdev|network)$/) return "644"
  if (path ~ /^\/etc\/systemd\/network\/(05-wirework-|@)[A-Za-z0-9._-]+\.network\.d\/wirework-[A-Za-z0-9._-]+\.conf$/) return "644"
  if (path ~ /^\/etc\/sysctl\.d\/90-wirework-[A-Za-z0-9_-]+\.conf$/) return "644"
  return ""
}

# with: a line that is one only where this host chooses that backend.
function parse_with(fact, w,    bad) {
  if (w[2] !~ /^(networkd|networkManager|ifupdown)$/) return "with networkd, networkManager, or ifupdown"
  bad = w[3] ~ /^(require|file)$/ ? parse(substr(fact, length(w[2]) + 7)) : "with BACKEND require ..., or with BACKEND file ..."
  kind = "with"; key = fact; dev = ""
  return bad
}

# nat, reply: entries of our own nft tables.
function parse_nat(fact, n, w) {
  if (!is_prefix(w[2]) || w[3] != "oif" || !is_link(w[4])) return "nat PREFIX oif LINK masquerade, or ... snat ADDRESS"
  if (n == 5 ? w[5] != "masquerade" : n != 6 || w[5] != "snat" || !is_address(w[6])) return "ends in masquerade, or in snat and an address"
  if (n == 6 && (index(w[6], ":") > 0) != (index(w[2], ":") > 0)) return "the address is not of the same family"
  key = "nat " w[2] " oif " w[4]; opt["prefix"] = w[2]; opt["link"] = w[4]; opt["snat"] = w[6]
  return ""
}
function parse_reply(fact, n, w) {
  if (n != 6 || !is_prefix(w[2]) || w[3] != "except" || !is_link(w[4]) || w[5] != "mark" || !is_mark(w[6])) return "reply PREFIX except LINK mark 0xMARK/0xMASK"
  key = "reply " w[2] " except " w[4]; opt["prefix"] = w[2]; opt["link"] = w[4]; opt["mark"] = w[6]
  return ""
}

# mac: bound to the life of a container; made in its namespace whenever it starts.
function parse_mac(n, w) {
  if (n != 6 || w[3] != "container" || w[5] != "network" || !is_name(w[4]) || !is_name(w[6])) return "mac MAC container NAME network NETWORK"
  if (!is_mac(w[2])) return "not a unicast MAC in lower case"
  key = "mac container " w[4] " network " w[6]; opt["address"] = w[2]; opt["end"] = w[4] SUBSEP w[6]
  return ""
}

# group: the same, of a multicast group that is received there.
function parse_group(fact, n, w) {
  if (n != 6 || w[3] != "container" || w[5] != "network" || !is_name(w[4]) || !is_name(w[6])) return "group GROUP container NAME network NETWORK"
  if (!is_group(w[2])) return "not a multicast group in canonical form"
  key = fact; opt["address"] = w[2]; opt["container"] = w[4]; opt["end"] = w[4] SUBSEP w[6]
  return ""
}

# attach: the same, of an interface that Docker does not know.
function parse_attach(n, w,    bad, type, i) {
  for (i = 3; i <= n && w[i] != "route"; i += 2);
  bad = pairs(i > n ? n : i - 1, w, 3, "container type parent mode peer master address mtu addr via addr6 via6 hostname client-id also"); if (bad) return bad
  bad = attach_routes(n, w, i); if (bad) return bad
  type = opt["type"]; key = "attach " w[2] " container " opt["container"]; opt["dev"] = w[2]; opt["end"] = opt["container"] SUBSEP w[2]
  if (!is_own_link(w[2])) return "not a name that a link of ours can have (1-15 of A-Z a-z 0-9 . _ -)"
  if (!is_name(opt["container"])) return "container is a name in Docker"
  if (type !~ /^(macvlan|ipvlan|veth|nic)$/) return "type must be macvlan, ipvlan, veth or nic"
  dev = opt[type == "veth" ? "master" : "parent"]
  if (!is_link(dev) || (("parent" in opt) && ("master" in opt))) return "a veth has a master, others a parent"
  if ((type == "veth") != ("peer" in opt) || ("peer" in opt) && !is_link(opt["peer"])) return "a veth has a peer, the end of this host; others have none"
  if (type == "macvlan" ? opt["mode"] !~ /^(bridge|private|vepa)$/ : opt["mode"] != (type == "ipvlan" ? "l2" : "")) return "mode is bridge, private or vepa of a macvlan, l2 of an ipvlan; others have none"
  if (type == "ipvlan" ? ("address" in opt) || opt["addr"] == "dhcp" || opt["addr6"] == "dhcp" : (type != "nic" || ("address" in opt)) && !is_mac(opt["address"])) return "address must be a unicast MAC in lower case; a nic has its own, and an ipvlan its parent'"'"'s, to which nothing is leased"
  if (("mtu" in opt) && !is_number(opt["mtu"], 68, 65535)) return "mtu must be 68-65535"
  if ((opt["addr"] == "dhcp" || opt["addr6"] == "dhcp") != ("hostname" in opt)) return "an address by dhcp has a hostname, others have none"
  if (("hostname" in opt) && !is_host_name(opt["hostname"])) return "hostname is of A-Z a-z 0-9 -, at most 63, and neither begins nor ends with -"
  if (("client-id" in opt) && (opt["addr"] != "dhcp" || !is_client_id(opt["client-id"]))) return "client-id is 2-64 bytes in hex, of an IPv4 address by dhcp"
  n = split(opt["also"], w, ","); for (i = 1; i <= n; i++) if (!is_prefix(w[i])) return "also are addresses with prefix length, with a comma between"
  return attach_side("addr", "via", 0) attach_side("addr6", "via6", 1)
}
# route PREFIX [via ROUTER] [metric METRIC], as often as there are routes: the end of the line. In opt with a bar between.
function attach_routes(n, w, i,    words, to) {
  for (opt["routes"] = ""; i <= n; opt["routes"] = opt["routes"] (opt["routes"] == "" ? "" : "|") words) {
    to = w[i + 1]; words = "route " to
    if (w[i] != "route" || i == n || !is_prefix(to) || to ~ /\/0$/) return "its routes are route PREFIX via ROUTER metric METRIC, but for what a route lacks; the default route is via and via6"
    i += 2
    if (w[i] == "via") { if (!is_address(w[i + 1]) || is_v4(w[i + 1]) != is_v4(to)) return "the router of route " to " is no address of its family"; words = words " via " w[i + 1]; i += 2 }
    if (w[i] == "metric") { if (!is_number(w[i + 1], 1, 4294967295) || !is_v4(to) && w[i + 1] == 1024) return "the metric of route " to " is 1-4294967295, and 1024 of IPv6 is left out"; words = words " metric " w[i + 1]; i += 2 }
  }
  return ""
}
function attach_side(what, router, six) {
  if (opt[what] == "dhcp" && (!(router in opt) || !six && opt[router] == "dhcp")) return ""
  if (opt[what] != "" && (!is_prefix(opt[what]) || is_v4(opt[what]) == six)) return what " is not an address of its family with prefix length"
  if ((router in opt) && (!is_address(opt[router]) || is_v4(opt[router]) == six || opt[what] == "")) return router " is not a router of its family, beside an address"
  return ""
}

# dnat: ports of this host that lead to a container, whose address is not known before it runs.
function parse_dnat(n, w,    bad, p) {
  if (w[2] == "daddr" ? !is_address(w[3]) || is_v4(w[3]) : w[2] != "dev" || !is_link(w[3])) return "dnat daddr IPV6-ADDRESS or dev LINK"
  if (w[4] !~ /^(tcp|udp)$/ || !is_ports(w[5])) return "tcp or udp, and PORT or FIRST-LAST"
  bad = pairs(n, w, 6, "container network port from rate log unless"); if (bad) return bad
  if (!is_name(opt["container"]) || !is_name(opt["network"])) return "container and network are names in Docker"
  if (("port" in opt) && (!is_number(opt["port"], 1, 65535) || w[5] ~ /-/)) return "port is that of the container, 1-65535, for a single port"
  if (("from" in opt) && (!is_prefix(opt["from"]) || is_v4(opt["from"]))) return "from is not an IPv6 prefix"
  if (("rate" in opt) && opt["rate"] !~ /^[1-9][0-9]*\/(second|minute|hour|day)$/) return "rate is COUNT/second, minute, hour or day"
  if (("log" in opt) && (!is_name(opt["log"]) || length(opt["log"]) > 64)) return "log is a word of at most 64 letters, digits and . _ -"
  if (("unless" in opt) && opt["unless"] != "native") return "unless native, or left out"
  key = "dnat " w[2] " " w[3] " " w[4] " " w[5] (("from" in opt) ? " from " opt["from"] : "")
  opt[w[2]] = w[3]; opt["protocol"] = w[4]; opt["ports"] = w[5]; opt["end"] = opt["container"] SUBSEP opt["network"]; opt["prefix"] = "::/0"
  return ""
}
# proxy: an address that this host answers for at a link, or that of a container, while it has one.
function parse_proxy(fact, n, w) {
  key = fact
  if (w[2] != "dev") {
    if (n != 4 || !is_address(w[2]) || is_v4(w[2]) || w[3] != "dev" || !is_link(w[4])) return "proxy IPV6-ADDRESS dev LINK"
    dev = w[4]; opt["address"] = w[2]; return ""
  }
  if (n != 7 || !is_link(w[3]) || w[4] != "container" || !is_name(w[5]) || w[6] != "network" || !is_name(w[7])) return "proxy dev LINK container NAME network NETWORK"
  dev = w[3]; opt["container"] = w[5]; opt["network"] = w[7]; opt["end"] = w[5] SUBSEP w[7]
  return ""
}
# daemon: a key of Docker'"'"'s configuration, and its value in JSON.
function parse_daemon(fact, n, w,    i, p, q, prefix) {
  opt["name"] = w[2]; opt["value"] = w[3]; opt["path"] = "/etc/docker/daemon.json"; key = "daemon " w[2]
  if (n != 3) return "daemon KEY VALUE, in JSON without spaces"
  if (w[2] ~ /^(ipv6|ip6tables|experimental)$/) return w[3] ~ /^(true|false)$/ ? "" : w[2] " is true or false"
  if (w[2] == "fixed-cidr-v6") { prefix = substr(w[3], 2, length(w[3]) - 2); return w[3] ~ /^".*"$/ && is_prefix(prefix) && !is_v4(prefix) ? "" : "fixed-cidr-v6 is an IPv6 prefix in quotes" }
  if (w[2] != "default-address-pools") return "keys are ipv6, fixed-cidr-v6, ip6tables, experimental, default-address-pools"
  if (w[3] !~ /^\[\{.*\}\]$/) return "a list of {\"base\":PREFIX,\"size\":LENGTH}"
  n = split(substr(w[3], 3, length(w[3]) - 4), p, /\},\{/)
  for (i = 1; i <= n; i++) {
    if (p[i] !~ /^"base":"[0-9a-f.:\/]+","size":[0-9]+$/) return "a list of {\"base\":PREFIX,\"size\":LENGTH}"
    split(p[i], q, /"/); sub(/.*:/, "", p[i])
    if (!is_prefix(q[4]) || !is_number(p[i], 1, is_v4(q[4]) ? 32 : 128)) return "base is a prefix, and size the length of its parts"
  }
  return ""
}
'
