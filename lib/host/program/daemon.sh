# daemon: keys of Docker's own configuration. Key by key: what others have in that file stays, byte by byte.
# shellcheck shell=sh disable=SC2016,SC2034

DAEMON_FILE=/etc/docker/daemon.json
DOCKER_BACK=60 # seconds in which a restarted Docker must answer

# dockerd as it runs: PID and the time it began; nothing where it does not.
docker_process() {
  pid=$(cat /run/docker.pid 2>/dev/null || :)
  [ -n "$pid" ] && [ -n "$(readlink "/proc/$pid/exe")" ] && [ "$(cat "/proc/$pid/comm")" = dockerd ] || return 0
  echo "$pid $(process_began "$pid")"
}
# The words that it is started with, one a line, beside those of the file.
docker_words() {
  files="/etc/default/docker /etc/conf.d/docker"
  if [ -d /run/systemd/system ]; then
    systemctl show --property ExecStart --value docker.service | sed -n 's/.*argv\[\]=[^ ]* \(.*\) ; ignore_errors=.*/\1/p'
    systemctl show --property Environment --value docker.service | tr ' ' '\n' | sed -n 's/^[A-Z_]*=//p'
    files=$(systemctl show --property EnvironmentFiles --value docker.service | sed 's/ (ignore_errors=.*//; s/^-//')
  fi
  for file in $files; do sed -n 's/^[[:blank:]]*\(export \)\{0,1\}[A-Z_]*=//p' "$file" 2>/dev/null; done | tr -d "\"'"
}

# `known |LINE` what the dockerd that runs has read, where that is not what is there now; `runs`; `restarts`: it was stopped for
# a change, and has not come back yet; `may` be restarted, also to take such a change back; `stops NAME`; and for new facts `version`, `flag KEY`,
# `unknown KEY`, `network PREFIX NAME` of Docker's own.
read_daemon() { # VIEW
  has_kind daemon "$1" || [ -e "$VOLATILE/daemon.restarts" ] || return 0
  process=$(docker_process)
  if [ -n "$process" ]; then
    echo "K daemon runs"
    if [ "$(cat "$VOLATILE/daemon" 2>/dev/null)" = "$process" ]; then echo "K daemon had"; sed 's/^/K daemon known |/' "$VOLATILE/daemon.json"; fi
    [ "$(timeout "$DOCKER_SHORT" docker info --format '{{.LiveRestoreEnabled}}' 2>/dev/null)" = true ] || timeout "$DOCKER_SHORT" docker ps --format 'K daemon stops {{.Names}}' 2>/dev/null || :
  fi
  [ ! -e "$VOLATILE/daemon.restarts" ] || echo "K daemon restarts"
  if [ -e "$VOLATILE/daemon.restarted" ] || grep -qx 'allow docker-restart' "$RUN/lines" 2>/dev/null; then echo "K daemon may"; fi
  grep -q '^N daemon ' "$1" || return 0
  docker_words | tr -s ' \t' '\n' | sed '/^$/d; /^\$/d' >"$RUN/daemon.words"
  sed -n 's/^--\([a-z0-9-]*\).*/K daemon flag \1/p' "$RUN/daemon.words"
  ! grep -q '^N daemon fixed-cidr-v6 ' "$1" || docker_prefixes
  command -v dockerd >/dev/null 2>&1 || return 0
  dockerd --version 2>/dev/null | sed -n 's/^Docker version \([0-9][0-9.]*\).*/K daemon version \1/p'
  dockerd --help 2>/dev/null >"$RUN/daemon.help" || return 0
  [ ! -s "$RUN/daemon.help" ] || sed -n 's/^N daemon \([a-z0-9-]*\) .*/\1/p' "$1" | while read -r key; do
    grep -q -e "--${key%s} " -e "--$key " "$RUN/daemon.help" || echo "K daemon unknown $key"
  done
}

