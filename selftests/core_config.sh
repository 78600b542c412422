#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# passthroughctl's monitor, configuration files and --watch against the
# modules: events as they happen, all or nothing, live sessions left alone.
#
#	c1 PNS, c2 and c3 --- lan [ r ] wan --- s PAC, which is every gateway and server
# jq's variables are not the shell's:
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pptp_peer/peer.sh"

state() { ptc -j list "$1" | jq -r '.protocols[0].state'; }
# file NAME LINE...: a configuration file.
file() {
	local name=$1
	shift
	printf '%s\n' "$@" >"$WORK/$name"
}
# says STATUS PATTERN ARGUMENT...: the tool in the router ends with that
# status, and its output or its error has the pattern.
says() {
	local want=$1 pattern=$2 got
	shift 2
	ptc "$@" >"$WORK/says" 2>&1
	got=$?
	is "$* ends with $want" "$got" "$want"
	check "$* tells: $pattern" grep -qE -- "$pattern" "$WORK/says"
}
# told PATTERN: monitor has a line with the pattern.
told() { grep -qE -- "$1" "$WORK/monitor"; }
objects() { jq -se "$1" "$WORK/objects" >/dev/null; }

topology 3
kept='{state, ports, settings, pins: (.pins | sort)}'

echo "# save, before anything"
says 0 '^state = bypassed$' save
check "all protocols" grep -c '^\[' "$WORK/says"
cp "$WORK/says" "$WORK/empty"
says 0 ': ok$' check "$WORK/empty"
says 0 '^note: all was like that already' apply "$WORK/empty"
check_not "loads no module" test -d /sys/module/nf_pptp_gre_helper

echo "# monitor"
says 1 'is no filter' monitor hots 10.0.0.11
ip netns exec r setpriv --reuid=65534 --regid=65534 --clear-groups \
	passthroughctl monitor >"$WORK/says" 2>&1
is "monitor without rights ends with 2" $? 2
check "and tells why" grep -q 'run it as root' "$WORK/says"
ip netns exec r passthroughctl monitor >"$WORK/monitor" 2>&1 &
at_exit "kill $!"
ip netns exec r passthroughctl -j monitor >"$WORK/objects" 2>&1 &
at_exit "kill $!"
ip netns exec r passthroughctl monitor host 10.0.0.99 >"$WORK/nothing" 2>&1 &
at_exit "kill $!"
# A change is told once they listen.
listening() {
	quietly ptc set pptp max-sessions "$((5000 + RANDOM % 1000))"
	told '^20.*  pptp: max-sessions .* -> ' && objects 'any(.event == "protocol")'
}
check "monitor tells of a setting" busywait 60 listening

echo "# apply"
file good '# a comment' '[pptp]' 'state = enabled' 'port = 1723,1724' 'gre-replied = 1h30m' \
	'[ipsec]' 'state = disabled' 'pin = 10.0.0.12 192.0.2.2' 'keep-port = 10.0.0.13'
says 0 ': ok$' check "$WORK/good"
is "check changes nothing" "$(state pptp)" bypassed
says 0 '^pptp: bypassed -> enabled$' apply "$WORK/good"
check "ports are told" grep -q '^pptp: port 1723 -> 1723,1724$' "$WORK/says"
check "settings are told" grep -q '^pptp: gre-replied 5h -> 1h30m$' "$WORK/says"
check "what is left out has its default" grep -q '^pptp: max-sessions [0-9]* -> 65536$' "$WORK/says"
check "pins are told" grep -q '^ipsec: pin 10.0.0.12 192.0.2.2 added$' "$WORK/says"
is "states are as in the file" "$(state pptp) $(state ipsec)" "enabled disabled"
check "monitor tells of the state" busywait 30 told '  pptp: bypassed -> enabled$'
check "and of pins" busywait 30 told '  ipsec: keep-port 10.0.0.13 added$'

