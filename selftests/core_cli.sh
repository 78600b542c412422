#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# passthroughctl against the modules: every command, every exit status, what
# it prints for people and as JSON, in this namespace and in another one.  Who
# may do what: core_privilege.
#
#	c1 PNS -+
#	c2 PNS -+- lan [ r ] wan --- s PAC
# jq's variables are not the shell's:
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pptp_peer/peer.sh"

tool=$(command -v passthroughctl) || bail "passthroughctl is not built"
version=$(cat "$nfpt_top/VERSION")

# run COMMAND...: keeps its output and status in $out, $err, $status.
run() {
	out=$("$@" 2>"$WORK/err")
	status=$?
	err=$(cat "$WORK/err")
}

# prints TEXT PATTERN COMMAND...: it succeeds, and one line of standard output
# has the pattern.
prints() {
	local text=$1 pattern=$2
	shift 2
	run "$@"
	if [ "$status" -eq 0 ] && grep -qE -- "$pattern" <<<"$out"; then
		ok "$text"
	else
		not_ok "$text"
		printf '#   status %s: %s\n' "$status" "$*"
		printf '%s\n%s\n' "$out" "$err" | sed 's/^/#   /'
	fi
}

# ptc ARGUMENT...: like the library's, but cheaper.
ptc() { nsenter --net=/run/netns/r "$tool" "$@"; }

# refuses STATUS PATTERN ARGUMENT...: the tool ends with that status and an
# error that has the pattern, as text and as JSON.  jq is slow to start in an
# emulator: what it has to look at is kept for one run at the end.
refuses() {
	local want=$1 pattern=$2
	shift 2
	run "${as[@]}" "$tool" "$@"
	is "$* ends with $want" "$status" "$want"
	check "$* tells: $pattern" grep -qE -- "$pattern" <<<"$err"
	run "${as[@]}" "$tool" -j "$@"
	is "-j $* ends with $want" "$status" "$want"
	is "-j $* says nothing on stderr" "$err" ""
	check "-j $* tells: $pattern" grep -qE -- "$pattern" <<<"${out//\\\"/\"}"
	echo "$out" >>"$WORK/errors"
	n_errors=$((n_errors + 1))
}

# json TEXT FILTER COMMAND...: it prints one JSON value, for which the jq
# filter holds.
json() {
	local text=$1 filter=$2
	shift 2
	run "$@"
	if [ "$status" -eq 0 ] && [ -z "$err" ] &&
	   jq -es "length == 1 and (.[0] | $filter)" <<<"$out" >/dev/null; then
		ok "$text"
	else
		not_ok "$text"
		printf '#   status %s: %s\n#   %s\n#   %s\n' "$status" "$*" "$out" "$err"
	fi
}

loaded() { [ -d "/sys/module/$1" ]; }
setting() {
	ptc -j list pptp | jq --arg n "$1" '.protocols[0].settings[] | select(.name == $n) | .value'
}
ports() { ptc -j list pptp | jq -c '.protocols[0].ports'; }
n_sessions() { ptc -j sessions "$@" | jq '.sessions | length'; }

topology 2
n_errors=0
as=(nsenter --net=/run/netns/r)
if loaded nf_passthrough; then
	skip_all "the modules are loaded already"
fi

echo "# no module to be had"
loader=$(cat /proc/sys/kernel/modprobe)
at_exit 'echo "$loader" >/proc/sys/kernel/modprobe'
echo /bin/false >/proc/sys/kernel/modprobe
refuses 3 'module nf_passthrough is not loaded and could not be loaded automatically' list
refuses 3 'try `modprobe nf_passthrough`' enable pptp
refuses 3 'is not loaded' sessions
prints "version does without the module" '^nf_passthrough not loaded$' ptc version
echo "$loader" >/proc/sys/kernel/modprobe

echo "# autoload"
prints "list loads the core" '^pptp +bypassed +- +- +-$' ptc list
check "the core is loaded" loaded nf_passthrough
check_not "no protocol's module is" loaded nf_pptp_gre_helper
prints "list says so" 'pptp.*: module not loaded' ptc list
json "-j list has all protocols" '
	[.protocols[] | .name] == ["pptp", "ipsec", "l2tp"] and
	all(.protocols[]; .state == "bypassed" and (.loaded | not))' ptc -j list