# The default bridge aside: it is what gets another one.
docker_prefixes() {
  networks=$(docker_says ls --format '{{.Name}}' | grep -vx bridge)
  # shellcheck disable=SC2086 # names
  [ -z "$networks" ] || docker_says inspect --format '{{$name := .Name}}{{range .IPAM.Config}}K daemon network {{.Subnet}} {{$name}}{{"\n"}}{{end}}' $networks | sed '/^$/d'
}

# Docker's own judgement of the file to come, with the words that it is started with (from Docker 23 on).
validate_daemon() { # → a line when it refuses
  grep -qs -e --validate "$RUN/daemon.help" || return 0
  text=$(sed -n "s|^[^ ]* $DAEMON_FILE ||p" "$RUN/files")
  [ -n "$text" ] || return 0
  printf '%b' "$text" >"$RUN/daemon.try"
  set -f
  # shellcheck disable=SC2046 # words
  timeout "$DOCKER_WAIT" dockerd $(cat "$RUN/daemon.words") --validate --config-file "$RUN/daemon.try" >"$RUN/daemon.said" 2>&1 || {
    set +f
    printf 'daemon: Docker refuses the file that would come of it:\n  %s\n' "$(tail -n 1 "$RUN/daemon.said")"
    return 0
  }
  set +f
}

# mark_daemon: before the file changes: what was there outlives a reboot, as the file does; and what the dockerd that runs has read.
mark_daemon() {
  grep -q -e "^[^ ]* $DAEMON_FILE " -e "^$DAEMON_FILE\$" "$RUN/files" "$RUN/files.last" || return 0
  keep_more_made || return 1
  process=$(docker_process)
  if [ -z "$process" ] || [ "$(cat "$VOLATILE/daemon" 2>/dev/null)" = "$process" ]; then return 0; fi
  { cat "$DAEMON_FILE" 2>/dev/null || :; } | put "$VOLATILE/daemon.json" && printf '%s\n' "$process" | put "$VOLATILE/daemon"
}

# renew_docker: the file is in place; Docker is restarted where that is planned, and what ran runs again.
renew_docker() {
  if [ ! -s "$RUN/daemon" ]; then
    [ -e "$VOLATILE/daemon" ] || return 0
    ! { cat "$DAEMON_FILE" 2>/dev/null || :; } | cmp -s - "$VOLATILE/daemon.json" || rm -f "$VOLATILE/daemon" "$VOLATILE/daemon.json"
    return 0
  fi
  [ -e "$VOLATILE/daemon.restarts" ] || { timeout "$DOCKER_SHORT" docker ps --quiet --no-trunc 2>/dev/null || :; } | put "$VOLATILE/daemon.restarts" || return 1
  if ! { restart_docker && docker_is_back && docker_has_again; }; then
    docker_failure >>"$RUN/error"
    return 1
  fi
  docker_process | put "$VOLATILE/daemon" && { cat "$DAEMON_FILE" 2>/dev/null || :; } | put "$VOLATILE/daemon.json" || return 1
  mv "$VOLATILE/daemon.restarts" "$VOLATILE/daemon.restarted"
}
# The change is over, or taken back: until then whoever comes after a killed run may restart Docker, with the file of before.
settle_docker() { [ ! -e "$VOLATILE/daemon.restarted" ] || rm -f "$VOLATILE/daemon.restarted" "$VOLATILE/daemon" "$VOLATILE/daemon.json"; }
restart_docker() {
  if [ -d /run/systemd/system ]; then
    timeout 20 systemctl reset-failed docker.service || :
    timeout $((2 * DOCKER_BACK)) systemctl restart docker.service
  elif [ -d /run/openrc ]; then timeout $((2 * DOCKER_BACK)) rc-service docker restart
  else timeout $((2 * DOCKER_BACK)) "$SERVICES/docker" restart
  fi </dev/null >/dev/null 2>&1 8>&- 9>&-
}
docker_is_back() {
  until=$(($(milliseconds) + DOCKER_BACK * 1000))
  while ! timeout "$DOCKER_SHORT" docker version >/dev/null 2>&1; do
    [ "$(milliseconds)" -lt "$until" ] || return 1
    sleep 0.5
  done
}
# The default bridge has the prefix, and every container that ran runs: without a restart policy Docker leaves it stopped.
docker_has_again() {
  read -r _ prefix <"$RUN/daemon" || :
  if [ -n "${prefix:-}" ]; then
    docker_says inspect --format '{{.EnableIPv6}}{{range .IPAM.Config}} {{.Subnet}}{{end}}' bridge >"$RUN/daemon.bridge"
    grep -q "^true.* $prefix\( \|\$\)" "$RUN/daemon.bridge" || { echo "the default bridge has: $(cat "$RUN/daemon.bridge"), not $prefix" >>"$RUN/error"; return 1; }
  fi
  timeout "$DOCKER_WAIT" docker ps --quiet --no-trunc 2>/dev/null >"$RUN/daemon.ran" || return 1
  grep -vxF -f "$RUN/daemon.ran" "$VOLATILE/daemon.restarts" >"$RUN/daemon.stopped" || return 0
  while read -r id; do timeout "$DOCKER_WAIT" docker start "$id" >/dev/null 2>>"$RUN/error" </dev/null || complain "container $id ran before Docker was restarted, and does not start again"; done <"$RUN/daemon.stopped"
}
docker_failure() {
  echo "Docker did not come back with the new $DAEMON_FILE"
  [ ! -d /run/systemd/system ] || timeout 20 journalctl --unit docker.service --lines 20 --no-pager --output cat 2>/dev/null | grep -i 'fail\|error\|unable\|conflict' | tail -n 3
}

