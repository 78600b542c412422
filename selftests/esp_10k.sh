#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# 10 000 pairs of ESP SAs held at once: eight hosts, each with the same 250
# gateways, five pairs with each of them.
#
#	c1 .. c8 ---- lan [ r ] wan ---- s, which is every gateway
#
# GATEWAYS=N and PAIRS=N (with each gateway) make it smaller or larger.
# timeout: 1800
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ipsec_peer/peer.sh"
. "$(dirname "$0")/memory_lib.sh"
hosts=8 gateways=${GATEWAYS:-250} pairs=${PAIRS:-5}
per_host=$((gateways * pairs)) all=$((hosts * gateways * pairs))

# names HOST: its tunnels, with commas.
names() {
	local n text=''
	for ((n = 0; n < gateways; n++)); do text+=",c$1-$n"; done
	echo "${text#,}"
}

# lines HOST COMMAND...: the command for each of its tunnels, TUNNEL replaced.
lines() {
	local h=$1 n
	shift
	for ((n = 0; n < gateways; n++)); do echo "${*//TUNNEL/c$h-$n}"; done
}

# begin HOST: IKE with every gateway.
begin() {
	local n
	for ((n = 0; n < gateways; n++)); do
		echo "tunnel c$1-$n host=c$1 gw=s at=198.18.$((n / 250)).$((n % 250 + 1))"
		echo "ike c$1-$n init"
		echo "ike c$1-$n auth"
	done | peer_all
}

# pair HOST ROUND: one more with every gateway, used both ways.
pair() {
	[ "$2" -eq 0 ] || lines "$1" ike TUNNEL child | peer_all || return
	lines "$1" sa TUNNEL | peer_all && peer run "$(names "$1")" streak=3 limit-ms=60000 >"$WORK/run"
}

# sas: how many SAs are confirmed.
sas() {
	ptc -j sessions ipsec >"$WORK/list" &&
		jq '[.sessions[].sas[] | select(.state == "confirmed")] | length' "$WORK/list"
}

room_for $((hosts * gateways * 4 + 10000))
topology $hosts
gateways
help_ipsec
check "a host may have as many" ptc set ipsec max-per-host $((2 * per_host + gateways + 100))
peers_start c{1..8} s
memory_begin

times=()
for ((p = 0; p < pairs; p++)); do
	for ((h = 1; h <= hosts; h++)); do
		# One by one: who begins at the same moment is a matter of other tests.
		[ $p -gt 0 ] || check "c$h speaks IKE with $gateways gateways" begin $h
		start=$(now_ms)
		check "c$h has a pair of SAs more with each: $(((p + 1) * gateways))" pair $h $p
		times+=($(($(now_ms) - start)))
	done
done
echo "# a host's round of $gateways, in ms: ${times[*]}"
# The first round has no exchange before it.
rate_check "$gateways pairs more" "${times[hosts]}" "${times[-1]}"
memory_per $all "pairs of SAs, in $((hosts * gateways)) sessions"
object_size nf_ipsec_natt_helper nfpt_ipsec_session nfpt_ipsec_ike nfpt_ipsec_sa nfpt_ipsec_sa.assoc \
	nfpt_ipsec_gateway nfpt_ipsec_inside

start=$(now_ms)
is "sessions -j has all SAs" "$(sas)" $((2 * all))
echo "# listed in $(($(now_ms) - start)) ms"
is "each once, of as many sessions as there are pairs of host and gateway" "$(
	jq -c '[([.sessions[].sas[].spi] | unique | length), (.sessions | length), .interrupted]' "$WORK/list"
)" "[$((2 * all)),$((hosts * gateways)),false]"
is "list counts the sessions" "$(ptc -j list ipsec | jq '.protocols[0].sessions')" $((hosts * gateways))
entries=$(entries)
check "conntrack has two entries of each session" \
	[ "$entries" -le $((hosts * gateways * 2 + 20)) ]
for ((h = 1; h <= hosts; h++)); do
	check "every ${pairs}th of c$h carries data both ways" peer esp "$(names $h)" sa=0
done
is "no limit was met" "$(counter host-limit) $(counter gateway-limit) $(counter session-limit) $(
	counter no-memory)" "0 0 0 0"

start=$(now_ms)
check "one host's end" ptc flush ipsec host 10.0.0.11
echo "# ended in $(($(now_ms) - start)) ms"
check "so do its entries" busywait 60 fewer_than $((entries * 7 / 8 + 20))
is "the others' are there" "$(sas)" $((2 * (all - per_host)))
for ((h = 2; h <= hosts; h++)); do
	check "and carry data" peer esp "$(names $h)" sa=$((pairs - 1))
done
check "it can begin again" eval 'lines 1 ike TUNNEL init | peer_all && lines 1 ike TUNNEL auth | peer_all'
check "with SAs" pair 1 0
check "flush" ptc flush ipsec
check "all entries go" busywait 60 fewer_than 20
check "bypass" ptc bypass ipsec
memory_back "SAs"
done_testing
