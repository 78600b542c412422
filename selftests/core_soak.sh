#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 2400
#
# Load and change: two routers v1 and v2 to which everything happens, states,
# settings, flushes, addresses, interfaces, new routers in their place, while
# the modules come and go and the clock jumps; and two beside them, r with real
# peers and q with synthetic ones, whose sessions nobody touches and which must
# not lose a packet.
#
#	c1 pptp, c2 ipsec, c3 l2tp --- [ r ] --- s
#	qa, qb --- [ q ] --- qs		v1a, v1b --- [ v1 ] --- v1s	and v2
#
# NFPT_SOAK=SECONDS is how long, NFPT_SEED=N repeats what was done to whom, in
# the order of each router; for hours run this file itself, not by run.sh.  A module
# is unloaded while nobody counts the packets of its protocol, and all of them at
# the end.
# jq's variables are not the shell's:
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/l2tp_lib.sh"
. "$(dirname "$0")/ipsec_lib.sh"
. "$(dirname "$0")/soak_lib.sh"

: "${NFPT_SOAK:=24}"
exec 3>&1
echo "# NFPT_SEED=$NFPT_SEED NFPT_SOAK=$NFPT_SOAK"
lots 0
routers=(r q v1 v2)
victims=(v1 v2)

# held CACHE: how many objects of a kind there are, none of them freed ones that
# wait in some list; fails where the kernel cannot say.
held() {
	{ echo 1 >"/sys/kernel/slab/$1/shrink"; } 2>/dev/null || return
	awk -v name="$1" '$1 == name { print $2; found = 1 } END { exit !found }' /proc/slabinfo
}

# held_is CACHE COUNT: no more than that.  What is left of a namespace is freed
# when the next one is taken down.
held_is() {
	local n
	ip netns add next && ip netns del next
	sleep 0.5
	n=$(held "$1")
	[ "$n" -le "$2" ] || { echo "$n"; return 1; }
}

# none_tracked NAME: conntrack's entries there go when they are told to.
none_tracked() {
	quietly ip netns exec "$1" conntrack -F
	[ "$(ip netns exec "$1" conntrack -C)" = 0 ]
}

# references MODULE: how many use it; 0 if it is not there.
references() { cat "/sys/module/$1/refcnt" 2>/dev/null || echo 0; }

# hooks_of NAME: how many hooks and sessions of ours are there.
hooks_of() { on "$1" -j list | jq '[.protocols[] | .hooks + .sessions] | add'; }

# Real peers, in r.

declare -A real_client=([pptp]=c1 [ipsec]=c2 [l2tp]=c3)

real_servers() { pptpd_start s "$SERVER" && lns_start s && plutos_start c2; }

# real_pings PROTO: the file where they are.
real_pings() {
	case $1 in
	ipsec) echo "$IPSEC_DIR/c2.watch" ;;
	*) echo "$PEERS_DIR/tunnel-${real_client[$1]}.watch" ;;
	esac
}

# real_alive PROTO
real_alive() {
	case $1 in
	ipsec) client_calls c2 ;;
	*) tunnel_alive "${real_client[$1]}" ;;
	esac
}

# real_dials PROTO: afresh, if it has not been there before, or is not any more.
real_dials() {
	local client=${real_client[$1]} PEERS=$1
	[ -e "$SOAK_DIR/real-$1.ids" ] && busywait 20 real_alive "$1" && return
	case $1 in
	ipsec) ipsec_up c2 ;;
	*)
		[ ! -e "$PEERS_DIR/tunnel-$client.mnt" ] || tunnel_kill "$client"
		tunnels_dial "$SERVER" "$client"
		;;
	esac
}

# real_begins PROTO: it is up, and pinged all the time.
real_begins() {
	check "real $1: dialled" soak_joined "real-$1"
	check "real $1: up" busywait 120 real_alive "$1" || return
	case $1 in
	ipsec) pings_start "$(real_pings ipsec)" c2 $INNER ;;
	*) watch_start "${real_client[$1]}" ;;
	esac
	check "real $1: is answered" busywait 60 pings_seen "$(real_pings "$1")" 3
	steady_ids "$1" r >"$SOAK_DIR/real-$1.ids"
}

