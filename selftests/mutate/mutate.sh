# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Mutated packets in a test: sourced after lib.sh and the peers' peer.sh.
#
#	c1, c2 ---- lan [ r ] wan ---- s, which is every server of 198.18.0.0/15
#	c3, the bystander, has a server of its own that nobody forges to
#
# A test records what c1, c2 and s send while their sessions come and go, then
# has it sent again, mutated, from their interfaces; c1, c2 and s themselves
# are deaf meanwhile.
#
# NFPT_MUTATE=N is how many packets: a million, fewer where each is looked at for
# long.  NFPT_SEED=N is which ones.
mutate_bin=${BASH_SOURCE[0]%/*}/build/mutate
mutate_packets=${NFPT_MUTATE:-$(debug_kernel && echo 200000 || echo 1000000)}
mutate_seed=${NFPT_SEED:-1}
# shellcheck disable=SC2034 # for who sources this
mutate_server=198.18.0.1 mutate_bystander=198.18.9.9
mutate_recorder='' mutate_sender='' mutate_most=0 mutate_most_flows=0 mutate_room=0

# mutate_servers: every address of 198.18.0.0/15 is at s, and so is one on the way.
mutate_servers() {
	# Conntrack makes an entry of each id that nobody knows.
	sysctl -qw net.netfilter.nf_conntrack_max=262144 || bail "room for connections"
	ip -n s route add local 198.18.0.0/15 dev lo
	ip -n s addr add 192.0.2.9/24 dev eth0
	ip -n r route add 198.18.0.0/15 via "$SERVER"
}

# record_begin: what c1, c2 and s send is on tape from now on, until record_end.
record_begin() {
	[ -x "$mutate_bin" ] || bail "$mutate_bin is not built"
	"$mutate_bin" record "$WORK/tape" c1:eth0 c2:eth0 s:eth0 >"$WORK/recorder" 2>&1 &
	mutate_recorder=$!
	# shellcheck disable=SC2016 # when it ends
	at_exit 'kill $mutate_recorder $mutate_sender 2>/dev/null'
	busywait 30 grep -qs recording "$WORK/recorder" || bail "record: $(<"$WORK/recorder")"
}

record_end() {
	kill -TERM "$mutate_recorder"
	wait "$mutate_recorder"
	mutate_recorder=''
	check "recorded: $(tail -n 1 "$WORK/recorder")" grep -q '^ok' "$WORK/recorder" ||
		bail "nothing to mutate"
	# With the seed, all that is needed to send the same again.
	[ ! "${NFPT_RUN-}" ] || cp "$WORK/tape" "$NFPT_RUN/$(basename "$0" .sh).pcap"
}

# deaf, hearing: c1, c2 and s drop what is mutated, or do not any more.
deaf() {
	local ns
	for ns in c1 c2 s; do
		in_ns $ns nft -f - <<-NFT || bail "$ns is to be deaf"
		table ip deaf {
			chain prerouting {
				type filter hook prerouting priority raw;
				$([ $ns != s ] || echo "ip daddr != 198.18.0.0/24 accept")
				drop
			}
		}
		NFT
	done
}
hearing() {
	local ns
	for ns in c1 c2 s; do
		in_ns $ns nft flush ruleset
	done
}

# entered: how many packets have come into the router from c1, c2 and s, and
# were not lost at its interfaces.
entered() {
	in_ns r ip -j -s link show | jq '[.[] | select(.ifname | IN("l1", "l2", "wan")) |
		.stats64.rx | .packets - .dropped] | add'
}

# held: how many sessions it lists.
held() { sessions_say '.sessions | length'; }

# kernel_memory: what the kernel has allocated in small pieces and cannot
# reclaim, in kB.
kernel_memory() { awk '/^SUnreclaim:/ { print $2 }' /proc/meminfo; }

# look MAX: the tables now, and the greatest so far; true if they are bounded
# and the tool answers.
look() {
	local sessions flows
	quietly ptc list && sessions=$(held) && flows=$(entries) || return
	[ "$sessions" -le "$mutate_most" ] || mutate_most=$sessions
	[ "$flows" -le "$mutate_most_flows" ] || mutate_most_flows=$flows
	[ "$sessions" -le "$1" ] && [ "$flows" -le $((mutate_room / 2)) ]
}

# mutated PACKETS SEED MAX: sends so many, and has the bystander be well, and the
# router hold at most MAX sessions, meanwhile.
mutated() {
	local packets=$1 seed=$2 max=$3 before start=$SECONDS times=0 fails=0 debug=0
	! debug_kernel || debug=1
	mutate_room=$(in_ns r sysctl -n net.netfilter.nf_conntrack_max)
	before=$(entered)
	# Some are of a kind that no network device lets through.
	"$mutate_bin" replay "$WORK/tape" c1:eth0 c2:eth0 s:eth0 count=$((packets + packets / 100)) \
		seed="$seed" outside="$WAN" server=$mutate_server via=192.0.2.9 >"$WORK/sender" 2>&1 &
	mutate_sender=$!
	while kill -0 $mutate_sender 2>/dev/null; do
		times=$((times + 1))
		bystander >"$WORK/meanwhile" 2>&1 || { fails=$((fails + 1)); sed 's/^/#   /' "$WORK/meanwhile"; }
		look "$max" || { fails=$((fails + 1)); echo "#   $(held) sessions, $(entries) connections"; }
		# What is looked at takes its time from the packets.
		sleep $((debug ? 10 : 1))
	done
	wait $mutate_sender
	mutate_sender=''
	echo "# $(<"$WORK/sender"), $((SECONDS - start)) s"
	check "$packets packets were sent, seed $seed" grep -q '^ok' "$WORK/sender"
	check "so many came into the router: $(($(entered) - before))" \
		test $(($(entered) - before)) -ge "$packets"
	is "the bystander, the tool and the tables were all right each time of $times" "$fails" 0
	check "at most $max sessions: $mutate_most" test "$mutate_most" -le "$max"
	check "at most half of $mutate_room connections: $mutate_most_flows" \
		test "$mutate_most_flows" -le $((mutate_room / 2))
}

# conntrack_forget: conntrack -D gives up if an entry that it has listed goes by
# itself, so whoever waits asks again.
conntrack_forget() {
	local host
	for host in 10.0.0.11 10.0.0.12; do
		quietly in_ns r conntrack -D -s $host
		quietly in_ns r conntrack -D -d $host
	done
	quietly in_ns r conntrack -D -d "$WAN"
}

# forgotten SESSIONS: nothing is held of c1 and c2, and so many sessions are left.
forgotten() {
	conntrack_forget
	[ "$(held)" = "$1" ] && [ "$(entries)" -le 100 ]
}

# forget PROTOCOL SESSIONS: what c1, c2 and s have made ends; so many sessions
# are left.
forget() {
	local host
	for host in 10.0.0.11 10.0.0.12; do
		check "all sessions of $host end" ptc flush proto "$1" host $host
	done
	check "what was mutated is forgotten" busywait 60 forgotten "$2" ||
		echo "#   $(held) sessions, $(entries) connections"
}

# no_more_than KB: does the kernel hold no more memory than that, by little?  KASAN
# keeps what was freed for a while; there kmemleak finds what is lost.
no_more_than() {
	local spare=8192
	! debug_kernel || spare=49152
	[ "$(kernel_memory)" -le $(($1 + spare)) ]
}

# mutate_all PROTOCOL MAX: all packets, in two parts, so that what the second
# leaves behind shows.  The test has defined "bystander", which succeeds if the
# sessions of c3 are whole, and "newcomer", which makes new ones, with the server
# that was forged to, and ends them.
mutate_all() {
	local protocol=$1 max=$2 sessions before first=$((mutate_packets / 8))
	sessions=$(ptc -j sessions host 10.0.0.13 | jq '.sessions | length')
	deaf
	mutated $first "$mutate_seed" "$max"
	forget "$protocol" "$sessions"
	before=$(kernel_memory)
	mutated $((mutate_packets - first)) $((mutate_seed + 1)) "$max"
	ptc stats | sed 's/^/# /'
	hearing
	check "the bystander's sessions carry data" bystander
	check "it has new ones with the same server" newcomer
	forget "$protocol" "$sessions"
	check "memory is given back" busywait 60 no_more_than "$before"
	echo "# kB in use: $before, then $(kernel_memory)"
}

# rose COUNTER...: what counts bad input has counted.
rose() {
	local name
	for name; do
		check "$name: $(counter "$name")" test "$(counter "$name")" -gt 0
	done
}
