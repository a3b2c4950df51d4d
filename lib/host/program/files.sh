# Files: of our own (module, table, guard, file), and blocks in files that are the administrator's. Whole or not at all.
# shellcheck shell=sh disable=SC2016,SC2034

# What boots a host by another program than ours: it may come to disk only when a change has been proved.
BOOTS='^[-+~] (file|block) '

# Of every file that a fact names: `mode PATH MODE TYPE`, and `text PATH |LINE` for each line. Then `module NAME STATE`, and
# `rtname ID NAME FILE` of the tables that others have named.
read_files() { # VIEW
  awk "$AWK_FACTS"'
    $1 == "W" { sub(/^W [^ ]+/, "W") }
    { sub(/^. /, "") }
    /^(module|table|guard|daemon|file|block) / { parse($0); if (!(opt["path"] in paths)) { paths[opt["path"]]; print opt["path"] } }' "$1" >"$RUN/paths" || return 1
  : >"$RUN/places"
  [ -s "$RUN/paths" ] || return 0
  while read -r path; do real_path "$path"; done <"$RUN/paths" >"$RUN/places"
  { cut -d ' ' -f 2 "$RUN/places" | xargs stat -c '%n %a %F' 2>/dev/null || :; } >"$RUN/modes" # those that are there
  awk 'NR == FNR { path[$2] = $1; next } { $1 = path[$1]; print "K mode", $0 }' "$RUN/places" "$RUN/modes"
  awk '{ while ((getline line <$2) > 0) print "K text " $1 " |" line; close($2) }' "$RUN/places"
  sed -n '/^[^ ]*\/@/p' "$RUN/places" | while read -r path real; do copies_elsewhere "$path" "$real" | sed "s|^|K copy $path |"; done
  ! grep -q '^/etc/modules-load\.d/' "$RUN/paths" || modprobe -c 2>/dev/null >"$RUN/modprobe" || :
  sed -n 's|^/etc/modules-load.d/wirework-\(.*\)\.conf$|\1|p' "$RUN/paths" | while read -r name; do
    if grep -qx "blacklist $name" "$RUN/modprobe"; then state=blacklisted; else state=$(module_state "$name"); fi
    echo "K module $name $state"
  done
  for path in /etc/rc.local "$DAEMON_FILE"; do
    if grep -qx "$path" "$RUN/paths" && [ -n "$(tail -c 1 "$path" 2>/dev/null)" ]; then echo "K open $path"; fi
  done
  grep -q '/rt_tables.d/' "$RUN/paths" || return 0
  for file in /usr/lib/iproute2/rt_tables /usr/share/iproute2/rt_tables /etc/iproute2/rt_tables /etc/iproute2/rt_tables.d/*.conf; do
    case $file in */wirework-*) continue ;; esac
    [ ! -f "$file" ] || awk -v file="$file" '/^[ \t]*(0x)?[0-9a-fA-F]+[ \t]+[^ \t]+/ { print "K rtname", $1, $2, file }' "$file"
  done
}

# real_path PATH: PATH, and where that is. @LINK.network.d is the folder of drop-ins to the file by which systemd-networkd
# configures the link; while nobody knows that file, it is where it was.
real_path() {
  case $1 in */@*) ;; *) echo "$1 $1"; return ;; esac
  link=${1#*/@}
  file=$(network_file_of "${link%.network.d/*}")
  if [ -n "$file" ]; then echo "$1 ${1%%/@*}/${file##*/}.d/${1##*/}"
  else
    copy=$(copies_elsewhere "$1" "$1" | head -n 1)
    echo "$1 ${copy:-$1}"
  fi
}
copies_elsewhere() { # PATH REAL
  for copy in "${1%%/@*}"/*.network.d/"${1##*/}"; do [ "$copy" = "$2" ] || [ ! -e "$copy" ] || echo "$copy"; done
}
network_file_of() { # LINK
  read -r number 2>/dev/null <"/sys/class/net/$1/ifindex" || return 0
  sed -n 's|^NETWORK_FILE=\(/[A-Za-z0-9/._@:+-]*\.network\)$|\1|p' "/run/systemd/netif/links/$number" 2>/dev/null || :
}

