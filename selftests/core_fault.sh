#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# passthroughctl and a kernel without memory: commands are given with each
# allocation failing that the kernel makes for what they send.  They are done, or
# the tool says that there was no memory and nothing has changed.  All requests
# and states are in the KUnit suites nfpt_fault and nfpt_PROTOCOL_fault.
. "$(dirname "$0")/lib.sh"

slab=/sys/kernel/debug/failslab
[ -d $slab ] || skip_all "the kernel cannot let allocations fail (CONFIG_FAILSLAB)"
send=$nfpt_top/selftests/failing_send/build/failing_send.so
[ -r "$send" ] || bail "failing_send is not built"
tool=$(command -v passthroughctl) || bail "passthroughctl is not built"

# ptc ARGUMENT...: like the library's, but cheaper.
ptc() { nsenter --net=/run/netns/r "$tool" "$@"; }

# failing N ARGUMENT...: passthroughctl with the N-th allocation failing.
failing() {
	local n=$1
	shift
	nsenter --net=/run/netns/r env LD_PRELOAD="$send" NFPT_FAIL_NTH="$n" \
		NFPT_FAILED="$WORK/failed" "$tool" "$@"
}

# listing: what is set, without what the sessions do.
listing() { ptc -j list; }

# each TEXT RESET ARGUMENT...: give the command until no allocation fails any
# more; RESET, a command of passthroughctl too, brings back what was before.
each() {
	local text=$1 reset=$2 n status before after now bad='' refused=0
	shift 2
	# shellcheck disable=SC2086 # words
	ptc $reset >/dev/null
	before=$(listing)
	ptc "$@" >/dev/null 2>"$WORK/err" || bail "$text: $(cat "$WORK/err")"
	after=$(listing)
	now=$after
	for ((n = 1; n < 500; n++)); do
		# shellcheck disable=SC2086 # words
		[ "$now" = "$before" ] || ptc $reset >/dev/null
		rm -f "$WORK/failed"
		failing $n "$@" >/dev/null 2>"$WORK/err"
		status=$?
		[ "$before" = "$after" ] && now=$after || now=$(listing)
		case $status:$now in
		"0:$after") ;;
		"2:$before" | "2:$after")
			refused=$((refused + 1))
			grep -qE 'memory|[Nn]o buffer space' "$WORK/err" || bad+=" $n:unsaid"
			# It was done if that is what could not be told, or looked at.
			[ "$now" = "$before" ] || grep -qE 'answer|reading' "$WORK/err" ||
				bad+=" $n:done"
			;;
		*) bad+=" $n:status=$status" ;;
		esac
		[ -z "$bad" ] || { sed 's/^/#   /' "$WORK/err"; break; }
		[ -e "$WORK/failed" ] || break
	done
	is "$text: $((n - 1)) allocations failed, $refused refusals" "$bad" ""
	check "$text: there were some" [ $((n - 1)) -ge 3 ]
	check "$text: some were refused" [ $refused -ge 1 ]
}

# What the debug kernel allocates to watch the others is no concern.
at_exit "cd $slab; echo N >cache-filter; echo Y >ignore-gfp-wait; echo 2 >verbose; cd /"
for cache in /sys/kernel/slab/*; do
	case ${cache##*/} in
	debug_objects_cache | kmemleak_*) ;;
	*) echo 1 >"$cache/failslab" ;;
	esac
done
(cd $slab && echo Y >cache-filter && echo N >ignore-gfp-wait && echo 0 >verbose) ||
	bail "set failslab"

setup_ns r
cat >"$WORK/conf" <<'CONF'
[pptp]
state = enabled
[l2tp]
state = disabled
port = 1701,1702
CONF
printf '[%s]\nstate = bypassed\n' pptp l2tp >"$WORK/base"
check "modules are loaded" ptc enable pptp ipsec l2tp
each enable "bypass pptp" enable pptp
each set "set ipsec max-sessions 78" set ipsec max-sessions 77
each apply "apply $WORK/base" apply "$WORK/conf"
each flush list flush
each sessions list sessions
check "afterwards all is enabled" ptc enable pptp ipsec l2tp
done_testing
