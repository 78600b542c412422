#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# How long tunnels and their calls live: StopCCN and CDN of either end, HELLO,
# silence, hosts that begin anew, and a router that forgets.
#
#	c1 .. c3 ---- lan [ r ] wan ---- s, which is every server
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/l2tp_peer/peer.sh"

topology 3
servers
help_l2tp
peers_start c1 c2 c3 s
check "listen to events" peer listen r

# tunnels_are N: so many are held; calls_are N: so many calls, established.
tunnels_are() { [ "$(sessions_say '.sessions | length')" = "$1" ]; }
calls_are() {
	[ "$(sessions_say '[.sessions[].calls[] | select(.state == "established")] | length')" = "$1" ]
}

# What is shown.
for over in "over=udp version=2" "over=udp version=3" over=ip; do
	fresh
	tunnels "$over id=4711 server-id=815 name=laptop" a=c1
	check "$over: a request" peer control a connect parts=1
	is "is shown as pending" "$(sessions_say '.sessions[0].state')" pending
	check "the rest" peer control a connect first=1
	is "the tunnel is shown" "$(sessions_say '.sessions[] | [.state, .initiator_name, .responder_name,
		.idents[0].value, .idents[1].value] | join(" ")')" "established laptop server 4711 815"
	is "version and transport" "$(sessions_say '.sessions[] | [.version, .transport] | join(" ")')" \
		"$(case $over in *version=2) echo 2 udp ;; *udp*) echo 3 udp ;; *) echo 3 ip ;; esac)"
	check "a call" peer control a icrq id=17 server-id=18
	is "is shown" "$(sessions_say '.sessions[].calls[] | [."initiator-id", ."responder-id", .state] |
		join(" ")')" "17 18 established"
	check "another, from the server" peer control a icrq from=server
	check "two are" calls_are 2
	check "the host ends one" peer control a cdn session=0
	check "one is left" busywait 5 calls_are 1
	check "the server ends the other" peer control a cdn from=server
	check "none is" busywait 5 calls_are 0
	check "the tunnel stays" tunnels_are 1
	check "and works" eval "peer control a icrq && peer data a count=3"

	# The end: its acknowledgement passes, and a second later nothing is left.
	ask heard quiet-ms=0
	ended=${ANSWER[end]}
	check "the host's StopCCN" peer control a stop
	check "is told" peer heard end=$((ended + 1)) quiet-ms=5000
	check "nothing is left" busywait 5 tunnels_are 0
	check "the same host again" up a
	check "the server's StopCCN" peer control a stop from=server
	check "nothing is left" busywait 5 tunnels_are 0
	check "the same host again" up a
	check "StopCCN, its answer is lost" peer control a stop lose=1
	check "nothing is left" busywait 5 tunnels_are 0
done
fresh
tunnels hidden=tunnel a=c1
check "a hidden id" up a
check "StopCCN" peer control a stop
check "nothing is left" busywait 5 tunnels_are 0

# Who begins anew has lost its tunnels.
for options in "" answer-port=1705 data-to=1701 over=ip version=3; do
	for id in "" id=77; do
		fresh
		tunnels "$options $id" a=c1 b=c2
		check "${options:-ordinary} $id: two hosts" up a,b
		check "one begins anew" up a
		tunnels "$options $id" a=c1
		check "and with another session" up a
		check "both work" peer data a,b count=5
		[ ! "$id" ] || is "its old ones are gone" \
			"$(sessions_say '[.sessions[] | select(.initiator == "10.0.0.11")] | length')" 1
		check "both go" each stop a,b
		check "flush" quietly ptc flush proto l2tp
	done
done

# Silence.
udp_left() { conntracks -p udp -d "$server" | awk '{ n = $3 } END { print n + 0 }'; }
fresh
tunnels "" a=c1
check "a tunnel" up a
check "may be silent for more than four minutes" test "$(udp_left)" -gt 240
check "and less than five" test "$(udp_left)" -le 300
check "flush" quietly ptc flush proto l2tp
check "a shorter lifetime" ptc set l2tp idle 5
fresh
tunnels "" a=c1
tunnels over=ip b=c2
tunnels "" c=c3
check "three" up a,b,c
check "is seen in conntrack" test "$(udp_left)" -le 5
speaks() { tell control c hello && tunnels_are 1; }
check "silent ones end, one with HELLO does not" busywait 60 speaks
check "it works" peer data c count=5
check "then it ends" busywait 60 tunnels_are 0
check "a tunnel that ended begins again" eval "each connect icrq a,b && peer data a,b count=5"
check "default again" ptc set l2tp idle 300
check "flush" quietly ptc flush proto l2tp
check "nothing is left" tunnels_are 0

# The router forgets: who begins anew works at once.
for options in "" "answer-port=1705 id=77" "data-to=1701 id=77" "over=ip id=77"; do
	fresh
	tunnels "$options" a=c1 b=c2
	check "${options:-ordinary}: two hosts" up a,b
	check "flush" quietly ptc flush proto l2tp
	check "one begins anew, then the other" eval "up a && up b && peer data a,b count=5"
	check "flush of conntrack" quietly in_ns r conntrack -F
	check "one begins anew, then the other" eval "up b && up a && peer data a,b count=5"
	check "bypass and enable" eval "ptc bypass l2tp && ptc enable l2tp"
	quietly in_ns r conntrack -F
	check "one begins anew, then the other" eval "up a && up b && peer data a,b count=5"
done
fresh
tunnels "" a=c1
check "one host" up a
check "flush" quietly ptc flush proto l2tp
check "it just goes on" peer data a count=5
fresh
tunnels over=ip a=c1
check "one host over IP" up a
check "flush" quietly ptc flush proto l2tp
check "it just goes on" eval "peer data a from=host && peer data a from=server && peer data a count=5"
done_testing
