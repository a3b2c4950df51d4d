# Containers: what Docker says of those that a fact or a verification names, and what is in their network namespaces.
# shellcheck shell=sh disable=SC2016,SC2034

# Of each container `container /NAME ID PID STARTED`, then of each of its networks `endpoint /NAME NETWORK MAC IPV4 IPV6/LENGTH`.
# These fields are in all of Docker 20.10 to 28.
CONTAINER_FORMAT='container {{.Name}} {{.Id}} {{.State.Pid}} {{.State.StartedAt}}{{range $network, $end := .NetworkSettings.Networks}}
endpoint {{$.Name}} {{$network}} {{or $end.MacAddress "-"}} {{or $end.IPAddress "-"}} {{or $end.GlobalIPv6Address "-"}}/{{$end.GlobalIPv6PrefixLen}}{{end}}'

# ask_docker SECONDS CONTAINER...: the answer is in RUN/asked, without those that there are not. Fails when Docker does not
# answer; what it said instead is in RUN/silent.
ask_docker() {
  seconds=$1
  shift
  timeout "$seconds" docker inspect --type container --format "$CONTAINER_FORMAT" "$@" >"$RUN/asked" 2>"$RUN/silent" && return
  [ -s "$RUN/silent" ] && ! grep -qvi '^$\|no such container' "$RUN/silent"
}

# Whether Docker can be asked. Through its socket unit a question would start a Docker that was stopped by hand, and would
# wait for one that itself waits for this program (the early unit).
docker_listens() {
  [ "$VERB $SESSION" != "boot early" ] && command -v docker >/dev/null 2>&1 || return 1
  [ -d /run/systemd/system ] || return 0
  case $(timeout 5 systemctl show --property ActiveState --value docker.socket docker.service 2>/dev/null | tr -s '\n' ' ') in
    "active active "*) ;;
    active*) return 1 ;;
  esac
}

