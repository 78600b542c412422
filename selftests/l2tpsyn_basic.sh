#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Servers that do as most do, which a stock kernel passes too
# (NFPT_HELPER=stock): every kind of message and of data.
#
#	c1 .. c3 ---- lan [ r ] wan ---- s, which is every server
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/l2tp_peer/peer.sh"

topology 3
servers
help_l2tp
peers_start c1 c2 c3 s

# through NAME,...: all that a tunnel can say.
through() {
	check "$1: connect" each connect "$1"
	check "sessions from either end, of either kind" each icrq ocrq "icrq from=server" "$1"
	check "data in all of them, both ways, of every form" peer data "$1" session=all count=10
	check "HELLO, WEN" each hello wen "$1"
	check "the server's HELLO, WEN and SLI" each "hello from=server" "wen from=server" "sli from=server" "$1"
	check "messages are lost" each "hello lose=0" "hello lose=1" "hello from=server lose=0" a
	check "sessions end, by either end" each "cdn session=0" "cdn from=server session=1" "$1"
	check "the third goes on" peer data "$1" session=2
	check "all end" each stop "$1"
}

for kind in "version=2" "version=2 challenge" "version=2 unsummed" "version=3" "version=3 digest"; do
	fresh
	tunnels "$kind" a=c1 b=c2 c=c3
	echo "# $kind"
	through a,b,c
done
fresh
echo "# over IP"
tunnels over=ip a=c1
through a

echo "# messages lost while it begins"
for part in 0 1 2 3; do
	for over in udp ip; do
		fresh
		tunnels "over=$over" a=c1
		check "over $over, message $part" eval \
			"tell control a connect lose=$part && tell control a icrq lose=$part && tell data a"
	done
done

fresh
tunnels "version=3" a=c1 b=c2
check "connect" each connect a,b
for cookie in '' 01020304 0102030405060708; do
	tell session a cookie=$cookie
	tell session b cookie=$cookie
done
check "sessions that nobody negotiates, with cookies and without" \
	peer data a,b session=all count=3
# several: one host's tunnels, each to another server.
several() {
	local t
	for t in a b c d; do
		fresh
		tunnels "" "$t=c1" || return
	done
	up a,b,c,d && tell data a,b,c,d
}
check "one host, several servers" several
[ "${NFPT_HELPER-}" ] || is "nothing was malformed" "$(counter malformed)" 0
done_testing
