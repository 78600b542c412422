#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Who means harm, or has bad luck: forged ESP and IKE from a gateway's address or
# a stranger's, equal SPIs, hosts and gateways that use up what there is.
#
#	c1 .. c3 ---- lan [ r ] wan ---- s, which is every gateway
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ipsec_peer/peer.sh"
. "$(dirname "$0")/abuse_lib.sh"

topology 3
check "the router takes nothing from outside" guard
gateways
help_ipsec
peers_start c1 c2 c3 s
memory_begin
start_entries=$(entries)

# gateway N: its address.
gateway() { echo "198.18.0.$1"; }

# forged N [OPTION...]: ESP of nobody's from a gateway; true if no host gets any.
forged() {
	local n=$1
	shift
	ask forge s source="$(gateway "$n")" to="$WAN" "$@" && [ "${ANSWER[at]}" = none ]
}

# sas HOST: how many SAs the router holds of it.
sas() { ptc -j sessions ipsec host "$1" | jq '[.. | objects | select(has("spi"))] | length'; }

# rekeys TUNNEL...: each gets a new SA.
rekeys() {
	local t
	for t; do
		peer ike "$t" child && peer sa "$t" || return
	done
}

# rises COUNTER COMMAND...: does it, while the command is done?
rises() {
	local name=$1 before
	before=$(counter "$1")
	shift
	"$@"
	[ "$(counter "$name")" -gt "$before" ]
}

# A forged packet while nobody expects an SA.
tunnels "$(gateway 1)" a=c1 b=c2
check "two hosts have their SAs" peer run a,b
conntracks -p esp >"$WORK/before"
check "forged ESP that nobody expects reaches nobody" forged 1 count=200 step=7
check "forged ESP with high sequence numbers neither" forged 1 count=200 step=7 seq=100000
check "and takes nothing" peer run a,b
is "it made no flow" "$(conntracks -p esp | wc -l)" "$(wc -l <"$WORK/before")"

# While one is expected: it may arrive, but the SA still gets to its host.
check "a host rekeys" rekeys a
ask forge s source="$(gateway 1)" to="$WAN"
check "a forged packet came first: the host still gets its SA" peer run a,b limit-ms=5000
check "both hosts rekey" rekeys a b
ask forge s source="$(gateway 1)" to="$WAN" count=40
check "40 forged SPIs came first: both still get their SAs" peer run a,b limit-ms=5000
check "a host rekeys" rekeys a
ask forge s source="$(gateway 1)" to="$WAN"
check "the same when the gateway speaks first" peer run a,b from=gw limit-ms=5000
tunnels "$(gateway 2)" a=c1 b=c2
ask forge s source="$(gateway 2)" to="$WAN" count=5
check "before the first packets of all: both get their SAs" \
	peer run a,b script='a>,b>,b<,a<' limit-ms=5000
tunnels "$(gateway 3)" a=c1
ask forge s source="$(gateway 3)" to="$WAN" count=30
check "with one host only: it gets its SA" peer run a limit-ms=5000

# A packet with the SPI of an SA goes where the SA goes, and no further.
tunnels "$(gateway 4)" a=c1 b=c2
check "two hosts have their SAs" peer run a,b
ask show a
spi=${ANSWER[in]}
ask forge s source="$(gateway 4)" to="$WAN" spi="$spi" seq=4000000000 count=1
check "forged with a stolen SPI and a number far ahead: the SA goes on" peer run a,b
ask forge s source="$(gateway 9)" to="$WAN" spi="$spi"
is "a stolen SPI from another address reaches nobody" "${ANSWER[at]}" none

# Equal inbound SPIs: nobody can tell them apart, but it is said.
tunnels "$(gateway 5)" a=c1 b=c2
check "equal inbound SPIs" eval 'peer sa a in=0xabcd01 && peer sa b in=0xabcd01'
check "the first host has its SA" peer run a
clash_seen() { ask run b limit-ms=500; [ "$(counter spi-clash)" -gt 0 ]; }
check "the clash is counted" busywait 10 clash_seen
check "the first host keeps its SA" peer run a
check "the other rekeys" rekeys b
check "that is a way out" peer run a,b

# One host opens SAs without end.
check "flush" quietly ptc flush proto ipsec
check "at most 8 SAs per host" ptc set ipsec max-per-host 8
tunnels "$(gateway 6)" a=c1 b=c2
check "another has its SA" peer run b
check "a host opens 100" peer sa a count=100
check "its packets pass" peer esp a sa=all from=host
check "the other's SA goes on" peer run b
check "that is counted" test "$(counter host-limit)" -gt 0
check "it is held to its cap" test "$(sas 10.0.0.11)" -le 8
check "the other rekeys" rekeys b
check "and gets its SA" peer run b
tunnels "$(gateway 7)" b=c2 c=c3
check "and others elsewhere" peer run b,c

