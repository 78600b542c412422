# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# The synthetic PPTP peers in a test: sourced after lib.sh.  All hosts live in
# one process, so that what arrives can be compared with what was sent;
# "pptp_peer help" tells its commands.

peer_bin=${BASH_SOURCE[0]%/*}/build/pptp_peer
PEER='' peer_pid=''

# help_pptp: let the router help PPTP.  NFPT_HELPER=stock or none tries a test
# without our modules.
help_pptp() {
	case ${NFPT_HELPER-} in
	stock) use_stock ;;
	none) ;;
	*) check "enable pptp" ptc enable pptp || bail "no helper to test" ;;
	esac
}

# peers_start HOST...: one peer in each of these namespaces.
peers_start() {
	local host
	[ -x "$peer_bin" ] || bail "selftests/pptp_peer is not built"
	coproc PEERS { exec "$peer_bin" 2>&1; }
	peer_pid=$PEERS_PID
	at_exit peers_stop
	for host; do
		peer host "$host" || bail "a peer in $host: $PEER"
	done
}

peers_stop() {
	[ ! "$peer_pid" ] || kill "$peer_pid" 2>/dev/null
	wait "$peer_pid" 2>/dev/null
	peer_pid=''
}

# peer COMMAND...: have it done; the answer is shown and kept in PEER.
peer() {
	PEER='fail error=the-peers-are-gone'
	{ echo "$*" >&"${PEERS[1]}"; } 2>/dev/null &&
		read -r -t 300 -u "${PEERS[0]}" PEER
	echo "$* -> $PEER"
	[ "${PEER%% *}" = ok ]
} 2>/dev/null

# peer_all: a command from each line of standard input; only failures are shown.
peer_all() {
	local line answer status=0
	while read -r line; do
		answer=$(peer "$line") || { echo "$answer"; status=1; }
	done
	return $status
}

# got KEY: its value in the last answer.
got() {
	local word
	for word in $PEER; do
		[ "${word%%=*}" != "$1" ] || echo "${word#*=}"
	done
}

# took: the milliseconds that the last command took.
took() { got ms; }
