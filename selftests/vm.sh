#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Run a command in QEMU, with the modules of this tree, on one of Debian's own
# kernels or on a debug kernel that has more than one processor to look at.
#
#   vm.sh KERNEL COMMAND...	KERNEL is the start of a version, 6.1 or 6.12,
#				or debug: kunit/build-smp.sh
#
# The machine sees this machine's files as its own, in memory, and has no
# network.  Exit status: the command's, 124 if the kernel complained, 125 if
# the machine broke or took longer than NFPT_TIMEOUT (600 s).
# NFPT_NOBUILD=1 takes the modules as they are, NFPT_KUNIT=1 those with the KUnit
# suites in them (debug), NFPT_CPUS=N asks for other than 2 processors, NFPT_KEEP=1
# keeps the run directory, with the kernel's log, NFPT_ACCEL=kvm asks for hardware.
# NFPT_ICOUNT=1 counts instead of measuring: the machine's clock goes on by 4 ns
# with each instruction, whatever else the host has to do.
# shellcheck source=guest.sh
. "$(dirname "$0")/guest.sh"
pattern=${1:?usage: vm.sh KERNEL COMMAND...}
shift

memory=1536 words=
if [ "$pattern" = debug ]; then
	kdir=$("$top/kunit/build-smp.sh") || die "no debug kernel"
	image=$kdir/arch/x86/boot/bzImage
	release=$("$top/scripts/kernel-release.sh" "$kdir")
	# The interpreter of ACPI's programs takes half a minute for each device.
	memory=3072 words='acpi=noirq '
else
	image=$(find /boot -name "vmlinuz-${pattern}[.-]*" | sort -V | tail -n 1)
	[ "$image" ] || die "no kernel $pattern in /boot: run scripts/install-deps.sh"
	release=${image#/boot/vmlinuz-}
	kdir=/lib/modules/$release/build
fi

# Debian may compress its modules, and unpacking them is slow in an emulator:
# keep plain copies of those a test may want.
wanted='kernel/(net|crypto|lib|arch/x86/crypto|drivers/net/(veth|dummy|ifb|tun|tap|ppp|macvlan|vrf|bonding)|drivers/(virtio|char/virtio_console|block/virtio)|fs/(9p|netfs|fscache|overlayfs))'
kernel=$cache/modules-$release/kernel
unpack_modules() {
	local from=/lib/modules/$release tmp
	tmp=$(mktemp -d "$cache/tmp.XXXXXX")
	awk -F'[: ]+' -v w="^$wanted" '$1 ~ w { for (i = 1; i <= NF; i++) print $i }' \
		"$from/modules.dep" | sort -u |
		(cd "$from" && xargs -r cp --parents -t "$tmp")
	find "$tmp" -name '*.xz' -exec unxz {} +
	cp "$from"/modules.{order,builtin,builtin.modinfo} "$tmp/"
	chmod 755 "$tmp"
	mv -T "$tmp" "$cache/modules-$release" 2>/dev/null || rm -rf "$tmp"
}
mkdir -p "$cache"
if [ "$pattern" = debug ]; then
	kernel=$kdir/stage/kernel
	collect_modules "$kdir"
elif [ ! -d "$kernel" ]; then
	unpack_modules
fi

if [ ! "${NFPT_NOBUILD-}" ] && [ -e "$top/Kbuild" ]; then
	"$top/scripts/kbuild.sh" "$kdir" -s modules ||
		die "the modules do not build for $release"
fi
mapfile -t modules < <(find "$top/build/$release${NFPT_KUNIT:+-kunit}" -name '*.ko' 2>/dev/null | sort)
stage_modules "$release" "$kernel" "${modules[@]}"

initrd=$cache/initrd-$release
if [ ! "$initrd" -nt "$top/selftests/initrd-init" ]; then
	early=()
	# Ours has them built in.
	if [ "$pattern" != debug ]; then
		mapfile -t early < <(for m in virtio_pci 9pnet_virtio 9p overlay; do
			modprobe -d "$stage/usr" -S "$release" --show-depends $m
		done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }')
		[ ${#early[@]} -gt 0 ] || die "no virtio and 9p modules for $release"
	fi
	make_initrd "$initrd" "${early[@]}"
fi

processor=(-accel "${NFPT_ACCEL:-tcg,thread=multi}" -smp "${NFPT_CPUS:-2}")
[ ! "${NFPT_ICOUNT-}" ] || processor=(-accel tcg -smp 1 -icount shift=2)

# machine COMMAND...: run it in one machine.
machine() {
	new_run "vm-$pattern" "$@"
	timeout -k 5 "$NFPT_TIMEOUT" qemu-system-x86_64 \
		"${processor[@]}" -cpu max,la57=off -m "${NFPT_MEM:-$memory}" \
		-nodefaults -display none -no-reboot -serial "file:$run/console" \
		-virtfs "local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap" \
		-virtfs "local,path=$stage,mount_tag=stage,security_model=none,readonly=on" \
		-virtfs "local,path=$run,mount_tag=run,security_model=none" \
		-kernel "$image" -initrd "$initrd" \
		-append "${words}console=ttyS0 loglevel=5 panic=-1 oops=panic mitigations=off \
random.trust_cpu=on log_buf_len=4M watchdog_thresh=30 rcupdate.rcu_cpu_stall_timeout=60 \
nfpt.fs=9p nfpt.init=$top/selftests/init" \
		</dev/null >"$run/qemu" 2>&1 &
	qemu=$!
	trap 'kill $qemu 2>/dev/null' EXIT
	follow $qemu
	wait $qemu
	trap - EXIT
}

machine "$@"
# Until 8.1 QEMU misses it if one processor changes code while another one's
# thread translates it.  Debian's kernels do so for each static key, and die of a
# breakpoint that is gone, once in some hours: all begins again, once.  Elsewhere
# such an oops is the kernel's.
if [ "$pattern" != debug ] && [ ! "${NFPT_ACCEL-}${NFPT_ICOUNT-}" ] &&
	qemu-system-x86_64 --version | grep -qE 'version ([0-7]|8\.0)\.' &&
	grep -qa 'Oops: int3' "$run/console"; then
	echo "# vm $release: QEMU has lost a change of code; again"
	machine "$@"
fi
judge "vm $release"
