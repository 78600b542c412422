# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# Synthetic peers in a test: sourced after lib.sh by the peer.sh of each kind,
# which sets peer_bin.  All hosts live in one process, so that what arrives can
# be compared with what was sent; "$peer_bin --help" tells its commands.

peer_bin=''
declare -A ANSWER=()
PEER='' peer_pid='' peer_to='' peer_from=''
# How long a command may take.  bash looks at the time of day: where that jumps,
# nothing is to be said here.
peer_patience=(-t 300)

# peers_start HOST...: one peer in each of these namespaces.
peers_start() {
	local host
	[ -x "$peer_bin" ] || bail "$peer_bin is not built"
	coproc PEERS { exec "$peer_bin" 2>&1; }
	peer_pid=$PEERS_PID
	# Copies, because bash hides a coprocess from subshells.
	exec {peer_to}>&"${PEERS[1]}" {peer_from}<&"${PEERS[0]}"
	trap '' PIPE
	at_exit peers_stop
	for host; do
		peer host "$host" || bail "a peer in $host: $PEER"
	done >"$WORK/peers"
}

# peers_stop: end them, and with them every connection of theirs.
peers_stop() {
	[ "$peer_pid" ] || return 0
	kill "$peer_pid" 2>/dev/null
	wait "$peer_pid" 2>/dev/null
	exec {peer_to}>&- {peer_from}<&-
	peer_pid=''
}

# peer COMMAND...: have it done; the answer is shown and kept in PEER.
peer() {
	PEER='fail error=the-peers-are-gone'
	echo "$*" >&"$peer_to" && read -r "${peer_patience[@]}" -u "$peer_from" PEER
	echo "$* -> $PEER"
	[ "${PEER%% *}" = ok ]
}

# ask COMMAND...: as peer, but silent, and the words of the answer are in
# ANSWER; costs no process.
ask() {
	local word status
	peer "$@" >"$WORK/told"
	status=$?
	ANSWER=()
	for word in $PEER; do
		# shellcheck disable=SC2034 # for who sources this
		ANSWER[${word%%=*}]=${word#*=}
	done
	return $status
}

# tell COMMAND...: as ask, and shown if it fails.
tell() { ask "$@" || { echo "# $* -> $PEER"; return 1; }; }

# peer_all: a command from each line of standard input; only failures are shown.
peer_all() {
	local n
	grep -v '^[[:space:]]*$' >"$WORK/commands"
	n=$(wc -l <"$WORK/commands")
	# Both pipes are short, and bash reads one byte at a time.
	cat "$WORK/commands" >&"$peer_to" &
	timeout 300 head -n "$n" <&"$peer_from" >"$WORK/answers"
	wait $!
	paste "$WORK/commands" "$WORK/answers" | sed -n '/\tok/!{ s/\t\([^\t]*\)$/ -> \1/; p }'
	[ "$(grep -c '^ok' "$WORK/answers")" -eq "$n" ]
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
