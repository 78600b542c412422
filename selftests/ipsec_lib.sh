# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Real IPsec peers in network namespaces: Debian's libreswan and strongSwan.
# Sourced by the ipsec_*.sh selftests after lib.sh.
#
#	10.77.1.1 c1 10.0.0.11 --+
#	10.77.N.1 cN 10.0.0.1N --+- [ r ] --- 192.0.2.2 s 10.99.0.1
#
# A tunnel is named by the namespace of its client and joins 10.77.N.1 there to
# 10.99.0.0/24 behind s.  No clear-text route leads from one to the other.
#
#   ipsec_setup N                   addresses behind c1..cN and s, records of ESP
#   plutos_start c1...              libreswan there and in s, ready to begin
#   charons_start c1...             the same with strongSwan
#   peers_stop                      ends all of them, and their SAs
#   ipsec_up c1...                  all begin at the same moment; how many come up
#   ipsec_alive, ipsec_called c1... how many can call s, can be called by s, at once
#   one_by_one client_calls|server_calls c1...   the same, one after the other
#   ipsec_transfer BYTES c1...      how many carry BYTES both ways at once
#   rekey client|gateway ike|child c1...   all at the same moment
#   gap_start, gap_stop c1...       ping all the time; the longest silence
#   gap_check MS                    is it short enough
#   esp_wrong c1...                 ESP packets that came to a wrong host
#
# What the peers shall do is said before they are started:
#   IPSEC_IKE=ikev2|ikev1  IPSEC_ENCAPS=no|yes  (yes: NAT-T, UDP 4500)
#   IPSEC_INSIDE=tunnel|l2tp (l2tp: libreswan in transport mode, to UDP 1701 from
#   IPSEC_PORTS[c1], 1701 unless told)

. "$(dirname "${BASH_SOURCE[0]}")/traffic_lib.sh"

IPSEC_DIR=$WORK/ipsec
IPSEC_IKE=ikev2
IPSEC_ENCAPS=no
IPSEC_INSIDE=tunnel
declare -A IPSEC_PORTS=()
# Seconds for what should happen at once: generous, emulation is slow.
IPSEC_WAIT=${IPSEC_WAIT:-120}
LIBRESWAN=/usr/libexec/ipsec
INNER=10.99.0.1
# The cheapest there is: these tests are not about cryptography.
IKE_PROPOSAL=aes_gcm128-sha2_256-dh31
IKEV1_PROPOSAL=aes128-sha2_256-dh19
ESP_PROPOSAL=aes_gcm128

# inner_address NS
inner_address()
{
	case $1 in
	s) echo "$INNER" ;;
	*) echo "10.77.${1#c}.1" ;;
	esac
}

# ipsec_setup N: skips the test if libreswan is not there.
ipsec_setup()
{
	local n=$1 ns

	[ -x $LIBRESWAN/pluto ] || skip_all "no libreswan"
	mkdir -p "$IPSEC_DIR/nss"
	at_exit ipsec_cleanup
	# A new key database takes a moment each: all start from the same one.
	certutil -N -d "sql:$IPSEC_DIR/nss" --empty-password ||
		bail "make a key database"
	echo ': PSK "a secret known to everybody"' >"$IPSEC_DIR/secrets"
	inner_network s 10.99.0.1/24 10.77.0.0/16 "$WAN"
	esp_record s
	for ((i = 1; i <= n; i++)); do
		ns=c$i
		inner_network "$ns" "$(inner_address "$ns")/24" 10.99.0.0/24 10.0.0.1
		esp_record "$ns"
	done
}

# inner_network NS ADDRESS THERE VIA: what is behind a peer.  The route to the
# other end is for the kernel to have one: ESP takes the packets before.
inner_network()
{
	ip -n "$1" link add inner type dummy
	ip -n "$1" link set inner up
	ip -n "$1" addr add "$2" dev inner
	ip -n "$1" route add "$3" via "$4" src "${2%/*}"
}

# ipsec_cleanup: shows what the peers said last if a check failed.
ipsec_cleanup()
{
	local file

	peers_stop
	xargs -r kill 2>/dev/null <"$IPSEC_DIR/monitors"
	[ "${nfpt_failed:-0}" -ne 0 ] || return 0
	for file in "$IPSEC_DIR"/*.log; do
		[ -s "$file" ] || continue
		echo "# ${file##*/}:"
		tail -n 15 "$file" | sed 's/^/#   /'
	done
}

