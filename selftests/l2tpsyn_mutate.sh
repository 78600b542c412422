#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A million mutated packets of L2TP through the router: control messages and data
# over UDP and IP, ICMP errors about them, fragments, merged frames, wrong
# checksums.
#
#	c1, c2 ---- lan [ r ] wan ---- s, which is every server		recorded, and mutated
#	c3     ---- lan [ r ] wan ---- s				the bystander
#
# timeout: 3600
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/l2tp_peer/peer.sh"
. "$(dirname "$0")/mutate/mutate.sh"

bystander() {
	peer data by-udp,by-ip quiet-ms=20000 && peer control by-udp hello timeout=60 &&
		peer control by-ip hello from=server timeout=60
}

# comes HOST: it has tunnels over UDP and IP with the server that was forged to.
comes() {
	server=$mutate_server
	tunnels "" "$1-udp=$1" && tunnels over=ip "$1-ip=$1" && up "$1-udp,$1-ip" &&
		each stop "$1-udp,$1-ip"
}
newcomer() { comes c3; }

# recorded: tunnels of each version, sessions from either end, errors about them.
recorded() {
	local t
	server=$mutate_server
	tunnels version=2 a=c1 b=c2
	tunnels version=3 c=c1
	tunnels "version=3 digest" d=c2
	tunnels over=ip e=c1
	tunnels "over=ip id=7777" f=c2
	for t in a,b c,d e,f; do
		each connect icrq "ocrq from=server" "icrq from=server" hello "hello from=server" wen sli "$t" &&
			peer data "$t" count=3 || return
	done
	for t in a b c d e f; do
		tell icmp "$t" from=server && tell icmp "$t" from=host quote=60 && each cdn "$t" || return
	done
	each stop a,c,e && each "stop from=server" b,d,f || return
	tunnels "version=2 hidden=all" g=c1
	tunnels "over=ip hidden=tunnel" h=c2
	up g,h && each stop g,h || return
	tunnels over=ip i=c1 j=c2
	for t in i j; do
		tell session "$t" cookie=01020304 && peer data "$t" from=host count=2 &&
			peer data "$t" from=server count=2 || return
	done
}

topology 3
mutate_servers
help_l2tp
peers_start c1 c2 c3 s
check "a host may have 100 tunnels and calls" ptc set l2tp max-per-host 100
server=$mutate_bystander
tunnels "" by-udp=c3
tunnels over=ip by-ip=c3
check "the bystander's tunnels" eval "up by-udp,by-ip && bystander"

record_begin
check "sessions of all kinds" recorded
record_end
mutate_all l2tp 202
rose malformed call-unknown icmp-errors host-limit
check "so do hosts whose sessions were mutated" comes c1
check "both" comes c2
check "and all is well with the bystander" bystander
done_testing
