# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# The synthetic PPTP peers in a test: sourced after lib.sh.
# shellcheck source=../peer_common/peer.sh
. "${BASH_SOURCE[0]%/*}/../peer_common/peer.sh"
peer_bin=${BASH_SOURCE[0]%/*}/build/pptp_peer

# help_pptp: let the router help PPTP.  To try a test without our modules:
# NFPT_HELPER=stock is the kernel's helper, NFPT_HELPER=route no NAT at all.
help_pptp() {
	case ${NFPT_HELPER-} in
	stock) use_stock ;;
	route)
		in_ns r nft flush ruleset
		ip -n s route add 10.0.0.0/24 via "$WAN"
		;;
	*) check "enable pptp" ptc enable pptp || bail "no helper to test" ;;
	esac
}
