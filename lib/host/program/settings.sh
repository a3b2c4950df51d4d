# sysctl: settings below net/, and forwarding of the whole host, which is one of them and more.
# shellcheck shell=sh disable=SC2016,SC2034

# `sysctl PATH VALUE` of every path that a fact names; `forwards` where Docker would go without forwarding that only our fact gives.
read_settings() { # VIEW
  # The kernel separates by tabs, a fact by one space.
  awk '$1 != "W" && $2 == "sysctl" { paths[$3] } $1 == "W" && $3 == "sysctl" { paths[$4] }
    END {
      for (path in paths) {
        if ((getline value <("/proc/sys/" path)) > 0) { gsub(/[ \t]+/, " ", value); print "K sysctl", path, value }
        close("/proc/sys/" path)
      }
    }' "$1"
  grep -q "^S sysctl $FORWARDING = " "$1" && ! grep -q "^[NW] .*sysctl $FORWARDING = " "$1" && docker_listens || return 0
  # shellcheck disable=SC2046 # ids
  ! docker_says inspect --format '{{.EnableIPv6}}' $(docker_says ls --quiet) | grep -q true || echo "K forwards"
}

# The values from before, of settings that we take over now: only after their links exist, and before the first write.
take_values() {
  [ -s "$RUN/take" ] || return 0
  awk -F "$TAB" '
    NR == FNR { if ((getline value <("/proc/sys/" $0)) > 0) { gsub(/[ \t]+/, " ", value); taken["sysctl " $0] = value } close("/proc/sys/" $0); next }
    !($1 in taken)
    END { for (key in taken) print key "\t" taken[key] }' "$RUN/take" "$RUN/made.ahead" | put "$VOLATILE/made"
}

write_setting() { # PATH VALUE ["where" WAS]
  case $2 in *" where "*) [ "$(cat "/proc/sys/$1")" = "${2##* }" ] || return 0 ;; esac
  if [ "$1" = "$FORWARDING" ]; then forward_all "$2"; else printf '%s\n' "${2%% where *}" >"/proc/sys/$1"; fi
}

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
AWK_SETTINGS='
# sysctl: no mark; the value from before is kept, and comes back with the last owner unless someone else changed it.
function sysctl() {
  if (dev != "" && !there(dev)) return pending(f, "no link " dev)
  if (NO_IPV6 && opt["path"] ~ /^net\/ipv6\//) return pending(f, "this kernel runs without IPv6")
  if (dev != "" && !stays(dev)) { added(f); print opt["path"] >(out "take"); setting(opt["path"], opt["value"]); return }
  if (!(opt["path"] in V)) { print f "\n  this kernel has no such setting" >>(out "conflicts"); return }
  # Where the kernel hears no routers, another program does, or nobody shall: nothing is lost by forwarding.
  if (opt["path"] ~ /\/accept_ra$/ && opt["value"] == 2 && V[opt["path"]] == 0) return
  if (!(k in M)) print opt["path"] >(out "take")
  if (V[opt["path"]] == opt["value"]) return
  if (is_forwarding(opt["path"]) && purged(f)) return
  if (k in M) changed(f, "sysctl " opt["path"] " = " V[opt["path"]]); else added(f)
  # While a host boots, its network program may say so only now: what it says after the plan counts too.
  risk_of_setting(f); setting(opt["path"], opt["value"] (opt["path"] ~ /\/accept_ra$/ ? " where " V[opt["path"]] : ""))
}
function risk_of_setting(f) { if (CLIENT != "" && f ~ /(rp_filter|forwarding|accept_ra|disable_ipv6) = / && (dev == "" || dev == management())) risk(f) }
function no_sysctl(k,    path) {
  if (!(k in M)) return
  print k >(out "made.drop"); path = substr(k, 8)
  if (!(path in V)) return
  parse(old(k)); if (dev != "" && !stays(dev)) return
  if (V[path] == M[k]) return
  if (!((k, V[path]) in S_value)) { print "kept sysctl " path " = " V[path] " (not the value that wirework set)" >(out "notes"); return }
  if (is_forwarding(path) && docker_forwards) { print "kept sysctl " path " = 1 (networks of Docker need it)" >(out "notes"); return }
  removed(old(k)); risk_of_setting(old(k)); setting(path, M[k])
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
  rank = path ~ /\/accept_ra$/ ? 1 : is_forwarding(path) ? 2 : 3
  settings[rank] = settings[rank] path " " value "\n"; names(path)
}
'
