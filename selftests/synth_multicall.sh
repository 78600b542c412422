#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Many calls to one server, all set up before any data: on one control
# connection, on several, and from several hosts that choose the same Call IDs.
#
#	c1 .. c4 PNS ---- lan [ r ] wan ---- s PAC
#
# CALLS=N is how many calls there are in each of the two parts.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pptp_peer/peer.sh"
calls=${CALLS:-2048}
hosts=4 per_host=2

no_gre() { [ "$(gre_conntracks)" -eq 0 ]; }

topology $hosts
help_pptp
peers_start c1 c2 c3 c4 s

check "c1 connects" peer link one dial=c1 accept=s to="$SERVER"
check "$calls calls on one control connection" \
	peer calls one count="$calls" pns=0 pac=0 batch=64
check "the server was told distinct Call IDs" peer ids s
check "the router tracks each call" [ "$(gre_conntracks)" -ge "$calls" ]
check "every packet of them, both ways, arrives with the right Call ID" \
	peer gre one rounds=2
check "the connection ends" peer close one
check "so do its calls" busywait 20 no_gre

each=$((calls / (hosts * per_host)))
for ((h = 1; h <= hosts; h++)); do
	for ((l = 0; l < per_host; l++)); do
		echo "link c$h-$l dial=c$h accept=s to=$SERVER"
	done
done >"$WORK/links"
check "$per_host control connections from each of $hosts hosts" peer_all <"$WORK/links"

# The PAC's own ids are distinct, as a server's are; the hosts' repeat.
n=0
for ((h = 1; h <= hosts; h++)); do
	for ((l = 0; l < per_host; l++)); do
		echo "mode c$h-$l both all"
		echo "calls c$h-$l count=$each pns=$((l * each)) pac=$((each * n++))"
	done
done >"$WORK/calls"
check "$each calls on each, the same Call IDs from every host" peer_all <"$WORK/calls"
check "the server was told distinct Call IDs" peer ids s
check "every packet of all, both ways, arrives at the right host with the right Call ID" \
	peer gre all rounds=2
check "one host's connections end" peer_all <<-END
	close c1-0
	close c1-1 how=reset
END
check "the other hosts' calls still carry data" peer gre all
[ "${NFPT_HELPER-}" ] && done_testing

# A host may open what it likes: its share is not another's.
check "all calls end" ptc flush proto pptp
check "a host may have two calls" ptc set pptp max-per-host 2
check "two hosts connect, one of them twice" peer_all <<-END
	link greedy-0 dial=c1 accept=s to=$SERVER
	link greedy-1 dial=c1 accept=s to=$SERVER
	link modest dial=c2 accept=s to=$SERVER
END
check "one calls twice" peer calls greedy-0 count=2 pns=0 pac=60000
check "and again, for nothing" peer calls greedy-1 count=1 pns=10 pac=60010
is "that is counted" "$(counter host-limit)" 1
check "the other calls twice" peer calls modest count=2 pns=0 pac=60020
is "and is served" "$(ptc -j sessions host 10.0.0.12 | jq '.sessions | length')" 2
check "data passes" peer_all <<-END
	gre greedy-0
	gre modest
END
done_testing
