#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The test network itself works: what the other tests stand on.
#
#	c1 c2 --- lan [ r ] wan --- s
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
topology 2 ipv6

check "an inside host reaches the server" \
	busywait 20 in_ns c1 ping -qc1 -W2 $SERVER
check "over IPv6 too" busywait 20 in_ns c2 ping -qc1 -W2 2001:db8:2::2
check_not "the server does not reach an inside host" \
	in_ns s ping -qc1 -W1 10.0.0.11
port_forward 80 10.0.0.12:80
in_ns c2 socat -u TCP-LISTEN:80,reuseaddr "OPEN:$WORK/got,creat" &
echo hello >"$WORK/sent"
check "the server reaches a forwarded port" \
	busywait 20 in_ns s socat -u "OPEN:$WORK/sent" TCP:$WAN:80
check "and its data arrives" busywait 20 cmp -s "$WORK/sent" "$WORK/got"
check "the connection is translated" \
	grep -q "dst=$WAN.*src=10.0.0.12" <(conntracks -p tcp)
done_testing
