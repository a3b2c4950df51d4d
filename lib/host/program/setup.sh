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
  # What is installed is what runs: it came with this run, and unpack.sh found it whole.
  if [ "${0%/*}" != "$RUN" ] || ! /bin/sh -n "$0"; then
    fail "the program did not arrive whole; nothing was changed. Run pulumi up again"
  fi
  host_facts >"$RUN/out"
  lock
  [ ! -e "$LEDGER/machine" ] || same_machine
  hold_signals
  digest=$(sha256sum <"$0" | cut -c 1-12)
  mkdir -p "$LEDGER" "${DISPATCHER%/*}"
  # Registered first: whatever comes after is taken away by uninstall, which looks here.
  [ -e "$LEDGER/machine" ] || printf '%s\nhost %s\nmachine-id %s\n' "$FORMAT" "$HOST" "$(machine_id)" | put "$LEDGER/machine"
  installed=$(cat "$LEDGER/program" 2>/dev/null || :)
  { printf '%s\n' "$installed" | grep -v "^$OWNER \|^\$" || :; echo "$OWNER $digest"; } | put "$LEDGER/program"
  (
    umask 022 # root's programs may be read; the ledger may not
    mkdir -p "$VERSIONS/$digest"
    # Another stack may be about to run them: they are never there without their mode.
    [ -x "$VERSIONS/$digest/wirework" ] || put "$VERSIONS/$digest/wirework" 0755 <"$0"
    dispatcher_text | put "$DISPATCHER" 0755
  )
  drop_versions
  units_follow
  watch_anew
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
  left=$(ledger_entries | sed "s|^$LEDGER/owners/||" | sort)
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
  rm -f "$VOLATILE/made" "$VOLATILE/reach" "$LOCK"
  LAST=yes
}
