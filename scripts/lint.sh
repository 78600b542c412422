#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Everything that reads the sources without running them.
#
#   lint.sh [shell | style | kernels]...	some of it
#
# shell: shellcheck; style: the kernel's checkpatch, SPDX lines; kernels: the
# modules with W=1 and sparse on all of Debian's kernels.  No warning at all.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
passed=0 failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# try TEXT COMMAND...: a check that is silent when all is well.
try() {
	local text=$1
	shift
	if "$@" >"$log" 2>&1; then
		echo "ok - $text"
		passed=$((passed + 1))
	else
		echo "not ok - $text"
		head -n 100 "$log"
		failed=$((failed + 1))
	fi
}

# sources PATTERN...: files of the project, also those not yet committed.
sources() {
	git ls-files -co --exclude-standard -- "$@" | sort -u | while read -r f; do
		[ -f "$f" ] && echo "$f"
	done
}

shell() {
	local files
	mapfile -t files < <(sources | while read -r f; do
		case $f in
		*.sh) echo "$f" ;;
		*) head -c 64 "$f" | head -n 1 | grep -aqE '^#!.*/(ba|busybox |env )?(ba)?sh' && echo "$f" ;;
		esac
	done)
	try "shellcheck of ${#files[@]} scripts" shellcheck "${files[@]}"
}

# spdx FILE...: fails naming the files without a licence line.
spdx() {
	! grep -L 'SPDX-License-Identifier:' "$@" | grep .
}

style() {
	local source files
	source=$(scripts/linux-source.sh)
	mapfile -t files < <(sources 'include/*.h' 'nf_*/*.[ch]' 'kunit/*.[ch]' 'bench/*.[ch]' |
		grep -vE '_gen\.[ch]$|include/uapi/')
	# No tree: nobody is in MAINTAINERS.  The compat headers have version
	# tests on purpose.
	try "checkpatch of ${#files[@]} files" "$source/scripts/checkpatch.pl" \
		--no-tree --no-summary --terse --quiet --strict --show-types \
		--ignore FILE_PATH_CHANGES,LINUX_VERSION_CODE,CONSTANT_COMPARISON \
		-f "${files[@]}"
	mapfile -t files < <(sources '*.[ch]' '*.[ch]pp' '*.sh' '*Makefile' Kbuild '*.yaml' .ci/run)
	try "licence lines of ${#files[@]} files" spdx "${files[@]}"
}

# pedantic KDIR: build from scratch with W=1 and sparse; 1 if anything is said.
pedantic() {
	local out
	out=$PWD/build/lint/$(scripts/kernel-release.sh "$1")
	# Same objects, other flags: what is up to date is not looked at again.
	rm -rf "$out"
	OUT=$out scripts/kbuild.sh "$1" -s W=1 C=2 KCFLAGS=-Werror modules >"$out.log" 2>&1
	local status=$?
	grep -vE '^(make|Skipping BTF)' "$out.log"
	[ $status -eq 0 ] && ! grep -qE 'warning|error|WARNING' "$out.log"
}

kernels() {
	local image release
	mkdir -p build/lint
	for image in /boot/vmlinuz-*; do
		release=${image#/boot/vmlinuz-}
		[ -d "/lib/modules/$release/build" ] || continue
		try "W=1 and sparse on $release" pedantic "/lib/modules/$release/build"
	done
}

[ $# -gt 0 ] || set -- shell style kernels
for part; do
	"$part"
done
echo "# total $passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ]
