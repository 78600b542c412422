#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What is no ESP, IKE or NAT-T passes as it came, is counted, and hurts nobody.
#
#	c1, c2 ---- lan [ r ] wan ---- s, which is every gateway
#
# ROUNDS= is how many random packets of each kind are sent.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ipsec_peer/peer.sh"
rounds=${ROUNDS:-60}
gateway=198.18.0.1 inside=10.0.0.11

topology 2
gateways
help_ipsec
peers_start c1 c2 s
tunnels $gateway a=c1 b=c2
check "two hosts have their SAs" peer run a,b

# out PROTO WHAT...: c1 sends it, and the gateway gets it as it is.
out() { peer inject c1 source="$inside" to="$gateway" proto="$1" "${@:2}" expect=s; }

# passes COUNTER PROTO HEX...: so do all of these, and each is counted.
passes() {
	local name=$1 proto=$2 before hex
	shift 2
	before=$(counter "$name")
	for hex; do
		check "$proto: $hex" out "$proto" hex="$hex"
	done
	[ "${NFPT_HELPER-}" ] ||
		is "counted" $(($(counter "$name") - before)) $#
}

# zeros N: so many bytes in hex.
zeros() { printf '%0*d' $(($1 * 2)) 0; }

# Too short; SPIs that RFC 4303 does not allow.
passes esp-malformed esp 01 010203 01020304050607 "00000000$(zeros 40)" "00000001$(zeros 40)" \
	"000000ff$(zeros 8)"
check "the shortest there can be" out esp hex=0a0b0c0d00000001
check "with nothing after a few bytes" out esp hex=0a0b0c0d0000000201

# Short, no initiator's SPI, versions, lengths: too long, too short, too little.
spis=1122334455667788$(zeros 8)
passes ike-malformed ike 00 ff "$spis" "$(zeros 8)$(zeros 8)21202208000000000000001c" \
	"${spis}21302208000000000000001c" "${spis}21002208000000000000001c" \
	"${spis}2120220800000000ffffffff" "${spis}21202208000000000000001b" \
	"${spis}212022080000000000000000" "${spis}2120220800000000000000"
check "ike: a type that nobody knows" out ike hex="${spis}2120ff08000000000000001c"
check "ike: more bytes than its length says" out ike hex="${spis}21202208000000000000001c$(zeros 9)"

# Too short, reserved SPIs, a marker and nothing or little behind it.
passes esp-malformed natt 00 fe 0102 01020304050607 00000001"$(zeros 8)" 000000ff"$(zeros 30)"
passes ike-malformed natt "$(zeros 8)" "$(zeros 4)$spis" "$(zeros 4)${spis}2120220800000000ffffffff" \
	"$(zeros 4)${spis}21002208000000000000001c"
check "natt: keepalive" out natt hex=ff

random() {
	local i proto
	for ((i = 0; i < rounds; i++)); do
		for proto in esp ike natt ah; do
			out "$proto" random=$((i * 7 % 300 + 1)) seed="$i" || return
		done
	done
}
headers() {
	local i tail
	for ((i = 0; i < rounds; i++)); do
		printf -v tail '%02x%02x%02x%02x%08x%08x' $((i * 37 % 256)) $((i % 256)) \
			$((i * 11 % 256)) $((i * 73 % 256)) "$i" $((i * 5))
		out ike hex="$spis$tail" && out natt hex="00000000$spis$tail$tail" || return
	done
}
check "random bytes" random
check "random bytes behind a header" headers

# From outside: nobody has asked for it.
ah=$(counter ah)
check "AH goes out" out ah hex="32040000$(zeros 20)"
check "AH from elsewhere reaches no host" \
	peer inject s source=198.18.0.9 to="$WAN" proto=ah hex="32040000$(zeros 20)01" expect=
[ "${NFPT_HELPER-}" ] || is "AH is counted" $(($(counter ah) - ah)) 2
# Bytes of the gateway's: what is not ESP at all meets the stock kernel.
for hex in 01 0102030405 00000001"$(zeros 8)" "$(zeros 9)"; do
	check "esp from the gateway: $hex" \
		peer inject s source=$gateway to="$WAN" proto=esp hex="$hex"
done

# Fragments.
check "ESP in fragments, both ways" peer esp a,b size=4000 count=3
check "and still all is well" peer run a,b
check "a host rekeys" eval 'peer ike a child && peer sa a'
check "and has its new SA" peer run a,b
done_testing
