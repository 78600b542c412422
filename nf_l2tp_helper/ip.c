// SPDX-License-Identifier: GPL-2.0
/*
 * L2TP straight over IP, RFC 3931 section 4.1.1: no ports, so all inside hosts'
 * replies look alike but for the ids in them.
 */
#include <linux/netdevice.h>
#include <net/ip.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/route.h>

#include "l2tp.h"

static struct nfpt_portless nfpt_l2tp_flow(const struct nfpt_l2tp_tunnel *tunnel)
{
	const struct nfpt_session *s = &tunnel->session;

	return (struct nfpt_portless){
		.net = s->pn->net, .host = s->initiator, .server = s->responder,
		.seen = s->initiator_seen, .l4proto = IPPROTO_L2TP,
	};
}

static bool nfpt_l2tp_header(const struct sk_buff *skb, unsigned int off,
			     struct nfpt_l2tp *l2tp)
{
	unsigned int total = skb->len > off ? skb->len - off : 0;
	u8 _header[NFPT_L2TP_HEADER_MAX];
	const u8 *header;

	if (!total)
		return false;
	header = skb_header_pointer(skb, off, min_t(unsigned int, total, sizeof(_header)),
				    _header);
	return header && nfpt_l2tp_parse_ip(header, min_t(unsigned int, total, sizeof(_header)),
					    total, l2tp);
}

/* ---- inbound ----------------------------------------------------------- */

static struct nf_conn *nfpt_l2tp_ct_get(struct nfpt_l2tp_net *ln,
					const struct nfpt_l2tp_tunnel *tunnel)
{
	const struct nfpt_portless flow = nfpt_l2tp_flow(tunnel);
	struct nf_conn *ct = nfpt_portless_find(&flow);

	if (!ct)
		ct = nfpt_portless_make(&flow, tunnel->inside->zone, NULL,
					nfpt_setting(ln->pn, NFPT_L2TP_IDLE));
	if (!ct)
		nfpt_count(ln->pn, NFPT_L2TP_C_NO_FLOW);
	return ct;
}

static unsigned int nfpt_l2tp_deliver(struct nfpt_l2tp_net *ln, struct sk_buff *skb,
				      const struct nfpt_l2tp_tunnel *tunnel)
{
	struct nf_conn *ct = nfpt_l2tp_ct_get(ln, tunnel);

	if (!ct)
		return NF_DROP;
	nfpt_portless_deliver(ct, skb, nfpt_setting(ln->pn, NFPT_L2TP_IDLE));
	nfpt_count(ln->pn, NFPT_L2TP_C_IP_IN);
	return NF_ACCEPT;
}

static void nfpt_l2tp_copy(struct nfpt_l2tp_net *ln, const struct sk_buff *skb,
			   const struct nfpt_l2tp_tunnel *tunnel)
{
	struct nf_conn *ct = nfpt_l2tp_ct_get(ln, tunnel);

	if (ct)
		nfpt_count(ln->pn, nfpt_portless_copy(ct, skb,
						      nfpt_setting(ln->pn, NFPT_L2TP_IDLE)) ?
				   NFPT_L2TP_C_COPIES : NFPT_L2TP_C_NOMEM);
}

static unsigned int nfpt_l2tp_in_call(struct nfpt_l2tp_net *ln, struct sk_buff *skb,
				      struct nfpt_l2tp_call *call)
{
	struct nfpt_l2tp_tunnel *tunnel = READ_ONCE(call->tunnel);

	if (!tunnel)
		return NF_DROP;
	if (READ_ONCE(call->seen) != (u32)jiffies)
		WRITE_ONCE(call->seen, jiffies);
	if (tunnel->pair)
		WRITE_ONCE(tunnel->assoc.answered, nfpt_l2tp_now());
	return nfpt_l2tp_deliver(ln, skb, tunnel);
}

static unsigned int nfpt_l2tp_in_unsure(struct nfpt_l2tp_net *ln, struct sk_buff *skb, u32 id)
{
	struct nfpt_l2tp_tunnel *to[NFPT_ASSOC_HOSTS];
	unsigned int i, n;

	n = nfpt_l2tp_call_in(ln, skb, id, to);
	for (i = 1; i < n; i++)
		nfpt_l2tp_copy(ln, skb, to[i]);
	return n ? nfpt_l2tp_deliver(ln, skb, to[0]) : NF_DROP;
}

/* ---- outbound ---------------------------------------------------------- */

static void nfpt_l2tp_out_call(struct nfpt_l2tp_net *ln, struct nfpt_l2tp_call *call)
{
	struct nfpt_l2tp_tunnel *tunnel = READ_ONCE(call->tunnel);

	nfpt_count(ln->pn, NFPT_L2TP_C_IP_OUT);
	if (READ_ONCE(call->seen) != (u32)jiffies)
		WRITE_ONCE(call->seen, jiffies);
	if (!tunnel || !tunnel->pair)
		return;
	WRITE_ONCE(tunnel->assoc.sent, READ_ONCE(tunnel->assoc.sent) + 1);
	WRITE_ONCE(tunnel->assoc.last, nfpt_l2tp_now());
}

