#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# ICMP errors about data packets: they reach the host that sent the packet,
# and quote it as that host sent it.
#
#	c1 PNS, c2 PNS ---- lan [ r ] wan ---- s PAC	the same Call IDs
#	c3 PAC         ---- lan [ r ] wan ---- s PNS	port-forwarded 1723
#	  192.0.2.9 on s stands for a router on the way
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pptp_peer/peer.sh"

topology 3
ip -n s addr add 192.0.2.9/24 dev eth0
port_forward 1723 10.0.0.13
help_pptp
peers_start c1 c2 c3 s

check "connections and calls" peer_all <<-END
	link c1 dial=c1 accept=s to=$SERVER
	link c2 dial=c2 accept=s to=$SERVER
	link c3 dial=s accept=c3 to=$WAN
	calls c1 count=3 pns=0 pac=0
	calls c2 count=3 pns=0 pac=100
	calls c3 count=3 pns=200 pac=0
	gre all
END
before=$(in_ns r conntrack -C)
for n in 0 1 2; do
	cat <<-END
	icmp c1 call=$n from=pac code=4 mtu=1400
	icmp c2 call=$n from=pac code=4 mtu=1400
	icmp c3 call=$n from=pns code=4 mtu=1300
	END
done >"$WORK/inward"
check "fragmentation needed, from outside" peer_all <"$WORK/inward"
check "host unreachable, from a router on the way" peer_all <<-END
	icmp c1 call=1 from=pac code=1 mtu=0 via=192.0.2.9
	icmp c2 call=1 from=pac code=1 mtu=0 via=192.0.2.9
	icmp c3 call=1 from=pns code=1 mtu=0 via=192.0.2.9
END
check "time exceeded, from a router on the way" peer_all <<-END
	icmp c1 call=2 from=pac type=11 code=0 mtu=0 via=192.0.2.9
	icmp c3 call=2 from=pns type=11 code=0 mtu=0 via=192.0.2.9
END
check "fragmentation needed and unreachable, from inside" peer_all <<-END
	icmp c1 call=0 from=pns code=4 mtu=1400
	icmp c2 call=1 from=pns code=1 mtu=0
	icmp c3 call=2 from=pac code=4 mtu=1300
END
is "no error made a connection" "$(in_ns r conntrack -C)" "$before"
check "no error ended a call" peer gre all
check "an error about a call that has ended reaches nobody" eval '
	peer clear c1 call=0 && ! peer icmp c1 call=0 from=pac'
done_testing