prints "version names the tool" "^passthroughctl $version\$" ptc version
prints "version names the module" "^nf_passthrough $version\$" ptc version
is "version has nothing to remark" "$err" ""
json "-j version matches" ".match and .module == \"$version\"" ptc -j version
# The same program, but for its version.
other=${version//[0-9]/7}
LC_ALL=C sed "s/${version//./\\.}/$other/g" "$tool" >"$WORK/other"
chmod +x "$WORK/other"
with_other() { nsenter --net=/run/netns/r "$WORK/other" "$@"; }
prints "another version of the tool names itself" "^passthroughctl $other\$" with_other version
check "and remarks it" grep -q '^note: tool and module differ: install both' <<<"$err"
json "-j version does not match" '.match == false' with_other -j version
prints "it works as far as it can" '^pptp +bypassed' with_other list
prints "bypass of what is not loaded is no change" '^pptp: bypassed already' ptc bypass pptp
check_not "and loads nothing" loaded nf_pptp_gre_helper
run ptc stats
is "stats with nothing to count" "$status$out" 0
prints "enable loads the protocol's module" '^pptp: bypassed -> enabled$' ptc enable pptp
check "it is loaded" loaded nf_pptp_gre_helper
is "one line on stdout" "$(wc -l <<<"$out")" 1
check "one line on stderr tells that PPTP is not secure" \
	grep -q 'MPPE.*is broken.*WireGuard' <<<"$err"
prints "enable again is no change" '^pptp: enabled already' ptc enable pptp
json "-j enable" '.changes == [{protocol: "pptp", from: "enabled", to: "enabled", notes: .changes[0].notes}]' \
	ptc -j enable pptp

echo "# list"
prints "list shows state and port" '^pptp +enabled +1723 +0 +[1-9][0-9]*$' ptc list
prints "list pptp shows settings" '^gre-replied +5h +5h ' ptc list pptp
json "-j list pptp has settings with bounds" '
	.protocols | length == 1 and .[0].loaded and .[0].hooks > 0 and
	(.[0].settings | length >= 4 and all(.[]; .min <= .value and .value <= .max and
		(.help | length > 0) and (.unit | type == "string") and (.default | type == "number")))' \
	ptc -j list pptp
check "-p list is indented and equal" \
	diff <(ptc -p list | jq -c .) <(ptc -j list | jq -c .)
check "-p list has lines" test "$(ptc -p list | wc -l)" -gt 20

echo "# refused"
if modinfo nf_l2tp_helper >/dev/null 2>&1; then
	skip "enable l2tp without its module" "there is one"
else
	refuses 3 'switching l2tp to enabled: no module serves this protocol' enable l2tp
	refuses 3 'try `modprobe nf_l2tp_helper`' disable l2tp
	quietly ptc bypass pptp
	json "enable of several tells what was done before the error" \
		'.changes == [{protocol: "pptp", from: "bypassed", to: "enabled", notes: .changes[0].notes}]
			and (.error | test("l2tp"))' \
		bash -c 'nsenter --net=/run/netns/r passthroughctl -j enable pptp l2tp || [ $? -eq 3 ]'
fi
refuses 1 'did you mean "pptp"' enable ptpp
refuses 2 'did you mean "gre-replied"' set pptp gre-replyed 7200
refuses 2 'setting pptp: no-such-key: the protocol has no such setting' set pptp no-such-key 1
refuses 2 'port, interface, max-sessions' set pptp zzz 1
refuses 2 'setting pptp: gre-replied 4294967295: the value is out of the setting.s range' \
	set pptp gre-replied 4294967295
refuses 2 'gre-replied takes [0-9]+ to [0-9]+ s' set pptp gre-replied 4294967295
refuses 1 'max-sessions is a number, not a time' set pptp max-sessions 5m
refuses 2 'port 1723: the port is named twice' set pptp port 1723,1724,1723
refuses 2 'port 9: more ports than a protocol can have' set pptp port 1,2,3,4,5,6,7,8,9
refuses 1 'there is none' -n nfpt-none list
longkey=$(printf 'k%.0s' {1..40})
refuses 2 "setting pptp: $longkey" set pptp "$longkey" 1
many=$(seq -s, 1 2000)
refuses 1 'too many values for one request' set pptp port "$many"

echo "# set, all or nothing"
before=$(ptc -j list pptp)
refuses 2 'no-such-key' set pptp gre-replied 7200 max-sessions 100 port 1724 no-such-key 1
refuses 2 'setup-timeout' set pptp port 1724 gre-replied 7200 setup-timeout 4294967295
is "nothing was changed" "$(ptc -j list pptp)" "$before"
prints "set tells old and new" '^pptp: gre-replied 5h -> 1h30m$' \
	ptc set pptp gre-replied 1h30m port 1723,1724 max-sessions 5000
check "of each key" grep -q '^pptp: max-sessions 65536 -> 5000$' <<<"$out"
check "of ports" grep -q '^pptp: port 1723 -> 1723,1724$' <<<"$out"
is "gre-replied is set" "$(setting gre-replied)" 5400
is "max-sessions is set" "$(setting max-sessions)" 5000
is "ports are set" "$(ports)" "[1723,1724]"
is "others are as they were" "$(setting gre-unreplied)" 600
prints "set to the same says so" '^pptp: gre-replied 1h30m already$' ptc set pptp gre-replied 5400
json "-j set" '. == {protocol: "pptp", changes: [
	{key: "port", from: [1723, 1724], to: [1723]},
	{key: "gre-replied", from: 5400, to: 18000, unit: "s"}]}' \
	ptc -j set pptp gre-replied 18000 port 1723

