#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Build a User Mode Linux kernel, if need be, and print its build directory:
#
#   build-uml.sh [debug | plain]
#
# The options are those of kunit/debug.config (default) or kunit/plain.config,
# and of kunit/uml.config.
set -euo pipefail
# shellcheck source=build_lib.sh
. "$(dirname "$0")/build_lib.sh"
build_kernel uml um defconfig linux "$top/kunit/${1:-debug}.config" "$top/kunit/uml.config"
