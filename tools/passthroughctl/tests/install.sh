#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What `make install` puts where, and `make uninstall` takes away, in a
# directory; the manual pages, the unit and the modprobe.d file themselves.
# Run by `make check`.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/lib.sh
. "$here/../../../selftests/lib.sh"
top=$(cd "$here/../../.." && pwd)
man=$top/packaging/man
root=$WORK/root
# The caller's make and its variables are not this test's.
unset "${!MAKE@}" MFLAGS DESTDIR PREFIX

# tool_make ARGUMENT...: the tool's Makefile, into the directory; the tool is
# taken as it is.
tool_make() { make -s -o passthroughctl -C "$here/.." DESTDIR="$root" "$@"; }

# files: all there are in the directory, with their modes.
files() { (cd "$root" && find . ! -type d -printf '%m %P\n' | sort -k 2); }

base="644 usr/lib/modprobe.d/passthrough.conf
755 usr/sbin/passthroughctl
644 usr/share/passthrough/passthroughctl.schema.json"
decode="755 usr/libexec/passthrough/decode"
doctor="755 usr/libexec/passthrough/doctor"
unit="644 usr/lib/systemd/system/passthrough.service"
completion="644 usr/share/bash-completion/completions/passthroughctl"
sample="644 usr/share/doc/passthrough/examples/passthrough.conf"
pages="644 usr/share/man/man5/passthrough.conf.5
644 usr/share/man/man7/nf_passthrough.7
644 usr/share/man/man8/passthroughctl.8"

# installs WANTED ARGUMENT...: these files, and uninstall leaves another's.
installs() {
	local wanted=$1
	shift
	rm -rf "$root"
	mkdir -p "$root/usr/share/man/man8" "$root/usr/sbin"
	touch "$root/usr/share/man/man8/other.8" "$root/usr/sbin/passthroughctl-other"
	chmod 600 "$root/usr/share/man/man8/other.8" "$root/usr/sbin/passthroughctl-other"
	check "install${*:+ $*}" tool_make install "$@"
	is "install${*:+ $*}: files" "$(files | grep -v other)" "$(sort -k 2 <<<"$wanted")"
	check "install${*:+ $*} again" tool_make install "$@"
	is "install${*:+ $*} again: files" "$(files | grep -v other)" "$(sort -k 2 <<<"$wanted")"
	check "uninstall${*:+ $*}" tool_make uninstall "$@"
	is "uninstall${*:+ $*}: only others' files are left" "$(files)" \
		"600 usr/sbin/passthroughctl-other
600 usr/share/man/man8/other.8"
	check "uninstall${*:+ $*} again" tool_make uninstall "$@"
}

everything="$base
$decode
$doctor
$unit
$completion
$sample
$pages"
installs "$everything"
installs "$base" WITH_SYSTEMD=no WITH_COMPLETION=no WITH_MAN=no WITH_DOC=no WITH_DOCTOR=no \
	WITH_DECODE=no
installs "$base
$decode
$doctor
$unit
$sample
$pages" WITH_COMPLETION=no WITH_DECODE=yes
installs "${everything//usr\//usr/local/}" PREFIX=/usr/local

# What is installed is what is in the sources, but for the tool's place.
rm -rf "$root"
check "install" tool_make install
unit_file=$root/usr/lib/systemd/system/passthrough.service
check "the unit is unchanged" cmp "$unit_file" "$top/packaging/passthrough.service"
check "the tool runs" "$root/usr/sbin/passthroughctl" help
if command -v systemd-analyze >/dev/null; then
	# It looks for the program below --root.
	out=$(systemd-analyze verify --man=no --root="$root" "$unit_file" 2>&1 |
		grep -F passthrough)
	is "systemd-analyze finds nothing in the unit" "$out" ""
else
	skip "systemd-analyze" "there is none"
fi
check "it finds decode" grep -q '^hint: usage: ' <<<"$("$root/usr/sbin/passthroughctl" decode --port 2>&1)"
check "install WITH_MAN=no keeps what is there" tool_make install WITH_MAN=no
is "and uninstall takes all away" "$(tool_make uninstall WITH_MAN=no && files)" ""
check "install PREFIX=/opt" tool_make install PREFIX=/opt
is "the unit starts the tool from where it is" \
	"$(sed -n 's/^Exec.*=\(\S*\) .*/\1/p' "$root/opt/lib/systemd/system/passthrough.service" |
		uniq)" /opt/sbin/passthroughctl