echo "# namespaces"
prints "-n acts there" '^pptp +enabled' "$tool" -n r list
prints "not here" '^pptp +bypassed' "$tool" list
prints "-n takes a path" '^pptp +enabled' "$tool" --netns=/run/netns/r list
prints "-n may come last" '^pptp +enabled' "$tool" list -nr
prints "-n enables there" '^pptp: bypassed -> enabled' "$tool" -n c1 enable pptp
is "only there" "$(ip netns exec c2 "$tool" -j list pptp | jq -r '.protocols[0].state')" bypassed
quietly "$tool" -n c1 bypass pptp

echo "# sessions"
run ptc sessions
is "no session: nothing on stdout" "$status$out" 0
is "but a note" "$err" "note: no sessions"
json "-j without sessions" '. == {sessions: [], interrupted: false}' ptc -j sessions
peers_start c1 c2 s
check "c1 connects" peer link one dial=c1 accept=s to=$SERVER
check "c2 connects" peer link two dial=c2 accept=s to=$SERVER
check "c1 calls twice" peer calls one count=2 pns=0 pac=128
check "c2 calls" peer calls two count=3 pns=0 pac=256
is "all are listed" "$(n_sessions)" 5
prints "a session shows both addresses" \
	'^pptp +established +PNS +10\.0\.0\.11 \(192\.0\.2\.1\) +192\.0\.2\.2 +PNS 0' ptc sessions
json "-j sessions" 'all(.sessions[];
	.protocol == "pptp" and .state == "established" and .role == "PNS" and
	.initiator_seen == "192.0.2.1" and .responder == "192.0.2.2" and
	.responder_seen == "192.0.2.2" and (.local | not) and
	([.idents[].name] == ["PNS Call ID", "PAC Call ID"]) and
	(.idents | all(.[]; (.value | type == "number") and (.mapped | type == "number"))) and
	all(.id, .age, .idle, .lifetime, .initiator_packets, .initiator_bytes,
		.responder_packets, .responder_bytes; type == "number"))' ptc -j sessions
is "host" "$(n_sessions host 10.0.0.11)" 2
is "host, seen" "$(n_sessions host 192.0.2.1)" 5
is "host and server" "$(n_sessions host 10.0.0.12 server 192.0.2.2)" 3
is "host that has none" "$(n_sessions host 10.0.0.13)" 0
is "server that has none" "$(n_sessions server 192.0.2.3)" 0
is "state" "$(n_sessions state established)" 5
is "other state" "$(n_sessions state pending)" 0
is "proto" "$(n_sessions proto pptp)" 5
is "the protocol's name alone" "$(n_sessions pptp)" 5
is "and a host" "$(n_sessions pptp host 10.0.0.12)" 3
id=$(ptc -j sessions host 10.0.0.11 | jq '.sessions[0].id')
is "id" "$(n_sessions id "$id")" 1
is "id and a host it does not have" "$(n_sessions id "$id" host 10.0.0.12)" 0
refuses 1 'did you mean "host"' sessions hots 10.0.0.11
prints "list counts sessions" '^pptp +enabled +1723 +5 ' ptc list

# At 80 columns a session takes two lines that fit.
if command -v script >/dev/null; then
	script -qec "stty cols 80; ip netns exec r $tool sessions" /dev/null >"$WORK/tty" 2>&1
	tr -d '\r' <"$WORK/tty" >"$WORK/tty80"
	check "on a terminal of 80 columns lines fit" test "$(wc -L <"$WORK/tty80")" -le 80
	is "and there are two per session" "$(wc -l <"$WORK/tty80")" 12
