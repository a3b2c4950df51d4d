# The shapes of single words: numbers, names, addresses and prefixes. Shared by every awk program here, through AWK_FACTS.
# shellcheck shell=sh disable=SC2016,SC2034

AWK_SHAPES='
function is_ports(v,    p) {
  return split(v, p, "-") == 1 ? is_number(v, 1, 65535) : (2 in p) && !(3 in p) && is_number(p[1], 1, 65535) && is_number(p[2], p[1] + 1, 65535)
}

function is_encoded(line) { return line !~ /%([^0-9A-Fa-f]|.[^0-9A-Fa-f]|.?$)/ } # percent-encoded words
function is_table(v) { return is_number(v, 1, 4294967295) && v !~ /^25[2345]$/ }
function is_mark(v) { return v ~ /^0x[1-9a-f][0-9a-f]*\/0x[1-9a-f][0-9a-f]*$/ && length(v) <= 21 && v !~ /0x[0-9a-f]{9}/ }
function is_link(v) { return v ~ /^[A-Za-z0-9_][A-Za-z0-9._-]*$/ && length(v) <= 15 }
function is_own_link(v) { return is_link(v) && v !~ /^(lo|all|default)$/ } # that facts may make or set
function is_name(v) { return v ~ /^[A-Za-z0-9][A-Za-z0-9_.-]*$/ && length(v) <= 255 } # of a container or a Docker network
function is_number(v, low, high) { return v ~ /^(0|[1-9][0-9]*)$/ && length(v) <= 10 && v + 0 >= low && v + 0 <= high }
function is_host_name(v) { return v ~ /^[A-Za-z0-9-]+$/ && v !~ /^-|-$/ && length(v) <= 63 }
function is_client_id(v) { return v ~ /^[0-9a-f][0-9a-f](:[0-9a-f][0-9a-f])+$/ && length(v) <= 191 }
function is_mac(v) { return v ~ /^[0-9a-f][02468ace](:[0-9a-f][0-9a-f])+$/ && length(v) == 17 && v != "00:00:00:00:00:00" }
function is_address(v,    n, p, i, short) {
  if (index(v, ":") == 0) {
    if (split(v, p, ".") != 4) return 0
    for (i = 1; i <= 4; i++) if (!is_number(p[i], 0, 255)) return 0
    return 1
  }
  if (v !~ /^[0-9a-f:]+$/ || v ~ /:::|::.*::/ || v ~ /^:[^:]/ || v ~ /[^:]:$/) return 0
  n = split(v, p, ":"); short = v ~ /::/
  if (short ? n > 8 + (v ~ /^::|::$/) : n != 8) return 0
  for (i = 1; i <= n; i++) if (length(p[i]) > 4 || p[i] ~ /^0./) return 0
  return 1
}
function is_prefix(v,    p) {
  return split(v, p, "/") == 2 && is_address(p[1]) && is_number(p[2], 0, index(p[1], ":") ? 128 : 32)
}
function is_v4(text) { return index(text, ":") == 0 }
function is_group(v) { return is_address(v) && v ~ /^(2(2[4-9]|3[0-9])\.|ff[0-9a-f][0-9a-f]:)/ } # a multicast group

# covers PREFIX ADDRESS, in bits
function covers(prefix, address,    p) {
  if (address == "" || is_v4(prefix) != is_v4(address)) return 0
  split(prefix, p, "/"); return substr(bits(p[1]), 1, p[2]) == substr(bits(address), 1, p[2])
}
function overlap(one, other,    p, q) { split(one, p, "/"); split(other, q, "/"); return covers(one, q[1]) || covers(other, p[1]) }
function bits(address,    n, i, g, h, zeros, text, half) {
  if (address in BITS) return BITS[address]
  if (is_v4(address)) { n = split(address, g, "."); for (i = 1; i <= 4; i++) text = text binary(g[i], 8) }
  else {
    n = split(address, half, "::"); split("", h); zeros = 8 - split(half[1], g, ":") - (n > 1 ? split(half[2], h, ":") : 0)
    for (i = 1; i in g; i++) text = text binary(hex(g[i]), 16)
    while (n > 1 && zeros-- > 0) text = text "0000000000000000"
    for (i = 1; i in h; i++) text = text binary(hex(h[i]), 16)
  }
  return BITS[address] = text
}
function binary(n, width,    text) { while (width-- > 0) { text = n % 2 text; n = int(n / 2) } return text }
function hex(text,    i, n) { for (i = 1; i <= length(text); i++) n = n * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1; return n + 0 }
'
