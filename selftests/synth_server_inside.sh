#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Servers inside, each behind a port-forwarded 1723 on a wan address of its
# own, all choosing the same Call IDs, with many calls from two hosts outside.
#
#	c1 10.0.0.11 PAC --+                  192.0.2.1
#	c2 10.0.0.12 PAC --+- lan [ r ] wan - 192.0.2.12 --- s PNS 192.0.2.2,
#	c3 10.0.0.13 PAC --+                  192.0.2.13           192.0.2.3
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pptp_peer/peer.sh"
calls=${CALLS:-200}

topology 3
ip -n s addr add 192.0.2.3/24 dev eth0
for n in 1 2 3; do
	address=$WAN
	[ $n = 1 ] || address=192.0.2.1$n
	[ $n = 1 ] || ip -n r addr add $address/24 dev wan
	in_ns r nft add rule ip nat prerouting iifname wan ip daddr $address \
		tcp dport 1723 dnat to 10.0.0.1$n
done
help_pptp
peers_start c1 c2 c3 s

for n in 1 2 3; do
	to=$WAN
	[ $n = 1 ] || to=192.0.2.1$n
	for from in 2 3; do
		echo "link c$n-$from dial=s accept=c$n to=$to from=192.0.2.$from"
		echo "mode c$n-$from both all"
	done
done >"$WORK/links"
check "two hosts outside connect to each of three servers" peer_all <"$WORK/links"
# A PNS has ids of its own for each peer; so has a PAC.
for n in 1 2 3; do
	for from in 2 3; do
		echo "calls c$n-$from count=$calls pns=0 pac=0"
	done
done >"$WORK/calls"
check "$calls calls on each connection, the same Call IDs everywhere" peer_all <"$WORK/calls"
check "every packet, both ways, arrives at the right server with the right Call ID" \
	peer gre all rounds=2
check "a server ends a call" peer clear c2-2 call=0 from=pac
check "that call carries nothing in any more" peer gre c2-2 call=0 from=pns expect=none
check "the same call at the other servers has not" peer_all <<-END
	gre c1-2 call=0
	gre c3-2 call=0
	gre c2-3 call=0
END
check "a host outside goes away" peer close c1-2 how=reset
check "all others carry data" peer gre all
check "it comes back and calls" peer_all <<-END
	link c1-2b dial=s accept=c1 to=$WAN from=192.0.2.2
	calls c1-2b count=$calls pns=0 pac=0
	gre c1-2b
END

# Servers inside that dial out to one PNS from one wan address: now their Call
# IDs do meet, and are told apart only if the router translates them.
for n in 1 2 3; do
	echo "link out$n dial=c$n accept=s to=$SERVER pns=accept"
	echo "calls out$n count=20 pns=$((n * 1000)) pac=1000"
done >"$WORK/out"
check "three servers dial out to one host" peer_all <"$WORK/out"
check "their Call IDs were made distinct" peer ids s
check "all calls carry data" peer gre all
done_testing