else
	skip "on a terminal of 80 columns" "there is no script(1)"
fi

echo "# stats"
json "-j stats has what is not zero" '
	(.counters | length > 0) and all(.counters[]; .value > 0 and (.help | length > 0))' ptc -j stats
json "--all has the rest" '.counters | any(.[]; .value == 0)' ptc -j stats --all
check "stats leaves out zeros" not grep -qE ' 0$' <<<"$(ptc stats)"
prints "stats --all shows them" ' 0$' ptc stats --all
prints "--explain has sentences" '^    [A-Za-z].{10}' ptc stats pptp --explain
json "stats pptp is pptp's" 'all(.counters[]; .protocol == "pptp")' ptc -j stats pptp --all
json "stats core is the core's" 'all(.counters[]; .protocol == "core")' ptc -j stats core --all

echo "# flush"
prints "flush of one" '^ended 1 session$' ptc flush id "$id"
json "-j flush by host" '. == {ended: 3}' ptc -j flush host 10.0.0.12
prints "flush of all" '^ended 1 session$' ptc flush
prints "flush of none" '^ended 0 sessions$' ptc flush
is "none is left" "$(n_sessions)" 0

echo "# a long list, and one that changes meanwhile"
many=10000 lists=2
! debug_kernel || many=1000 lists=6
check "a host may have as many" ptc set pptp max-per-host 30000 max-sessions 30000
check "$many calls" peer calls one count=$many batch=1000 pns=1000 pac=1000
json "all in one list, none twice" "
	(.sessions | length == $many) and ([.sessions[].id] | unique | length == $many) and
	(.interrupted | not)" ptc -j sessions
is "as text too" "$(ptc sessions | wc -l)" $((many + 1))
# The peers number the calls of a link from 0: two more were before.
(
	next=$((many + 2))
	while [ ! -e "$WORK/enough" ]; do
		peer calls one count=5 pns=50000 pac=50000
		for ((i = 0; i < 5; i++)); do
			peer clear one call=$((next++)) || touch "$WORK/stuck"
		done
	done >"$WORK/churn"
) &
churn=$!
bad=0 interrupted=0
for ((i = 0; i < lists; i++)); do
	ptc -j sessions >"$WORK/list" && jq -e --argjson n $many '(.sessions | length >= $n) and
		(.interrupted | type == "boolean")' "$WORK/list" >/dev/null || bad=$((bad + 1))
	! grep -q '"interrupted":true' "$WORK/list" || interrupted=$((interrupted + 1))
	ptc sessions >/dev/null 2>"$WORK/note"
	[ ! -s "$WORK/note" ] || grep -q '^note: sessions came and went' "$WORK/note" ||
		bad=$((bad + 1))
done
touch "$WORK/enough"
wait $churn
is "lists made meanwhile are whole or say so" $bad 0
echo "#   $interrupted of $lists said so; $(grep -c '^clear.*-> ok' "$WORK/churn") calls were cleared meanwhile"
check_not "calls came and went all the time" test -e "$WORK/stuck"

echo "# the kernel's own helper beside ours"
if quietly modprobe nf_conntrack_pptp; then
	prints "list tells of it" '^pptp: nf_conntrack_pptp is loaded' ptc list
	json "-j list too" '.protocols[0].notes | length == 1' ptc -j list pptp
	run ptc enable pptp
	check "enable tells of it" grep -q '^note: pptp: nf_conntrack_pptp is loaded' <<<"$err"
	json "-j enable too" '.changes[0].notes | length == 1' ptc -j enable pptp
	quietly rmmod nf_nat_pptp
	quietly rmmod nf_conntrack_pptp
else
	skip "list tells of nf_conntrack_pptp" "this kernel has none"
fi

echo "# disable, bypass"
prints "disable tells" '^pptp: enabled -> disabled$' ptc disable pptp
is "sessions have ended" "$(n_sessions)" 0
json "-j bypass" '.changes[0] | .from == "disabled" and .to == "bypassed"' ptc -j bypass pptp
prints "no hook is left" '^pptp +bypassed +1723 +0 +0$' ptc list
prints "settings outlive it" '^pptp: max-sessions 30000 -> 65536$' ptc set pptp max-sessions 65536