# daemon_started NS: remember the background process just started.
daemon_started()
{
	echo $! >"$IPSEC_DIR/$1.pid"
	disown
}

# daemon_lives NS
daemon_lives() { kill -0 "$(<"$IPSEC_DIR/$1.pid")" 2>/dev/null; }

# peers_stop: ends all daemons, and what they left in the kernel.
peers_stop()
{
	local file ns

	for file in "$IPSEC_DIR"/*.pid; do
		[ -e "$file" ] || continue
		ns=${file##*/} ns=${ns%.pid}
		kill -9 "$(<"$file")" 2>/dev/null
		busywait "$IPSEC_WAIT" not daemon_lives "$ns"
		rm "$file"
		ip -n "$ns" xfrm state flush
		ip -n "$ns" xfrm policy flush
	done
}

# libreswan: one pluto in each namespace, told of by its own whack.

# pluto_conn CLIENT HERE: its tunnel as a connection of ipsec.conf, for the
# client or for s, which sees nothing but the router's address.
pluto_conn()
{
	local client=$1 here=$2 proposal=$IKE_PROPOSAL ikev2=yes left=$WAN
	local port=${IPSEC_PORTS[$1]:-1701}

	[ "$here" = s ] || left=$(outer_address "$client")
	[ "$IPSEC_IKE" != ikev1 ] || proposal=$IKEV1_PROPOSAL ikev2=no
	echo "conn $client"
	if [ "$IPSEC_INSIDE" = l2tp ]; then
		# A client may come from another port, the server must take it.
		[ "$here" != s ] || port=%any
		printf '\t%s\n' type=transport leftprotoport="17/$port" rightprotoport=17/1701
	else
		printf '\t%s\n' leftsubnet="$(inner_address "$client")/32" \
			rightsubnet=10.99.0.0/24
	fi
	printf '\t%s\n' left="$left" leftid="@$client" leftupdown=%disabled \
		right="${SERVER:?}" rightid=@s rightupdown=%disabled \
		authby=secret ikev2=$ikev2 ike=$proposal esp=$ESP_PROPOSAL \
		encapsulation=$IPSEC_ENCAPS nat-keepalive=no auto=add
}

# pluto_start NS [CLIENT...]: does not wait; s must be told of all clients.
pluto_start()
{
	local ns=$1 dir=$IPSEC_DIR/$1 client
	shift

	rm -rf "$dir" "$IPSEC_DIR/$ns.log"
	mkdir -p "$dir"
	cp -r "$IPSEC_DIR/nss" "$dir/nss"
	{
		printf 'config setup\n\tlisten=%s\n' "$(outer_address "$ns")"
		printf '\tikev1-policy=accept\n\tddos-mode=unlimited\n'
		for client; do
			pluto_conn "$client" "$ns"
		done
	} >"$dir/ipsec.conf"
	ip netns exec "$ns" $LIBRESWAN/pluto --nofork --nhelpers 0 --no-dnssec \
		--config "$dir/ipsec.conf" --secretsfile "$IPSEC_DIR/secrets" \
		--rundir "$dir" --dumpdir "$dir" --nssdir "$dir/nss" \
		--logfile "$IPSEC_DIR/$ns.log" >"$dir/out" 2>&1 </dev/null &
	daemon_started "$ns"
}

# plutos_start CLIENT...: one for each and one for s; true when all listen.
plutos_start()
{
	local ns status=0

	IPSEC_DAEMON=libreswan
	pluto_start s "$@"
	for ns; do
		pluto_start "$ns" "$ns"
	done
	for ns in s "$@"; do
		busywait "$IPSEC_WAIT" pluto_settled "$ns"
		pluto_ready "$ns" || status=1
	done
	return $status
}

# pluto_ready NS: true when it listens and knows its connections.
pluto_ready() { quietly grep 'loading secrets from' "$IPSEC_DIR/$1.log"; }

# pluto_settled NS: true when it is ready, or has given up.
pluto_settled() { pluto_ready "$1" || ! daemon_lives "$1"; }

# whack NS OPTION...: tells the pluto of NS something.
whack()
{
	local ns=$1
	shift
	$LIBRESWAN/whack --ctlsocket "$IPSEC_DIR/$ns/pluto.ctl" "$@"
}

# libreswan_initiate CLIENT: begins, and does not wait.
libreswan_initiate() { whack "$1" --initiate --name "$1" --asynchronous >/dev/null; }

