// SPDX-License-Identifier: GPL-2.0
/*
 * ESP packets and their conntrack.
 */
#include <linux/icmp.h>
#include <linux/netdevice.h>
#include <net/ip.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/route.h>
#include <net/xfrm.h>

#include "ipsec.h"

/**
 * nfpt_ipsec_esp_flow() - a session's ESP
 * @session: the session
 *
 * Return: its flow.
 */
struct nfpt_portless nfpt_ipsec_esp_flow(const struct nfpt_ipsec_session *session)
{
	const struct nfpt_session *s = &session->session;

	return (struct nfpt_portless){
		.net = s->pn->net, .host = s->initiator, .server = s->responder,
		.seen = s->initiator_seen, .l4proto = IPPROTO_ESP,
	};
}

static struct nf_conn *nfpt_ipsec_ct_find(struct nfpt_ipsec_session *session)
{
	struct nf_conn *ct = nfpt_ct_held(&session->ct);
	struct nfpt_portless flow;

	if (likely(ct))
		return ct;
	flow = nfpt_ipsec_esp_flow(session);
	ct = nfpt_portless_find(&flow);
	if (ct)
		nfpt_ipsec_session_hold(session, ct);
	return ct;
}

static u32 nfpt_ipsec_esp_lifetime(const struct nfpt_ipsec_net *ipn, const struct nf_conn *ct,
				   enum ip_conntrack_info ctinfo)
{
	bool replied = CTINFO2DIR(ctinfo) == IP_CT_DIR_REPLY ||
		       test_bit(IPS_SEEN_REPLY_BIT, &ct->status);

	return nfpt_setting(ipn->pn, replied ? NFPT_IPSEC_ESP_REPLIED :
					       NFPT_IPSEC_ESP_UNREPLIED);
}

/* ---- inbound ----------------------------------------------------------- */

static struct nf_conn *nfpt_ipsec_ct_make(const struct nfpt_ipsec_session *session)
{
	const struct nfpt_portless flow = nfpt_ipsec_esp_flow(session);
	struct nf_conntrack_tuple ike;

	/* Masquerading ends ESP along with IKE. */
	return nfpt_portless_make(&flow, session->inside->zone,
				  nfpt_ipsec_tuple_get(session, &session->ike_tuple, &ike) ?
				  &ike : NULL,
				  nfpt_setting(session->session.pn, NFPT_IPSEC_ESP_REPLIED));
}

static struct nf_conn *nfpt_ipsec_ct_get(const struct nfpt_ipsec_net *ipn,
					 struct nfpt_ipsec_session *session)
{
	struct nf_conn *ct = nfpt_ipsec_ct_find(session);

	if (!ct)
		ct = nfpt_ipsec_ct_make(session);
	if (!ct)
		nfpt_count(ipn->pn, NFPT_IPSEC_C_NO_FLOW);
	return ct;
}

static unsigned int nfpt_ipsec_deliver(struct nfpt_ipsec_net *ipn, struct sk_buff *skb,
				       struct nf_conn *ct)
{
	if (!ct)
		return NF_DROP;
	nfpt_portless_deliver(ct, skb, nfpt_setting(ipn->pn, NFPT_IPSEC_ESP_REPLIED));
	nfpt_count(ipn->pn, NFPT_IPSEC_C_ESP_IN);
	return NF_ACCEPT;
}

static void nfpt_ipsec_deliver_copy(struct nfpt_ipsec_net *ipn, const struct sk_buff *skb,
				    struct nfpt_ipsec_session *session)
{
	struct nf_conn *ct = nfpt_ipsec_ct_get(ipn, session);

	if (!ct)
		return;
	if (!nfpt_portless_copy(ct, skb, nfpt_setting(ipn->pn, NFPT_IPSEC_ESP_REPLIED))) {
		nfpt_count(ipn->pn, NFPT_IPSEC_C_NOMEM);
		return;
	}
	nfpt_count(ipn->pn, NFPT_IPSEC_C_COPIES);
	nfpt_count(ipn->pn, NFPT_IPSEC_C_ESP_IN);
}

/* No host that we know claims it, but one may have a flow with that gateway
 * where IPsec is not helped.
 */
static bool nfpt_ipsec_is_elsewhere(const struct nfpt_ipsec_net *ipn, const struct iphdr *iph,
				    u32 spi)
{
	return rcu_dereference(ipn->pn->config)->n_interfaces &&
	       !nfpt_ipsec_sa_find(ipn, iph->saddr, iph->daddr, spi) &&
	       nfpt_portless_is_answer(ipn->pn->net, iph->saddr, iph->daddr, IPPROTO_ESP);
}

