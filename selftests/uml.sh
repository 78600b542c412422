#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Run a command in a User Mode Linux kernel with the modules of this tree: the
# debug kernel (KASAN, lockdep, kmemleak), or the one that NFPT_UML names (see
# kunit/build-uml.sh).
#
#   uml.sh COMMAND...
#
# The machine sees this machine's files as its own, in memory, and has no
# network.  Exit status and settings as vm.sh; NFPT_KUNIT=1 takes the modules
# with the KUnit suites in them.
# shellcheck source=guest.sh
. "$(dirname "$0")/guest.sh"
[ $# -gt 0 ] || die "usage: uml.sh COMMAND..."

uml=$("$top/kunit/build-uml.sh" "${NFPT_UML:-debug}") || die "no ${NFPT_UML:-debug} kernel"
release=$("$top/scripts/kernel-release.sh" "$uml")

if [ ! "${NFPT_NOBUILD-}" ] && [ -e "$top/Kbuild" ]; then
	"$top/scripts/kbuild.sh" "$uml" -s modules ||
		die "the modules do not build for $release"
fi
collect_modules "$uml"
mapfile -t modules < <(find "$top/build/$release${NFPT_KUNIT:+-kunit}" -name '*.ko' 2>/dev/null | sort)
stage_modules "$release" "$uml/stage/kernel" "${modules[@]}"

new_run uml "$@"
# UML's memory is a file: keep it in memory.
TMPDIR=/dev/shm timeout -k 5 "$NFPT_TIMEOUT" "$uml/linux" mem="${NFPT_MEM:-1500}M" \
	root=/dev/root rootfstype=hostfs rootflags=/ init="$top/selftests/initrd-init" \
	con=null con0=null,fd:1 \
	loglevel=5 panic=-1 oops=panic log_buf_len=4M \
	nfpt.fs=hostfs nfpt.stage="$stage" nfpt.run="$run" nfpt.init="$top/selftests/init" \
	</dev/null > >(cat >"$run/console") 2>&1 &
machine=$!
trap 'kill $machine 2>/dev/null' EXIT
follow $machine
wait $machine
trap - EXIT
judge "uml $release"
