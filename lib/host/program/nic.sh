# NICs of this host that containers have: how they go there, are found again, and come back as they were.
# shellcheck shell=sh disable=SC2016,SC2034

# nics_home: RUN/nics, lines LINK NIC MAC MTU up|down GROUP: what LINK is to be again. The mark goes last: until then it is found.
nics_home() {
  while read -r link nic mac mtu up group; do
    {
      echo "link set dev $link down" # or some kernels change no name, and some drivers no MAC
      [ "$link" = "$nic" ] || echo "link set dev $link name $nic"
      [ "$mac" = - ] || echo "link set dev $nic address $mac"
      [ "$mtu" = - ] || echo "link set dev $nic mtu $mtu"
      [ "$up" != up ] || echo "link set dev $nic up"
    } >"$RUN/nic.ip"
    ip_batch "$RUN/nic.ip" || return 1
    [ "$group" = - ] || ip link set dev "$nic" alias "" group "$group" 2>>"$RUN/error" || return 1
  done <"$RUN/nics"
}

# Where a NIC is that neither this host nor a container of ours has; nothing where nobody has it any more.
nic_holder() { # NIC
  for ns in /proc/[0-9]*/ns/net; do
    nsenter --net="$ns" ip -d -o link show group "$MARK" 2>/dev/null | grep -q " alias wirework-nic:$1\( \|\\\\\|\$\)" || continue
    printf 'nic %s is in the network namespace of process %s, which a container left behind\n' "$1" "$(printf %s "$ns" | cut -d/ -f3)"
    return
  done
}

# Why a link cannot be given away; nothing where it can, or where a container has it.
nic_fault() { # NAME
  path=/sys/class/net/$1
  if [ ! -e "$path" ]; then
    grep -qs "^nic $1$TAB" "$VOLATILE/made" || echo "this host has the links: $(links)"
  elif [ ! -e "$path/device" ]; then echo "$1 is no NIC: the kernel would end it with the container. Give parent or bridge"
  elif is_wireless "$1"; then echo "$1 is wireless, and the kernel moves such a one only with its radio; use a wired one"
  fi
}

# Part of the plan's program.
AWK_NIC='
# nic: the mark is group and alias, which stay with it wherever it goes, and whatever name it has there. What it was before is
# kept until no fact wants it in a container.
function nic(c, e,    n, from) {
  n = opt["parent"]
  if ((n in NIC_in) && NIC_in[n] == e) { if (!is_held(c)) attached(c, e); return }
  from = nic_from(n)
  if (from != "" && is_in_use(n)) return
  if (!(c in C)) { if ((n in NIC_at) && from != n && !(n in L)) { changed(f, "link " from); print from, n, "- - - -" >(out "nics") } return pending(f, not_running(c)) }
  if (from == "") return pending(f, "no link " n)
  if ((e in P) && P_group[e] != MARK) return foreign(f, port_text(c, opt["dev"]))
  if (is_held(c)) return
  if (e in P) { changed(f, port_text(c, opt["dev"])); if (P_nic[e] == "") inside(c, "in link del dev " opt["dev"]) } else added(f)
  if (!(("nic " n) in M)) { M["nic " n] = L_mac[from] " " L_mtu[from] " " L_up[from] " " L_group[from]; made[++mades] = "nic " n "\t" M["nic " n] }
  born(c)
}
function nic_from(n) { return (n in NIC_in) ? n : (n in NIC_at) ? NIC_at[n] : (n in L) ? n : "" }
# Its MAC and MTU before it is moved.
function nic_now(n,    from) { from = nic_from(n); return (n in NIC_in) ? P_mac[NIC_in[n]] " " P_mtu[NIC_in[n]] : L_mac[from] " " L_mtu[from] }
function moving(    n, from) {
  n = opt["parent"]; from = nic_from(n)
  MAKING[1] = "link set dev " from " group " MARK " alias wirework-nic:" n # in one request: never the one without the other
  MAKING[2] = "link set dev " from " down"
  MAKING[3] = "link set dev " from " netns /proc/self/fd/8 name " opt["dev"]
  return 3
}
# What stands on it, or uses it, would lose it. One that is ours already was looked at.
function is_in_use(n,    k, why) {
  for (k in W) if (k != key && (W_dev[k] == n || (k ~ /^link / && W_parent[W_dev[k]] == n))) why = W[k] " needs it on this host"
  if ((n in NIC_at) || (n in NIC_in)) return why == "" ? 0 : in_use(why)
  if (owner != "" || (opt["container"] in C)) print n, L_index[n] >(out "gone") # who has it below, in whatever namespace
  if (L_master[n] != "-") why = n " is a port of " L_master[n]
  for (k in L) if (L_parent[k] == n) why = n " has " k " on top"
  for (k in A) if (A_dev[k] == n && A_address[k] !~ /^fe80:/) why = n " has the address " A_address[k] ", which nobody would reach any more"
  return why == "" ? 0 : in_use(why)
}
function in_use(why) { print f "\n  " why >>(out "conflicts"); return 1 }
function is_away(n, e) { return (n in NIC_in) && NIC_in[n] == e || W_nic[n] == "" && ((n in NIC_in) || (n in NIC_at) || ("nic " n) in M) }
# A NIC is looked for in containers that a fact puts it into, or did: who is root in one can mark links as he likes.
function find_nics(    e, p) {
  for (e in P) if (P_nic[e] != "") { split(e, p, SUBSEP); if ((P_nic[e], p[1]) in nic_of) NIC_in[P_nic[e]] = e; else P_nic[e] = "" }
}
# Those that nobody wants where they are: home, and what they were if no fact wants them at all.
function nics(    n, k, p, all_of) {
  for (n in NIC_in) { all_of[n]; if (W_nic[n] != NIC_in[n]) { split(NIC_in[n], p, SUBSEP); inside(p[1], "home " p[2] " " n) } }
  for (n in NIC_at) all_of[n]
  for (k in M) if (k ~ /^nic /) all_of[substr(k, 5)]
  for (n in all_of) if (W_nic[n] == "") {
    if (!(n in NIC_in) && (n in NIC_at) && NIC_at[n] != n && (n in L)) print "link " n " is another one now, and the NIC that a container had, " NIC_at[n] ", cannot have its name back" >(out "blocked")
    else if ((n in NIC_in) || (n in NIC_at)) print nic_from(n), n, (("nic " n) in M ? M["nic " n] : "- - - 0") >(out "nics")
    else if (!(n in L)) { print n >(out "nowhere"); if (owner == "") continue }
    print "nic " n >(out "made.drop")
  }
}
'
