#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Whose is an inbound SA?  Hosts a, b, c, d have all done IKE with one gateway;
# then the first ESP packets go in every order, are lost, or come unasked.  For
# a while a host may get packets that are another's, but not for longer than
# 5 s at a stretch, and in the end each has its own.  (Copies that come again
# after 4 s without any are another stretch: now and then the router tries anew
# what it could not find out.)  A fresh gateway for every order.
#
#	c1 .. c4 ---- lan [ r ] wan ---- s, which is every gateway
#
# "a>" is the first packet that host a sends, "a<" the first that its gateway
# sends to it; "a<!" is lost behind the router.  GROUPS_TRIED= selects what is
# tried, LIMIT= how many milliseconds an order is watched; NFPT_ALL=1 leaves out
# none of those that only vary what others have shown.  The table takes eight
# minutes, nearly all of them waiting: 6.12 tries it all, other kernels every
# third order, or EVERY=.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ipsec_peer/peer.sh"
names=(a b c d) hosts=(c1 c2 c3 c4)
most_wrong=5000
asked=0 tried=0 late=0 lost=0 undecided=0
every=${EVERY:-1}
if [ ! "${EVERY-}${NFPT_ALL-}" ] && { debug_kernel || [[ $(uname -r) != 6.12.* ]]; }; then
	every=3
fi

topology 4
gateways
help_ipsec
peers_start c1 c2 c3 c4 s

