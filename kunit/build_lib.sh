# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# A kernel of Debian's linux-source-6.12, built once, in the cache
# outside the tree, and again only when its configs, our patches, Debian's
# source or the machine type changes.  Sourced by build-uml.sh and build-smp.sh.
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# build_kernel NAME ARCH BASE TARGET CONFIG...: the kernel of the make target
# BASE with the fragments CONFIG and the patches kunit/NAME-*.patch; print its
# build directory.  NFPT_JOBS: how many compilers at once.
build_kernel() {
	local name=$1 arch=$2 base=$3 target=$4
	shift 4
	local cache=${XDG_CACHE_HOME:-$HOME/.cache}/nf-passthrough
	local version hash dir source file patch patches make
	version=$(dpkg-query -W -f '${Version}' linux-source-6.12 2>/dev/null) || {
		echo "build-$name: linux-source-6.12 is not installed: run scripts/install-deps.sh" >&2
		return 1
	}
	mapfile -t patches < <(find "$top/kunit" -name "$name-*.patch" | sort)
	hash=$( { grep -h CONFIG_ "$@"; cat /dev/null "${patches[@]}"; echo "$version $(uname -m)"; } |
		sha256sum | cut -c1-16)
	dir=$cache/$name-$hash

	mkdir -p "$cache"
	exec 9>"$dir.lock"
	flock 9
	if [ ! -e "$dir/$target" ]; then
		echo "build-$name: building the kernel, ten minutes or more, log in $dir.log" >&2
		source=$("$top/scripts/linux-source.sh")
		# The directory may move when it is complete: what is built against it
		# uses relative names, and the absolute one of the source.
		rm -rf "$dir.tmp"
		mkdir "$dir.tmp"
		make=(make -C "$source" "O=$dir.tmp" "ARCH=$arch")
		# kbuild takes a source from the build directory, if it is there,
		# before it looks into Debian's, which stays as it is.
		for patch in "${patches[@]}"; do
			file=$(sed -n 's,^+++ b/,,p' "$patch")
			mkdir -p "$(dirname "$dir.tmp/$file")"
			patch -s -o "$dir.tmp/$file" "$source/$file" "$patch"
		done
		{
			"${make[@]}" "$base" &&
				"$source/scripts/kconfig/merge_config.sh" -m -O "$dir.tmp" \
					"$dir.tmp/.config" "$@" &&
				"${make[@]}" olddefconfig &&
				"${make[@]}" -j"${NFPT_JOBS:-$(nproc)}" "$(basename "$target")" modules
		} >"$dir.log" 2>&1 </dev/null || {
			tail -n 20 "$dir.log" >&2
			echo "build-$name: failed, see $dir.log" >&2
			return 1
		}
		mv "$dir.tmp" "$dir"
	fi
	echo "$dir"
}
