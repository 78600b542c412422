# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Routers with traffic, and what happens to them.  Sourced by core_soak.sh after
# lib.sh.
#
#   site NAME                       a router of its own, with two hosts and a server
#   traffic PROTO NAME              sessions that come and go there, until soak_ends
#   steady PROTO NAME               sessions that stay, every packet counted, until
#                                   steady_stop
#   meddle NAME                     one change after another there, until soak_ends
#   readers N NAME...               somebody asks all the time, until soak_ends
#
# All run in the background, with a directory of their own below $SOAK_DIR, and
# draw their lots from NFPT_SEED: each takes the same decisions again.  The time
# of day is changed meanwhile: what waits here looks at the time since boot.
#
#	NAMEa 10.0.0.11 --+
#	NAMEb 10.0.0.12 --+- lan [ NAME ] wan 192.0.2.1 --- 192.0.2.2 NAMEs
#
# NAMEs is every gateway and server of 198.18.0.0/15, too; NAMEx is where an
# interface goes that leaves its router.

SOAK_DIR=$WORK/soak
SOAK_PROTOS=(pptp ipsec l2tp)
SOAK_SERVERS=198.18.0.0/15
# shellcheck disable=SC2034 # for who sources this
declare -A SOAK_MODULE=([pptp]=nf_pptp_gre_helper [ipsec]=nf_ipsec_natt_helper
	[l2tp]=nf_l2tp_helper)
: "${NFPT_SEED:=$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')}"
mkdir -p "$SOAK_DIR"

