#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What a GRE packet costs does not depend on how many calls there are, and which
# of them it belongs to.  The stock helper walks a list: failing 3 of PROTOCOLS.
#
#	c1 ---- lan [ r ] wan ---- s
#
# For a machine whose clock is the number of its instructions (NFPT_ICOUNT=1):
# what it calls milliseconds is the same in every run, on any host.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pptp_peer/peer.sh"

[ "${NFPT_ICOUNT-}" ] || skip_all "times are no cost: NFPT_ICOUNT=1 is needed"

# Some fewer than the stock helper can have pending.
last=500 rounds=2000

# crowd: so many calls, each on a connection of its own.
crowd() {
	local n
	for ((n = 0; n <= last; n++)); do
		echo "link a$n dial=c1 accept=s to=$SERVER"
		echo "calls a$n pns=$n pac=$n"
	done >"$WORK/crowd"
	peer_all <"$WORK/crowd"
}

# cost LINK: what its packets take.
cost() {
	peer gre "$1" rounds=1 >"$WORK/cost" &&
		peer gre "$1" rounds=$rounds quiet-ms=1 from=pns >>"$WORK/cost" && took
}

# growth HELPER: the cost of the last call's packets in per cent of the first's.
growth() {
	local first end
	topology 1
	NFPT_HELPER=${1#ours} help_pptp
	peers_start c1 s
	check "$1: $((last + 1)) calls" crowd
	first=$(cost a0) end=$(cost a$last)
	echo "# $1: first call $first, last call $end"
	growth=$((first ? 100 * end / first : -1))
	peers_stop
	cleanup_ns
}

growth stock
check "stock: the last call's cost half as much again, at least" test "$growth" -ge 150
modprobe -r nf_nat_pptp nf_conntrack_pptp
growth ours
check "ours: they cost the same, to a twentieth" test "$growth" -le 105
done_testing
