#!/bin/sh
# wirework: changes the network state of this host as a stack declares it, and takes it back.
# Usage: wirework VERB [SSH_CONNECTION], data on stdin. No value that comes in is ever run: no eval, no sh -c.
# shellcheck shell=sh disable=SC2034
set -eu
umask 077
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
unset IFS CDPATH

DISPATCHER=/usr/local/sbin/wirework   # the one fixed path that Commands and sudo name
VERSIONS=/usr/local/lib/wirework      # VERSIONS/<digest>/wirework: this program, as each stack installed it
LEDGER=/var/lib/wirework              # what was last applied: outlives a reboot
VOLATILE=/run/wirework                # what is true of this boot's kernel only: goes with it
LOCK=/run/wirework.lock
LOCK_WAIT=120
DOCKER_WAIT=60                        # a small machine just after boot needs half a minute to say its version
PROOF_WAIT=10                         # how long the SSH client may take to acknowledge a line
DOCKER_SHORT=10                       # how long a run under the lock waits for Docker to say what its containers are
WATCH_TICK=30                         # seconds until the watcher looks by itself
WATCH_REST=2                          # of what the kernel tells: this many times what the last round took, it is not heard
SETTLE=2                              # until caches, carrier and neighbours show what a change really did
UNITS=/etc/systemd/system
MARK=30583                            # group of our links: set atomically when a link is made
PROTO=119                             # protocol of our routes; not named in rt_protos
STATIC=4                              # protocol of all rules that systemd-networkd makes
FORMAT="wirework 1"
TAB=$(printf '\t')

# A busybox shell prefers its own applets to what is on PATH; its ip, flock and nsenter lack what is needed here.
IP=ip FLOCK=flock NSENTER=nsenter
IFS=:
for dir in $PATH; do
  [ "$IP" != ip ] || [ ! -x "$dir/ip" ] || IP=$dir/ip
  [ "$FLOCK" != flock ] || [ ! -x "$dir/flock" ] || FLOCK=$dir/flock
  [ "$NSENTER" != nsenter ] || [ ! -x "$dir/nsenter" ] || NSENTER=$dir/nsenter
done
unset IFS
ip() { "$IP" "$@"; }
flock() { "$FLOCK" "$@"; }
nsenter() { "$NSENTER" "$@"; }

# ---- words to the user -------------------------------------------------------------------------------------------

# A session that is gone must not end a change half-way: what cannot be written is dropped.
complain() { printf 'wirework: %s\n' "$*" >&2 || :; }

# fail TEXT: ends the program. Further lines of TEXT are details.
fail() {
  complain "$@"
  exit 1
}

# short TEXT: as much of what came in as an error needs.
short() { printf '%.200s' "$1"; }

WAY_OUT_OF_STATE="if the machine was rebuilt or replaced, drop what the stack remembers of it without dialling:
  pulumi state delete --target-dependents '<URN of the Host>'
and run pulumi up again"

# Output is kept until the work is done: an error of a closed pipe comes too late to harm.
say() { printf '%s\n' "$*" >>"$RUN/out"; }
show() { cat "$RUN/out" 2>/dev/null || :; }

milliseconds() { awk '{ printf "%d", $1 * 1000 }' /proc/uptime; }

# ---- files -------------------------------------------------------------------------------------------------------

# put FILE [MODE]: stdin becomes FILE, whole or not at all, and is on disk when this returns.
put() {
  if [ -L "$1" ]; then
    complain "$1 is a symbolic link; wirework writes only to files of its own. Remove it"
    return 1
  fi
  cat >"$1.wirework.new" && { [ -z "${2:-}" ] || chmod "$2" "$1.wirework.new"; } && sync "$1.wirework.new" && mv -f "$1.wirework.new" "$1" && sync "${1%/*}" && return
  rm -f "$1.wirework.new" # on a full disk it would hold the room that the next try needs
  return 1
}

# What a run found could not be kept. A shell that prints does not say why; dd does.
no_room() { fail "$RUN cannot be written; nothing was changed: $(dd if=/dev/zero of="$RUN/room" bs=64k count=1 2>&1 | sed -n 1p)"; }

# ---- one working directory per run, one change at a time per host --------------------------------------------------

open_run() {
  for dir in "$VOLATILE" "$LEDGER"; do
    [ ! -L "$dir" ] || fail "$dir is a symbolic link; wirework writes only to directories of its own. Remove it"
  done
  RUN=$VOLATILE/run.$$ # the dispatcher made it under the same process id, and put stdin there
  mkdir -p "$RUN"
  trap 'rm -rf "$RUN" || :' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  : >"$RUN/out"
  [ -e "$RUN/input" ] || : >"$RUN/input"
}

lock() {
  [ ! -L "$LOCK" ] || fail "$LOCK is a symbolic link. Remove it"
  while :; do
    exec 9>>"$LOCK"
    flock -w "$LOCK_WAIT" 9 ||
      fail "another run is changing this host and was not done after $LOCK_WAIT s: $(cat "$LOCK" 2>/dev/null || :). Wait for it, then run pulumi up again"
    # The last uninstall removes the lock file; who waited for it holds a lock that nobody else sees.
    [ "$(stat -Lc %i /proc/self/fd/9)" = "$(stat -c %i "$LOCK" 2>/dev/null || :)" ] && break
  done
  printf '%s (process %s, %s, since %s)\n' "$VERB" "$$" "${OWNER:-no owner}" "$(date -u +%FT%TZ)" >"$LOCK"
  for dir in "$VOLATILE"/run.*; do # left by runs that were killed
    pid=${dir##*.}
    [ "$pid" = "$$" ] || kill -0 "$pid" 2>/dev/null || rm -rf "$dir"
  done
}

# From here to the end nothing interrupts: a lost session, Ctrl-C and the stop of the machine find old or new state.
hold_signals() { trap '' HUP INT TERM PIPE; }