static unsigned int nfpt_ipsec_in_unsure(struct nfpt_ipsec_net *ipn, struct sk_buff *skb,
					 u32 spi, u32 seq)
{
	struct nfpt_ipsec_targets targets;
	unsigned int i;

	nfpt_ipsec_sa_in(ipn, skb, spi, seq, &targets);
	if (targets.n == 1)
		WRITE_ONCE(targets.to[0]->session.seen, jiffies);
	for (i = 1; i < targets.n; i++)
		nfpt_ipsec_deliver_copy(ipn, skb, targets.to[i]);
	if (targets.n)
		return nfpt_ipsec_deliver(ipn, skb, nfpt_ipsec_ct_get(ipn, targets.to[0]));
	return nfpt_ipsec_is_elsewhere(ipn, ip_hdr(skb), spi) ? NF_ACCEPT : NF_DROP;
}

static unsigned int nfpt_ipsec_in_sure(struct nfpt_ipsec_net *ipn, struct sk_buff *skb,
				       struct nfpt_ipsec_sa *sa, u32 seq)
{
	struct nfpt_ipsec_session *session = READ_ONCE(sa->session);
	u32 now = nfpt_ipsec_now();
	struct nf_conn *ct;

	if (!session)
		return NF_DROP;
	ct = nfpt_ipsec_ct_get(ipn, session);
	nfpt_ipsec_sa_touch(sa, skb);
	WRITE_ONCE(session->assoc.answered, now);
	WRITE_ONCE(session->assoc.asks, false);
	WRITE_ONCE(sa->assoc.last, now);
	if ((s32)(seq - READ_ONCE(sa->assoc.top)) > 0)
		WRITE_ONCE(sa->assoc.top, seq);
	else
		nfpt_ipsec_sa_again(ipn, sa, now);
	return nfpt_ipsec_deliver(ipn, skb, ct);
}

/* Whether the router itself has this SA.  By SPI alone: a tunnel device's has a
 * mark that only the device knows.
 */
static bool nfpt_ipsec_is_own(const struct nfpt_ipsec_net *ipn, __be32 daddr, u32 spi)
{
	bool own = false;
#ifdef CONFIG_XFRM
	struct xfrm_state *x;

	x = xfrm_state_lookup_byspi(ipn->pn->net, htonl(spi), AF_INET);
	if (!x)
		return false;
	own = x->id.daddr.a4 == daddr;
	xfrm_state_put(x);
#endif
	return own;
}

/* ---- outbound ---------------------------------------------------------- */

/* Without a conntrack, it is conntrack's turn: it makes the flow and the
 * administrator's rules translate it, see nfpt_ipsec_learn_esp().
 */
static unsigned int nfpt_ipsec_out(struct nfpt_ipsec_net *ipn, struct sk_buff *skb,
				   struct nf_conn *ct)
{
	enum ip_conntrack_info ctinfo;

	nfpt_count(ipn->pn, NFPT_IPSEC_C_ESP_OUT);
	if (!ct)
		return NF_ACCEPT;
	ctinfo = test_bit(IPS_SEEN_REPLY_BIT, &ct->status) ? IP_CT_ESTABLISHED : IP_CT_NEW;
	nfpt_ct_attach(skb, ct, ctinfo);
	nfpt_ct_refresh(ct, ctinfo, skb, nfpt_ipsec_esp_lifetime(ipn, ct, ctinfo));
	return NF_ACCEPT;
}

/**
 * nfpt_ipsec_learn_esp() - an outbound packet of a flow without a reply
 * @ipn: the namespace
 * @skb: the packet, translated
 * @ct: its conntrack
 * @fresh: @ct is not confirmed yet
 *
 * Here, behind NAT, the flow gets the zone that makes its reply tuple differ
 * from other hosts'.  Conntrack looks at it when it confirms, not before.
 *
 * Context: RCU, POST_ROUTING.
 */
void nfpt_ipsec_learn_esp(struct nfpt_ipsec_net *ipn, struct sk_buff *skb, struct nf_conn *ct,
			  bool fresh)
{
	struct nfpt_ipsec_session *session;
	__be32 host, gateway, seen;
	u8 _header[NFPT_ESP_MIN];
	const u8 *header;
	u32 spi, seq;

	header = skb_header_pointer(skb, skb_network_offset(skb) + ip_hdrlen(skb),
				    sizeof(_header), _header);
	if (ct->status & IPS_DST_NAT || (!fresh && !nfpt_ipsec_has_zone(ct)) || !header ||
	    !nfpt_esp_parse(header, sizeof(_header), &spi, &seq) ||
	    !nfpt_ipsec_ends(ct, &host, &gateway, &seen) ||
	    (!fresh && nfpt_ipsec_sa_find(ipn, host, gateway, spi)))
		return;
	spin_lock_bh(&ipn->lock);
	session = nfpt_ipsec_session_get(ipn, host, gateway, seen);
	if (session && fresh) {
		nfpt_ct_set_zone(ct, session->inside->zone);
		nfpt_ct_prolong(ct, nfpt_setting(ipn->pn, NFPT_IPSEC_ESP_UNREPLIED));
	}
	if (session && !nfpt_ipsec_sa_find(ipn, host, gateway, spi))
		nfpt_ipsec_sa_out(ipn, session, skb, spi, seq);
	spin_unlock_bh(&ipn->lock);
}

