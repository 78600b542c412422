#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A million mutated packets of IPsec through the router: ESP, IKE, NAT-T, AH,
# ICMP errors about them, fragments, merged frames, wrong checksums.
#
#	c1, c2 ---- lan [ r ] wan ---- s, which is every gateway	recorded, and mutated
#	c3     ---- lan [ r ] wan ---- s				the bystander
#
# timeout: 3600
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ipsec_peer/peer.sh"
. "$(dirname "$0")/mutate/mutate.sh"

bystander() { peer run bystander limit-ms=60000 && peer ike bystander info from=gw timeout=60; }

# comes HOST: it has an SA and NAT-T with the gateway that was forged to.
comes() {
	tunnels "$mutate_server" "$1=$1" && peer run "$1" limit-ms=5000 && tell ike "$1" child &&
		tell sa "$1" && peer run "$1" limit-ms=5000 || return
	tell tunnel "$1-udp" host="$1" gw=s at="$mutate_server" udp && tell ike "$1-udp" init &&
		tell ike "$1-udp" auth port=4500 && tell sa "$1-udp" && peer run "$1-udp" limit-ms=5000
}
newcomer() { comes c3 && quietly ptc flush proto ipsec host 10.0.0.13 server "$mutate_server"; }

# recorded: exchanges of both versions, ESP in both directions, errors about it.
recorded() {
	local t
	tunnels "$mutate_server" a=c1 b=c2 && peer run a,b || return
	for t in a b; do
		tell icmp "$t" from=gw && tell icmp "$t" from=host && tell ike "$t" child && tell sa "$t" || return
	done
	peer run a,b && tell ike a info && tell ike b info from=gw || return
	for t in main quick info1; do
		tell ike a "$t" && tell ike b "$t" || return
	done
	tell sa a && peer run a from=gw || return
	for t in c1 c2; do
		tell tunnel "udp-$t" host="$t" gw=s at="$mutate_server" udp && tell ike "udp-$t" init &&
			tell ike "udp-$t" auth port=4500 && tell sa "udp-$t" && peer run "udp-$t" &&
			tell ike "udp-$t" child port=4500 && tell keepalive "udp-$t" || return
	done
	ask inject c1 source=10.0.0.11 to="$mutate_server" proto=ah random=40
	ask forge s source="$mutate_server" to="$WAN" count=5
}

topology 3
mutate_servers
help_ipsec
peers_start c1 c2 c3 s
check "a host may have 100 sessions and SAs" ptc set ipsec max-per-host 100
tunnels $mutate_bystander bystander=c3
check "the bystander's SA" bystander

record_begin
check "sessions of all kinds" recorded
record_end
mutate_all ipsec 201
rose esp-malformed ike-malformed sa-unknown icmp-errors ah host-limit
check "so do hosts whose sessions were mutated" comes c1
check "both" comes c2
check "and all is well with the bystander" bystander
done_testing
