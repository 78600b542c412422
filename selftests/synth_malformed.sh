#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Control messages that are wrong in any way: the router changes nothing but
# the Call IDs of real calls, breaks no connection, and counts what it saw.
#
#	c1 PNS ---- lan [ r ] wan ---- s PAC	link out
#	c2 PAC ---- lan [ r ] wan ---- s PNS	link in: port-forwarded 1723
#
# ROUNDS=N is how many connections get random damage.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pptp_peer/peer.sh"
rounds=${ROUNDS:-12}
magic=1a2b3c4d

topology 2
port_forward 1723 10.0.0.12
help_pptp
peers_start c1 c2 s
check "connections and calls" peer_all <<-END
	link out dial=c1 accept=s to=$SERVER
	link in dial=s accept=c2 to=$WAN
	calls out count=3 pns=5000 pac=5000
	calls in count=3 pns=5100 pac=5000
END

# untouched LINK END OPTIONS...: what is injected arrives as it was.
untouched() {
	peer inject "$1" "from=$2" "${@:3}" && [ "$(got rewritten)" = 0 ]
}

# Ids that belong to no call.  Damaged messages further on have none of the ids
# used here: to use an id again is to end the call that had it.
for link in out in; do
	for type in outgoing-call-reply incoming-call-connected wan-error-notify \
		set-link-info-pac call-disconnect-notify-pns; do
		check "$link: $type about no call arrives as it was" \
			untouched $link pac type=$type id=65000 peer-id=65001
	done
	for type in call-clear-request set-link-info-pns; do
		check "$link: $type about no call arrives as it was" \
			untouched $link pns type=$type id=65000
	done
	check "$link: the calls still carry data" peer gre $link
done
check "new calls come up and carry data" peer_all <<-END
	calls out count=2 pns=5200 pac=5200
	calls in count=2 pns=5300 pac=5200
	gre all
END

# Well framed, ill formed: the messages behind them are found.
malformed=$(counter malformed-messages) base=5400
for end in pns pac; do
	other=$([ $end = pns ] && echo pac || echo pns)
	check "from the $end: unknown, mistaken and empty messages arrive as they were" peer_all <<-END
		inject out from=$end hex=00100001${magic}00630000deadbeef
		inject out from=$end hex=00100002${magic}00070000deadbeef
		inject out from=$end hex=00180001${magic}00080000000100020003000400050006
		inject out from=$end hex=000c0001${magic}00070000
		inject out from=$end hex=00140001${magic}ffff00000000000100000002
	END
	base=$((base + 100))
	check "from the $end: calls come up behind them, and carry data" peer_all <<-END
		calls out count=2 pns=$base pac=$base
		calls out count=2 pns=$((base + 50)) pac=$((base + 50)) incoming
		gre out
		send out echo-request from=$other
	END
done
[ "${NFPT_HELPER-}" ] || check "malformed messages were counted" \
	[ "$(counter malformed-messages)" -ge $((malformed + 10)) ]

# Unframed: nothing behind it can be understood, but everything arrives.
n=0
for ((round = 1; round <= rounds; round++)); do
	for cut in whole chunk=3 all; do
		n=$((n + 1))
		cat <<-END
		link x$n dial=c1 accept=s to=$SERVER
		mode x$n both $cut
		calls x$n count=3 pns=$((n * 10)) pac=$((n * 10))
		gre x$n
		inject x$n from=pns mutated=12 seed=$((n * 2))
		inject x$n from=pac mutated=12 seed=$((n * 2 + 1))
		inject x$n from=pac random=$((n * 50)) seed=$n
		inject x$n from=pns random=$((n * 50)) seed=$n
		close x$n how=plain
		END
	done
done >"$WORK/damage"
check "$n connections with random damage, both ways: all bytes arrive" peer_all <"$WORK/damage"

for file in "$nfpt_top"/tools/fuzz/corpus/*/* "$nfpt_top"/tools/fuzz/*corpus*/*; do
	if [ ! -f "$file" ] || [ ! -s "$file" ]; then
		continue
	fi
	n=$((n + 1))
	cat <<-END
	link f$n dial=c1 accept=s to=$SERVER bare
	inject f$n from=pns file=$file
	inject f$n from=pac file=$file
	close f$n how=plain
	END
	[ $n -lt $((rounds * 3 + 100)) ] || break
done >"$WORK/corpus"
if [ -s "$WORK/corpus" ]; then
	check "the fuzzers' corpus, both ways: all bytes arrive" peer_all <"$WORK/corpus"
else
	skip "the fuzzers' corpus" "there is none"
fi

check "calls of old still carry data" peer gre out
check "and those of the other link" peer gre in
check "new ones come up" peer_all <<-END
	link last dial=c1 accept=s to=$SERVER
	calls last count=5 pns=60000 pac=60000
	gre last
END
done_testing