# read_containers VIEW: lines `K container NAME ID PID STARTED` and `K endpoint NAME NETWORK LINK MAC MAC-BY-DOCKER IPV4
# IPV6/LENGTH` of those that run and that a fact names; "-" is none. `K joined NAME LINK GROUP` where the kernel has joined one. While Docker is silent, what it said last holds for as
# long as the container's process is the same: then its namespace and its addresses are, too.
read_containers() {
  sed -n 's/.* container \([^ ]*\).*/\1/p' "$1" | sort -u >"$RUN/names"
  [ -s "$RUN/names" ] || return 0
  set -- "$1"
  while read -r name; do set -- "$@" "$name"; done <"$RUN/names"
  view=$1
  shift
  if docker_listens && ask_docker "$DOCKER_SHORT" "$@"; then
    said=$RUN/asked
  else
    said=$VOLATILE/containers
    echo "K docker silent"
  fi
  : >"$RUN/containers"
  # An id may begin like a name. The time at which its process began tells a process from a later one with its id.
  [ ! -e "$said" ] || awk '
    function began(pid,    stat, s) {
      if ((getline stat <("/proc/" pid "/stat")) <= 0) return ""
      close("/proc/" pid "/stat"); sub(/.*\) /, "", stat); split(stat, s, " "); return s[1] == "Z" ? "" : s[20]
    }
    FILENAME ~ /names$/ { wanted["/" $1]; next }
    $1 == "container" { t = began($4); runs = ($2 in wanted) && $4 > 0 && t != "" && ($6 == "" || $6 == t) }
    runs { if ($1 == "container") $6 = t; print }' "$RUN/names" "$said" >"$RUN/containers"
  case $VERB in
    check | drift | status) ;;
    *) put "$VOLATILE/containers" <"$RUN/containers" || return 1 ;;
  esac
  read_attached "$view"
  sed -n 's/.* \(mac\|group\) [^ ]* container \([^ ]*\) .*/\2/p' "$view" | sort -u | while read -r name; do
    pid=$(process_of "$name")
    [ -n "$pid" ] || continue
    echo "@ /$name"
    nsenter --net="/proc/$pid/ns/net" ip -o addr show 2>/dev/null || :
    nsenter --net="/proc/$pid/ns/net" ip -o link show 2>/dev/null || :
  done >"$RUN/inside.now"
  # By its address, because Docker goes on naming the MAC that it gave. Who is root inside can name links as he likes.
  awk '
    FILENAME ~ /now$/ && $1 == "@" { of = $2; next }
    FILENAME ~ /now$/ && $3 ~ /^inet6?$/ {
      split($4, a, "/"); link[of, a[1]] = $2
      if ($0 ~ / autojoin / && $2 ~ /^[A-Za-z0-9_][A-Za-z0-9._-]*$/) print "K joined", substr(of, 2), $2, a[1]
      next
    }
    FILENAME ~ /now$/ { sub(/[@:].*/, "", $2); for (i = 3; i < NF; i++) if ($i ~ /^link\//) mac[of, $2] = $(i + 1); next }
    $1 == "container" { print "K container", substr($2, 2), $3, $4, $5; next }
    {
      split($6, six, "/"); dev = ($2, $5) in link ? link[$2, $5] : ($2, six[1]) in link ? link[$2, six[1]] : "-"
      if (dev !~ /^[A-Za-z0-9_][A-Za-z0-9._-]*$/) dev = "-"
      print "K endpoint", substr($2, 2), $3, dev, (($2, dev) in mac ? mac[$2, dev] : "-"), $4, $5, $6
    }' "$RUN/inside.now" "$RUN/containers"
}

process_of() { awk -v name="/$1" '$1 == "container" && $2 == name { print $4 }' "$RUN/containers"; } # of a container that runs

# Not closed for the program inside: dash closes it in itself first, and then there is nothing to enter by.
inside() { nsenter --net=/proc/self/fd/8 "$@"; }

# change_inside: RUN/inside, lines PID ID STARTED WHAT WORDS. NICs come home first: another container may be the next to have them.
change_inside() {
  sed -n '/^[^ ]* [^ ]* [^ ]* home /p' "$RUN/inside" >"$RUN/inside.home"
  sed '/^[^ ]* [^ ]* [^ ]* home /d' "$RUN/inside" >"$RUN/inside.then"
  enter_each "$RUN/inside.home" && nics_home && enter_each "$RUN/inside.then"
}
# Whoever has the process id is asked for after its namespace is held; a container that ended meanwhile, or began anew, is the
# next round's.
enter_each() { # FILE
  cut -d ' ' -f 1-3 "$1" | sort -u >"$RUN/whose"
  while read -r pid id started; do
    (
      exec 6</proc/self/ns/net 8<"/proc/$pid/ns/net" || exit 0
      ask_docker "$DOCKER_SHORT" "$id" && grep -qx "container [^ ]* $id $pid $started" "$RUN/asked" || exit 0
      grep "^$pid $id $started " "$1" | cut -d ' ' -f 4- >"$RUN/inside.do"
      while read -r what words; do
        case $what in
          # The kernel tells the neighbours: gratuitous ARP, unsolicited advertisement.
          notify) set_inside 1 "ipv4/conf/$words/arp_notify" "ipv6/conf/$words/ndisc_notify" ;;
          # What is received comes by one interface, and the way back to who sends it may lead by another.
          loose) inside sh -c 'cd /proc/sys/net/ipv4/conf && case $(cat all/rp_filter)$(cat "$1/rp_filter") in 01 | 10 | 11) echo 2 >"$1/rp_filter" ;; esac' sh "$words" ;;
          promote) set_inside 1 "ipv4/conf/$words/promote_secondaries" ;; # or the kernel takes them along with the primary
          six) set_inside 0 "ipv6/conf/$words/disable_ipv6" ;;
          home) echo "link set dev ${words% *} netns /proc/self/fd/6 name ${words#* }" >"$RUN/inside.ip" && patiently inside ip -batch "$RUN/inside.ip" ;;
          in) echo "$words" >"$RUN/inside.ip" && patiently inside ip -batch "$RUN/inside.ip" ;;
          out) echo "$words" >"$RUN/inside.ip" && patiently ip -batch "$RUN/inside.ip" ;;
        esac || { echo "container ${id%"${id#????????????}"}: $what $words"; exit 1; }
      done <"$RUN/inside.do"
    ) >>"$RUN/error" 2>&1 || return 1
  done <"$RUN/whose"
}
# A container that ended just now may still hold name or MAC: the kernel takes its namespace apart in its own time.
patiently() {
  for try in 1 2 3 4 5 6 7 8 9 10; do
    "$@" 2>"$RUN/busy" && return
    if [ "$try" -eq 10 ] || ! grep -q 'exists\|already in use\|busy' "$RUN/busy"; then break; fi
    sleep 0.2
  done
  cat "$RUN/busy"
  return 1
}
set_inside() { # VALUE PATH...
  inside sh -c 'value=$1; shift; for path; do [ ! -e "/proc/sys/net/$path" ] || echo "$value" >"/proc/sys/net/$path"; done' sh "$@"
}

