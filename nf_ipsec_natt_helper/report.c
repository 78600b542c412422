// SPDX-License-Identifier: GPL-2.0
/*
 * What the administrator sees of IPsec: settings, counters and what a session
 * is.
 */
#include <net/netlink.h>

#include "ipsec.h"

const struct nfpt_setting nfpt_ipsec_settings[NFPT_IPSEC_SETTINGS] = {
	[NFPT_SETTING_MAX_SESSIONS] = {
		"max-sessions", "", "pairs of inside host and gateway held at once",
		65536, 1, 1 << 20,
	},
	[NFPT_IPSEC_MAX_PER_HOST] = {
		"max-per-host", "", "sessions and SAs one inside host may hold, together",
		256, 2, 4096,
	},
	[NFPT_IPSEC_MAX_PER_GATEWAY] = {
		"max-per-gateway", "", "inside hosts that may talk to one gateway",
		4096, 1, 65536,
	},
	[NFPT_IPSEC_ESP_REPLIED] = {
		"esp-replied", "s", "how long ESP may be idle when both ends have sent it",
		600, 1, 864000,
	},
	[NFPT_IPSEC_ESP_UNREPLIED] = {
		"esp-unreplied", "s", "how long ESP may be idle until both ends have sent it",
		120, 1, 864000,
	},
	[NFPT_IPSEC_NATT_IDLE] = {
		"natt-idle", "s", "how long IPsec in UDP (NAT-T) may be idle",
		300, 1, 864000,
	},
	[NFPT_IPSEC_IKE_IDLE] = {
		"ike-idle", "s", "how long IKE on port 500 may be idle without ESP",
		300, 1, 864000,
	},
	[NFPT_IPSEC_CREDIT] = {
		"credit", "s", "how long an IKE exchange lets an unknown SPI be its host's",
		30, 1, 600,
	},
};

