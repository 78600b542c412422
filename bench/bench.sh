#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What the modules cost, against what there is without them.  Runs in a machine
# of its own, by bench/run.sh: bench.sh [gre | esp | others]...
#
#	10.0.0.11 .. 18 --- lan [ r ] wan --- 198.18.0.0/16
#
# A router is a namespace whose devices lose all that leaves by them; packet_bench
# puts in what host and server say.  Routers that are compared are there at the
# same time and take turns.  Prints a line for all that was measured:
#
#	= TEST VARIANT SIZE WHAT MIN MEDIAN
#
# in ns for a packet, or for the set-up of a call; or bytes for a session.
# shellcheck source=../selftests/lib.sh
. "${NFPT_TOP:?}/selftests/lib.sh"

BENCH=/sys/kernel/debug/packet_bench
SIZES=${NFPT_SIZES:-1 64 512 2048 8192}
ROUNDS=${NFPT_ROUNDS:-31}
PACKETS=16384
modules=(nf_pptp_gre_helper nf_ipsec_natt_helper nf_l2tp_helper nf_passthrough)

# bench COMMAND...: has packet_bench do it.
bench() { echo "$*" >"$BENCH" || bail "packet_bench: $*"; }

# router NAME: makes it.
router()
{
	local dev n
	setup_ns "$1"
	for dev in lan wan; do
		ip -n "$1" link add "$dev" type dummy
		ip -n "$1" link set "$dev" up
	done
	ip -n "$1" addr add 10.0.0.1/24 dev lan
	ip -n "$1" addr add "$WAN/24" dev wan
	for ((n = 11; n <= 18; n++)); do
		ip -n "$1" neigh add "10.0.0.$n" lladdr 02:00:00:00:00:01 dev lan nud permanent
	done
	ip -n "$1" neigh add "$SERVER" lladdr 02:00:00:00:00:01 dev wan nud permanent
	ip -n "$1" route add default via "$SERVER"
	in_ns "$1" sysctl -qw net.ipv4.ip_forward=1
	in_ns "$1" nft -f - <<-NFT || bail "the rules"
	table inet filter {
		chain forward {
			type filter hook forward priority filter; policy drop;
			ct state established,related accept
			iifname "lan" oifname "wan" accept
		}
	}
	table ip nat {
		chain postrouting {
			type nat hook postrouting priority srcnat;
			oifname "wan" masquerade
		}
	}
	NFT
}

# help_with ROUTER PROTOCOL SETTING...: enables it there.
help_with()
{
	in_ns "$1" passthroughctl enable "$2" >/dev/null || bail "enable $2"
	in_ns "$1" passthroughctl set "${@:2}" >/dev/null || bail "set $2"
}

# packets ROUTER SET WHAT FIRST COUNT: adds them to a set.
packets()
{
	awk -v set="$2" -v what="$3" -v first="$4" -v count="$5" \
		-f "$NFPT_TOP/bench/packets.awk" >"$WORK/packets"
	# A write takes one line.  `ip netns exec` would hide debugfs.
	nsenter --net="/run/netns/$1" grep --line-buffered '' <"$WORK/packets" >"$BENCH" ||
		bail "packets of $2"
}

# left ROUTER: how many packets have.
left()
{
	ip -n "$1" -j -s link show | jq '[.[] | select(.ifname == "lan" or .ifname == "wan") |
		.stats64.tx.packets] | add'
}

# costs TEST VARIANT SIZE: reads "SET ROUND PACKETS NS", prints what was measured.
# A set is WHAT, or VARIANT:WHAT.
costs()
{
	sort -k 1,1 -k 4,4n | awk -v test="$1" -v variant="$2" -v size="$3" '
		function told(  part) {
			if (n && split(set, part, ":") == 2)
				variant = part[1]
			if (n)
				printf "= %s %s %s %s %.1f %.1f\n", test, variant, size,
					part[2] ? part[2] : set, cost[1], cost[int((n + 1) / 2)]
			n = 0
		}
		$1 != set { told(); set = $1 }
		{ cost[++n] = $4 / $3 }
		END { told() }'
}

# all_left TEXT ROUTER BEFORE SIZE SETS: did a run lose a packet?  The router may
# have said something itself.
all_left()
{
	local warm=$((2 * $4 < PACKETS ? 2 * $4 : PACKETS))
	check "$1" test $(($(left "$2") - $3)) -ge $(($5 * ROUNDS * (PACKETS + warm)))
}

