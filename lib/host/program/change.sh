# A change: plan, intent, kernel, read back, ledger. Whatever ends it early, the intent says what may be there.
# shellcheck shell=sh disable=SC2016,SC2034

entry_of() { printf '%s/owners/%s' "$LEDGER" "$1"; }
facts_in() { [ ! -e "$1" ] || sed 1,3d "$1" | grep -Ev "$NO_FACT" || :; }

# execute: the plan in RUN. Errors go to RUN/error; the caller undoes.
execute() {
  put "$VOLATILE/made" <"$RUN/made.ahead" || return 1
  mark_daemon && put_files "$RUN/files" || return 1
  while read -r name; do modprobe "$name" 2>>"$RUN/error" || return 1; done <"$RUN/modules"
  ip_batch "$RUN/ip.first" || return 1
  take_values || return 1
  forward_each || return 1
  while read -r path value; do
    write_setting "$path" "$value" || { echo "sysctl $path = $value: the kernel refuses this value" >>"$RUN/error"; return 1; }
  done <"$RUN/sysctl" 2>>"$RUN/error" || return 1
  ip_batch "$RUN/ip.last" || return 1
  for batch in add4 add6 del4 del6; do
    ip_batch "$RUN/rule.$batch" "-${batch#???}" || return 1
  done
  ip_batch "$RUN/ip.end" || return 1
  end_clients && change_inside || return 1
  set_accepts -I "$RUN/accept.add" && set_nft && set_accepts -D "$RUN/accept.del" || return 1
  drop_flows
  drop_files "$RUN/files.last" && renew_docker || return 1
  # Nothing of it is forgotten while a boot could still bring back what it belongs to.
  keep_more_made || return 1
  awk -F "$TAB" 'FILENAME ~ /drop$/ { drop[$0]; next } !($1 in drop)' "$RUN/made.drop" "$VOLATILE/made" >"$RUN/made.now" || return 1
  if [ -s "$RUN/made.now" ]; then put "$VOLATILE/made" <"$RUN/made.now"; else rm -f "$VOLATILE/made"; fi
}

ip_batch() { # FILE [FAMILY]
  # shellcheck disable=SC2086 # none or one word
  [ ! -s "$1" ] || ip ${2:-} -batch "$1" >>"$RUN/error" 2>&1 || {
    number=$(sed -n 's/^Command failed .*:\([0-9]*\)$/\1/p' "$RUN/error" | tail -n 1)
    echo "command: ip $(sed -n "${number:-1}p" "$1" | sed 's/cookie [0-9a-f]*/cookie .../g')" >>"$RUN/error"
    return 1
  }
}

read_back() { # OWNER NEW SEEDS: planned again, nothing is left to do but what waits for the proof
  make_plan "$@" || return 1
  grep -Evq "$BOOTS" "$RUN/changes" || return 0
  { echo "the kernel does not read back what was set:"; sed 's/^/  /' "$RUN/drift"; } >>"$RUN/error"
  return 1
}

# recover: an unfinished change is taken back: what its intent and the ledger name goes to what the ledger says.
recover() {
  [ -e "$LEDGER/journal" ] || return 0
  hold_signals
  read -r left <"$LEDGER/journal" || return 1
  facts_in "$(entry_of "$left")" >"$RUN/back.new"
  { sed 1d "$LEDGER/journal"; cat "$RUN/back.new"; } >"$RUN/back.seeds"
  make_plan "$left" "$RUN/back.new" "$RUN/back.seeds" || return 1
  if [ -s "$RUN/blocked" ]; then
    cat "$RUN/blocked" >>"$RUN/error"
    return 1
  fi
  drop_leftovers && execute && persist && read_back "$left" "$RUN/back.new" "$RUN/back.seeds" || return 1
  settle_docker && rm -f "$LEDGER/journal"
}

recover_first() {
  : >"$RUN/error"
  recover || fail "an earlier change was interrupted and cannot be taken back; nothing else was changed:
$(sed 's/^/  /' "$RUN/error")
Remove what stands in the way, then run pulumi up again"
}

refuse_conflicts() {
  if [ "$VERB" != remove ] && [ -s "$RUN/conflicts" ]; then fail "conflicts on this host; nothing was changed:
$(sed 's/^/  /' "$RUN/conflicts")"; fi
  [ ! -s "$RUN/blocked" ] || fail "this would take away what wirework did not make; nothing was changed:
$(sed 's/^/  /' "$RUN/blocked")
Remove that first (a Docker network must be replaced with the link beneath it)"
}

