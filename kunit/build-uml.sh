#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Build the User Mode Linux debug kernel of kunit/uml.config, if need be, and
# print its build directory.
set -euo pipefail
# shellcheck source=build_lib.sh
. "$(dirname "$0")/build_lib.sh"
build_kernel uml um defconfig linux "$top/kunit/uml.config"
