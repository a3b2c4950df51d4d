# persistence auto: which program of this host brings an owner's facts back. Its lines are those `with` that program; the ledger
# keeps the others too, so that it can be asked again.
# shellcheck shell=sh disable=SC2016

CANDIDATES="networkd networkManager ifupdown" # the first whose conditions all hold

program_of() { # BACKEND
  case $1 in networkd) echo systemd-networkd ;; networkManager) echo NetworkManager ;; '') echo units ;; *) echo "$1" ;; esac
}

is_auto() { grep -qx 'persistence auto' "$1" 2>/dev/null; } # FILE
backend_in() { sed -n '/^persistence auto$/d; s/^persistence //p' "$1"; } # FILE

# ask_candidates FILE...: RUN/unmet has the conditions of all candidates that do not hold, each with the reason.
ask_candidates() {
  sed -n 's/^with [^ ]* require //p' "$@" | sort -u >"$RUN/require"
  unmet_requirements
}

# candidate FILE: the first that can; else nothing, or in RUN/reasons why each cannot.
candidate() {
  awk -v order="$CANDIDATES" -v reasons="$RUN/reasons" '
    FILENAME == ARGV[1] && /^  require / { condition = substr($0, 3); next }
    FILENAME == ARGV[1] { if (!(condition in unmet)) { sub(/^ +/, ""); sub(/; choose another persistence$/, ""); unmet[condition] = $0 }; next }
    $1 == "with" { offered[$2]; condition = substr($0, length($2) + 7); if ((condition in unmet) && !($2 in why)) why[$2] = unmet[condition] }
    END {
      n = split(order, name, " "); printf "" >reasons
      for (i = 1; i <= n; i++) {
        if (!(name[i] in offered)) why[name[i]] = "it cannot say all of these facts"
        if (!(name[i] in why)) { print name[i]; exit }
        print "  " name[i] ": " why[name[i]] >reasons
      }
    }' "$RUN/unmet" "$1"
}

# choose: RUN/text and RUN/facts get the files of the program that this host chooses; RUN/choice says which, and which it was.
choose() {
  : >"$RUN/choice"
  is_auto "$RUN/lines" || return 0
  ask_candidates "$RUN/lines"
  backend=$(candidate "$RUN/lines")
  echo "persistence auto: $(program_of "$backend")$(chosen_before "$(entry_of "$OWNER")" "$backend")" 2>/dev/null >"$RUN/choice" || no_room
  if [ -n "$backend" ]; then
    { echo "persistence $backend"; sed -n "s/^with $backend file /file /p" "$RUN/lines"; } >>"$RUN/text"
    facts_in "$RUN/text" >"$RUN/facts"
  else
    cat "$RUN/reasons" >>"$RUN/choice"
  fi
}
chosen_before() { # ENTRY BACKEND
  [ -e "$1" ] || return 0
  before=$(backend_in "$1")
  [ "$before" = "$2" ] || echo ", before: $(program_of "$before")"
}

# What this host would choose now, where that is another: of the lines given, and of an entry of the ledger.
given_moves() { sed -n '1{/, before: /s/^/- /p; }' "$RUN/choice"; }
ask_ledger() { xargs cat /dev/null <"$RUN/entries" >"$RUN/ledgers" && ask_candidates "$RUN/ledgers"; }
entry_moves() { # ENTRY, after ask_ledger
  is_auto "$1" || return 0
  now=$(candidate "$1")
  before=$(chosen_before "$1" "$now")
  [ -z "$before" ] || echo "- persistence auto: $(program_of "$now")$before"
}