# pluto_rekey NS ike|child CLIENT: the same for new keys.
pluto_rekey()
{
	case $IPSEC_IKE-$2 in
	ikev2-ike) whack "$1" --rekey-ike --name "$3" --asynchronous ;;
	ikev2-child) whack "$1" --rekey-ipsec --name "$3" --asynchronous ;;
	# IKEv1 has no such exchange.  A new IKE SA is made from nothing by who
	# began: the gateway could not, it would call a client that was moved to
	# another port than 500 there, and reach somebody else.
	ikev1-ike) whack "$1" --deletestate "$(pluto_newest "$1" ike "$3")" ;;
	ikev1-child) whack "$1" --initiate --name "$3" --asynchronous ;;
	esac >/dev/null
}

# rekey_each SIDE WHAT CLIENT...: the same, one after the other.
rekey_each()
{
	local side=$1 what=$2 ns
	shift 2
	for ns; do
		rekey "$side" "$what" "$ns" || return
	done
}

# pluto_newest NS ike|child CLIENT: the number of the newest SA of a tunnel; it
# changes with each rekey.  #0: none.
pluto_newest()
{
	local what='newest (IKE|ISAKMP) SA: #'

	[ "$2" = ike ] || what='newest (IPsec) SA: #'
	whack "$1" --status | sed -nE "s/.*\"$3\":   .*$what([0-9]*);.*/\2/p"
}

# strongSwan: one charon in each namespace, told of by swanctl over a socket of
# its own.  It has fixed places in /usr and /run: the first is made for all, the
# second is its own.

# charons_start CLIENT...: one for each and one for s; true when all listen.
charons_start()
{
	local tree ns status=0

	tree=$("${nfpt_top:?}/scripts/strongswan.sh" --print) || return
	if [ ! -e /usr/lib/ipsec ]; then
		ln -s "$tree/usr/lib/ipsec" /usr/lib/ipsec
		at_exit 'rm /usr/lib/ipsec'
	fi
	SWANCTL=$tree/usr/sbin/swanctl
	IPSEC_DAEMON=strongswan
	charon_start s "$@"
	for ns; do
		charon_start "$ns" "$ns"
	done
	for ns in s "$@"; do
		busywait "$IPSEC_WAIT" test -S "$IPSEC_DIR/$ns/vici" &&
			swanctl "$ns" --load-all --file "$IPSEC_DIR/$ns/swanctl.conf" \
				>>"$IPSEC_DIR/$ns.log" 2>&1 || status=1
	done
	return $status
}

# charon_start NS CLIENT...: does not wait; s must be told of all clients.
charon_start()
{
	local ns=$1 dir=$IPSEC_DIR/$1 client
	shift

	rm -rf "$dir"
	mkdir -p "$dir"
	cat >"$dir/strongswan.conf" <<-EOF
	swanctl {
		load = random
	}
	charon {
		load = random nonce aes sha1 sha2 hmac kdf gcm openssl kernel-netlink socket-default vici
		install_routes = no
		keep_alive = 0
		filelog {
			log {
				path = $IPSEC_DIR/$ns.log
				flush_line = yes
				default = 1
			}
		}
		plugins {
			vici {
				socket = unix://$dir/vici
			}
		}
	}
	EOF
	{
		for client; do
			charon_conn "$client" "$ns"
		done
		echo 'secrets { ike { secret = "a secret known to everybody" } }'
	} >"$dir/swanctl.conf"
	STRONGSWAN_CONF=$dir/strongswan.conf ip netns exec "$ns" sh -c \
		'mount -t tmpfs tmpfs /run && exec /usr/lib/ipsec/charon' \
		>"$dir/out" 2>&1 </dev/null &
	daemon_started "$ns"
}

# charon_conn CLIENT HERE: its tunnel as a connection of swanctl.conf.
charon_conn()
{
	local client=$1 here=$2 other=s ours=$1 version=2
	local address there="$SERVER" inner=10.99.0.0/24 own

	own=$(inner_address "$client")/32
	if [ "$here" = s ]; then
		ours=s other=$client there=$WAN inner=$own own=10.99.0.0/24
	fi
	address=$(outer_address "$here")
	[ "$IPSEC_IKE" != ikev1 ] || version=1
	cat <<-EOF
	connections {
		$client {
			version = $version
			local_addrs = $address
			remote_addrs = $there
			encap = $IPSEC_ENCAPS
			mobike = no
			proposals = aes128gcm16-prfsha256-x25519
			local { auth = psk
				id = $ours }
			remote { auth = psk
				id = $other }
			children {
				$client {
					local_ts = $own
					remote_ts = $inner
					esp_proposals = aes128gcm16
				}
			}
		}
	}
	EOF
}

