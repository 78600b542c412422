#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A client that redials again and again, and a sibling that must not notice:
#
#	c1 (redials) --+
#	c2 (watched) --+- lan [ r ] wan --- s pptpd
#
# It hangs up as it should, or its programs are killed, or it loses power and
# comes back with the same address: neither the server nor the router is told.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/peers_lib.sh"

# redials HOW TIMES: ends the tunnel of c1 with HOW and dials again, TIMES
# times; prints how often it carried data after that.
redials()
{
	local how=$1 i good=0

	for ((i = 0; i < $2; i++)); do
		$how c1
		[ "$(tunnels_dial "$SERVER" c1)" = 1 ] && tunnel_alive c1 && good=$((good + 1))
	done
	echo "$good"
}

# power_cut NS: the host vanishes in mid-call and starts again.
power_cut()
{
	ip -n "$1" link set eth0 down
	tunnel_kill "$1"
	# Its kernel would still say goodbye when the link is back.
	ip netns exec "$1" ss -K dport = :1723 >/dev/null 2>&1
	busywait "$PEER_WAIT" no_tcp "$1"
	ip -n "$1" link set eth0 up
	ip -n "$1" route add default via 10.0.0.1
}

# power_cut_noticed NS: the server speaks to the host that is back and knows
# of no call; its "unreachable" must not reach the calls of the others.
power_cut_noticed()
{
	local here
	here=$(tunnel_addresses "$1")

	power_cut "$1"
	ip netns exec s ping -q -n -c 5 -i 0.2 -w 3 "${here% *}" >/dev/null 2>&1
}

# no_tcp NS: true if it has no TCP socket left.
no_tcp() { ! ip netns exec "$1" ss -Htn | grep -q .; }

topology 2
peers_setup
check "the server listens" pptpd_start s "$SERVER"
check "PPTP is enabled" ptc enable pptp
is "both dialled" "$(tunnels_dial "$SERVER" c1 c2)" 2
watch_start c2

is "6 of 6 redials after a hang-up" "$(redials tunnel_hangup 6)" 6
is "6 of 6 redials after a kill" "$(redials tunnel_kill 6)" 6
is "2 of 2 redials after a power cut" "$(redials power_cut 2)" 2
is "2 of 2 after one that the server runs into" "$(redials power_cut_noticed 2)" 2
check "the sibling was pinged all the while" watch_sees c2 20
is "pings the sibling lost" "$(watch_stop c2)" 0

is "both carry 1 MB each way at once" "$(tunnels_transfer 1048576 c1 c2)" 2
# A power cut leaves what nobody ended; it may stay until its host or its
# server says otherwise, but not beside a new call of the same identity.
is "no two sessions of c1 have one PNS Call ID" "$(sessions_say '[.sessions[] |
	select(.initiator == "10.0.0.11") |
	.idents[] | select(.name == "PNS Call ID") | .value] | length - (unique | length)')" 0
tunnel_hangup c1
check "the sibling outlives the last hang-up" tunnel_alive c2

done_testing
