# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# The host's side of running a command in a virtual machine, common to vm.sh
# (QEMU; Debian's kernels or a debug kernel) and uml.sh (User Mode Linux, debug
# kernel).
#
# The guest's root is this machine's root, read only, under a memory overlay.
# One directory of the host, the run directory, can be written by the guest:
#	cmd, env	what to run (host writes)
#	out		what it printed
#	dmesg		the kernel's whole log when the command has ended
#	result		the success token: "NONCE STATUS TAINT"
# The host believes the token only.  It is not there if the guest crashed.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck disable=SC2034 # for who sources this, and for the guest
NFPT_CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/nf-passthrough cache=$NFPT_CACHE
: "${NFPT_TIMEOUT:=600}"

die() {
	echo "$(basename "$0" .sh): $*" >&2
	exit 1
}

# Kernel messages that fail a run, and the few harmless ones among them.
bad_messages='BUG[: ]|WARNING[: ]|KASAN|UBSAN|KCSAN|lockdep|possible circular|possible recursive|inconsistent lock|suspicious RCU|INFO: task|rcu.*(stall|detected)|soft lockup|unreferenced object|refcount|leaked|Oops|general protection|Kernel panic|Unable to handle|bad page|sleeping function|scheduling while atomic|ODEBUG|DEBUG_LOCKS|DEBUG_NET|stack-protector|Call Trace|unregister_netdevice: waiting'
harmless_messages=(
	'module verification failed'	# our modules carry no signature
	'loading out-of-tree module'
	'RCU (lockdep|debug|CPU)'	# what the kernel says of itself at boot
	'rcu: .*(RCU|lockdep) (event|restrict|debug|lockdep)'
	'Lock dependency validator'
	'KernelAddressSanitizer initialized'
	'[Kk]asan: .*initialized'
	'kmemleak: (Kernel memory leak detector initialized|Automatic)'
	'ommand line: '
	'Spectre|MDS|SRBDS|GDS|TAA|MMIO Stale|Retbleed'	# of the emulated CPU
)

# new_run NAME COMMAND...: make the run directory ($run) and what the guest reads.
new_run() {
	local name=$1 var
	shift
	mkdir -p "$top/build/run"
	run=$(mktemp -d "$top/build/run/$name.XXXXXX")
	chmod 755 "$run"
	nonce=$(od -An -N8 -tx8 /dev/urandom | tr -d ' ')
	{
		printf 'nonce=%s\ntop=%q\ncwd=%q\n' "$nonce" "$top" "$PWD"
		for var in $(compgen -v NFPT_); do
			printf 'export %s=%q\n' "$var" "${!var}"
		done
	} >"$run/env"
	printf '%q ' "$@" >"$run/cmd"
	: >"$run/out"
}

# collect_modules BUILD: the few modules of a kernel that we have built lie about
# in its build directory; put them into BUILD/stage/kernel.
collect_modules() {
	local build=$1
	[ ! -d "$build/stage/kernel" ] || return 0
	mkdir -p "$build/stage/kernel.$$"
	(cd "$build" && sed 's/\.o$/.ko/' modules.order |
		xargs -r cp --parents -t "stage/kernel.$$")
	cp "$build"/modules.{order,builtin,builtin.modinfo} "$build/stage/"
	mv -T "$build/stage/kernel.$$" "$build/stage/kernel" 2>/dev/null ||
		rm -rf "$build/stage/kernel.$$"
}

# stage_modules RELEASE KERNELDIR MODULES...: make $stage, the layer over the
# guest's root in which modprobe finds the kernel's modules and ours.
# KERNELDIR has the kernel's own modules (the "kernel" of /lib/modules/R).
# Named by what is in it: a running machine keeps its own when we build anew.
stage_modules() {
	local release=$1 kernel=$2 hash dir
	shift 2
	hash=$(cat "$kernel/../modules.order" "$@" | sha256sum | cut -c1-12)
	stage=$top/build/stage/$release-$hash
	if [ ! -d "$stage" ]; then
		find "$top/build/stage" -mindepth 1 -maxdepth 1 -mtime +1 \
			-exec rm -rf {} + 2>/dev/null
		dir=$stage.$$/usr/lib/modules/$release
		mkdir -p "$dir/extra"
		ln -s usr/lib "$stage.$$/lib"
		ln -s "$kernel" "$dir/kernel"
		cp "$kernel"/../modules.{order,builtin,builtin.modinfo} "$dir/"
		[ $# -eq 0 ] || cp "$@" "$dir/extra/"
		depmod -b "$stage.$$" "$release" || die "depmod for $release"
		rm "$stage.$$/lib"	# must not hide the /lib of the guest's root
		mv -T "$stage.$$" "$stage" 2>/dev/null || rm -rf "$stage.$$"
	fi
}

# make_initrd FILE [MODULE-FILE...]: a busybox that mounts the root and goes there.
make_initrd() {
	local file=$1 tmp m
	shift
	tmp=$(mktemp -d)
	mkdir -p "$tmp"/{bin,mod,proc,dev,mnt}
	cp /bin/busybox "$tmp/bin/"
	cp "$top/selftests/initrd-init" "$tmp/init"
	chmod 755 "$tmp/init"
	for m; do
		cp "$m" "$tmp/mod/"
		basename "$m" >>"$tmp/mod/order"
	done
	(cd "$tmp" && find . | cpio --quiet -o -H newc) >"$file.$$"
	mv "$file.$$" "$file"
	rm -rf "$tmp"
}

# follow PID: print what the command prints until the machine has ended.
follow() {
	tail -q -n +1 -s 0.2 --pid="$1" -f "$run/out" 2>/dev/null
}

# judge WHO: decide from the run directory; the run's exit status.
judge() {
	local who=$1 token='' status taint bad
	[ -r "$run/result" ] && read -r token status taint <"$run/result"
	if [ "$token" != "$nonce" ]; then
		echo "$who: the machine ended without its success token (crash," \
			"or longer than $NFPT_TIMEOUT s); its console said:" >&2
		# From the first complaint on, if there is one.
		grep -am 1 -A 60 -E "$bad_messages" "$run/console" >&2 ||
			tail -n 40 "$run/console" >&2
		echo "$who: see $run" >&2
		return 125
	fi
	bad=$(cat "$run/dmesg" "$run/console" | sed 's/^\[ *[0-9.]*\] //' |
	      grep -aE "$bad_messages" |
	      grep -avE "$(IFS='|'; echo "${harmless_messages[*]}")" | awk '!seen[$0]++')
	if [ "$bad" ]; then
		echo "$who: the kernel complained:" >&2
		head -n 20 <<<"$bad" >&2
		echo "$who: see $run/dmesg" >&2
		return 124
	fi
	# Anything but "out of tree" (12), "unsigned" (13), "KUnit has run" (18).
	if [ $((taint & ~0x43000)) -ne 0 ]; then
		echo "$who: the kernel is tainted: $taint; see $run/dmesg" >&2
		return 124
	fi
	if [ "$status" -ne 0 ]; then
		echo "$who: the command failed with status $status" >&2
	fi
	[ "${NFPT_KEEP-}" ] || rm -rf "$run"
	return "$status"
}
