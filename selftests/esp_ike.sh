#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# IKE on port 500: answers to the wrong port, hosts that begin anew, lifetimes,
# and what the administrator can fix: a host's port, and whose an SA is.
#
#	c1 .. c3 ---- lan [ r ] wan ---- s, which is every gateway
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ipsec_peer/peer.sh"

topology 3
gateways
help_ipsec
peers_start c1 c2 c3 s

# fresh NAME=HOST...: tunnels to a gateway that nobody has talked to.
n=0
fresh() {
	local t
	n=$((n + 1))
	gateway=198.18.0.$n
	for t; do
		tell tunnel "${t%=*}" host="${t#*=}" gw=s at="$gateway"
	done
}

# ike_flow HOST: the conntrack entry of its IKE with the present gateway.
ike_flow() { conntracks -p udp -s "10.0.0.1${1#c}" -d "$gateway" --dport 500; }

# left HOST: how many seconds it has left, 0 if there is none.
left() { ike_flow "$1" | awk '{ n = $3 } END { print n + 0 }'; }

# A gateway that answers to port 500, whatever port it was asked from.
fresh a=c1 b=c2 c=c3
check "the first host's IKE" peer ike a init
ask ike a info
is "keeps its port" "${ANSWER[port-seen]}" 500
check "the second's" peer ike b init
ask ike b info
check "is moved to another" test "${ANSWER[port-seen]}" != 500
fresh a=c1 b=c2 c=c3
check "a begins" peer ike a init
moved=$(counter ike-moved)
for t in b c; do
	check "$t is answered at port 500" peer ike $t init reply-port=500
	check "again, with its second exchange" peer ike $t auth reply-port=500
	check "and when the gateway asks" peer ike $t info from=gw reply-port=500
	check "and by IKEv1" peer ike $t main reply-port=500
	check "and in Quick Mode" peer ike $t quick reply-port=500
done
check "a is not disturbed" peer ike a auth
check "nor when the gateway asks it" peer ike a info from=gw
check "answers that were moved are counted" test "$(counter ike-moved)" -gt "$moved"
for t in a b c; do tell sa $t; done
check "all get their SAs" peer run a,b,c

# An IKE SA that was rekeyed has SPIs that nobody has seen.
check "b rekeys its IKE SA" peer ike b child new-spis reply-port=500
check "the new one is answered at port 500" peer ike b info reply-port=500

# Sleeping phones: what was there is stale at once.
fresh a=c1 b=c2
check "two hosts have IKE" eval 'peer ike a init && peer ike b init'
check "and are authenticated" eval 'peer ike a auth && peer ike b auth'
tell sa a
tell sa b
check "they get their SAs" peer run a,b
restarts=$(counter ike-restarts)
check "a host comes back with a new SPI" peer ike a init
check "that is counted" test "$(counter ike-restarts)" -gt "$restarts"
check "it is authenticated" peer ike a auth
tell sa a
check "it has its new SA at once, the other keeps its own" peer run a,b limit-ms=3000
check "a host begins, and dies" eval 'peer ike a init && peer ike a auth'
check "it begins again" eval 'peer ike a init && peer ike a auth && peer ike b child'
tell sa a
tell sa b
check "both get their SAs" peer run a,b script='b<,a<' from=gw limit-ms=5500

# Lifetimes.
fresh a=c1 b=c2
check "IKE" eval 'peer ike a init && peer ike a auth'
check "it lives for more than four minutes" test "$(left c1)" -gt 240
check "and less than five" test "$(left c1)" -le 300
# Flows are looked at every ten seconds.
check "shorter lifetimes" ptc set ipsec ike-idle 12
fresh a=c1 b=c2
check "IKE of two hosts" eval '
	peer ike a init && peer ike b init && peer ike a auth && peer ike b auth'
tell sa a
tell sa b
check "one has ESP" peer run a
gone() { tell esp a && [ "$(left c2)" = 0 ]; }
check "the IKE flow of the other ends" busywait 60 gone
check "that of the host with ESP is kept" test "$(left c1)" -gt 0
check "the gateway can ask it" peer ike a info from=gw
check "shorter lifetimes" ptc set ipsec ike-idle 4
fresh a=c1 b=c2
check "IKE" eval 'peer ike a init && peer ike a auth'
check "it lives for less than five seconds" test "$(left c1)" -lt 5
ends() { [ "$(left c1)" = 0 ]; }
check "it ends" busywait 30 ends
check "defaults again" ptc set ipsec ike-idle 300

# The administrator's own.
check "b keeps its port" ptc set ipsec keep-port 10.0.0.12
fresh a=c1 b=c2
for t in a b; do
	check "$t begins" peer ike $t init
	ask ike $t auth
	is "at port 500" "${ANSWER[port-seen]}" 500
done
for t in b a; do
	check "$t is answered" peer ike $t info
	check "and can be asked" peer ike $t info from=gw
	tell sa $t
done
check "both get their SAs" peer run a,b
check "b's port is as any" ptc set ipsec unkeep-port 10.0.0.12
fresh a=c1 b=c2
check "a begins" peer ike a init
check "b begins" peer ike b init
ask ike b info
check "and is moved" test "${ANSWER[port-seen]}" != 500

fresh a=c1 b=c2 c=c3
for t in a b c; do
	check "$t: IKE" eval "peer ike $t init && peer ike $t auth"
	tell sa $t
done
check "unknown SAs are b's" ptc set ipsec pin 10.0.0.12 "$gateway"
check "b gets packets before it has sent any" peer run b from=gw pattern=oneway streak=10
check "unknown SAs are nobody's" ptc set ipsec unpin 10.0.0.12 "$gateway"
check "the others get theirs" peer run a,c limit-ms=5500
fresh b=c2
tell sa b
ask tunnel b host=c2 gw=s at="$gateway" seen="$WAN"
tell sa b
check "a pin needs no IKE" ptc set ipsec pin 10.0.0.12 "$gateway"
check "b gets what comes" peer run b from=gw
check "done with it" ptc set ipsec unpin 10.0.0.12 "$gateway"
done_testing
