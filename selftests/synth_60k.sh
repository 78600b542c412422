#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# 60 000 calls to one server held at once, set up before any data flows.
#
#	c1, c2 PNS ---- lan [ r ] wan ---- s PAC
#
# CALLS=N is how many calls, EVERY=N says of which data is tried (all is slow
# in an emulator).
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pptp_peer/peer.sh"
calls=${CALLS:-60000} every=${EVERY:-37}
half=$((calls / 2))

# Room for the entries is the administrator's business; the default of a small
# machine is 65 536, with hash chains to match.
sysctl -qw net.netfilter.nf_conntrack_max=$((calls * 2)) || bail "room for connections"
entries() { in_ns r conntrack -C; }
fewer_than() { [ "$(entries)" -lt "$1" ]; }

topology 2
help_pptp
peers_start c1 c2 s
[ "${NFPT_HELPER-}" ] ||
	check "a host may have $half calls" ptc set pptp max-per-host $((half + 200))

for h in 1 2; do
	echo "link c$h dial=c$h accept=s to=$SERVER"
	echo "mode c$h both all"
done >"$WORK/links"
check "two hosts connect" peer_all <"$WORK/links"
start=$SECONDS
for h in 1 2; do
	echo "calls c$h count=$half batch=4000 pns=0 pac=$((half * (h - 1))) timeout=280"
done >"$WORK/calls"
check "$half calls from each, with the same Call IDs" peer_all <"$WORK/calls"
echo "# set up in $((SECONDS - start)) s"
check "the server was told $((half * 2)) distinct Call IDs" peer ids s
check "all are held at once" [ "$(entries)" -ge $((half * 2)) ]
start=$SECONDS
check "every ${every}th carries data both ways" peer gre all every="$every"
echo "# data in $((SECONDS - start)) s"
start=$SECONDS
check "one host's connection ends" peer close c1 how=reset
check "so do its $half calls, within seconds" \
	busywait 60 fewer_than $((half + 100))
echo "# ended in $((SECONDS - start)) s"
check "the other's still carry data" peer gre c2 every="$every"
check "it can call again" peer link again dial=c1 accept=s to="$SERVER"
check "and its data arrives" peer_all <<-END
	calls again count=100 pns=0 pac=0
	gre again
END
done_testing
