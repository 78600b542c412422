#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Generate the uapi header, the netlink policies and the operation table from
# docs/netlink/nf_passthrough.yaml with the kernel's own ynl-gen.
#
#   ynl-gen.sh            write the generated files
#   ynl-gen.sh --check    exit 1 if the committed files differ from the spec
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
spec=nf_passthrough.yaml
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

source=$("$top/scripts/linux-source.sh")
mkdir -p "$tmp/tools/net" "$tmp/Documentation"
cp -r "$source/tools/net/ynl" "$tmp/tools/net/"
cp -r "$source/Documentation/netlink" "$tmp/Documentation/"
# ynl-gen looks upwards for this file to find the root of the tree.
touch "$tmp/MAINTAINERS"
cp "$top/docs/netlink/$spec" "$tmp/Documentation/netlink/specs/"

# gen MODE FILE: generate one file, or compare it with the committed one.
gen() {
	local out=$tmp/out/$2
	mkdir -p "$(dirname "$out")"
	# $1 is two words.
	# shellcheck disable=SC2086
	/usr/bin/python3 "$tmp/tools/net/ynl/ynl-gen-c.py" $1 \
		--spec "$tmp/Documentation/netlink/specs/$spec" -o "$out"
	# ynl-gen names the spec as if it lay in the kernel tree, and leaves
	# out the last line's end.
	sed -i "s,Documentation/netlink/specs/,docs/netlink/," "$out"
	# The groups need flags, which the spec cannot say: netlink.c has them.
	sed -i '/^static const struct genl_multicast_group/,/^};/d' "$out"
	[ -z "$(tail -c 1 "$out")" ] || echo >>"$out"
	if [ "$check" ]; then
		diff -u "$top/$2" "$out" || drift=1
	else
		install -D -m 644 "$out" "$top/$2"
	fi
}

check='' drift=''
[ "${1-}" = --check ] && check=1
gen "--mode uapi --header" include/uapi/linux/nf_passthrough.h
gen "--mode kernel --header" nf_passthrough/netlink_gen.h
gen "--mode kernel --source" nf_passthrough/netlink_gen.c
if [ "$drift" ]; then
	echo "ynl-gen: the files above differ from docs/netlink/$spec: run 'make ynl'" >&2
	exit 1
fi
