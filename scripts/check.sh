#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Run every test, or the named layers, and sum up:
#
#   check.sh [build ynl tool unit kunit many soak cost lint fuzz MACHINE-PROTOCOL]...
#
# MACHINE is vm-6.12, vm-6.1 or uml, PROTOCOL pptp, ipsec or l2tp: selftests.
# One line per layer; then what failed, and where in build/logs/LAYER.log.
# The last line is "N passed, N failed, N skipped"; exit status 0 if none failed.
# JOBS says how many layers run side by side (default: one more than there are
# processors, because tests wait a good part of their time).
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
export NFPT_NOBUILD=1	# "build" has done it, once
# What chance decides is the same each time; make soak has other seeds.
export NFPT_SEED="${NFPT_SEED:-1}"
logs=build/logs
mkdir -p $logs
layers=(build ynl tool vm-6.12-pptp vm-6.12-ipsec vm-6.12-l2tp uml-pptp uml-ipsec uml-l2tp
	vm-6.1-pptp vm-6.1-ipsec vm-6.1-l2tp soak many kunit cost unit lint fuzz)

# What a layer is.  A layer may end with "# total N passed, N failed, N
# skipped"; GoogleTest's sums count too; else it counts as one.
layer() {
	case $1 in
	build)
		local uml plain jobs
		jobs=-j$(nproc)
		uml=$(kunit/build-uml.sh) && plain=$(kunit/build-uml.sh plain) &&
			scripts/kbuild.sh "$uml" "$jobs" modules &&
			NFPT_BENCH=1 scripts/kbuild.sh "$plain" "$jobs" modules &&
			NFPT_KUNIT=1 scripts/kbuild.sh "$uml" "$jobs" modules &&
			scripts/kbuild.sh "$(headers 6.1)" "$jobs" modules &&
			scripts/kbuild.sh "$(headers 6.12)" "$jobs" modules &&
			make "$jobs" tool && make "$jobs" selftests
		;;
	ynl) scripts/ynl-gen.sh --check ;;
	lint) scripts/lint.sh ;;
	unit) make -C tests/unit check ;;
	fuzz) make -C tools/fuzz smoke ;;
	tool)
		make -C tools/passthroughctl check && make -C tools/doctor check &&
			make -C tools/decode check
		;;
	kunit) kunit/run.sh ;;
	vm-*-*)
		local machine=${1#vm-}
		NFPT_TIMEOUT=4500 selftests/vm.sh "${machine%-*}" selftests/run.sh "${1##*-}"
		;;
	# Many sessions, where memory can be measured, and many packets.
	many)
		NFPT_UML=plain NFPT_TIMEOUT=3000 selftests/uml.sh selftests/run.sh synth_60k \
			esp_10k l2tpsyn_10k synth_mutate esp_mutate l2tpsyn_mutate
		;;
	soak) NFPT_TIMEOUT=3000 selftests/uml.sh selftests/run.sh core_soak ;;
	uml-*) NFPT_TIMEOUT=4500 selftests/uml.sh selftests/run.sh "${1#uml-}" ;;
	cost) NFPT_ICOUNT=1 selftests/vm.sh 6.12 selftests/run.sh cost_calls ;;
	*) echo "no such layer"; return 1 ;;
	esac
}

# headers PATTERN: the newest build directory of a Debian kernel.
headers() {
	find /lib/modules -path "/lib/modules/$1[.-]*/build" | sort -V | tail -n 1 | grep .
}

# counts LOG STATUS: "passed failed skipped" of a layer.
counts() {
	awk -v status="$2" '
		/^# total [0-9]+ passed/ { p += $3; f += $5; s += $7; own = 1 }
		/^\[  PASSED  \] [0-9]+ test/ { gp += $4 }
		/^\[  FAILED  \] [0-9]+ test/ { gf += $4 }
		/^# [0-9]+ passed, [0-9]+ failed/ { tp += $2; tf += $4; ts += $6 }
		END {
			if (!own) { p = gp + tp; f = gf + tf; s = ts }
			if (status && !f) f = 1
			if (!status && !p) p = 1
			print p + 0, f + 0, s + 0
		}' "$1"
}

# why LAYER: what failed, and what a machine that broke said first.
why() {
	local log=$logs/$1.log
	echo "$1 failed, $log:"
	{
		grep -aE '^not ok|^# failed:' "$log" | head -n 20
		grep -am 1 -A 25 -E 'ended without its success|the kernel complained' "$log" ||
			tail -n 6 "$log"
	} | cut -c 1-160 | sed "s/^/    /"
}

# run_layer LAYER: run, log, report; the sums go to LAYER.sum.
run_layer() {
	local name=$1 log=$logs/$1.log start=$SECONDS status p f s
	rm -f "$logs/$name.sum"
	layer "$name" >"$log" 2>&1 </dev/null
	status=$?
	read -r p f s < <(counts "$log" $status)
	printf '%-13s %4d passed, %d failed, %d skipped, %d s\n' \
		"$name" "$p" "$f" "$s" $((SECONDS - start))
	echo "$p $f $s" >"$logs/$name.sum"
}

# The layers' children go when we go.
# shellcheck disable=SC2046
trap 'trap - TERM; kill $(jobs -p) 2>/dev/null; wait; exit 130' INT TERM

[ $# -eq 0 ] || layers=("$@")
for name in "${layers[@]}"; do
	rm -f "$logs/$name.sum"
done
if [ "${layers[0]}" != build ]; then
	layers=(build "${layers[@]}")
fi
run_layer build
read -r _ failed _ <"$logs/build.sum"
if [ "$failed" -eq 0 ]; then
	jobs=${JOBS:-$(($(nproc) + 1))}
	for name in "${layers[@]:1}"; do
		while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do
			wait -n
		done
		run_layer "$name" &
	done
	wait
fi

passed=0 failed=0 skipped=0
for name in "${layers[@]}"; do
	if read -r p f s 2>/dev/null <"$logs/$name.sum"; then
		[ "$f" -eq 0 ] || why "$name"
		passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	fi
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
