#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The same trials with IPsec bypassed, which is what a stock kernel does, and
# enabled.  A table tells what each did.
#
#	c1 .. c4 ---- lan [ r ] wan ---- s, which is every gateway
#
# TRIALS= selects which are made.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ipsec_peer/peer.sh"
declare -A text=()
gateway=''

text[two]='two hosts, one gateway: each gets its own'
trial_two() {
	tunnels "$gateway" a=c1 b=c2
	peer run a,b limit-ms=5500
}

text[four]='four hosts, answered in another order'
trial_four() {
	tunnels "$gateway" a=c1 b=c2 c=c3 d=c4
	peer run a,b,c,d script='a>,b>,c>,d>,c<,d<,b<,a<' limit-ms=6500
}

text[first]='the gateway speaks first, one host'
trial_first() {
	tunnels "$gateway" a=c1
	peer run a from=gw limit-ms=3000
}

text[firsts]='the gateway speaks first, two hosts'
trial_firsts() {
	tunnels "$gateway" a=c1 b=c2
	peer run a,b from=gw limit-ms=5500
}

text[rekey]='a host rekeys while another is connected, and speaks second'
trial_rekey() {
	tunnels "$gateway" a=c1 b=c2
	peer run a,b limit-ms=5500
	tell ike b child && tell sa b && peer run b from=gw limit-ms=1000 &&
		peer run a limit-ms=1000
}

text[forged]="forged ESP reaches no host"
trial_forged() {
	tunnels "$gateway" a=c1 b=c2
	peer run a,b limit-ms=5500
	ask forge s source="$gateway" to="$WAN" count=20
	[ "${ANSWER[at]}" = none ]
}

text[mtu]='"fragmentation needed" reaches each of two hosts'
trial_mtu() {
	tunnels "$gateway" a=c1 b=c2
	peer run a,b limit-ms=5500
	peer icmp a from=gw && peer icmp b from=gw
}

text[moved]='IKE answered at port 500, for the second host'
trial_moved() {
	tunnels "$gateway" a=c1
	tell tunnel b host=c2 gw=s at="$gateway"
	peer ike b init reply-port=500 timeout=3
}

text[quiet]='IKE is kept for more than four minutes'
trial_quiet() {
	tunnels "$gateway" a=c1
	conntracks -p udp -d "$gateway" | awk '{ n = $3 } END { exit n < 240 }'
}

text[wan]='the wan address changes: two hosts begin anew'
trial_wan() {
	local status
	tunnels "$gateway" a=c1 b=c2
	peer run a,b limit-ms=5500
	ip -n r addr flush dev wan
	ip -n r addr add 192.0.2.77/24 dev wan
	ip -n r route replace 198.18.0.0/15 via "$SERVER"
	tunnels "$gateway" a=c1 b=c2 && peer run a,b limit-ms=5500
	status=$?
	ip -n r addr flush dev wan
	ip -n r addr add "$WAN/24" dev wan
	ip -n r route replace 198.18.0.0/15 via "$SERVER"
	return "$status"
}

topology 4
gateways
peers_start c1 c2 c3 c4 s
declare -A verdict=() why=()
n=0

# verdicts STATE: what comes of each trial with IPsec in this state.
verdicts() {
	local trial
	check "$1 ipsec" ptc "$1" ipsec
	for trial in $trials; do
		n=$((n + 1))
		gateway=198.18.0.$n
		quietly in_ns r conntrack -F
		PEER=''
		if "trial_$trial" >"$WORK/trial" 2>&1; then
			verdict[$1-$trial]=passes
		else
			verdict[$1-$trial]=FAILS
			why[$1-$trial]=$PEER
		fi
	done
}

trials=${TRIALS:-two four first firsts rekey forged mtu moved quiet wan}
verdicts bypass
verdicts enable
printf '# %-8s%-8s%s\n' stock ours trial
for trial in $trials; do
	printf '# %-8s%-8s%s\n' "${verdict[bypass-$trial]}" "${verdict[enable-$trial]}" "${text[$trial]}"
	[ ! "${why[bypass-$trial]-}" ] || echo "#      stock: ${why[bypass-$trial]}"
done
for trial in $trials; do
	is "${text[$trial]} (stock, ours)" "${verdict[bypass-$trial]}, ${verdict[enable-$trial]}" \
		'FAILS, passes' || echo "#   ${why[enable-$trial]-}"
done
done_testing
