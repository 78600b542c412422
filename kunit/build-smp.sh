#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Build the debug kernel for a machine with more than one processor, if need be,
# and print its build directory: what finds mistakes and the network are those
# of kunit/uml.config, the machine is QEMU's and in kunit/smp.config.
set -euo pipefail
# shellcheck source=build_lib.sh
. "$(dirname "$0")/build_lib.sh"
build_kernel smp x86_64 tinyconfig arch/x86/boot/bzImage \
	"$top/kunit/uml.config" "$top/kunit/smp.config"