# The top Makefile takes away the modules of one kernel, in any compression.
rm -rf "$root"
kdir=$WORK/kernel
mkdir -p "$kdir/include/generated" "$root/lib/modules/1.2.3/extra" "$root/lib/modules/1.2.4/extra"
echo '#define UTS_RELEASE "1.2.3"' >"$kdir/include/generated/utsrelease.h"
touch "$root/lib/modules/1.2.3/extra/"{nf_passthrough.ko,nf_pptp_gre_helper.ko.xz} \
	"$root/lib/modules/1.2.3/extra/"{nf_ipsec_natt_helper.ko.gz,nf_l2tp_helper.ko.zst} \
	"$root/lib/modules/1.2.3/extra/nf_other.ko" "$root/lib/modules/1.2.4/extra/nf_passthrough.ko"
check "install for the whole" tool_make install
check "make uninstall" make -s -C "$top" uninstall KDIR="$kdir" DESTDIR="$root"
is "others' modules are left" "$(files | cut -d' ' -f2)" \
	"lib/modules/1.2.3/extra/nf_other.ko
lib/modules/1.2.4/extra/nf_passthrough.ko"
check_not "make uninstall without a kernel fails" \
	make -s -C "$top" uninstall KDIR="$WORK/none" DESTDIR="$root"

# The manual pages.  mandoc's own index of other pages may be old, or ours
# not in it.
for page in passthrough.conf.5 nf_passthrough.7 passthroughctl.8; do
	is "mandoc finds nothing in $page" "$(mandoc -Tlint "$man/$page" 2>&1 |
		grep -vE 'mandoc.db|manual not found: Xr (nf_)?passthrough')" ""
	if command -v groff >/dev/null; then
		is "nor does groff" "$(groff -mandoc -Tutf8 -ww -rLL=80n "$man/$page" 2>&1 >/dev/null)" ""
	else
		skip "groff of $page" "there is none"
	fi
done

# Every setting of the modules is in passthrough.conf(5), with its default and
# range; every counter that nf_passthrough(7) names exists.
# seconds WORD: 10m as 600; a plain number stays.
seconds() {
	case $1 in
	*d) echo $((${1%d} * 86400)) ;;
	*h) echo $((${1%h} * 3600)) ;;
	*m) echo $((${1%m} * 60)) ;;
	*s) echo "${1%s}" ;;
	*) echo "$1" ;;
	esac
}
declare -A module=([pptp]=nf_pptp_gre_helper [ipsec]=nf_ipsec_natt_helper [l2tp]=nf_l2tp_helper)
for proto in pptp ipsec l2tp; do
	wanted=$(tr -d '\n' <"$top/${module[$proto]}/report.c" |
		grep -oP '\{\s*"[a-z0-9-]+", "s?", "[^"]*",\s*[0-9]+, [0-9]+, [^}]*,\s*\}' |
		while IFS='|' read -r name default min max; do
			echo "$name $default $min $((max))"
		done < <(sed -E 's/.*\{\s*"([^"]*)", "s?", "[^"]*",\s*([0-9]+), ([0-9]+), ([^,]*),.*/\1|\2|\3|\4/'))
	got=$(awk -v proto="$proto" '$1 == ".It" && $2 == "Sy" { on = $3 == proto }
		$1 == ".El" { on = 0 }
		on && $2 == "Cm" && $3 != "port" { gsub(/"/, ""); print $3, $5, $7, $9 }' \
		"$man/passthrough.conf.5" |
		while read -r name default min max; do
			echo "$name $(seconds "$default") $(seconds "$min") $(seconds "$max")"
		done)
	check "$proto has settings" test -n "$wanted"
	is "settings of $proto in passthrough.conf(5)" "$got" "$wanted"
done
for counter in $(sed -n '/^\.Sh COUNTERS/,/^\.Sh NETLINK/s/^\.It Cm //p' \
	"$man/nf_passthrough.7" | tr -d ,); do
	check "there is a counter $counter" grep -q "{ \"$counter\"," "$top"/nf_*/report.c
done

# Its example is a file.
sed -n '/^# Written by/,/^\.Ed/p' "$man/passthrough.conf.5" | grep -v '^\.' >"$WORK/example"
check "the example of passthrough.conf(5) is right" "$here/../passthroughctl" check "$WORK/example"

# So is the sample, which enables what its comments argue for and no more.
sample_file=$top/packaging/examples/passthrough.conf
check "the sample of passthrough.conf is right" "$here/../passthroughctl" check "$sample_file"
is "what it says" "$(grep -v '^#' "$sample_file" | grep . | paste -sd' ')" \
	"[ipsec] state = enabled [l2tp] state = bypassed [pptp] state = bypassed"
check "so with the lines that are commented out" "$here/../passthroughctl" check - \
	< <(sed 's/^#\([a-z-]* = \)/\1/' "$sample_file")

# A file of modprobe.d without a line would be no use, with one that is on a
# danger: see there.
check "modprobe.d has its line, off" grep -qx '#blacklist nf_conntrack_pptp' \
	"$top/packaging/modprobe.d/passthrough.conf"
is "and no other" "$(grep -v '^#' "$top/packaging/modprobe.d/passthrough.conf")" ""

done_testing
