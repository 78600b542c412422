#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What is no L2TP passes as it came and is counted; what is forged takes nothing
# from anybody; and nobody uses up what there is.
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
check "flush" quietly ptc flush proto l2tp

# What is forged.  Unanswered requests of above may linger: count from here.
tunnels_are() { [ "$(sessions_say '[.sessions[] | select(.state == "established")] | length')" = "$1" ]; }
# forged OPTION...: from outside; true if no host gets any.
forged() {
	ask forge s to="$WAN" "$@" && [ "${ANSWER[at]}" = none ]
}
# harmless OPTION...: a forged message, after which all is as it was.
harmless() {
	ask forge "$@" "$over" quiet-ms=20
	check "$* $over: harmless" eval "peer control a hello from=server && peer data a,b && tunnels_are 2" ||
		up a,b
}
for over in "" over=ip; do
	fresh
	tunnels "$over" a=c1 b=c2
	check "${over:-over=udp}: two hosts" up a,b
	ask show a
	id=${ANSWER[id-seen]} server_id=${ANSWER[server-id]}
	flows=$(in_ns r conntrack -C)
	check "data from elsewhere reaches nobody" forged source=198.18.9.9 "$over" \
		tunnel="$id" session="${ANSWER[session-id-seen]}"
	check "a sweep of ids neither" forged source="$server" "$over" sport=5555 \
		tunnel=1000 session=1000 step=13 count=1000 type=hello
	check "nor of data" forged source="$server" "$over" sport=5555 tunnel=1000 session=1000 step=13 count=1000
	check "they make a flow for each pair of ports at most" test "$(in_ns r conntrack -C)" -le $((flows + 2))
	harmless s source=198.18.9.9 to="$WAN" type=stopccn tunnel="$id" assigned="$server_id"
	harmless s source="$server" to="$WAN" type=stopccn tunnel=$((id ^ 1)) assigned=77
	harmless s source="$server" to="$WAN" type=stopccn tunnel="$id" assigned=$((server_id ^ 1))
	harmless c2 source=10.0.0.12 to="$server" type=stopccn tunnel="$server_id" assigned="$id"
	harmless s source="$server" to="$WAN" type=cdn tunnel="$id" session=$((server_id ^ 1))
	for type in sccrp sccrq icrp; do
		harmless s source="$server" to="$WAN" sport=6666 type=$type tunnel="$id" assigned=4711
		harmless s source=198.18.9.9 to="$WAN" type=$type tunnel="$id" assigned=4711
	done
	fresh
	tunnels "$over" a=c1
	check "a request" peer control a connect parts=1
	ask forge s source="$server" to="$WAN" "$over" sport=6666 type=sccrp tunnel=4321 assigned=4711 step=17 count=50
	check "answers of nobody's" peer control a connect first=1
	check "take nothing" eval "peer control a icrq && peer data a count=5"
	check "flush" quietly ptc flush proto l2tp
done

# One host begins tunnels without end.
check "at most 8 per host" ptc set l2tp max-per-host 8
for over in "" over=ip; do
	for ((n = 0; n < 20; n++)); do
		fresh
		tunnels "$over port=$((3000 + n))" "m$n=c1"
		ask control "m$n" connect timeout=1
	done
	check "a host began 20 tunnels: the first goes on" peer control m0 hello
	# Over IP there is no port to tell them by.
	[ "$over" ] || check "others pass as they can" peer control m19 hello
	check "it is held to its cap" test "$(sessions_say '.sessions | length')" -le 8
	check "that is counted" test "$(counter host-limit)" -gt 0
	fresh
	tunnels "$over answer-port=1705" b=c2
	check "another is helped" up b
	check "flush" quietly ptc flush proto l2tp
done
calls() {
	local n
	for ((n = 0; n < 20; n++)); do
		tell control a icrq || return
	done
}
fresh
tunnels "" a=c1
check "calls without end" eval "peer control a connect && calls && peer data a session=all"
check "it is held to its cap" test "$(sessions_say '[.sessions[].calls[]] | length')" -le 8
check "default again" ptc set l2tp max-per-host 256
check "flush" quietly ptc flush proto l2tp

# Too many for one server, too many for the router.
check "at most 2 per server" ptc set l2tp max-per-server 2
fresh
tunnels answer-port=1705 a=c1 b=c2
check "two hosts" up a,b
tunnels "" c=c3
check "a third is not helped, and passes" rises server-limit up c
check "the two are" peer data a,b count=3
fresh
tunnels answer-port=1705 c=c3
check "the third is at another server" up c
check "default again" ptc set l2tp max-per-server 16384
check "at most 3 in all" ptc set l2tp max-sessions 3
fresh
tunnels "" d=c1
check "a fourth is not helped, and passes" rises session-limit up d
check "the others are" peer data a,b,c count=3
check "default again" ptc set l2tp max-sessions 65536
done_testing
