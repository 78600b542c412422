#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What `make demo` runs inside the machine: three real PPTP clients behind a
# NAT router reach one real server, and passthroughctl switches them off and on;
# then two real IPsec hosts with plain ESP reach one gateway, and two real L2TP
# hosts a server that accepts one source port only.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/peers_lib.sh"
. "$(dirname "$0")/ipsec_lib.sh"
. "$(dirname "$0")/l2tp_lib.sh"
# shellcheck disable=SC2034 # peers_lib.sh reads it
PEERS=pptp

# say TEXT: to the reader.
say() { printf '\n== %s\n' "$*"; }

# run COMMAND...: on the router, shown as typed.
run()
{
	echo "router# $*"
	ip netns exec r "$@"
}

# must TEXT GOT WANTED [OF]: says a result; the demo ends where it is not so.
must()
{
	echo "   $1: $2 of ${4:-3}"
	[ "$2" = "$3" ] && return
	echo "   expected $3 of ${4:-3}: the demo FAILED here"
	nfpt_failed=1
	exit 1
}

topology 3
l2tp_setup

cat <<EOF

A VPN passthrough demonstration on Linux $(uname -r), Debian's own kernel.

  c1 10.0.0.11 --+
  c2 10.0.0.12 --+-- [ router 10.0.0.1 | $WAN ] ----- $SERVER pptpd
  c3 10.0.0.13 --+     NAT, drop-by-default firewall

Three computers (network namespaces) with pptp-linux and pppd share one router
and one public address.  All of them call the same server, Debian's pptpd.
EOF

pptpd_start s "$SERVER" || bail "pptpd does not start"

say "Enable PPTP on the router; this loads the modules"
run passthroughctl enable pptp || bail "enable"

say "Dial from all three at once"
must "tunnels up" "$(tunnels_dial "$SERVER" c1 c2 c3)" 3
tunnels_list c1 c2 c3 | sed 's/^/   /'
must "tunnels that answer a ping from inside" "$(tunnels_alive c1 c2 c3)" 3
must "tunnels that carry 256 kB up and down at once, unchanged" \
	"$(tunnels_transfer 262144 c1 c2 c3)" 3

say "What the router knows"
run passthroughctl list
run passthroughctl sessions

say "Disable PPTP: live tunnels end, new ones cannot come up"
run passthroughctl disable pptp
must "tunnels that answer a ping" "$(tunnels_alive c1 c2 c3)" 0
run passthroughctl list
tunnel_kill c1 c2 c3

say "Enable it again and redial"
run passthroughctl enable pptp
must "tunnels up" "$(tunnels_dial "$SERVER" c1 c2 c3)" 3
must "tunnels that answer a ping" "$(tunnels_alive c1 c2 c3)" 3
run passthroughctl sessions

say "What was counted, and what it means"
run passthroughctl stats --explain

# The same network, another protocol.
tunnel_kill c1 c2 c3
ipsec_setup 2
cat <<EOF

== IPsec: c1 and c2 run libreswan, with plain ESP (no UDP around it)
   $SERVER is their gateway now: libreswan with $INNER behind it.
EOF
plutos_start c1 c2 || bail "libreswan does not start"

say "What the stock kernel does: nothing is enabled for IPsec yet"
must "hosts that agree on a tunnel with the gateway" "$(ipsec_up c1 c2)" 2 2
must "hosts that get an answer through it" "$(ipsec_alive c1 c2)" 1 2

say "Enable IPsec on the router"
run passthroughctl enable ipsec || bail "enable"
both_alive() { [ "$(ipsec_alive c1 c2)" = 2 ]; }
busywait "$IPSEC_WAIT" both_alive
must "hosts that get an answer through their tunnel" "$(ipsec_alive c1 c2)" 2 2
must "hosts that the gateway's side reaches" "$(ipsec_called c1 c2)" 2 2
must "tunnels that carry 64 kB up and down at once, unchanged" \
	"$(ipsec_transfer 65536 c1 c2)" 2 2
run passthroughctl sessions ipsec

# Once more.
peers_stop
# shellcheck disable=SC2034
PEERS=l2tp
cat <<EOF

== L2TP: c1 and c2 run xl2tpd, and so does $SERVER
   It ignores who does not come from UDP port 1701; some servers are like that.
EOF
{ lns_start s 8 user && lns_odd strict; } || bail "xl2tpd does not start"

say "What the stock kernel does: the second host gets another port"
must "tunnels up" "$(tunnels_dial "$SERVER" c1 c2)" 1 2
tunnel_kill c1 c2

say "Enable L2TP on the router; all hosts keep port 1701"
run passthroughctl enable l2tp || bail "enable"
run passthroughctl set l2tp source-port 1701 || bail "set"
# It holds for what begins now: the second host's flow must have ended.
no_refused() { ! l2tp_mappings | grep -q UNREPLIED; }
busywait 60 no_refused
must "tunnels up" "$(tunnels_dial "$SERVER" c1 c2)" 2 2
must "tunnels that answer a ping from inside" "$(tunnels_alive c1 c2)" 2 2
must "tunnels that carry 64 kB up and down at once, unchanged" \
	"$(tunnels_transfer 65536 c1 c2)" 2 2
run passthroughctl sessions l2tp

cat <<EOF

== What was shown
   Three PPTP clients behind one address used one server at the same time,
   each in a call of its own that the router followed and translated.
   "disable" cut all three off at once and kept them off; "enable" let them
   come back.  Two IPsec hosts with plain ESP used one gateway, of which the
   stock kernel serves one, and two L2TP hosts a server that wants UDP port 1701
   from everybody.  Nothing but our modules and passthroughctl was added to a
   stock kernel, and the firewall had no rule for PPTP, IPsec or L2TP.
EOF