# What status says of them.
bindings() {
  awk '
    FILENAME ~ /names$/ { name[++n] = "/" $1; next }
    $1 == "container" { since[$2] = $5 }
    $1 == "endpoint" { on[$2] = on[$2] "\n    on network " $3 ": " $5 " " $6 }
    END { for (i = 1; i <= n; i++) print "  container " substr(name[i], 2) (name[i] in since ? ", runs since " since[name[i]] on[name[i]] : ", does not run") }
  ' "$RUN/names" "$RUN/containers"
}

# Part of the plan's program.
AWK_CONTAINER='
# mac: Docker goes on naming the one that it gave, which the interface gets back when ours goes while the container runs.
function mac(    end) {
  end = opt["end"]
  if (!(end in E_link) || E_link[end] == "-") return pending(f, absent(end))
  if (E_mac[end] == opt["address"]) return
  changed(f, mac_text(end)); new_mac(end, opt["address"])
}
function no_mac(k,    end) {
  parse(old(k)); end = opt["end"]
  if (!(end in E_link) || E_mac[end] != opt["address"] || !is_mac(E_given[end]) || E_given[end] == E_mac[end]) return
  removed(old(k)); new_mac(end, E_given[end])
}
function mac_text(end,    e) { split(end, e, SUBSEP); return "mac " E_mac[end] " container " e[1] " network " e[2] }
function new_mac(end, address,    e) {
  split(end, e, SUBSEP); inside(e[1], "notify " E_link[end]); inside(e[1], "in link set dev " E_link[end] " address " address)
}
# group: the kernel itself joins it there, by an address that it neither answers for nor sends from. So a program that joins it by
# whichever interface has its routes, before that or after, gets what comes by this one.
function group(    end, e) {
  end = opt["end"]; split(end, e, SUBSEP)
  if (!(end in E_link) || E_link[end] == "-") return pending(f, absent(end))
  if ((e[1], E_link[end], opt["address"]) in G) return
  added(f); join_group(e[1], opt["address"], E_link[end])
}
function no_group(k,    end, e) {
  parse(old(k)); end = opt["end"]; split(end, e, SUBSEP)
  if (!(end in E_link) || !((e[1], E_link[end], opt["address"]) in G)) return
  removed(old(k)); inside(e[1], "in addr del " opt["address"] (is_v4(opt["address"]) ? "/32" : "/128") " dev " E_link[end])
}
function join_group(c, address, dev) {
  inside(c, "in addr add " address (is_v4(address) ? "/32 scope host" : "/128 nodad") " autojoin dev " dev)
  if (is_v4(address)) inside(c, "loose " dev)
}
function inside(name, line) { print C[name], line >(out "inside") }
function absent(end,    e) {
  split(end, e, SUBSEP)
  if (!(e[1] in C)) return not_running(e[1])
  return (end in E_link) ? "container " e[1] " has no link with its address on network " e[2] : "container " e[1] " is not on network " e[2]
}
function not_running(name) { return silent ? "Docker does not say where container " name " is" : "container " name " does not run" }
'
