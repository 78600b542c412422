#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Four libreswan clients with plain ESP to one gateway, with the router as the
# stock kernel has it (`bypass`), then helped:
#
#	c1..c4 --- lan [ r ] wan --- s
#
# Prints the comparison as a table; only our column is judged.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ipsec_lib.sh"

n=4
mapfile -t clients < <(seq -f c%g $n)

# column: what the clients get, one figure a line.
column()
{
	esp_forget "${clients[@]}"
	echo "$(ipsec_up "${clients[@]}") of $n"
	echo "$(one_by_one client_calls "${clients[@]}") of $n"
	echo "$(one_by_one server_calls "${clients[@]}") of $n"
	esp_wrong "${clients[@]}"
}

# redial: as it was before anybody called.
redial()
{
	peers_stop
	ip netns exec r conntrack -F >/dev/null 2>&1
	plutos_start "${clients[@]}"
}

topology "$n"
ipsec_setup "$n"
check "libreswan listens everywhere" plutos_start "${clients[@]}"
check "the router does as the stock kernel does" ptc bypass ipsec
column >"$WORK/stock"
check "libreswan is started anew" redial
check "IPsec is enabled" ptc enable ipsec
column >"$WORK/ours"

printf '%s\n' "tunnels that come up" "that are answered" "that answer" \
	"ESP packets at a wrong host" >"$WORK/what"
{
	printf '\tstock\tnf_ipsec_natt_helper\n'
	paste "$WORK/what" "$WORK/stock" "$WORK/ours"
} | awk -F'\t' '{ printf "#   %-30s%-12s%s\n", $1, $2, $3 }'

# ipsec_clients.sh judges what came to wrong hosts.
is "with ours" "$(head -n 3 "$WORK/ours" | paste -sd,)" "$n of $n,$n of $n,$n of $n"

done_testing