echo "# ipsec: pins"
pins() { ptc -j list ipsec | jq -c '.protocols[0].pins'; }
refuses 2 'setting pptp: pin 10.0.0.11 198.18.0.1: the protocol has no such pins' \
	set pptp pin 10.0.0.11 198.18.0.1
refuses 2 'ipsec keeps it per host: keep-port HOST; nothing was changed' set ipsec source-port 1701
if modinfo nf_l2tp_helper >/dev/null 2>&1; then
	refuses 2 'l2tp has it for all hosts: source-port NUMBER; nothing was changed' \
		set l2tp keep-port 10.0.0.11
	prints "L2TP's source port is a setting" '^l2tp: source-port 0 -> 1701$' \
		ptc set l2tp source-port 1701 pin 10.0.0.11 198.18.0.1
	prints "list l2tp shows it" '^source-port +1701 +0 +0 to 65535' ptc list l2tp
	check "and the pin" grep -qE '^pin +10.0.0.11 +198.18.0.1$' <<<"$out"
	prints "and it goes" '^l2tp: source-port 1701 -> 0$' \
		ptc set l2tp source-port 0 unpin 10.0.0.11 198.18.0.1
fi
prints "pins and a setting at once" '^ipsec: credit 30s -> 40s$' \
	ptc set ipsec pin 10.0.0.11 198.18.0.1 credit 40 keep-port 10.0.0.12
check "the pin is told" grep -q '^ipsec: pin 10.0.0.11 198.18.0.1 added$' <<<"$out"
check "the port too" grep -q '^ipsec: keep-port 10.0.0.12 added$' <<<"$out"
is "-j list shows them" "$(pins)" \
	'[{"kind":"data","host":"10.0.0.11","server":"198.18.0.1"},{"kind":"source-port","host":"10.0.0.12"}]'
prints "list ipsec shows the pin" '^pin +10.0.0.11 +198.18.0.1$' ptc list ipsec
check "and the port" grep -qE '^keep-port +10.0.0.12 +any$' <<<"$out"
is "list does not" "$(ptc list | grep -c 10.0.0)" 0
json "no pin elsewhere" '.protocols[0].pins == []' "$tool" -j -n c1 list ipsec
prints "a pin again is no change" '^ipsec: pin 10.0.0.11 198.18.0.1 already there$' \
	ptc set ipsec pin 10.0.0.11 198.18.0.1
before=$(ptc -j list ipsec)
refuses 2 'setting ipsec: unpin 10.0.0.12 198.18.0.1: there is no such pin' \
	set ipsec keep-port 10.0.0.13 unpin 10.0.0.12 198.18.0.1 credit 50
refuses 2 'setting ipsec: unkeep-port 10.0.0.11: there is no such pin' \
	set ipsec unpin 10.0.0.11 198.18.0.1 unkeep-port 10.0.0.11
refuses 2 'nothing was changed; `passthroughctl list ipsec` shows what is set' \
	set ipsec unkeep-port 10.0.0.11
refuses 2 'credit takes 1 to' set ipsec unpin 10.0.0.11 198.18.0.1 credit 0
read -ra many <<<"$(printf 'keep-port 10.1.0.%s ' {1..31})"
refuses 2 'setting ipsec: keep-port 10.1.0.31: more pins than a protocol can have' \
	set ipsec credit 50 "${many[@]}"
is "nothing was changed" "$(ptc -j list ipsec)" "$before"
json "-j set of pins" '. == {protocol: "ipsec", changes: [
	{key: "credit", from: 40, to: 30, unit: "s"},
	{key: "pin", kind: "data", host: "10.0.0.11", server: "198.18.0.1", from: true, to: false},
	{key: "keep-port", kind: "source-port", host: "10.0.0.13", from: false, to: true}]}' \
	ptc -j set ipsec unpin 10.0.0.11 198.18.0.1 keep-port 10.0.0.13 credit 30s
prints "unkeep-port" '^ipsec: keep-port 10.0.0.12 removed$' \
	ptc set ipsec unkeep-port 10.0.0.12 unkeep-port 10.0.0.13
is "no pin is left" "$(pins)" "[]"
for key in $(ptc -j list | jq -r '.protocols[].settings[].name' | sort -u); do
	check "the man page has $key" grep -qE "^\.(It )?Cm $key\b" \
		"$nfpt_top/packaging/man/passthroughctl.8"
done

