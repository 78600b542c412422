#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# New SAs in place of old ones, from either side, one by one and all at once,
# while packets of the old ones are still under way; and SAs that the router
# has forgotten.
#
#	c1 .. c4 ---- lan [ r ] wan ---- s, which is every gateway
#
# REKEYS= is how often a host rekeys in a row.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ipsec_peer/peer.sh"
rekeys=${REKEYS:-40}

topology 4
gateways
help_ipsec
peers_start c1 c2 c3 c4 s

# rekey FROM TUNNEL...: each gets a new pair of SAs; FROM (host, gw) asked.
rekey() {
	local from=$1 t
	shift
	for t; do
		tell ike "$t" child from="$from" && tell sa "$t" || return
	done
}

# none_wrong: no packet has come to a wrong host so far.
none_wrong() {
	local c
	for c in c1 c2 c3 c4; do
		peer show "$c"
		[ "$(got wrong)" = 0 ] || return
	done
}

tunnels 198.18.0.1 a=c1 b=c2 c=c3
for t in a b c; do
	check "$t has its SA" peer run $t
done

for from in host gw; do
	check "a rekeys, $from asks" rekey $from a
	check "what is under way on the old SA arrives" peer esp a,b,c sa=0
	check "the host is the first to use the new one" peer esp a from=host
	check "the gateway still uses the old one" peer esp a sa=0 from=gw count=5
	check "then it uses the new one" peer esp a from=gw count=5
	check "late packets of the old one arrive" peer esp a sa=0 count=3
	check "a goes on" peer run a
	check "b rekeys, $from asks" rekey $from b
	check "the gateway is the first to use the new SA" peer esp b from=gw count=5
	check "the host goes on with the old one" peer esp b sa=0 count=5
	check "then it uses the new one" peer esp b from=host count=5
	check "late packets of the old one arrive" peer esp b sa=0 count=3
	check "all go on" peer run a,b,c
done
check "nothing came to a wrong host" none_wrong

# An old SA's packet between a host's exchange and its new SA.
check "a rekeys" rekey host a
check "old SAs of both are still in use" peer esp a,b sa=1 count=10
check "a's new SA comes first, from the gateway" peer esp a from=gw
check "b's old ones still are b's" peer esp b sa=0 from=gw count=3
check "all go on" peer run a,b,c
check "nothing came to a wrong host" none_wrong

# One host after the other, again and again.  No SA is idle for long enough to
# end.
check "SAs without end" ptc set ipsec max-per-host 4096
rekey_often() {
	local n asks=(host gw)
	for ((n = 0; n < rekeys; n++)); do
		rekey "${asks[n % 2]}" a || return
		peer run a,b pattern=ping from="$1" || return
		rekey host b || return
		peer run a,b,c pattern=ping from="$1" || return
	done
}
check "$rekeys rekeys of two hosts, the host speaks first" rekey_often host
check "$rekeys rekeys of two hosts, the gateway speaks first" rekey_often gw
check "nothing came to a wrong host" none_wrong

# All at the same moment.
check "all rekey at once" rekey host a b c
check "hosts speak first" peer run a,b,c script='c>,a>,b>,b<,c<,a<'
check "all rekey at once" rekey gw a b c
check "the gateway speaks first" peer run a,b,c script='b<,a<,c<' from=gw
check "all rekey at once" rekey host a b c
check "the gateway speaks first, in another order" peer run a,b,c script='c<,b<,a<' from=gw

# The IKE SA too.
check "a rekeys its IKE SA" peer ike a child new-spis
check "and then its child SA" rekey host a
check "all go on" peer run a,b,c
check "b rekeys its IKE SA, the gateway asks" peer ike b child from=gw new-spis
check "and then its child SA" rekey gw b
check "the gateway speaks first" peer run a,b,c from=gw

# The router was switched off and on: SAs go on with high numbers, no IKE.
tunnels 198.18.0.2 a=c1 b=c2 c=c3
check "three hosts have their SAs" peer run a,b,c
forget() { ptc flush proto ipsec && in_ns r conntrack -F; }
check "the router forgets all" forget
check "numbers are high" peer esp a,b,c seq=70000 expect=any
# recovers OPTION...: each host gets its own again, and nobody another's for long.
recovers() { tell run a,b,c limit-ms=15000 "$@" && [ "${ANSWER[wrong-ms]}" -le 5000 ]; }
check "every host gets its SA again" recovers
check "the router forgets all" forget
check "numbers are high" peer esp a,b,c seq=90000 expect=any
check "the same, the gateway is faster" recovers script='a<,b<,c<,a>,b>,c>'
check "the router forgets all" forget
# What heedless hosts do tells nothing, but nobody gets another's for long.
ask run a,b,c pattern=stream script='a<,b<,c<,a>,b>,c>' limit-ms=8000
echo "# heedless hosts after a reboot: wrong for ${ANSWER[wrong-ms]} ms"
check "heedless hosts get nobody else's for longer than 5 s" test "${ANSWER[wrong-ms]}" -le 5000

# An SA that was idle for too long does not take what another host waits for.
tunnels 198.18.0.3 a=c1 b=c2
check "two hosts have their SAs" peer run a,b
check "numbers are high" peer esp a,b seq=70000
check "idle SAs end soon" ptc set ipsec esp-replied 2
# sas SPI: how many SAs with this SPI the router holds.
sas() { ptc -j sessions | jq --arg spi "$1" '[.. | objects | select(.spi? == $spi)] | length'; }
ask show a
printf -v old 0x%08x "${ANSWER[in]}"
is "the router knows a's inbound SA" "$(sas "$old")" 1
# a sends, and gets nothing, until its inbound SA is forgotten.
gone() { peer esp a from=host; peer esp b; [ "$(sas "$old")" = 0 ]; }
check "a's inbound SA ends" busywait 30 gone
check "idle SAs end late" ptc set ipsec esp-replied 600
check "b rekeys" rekey host b
check "a packet of a's forgotten SA does not hurt" peer esp a from=gw expect=any
check "b gets its new SA" peer run b
check "a gets its old one" peer run a limit-ms=6500
done_testing