const struct nfpt_counter nfpt_ipsec_counters[NFPT_IPSEC_COUNTERS] = {
	[NFPT_IPSEC_C_ESP_OUT] = { "esp-out",
		"ESP packets of inside hosts given to their flow" },
	[NFPT_IPSEC_C_ESP_IN] = { "esp-in",
		"ESP packets of gateways given to an inside host" },
	[NFPT_IPSEC_C_NATT] = { "natt-packets",
		"packets of IPsec in UDP seen; a flowtable's are not" },
	[NFPT_IPSEC_C_IKE] = { "ike-messages",
		"IKE messages seen" },
	[NFPT_IPSEC_C_IKE_MOVED] = { "ike-moved",
		"IKE answers sent to another port than their host's, given to it" },
	[NFPT_IPSEC_C_IKE_RESTART] = { "ike-restarts",
		"inside hosts that began a new IKE SA in place of one they had" },
	[NFPT_IPSEC_C_CREDIT] = { "credits",
		"IKE exchanges completed that may have made an SA" },
	[NFPT_IPSEC_C_ICMP] = { "icmp-errors",
		"ICMP errors about outbound ESP given to the host that sent it" },
	[NFPT_IPSEC_C_PORT_AGAIN] = { "natt-ports-again",
		"NAT-T flows that expired and got the port they had before" },
	[NFPT_IPSEC_C_WHY + NFPT_ASSOC_WHY_KNOWN] = { "sa-known",
		"packets of inbound SAs on probation that stayed where they were" },
	[NFPT_IPSEC_C_WHY + NFPT_ASSOC_WHY_PIN] = { "sa-pinned",
		"inbound SAs given to a host because of the administrator's pin, or without NAT" },
	[NFPT_IPSEC_C_WHY + NFPT_ASSOC_WHY_CREDIT] = { "sa-credited",
		"inbound SAs given to the only host with a completed IKE exchange" },
	[NFPT_IPSEC_C_WHY + NFPT_ASSOC_WHY_WAITING] = { "sa-waiting",
		"inbound SAs given to the only host that had sent and waited for an answer" },
	[NFPT_IPSEC_C_WHY + NFPT_ASSOC_WHY_ALONE] = { "sa-alone",
		"inbound SAs given to the only host that talks to their gateway" },
	[NFPT_IPSEC_C_WHY + NFPT_ASSOC_WHY_SEVERAL] = { "sa-ambiguous",
		"packets of inbound SAs that several hosts may have, copied to them" },
	[NFPT_IPSEC_C_WHY + NFPT_ASSOC_WHY_ELIMINATED] = { "sa-eliminated",
		"inbound SAs given to a host because no other could have them any more" },
	[NFPT_IPSEC_C_WHY + NFPT_ASSOC_WHY_NONE] = { "sa-unknown",
		"ESP packets dropped, no host expected an SA from their gateway" },
	[NFPT_IPSEC_C_WHY + NFPT_ASSOC_WHY_CROWD] = { "sa-crowd",
		"ESP packets dropped, their SA has too many candidates or was copied enough" },
	[NFPT_IPSEC_C_WHY + NFPT_ASSOC_WHY_REPAIRED] = { "sa-regained",
		"inbound SAs given to the host that is left after a repair" },
	[NFPT_IPSEC_C_CONFIRMED] = { "sa-confirmed",
		"inbound SAs whose host has shown them to be its own" },
	[NFPT_IPSEC_C_REPAIRED] = { "sa-repaired",
		"inbound SAs taken back from a host because another was left without" },
	[NFPT_IPSEC_C_COPIES] = { "copies",
		"copies of ESP packets for further candidates" },
	[NFPT_IPSEC_C_CLASH] = { "spi-clash",
		"inbound SPIs that two hosts seem to have chosen; nobody can tell them apart" },
	[NFPT_IPSEC_C_ESP_MALFORMED] = { "esp-malformed",
		"packets that are no ESP or NAT-T that RFC 4303 allows, passed untouched" },
	[NFPT_IPSEC_C_IKE_MALFORMED] = { "ike-malformed",
		"packets on IKE's port that are no IKE, passed untouched" },
	[NFPT_IPSEC_C_AH] = { "ah",
		"AH packets: it authenticates the addresses, so it cannot pass a NAT; use ESP" },
	[NFPT_IPSEC_C_ZONE] = { "other-zone",
		"ESP packets left alone because a rule put them into a conntrack zone" },
	[NFPT_IPSEC_C_OTHER_HELPER] = { "other-helper",
		"IKE flows left alone because a rule gave them another helper" },
	[NFPT_IPSEC_C_LIMIT_HOST] = { "host-limit",
		"sessions not served, SAs given up because of the setting max-per-host" },
	[NFPT_IPSEC_C_LIMIT_GATEWAY] = { "gateway-limit",
		"hosts or SAs not served because their gateway has too many" },
	[NFPT_IPSEC_C_LIMIT] = { "session-limit",
		"hosts not served because of the setting max-sessions" },
	[NFPT_IPSEC_C_NO_FLOW] = { "no-flow",
		"ESP packets dropped because conntrack could not take their flow" },
	[NFPT_IPSEC_C_NOMEM] = { "no-memory",
		"hosts, SAs or packets not served for want of memory" },
	[NFPT_IPSEC_C_BLOCKED_CONTROL] = { "blocked-control",
		"IKE and NAT-T packets dropped in FORWARD while disabled" },
	[NFPT_IPSEC_C_BLOCKED_DATA] = { "blocked-data",
		"ESP and AH packets dropped in FORWARD while disabled" },
};

static const u8 nfpt_ipsec_states[] = {
	[NFPT_ASSOC_UNKNOWN]	= NF_PASSTHROUGH_SA_STATE_AMBIGUOUS,
	[NFPT_ASSOC_AMBIGUOUS]	= NF_PASSTHROUGH_SA_STATE_AMBIGUOUS,
	[NFPT_ASSOC_TENTATIVE]	= NF_PASSTHROUGH_SA_STATE_TENTATIVE,
	[NFPT_ASSOC_CONFIRMED]	= NF_PASSTHROUGH_SA_STATE_CONFIRMED,
};

