#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Servers that answer from another port, send data to port 1701 whatever the
# client's, or hear nobody but port 1701: with one, two and three hosts.
#
#	c1 .. c3 ---- lan [ r ] wan ---- s, which is every server
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/l2tp_peer/peer.sh"

topology 3
servers
help_l2tp
peers_start c1 c2 c3 s

# all_work OPTION...: hosts come one after the other, go, and come back.
all_work() {
	fresh
	tunnels "$*" a=c1 b=c2 c=c3
	check "$*: one host" up a &&
		check "two" eval "up b && peer data a,b count=5" &&
		check "three" eval "up c && peer data a,b,c count=5" || return
	check "the server asks" each "hello from=server" "icrq from=server" ocrq a,b,c
	check "data in all sessions" peer data a,b,c session=all count=2
	check "the first goes, the others stay" eval "peer control a stop && peer data b,c count=5"
	check "the server ends another" eval "peer control b stop from=server && peer data c count=5"
	check "both come back" eval "up b && up a && peer data a,b,c count=5"
	check "all go" each stop c,b,a
}

for version in 2 3; do
	moved=$(counter moved-servers)
	all_work version=$version answer-port=1705
	check "counted" test "$(counter moved-servers)" -ge $((moved + 5))
	steered=$(counter steered)
	all_work version=$version data-to=1701
	check "counted" test "$(counter steered)" -gt "$steered"
	# The port at the server's end is not 1701 in either direction then.
	all_work version=$version answer-port=1705 data-to=1701
	all_work version=$version port=40000
	all_work version=$version port=40000 answer-port=1705
	all_work version=$version port=40000 data-to=1701
done
all_work challenge unsummed answer-port=1705

# Losses and repetitions, while the server moves.
for part in 0 1 2 3; do
	fresh
	tunnels answer-port=1705 a=c1 b=c2
	check "message $part is lost" each "connect lose=$part" a,b
	check "message $part of a session is lost" each "icrq lose=$part" a,b
	check "data" peer data a,b count=5
done
fresh
tunnels answer-port=1705 a=c1 b=c2
check "a request, and its repetition, before any answer" \
	each "connect parts=1" "connect parts=1" a,b
check "answers in another order" each "connect first=1" b,a
check "both work" eval "each icrq a,b && peer data a,b count=5"

# Whom a server does not hear.  NAT gives a host the port that it has elsewhere.
quietly ptc flush proto l2tp
quietly in_ns r conntrack -F
fresh
tunnels strict a=c1 b=c2 c=c3
check "a strict server hears the first" up a
check "but not the second" peer control b connect timeout=1 expect=none
check "until hosts keep their port" ptc set l2tp source-port 1701
fresh
all_work strict
all_work strict version=3
all_work strict data-to=1701
all_work strict answer-port=1705
fresh
tunnels "strict answer-port=1705" a=c1 b=c2
check "requests of two, at a server that moves" each "connect parts=1" a,b
check "answers in another order" each "connect first=1" b,a
check "both work" eval "each icrq a,b && peer data a,b count=5"
check "defaults again" ptc set l2tp source-port 0

# Several tunnels of one host.
several() {
	l2tp_options=([b]=port=1702)
	fresh
	tunnels "$1" a=c1 b=c1 c=c2
	l2tp_options=()
	up a,b,c && tell data a,b,c count=5 && each stop a,b,c
}
check "two tunnels of one host, to a server that moves" several answer-port=1705
check "to one that sends to 1701" several data-to=1701
same_port() {
	fresh
	tunnels "$1" a=c1 b=c1
	up a,b && tell data a,b count=5 && tell control a stop && tell data b count=5
}
check "two from one port" same_port ""
check "two from one port, to one that moves" same_port answer-port=1705
check "two from one port, to one that sends to 1701" same_port data-to=1701
is "nothing was malformed" "$(counter malformed)" 0
done_testing
