# What brings facts back without a run: at boot, and whenever something happened that may have taken one away.
# shellcheck shell=sh disable=SC2016,SC2034

# boot: every fact of the ledger. One owner's failure must not keep the others from their facts.
verb_boot() {
  [ "$SESSION" != early ] || links_come
  lock
  boot_ledger
}

# Docker gives up a network whose parent is not there when it starts, or makes a VLAN of its own. So early in a boot a NIC may
# still be on its way: udev says when no more is to come, which it does at once where a NIC is gone for good.
links_come() {
  command -v udevadm >/dev/null 2>&1 || return 0
  ledger_entries | while read -r entry; do cat "$entry"; done | awk '
    $1 == "link" { ours[$2] }
    { for (i = 2; i < NF; i++) if ($i == "parent") wanted[$(i + 1)] }
    END { for (name in wanted) if (!(name in ours)) print name }' |
    while read -r name; do
      [ -e "/sys/class/net/$name" ] || { udevadm settle --timeout=60 || :; break; }
    done
}

boot_ledger() {
  HOST=$(sed -n 's/^host //p' "$LEDGER/machine" 2>/dev/null || :)
  check_machine
  # What was interrupted; after a boot, the files that it left.
  : >"$RUN/error"
  recover || complain "an interrupted change cannot be taken back: $(cat "$RUN/error")"
  hold_signals
  boot_facts plan_ledger && return 0
  cp "$RUN/entries" "$RUN/each"
  failed=
  while read -r entry; do
    facts_in "$entry" >"$RUN/all"
    whose=${entry#"$LEDGER/owners/"}
    boot_facts make_plan "$whose" "$RUN/all" "$RUN/all" || { complain "owner $whose: $(cat "$RUN/error")"; failed=yes; }
  done <"$RUN/each"
  [ -z "$failed" ]
}

boot_facts() { # what plans them
  : >"$RUN/error"
  "$@" && execute && persist || return 1
  cat "$RUN/changes" "$RUN/conflicts" "$RUN/pending" >>"$RUN/out"
}

# watch: what the kernel drops with a link that goes down, or another program takes away, comes back within seconds;
# what was pending comes with its link or its container. Every event is only a reason to compare everything with the
# ledger. The lock keeps it from a change that is armed: until that is proved or undone, the ledger is not touched.
verb_watch() {
  rm -f "$VOLATILE/events"
  mkfifo "$VOLATILE/events"
  exec 7<>"$VOLATILE/events"
  echo 0.5 >"$RUN/rest"
  follow_kernel >&7 &
  # nft and sysctl tell nobody. Where a look takes long, there are fewer of them.
  while sleep "$WATCH_TICK" && sleep "$(cat "$RUN/rest")"; do echo tick; done >&7 &
  containers='' followed='' asked=0
  trap 'kill $(jobs -p) 2>/dev/null || :; rm -rf "$RUN" "$VOLATILE/events"' EXIT
  trap 'exit 0' TERM # or systemd takes a stop for a failure
  while :; do
    (watch_round) || :
    follow_containers
    follow_leases
    if [ "$(milliseconds)" -ge $((asked + WATCH_TICK * 1000)) ]; then
      asked=$(milliseconds)
      ask_wires &
    fi
    dd bs=65536 count=1 <&7 >/dev/null 2>&1 & # all that has come since, at once
    wait "$!" || exit 0 # a stop does not wait for the next event
    sleep 0.1
  done
}

watch_round() {
  lock
  began=$(milliseconds)
  if boot_ledger; then
    cat "$RUN/changes"
    [ ! -s "$RUN/clients.next" ] || echo interface >&7 # it is there now, and asks for a lease
  fi
  : >"$RUN/out"
  took=$(($(milliseconds) - began))
  [ "$took" -ge 250 ] || took=250
  echo "$((took * WATCH_REST / 1000)).$(printf %03d $((took * WATCH_REST % 1000)))" >"$RUN/rest"
}

# Of what the kernel tells, only that it told something, and then nothing for a while: where a routing daemon changes
# routes all the time, the watcher must not do nothing but read them.
follow_kernel() {
  while :; do
    ip monitor link address route rule 2>/dev/null | while [ "$(dd bs=65536 count=1 2>/dev/null | wc -c)" -gt 0 ]; do
      echo kernel
      sleep "$(cat "$RUN/rest")"
    done
    sleep 1
  done
}

# Containers that facts name are followed while there are any; started anew when they are others.
follow_containers() {
  names=$(cat "$RUN/names" 2>/dev/null || :)
  [ "$names" != "$containers" ] || return 0
  [ -z "$followed" ] || kill "$followed" 2>/dev/null || :
  containers=$names followed=
  [ -n "$names" ] || return 0
  set --
  for name in $names; do set -- "$@" --filter "container=$name"; done
  follow_docker "$@" >&7 &
  followed=$!
}

# What was missed while Docker was away, or before it listened, is asked for again: the last seconds of its own memory,
# and a look at everything.
follow_docker() { # filters
  trap 'kill "$events" 2>/dev/null; exit 0' TERM
  while :; do
    if docker_listens; then
      docker events --since 10s --filter type=container --filter event=start --filter event=die --filter event=rename "$@" \
        --format '{{.Action}}' 2>/dev/null &
      events=$!
      echo docker
      wait "$events" || :
      echo docker
    fi
    sleep 1 &
    events=$!
    wait "$events" || :
  done
}

# ledger_changed: the watcher is told of facts that changed nothing in the kernel yet. Opened for both directions, because
# that never waits for a reader.
ledger_changed() {
  facts_of_others "" | grep -q ' container ' || rm -f "$VOLATILE/containers" || : # the change is done
  [ ! -p "$VOLATILE/events" ] || echo ledger 1<>"$VOLATILE/events"
}