# Part of the plan's program.
AWK_DAEMON='
# The members of the object at the top of a text: J_key, and J_from, J_value, J_end in it. Returns what is wrong.
function json(text) {
  J = text; JP = 1; JF = ""; J_n = 0; js_space()
  if (substr(J, JP, 1) != "{") return "holds no object in braces"
  js_value(0); js_space()
  if (JF == "" && JP <= length(J)) JF = "goes on behind its end"
  return JF
}
function js_space() { while (substr(J, JP, 1) ~ /[ \t\r\n]/) JP++ }
function js_wants(c) { js_space(); if (substr(J, JP, 1) == c) { JP++; return 1 } if (JF == "") JF = "is no JSON: at its character " JP " it wants " c; return 0 }
function js_text(    from, c) {
  if (!js_wants("\"")) return ""
  for (from = JP; JP <= length(J); JP++) { c = substr(J, JP, 1); if (c == "\"") return substr(J, from, JP++ - from); if (c == "\\") JP++ }
  JF = "is no JSON: a text has no end"; return ""
}
function js_value(level,    c, i, name) {
  js_space(); c = substr(J, JP, 1)
  if (c == "\"") { js_text(); return }
  if (c != "{" && c != "[") {
    if (match(substr(J, JP, 40), /^(true|false|null|-?[0-9]+([.][0-9]+)?([eE][-+]?[0-9]+)?)/)) JP += RLENGTH
    else if (JF == "") JF = "is no JSON: at its character " JP " it wants a value"
    return
  }
  JP++; js_space(); if (substr(J, JP, 1) == (c == "{" ? "}" : "]")) { JP++; return }
  while (JF == "") {
    js_space(); i = 0
    if (c == "{") {
      if (level == 0) { i = ++J_n; J_from[i] = JP }
      name = js_text(); js_wants(":"); js_space()
      if (i) { J_key[i] = name; J_value[i] = JP }
    }
    js_value(level + 1); if (i) J_end[i] = JP
    js_space(); if (substr(J, JP, 1) == ",") { JP++; continue }
    js_wants(c == "{" ? "}" : "]"); return
  }
}
function js_at(name,    i, found) { for (i = 1; i <= J_n; i++) if (J_key[i] == name) found = i; return found }
function js_found(name,    i) { i = js_at(name); return i ? substr(J, J_value[i], J_end[i] - J_value[i]) : "" }
# Without the spaces between its words.
function js_short(text,    i, c, quoted, result) {
  for (i = 1; i <= length(text); i++) {
    c = substr(text, i, 1)
    if (quoted && c == "\\") { result = result c substr(text, ++i, 1); continue }
    if (c == "\"") quoted = !quoted
    if (quoted || c !~ /[ \t\r\n]/) result = result c
  }
  return result
}
function js_plain(text) { text = js_short(text); gsub(/"/, "", text); return text }
# The text with a member set, or without it where value is empty. A new one stands last, as its neighbours stand.
function js_with(text, name, value,    i, gap) {
  json(text); i = js_at(name)
  if (value == "") {
    if (!i) return text
    if (i > 1) return substr(text, 1, J_end[i - 1] - 1) substr(text, J_end[i])
    if (J_n > 1) return substr(text, 1, J_from[1] - 1) substr(text, J_from[2])
    match(text, /^[ \t\r\n]*\{/); return substr(text, 1, RLENGTH) "}" substr(text, index(substr(text, J_end[1]), "}") + J_end[1])
  }
  if (i) return substr(text, 1, J_value[i] - 1) value substr(text, J_end[i])
  if (J_n == 0) { i = index(text, "{"); return substr(text, 1, i) "\n  \"" name "\": " value "\n}" substr(text, i + 1 + index(substr(text, i + 1), "}")) }
  gap = J_n > 1 ? substr(text, J_end[J_n - 1] + 1, J_from[J_n] - J_end[J_n - 1] - 1) : substr(text, index(text, "{") + 1, J_from[1] - index(text, "{") - 1)
  sub(/^.*,/, "", gap)
  return substr(text, 1, J_end[J_n] - 1) "," gap "\"" name "\": " value substr(text, J_end[J_n])
}
# On one line, as printf %b takes it.
function js_line(text,    n, i, p, result) {
  gsub(/\\/, "&&", text); n = split(text, p, "\n"); result = p[1]
  for (i = 2; i <= n; i++) result = result "\\n" p[i]
  sub(/^ /, "\\0040", result); sub(/^\t/, "\\0011", result); return result
}
function js_lines(line,    n, i, p, result) {
  sub(/^\\0040/, " ", line); sub(/^\\0011/, "\t", line)
  n = split(line, p, "\\\\"); for (i = 1; i <= n; i++) { result = result (i > 1 ? "\\" : "") js_breaks(p[i]) } return result
}
function js_breaks(text,    n, i, p, result) { n = split(text, p, /\\n/); result = p[1]; for (i = 2; i <= n; i++) result = result "\n" p[i]; return result }

function daemon_line() {
  if ($3 == "known") D_known = D_known substr($0, 17) "\n"
  else if ($3 == "network") { D_networks++; D_subnet[D_networks] = $4; D_network[D_networks] = $5 }
  else if ($3 == "stops") D_stops = D_stops " " $4
  else if ($3 ~ /^(flag|unknown)$/) D[$3, $4]
  else D[$3] = $4
}
function daemon_is_bad() {
  if (!(opt["path"] in F_mode)) return ""
  if (F_type[opt["path"]] !~ /^regular/) return "is no plain file (" F_type[opt["path"]] ")"
  return D_text ~ /^[ \t\r\n]*$/ ? "" : json(D_text)
}
# What of the file is there when Docker reads it.
function daemon_begin() {
  if (D_begun) return
  D_begun = 1; D_path = "/etc/docker/daemon.json"
  if (D_path in F_open) sub(/\n$/, "", D_text)
  D_found = D_new = D_text; if (D_new ~ /^[ \t\r\n]*$/) D_new = "{}\n"
}
function daemon(    bad, has, flag) {
  daemon_begin(); bad = daemon_is_bad()
  if (bad != "") { print f "\n  " D_path " " bad "; put that right first" >>(out "conflicts"); return }
  flag = opt["name"]; if (flag == "default-address-pools") flag = "default-address-pool"
  if (("flag", flag) in D) print f "\n  Docker is started with --" flag " (its unit, a drop-in, or DOCKER_OPTS in its environment file), and refuses to start with both; take it out there" >>(out "conflicts")
  if (("unknown", opt["name"]) in D) print f "\n  this Docker does not know " opt["name"] ", and would refuse to start" >>(out "conflicts")
  json(D_new); has = js_found(opt["name"])
  if (!(k in M)) made[++mades] = k "\t" (has == "" ? "absent" : js_line(has))
  if (!("daemon file" in M) && !D_noted) { D_noted = 1; made[++mades] = "daemon file\t" (D_path in F_mode ? D_found ~ /^[ \t\r\n]*$/ ? "empty" : "there" : "absent") }
  if (js_short(has) == opt["value"]) return
  if (opt["name"] == "fixed-cidr-v6") daemon_overlaps(js_plain(opt["value"]))
  if (has == "") added(f); else changed(f, "daemon " opt["name"] " " js_short(has))
  D_new = js_with(D_new, opt["name"], opt["value"])
}
function daemon_overlaps(prefix,    i) {
  for (i = 1; i <= D_networks; i++) if (overlap(prefix, D_subnet[i]))
    print f "\n  overlaps " D_subnet[i] " of network " D_network[i] ", and Docker would refuse to start: choose another prefix, or remove that network" >>(out "conflicts")
}
function no_daemon(k,    has, was) {
  daemon_begin(); parse(old(k)); if (!(k in M)) return
  if (daemon_is_bad() != "") { print D_path " " daemon_is_bad() "; put that right first" >(out "blocked"); return }
  print k >(out "made.drop"); json(D_new); has = js_found(opt["name"]); was = M[k] == "absent" ? "" : js_lines(M[k])
  if (js_short(has) == js_short(was)) return
  if (!((k, js_short(has)) in S_value)) { print "kept daemon " opt["name"] " " (has == "" ? "(absent)" : js_short(has)) " (not the value that wirework set)" >(out "notes"); return }
  removed(old(k)); D_new = js_with(D_new, opt["name"], was)
}
# What Docker would say of the whole, before it is asked to.
function daemon_whole(    k, v, some, known) {
  if (!D_begun && !("restarts" in D)) return
  daemon_begin(); json(D_new)
  for (k in W) if (k ~ /^daemon /) some = W[k]
  v = D["version"]; split(v, D_version, "."); v = D_version[1] + 0
  if (some != "" && v && js_short(js_found("ip6tables")) == "true" && v < 27 && js_short(js_found("experimental")) != "true" && !(("flag", "experimental") in D))
    print "daemon ip6tables true\n  Docker " D["version"] " takes it with experimental only, and would refuse to start; give experimental too, or leave both out" >>(out "conflicts")
  if (some != "" && v && js_short(js_found("ipv6")) == "true" && v < 28 && js_found("fixed-cidr-v6") == "" && !(("flag", "fixed-cidr-v6") in D))
    print "daemon ipv6 true\n  Docker " D["version"] " takes it with fixed-cidr-v6 only, and would refuse to start; give a prefix for the default bridge" >>(out "conflicts")
  if (some == "") {
    if ("daemon file" in M) print "daemon file" >(out "made.drop")
    if (M["daemon file"] ~ /^(absent|empty)$/ && J_n == 0) D_new = ""
  }
  if (D_new == "" && (D_path in F_mode) && M["daemon file"] == "absent") print D_path >(out "files.last")
  else if (D_new != D_found) print ((D_path in F_mode) ? "-" : "644") " " D_path " " js_line(D_new) >(out "files")
  known = ("had" in D) ? D_known : D_found; if (D_path in F_open && ("had" in D)) sub(/\n$/, "", known)
  if (!("restarts" in D) && (!("runs" in D) || known == D_new)) return
  if (("restarts" in D) || ("may" in D)) {
    k = js_plain(js_found("fixed-cidr-v6"))
    print "restart" (some != "" && js_short(js_found("ipv6")) == "true" && !("restarts" in D) ? " " k : "") >(out "daemon")
    print "~ Docker is restarted" (D_stops == "" ? "" : ", which stops for a moment:" D_stops) >(out "changes")
  } else if (some == "") print "Docker has the old values until it is restarted: systemctl restart docker" >(out "notes")
  else pending(some, "Docker goes on without until it is restarted" (D_stops == "" ? "" : ", which stops:" D_stops))
}
'
