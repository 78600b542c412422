#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Eight clients with IPsec in UDP (NAT-T, port 4500) and no keepalives, first
# strongSwan at both ends, then libreswan:
#
#	c1..c8 --- lan [ r ] wan --- s
#
# After four silent minutes the gateway still reaches them; with the stock
# kernel's lifetimes it does not.  Nobody waits: what is left of a mapping's
# lifetime is set to what would be left after that time.  A mapping that did
# expire gets its external port again.  A flowtable takes these flows.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ipsec_lib.sh"

IPSEC_ENCAPS=yes
SILENCE=240
IDLE=300
n=8
! debug_kernel || n=4
mapfile -t clients < <(seq -f c%g $n)

# mappings: the router's conntrack entries for NAT-T, one a line.
mappings() { conntracks -p udp --orig-dst "$SERVER" --orig-port-dst 4500; }

# mappings_between LOW HIGH: true if each client has one, with so many seconds
# left.
mappings_between()
{
	mappings | awk -v low="$1" -v high="$2" -v n="$n" \
		'$3 < low || $3 > high { bad = 1 } END { exit bad || NR != n }'
}

# ports: "CLIENT PORT" as the gateway sees it, one a line.
ports()
{
	mappings | sed -E 's/.* src=(10[0-9.]+) .*dport=([0-9]+) .*/\1 \2/' | sort
}

# let_pass SECONDS: as if no packet had come for so long.
let_pass()
{
	local ns left

	left=$(mappings | awk '$3 > max { max = $3 } END { print max + 0 }')
	left=$((left > $1 ? left - $1 : 1))
	for ns in "${clients[@]}"; do
		quietly ip netns exec r conntrack -U -p udp --orig-port-dst 4500 \
			--orig-src "$(outer_address "$ns")" -t $left
	done
}

no_mapping() { ! mappings | grep -q .; }

# offloaded: how many clients' flows are in the flowtable.
offloaded() { mappings | grep -c OFFLOAD; }
all_offloaded() { [ "$(offloaded)" = "$n" ]; }

# carry: all tunnels come up at the same moment and carry data.
carry()
{
	is "$1: begun at once, came up" "$(ipsec_up "${clients[@]}")" "$n"
	is "$1: all call at once, are answered" "$(ipsec_alive "${clients[@]}")" "$n"
	is "$1: are called at once, answer" "$(ipsec_called "${clients[@]}")" "$n"
}

topology "$n"
ipsec_setup "$n"

check "the router does as the stock kernel does" ptc bypass ipsec
check "strongSwan listens everywhere" charons_start "${clients[@]}"
carry "stock"
check "stock: mappings end after 120 s of silence" mappings_between 60 120
let_pass $SILENCE
check "stock: after four minutes they are gone" busywait 30 no_mapping
is "stock: the gateway calls, answered" "$(ipsec_called "${clients[@]}")" 0
peers_stop

check "IPsec is enabled" ptc enable ipsec
check "strongSwan listens everywhere" charons_start "${clients[@]}"
carry "strongSwan"
check "strongSwan: mappings live for 300 s" mappings_between $((IDLE - 60)) $IDLE
check "$n established sessions are listed" sessions_are "$n"
let_pass $SILENCE
check "after four minutes they would have one left" mappings_between 1 $((IDLE - SILENCE))
is "strongSwan: the gateway calls, answered" "$(ipsec_called "${clients[@]}")" "$n"
check "which gives them 300 s again" mappings_between $((IDLE - 60)) $IDLE
is "strongSwan: the clients call, answered" "$(ipsec_alive "${clients[@]}")" "$n"

ports >"$WORK/ports"
is "each has a port of its own" "$(awk '{ print $2 }' "$WORK/ports" | sort -u | wc -l)" "$n"
let_pass $IDLE
check "after five minutes the mappings are gone" busywait 30 no_mapping
is "the clients call, answered" "$(ipsec_alive "${clients[@]}")" "$n"
is "from the ports that they had" "$(ports)" "$(cat "$WORK/ports")"
is "the gateway calls, answered" "$(ipsec_called "${clients[@]}")" "$n"

peers_stop

check "libreswan listens everywhere" plutos_start "${clients[@]}"
carry "libreswan"
check "$n established sessions are listed" sessions_are "$n"
let_pass $SILENCE
check "four minutes pass" mappings_between 1 $((IDLE - SILENCE))
is "libreswan: the gateway calls, answered" "$(ipsec_called "${clients[@]}")" "$n"

# None of these flows has conntrack's helper extension: a flowtable takes them.
ip netns exec r nft -f - <<-'NFT' || not_ok "a flowtable"
table inet filter {
	flowtable fast {
		hook ingress priority filter;
		devices = { lan, wan };
	}
}
insert rule inet filter forward meta l4proto udp flow add @fast
NFT
is "carry 64 kB each way at once" "$(ipsec_transfer 65536 "${clients[@]}")" "$n"
check "the flowtable has the flows of all of them" busywait 30 all_offloaded
mappings | grep -m 1 OFFLOAD | sed 's/^/#   /'
is "the clients call, answered" "$(ipsec_alive "${clients[@]}")" "$n"
is "the gateway calls, answered" "$(ipsec_called "${clients[@]}")" "$n"

done_testing
