#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What passthroughctl does without its modules: arguments, exit codes, help,
# the shape of errors, and its size.  Run by `make check`.
# jq's variables are not the shell's:
# shellcheck disable=SC2016
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/lib.sh
. "$here/../../../selftests/lib.sh"
tool=$here/../passthroughctl
size_limit=150000
commands=(list enable disable bypass set sessions monitor flush stats save check apply sync
	doctor decode version help)

# refuses STATUS PATTERN ARGUMENT...: the command ends with that status and an
# error that has the pattern, as text and as JSON.
refuses() {
	local status=$1 pattern=$2 what out err got
	shift 2
	what=${*:-nothing}
	out=$("$tool" "$@" 2>"$WORK/err")
	got=$?
	err=$(cat "$WORK/err")
	is "$what ends with $status" "$got" "$status"
	is "$what: nothing on stdout" "$out" ""
	check "$what: says what is wrong" grep -qE -- "$pattern" <<<"$err"
	out=$("$tool" -j "$@" 2>"$WORK/err")
	got=$?
	is "-j $what ends with $status" "$got" "$status"
	is "-j $what: nothing on stderr" "$(cat "$WORK/err")" ""
	check "-j $what: is one object with error and hint" jq -es --arg p "$pattern" '
		length == 1 and (.[0].error | type == "string" and . != "") and
		(.[0].hint | type == "string") and
		(.[0].error + "\n" + .[0].hint | test($p))' <<<"$out"
	printf '%s\n' "$out" >>"$WORK/errors"
}

# prints PATTERN ARGUMENT...: the command succeeds and prints the pattern.
prints() {
	local pattern=$1 out
	shift
	if out=$("$tool" "$@" 2>&1) && grep -qE -- "$pattern" <<<"$out"; then
		ok "$* prints $pattern"
	else
		not_ok "$* prints $pattern"
		printf '#   %s\n' "$out"
	fi
}

check "unit tests" "$here/unit" --gtest_brief=1

# Size of what a firmware image would carry.
"${STRIP:-strip}" -o "$WORK/stripped" "$tool"
size=$(stat -c %s "$WORK/stripped")
check "stripped size $size is below $size_limit" test "$size" -lt $size_limit
check_not "no C++ library at run time" \
	grep -q 'NEEDED.*stdc++' <<<"$(readelf -d "$tool")"

# Words that mean nothing.
refuses 1 'no command given'
refuses 1 'did you mean "enable"' enabel pptp
refuses 1 'there are: list, ' frobnicate
refuses 1 'did you mean "pptp"' enable pttp
refuses 1 'did you mean "ipsec"' disable pptp ipsce
refuses 1 'there are: pptp, ipsec, l2tp' bypass wireguard
refuses 1 'did you mean "l2tp"' list l2tpp
refuses 1 'did you mean "pptp"' stats ptpp
refuses 1 'did you mean "sessions"' help sesions
refuses 1 'did you mean "server"' sessions sever 192.0.2.1
refuses 1 'did you mean "established"' flush state established1
refuses 1 'did you mean "pptp"' sessions proto pppt
refuses 1 '"ipsce" is no filter' sessions ipsce
refuses 1 'did you mean "ipsec"' flush ipsce
refuses 1 'there are: proto, host, .*, pptp, ipsec, l2tp' sessions wireguard
refuses 1 '"ipsec" is no filter' sessions host 10.0.0.1 ipsec
refuses 1 '"proto" is given twice' flush ipsec proto pptp
refuses 1 '"host" needs a value' flush ipsec host
refuses 1 'did you mean "keep-port"' set ipsec keepport 10.0.0.11
refuses 1 '"pni" takes no address' set ipsec pni 10.0.0.11 192.0.2.2
refuses 1 'there are: pin, unpin, keep-port, unkeep-port' set ipsec credit 10.0.0.11
for proto in ipsec l2tp; do
	refuses 1 '"source-port" takes no address' set $proto source-port 10.0.0.11
	refuses 1 'for one host there is keep-port 10.0.0.11' set $proto source-port 10.0.0.11
done

# Options.
refuses 1 'there is no option -x' -x list
refuses 1 'did you mean --explain' stats --explian
refuses 1 '--all is for stats' list --all
refuses 1 '--explain is for stats' sessions --explain
refuses 1 '-n needs the name' list -n
refuses 1 '-n needs the name' list --netns=
refuses 1 'no command is called "-x"' -- -x
refuses 1 'network namespace "nfpt-none": there is none' -n nfpt-none list
refuses 1 'network namespace "../x": not a name' -n ../x list
refuses 1 '/etc/hostname is not a network namespace' --netns=/etc/hostname list

