# What is heard across wires and on LANs: once, as a proof, and of wires again and again. Changes nothing.
# shellcheck shell=sh disable=SC2016

# prove: `reach`, whether the other end answers across a wire, with frames as large as the wire says it can carry; or `free`,
# whether nobody on a LAN has an address that a container is to get.
verb_prove() {
  read_input
  check_machine
  CONTAINER=$(sed -n 's/^container //p' "$RUN/lines")
  awk -v container="$CONTAINER" "$AWK_FACTS"'
    $1 == "timeout" && NF == 2 && is_number($2, 1, 3600) { next }
    $1 == "reach" && parse($0) == "" { next }
    $1 == "container" && NF == 2 && is_name($2) || $1 == "mac" && NF == 2 && is_mac($2) { next }
    $1 == "free" && is_name(container) && is_address($2) && is_place($3 == "gateway" && is_address($4) ? 5 : 3) { next }
    { exit 1 }
    function is_place(i) {
      return $i == "dev" && is_link($(i + 1)) && (NF == i + 1 ||
        NF == i + 5 && $(i + 2) == "over" && is_link($(i + 3)) && $(i + 4) == "vlan" && is_number($(i + 5), 1, 4094))
    }' "$RUN/lines" || fail "lines that prove does not understand:
$(cat "$RUN/lines")"
  start_clock
  sed -n 's/^reach //p' "$RUN/lines" >"$RUN/wires"
  while read -r words; do
    set -f
    # shellcheck disable=SC2086 # words of a line that was checked
    wire_of $words
    prove_wire
  done <"$RUN/wires"
  ! grep -q '^free ' "$RUN/lines" || prove_free
}

wire_of() { # the words of the fact
  peers=$1
  if [ "$2" = or ]; then
    peers="$1 $3"
    shift 2
  fi
  wire=$3 mtu=$5
}

prove_wire() {
  [ -e "/sys/class/net/$wire" ] || fail "there is no link $wire on this host"
  until_deadline peer_answers || fail "the other end does not answer across $wire within $TIMEOUT s.
$(what_came)
$(ip -s link show dev "$wire")
$(ip l2tp show tunnel 2>/dev/null)
check that both hosts reach each other at these addresses, that firewalls let the wire through, and that ids, ports and cookies of both ends agree"
  until_deadline peer_answers_full || fail "small frames cross $wire, full ones of $mtu bytes do not: the other end has a smaller MTU, or a link on the path is too small for them and drops their fragments.
Give both ends one mtu, and pathMtu or a smaller mtu"
  say "$peer answered across $wire, with frames of $mtu bytes; $(traffic) since this end was made"
}
traffic() { awk 'NR == 1 { printf "%s frames came and ", $0 } NR == 2 { print $0 " went" }' "/sys/class/net/$wire/statistics/rx_packets" "/sys/class/net/$wire/statistics/tx_packets"; }

# Plugged into a bridge, a link has no address of its own; then the bridge asks.
asks_by() { by=$(readlink "/sys/class/net/$wire/master") && printf %s "${by##*/}" || printf %s "$wire"; }
peer_answers() {
  for peer in $peers; do
    ping -6 -n -q -c 1 -W 1 "$peer%$(asks_by)" >/dev/null 2>&1 && return
  done
  return 1
}
peer_answers_full() { ping -6 -n -q -c 1 -W 2 -M "do" -s $((mtu - 48)) "$peer%$(asks_by)" >/dev/null 2>&1; }

# what_came: what the kernel counted of the wire since this end was made. It tells what it drops by a module for debugging
# alone, which is there for as long as it is read; cookies, which it tells too, go no further.
what_came() {
  debugging=$([ ! -d /sys/module/l2tp_debugfs ] || echo yes)
  modprobe -q l2tp_debugfs 2>/dev/null || return 0
  unshare -m sh -c 'mount -n -t debugfs debugfs /sys/kernel/debug && cat /sys/kernel/debug/l2tp/tunnels' 2>/dev/null | awk -v wire="$wire" '
    $1 == "TUNNEL" || $1 == "SESSION" { of = $1; if (of == "TUNNEL") port = "" }
    $1 == "source" && $2 == "port" { port = sprintf(":%04X", $3) }
    NF > 1 && $(NF - 1) == "rx" { split($NF, n, "/"); came[of] = n[1]; dropped[of] = n[3] }
    $1 == "interface" && $2 == wire {
      if (dropped["SESSION"]) print "dropped here: " dropped["SESSION"] " frames of the other end, because their cookie is not the one that this end expects, or they came out of order"
      else if (came["SESSION"]) print "came here: " came["SESSION"] " frames of the other end; it does not hear this one, and says more about it"
      else if (port != "" && unread()) print "came here: packets of the other end for another session than this end has: the session ids of both ends do not agree"
      else print "came here: nothing of the other end for this session"
    }
    # What belongs to no session waits in the socket of the tunnel, from which nobody reads.
    function unread(    files, i, row, w) {
      split("/proc/net/udp /proc/net/udp6", files, " ")
      for (i in files) while ((getline row <files[i]) > 0) { split(row, w, " "); if (index(w[2], port) && w[5] !~ /:0+$/) return 1 }
    }' || :
  [ -n "$debugging" ] || rmmod l2tp_debugfs 2>/dev/null || :
}

# ask_wires: which of the wires in the ledger carry nothing, or no full frames; and says so when that changes. Whoever calls
# holds no lock: nobody waits for a network there.
ask_wires() {
  command -v ping >/dev/null 2>&1 || return 0
  ledger_entries | xargs sed -n 's/^reach //p' /dev/null | sort -u >"$RUN/wires"
  cat "$VOLATILE/reach" 2>/dev/null >"$RUN/reached" || :
  : >"$RUN/reach"
  while read -r words; do
    set -f
    # shellcheck disable=SC2086 # words of a line that was checked
    wire_of $words
    set +f
    [ -e "/sys/class/net/$wire" ] || continue
    is=$(wire_is)
    was=$(awk -v wire="$wire" '$1 == wire { print $2 }' "$RUN/reached")
    [ "${was:-answers}" = "$is" ] || complain "$wire: the other end: $is"
    if [ "$is" = "$was" ]; then grep "^$wire " "$RUN/reached"
    elif [ "$is" != answers ]; then printf '%s %s %s\n' "$wire" "$is" "$(date -u +%FT%TZ)"
    fi >>"$RUN/reach"
  done <"$RUN/wires"
  if [ -s "$RUN/reach" ]; then mv "$RUN/reach" "$VOLATILE/reach"; else rm -f "$VOLATILE/reach"; fi
}
# One word, for the file; a frame may be lost, two are not.
wire_is() {
  for peer in $peers $peers; do
    if peer_answers_full; then
      echo answers
      return
    fi
  done
  if peer_answers; then echo full-frames-lost; else echo silent; fi
}
