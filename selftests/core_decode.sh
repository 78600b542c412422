#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What `passthroughctl decode` finds in captures from both sides of the router
# is what the modules say of the sessions: Call IDs, SPIs, tunnel and session
# ids, as chosen inside and as rewritten outside.
#
#	c1 -+- lan [ r ] wan --- s
#	c2 -+
# jq's variables are not the shell's:
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"

[ -x "$nfpt_top/tools/decode/decode" ] || skip_all "decode is not built, libpcap is not there"
topology 2

# capture NAME, capture_end NAME: both sides, from now on, in $WORK/NAME.lan and .wan; and all
# devices in one, .any.
captures=()
capture() {
	local side
	for side in lan wan any; do
		ip netns exec r tcpdump -i $side -Z root -s 2000 -B 8192 --immediate-mode -U -w "$WORK/$1.$side" \
			>"$WORK/tcpdump.$side" 2>&1 &
		captures+=($!)
		at_exit "kill $! 2>/dev/null"
		busywait 60 grep -q 'listening on' "$WORK/tcpdump.$side" || bail "tcpdump on $side"
	done
}
# A last packet through the router tells that all before it was written.
written() {
	in_ns c1 bash -c "printf '\\xff' >/dev/udp/$SERVER/4500"
	[ "$(decoded "$1" 'select(.message == "keepalive") | .message')" ]
}
capture_end() {
	local side
	for side in lan wan any; do
		check "$1.$side is written" busywait 60 written "$1.$side"
	done
	kill -INT "${captures[@]}"
	wait "${captures[@]}"
	captures=()
	is "no packet was left out" "$(cat "$WORK"/tcpdump.* | grep -c '^0 packets dropped by kernel')" 3
}

# decoded FILE FILTER: what jq makes of its messages, sorted, each once.
decoded() { passthroughctl -j decode "$WORK/$1" | jq -r "$2" | sort -u; }
# sessions FILTER: the same of the sessions.
sessions() { sessions_say "$1" | sort -u; }

# same TEXT FILE FILTER SESSIONS-FILTER: both say the same, and something.
same() {
	local got
	got=$(decoded "$2" "$3")
	check "$1 are there" test -n "$got"
	is "$1" "$got" "$(sessions "$4")"
}

# well NAME: nothing is malformed or missing in its captures.
well() {
	local side
	for side in lan wan any; do
		is "$1, $side: nothing is malformed or missing" \
			"$(decoded "$1.$side" 'select(.malformed or .remark)')" ""
		check "$1, $side: as text, a line each" test "$(passthroughctl decode "$WORK/$1.$side" |
			wc -l)" -eq "$(passthroughctl -j decode "$WORK/$1.$side" | wc -l)"
	done
	check "$1: the schema has it" "$nfpt_top/tools/passthroughctl/tests/schema.py" \
		check "$WORK/seen" decode < <(passthroughctl -j decode "$WORK/$1.any")
}

echo "# pptp"
. "$nfpt_top/selftests/pptp_peer/peer.sh"
help_pptp
peers_start c1 c2 s
capture pptp
check "both connect" eval \
	"peer link one dial=c1 accept=s to=$SERVER && peer link two dial=c2 accept=s to=$SERVER"
# A Call ID in two segments.
check "segments of 7 bytes" peer mode two both chunk=7
# Equal ids of two hosts: the second's are rewritten.
check "both call" eval 'peer calls one count=3 pns=5 pac=128 && peer calls two count=3 pns=5 pac=256'
check "data passes" peer gre two
capture_end pptp
ident() { echo ".sessions[].idents[] | select(.name == \"$1 Call ID\") | .$2"; }
same "PNS Call IDs inside" pptp.lan \
	'select(.message == "Outgoing-Call-Request") | ."pns-call-id"' "$(ident PNS value)"
same "PNS Call IDs outside" pptp.wan \
	'select(.message == "Outgoing-Call-Request") | ."pns-call-id"' "$(ident PNS mapped)"
same "PAC Call IDs outside" pptp.wan \
	'select(.message == "Outgoing-Call-Reply") | ."pac-call-id"' "$(ident PAC value)"
same "PAC Call IDs inside" pptp.lan \
	'select(.message == "Outgoing-Call-Reply") | ."pac-call-id"' "$(ident PAC mapped)"
check "some are rewritten" test "$(sessions "$(ident PNS value)")" != "$(sessions "$(ident PNS mapped)")"
check "data names the calls" test -z "$(comm -23 \
	<(decoded pptp.wan 'select(.transport == "gre" and .source == "192.0.2.1") | ."receiver-call-id"') \
	<(sessions "$(ident PAC value)"))"
well pptp
peers_stop
quietly ptc flush

echo "# ipsec"
. "$nfpt_top/selftests/ipsec_peer/peer.sh"
gateways
help_ipsec
peers_start c1 c2 s
capture ipsec
check "two hosts have plain ESP" tunnels 198.18.0.1 a=c1 b=c2
check "data passes" peer run a,b
check "one has NAT-T" eval 'tell tunnel u host=c1 gw=s at=198.18.0.2 udp &&
	tell ike u init && tell ike u auth port=4500 && tell sa u && tell esp u'
capture_end ipsec
same "IKE SPIs" ipsec.wan 'select(.message == "IKE_AUTH") | ."initiator-spi" + ."responder-spi"' \
	'.sessions[].ike[] | ."initiator-spi" + ."responder-spi"'
same "ESP SPIs from inside" ipsec.wan \
	'select(.message == "ESP" and .source == "192.0.2.1") | "\(.spi) \(.transport == "udp")"' \
	'.sessions[].sas[] | select(.direction == "out") | "\(.spi) \(.udp)"'
same "ESP SPIs to it" ipsec.lan \
	'select(.message == "ESP" and (.destination | startswith("10."))) | .spi' \
	'.sessions[].sas[] | select(.direction == "in") | .spi'
well ipsec
peers_stop
quietly ptc flush

echo "# l2tp"
. "$nfpt_top/selftests/l2tp_peer/peer.sh"
help_l2tp
peers_start c1 c2 s
capture l2tp
fresh
tunnels version=2 a=c1 b=c2
check "version 2" up a,b
fresh
tunnels version=3 c=c1
check "version 3" up c
fresh
tunnels over=ip d=c2
check "over IP" up d
capture_end l2tp
same "tunnel ids outside" l2tp.wan '."assigned-tunnel", ."assigned-connection" | numbers' \
	'.sessions[].idents | .[0].mapped, .[1].value'
same "tunnel ids inside" l2tp.lan '."assigned-tunnel", ."assigned-connection" | numbers' \
	'.sessions[].idents | .[0].value, .[1].mapped'
same "session ids of version 2" l2tp.lan '."assigned-session" | numbers' \
	'.sessions[] | select(.version == 2).calls[] | ."initiator-id", ."responder-id"'
same "session ids of version 3" l2tp.lan '."local-session" | numbers' \
	'.sessions[] | select(.version == 3).calls[] | ."initiator-id", ."responder-id"'
same "versions and transports" l2tp.wan 'select(.protocol == "l2tp") | "\(.version) \(.transport)"' \
	'.sessions[] | "\(.version) \(.transport)"'
well l2tp

done_testing
