# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Who takes all that there is, and who sends what nobody asked for: what the
# *_abuse.sh tests share.  Sourced after the peer.sh of a protocol.
#
#   guard                    the router itself takes nothing from outside, as
#                            routers do
#   tables_note              what is held now: sessions and conntrack entries
#   tables_same TEXT [N]     checks that no more is held, but for N entries
#   spray_start COMMAND...   a second process of peers has this done over and
#                            over, beside all else, until spray_stop
#   held PROTOCOL HOST       how many sessions it has
#   entries_back N PROTO...  deletes those, true if conntrack has no more than N

. "$(dirname "${BASH_SOURCE[0]}")/memory_lib.sh"

guard() {
	in_ns r nft add chain inet filter input \
		'{ type filter hook input priority filter; policy drop; }' &&
		in_ns r nft add rule inet filter input ct state established,related accept &&
		in_ns r nft add rule inet filter input iifname '{ lo, lan }' accept
}

# conntrack -D gives up if an entry that it has listed goes by itself: ask again.
entries_back() {
	local most=$1 proto
	shift
	for proto; do
		quietly in_ns r conntrack -D -p "$proto"
	done
	conntracks
	[ "$(entries)" -le "$most" ]
}

held() { ptc -j sessions "$1" host "$2" | jq '.sessions | length'; }
# parts: SAs and calls, besides sessions.
parts() { sessions_say '[.sessions[] | .sas[]?, .calls[]?] | length'; }

tables_note() {
	TABLES_SESSIONS=$(sessions_say '.sessions | length') TABLES_PARTS=$(parts)
	TABLES_ENTRIES=$(entries)
}

tables_same() {
	local now
	is "$1: as many sessions as before" "$(sessions_say '.sessions | length')" "$TABLES_SESSIONS"
	is "$1: with as much in them" "$(parts)" "$TABLES_PARTS"
	now=$(entries)
	check "$1: conntrack has $now entries, after $TABLES_ENTRIES" \
		[ "$now" -le $((TABLES_ENTRIES + ${2:-0})) ]
}

spray_pid=''
spray_start() {
	rm -f "$WORK/sprayed"
	{
		echo "host s silent"
		while sleep 0.05 && [ ! -e "$WORK/spray-enough" ]; do echo "$*"; done
	} | "${peer_bin:?}" >"$WORK/sprayed" 2>&1 &
	spray_pid=$!
	at_exit "touch '$WORK/spray-enough'"
	busywait 30 grep sent= "$WORK/sprayed" || ! cat "$WORK/sprayed"
}

# spray_stop: prints how many packets it sent.
spray_stop() {
	touch "$WORK/spray-enough"
	wait "$spray_pid"
	rm "$WORK/spray-enough"
	grep -o 'sent=[0-9]*' "$WORK/sprayed" | awk -F= '{ sum += $2 } END { print sum + 0 }'
}
