#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Print where Debian's linux-source-6.12 lies unpacked, in the cache outside
# the tree; unpack it first if need be.
set -euo pipefail
cache=${XDG_CACHE_HOME:-$HOME/.cache}/nf-passthrough
if ! version=$(dpkg-query -W -f '${Version}' linux-source-6.12 2>/dev/null); then
	echo "linux-source-6.12 is not installed: run scripts/install-deps.sh" >&2
	exit 1
fi
source=$cache/linux-source-${version//[^A-Za-z0-9.]/_}
if [ ! -d "$source" ]; then
	mkdir -p "$cache"
	exec 9>"$source.lock"
	flock 9
	if [ ! -d "$source" ]; then
		rm -rf "$source.tmp"
		mkdir "$source.tmp"
		tar -C "$source.tmp" --strip-components=1 -xf /usr/src/linux-source-6.12.tar.xz
		mv "$source.tmp" "$source"
	fi
fi
echo "$source"