# change NEW SEEDS: OWNER's facts become those of file NEW; the whole text for the ledger is in RUN/entry (absent: none).
change() {
  entry=$(entry_of "$OWNER")
  make_plan "$OWNER" "$1" "$2" || unreadable
  refuse_conflicts
  hold_signals
  for part in changes notes pending release; do cp "$RUN/$part" "$RUN/$part.first"; done # reading back plans again
  todo=$(cat "$RUN/changes" "$RUN/take" "$RUN/made.drop" | sed -n 1p)
  [ -z "$todo" ] || arm
  # Before the facts: a host must never boot with facts in its ledger that nobody brings back.
  ! needs_units "$1" || units_install
  if [ -n "$todo" ]; then
    { printf '%s\n' "$OWNER"; cat "$1"; } | put "$LEDGER/journal" || fail "the intent cannot be written; nothing was changed"
    if ! { execute && read_back "$OWNER" "$1" "$2" && prove_path && persist && commit; }; then undo; fi
    # Here the change is done: what fails from now on is said, and the next run mends it.
    { settle_docker && rm -f "$LEDGER/journal"; } || complain "the intent of a finished change is still there: $LEDGER/journal"
    disarm
  else
    commit || fail "the ledger cannot be written; nothing was changed"
  fi
  if needs_units "$1"; then watch_runs; else follow_units; fi
  release_leases "$RUN/release.first"
  ledger_changed
  [ -s "$RUN/changes.first" ] || say unchanged
  cat "$RUN/changes.first" "$RUN/notes.first" "$RUN/pending.first" >>"$RUN/out"
}

follow_units() { units_follow || complain "the boot units (wirework-early, -late and -watch) are not as they should be"; }

commit() {
  if [ -e "$RUN/entry" ]; then
    cmp -s "$RUN/entry" "$entry" || { mkdir -p "${entry%/*}" && put "$entry" <"$RUN/entry"; }
  else
    rm -f "$entry" && prune owners
  fi
}

# Directories that the owner leaves empty.
prune() { (cd "$LEDGER" && rmdir -p "$1/${OWNER%/*}" 2>/dev/null) || :; } # owners or secrets

# What was meant, for whom and where: a change that was taken back is a failure that must explain itself alone.
what_was_meant() { echo "host $HOST, owner $OWNER, facts:"; head -n 20 "$RUN/changes.first" | sed 's/^/  /'; }

undo() {
  cp "$RUN/error" "$RUN/reason"
  if recover; then
    disarm
    prune owners
    ledger_changed
    follow_units
    fail "the change failed and was taken back; the host is as before:
$(sed 's/^/  /' "$RUN/reason")
$(what_was_meant)"
  fi
  fail "the change failed and could not be taken back; the next run tries again:
$(sed 's/^/  /' "$RUN/reason" "$RUN/error")
$(what_was_meant)"
}

verb_apply() {
  read_input
  check_facts
  check_requirements "$RUN/lines"
  choose
  lock
  check_machine
  recover_first
  cat "$RUN/choice" >>"$RUN/out"
  facts_in "$(entry_of "$OWNER")" >"$RUN/seeds"
  cp "$RUN/text" "$RUN/entry"
  change "$RUN/facts" "$RUN/seeds"
}

verb_remove() {
  read_input
  check_facts
  lock
  check_machine
  recover_first
  # The given facts too: where the ledger was lost, links and routes that bear our mark still go.
  { facts_in "$(entry_of "$OWNER")"; cat "$RUN/facts"; sed -n 's/^with [^ ]* file /file /p' "$RUN/lines"; } >"$RUN/seeds"
  : >"$RUN/none"
  change "$RUN/none" "$RUN/seeds"
}

# plan_given: what would be done to make OWNER's facts the given ones.
plan_given() {
  : >"$RUN/error"
  facts_in "$(entry_of "$OWNER")" >"$RUN/seeds"
  make_plan "$OWNER" "$RUN/facts" "$RUN/seeds" || unreadable
}
unreadable() { fail "cannot read the kernel's state: $(cat "$RUN/error")"; }

verb_check() {
  read_input
  check_facts
  choose
  ask_wires
  lock
  check_machine
  plan_given
  [ ! -e "$LEDGER/journal" ] || echo "an earlier change was interrupted; the next run takes it back" >>"$RUN/drift"
  { given_moves; units_drift; } >>"$RUN/drift"
  cat "$RUN/drift" "$RUN/pending" >>"$RUN/out"
  [ -s "$RUN/drift" ] || { say "as declared"; return 0; }
  show
  exit 3
}

# stage: whether an apply would find a reason to refuse. Changes nothing.
verb_stage() {
  read_input
  check_facts
  check_requirements "$RUN/lines"
  choose
  lock
  check_machine
  plan_given
  refuse_conflicts
  cat "$RUN/choice" >>"$RUN/out"
  say "nothing stands in the way"
  cat "$RUN/notes" "$RUN/pending" >>"$RUN/out"
  sed -n '/^~ Docker is restarted/p' "$RUN/changes" >>"$RUN/out"
}

# drift: check for every owner of the asking stack at once, against the ledger. A preview waits for this: not for long, and
# of wires it is told what the watcher last heard.
verb_drift() {
  read_input
  LOCK_WAIT=5
  lock
  check_machine
  : >"$RUN/error"
  plan_ledger || unreadable
  ask_ledger
  interrupted=$(head -n 1 "$LEDGER/journal" 2>/dev/null || :)
  while read -r entry; do
    whose=${entry#"$LEDGER/owners/"}
    [ "${whose%/*}" = "${OWNER%/*}" ] || continue
    say "owner $whose"
    # What is there instead stands behind the fact that it belongs to.
    awk 'NR == FNR { if (FNR > 3) fact[$0]; next } /^- / { mine = substr($0, 3) in fact } mine' "$entry" "$RUN/drift" >>"$RUN/out"
    entry_moves "$entry" >>"$RUN/out"
    [ "$whose" != "$interrupted" ] || say "- an earlier change was interrupted; the next run takes it back"
  done <"$RUN/entries"
}
