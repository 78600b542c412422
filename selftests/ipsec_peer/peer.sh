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

# tunnels GATEWAY NAME=HOST...: tunnels with IKE and an SA each, as if all
# hosts began at the same moment.  ike_options["NAME EXCHANGE"] goes to that
# command.
declare -A ike_options=()
tunnels() {
	local gateway=$1 t exchange
	shift
	for t; do
		tell tunnel "${t%=*}" host="${t#*=}" gw=s at="$gateway" || return
	done
	for exchange in init auth; do
		for t; do
			t="${t%=*} $exchange"
			tell ike "$t" "${ike_options[$t]-}" || return
		done
	done
	for t; do tell sa "${t%=*}" || return; done
}
