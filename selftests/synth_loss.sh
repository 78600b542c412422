#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Lost, repeated and reordered segments on both sides of the router: real TCP
# sends again, in other cuts, what the router may have seen before or not.
#
#	c1 PNS ---- lan [ r ] wan ---- s PAC	link out
#	c2 PAC ---- lan [ r ] wan ---- s PNS	link in: port-forwarded 1723
#	  netem on all four ends of the wires
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pptp_peer/peer.sh"
calls=${CALLS:-24}

modprobe -q sch_netem
topology 2
port_forward 1723 10.0.0.12
help_pptp
peers_start c1 c2 s
ends=("c1 eth0" "c2 eth0" "r l1" "r l2" "r wan" "s eth0")

# trouble NETEM-OPTIONS...: on every wire.  "trouble" alone ends it.
trouble() {
	local end
	for end in "${ends[@]}"; do
		# shellcheck disable=SC2086
		set -- $end "$@"
		if [ $# -gt 2 ]; then
			tc -n "$1" qdisc replace dev "$2" root netem limit 10000 "${@:3}"
		else
			tc -n "$1" qdisc del dev "$2" root 2>/dev/null || true
		fi || return
		shift 2
	done
}
trouble loss 0% || skip_all "no netem here"

n=0
# under TEXT NETEM-OPTIONS...: fresh connections, calls in various cuts.
under() {
	local text=$1 first=0 mode kind
	shift
	n=$((n + 1))
	trouble
	check "$text: connect" peer_all <<-END || return
		link out$n dial=c1 accept=s to=$SERVER
		link in$n dial=s accept=c2 to=$WAN
	END
	trouble "$@"
	for mode in whole all chunk=150; do
		for kind in "" incoming; do
			# s has ids of its own on each of the two.
			cat <<-END
			mode out$n both $mode
			calls out$n count=$calls pns=$first pac=$first timeout=120 $kind
			mode in$n both $mode
			calls in$n count=$calls pns=$((first + 10000)) pac=$first timeout=120 $kind
			END
			first=$((first + calls))
		done
	done >"$WORK/calls"
	check "$text: every call comes up, every Call ID right" peer_all <"$WORK/calls"
	trouble
	check "$text: all carry data afterwards" peer gre all
	check "$text: the server was told distinct Call IDs" peer ids s
	check "$text: close" peer close all
}

under "lost segments" delay 1ms loss 8%
under "repeated segments" duplicate 40%
under "reordered segments" delay 5ms reorder 60% 50%
under "all of it" delay 3ms 2ms loss 4% duplicate 10%
done_testing
