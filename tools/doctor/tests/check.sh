#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What doctor does without modules: its words, the shape of its errors, and that
# passthroughctl finds it.  Run by `make check`.
# jq's variables are not the shell's:
# shellcheck disable=SC2016
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/lib.sh
. "$here/../../../selftests/lib.sh"
tool=$here/../../passthroughctl/passthroughctl

# refuses STATUS PATTERN ARGUMENT...: as text and as JSON.
refuses() {
	local status=$1 pattern=$2 out got
	shift 2
	out=$("$tool" doctor "$@" 2>&1 >"$WORK/out")
	got=$?
	is "doctor $* ends with $status" "$got" "$status"
	is "doctor $*: nothing on stdout" "$(cat "$WORK/out")" ""
	check "doctor $*: says what is wrong" grep -qE -- "$pattern" <<<"$out"
	out=$("$tool" -j doctor "$@" 2>"$WORK/err")
	is "-j doctor $*: nothing on stderr" "$(cat "$WORK/err")" ""
	check "-j doctor $*: is one object with error and hint" jq -es --arg p "$pattern" '
		length == 1 and (.[0].hint | type == "string") and
		(.[0].error + "\n" + .[0].hint | test($p))' <<<"$out"
}

check "unit tests" "$here/unit" --gtest_brief=1

refuses 1 '"pptp" is no option' pptp
refuses 1 'there is no option --wat' --wat
refuses 1 'did you mean "--probe"' --prob
refuses 1 '--probe needs a server and a protocol' --probe
refuses 1 '--probe needs a server and a protocol' --probe 192.0.2.1
refuses 1 '"vpn.example": not an IPv4 address' --probe vpn.example pptp
refuses 1 'did you mean "l2tp"' --probe 192.0.2.1 l2pt
refuses 1 '--probe is given twice' --probe 192.0.2.1 l2tp --probe 192.0.2.1 pptp
refuses 1 '--timeout "0": not a time' --probe 192.0.2.1 l2tp --timeout 0
refuses 1 '--timeout "": not a time' --probe 192.0.2.1 l2tp --timeout=
refuses 1 '--timeout needs a time' --probe 192.0.2.1 l2tp --timeout
refuses 1 '--timeout is for --probe' --timeout 3
refuses 1 'network namespace "nfpt-none": there is none' -n nfpt-none

# Without modules there is a problem, and it is told.
if [ ! -d /sys/module/nf_passthrough ]; then
	"$tool" -p doctor >"$WORK/out" 2>"$WORK/err"
	is "doctor ends with 4" $? 4
	check "it is a problem that there are no modules" jq -e '.result == "problem" and
		any(.findings[]; .check == "modules" and .command == "modprobe nf_passthrough")' \
		"$WORK/out"
	"$tool" doctor >"$WORK/out" 2>"$WORK/err"
	check "for people, too" grep -q '^problem  modules: ' "$WORK/out"
	check "its command is below" grep -q '^         modprobe nf_passthrough$' "$WORK/out"
fi

# It is found where it is installed, and missed where it is not.
for d in tools/passthroughctl tools/doctor; do
	check "install $d" make -s -o passthroughctl -o doctor -C "$here/../../../$d" install \
		WITH_DOCTOR=no WITH_MAN=no DESTDIR="$WORK/root" PREFIX=/opt
done
"$WORK/root/opt/sbin/passthroughctl" doctor --wat 2>"$WORK/err"
is "the installed one is started" $? 1
rm "$WORK/root/opt/libexec/passthrough/doctor"
"$WORK/root/opt/sbin/passthroughctl" doctor 2>"$WORK/err"
is "without it the command ends with 3" $? 3
check "and says so" grep -q 'doctor is not installed' "$WORK/err"

done_testing
