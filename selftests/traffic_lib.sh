# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the tests with real peers send through their tunnels, whatever these are
# made of.  Sourced by peers_lib.sh and ipsec_lib.sh.
#
#   count_true COMMAND ARG...          how many of them it succeeds for, all at once
#   transfer SECONDS NS SERVER ADDRESS PORT BYTES   data both ways over TCP
#   pings_start FILE NS ARG..., pings_stop SECONDS FILE   ping all the time

# count_true COMMAND ARG...: runs COMMAND for all at once, prints how many
# succeeded.
count_true()
{
	local command=$1 arg pids=() pid n=0
	shift

	for arg; do
		$command "$arg" &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid" && n=$((n + 1))
	done
	echo "$n"
}

# port_listens NS PORT
port_listens()
{
	ip netns exec "$1" ss -Hltn "sport = :$2" | grep -q .
}

# transfer SECONDS NS SERVER ADDRESS PORT BYTES: BYTES up and as many down at
# the same time, over one TCP connection from namespace NS to ADDRESS in SERVER;
# true if both arrived unchanged.
transfer()
{
	local seconds=$1 ns=$2 server=$3 address=$4 port=$5 bytes=$6 dir
	dir=$WORK/transfer-$ns-$server-$port

	rm -rf "$dir"
	mkdir -p "$dir"
	head -c "$bytes" /dev/urandom >"$dir/up"
	head -c "$bytes" /dev/urandom >"$dir/down"
	timeout "$seconds" ip netns exec "$server" socat -t "$seconds" \
		"TCP-LISTEN:$port,bind=$address,reuseaddr" \
		"OPEN:$dir/down,rdonly!!CREATE:$dir/got-up" 2>>"$dir/log" &
	busywait "$seconds" port_listens "$server" "$port" || return 1
	timeout "$seconds" ip netns exec "$ns" socat -t "$seconds" \
		"OPEN:$dir/up,rdonly!!CREATE:$dir/got-down" \
		"TCP:$address:$port" 2>>"$dir/log"
	wait $! 2>/dev/null
	cmp -s "$dir/up" "$dir/got-up" && cmp -s "$dir/down" "$dir/got-down"
}

# pings_start FILE NS ARGUMENT...: five pings a second into FILE until
# pings_stop.
pings_start()
{
	local file=$1 ns=$2
	shift 2

	: >"$file"
	ip netns exec "$ns" ping -n -D -i 0.2 "$@" >"$file" 2>&1 &
	echo $! >"$file.pid"
	disown
}

# pings_seen FILE COUNT: true when COUNT answers have come.
pings_seen()
{
	local n
	n=$(grep -c 'bytes from' "$1")
	[ "${n:-0}" -ge "$2" ]
}

# pings_stop SECONDS FILE: ends them and waits for the sums.
pings_stop()
{
	[ -e "$2.pid" ] || return 0
	kill -INT "$(<"$2.pid")" 2>/dev/null
	rm "$2.pid"
	busywait "$1" grep -q ' received' "$2"
}
