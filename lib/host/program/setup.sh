# Installation and its undo: program versions, dispatcher, ledger, boot units.
# shellcheck shell=sh disable=SC2016,SC2034

# Every verb: is this the machine that the stack means?
check_machine() {
  [ -e "$LEDGER/machine" ] || fail "nothing of wirework is set up on this host, although the stack thinks so; nothing was changed.
If the Host was made anew, run pulumi up; $WAY_OUT_OF_STATE"
  same_machine
}

same_machine() {
  known=$(sed -n 's/^machine-id //p' "$LEDGER/machine")
  [ "$known" = "$(machine_id)" ] || fail "another machine at this address: its machine-id is $(machine_id), its ledger ($LEDGER) is of $known; nothing was changed.
If this is a copy of that machine's disk, remove $LEDGER here; $WAY_OUT_OF_STATE"
  known=$(sed -n 's/^host //p' "$LEDGER/machine")
  [ "$known" = "$HOST" ] || fail "this host is known as \"$known\", the stack calls it \"$HOST\"; nothing was changed.
Two stacks that share a host give it one identity; $WAY_OUT_OF_STATE"
}

verb_setup() {
  read_input
  preflight >"$RUN/problems" 2>&1
  [ ! -s "$RUN/problems" ] || fail "this host cannot be used as it is; nothing was changed:
$(cat "$RUN/problems")"
  check_requirements "$RUN/lines"
  [ ! -e "$DISPATCHER" ] || grep -q '^# wirework dispatcher' "$DISPATCHER" || fail "$DISPATCHER exists and is not wirework's; move it away"
  sed '1,/^program$/d' "$RUN/input" >"$RUN/program"
  if [ ! -s "$RUN/program" ] || ! /bin/sh -n "$RUN/program"; then
    fail "the program did not arrive whole; nothing was changed. Run pulumi up again"
  fi
  host_facts >"$RUN/out"
  lock
  [ ! -e "$LEDGER/machine" ] || same_machine
  hold_signals
  digest=$(sha256sum <"$RUN/program" | cut -c 1-12)
  mkdir -p "$LEDGER" "${DISPATCHER%/*}"
  # Registered first: whatever comes after is taken away by uninstall, which looks here.
  [ -e "$LEDGER/machine" ] || printf '%s\nhost %s\nmachine-id %s\n' "$FORMAT" "$HOST" "$(machine_id)" | put "$LEDGER/machine"
  installed=$(cat "$LEDGER/program" 2>/dev/null || :)
  { printf '%s\n' "$installed" | grep -v "^$OWNER \|^\$" || :; echo "$OWNER $digest"; } | put "$LEDGER/program"
  (
    umask 022 # root's programs may be read; the ledger may not
    if [ ! -e "$VERSIONS/$digest/wirework" ]; then
      mkdir -p "$VERSIONS/$digest"
      put "$VERSIONS/$digest/wirework" <"$RUN/program"
    fi
    chmod 0755 "$VERSIONS/$digest/wirework"
    dispatcher_text | put "$DISPATCHER"
    chmod 0755 "$DISPATCHER"
  )
  drop_versions
  units_follow
  # A watcher that runs already is of the program before.
  [ ! -d /run/systemd/system ] || timeout 60 systemctl --no-block try-restart wirework-watch.service >/dev/null 2>&1 || :
}

drop_versions() {
  for dir in "$VERSIONS"/*; do
    [ ! -d "$dir" ] || grep -q " ${dir##*/}\$" "$LEDGER/program" || rm -rf "$dir"
  done
}

