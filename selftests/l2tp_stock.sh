#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 2400
#
# Real L2TP peers with the router as the stock kernel has it (`bypass`), then
# helped:
#
#	c1..c4 --- lan [ r ] wan --- s
#
# Prints the comparison as a table; only our column is judged.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/l2tp_lib.sh"

n=4
mapfile -t clients < <(seq -f c%g $n)
# Seconds that a client may take; with ours it must come up.
patience=$PEER_WAIT

# trial WHAT SERVER [OPTION...]: how many clients of such a server get an answer
# through their tunnel.
trial()
{
	local what=$1 ns up=0
	shift

	lns_odd "$1"
	shift
	for ns in "${trial_clients[@]}"; do
		tunnel_dial "$ns" "$SERVER" "$@"
	done
	for ns in "${trial_clients[@]}"; do
		PEER_WAIT=$patience tunnel_wait "$ns"
	done
	up=$(tunnels_alive "${trial_clients[@]}")
	result "$what" "$up of ${#trial_clients[@]}"
}

# idle: how many the server reaches after four minutes without a packet.
idle()
{
	local left

	l2tp_pause s "${trial_clients[@]}"
	# The longest lifetime, rounded up to what the kernel was told.
	left=$(l2tp_mappings | awk '$3 > max { max = $3 } END { print int((max + 59) / 60) * 60 }')
	for ns in "${trial_clients[@]}"; do
		quietly ip netns exec r conntrack -U -p udp --orig-port-dst 1701 --orig-src \
			"$(outer_address "$ns")" -t $((left > 240 ? left - 240 : 1))
	done
	[ "$left" -gt 240 ] || busywait 30 no_mapping
	result "reached after 4 silent minutes" \
		"$(l2tp_called "${trial_clients[@]}") of ${#trial_clients[@]}"
}

no_mapping() { ! l2tp_mappings | grep -q .; }

# result WHAT FIGURE: a line of this column.
result() { printf '%s\t%s\n' "$1" "$2"; }

# forget: as it was before anybody called, without a server.
forget()
{
	tunnel_kill "${trial_clients[@]}"
	lns_stop s
	stock || quietly ptc flush l2tp
	quietly ip netns exec r conntrack -F
}

# redial [OPTION]: the same, with one.
redial()
{
	forget
	lns_start s 8 "$@"
}

# static WHAT ENCAP COOKIES
static()
{
	static_up "$2" "$3" c1 c2 c3
	for ns in c1 c2 c3; do
		busywait $((patience / 10)) static_calls "$ns"
	done
	result "$1" "$(static_alive c1 c2 c3) of 3"
	static_down c1 c2 c3
	quietly ip netns exec r conntrack -F
}

# column STATE: what clients get, one line a trial.
column()
{
	local trial_clients=("${clients[@]}")

	redial
	trial "xl2tpd, as it is" none
	idle
	redial
	trial "answers from another port" moved
	redial
	trial "sends data to port 1701" data1701
	redial
	trial_clients=(c1 c2)
	trial "hosts with the same tunnel id" none id=4711
	redial user
	trial_clients=("${clients[@]}")
	[ "$1" = stock ] || quietly ptc set l2tp source-port 1701
	trial "wants source port 1701" strict
	[ "$1" = stock ] || quietly ptc set l2tp source-port 0
	forget
	lns_odd none
	static "L2TPv3 over UDP" udp plain
	static "L2TPv3 over IP" ip plain
	static "L2TPv3 over IP, cookies" ip cookies
}

topology $n
l2tp_setup
l2tp_helper bypass >/dev/null
patience=30
column stock >"$WORK/stock"
if stock; then
	cp "$WORK/stock" "$WORK/ours"
else
	patience=$PEER_WAIT
	check "L2TP is enabled" ptc enable l2tp
	column ours >"$WORK/ours"
fi

{
	printf '\tstock\tnf_l2tp_helper\n'
	cut -f 2 "$WORK/ours" | paste "$WORK/stock" -
} | awk -F'\t' '{ printf "#   %-32s%-12s%s\n", $1, $2, $3 }'

while IFS=$'\t' read -r what figure; do
	is "$what" "$figure" "${figure#* of } of ${figure#* of }"
done <"$WORK/ours"

done_testing
