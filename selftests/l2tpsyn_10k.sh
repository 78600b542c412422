#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# 10 000 tunnels held at once, a call in each: four hosts, each with the same 250
# servers, ten tunnels with each of them.
#
#	c1 .. c4 ---- lan [ r ] wan ---- s, which is every server
#
# SERVERS=N and TUNNELS=N (with each server) make it smaller or larger.
# timeout: 1800
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/l2tp_peer/peer.sh"
. "$(dirname "$0")/memory_lib.sh"
hosts=4 servers=${SERVERS:-250} rounds=${TUNNELS:-10}
per_host=$((servers * rounds)) all=$((hosts * servers * rounds))

# names HOST ROUND: its tunnels of this round, with commas.
names() {
	local n text=''
	for ((n = 0; n < servers; n++)); do text+=",c$1-$2-$n"; done
	echo "${text#,}"
}

# begin HOST ROUND: one more with every server, with a call.
begin() {
	local n
	for ((n = 0; n < servers; n++)); do
		echo "tunnel c$1-$2-$n host=c$1 server=s at=198.18.$((n / 250)).$((n % 250 + 1))"
	done | peer_all && each connect icrq "$(names "$1" "$2")"
}

# held FILTER: what the list says of tunnels that are established.
held() {
	ptc -j sessions l2tp >"$WORK/list" &&
		jq -c "[.sessions[] | select(.state == \"established\")] | $1" "$WORK/list"
}

room_for $((hosts * servers * 4 + 10000))
topology $hosts
servers
help_l2tp
check "a host may have as many" ptc set l2tp max-per-host $((2 * per_host + 100)) idle 1h
peers_start c1 c2 c3 c4 s
memory_begin

times=()
for ((r = 0; r < rounds; r++)); do
	for ((h = 1; h <= hosts; h++)); do
		start=$(now_ms)
		check "c$h has a tunnel more with each of $servers: $(((r + 1) * servers))" begin $h $r
		times+=($(($(now_ms) - start)))
	done
done
echo "# a host's round of $servers, in ms: ${times[*]}"
rate_check "$servers tunnels more" "${times[0]}" "${times[-1]}"
memory_per $all "tunnels with a call each"
object_size nf_l2tp_helper nfpt_l2tp_tunnel nfpt_l2tp_call.assoc nfpt_l2tp_server nfpt_l2tp_inside

start=$(now_ms)
is "sessions -j has all of them, each once, each with its call" \
	"$(held '[(map(.id) | unique | length), (map(.calls[]) | length)]')" "[$all,$all]"
echo "# listed in $(($(now_ms) - start)) ms"
is "in one list" "$(jq .interrupted "$WORK/list")" false
is "list counts them" "$(ptc -j list l2tp | jq '.protocols[0].sessions')" $all
entries=$(entries)
check "conntrack has an entry for each pair of host and server" \
	[ "$entries" -le $((hosts * servers + 20)) ]
for ((h = 1; h <= hosts; h++)); do
	check "every ${rounds}th of c$h carries data both ways" peer data "$(names $h $((h % rounds)))"
done
is "no limit was met" "$(counter host-limit) $(counter server-limit) $(counter session-limit) $(
	counter no-memory)" "0 0 0 0"

start=$(now_ms)
check "a host ends a tunnel with each server" each stop "$(names 1 0)"
gone() { [ "$(ptc -j list l2tp | jq '.protocols[0].sessions')" = "$1" ]; }
check "they are gone" busywait 60 gone $((all - servers))
check "its others carry data" peer data "$(names 1 1)"
echo "# ended in $(($(now_ms) - start)) ms"
start=$(now_ms)
check "its end" ptc flush l2tp host 10.0.0.11
echo "# ended in $(($(now_ms) - start)) ms"
check "so do its entries" busywait 60 fewer_than $((entries - servers + 20))
is "the others' are there" "$(held length)" $((all * 3 / 4))
for ((h = 2; h <= hosts; h++)); do
	check "and carry data" peer data "$(names $h $((rounds - 1)))"
done
check "it can begin again" begin 1 "$rounds"
check "with data" peer data "$(names 1 "$rounds")"
check "flush" ptc flush l2tp
check "all entries go" busywait 60 fewer_than 20
check "bypass" ptc bypass l2tp
memory_back tunnels
done_testing
