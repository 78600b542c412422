#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Linux's own L2TPv3 (`ip l2tp`) without control messages, from three hosts to
# one server at once, over UDP and over IP protocol 115:
#
#	c1..c3 vpn 10.66.N.1 --- lan [ r ] wan --- s vpnN 10.66.N.2
#
# With and without cookies, which are what a stranger has to know, and make the
# header longer; then with what hosts and server send of their own accord (IPv6),
# all at once and before anybody is known.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/l2tp_lib.sh"

n=3 bytes=262144
! debug_kernel || bytes=65536
mapfile -t clients < <(seq -f c%g $n)

all_called() { [ "$(static_called "${clients[@]}")" = "$n" ]; }
all_alive() { [ "$(static_alive "${clients[@]}")" = "$n" ]; }

topology $n
l2tp_setup
check "L2TP is enabled" l2tp_helper enable

for encap in udp ip; do
	for cookies in plain cookies; do
		what="$encap, $cookies"
		check "$what: the tunnels are made" static_up $encap $cookies "${clients[@]}"
		check "$what: all are answered" busywait "$PEER_WAIT" all_alive
		is "$what: all answer" "$(static_called "${clients[@]}")" $n
		is "$what: all call at once, are answered" "$(static_alive "${clients[@]}")" $n
		is "$what: carry $((bytes / 1024)) kB each way at once" \
			"$(static_transfer $bytes "${clients[@]}")" $n
		static_down "${clients[@]}"
	done
done

STATIC_IPV6=yes
check "ip, talkative: the tunnels are made" static_up ip plain "${clients[@]}"
check "ip, talkative: in the end all are answered" busywait "$PEER_WAIT" all_alive
check "ip, talkative: and all answer" busywait "$PEER_WAIT" all_called
is "ip, talkative: carry $((bytes / 1024)) kB each way at once" \
	"$(static_transfer $bytes "${clients[@]}")" $n

stock || ptc sessions l2tp | sed 's/^/# /'
done_testing