# uptime_ms: in UPTIME; nobody sets this clock.
uptime_ms() {
	local seconds
	read -r seconds _ </proc/uptime
	UPTIME=$((10#${seconds/./} * 10))
}

# pick WORD...: one of them, in PICK.
pick() { PICK=${*:1 + RANDOM % $#:1}; }

# lots NUMBER: this process draws its own.
lots() { RANDOM=$(((NFPT_SEED * 64 + $1) & 0x7fffffff)); }

# soak_goes: true until soak_ends; meddles: until soak_calms, too.
soak_goes() { [ -d "$SOAK_DIR" ] && [ ! -e "$SOAK_DIR/end" ]; }
soak_meddles() { soak_goes && [ ! -e "$SOAK_DIR/calm" ]; }

# soak_background NAME COMMAND...: in the background, in a directory of its own
# (WORK), with its output there.
declare -A SOAK_PIDS=()
soak_background() {
	local name=$1
	shift
	rm -rf "${SOAK_DIR:?}/$name"
	mkdir -p "$SOAK_DIR/$name"
	(
		WORK=$SOAK_DIR/$name
		cd "$WORK" || exit
		"$@"
	) >"$SOAK_DIR/$name/log" 2>&1 </dev/null &
	SOAK_PIDS[$name]=$!
}

# soak_calms NAME...: no more changes there; true when the last is made.
soak_calms() {
	local name
	: >"$SOAK_DIR/calm"
	for name; do
		soak_joined "$name-meddle" || return
	done
}

# soak_ends: tells all to end; true when they have.
soak_ends() {
	local name
	: >"$SOAK_DIR/end"
	for name in "${!SOAK_PIDS[@]}"; do
		soak_joined "$name" || return
	done
}

# soak_joined NAME: true when it has ended by itself, in the time that a slow
# machine needs.
soak_joined() {
	local pid=${SOAK_PIDS[$1]} end
	uptime_ms
	end=$((UPTIME + 300000))
	while kill -0 "$pid" 2>/dev/null; do
		uptime_ms
		[ $UPTIME -lt $end ] || { echo "# $1 does not end"; return 1; }
		sleep 0.1
	done
	unset "SOAK_PIDS[$1]"
}

# soak_kill: whatever happened, at exit.
soak_kill() {
	[ ${#SOAK_PIDS[@]} -eq 0 ] || kill -9 "${SOAK_PIDS[@]}" 2>/dev/null
	SOAK_PIDS=()
}

# tell_all TEXT: on the test's own output, with the time; what a replay needs.
tell_all() {
	uptime_ms
	printf '# %d.%03d %s\n' $((UPTIME / 1000)) $((UPTIME % 1000)) "$*" >&3
}

# Sites.

# site NAME
site() {
	local r=$1 h
	setup_ns "${r}a" "${r}b" "${r}s" "${r}x"
	nfpt_ns+=("$r")
	# A connection that nobody answers any more holds its namespace for long.
	for h in a b s; do
		ip netns exec "$r$h" sysctl -qw net.ipv4.tcp_orphan_retries=1 \
			net.ipv4.tcp_retries2=3
	done
	ip -n "${r}s" route add local $SOAK_SERVERS dev lo
	site_router "$r"
}

# site_router NAME: the router and its wires.
site_router() {
	local r=$1 h n=11
	ip netns add "$r" || bail "make router $r"
	ip -n "$r" link set lo up
	ip -n "$r" link add lan type bridge forward_delay 0
	ip -n "$r" link set lan up
	ip -n "$r" addr add 10.0.0.1/24 dev lan
	for h in a b; do
		site_wire "$r" "l$h" "$r$h"
		ip -n "$r" link set "l$h" master lan
		ip -n "$r$h" addr add "10.0.0.$((n++))/24" dev eth0
		ip -n "$r$h" route add default via 10.0.0.1
	done
	site_wire "$r" wan "${r}s"
	ip -n "${r}s" addr add "${SERVER:?}/24" dev eth0
	site_address "$r" "$WAN"
	ip netns exec "$r" sysctl -qw net.ipv4.ip_forward=1
	firewall "$r"
}

# site_wire NAME DEV NS: to eth0 there, which a router that is gone may have left.
site_wire() {
	quietly ip -n "$3" link del eth0
	link "$1" "$2" "$3" eth0
}

# site_address NAME ADDRESS: the wan has it, and the way out.
site_address() {
	ip -n "$1" addr flush dev wan &&
		ip -n "$1" addr add "$2/24" dev wan &&
		ip -n "$1" route replace $SOAK_SERVERS via "$SERVER"
}

# site_file NAME KIND: a configuration file, its name in FILE.
#   good	all enabled, as set by default
#   other	states and settings by lot
site_file() {
	local proto
	FILE=$SOAK_DIR/$1.$2
	for proto in "${SOAK_PROTOS[@]}"; do
		pick enabled enabled disabled bypassed
		[ "$2" = other ] || PICK=enabled
		printf '[%s]\nstate = %s\n' "$proto" "$PICK"
		[ "$2" = other ] || continue
		pick 1 8 65536
		printf 'max-sessions = %s\n' "$PICK"
	done >"$FILE"
}

# on NAME COMMAND...: passthroughctl there.
on() {
	local r=$1
	shift
	passthroughctl -n "$r" "$@"
}

# site_peers NAME: synthetic peers a, b and s in its namespaces.
site_peers() {
	local h
	peers_start
	for h in a b s; do
		tell host $h "ns=$1$h" || return
	done
}

# Sessions that stay.

# steady PROTO NAME: each round sends some packets through all of them, both
# ways, and waits for these: "ROUNDS SENT RECEIVED" in the file sums, and what
# went wrong in the file faults.
steady() {
	soak_background "steady-$1" steady_run "$1" "$2"
}

steady_run() {
	local proto=$1 r=$2 rounds=0 sent=0 received=0
	# shellcheck source=/dev/null
	. "${nfpt_top:?}/selftests/${proto}_peer/peer.sh"
	# shellcheck disable=SC2034 # for peer.sh
	peer_patience=()
	site_peers "$r" && "steady_${proto}_up" || exit
	: >faults
	while [ ! -e stop ]; do
		"steady_${proto}_round" || { uptime_ms; echo "$UPTIME $PEER"; } >>faults
		rounds=$((rounds + 1))
		sent=$((sent + ${ANSWER[sent]-0}))
		received=$((received + ${ANSWER[received]-0} + ${ANSWER[right]-0}))
		echo $rounds $sent $received >sums.new
		mv sums.new sums
		sleep 0.3
	done
}

# What is late is not lost.
STEADY_WAIT=quiet-ms=60000

steady_pptp_up() {
	tell link a dial=a accept=s "to=$SERVER" &&
		tell link b dial=b accept=s "to=$SERVER" &&
		tell calls a count=4 pns=0 pac=0 && tell calls b count=4 pns=0 pac=100
}
steady_pptp_round() { ask gre all rounds=2 $STEADY_WAIT; }

# Two hosts with one gateway, one of them with another one, too.
steady_ipsec_up() {
	tunnels 198.18.0.1 a=a b=b && tunnels 198.18.0.2 c=a &&
		tell run a,b,c limit-ms=60000
}
steady_ipsec_round() { ask esp a,b,c from=both count=3 $STEADY_WAIT; }

steady_l2tp_up() {
	server=198.18.0.1
	tunnels version=2 a=a b=b && tunnels version=3 c=a &&
		tunnels over=ip d=b && up a,b,c,d
}
steady_l2tp_round() { ask data a,b,c,d from=both count=2 $STEADY_WAIT; }

# steady_ids PROTO NAME: the sessions there, by their ids.
steady_ids() { on "$2" -j sessions "$1" | jq -c '[.sessions[].id] | sort'; }

# steady_settled PROTO: true when they are up, or have given up.
steady_settled() {
	[ -s "$SOAK_DIR/steady-$1/sums" ] || ! kill -0 "${SOAK_PIDS[steady-$1]}" 2>/dev/null
}

# steady_begins PROTO NAME: they are up, and known.
steady_begins() {
	busywait 300 steady_settled "$1"
	if ! check "steady $1: packets pass" test -s "$SOAK_DIR/steady-$1/sums"; then
		sed 's/^/#   /' "$SOAK_DIR/steady-$1/log"
		return 1
	fi
	steady_ids "$1" "$2" >"$SOAK_DIR/steady-$1/ids"
}

# steady_stop PROTO NAME: ends them, and judges.
steady_stop() {
	local dir=$SOAK_DIR/steady-$1 rounds sent received ids
	ids=$(steady_ids "$1" "$2")
	: >"$dir/stop"
	check "steady $1: ends" soak_joined "steady-$1"
	read -r rounds sent received <"$dir/sums"
	is "steady $1: received of $sent packets in $rounds rounds" "$received" "$sent"
	is "steady $1: nothing went wrong" "$(head -n 3 "$dir/faults")" ""
	is "steady $1: the sessions are those that they were" "$ids" "$(cat "$dir/ids")"
}

# Sessions that come and go.

# traffic PROTO NAME
traffic() {
	local number=$((${#SOAK_PIDS[@]} + 1))
	soak_background "$2-$1" traffic_run "$1" "$2" $number
}

# What a meddled-with router lets through, and how long to wait for it.
traffic_run() {
	local proto=$1 r=$2 n=0 passed=0
	lots "$3"
	# shellcheck source=/dev/null
	. "${nfpt_top:?}/selftests/${proto}_peer/peer.sh"
	# shellcheck disable=SC2034 # for peer.sh
	peer_patience=()
	echo 0 0 >sums
	while soak_goes; do
		# What was begun and not ended is forgotten now and then.
		[ $((n % 40)) -ne 0 ] || { peers_stop; site_peers "$r"; }
		n=$((n + 1))
		pick a b
		"traffic_$proto" "$PICK" $n && passed=$((passed + 1))
		echo $passed $n >sums
		sleep 0.$((RANDOM % 10))
	done >traffic
	peers_stop
}

traffic_pptp() {
	local h=$1 link=l$2 status kind=
	ask link "$link" "dial=$h" accept=s "to=$SERVER" timeout=2 || return
	! ((RANDOM % 4 == 0)) || kind=incoming
	ask calls "$link" count=$((1 + RANDOM % 40)) pns=0 pac=$RANDOM $kind timeout=2 &&
		ask gre "$link" rounds=4 quiet-ms=200
	status=$?
	pick "clear $link call=0 timeout=1" "icmp $link call=0 from=pac quiet-ms=100" \
		"inject $link from=pns mutated=3 seed=$RANDOM timeout=1" \
		"gre $link rounds=20 quiet-ms=200"
	ask "$PICK"
	pick "how=stop" "how=plain from=pac" "how=reset" "how=reset from=pac" ''
	[ -z "$PICK" ] || ask close "$link" "$PICK" timeout=1
	return $status
}

traffic_ipsec() {
	local h=$1 t=t$2 status udp='' gateway=198.18.0.$((1 + RANDOM % 4))
	! ((RANDOM % 4 == 0)) || udp=udp
	ask tunnel "$t" "host=$h" gw=s "at=$gateway" $udp || return
	ask ike "$t" init timeout=1 && ask ike "$t" auth timeout=1 &&
		ask sa "$t" count=$((1 + RANDOM % 4)) &&
		ask esp "$t" sa=all from=host count=2 quiet-ms=200 &&
		ask esp "$t" sa=all from=both count=4 quiet-ms=200
	status=$?
	pick "ike $t child timeout=1" "ike $t info timeout=1" "keepalive $t" \
		"icmp $t from=gw quiet-ms=100" \
		"forge s source=$gateway to=$WAN count=40 step=7 quiet-ms=10" \
		"esp $t sa=all from=both count=20 quiet-ms=200"
	ask "$PICK"
	return $status
}

traffic_l2tp() {
	local h=$1 t=t$2 status how server=198.18.0.$((1 + RANDOM % 8))
	pick "version=2" "version=2" "version=3" "version=3 digest" "over=ip" "hidden=tunnel" \
		"answer-port=1705" "data-to=1701"
	how=$PICK
	! ((RANDOM % 4 == 0)) || how+=" id=77"
	ask tunnel "$t" "host=$h" server=s "at=$server" "$how" || return
	ask control "$t" connect timeout=1 && ask control "$t" icrq timeout=1 &&
		ask data "$t" from=both count=4 quiet-ms=200
	status=$?
	pick "control $t hello timeout=1" "control $t cdn timeout=1" "control $t stop timeout=1" \
		"control $t stop from=server timeout=1" "control $t icrq from=server timeout=1" \
		"icmp $t from=server quiet-ms=100" "session $t" \
		"forge s source=$server to=$WAN count=20 quiet-ms=10" \
		"data $t session=all from=both count=20 quiet-ms=200"
	ask "$PICK"
	return $status
}

# What happens to a router.

# meddle NAME: "DONE REFUSED" in the file sums, what should not have been refused
# in the file faults.
meddle() {
	soak_background "$1-meddle" meddle_run "$1" $((${#SOAK_PIDS[@]} + 1))
}

MEDDLE=(state state state state set set set set flush flush file forget link move rename
	address anew)

meddle_run() {
	local r=$1 done=0
	lots "$2"
	: >faults
	while soak_meddles; do
		pick "${MEDDLE[@]}"
		"meddle_$PICK" "$r"
		done=$((done + 1))
		# What is broken all the time is not tried.
		if ((RANDOM % 2)); then
			site_file "$r" good
			does "$r" 0 on "$r" apply "$FILE"
		fi
		echo $done >sums
		sleep 0.$((RANDOM % 10))
	done
}

# does NAME STATUS[,STATUS...] COMMAND...: told, and a fault if it ends otherwise.
# While modules come and go the one that is asked may be away.
does() {
	local r=$1 may=,$2, status
	shift 2
	tell_all "$r: $*"
	[ ! -e "$SOAK_DIR/unloads" ] || may+=2,3,
	"$@" >said 2>&1
	status=$?
	[[ $may != *,$status,* ]] || return 0
	[[ ! -e "$SOAK_DIR/unloads" || $status -gt 3 ]] || return 0
	tell_all "$r: $* ended with $status: $(head -c 300 said)" 2>&1
	echo "$* ended with $status: $(head -c 300 said)" >>faults
}

meddle_state() {
	local proto
	pick "${SOAK_PROTOS[@]}"
	proto=$PICK
	pick enable enable disable bypass
	does "$1" 0 on "$1" "$PICK" "$proto"
}

# A pin may be there already.
meddle_set() {
	local proto may=0
	pick "${SOAK_PROTOS[@]}"
	proto=$PICK
	if ((RANDOM % 4 == 0)); then
		pick any lan,wan 'lan,wan*' lan,ppp9
		does "$1" 0 on "$1" set "$proto" interface "$PICK"
		return
	fi
	case $proto in
	pptp) pick "max-sessions 3" "max-per-host 2" "port 1723,1724" "port 1724" \
		"gre-replied 1 gre-unreplied 1" "setup-timeout 1" "max-sessions 65536 port 1723" ;;
	ipsec) pick "max-sessions 1" "max-per-host 2" "max-per-gateway 1" "credit 1" "ike-idle 1" \
		"esp-replied 1 esp-unreplied 1 natt-idle 1" "pin 10.0.0.11 198.18.0.1" \
		"keep-port 10.0.0.12" "max-per-host 256 max-per-gateway 4096" ;;
	l2tp) pick "max-sessions 1" "max-per-host 1" "max-per-server 1" "idle 1" "source-port 1701" \
		"pin 10.0.0.12 198.18.0.2" "max-sessions 65536 idle 300" ;;
	esac
	[[ $PICK != pin* && $PICK != keep* ]] || may=0,2
	# shellcheck disable=SC2086 # words
	does "$1" $may on "$1" set "$proto" $PICK
}

# A protocol that was never asked for has no module yet.
meddle_flush() {
	pick "" pptp ipsec l2tp "host 10.0.0.11" "server $SERVER" "ipsec server 198.18.0.1" \
		"l2tp host 10.0.0.12" "state pending" "pptp state established" "id $RANDOM"
	# shellcheck disable=SC2086 # words
	does "$1" 0,3 on "$1" flush $PICK
}

meddle_file() {
	local how
	site_file "$1" other
	pick apply sync
	how=$PICK
	does "$1" 0 on "$1" "$how" "$FILE"
}

meddle_forget() { does "$1" 0 ip netns exec "$1" conntrack -F; }

meddle_link() {
	pick wan lan la
	does "$1" 0 ip -n "$1" link set "$PICK" down
	sleep 0.$((RANDOM % 10))
	does "$1" 0 ip -n "$1" link set "$PICK" up
	does "$1" 0 site_address "$1" "$WAN"
}

# The wan leaves for another namespace, and comes back.
meddle_move() {
	does "$1" 0 ip -n "$1" link set wan netns "${1}x"
	sleep 0.$((RANDOM % 10))
	does "$1" 0 ip -n "${1}x" link set wan netns "$1"
	does "$1" 0 ip -n "$1" link set wan up
	does "$1" 0 site_address "$1" "$WAN"
}

meddle_rename() {
	local dev
	for dev in "wan ppp9" "ppp9 wan"; do
		does "$1" 0 ip -n "$1" link set "${dev% *}" down
		does "$1" 0 ip -n "$1" link set "${dev% *}" name "${dev#* }"
		does "$1" 0 ip -n "$1" link set "${dev#* }" up
		sleep 0.$((RANDOM % 10))
	done
	does "$1" 0 site_address "$1" "$WAN"
}

meddle_address() {
	pick 192.0.2.1 192.0.2.77 192.0.2.78
	WAN=$PICK
	does "$1" 0 site_address "$1" "$WAN"
}

# The router is gone with all that it held, and there is another one.
meddle_anew() {
	does "$1" 0 ip netns del "$1"
	sleep 0.$((RANDOM % 10))
	does "$1" 0 site_router "$1"
	site_file "$1" good
	does "$1" 0 on "$1" apply "$FILE"
}

# Who asks.

# readers N NAME...: N who ask for what there is, and one for each router who
# listens.
readers() {
	local n=$1 r
	shift
	while [ "$n" -gt 0 ]; do
		soak_background "reader-$n" reader_run "$n" "$@"
		n=$((n - 1))
	done
	for r; do
		soak_background "listener-$r" listener_run "$r"
	done
}

# reader_run NUMBER NAME...: what is said is JSON, or jq says otherwise; a router
# that is not there is an honest answer.
reader_run() {
	local r asked=0 status
	lots "$((32 + $1))"
	shift
	: >faults
	while soak_goes; do
		pick "$@"
		r=$PICK
		pick sessions sessions "sessions pptp" "sessions host 10.0.0.11" stats list save
		# shellcheck disable=SC2086 # words
		passthroughctl -n "$r" -j $PICK 2>>err
		status=$?
		asked=$((asked + 1))
		echo $asked >asked
		[ $status -le 3 ] || echo "$r $PICK ended with $status" >>faults
		sleep 1
	done | jq -n 'reduce inputs as $i ({}; .answers += 1 |
		if $i.interrupted then .interrupted += 1 else . end |
		if $i.error then .errors += 1 else . end |
		if ($i.sessions // [] | length) > 0 then .held += 1 else . end)' >answers 2>>faults
}

# listener_run NAME: a listener keeps the namespace of a router that is gone, so
# none listens for long.
listener_run() {
	: >faults
	while soak_goes; do
		timeout -s INT 5 passthroughctl -n "$1" -j monitor 2>>err
		sleep 0.2
	done | jq -n 'reduce inputs as $i ({}; .[[$i.event // "error",
		$i.session.protocol? // $i.protocol.name? //
		""] | map(tostring) | join(" ")] += 1)' >answers 2>>faults
}
