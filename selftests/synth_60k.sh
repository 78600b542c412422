#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# 60 000 calls to one server held at once, set up before any data flows, and
# listed.
#
#	c1, c2 PNS ---- lan [ r ] wan ---- s PAC
#
# CALLS=N is how many calls, EVERY=N says of which data is tried (all is slow
# in an emulator).
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pptp_peer/peer.sh"
. "$(dirname "$0")/memory_lib.sh"
calls=${CALLS:-60000} every=${EVERY:-37}
rounds=10 round=$((calls / 20))
half=$((round * rounds))

room_for $((calls * 2))

topology 2
help_pptp
peers_start c1 c2 s
[ "${NFPT_HELPER-}" ] ||
	check "a host may have $half calls" ptc set pptp max-per-host $((half + 200))

for h in 1 2; do
	echo "link c$h dial=c$h accept=s to=$SERVER"
	echo "mode c$h both all"
done >"$WORK/links"
check "two hosts connect" peer_all <"$WORK/links"
memory_begin
# Each host its $half, with the same Call IDs.
times=()
for ((r = 0; r < rounds; r++)); do
	for h in 1 2; do
		echo "calls c$h count=$round batch=4000 pns=$((round * r)) pac=$((half * (h - 1) + round * r)) timeout=280"
	done >"$WORK/calls"
	start=$(now_ms)
	check "$round calls from each, the same Call IDs from both: $((2 * round * (r + 1)))" \
		peer_all <"$WORK/calls"
	times+=($(($(now_ms) - start)))
done
echo "# rounds of $((2 * round)), in ms: ${times[*]}"
[ "${NFPT_HELPER-}" ] || rate_check "$((2 * round)) calls more" "${times[0]}" "${times[-1]}"
check "the server was told $((half * 2)) distinct Call IDs" peer ids s
check "all are held at once" [ "$(entries)" -ge $((half * 2)) ]
if [ ! "${NFPT_HELPER-}" ]; then
	memory_per $((half * 2)) calls
	object_size nf_pptp_gre_helper nfpt_pptp_call nfpt_pptp_conn
	start=$(now_ms)
	check "sessions -j answers" eval "ptc -j sessions pptp >'$WORK/list'"
	echo "# listed in $(($(now_ms) - start)) ms, $(wc -c <"$WORK/list") bytes"
	is "with all of them, each once" "$(jq -c '[(.sessions | length), .interrupted,
		([.sessions[].id] | unique | length),
		(.sessions | map(select(.state == "established")) | length)]' "$WORK/list")" \
		"[$((half * 2)),false,$((half * 2)),$((half * 2))]"
	rm "$WORK/list"
fi
start=$SECONDS
check "every ${every}th carries data both ways" peer gre all every="$every"
echo "# data in $((SECONDS - start)) s"
start=$SECONDS
check "one host's connection ends" peer close c1 how=reset
check "so do its $half calls, within seconds" \
	busywait 60 fewer_than $((half + 100))
echo "# ended in $((SECONDS - start)) s"
check "the other's still carry data" peer gre c2 every="$every"
check "it can call again" peer link again dial=c1 accept=s to="$SERVER"
check "and its data arrives" peer_all <<-END
	calls again count=100 pns=0 pac=0
	gre again
END
[ "${NFPT_HELPER-}" ] && done_testing
check "flush" ptc flush pptp
check "all their entries go" busywait 60 fewer_than 50
check "bypass" ptc bypass pptp
memory_back calls
done_testing
