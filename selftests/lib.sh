# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# What every selftest uses: result lines, waiting, and the test network.
#
#	c1 10.0.0.11 --+
#	c2 10.0.0.12 --+- lan 10.0.0.1 [ r ] wan 192.0.2.1 --- 192.0.2.2 s
#	cN 10.0.0.(10+N)
#
# A test sources this file, calls "topology N", checks things, and ends with
# "done_testing".  It runs as root in a virtual machine of its own.

nfpt_top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
PATH=$nfpt_top/tools/passthroughctl:$nfpt_top/selftests:$PATH:/usr/sbin:/sbin
WORK=$(mktemp -d "${TMPDIR:-/tmp}/nfpt.XXXXXX")
WAN=192.0.2.1
SERVER=192.0.2.2
nfpt_ns=() nfpt_exit=() nfpt_passed=0 nfpt_failed=0 nfpt_skipped=0

# ok TEXT | not_ok TEXT | skip TEXT WHY: one line per check.
ok() { echo "ok - $1"; nfpt_passed=$((nfpt_passed + 1)); }
not_ok() { echo "not ok - $1"; nfpt_failed=$((nfpt_failed + 1)); }
skip() { echo "ok - $1 # SKIP $2"; nfpt_skipped=$((nfpt_skipped + 1)); }

# check TEXT COMMAND...: ok if the command succeeds; if not, its output is shown.
check() {
	local text=$1 status
	shift
	"$@" >"$WORK/check" 2>&1
	status=$?
	if [ $status -eq 0 ]; then
		ok "$text"
	else
		not_ok "$text"
		echo "#   status $status: $*"
		sed 's/^/#   /' "$WORK/check" | tail -n 20
		return 1
	fi
}

# check_not TEXT COMMAND...: ok if the command fails.
check_not() {
	local text=$1
	shift
	check "$text" not "$@"
}

# is TEXT GOT WANTED: ok if the two strings are equal.
is() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1"
		printf '#   got:    %s\n#   wanted: %s\n' "$2" "$3"
		return 1
	fi
}

not() { ! "$@"; }

# done_testing: the last command of a test.
done_testing() {
	echo "# $nfpt_passed passed, $nfpt_failed failed, $nfpt_skipped skipped"
	echo "# done"
	[ "$nfpt_failed" -eq 0 ] || exit 1
	[ "$nfpt_passed" -gt 0 ] || exit 4
	exit 0
}

# skip_all WHY: the whole test cannot run here.
skip_all() {
	skip "$(basename "$0" .sh)" "$1"
	done_testing
}

# bail WHY: the ground the test stands on is missing.
bail() {
	not_ok "$1"
	done_testing
}

# busywait SECONDS COMMAND...: until the command succeeds; its last status.
# Limits are for a loaded machine that emulates its CPU: be generous.
busywait() {
	local end=$((SECONDS + $1)) status
	shift
	while true; do
		"$@" && return 0
		status=$?
		[ "$SECONDS" -lt "$end" ] || return "$status"
		sleep 0.1
	done
}

# quietly COMMAND...: no output.
quietly() { "$@" >/dev/null 2>&1; }

# debug_kernel: is this the slow kernel with all checks on (UML)?
debug_kernel() { [ -e /sys/kernel/debug/kmemleak ]; }

# at_exit COMMAND: one more thing to do when the test ends, last one first.
at_exit() { nfpt_exit=("$1" "${nfpt_exit[@]}"); }

# kill_ns NS: end all processes of a namespace.
kill_ns() {
	local pids
	pids=$(ip netns pids "$1" 2>/dev/null)
	# shellcheck disable=SC2086
	[ -z "$pids" ] || kill -9 $pids 2>/dev/null
	return 0
}

# setup_ns NAME...: make namespaces with the loopback device up.
setup_ns() {
	local ns
	for ns; do
		ip netns add "$ns" || bail "make namespace $ns"
		nfpt_ns+=("$ns")
		ip -n "$ns" link set lo up
		ip netns exec "$ns" sysctl -qw net.ipv6.conf.all.accept_dad=0 \
			net.ipv6.conf.default.accept_dad=0
	done
}

# cleanup_ns: processes first, then the namespaces.
cleanup_ns() {
	local ns
	for ns in "${nfpt_ns[@]}"; do
		kill_ns "$ns"
	done
	for ns in "${nfpt_ns[@]}"; do
		ip netns del "$ns" 2>/dev/null
	done
	nfpt_ns=()
	return 0
}

# cleanup: leave nothing behind, whatever happened.
cleanup() {
	local what
	for what in "${nfpt_exit[@]}"; do
		eval "$what"
	done
	nfpt_exit=()
	cleanup_ns
	rm -rf "$WORK"
}
trap cleanup EXIT

# link NS1 DEV1 NS2 DEV2: a wire between two namespaces, both ends up.
link() {
	ip -n "$1" link add "$2" type veth peer name "$4" netns "$3" ||
		bail "wire $1:$2 to $3:$4"
	ip -n "$1" link set "$2" up
	ip -n "$3" link set "$4" up
}