# swanctl NS OPTION...: tells the charon of NS something.
swanctl()
{
	local ns=$1 command=$2
	shift 2
	STRONGSWAN_CONF=$IPSEC_DIR/$ns/strongswan.conf \
		"$SWANCTL" "$command" --uri "unix://$IPSEC_DIR/$ns/vici" "$@"
}

# strongswan_initiate CLIENT: begins, and does not wait.
strongswan_initiate() { swanctl "$1" --initiate --child "$1" --timeout -1 >/dev/null; }

# ESP packets and who they were meant for.

# esp_record NS: counts what arrives per SPI, before IPsec sees it, and writes
# down each SA that the host ever had.
esp_record()
{
	ip netns exec "$1" nft -f - <<-'NFT' || bail "count ESP in $1"
	table ip arrived {
		set spis {
			typeof esp spi
			size 65535
			flags dynamic
			counter
		}
		chain prerouting {
			type filter hook prerouting priority raw;
			ip protocol esp add @spis { esp spi }
		}
	}
	NFT
	ip -n "$1" xfrm monitor SA >"$IPSEC_DIR/$1.sa" 2>&1 </dev/null &
	echo $! >>"$IPSEC_DIR/monitors"
	disown
}

# esp_own NS: the SPIs of the SAs into a host, all it ever had, one a line.
esp_own()
{
	awk -v here="$(outer_address "$1")" '
		/src .* dst / { into = $NF == here }
		/proto esp spi/ && into { print $4 }' "$IPSEC_DIR/$1.sa" | sort -u
}

# esp_seen NS: "SPI PACKETS" that arrived, one a line.
esp_seen()
{
	ip netns exec "$1" nft -j list set ip arrived spis |
		jq -r '.nftables[].set // empty | .elem // [] | .[].elem |
			"\(.val) \(.counter.packets)"' |
		awk '{ printf "0x%08x %d\n", $1, $2 }'
}

# esp_strays NS...: "NS SPI PACKETS", what arrived at a host under an SPI that
# is none of its own.
esp_strays()
{
	local ns

	for ns; do
		awk -v ns="$ns" 'NR == FNR { own[$1]; next }
			!($1 in own) { print ns, $0 }' <(esp_own "$ns") <(esp_seen "$ns")
	done
}

# esp_wrong NS...: how many packets those are.
esp_wrong() { esp_strays "$@" | awk '{ n += $3 } END { print n + 0 }'; }

# esp_forget NS...: begins counting anew.
esp_forget()
{
	local ns

	for ns; do
		ip netns exec "$ns" nft flush set ip arrived spis
	done
}

# Tunnels.

# ipsec_up CLIENT...: all begin at the same moment; prints how many came up.
ipsec_up()
{
	local ns lock up=0 pids=()

	exec {lock}>"$IPSEC_DIR/go"
	flock "$lock"
	for ns; do
		rm -f "$IPSEC_DIR/$ns.waits"
		ipsec_begin "$ns" {lock}>&- &
		pids+=($!)
	done
	for ns; do
		busywait "$IPSEC_WAIT" test -e "$IPSEC_DIR/$ns.waits"
	done
	exec {lock}>&-
	for ns; do
		busywait "$IPSEC_WAIT" ipsec_is_up "$ns" && up=$((up + 1))
	done
	wait "${pids[@]}"
	echo $up
}

# ipsec_begin CLIENT: waits at the lock until it is opened for all.
ipsec_begin()
{
	local wait

	exec {wait}<"$IPSEC_DIR/go"
	: >"$IPSEC_DIR/$1.waits"
	flock -s "$wait"
	"${IPSEC_DAEMON}_initiate" "$1"
}

# ipsec_is_up CLIENT: true if its kernel sends what is for the gateway's network
# into a tunnel.
ipsec_is_up()
{
	local there=10.99.0.0/24

	[ "$IPSEC_INSIDE" = tunnel ] || there=$SERVER/32
	ip -n "$1" xfrm policy list dst "$there" dir out | grep -q 'proto esp'
}

