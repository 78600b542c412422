#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Who may do what: every operation of docs/netlink/nf_passthrough.yaml, asked by
# processes with and without CAP_NET_ADMIN in the router's namespace and in
# others.  States, settings and counters may be read by anyone in the namespace;
# all else needs the capability, and nothing goes from one namespace to another.
#
#	c1, c2 PNS --- lan [ r ] wan --- s PAC
# jq's variables are not the shell's:
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pptp_peer/peer.sh"

tool=$(command -v passthroughctl) || bail "passthroughctl is not built"
nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
in_r=(nsenter --net=/run/netns/r)

# What does each operation, a command a line; all change something if they are
# let, but for those that read.
reads() {
	cat <<-'END'
	protocol-get	list
	protocol-get	list pptp
	counter-get	stats --all
	END
}
changes() {
	cat <<-END
	config-set	switching pptp to disabled	disable pptp
	config-set	switching pptp to bypassed	bypass pptp
	config-set	switching ipsec to enabled	enable ipsec
	config-set	setting pptp	set pptp max-per-host 7
	config-set	setting pptp	set pptp port 1723,1724 interface lan,wan
	config-set	pptp	apply $WORK/wanted
	session-del	ending sessions	flush
	session-del	ending sessions	flush pptp host 10.0.0.11
	session-get	listing sessions	sessions
	session-get	listing sessions	sessions pptp host 10.0.0.11
	events	listening	monitor
	END
}

# protocol_set: disable PPTP with protocol-set, which the tool has no use for;
# prints what the kernel says.
protocol_set() {
	cat <<-'END'
	import os, socket, struct
	def attr(kind, value):
	    return struct.pack("HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)
	def ask(kind, flags, command, attrs):
	    s.send(struct.pack("IHHIIBBH", 20 + len(attrs), kind, flags, 1, 0, command, 1, 0) + attrs)
	    return s.recv(65536)
	s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)
	s.bind((0, 0))
	# Ask the controller (CTRL_CMD_GETFAMILY) for the family's number, its first
	# attribute; then set attribute name (1) to pptp, state (3) to disabled (2).
	answer = ask(16, 1, 3, attr(2, b"nf_passthrough\0"))
	family = next(struct.unpack_from("H", answer, at + 4)[0] for at in range(20, 60, 4)
	              if struct.unpack_from("HH", answer, at) == (6, 1))
	answer = ask(family, 5, 2, attr(1, b"pptp\0") + attr(3, struct.pack("I", 2)))
	print(os.strerror(-struct.unpack_from("i", answer, 16)[0]))
	END
}

# held: all that a change would show in, but for what counts on by itself.
held() {
	ptc -j list && ptc -j sessions | jq -c '[.sessions[] | [.id, .protocol, .state, .idents]]'
}

loaded() { [ -d "/sys/module/$1" ]; }

# run COMMAND...: its status in $status, what it says in $out.
run() {
	timeout 20 "$@" >"$WORK/out" 2>&1 </dev/null
	status=$?
	out=$(<"$WORK/out")
}

# may_read WHO COMMAND-PREFIX...: who may read what anyone may.
may_read() {
	local who=$1 operation words
	shift
	while IFS=$'\t' read -r operation words; do
		# shellcheck disable=SC2086 # words
		run "$@" "$tool" -j $words
		is "$who: $operation ($words) is answered" "$status" 0
	done < <(reads)
}