/* ---- all --------------------------------------------------------------- */

/* A new SA, or none that we know. */
static unsigned int nfpt_ipsec_track_new(struct nfpt_ipsec_net *ipn, struct sk_buff *skb,
					 u32 spi, u32 seq)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct nfpt_ipsec_session *session;

	session = nfpt_ipsec_session_find(ipn, iph->saddr, iph->daddr);
	if (session) {
		spin_lock_bh(&ipn->lock);
		if (!nfpt_ipsec_sa_find(ipn, iph->saddr, iph->daddr, spi))
			nfpt_ipsec_sa_out(ipn, session, skb, spi, seq);
		spin_unlock_bh(&ipn->lock);
		return nfpt_ipsec_out(ipn, skb, nfpt_ipsec_ct_find(session));
	}
	if (nfpt_ipsec_gateway_find(ipn, iph->saddr, iph->daddr) ||
	    nfpt_ipsec_pinned_get(ipn, iph->saddr, iph->daddr)) {
		if (nfpt_ipsec_is_own(ipn, iph->daddr, spi) ||
		    nfpt_portless_is_redirected(ipn->pn->net, iph->saddr, iph->daddr,
						IPPROTO_ESP))
			return NF_ACCEPT;
		return nfpt_ipsec_in_unsure(ipn, skb, spi, seq);
	}
	return NF_ACCEPT;
}

/**
 * nfpt_ipsec_track_esp() - give an ESP packet its conntrack
 * @ipn: the namespace
 * @skb: IPv4 packet, protocol 50, at PRE_ROUTING before conntrack
 *
 * Context: RCU.
 * Return: verdict.
 */
unsigned int nfpt_ipsec_track_esp(struct nfpt_ipsec_net *ipn, struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct nfpt_ipsec_session *session;
	struct nfpt_ipsec_sa *sa;
	u8 _header[NFPT_ESP_MIN];
	const u8 *header;
	struct nf_conn *ct;
	u32 spi, seq;

	header = skb_header_pointer(skb, skb_network_offset(skb) + ip_hdrlen(skb),
				    sizeof(_header), _header);
	if (!header || !nfpt_esp_parse(header, sizeof(_header), &spi, &seq)) {
		nfpt_count(ipn->pn, NFPT_IPSEC_C_ESP_MALFORMED);
		return NF_ACCEPT;
	}
	sa = nfpt_ipsec_sa_find(ipn, iph->saddr, iph->daddr, spi);
	if (!sa)
		return nfpt_ipsec_track_new(ipn, skb, spi, seq);
	if (sa->inbound)
		return READ_ONCE(sa->sure) ? nfpt_ipsec_in_sure(ipn, skb, sa, seq) :
					     nfpt_ipsec_in_unsure(ipn, skb, spi, seq);
	session = READ_ONCE(sa->session);
	ct = nfpt_ipsec_ct_find(session);
	nfpt_ipsec_sa_touch(sa, skb);
	WRITE_ONCE(session->assoc.sent, READ_ONCE(session->assoc.sent) + 1);
	WRITE_ONCE(session->assoc.last, nfpt_ipsec_now());
	WRITE_ONCE(session->assoc.asks, true);
	return nfpt_ipsec_out(ipn, skb, ct);
}

/**
 * nfpt_ipsec_track_icmp() - give an ICMP error about outbound ESP its conntrack
 * @ipn: the namespace
 * @skb: IPv4 packet, protocol 1, at PRE_ROUTING before conntrack
 * @state: the hook
 *
 * It quotes the translated packet, which tells no more than its SPI.  Errors
 * about inbound ESP quote the inside host's address: conntrack finds those.
 *
 * Context: RCU.
 * Return: verdict.
 */
unsigned int nfpt_ipsec_track_icmp(struct nfpt_ipsec_net *ipn, struct sk_buff *skb,
				   const struct nf_hook_state *state)
{
	struct nfpt_ipsec_session *session;
	const struct nfpt_ipsec_sa *sa;
	struct nfpt_inner inner;
	struct nf_conn *ct;
	u32 spi, seq;

	if (!nfpt_icmp_error_inner(skb, state, IPPROTO_ESP, &inner) ||
	    !nfpt_esp_parse(inner.data, sizeof(inner._data), &spi, &seq))
		return NF_ACCEPT;
	sa = nfpt_ipsec_sa_find_seen(ipn, inner.iph->saddr, inner.iph->daddr, spi);
	session = sa ? READ_ONCE(sa->session) : NULL;
	if (!session || ip_hdr(skb)->daddr != session->session.initiator_seen)
		return NF_ACCEPT;
	ct = nfpt_ipsec_ct_find(session);
	if (!ct)
		return NF_ACCEPT;
	nfpt_ct_attach(skb, ct, IP_CT_RELATED_REPLY);
	nfpt_count(ipn->pn, NFPT_IPSEC_C_ICMP);
	return NF_ACCEPT;
}
