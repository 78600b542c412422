#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# States, modules and namespaces come and go while calls are up:
#
#	c1, c2 --- lan [ r ] wan --- s pptpd
#
# Bypassed leaves nothing registered; the kernel's own helper may be there
# before or after ours; unloading, flushing and deleting the router are safe.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/peers_lib.sh"

# our_hooks NS: the netfilter hooks of a namespace that are ours, by name.
our_hooks() { ip netns exec "$1" nft list hooks 2>/dev/null | grep -E 'nfpt|nf_pptp_gre|nf_passthrough'; }

# seen_by_nft NS STATE yes|no: whether nft lists hooks of ours there; Debian's
# 6.1 cannot list hooks.
seen_by_nft()
{
	local text="$2: nft sees hooks of ours in $1: $3"

	if ! modprobe -q nfnetlink_hook; then
		skip "$text" "no nfnetlink_hook in this kernel"
	elif [ "$3" = yes ]; then
		check "$text" our_hooks "$1"
	else
		check_not "$text" our_hooks "$1"
	fi
}

# state NS: of PPTP there.
state()
{
	ip netns exec "$1" passthroughctl -j list |
		jq -r '.protocols[] | select(.name == "pptp") | .state'
}

# notes: what stands in the way of PPTP, as the router says it.
notes() { ptc -j list | jq -r '.protocols[] | select(.name == "pptp") | .notes[]'; }

# helpers ADDRESS: the helper of an inside host's live control connection.
helpers()
{
	conntracks -p tcp --state ESTABLISHED --orig-src "$1" --dport 1723 |
		grep -o 'helper=[^ ]*' | sort -u
}

# redial: both clients afresh; prints how many carry data.
redial()
{
	tunnel_kill c1 c2
	tunnels_dial "$SERVER" c1 c2 >/dev/null
	tunnels_alive c1 c2
}

# loaded MODULE
loaded() { [ -d "/sys/module/$1" ]; }

# unload: our modules, protocol first.
unload() { rmmod nf_pptp_gre_helper && rmmod nf_passthrough; }

topology 2
peers_setup
check "the server listens" pptpd_start s "$SERVER"

# What is registered, and where.
is "the state after loading" "$(state r)" bypassed
seen_by_nft r "after loading" no
check "PPTP is enabled" ptc enable pptp
is "enabled: 2 of 2 carry data" "$(redial)" 2
check "enabled: list counts our hooks" [ "$(hooks)" -gt 0 ]
seen_by_nft r enabled yes
is "the server's namespace is bypassed" "$(state s)" bypassed
seen_by_nft s "the server's" no
check "PPTP is bypassed with calls up" ptc bypass pptp
is "bypassed: no session" "$(sessions_say '.sessions | length')" 0
is "bypassed: list counts no hook" "$(hooks)" 0
seen_by_nft r bypassed no
check "PPTP is disabled" ptc disable pptp
seen_by_nft r disabled yes
check "PPTP is bypassed again" ptc bypass pptp
seen_by_nft r bypassed no

# Round and round with calls up and data in flight.
ptc enable pptp >/dev/null 2>&1
is "enabled again: 2 of 2 carry data" "$(redial)" 2
watch_start c1 c2
for ((i = 0; i < 5; i++)); do
	for to in disable enable bypass enable; do
		ptc $to pptp >/dev/null 2>&1 || not_ok "$to in round $i"
	done
done
watch_stop c1 c2 >/dev/null
is "after 5 rounds of all states: 2 of 2 carry data" "$(redial)" 2
is "2 sessions" "$(sessions_up)" 2

# Conntrack is emptied under the calls.
ip netns exec r conntrack -F >/dev/null 2>&1
is "conntrack flushed: 2 of 2 carry data after a redial" "$(redial)" 2
is "a GRE entry for each" "$(gre_conntracks)" 2

# The kernel's own helper, after and before ours.
if modprobe -qa nf_conntrack_pptp nf_nat_pptp; then
	check "stock helper loaded after ours: list says so" \
		grep -q nf_conntrack_pptp <<<"$(notes)"
	is "2 of 2 carry data" "$(redial)" 2
	is "through our helper" "$(helpers 10.0.0.12)" helper=nf_pptp_gre
	ip netns exec r nft -f - <<-'NFT'
	table ip stock {
		ct helper pptp {
			type "pptp" protocol tcp;
		}
		chain prerouting {
			type filter hook prerouting priority filter;
			ip saddr 10.0.0.11 tcp dport 1723 ct helper set "pptp"
		}
	}
	NFT
	is "a rule gives c1 to the stock helper: 2 of 2 carry data" "$(redial)" 2
	is "c1 has the helper of the rule" "$(helpers 10.0.0.11)" helper=pptp
	is "c2 has ours" "$(helpers 10.0.0.12)" helper=nf_pptp_gre
	is "only c2 is our session" "$(sessions_say '.sessions[].initiator' | xargs)" 10.0.0.12
	tunnel_kill c1 c2
	ip netns exec r nft delete table ip stock
	ptc bypass pptp >/dev/null 2>&1
	check "our modules can be unloaded beside it" unload
	check "and enabled beside it, being loaded on demand" ptc enable pptp
	check "stock helper loaded before ours: list says so" \
		grep -q nf_conntrack_pptp <<<"$(notes)"
	is "2 of 2 carry data" "$(redial)" 2
	is "through our helper" "$(helpers 10.0.0.11)" helper=nf_pptp_gre
	ip netns exec r conntrack -F >/dev/null 2>&1
	modprobe -r nf_nat_pptp nf_conntrack_pptp
	check "without the stock helper there is no note" [ -z "$(notes)" ]
else
	skip "beside the stock helper" "not in this kernel"
fi

# Modules and namespaces go with calls up.
is "2 of 2 carry data" "$(redial)" 2
watch_start c1 c2
check "our modules are unloaded with calls up" unload
check_not "they are gone" loaded nf_passthrough
watch_stop c1 c2 >/dev/null
check "enabling loads them again" ptc enable pptp
is "2 of 2 carry data" "$(redial)" 2
watch_start c1 c2
check "the router's namespace is deleted with calls up" ip netns del r
watch_stop c1 c2 >/dev/null
tunnel_kill c1 c2
check "nothing of it holds our modules" busywait "$PEER_WAIT" unload
check_not "the kernel had nothing to complain about" sh -c "dmesg | grep -E 'BUG:|WARNING:|Oops|KASAN|nfpt.*leak'"

done_testing
