#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The kernel's own helper and ours under the same trials, one for each failing
# of the former that PROTOCOLS.md numbers, but for 3 (cost_calls.sh).  A table
# tells what each did.
#
#	c1 .. c3 ---- lan [ r ] wan ---- s
#
# CALLS=N is how many calls trial 12 sets up (more than 500), TRIALS which are
# made.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pptp_peer/peer.sh"
calls=${CALLS:-530}
declare -a text=()

out() { peer link "$1" dial="${2:-c1}" accept=s to="$SERVER" "${@:3}"; }

text[1]='GRE lifetimes are hours, not minutes'
trial_1() {
	out a && peer calls a && peer gre a &&
		conntracks -p gre | awk '$3 < 17000 { bad = 1 } END { exit bad || !NR }'
}

# outlived: no GRE entry is left that its tracker's lifetime of 2 s will end.
outlived() { conntracks -p gre | awk '$3 <= 2 { bad = 1 } END { exit bad }'; }

text[2]='a flow idle for longer than its tracker allows comes back'
trial_2() {
	in_ns r sysctl -qw net.netfilter.nf_conntrack_gre_timeout=2 \
		net.netfilter.nf_conntrack_gre_timeout_stream=2
	out a && peer calls a && peer gre a && busywait 30 outlived && peer gre a
	local status=$?
	in_ns r sysctl -qw net.netfilter.nf_conntrack_gre_timeout=30 \
		net.netfilter.nf_conntrack_gre_timeout_stream=180
	return "$status"
}

# Data that comes late, when its call is over, leaves an entry with "no source
# key", which is the PAC's Call ID of the next call.  Other ids bear it.
text[4]='Call ID 0, at either end and both, and after late data'
trial_4() {
	local id
	for id in 6 0; do
		out "a$id" && peer calls "a$id" pns="$id" pac="$id" && peer gre "a$id" &&
			peer clear "a$id" call=0 || return
		peer gre "a$id" call=0 from=pac expect=none
		peer calls "a$id" pns="$id" pac="$id" && peer gre "a$id" call=1 || return
	done
	out b c2 && peer calls b pns=0 pac=1 && peer gre b &&
		out c c3 && peer calls c pns=5 pac=2 && peer gre all
}

text[5]='a second call on the control connection'
trial_5() {
	out a && peer calls a count=2 && peer gre a
}

text[6]="a mapped Call ID clashes with no other host's"
trial_6() {
	# The router's own call has the id that is the port of c1's connection.
	peer link own dial=r accept=s to="$SERVER" && peer calls own pns=40000 pac=1 &&
		peer gre own && out a c1 sport=40000 && peer calls a pns=7 pac=2 &&
		peer ids s && peer gre all
}

text[7]='messages coalesced, and split'
trial_7() {
	out a && peer mode a both all && peer calls a count=3 &&
		peer mode a both split=13 && peer calls a count=2 pns=10 pac=10 &&
		peer gre a
}

text[8]='incoming calls'
trial_8() {
	out a && peer calls a pns=7 incoming && peer gre a
}

text[9]='Call-Disconnect-Notify names, and ends, its own call only'
trial_9() {
	out a && peer calls a pns=5 pac=6 && peer gre a &&
		peer inject a from=pac type=call-disconnect-notify id=999 &&
		[ "$(got rewritten)" = 0 ] && peer gre a &&
		peer send a call-disconnect-notify call=0
}

text[10]='servers inside that dial out, with the same Call IDs'
trial_10() {
	peer link a dial=c1 accept=s to="$SERVER" pns=accept &&
		peer link b dial=c2 accept=s to="$SERVER" pns=accept &&
		peer calls a pns=1 pac=6 && peer calls b pns=2 pac=6 &&
		peer ids s && peer gre all
}

# pending: how many flows conntrack expects.
pending() { in_ns r conntrack -L expect 2>/dev/null | wc -l; }

# What is pending takes the place of other calls: see 12.
text[11]='a request and a reply that come again leave one mapping, none pending'
trial_11() {
	out a && peer calls a pns=5 pac=6 && peer gre a && [ "$(pending)" -eq 0 ] &&
		peer send a outgoing-call-request call=0 &&
		peer send a outgoing-call-reply call=0 && peer gre a &&
		[ "$(gre_conntracks)" -eq 1 ] || return
	echo "pending: $(pending)"
	[ "$(pending)" -eq 0 ]
}

text[12]="$calls calls set up before any data"
trial_12() {
	local n
	for ((n = 0; n < calls; n++)); do
		echo "link a$n dial=c1 accept=s to=$SERVER"
		echo "calls a$n pns=$n pac=$n"
	done >"$WORK/crowd"
	peer_all <"$WORK/crowd" && peer gre all
}

# Where "no source key" and the PAC's Call ID are both 0, what comes early takes
# the place of the call.
text[13]='GRE before the reply'
trial_13() {
	out a && peer calls a pns=5 pac=6 gre-first && peer gre a rounds=3 &&
		out b c2 && peer calls b pns=5 pac=0 gre-first && peer gre b rounds=3
}

# try N: a trial, on swept ground.  0 if all went well.
try() {
	peers_stop
	quietly in_ns r conntrack -F
	peers_start c1 c2 c3 r s
	"trial_$1" >"$WORK/trial" 2>&1
}

# verdicts HELPER: what came of each trial, in verdict[HELPER-N], and why.
declare -A verdict=() why=()
verdicts() {
	local n start
	topology 3
	NFPT_HELPER=${1#ours} help_pptp
	for n in $trials; do
		start=$SECONDS
		if try "$n"; then
			verdict[$1-$n]=passes
		else
			verdict[$1-$n]=FAILS
			why[$1-$n]=$(grep -v '^#' "$WORK/trial" | tail -n 1)
		fi
		echo "# $1, trial $n: ${verdict[$1-$n]} after $((SECONDS - start)) s"
		grep '^#' "$WORK/trial"
	done
	peers_stop
	cleanup_ns
}

trials='1 2 4 5 6 7 8 9 10 11 13'
# The crowd takes the debug kernel minutes and tells nothing there.
grep -qi 'user mode linux' /proc/cpuinfo || trials+=' 12'
trials=${TRIALS:-$trials}
modprobe -a nf_conntrack_pptp nf_nat_pptp || skip_all "this kernel has no PPTP helper"
verdicts stock
modprobe -r nf_nat_pptp nf_conntrack_pptp
verdicts ours

printf '# %-3s%-8s%-8s%s\n' '' stock ours trial
for n in $trials; do
	printf '# %-3s%-8s%-8s%s\n' "$n" "${verdict[stock-$n]}" "${verdict[ours-$n]}" "${text[n]}"
	[ ! "${why[stock-$n]-}" ] || echo "#      stock: ${why[stock-$n]}"
done
for n in $trials; do
	is "$n: ${text[n]} (stock, ours)" "${verdict[stock-$n]}, ${verdict[ours-$n]}" \
		'FAILS, passes' ||
		echo "#   ${why[ours-$n]-}"
done
done_testing
