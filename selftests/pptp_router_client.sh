#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The router dials out itself, together with clients behind it:
#
#	c1, c2 --- lan [ r vpn ] wan --- s pptpd
#
# `disable` ends what goes through the router and leaves its own tunnel alone.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/peers_lib.sh"

topology 2
peers_setup
check "the server listens" pptpd_start s "$SERVER"
check "PPTP is enabled" ptc enable pptp

is "the router and two clients dialled" "$(tunnels_dial "$SERVER" r c1 c2)" 3
is "all answer a ping" "$(tunnels_alive r c1 c2)" 3
is "all carry 256 kB each way at once" "$(tunnels_transfer 262144 r c1 c2)" 3
check "3 sessions are established" sessions_are 3
is "one of them is the router's own" \
	"$(sessions_say '.sessions[] | select(.local) | .initiator')" "$WAN"
is "all mapped PNS Call IDs differ" "$(idents "PNS Call ID" mapped | sort -u | wc -l)" 3

watch_start r
check "PPTP is disabled" ptc disable pptp
is "disabled: the clients are silent" "$(tunnels_alive c1 c2)" 0
check "the router's own tunnel answers" tunnel_alive r
is "its session is the one left" "$(sessions_say '.sessions[].initiator' | xargs)" "$WAN"
tunnel_kill c1 c2
tunnel_hangup r
is "disabled: the router can dial" "$(tunnels_dial "$SERVER" r)" 1
check "its new tunnel answers" tunnel_alive r
watch_stop r >/dev/null

watch_start r
check "PPTP is enabled again" ptc enable pptp
is "the clients dial again" "$(tunnels_dial "$SERVER" c1 c2)" 2
is "all answer a ping" "$(tunnels_alive r c1 c2)" 3
tunnel_hangup c1
is "pings the router's tunnel lost" "$(watch_stop r)" 0
is "it carries 256 kB each way" "$(tunnels_transfer 262144 r)" 1
tunnel_hangup r
check "a client outlives the router's hang-up" tunnel_alive c2

done_testing
