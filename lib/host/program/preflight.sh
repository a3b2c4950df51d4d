# What this host is, as a whole: what setup asks before it installs anything, and what it tells about the host. Read only.
# shellcheck shell=sh

NEEDED="awk sed grep sha256sum sync stat find sort timeout cmp"

# All that is wrong with this host as a whole, a line each.
preflight() {
  [ "$(id -u)" = 0 ] || echo "  this runs as $(id -un), not root; use a root login or sudo: true"
  missing=
  for tool in $NEEDED; do command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"; done
  for path in "$IP" "$FLOCK" "$NSENTER"; do [ -x "$path" ] || missing="$missing $path"; done
  [ -z "$missing" ] || echo "  tools missing:$missing (Debian: apt-get install iproute2 util-linux coreutils gawk diffutils findutils)"
  if [ -x "$IP" ]; then
    have=$(version_of_iproute2)
    if [ -z "$have" ]; then echo "  ip is not iproute2 ($(ip -V 2>&1 | head -n 1)): busybox's ip lacks -batch, -N, group and alias; install iproute2"
    else at_least "$have" 4.20 || echo "  iproute2 $have is too old: 4.20 is the first whose -N prints all as numbers"
    fi
  fi
  at_least "$(version_of_kernel)" 3.9 || echo "  kernel $(uname -r) is too old for macvlan in containers: 3.9"
  [ -n "$(machine_id)" ] || echo "  there is no /etc/machine-id, by which wirework knows this machine again; make one: systemd-machine-id-setup, or dbus-uuidgen --ensure=/etc/machine-id"
  return 0
}

machine_id() { { cat /etc/machine-id || cat /var/lib/dbus/machine-id; } 2>/dev/null | grep -x '[0-9a-f]\{32\}' || :; }

network_manager() {
  active() { [ -d /run/systemd/system ] && systemctl -q is-active "$1" 2>/dev/null; }
  if command -v netplan >/dev/null 2>&1 && ls /etc/netplan/*.yaml >/dev/null 2>&1; then echo netplan
  elif active NetworkManager; then echo NetworkManager
  elif active systemd-networkd; then echo systemd-networkd
  elif command -v ifup >/dev/null 2>&1 && [ -e /etc/network/interfaces ]; then echo ifupdown
  elif command -v openrc-run >/dev/null 2>&1; then echo openrc
  else echo unknown
  fi
}

init_system() {
  if [ -d /run/systemd/system ]; then echo systemd
  elif [ -d /run/openrc ]; then echo openrc
  else cat /proc/1/comm 2>/dev/null || echo unknown
  fi
}

virtualization() {
  if command -v systemd-detect-virt >/dev/null 2>&1; then systemd-detect-virt 2>/dev/null || :
  elif grep -q '^flags.* hypervisor' /proc/cpuinfo 2>/dev/null; then echo unknown
  else echo none
  fi
}

# NICs that can be divided: how many virtual functions each has, of how many.
virtual_functions() {
  for path in /sys/class/net/*/device/sriov_totalvfs; do
    [ -e "$path" ] || continue
    nic=${path%/device/*}
    echo "${nic##*/}: $(cat "${path%totalvfs}numvfs") of $(cat "$path")"
  done
}

json_text() { printf '"%s"' "$(printf %s "$1" | tr -d '\000-\037' | sed 's/[\\"]/\\&/g')"; }
json_bool() { if [ -n "$1" ]; then printf true; else printf false; fi; }
json_list() { # lines on stdin
  separator=
  printf '['
  while IFS= read -r item; do printf '%s' "$separator"; json_text "$item"; separator=', '; done
  printf ']'
}

# One line of JSON: what setup prints.
host_facts() {
  timeout "$DOCKER_WAIT" docker version --format '{{.Server.Version}} {{.Server.APIVersion}}' >"$RUN/docker" 2>/dev/null || : >"$RUN/docker"
  read -r docker api <"$RUN/docker" || { docker='' api=''; }
  security=$([ -z "$docker" ] || timeout "$DOCKER_WAIT" docker info --format '{{json .SecurityOptions}}' 2>/dev/null || :)
  rootless=$(printf %s "$security" | grep -o 'name=rootless' || :)
  userns=$(printf %s "$security" | grep -o 'name=userns' || :)
  virtual=$(virtualization)
  machine=$(systemd-detect-virt --vm 2>/dev/null || :) # beneath a container too
  : >"$RUN/wireless"
  for path in /sys/class/net/*; do
    link=${path##*/}
    if is_wireless "$link"; then echo "$link" >>"$RUN/wireless"; fi
  done
  {
    at_least "$(version_of_kernel)" 4.0 || echo "kernel $(uname -r): macvlan before 4.0 has known faults with bridge mode; upgrade when you can"
    [ -n "$docker" ] || echo "no Docker engine answers here: host facts work, containers do not; install Docker (Debian: docker.io, from 13 also docker-cli) and run pulumi up again"
    [ -z "$docker" ] || at_least "$docker" 1.12 || echo "Docker $docker: macvlan networks need 1.12"
    [ -z "$rootless" ] || echo "Docker is rootless: its networks live in a namespace of their own and cannot reach this host's links; use the system's Docker"
    [ -z "$userns" ] || echo "Docker remaps user ids: privileged containers and host networking need userns_mode host"
    [ ! -s "$RUN/wireless" ] || echo "wireless links ($(tr '\n' ' ' <"$RUN/wireless" | sed 's/ $//')): access points drop frames of MAC addresses that did not log in, so macvlan does not work on them; use a wired parent, ipvlan or NAT"
    case $machine in
      none | '') ;;
      *) echo "this is a virtual machine ($machine): its switch may drop frames of other MAC addresses; allow them (promiscuous mode, MAC changes, forged transmits), or use ipvlan or NAT" ;;
    esac
  } >"$RUN/warnings"
  distribution=$(sed -n 's/^PRETTY_NAME="\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' /etc/os-release 2>/dev/null | head -n 1)
  {
    printf '{'
    for pair in "machineId=$(machine_id)" "kernel=$(uname -r)" "dockerVersion=$docker" "dockerApi=$api" \
      "iproute2=$(version_of_iproute2)" "nft=$(nft --version 2>/dev/null | sed -n 's/^nftables v\([0-9.]*\).*/\1/p')" \
      "networkManager=$(network_manager)" "init=$(init_system)" "distribution=$distribution" \
      "managementInterface=$(management_link)" "managementAddress=$(management_address)" "virtualization=$virtual"; do
      printf '"%s": ' "${pair%%=*}"
      json_text "${pair#*=}"
      printf ', '
    done
    printf '"rootless": %s, "userNamespaces": %s, "modules": {' "$(json_bool "$rootless")" "$(json_bool "$userns")"
    separator=
    for module in macvlan ipvlan 8021q l2tp_eth; do
      printf '%s"%s": "%s"' "$separator" "$module" "$(module_state "$module")"
      separator=', '
    done
    printf '}, "iommu": %s, "virtualFunctions": ' "$(json_bool "$(ls /sys/kernel/iommu_groups 2>/dev/null)")"
    virtual_functions | json_list
    printf ', "wireless": '
    json_list <"$RUN/wireless"
    printf ', "warnings": '
    json_list <"$RUN/warnings"
    printf '}\n'
  }
}