echo "# save, and back"
ptc save >"$WORK/saved"
before=$(ptc -j list | jq -c "[.protocols[] | $kept]")
says 0 'all was like that already' sync "$WORK/saved"
says 0 'all was like that already' apply "$WORK/saved"
is "a saved file changes nothing" "$(ptc -j list | jq -c "[.protocols[] | $kept]")" "$before"
quietly ptc set ipsec unpin 10.0.0.12 192.0.2.2 credit 40
quietly ptc set pptp port 1723 gre-replied 1d
says 0 '^ipsec: credit 40s -> 30s$' sync "$WORK/saved"
is "and brings all back" "$(ptc -j list | jq -c "[.protocols[] | $kept]")" "$before"
is "-j save has the same text" "$(ptc -j save | jq -r .config)" "$(cat "$WORK/saved")"
is "apply reads standard input" "$(ptc -j apply - <"$WORK/saved" | jq -c .changes)" "[]"

echo "# all or nothing"
file bad '[pptp]' 'state = disabled' 'gre-replied = 7h' '[ipsec]' 'state = enabled' 'credit = 0'
says 1 '^passthroughctl: .*/bad:6:10: credit 0: out of range' apply "$WORK/bad"
check "with what would do" grep -q '^hint: credit takes 1 to 600 s' "$WORK/says"
says 1 'bad:6:10' sync "$WORK/bad"
says 1 'bad:6:10' check "$WORK/bad"
file bad '[pptp]' 'state = disabled' '[ipsec]' 'state = enabled' 'credti = 5'
says 1 'bad:5:1: ipsec has no setting "credti"' apply "$WORK/bad"
check "with a guess" grep -q 'did you mean "credit"' "$WORK/says"
is "nothing was changed" "$(ptc -j list | jq -c "[.protocols[] | $kept]")" "$before"
# What only the kernel can refuse, in the last line.
file bad '[ipsec]' 'state = enabled' 'credit = 50' '[l2tp]' 'state = enabled' '[pptp]' \
	'state = disabled' 'gre-replied = 7h' 'pin = 10.0.0.12 192.0.2.2'
quietly ptc set l2tp max-sessions 65536
list=$(ptc -j list)
lines=$(wc -l <"$WORK/monitor")
for command in apply sync; do
	says 2 'bad:9:7: .*the protocol has no such pins' $command "$WORK/bad"
	check "and says that nothing was changed" grep -q 'nothing was changed' "$WORK/says"
	is "list says the same, byte by byte" "$(ptc -j list)" "$list"
done
# What comes next is told, and is all that is.
quietly ptc set ipsec max-sessions 77 max-per-host 78
check "monitor tells of the next change" busywait 30 told '  ipsec: max-per-host 256 -> 78$'
is "and of no other" "$(wc -l <"$WORK/monitor")" $((lines + 2))
quietly ptc set ipsec max-sessions 65536 max-per-host 256
is "it is as before" "$(ptc -j list)" "$list"
check "-j has the place" jq -e '.line == 9 and .column == 7 and (.error | test("bad:9:7"))' \
	<<<"$(ptc -j apply "$WORK/bad")"

echo "# live sessions"
peers_start c1 s
check "c1 connects" peer link one dial=c1 accept=s to=$SERVER
check "c1 calls" peer calls one count=3 pns=0 pac=128
is "three sessions" "$(sessions_up)" 3
check "monitor tells of new ones" busywait 30 told \
	'  pptp +new +10\.0\.0\.11 \(192\.0\.2\.1\) -> 192\.0\.2\.2'
check "and that they came up" busywait 30 told '  pptp +up +10\.0\.0\.11'
ids=$(sessions_say '[.sessions[].id] | sort | join(" ")')
file live '[pptp]' 'state = enabled' 'gre-replied = 2h'
says 0 '^pptp: gre-replied 1h30m -> 2h$' sync "$WORK/live"
check "ports are the default again" grep -q '^pptp: port 1723,1724 -> 1723$' "$WORK/says"
is "what the file does not name is left alone" "$(state ipsec)" disabled
says 0 'like that already' apply "$WORK/live"
is "the sessions live on" "$(sessions_say '[.sessions[].id] | sort | join(" ")')" "$ids"
quietly ptc flush
check "monitor tells of their end" busywait 30 told '  pptp +end +.*  flushed, after '
ends() {
	objects '([.[] | select(.event == "end")] | length == 3) and all(.[]; .time | test("^20.*Z$"))
		and all(.[] | select(.event == "end"); .reason == "flushed" and .session.protocol == "pptp")'
}
check "-j monitor too, an object a line" busywait 30 ends
is "each line is one object" "$(jq -c . "$WORK/objects" | wc -l)" "$(wc -l <"$WORK/objects")"
is "other hosts' monitor is silent" "$(cat "$WORK/nothing")" ""

