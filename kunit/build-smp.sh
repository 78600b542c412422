#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Build the debug kernel for a machine with more than one processor, if need be,
# and print its build directory: what finds mistakes is in kunit/debug.config,
# the network in kunit/uml.config, the machine, QEMU's, in kunit/smp.config.
set -euo pipefail
# shellcheck source=build_lib.sh
. "$(dirname "$0")/build_lib.sh"
build_kernel smp x86_64 tinyconfig arch/x86/boot/bzImage \
	"$top/kunit/debug.config" "$top/kunit/uml.config" "$top/kunit/smp.config"
