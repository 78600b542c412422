#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What is no L2TP passes as it came and is counted.
#
#	c1 .. c3 ---- lan [ r ] wan ---- s, which is every server
#
# ROUNDS= is how many random packets of each kind are sent.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/l2tp_peer/peer.sh"
rounds=${ROUNDS:-40}
inside=10.0.0.11

topology 3
servers
help_l2tp
peers_start c1 c2 c3 s
fresh
tunnels "" a=c1
tunnels over=ip b=c1
check "a host has tunnels over UDP and IP" up a,b

# out OVER WHAT...: c1 sends it, and the server gets it as it is; in_ as well.
out() { tell inject c1 source="$inside" to="$server" over="$1" "${@:2}" expect=s; }
back() { tell inject s source="$server" to="$WAN" over="$1" "${@:2}" expect=c1; }

# passes WAY OVER HEX...: so do all of these, and each is counted.
passes() {
	local way=$1 over=$2 before hex
	shift 2
	before=$(counter malformed)
	for hex; do
		check "$way $over: $hex" "$way" "$over" hex="$hex"
	done
	[ "${NFPT_HELPER-}" ] || is "counted" $(($(counter malformed) - before)) $#
}

# avp TYPE VALUE [FLAGS [LENGTH]]: in hex.
avp() { printf '%04x0000%04x%s' $((${3:-0x8000} | ${4:-(6 + ${#2} / 2)})) "$1" "$2"; }

# v2, v3 AVPS [LENGTH]: a control message with these AVPs, its length right by default.
v2() { printf 'c802%04x%016x%s' "${2:-$((12 + ${#1} / 2))}" 0 "$1"; }
v3() { printf 'c803%04x%016x%s' "${2:-$((12 + ${#1} / 2))}" 0 "$1"; }

sccrq=$(avp 0 0001) id2=$(avp 9 1234) id4=$(avp 61 12345678)
headers=(
	00 c8 c802 c80200
	c802000c0000 c802000b00000000000000 "$(v2 "$sccrq$id2" 40)" "$(v2 "$sccrq" 11)" "$(v2 "$sccrq" 0)"
	8802"$(v2 "$sccrq" | cut -c 5-)" c002"$(v2 "$sccrq" | cut -c 5-)"
	c801"$(v2 "$sccrq" | cut -c 5-)" c800"$(v2 "$sccrq" | cut -c 5-)" c804"$(v2 "$sccrq" | cut -c 5-)"
	000200
)
avps=(
	"$(v2 8005000000)" "$(v2 "${sccrq}8006")" "$(v2 "${sccrq}80ff00000009")" "$(v2 "${sccrq}800500000009")"
	"$(v2 "$id2$sccrq")" "$(v2 "$(avp 0 0001 0xc000)$id2")" "$(v2 "$(avp 0 01)$id2")"
	"$(v2 "$(avp 0 000001)$id2")" "$(v2 "$sccrq$(avp 9 12)")" "$(v2 "$sccrq$(avp 9 12345678)")"
	"$(v2 "$sccrq$id2$id2")"
	"$(v3 "$sccrq$(avp 61 1234)")" "$(v3 "$sccrq$id4$id4")" "$(v3 "$id4$sccrq")"
	"$(v3 "$sccrq$(avp 61 1234567890)")" "$(v3 "$sccrq" 13)"
)
passes out udp "${headers[@]}" "${avps[@]}" 4002ffff00010001 0002 00020001 020200010001ffff 02020001000100 00030000 0003000000000000
passes back udp "${avps[@]}" c8 8802"$(v2 "$sccrq" | cut -c 5-)"
over_ip=()
for hex in "${avps[@]: -5}"; do over_ip+=("00000000$hex"); done
passes out ip 00 000000 00000000 00000000c8 00000000"$(v2 "$sccrq$id2")" "${over_ip[@]}"

# Strange, but well formed.
before=$(counter malformed)
check "a message of unknown type" out udp hex="$(v2 "$(avp 0 00ff)$(avp 99 0011)")"
check "a vendor's AVPs" out udp hex="$(v2 "$(avp 0 0006)80080009000912340008ffff00ff0000")"
check "reserved bits" out udp hex="$(v2 "$(avp 0 0006)$(avp 7 00 0x3c00)")"
check "the shortest data" out udp hex=000200010002
check "the shortest data of v3" out udp hex=0003000000000001
check "over IP too" out ip hex=00000001
check "a keepalive of one byte over IP is what it is" out ip hex=01020304ff
is "none is malformed" "$(counter malformed)" "$before"

random() {
	local i over
	for ((i = 0; i < rounds; i++)); do
		for over in udp ip; do
			out "$over" random=$((i * 7 % 300 + 1)) seed="$i" || return
		done
	done
}
tails() {
	local i tail
	for ((i = 0; i < rounds; i++)); do
		printf -v tail '%02x%02x%02x%02x%08x%08x' $((i * 37 % 256)) $((i % 256)) \
			$((i * 11 % 256)) $((i * 73 % 256)) "$i" $((i * 5))
		out udp hex="$(v2 "$sccrq$tail")" && out udp hex="$(v3 "$sccrq$id4$tail")" &&
			out ip hex="00000000$(v3 "$sccrq$tail")" && out udp hex="4302$tail$tail" || return
	done
}
check "random bytes" random
check "random bytes behind a header" tails
check "both tunnels go on" peer data a,b count=5
done_testing
