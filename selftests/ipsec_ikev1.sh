#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Eight libreswan clients with plain ESP negotiated by IKEv1 (main mode, quick
# mode), all at the same moment, as in ipsec_clients.sh:
#
#	c1..c8 --- lan [ r ] wan --- s
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ipsec_lib.sh"

IPSEC_IKE=ikev1
n=8 silence=2000
if debug_kernel; then
	n=4 silence=10000
fi
mapfile -t clients < <(seq -f c%g $n)

topology "$n"
ipsec_setup "$n"
check "IPsec is enabled" ptc enable ipsec
check "libreswan listens everywhere" plutos_start "${clients[@]}"

is "begun at once, came up" "$(ipsec_up "${clients[@]}")" "$n"
is "call one after the other, are answered" "$(one_by_one client_calls "${clients[@]}")" "$n"
is "are called at once, answer" "$(ipsec_called "${clients[@]}")" "$n"
is "carry 64 kB each way at once" "$(ipsec_transfer 65536 "${clients[@]}")" "$n"

gap_start "${clients[@]}"
check "new keys for the child SAs, begun by the client" rekey_each client child "${clients[@]}"
check "new IKE SAs" rekey_each client ike "${clients[@]}"
check "new keys for the child SAs, begun by the gateway" rekey_each gateway child "${clients[@]}"
is "all call, are answered" "$(ipsec_alive "${clients[@]}")" "$n"
gap_stop "${clients[@]}"
gap_check $silence
is "are called, answer" "$(ipsec_called "${clients[@]}")" "$n"
is "ESP packets that came to a wrong host" "$(esp_wrong "${clients[@]}")" 0
check "$n established sessions are listed" sessions_are "$n"

done_testing
