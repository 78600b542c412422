#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# `passthroughctl doctor --probe`: a router asks real servers (pptpd, xl2tpd,
# libreswan), closed ports, and silence.
#
#	[ r ] wan --- s
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/l2tp_lib.sh"
. "$(dirname "$0")/ipsec_lib.sh"

[ -x "$nfpt_top/tools/doctor/doctor" ] || bail "doctor is not built"

# probe TEXT WANTED PROTO [ARGUMENT...]: its verdict is that word, and the status
# fits it.
probe() {
	local text=$1 wanted=$2 proto=$3 said status
	shift 3
	said=$(ptc -j doctor --probe $SERVER "$proto" "$@")
	status=$?
	is "$text: $wanted" "$(jq -r .verdict <<<"$said")" "$wanted" || echo "#   $said"
	is "$text: status" "$status" "$([ "$wanted" = works ] && echo 0 || echo 4)"
}

# firewall NS RULE...: of what comes in there.
firewall() {
	local ns=$1
	shift
	in_ns "$ns" nft "add table ip probe; add chain ip probe in { type filter hook input priority 0; };
		add rule ip probe in $*"
}
no_firewall() { in_ns "$1" nft delete table ip probe; }

topology 1
check "all protocols are enabled" ptc enable pptp ipsec l2tp

echo "# nobody serves"
for proto in pptp ipsec l2tp; do
	probe "$proto, closed ports" refused $proto --timeout 60
done
firewall s drop
for proto in pptp ipsec l2tp; do
	probe "$proto, silence" no-answer $proto --timeout 2
done
no_firewall s
# Not by in_ns: its process is the one to kill.
ip netns exec s socat -u TCP-LISTEN:1723,bind=$SERVER,fork /dev/null 2>/dev/null &
listener=$!
check "something listens" busywait 30 pptpd_listens s $SERVER
probe "TCP alone" no-answer pptp --timeout 2
kill $listener
check "it has gone" busywait 30 not pptpd_listens s $SERVER

echo "# real servers"
l2tp_setup
check "pptpd listens" pptpd_start s $SERVER
probe "pptpd" works pptp --timeout 60
check "its call has ended" busywait 60 sessions_are 0
# pptpd speaks first: it is not enough that it hears nothing.
firewall r ip protocol gre drop
probe "pptpd without GRE" no-data pptp --timeout 3
no_firewall r
check "xl2tpd listens" lns_start s
probe "xl2tpd" works l2tp --timeout 60
ipsec_setup 1
check "libreswan listens" plutos_start c1
probe "libreswan" works ipsec --timeout 60
firewall s udp dport 500 drop
probe "libreswan, on port 4500 alone" works ipsec --timeout 60
no_firewall s

done_testing
