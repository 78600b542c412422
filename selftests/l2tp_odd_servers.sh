#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 2400
#
# Real xl2tpd clients and servers that a router must know something about L2TP
# for:
#
#	c1..c8 --- lan [ r ] wan --- s
#
# - one that answers from another port (RFC 2661 section 8.1), and is at 1701 only
#   for who begins
# - one that sends data to port 1701, whatever port the client has
# - one that ignores who does not come from port 1701
# - one that is called by two hosts who have chosen the same tunnel id
# The first three are xl2tpd behind stateless rules in s.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/l2tp_lib.sh"

n=8 bytes=262144
if debug_kernel; then
	n=4 bytes=65536
fi
mapfile -t clients < <(seq -f c%g $n)

# carry WHAT: all clients dial, and everything works.
carry()
{
	is "$1: dialled at once, came up" "$(tunnels_dial "$SERVER" "${clients[@]}")" "$n"
	is "$1: answer a ping" "$(tunnels_alive "${clients[@]}")" "$n"
	is "$1: answer the server's ping" "$(l2tp_called "${clients[@]}")" "$n"
	is "$1: carry $((bytes / 1024)) kB each way at once" \
		"$(tunnels_transfer $bytes "${clients[@]}")" "$n"
	stock || check "$1: their sessions are listed" sessions_are "$n"
}

# hang_up WHAT TUNNEL...
hang_up()
{
	local what=$1 ns
	shift

	for ns; do
		tunnel_hangup "$ns" &
	done
	wait
	stock || check "$what: when all have said goodbye, no session is left" \
		busywait "$PEER_WAIT" sessions_are 0
}

# seen FIELD=VALUE: how many mappings have that in what the server sends.
seen() { l2tp_mappings | grep -c "src=$SERVER dst=$WAN .*$1"; }

topology $n
l2tp_setup
# For a server all of whose clients have the same port, see lns_start.
check "the server listens" lns_start s 8 user
check "L2TP is enabled" l2tp_helper enable

check "the server answers from another port" lns_odd moved
carry "moved"
is "moved: the router knows where each tunnel went" "$(seen "sport=$MOVED_PORT")" "$n"
stock || check "moved: and has counted them" [ "$(counter moved-servers)" -ge "$n" ]
hang_up "moved" "${clients[@]}"

check "the server sends data to port 1701" lns_odd data1701
carry "data to 1701"
stock || check "data to 1701: much was steered" [ "$(counter steered)" -gt 100 ]
hang_up "data to 1701" "${clients[@]}"

check "the server wants port 1701" lns_odd strict
stock || check "source port 1701 is kept" ptc set l2tp source-port 1701
carry "strict"
is "strict: all clients have the same port" "$(seen dport=1701)" "$n"
is "strict: packets that the server ignored" "$(lns_ignored)" 0
hang_up "strict" "${clients[@]}"

for port in 1701 0; do
	stock || check "source port $port" ptc set l2tp source-port $port
	[ $port != 0 ] || lns_odd none
	what="same id, source port $port"
	tunnel_dial c1 "$SERVER" id=4711
	check "$what: the first comes up" tunnel_wait c1
	tunnel_dial c2 "$SERVER" id=4711
	check "$what: the second comes up" tunnel_wait c2
	is "$what: answer a ping" "$(tunnels_alive c1 c2)" 2
	is "$what: answer the server's ping" "$(l2tp_called c1 c2)" 2
	is "$what: carry $((bytes / 1024)) kB each way at once" \
		"$(tunnels_transfer $bytes c1 c2)" 2
	stock || {
		check "$what: their sessions are listed" sessions_are 2
		is "$what: both chose it" "$(idents "Tunnel ID" value | grep -cx 4711)" 2
		is "$what: the server was told another by one" \
			"$(idents "Tunnel ID" mapped | grep -cx 4711)" 1
	}
	hang_up "$what" c1 c2
done

done_testing