# permutations WORD...: all of them, one a line, words with commas between.
permutations() {
	local i rest
	[ $# -gt 1 ] || { echo "$1"; return; }
	for ((i = 1; i <= $#; i++)); do
		permutations "${@:1:i-1}" "${@:i+1}" | while read -r rest; do
			echo "${!i},$rest"
		done
	done
}

# interleavings SCRIPT HOST...: every order in which these hosts send and are
# answered after that.
interleavings() {
	local script=$1 step open=0
	shift
	for step; do
		[[ ,$script = *",$step>"* ]] ||
			{ open=1; interleavings "$script$step>," "$@"; }
		[[ ,$script != *",$step>"* || ,$script = *",$step<"* ]] ||
			{ open=1; interleavings "$script$step<," "$@"; }
	done
	[ "$open" = 1 ] || echo "${script%,}"
}

# suffixed SUFFIX WORD...: words with a suffix each and commas between.
suffixed() {
	local suffix=$1 IFS=,
	shift
	echo "${*/%/$suffix}"
}

# order N PATTERN SCRIPT [OPTION...]: one line of the table.  undecidable says
# that nothing tells whose the packets are.
undecidable=''
order() {
	local n=$1 pattern=$2 script=$3 i outcome=right right pairs=() note="${*:4} ${ike_options[*]}"
	local limit=15000
	asked=$((asked + 1))
	[ $((asked % every)) = 0 ] || return 0
	tried=$((tried + 1))
	# The cap of SPIs per host is not what is tested here.
	[ "${NFPT_HELPER-}" ] || [ $((tried % 12)) != 0 ] || ptc flush proto ipsec >"$WORK/flush"
	[ ! "$undecidable" ] || limit=6500
	for ((i = 0; i < n; i++)); do
		pairs+=("${names[i]}=${hosts[i]}")
	done
	tunnels "198.18.$((tried / 250)).$((tried % 250 + 1))" "${pairs[@]}" || return
	ask run "$(suffixed '' "${names[@]:0:n}")" pattern="$pattern" script="$script" \
		limit-ms="${LIMIT:-$limit}" "${@:4}" || outcome="never: ${ANSWER[stuck]-$PEER}"
	right=${ANSWER[right-ms]}
	[ "$outcome" = right ] || right=-
	if [ "${ANSWER[wrong-ms]:-0}" -gt "$most_wrong" ]; then
		outcome="WRONG too long"
		late=$((late + 1))
	elif [ "$outcome" != right ] && [ "$undecidable" ]; then
		outcome=undecided
		undecided=$((undecided + 1))
	elif [ "$outcome" != right ]; then
		lost=$((lost + 1))
	fi
	printf '# %-8s%-26s%-22s%-16s%5s%8s%8s\n' "$pattern" "${script//,/ }" "${note% }" \
		"$outcome" "${ANSWER[wrong]}" "${ANSWER[wrong-ms]}" "$right"
}

# replies N: every order of the gateway's first packets.
replies() {
	permutations "${names[@]:0:$1}" | sed 's/,/<,/g; s/$/</'
}

# sends N: the hosts' first packets.
sends() { suffixed '>' "${names[@]:0:$1}"; }

# The groups of orders.  Lists come from files: what waits for a peer must not
# share its standard input.
list() { mapfile -t scripts < <("$@"); }

# few K COMMAND...: as list, but only every K-th of them, unless NFPT_ALL=1.
few() {
	local k=$1 i
	shift
	list "$@"
	[ ! "${NFPT_ALL-}" ] || return 0
	for i in "${!scripts[@]}"; do
		[ $((i % k)) = 0 ] || unset "scripts[i]"
	done
}

# Hosts speak first, send on when they are answered, and repeat if not.
group_replies() {
	local n script scripts
	for n in 2 3 4; do
		few $((n == 4 ? 4 : 1)) replies "$n"
		for script in "${scripts[@]}"; do
			order "$n" closed "$(sends "$n"),$script"
		done
	done
}

# The same hosts, but they send in one rhythm, whatever they get.  What they do
# tells nothing, so that who is not lucky may go without.
group_heedless() {
	local pattern n script scripts undecidable=yes
	for pattern in ping stream; do
		for n in 2 3; do
			few $((n * 2 - 3)) replies "$n"
			for script in "${scripts[@]}"; do
				order "$n" "$pattern" "$(sends "$n"),$script" every-ms=200
			done
		done
	done
}

# Answers come between the first packets of others.
group_between() {
	local n script scripts
	for n in 2 3; do
		few $((n * 2 - 3)) interleavings '' "${names[@]:0:n}"
		for script in "${scripts[@]}"; do
			order "$n" closed "$script"
		done
	done
}

# The gateway speaks first, and hosts answer; or they speak too, later.
group_gateway() {
	local n script scripts
	for n in 2 3 4; do
		few $((n == 4 ? 4 : 1)) replies "$n"
		for script in "${scripts[@]}"; do
			order "$n" closed "$script" from=gw
			[ "$n" = 4 ] || order "$n" ping "$script" from=gw every-ms=200
			[ "$n" = 4 ] || order "$n" closed "$script,$(sends "$n")"
		done
	done
}

# Only one end ever sends.
group_oneway() {
	local n script scripts undecidable
	for n in 2 3 4; do
		order "$n" oneway "$(sends "$n")"
	done
	# Nothing but the order of the exchanges would tell.
	undecidable=yes
	for n in 2 3; do
		few $((n * 2 - 3)) replies "$n"
		for script in "${scripts[@]}"; do
			order "$n" oneway "$script" from=gw every-ms=200
		done
	done
}

# Each of the first packets is lost, and comes again as its sender sees fit.
group_loss() {
	local n script scripts step
	for n in 2 3; do
		few $((n * 2 - 3)) replies "$n"
		for script in "${scripts[@]}"; do
			script=$(sends "$n"),$script
			for step in ${script//,/ }; do
				order "$n" closed "${script/$step/$step!}"
				[ "$n" = 3 ] || [ ! "${NFPT_ALL-}" ] ||
					undecidable=yes order "$n" ping "${script/$step/$step!}" every-ms=200
			done
		done
	done
}

# Each of the IKE messages is lost, before or behind the router.
group_ike() {
	local script scripts name exchange part where
	list replies 2
	for script in "${scripts[@]}"; do
		for name in a b; do
			for exchange in init auth; do
				for part in 0 1; do
					for where in '' ' before'; do
						ike_options=(["$name $exchange"]="lose=$part$where")
						order 2 closed "$(sends 2),$script"
					done
				done
			done
		done
	done
	ike_options=()
}

printf '# %-8s%-26s%-22s%-16s%5s%8s%8s\n' pattern 'first packets' '' outcome wrong for right
printf '# %-72s%5s%8s%8s\n' '' '' ms ms
for group in ${GROUPS_TRIED:-replies between gateway heedless oneway loss ike}; do
	"group_$group"
done
echo "# $tried of $asked orders, $undecided undecidable; counters of the router:"
[ "${NFPT_HELPER-}" ] || ptc stats ipsec | sed 's/^/#   /'
check "orders were tried" test $tried -gt 0
is "orders in which wrong deliveries went on for more than $most_wrong ms" $late 0
is "orders in which a host never got its own" $lost 0
done_testing
