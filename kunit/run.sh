#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Run the KUnit suites: the modules with the suites built in, loaded in the
# User Mode Linux debug kernel, and the KTAP they leave in debugfs judged here.
#
#   kunit/run.sh [--verbose]
#
# Fails if a case fails, if none ran, or if the kernel complained (see
# selftests/guest.sh).
top=$(cd "$(dirname "$0")/.." && pwd)
export NFPT_KUNIT=1
log=$top/build/logs/kunit.ktap
mkdir -p "$top/build/logs"

# shellcheck disable=SC2016 # for the shell in the machine
"$top/selftests/uml.sh" bash -c '
	for m in /lib/modules/$(uname -r)/extra/*.ko; do
		modprobe "$(basename "$m" .ko)" || echo "not ok load $m"
	done
	cat /sys/kernel/debug/kunit/*/results
	for i in 1 2 3; do
		rmmod nf_pptp_gre_helper nf_ipsec_natt_helper nf_l2tp_helper nf_passthrough 2>/dev/null
	done
	[ ! -d /sys/module/nf_passthrough ] || echo "not ok unload nf_passthrough"
' >"$log"
status=$?
if [ "${1-}" = --verbose ]; then
	cat "$log"
fi

# A line with deeper results just above it sums them up: count what is below.
awk -v status=$status '
	/^ *(not )?ok / {
		depth = match($0, /[^ ]/)
		bad = /^ *not ok/
		if (bad) { print; show = 0 }
		if (depth >= last || !last) {
			if (bad) failed++
			else if (/# SKIP/) skipped++
			else passed++
		} else if (bad && !failed) failed++
		last = depth
	}
	/^ *# .*(EXPECTATION|ASSERTION) FAILED/ { show = 8 }
	show-- > 0
	END {
		if (status && !failed) failed = 1
		if (!passed && !failed) { print "no KUnit case ran"; failed = 1 }
		printf "# total %d passed, %d failed, %d skipped\n", passed, failed, skipped
		exit failed != 0
	}' "$log"
