#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Interfaces: between those that the administrator names a protocol is helped
# or blocked, elsewhere the router keeps its hands off.
#
#	c1, c2 --- lan   [ r ] wan --- s, which is every gateway;
#	g1 ------- guest           there by way of wan2, too
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ipsec_peer/peer.sh"

topology 2
setup_ns g1
link g1 eth0 r guest
ip -n r addr add 10.0.1.1/24 dev guest
ip -n g1 addr add 10.0.1.11/24 dev eth0
ip -n g1 route add default via 10.0.1.1
link r wan2 s eth1
ip -n r addr add 192.0.3.1/24 dev wan2
ip -n s addr add 192.0.3.2/24 dev eth1
gateways
ip -n r route add 198.19.0.0/16 via 192.0.3.2
ip netns exec r nft -f - <<-'NFT' || bail "the router's firewall"
	add rule inet filter forward iifname guest oifname { wan, wan2 } accept
	add rule inet filter forward iifname lan oifname wan2 accept
	add rule ip nat postrouting oifname wan2 masquerade
NFT
peers_start c1 c2 g1 s

# says WORD: what `list` has as the protocol's interfaces.
says() { [ "$(ptc -j list ipsec | jq -c '.protocols[0].interfaces')" = "$1" ]; }
hosts() { ptc -j sessions proto ipsec | jq -r '[.sessions[].initiator] | unique | join(" ")'; }
# passes NAME: its ESP goes both ways.
passes() { peer run "$1" limit-ms=3000; }

check "lan and wan are the interfaces" ptc set ipsec interface lan,wan
check "so it says" says '["lan","wan"]'
help_ipsec
tunnels 198.18.0.1 a=c1 b=c2
check "two hosts of the lan have their SAs" peer run a,b
is "and are known" "$(hosts)" "10.0.0.11 10.0.0.12"
tunnels 198.18.0.2 g=g1
check "a guest passes, as with a stock kernel" passes g
is "and is not known" "$(hosts)" "10.0.0.11 10.0.0.12"
tunnels 198.18.0.1 h=g1
check "nor does it mind who else talks to a gateway" passes h
check "nor do they" peer run a,b
zones() { conntracks -d "$1" | grep -c 'zone-reply='; }
is "nor in a zone" "$(zones 198.18.0.2)" 0
tunnels 198.19.0.1 x=c1
check "over another uplink a host passes, as with a stock kernel" passes x
is "and in no zone" "$(zones 198.19.0.1)" 0

check "disable" ptc disable ipsec
check_not "hosts of the lan are silent" passes a
check "the guest goes on" passes g
check "so does the other uplink" passes x

check "interfaces by how they begin" ptc set ipsec interface 'gu*,wan*'
check "so it says" says '["gu*","wan*"]'
check "hosts of the lan pass" passes b
check_not "the guest is silent" passes g
check "all interfaces" ptc set ipsec interface any
check "so it says" says '[]'
check_not "the other uplink is silent" passes x
check_not "hosts of the lan are" passes b
check "enable" ptc enable ipsec
tunnels 198.19.0.2 y=c1 z=g1
check "now all are helped" peer run y,z
is "and known" "$(hosts)" "10.0.0.11 10.0.1.11"

# An interface that comes later has its name then.
check "an interface that is not there" ptc set ipsec interface lan,ppp9
check "nothing is helped over wan" eval 'tunnels 198.18.0.3 d=c1 && passes d'
is "nor known" "$(ptc -j sessions host 198.18.0.3 | jq '.sessions | length')" 0

refused() { ! ptc set ipsec interface "$@" >"$WORK/refused" 2>&1; }
check "a name that is too long" refused lan,sixteen-letters-x
check "and is said to be" grep -q "sixteen-letters-x" "$WORK/refused"
check "a name twice" refused lan,lan
check "too many" refused a,b,c,d,e,f,g,h,i
check "a name that cannot be" refused 'a b'
check "nothing has changed" says '["lan","ppp9"]'

ptc save >"$WORK/saved"
check "save has them" grep -qx 'interface = lan,ppp9' "$WORK/saved"
check "all interfaces again" ptc set ipsec interface any
check "sync brings them back" ptc sync "$WORK/saved"
check "so it says" says '["lan","ppp9"]'
printf '[ipsec]\nstate = enabled\ninterface = wan,wan\n' >"$WORK/twice"
twice() { ptc apply "$WORK/twice" >"$WORK/refused" 2>&1; }
check_not "a file's list is refused" twice
check "with its place" grep -q 'twice:3:13: .*named twice' "$WORK/refused"
check "nothing has changed" says '["lan","ppp9"]'
printf '[ipsec]\nstate = enabled\n' >"$WORK/none"
check "a file without a list" ptc apply "$WORK/none"
check "means all" says '[]'
done_testing
