// SPDX-License-Identifier: GPL-2.0
/*
 * What the administrator sees of PPTP: settings, counters, what a session is
 * and what stands in the way.
 */
#include <net/netfilter/nf_conntrack_acct.h>
#include <net/netlink.h>

#include "pptp.h"

const struct nfpt_setting nfpt_pptp_settings[NFPT_PPTP_SETTINGS] = {
	[NFPT_SETTING_MAX_SESSIONS] = {
		"max-sessions", "", "calls held at once; more are not served",
		65536, 1, 1 << 20,
	},
	[NFPT_PPTP_MAX_PER_HOST] = {
		"max-per-host", "", "calls of one host that opens control connections",
		4096, 1, 1 << 20,
	},
	[NFPT_PPTP_GRE_UNREPLIED] = {
		"gre-unreplied", "s", "how long a call may be idle until both ends have sent data",
		600, 1, 864000,
	},
	[NFPT_PPTP_GRE_REPLIED] = {
		"gre-replied", "s", "how long a call may be idle when both ends have sent data",
		18000, 1, 864000,
	},
	[NFPT_PPTP_SETUP_TIMEOUT] = {
		"setup-timeout", "s", "how long a call request may go unanswered",
		120, 1, 3600,
	},
};

const struct nfpt_counter nfpt_pptp_counters[NFPT_PPTP_COUNTERS] = {
	[NFPT_PPTP_C_CONTROL] = { "control-connections",
		"control connections followed" },
	[NFPT_PPTP_C_MESSAGES] = { "control-messages",
		"well-formed control messages seen" },
	[NFPT_PPTP_C_REWRITTEN] = { "call-ids-rewritten",
		"Call IDs changed in control messages" },
	[NFPT_PPTP_C_PATCHED] = { "call-ids-repeated",
		"Call IDs changed again because TCP sent them again" },
	[NFPT_PPTP_C_CALLS] = { "calls",
		"calls asked for by either end" },
	[NFPT_PPTP_C_GRE] = { "gre-packets",
		"GRE packets given to their call" },
	[NFPT_PPTP_C_ICMP] = { "icmp-errors",
		"ICMP errors about GRE given to the call they are about" },
	[NFPT_PPTP_C_ICMP_HARD] = { "icmp-unreachable",
		"ICMP protocol or port unreachable about GRE, dropped: it would end all calls" },
	[NFPT_PPTP_C_MALFORMED] = { "malformed-messages",
		"control messages of unknown type or wrong length, passed untouched" },
	[NFPT_PPTP_C_LOST] = { "control-lost",
		"control streams that are not PPTP any more, passed untouched from there on" },
	[NFPT_PPTP_C_AHEAD] = { "segments-ahead",
		"control segments dropped, one before them is missing; TCP sends them again" },
	[NFPT_PPTP_C_WITHHELD] = { "split-call-ids",
		"control segments cut by a byte of a split Call ID; it goes with the next" },
	[NFPT_PPTP_C_LOG_FULL] = { "segments-cut",
		"control segments cut, too many rewritten ids are not acknowledged yet" },
	[NFPT_PPTP_C_STRAY] = { "stray-messages",
		"control messages that do not fit the state of their call, passed" },
	[NFPT_PPTP_C_UNKNOWN_ID] = { "unknown-call-ids",
		"Call IDs in control messages that belong to no call, passed" },
	[NFPT_PPTP_C_SUPERSEDED] = { "calls-superseded",
		"calls ended because their host began another with the same Call ID" },
	[NFPT_PPTP_C_GRE_UNKNOWN] = { "gre-unknown",
		"GRE packets that belong to no call, left to conntrack" },
	[NFPT_PPTP_C_GRE_EARLY] = { "gre-early",
		"GRE packets dropped, their call was not agreed yet; PPP sends them again" },
	[NFPT_PPTP_C_GRE_LATE] = { "gre-late",
		"GRE packets dropped, their call had just ended" },
	[NFPT_PPTP_C_GRE_GONE] = { "gre-expired",
		"GRE packets whose conntrack entry had expired or was deleted" },
	[NFPT_PPTP_C_GRE_MALFORMED] = { "gre-malformed",
		"GRE version 1 packets that are not PPTP's, left to conntrack" },
	[NFPT_PPTP_C_OTHER_HELPER] = { "other-helper",
		"control connections left alone because a rule gave them another helper" },
	[NFPT_PPTP_C_NO_IDS] = { "no-call-ids",
		"calls not served because no Call ID was free between the two addresses" },
	[NFPT_PPTP_C_LIMIT] = { "session-limit",
		"calls not served because of the setting max-sessions" },
	[NFPT_PPTP_C_HOST_LIMIT] = { "host-limit",
		"calls not served because of the setting max-per-host" },
	[NFPT_PPTP_C_NO_FLOW] = { "no-flow",
		"calls not served because conntrack could not take their GRE flow" },
	[NFPT_PPTP_C_NOMEM] = { "no-memory",
		"calls, control connections or segments not served for want of memory" },
	[NFPT_PPTP_C_BLOCKED_CONTROL] = { "blocked-control",
		"control packets dropped in FORWARD while disabled" },
	[NFPT_PPTP_C_BLOCKED_DATA] = { "blocked-data",
		"GRE packets dropped in FORWARD while disabled" },
};

