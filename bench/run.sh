#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Measure, in a User Mode Linux kernel without debug options, and put the tables
# into docs/benchmarks.md:
#
#   bench/run.sh [gre | esp | others]...		default: all, and the document
#
# NFPT_ROUNDS and NFPT_SIZES are those of bench.sh.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
document=$top/docs/benchmarks.md
log=$top/build/logs/bench.log
export NFPT_UML=plain NFPT_BENCH=1 NFPT_TIMEOUT="${NFPT_TIMEOUT:-3600}"
mkdir -p "$top/build/logs"

make -s -C "$top" tool
"$top/selftests/uml.sh" "$top/bench/bench.sh" "${@:-all}" | tee "$log"
grep -q '^# [0-9]* passed, 0 failed' "$log"
awk -f "$top/bench/table.awk" "$log" >"$log.tables"
cat "$log.tables"
[ $# -eq 0 ] || exit 0

# Between the two marks.
{
	sed '/^<!-- measured -->$/q' "$document"
	printf '\nOn %s, Linux %s, one processor.\n\n' \
		"$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)" \
		"$("$top/scripts/kernel-release.sh" "$("$top/kunit/build-uml.sh" plain)")"
	cat "$log.tables"
	echo
	sed -n '/^<!-- end -->$/,$p' "$document"
} >"$document.new"
mv "$document.new" "$document"