static int nfpt_ipsec_put_sa(struct sk_buff *skb, const struct nfpt_ipsec_sa *sa)
{
	u8 state = NF_PASSTHROUGH_SA_STATE_CONFIRMED;
	struct nlattr *nest;
	u32 now = jiffies;

	if (nfpt_ipsec_is_esp_in(sa))
		state = nfpt_ipsec_states[sa->assoc.state];
	nest = nla_nest_start(skb, NF_PASSTHROUGH_A_SESSION_SA);
	if (!nest ||
	    nla_put_u32(skb, NF_PASSTHROUGH_A_SA_SPI, sa->spi) ||
	    (sa->inbound && nla_put_flag(skb, NF_PASSTHROUGH_A_SA_INBOUND)) ||
	    (nfpt_ipsec_is_udp(sa) && nla_put_flag(skb, NF_PASSTHROUGH_A_SA_UDP)) ||
	    nla_put_u32(skb, NF_PASSTHROUGH_A_SA_STATE, state) ||
	    nla_put_u32(skb, NF_PASSTHROUGH_A_SA_AGE, (now - sa->born) / HZ) ||
	    nla_put_u32(skb, NF_PASSTHROUGH_A_SA_IDLE, (now - READ_ONCE(sa->seen)) / HZ) ||
	    nla_put_u64_64bit(skb, NF_PASSTHROUGH_A_SA_PACKETS, atomic64_read(&sa->packets),
			      NF_PASSTHROUGH_A_SA_PAD) ||
	    nla_put_u64_64bit(skb, NF_PASSTHROUGH_A_SA_BYTES, atomic64_read(&sa->bytes),
			      NF_PASSTHROUGH_A_SA_PAD))
		goto cancel;
	nla_nest_end(skb, nest);
	return 0;

cancel:
	nla_nest_cancel(skb, nest);
	return -EMSGSIZE;
}

static int nfpt_ipsec_put_ike(struct sk_buff *skb, const struct nfpt_ipsec_ike *ike)
{
	if (!ike)
		return 0;
	if (nla_put_u64_64bit(skb, NF_PASSTHROUGH_A_SESSION_IKE_INITIATOR_SPI, ike->ispi,
			      NF_PASSTHROUGH_A_SESSION_PAD) ||
	    nla_put_u64_64bit(skb, NF_PASSTHROUGH_A_SESSION_IKE_RESPONDER_SPI, ike->sa.rspi,
			      NF_PASSTHROUGH_A_SESSION_PAD))
		return -EMSGSIZE;
	return 0;
}

struct nfpt_ipsec_sums {
	u64	packets[2];
	u64	bytes[2];
};

static int nfpt_ipsec_put_sums(struct sk_buff *skb, const struct nfpt_ipsec_sums *sums)
{
	if (nla_put_u64_64bit(skb, NF_PASSTHROUGH_A_SESSION_INITIATOR_PACKETS,
			      sums->packets[0], NF_PASSTHROUGH_A_SESSION_PAD) ||
	    nla_put_u64_64bit(skb, NF_PASSTHROUGH_A_SESSION_INITIATOR_BYTES,
			      sums->bytes[0], NF_PASSTHROUGH_A_SESSION_PAD) ||
	    nla_put_u64_64bit(skb, NF_PASSTHROUGH_A_SESSION_RESPONDER_PACKETS,
			      sums->packets[1], NF_PASSTHROUGH_A_SESSION_PAD) ||
	    nla_put_u64_64bit(skb, NF_PASSTHROUGH_A_SESSION_RESPONDER_BYTES,
			      sums->bytes[1], NF_PASSTHROUGH_A_SESSION_PAD))
		return -EMSGSIZE;
	return 0;
}

