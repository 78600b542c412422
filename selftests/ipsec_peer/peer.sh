# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# The synthetic IPsec hosts and gateways in a test: sourced after lib.sh.
# shellcheck source=../peer_common/peer.sh
. "${BASH_SOURCE[0]%/*}/../peer_common/peer.sh"
peer_bin=${BASH_SOURCE[0]%/*}/build/ipsec_peer

# help_ipsec: let the router help IPsec.  To see what a stock kernel does:
# NFPT_HELPER=stock.
help_ipsec() {
	case ${NFPT_HELPER-} in
	stock) ;;
	*) check "enable ipsec" ptc enable ipsec || bail "no helper to test" ;;
	esac
}

# gateways: every address of 198.18.0.0/15 is a gateway, at s.
gateways() {
	ip -n s route add local 198.18.0.0/15 dev lo
	ip -n r route add 198.18.0.0/15 via "$SERVER"
}