/* What a host and a server exchange that no message has told of. */
static struct nfpt_l2tp_tunnel *nfpt_l2tp_pair_get(struct nfpt_l2tp_net *ln,
						   const struct nfpt_l2tp_ends *ends)
{
	struct nfpt_l2tp_tunnel *pair;
	struct nfpt_portless flow;

	pair = nfpt_l2tp_tunnel_find(ln, NFPT_L2TP_PAIR, 3, IPPROTO_L2TP, ends->host,
				     ends->server, 0);
	if (pair && pair->session.initiator_seen == ends->seen)
		return pair;
	/* The NAT address has changed: the server knows nothing of the old. */
	if (pair)
		nfpt_l2tp_tunnel_end(ln, pair, NF_PASSTHROUGH_END_REASON_SUPERSEDED);
	pair = nfpt_l2tp_tunnel_new(ln, ends, 3, IPPROTO_L2TP);
	if (!pair)
		return NULL;
	pair->pair = true;
	flow = nfpt_l2tp_flow(pair);
	nfpt_portless_tuple(&flow, &pair->tuple);
	nfpt_assoc_join(&pair->server->assoc, &pair->assoc);
	pair->assoc.pinned = nfpt_is_pinned(ln->pn, NF_PASSTHROUGH_PIN_KIND_DATA, ends->host,
					    ends->server);
	if (nfpt_l2tp_tunnel_enter(ln, pair, NFPT_L2TP_PAIR, 0))
		nfpt_count(ln->pn, NFPT_L2TP_C_NOMEM);
	return pair;
}

/* Whether a host's data is of a call that we know, and not from before the NAT
 * address changed.
 */
static bool nfpt_l2tp_is_known(const struct nfpt_l2tp_net *ln,
			       const struct nfpt_l2tp_packet *packet)
{
	const struct nfpt_l2tp_ends *ends = &packet->ends;
	const struct nfpt_l2tp_tunnel *tunnel;
	const struct nfpt_l2tp_call *call;

	call = nfpt_l2tp_call_find(ln, NFPT_L2TP_CALL_OUT, IPPROTO_L2TP, ends->host,
				   ends->server, packet->l2tp.session);
	tunnel = call ? READ_ONCE(call->tunnel) : NULL;
	return tunnel && (!tunnel->pair || tunnel->session.initiator_seen == ends->seen);
}

static void nfpt_l2tp_learn_data(struct nfpt_l2tp_net *ln, const struct nfpt_l2tp_packet *packet)
{
	struct nfpt_l2tp_tunnel *pair;

	if (nfpt_l2tp_is_known(ln, packet))
		return;
	spin_lock_bh(&ln->lock);
	if (!nfpt_l2tp_is_known(ln, packet)) {
		pair = nfpt_l2tp_pair_get(ln, &packet->ends);
		if (pair)
			nfpt_l2tp_call_out(ln, pair, packet->l2tp.session);
	}
	spin_unlock_bh(&ln->lock);
}

/* The host's zone, behind NAT: conntrack looks at it when it confirms. */
static bool nfpt_l2tp_ip_fresh(struct nfpt_l2tp_net *ln, struct nf_conn *ct)
{
	const struct nfpt_l2tp_inside *inside;

	spin_lock_bh(&ln->lock);
	inside = nfpt_l2tp_inside_get(ln, ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple.src.u3.ip);
	if (inside)
		nfpt_ct_set_zone(ct, inside->zone);
	spin_unlock_bh(&ln->lock);
	if (inside)
		nfpt_timeout_apply(ct, ln->policy[1], nfpt_setting(ln->pn, NFPT_L2TP_IDLE));
	return inside;
}

/**
 * nfpt_l2tp_learn_ip() - a packet of an inside host or for it
 * @ln: the namespace
 * @skb: IPv4 packet, protocol 115, translated
 * @ct: its conntrack
 * @ctinfo: what it is to it
 *
 * Context: RCU, POST_ROUTING.
 * Return: verdict.
 */
unsigned int nfpt_l2tp_learn_ip(struct nfpt_l2tp_net *ln, struct sk_buff *skb,
				struct nf_conn *ct, enum ip_conntrack_info ctinfo)
{
	struct nfpt_l2tp_packet packet = {
		.skb = skb, .ct = ct, .dir = CTINFO2DIR(ctinfo), .l4proto = IPPROTO_L2TP,
		.off = skb_network_offset(skb) + ip_hdrlen(skb),
	};