# topology N [ipv6]: the network drawn above.  With ipv6 also, routed without
# translation: lan 2001:db8:1::/64, wan 2001:db8:2::/64, same last numbers.
topology() {
	local n=$1 ipv6=${2-} i
	setup_ns r s
	ip -n r link add lan type bridge forward_delay 0
	ip -n r link set lan up
	ip -n r addr add 10.0.0.1/24 dev lan
	link r wan s eth0
	ip -n r addr add $WAN/24 dev wan
	ip -n s addr add $SERVER/24 dev eth0
	ip netns exec r sysctl -qw net.ipv4.ip_forward=1
	if [ "$ipv6" ]; then
		ip netns exec r sysctl -qw net.ipv6.conf.all.forwarding=1
		ip -n r addr add 2001:db8:1::1/64 dev lan nodad
		ip -n r addr add 2001:db8:2::1/64 dev wan nodad
		ip -n s addr add 2001:db8:2::2/64 dev eth0 nodad
		ip -n s route add default via 2001:db8:2::1
	fi
	for ((i = 1; i <= n; i++)); do
		setup_ns "c$i"
		link "c$i" eth0 r "l$i"
		ip -n r link set "l$i" master lan
		ip -n "c$i" addr add "10.0.0.$((10 + i))/24" dev eth0
		ip -n "c$i" route add default via 10.0.0.1
		[ "$ipv6" ] || continue
		ip -n "c$i" addr add "2001:db8:1::$((10 + i))/64" dev eth0 nodad
		ip -n "c$i" route add default via 2001:db8:1::1
	done
	firewall r
}

# firewall NS: what a router lets through, and translates.
firewall() {
	ip netns exec "$1" nft -f - <<-'NFT' || bail "the router's firewall"
	table inet filter {
		chain forward {
			type filter hook forward priority filter; policy drop;
			ct state established,related accept
			iifname "lan" oifname "wan" accept
			ct status dnat accept
		}
	}
	table ip nat {
		chain prerouting {
			type nat hook prerouting priority dstnat;
		}
		chain postrouting {
			type nat hook postrouting priority srcnat;
			oifname "wan" masquerade
		}
	}
	NFT
}

# outer_address NS: of a host of that network; the router's is what s sees.
outer_address() {
	case $1 in
	r) echo $WAN ;;
	s) echo $SERVER ;;
	*) echo "10.0.0.$((10 + ${1#c}))" ;;
	esac
}

# port_forward PORT ADDRESS: give a TCP port of the router to an inside host.
port_forward() {
	ip netns exec r nft add rule ip nat prerouting iifname wan \
		tcp dport "$1" dnat to "$2"
}

# in_ns NS COMMAND...: run a command in a namespace.
in_ns() { ip netns exec "$@"; }

# ptc ARGUMENT...: passthroughctl in the router.  Netlink acts on the
# namespace of its caller.
ptc() { ip netns exec r passthroughctl "$@"; }

# counter NAME: the value of one counter of the router, 0 if not there.
counter() {
	ptc -j stats | jq -r --arg n "$1" \
		'[.. | objects | select(.name? == $n) | .value] | add // 0'
}

# sessions_say FILTER: what jq makes of the router's list of sessions.
sessions_say() { ptc -j sessions | jq -r "$1"; }

# sessions_up: how many sessions are established.
sessions_up() { sessions_say '[.sessions[] | select(.state == "established")] | length'; }

# sessions_are N: true if exactly N sessions are held, all established.
sessions_are()
{
	[ "$(sessions_say '.sessions | length')" = "$1" ] && [ "$(sessions_up)" = "$1" ]
}

# idents NAME FIELD: one identifier of every session, one a line.
idents()
{
	sessions_say ".sessions[].idents[] | select(.name == \"$1\") | .$2"
}

# use_stock_in ROUTER: the kernel's own PPTP helper there instead of ours, for
# comparison.  0 if it is there.
use_stock_in() {
	modprobe -a nf_conntrack_pptp nf_nat_pptp && ip netns exec "$1" nft -f - <<-'NFT'
	table ip stock {
		ct helper pptp {
			type "pptp" protocol tcp;
		}
		chain prerouting {
			type filter hook prerouting priority filter;
			tcp dport 1723 ct helper set "pptp"
		}
	}
	NFT
}
use_stock() { use_stock_in r; }

# conntracks FILTER...: the router's conntrack entries, one a line.
conntracks() { ip netns exec r conntrack -L "$@" 2>/dev/null; }

# entries: how many conntrack entries the router has; fewer_than N: less than that.
entries() { in_ns r conntrack -C; }
fewer_than() { [ "$(entries)" -lt "$1" ]; }

# gre_conntracks: how many GRE entries the router has.
gre_conntracks() { conntracks -p gre | grep -c gre; }
