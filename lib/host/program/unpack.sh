#!/bin/sh
# wirework, as it travels: unpacks the program, which stands below as gzip in base64, and runs it.
set -eu
umask 077
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
run=${0%/*} # where the dispatcher put this
refuse() {
  rm -rf "$run"
  echo "wirework: $1" >&2
  exit 1
}
for tool in base64 gzip; do
  command -v "$tool" >/dev/null || refuse "this host cannot be used as it is; nothing was changed: it has no $tool (Debian: apt-get install coreutils gzip)"
done
sed '1,/^exit/d' "$0" | base64 -d | gzip -dc >"$run/unpacked" || refuse "the program did not arrive whole; nothing was changed. Run pulumi up again"
exec /bin/sh "$run/unpacked" "$@"
exit