	if (!nfpt_l2tp_ends(ct, &packet.ends))
		return NF_ACCEPT;
	if (ctinfo == IP_CT_NEW && !nf_ct_is_confirmed(ct) && !nfpt_l2tp_ip_fresh(ln, ct))
		return NF_ACCEPT;
	if (!nfpt_l2tp_header(skb, packet.off, &packet.l2tp)) {
		nfpt_count(ln->pn, NFPT_L2TP_C_MALFORMED);
		return NF_ACCEPT;
	}
	if (!packet.l2tp.control && packet.dir == IP_CT_DIR_ORIGINAL)
		nfpt_l2tp_learn_data(ln, &packet);
	return nfpt_l2tp_message(ln, &packet);
}

/* ---- all --------------------------------------------------------------- */

/* Whether conntrack has a flow for what comes from a server: this router's own,
 * or one that a rule has given to a host.
 */
static bool nfpt_l2tp_is_tracked(const struct nfpt_l2tp_net *ln, const struct iphdr *iph)
{
	const struct nfpt_portless flow = {
		.net = ln->pn->net, .host = iph->saddr, .server = iph->daddr,
		.l4proto = IPPROTO_L2TP,
	};
	struct nf_conntrack_tuple_hash *h;
	struct nf_conntrack_tuple tuple;
	struct nf_conn *ct;
	bool tracked;

	nfpt_portless_tuple(&flow, &tuple);
	h = nf_conntrack_find_get(ln->pn->net, &nf_ct_zone_dflt, &tuple);
	if (!h)
		return false;
	ct = nf_ct_tuplehash_to_ctrack(h);
	tracked = ct->status & IPS_DST_NAT || nfpt_l2tp_is_used(h);
	nf_ct_put(ct);
	return tracked;
}

static bool nfpt_l2tp_pinned_new(struct nfpt_l2tp_net *ln, const struct iphdr *iph)
{
	const struct nfpt_config *config = rcu_dereference(ln->pn->config);
	struct nfpt_l2tp_ends ends = { .server = iph->saddr, .seen = iph->daddr };
	bool any = false;
	unsigned int i;

	if (!config->n_pins || inet_addr_type(ln->pn->net, iph->daddr) != RTN_LOCAL)
		return false;
	spin_lock_bh(&ln->lock);
	for (i = 0; i < config->n_pins; i++) {
		ends.host = config->pins[i].host;
		/* Only what a host sends says that the NAT address has changed. */
		if (config->pins[i].kind == NF_PASSTHROUGH_PIN_KIND_DATA &&
		    config->pins[i].server == iph->saddr &&
		    !nfpt_l2tp_tunnel_find(ln, NFPT_L2TP_PAIR, 3, IPPROTO_L2TP, ends.host,
					   ends.server, 0) &&
		    nfpt_l2tp_pair_get(ln, &ends))
			any = true;
	}
	spin_unlock_bh(&ln->lock);
	return any;
}

/**
 * nfpt_l2tp_track_ip() - give an inbound packet its conntrack
 * @ln: the namespace
 * @skb: IPv4 packet, protocol 115, at PRE_ROUTING before conntrack
 *
 * Context: RCU.
 * Return: verdict.
 */
unsigned int nfpt_l2tp_track_ip(struct nfpt_l2tp_net *ln, struct sk_buff *skb)
{
	unsigned int off = skb_network_offset(skb) + ip_hdrlen(skb);
	const struct iphdr *iph = ip_hdr(skb);
	struct nfpt_l2tp_tunnel *tunnel;
	struct nfpt_l2tp_call *call;
	struct nfpt_l2tp l2tp;

	if (!nfpt_l2tp_header(skb, off, &l2tp))
		return NF_ACCEPT;
	if (l2tp.control) {
		tunnel = nfpt_l2tp_tunnel_find(ln, NFPT_L2TP_IN, 3, IPPROTO_L2TP, iph->saddr,
					       iph->daddr, l2tp.tunnel);
		if (!tunnel && l2tp.tunnel)
			tunnel = nfpt_l2tp_pending(ln, skb, IPPROTO_L2TP, 0, &l2tp);
		return tunnel ? nfpt_l2tp_deliver(ln, skb, tunnel) : NF_ACCEPT;
	}
	call = nfpt_l2tp_call_find(ln, NFPT_L2TP_CALL_OUT, IPPROTO_L2TP, iph->saddr, iph->daddr,
				   l2tp.session);
	if (call) {
		nfpt_l2tp_out_call(ln, call);
		return NF_ACCEPT;
	}
	call = nfpt_l2tp_call_find(ln, NFPT_L2TP_CALL_IN, IPPROTO_L2TP, iph->saddr, iph->daddr,
				   l2tp.session);
	if (call && READ_ONCE(call->sure))
		return nfpt_l2tp_in_call(ln, skb, call);
	if (!call && !nfpt_l2tp_server_find(ln, iph->saddr, iph->daddr) &&
	    !nfpt_l2tp_pinned_new(ln, iph))
		return NF_ACCEPT;
	if (!call && nfpt_l2tp_is_tracked(ln, iph))
		return NF_ACCEPT;
	return nfpt_l2tp_in_unsure(ln, skb, l2tp.session);
}
