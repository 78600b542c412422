#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# How long data flows live: their lifetimes, and what ends them and what not.
#
#	c1, c2 PNS ---- lan [ r ] wan ---- s PAC
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pptp_peer/peer.sh"

topology 2
# The router takes no GRE itself: a packet of no call leaves no entry behind.
in_ns r nft -f - <<-'END' || bail "the router's own firewall"
table inet filter {
	chain input {
		type filter hook input priority filter; policy accept;
		meta l4proto gre drop
	}
}
END
help_pptp
peers_start c1 c2 s

# lifetimes: of every GRE entry, seconds left.
lifetimes() { conntracks -p gre | awk '$1 == "gre" { print $3 }'; }

# all_between LOW HIGH: there is one at least, and all are within.
# shellcheck disable=SC2317
all_between() {
	lifetimes | awk -v low="$1" -v high="$2" \
		'{ print; n++; bad += $1 < low || $1 > high } END { exit !n || bad }'
}
# shellcheck disable=SC2317
flows() { [ "$(gre_conntracks)" -eq "$1" ]; }

# call LINK COUNT: a fresh control connection with calls.
fresh=0
call() {
	fresh=$((fresh + 1000))
	check "$2 calls from ${3:-c1}" peer_all <<-END
		link $1 dial=${3:-c1} accept=s to=$SERVER
		calls $1 count=$2 pns=0 pac=$fresh
	END
}

call a 3
check "a flow without data lives 10 minutes" all_between 540 600
check "data one way" peer gre a from=pns
check "a flow with data one way lives 10 minutes" all_between 540 600
check "data both ways" peer gre a
check "a flow with data both ways lives 5 hours" all_between 17900 18000

check "a call is cleared" peer clear a call=1
check "its flow ends" busywait 20 flows 2
# What goes out goes out, as an inside host's GRE does without any call.
check "it carries nothing in" peer gre a call=1 from=pac expect=none
check "its siblings do" peer gre a
call other 2 c2
check "another host's entries are deleted" \
	quietly in_ns r conntrack -D -p gre -s 10.0.0.12
check "its calls end" peer gre other from=pac expect=none
check "close" peer close other
check "the others carry data" peer gre a
check "a new call with the Call ID of the cleared one" peer calls a count=1 pns=1 pac=5001
check "it carries data" peer gre a call=3
check "close" peer close a
check "a Stop and a close end every flow" busywait 20 flows 0

for how in plain reset; do
	for from in pns pac; do
		call "$how-$from" 5
		check "data" peer gre "$how-$from"
		check "the $from closes: $how" peer close "$how-$from" how=$how from=$from
		check "that ends every flow" busywait 20 flows 0
		check "and they carry nothing in" \
			peer gre "$how-$from" call=0-4 from=pac expect=none
	done
done

call one 4 c1
call two 4 c2
check "data of two hosts" peer gre all
check "one host's connection closes" peer close one
check "its flows end, the other's stay" busywait 20 flows 4
check "and carry data" peer gre two

if [ ! "${NFPT_HELPER-}" ]; then
	check "disable" ptc disable pptp
	check "that ends every flow" busywait 20 flows 0
	check "no data passes" peer gre two expect=none
	check_not "no connection comes up" \
		peer link three dial=c1 accept=s to="$SERVER" timeout=2
	check "enable" ptc enable pptp
	call four 2
	check "data passes again" peer gre four

	check "shorter lifetimes" ptc set pptp gre-unreplied 100 gre-replied 1000
	check "hold from the next packet on" eval 'peer gre four && all_between 950 1000'
	call five 2 c2
	check "and for new flows" test "$(lifetimes | sort -n | head -n 1)" -le 100
	check "close all" peer_all <<-END
		close four
		close five
	END
	check "all flows end" busywait 20 flows 0
	check "defaults again" ptc set pptp gre-unreplied 600 gre-replied 18000
fi

# Fifteen idle minutes, with the tracker's own lifetimes moved instead of the
# clock: 30 s and 180 s are what it would give, 2 s stands for them.  GRE that
# nobody helps, because its control connection has another port, shows when
# they are over.
in_ns r sysctl -qw net.netfilter.nf_conntrack_gre_timeout=2 \
	net.netfilter.nf_conntrack_gre_timeout_stream=2
call idle 2
check "data" peer gre idle
check "calls on another port" peer_all <<-END
	link other-port dial=c2 accept=s to=$SERVER port=1724 listen=1724
	calls other-port count=1 pns=1 pac=1
END
check "their data" peer gre other-port from=pns
# shellcheck disable=SC2317
flows_of_c2() { conntracks -p gre -s 10.0.0.12 | grep -q gre; }
check "has ended after the tracker's lifetimes" busywait 30 not flows_of_c2
check "after longer idle than that the call still carries data" peer gre idle
check "and would after 15 minutes" all_between 1800 18000

# The other way round: our own lifetimes do end a flow.
if [ ! "${NFPT_HELPER-}" ]; then
	check "a lifetime of few seconds" ptc set pptp gre-unreplied 2 gre-replied 2
	check "data" peer gre idle
	check "it ends when it is idle that long" busywait 30 flows 0
	check "and carries nothing in" peer gre idle from=pac expect=none
fi
done_testing