# may_nothing WHO COMMAND-PREFIX...: who may do nothing else, and is told so;
# nothing has changed, and nothing was shown.
may_nothing() {
	local who=$1 operation text words before
	shift
	before=$(held)
	: >"$WORK/errors"
	while IFS=$'\t' read -r operation text words; do
		# shellcheck disable=SC2086 # words
		run "$@" "$tool" $words
		is "$who: $operation ($words) ends with 2" "$status" 2
		check "$who: $words tells what, why, and what to do" \
			grep -qE "^passthroughctl: .*$text.*: Operation not permitted" <<<"$out"
		check "$who: with a hint" grep -q 'CAP_NET_ADMIN' <<<"$out"
		check_not "$who: $words shows no session" grep -qE '10\.0\.0\.1|192\.0\.2\.2' <<<"$out"
		# shellcheck disable=SC2086 # words
		run "$@" "$tool" -j $words
		echo "$out" >>"$WORK/errors"
	done < <(changes)
	check "$who: in JSON each is an error and no more" jq -es --argjson n "$(changes | wc -l)" '
		length == $n and all(.[]; keys - ["error", "hint", "changes"] == [] and
			(.changes // [] == []))' "$WORK/errors"
	is "$who: protocol-set is refused, too" "$("$@" python3 "$WORK/protocol_set")" \
		"Operation not permitted"
	is "$who: nothing has changed" "$(held)" "$before"
	check_not "$who: no module was loaded" loaded nf_ipsec_natt_helper
}

# in_own WHO COMMAND-PREFIX...: who has a namespace of its own sees nothing of
# ours and changes nothing here.
in_own() {
	local who=$1 operation words before
	shift
	before=$(held)
	run "$@" "$tool" -j sessions
	is "$who: has no session" "$status $out" '0 {"sessions":[],"interrupted":false}'
	run "$@" "$tool" -j list pptp
	check "$who: has a PPTP of its own, bypassed" jq -e \
		'.protocols[0] | .state == "bypassed" and .sessions == 0 and .hooks == 0' "$WORK/out"
	run "$@" "$tool" -j stats
	is "$who: has counted nothing" "$status $(jq -c .counters "$WORK/out")" "0 []"
	run "$@" "$tool" -j flush
	is "$who: ends no session" "$status $out" '0 {"ended":0}'
	run "$@" "$tool" set pptp max-per-host 9
	is "$who: may set its own" "$status" 0
	run "$@" "$tool" apply "$WORK/wanted"
	is "$who: may apply a file to its own" "$status" 0
	is "$who: and use protocol-set" "$("$@" python3 "$WORK/protocol_set")" Success
	is "$who: nothing has changed here" "$(held)" "$before"
}

topology 2
! loaded nf_ipsec_natt_helper || skip_all "nf_ipsec_natt_helper is loaded already"
printf '%s\n' '[pptp]' 'state = disabled' >"$WORK/wanted"
protocol_set >"$WORK/protocol_set"
chmod 755 "$WORK"
chmod 644 "$WORK/wanted" "$WORK/protocol_set"

echo "# each operation of the specification has its commands"
is "all are here" "$({ reads; changes; echo protocol-set; } | cut -f 1 | sort -u | tr '\n' ' ')" "$(
	sed -n '/^operations:/,/^mcast-groups:/s/^ *name: \([a-z]*-[a-z]*\)$/\1/p
		/^mcast-groups:/,$s/^ *name: \(.*\)$/\1/p' \
		"$nfpt_top/docs/netlink/nf_passthrough.yaml" |
	grep -v -e '-ntf$' | sort -u | tr '\n' ' ')"

help_pptp
peers_start c1 c2 s
check "hosts have calls" peer_all <<-END
	link one dial=c1 accept=s to=$SERVER
	link two dial=c2 accept=s to=$SERVER
	calls one count=2 pns=0 pac=0
	calls two count=1 pns=0 pac=10
	gre all
END
is "three" "$(sessions_up)" 3

echo "# in the router's namespace"
may_read nobody "${in_r[@]}" "${nobody[@]}"
may_nothing nobody "${in_r[@]}" "${nobody[@]}"
if "${nobody[@]}" unshare -Ur true 2>/dev/null; then
	# All capabilities, but in a user namespace that does not own the network.
	may_read "root of a user namespace" "${in_r[@]}" "${nobody[@]}" unshare -Ur
	may_nothing "root of a user namespace" "${in_r[@]}" "${nobody[@]}" unshare -Ur
else
	skip "root of a user namespace" "unprivileged user namespaces are off"
fi
may_nothing "root without CAP_NET_ADMIN" "${in_r[@]}" setpriv --bounding-set=-net_admin
check "their data passes" peer gre all

echo "# into the router's namespace"
run "${nobody[@]}" "$tool" -n r list
is "-n as nobody ends with 2" "$status" 2
check "and tells why" grep -q 'network namespace "r": Operation not permitted' <<<"$out"

echo "# in another namespace"
in_own "root of another namespace" nsenter --net=/run/netns/c1
if "${nobody[@]}" unshare -Urn true 2>/dev/null; then
	in_own "nobody, with a network of its own" "${nobody[@]}" unshare -Urn
else
	skip "nobody, with a network of its own" "unprivileged user namespaces are off"
fi
check "the calls' data passes" peer gre all

echo "# events"
for ns in r c1; do
	in_ns $ns "$tool" monitor >"$WORK/monitor-$ns" 2>&1 &
	at_exit "kill $! 2>/dev/null"
done
# heard NS PATTERN: it has been told.
heard() { grep -qE -- "$2" "$WORK/monitor-$1"; }
# until NS: a change of its own has been told there.
until_told() {
	nsenter --net="/run/netns/$1" "$tool" set pptp max-sessions $((5000 + RANDOM % 1000)) \
		>"$WORK/set" 2>&1
	heard "$1" 'pptp: max-sessions .* -> '
}
check "root listens in the router's namespace" busywait 60 until_told r
check "and in another one" busywait 60 until_told c1
check "a call begins and ends" eval "peer calls one count=1 pns=20 pac=20 && peer clear one call=2"
check "it is told" busywait 30 heard r '10\.0\.0\.11'
check "protocols change here" ptc set pptp setup-timeout 77
check "that is told" busywait 30 heard r 'setup-timeout'
check "one more there" eval "nsenter --net=/run/netns/c1 '$tool' set pptp setup-timeout 55 >$WORK/set"
check "that is told there" busywait 30 heard c1 'setup-timeout .* 55s'
check_not "of the router nothing was told there" heard c1 '10\.0\.0\.|1m17s'
check_not "nor the other way round" heard r ' 55s'

echo "# CAP_NET_ADMIN is all it takes"
admin=("${in_r[@]}" "${nobody[@]}" --inh-caps=+net_admin --ambient-caps=+net_admin)
may_read "nobody with CAP_NET_ADMIN" "${admin[@]}"
run "${admin[@]}" "$tool" -j sessions
is "nobody with it lists all" "$status $(jq '.sessions | length' "$WORK/out")" "0 3"
run "${admin[@]}" "$tool" -j flush host 10.0.0.12
is "ends them" "$status $out" '0 {"ended":1}'
run "${admin[@]}" "$tool" apply "$WORK/wanted"
is "and disables" "$status $(ptc -j list pptp | jq -r '.protocols[0].state')" "0 disabled"
done_testing
