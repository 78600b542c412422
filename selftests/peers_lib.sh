# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Real PPP peers in network namespaces: Debian's pptpd, pptp-linux and pppd.
# Sourced by the pptp_*.sh selftests after lib.sh, and by l2tp_lib.sh, which has
# xl2tpd for the first two.
#
# A tunnel is named by the namespace its client runs in; where one namespace
# dials several, its interface follows: "c1" (interface vpn) or "c1/vpn2".
# PEERS says what dials: pptp or l2tp.
#
#   pptpd_start NS ADDRESS [NET [mppe]]   a server, tunnels in 10.NET.0.0/24
#   tunnel_dial TUNNEL SERVER [mppe]      begin dialling
#   tunnels_dial SERVER TUNNEL...         dial all at once, print how many came up
#   tunnel_hangup, tunnel_kill TUNNEL     end it with and without a goodbye
#   tunnels_alive TUNNEL...               print how many answer a ping
#   tunnels_transfer BYTES TUNNEL...      print how many carry BYTES both ways at once
#   tunnels_list TUNNEL...                one line each
#   watch_start, watch_stop TUNNEL...     ping all the time, and what came of it

. "$(dirname "${BASH_SOURCE[0]}")/traffic_lib.sh"

PEERS=pptp
PEERS_DIR=$WORK/peers
# Seconds for what should happen at once: generous, emulation is slow.
PEER_WAIT=${PEER_WAIT:-60}

# What both ends use.  No keepalives: a test shows what the router does to a
# tunnel, and an echo would hide or cause it.
PPP_COMMON="nobsdcomp nodeflate novj noipv6 asyncmap 0 mtu 1400 mru 1400
nolock nodefaultroute lcp-echo-interval 0 debug"

# ppp_options none|mppe: the options that both ends must agree on.
ppp_options()
{
	echo "$PPP_COMMON"
	case $1 in
	none) echo "noauth noccp" ;;
	mppe) echo "refuse-pap refuse-chap refuse-mschap refuse-eap" ;;
	esac
}

# peers_missing: prints what this machine lacks for real peers, if anything.
peers_missing()
{
	local tool

	for tool in pptpd pptp pppd socat ping; do
		command -v "$tool" >/dev/null || { echo "no $tool"; return; }
	done
	modprobe -qa ppp_generic ppp_async 2>/dev/null
	[ -c /dev/ppp ] || mknod /dev/ppp c 108 0 2>/dev/null
	(: <>/dev/ppp) 2>/dev/null || echo "no PPP in this kernel"
}

# peers_setup: a directory for this run, with an /etc/ppp of its own so that
# nothing configured on this machine has a say; skips the test if real peers
# cannot run here.
peers_setup()
{
	local missing
	missing=$(peers_missing)

	[ -z "$missing" ] || skip_all "$missing"
	mkdir -p "$PEERS_DIR/ppp"
	at_exit peers_cleanup
	: >"$PEERS_DIR/ppp/options"
	: >"$PEERS_DIR/ppp/pap-secrets"
	echo 'user pptpd secret *' >"$PEERS_DIR/ppp/chap-secrets"
	chmod 600 "$PEERS_DIR"/ppp/*
	# A client's pppd says here that its tunnel is up: "LOCAL REMOTE".
	cat >"$PEERS_DIR/ppp/ip-up" <<-EOF
	#!/bin/sh
	[ ! "\$LINKNAME" ] || echo "\$4 \$5" >"$PEERS_DIR/\$LINKNAME.up"
	EOF
	cat >"$PEERS_DIR/ppp/ip-down" <<-EOF
	#!/bin/sh
	[ ! "\$LINKNAME" ] || rm -f "$PEERS_DIR/\$LINKNAME.up"
	EOF
	chmod 755 "$PEERS_DIR"/ppp/ip-*
	# The peers say why they end in the system's log only.
	[ -e /dev/log ] || setsid socat -u UNIX-RECV:/dev/log,unlink-early \
		"CREATE:$PEERS_DIR/syslog.log" 2>/dev/null &
	disown
}

# peers_cleanup: ends every process of this run; shows what they said last if
# a check failed.
peers_cleanup()
{
	local file name

	for file in "$PEERS_DIR"/*.mnt; do
		[ -e "$file" ] || continue
		name=${file##*/}
		peer_signal "${name%.mnt}" KILL
	done
	pkill -f "^socat.*$PEERS_DIR/syslog.log"
	[ "${nfpt_failed:-0}" -eq 0 ] || peers_logs
}