#define NFPT_PPTP_NOTE_STOCK \
	"nf_conntrack_pptp is loaded too: it serves the connections that a " \
	"'ct helper' rule gives it, nf_pptp_gre_helper all others"

/**
 * nfpt_pptp_note() - nfpt_proto.note
 * @pn: PPTP in the namespace
 *
 * Context: any.
 */
const char *nfpt_pptp_note(const struct nfpt_proto_net *pn)
{
	const char *note = NULL;

	rcu_read_lock();
	if (__nf_conntrack_helper_find("pptp", NFPROTO_IPV4, IPPROTO_TCP))
		note = NFPT_PPTP_NOTE_STOCK;
	rcu_read_unlock();
	return note;
}

static int nfpt_pptp_put_ident(struct sk_buff *skb, const struct nfpt_pptp_call *call,
			       unsigned int end)
{
	struct nlattr *nest;

	if (!call->known[end])
		return 0;
	nest = nla_nest_start(skb, NF_PASSTHROUGH_A_SESSION_IDENT);
	if (!nest ||
	    nla_put_string(skb, NF_PASSTHROUGH_A_IDENT_NAME,
			   end == call->pns ? "PNS Call ID" : "PAC Call ID") ||
	    nla_put_u32(skb, NF_PASSTHROUGH_A_IDENT_VALUE, call->id[end]) ||
	    nla_put_u32(skb, NF_PASSTHROUGH_A_IDENT_MAPPED, call->mapped[end]))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int nfpt_pptp_put_traffic(struct sk_buff *skb, const struct nfpt_pptp_call *call)
{
	static const int attrs[IP_CT_DIR_MAX][2] = {
		{ NF_PASSTHROUGH_A_SESSION_INITIATOR_PACKETS,
		  NF_PASSTHROUGH_A_SESSION_INITIATOR_BYTES },
		{ NF_PASSTHROUGH_A_SESSION_RESPONDER_PACKETS,
		  NF_PASSTHROUGH_A_SESSION_RESPONDER_BYTES },
	};
	const struct nf_conn_acct *acct;
	struct nf_conn *ct;
	unsigned int dir;
	int err = 0;

	ct = nfpt_pptp_is_tracked(call) ? nfpt_ct_held(&call->ct) : NULL;
	if (!ct)
		return 0;
	acct = nf_conn_acct_find(ct);
	for (dir = 0; acct && !err && dir < IP_CT_DIR_MAX; dir++) {
		const struct nf_conn_counter *c = &acct->counter[dir];

		if (nla_put_u64_64bit(skb, attrs[dir][0], atomic64_read(&c->packets),
				      NF_PASSTHROUGH_A_SESSION_PAD) ||
		    nla_put_u64_64bit(skb, attrs[dir][1], atomic64_read(&c->bytes),
				      NF_PASSTHROUGH_A_SESSION_PAD))
			err = -EMSGSIZE;
	}
	nf_ct_put(ct);
	return err;
}

/**
 * nfpt_pptp_fill() - nfpt_proto.fill
 * @skb: message
 * @s: session of a call
 * @traffic: whether to tell what it carried
 *
 * Context: RCU; without @traffic, the lock may be held.
 * Return: 0 or -EMSGSIZE.
 */
int nfpt_pptp_fill(struct sk_buff *skb, const struct nfpt_session *s, bool traffic)
{
	const struct nfpt_pptp_call *call = container_of(s, struct nfpt_pptp_call, session);

	if (nla_put_string(skb, NF_PASSTHROUGH_A_SESSION_ROLE,
			   call->pns == IP_CT_DIR_ORIGINAL ? "PNS" : "PAC") ||
	    nfpt_pptp_put_ident(skb, call, call->pns) ||
	    nfpt_pptp_put_ident(skb, call, !call->pns))
		return -EMSGSIZE;
	return traffic ? nfpt_pptp_put_traffic(skb, call) : 0;
}
