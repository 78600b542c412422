#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Control messages cut into segments at every byte, a byte at a time, many in
# one segment, and in any mix: every Call ID arrives right, no other byte is
# changed, and data finds its way.
#
#	c1 PNS ---- lan [ r ] wan ---- s PAC	link out
#	c2 PAC ---- lan [ r ] wan ---- s PNS	link in: port-forwarded 1723
#
# STEP=N tries only every Nth cut behind the Call IDs.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pptp_peer/peer.sh"
step=${STEP:-1}

topology 2
port_forward 1723 10.0.0.12
help_pptp
peers_start c1 c2 s
check "a PNS inside connects" peer link out dial=c1 accept=s to=$SERVER
check "a PNS outside connects to a PAC inside" peer link in dial=s accept=c2 to=$WAN

# talk LINK N: a life of two calls, the Nth pair on this link, that takes every
# rewritten message.  The PAC's ids are none of the PNS's: a notify that names
# the PNS's id can be told from one that names the PAC's only then.
talk() {
	local a=$((2 * $2)) b=$((2 * $2 + 1)) pac=20000
	# No process: to start one hundreds of times takes an emulator minutes.
	printf "%s $1 %s\n" \
		calls "count=1 pns=$a pac=$((pac + a))" \
		send "set-link-info-pns call=$a" \
		send "set-link-info-pac call=$a" \
		send "wan-error-notify call=$a" \
		calls "count=1 pns=$b pac=$((pac + b)) incoming" \
		gre "call=$a-$b" \
		clear "call=$a" \
		send "call-disconnect-notify-pns call=$b" \
		clear "call=$b"
}

# cut_everywhere LINK: the longest message has 220 bytes.
cut_everywhere() {
	local k n=0
	for ((k = 1; k < 220; k += k < 28 ? 1 : step)); do
		echo "mode $1 both split=$k"
		talk "$1" $((n++))
	done
	pairs=$n
}

# together LINK FIRST: many calls at once, cut regardless of where messages end.
together() {
	local first=$2 mode
	for mode in chunk=7 chunk=100 chunk=167 chunk=169 chunk=536 chunk=1461 all; do
		cat <<-END
		mode $1 both $mode
		calls $1 count=20 pns=$first pac=$first
		calls $1 count=20 pns=$((first + 20)) pac=$((first + 20)) incoming
		gre $1
		END
		first=$((first + 40))
	done
}

for link in out in; do
	cut_everywhere $link >"$WORK/cut"
	check "$link: two segments a message, cut everywhere" peer_all <"$WORK/cut"
	{ echo "mode $link both chunk=1"; talk $link "$pairs"; } >"$WORK/bytes"
	check "$link: every byte a segment of its own" peer_all <"$WORK/bytes"
	check "$link: many messages a segment, in any mix" \
		peer_all < <(together $link $((2 * pairs + 2)))
	check "$link: the connection ends in order" peer close $link
done
done_testing
