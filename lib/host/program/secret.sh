# Secrets, which facts only name: their values come and go by inputs of their own, and stand where only root reads them.
# shellcheck shell=sh disable=SC2016

read_secrets() { # lines `K secret NAME VALUE`
  find "$LEDGER/secrets" -type f ! -name '*.new' -exec sed 's/^/K secret /' {} + 2>/dev/null || :
}

# secret: what facts of this owner name. Values that its ledger entry still names stay: the facts follow in another run.
verb_secret() {
  read_input
  lock
  check_machine
  awk "$AWK_FACTS"'$1 == "secret" && NF == 3 && is_secret($2) && $3 ~ /^[0-9a-f]+$/ && length($3) <= 128 { next } { exit 1 }' "$RUN/lines" ||
    fail "lines that secret does not understand; they are not shown"
  hold_signals
  file=$LEDGER/secrets/$OWNER
  mkdir -p "${file%/*}"
  named=$(grep -Eo 'cookie [0-9a-f]+' "$(entry_of "$OWNER")" 2>/dev/null | tr '\n' ' ' || :)
  {
    sed -n 's/^secret //p' "$RUN/lines"
    [ ! -e "$file" ] || awk -v named="$named" 'index(named, " " $1 " ")' "$file"
  } | awk '!($1 in seen) { seen[$1]; print }' | put "$file" || fail "the secrets cannot be written; nothing was changed"
  say "kept $(wc -l <"$file") secrets for $OWNER"
}

verb_forget() {
  read_input
  lock
  check_machine
  rm -f "$LEDGER/secrets/$OWNER"
  prune secrets
}
