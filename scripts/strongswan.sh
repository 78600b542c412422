#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Make strongSwan available to the tests and print the directory that it is in.
#
#   strongswan.sh [--print]	--print: do not fetch it, fail if it is not there
#
# Its packages conflict with libreswan's, so they are not installed but unpacked
# aside, in the cache.  Nothing of this machine's configuration changes.
set -euo pipefail
cache=${NFPT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/nf-passthrough}
packages=(libstrongswan libstrongswan-standard-plugins strongswan-libcharon
	strongswan-charon strongswan-swanctl)

# version: the one that apt would install.
version() {
	apt-cache policy strongswan-charon 2>/dev/null | awk '$1 == "Candidate:" { print $2 }'
}

# The newest in the cache will do: a machine without lists of packages, or
# without a network, may still have it.
have=$({ find "$cache" -maxdepth 1 -name 'strongswan-*' 2>/dev/null || :; } |
	sort -V | tail -n 1)
if [ "$have" ]; then
	echo "$have"
	exit 0
fi
if [ "${1-}" = --print ]; then
	echo "strongswan: not in $cache, run scripts/strongswan.sh" >&2
	exit 1
fi

mkdir -p "$cache"
log=$cache/strongswan.log
tmp=$(mktemp -d "$cache/strongswan.tmp.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/deb" "$tmp/root"
cd "$tmp/deb"
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
# The lists are older than the archive, or not there at all: once more.
if ! { apt-get -q download "${packages[@]}" ||
       { "${as_root[@]}" apt-get -q update && apt-get -q download "${packages[@]}"; }
     } >"$log" 2>&1; then
	tail -n 20 "$log" >&2
	echo "strongswan: apt-get failed, its whole output is in $log" >&2
	exit 1
fi
for deb in *.deb; do
	dpkg-deb -x "$deb" "$tmp/root"
done
chmod 755 "$tmp/root"
dir=$cache/strongswan-$(version | tr -c '[:alnum:].+\n' _)
mv -T "$tmp/root" "$dir" 2>/dev/null || [ -d "$dir" ]
rm -f "$log"
echo "$dir"