verb_uninstall() {
  read_input
  lock
  # An uninstall that was interrupted, and is run again, finds nothing: that is what it wanted.
  if [ ! -e "$LEDGER/machine" ] && [ ! -e "$LEDGER/program" ]; then remove_all; say "nothing of wirework is here"; return; fi
  [ ! -e "$LEDGER/machine" ] || same_machine
  recover_first
  hold_signals
  others=$(grep -v "^$OWNER " "$LEDGER/program" 2>/dev/null || :)
  left=$(find "$LEDGER/owners" -type f ! -name '*.new' 2>/dev/null | sed "s|^$LEDGER/owners/||" | sort)
  [ -z "$others" ] || left=$(printf '%s\n' "$left" | grep "^${OWNER%/*}/" || :)
  [ -z "$left" ] || fail "facts of these owners are still on this host; nothing was changed:
$(printf '%s\n' "$left" | sed 's/^/  /')
Destroy them first; $WAY_OUT_OF_STATE"
  if [ -n "$others" ]; then
    printf '%s\n' "$others" | put "$LEDGER/program"
    drop_versions
    say "kept for: $(printf '%s\n' "$others" | sed 's/ .*//' | tr '\n' ' ')"
    return
  fi
  remove_all
}

# The dispatcher goes last of all (wirework.sh): an end half-way leaves it to the next uninstall.
remove_all() {
  rm -rf "$LEDGER/owners"
  : >"$RUN/entries"
  units_follow
  rm -rf "$VERSIONS" "$LEDGER"
  rm -f "$VOLATILE/made" "$LOCK"
  LAST=yes
}

# ---- units: there while the ledger has facts -----------------------------------------------------------------------

unit_text() { # early, late or watch
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
  printf '%s\n' "[Unit]" "Description=wirework: network facts of this host ($1)" "ConditionPathIsDirectory=$LEDGER/owners" "$order" "" \
    "[Service]" "Type=$type" "$stays" "ExecStart=$DISPATCHER $run" "" \
    "[Install]" "WantedBy=multi-user.target"
}

# Whether the unit in RUN/unit is as we wrote it, and enabled.
unit_stands() { cmp -s "$RUN/unit" "$UNITS/$1" && [ ! -L "$UNITS/$1" ] && [ -L "$UNITS/multi-user.target.wants/$1" ]; }

# What a hand did to the units: after the next boot nobody would bring the facts back.
units_drift() {
  [ -d "$UNITS" ] && has_facts || return 0
  for when in early late watch; do
    unit_text "$when" >"$RUN/unit"
    unit_stands "wirework-$when.service" || echo "- unit $UNITS/wirework-$when.service (missing, edited or not enabled)"
  done
}

units_install() {
  [ -d "$UNITS" ] || return 0 # another init: nothing here brings facts back at boot
  changed_units=
  for when in early late watch; do
    unit=wirework-$when.service
    unit_text "$when" >"$RUN/unit"
    wants=$UNITS/multi-user.target.wants
    if ! unit_stands "$unit"; then
      [ -d "$wants" ] || { mkdir -p "$wants" && : >"$LEDGER/made-wants"; }
      (umask 022 && put "$UNITS/$unit" <"$RUN/unit" && chmod 0644 "$UNITS/$unit") && ln -sf "$UNITS/$unit" "$wants/$unit" || return 1
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
  changed_units=
  for unit in wirework-watch.service wirework-early.service wirework-late.service; do
    [ -e "$UNITS/$unit" ] || [ -L "$UNITS/multi-user.target.wants/$unit" ] || continue
    # After a boot it counts as active, and systemd would remember it without its file.
    [ ! -d /run/systemd/system ] || { timeout 60 systemctl stop "$unit" && systemctl reset-failed "$unit"; } >/dev/null 2>&1 || :
    rm -f "$UNITS/multi-user.target.wants/$unit" "$UNITS/$unit"
    changed_units=yes
  done
  [ ! -e "$LEDGER/made-wants" ] || { rmdir "$UNITS/multi-user.target.wants" 2>/dev/null || :; rm -f "$LEDGER/made-wants"; }
  units_reload
}

# Not waited for: its first round wants the lock that this run holds.
watch_runs() {
  [ -d "$UNITS" ] && [ -d /run/systemd/system ] || return 0
  timeout 60 systemctl --no-block start wirework-watch.service >/dev/null 2>&1 || complain "the watcher did not start: systemctl status wirework-watch.service"
}

units_reload() {
  [ -n "$changed_units" ] && [ -d /run/systemd/system ] || return 0
  timeout 60 systemctl daemon-reload >/dev/null 2>&1 || complain "systemd did not reload its units; run: systemctl daemon-reload"
}