refuses 1 'did you mean --watch' sessions --wacth
refuses 1 '--watch=0: not a time of 1 second to 1 day' list --watch=0
refuses 1 '--watch=: not a time' list --watch=
refuses 1 '--watch=2d: not a time' list --watch=2d
refuses 1 '--watch is for list, sessions and stats' enable pptp -w
"$tool" -j list -w >"$WORK/out" 2>"$WORK/err"
is "-j list -w ends with 1" $? 1
check "and tells of monitor" jq -e '.hint | test("monitor")' "$WORK/out"

# Counts of arguments.
refuses 1 'enable: an argument is missing' enable
refuses 1 'disable: an argument is missing' disable
refuses 1 'bypass: an argument is missing' bypass
refuses 1 'set: an argument is missing' set
refuses 1 'set pptp: nothing to set' set pptp
refuses 1 '"port" needs a value' set pptp port
refuses 1 '"host" needs a value' sessions host
refuses 1 'too many arguments, from "ipsec" on' list pptp ipsec
refuses 1 'too many arguments, from "x" on' version x
refuses 1 'too many arguments, from "b" on' help a b

# Values.
refuses 1 'port "0": not a port list' set pptp port 0
refuses 1 'port "1723,": not a port list' set pptp port 1723,
refuses 1 'port "65536": not a port list' set pptp port 65536
refuses 1 'gre-replied "soon": not a number' set pptp gre-replied soon
refuses 1 'gre-replied "4294967296": not a number' set pptp gre-replied 4294967296
refuses 1 'gre-replied "": not a number' set pptp gre-replied ''
refuses 1 '"gre-replied" is given twice' set pptp gre-replied 1 gre-replied 2
refuses 1 'not a list of interfaces' set pptp interface ''
refuses 1 'not a list of interfaces' set pptp interface lan,
refuses 1 'not a list of interfaces' set pptp interface a-name-of-sixteen
refuses 1 '"interface" is given twice' set pptp interface any interface lan
refuses 1 'several ports as port 1723,1724' set pptp port 1 port 2
for key in pin unpin; do
	refuses 1 "\"$key\" needs a host and a gateway" set ipsec credit 10 $key
	refuses 1 "\"$key\" needs a host and a gateway" set ipsec $key 10.0.0.11
	refuses 1 "$key host \"10.0.0.300\": not an IPv4 address" set ipsec $key 10.0.0.300 192.0.2.2
	refuses 1 "$key gateway \"vpn.example\": not an IPv4 address" set ipsec $key 10.0.0.11 vpn.example
	refuses 1 "$key gateway \"credit\": not" set ipsec $key 10.0.0.11 credit 10
done
refuses 1 '"pin" needs a host and a server' set l2tp pin 10.0.0.11
refuses 1 'unpin server "lns.example": not an IPv4 address' set l2tp unpin 10.0.0.11 lns.example
refuses 1 'source-port "17o1": not a number' set l2tp source-port 17o1
for key in keep-port unkeep-port; do
	refuses 1 "\"$key\" needs a host" set ipsec $key
	refuses 1 "$key host \"2001:db8::1\": not an IPv4 address" set ipsec $key 2001:db8::1
	refuses 1 "$key host \"0.0.0.0\": not an IPv4 address" set ipsec $key 0.0.0.0
done
refuses 1 'pin 10.0.0.11 192.0.2.2: it is named twice' \
	set ipsec pin 10.0.0.11 192.0.2.2 credit 10 pin 10.0.0.11 192.0.2.2
refuses 1 'unkeep-port 10.0.0.11: it is named twice' \
	set ipsec keep-port 10.0.0.11 unkeep-port 10.0.0.11
refuses 1 'host "fe80::1": not an IPv4 address' sessions host fe80::1
refuses 1 'server "0.0.0.0": not an IPv4 address' flush server 0.0.0.0
refuses 1 'id "x": not a number' flush id x
refuses 1 '"host" is given twice' sessions host 10.0.0.1 host 10.0.0.2
refuses 1 'no command is called' $'\x1b"\xff'

