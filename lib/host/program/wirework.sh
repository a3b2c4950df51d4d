# The verbs.
# shellcheck shell=sh disable=SC2016,SC2034

verb_status() {
  [ -e "$LEDGER/machine" ] || { echo "wirework is not set up on this host"; return; }
  sed 1d "$LEDGER/machine"
  ask_wires
  echo
  while read -r stack version; do echo "program $version installed by $stack"; done <"$LEDGER/program"
  [ ! -e "$LEDGER/journal" ] || echo "an earlier change of $(head -n 1 "$LEDGER/journal") was interrupted; the next run takes it back"
  plan_ledger
  cp "$RUN/entries" "$RUN/each"
  ask_ledger
  while read -r entry; do
    printf '\nowner %s\n' "${entry#"$LEDGER/owners/"}"
    { sed '1,3d; /^with /d' "$entry"; entry_moves "$entry"; } | sed 's/^/  /'
  done <"$RUN/each"
  [ ! -s "$RUN/names" ] || { printf '\nbindings\n'; bindings; }
  leases >"$RUN/leases"
  [ ! -s "$RUN/leases" ] || { printf '\nleases\n'; cat "$RUN/leases"; }
  for part in drift conflicts pending; do
    [ ! -s "$RUN/$part" ] || { printf '\n%s\n' "$part"; sed 's/^/  /' "$RUN/$part"; }
  done
}

VERB=${1:-$(verb_of_reason)}
SESSION=${2:-}
OWNER=
LAST=
case $VERB in
  bound | renew | nak | deconfig | leasefail | bound6) ;; # of a DHCP client
  setup | apply | check | drift | remove | stage | secret | forget | verify | prove | measure | status | boot | watch | undo | uninstall) ;;
  *) fail "the verbs are setup, apply, check, drift, remove, stage, secret, forget, verify, prove, measure, status, boot, watch, undo and uninstall, not \"$VERB\"" ;;
esac
open_run
"verb_$VERB"
show
if [ -n "$LAST" ]; then
  rm -rf "$RUN"
  rmdir "$VOLATILE" 2>/dev/null || :
  rm -f "$DISPATCHER"
fi
