#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Install every Debian package that building and testing need, and nothing
# else.  THE list; run it as often as you like: when all is there it says so
# and needs no network.  No service starts on this machine: the peers' daemons
# run in the tests' virtual machines only.
set -euo pipefail

packages=(
	# the modules, the tool, the UML debug kernel
	build-essential bc bison flex libelf-dev libssl-dev kmod cpio rsync
	xz-utils pkg-config libmnl-dev libjansson-dev libpcap-dev dwarves
	linux-headers-amd64 linux-headers-6.12-amd64
	linux-source-6.1 linux-source-6.12 python3-yaml python3-jsonschema
	# checkers, unit tests, fuzzers
	sparse shellcheck clang libclang-rt-14-dev libgtest-dev mandoc git jq
	# the virtual machines
	linux-image-amd64 linux-image-6.12-amd64 qemu-system-x86 busybox-static
	# what runs inside them
	pptpd pptp-linux xl2tpd ppp libreswan libnss3-tools nftables iptables conntrack iproute2 iputils-ping
	socat ncat iperf3 tcpdump ethtool procps psmisc
)

# Conflicts with libreswan: it is fetched, but not installed.
strongswan=$(dirname "$0")/strongswan.sh

missing=()
have=" $(dpkg-query -W -f '${Package}=${db:Status-Status} ' 2>/dev/null) "
for p in "${packages[@]}"; do
	[[ $have == *" $p=installed "* ]] || missing+=("$p")
done
if [ ${#missing[@]} -eq 0 ]; then
	"$strongswan" >/dev/null
	echo "install-deps: all ${#packages[@]} packages are installed"
	exit 0
fi

sudo=
if [ "$(id -u)" -ne 0 ]; then
	sudo=sudo
	if ! command -v sudo >/dev/null; then
		echo "install-deps: run me as root: these packages are missing: ${missing[*]}" >&2
		exit 1
	fi
fi

# Without a policy, installing pptpd or xl2tpd would start it here.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	trap '$sudo rm -f $policy' EXIT
	printf '#!/bin/sh\nexit 101\n' | $sudo tee $policy >/dev/null
	$sudo chmod 755 $policy
fi

echo "install-deps: installing ${missing[*]}"
log=$(mktemp)
apt=("$sudo" env DEBIAN_FRONTEND=noninteractive apt-get -q -y)
[ "$sudo" ] || apt=("${apt[@]:1}")
if ! { "${apt[@]}" update &&
       "${apt[@]}" install --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
	tail -n 30 "$log" >&2
	echo "install-deps: apt-get failed, its whole output is in $log" >&2
	exit 1
fi
rm -f "$log"
"$strongswan" >/dev/null
echo "install-deps: done"
