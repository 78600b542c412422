#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A tunnel that is silent for 15 minutes still carries data:
#
#	c1, c2 --- lan [ r ] wan --- s pptpd
#
# Nobody waits: what is left of a GRE entry's lifetime is set to what would be
# left after that time.  With the kernel's own helper it would be gone.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/peers_lib.sh"

SILENCE=900
REPLIED=18000

# remaining: the seconds left of each GRE entry, one a line.
remaining() { conntracks -p gre | awk '$1 == "gre" { print $3 }'; }

# remaining_between LOW HIGH: true if all GRE entries have so many left.
remaining_between()
{
	remaining | awk -v low="$1" -v high="$2" \
		'$1 < low || $1 > high { bad = 1 } END { exit bad || !NR }'
}

# let_pass SECONDS: as if no packet had come for so long.  An unfiltered update
# is refused: it would set more of an entry than its timeout.
let_pass()
{
	local left host
	left=$(remaining | sort -n | tail -n 1)

	left=$((left > $1 ? left - $1 : 1))
	for host in 10.0.0.11 10.0.0.12; do
		ip netns exec r conntrack -U -p gre --orig-src $host -t $left >/dev/null 2>&1
	done
}

# no_gre: true if conntrack has no GRE entry that was answered.  A client that
# goes on sending makes unanswered ones.
no_gre() { ! conntracks -p gre | grep -q ASSURED; }

topology 2
peers_setup
check "the server listens" pptpd_start s "$SERVER"

if use_stock 2>/dev/null; then
	is "stock helper: dialled" "$(tunnels_dial "$SERVER" c1)" 1
	check "stock helper: it answers a ping" tunnel_alive c1
	check "stock helper: its GRE entry ends after 180 s of silence" \
		remaining_between 1 180
	let_pass $SILENCE
	busywait "$PEER_WAIT" no_gre
	check_not "stock helper: after 15 minutes of silence it is dead" tunnel_alive c1
	tunnel_kill c1
	ip netns exec r nft delete table ip stock
	ip netns exec r conntrack -F >/dev/null 2>&1
	modprobe -r nf_nat_pptp nf_conntrack_pptp
else
	skip "the stock helper for comparison" "not in this kernel"
fi

check "PPTP is enabled" ptc enable pptp
is "dialled" "$(tunnels_dial "$SERVER" c1 c2)" 2
is "both answer a ping" "$(tunnels_alive c1 c2)" 2
check "their GRE entries live for 5 hours" remaining_between $((REPLIED - 60)) $REPLIED
is "and so do their sessions" "$(sessions_say '.sessions[].lifetime' | sort -u)" $REPLIED

let_pass $SILENCE
check "15 minutes later they would have 4 h 45 min left" \
	remaining_between $((REPLIED - SILENCE - 60)) $((REPLIED - SILENCE))
is "and both answer a ping" "$(tunnels_alive c1 c2)" 2
check "which gives them 5 hours again" remaining_between $((REPLIED - 60)) $REPLIED
is "both carry 64 kB each way" "$(tunnels_transfer 65536 c1 c2)" 2

# The lifetime is a setting, and it does end a silent tunnel.  c2 goes on.
check "the lifetime is set to 8 s" ptc set pptp gre-replied 8
watch_start c2
check "a ping takes it over" tunnel_alive c1
check "the entries have at most 8 s left" busywait "$PEER_WAIT" remaining_between 0 8
is "so have the sessions" "$(sessions_say '.sessions[].lifetime' | sort -u)" 8
check "the silent session ends" busywait "$PEER_WAIT" sessions_are 1
check_not "its tunnel is dead" tunnel_alive c1
check "the busy one is not" tunnel_alive c2
is "pings it lost" "$(watch_stop c2)" 0
check "and ends when it falls silent" busywait "$PEER_WAIT" sessions_are 0
check "no GRE entry is left" busywait "$PEER_WAIT" no_gre

tunnel_kill c1 c2
check "back to the default" ptc set pptp gre-replied $REPLIED
is "the client dials again" "$(tunnels_dial "$SERVER" c1)" 1
check "and is alive" tunnel_alive c1

done_testing
