#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Eight libreswan clients with plain ESP (IKEv2) behind the router, one gateway:
#
#	c1..c8 --- lan [ r ] wan --- s
#
# They all begin at the same moment, and all get new keys, one after the other,
# while they are being pinged: child and IKE SAs, from their own side and from
# the gateway's.  No ESP packet may come to a host that it was not meant for.
# `disable` silences all within a second, `enable` brings all back.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ipsec_lib.sh"

# The debug kernel moves a hundredth of what others do, on one processor that
# all peers share: its silences are those of a busy computer.
n=8 bytes=1048576 silence=2000
if debug_kernel; then
	n=4 bytes=65536 silence=10000
fi
mapfile -t clients < <(seq -f c%g $n)

topology "$n"
ipsec_setup "$n"
check "IPsec is enabled" ptc enable ipsec
check "libreswan listens everywhere" plutos_start "${clients[@]}"

is "begun at once, came up" "$(ipsec_up "${clients[@]}")" "$n"
# Who speaks first for himself is told apart without a copy; esp_orders.sh has
# those who do it in the same millisecond.
is "call one after the other, are answered" "$(one_by_one client_calls "${clients[@]}")" "$n"
is "are called at once, answer" "$(ipsec_called "${clients[@]}")" "$n"
is "all call at once, are answered" "$(ipsec_alive "${clients[@]}")" "$n"
is "carry $((bytes / 1024)) kB each way at once" \
	"$(ipsec_transfer "$bytes" "${clients[@]}")" "$n"
is "ESP packets that came to a wrong host" "$(esp_wrong "${clients[@]}")" 0
check "$n established sessions are listed" sessions_are "$n"
esp_forget "${clients[@]}"

for side in client gateway; do
	for what in child ike; do
		gap_start "${clients[@]}"
		check "new keys for the $what SAs, begun by the $side" \
			rekey_each "$side" "$what" "${clients[@]}"
		# What is sent when all have new keys is what counts.
		is "and all are called" "$(ipsec_called "${clients[@]}")" "$n"
		gap_stop "${clients[@]}"
		gap_check $silence
	done
done
is "carry $((bytes / 4096)) kB each way at once" \
	"$(ipsec_transfer $((bytes / 4)) "${clients[@]}")" "$n"
is "ESP packets that came to a wrong host" "$(esp_wrong "${clients[@]}")" 0
check "$n established sessions are listed" sessions_are "$n"
ptc stats ipsec | sed 's/^/#   /'

gap_start "${clients[@]}"
check "IPsec is disabled" ptc disable ipsec
then=$(date +%s.%N)
is "disabled: answered" "$(ipsec_alive "${clients[@]}")" 0
is "disabled: called" "$(ipsec_called "${clients[@]}")" 0
last=$(last_answer "${clients[@]}")
gap_stop "${clients[@]}"
check "the last answer came within 1 s of it" \
	awk -v last="$last" -v then="$then" 'BEGIN { exit last - then > 1 }'
is "no session is left" "$(sessions_say '.sessions | length')" 0

# The peers have noticed nothing: they go on with the SAs they have, and the
# router must find out anew whose is whose.  Until it has, hosts get copies of
# what is others', which is counted, not judged: docs/ipsec.md has the limit.
check "IPsec is enabled again" ptc enable ipsec
esp_forget "${clients[@]}"
all_alive() { [ "$(one_by_one client_calls "${clients[@]}")" = "$n" ]; }
check "all are answered again, with the SAs they have" busywait "$IPSEC_WAIT" all_alive
is "carry $((bytes / 4096)) kB each way at once" \
	"$(ipsec_transfer $((bytes / 4)) "${clients[@]}")" "$n"
echo "# copies that came to others meanwhile: $(esp_wrong "${clients[@]}")"

done_testing
