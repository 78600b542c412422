#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The wan address changes under tunnels that are in use: who begins anew from
# the new address is served at once.
#
#	c1 .. c3 ---- lan [ r ] wan ---- s, which is every gateway
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ipsec_peer/peer.sh"

topology 3
gateways
help_ipsec
peers_start c1 c2 c3 s

# move ADDRESS: give the wan another address, in one step as a lease does.
move() {
	ip -n r addr flush dev wan
	ip -n r addr add "$1/24" dev wan
	ip -n r route replace 198.18.0.0/15 via "$SERVER"
}

# anew TUNNEL...: IKE, and a new SA.
anew() {
	local t exchange
	for exchange in init auth; do
		for t; do
			tell ike "$t" "$exchange" || return
			[ "${ANSWER[address-seen]}" = "$WAN" ] || return
		done
	done
	for t; do
		tell sa "$t" || return
	done
}

tunnels 198.18.0.1 a=c1 b=c2 c=c3
check "three hosts have their SAs" peer run a,b,c
for WAN in 192.0.2.77 192.0.2.78 192.0.2.1; do
	check "the wan becomes $WAN" move "$WAN"
	for t in a b c; do
		check "$t begins anew" anew $t
		check "$t gets its SA at once" peer run $t limit-ms=1000
	done
	check "the others keep theirs" peer run a,b,c
	check "all begin anew" anew b c a
	check "all get their SAs" peer run a,b,c limit-ms=6500
	check "all begin anew" anew c a b
	check "all get their SAs, the gateway is first" peer run a,b,c from=gw limit-ms=6500
	check "the gateway can ask" peer ike a info from=gw
done

# Hosts that do not notice send on; the gateway learns it from their ESP.
WAN=192.0.2.79
check "the wan becomes $WAN" move "$WAN"
check "what they send arrives" peer esp a,b,c from=host count=3
check "one begins anew" anew a
check "it gets its SA" peer run a limit-ms=1000
check "so do the others in their time" anew b c
check "they get their SAs" peer run a,b,c limit-ms=6500
is "no flow has an old address" "$(conntracks -p esp | grep -vc "dst=$WAN")" 0
done_testing
