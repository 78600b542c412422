#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# ICMP errors about L2TP: they reach the host that sent the packet, quote it as
# that host sent it, and leave no trace.
#
#	c1 .. c3 ---- lan [ r ] wan ---- s, which is every server
#	  192.0.2.9 on s stands for a router on the way
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/l2tp_peer/peer.sh"

topology 3
servers
ip -n s addr add 192.0.2.9/24 dev eth0
help_l2tp
peers_start c1 c2 c3 s

# errors NAME OPTION...: of every kind, about data of a tunnel, to either end.
errors() {
	local t=$1 from
	shift
	for from in server host; do
		tell icmp "$t" from="$from" code=4 mtu=1300 "$@" && tell icmp "$t" from="$from" code=3 mtu=0 "$@" &&
			tell icmp "$t" from="$from" type=11 code=0 mtu=0 "$@" || return
	done
	tell icmp "$t" from=server code=1 mtu=0 via=192.0.2.9 "$@"
}
# all_errors OPTION...: for each of the three.
all_errors() { errors a "$@" && errors b "$@" && errors c "$@"; }

# errors_reach OPTION...: those about the tunnels of three hosts.  A short quote
# has neither id of UDP, nor that of a control connection over IP: it cannot
# tell hosts apart that share all else.
errors_reach() {
	local flows
	fresh
	tunnels "$*" a=c1 b=c2 c=c3
	check "$*: three hosts" up a,b,c || return
	flows=$(in_ns r conntrack -C)
	[[ $* = *strict* ]] || check "short errors about their data" all_errors
	check "long ones" all_errors quote=60
	[[ $* = *strict* || $* = *over=ip* ]] || check "short errors about their messages" all_errors control
	check "long ones" all_errors control quote=60
	check "no error made a flow" test "$(in_ns r conntrack -C)" -le "$flows"
	check "all go on" peer data a,b,c count=3
	each stop a,b,c
}
errors_reach version=2
errors_reach version=2 id=77 port=5000
errors_reach version=3 unsummed
errors_reach answer-port=1705
errors_reach data-to=1701 id=77
check "hosts keep their port" ptc set l2tp source-port 1701
errors_reach version=2 strict
errors_reach version=2 strict id=77
errors_reach version=3 strict
check "defaults again" ptc set l2tp source-port 0
errors_reach over=ip
errors_reach over=ip id=77

fresh
tunnels over=ip a=c1 b=c2
for t in a b; do
	tell session $t
	check "$t: a session that nobody negotiates" eval "peer data $t from=host && peer data $t from=server"
done
check "errors about it" eval "errors a && errors b && errors a quote=60"

# Requests that nobody has answered yet.
fresh
tunnels "" a=c1 b=c2
check "two requests" each "connect parts=1" a,b
check "each may be refused" eval \
	"peer icmp b from=server control code=3 && peer icmp a from=server control code=3"

# The router itself has a narrow way out.
fresh
tunnels "" a=c1 b=c2
fresh
tunnels over=ip c=c3 d=c2
check "two hosts over UDP, two over IP" up a,b,c,d
ip -n r link set wan mtu 1200
for pair in a:c1 b:c2 c:c3 d:c2; do
	ask show "${pair#*:}"
	told=${ANSWER[icmp]}
	check "a packet too big for the router" peer data "${pair%:*}" from=host size=1300 expect=none
	ask show "${pair#*:}"
	is "${pair#*:} was told so" "${ANSWER[icmp]}" $((told + 1))
done
ip -n r link set wan mtu 1500
check "all go on" peer data a,b,c,d

check "flush" quietly ptc flush proto l2tp
check "flush conntrack" in_ns r conntrack -F
check "an error about data of those days reaches nobody" peer icmp a from=server expect=none
check "nor over IP" peer icmp c from=server expect=none
done_testing
