#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Who means harm to PPTP: a host that opens all it can, a server that never stops
# offering calls, and whoever sends GRE that nobody asked for.
#
#	c1 .. c3 PNS ---- lan [ r ] wan ---- s PAC, and every stranger
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pptp_peer/peer.sh"
. "$(dirname "$0")/abuse_lib.sh"
STRANGER=198.18.9.9

topology 3
check "the router takes nothing from outside" guard
ip -n s route add local 198.18.0.0/15 dev lo
ip -n r route add 198.18.0.0/15 via "$SERVER"
help_pptp
check "at most 20 calls per host, 50 in all" ptc set pptp max-per-host 20 max-sessions 50
peers_start c1 c2 c3 s
memory_begin
start_entries=$(entries)

# forged OPTION...: GRE of nobody's to the router; true if no host gets any.
forged() { ask forge s to="$WAN" "$@" && [ "${ANSWER[at]}" = none ]; }

# links HOST FIRST LAST: control connections HOST-N.
links() {
	local n
	for ((n = $2; n <= $3; n++)); do echo "link $1-$n dial=$1 accept=s to=$SERVER"; done | peer_all
}

echo "# one host opens all it can"
# Hosts choose what they like; the server never has an id twice.
check "a modest host connects" peer link modest dial=c2 accept=s to="$SERVER"
check "and calls three times" peer calls modest count=3 pns=1 pac=1
check "another opens 10 control connections" links c1 1 10
for n in {1..10}; do echo "calls c1-$n count=10 pns=$((n * 10)) pac=$((10000 + n * 10))"; done >"$WORK/calls"
check "and calls 100 times" peer_all <"$WORK/calls"
is "it has what a host may have" "$(held pptp 10.0.0.11)" 20
check "that is counted" test "$(counter host-limit)" -ge 80
check "it is not cut off: the first of its calls carry data" peer gre c1-1
check "nor is the modest one" peer gre modest rounds=3
check "which can call again" peer calls modest count=3 pns=11 pac=11
check "with data" peer gre modest rounds=3
check "and so can a third" peer link third dial=c3 accept=s to="$SERVER"
check "it calls" peer calls third count=3 pns=11 pac=101
check "its data arrives" peer gre third
check "conntrack has an entry for each connection and call served" \
	test $(($(entries) - start_entries)) -le $((12 + 20 + 9))
check "ten connections more" links c1 11 20
for n in {11..20}; do echo "calls c1-$n count=50 steps=1 pns=$((n * 50)) pac=$((20000 + n * 50))"; done >"$WORK/calls"
check "500 requests that nobody answers" peer_all <"$WORK/calls"
is "it has no more" "$(held pptp 10.0.0.11)" 20
check "all others have what they had" peer_all <<-END
	gre modest
	gre third
END

echo "# a server that never stops"
check "it calls the third 200 times" peer calls third count=200 incoming steps=1 pns=1000 pac=30000
is "that is the third's share" "$(held pptp 10.0.0.13)" 20
check "the modest one calls again" peer calls modest count=1 pns=21 pac=31
check "nobody has lost any" peer_all <<-END
	gre modest
	gre third
	gre c1-1
END

echo "# all that there is"
check "a third host has calls enough to fill the table" eval \
	"ptc set pptp max-per-host 60 >$WORK/set && peer calls c1-1 count=50 pns=5000 pac=40000"
# Calls that are not served keep their ids, and may fill it first.
all=$(sessions_say '.sessions | length')
check "it is full" test "$all" -ge 45 -a "$all" -le 50
check "that is counted" test "$(counter session-limit)" -gt 0
check "who has calls keeps them" peer_all <<-END
	gre modest
	gre third
END
quietly ptc set pptp max-per-host 20
check "flush of the greedy one" ptc flush pptp host 10.0.0.11
no_flows() { [ "$(conntracks -p gre | grep -c 'src=10.0.0.11 ')" -eq 0 ]; }
check "its flows go" busywait 30 no_flows
check "there is room again" peer calls modest count=2 pns=31 pac=41
check "for data too" peer gre modest

echo "# GRE that nobody asked for"
check "flush" ptc flush pptp
check "connections" peer_all <<-END
	link victim dial=c2 accept=s to=$SERVER
	link other dial=c3 accept=s to=$SERVER
	calls victim count=3 pns=1 pac=1
	calls other count=3 pns=11 pac=11
	gre victim
	gre other
END
# Of sixteen remainders, six calls leave some to nobody.
live=()
for link in victim other; do
	for call in {0..2}; do
		peer show $link call="$call"
		live[$(got pns-seen) % 16]=$link
	done
done
nobodys=0
while [ "${live[nobodys]-}" ]; do
	nobodys=$((nobodys + 1))
done
peer show victim call=0
id=$(got pns-seen)
tables_note
unknown=$(counter gre-unknown)
check "4000 Call IDs from the server reach nobody" \
	forged source="$SERVER" id=$nobodys step=16 count=4000
check "nor 4000 from a stranger" forged source=$STRANGER id=1 step=7 count=4000
check "nor a live one from a stranger" forged source=$STRANGER id="$id"
check "nor to another address" forged source="$SERVER" to=192.0.2.99 id="$id"
# A few have ids of calls that have just ended.
check "that is counted" test $(($(counter gre-unknown) - unknown)) -ge 7900
tables_same "a spray"
ask forge s source="$SERVER" to="$WAN" id="$id" seq=4000000000 count=50 step=0
is "a live one with the server's address reaches its own host at most" "${ANSWER[at]}" c2:50
tables_same "a stolen id"
check "its call goes on" peer gre victim rounds=5
check "so does the other's" peer gre other rounds=5
check "sprays go on all the time" spray_start \
	forge s source=$SERVER to=$WAN id=2000 step=13 count=300 quiet-ms=1
for i in {1..5}; do
	check "no packet is lost or goes elsewhere: $i" peer gre victim rounds=30
	check "a new call: $i" peer calls victim count=1 pns=$((100 + i)) pac=$((200 + i))
done
check "the other one's" peer gre other rounds=30
echo "# beside $(spray_stop) forged packets"
is "each call is there" "$(sessions_up)" 11

echo "# the end"
check "flush" ptc flush pptp
check "disconnect" eval 'peer close victim && peer close other'
quietly ptc bypass pptp
peers_stop
check "conntrack has no more than at first" busywait 30 entries_back "$start_entries" tcp
memory_back "all of it"
done_testing