# peer_spawn NAME NS COMMAND...: runs COMMAND in NS with our /etc/ppp and a
# /run of its own (pptp keeps one socket per server address there).  That
# mount namespace also tells which processes belong to NAME.
peer_spawn()
{
	local name=$1 ns=$2
	shift 2

	rm -f "$PEERS_DIR/$name.mnt" "$PEERS_DIR/$name.up"
	# shellcheck disable=SC2016  # for the inner shell
	setsid ip netns exec "$ns" sh -c '
		mount --bind "$1/ppp" /etc/ppp &&
		mount -t tmpfs tmpfs /run &&
		mkdir -p /run/lock /run/pptp || exit
		stat -L -c %i /proc/self/ns/mnt >"$1/$2.mnt"
		shift 2
		exec "$@"' sh "$PEERS_DIR" "$name" "$@" \
		>>"$PEERS_DIR/$name.log" 2>&1 </dev/null &
	echo $! >"$PEERS_DIR/$name.pid"
	disown
	busywait "$PEER_WAIT" test -s "$PEERS_DIR/$name.mnt"
}

# peer_pids NAME: the live processes of NAME; fails if there are none.
peer_pids()
{
	local mnt id path none=1

	{ read -r mnt <"$PEERS_DIR/$1.mnt"; } 2>/dev/null || return 1
	while read -r id path; do
		[ "$id" = "$mnt" ] || continue
		path=${path#/proc/}
		echo "${path%%/*}"
		none=0
	done < <(stat -L -c '%i %n' /proc/[0-9]*/ns/mnt 2>/dev/null)
	return $none
}

# peer_signal NAME SIGNAL [COMM]: to all its processes, or to those called COMM.
peer_signal()
{
	local pid comm

	for pid in $(peer_pids "$1"); do
		{ read -r comm <"/proc/$pid/comm"; } 2>/dev/null || continue
		[ "${3-$comm}" != "$comm" ] || kill "-$2" "$pid" 2>/dev/null
	done
	return 0
}

# peer_gone NAME: true when no process of NAME lives.
peer_gone()
{
	! peer_pids "$1" >/dev/null
}

# pptpd_start NS ADDRESS [NET [none|mppe]]: a server in NS that listens on
# ADDRESS; its end of the tunnels is 10.NET.0.1 (9 unless told), the clients
# get 10.NET.0.101 and up.
pptpd_start()
{
	local ns=$1 address=$2 net=${3:-9} security=${4:-none}
	local base="$PEERS_DIR/pptpd-$1-$2"

	cat >"$base.conf" <<-EOF
	localip 10.$net.0.1
	remoteip 10.$net.0.101-240
	listen $address
	connections 130
	stimeout 120
	EOF
	{
		ppp_options "$security"
		[ "$security" != mppe ] ||
			echo "name pptpd require-mschap-v2 require-mppe-128"
		echo "logfile $base.ppp.log"
	} >"$base.options"
	peer_spawn "${base##*/}" "$ns" pptpd -f -c "$base.conf" \
		-o "$base.options" -p "$base.pptpd-pid"
	busywait "$PEER_WAIT" pptpd_listens "$ns" "$address"
}

# pptpd_listens NS ADDRESS
pptpd_listens()
{
	ip netns exec "$1" ss -Hltn "src $2:1723" | grep -q .
}

# pptpd_stop NS ADDRESS: ends the server, its calls with it.
pptpd_stop()
{
	peer_signal "pptpd-$1-$2" KILL
	busywait "$PEER_WAIT" peer_gone "pptpd-$1-$2"
}

# tunnel_ns TUNNEL, tunnel_dev TUNNEL: its namespace, its interface there.  Its
# processes and files are called tunnel-NS or tunnel-NS-DEV.
tunnel_ns() { echo "${1%%/*}"; }
tunnel_dev() { case $1 in */*) echo "${1#*/}" ;; *) echo vpn ;; esac; }

# tunnel_dial TUNNEL SERVER [OPTION]: begins dialling and does not wait.
tunnel_dial() { "${PEERS}_dial" "$@"; }

# pptp_dial TUNNEL SERVER [none|mppe]
pptp_dial()
{
	local tunnel=$1 server=$2 security=${3:-none} name words
	name=tunnel-${tunnel//\//-}

	words="$(ppp_options "$security")"
	[ "$security" != mppe ] ||
		words+=" user user remotename pptpd password secret require-mppe-128"
	# shellcheck disable=SC2086  # a list of options
	peer_spawn "$name" "$(tunnel_ns "$tunnel")" pppd \
		pty "pptp $server --nolaunchpppd --nohostroute --loglevel 0" \
		nodetach noauth $words ifname "$(tunnel_dev "$tunnel")" \
		linkname "$name" noipdefault ipcp-accept-local ipcp-accept-remote \
		lcp-max-configure 60 lcp-restart 2 logfile "$PEERS_DIR/$name.ppp.log"
}

# tunnel_addresses TUNNEL: "LOCAL REMOTE" inside the tunnel; fails while down.
tunnel_addresses()
{
	local addresses

	{ read -r addresses <"$PEERS_DIR/tunnel-${1//\//-}.up"; } 2>/dev/null &&
		echo "$addresses"
}

# tunnel_settled TUNNEL: true if it is up, or its client has given up.
tunnel_settled()
{
	quietly tunnel_addresses "$1" || "${PEERS}_gave_up" "$1"
}

# pptp_gave_up TUNNEL: true if its pppd has ended.
pptp_gave_up()
{
	! kill -0 "$(<"$PEERS_DIR/tunnel-${1//\//-}.pid")" 2>/dev/null
}

# tunnel_wait TUNNEL: until it has an address; fails if its client gave up.
tunnel_wait()
{
	busywait "$PEER_WAIT" tunnel_settled "$1"
	quietly tunnel_addresses "$1"
}

# tunnels_dial SERVER TUNNEL...: dials all at once, prints how many came up.
tunnels_dial()
{
	local server=$1 tunnel up=0
	shift

	for tunnel; do
		tunnel_dial "$tunnel" "$server"
	done
	for tunnel; do
		tunnel_wait "$tunnel" && up=$((up + 1))
	done
	echo "$up"
}

# tunnel_hangup TUNNEL: ends it as a user does, all goodbyes included.
tunnel_hangup() { "${PEERS}_hangup" "$1"; }

# pptp_hangup TUNNEL
pptp_hangup()
{
	local name
	name=tunnel-${1//\//-}

	peer_signal "$name" TERM pppd
	busywait "$PEER_WAIT" peer_gone "$name" || tunnel_kill "$1"
}

# tunnel_kill TUNNEL...: ends them without a goodbye; the kernel still closes
# the TCP connections.
tunnel_kill()
{
	local tunnel

	for tunnel; do
		peer_signal "tunnel-${tunnel//\//-}" KILL
		rm -f "$PEERS_DIR/tunnel-${tunnel//\//-}.up"
	done
	for tunnel; do
		busywait "$PEER_WAIT" peer_gone "tunnel-${tunnel//\//-}"
	done
}

# tunnel_alive TUNNEL [SECONDS]: true if its far end answers in time.
tunnel_alive()
{
	local there

	there=$(tunnel_addresses "$1") || return 1
	ip netns exec "$(tunnel_ns "$1")" ping -q -n -c 1 -w "${2:-5}" \
		-I "$(tunnel_dev "$1")" "${there#* }" >/dev/null 2>&1
}

# tunnels_alive TUNNEL...: prints how many answer a ping.
tunnels_alive()
{
	count_true tunnel_alive "$@"
}

# tunnel_transfer TUNNEL: TRANSFER_BYTES up and as many down at the same time
# over one TCP connection; true if both arrived unchanged.
tunnel_transfer()
{
	local tunnel=$1 there port server

	there=$(tunnel_addresses "$tunnel") || return 1
	there=${there#* }
	server=$(server_of "$there") || return 1
	# The last octets of the tunnel's own address make a port of its own.
	port=$(tunnel_addresses "$tunnel" | awk -F'[. ]' '{ print 20000 + $4 }')
	transfer "$PEER_WAIT" "$(tunnel_ns "$tunnel")" "$server" "$there" "$port" \
		"$TRANSFER_BYTES"
}

# server_of ADDRESS: the namespace whose server ends tunnels at ADDRESS.
server_of()
{
	local file

	file=$(grep -lxE "local ?ip (= )?$1" "$PEERS_DIR"/*d-*.conf | head -n 1)
	[ -n "$file" ] || return 1
	file=${file##*/*d-}
	echo "${file%%-*}"
}

# tunnels_transfer BYTES TUNNEL...: prints how many tunnels carried BYTES in
# both directions at once, all tunnels at the same time.
tunnels_transfer()
{
	local TRANSFER_BYTES=$1
	shift

	count_true tunnel_transfer "$@"
}

# tunnels_list TUNNEL...: one line each, for people.
tunnels_list()
{
	local tunnel there

	for tunnel; do
		if there=$(tunnel_addresses "$tunnel"); then
			echo "$tunnel: ${there% *} to ${there#* }"
		else
			echo "$tunnel: down"
		fi
	done
}

# watch_start TUNNEL...: five pings a second through each until watch_stop.
watch_start()
{
	local tunnel name there

	for tunnel; do
		name=tunnel-${tunnel//\//-}
		: >"$PEERS_DIR/$name.watch"
		there=$(tunnel_addresses "$tunnel") || continue
		pings_start "$PEERS_DIR/$name.watch" "$(tunnel_ns "$tunnel")" \
			-I "$(tunnel_dev "$tunnel")" "${there#* }"
	done
}

# watch_sees TUNNEL COUNT: true when the watch has had COUNT answers.
watch_sees() { pings_seen "$PEERS_DIR/tunnel-${1//\//-}.watch" "$2"; }

# watch_stop TUNNEL...: ends the watches and prints how many pings were lost,
# not counting those after the last answer.
watch_stop()
{
	local tunnel name files=()

	for tunnel; do
		name=tunnel-${tunnel//\//-}
		files+=("$PEERS_DIR/$name.watch")
		pings_stop "$PEER_WAIT" "$PEERS_DIR/$name.watch"
	done
	awk 'FNR == 1 { lost += last - got; last = got = 0 }
		/bytes from/ { sub(".*icmp_seq=", ""); last = $1 + 0; got++ }
		END { print lost + last - got }' "${files[@]}"
}

# watch_last TUNNEL...: when the last answer on any of them came, in seconds
# since the epoch.
watch_last()
{
	local tunnel files=()

	for tunnel; do
		files+=("$PEERS_DIR/tunnel-${tunnel//\//-}.watch")
	done
	awk -F'[][]' '/bytes from/ && $2 > last { last = $2 }
		END { printf "%.3f\n", last }' "${files[@]}"
}

# hooks: how many netfilter hooks our PPTP has in the router.
hooks() { ptc -j list | jq -r '.protocols[] | select(.name == "pptp") | .hooks'; }

# peers_logs: the last words of every peer.
peers_logs()
{
	local file

	for file in "$PEERS_DIR"/*.log; do
		[ -s "$file" ] || continue
		echo "# ${file##*/}:"
		# pppd has a log of its own, and the system's has no line ends.
		sed -E 's/<[0-9]+>/\n/g' "$file" | grep -aE -v ' pppd\[|^$' |
			tail -n 12 | cut -c-160 | sed 's/^/#   /'
	done
}
