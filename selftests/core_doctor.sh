#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# `passthroughctl doctor`: faults are planted one after the other, in the
# modules, the router's settings and its firewall. Each must be found and named,
# and must be gone once the command that doctor printed was typed.
#
#	c1 --- lan [ r ] wan --- s
#	             [ r ] wan2 -- s
# jq's variables are not the shell's:
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"

doctor=$nfpt_top/tools/doctor/doctor
[ -x "$doctor" ] || bail "doctor is not built"

# look: what doctor says goes to $said, its status to $status.
look() {
	said=$(ptc -j doctor 2>"$WORK/err")
	status=$?
}

# worst CHECK: the level of what doctor said of it, the worst; ok if nothing.
worst() {
	jq -r --arg c "$1" '[.findings[] | select(.check == $c) | .level] |
		if index("problem") then "problem" elif index("warning") then "warning"
		else "ok" end' <<<"$said"
}

# texts, commands CHECK LEVEL: one a line.
texts() { jq -r --arg c "$1" --arg l "$2" '.findings[] | select(.check == $c and .level == $l) | .text' <<<"$said"; }
commands() {
	jq -r --arg c "$1" --arg l "$2" '.findings[] | select(.check == $c and .level == $l) |
		.command // empty' <<<"$said"
}

# type_commands CHECK LEVEL: in the router, as somebody who reads the screen.
type_commands() {
	local line n=0

	while read -r line; do
		echo "# typed: $line"
		in_ns r bash -c "$line" </dev/null >"$WORK/typed" 2>&1 || {
			sed 's/^/#   /' "$WORK/typed"
			return 1
		}
		n=$((n + 1))
	done < <(commands "$1" "$2")
	[ $n -gt 0 ]
}

# fault TEXT CHECK LEVEL PATTERN: it was planted; doctor finds, names and mends it.
fault() {
	local text=$1 check=$2 level=$3 pattern=$4

	look
	is "$text: $check is a $level" "$(worst "$check")" "$level"
	check "$text: it is named" grep -qE -- "$pattern" <<<"$(texts "$check" "$level")"
	[ "$level" != problem ] || is "$text: doctor ends with 4" "$status" 4
	type_commands "$check" "$level" || not_ok "$text: a command is printed, and works"
	look
	is "$text: it is mended" "$(worst "$check")" ok
}

# before_rule RULE...: the first of the forward chain.
before_rule() { in_ns r nft insert rule inet filter forward "$@"; }

topology 1
link r wan2 s eth1
ip -n r addr add 198.51.100.1/24 dev wan2
ip -n s addr add 198.51.100.2/24 dev eth1
ip -n r route add default via $SERVER dev wan

echo "# modules and protocols"
loader=$(cat /proc/sys/kernel/modprobe)
at_exit 'echo "$loader" >/proc/sys/kernel/modprobe'
echo /bin/false >/proc/sys/kernel/modprobe
fault "no module" modules problem 'nf_passthrough is not loaded'
echo "$loader" >/proc/sys/kernel/modprobe
fault "nothing enabled" protocols problem 'no protocol is enabled'
fault "enabled and never used" l2tp-use warning 'nobody has used it'
is "l2tp is disabled now" "$(ptc -j list l2tp | jq -r '.protocols[0].state')" disabled
is "and nobody misses it" "$(worst l2tp-state)" ok
in_ns c1 bash -c "echo x >/dev/udp/$SERVER/1701"
fault "disabled and wanted" l2tp-state warning 'disabled, and [1-9][0-9]* packets'
is "l2tp is enabled now" "$(ptc -j list l2tp | jq -r '.protocols[0].state')" enabled

quietly ptc set l2tp interface lan,ppp7
fault "an interface that is not there" l2tp-interface warning 'no interface ppp7'
is "l2tp is helped between all" "$(ptc -j list l2tp | jq -c '.protocols[0].interfaces')" '[]'

echo "# a router in order"
check "PPTP is enabled" ptc enable pptp
look
is "doctor ends with 0" "$status" 0
is "and says nothing on stderr" "$(cat "$WORK/err")" ""
# The same program, but for its version.
version=$(cat "$nfpt_top/VERSION")
LC_ALL=C sed "s/${version//./\\.}/${version//[0-9]/7}/g" "$doctor" >"$WORK/other"
chmod +x "$WORK/other"
is "another version finds that the modules are not its own" "$(in_ns r "$WORK/other" -j |
	jq -r '.findings[] | select(.check == "version") | .level')" problem
is "there is no problem" "$(jq -c '[.findings[] | select(.level == "problem")]' <<<"$said")" '[]'
check "every finding has its four keys" jq -e '
	all(.findings[]; keys == ["check", "command", "level", "text"]) and
	(.result | IN("ok", "warning"))' <<<"$said"
check "PPTP's broken encryption is one line" grep -q 'broken.*WireGuard' \
	<<<"$(texts pptp-security warning)"
check "what needs nothing is named" grep -q 'SSTP, OpenVPN and WireGuard need nothing' \
	<<<"$(texts others ok)"