# real_stop PROTO: ends the pings, and judges.
real_stop() {
	local sent received ids
	ids=$(steady_ids "$1" r)
	pings_stop 120 "$(real_pings "$1")"
	# The last may be on its way.
	read -r sent received < <(awk '/bytes from/ { sub(".*icmp_seq=", ""); last = $1 + 0; got++ }
		END { print last + 0, got + 0 }' "$(real_pings "$1")")
	is "real $1: answers to $sent pings" "$received" "$sent"
	is "real $1: the sessions are those that they were" "$ids" "$(cat "$SOAK_DIR/real-$1.ids")"
}

# begin PROTO..., stop PROTO...: what nobody touches.  Real peers take their time
# to dial: again only if there is another round.
begin() {
	local proto
	for proto; do
		steady "$proto" q
		last_round || soak_background "real-$proto" real_dials "$proto"
	done
	for proto; do
		steady_begins "$proto" q || return
		last_round || real_begins "$proto" || return
	done
}
stop() {
	local proto
	for proto; do
		steady_stop "$proto" q
		! [ -e "$(real_pings "$proto").pid" ] || real_stop "$proto"
	done
}
last_round() { [ "$round" -ge "$rounds" ]; }

# What happens to the whole machine.

# step_clock: the time of day jumps, and comes back.
step_clock() {
	pick 60 3600 2592000
	tell_all "clock: $PICK s ahead"
	date -s "@$(($(date +%s) + PICK))" >/dev/null
	sleep 1
	tell_all "clock: $PICK s back"
	date -s "@$(($(date +%s) - PICK))" >/dev/null
}

# gone MODULE: it goes, or has gone.
gone() { rmmod "$1" 2>"$SOAK_DIR/rmmod" || [ ! -d "/sys/module/$1" ]; }

# unload MODULE...: true if each is gone, in this order; who asks for something just
# now holds it, or loads it, for that long, which on a slow machine is long.
unload() {
	local module end
	uptime_ms
	end=$((UPTIME + 180000))
	for module; do
		until gone "$module"; do
			uptime_ms
			[ "$UPTIME" -lt "$end" ] || { cat "$SOAK_DIR/rmmod"; return 1; }
			sleep 0.1
		done
	done
}

# cycle PROTO: its module goes, with all that it holds, and is there again.
cycle() {
	tell_all "module: ${SOAK_MODULE[$1]} goes"
	[ ! -d "/sys/module/${SOAK_MODULE[$1]}" ] ||
		check "unload ${SOAK_MODULE[$1]}" unload "${SOAK_MODULE[$1]}"
	sleep 0.$((RANDOM % 10))
	tell_all "module: ${SOAK_MODULE[$1]} comes"
	check "load ${SOAK_MODULE[$1]}" modprobe "${SOAK_MODULE[$1]}"
	check "enable $1 again" eval "on q enable $1 && on r enable $1"
}

# phase SECONDS [PROTO]: with that protocol's module coming and going.
phase() {
	local end proto=${2-}
	tell_all "phase: $1 s, ${proto:-all} ${proto:+comes and goes}"
	uptime_ms
	end=$((UPTIME + $1 * 1000))
	while [ $UPTIME -lt $end ]; do
		[ ! "$proto" ] || cycle "$proto"
		! ((RANDOM % 3 == 0)) || step_clock
		sleep $((1 + RANDOM % 3))
		uptime_ms
	done
}

at_exit soak_kill
conntracks=$(held nf_conntrack)
namespaces=$(held net_namespace)
echo "# held before: ${conntracks:-?} conntracks, ${namespaces:-?} namespaces"

topology 3
l2tp_setup
ipsec_setup 2
for r in q "${victims[@]}"; do
	site "$r"
done
# Nobody's packets are lost because the processor has too many others.
sysctl -qw net.core.netdev_max_backlog=20000 2>/dev/null
for r in "${routers[@]}"; do
	check "$r: all is enabled" on "$r" enable "${SOAK_PROTOS[@]}"
done
check "real servers listen" real_servers
# The longer, the more often.
rounds=$((1 + NFPT_SOAK / 600)) round=0
each=$((NFPT_SOAK / rounds / 4))
begin "${SOAK_PROTOS[@]}" || bail "nothing to compare with"
for r in "${victims[@]}"; do
	for proto in "${SOAK_PROTOS[@]}"; do
		traffic "$proto" "$r"
	done
done
readers 4 "${routers[@]}"
for r in "${victims[@]}"; do
	meddle "$r"
done

while [ $round -lt $rounds ]; do
	round=$((round + 1))
	phase $each
	for proto in "${SOAK_PROTOS[@]}"; do
		: >"$SOAK_DIR/unloads"
		stop "$proto"
		phase $each "$proto"
		rm "$SOAK_DIR/unloads"
		begin "$proto"
	done
done
stop "${SOAK_PROTOS[@]}"
check "no more changes" soak_calms "${victims[@]}"
for ((i = 0; i < 3; i++)); do
	for r in "${routers[@]}"; do
		check "$r: all is enabled" on "$r" enable "${SOAK_PROTOS[@]}"
	done
	sleep 3
	tell_all "module: all go"
	check "unload all" unload "${SOAK_MODULE[@]}" nf_passthrough
done
for r in "${routers[@]}"; do
	check "$r: all is enabled" on "$r" enable "${SOAK_PROTOS[@]}"
done
check "all end" soak_ends

# What was done.
for r in "${victims[@]}"; do
	for proto in "${SOAK_PROTOS[@]}"; do
		read -r passed tried <"$SOAK_DIR/$r-$proto/sums"
		check "$r: $passed of $tried rounds of $proto passed" [ "$passed" -gt 0 ]
	done
	read -r n <"$SOAK_DIR/$r-meddle/sums"
	is "$r: $n changes, none ended as it should not" "$(cat "$SOAK_DIR/$r-meddle/faults")" ""
	check "listener of $r: $(jq -c . "$SOAK_DIR/listener-$r/answers")" \
		[ ! -s "$SOAK_DIR/listener-$r/faults" ]
done
for i in 1 2 3 4; do
	check "reader $i: $(jq -c . "$SOAK_DIR/reader-$i/answers")" \
		jq -e --argjson asked "$(<"$SOAK_DIR/reader-$i/asked")" \
			'.answers == $asked and .held > 0' "$SOAK_DIR/reader-$i/answers"
	is "none ended as it should not" "$(head -n 3 "$SOAK_DIR/reader-$i/faults")" ""
done

# What is left.
tunnel_kill c1 c3
pptpd_stop s "$SERVER"
lns_stop s
peers_stop
for r in "${routers[@]}"; do
	check "$r: all is bypassed" on "$r" bypass "${SOAK_PROTOS[@]}"
	is "$r: hooks and sessions" "$(hooks_of "$r")" 0
	check "$r: no conntrack is left" busywait 60 none_tracked "$r"
done
for proto in "${SOAK_PROTOS[@]}"; do
	is "references to ${SOAK_MODULE[$proto]}" "$(references "${SOAK_MODULE[$proto]}")" 0
done
is "references to nf_passthrough, by protocols" "$(references nf_passthrough)" ${#SOAK_PROTOS[@]}
cleanup_ns
if [ "$conntracks" ]; then
	check "no more conntracks are held than before, $conntracks" \
		busywait 300 held_is nf_conntrack "$conntracks"
fi
if [ "$namespaces" ]; then
	check "no more namespaces are held than before, $namespaces, and the last" \
		busywait 300 held_is net_namespace $((namespaces + 1))
fi
check "the modules go" unload "${SOAK_MODULE[@]}" nf_passthrough
done_testing
