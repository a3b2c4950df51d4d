# A change that could cut the session that asks for it: the undo is on the host before the first step, outside of the
# session; the change is kept only when the session's client has answered over the changed path.
# shellcheck shell=sh disable=SC2016,SC2034

# By which link and from which address this host answers its client; empty without a session.
way_back() {
  set -f
  # shellcheck disable=SC2086 # four words
  set -- $SESSION
  set +f
  [ $# -eq 4 ] || return 0
  case $1 in *%*) set -- "$@" oif "${1#*%}" ;; *) set -- "$@" from "$(management_address)" ;; esac
  ip -o route get "$(client_address)" "$5" "$6" 2>&1 | awk '{
    for (i = 2; i < NF; i++) if ($i ~ /^(via|dev|src|table)$/) printf "%s %s ", $i, $(i + 1); if (!/ dev /) print }'
}

# What the session's socket says: bytes of ours that the client has acknowledged, and those that it has not.
session_bytes() {
  printf '%s\n' "$SESSION" >"$RUN/session"
  ss -Htni state established 2>/dev/null | awk '
    function plain(end) { gsub(/[][]/, "", end); sub(/^::ffff:/, "", end); sub(/%[^:]*/, "", end); return end }
    NR == FNR { for (i = 1; i <= 3; i += 2) sub(/%.*/, "", $i); client = plain($1 ":" $2); server = plain($3 ":" $4); next }
    !/^[ \t]/ { found = plain($3) == server && plain($4) == client; queued = $2; next }
    found { acked = 0; for (i = 1; i <= NF; i++) if ($i ~ /^bytes_acked:/) acked = substr($i, 13); print acked, queued; exit }' "$RUN/session" -
}

option() { sed -n "s/^$1 //p" "$RUN/lines" | head -n 1; }

armed_is() { [ "$(cat "$VOLATILE/armed" 2>/dev/null)" = "$1" ]; } # TOKEN

# arm: remembers the way back, and schedules the undo when something of the plan could touch that way.
arm() {
  WAY=$(way_back)
  ARMED=
  [ -s "$RUN/risk" ] && [ -n "$SESSION" ] || return 0
  WINDOW=$(option window)
  : "${WINDOW:=60}"
  # In a short window the run must still be able to say what happened, before the timer ends it.
  [ "$PROOF_WAIT" -le $((WINDOW / 2)) ] || PROOF_WAIT=$((WINDOW / 2))
  [ -n "$(session_bytes)" ] || fail "this change could cut the SSH session, and its socket cannot be seen here, so that nothing could prove that it did not; nothing was changed:
$(sed 's/^/  /' "$RUN/risk")
The session is \"$SESSION\"; ss -tn must show it (is sshd in another network namespace, or behind a port forwarder?)"
  ARMED=$(date +%s).$$
  printf '%s\n' "$ARMED" | put "$VOLATILE/armed" || fail "the undo cannot be armed; nothing was changed"
  # Monotonic, so that a clock that is set in between changes nothing; to the second, not to systemd's minute.
  if [ ! -d /run/systemd/system ] || ! timeout 20 systemd-run --quiet --collect --unit="wirework-undo-$ARMED" \
    --on-active="$WINDOW" --timer-property=AccuracySec=1s "$DISPATCHER" undo "$ARMED" >/dev/null 2>"$RUN/error"; then
    detached
  fi
  : >"$RUN/error"
}

# The one way to start what outlives this run: no session, no open files of ours, the lock among them.
detached() {
  setsid sh -c 'sleep "$1"; exec "$2" undo "$3"' sh "$WINDOW" "$DISPATCHER" "$ARMED" </dev/null >/dev/null 2>&1 8>&- 9>&- &
  printf '%s\n' "$!" >"$VOLATILE/armed.process"
}

disarm() {
  [ -n "${ARMED:-}" ] || return 0
  rm -f "$VOLATILE/armed"
  if [ -e "$VOLATILE/armed.process" ]; then
    kill "$(cat "$VOLATILE/armed.process")" 2>/dev/null || :
    rm -f "$VOLATILE/armed.process"
  else
    timeout 20 systemctl stop "wirework-undo-$ARMED.timer" >/dev/null 2>&1 || :
  fi
}

# prove_path: the client acknowledges what is sent to it after the change, twice, the second time when caches, carrier
# and neighbours have settled; and this host still answers it by the same way.
prove_path() {
  now=$(way_back)
  if [ "$now" != "$WAY" ] && [ "$(option allow)" != management-impact ]; then
    echo "this host would answer its SSH client by another way: $now (before: $WAY).
If that is meant: allowManagementImpact: true" >>"$RUN/error"
    return 1
  fi
  [ -n "$ARMED" ] || return 0
  client_answers "the change is made" && sleep "$SETTLE" && client_answers "the path has settled" || return 1
  armed_is "$ARMED" || { echo "the window of $WINDOW s was over" >>"$RUN/error"; return 1; }
}

client_answers() { # WHY
  set -- "$1" "$(session_bytes)"
  complain "$1; the SSH client must acknowledge this line, or the change is taken back"
  tries=0
  while ! session_bytes | awk -v before="${2% *}" '{ ok = $1 > before + 0 && $2 == 0 } END { exit !ok }'; do
    tries=$((tries + 1))
    if [ "$tries" -gt $((PROOF_WAIT * 5)) ]; then
      echo "the SSH session is cut: its client ($(client_address)) does not answer within $PROOF_WAIT s; way back now: $(way_back)" >>"$RUN/error"
      return 1
    fi
    sleep 0.2
  done
}

# undo TOKEN: what the timer runs. A token that is not the armed one is of a change that ended in time.
verb_undo() {
  token=$SESSION SESSION=
  armed_is "$token" || return 0
  # The change is late: whoever holds the lock with this token is stuck, and must not go on after the undo.
  holder=$(sed -n 's/.*(process \([0-9]*\),.*/\1/p' "$LOCK")
  if [ -n "$holder" ] && [ "${token#*.}" = "$holder" ]; then
    group=$(awk '{ sub(/.*\) /, ""); print $3 }' "/proc/$holder/stat" 2>/dev/null || :) # what it started has the lock too
    [ "${group:-0}" -le 1 ] || kill -KILL "-$group" 2>/dev/null || :
  fi
  lock
  armed_is "$token" || return 0
  : >"$RUN/error"
  recover || fail "the undo failed; the next run tries again: $(cat "$RUN/error")"
  rm -f "$VOLATILE/armed" "$VOLATILE/armed.process"
  units_follow
}