# ipsec_alive CLIENT...: prints how many get an answer from behind the gateway.
ipsec_alive() { count_true client_calls "$@"; }

# ipsec_called CLIENT...: prints how many answer behind the gateway.
ipsec_called() { count_true server_calls "$@"; }

# one_by_one COMMAND CLIENT...: for how many of them it succeeds.
one_by_one()
{
	local command=$1 ns n=0
	shift

	for ns; do
		$command "$ns" && n=$((n + 1))
	done
	echo $n
}

# client_calls, server_calls CLIENT: true if the far end answers in time.
client_calls() { quietly ip netns exec "$1" ping -q -n -c 1 -w 5 $INNER; }
server_calls() { quietly ip netns exec s ping -q -n -c 1 -w 5 "$(inner_address "$1")"; }

# ipsec_transfer BYTES CLIENT...: prints how many tunnels carried BYTES in both
# directions at once, all tunnels at the same time.
ipsec_transfer()
{
	local TRANSFER_BYTES=$1
	shift

	count_true client_transfers "$@"
}

# client_transfers CLIENT
client_transfers()
{
	transfer "$IPSEC_WAIT" "$1" s $INNER $((20000 + ${1#c})) "$TRANSFER_BYTES"
}

# rekey client|gateway ike|child CLIENT...: all at the same moment, begun by that
# side; true when all have new keys.
rekey()
{
	local side=$1 what=$2 ns at status=0 before=() pids=()
	shift 2

	for ns; do
		at=$ns
		[ "$side" = client ] || at=s
		before+=("$(pluto_newest "$at" "$what" "$ns")")
	done
	for ns; do
		at=$ns
		[ "$side" = client ] || at=s
		pluto_rekey "$at" "$what" "$ns" &
		pids+=($!)
	done
	wait "${pids[@]}"
	for ns; do
		at=$ns
		[ "$side" = client ] || at=s
		busywait "$IPSEC_WAIT" newest_is_not "$at" "$what" "$ns" "${before[0]}" || {
			status=1
			echo "$ns: the $what SA is still #${before[0]}"
		}
		before=("${before[@]:1}")
	done
	return $status
}

# newest_is_not NS ike|child CLIENT NUMBER
newest_is_not()
{
	local newest
	newest=$(pluto_newest "$1" "$2" "$3")
	[ "${newest:-0}" != 0 ] && [ "$newest" != "$4" ]
}

# gap_start CLIENT...: five pings a second through each until gap_stop.
gap_start()
{
	local ns

	for ns; do
		pings_start "$IPSEC_DIR/$ns.pings" "$ns" $INNER
	done
	pings_start "$IPSEC_DIR/clear.pings" "$1" "$SERVER"
	for ns in "$@" clear; do
		busywait "$IPSEC_WAIT" pings_seen "$IPSEC_DIR/$ns.pings" 3
	done
}

# gap_stop CLIENT...: ends the pings; GAP is the longest time in ms for which one
# of the clients got no answer, STALL the longest, beyond the rhythm of 200 ms,
# for which the machine itself gave none: in clear text, past all tunnels.
gap_stop()
{
	local ns

	for ns in "$@" clear; do
		pings_stop "$IPSEC_WAIT" "$IPSEC_DIR/$ns.pings"
	done
	GAP=$(for ns; do gap_of "$ns"; done | sort -n | tail -n 1)
	STALL=$(($(gap_of clear) - 200))
	[ $STALL -gt 0 ] || STALL=0
}

# gap_check MS: there was no silence longer than that but for the machine's.
gap_check()
{
	check "longest silence meanwhile, $GAP ms ($STALL ms the machine's), is below $1" \
		[ $((GAP - 2 * STALL)) -lt "$1" ]
}

# gap_of CLIENT: the longest time between two answers, in ms.
gap_of()
{
	awk -F'[][]' '/bytes from/ {
			if (last && $2 - last > gap) gap = $2 - last
			last = $2
		}
		END { printf "%d\n", gap ? gap * 1000 : 999999 }' "$IPSEC_DIR/$1.pings"
}

# last_answer CLIENT...: when the last answer to any of them came, in seconds
# since the epoch.
last_answer()
{
	local ns

	for ns; do
		awk -F'[][]' '/bytes from/ { last = $2 } END { printf "%.3f\n", last }' \
			"$IPSEC_DIR/$ns.pings"
	done | sort -n | tail -n 1
}
