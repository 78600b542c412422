#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Run the selftests, those of one protocol, or the named ones, inside a virtual
# machine:
#
#   vm.sh 6.12 selftests/run.sh [pptp | ipsec | l2tp] [pptp_redial synth_split ...]
#
# Which tests a group has on which kernel: left_out(), below.
# A test fails if it prints "not ok", does not reach its "# done" line, exits
# with anything but 0 or 4, takes too long, or leaves namespaces or a module in
# use behind.  A test that needs longer than 1200 s says "# timeout: SECONDS".
cd "$(dirname "$0")" || exit 1
modules="nf_pptp_gre_helper nf_ipsec_natt_helper nf_l2tp_helper nf_passthrough"
stock="nf_nat_pptp nf_conntrack_pptp"
passed=0 failed=0 skipped=0 failures=()
log=$(mktemp)
kernel=$(uname -r | grep -oE '^[0-9]+\.[0-9]+')
[ ! -e /sys/kernel/debug/kmemleak ] || kernel=debug

# left_out KERNEL:FILE: real peers take their time, so a group does not run all
# of its tests on every kernel, unless NFPT_ALL=1 says so.  All are run by name.
left_out() {
	[ ! "${NFPT_ALL-}" ] || return 1
	case $1 in
	# Of layers of their own; what bad input does, the debug kernel sees best.
	*:core_soak.sh | *:*_10k.sh | 6.*:synth_60k.sh) ;;
	6.*:*_mutate.sh | 6.*:core_netlink_fuzz.sh | 6.1:*_abuse.sh) ;;
	# All of our code is driven by clients and by synthetic peers; a tool
	# does not care which kernel it is told by.
	6.12:*) return 1 ;;
	*:core_decode.sh | *:core_doctor.sh | *:core_probe.sh) ;;
	6.1:core_cli.sh | 6.1:core_json.sh) ;;
	*:*_clients.sh | 6.1:pptp_idle.sh | 6.1:ipsec_natt.sh) return 1 ;;
	*:pptp_*.sh | *:ipsec_*.sh | *:l2tp_*.sh) ;;
	debug:*_stock.sh) ;;
	*) return 1 ;;
	esac
}

shopt -s nullglob
groups=()
case $#:${1-} in
0:) groups=(core_*.sh pptp_*.sh synth_*.sh esp_*.sh ipsec_*.sh l2tp_*.sh l2tpsyn_*.sh) ;;
1:pptp) groups=(core_*.sh pptp_*.sh synth_*.sh) ;;
1:ipsec) groups=(esp_*.sh ipsec_*.sh) ;;
1:l2tp) groups=(l2tp_*.sh l2tpsyn_*.sh) ;;
esac
if [ ${#groups[@]} -gt 0 ]; then
	set --
	for file in "${groups[@]}"; do
		[[ $file != *_lib.sh ]] || continue
		! left_out "$kernel:$file" || continue
		set -- "$@" "$file"
	done
fi

fail() {
	echo "not ok - $test: $1"
	failed=$((failed + 1))
	failures+=("$test")
}

# unload: 0 if no module of ours is left.
unload() {
	local m end=$((SECONDS + 30))
	while true; do
		for m in $modules $stock; do
			[ ! -d "/sys/module/$m" ] || rmmod "$m" 2>/dev/null
		done
		for m in $modules; do
			[ -d "/sys/module/$m" ] && [ $SECONDS -lt $end ] && sleep 0.2 && continue 2
		done
		break
	done
	for m in $modules; do
		[ ! -d "/sys/module/$m" ] || return 1
	done
}

for file; do
	test=$(basename "$file" .sh)
	file=./$test.sh
	if [ ! -f "$file" ]; then
		fail "no such test"
		continue
	fi
	limit=$(sed -n 's/^# timeout: \([0-9]*\).*/\1/p' "$file")
	echo "# $test"
	start=$SECONDS
	timeout -k 10 "${limit:-1200}" bash "$file" </dev/null 2>&1 | tee "$log"
	status=${PIPESTATUS[0]}
	took=$((SECONDS - start))
	passed=$((passed + $(grep '^ok - ' "$log" | grep -vc '# SKIP')))
	skipped=$((skipped + $(grep -c '^ok - .*# SKIP' "$log")))
	not_ok=$(grep -c '^not ok' "$log")
	if [ "$not_ok" -gt 0 ]; then
		failed=$((failed + not_ok))
		failures+=("$test")
	elif [ "$status" -eq 124 ] || [ "$status" -eq 137 ]; then
		fail "took longer than ${limit:-1200} s"
	elif ! grep -q '^# done' "$log"; then
		fail "ended early with status $status"
	elif [ "$status" -ne 0 ] && [ "$status" -ne 4 ]; then
		fail "status $status"
	fi
	left=$(ip netns list | awk '{ print $1 }')
	if [ "$left" ]; then
		fail "left namespaces behind: ${left//$'\n'/ }"
		for ns in $left; do
			ip netns pids "$ns" | xargs -r kill -9
			ip netns del "$ns"
		done
	fi
	unload || fail "left a module in use: $(lsmod | grep ^nf_p | tr -s ' \n' ' ')"
	echo "# $test took $took s"
done
rm -f "$log"
[ ${#failures[@]} -eq 0 ] || echo "# failed: ${failures[*]}"
echo "# total $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
