#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# One, two and eight real PPTP clients behind the router, one pptpd outside:
#
#	c1..c8 --- lan [ r ] wan --- s pptpd
#
# All tunnels carry data both ways at once; `disable` silences all of them
# within a second; after `enable` and a redial all carry data again.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/peers_lib.sh"

topology 8
peers_setup
mapfile -t tunnels < <(printf 'c%d\n' {1..8})
check "the server listens" pptpd_start s "$SERVER"
check "PPTP is enabled" ptc enable pptp

# The debug kernel moves a hundredth of what others do.
bytes=1048576
if debug_kernel; then
	bytes=131072
fi
dialled=0
for n in 1 2 8; do
	is "$n: dialled" "$(tunnels_dial "$SERVER" "${tunnels[@]:dialled:n-dialled}")" \
		$((n - dialled))
	dialled=$n
	is "$n: answer a ping" "$(tunnels_alive "${tunnels[@]:0:n}")" "$n"
	is "$n: carry $((bytes / 1024)) kB each way at once" \
		"$(tunnels_transfer $bytes "${tunnels[@]:0:n}")" "$n"
done

check "8 established sessions are listed" sessions_are 8
is "their mapped PNS Call IDs differ" "$(idents "PNS Call ID" mapped | sort -u | wc -l)" 8
is "each inside host has one" \
	"$(sessions_say '.sessions[].initiator' | sort -V | tr '\n' ' ')" \
	"$(printf '10.0.0.%d ' {11..18})"
is "the server sees them all at the router's address" \
	"$(sessions_say '.sessions[].initiator_seen' | sort -u)" "$WAN"
is "all are counted both ways" "$(sessions_say '[.sessions[] |
	select(.initiator_bytes > '$bytes' and .responder_bytes > '$bytes')] | length')" 8
is "a GRE entry of conntrack for each" "$(gre_conntracks)" 8

watch_start "${tunnels[@]}"
for tunnel in "${tunnels[@]}"; do
	busywait 10 watch_sees "$tunnel" 3
done
check "PPTP is disabled" ptc disable pptp
then=$(date +%s.%N)
is "disabled: none of 8 answers a ping" "$(tunnels_alive "${tunnels[@]}")" 0
last=$(watch_last "${tunnels[@]}")
check "the last answer came within 1 s of it" \
	awk -v last="$last" -v then="$then" 'BEGIN { exit last - then > 1 }'
is "no session is left" "$(sessions_say '.sessions | length')" 0
is "no GRE entry is left" "$(gre_conntracks)" 0
watch_stop "${tunnels[@]}" >/dev/null
tunnel_kill "${tunnels[@]}"
is "no new tunnel comes up" "$(PEER_WAIT=5 tunnels_dial "$SERVER" c1)" 0
tunnel_kill c1

check "PPTP is enabled again" ptc enable pptp
is "8 of 8 dialled again" "$(tunnels_dial "$SERVER" "${tunnels[@]}")" 8
is "8 of 8 answer a ping" "$(tunnels_alive "${tunnels[@]}")" 8
is "8 of 8 carry 64 kB each way at once" "$(tunnels_transfer 65536 "${tunnels[@]}")" 8

for tunnel in "${tunnels[@]}"; do
	tunnel_hangup "$tunnel" &
done
wait
busywait "$PEER_WAIT" sessions_are 0
is "after a hang-up no session is left" "$(sessions_say '.sessions | length')" 0
is "and no GRE entry" "$(gre_conntracks)" 0

# As Windows does it: MS-CHAPv2 and MPPE, a lost packet costs the key stream.
if modprobe -q ppp_mppe; then
	ip -n s addr add 192.0.2.12/24 dev eth0
	check "a server that wants encryption" pptpd_start s 192.0.2.12 12 mppe
	tunnel_dial c1 192.0.2.12 mppe
	check "an encrypted tunnel comes up" tunnel_wait c1
	is "it carries 64 kB each way at once" "$(tunnels_transfer 65536 c1)" 1
else
	skip "an encrypted tunnel" "no ppp_mppe"
fi

done_testing