/* Whether an SA that is not confirmed is a session's, or may be. */
static bool nfpt_ipsec_may_be(const struct nfpt_ipsec_sa *sa,
			      const struct nfpt_ipsec_session *session)
{
	unsigned int i;

	for (i = 0; i < sa->assoc.n_candidates; i++)
		if (sa->assoc.candidates[i].host == &session->assoc)
			return true;
	return sa->assoc.host == &session->assoc;
}

static int nfpt_ipsec_put_traffic(struct sk_buff *skb,
				  const struct nfpt_ipsec_session *session)
{
	struct nfpt_ipsec_sums sums = {};
	const struct nfpt_ipsec_sa *sa;

	list_for_each_entry(sa, &session->sas, node) {
		sums.packets[sa->inbound] += atomic64_read(&sa->packets);
		sums.bytes[sa->inbound] += atomic64_read(&sa->bytes);
	}
	return nfpt_ipsec_put_sums(skb, &sums);
}

static int nfpt_ipsec_put_sas(struct sk_buff *skb, const struct nfpt_ipsec_session *session,
			      unsigned long *n)
{
	const struct nfpt_ipsec_sa *sa;
	unsigned long i = 0;

	list_for_each_entry(sa, &session->sas, node) {
		if (i++ < *n)
			continue;
		if (nfpt_ipsec_put_sa(skb, sa))
			return -EMSGSIZE;
		++*n;
	}
	list_for_each_entry(sa, &session->gateway->strays, node) {
		if (!nfpt_ipsec_may_be(sa, session) || i++ < *n)
			continue;
		if (nfpt_ipsec_put_sa(skb, sa))
			return -EMSGSIZE;
		++*n;
	}
	return 0;
}

/**
 * nfpt_ipsec_fill_parts() - nfpt_proto.fill_parts: the SAs of a session
 * @skb: message
 * @s: a session
 * @n: how many were told before; advanced
 *
 * Context: RCU.
 * Return: 0 or -EMSGSIZE.
 */
int nfpt_ipsec_fill_parts(struct sk_buff *skb, const struct nfpt_session *s, unsigned long *n)
{
	const struct nfpt_ipsec_session *session = nfpt_ipsec_session_of(s);
	struct nfpt_ipsec_net *ipn = nfpt_ipsec_pernet(s->pn);
	int err = 0;

	if (!ipn)
		return 0;
	spin_lock_bh(&ipn->lock);
	if (!session->ended)
		err = nfpt_ipsec_put_sas(skb, session, n);
	spin_unlock_bh(&ipn->lock);
	return err;
}

/**
 * nfpt_ipsec_fill() - nfpt_proto.fill
 * @skb: message
 * @s: a session
 * @traffic: whether to tell what its SAs carried
 *
 * Context: RCU; without @traffic, the lock is held.
 * Return: 0 or -EMSGSIZE.
 */
int nfpt_ipsec_fill(struct sk_buff *skb, const struct nfpt_session *s, bool traffic)
{
	const struct nfpt_ipsec_session *session = nfpt_ipsec_session_of(s);
	struct nfpt_ipsec_net *ipn = nfpt_ipsec_pernet(s->pn);
	int err;

	if (nla_put_string(skb, NF_PASSTHROUGH_A_SESSION_ROLE, "initiator") ||
	    nfpt_ipsec_put_ike(skb, READ_ONCE(session->ike[0])) ||
	    nfpt_ipsec_put_ike(skb, READ_ONCE(session->ike[1])))
		return -EMSGSIZE;
	if (!traffic || !ipn)
		return 0;
	spin_lock_bh(&ipn->lock);
	err = session->ended ? 0 : nfpt_ipsec_put_traffic(skb, session);
	spin_unlock_bh(&ipn->lock);
	return err;
}
