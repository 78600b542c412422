#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Build a User Mode Linux kernel and print its build directory:
#
#   build-uml.sh [debug | plain]
#
# The options are those of kunit/debug.config (default) or kunit/plain.config,
# and of kunit/uml.config.  It is built once, in the cache outside the tree, and
# again only when these, our patches (kunit/uml-*.patch), Debian's kernel source
# or the machine type changes.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/nf-passthrough
kind=${1:-debug}
configs=("$top/kunit/$kind.config" "$top/kunit/uml.config")
version=$(dpkg-query -W -f '${Version}' linux-source-6.12 2>/dev/null) || {
	echo "build-uml: linux-source-6.12 is not installed: run scripts/install-deps.sh" >&2
	exit 1
}
patches=("$top"/kunit/uml-*.patch)
hash=$( { grep -h CONFIG_ "${configs[@]}"; cat "${patches[@]}"; echo "$version $(uname -m)"; } |
	sha256sum | cut -c1-16)
uml=$cache/uml-$hash

mkdir -p "$cache"
exec 9>"$uml.lock"
flock 9
if [ ! -x "$uml/linux" ]; then
	echo "build-uml: building the $kind kernel, about ten minutes, log in $uml.log" >&2
	source=$("$top/scripts/linux-source.sh")
	# The directory may move when it is complete: what is built against it
	# uses relative names, and the absolute one of the source.
	rm -rf "$uml.tmp"
	mkdir "$uml.tmp"
	make=(make -C "$source" "O=$uml.tmp" ARCH=um)
	# kbuild takes a source from the build directory, if it is there, before
	# it looks into Debian's, which stays as it is.
	for patch in "${patches[@]}"; do
		file=$(sed -n 's,^+++ b/,,p' "$patch")
		mkdir -p "$(dirname "$uml.tmp/$file")"
		patch -s -o "$uml.tmp/$file" "$source/$file" "$patch"
	done
	{
		"${make[@]}" defconfig &&
			"$source/scripts/kconfig/merge_config.sh" -m -O "$uml.tmp" \
				"$uml.tmp/.config" "${configs[@]}" &&
			"${make[@]}" olddefconfig &&
			"${make[@]}" -j"$(nproc)" linux modules
	} >"$uml.log" 2>&1 </dev/null || {
		tail -n 20 "$uml.log" >&2
		echo "build-uml: failed, see $uml.log" >&2
		exit 1
	}
	mv "$uml.tmp" "$uml"
fi
echo "$uml"
