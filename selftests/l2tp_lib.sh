# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Real L2TP peers in network namespaces: Debian's xl2tpd with pppd, and the
# kernel's own L2TPv3.  Sourced by the l2tp_*.sh selftests after lib.sh.
#
#	c1..cN 10.0.0.(10+N) --- [ r ] --- 192.0.2.2 s
#
# Tunnels are dialled, pinged and ended with the functions of peers_lib.sh.  Each
# xl2tpd has its own configuration, secrets, control and pid file.
#
#   l2tp_setup                             instead of peers_setup
#   lns_start NS [NET [OPTION]]            a server, tunnels in 10.NET.0.0/24
#   lns_odd moved|data1701|strict|none     what packets of server s look like
#   lns_ignored                            how many a strict server has ignored
#   tunnel_dial TUNNEL SERVER [OPTION...]  see xl2tpd_spawn
#   l2tp_disconnect TUNNEL                 StopCCN
#   l2tp_pause, l2tp_resume NS...          nobody greets
#   l2tp_called TUNNEL...                  how many answer the server's ping
#   static_up udp|ip plain|cookies c1...   L2TPv3 that nobody negotiates, to s;
#                                          with IPv6 on it if STATIC_IPV6 is set
#   static_alive, static_called, static_transfer, static_down
#   l2tp_mappings                          conntrack's entries for UDP 1701

. "$(dirname "${BASH_SOURCE[0]}")/peers_lib.sh"

# shellcheck disable=SC2034 # peers_lib.sh reads it
PEERS=l2tp
L2TP_PORT=1701
# Where a server goes on that answers from another port.
MOVED_PORT=41701

# l2tp_setup: skips the test if xl2tpd cannot run here.
l2tp_setup()
{
	command -v xl2tpd >/dev/null || skip_all "no xl2tpd"
	modprobe -qa l2tp_ppp pppol2tp 2>/dev/null
	peers_setup
	: >"$PEERS_DIR/l2tp-secrets"
}

# l2tp_helper STATE: enable, disable or bypass; with NFPT_HELPER=stock nothing,
# to try the peers without the module.
l2tp_helper() { stock || ptc "$1" l2tp; }

# stock: true if the tests run without our module.
stock() { [ "${NFPT_HELPER-}" = stock ]; }

# xl2tpd_spawn NAME NS [OPTION...]: one with the configuration NAME.conf, the
# global section goes before it.  OPTION is
#   user	without the kernel's data path
#   port=N	its own UDP port, 1701 if not told
#   id=N	the id of its tunnel and of its call: what it takes for random
xl2tpd_spawn()
{
	local name=$1 ns=$2 base=$PEERS_DIR/$1 force=no port=$L2TP_PORT random='' option
	shift 2

	for option; do
		case $option in
		user) force=yes ;;
		port=*) port=${option#*=} ;;
		id=*)
			random=$base.random
			printf '%b' "$(printf '\\x%02x\\x%02x' $((${option#*=} & 255)) \
				$((${option#*=} >> 8)))" >"$random"
			;;
		esac
	done
	printf '%s\n' "[global]" "listen-addr = $(outer_address "$ns")" "port = $port" \
		"force userspace = $force" "$(cat "$base.conf")" >"$base.xl2tpd"
	rm -f "$base.control" "$base.log"
	# shellcheck disable=SC2016  # for the inner shell
	peer_spawn "$name" "$ns" sh -c '
		[ ! "$1" ] || mount --bind "$1" /dev/urandom || exit
		shift
		exec "$@"' sh "$random" xl2tpd -D -c "$base.xl2tpd" \
		-C "$base.control" -s "$PEERS_DIR/l2tp-secrets" -p "$base.xl2tpd-pid"
}

# xl2tpd_says NAME PATTERN: true if its log has a line like that.
xl2tpd_says() { quietly grep -E "$2" "$PEERS_DIR/$1.log"; }

# l2tp_ppp_options: without what only a serial line has.
l2tp_ppp_options() { ppp_options none | sed 's/nolock//'; }