is "tool and modules match" "$(worst version)" ok
check "-p is the same" test "$(ptc -p doctor | jq -c '[.findings[].check]')" = \
	"$(jq -c '[.findings[].check]' <<<"$said")"
check "for people it is a line each" grep -qE '^ok +ip-forward: ' <<<"$(ptc doctor)"
ip netns exec r sysctl -qw net.ipv4.ip_forward=0
command=$(passthroughctl -j -n r doctor | jq -r '.findings[] | select(.check == "ip-forward") | .command')
is "-n puts the namespace in front" "$command" \
	"ip netns exec r sysctl -w net.ipv4.ip_forward=1"

echo "# settings"
fault "no forwarding" ip-forward problem 'forwards nothing'
ip -n r route add default via 198.51.100.2 dev wan2 metric 100
ip netns exec r sysctl -qw net.ipv4.conf.wan2.rp_filter=1
fault "strict rp_filter, two ways out" rp-filter warning 'wan2.*rp_filter is 1'
ip -n r route del default via 198.51.100.2 dev wan2
max=$(sysctl -n net.netfilter.nf_conntrack_max)
at_exit 'sysctl -qw net.netfilter.nf_conntrack_max=$max'
for port in 7001 7002 7003 7004; do
	in_ns c1 bash -c "echo x >/dev/udp/$SERVER/$port"
done
sysctl -qw net.netfilter.nf_conntrack_max="$(in_ns r sysctl -n net.netfilter.nf_conntrack_count)"
fault "conntrack's table is full" conntrack problem 'the table is full'
sysctl -qw net.netfilter.nf_conntrack_max="$max"
# A probe of its own is a client: the IKE SA that it asks for is a session.
in_ns c1 passthroughctl doctor --probe $SERVER ipsec --timeout 2 >/dev/null
check "a host has a session" busywait 30 test "$(ptc -j sessions ipsec | jq '.sessions | length')" = 1
check "no more than one is allowed" ptc set ipsec max-sessions 1
fault "the sessions' limit is reached" ipsec-limit problem '1 sessions of at most 1'
check "more sessions than conntrack has room for" ptc set ipsec max-sessions $((1 << 20))
[ "$max" -ge $((1 << 20)) ] ||
	fault "more sessions than room" ipsec-room warning 'has room for'
sysctl -qw net.netfilter.nf_conntrack_max="$max"

echo "# the firewall"
before_rule ip protocol esp drop
fault "ESP is dropped" ipsec-rules problem 'ESP.*is dropped by chain inet filter forward'
before_rule udp dport '{ 500, 4500 }' reject
fault "IKE is refused" ipsec-rules problem 'UDP port 500 is dropped'
before_rule ip saddr 10.0.0.11 udp dport 1701 drop
fault "one host's L2TP is dropped" l2tp-rules warning 'may be dropped'
in_ns r nft add chain inet filter calls
in_ns r nft add rule inet filter calls meta l4proto gre drop
before_rule jump calls
fault "GRE is dropped behind a jump" pptp-rules problem 'GRE.* is dropped by chain inet filter calls'
in_ns r nft flush chain inet filter forward
fault "the policy drops new ones" ipsec-rules problem 'the policy of chain inet filter forward'
is "the command for what comes back is one for all" "$(worst l2tp-rules)" problem
type_commands l2tp-rules problem
type_commands pptp-rules problem
look
is "no more is dropped" "$(worst pptp-rules)$(worst l2tp-rules)" okok
in_ns r nft -f - <<-'NFT'
table ip early {
	chain prerouting {
		type filter hook prerouting priority raw;
		udp dport 4500 notrack
	}
}
NFT
fault "NAT-T is not tracked" ipsec-notrack problem 'UDP port 4500 is taken out of connection tracking'
in_ns r nft flush chain ip nat postrouting
fault "nothing is translated" nat warning 'no masquerade or snat rule'
in_ns r nft delete chain ip nat postrouting
fault "there is no chain for it" nat warning 'no masquerade or snat rule'
if use_stock; then
	fault "the kernel's PPTP helper" pptp-helper warning 'helper "pptp"'
	in_ns r nft delete table ip stock
else
	skip "the kernel's PPTP helper" "this kernel has none"
fi
for iptables in iptables-legacy iptables-nft; do
	if in_ns r $iptables -A FORWARD -p gre -m comment --comment "no calls" -j DROP 2>/dev/null; then
		fault "$iptables drops GRE" pptp-rules problem "dropped by $iptables"
	else
		skip "$iptables drops GRE" "this kernel does not know it"
	fi
done
# A match that nft cannot show.
if in_ns r iptables-nft -A FORWARD -p udp -m multiport --dports 500,4500 -j DROP 2>/dev/null; then
	fault "iptables-nft drops IKE" ipsec-rules problem "dropped by iptables-nft"
else
	skip "iptables-nft drops IKE" "this kernel does not know multiport"
fi

echo "# nft is not to be had"
mkdir "$WORK/none"
ln -s "$(command -v passthroughctl)" "$WORK/none/"
mount --bind "$WORK/none/passthroughctl" /usr/sbin/nft 2>/dev/null
look
is "rules that cannot be read are a warning" "$(worst rules)" warning
umount /usr/sbin/nft

done_testing
