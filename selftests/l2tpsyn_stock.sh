#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The same trials with L2TP bypassed, which is what a stock kernel does, and
# enabled.  A table tells what each did.
#
#	c1 .. c3 ---- lan [ r ] wan ---- s, which is every server
#
# TRIALS= selects which are made.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/l2tp_peer/peer.sh"
declare -A text=()
# Nobody waits long for what a stock kernel does not do.
patience=timeout=2

# works NAME,...: connected, a session, data.
works() {
	local t
	for t in ${1//,/ }; do
		ask control "$t" connect "$patience" && ask control "$t" icrq "$patience" || return
	done
	ask data "$1" count=5
}

text[moved]='a server answers from another port (RFC 2661 8.1)'
trial_moved() {
	tunnels answer-port=1705 a=c1
	works a
}

text[moved-three]='the same, three hosts'
trial_moved-three() {
	tunnels answer-port=1705 a=c1 b=c2 c=c3
	works a,b,c
}

text[to-1701]='a server sends data to port 1701, two hosts'
trial_to-1701() {
	tunnels data-to=1701 a=c1 b=c2
	works a,b
}

text[other-port]="a server sends data to port 1701, the host's is another"
trial_other-port() {
	tunnels "data-to=1701 port=40000" a=c1
	works a
}

text[strict]='a server hears only port 1701, two hosts'
trial_strict() {
	tunnels strict a=c1 b=c2
	works a,b
}

text[equal]='the same, and both have chosen the same id'
trial_equal() {
	tunnels "strict id=77" a=c1 b=c2
	works a,b
}

text[ip]='protocol 115: two hosts, one server'
trial_ip() {
	tunnels over=ip a=c1 b=c2
	works a,b
}

text[ip-equal]='the same, and both have chosen the same id'
trial_ip-equal() {
	tunnels "over=ip id=77" a=c1 b=c2
	works a,b
}

text[static]='protocol 115, sessions that nobody negotiates: two hosts'
trial_static() {
	local t
	tunnels over=ip a=c1 b=c2
	for t in a b; do
		tell session "$t" && ask data "$t" from=host && ask data "$t" from=server || return
	done
	ask data a,b count=5
}

text[mtu]='protocol 115: "fragmentation needed" reaches each of two hosts'
trial_mtu() {
	trial_ip && ask icmp a from=server && ask icmp b from=server
}

text[first]='protocol 115: the server speaks first, to the pinned host'
trial_first() {
	tunnels "over=ip seen=$WAN" a=c1
	tell session a && ptc set l2tp pin 10.0.0.11 "$server" && ask data a from=server
	local status=$?
	ptc set l2tp unpin 10.0.0.11 "$server"
	return "$status"
}

text[quiet]='a tunnel may be silent for more than four minutes'
trial_quiet() {
	tunnels "" a=c1
	works a && conntracks -p udp -d "$server" | awk '{ n = $3 } END { exit n < 240 }'
}

text[ended]='StopCCN ends its flow'
trial_ended() {
	tunnels "" a=c1
	works a && ask control a stop && busywait 5 no_flow
}
no_flow() { [ ! "$(conntracks -p udp -d "$server")" ]; }

topology 3
servers
peers_start c1 c2 c3 s
declare -A verdict=() why=()

# verdicts STATE: what comes of each trial with L2TP in this state.
verdicts() {
	local trial
	check "$1 l2tp" ptc "$1" l2tp
	for trial in $trials; do
		fresh
		quietly in_ns r conntrack -F
		case $trial in
		strict | equal) quietly ptc set l2tp source-port 1701 ;;
		*) quietly ptc set l2tp source-port 0 ;;
		esac
		PEER=''
		if "trial_$trial" >"$WORK/trial" 2>&1; then
			verdict[$1-$trial]=passes
		else
			verdict[$1-$trial]=FAILS
			why[$1-$trial]=$PEER
		fi
	done
}

trials=${TRIALS:-moved moved-three to-1701 other-port strict equal ip ip-equal static mtu first quiet ended}
verdicts bypass
verdicts enable
printf '# %-8s%-8s%s\n' stock ours trial
for trial in $trials; do
	printf '# %-8s%-8s%s\n' "${verdict[bypass-$trial]}" "${verdict[enable-$trial]}" "${text[$trial]}"
	[ ! "${why[bypass-$trial]-}" ] || echo "#      stock: ${why[bypass-$trial]}"
done
for trial in $trials; do
	is "${text[$trial]} (stock, ours)" "${verdict[bypass-$trial]}, ${verdict[enable-$trial]}" \
		'FAILS, passes' || echo "#   ${why[enable-$trial]-}"
done
done_testing
