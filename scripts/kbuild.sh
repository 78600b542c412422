#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Build the modules against one kernel, in a directory of that kernel's own.
#
#   kbuild.sh KDIR [make arguments...]
#
# kbuild writes objects beside the sources, so build/RELEASE mirrors the
# sources with symbolic links and several kernels never meet.  NFPT_KUNIT=1
# builds into build/RELEASE-kunit, OUT=DIR somewhere else.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
kdir=${1:?usage: kbuild.sh KDIR [make arguments...]}
shift
if ! release=$("$top/scripts/kernel-release.sh" "$kdir"); then
	echo "kbuild: $kdir is no kernel build directory: install its headers" >&2
	exit 1
fi
out=${OUT:-$top/build/$release${NFPT_KUNIT:+-kunit}}
opts=()
if grep -qs '^CONFIG_UML=y' "$kdir/include/config/auto.conf"; then
	opts+=(ARCH=um)
fi
# Headers come without the vmlinux that BTF needs; do not try, do not say so.
[ -e "$kdir/vmlinux" ] || opts+=(CONFIG_DEBUG_INFO_BTF_MODULES=)

mkdir -p "$out"
exec 9>"$out/.lock"
flock 9

# Real directories, linked files; links to files that are gone go too.
cd "$top"
find "$out" -xtype l -delete
find Kbuild VERSION include nf_* kunit bench \
	\( -name Kbuild -o -name VERSION -o -name '*.[chS]' -o -name '*.mk' \) -print 2>/dev/null |
while read -r file; do
	[ -L "$out/$file" ] && continue
	mkdir -p "$out/$(dirname "$file")"
	ln -s "$top/$file" "$out/$file"
done
make --no-print-directory -C "$kdir" "${opts[@]}" M="$out" \
	${NFPT_KUNIT:+NFPT_KUNIT=1} ${NFPT_BENCH:+NFPT_BENCH=1} "$@"