# lns_start NS [NET [OPTION]]: a server in NS; its end of the tunnels is
# 10.NET.0.1 (8 unless told), the clients get 10.NET.0.101 and up.  OPTION user
# is for servers all of whose clients have the same port: Linux before 6.12 finds
# a tunnel by its ports alone.
lns_start()
{
	local ns=$1 net=${2:-8} name
	name=xl2tpd-$ns-$(outer_address "$ns")
	shift $(($# < 2 ? $# : 2))

	cat >"$PEERS_DIR/$name.conf" <<-EOF
	[lns default]
	local ip = 10.$net.0.1
	ip range = 10.$net.0.101-10.$net.0.240
	hostname = $ns
	require authentication = no
	length bit = yes
	pppoptfile = $PEERS_DIR/$name.options
	EOF
	{
		l2tp_ppp_options
		echo "logfile $PEERS_DIR/$name.ppp.log"
	} >"$PEERS_DIR/$name.options"
	xl2tpd_spawn "$name" "$ns" "$@"
	busywait "$PEER_WAIT" xl2tpd_says "$name" 'Listening on'
}

# lns_stop NS: ends the server, its tunnels with it.
lns_stop()
{
	local name
	name=xl2tpd-$1-$(outer_address "$1")

	peer_signal "$name" KILL
	busywait "$PEER_WAIT" peer_gone "$name"
}

# lns_odd HOW: the server s as others see it, made by stateless translation.
#   none	as it is
#   moved	answers from port 41701, and is there only for what has begun
#   data1701	sends data to port 1701, whatever port the client has
#   strict	ignores who does not come from port 1701
# A UDP checksum of zero, which is what xl2tpd sends, must stay zero.
lns_odd()
{
	local control='@th,64,1 1' data='@th,64,1 0' begun='@th,96,16 != 0'
	local rules=()

	case $1 in
	moved) rules=(
		"in udp dport $L2TP_PORT $data drop"
		"in udp dport $L2TP_PORT $control $begun drop"
		"in udp dport $MOVED_PORT udp dport set $L2TP_PORT udp checksum set 0"
		"out udp sport $L2TP_PORT udp sport set $MOVED_PORT udp checksum set 0"
		) ;;
	data1701) rules=("out udp sport $L2TP_PORT $data udp dport set $L2TP_PORT \
		udp checksum set 0") ;;
	strict) rules=("in udp dport $L2TP_PORT udp sport != $L2TP_PORT counter drop") ;;
	esac
	quietly ip netns exec s nft delete table ip odd
	{
		cat <<-NFT
		table ip odd {
			chain in {
				type filter hook prerouting priority raw;
			}
			chain out {
				type filter hook output priority raw;
			}
		}
		NFT
		[ ${#rules[@]} -eq 0 ] || printf 'add rule ip odd %s\n' "${rules[@]}"
	} | ip netns exec s nft -f -
}

# lns_ignored: how many packets a strict server has ignored.
lns_ignored()
{
	ip netns exec s nft list table ip odd | sed -n 's/.*counter packets \([0-9]*\) .*/\1/p'
}

# l2tp_dial TUNNEL SERVER [OPTION...]: begins dialling and does not wait.
l2tp_dial()
{
	local tunnel=$1 server=$2 name ns
	ns=$(tunnel_ns "$tunnel") name=tunnel-${tunnel//\//-}
	shift 2

	cat >"$PEERS_DIR/$name.conf" <<-EOF
	[lac vpn]
	lns = $server
	autodial = yes
	hostname = $ns
	require authentication = no
	length bit = yes
	pppoptfile = $PEERS_DIR/$name.options
	EOF
	{
		l2tp_ppp_options
		echo "ifname $(tunnel_dev "$tunnel") linkname $name noipdefault"
		echo "ipcp-accept-local ipcp-accept-remote"
		echo "lcp-max-configure 60 lcp-restart 2 logfile $PEERS_DIR/$name.ppp.log"
	} >"$PEERS_DIR/$name.options"
	xl2tpd_spawn "$name" "$ns" "$@"
}

# l2tp_gave_up TUNNEL: true if its client does not try any more.
l2tp_gave_up()
{
	xl2tpd_says "tunnel-${1//\//-}" 'Maximum retries|closed to|disconnected'
}

# l2tp_disconnect TUNNEL: says goodbye (StopCCN); true when it is answered.
l2tp_disconnect()
{
	local name=tunnel-${1//\//-}

	echo 'd vpn' >"$PEERS_DIR/$name.control"
	busywait "$PEER_WAIT" not quietly tunnel_addresses "$1"
}

# l2tp_hangup TUNNEL
l2tp_hangup()
{
	l2tp_disconnect "$1"
	tunnel_kill "$1"
}

# l2tp_pause, l2tp_resume NS...: stops what xl2tpd does by itself, greetings
# every minute; data goes through the kernel and does not notice.
l2tp_pause() { l2tp_signal STOP "$@"; }
l2tp_resume() { l2tp_signal CONT "$@"; }
l2tp_signal()
{
	local signal=$1 ns
	shift

	for ns; do
		case $ns in
		s) peer_signal "xl2tpd-s-${SERVER:?}" "$signal" xl2tpd ;;
		*) peer_signal "tunnel-$ns" "$signal" xl2tpd ;;
		esac
	done
}

# l2tp_called TUNNEL...: prints how many answer a ping from the server.
l2tp_called() { count_true tunnel_called "$@"; }

# tunnel_called TUNNEL
tunnel_called()
{
	local addresses

	addresses=$(tunnel_addresses "$1") || return 1
	quietly ip netns exec "$(server_of "${addresses#* }")" \
		ping -q -n -c 1 -w 5 "${addresses% *}"
}

# l2tp_mappings: the router's conntrack entries for UDP to port 1701 of s, one a
# line.
l2tp_mappings() { conntracks -p udp --orig-dst "$SERVER" --orig-port-dst "$L2TP_PORT"; }

# L2TPv3 as `ip l2tp` sets it up, without control messages.  Both ends have an
# Ethernet interface: vpn in cN, 10.66.N.1; vpnN in s, 10.66.N.2.

# static_up udp|ip plain|cookies CLIENT...: over UDP each client has a port of
# its own, as who configures the server must know them, and the server has 1701.
static_up()
{
	local encap=$1 cookies=$2 ns
	shift 2

	[ "$encap" = ip ] || static_one_port "$@" || return
	for ns; do
		static_end "$ns" "$encap" "$cookies" "${ns#c}" && \
			static_end s "$encap" "$cookies" "${ns#c}" || return
	done
}

# static_end NS ENCAP COOKIES NUMBER: one end of tunnel NUMBER.
static_end()
{
	local ns=$1 encap=$2 number=$4 ours=1 theirs=2 dev=vpn remote=$SERVER words=()
	local sport=$((1700 + number)) dport=1701

	if [ "$ns" = s ]; then
		ours=2 theirs=1 dev=vpn$number remote=$WAN dport=$sport
	fi
	[ "$encap" = ip ] || words=(udp_sport "$sport" udp_dport "$dport")
	ip -n "$ns" l2tp add tunnel tunnel_id "$ours$number" peer_tunnel_id "$theirs$number" \
		encap "$encap" local "$(outer_address "$ns")" remote "$remote" "${words[@]}" ||
		return
	words=()
	[ "$3" = plain ] || words=(cookie "c00c1e$ours$number" peer_cookie "c00c1e$theirs$number")
	ip -n "$ns" l2tp add session name "$dev" tunnel_id "$ours$number" \
		session_id "${ours}00$number" peer_session_id "${theirs}00$number" \
		"${words[@]}" || return
	# Else both ends speak by themselves, the server's first, too.
	[ "${STATIC_IPV6-}" ] || ip netns exec "$ns" sysctl -qw \
		"net.ipv6.conf.$dev.disable_ipv6=1"
	ip -n "$ns" addr add "10.66.$number.$ours/24" dev "$dev"
	ip -n "$ns" link set "$dev" mtu 1400 up
}

# static_one_port CLIENT...: the kernel has one socket for each of its static
# tunnels; in s all are behind port 1701.
static_one_port()
{
	local ns ports=''

	for ns; do
		ports+="$((1700 + ${ns#c})) : $((1700 + ${ns#c})), "
	done
	ip netns exec s nft -f - <<-NFT
	table ip static {
		chain in {
			type filter hook prerouting priority raw;
			udp dport 1701 udp dport set udp sport map { $ports } udp checksum set 0
		}
		chain out {
			type filter hook output priority raw;
			udp sport 1700-1799 udp sport set 1701 udp checksum set 0
		}
	}
	NFT
}

# static_down CLIENT...
static_down()
{
	local ns

	for ns; do
		ip -n "$ns" l2tp del tunnel tunnel_id "1${ns#c}"
		ip -n s l2tp del tunnel tunnel_id "2${ns#c}"
	done
	quietly ip netns exec s nft delete table ip static
}

# static_alive, static_called CLIENT...: prints how many are answered by the
# server, answer it.
static_alive() { count_true static_calls "$@"; }
static_called() { count_true static_answers "$@"; }

# static_calls, static_answers CLIENT
static_calls()
{
	quietly ip netns exec "$1" ping -q -n -c 1 -w 5 "10.66.${1#c}.2"
}

static_answers()
{
	quietly ip netns exec s ping -q -n -c 1 -w 5 "10.66.${1#c}.1"
}

# static_transfer BYTES CLIENT...: prints how many carried BYTES in both
# directions at once, all at the same time.
static_transfer()
{
	local TRANSFER_BYTES=$1
	shift

	count_true static_carries "$@"
}

# static_carries CLIENT
static_carries()
{
	transfer "$PEER_WAIT" "$1" s "10.66.${1#c}.2" $((20000 + ${1#c})) "$TRANSFER_BYTES"
}
