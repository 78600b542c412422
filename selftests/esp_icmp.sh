#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# ICMP errors about ESP: they reach the host that sent the packet, quote it as
# that host sent it, and leave no trace.
#
#	c1 .. c3 ---- lan [ r ] wan ---- s, which is every gateway
#	  192.0.2.9 on s stands for a router on the way
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ipsec_peer/peer.sh"

topology 3
gateways
ip -n s addr add 192.0.2.9/24 dev eth0
help_ipsec
peers_start c1 c2 c3 s

# spis: those that the router knows.
spis() { ptc -j sessions | jq -c '[.. | objects | select(has("spi")) | .spi] | sort'; }

tunnels 198.18.0.1 a=c1 b=c2 c=c3
check "one host has only sent so far" peer esp c from=host
# Nobody has answered it, so that its SA is known by what it sends alone.
check "fragmentation needed reaches it" peer icmp c from=gw code=4 mtu=1300
check "three hosts have their SAs" peer run a,b,c
flows=$(in_ns r conntrack -C)
held=$(spis)
for n in 1 2; do
	for t in a b c; do
		cat <<-END
		icmp $t from=gw code=4 mtu=1400
		icmp $t from=gw code=1 mtu=0 via=192.0.2.9
		icmp $t from=gw code=3 mtu=0
		icmp $t from=gw type=11 code=0 mtu=0 via=192.0.2.9
		icmp $t from=gw code=4 mtu=1280 quote=60
		END
	done
done >"$WORK/inward"
check "errors about what hosts sent reach the host that did" peer_all <"$WORK/inward"
sed 's/from=gw/from=host/; s/via=[^ ]*//' "$WORK/inward" >"$WORK/outward"
check "errors about what hosts got reach the gateway" peer_all <"$WORK/outward"
check "an error about an SPI that nobody sent reaches nobody" \
	peer icmp a from=gw spi=0x12345678 expect=none
is "no error made a flow" "$(in_ns r conntrack -C)" "$flows"
is "or an SA" "$(spis)" "$held"
check "all go on" peer run a,b,c

# The router itself has a narrow way out.
# A fresh gateway: hosts remember what they were told of the other.
tunnels 198.18.0.2 a=c1 b=c2 c=c3
check "three hosts have their SAs" peer run a,b,c
ip -n r link set wan mtu 1300
for pair in a:c1 b:c2 c:c3; do
	ask show "${pair#*:}"
	told=${ANSWER[icmp]}
	check "a packet too big for the router does not pass" \
		peer esp "${pair%:*}" from=host size=1350 expect=none
	ask show "${pair#*:}"
	is "${pair#*:} was told so" "${ANSWER[icmp]}" $((told + 1))
done
ip -n r link set wan mtu 1500
check "all go on" peer run a,b,c

check "a last packet" peer esp a from=host
check "flush" ptc flush proto ipsec
check "flush conntrack" in_ns r conntrack -F
check "an error about it reaches nobody" peer icmp a from=gw expect=none
done_testing
