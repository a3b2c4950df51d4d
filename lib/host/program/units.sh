# Units: what the host's init runs, there while the ledger has facts that no other program brings back.
# shellcheck shell=sh disable=SC2016,SC2034

SERVICES=/etc/init.d

# Which init runs here: systemd, openrc or sysvinit; empty: none that this program knows.
which_init() {
  if [ -d /run/systemd/system ]; then echo systemd
  elif [ -d /run/openrc ]; then echo openrc
  elif [ -e /etc/inittab ] && command -v update-rc.d >/dev/null 2>&1; then echo sysvinit
  elif [ -d "$UNITS" ]; then echo systemd
  fi
}

unit_path() { case $INIT in systemd) echo "$UNITS/wirework-$1.service" ;; *) echo "$SERVICES/wirework-$1" ;; esac; }
unit_mode() { case $INIT in systemd) echo 0644 ;; *) echo 0755 ;; esac; }

unit_text() { # early, late or watch
  what="wirework: network facts of this host ($1)"
  case $INIT in
    systemd) systemd_text "$1" ;;
    openrc) openrc_text "$1" ;;
    sysvinit) sysvinit_text "$1" ;;
  esac
}

systemd_text() {
  type=oneshot stays="RemainAfterExit=yes" run="boot $1"
  case $1 in
    # Before Docker, so that a container which starts by itself finds its links and rules; never waits for the network.
    early) order="Before=docker.service
After=systemd-sysctl.service systemd-modules-load.service" ;;
    # What was pending: links that Docker or the network manager bring.
    late) order="After=docker.service networking.service systemd-networkd.service NetworkManager.service nftables.service" ;;
    watch) order="After=wirework-late.service" type=simple stays="Restart=always
RestartSec=5" run=watch ;;
  esac
  printf '%s\n' "[Unit]" "Description=$what" "ConditionPathIsDirectory=$LEDGER/owners" "$order" "" \
    "[Service]" "Type=$type" "$stays" "ExecStart=$DISPATCHER $run" "" \
    "[Install]" "WantedBy=multi-user.target"
}

openrc_text() {
  printf '%s\n' "#!/sbin/openrc-run" "description=\"$what\""
  case $1 in
    early) printf '%s\n' "depend() { before docker; after sysctl modules; }" ;;
    late) printf '%s\n' "depend() { after docker net nftables iptables; }" ;;
    watch)
      printf '%s\n' "depend() { after wirework-late; }"
      watch_functions
      return ;;
  esac
  printf '%s\n' "start() {" "  [ -d $LEDGER/owners ] || return 0" "  ebegin \"Setting network facts ($1)\"" "  $DISPATCHER boot $1" '  eend $?' "}"
}

sysvinit_text() {
  case $1 in
    early) needs="\$local_fs" may="procps kmod" before="docker" ;;
    late) needs="\$local_fs" may="\$network docker nftables" before="" ;;
    watch) needs="\$local_fs wirework-late" may="" before="" ;;
  esac
  printf '%s\n' "#!/bin/sh" "### BEGIN INIT INFO" "# Provides:          wirework-$1" "# Required-Start:    $needs" "# Required-Stop:" \
    "# Should-Start:      $may" "# X-Start-Before:    $before" "# Default-Start:     2 3 4 5" "# Default-Stop:" \
    "# Short-Description: $what" "### END INIT INFO"
  case $1 in
    watch)
      watch_functions
      printf '%s\n' 'case ${1:-} in' "  start) start ;;" "  stop) stop ;;" "  restart | force-reload) stop; start ;;" "esac" ;;
    *)
      printf '%s\n' 'case ${1:-} in' "  start | restart | force-reload) [ ! -d $LEDGER/owners ] || $DISPATCHER boot $1 ;;" "esac" ;;
  esac
}

# Who stops the watcher may hold the lock that it waits for: all its processes end at once.
watch_functions() {
  printf '%s\n' "pidfile=/run/wirework-watch.pid" \
    "start() { start-stop-daemon --start --background --make-pidfile --pidfile \"\$pidfile\" --startas $DISPATCHER -- watch; }" \
    "stop() {" \
    '  [ -s "$pidfile" ] || return 0' \
    '  pid=$(cat "$pidfile")' \
    '  ! grep -qs wirework "/proc/$pid/cmdline" || kill -- "-$(awk '"'{ sub(/.*[)] /, \"\"); print \$3 }'"' "/proc/$pid/stat")"' \
    '  for _ in 1 2 3 4 5 6 7 8 9 10; do ! grep -qs wirework "/proc/$pid/cmdline" || sleep 1; done # it takes its files along' \
    '  rm -f "$pidfile"' \
    "}"
}

