# Proof from across a wire. Changes nothing.
# shellcheck shell=sh disable=SC2016

# prove: whether the other end answers across a wire, with frames as large as the wire says it can carry.
verb_prove() {
  read_input
  check_machine
  awk "$AWK_FACTS"'
    $1 == "timeout" && NF == 2 && is_number($2, 1, 3600) { next }
    $1 == "reach" && NF >= 6 && $(NF - 1) == "mtu" && is_number($NF, 1280, 65535) && $(NF - 3) == "dev" && is_link($(NF - 2)) {
      for (i = 2; i < NF - 3; i++) if (!is_address($i) || $i !~ /^fe80:/) exit 1
      next
    }
    { exit 1 }' "$RUN/lines" || fail "lines that prove does not understand:
$(cat "$RUN/lines")"
  start_clock
  sed -n 's/^reach //p' "$RUN/lines" >"$RUN/reach"
  while read -r words; do
    set -f
    # shellcheck disable=SC2086 # words of a line that was checked
    prove_reach $words
  done <"$RUN/reach"
}

prove_reach() { # ADDRESS... dev LINK mtu BYTES
  peers=
  while [ "$1" != dev ]; do
    peers="$peers $1"
    shift
  done
  wire=$2 mtu=$4
  [ -e "/sys/class/net/$wire" ] || fail "there is no link $wire on this host"
  until_deadline peer_answers || fail "the other end does not answer across $wire within $TIMEOUT s.
$(ip -s link show dev "$wire")
$(ip l2tp show tunnel 2>/dev/null)
check that both hosts reach each other at these addresses, that firewalls let the wire through, and that ids, ports and cookies of both ends agree"
  until_deadline peer_answers_full || fail "small frames cross $wire, full ones of $mtu bytes do not: a link on the path is too small for them, and drops their fragments.
Give pathMtu, or a smaller mtu"
  say "$peer answered across $wire, with frames of $mtu bytes"
}
# Plugged into a bridge, a link has no address of its own; then the bridge asks.
asks_by() { by=$(readlink "/sys/class/net/$wire/master") && printf %s "${by##*/}" || printf %s "$wire"; }
peer_answers() {
  for peer in $peers; do
    ping -6 -n -q -c 1 -W 1 "$peer%$(asks_by)" >/dev/null 2>&1 && return
  done
  return 1
}
peer_answers_full() { ping -6 -n -q -c 1 -W 2 -M "do" -s $((mtu - 48)) "$peer%$(asks_by)" >/dev/null 2>&1; }
