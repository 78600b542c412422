#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Who means harm to L2TP: what is forged takes nothing from anybody, and nobody
# uses up what there is.
#
#	c1 .. c3 ---- lan [ r ] wan ---- s, which is every server and every stranger
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/l2tp_peer/peer.sh"
. "$(dirname "$0")/abuse_lib.sh"
STRANGER=198.18.9.9

topology 3
check "the router takes nothing from outside" guard
servers
help_l2tp
peers_start c1 c2 c3 s
memory_begin
start_entries=$(entries)

tunnels_are() { [ "$(sessions_up)" = "$1" ]; }
# forged OPTION...: from outside; true if no host gets any.
forged() {
	ask forge s to="$WAN" "$@" && [ "${ANSWER[at]}" = none ]
}
# harmless OPTION...: a forged message, after which all is as it was.
harmless() {
	ask forge "$@" "$over" quiet-ms=20
	check "$* $over: harmless" eval "peer control a hello from=server && peer data a,b && tunnels_are 2" ||
		up a,b
}
for over in "" over=ip; do
	fresh
	tunnels "$over" a=c1 b=c2
	check "${over:-over=udp}: two hosts" up a,b
	ask show a
	id=${ANSWER[id-seen]} server_id=${ANSWER[server-id]}
	tables_note
	check "data from elsewhere reaches nobody" forged source=$STRANGER "$over" \
		tunnel="$id" session="${ANSWER[session-id-seen]}"
	check "a sweep of ids neither" forged source="$server" "$over" sport=5555 \
		tunnel=1000 session=1000 step=13 count=1000 type=hello
	check "nor of data" forged source="$server" "$over" sport=5555 tunnel=1000 session=1000 step=13 count=1000
	check "nor from a stranger" forged source=$STRANGER "$over" tunnel=1000 session=1000 step=13 count=1000
	tables_same "a sweep"
	harmless s source=$STRANGER to="$WAN" type=stopccn tunnel="$id" assigned="$server_id"
	harmless s source="$server" to="$WAN" type=stopccn tunnel=$((id ^ 1)) assigned=77
	harmless s source="$server" to="$WAN" type=stopccn tunnel="$id" assigned=$((server_id ^ 1))
	harmless c2 source=10.0.0.12 to="$server" type=stopccn tunnel="$server_id" assigned="$id"
	harmless s source="$server" to="$WAN" type=cdn tunnel="$id" session=$((server_id ^ 1))
	for type in sccrp sccrq icrp; do
		harmless s source="$server" to="$WAN" sport=6666 type=$type tunnel="$id" assigned=4711
		harmless s source=$STRANGER to="$WAN" type=$type tunnel="$id" assigned=4711
	done
	fresh
	tunnels "$over" a=c1
	check "a request" peer control a connect parts=1
	ask forge s source="$server" to="$WAN" "$over" sport=6666 type=sccrp tunnel=4321 assigned=4711 step=17 count=50
	check "answers of nobody's" peer control a connect first=1
	check "take nothing" eval "peer control a icrq && peer data a count=5"
	check "flush" quietly ptc flush proto l2tp
done

# messages OVER: of nobody's; true if no host gets any.
messages() {
	local type source
	for type in sccrq sccrp scccn stopccn hello icrq icrp cdn; do
		for source in "$server" $STRANGER; do
			forged source="$source" "$1" sport=5555 type="$type" tunnel=1000 assigned=1000 \
				step=13 count=200 quiet-ms=10 || return
		done
	done
}

# While sprays go on.
for over in "" over=ip; do
	fresh
	tunnels "$over" a=c1 b=c2
	check "${over:-over=udp}: two hosts" up a,b
	tables_note
	check "a server's ids are sprayed all the time" spray_start \
		forge s source="$server" to=$WAN $over sport=5555 tunnel=1000 session=1000 step=13 count=300 quiet-ms=1
	for i in {1..5}; do
		check "no packet is lost or goes elsewhere: $i" peer data a,b count=50
	done
	echo "# beside $(spray_stop) forged packets"
	tables_same "a spray"
	check "messages of every type, from a server and a stranger, reach nobody" messages "$over"
	tables_same "messages of nobody's"
	check "both go on" eval "peer data a,b count=5 && peer control a,b hello"
	check "a third host can begin" eval "tunnels '$over' c=c3 && up c"
	check "flush" quietly ptc flush proto l2tp
done

# One host begins tunnels without end.
check "at most 8 per host" ptc set l2tp max-per-host 8
fresh
tunnels "" v=c2
check "a modest host has a tunnel" up v
for over in "" over=ip; do
	for ((n = 0; n < 20; n++)); do
		fresh
		tunnels "$over port=$((3000 + n))" "m$n=c1"
		ask control "m$n" connect timeout=1
	done
	check "a host began 20 tunnels: the first goes on" peer control m0 hello
	# Over IP there is no port to tell them by.
	[ "$over" ] || check "others pass as they can" peer control m19 hello
	check "it is held to its cap" test "$(held l2tp 10.0.0.11)" -le 8
	check "that is counted" test "$(counter host-limit)" -gt 0
	fresh
	tunnels "$over answer-port=1705" b=c2
	check "another is helped" up b
	check "who had a tunnel has it, and a call more" eval \
		"peer data v count=3 && peer control v icrq && peer data v count=3"
	check "flush" quietly ptc flush proto l2tp host 10.0.0.11
done
calls() {
	local n
	for ((n = 0; n < 20; n++)); do
		tell control a icrq || return
	done
}
fresh
tunnels "" a=c1
check "calls without end" eval "peer control a connect && calls && peer data a session=all"
check "it is held to its cap" test "$(
	ptc -j sessions l2tp host 10.0.0.11 | jq '[.sessions[].calls[]] | length')" -le 8
check "default again" ptc set l2tp max-per-host 256
check "flush" quietly ptc flush proto l2tp

# Too many for one server, too many for the router.
check "at most 2 per server" ptc set l2tp max-per-server 2
fresh
tunnels answer-port=1705 a=c1 b=c2
check "two hosts" up a,b
tunnels "" c=c3
check "a third is not helped, and passes" rises server-limit up c
check "the two are" peer data a,b count=3
fresh
tunnels answer-port=1705 c=c3
check "the third is at another server" up c
check "default again" ptc set l2tp max-per-server 16384
check "at most 3 in all" ptc set l2tp max-sessions 3
fresh
tunnels "" d=c1
check "a fourth is not helped, and passes" rises session-limit up d
check "the others are" peer data a,b,c count=3
check "default again" ptc set l2tp max-sessions 65536

check "flush" quietly ptc flush proto l2tp
check "bypass" quietly ptc bypass l2tp
peers_stop
check "conntrack has no more than at first" busywait 30 entries_back "$start_entries" udp 115
memory_back "all of it"
done_testing