# A text is kept with \n for each newline, and \\ for each backslash that stands in it, as printf %b takes it.
AWK_FILES='
function encoded(text) { gsub(/\\/, "&&", text); return text "\\n" }
function foreign_file(path) {
  return (path in F_mode) && !(F_type[path] == "regular" && F[path] ~ /^(#!\/bin\/sh\\n)?# wirework/)
}

# One line of a file as it is: F has the whole text; Line each line of it, those of a block apart; Rest what is not ours.
function file_line(path, text,    number, name) {
  if (path == "/etc/docker/daemon.json") { D_text = D_text text "\n"; return }
  F[path] = F[path] encoded(text); name = in_block[path]
  if (name == "" && text ~ /^# wirework begin [A-Za-z0-9_-]+$/) {
    name = in_block[path] = substr(text, 18); F_blocks[path] = F_blocks[path] " " name; Lines[path, name] = 0
    return
  }
  if (name != "" && text == "# wirework end " name) { in_block[path] = ""; return }
  Line[path, name, ++Lines[path, name]] = text
}

# module, table, guard: a file that is one fact, known by its first line. A table that others use is theirs.
function file(    n, w) {
  if (kind == "guard" && NO_NETWORKD) return
  if (kind == "module" && !module()) return
  if (foreign_file(opt["path"])) return foreign(f, opt["path"])
  if (opt["path"] in F_mode) {
    if (F[opt["path"]] == opt["text"]) return
    changed(f, opt["path"] " with another text")
  } else {
    if (kind == "table") {
      if (opt["id"] in named) return foreign(f, "table " opt["id"] " name " named[opt["id"]])
      if (opt["name"] in id_of) return foreign(f, "table " id_of[opt["name"]] " name " opt["name"])
      if (opt["id"] in others_in) return foreign(f, "in table " opt["id"] " a route to " others_in[opt["id"]])
      for (n in others_at) if (others_at[n] ~ (" table " opt["id"] " ")) return foreign(f, others_at[n])
    }
    added(f)
  }
  print "644 " opt["path"] " " opt["text"] >(out "files")
}
function no_file(k) {
  parse(old(k))
  if (foreign_file(opt["path"])) return
  if (opt["path"] in F_mode) removed(old(k))
  print opt["path"] >(out "files.last") # also where only its temporary file was written
}
# module: loaded now, and at boot by what reads modules-load.d; never unloaded, because others may have come to use it.
function module() {
  if (module_state[opt["name"]] ~ /^(missing|blacklisted)$/) {
    print f "\n  the kernel module is " module_state[opt["name"]] (module_state[opt["name"]] == "missing" ? "; install the modules package of the kernel" : " in /etc/modprobe.d, so that no boot would load it; take that line out") >>(out "conflicts")
    return 0
  }
  if (module_state[opt["name"]] == "available") {
    if ((opt["path"] in F_mode) && F[opt["path"]] == opt["text"]) changed(f, "not loaded")
    print opt["name"] >(out "modules")
  }
  return 1
}

# file, block: the lines of one text; what differs is named line by line, and the text written as a whole.
function want_line() {
  Want[opt["path"], opt["name"], opt["n"]] = opt["line"]
  if (!((opt["path"], opt["name"]) in Wants) && opt["name"] != "") W_blocks[opt["path"]] = W_blocks[opt["path"]] " " opt["name"]
  if (opt["n"] > Wants[opt["path"], opt["name"]]) Wants[opt["path"], opt["name"]] = opt["n"]
}
function text_line(    path, name, n, has, more) {
  path = opt["path"]; name = opt["name"]; n = opt["n"]; has = (path, name, n) in Line
  if (kind == "file" && foreign_file(path)) { if (n == 1) foreign(f, path); return }
  if (kind == "block" && bad_host_file(path)) { if (n == 1) print f "\n  " path bad_host_file(path) >>(out "conflicts"); return }
  more = n == Wants[path, name] && ((path, name, n + 1) in Line) && !(line_key(path, name, n + 1) in T)
  if (!has) added(f)
  else if (Line[path, name, n] != opt["line"]) changed(f, line_key(path, name, n) " |" Line[path, name, n])
  else if (more) changed(f, path " with more lines")
  else if (kind == "file" && n == 1 && F_mode[path] != mode_of(path)) changed(f, path " with mode " F_mode[path])
  else if (n == 1 && (path in F_copy)) changed(f, F_copy[path] ", where it is not read any more")
  else return
  anew_file[kind, path]
}
function no_line(k,    path, name) {
  parse(old(k)); path = opt["path"]; name = opt["name"]
  if (kind == "file" ? foreign_file(path) : (path in F_mode) && F_type[path] != "regular") return
  if ((path, name, opt["n"]) in Line) removed(old(k))
  anew_file[kind, path]
}
function line_key(path, name, n) { return (name == "" ? "file " path : "block " path " " name) sprintf(" %03d", n) }
function bad_host_file(path) {
  if (!(path in F_mode)) return ""
  if (F_type[path] != "regular") return " is no plain file (" F_type[path] "); choose another persistence"
  if (substr(F_mode[path], length(F_mode[path]) - 2) !~ /[1357]/) return " is not executable, so that nobody runs it at boot; chmod +x it, or remove it"
  if (path in F_open) return " does not end in a newline; put one there"
  if (in_block[path] != "") return " has a block of wirework without its end; put the line # wirework end " in_block[path] " behind it"
  return ""
}
function whole_files(    i, w) {
  for (i in anew_file) {
    split(i, w, SUBSEP)
    if (w[1] == "block") host_file(w[2])
    else if ((w[2], "") in Wants) print mode_of(w[2]) " " w[2] " " wanted_text(w[2], "") >(out "persist")
    else print w[2] >(out "persist.last")
  }
}
function wanted_text(path, name,    n, text) {
  for (n = 1; n <= Wants[path, name]; n++) {
    if (!((path, name, n) in Want)) print line_key(path, name, n) " is missing; its lines must be numbered without a gap" >>(out "conflicts")
    text = text encoded(Want[path, name, n])
  }
  if (name == "" && text !~ /^(#!\/bin\/sh\\n)?# wirework/) print "file " path " does not begin with the mark of wirework" >>(out "conflicts")
  return text
}
# The file of the administrator with the blocks that are wanted, before its last "exit 0". One that wirework made goes with them.
function host_file(path,    text, blocks, n, final, i, w, name, rest, own) {
  own = "#!/bin/sh\\n# wirework made this file\\n"
  n = split(F_blocks[path] W_blocks[path], w, " ")
  for (i = 1; i <= n; i++) {
    name = w[i]; if (name in done) continue
    done[name]
    if ((path, name) in Wants) text = wanted_text(path, name)
    else if ((line_key(path, name, 1)) in T) continue # ours, and wanted no more
    else text = found_text(path, name)
    blocks = blocks "# wirework begin " name "\\n" text "# wirework end " name "\\n"
  }
  split("", done)
  for (final = Lines[path, ""]; final > 0 && Line[path, "", final] ~ /^[ \t]*$/;) final--
  if (Line[path, "", final] !~ /^exit( 0)?[ \t]*$/) final = Lines[path, ""] + 1
  for (i = 1; i < final; i++) rest = rest encoded(Line[path, "", i])
  if (!(path in F_mode)) rest = own
  text = rest blocks
  for (i = final; i <= Lines[path, ""]; i++) text = text encoded(Line[path, "", i])
  if (blocks == "" && text == own) print path >(out "persist.last")
  else if ((path in F_mode) || blocks != "") print ((path in F_mode) ? "-" : "755") " " path " " text >(out "persist")
}
function found_text(path, name,    n, text) {
  for (n = 1; n <= Lines[path, name]; n++) text = text encoded(Line[path, name, n])
  return text
}
'

# Files of our own; the directories that had to be made for them go with the last of them.
put_files() { # LIST
  while read -r mode path text; do
    place=$(real_path "$path")
    drop_copies "$path" "${place#* }" || return 1
    path=${place#* }
    make_dirs "${path%/*}" || return 1
    if [ "$mode" = - ]; then cp -p "$path" "$path.wirework.new" || return 1; fi # mode and owner stay
    (umask 022 && printf '%b' "$text" | put "$path" "${mode#-}") || return 1
  done 2>>"$RUN/error" <"$1"
}
make_dirs() {
  [ ! -d "$1" ] || return 0
  make_dirs "${1%/*}" || return 1
  { cat "$LEDGER/made-dirs" 2>/dev/null || :; echo "$1"; } | put "$LEDGER/made-dirs" && (umask 022 && mkdir "$1") && return
  forget_dir "$1"
  return 1
}
forget_dir() {
  { grep -vxF "$1" "$LEDGER/made-dirs" || :; } | put "$LEDGER/made-dirs"
  [ -s "$LEDGER/made-dirs" ] || rm -f "$LEDGER/made-dirs"
}
drop_files() { # LIST
  while read -r path; do
    case $path in */@*) drop_copies "$path" "" ;; *) drop_file "$path" ;; esac || return 1
  done 2>>"$RUN/error" <"$1"
}
drop_copies() { # PATH BUT
  for copy in $(copies_elsewhere "$1" "$2"); do drop_file "$copy" || return 1; done
}
drop_file() {
  rm -f "$1" "$1.wirework.new" || return 1
  dir=${1%/*}
  while grep -qxF "$dir" "$LEDGER/made-dirs" 2>/dev/null && rmdir "$dir" 2>/dev/null; do
    forget_dir "$dir"
    dir=${dir%/*}
  done
}

# persist: what another program than ours runs at the next boot. New files first: a host never boots without either.
persist() {
  sed -n 's|^[^/]*\(/etc/network/interfaces\.d/[^ ]*\).*|\1|p' "$RUN/persist" "$RUN/persist.last" >"$RUN/links"
  while read -r path; do forget_links "$path"; done <"$RUN/links"
  put_files "$RUN/persist" && drop_files "$RUN/persist.last" && keep_made "$RUN/made.kept" || return 1
  # It ran nothing but lines of ours, and would count as active, and as enabled, until the next boot.
  if [ -d /run/systemd/system ] && grep -qx /etc/rc.local "$RUN/persist.last"; then
    { timeout 60 systemctl stop rc-local.service && timeout 60 systemctl daemon-reload; } >/dev/null 2>&1 || :
  fi
}
# ifupdown remembers links that it brought up; those that are gone, it must hear of while their lines still stand.
forget_links() { # FILE
  sed -n 's/^auto //p' "$1" 2>/dev/null | while read -r link; do
    [ -e "/sys/class/net/$link" ] || ! ifquery --state "$link" >/dev/null 2>&1 || ifdown "$link" </dev/null >/dev/null 2>&1 8>&- 9>&- || :
  done
}

# A file that was half written when its run ended: ifupdown, for one, reads whatever lies in its folder.
drop_leftovers() {
  while read -r _ path; do
    [ ! -e "$path.wirework.new" ] || rm -f "$path.wirework.new" || return 1
  done <"$RUN/places"
}

# keep_made KEYS: what was there before our addresses and settings is true of this boot only, unless another program brings
# ours back: then the host boots with ours in place, and what they replaced must still be known.
keep_made() {
  awk -F "$TAB" 'FILENAME ~ /kept$/ { keep[$1]; next } $1 in keep' "$@" "$VOLATILE/made" >"$RUN/made.native" 2>/dev/null || :
  if [ -s "$RUN/made.native" ]; then
    cmp -s "$RUN/made.native" "$LEDGER/made" || put "$LEDGER/made" <"$RUN/made.native"
  else
    rm -f "$LEDGER/made"
  fi
}
keep_more_made() { # and forgets nothing that was kept before
  cp "$LEDGER/made" "$RUN/made.still.kept" 2>/dev/null || : >"$RUN/made.still.kept"
  keep_made "$RUN/made.kept" "$RUN/made.still.kept"
}