# Configuration files: refused before the kernel is asked.
# config STATUS PATTERN TEXT: check of a file with that text.
config() {
	printf %b "$3" >"$WORK/conf"
	refuses "$1" "$2" check "$WORK/conf"
}
config 1 'conf:2:1: "gre-replied" is in no section' '# x\ngre-replied = 5h\n'
config 1 'did you mean "pptp"' '[pttp]\nstate = enabled\n'
config 1 'conf:3:8: port "0": not a port list' '[pptp]\nstate = enabled\nport = 0\n'
config 1 'conf:2:9: there is no state "on"' '[ipsec]\nstate = on\n'
config 1 'conf:1:1: \[l2tp\] says no state' '[l2tp]\nsource-port = 1701\n'
config 1 'conf:4:17: pin "gw": not an IPv4 address' '[ipsec]\nstate = enabled\n\npin = 10.0.0.12 gw\n'
check "-j has line and column" jq -e '.line == 4 and .column == 17' <<<"$("$tool" -j check "$WORK/conf")"
for c in check apply sync; do
	refuses 1 "$c: an argument is missing" $c
	refuses 1 'too many arguments, from "b" on' $c a b
	refuses 1 'nfpt-none: No such file or directory' $c /nfpt-none
	refuses 1 '/: Is a directory' $c /
	refuses 1 'conf:4:17: pin "gw"' $c "$WORK/conf"
	check "$c - reads standard input" grep -q '^passthroughctl: standard input:1:1: "x" is neither' \
		<<<"$(echo x | "$tool" $c - 2>&1)"
done
head -c 2000000 /dev/zero >"$WORK/conf"
refuses 1 'conf: File too large' check "$WORK/conf"

# Help, and version without modules.
prints '^usage: passthroughctl ' help
prints '^usage: passthroughctl ' -h
prints '^usage: passthroughctl ' --help
for c in "${commands[@]}"; do
	prints "^  $c " help
	prints "^usage: passthroughctl \\[OPTIONS\\] $c" help "$c"
	prints "^usage: passthroughctl \\[OPTIONS\\] $c" "$c" -h
	check "-j help $c is JSON" jq -e --arg c "$c" \
		'.commands | length == 1 and .[0].name == $c and (.[0].usage | test($c))' \
		<<<"$("$tool" -j help "$c")"
done
longest=$("$tool" help | wc -L)
check "help fits 80 columns ($longest)" test "$longest" -le 80
for c in "${commands[@]}"; do
	longest=$("$tool" help "$c" | tail -n +2 | wc -L)
	check "help $c fits 80 columns ($longest)" test "$longest" -le 80
done
version=$(cat "$here/../../../VERSION")
prints "^passthroughctl ${version//./\\.}\$" version
prints "^passthroughctl ${version//./\\.}\$" --version
check "-j version is JSON" jq -e --arg v "$version" '.tool == $v and has("module") and has("match")' \
	<<<"$("$tool" -j version)"
check "-p indents" grep -q '^  "tool": ' <<<"$("$tool" -p version)"
check "options may come last" grep -q '^  "tool": ' <<<"$("$tool" version -jp)"

# Output that cannot be written is an error.
"$tool" help >/dev/full 2>"$WORK/err"
is "a full disk ends with 2" $? 2
check "a full disk is told" grep -q 'writing the output' "$WORK/err"

# The module is not there, and cannot be loaded.
if "$tool" list >/dev/null 2>&1; then
	skip "commands without the module" "the module is loaded here"
else
	absent='module nf_passthrough is not loaded and could not be loaded automatically'
	refuses 3 "$absent" list
	refuses 3 "$absent" list pptp
	refuses 3 'modprobe nf_passthrough' list
	refuses 3 "$absent" set pptp port 1723,1724 gre-replied 5h
	refuses 3 "$absent" sessions proto pptp host 10.0.0.11 server 192.0.2.2 state pending
	refuses 3 "$absent" set ipsec pin 10.0.0.11 192.0.2.2 credit 10 keep-port 10.0.0.12
	refuses 3 "$absent" set l2tp source-port 1701 pin 10.0.0.11 192.0.2.2
	refuses 3 "$absent" sessions ipsec host 10.0.0.11
	refuses 3 "$absent" flush id 7
	refuses 3 "$absent" monitor pptp
	"$tool" list --watch >/dev/null 2>"$WORK/err"
	is "list --watch ends with 3" $? 3
	refuses 3 "$absent" save
	printf '[pptp]\nstate = enabled\ngre-replied = 5h\n' >"$WORK/conf"
	refuses 3 "$absent" apply "$WORK/conf"
	refuses 3 "$absent" sync "$WORK/conf"
	prints 'conf: ok$' check "$WORK/conf"
	prints 'settings of \[pptp\] were read, but not held against its module' check "$WORK/conf"
	check "-j check tells so too" jq -e '.protocols == ["pptp"] and .unchecked == ["pptp"]' \
		<<<"$("$tool" -j check "$WORK/conf")"
	refuses 3 "$absent" flush l2tp
	refuses 3 "$absent" stats
	refuses 3 "$absent" stats core --all --explain
	prints 'nf_passthrough not loaded' version
	check "-j version has no module" jq -e '.module == null and .match == false' \
		<<<"$("$tool" -j version)"
	for c in enable disable bypass; do
		"$tool" $c pptp >/dev/null 2>"$WORK/err"
		is "$c pptp ends with 3" $? 3
		check "$c pptp tells why" grep -q "$absent" "$WORK/err"
		check "-j $c pptp tells why" jq -e --arg a "$absent" '.error == $a' \
			<<<"$("$tool" -j $c pptp)"
	done
