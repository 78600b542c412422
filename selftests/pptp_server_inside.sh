#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# PPTP servers inside, their port 1723 forwarded, and clients all over:
#
#	c1 pptpd --+                 192.0.2.1                    +-- o1
#	c2 pptpd --+- lan [ r ] wan --------------- eth0 [ s ] net +-- o2
#	                             192.0.2.4     192.0.2.2      +-- o3
#
# r gives 192.0.2.1 to c1 and 192.0.2.4 to c2.  First s only routes, and its
# clients have addresses of their own; then s is a NAT router too, with our
# module, and both ends of a call are translated.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/peers_lib.sh"

WAN2=192.0.2.4

topology 2
peers_setup
setup_ns o1 o2 o3
ip -n s link add net type bridge forward_delay 0
ip -n s link set net up
ip -n s addr add 198.51.100.1/24 dev net
ip netns exec s sysctl -qw net.ipv4.ip_forward=1
for i in 1 2 3; do
	link "o$i" eth0 s "o$i"
	ip -n s link set "o$i" master net
	ip -n "o$i" addr add "198.51.100.$((10 + i))/24" dev eth0
	ip -n "o$i" route add default via 198.51.100.1
done
ip -n r route add default via "$SERVER"
ip -n r addr add $WAN2/24 dev wan
for server in "$WAN c1" "$WAN2 c2"; do
	ip netns exec r nft add rule ip nat prerouting ip daddr "${server% *}" \
		tcp dport 1723 dnat to "10.0.0.1${server#* c}"
done
check "a server inside" pptpd_start c1 10.0.0.11 9
check "another one" pptpd_start c2 10.0.0.12 10
check "PPTP is enabled" ptc enable pptp

# o3 dials both servers, so that its two calls may well have one Call ID.
is "3 dialled the first server" "$(tunnels_dial "$WAN" o1 o2 o3)" 3
is "2 dialled the second" "$(tunnels_dial "$WAN2" o1/vpn2 o3/vpn2)" 2
all=(o1 o2 o3 o1/vpn2 o3/vpn2)
is "all answer a ping" "$(tunnels_alive "${all[@]}")" 5
is "all carry 256 kB each way at once" "$(tunnels_transfer 262144 "${all[@]}")" 5
check "5 sessions are established" sessions_are 5
is "responders are the servers inside" \
	"$(sessions_say '.sessions[].responder' | sort | uniq -c | xargs)" \
	"3 10.0.0.11 2 10.0.0.12"
is "their clients see the router's addresses" \
	"$(sessions_say '.sessions[].responder_seen' | sort | uniq -c | xargs)" \
	"3 $WAN 2 $WAN2"
is "the mapped PAC Call IDs of one address differ" "$(sessions_say '[.sessions[] |
	.responder_seen + (.idents[] | select(.name == "PAC Call ID") | " \(.mapped)")] |
	unique | length')" 5

watch_start o3 o3/vpn2
tunnel_hangup o1
is "a redial to a server inside" "$(tunnels_dial "$WAN" o1)" 1
tunnel_kill o1
is "a redial after a kill" "$(tunnels_dial "$WAN" o1)" 1
check "it carries data" tunnel_alive o1
is "pings its siblings lost" "$(watch_stop o3 o3/vpn2)" 0

check "PPTP is disabled" ptc disable pptp
is "disabled: none answers a ping" "$(tunnels_alive "${all[@]}")" 0
tunnel_kill "${all[@]}"

# Now the clients' side is behind a NAT as well.
ip netns exec s nft -f - <<-'NFT'
table ip nat {
	chain postrouting {
		type nat hook postrouting priority srcnat;
		oifname "eth0" masquerade
	}
}
NFT
check "PPTP is enabled on the router" ptc enable pptp
check "PPTP is enabled on the other router" ip netns exec s passthroughctl enable pptp
is "NAT at both ends: 3 dialled the first server" "$(tunnels_dial "$WAN" o1 o2 o3)" 3
is "2 dialled the second" "$(tunnels_dial "$WAN2" o1/vpn2 o3/vpn2)" 2
is "all answer a ping" "$(tunnels_alive "${all[@]}")" 5
is "all carry 256 kB each way at once" "$(tunnels_transfer 262144 "${all[@]}")" 5
is "the router sees them at one address" \
	"$(sessions_say '.sessions[].initiator' | sort -u)" "$SERVER"

done_testing
