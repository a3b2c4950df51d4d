#!/bin/sh
# wirework dispatcher: keeps stdin, then runs the program version that the owner's stack installed.
# Its path never changes, so that a new version of the library changes no Command, and sudo can allow exactly this file.
set -eu
umask 077
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL

run=/run/wirework/run.$$ # the program has the same process id, and removes this at its end
rm -rf "$run"
mkdir -p "$run"
program=
case ${1:-} in
  boot | status | undo | watch | '') : >"$run/input" ;;
  *) cat >"$run/input" ;;
esac
case ${1:-} in
  # These bring the program along: it may not be here yet, or not any more.
  setup | uninstall) sed '1,/^program$/d' "$run/input" >"$run/wirework" ;;
esac
if [ -s "$run/wirework" ]; then
  program=$run/wirework
else
  stack=$(sed -n '3s|^owner \([A-Za-z0-9._-]*/[A-Za-z0-9._-]*\)/.*|\1|p' "$run/input")
  while read -r owner version; do # the stack's own, else the one that was installed last
    program=$version
    [ "${owner%/*}" != "$stack" ] || break
  done 2>/dev/null </var/lib/wirework/program || :
  case $program in
    '' | *[!0-9a-f]*) program= ;;
    *) program=/usr/local/lib/wirework/$program/wirework ;;
  esac
fi
if [ ! -f "$program" ]; then
  rm -rf "$run"
  echo "wirework: no program is installed on this host; run pulumi up --target '<URN of the Host>'" >&2
  exit 69
fi
exec /bin/sh "$program" "$@"
