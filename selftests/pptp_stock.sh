#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The same two clients with no helper, with the kernel's own, and with ours:
#
#	c1, c2 --- lan [ r ] wan --- s pptpd
#
# Prints the comparison as a table; only our column is judged.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/peers_lib.sh"

# column: what two clients get, one figure a line.
column()
{
	local up alive carry idle

	up=$(PEER_WAIT=$1 tunnels_dial "$SERVER" c1 c2)
	alive=$(tunnels_alive c1 c2)
	[ "$alive" = 0 ] && carry=0 || carry=$(tunnels_transfer 1048576 c1 c2)
	idle=$(conntracks -p gre | awk '/ASSURED/ && $3 > max { max = $3 } END { print max + 0 }')
	# After the slack of a run, rounded up to what the kernel was told.
	[ "$idle" = 0 ] && idle=- || idle="$(((idle + 59) / 60)) min"
	printf '%s\n' "$up of 2" "$alive of 2" "$carry of 2" "$idle"
	tunnel_kill c1 c2
	ip netns exec r conntrack -F >/dev/null 2>&1
}

topology 2
peers_setup
check "the server listens" pptpd_start s "$SERVER"

column 10 >"$WORK/none"
if use_stock 2>/dev/null; then
	column "$PEER_WAIT" >"$WORK/stock"
	ip netns exec r nft delete table ip stock
	modprobe -r nf_nat_pptp nf_conntrack_pptp
else
	printf '%s\n' - - - - >"$WORK/stock"
fi
check "PPTP is enabled" ptc enable pptp
column "$PEER_WAIT" >"$WORK/ours"

printf '%s\n' "tunnels that come up" "that answer a ping" \
	"that carry 1 MB each way" "may be silent for" >"$WORK/what"
{
	printf '\tno helper\tstock helper\tnf_pptp_gre_helper\n'
	paste "$WORK/what" "$WORK/none" "$WORK/stock" "$WORK/ours"
} | awk -F'\t' '{ printf "#   %-26s%-12s%-15s%s\n", $1, $2, $3, $4 }'

is "with ours" "$(paste -sd, "$WORK/ours")" "2 of 2,2 of 2,2 of 2,300 min"

done_testing
