#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Print the release (uname -r) of the kernel that a build directory is for.
# Debian's include/config/kernel.release may name the upstream version instead.
sed -n 's/^#define UTS_RELEASE "\(.*\)"/\1/p' "${1:?}/include/generated/utsrelease.h" | grep .
