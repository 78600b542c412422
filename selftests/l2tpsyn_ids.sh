#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Hosts that have chosen equal ids towards one server: all work, or it is said
# which does not.  The server sees that ids differ, each host sees its own, in
# headers, AVPs and checksums: the peers compare every byte.
#
#	c1 .. c3 ---- lan [ r ] wan ---- s, which is every server
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/l2tp_peer/peer.sh"

topology 3
servers
help_l2tp
peers_start c1 c2 c3 s
check "listen to events" peer listen r
declare -A manners=(
	[ordinary]='' [moved]='answer-port=1705' [to-1701]='data-to=1701'
	[moved-and-to-1701]='answer-port=1705 data-to=1701' [strict]=strict
)

# port_kept KIND: hosts keep port 1701, if servers of this kind want it.
port_kept() {
	local port=0
	[ "$1" != strict ] || port=1701
	ptc set l2tp source-port $port
}

# differ NAME...: the server sees that their ids do.
differ() {
	local t
	for t; do
		ask show "$t"
		echo "${ANSWER[id-seen]}"
	done | sort | uniq -d >"$WORK/same"
	[ ! -s "$WORK/same" ]
}

# all_said NAME,...: every kind of message that has an id in it.
all_said() {
	each hello "hello from=server" wen "sli from=server" "icrq from=server" "cdn from=server session=0" "$1"
}

# equal KIND OPTION...: two hosts with equal ids, then a third.
equal() {
	local kind=$1 before
	shift
	fresh
	port_kept "$kind"
	before=$(counter ids-rewritten)
	tunnels "${manners[$kind]} id=77 $*" a=c1 b=c2 c=c3
	check "$kind $*: two hosts are connected" each connect a,b || return
	for t in a b; do
		# A v2 session's id is one of its tunnel.
		tell control $t icrq "$([[ $* = *version=3* ]] || echo id=5)"
	done
	check "their data is theirs" peer data a,b count=5
	check "so is a third one's" up c
	check "and still the others'" peer data c,b,a count=5
	check "the server sees three ids" differ a b c
	check "it is counted" test "$(counter ids-rewritten)" -gt "$before"
	check "all messages" all_said a,b,c
	check "data" peer data a,b,c count=5
	check "the host's StopCCN has the id that the server knows" peer control a stop
	check "so has another's, and an answer to the server's" eval \
		"peer control b stop && peer control c stop from=server"
}

for kind in ordinary moved to-1701 moved-and-to-1701 strict; do
	equal $kind version=2
	equal $kind version=3
done
equal to-1701 unsummed
equal strict unsummed challenge

# clashes KIND OPTION...: the first works, and what the second cannot is said.
clashes() {
	local kind=$1 clashes
	shift
	fresh
	port_kept "$kind"
	tunnels "${manners[$kind]} $*" a=c1 b=c2
	clashes=$(counter id-clash)
	ask heard quiet-ms=0
	check "$kind $*: the first" up a
	ask control b connect timeout=1 && ask control b icrq timeout=1 &&
		ask data b expect=any quiet-ms=300
	check "the second is counted as a clash" test "$(counter id-clash)" -gt "$clashes"
	check "it is told" peer heard clash=$((${ANSWER_CLASH:-0} + 1))
	ask heard quiet-ms=0
	ANSWER_CLASH=${ANSWER[clash]}
	check "the first goes on" eval "peer data a count=5 && peer control a hello &&
		peer control a hello from=server && peer control a stop"
}

# apart KIND OPTION...: what cannot be rewritten need not be.
apart() {
	local kind=$1
	shift
	fresh
	port_kept "$kind"
	tunnels "${manners[$kind]} $*" a=c1 b=c2 c=c3
	check "$kind $*: three hosts" up a,b,c || return
	check "all at once" peer data a,b,c count=5
	check "all messages" all_said a,b,c
	check "they end" each stop a,b,c
}
ANSWER_CLASH=0
apart ordinary id=77 hidden=tunnel
apart ordinary id=77 hidden=all
apart ordinary id=77 version=3 digest
apart to-1701 id=77 version=3 digest
# Their own ports, which the router does not change.
l2tp_options=([b]=port=1702 [c]=port=1703)
apart moved id=77 hidden=tunnel
apart moved id=77 version=3 digest
l2tp_options=()
for kind in to-1701 moved-and-to-1701 strict; do
	apart $kind hidden=tunnel
done
apart strict version=3 digest
clashes to-1701 id=77 hidden=tunnel
clashes moved id=77 hidden=tunnel
clashes moved id=77 version=3 digest
clashes strict id=77 hidden=tunnel
clashes strict id=77 version=3 digest

# Where one id must be waited for, another host waits.
fresh
port_kept strict
tunnels "strict hidden=tunnel" a=c1 b=c2
check "a hidden id: the first asks" peer control a connect parts=1
check "the second has to wait" rises held peer control b connect parts=1 expect=none
check "the first is answered" peer control a connect first=1
check "the second's turn" peer control b connect
check "sessions, data" eval "each icrq a,b && peer data a,b count=5"

check "defaults again" ptc set l2tp source-port 0
is "nothing was malformed" "$(counter malformed)" 0
done_testing