echo "# events that are lost"
ip netns exec r passthroughctl monitor >"$WORK/stopped" 2>&1 &
stopped=$!
at_exit "kill $stopped"
heard() {
	quietly ptc set pptp max-sessions "$((5000 + RANDOM % 1000))"
	[ -s "$WORK/stopped" ]
}
check "a third listens" busywait 60 heard
kill -STOP $stopped
# Its socket is full.
dropped() { ip netns exec r awk 'NR > 1 && $9 > 0 { found = 1 } END { exit !found }' /proc/net/netlink; }
# Its buffer holds thousands: sessions fill it faster than settings.
fill() {
	quietly peer calls one count=1000 pns=20000 pac=20000
	quietly ptc flush
	dropped
}
if debug_kernel; then
	skip "lost events are told" "this takes long here"
elif busywait 120 fill; then
	kill -CONT $stopped
	check "lost events are told" busywait 60 grep -q 'events were lost' "$WORK/stopped"
else
	skip "lost events are told" "none were"
fi
kill -CONT $stopped

echo "# live tunnels of every protocol"
peers_stop
live=$WORK/carried
kinds=(pptp ipsec l2tp)
file start '[pptp]' 'state = enabled' '[ipsec]' 'state = enabled' '[l2tp]' 'state = enabled'
says 0 '^ipsec: disabled -> enabled$' apply "$WORK/start"
ip -n s route add local 198.18.0.0/15 dev lo
ip -n r route add 198.18.0.0/15 via "$SERVER"

# carry KIND: tunnels of one protocol, and data in them until $live/stop is
# there.  $live/KIND says how often all of it arrived, and how often not.
carry() {
	local good=0 bad=0 data
	WORK=$live/work-$1
	mkdir "$WORK"
	# shellcheck source=/dev/null
	. "$(dirname "$0")/$1_peer/peer.sh"
	peers_start c1 c2 c3 s
	case $1 in
	pptp)
		data="gre all rounds=3"
		tell link one dial=c1 accept=s to="$SERVER" &&
			tell calls one count=3 pns=0 pac=128
		;;
	ipsec)
		data="esp a,b from=both count=3"
		tunnels 198.18.0.1 a=c2 b=c3 && tell run a,b
		;;
	l2tp)
		data="data a,b count=3"
		# shellcheck disable=SC2034 # for tunnels
		server=198.18.0.2
		tunnels "" a=c2 b=c3 && up a,b
		;;
	esac || return
	until [ -e "$live/stop" ]; do
		# shellcheck disable=SC2086 # words
		if tell $data; then
			good=$((good + 1))
		else
			bad=$((bad + 1))
		fi
		echo $good $bad >"$live/$1.new"
		mv "$live/$1.new" "$live/$1"
	done
}
# beyond KIND N: has all of its data arrived so often?
beyond() {
	local good
	[ -e "$live/$1" ] && read -r good _ <"$live/$1" && [ "$good" -ge "$2" ]
}
# carried: every protocol's data goes on from now, twice.
carried() {
	local kind good
	for kind in "${kinds[@]}"; do
		read -r good _ <"$live/$kind" && busywait 120 beyond "$kind" $((good + 2)) || return
	done
}
live_ids() { sessions_say '[.sessions[] | "\(.protocol) \(.id)"] | sort | join(" ")'; }

mkdir "$live"
carriers=()
for kind in "${kinds[@]}"; do
	carry "$kind" &
	carriers+=($!)
	at_exit "kill $! 2>/dev/null"
