#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A million mutated packets of PPTP through the router: control connections, GRE,
# ICMP errors about it, fragments, merged frames, wrong checksums.
#
#	c1, c2 PNS ---- lan [ r ] wan ---- s PAC	recorded, and mutated
#	c3 PNS     ---- lan [ r ] wan ---- s PAC	the bystander
#
# timeout: 3600
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pptp_peer/peer.sh"
. "$(dirname "$0")/mutate/mutate.sh"

bystander() { peer gre bystander quiet-ms=20000; }

# comes HOST: it calls the server that was forged to, and hangs up.
comes() {
	peer_all <<-END
		link $1 dial=$1 accept=s to=$mutate_server
		calls $1 count=3 pns=1 pac=1
		calls $1 count=3 pns=11 pac=21 incoming
		gre $1
		close $1
	END
}
newcomer() { comes c3; }

topology 3
mutate_servers
help_pptp
peers_start c1 c2 c3 s
check "a host may have 60 calls" ptc set pptp max-per-host 60
check "the bystander's calls" peer_all <<-END
	link bystander dial=c3 accept=s to=$mutate_bystander
	calls bystander count=3 pns=100 pac=100
	gre bystander
END

record_begin
check "sessions of all kinds" peer_all <<-END
	link a dial=c1 accept=s to=$mutate_server
	link b dial=c2 accept=s to=$mutate_server
	link c dial=c1 accept=s to=$mutate_server pns=accept
	calls a count=2 pns=1 pac=1
	calls b count=2 pns=1 pac=11 incoming
	calls c count=2 pns=21 pac=21
	gre a rounds=2
	gre b
	gre c
	icmp a call=0 from=pac
	icmp b call=0 from=pns
	send a set-link-info-pns call=0
	send a wan-error-notify call=1
	send a echo-request
	clear a call=0
	clear b call=0 from=pac
	gre a call=1
	gre b call=1
	mode b both split=5
	calls b count=2 pns=31 pac=31
	mode b both all
	calls b count=2 pns=41 pac=41
	gre b call=1-5
	close b how=reset
	close c
	close a from=pac
END
record_end
mutate_all pptp 123
rose malformed-messages control-lost segments-ahead unknown-call-ids gre-unknown \
	gre-early gre-malformed icmp-errors icmp-unreachable
check "so do hosts whose sessions were mutated" comes c1
check "both" comes c2
check "and all is well with the bystander" bystander
done_testing