fi

# The schema; those of commands that need the modules are in core_json.sh.
schema=$here/schema.py
check "the schema is one" "$schema" self
check "it has every command" test "$(jq -r '."$defs" | keys[]' \
	"$here/../../../docs/json/passthroughctl.schema.json" | grep -cxF "$(printf '%s\n' "${commands[@]}")")" \
	-eq ${#commands[@]}
check "errors are as it says" "$schema" check "$WORK/seen" error <"$WORK/errors"
check "help is" "$schema" check "$WORK/seen" help <<<"$("$tool" -p help)"
check "version is" "$schema" check "$WORK/seen" version <<<"$("$tool" -j version)"
printf '[pptp]\nstate = enabled\ngre-replied = 5h\n' >"$WORK/conf"
check "check is" "$schema" check "$WORK/seen" check <<<"$("$tool" -j check "$WORK/conf")"
check_not "what it does not have is found" "$schema" check "$WORK/seen" flush <<<'{"ended": 1, "x": 2}'
check_not "so is what is missing" "$schema" check "$WORK/seen" flush <<<'{}'
check_not "and no output" "$schema" check "$WORK/seen" flush <<<''

# Bash completion, with a stand-in for the tool and for ip.
# completes WANTED WORD...: the last word is the one being typed.
completes() {
	local wanted=$1 got
	shift
	got=$(bash -c '. "$1"; PATH=$2:$PATH; shift 2; COMP_WORDS=(passthroughctl "$@")
		COMP_CWORD=$#; _passthroughctl; printf "%s\n" "${COMPREPLY[@]}"' - \
		"$here/../../../packaging/bash-completion/passthroughctl" "$WORK/bin" "$@" |
		sort | paste -sd' ')
	is "$* completes to $wanted" "$got" "$wanted"
}
mkdir "$WORK/bin"
cat >"$WORK/bin/passthroughctl" <<-'EOF'
	#!/bin/sh
	printf '%s\n' "$*" >>"${0%/bin/*}/asked"
	printf '%s\n' 'PROTOCOL  STATE' 'pptp      enabled' '' 'SETTING  VALUE' 'gre-replied  5h' \
		'gre-unreplied  10m' '    a second line' '' 'PIN  HOST' 'pin  10.0.0.1'
EOF
printf '#!/bin/sh\necho "r (id: 0)"; echo lan\n' >"$WORK/bin/ip"
chmod +x "$WORK"/bin/*
completes "save sessions set stats sync" s
completes "--watch" --w
completes "ipsec" enable i
completes "ipsec l2tp pptp" enable pptp ''
completes "core" stats c
completes "" list pptp p
completes "gre-replied gre-unreplied" set pptp gre-
completes "" set pptp gre-replied ''
completes "port" set pptp gre-replied 5h p
completes "pin port" set l2tp p
completes "keep-port" set ipsec pin 10.0.0.1 192.0.2.1 k
completes "" set ipsec pin 10.0.0.1 192
completes "lan r" -n ''
completes "r" list --netns = r
completes "established" sessions state e
completes "host" monitor pptp h
completes "pptp proto" flush p
completes "l2tp" sessions proto l
completes "host" -n r sessions state pending ho
completes "monitor" help m
completes "--probe" doctor --pro
completes "--timeout" doctor --probe 192.0.2.2 pptp --t
completes "l2tp" doctor --probe 192.0.2.2 l
completes "" doctor --probe 192
check "keys are asked for in the namespace" grep -qx -- '-n r list pptp' \
	<<<"$(completes '' -n r set pptp x >/dev/null; cat "$WORK/asked")"
echo >"$WORK/file.conf"
completes "$WORK/file.conf" apply "$WORK/file"
completes "$WORK/file.conf" decode --port l2tp 1702 "$WORK/file"
completes "l2tp" decode --port l
completes "" decode --port l2tp 17
completes "--port --pretty" decode --p
for c in "${commands[@]}"; do
	completes "$c" "$c"
done

# The man page; install.sh looks at its form.
for c in "${commands[@]}"; do
	check "the man page has $c" grep -qE "^\.(It|Ss|B|SS|TP).*\b$c\b" \
		"$here/../../../packaging/man/passthroughctl.8"
done
for key in pin unpin keep-port unkeep-port; do
	prints "\\b$key HOST" help set
	check "the man page has $key" grep -q "^\.It Cm $key Ar host" \
		"$here/../../../packaging/man/passthroughctl.8"
done

done_testing
