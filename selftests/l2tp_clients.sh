#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Eight xl2tpd clients behind the router and the router's own, all with source
# port 1701, and one xl2tpd outside:
#
#	c1..c8 --- lan [ r ] wan --- s
#
# All carry data both ways at once.  After four silent minutes the server still
# reaches them: nobody waits, what is left of a mapping's lifetime is set to what
# would be left after that time.  A flowtable takes their flows.  A client that
# says goodbye leaves no session behind.  `disable` silences the clients, not the
# router's own.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/l2tp_lib.sh"

SILENCE=240
IDLE=300
# The debug kernel moves a hundredth of what others do.
n=8 bytes=1048576
! debug_kernel || bytes=65536
mapfile -t clients < <(seq -f c%g $n)

# mappings_between LOW HIGH: true if each client has one, with so many seconds
# left.
mappings_between()
{
	l2tp_mappings | grep -v "src=$WAN dst=$SERVER" | awk -v low="$1" -v high="$2" \
		-v n="$n" '$3 < low || $3 > high { bad = 1 } END { exit bad || NR != n }'
}

# let_pass SECONDS: as if no packet had come for so long.
let_pass()
{
	local ns

	for ns in "${clients[@]}"; do
		quietly ip netns exec r conntrack -U -p udp --orig-port-dst $L2TP_PORT \
			--orig-src "$(outer_address "$ns")" -t $((IDLE - $1))
	done
}

# offloaded: how many flows are in the flowtable.
all_offloaded() { [ "$(l2tp_mappings | grep -c OFFLOAD)" = "$n" ]; }

topology $n
l2tp_setup
check "the server listens" lns_start s
check "L2TP is enabled" l2tp_helper enable

is "dialled at once, came up" "$(tunnels_dial "$SERVER" "${clients[@]}")" $n
is "the router dials, too" "$(tunnels_dial "$SERVER" r)" 1
is "all answer a ping" "$(tunnels_alive "${clients[@]}" r)" $((n + 1))
is "all answer the server's ping" "$(l2tp_called "${clients[@]}" r)" $((n + 1))
is "all carry $((bytes / 1024)) kB each way at once" \
	"$(tunnels_transfer $bytes "${clients[@]}" r)" $((n + 1))
is "all came from port 1701" "$(l2tp_mappings | grep -c "dst=$SERVER sport=1701 dport=1701")" \
	$((n + 1))

if ! stock; then
	check "sessions of the clients are listed, not the router's" sessions_are $n
	is "each client has one" "$(sessions_say '.sessions[].initiator' | sort -V | xargs)" \
		"$(seq -s ' ' -f 10.0.0.%g 11 18)"
	is "with the names that the hosts gave" "$(sessions_say \
		'.sessions[] | .initiator_name + " " + .responder_name' | sort | xargs)" \
		"$(printf '%s s ' "${clients[@]}" | xargs)"
	is "and one call" "$(sessions_say '.sessions[].calls | length' | sort -u)" 1

	# Greetings would break the silence; data goes through the kernel.
	l2tp_pause s r "${clients[@]}"
	check "mappings live for $IDLE s" mappings_between $((IDLE - 100)) $IDLE
	let_pass $SILENCE
	check "after four minutes they would have one left" \
		mappings_between 1 $((IDLE - SILENCE))
	is "the server still reaches all" "$(l2tp_called "${clients[@]}")" $n
	check "which gives them $IDLE s again" mappings_between $((IDLE - 100)) $IDLE
	is "and they reach the server" "$(tunnels_alive "${clients[@]}")" $n
	l2tp_resume s r "${clients[@]}"
fi

# None of these flows has conntrack's helper extension.
ip netns exec r nft -f - <<-'NFT' || not_ok "a flowtable"
table inet filter {
	flowtable fast {
		hook ingress priority filter;
		devices = { lan, wan };
	}
	chain fast {
		meta l4proto udp flow add @fast
	}
}
insert rule inet filter forward jump fast
NFT
is "carry 64 kB each way at once" "$(tunnels_transfer 65536 "${clients[@]}")" $n
check "the flowtable has the flows of all of them" busywait 30 all_offloaded
l2tp_mappings | grep -m 1 OFFLOAD | sed 's/^/#   /'
is "all answer a ping" "$(tunnels_alive "${clients[@]}")" $n
is "all answer the server's ping" "$(l2tp_called "${clients[@]}")" $n

stock && done_testing

# What the flowtable took passes no hook any more, goodbyes neither; it gives
# flows back when they end.
ip netns exec r nft flush chain inet filter fast
watch_start r
check "L2TP is disabled" ptc disable l2tp
is "disabled: answer a ping" "$(tunnels_alive "${clients[@]}")" 0
is "disabled: answer the server's ping" "$(l2tp_called "${clients[@]}")" 0
check "the router's own tunnel answers" tunnel_alive r
is "no session is left" "$(sessions_say '.sessions | length')" 0
tunnel_kill "${clients[@]}"
is "no new tunnel comes up" "$(PEER_WAIT=10 tunnels_dial "$SERVER" c1)" 0
tunnel_kill c1

check "L2TP is enabled again" ptc enable l2tp
is "dialled again" "$(tunnels_dial "$SERVER" "${clients[@]}")" $n
is "all answer a ping" "$(tunnels_alive "${clients[@]}" r)" $((n + 1))
check "their sessions are listed" sessions_are $n
is "pings the router's tunnel lost" "$(watch_stop r)" 0

check "a client says goodbye" l2tp_disconnect c1
# A second after it; how long a question takes is up to the machine.
check "and its session ends, not idle for long" busywait "$PEER_WAIT" sessions_are $((n - 1))
is "the others answer a ping" "$(tunnels_alive "${clients[@]:1}" r)" $n
for ns in "${clients[@]:1}" r; do
	tunnel_hangup "$ns" &
done
wait
check "when all have, no session is left" busywait "$PEER_WAIT" sessions_are 0

done_testing
