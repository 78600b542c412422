#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# L2TP inside IPsec in transport mode (RFC 3193): to the router it is ESP, or UDP
# 4500, and nothing of L2TP can be seen:
#
#	c1, c2 --- lan [ r ] wan --- s
#
# One client with plain ESP, by hand: libreswan refuses transport mode without
# NAT-T when it sees a NAT.  Then libreswan with NAT-T.  A second client gets as
# far as the server can tell two clients at one address apart; that is printed,
# not judged.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/l2tp_lib.sh"
. "$(dirname "$0")/ipsec_lib.sh"

IPSEC_IKE=ikev1
IPSEC_ENCAPS=yes
IPSEC_INSIDE=l2tp
bytes=262144
! debug_kernel || bytes=65536

# by_hand NS ADDRESS THERE OUT IN: plain ESP for L2TP between ADDRESS and THERE,
# as NS sees them, with these SPIs.
by_hand()
{
	local ns=$1 address=$2 there=$3 key='0x000102030405060708090a0b0c0d0e0f10111213'
	local esp=(reqid 1 mode transport aead 'rfc4106(gcm(aes))' "$key" 128)
	local tmpl=(tmpl proto esp reqid 1 mode transport)

	ip -n "$ns" xfrm state add src "$address" dst "$there" proto esp spi "$4" "${esp[@]}"
	ip -n "$ns" xfrm state add src "$there" dst "$address" proto esp spi "$5" "${esp[@]}"
	ip -n "$ns" xfrm policy add src "$address" dst "$there" proto udp sport 1701 \
		dport 1701 dir out "${tmpl[@]}"
	ip -n "$ns" xfrm policy add src "$there" dst "$address" proto udp sport 1701 \
		dport 1701 dir in "${tmpl[@]}"
}

# by_hand_end NS...
by_hand_end()
{
	local ns

	for ns; do
		ip -n "$ns" xfrm policy flush
		ip -n "$ns" xfrm state flush
	done
}

# clear_text: how many L2TP packets came to the server without IPsec.
clear_text()
{
	ip netns exec s nft list table ip clear |
		sed -n 's/.*counter packets \([0-9]*\) .*/\1/p'
}

# both WHAT [PORT]: what a second client gets, who is known to the server by PORT.
both()
{
	IPSEC_PORTS[c2]=${2:-1701}
	plutos_start c1 c2 || not_ok "libreswan listens everywhere"
	ipsec_up c1 >/dev/null
	tunnels_dial "$SERVER" c1 >/dev/null
	IPSEC_WAIT=20 ipsec_up c2 >/dev/null
	tunnel_dial c2 "$SERVER" "port=${2:-1701}"
	PEER_WAIT=20 tunnel_wait c2
	echo "# $1: the first $(tunnels_alive c1), the second $(tunnels_alive c2) of 1"
	sed -n 's/.*cannot install\|.*already in use/#   the server says: &/p' \
		"$IPSEC_DIR/s.log" | tail -n 1 | cut -c 1-160
	tunnel_kill c1 c2
	peers_stop
}

topology 2
l2tp_setup
ipsec_setup 2
check "xl2tpd listens" lns_start s
ip netns exec s nft -f - <<-'NFT'
table ip clear {
	chain in {
		type filter hook input priority filter;
		udp dport 1701 meta ipsec missing counter drop
	}
}
NFT
stock || {
	check "IPsec is enabled" ptc enable ipsec
	# It must not matter to L2TP that the router cannot see.
	check "L2TP is disabled" ptc disable l2tp
}

by_hand c1 10.0.0.11 "$SERVER" 0x1001 0x1002
by_hand s "$SERVER" "$WAN" 0x1002 0x1001
is "plain ESP: the client dials" "$(tunnels_dial "$SERVER" c1)" 1
is "plain ESP: it answers a ping" "$(tunnels_alive c1)" 1
is "plain ESP: it answers the server's ping" "$(l2tp_called c1)" 1
is "plain ESP: it carries $((bytes / 1024)) kB each way" "$(tunnels_transfer $bytes c1)" 1
check "plain ESP: nothing else went through the router" [ "$(l2tp_mappings | wc -l)" = 0 ]
tunnel_kill c1
by_hand_end c1 s

check "libreswan listens" plutos_start c1
is "NAT-T: the client gets its SAs" "$(ipsec_up c1)" 1
is "NAT-T: it dials" "$(tunnels_dial "$SERVER" c1)" 1
is "NAT-T: it answers a ping" "$(tunnels_alive c1)" 1
is "NAT-T: it answers the server's ping" "$(l2tp_called c1)" 1
# Linux 6.1 carries no TCP here, with a stock router either.
echo "# NAT-T: it carries $((bytes / 1024)) kB each way: $(tunnels_transfer $bytes c1) of 1"
check "NAT-T: nothing else went through the router" [ "$(l2tp_mappings | wc -l)" = 0 ]
tunnel_kill c1
peers_stop

is "packets that came to the server in clear" "$(clear_text)" 0
both "two clients, both from port 1701"
both "two clients, the second from port 1702" 1702

done_testing
