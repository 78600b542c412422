#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The schema of passthroughctl's JSON against the modules: what every command
# prints is as docs/json/passthroughctl.schema.json says, and every key that it
# has is there at least once.  Those of decode are in tools/decode/tests.
#
#	c1 -+- lan [ r ] wan --- s
#	c2 -+
. "$(dirname "$0")/lib.sh"

schema=$nfpt_top/tools/passthroughctl/tests/schema.py
check "the schema is one" "$schema" self || bail "no schema, or no python3-jsonschema"

# j COMMAND ARGUMENT...: run in the router; what it prints is kept.
j() { ptc -j "$@" >>"$WORK/json.$1"; }
# fails STATUS COMMAND ARGUMENT...: it ends with that, and prints an error.
fails() {
	local want=$1
	shift
	j "$@"
	is "$* ends with $want" $? "$want"
}

topology 2
check "list, nothing loaded" j list
check "version" j version
check "help" j help
printf '[l2tp]\nstate = enabled\nidle = 5m\n' >"$WORK/conf"
check "check" j check "$WORK/conf"
check "enable" j enable pptp ipsec l2tp
ip netns exec r passthroughctl -j monitor >"$WORK/json.monitor" &
monitor=$!
at_exit "kill $monitor 2>/dev/null"
# A change is told once it listens.
listens() {
	quietly ptc set pptp max-sessions "$((5000 + RANDOM % 1000))"
	grep -q '"max-sessions","from"' "$WORK/json.monitor"
}
check "monitor tells a change" busywait 60 listens
check "set" j set pptp port 1723,1724 gre-replied 1h
check "set: interfaces" j set ipsec interface lan,wan
check "set: pins" j set ipsec pin 10.0.0.11 198.18.0.1 keep-port 10.0.0.12 credit 40
check "list with settings and pins" j list

# The sessions of one protocol at a time: the peers are one process.
echo "# sessions"
. "$nfpt_top/selftests/pptp_peer/peer.sh"
peers_start c1 c2 s
check "pptp" eval "peer link one dial=c1 accept=s to=$SERVER && peer calls one count=2 pns=5 pac=128 &&
	peer gre one"
check "sessions" j sessions pptp
peers_stop
. "$nfpt_top/selftests/ipsec_peer/peer.sh"
gateways
peers_start c1 c2 s
check "ipsec" eval 'tunnels 198.18.0.3 a=c1 b=c2 && peer run a,b'
check "sessions" j sessions ipsec
peers_stop
. "$nfpt_top/selftests/l2tp_peer/peer.sh"
peers_start c1 c2 s
fresh
check "l2tp" eval 'tunnels version=2 a=c1 b=c2 && up a,b && tunnels over=ip c=c1 && up c'
check "sessions" j sessions
check "stats" j stats
check "stats --all --explain" j stats --all --explain
check "stats core" j stats core --all

echo "# files"
check "save" j save
check "check, all loaded" j check "$WORK/conf"
jq -r .config "$WORK/json.save" >"$WORK/saved"
check "sync to what there is" j sync "$WORK/saved"
cat >"$WORK/conf" <<-END
	[pptp]
	state = disabled
	port = 1723
	[ipsec]
	state = enabled
	interface = lan,wan,ppp*
	pin = 10.0.0.12 198.18.0.1
	[l2tp]
	state = enabled
	idle = 10m
END
check "apply" j apply "$WORK/conf"
check "sync" j sync "$WORK/conf"
peers_stop
check "flush" j flush

echo "# doctor"
# A problem or none: both are something to print.
asked() { j doctor || [ $? -eq 4 ]; }
check "doctor" asked
fails 4 doctor --probe "$SERVER" l2tp --timeout 2

echo "# errors"
fails 1 list pttp
fails 1 sessions host x
fails 1 set pptp
fails 2 set pptp no-such-key 1
fails 2 set ipsec unpin 10.0.0.99 198.18.0.1
printf '[pptp]\nstate = on\n' >"$WORK/wrong"
fails 1 check "$WORK/wrong"
fails 1 apply "$WORK/wrong"
fails 1 sync /nfpt-none
ip netns exec r setpriv --reuid=65534 --regid=65534 --clear-groups \
	passthroughctl -j disable pptp >>"$WORK/json.disable"
is "disable without rights ends with 2" $? 2
check "disable" j disable ipsec
check "bypass" j bypass pptp ipsec l2tp
ended() { grep -q '"to":"bypassed"' "$WORK/json.monitor"; }
check "monitor has told all" busywait 60 ended
kill $monitor
wait $monitor 2>/dev/null

echo "# the schema"
for file in "$WORK"/json.*; do
	command=${file##*.}
	check "$command: $(wc -l <"$file") objects" "$schema" check "$WORK/seen" "$command" <"$file"
done
check "every key of the schema was there" "$schema" unseen "$WORK/seen" -decode

done_testing
