# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What many sessions cost: memory beyond that of their conntrack entries, and
# whether setting one up takes longer the more there are.  Sourced after lib.sh.
#
#   room_for N                     so many conntrack entries
#   memory_begin                   what is held now is what others hold
#   memory_per N WHAT...           prints what each of N costs
#   memory_back WHAT...            checks that it has been given back
#   object_size MODULE STRUCT...   prints what each takes, as kmalloc gives it;
#                                  STRUCT.MEMBER ends before that member
#   rate_check NAME FIRST LAST     two times in ms for equal work, before and
#                                  when there were many
#
# Memory is what the kernel cannot take back by itself (SUnreclaim), what is
# virtually contiguous (VmallocUsed: large tables) and the index of sessions
# (radix_tree_node), less the entries of conntrack: nf_conntrack's own objects
# and 128 bytes of extensions each, which every translated flow has.  KASAN and
# kmemleak add to each object, so a debug kernel measures nothing; there,
# kmemleak looks for what was not given back.

MEMORY_EXTENSIONS=128

# The default of a small machine is 65 536, with hash chains to match; more is
# the administrator's business.
room_for() {
	quietly modprobe nf_conntrack
	sysctl -qw net.netfilter.nf_conntrack_max="$1" || bail "room for connections"
}

# slab_bytes CACHE FIELD: of a slab cache, its objects in use (2) or all (3).
slab_bytes() {
	awk -v cache="$1" -v field="$2" '$1 == cache { print $field * $4 }' /proc/slabinfo
}

# memory_held: bytes.  A page's last object keeps the page, so small changes
# come late.
memory_held() {
	local pages
	pages=$(awk '/^(SUnreclaim|VmallocUsed):/ { sum += $2 } END { print sum * 1024 }' /proc/meminfo)
	echo $((pages + $(slab_bytes radix_tree_node 3) - $(slab_bytes nf_conntrack 3) -
		$(entries) * MEMORY_EXTENSIONS))
}

memory_measured() { [ ! -e /sys/kernel/debug/kmemleak ] && [ -r /proc/slabinfo ]; }

# memory_settled: what RCU still holds is freed within a few grace periods.
memory_settled() {
	local before now=-1
	for _ in {1..20}; do
		before=$now
		sleep 0.5
		now=$(memory_held)
		[ "$now" != "$before" ] || break
	done
	echo "$now"
}

memory_begin() {
	memory_measured || return 0
	MEMORY_BEGAN=$(memory_settled)
}

memory_per() {
	local n=$1
	shift
	if ! memory_measured; then
		echo "# memory of $n $*: not measured, KASAN and kmemleak add to each object"
		return
	fi
	MEMORY_TAKEN=$(($(memory_settled) - MEMORY_BEGAN))
	echo "# memory of $n $*, without conntrack's entries:" \
		"$((MEMORY_TAKEN / 1024)) kB, $((MEMORY_TAKEN / n)) bytes each"
}

# A sixteenth may stay, on pages that are not empty.
memory_is_back() { [ $(($(memory_held) - MEMORY_BEGAN)) -le $((${MEMORY_TAKEN:-0} / 16 + (1 << 20))) ]; }

memory_back() {
	memory_measured || return 0
	check "$*: memory is given back" busywait 60 memory_is_back
	echo "# $((($(memory_held) - MEMORY_BEGAN) / 1024)) kB stay"
}

# kmalloc_class BYTES: what is taken for so many.
kmalloc_class() {
	local class
	for class in 8 16 32 64 96 128 192 256 512 1024 2048 4096; do
		[ "$1" -gt $class ] || break
	done
	echo $class
}

object_size() {
	local module=$1 struct file size member
	shift
	file=$(modinfo -n "$module" 2>/dev/null)
	for struct; do
		member=${struct#"${struct%.*}"}
		size=$(pahole -C "${struct%.*}" "$file" 2>/dev/null | if [ "$member" ]; then
			sed -n "s/.* ${member#.};.*\/\* *\([0-9]*\) .*/\1/p"
		else
			sed -n 's/.*size: \([0-9]*\),.*/\1/p'
		fi)
		echo "# $struct: ${size:-not known, no pahole or no debug information}${size:+ bytes, of $(
			kmalloc_class "$size")}"
	done
}

# now_ms: a clock.
now_ms() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

# Five times is far beyond what a busy machine makes of a constant, and far below
# what a list makes of ten thousand.
rate_check() {
	echo "# $1: $2 ms at first, $3 ms at last"
	check "$1: the last take no more than five times as long as the first" \
		[ "$3" -le $((5 * $2 + 200)) ]
}
