# shellcheck shell=sh
# Runs on a host, read by `sh`: prints all network state in sections, each under a line `=== name`. It changes nothing.
export LC_ALL=C
# An emulated host on a busy machine answers later than systemctl would wait, and a list that does not come looks empty.
export SYSTEMD_BUS_TIMEOUT=300
section() { printf '\n=== %s\n' "$1"; }
# The state of a host that still boots is no state.
systemctl is-system-running --wait >/dev/null 2>&1
# Nor is that of an address that is still being asked about on the link.
tries=0
while ip -6 -o address show tentative -dadfailed | grep -q . && [ "$tries" -lt 30 ]; do
  tries=$((tries + 1))
  sleep 0.1
done

section links
ip -j -d link show
section addresses
ip -j address show
for family in 4 6; do
  section "rule$family"
  ip "-$family" rule show
  section "route$family"
  ip -d "-$family" route show table all
  section "neighbour$family"
  ip "-$family" neighbour show nud permanent
  section "proxy$family"
  ip "-$family" neighbour show proxy
done
section tunnel
ip l2tp show tunnel 2>/dev/null
section session
ip l2tp show session 2>/dev/null
section nft
nft -j list ruleset
section iptables4
iptables-save
section iptables6
ip6tables-save
section sysctl
sysctl -a --pattern '^net\.' 2>/dev/null
section files
tree() {
  [ -d "$1" ] && find "$@" \( -type l -printf '%y %m %u:%g %p -> %l\n' \) -o -printf '%y %m %u:%g %p\n'
}
for folder in /etc /usr/local /var/lib/wirework /var/spool/cron; do tree "$folder" -xdev; done
# Folders that systemd makes and leaves; what lies in them was put there.
for folder in network system; do tree "/run/systemd/$folder" -mindepth 1; done
tree /run/systemd/transient -mindepth 1 | grep -v '/session-c*[0-9]*\.scope' # logins
section hashes
for folder in /etc /usr/local /var/lib/wirework /var/spool/cron /run/systemd/network /run/systemd/system /run/systemd/transient; do
  [ -d "$folder" ] && find "$folder" -xdev -type f -exec sha256sum {} +
done
section units
systemctl list-units --plain --no-legend --full --no-pager --type=service,timer,path,socket,target
section unitfiles
systemctl list-unit-files --no-legend --full --no-pager
if docker version >/dev/null 2>&1; then
  section containers
  docker ps --all --quiet --no-trunc | xargs --no-run-if-empty docker inspect --type container
  section networks
  docker network ls --quiet --no-trunc | xargs --no-run-if-empty docker network inspect
  section volumes
  docker volume ls --quiet | xargs --no-run-if-empty docker volume inspect
  section images
  docker image ls --all --no-trunc --format '{{.ID}} {{.Repository}}:{{.Tag}}'
fi
section end
