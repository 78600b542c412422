#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# L2TPv3 over IP protocol 115, which has no ports: several hosts and one server.
#
#	c1 .. c3 ---- lan [ r ] wan ---- s, which is every server
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/l2tp_peer/peer.sh"

topology 3
servers
help_l2tp
peers_start c1 c2 c3 s
check "listen to events" peer listen r

# Control connections.
fresh
tunnels over=ip a=c1 b=c2 c=c3
check "one host" up a
check "two" eval "up b && peer data a,b count=5"
check "three" eval "up c && peer data a,b,c count=5"
check "sessions, from either end" each "icrq from=server" ocrq "ocrq from=server" a,b,c
check "data in all of them" peer data a,b,c session=all count=5
check "messages of either end" each hello "hello from=server" wen "sli from=server" a,b,c
check "a session ends, the others go on" eval "
	peer control a cdn session=0 && peer control b cdn from=server session=0 && peer data a,b,c count=5"
check "one host goes, the others stay" eval "peer control a stop && peer data b,c count=5"
check "it comes back" eval "up a && peer data a,b,c count=5"
check "all go" eval "peer control a stop from=server && each stop b,c"

fresh
tunnels over=ip a=c1 b=c2 c=c3
check "requests of three before any answer" each "connect parts=1" a,b,c
check "answers in another order" each "connect first=1" b,c,a
check "sessions likewise" each "icrq parts=1" a,b,c
check "answers in another order" each "icrq first=1" c,a,b
check "data" peer data a,b,c count=5
check "the server's data first" eval "
	each icrq a,b,c && peer data a,b,c from=server && peer data a,b,c"
for part in 0 1 2 3; do
	fresh
	tunnels over=ip a=c1 b=c2
	check "message $part is lost" each "connect lose=$part" "icrq lose=$part" a,b
	check "data" peer data a,b
done
cookies() {
	fresh
	tunnels over=ip a=c1 b=c2
	each connect a,b && tell control a icrq cookie=01020304 &&
		tell control b icrq cookie=0102030405060708 && tell data a,b count=5
}
check "cookies" cookies

# Equal ids.
rewritten=$(counter ids-rewritten)
fresh
tunnels "over=ip id=7777" a=c1 b=c2 c=c3
check "equal control connection ids of three hosts" up a,b,c
check "all at once" peer data a,b,c count=5
check "messages of either end" each hello "hello from=server" "icrq from=server" a,b,c
check "StopCCN of either end" eval "peer control a stop && peer control b stop from=server && peer control c stop"
check "counted" test "$(counter ids-rewritten)" -gt "$rewritten"

# clashes OPTIONS [ICRQ OPTION...]: the first works; the second too, or it is said.
clashes() {
	local options=$1 clashes
	shift
	fresh
	tunnels "over=ip $options" a=c1 b=c2
	clashes=$(counter id-clash)
	ask heard quiet-ms=0
	local told=${ANSWER[clash]}
	check "$options $*: the first" eval "peer control a connect && peer control a icrq $* && peer data a count=3"
	if ask control b connect timeout=1 && ask control b icrq "$@" timeout=1 && ask data b quiet-ms=300; then
		ok "the second works too"
	else
		check "the second's clash is counted" test "$(counter id-clash)" -gt "$clashes"
		check "and told" peer heard clash=$((told + 1))
	fi
	check "the first goes on" eval "peer data a count=5 && peer control a hello from=server"
}
clashes "" id=9
clashes "id=77 digest"
clashes "id=77 hidden=tunnel"
digests() {
	fresh
	tunnels "over=ip digest" a=c1 b=c2 c=c3
	up a,b,c && tell data a,b,c count=5 && each stop a,b,c
}
check "digests, ids that differ" digests
fresh
tunnels "over=ip hidden=tunnel" a=c1 b=c2
check "a hidden id: the first asks" peer control a connect parts=1
check "the second has to wait" rises held peer control b connect parts=1 expect=none
check "the first is answered" peer control a connect first=1
check "the second's turn, and data" eval "peer control b connect && each icrq a,b && peer data a,b count=5"

# Sessions that nobody negotiates.
fresh
tunnels over=ip a=c1 b=c2 c=c3
for t in a b c; do
	tell session $t cookie=01020304
	check "$t speaks" peer data $t from=host count=2
	check "and is answered" peer data $t from=server count=2
done
check "all at once" peer data a,b,c count=10
fresh
tunnels over=ip a=c1 b=c2
tell session a id=1000 server-id=1001
tell session b id=1000 server-id=1002
check "equal ids: the first has its own" eval "peer data a from=host && peer data a from=server count=5"
ask data b expect=any
ask data a expect=any count=5
is "and keeps it" "${ANSWER[right]}" 10
# Who speaks first is the server.
fresh
tunnels "over=ip seen=$WAN" b=c2
tell session b
check "pinned" ptc set l2tp pin 10.0.0.12 "$server"
check "the server's first packets reach that host" peer data b from=server count=5
check "and its own pass" peer data b count=5
check "unpinned" ptc set l2tp unpin 10.0.0.12 "$server"
is "nothing was malformed" "$(counter malformed)" 0
done_testing
