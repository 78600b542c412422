#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What `passthroughctl decode` does with files: formats, filters, ports, errors
# and exit codes.  The captures are made here.  Run by `make check`.
# jq's variables are not the shell's:
# shellcheck disable=SC2016
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/lib.sh
. "$here/../../../selftests/lib.sh"
decode=$here/../decode
schema=$here/../../passthroughctl/tests/schema.py
# lines ARGUMENT...: the objects, one a line.
lines() { "$decode" -j "$@" | jq -c .; }

# refuses STATUS PATTERN ARGUMENT...: it ends with that status and an error that
# has the pattern, as text and as JSON.
refuses() {
	local status=$1 pattern=$2 got
	shift 2
	"$decode" "$@" >/dev/null 2>"$WORK/err"
	got=$?
	is "$* ends with $status" "$got" "$status"
	check "$*: the error has $pattern" grep -qE "^passthroughctl: .*$pattern" "$WORK/err"
	check "$*: and a hint" grep -q '^hint: .' "$WORK/err"
	"$decode" -j "$@" >"$WORK/out" 2>"$WORK/err"
	is "-j $* ends with $status" "$?" "$status"
	check "-j $*: the last line has error and hint" \
		jq -se 'last | (.error | length > 0) and (.hint | length > 0)' "$WORK/out"
	check_not "-j $*: nothing on standard error" test -s "$WORK/err"
	check "-j $*: the schema has it" "$schema" check "$WORK/seen" decode <"$WORK/out"
}

check "unit tests" "$here/unit" --gtest_brief=1

for format in pcap pcapng; do
	for link in {0..8}; do
		"$here/make_capture" $format "$link" >"$WORK/$format$link"
		is "$format, link type $link: messages" "$(lines "$WORK/$format$link" | wc -l)" 25
	done
done
capture=$WORK/pcap0
is "all alike" "$(for f in "$WORK"/pcap[0-9] "$WORK"/pcapng[0-9]; do
	lines "$f" | cksum; done | sort -u | wc -l)" 1
check "the schema has them" "$schema" check "$WORK/seen" decode <<<"$(lines "$capture")"
# Definitions that are not decode's.
mapfile -t others < <(jq -r '."$defs" | keys[] | select(. != "decode") | "-" + .' \
	"$here/../../../docs/json/passthroughctl.schema.json")
check "and nothing else" "$schema" unseen "$WORK/seen" "${others[@]}"
is "standard input" "$("$decode" - <"$capture")" "$("$decode" "$capture")"
is "a line for each message" "$("$decode" "$capture" | wc -l)" 25
is "-p is the same, indented" "$("$decode" -p "$capture" | jq -c .)" "$(lines "$capture")"
check "the capture's packets are counted, not the filter's" \
	jq -se 'length == 1 and .[0].packet == 20 and .[0].message == "ESP"' \
	<<<"$(lines "$capture" ip6)"
is "a filter of several words" "$(lines "$capture" udp port 4500 or proto 115 | wc -l)" 6
is "times are those of the capture" "$("$decode" "$capture" ip6 | awk '{ print $1 }')" 0.019000
is "other ports" "$(lines --port pptp 1724 --port l2tp 1702,1703 "$capture" | wc -l)" 13
is "NAT-T on another port is not on 4500" \
	"$(lines --port ipsec 500,4501 "$capture" udp | jq -r .protocol | grep -c ipsec)" 3
refuses 1 'port "x": not a port list' --port pptp x "$capture"
"$decode" "$capture" tcp port 9 >"$WORK/out" 2>"$WORK/err"
is "nothing to show is no error" "$?" 0
is "but is told" "$(cat "$WORK/out" "$WORK/err")" "note: no PPTP, IPsec or L2TP in the 0 packets that were read"

refuses 1 'no capture is named'
refuses 1 'there is no option --prot' --prot "$capture"
refuses 1 '--port needs a protocol and a port' "$capture" --port pptp
refuses 1 'no protocol is called "pttp"' --port pttp 1 "$capture"
refuses 1 'in no network namespace' -n r "$capture"
refuses 1 'nfpt-none: No such file or directory' /nfpt-none
refuses 1 'check.sh: unknown file format' "$here/check.sh"
refuses 1 'truncated dump file' /dev/null
refuses 1 'filter "prot 9"' "$capture" prot 9
"$here/make_capture" other >"$WORK/other"
refuses 1 'link type BLUETOOTH_HCI_H4 is not known' "$WORK/other"
# Cut in the middle of packet 12.
head -c 1500 "$capture" >"$WORK/cut"
refuses 2 'cut, behind packet [0-9]+: truncated' "$WORK/cut"
n=$("$decode" "$WORK/cut" 2>/dev/null | wc -l)
check "what is before the cut is shown ($n)" test "$n" -gt 3
is "a line of it is the whole one's" "$("$decode" "$WORK/cut" 2>/dev/null)" \
	"$("$decode" "$capture" | head -n "$n")"
"$decode" "$capture" >/dev/full 2>"$WORK/err"
is "a full disk ends with 2" $? 2
check "and is told" grep -q 'writing the output' "$WORK/err"

# As the command of the tool, which knows where it is.
tool=$here/../../passthroughctl/passthroughctl
if [ -x "$tool" ]; then
	is "passthroughctl decode" "$("$tool" decode "$capture")" "$("$decode" "$capture")"
	is "with options before and behind" \
		"$("$tool" -j decode --port pptp 1 "$capture" udp port 500)" \
		"$("$decode" -j --port pptp 1 "$capture" udp port 500)"
	"$tool" decode /nfpt-none >/dev/null 2>&1
	is "its exit status" $? 1
else
	skip "passthroughctl decode" "passthroughctl is not built"
fi

done_testing
