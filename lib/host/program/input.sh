# What a run is given on stdin: the header, the facts of one owner and what they require.
# shellcheck shell=sh disable=SC2016,SC2034

# read_input: RUN/input → HOST, OWNER, RUN/lines (what follows the header, up to `program`).
read_input() {
  sed '/^program$/,$d' "$RUN/input" >"$RUN/text"
  [ "$(wc -c <"$RUN/text")" -le 1048576 ] || fail "the input is longer than 1 MiB; split the component"
  if [ "$(tr -d '\n\040-\176' <"$RUN/text" | wc -c)" -ne 0 ]; then
    fail "the input holds bytes that are not printable ASCII; nothing was changed"
  fi
  { read -r first && read -r second && read -r third; } <"$RUN/text" || fail "the input lacks its header: $FORMAT, host, owner"
  [ "$first" = "$FORMAT" ] || fail "the input starts with \"$(short "$first")\", this program reads \"$FORMAT\"; update the Host first"
  HOST=${second#host } OWNER=${third#owner }
  case $second in "host "*) ;; *) fail "line 2 must be: host IDENTITY" ;; esac
  case $HOST in '' | *[!a-z0-9._-]*) fail "host \"$(short "$HOST")\": only a-z 0-9 . _ -" ;; esac
  [ ${#HOST} -le 64 ] || fail "host \"$(short "$HOST")\": at most 64 characters"
  case $third in "owner "*/*/*) ;; *) fail "line 3 must be: owner PROJECT/STACK/NAME" ;; esac
  case /$OWNER/ in
    *[!A-Za-z0-9._/-]* | */[!A-Za-z0-9]* | *//* | */*/*/*/*/*)
      fail "owner \"$(short "$OWNER")\": three parts, each of A-Z a-z 0-9 . _ -, beginning with a letter or digit" ;;
  esac
  [ ${#OWNER} -le 200 ] || fail "owner \"$(short "$OWNER")\": at most 200 characters" # it is also a link's alias
  sed 1,3d "$RUN/text" >"$RUN/lines"
}

# Every line again, whoever checked it before: all problems in one error.
check_facts() {
  awk "$AWK_FACTS"'
    { bad = parse($0) }
    bad && ++wrong <= 100 { printf "  %s%s\n    %s\n", substr($0, 1, 200), (length($0) > 200 ? "..." : ""), substr(bad, 1, 400) }
    END { if (wrong > 100) print "  and " (wrong - 100) " more"; exit (wrong > 0) }' "$RUN/lines" >"$RUN/wrong" || fail "facts that this program refuses; nothing was changed:
$(cat "$RUN/wrong")"
  facts_in "$RUN/text" >"$RUN/facts"
}

# decoded WORD: what stands behind its percent-encoding, and a dot, which keeps a newline at the end.
decoded() {
  # %XX to the octal form that printf knows
  printf '%b.' "$(printf %s "$1" | awk "$AWK_SHAPES"'
    { n = split($0, p, "%"); printf "%s", escaped(p[1]); for (i = 2; i <= n; i++) printf "\\0%03o%s", hex(tolower(substr(p[i], 1, 2))), escaped(substr(p[i], 3)) }
    function escaped(s) { gsub(/\\/, "\\0134", s); return s }')"
}