echo "# ipsec: sessions"
peers_stop
# shellcheck source=ipsec_peer/peer.sh
. "$nfpt_top/selftests/ipsec_peer/peer.sh"
gateways
help_ipsec
peers_start c1 c2 s
tunnels 198.18.0.1 a=c1 b=c2
check "two hosts have their SAs" peer run a,b
tell tunnel u host=c1 gw=s at=198.18.0.2 udp
tell ike u init
tell ike u auth port=4500
tell sa u
check "one has IPsec in UDP too" peer run u
tell inject c2 source=10.0.0.12 to=198.18.0.3 proto=ike \
	hex=0011223344556677000000000000000021202208000000000000001c expect=s
is "four pairs of host and gateway" "$(n_sessions ipsec)" 4
# sa_of TUNNEL: its SPIs as JSON shows them, out first.
sa_of() { ask show "$1"; printf '0x%08x 0x%08x\n' "${ANSWER[out]}" "${ANSWER[in]}"; }
for t in a=11 b=12; do
	is "${t%=*}'s SPIs and their directions" "$(sa_of "${t%=*}")" "$(
		ptc -j sessions ipsec host "10.0.0.${t#*=}" server 198.18.0.1 |
		jq -r '.sessions[0].sas | sort_by(.direction) | reverse | map(.spi) | join(" ")')"
done
json "-j sessions has SAs" '.sessions | length == 2 and all(.[];
	.state == "established" and .role == "initiator" and
	(.sas | length == 2 and all(.[]; .state == "confirmed" and (.udp | not) and
		.packets > 0 and .bytes > .packets and
		([.age, .idle] | all(type == "number")))) and
	(.ike | length == 1 and all(.[]; (.["initiator-spi"], .["responder-spi"]) |
		test("^[0-9a-f]{16}$") and . != "0000000000000000")))' \
	ptc -j sessions ipsec server 198.18.0.1
json "of IPsec in UDP too" '.sessions[0].sas | length == 2 and all(.[]; .udp)' \
	ptc -j sessions ipsec server 198.18.0.2
json "an exchange without an answer" '.sessions[0] | .state == "pending" and .sas == [] and
	.ike == [{"initiator-spi": "0011223344556677", "responder-spi": "0000000000000000"}]' \
	ptc -j sessions ipsec server 198.18.0.3
prints "SAs are below their session" '^      out  0x[0-9a-f]{8}  +confirmed +[0-9]' ptc sessions ipsec
check "IKE SAs too" grep -qE '^      ike  [0-9a-f]{16}/[0-9a-f]{16}$' <<<"$out"
check "IPsec in UDP says so" grep -qE '^      in   0x[0-9a-f]{8} udp  confirmed' <<<"$out"
is "a line for each" "$(wc -l <<<"$out")" $((2 + 4 + 4 + 6))
tell ike b child new-spis
tell ike b info
json "a rekeyed IKE SA is the first of two" '.sessions[0].ike |
	length == 2 and .[0] != .[1]' ptc -j sessions ipsec host 10.0.0.12 server 198.18.0.1
if command -v script >/dev/null; then
	script -qec "stty cols 80; ip netns exec r $tool sessions" /dev/null >"$WORK/tty" 2>&1
	tr -d '\r' <"$WORK/tty" >"$WORK/tty80"
	check "on a terminal of 80 columns lines fit" test "$(wc -L <"$WORK/tty80")" -le 80
	is "and there is one more per session" "$(wc -l <"$WORK/tty80")" $((3 + 4 + 4 + 4 + 6))
	sed 's/^/#   /' "$WORK/tty80"
fi
quietly ptc set ipsec max-per-host 2000
tell sa a count=1000
tell esp a sa=all from=host expect=any quiet-ms=1
json "a session with 1000 SAs is one, none is there twice" '.sessions |
	length == 1 and (.[0].sas | length > 1000 and (map(.spi) | unique | length) == length)' \
	ptc -j sessions ipsec host 10.0.0.11 server 198.18.0.1
quietly ptc set ipsec max-per-host 256
prints "flush ipsec with a filter" '^ended 2 sessions$' ptc flush ipsec host 10.0.0.12
prints "flush ipsec" '^ended 2 sessions$' ptc flush ipsec
is "none is left" "$(n_sessions ipsec)" 0
prints "bypass" '^ipsec: enabled -> bypassed$' ptc bypass ipsec

check "every error in JSON is one object with error and hint" jq -es --argjson n "$n_errors" '
	length == $n and all(.[]; (.error | type == "string" and length > 0) and
		(.hint | type == "string"))' "$WORK/errors"

done_testing
