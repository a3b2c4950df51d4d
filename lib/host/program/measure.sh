# measure: a tool in a container of its own, once, on a network of this host. Its output is the answer; nothing else of it stays.
# shellcheck shell=sh disable=SC2016

MOST_OUTPUT=65536 # bytes: the answer stands in the stack's state
PULL_WAIT=600

verb_measure() {
  read_input
  check_machine
  awk "$AWK_FACTS"'
    $1 == "image" && NF == 2 && $2 ~ /^[A-Za-z0-9][A-Za-z0-9._:\/@-]*$/ { images++; next }
    $1 == "network" && NF == 2 && is_name($2) { networks++; next }
    $1 == "address" && NF == 2 && is_address($2) { next }
    $1 == "timeout" && NF == 2 && is_number($2, 1, 3600) { timeouts++; next }
    $0 == "allow failure" || $1 == "again" && NF == 2 { next }
    $1 == "exec" && NF > 1 && is_encoded($0) { next }
    { exit 1 }
    END { exit images != 1 || networks != 1 || timeouts != 1 }' "$RUN/lines" || fail "lines that measure does not understand:
$(cat "$RUN/lines")"
  IMAGE=$(option image)
  TOOL=wirework-$(printf %s "$OWNER" | sha256sum | cut -c 1-12) # one at a time of each owner
  drop_tool # of a run that was killed
  trap 'drop_tool; rm -rf "$RUN" || :' EXIT
  pull_image
  start_clock
  set -f
  # shellcheck disable=SC2046 # words of a line that was checked
  run_tool $(option exec)
  set +f
}

# Its container alone: a name is anybody's, the label is ours.
drop_tool() {
  timeout "$DOCKER_WAIT" docker ps --all --quiet --filter "name=^/$TOOL\$" --filter "label=wirework.owner=$OWNER" 2>/dev/null </dev/null |
    while read -r id; do timeout "$DOCKER_WAIT" docker rm --force "$id" >/dev/null 2>&1 </dev/null || :; done
}

pull_image() {
  timeout "$DOCKER_WAIT" docker image inspect "$IMAGE" >/dev/null 2>&1 </dev/null && return
  timeout "$PULL_WAIT" docker pull --quiet "$IMAGE" >/dev/null 2>"$RUN/error" </dev/null || fail "this host has no image $IMAGE, and cannot pull it:
$(tail -n 3 "$RUN/error")"
}

run_tool() { # words, percent-encoded
  set -- "$IMAGE" "$@"
  for word in "$@"; do
    shift
    word=$(decoded "$word")
    set -- "$@" "${word%.}"
  done
  printf '%s ' "$@" >"$RUN/words"
  while read -r what address; do
    [ "$what" = address ] || continue
    case $address in *:*) set -- --ip6 "$address" "$@" ;; *) set -- --ip "$address" "$@" ;; esac
  done <"$RUN/lines"
  code=0
  timeout -k 5 "$TIMEOUT" docker run --rm --name "$TOOL" --label "wirework.owner=$OWNER" --network "$(option network)" "$@" \
    >"$RUN/measured" 2>"$RUN/error" </dev/null || code=$?
  [ "$(milliseconds)" -lt "$DEADLINE" ] || measured_nothing "did not end within $TIMEOUT s"
  [ "$code" -ne 125 ] || measured_nothing "could not be started on network $(option network)"
  [ "$code" -eq 0 ] || grep -qx 'allow failure' "$RUN/lines" || measured_nothing "ended with code $code"
  say "exit $code"
  tr -d '\000' <"$RUN/measured" | head -c "$MOST_OUTPUT" >>"$RUN/out"
  more=$(($(wc -c <"$RUN/measured") - MOST_OUTPUT))
  [ "$more" -le 0 ] || complain "of what the tool printed, the last $more bytes are cut off"
}
measured_nothing() {
  fail "the tool $1: $(short "$(cat "$RUN/words")")
$(tail -n 5 "$RUN/measured" "$RUN/error" 2>/dev/null | grep -v '^==> ' | grep . || :)"
}
