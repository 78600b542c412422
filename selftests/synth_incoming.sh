#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Incoming calls, and control connections that the PAC opened, with the PNS
# inside and with the PAC inside.
#
#	c1 PNS, c2 PNS ---- lan [ r ] wan ---- s PAC	c1 dials; s dials c2
#	c3 PAC, c4 PAC ---- lan [ r ] wan ---- s PNS	c3 dials; s dials c4
#
# s reaches c2 at port 1723 and c4 at port 1724 of the router.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pptp_peer/peer.sh"
calls=${CALLS:-20}

topology 4
port_forward 1723 10.0.0.12
in_ns r nft add rule ip nat prerouting iifname wan ip daddr "$WAN" tcp dport 1724 \
	dnat to 10.0.0.14:1723
help_pptp
[ "${NFPT_HELPER-}" ] || check "watch port 1724 too" ptc set pptp port 1723,1724
peers_start c1 c2 c3 c4 s

# both NAME TEXT PNS PAC LINK-OPTIONS...: calls of either kind over one link,
# with Call IDs from PNS and PAC on.  Inside all choose the same ones; s, which
# sees one address only, chooses others for each.
both() {
	local name=$1 text=$2 pns=$3 pac=$4
	shift 4
	check "$text: connect" peer link "$name" "$@" || return
	check "$text: incoming calls" \
		peer calls "$name" count="$calls" pns="$pns" pac="$pac" incoming
	check "$text: outgoing calls" peer calls "$name" count="$calls" \
		pns=$((pns + calls)) pac=$((pac + calls))
	check "$text: Incoming-Call-Connected again" \
		peer send "$name" incoming-call-connected call=1
	check "$text: all carry data both ways" peer gre "$name" rounds=3
}

both c1 "PNS inside, connection from it" 0 1000 dial=c1 accept=s to="$SERVER"
both c2 "PNS inside, connection to it" 0 2000 dial=s accept=c2 to="$WAN" pns=accept
both c3 "PAC inside, connection from it" 3000 0 dial=c3 accept=s to="$SERVER" pns=accept
both c4 "PAC inside, connection to it" 4000 0 dial=s accept=c4 to="$WAN" port=1724
check "s was told distinct Call IDs" peer ids s
check "all four at once carry data" peer gre all
check "an incoming call is cleared" peer clear c1 call=0
check "an incoming call is cleared by the PAC" peer clear c3 call=0 from=pac
check "it carries nothing in any more" peer gre c1 call=0 from=pac expect=none
check "the others do" peer gre all
done_testing