done
for kind in "${kinds[@]}"; do
	check "data in $kind" busywait 180 beyond "$kind" 1
done
ids=$(live_ids)
for kind in "${kinds[@]}"; do
	check "sessions of $kind" grep -q "$kind" <<<"$ids"
done
file other '[pptp]' 'state = enabled' 'gre-replied = 2h' 'port = 1723,1724' \
	'[ipsec]' 'state = enabled' 'esp-replied = 20m' 'pin = 10.0.0.12 198.18.0.1' \
	'[l2tp]' 'state = enabled' 'idle = 10m'
says 0 '^pptp: gre-replied 5h -> 2h$' sync "$WORK/other"
check "data goes on" carried
says 0 '^ipsec: pin 10\.0\.0\.12 198\.18\.0\.1 removed$' sync "$WORK/start"
check "data goes on" carried
says 0 '^l2tp: idle 5m -> 10m$' apply "$WORK/other"
check "data goes on" carried
says 0 'like that already' apply "$WORK/other"
file bad '[pptp]' 'state = bypassed' '[l2tp]' 'state = disabled' '[ipsec]' 'state = disabled' \
	'pin = 10.0.0.12 198.18.0.1' 'keep-port = 10.0.0.13' 'crdit = 5'
says 1 'bad:9:1: ipsec has no setting "crdit"' apply "$WORK/bad"
file bad '[l2tp]' 'state = bypassed' '[ipsec]' 'state = disabled' '[pptp]' 'state = disabled' \
	'keep-port = 10.0.0.13'
says 2 'bad:7:13: .*no such pins' apply "$WORK/bad"
says 0 '^l2tp: idle 10m -> 5m$' sync "$WORK/start"
check "data goes on" carried
is "the sessions are the same" "$(live_ids)" "$ids"
touch "$live/stop"
wait "${carriers[@]}"
for kind in "${kinds[@]}"; do
	read -r good bad <"$live/$kind"
	is "$kind lost nothing, $good times" "$bad" 0
done

echo "# watch"
ip netns exec r passthroughctl list --watch=1s >"$WORK/watch" 2>&1 &
at_exit "kill $!"
twice() { [ "$(grep -c '^every 1s, ' "$WORK/watch")" -ge 2 ]; }
check "--watch prints again" busywait 30 twice
check "what the command prints" grep -qE '^pptp +enabled' "$WORK/watch"
check_not "without colour in a file" grep -q $'\x1b' "$WORK/watch"
if command -v script >/dev/null; then
	TERM=xterm script -qec "ip netns exec r passthroughctl list" /dev/null >"$WORK/tty" 2>&1
	check "a terminal has colour" grep -q $'\x1b\\[32menabled' "$WORK/tty"
	TERM=xterm NO_COLOR=1 script -qec "ip netns exec r passthroughctl list" /dev/null >"$WORK/tty" 2>&1
	check_not "not with NO_COLOR" grep -q $'\x1b' "$WORK/tty"
	TERM=dumb script -qec "ip netns exec r passthroughctl list" /dev/null >"$WORK/tty" 2>&1
	check_not "not where it cannot" grep -q $'\x1b' "$WORK/tty"
	TERM=xterm timeout 20 script -qec "stty rows 4 cols 80; ip netns exec r timeout 5 passthroughctl stats --all --watch=1" \
		/dev/null >"$WORK/tty" 2>&1
	check "--watch cuts what does not fit" grep -qE '\([0-9]+ more lines: choose with filters\)' "$WORK/tty"
else
	skip "a terminal" "there is no script(1)"
fi

echo "# completion"
complete_words() {
	ip netns exec r bash -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
		_passthroughctl; echo "${COMPREPLY[@]}"' - "$completion" "$@"
}
completion=${NFPT_COMPLETION:-$nfpt_top/packaging/bash-completion/passthroughctl}
is "keys of a protocol" "$(complete_words passthroughctl set pptp gre-)" "gre-unreplied gre-replied"
is "in a namespace" "$(complete_words passthroughctl list -n '')" "$(ip netns list | awk '{ print $1 }' | paste -sd' ')"

done_testing
