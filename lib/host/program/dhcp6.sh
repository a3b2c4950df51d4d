# DHCPv6: the client of this host for IPv6, dhcpcd, which only asks: what it is given is set and checked here. Where an address comes
# on the link, and by which router it leaves, the segment's routers announce (RFC 8415, 18.2.10.1), and the kernel hears.
# shellcheck shell=sh disable=SC2016,SC2034,SC2153

# dhcpcd has one place on a host for what it keeps of an interface, and two containers may both have an eth1. So each client sees
# a folder of its own there; and no user dhcpcd, for whom it would want more rights than these.
OWN_PLACES='
  mount -n --bind "$1" /run/dhcpcd
  mount -n --bind "$1" /var/lib/dhcpcd
  mount -n --bind "$1/passwd" /etc/passwd
  folder=$1
  shift
  exec "$@" -f "$folder/conf"'

become_client6() { # KEY HOSTNAME MAC [once]
  folder=$LEASES/$1.dhcpcd
  mkdir -p "$folder" /run/dhcpcd
  echo root:x:0:0::/: >"$folder/passwd"
  printf '%s\n' ipv6only noipv6rs noconfigure nodev nodelay "timeout 0" "env WIREWORK_LEASE=$1" "hostname $2" "fqdn ptr" \
    "duid 00:03:00:01:$3" ${4:+release} "interface ${PLACE#* }" "ia_na 1" >"$folder/conf"
  # A change of the host's own mounts is seen; these are not seen there.
  # shellcheck disable=SC2086 # words that were checked
  exec "$NSENTER" --net=/proc/self/fd/8 unshare --mount --propagation slave sh -euc "$OWN_PLACES" sh "$folder" \
    $CONFINED dhcpcd -B -c "$DISPATCHER" "${PLACE#* }"
}

# leases6 CONTAINER: `six LINK ADDRESS` for each that it was given.
leases6() {
  for file in "$LEASES/$1"@*:6.lease; do
    key=${file##*/}
    place_of "${key%.lease}"
    ! read -r LEASED _ 2>/dev/null <"$file" || echo "six ${PLACE#* } $LEASED"
  done
}

# Of dhcpcd's place nothing is left with the last lease: before that the kernel would take it from those who still run.
forget6() { rmdir /run/dhcpcd 2>/dev/null || :; }

# dhcpcd gives its script no words: what has happened is in the environment. An address stands for as long as it was leased,
# and the kernel takes it away then, so that only a lease matters.
verb_of_reason() {
  case ${WIREWORK_LEASE:+${reason:-}} in
    BOUND6 | RENEW6 | REBIND6 | REBOOT6) echo bound6 ;;
    ?*) echo deconfig ;;
  esac
}

# Everything that a server says is checked.
verb_bound6() {
  lease_asked
  address=${new_dhcp6_ia_na1_ia_addr1:-}/128 server=${new_dhcp6_server_id:-}
  valid=${new_dhcp6_ia_na1_ia_addr1_vltime:-} preferred=${new_dhcp6_ia_na1_ia_addr1_pltime:-}
  case $server in '' | *[!0-9a-f]*) server=- ;; esac
  awk -v address="$address" -v valid="$valid" -v preferred="$preferred" "$AWK_FACTS"'
    BEGIN { exit !(is_prefix(address) && !is_v4(address) && address !~ /^f[ef]/ && is_number(valid, 1, 4294967295) && is_number(preferred, 0, valid)) }' </dev/null ||
    fail "$KEY: the server offers no address that can be used: $address for ${valid:-no} s, preferred for ${preferred:-no} s"
  ! read -r LEASED _ 2>/dev/null <"$LEASES/$KEY.lease" || [ "$LEASED" = "$address" ] || lease_lost
  ip addr replace "$address" dev "$LINK" valid_lft "$(lifetime "$valid")" preferred_lft "$(lifetime "$preferred")"
  echo "$address - $server $valid $(($(milliseconds) / 1000))" | put "$LEASES/$KEY.lease"
}
lifetime() { if [ "$1" -eq 4294967295 ]; then echo forever; else echo "$1"; fi; }

# Why there is no client, or nothing. Before 9.4 it sets addresses itself.
no_dhcp6_client() {
  if ! dhcpcd --version 2>/dev/null | awk 'NR == 1 { split($2, v, "."); new = v[1] > 9 || v[1] == 9 && v[2] >= 4 } / DHCPv6/ { six = 1 } END { exit !(new && six) }'; then
    echo "this host has no dhcpcd 9.4 or newer with DHCPv6, which leases IPv6 addresses for containers; install it (Debian: apt-get install dhcpcd-base)"
  elif [ ! -d /var/lib/dhcpcd ]; then echo "this host has no /var/lib/dhcpcd, where its dhcpcd keeps leases; make that folder"
  else no_setpriv; fi
}