# One host talks to gateways without end.
check "flush" quietly ptc flush proto ipsec
check "at most 20 sessions" ptc set ipsec max-per-host 8 max-sessions 20
for ((n = 0; n < 40; n++)); do
	tell tunnel "m$n" host=c1 gw=s at="198.18.1.$n" seen="$WAN"
	tell sa "m$n"
	tell esp "m$n" from=host expect=any quiet-ms=1
done
tunnels "$(gateway 8)" b=c2 c=c3
check "a host sent ESP to 40 gateways: others get their SAs" peer run b,c
for ((n = 40; n < 80; n++)); do
	tell tunnel "m$n" host=c1 gw=s at="198.18.1.$n" seen="$WAN"
	tell ike "m$n" init
done
tunnels "$(gateway 9)" b=c2 c=c3
check "a host began IKE with 40 gateways: others get their SAs" peer run b,c
check "defaults again" ptc set ipsec max-per-host 256 max-sessions 65536

# Too many hosts for one gateway.
check "flush" quietly ptc flush proto ipsec
check "at most 2 hosts per gateway" ptc set ipsec max-per-gateway 2
tunnels "$(gateway 10)" a=c1 b=c2
check "two have their SAs" peer run a,b
tunnels "$(gateway 10)" c=c3
check "a third is not served" rises gateway-limit ask run c limit-ms=1000
check "the two are" peer run a,b
tunnels "$(gateway 11)" c=c3
check "the third is at another gateway" peer run c
check "defaults again" ptc set ipsec max-per-gateway 4096

# A gateway, or somebody with its address, sends SPIs without end.
tunnels "$(gateway 12)" a=c1 b=c2
check "two hosts have their SAs" peer run a,b
tables_note
check "a spray of 3000 SPIs reaches nobody" forged 12 count=3000 step=1001
check "nor from a gateway that nobody talks to" forged 13 count=1000 step=1001
tables_same "a spray"
check "a host rekeys" rekeys a
ask forge s source="$(gateway 12)" to="$WAN" count=3000 step=1001
check "a spray during a rekey: all get their SAs" peer run a,b limit-ms=6000
check "the other rekeys in peace" rekeys b
check "all have their SAs" peer run a,b
check "sprays go on all the time" spray_start \
	forge s source="$(gateway 12)" to=$WAN count=300 step=1001 quiet-ms=1
for i in {1..5}; do
	check "no packet is lost or goes elsewhere: $i" peer esp a,b count=30
	check "a host rekeys: $i" rekeys a
	check "it has its SA: $i" peer run a,b limit-ms=10000
done
echo "# beside $(spray_stop) forged packets"

# IKE of nobody's.
tunnels "$(gateway 14)" a=c1 b=c2
check "two hosts have their SAs" peer run a,b
tables_note
# ike_forged OPTION...: IKE of nobody's to the router; true if no host gets any.
ike_forged() { ask forge s to="$WAN" proto=ike "$@" && [ "${ANSWER[at]}" = none ]; }
for exchange in init auth child main quick; do
	check "$exchange, 1000 SPIs from a gateway that nobody talks to" \
		ike_forged source="$(gateway 15)" exchange=$exchange count=1000 step=1001
	check "$exchange, to ports that are nobody's" \
		ike_forged source="$(gateway 14)" exchange=$exchange sport=700 count=1000 step=1001
	ask forge s source="$(gateway 14)" to="$WAN" proto=ike exchange=$exchange count=1000 step=1001
	is "$exchange, from the gateway's port: where that port leads, and no further" \
		"${ANSWER[at]}" c1:1000
	check "their ESP goes on" peer esp a,b count=3
done
check "IPsec in UDP from a stranger's address" ike_forged source="$(gateway 15)" proto=natt count=500
tables_same "IKE of nobody's"
check "the hosts rekey" rekeys a b
check "both have their SAs" peer run a,b limit-ms=10000
check "sprays go on all the time" spray_start \
	forge s source="$(gateway 14)" to=$WAN proto=ike sport=701 count=300 step=1001 quiet-ms=1
for i in {1..3}; do
	check "exchanges are what they are: $i" rekeys a b
	check "both have their SAs: $i" peer run a,b limit-ms=10000
	check "no packet is lost or goes elsewhere: $i" peer esp a,b count=30
done
echo "# beside $(spray_stop) forged messages"

check "flush" quietly ptc flush ipsec
is "nothing is held" "$(sessions_say '.sessions | length')" 0
check "bypass" quietly ptc bypass ipsec
peers_stop
check "conntrack has no more than at first" busywait 30 entries_back "$start_entries" udp esp
memory_back "all of it"
done_testing
