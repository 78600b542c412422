# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# The synthetic L2TP hosts and servers in a test: sourced after lib.sh.
# shellcheck source=../peer_common/peer.sh
. "${BASH_SOURCE[0]%/*}/../peer_common/peer.sh"
peer_bin=${BASH_SOURCE[0]%/*}/build/l2tp_peer

# help_l2tp: let the router help L2TP.  To see what a stock kernel does:
# NFPT_HELPER=stock.
help_l2tp() {
	case ${NFPT_HELPER-} in
	stock) ;;
	*) check "enable l2tp" ptc enable l2tp || bail "no helper to test" ;;
	esac
}

# servers: every address of 198.18.0.0/15 is a server, at s.
servers() {
	ip -n s route add local 198.18.0.0/15 dev lo
	ip -n r route add 198.18.0.0/15 via 192.0.2.2
}

# fresh: server becomes one that nobody has talked to.
nfpt_servers=0 server=''
fresh() {
	nfpt_servers=$((nfpt_servers + 1))
	server=198.18.$((nfpt_servers / 250)).$((nfpt_servers % 250 + 1))
}

# tunnels "OPTION..." NAME=HOST...: tunnels to $server that have not begun yet;
# l2tp_options[NAME] goes to that one alone.
declare -A l2tp_options=()
tunnels() {
	local options=$1 t
	shift
	for t; do
		# shellcheck disable=SC2086 # words
		tell tunnel "${t%%=*}" host="${t#*=}" server=s at="$server" $options \
			${l2tp_options[${t%%=*}]-} || return
	done
}

# each "EXCHANGE OPTION..."... NAME,...: every tunnel has the first exchange, then
# every one the next.
each() {
	local exchange
	for exchange in "${@:1:$#-1}"; do
		# shellcheck disable=SC2086 # words
		tell control "${*: -1}" $exchange || return
	done
}

# up NAME,...: connected, with a session each, and data passes both ways.
up() { each connect icrq "$1" && tell data "$1" count=5; }

# rises COUNTER COMMAND...: does it, while the command is done?
rises() {
	local name=$1 before
	before=$(counter "$1")
	shift
	"$@"
	[ "$(counter "$name")" -gt "$before" ]
}
