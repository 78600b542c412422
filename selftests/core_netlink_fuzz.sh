#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Netlink requests that chance has bent, to every operation: what is refused
# has changed nothing and is said why, and the family goes on.
#
# NFPT_SEED=N does the same again; NFPT_MESSAGES=N sends more or fewer.
. "$(dirname "$0")/lib.sh"

fuzz=$nfpt_top/selftests/netlink_fuzz/build/netlink_fuzz
[ -x "$fuzz" ] || bail "netlink_fuzz is not built"
seed=${NFPT_SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
messages=${NFPT_MESSAGES:-$(debug_kernel && echo 100000 || echo 30000)}

setup_ns r
check "all protocols are enabled" ptc enable pptp ipsec l2tp
# Names that chance has made would be asked of modprobe, one by one.
at_exit "echo '$(cat /proc/sys/kernel/modprobe)' >/proc/sys/kernel/modprobe"
echo >/proc/sys/kernel/modprobe

start=$SECONDS
in_ns r "$fuzz" "$messages" "$seed" >"$WORK/fuzz"
status=$?
grep '^#' "$WORK/fuzz" | head -n 60
is "$messages requests with seed $seed" "$(grep '^not ok' "$WORK/fuzz") $status" " 0"
echo "# $((SECONDS - start)) s"

check "protocols are listed" ptc list
for state in bypass disable enable; do
	check "$state still works" ptc $state pptp ipsec l2tp
done
is "all are enabled" "$(ptc -j list | jq -r '[.protocols[] | select(.state == "enabled") | .name] | sort | join(" ")')" \
	"ipsec l2tp pptp"
check "counters are listed" ptc stats
check "sessions are listed" ptc sessions
check "sessions are ended" ptc flush
# Whatever chance has set, the namespace can go.
check "the namespace goes" ip netns del r
nfpt_ns=()
check "the modules go" modprobe -r nf_pptp_gre_helper nf_ipsec_natt_helper nf_l2tp_helper
done_testing