unit_enabled() { # early, late or watch
  case $INIT in
    systemd) [ -L "$UNITS/multi-user.target.wants/wirework-$1.service" ] ;;
    openrc) [ -L "/etc/runlevels/default/wirework-$1" ] ;;
    sysvinit) set -- /etc/rc2.d/S??wirework-"$1"; [ -L "$1" ] ;;
  esac
}
unit_enable() {
  case $INIT in
    systemd)
      [ -d "$UNITS/multi-user.target.wants" ] || { mkdir -p "$UNITS/multi-user.target.wants" && : >"$LEDGER/made-wants"; }
      ln -sf "$(unit_path "$1")" "$UNITS/multi-user.target.wants/wirework-$1.service" ;;
    openrc) rc-update add "wirework-$1" default >/dev/null ;;
    sysvinit) update-rc.d "wirework-$1" defaults >/dev/null ;;
  esac
}
unit_disable() {
  case $INIT in
    systemd) rm -f "$UNITS/multi-user.target.wants/wirework-$1.service" "$(unit_path "$1")" ;;
    openrc) rc-update del "wirework-$1" default >/dev/null 2>&1 || :; rm -f "$(unit_path "$1")" ;;
    # It wants the script to be gone, or to be forced.
    sysvinit) rm -f "$(unit_path "$1")"; update-rc.d "wirework-$1" remove >/dev/null ;;
  esac
}

# Whether the unit in RUN/unit is as we wrote it, and enabled.
unit_stands() {
  path=$(unit_path "$1")
  cmp -s "$RUN/unit" "$path" && [ ! -L "$path" ] && unit_enabled "$1"
}

# What a hand did to the units: after the next boot nobody would bring the facts back.
units_drift() {
  INIT=$(which_init)
  [ -n "$INIT" ] && has_facts || return 0
  for when in early late watch; do
    unit_text "$when" >"$RUN/unit"
    unit_stands "$when" || echo "- unit $(unit_path "$when") (missing, edited or not enabled)"
  done
}

units_install() {
  INIT=$(which_init)
  [ -n "$INIT" ] || return 0 # another init: nothing here brings facts back at boot
  changed_units=
  for when in early late watch; do
    unit_text "$when" >"$RUN/unit"
    if ! unit_stands "$when"; then
      (umask 022 && put "$path" "$(unit_mode)" <"$RUN/unit") && unit_enable "$when" || return 1
      changed_units=yes
    fi
  done
  units_reload
}

# Whether an owner has facts that no other program brings back at boot.
has_facts() {
  facts_of_others "" | awk '
    $3 == "persistence" { native[$2] } { owners[$2] }
    END { for (owner in owners) if (!(owner in native)) { print owner; exit } }' | grep -q .
}
needs_units() { [ -s "$1" ] && ! grep -q '^persistence ' "$1"; } # FACTS

units_follow() {
  if has_facts; then
    units_install && watch_runs
    return
  fi
  INIT=$(which_init)
  [ -n "$INIT" ] || return 0
  changed_units=
  for when in watch early late; do
    [ -e "$(unit_path "$when")" ] || unit_enabled "$when" || continue
    case $INIT in
      # After a boot it counts as active, and systemd would remember it without its file.
      systemd) [ ! -d /run/systemd/system ] || { timeout 60 systemctl stop "wirework-$when" && systemctl reset-failed "wirework-$when"; } >/dev/null 2>&1 || : ;;
      *) service "$when" stop || : ;;
    esac
    unit_disable "$when" || return 1
    changed_units=yes
  done
  [ ! -e "$LEDGER/made-wants" ] || { rmdir "$UNITS/multi-user.target.wants" 2>/dev/null || :; rm -f "$LEDGER/made-wants"; }
  units_reload
}

service() { # early, late or watch; ACTION
  case $INIT in
    openrc) timeout 60 rc-service "wirework-$1" "$2" ;;
    sysvinit) timeout 60 "$SERVICES/wirework-$1" "$2" ;;
  esac </dev/null >/dev/null 2>&1 8>&- 9>&-
}

# Not waited for: its first round wants the lock that this run holds.
watch_runs() {
  case $INIT in
    systemd) [ -d /run/systemd/system ] || return 0; timeout 60 systemctl --no-block start wirework-watch.service ;;
    openrc | sysvinit) service watch start ;;
  esac >/dev/null 2>&1 || complain "the watcher did not start: $(unit_path watch)"
}

# A watcher that runs already is of the program before.
watch_anew() {
  INIT=$(which_init)
  case $INIT in
    systemd) [ ! -d /run/systemd/system ] || timeout 60 systemctl --no-block try-restart wirework-watch.service ;;
    openrc | sysvinit) [ ! -e "$SERVICES/wirework-watch" ] || service watch restart ;;
  esac >/dev/null 2>&1 || :
}

units_reload() {
  [ -n "$changed_units" ] && [ -d /run/systemd/system ] || return 0
  timeout 60 systemctl daemon-reload >/dev/null 2>&1 || complain "systemd did not reload its units; run: systemctl daemon-reload"
}