# ---- GRE: ours against the stock helper ----------------------------------------

gre_router()
{
	router "$1"
	if [ "$1" = ours ]; then
		help_with "$1" pptp max-per-host 20000 gre-unreplied 3600 gre-replied 3600
		return
	fi
	use_stock_in "$1" || bail "the stock helper"
}

# gre: packets of many calls, and how long it takes to set them up: the last 64
# of them, each alone.
gre()
{
	local size who n way before chunk
	for size in $SIZES; do
		chunk=$((size < 64 ? size : 64))
		for who in stock ours; do
			gre_router "$who"
			[ "$size" -gt "$chunk" ] || continue
			packets "$who" "$who:crowd" pptp 0 $((size - chunk))
			bench send "$who:crowd"
		done
		for ((n = size - chunk; n < size; n++)); do
			for who in stock ours; do
				packets "$who" "$who:setup$n" pptp "$n" 1
				bench once "$who:setup$n"
			done
		done
		sed 's/:setup[0-9]*/:setup/' "$BENCH" | costs gre - "$size"
		is "stock: calls" "$(in_ns stock conntrack -L -p gre 2>/dev/null | wc -l)" "$size"
		is "ours: calls" "$(in_ns ours passthroughctl -j sessions |
			jq '[.sessions[] | select(.state == "established")] | length')" "$size"
		bench clear
		for who in stock ours; do
			for way in out in; do
				packets "$who" "$who:$way" "gre-$way" 0 "$size"
			done
		done
		before=$(left ours)
		bench run "$ROUNDS" "$PACKETS" stock:out ours:out stock:in ours:in
		all_left "all packets have left" ours "$before" "$size" 2
		costs gre - "$size" <"$BENCH"
		bench clear
		cleanup_ns
	done
}

# ---- ESP against UDP that is nobody's -------------------------------------------

esp()
{
	local size way before
	for size in $SIZES; do
		router r
		help_with r ipsec max-per-host 4096 esp-replied 3600
		packets r esp esp 0 "$size"
		bench send esp
		for way in out in; do
			packets r "udp:$way" "udp-$way" 0 "$size"
			bench send "udp:$way"
			packets r "esp:$way" "esp-$way" 0 "$size"
			bench count "esp:$way" 4
		done
		is "ESP: SAs" "$(ptc -j sessions | jq '[.sessions[].sas[]] | length')" $((2 * size))
		before=$(left r)
		bench run "$ROUNDS" "$PACKETS" udp:out esp:out udp:in esp:in
		all_left "all packets have left" r "$before" "$size" 4
		costs esp - "$size" <"$BENCH"
		bench clear
		cleanup_ns
	done
}

# ---- TCP and UDP that are no VPN ---------------------------------------------------

unload()
{
	local m
	for m in "${modules[@]}"; do
		[ ! -d "/sys/module/$m" ] || rmmod "$m" || bail "unload $m"
	done
}

load_bypassed() { modprobe -a "${modules[@]}" || bail "load"; }
load_enabled() { ptc enable pptp ipsec l2tp >/dev/null || bail "enable"; }

others()
{
	local size=64 way round state sets=(tcp-out tcp-in udp-out udp-in)
	unload
	router r
	packets r tcp tcp 0 "$size"
	bench send tcp
	for way in "${sets[@]}"; do
		packets r "$way" "$way" 0 "$size"
		bench send "$way"
	done
	: >"$WORK/rounds"
	for ((round = 0; round < ROUNDS; round++)); do
		for state in unloaded bypassed enabled; do
			[ "$state" = unloaded ] || "load_$state"
			[ "$state" != bypassed ] || [ "$round" -gt 0 ] || is "bypassed: hooks" \
				"$(ptc -j list | jq '[.protocols[].hooks] | add')" 0
			bench forget
			bench run 1 $((4 * PACKETS)) "${sets[@]}"
			sed "s/^/$state:/" "$BENCH" >>"$WORK/rounds"
		done
		ptc bypass pptp ipsec l2tp >/dev/null
		unload
	done
	costs others - "$size" <"$WORK/rounds"
	bench clear
	cleanup_ns
}

modprobe packet_bench || bail "the module"
[ "${*:-all}" != all ] || set -- gre esp others
for what; do
	"$what"
done
done_testing
