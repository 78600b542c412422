// SPDX-License-Identifier: GPL-2.0
/*
 * IKE: who negotiates with whom, as far as its header tells.
 *
 * Nothing is changed in a message.  It says that an inside host is there, and
 * that it is about to get an SA; the host's own SPI tells whose an answer is
 * that came to the wrong port.
 */
#include <linux/slab.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_nat.h>

#include "ipsec.h"

static bool nfpt_ipsec_ike_header(const struct nfpt_ipsec_net *ipn, const struct sk_buff *skb,
				  unsigned int off, struct nfpt_ike *ike)
{
	u8 _header[NFPT_IKE_HEADER];
	const u8 *header = NULL;

	if (off < skb->len)
		header = skb_header_pointer(skb, off, sizeof(_header), _header);
	if (header && nfpt_ike_parse(header, sizeof(_header), skb->len - off, ike))
		return true;
	nfpt_count(ipn->pn, NFPT_IPSEC_C_IKE_MALFORMED);
	return false;
}

/* ---- IKE SAs of a session ---------------------------------------------- */

static struct nfpt_flow_key nfpt_ipsec_ike_key(__be32 gateway, __be32 seen, u64 ispi)
{
	return (struct nfpt_flow_key){
		.saddr = gateway, .daddr = seen, .id = (u32)(ispi >> 32) ^ (u32)ispi,
		.zone = NFPT_IPSEC_IKE, .l4proto = IPPROTO_UDP,
	};
}

static struct nfpt_ipsec_session *nfpt_ipsec_ike_find(const struct nfpt_ipsec_net *ipn,
						      __be32 gateway, __be32 seen, u64 ispi)
{
	const struct nfpt_flow_key key = nfpt_ipsec_ike_key(gateway, seen, ispi);
	struct nfpt_flow *flow = nfpt_flow_find(ipn->pn, &key);
	const struct nfpt_ipsec_ike *ike;

	if (!flow)
		return NULL;
	ike = container_of(flow, struct nfpt_ipsec_ike, flow);
	return ike->ispi == ispi ? ike->session : NULL;
}

/**
 * nfpt_ipsec_ike_drop() - forget an IKE SA
 * @ipn: the namespace
 * @ike: the IKE SA; freed after a grace period
 *
 * Context: lock held.
 */
void nfpt_ipsec_ike_drop(struct nfpt_ipsec_net *ipn, struct nfpt_ipsec_ike *ike)
{
	if (ike->flow.slot)
		nfpt_flow_remove(ipn->pn, &ike->flow);
	kfree_rcu(ike, rcu);
}

/* In the place of the older one. */
static struct nfpt_ipsec_ike *nfpt_ipsec_ike_new(struct nfpt_ipsec_net *ipn,
						 struct nfpt_ipsec_session *session, u64 ispi)
{
	struct nfpt_ipsec_ike *ike = kzalloc(sizeof(*ike), GFP_ATOMIC);
	int err;

	if (!ike) {
		nfpt_count(ipn->pn, NFPT_IPSEC_C_NOMEM);
		return NULL;
	}
	ike->session = session;
	ike->ispi = ispi;
	ike->sa.ispi = ispi;
	ike->flow.slot = NFPT_IPSEC_IKE;
	ike->flow.key = nfpt_ipsec_ike_key(session->session.responder,
					   session->session.initiator_seen, ispi);
	/* Without it, only answers to the wrong port are not told apart. */
	err = nfpt_flow_insert(ipn->pn, &ike->flow);
	if (err)
		ike->flow.slot = 0;
	if (err && err != -EEXIST)
		nfpt_count(ipn->pn, NFPT_IPSEC_C_NOMEM);
	if (session->ike[1])
		nfpt_ipsec_ike_drop(ipn, session->ike[1]);
	session->ike[1] = session->ike[0];
	session->ike[0] = ike;
	return ike;
}

/* A host that begins anew has lost what it had, or soon will. */
static void nfpt_ipsec_ike_restart(struct nfpt_ipsec_net *ipn,
				   struct nfpt_ipsec_session *session)
{
	if (session->ike[0]) {
		nfpt_count(ipn->pn, NFPT_IPSEC_C_IKE_RESTART);
		nfpt_assoc_restart(&session->assoc, nfpt_ipsec_now());
	}
	session->assoc.floated = false;
}

/* The IKE SA of a message.  Who is outside cannot make one with any SPI: it is
 * known, or begins with this message, or within another one.
 */
static struct nfpt_ipsec_ike *nfpt_ipsec_ike_get(struct nfpt_ipsec_net *ipn,
						 struct nfpt_ipsec_session *session,
						 const struct nfpt_ike *msg, unsigned int from)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(session->ike); i++)
		if (session->ike[i] && session->ike[i]->ispi == msg->ispi)
			return session->ike[i];
	if (from && !nfpt_ike_is_first(msg)) {
		if (!session->ike_rekey)
			return NULL;
		session->ike_rekey = false;
	}
	if (!from && nfpt_ike_is_first(msg))
		nfpt_ipsec_ike_restart(ipn, session);
	return nfpt_ipsec_ike_new(ipn, session, msg->ispi);
}

static void nfpt_ipsec_ike_step(struct nfpt_ipsec_net *ipn, struct nfpt_ipsec_session *session,
				const struct nfpt_ike *msg, unsigned int from)
{
	u32 credit = nfpt_setting(ipn->pn, NFPT_IPSEC_CREDIT);
	u32 now = nfpt_ipsec_now();
	struct nfpt_ipsec_ike *ike;
	unsigned int done;

	if (!from)
		nfpt_assoc_heard(&session->assoc, now);
	ike = nfpt_ipsec_ike_get(ipn, session, msg, from);
	if (!ike)
		return;
	done = nfpt_ike_sa_step(&ike->sa, msg, from);
	if (done & NFPT_IKE_BEGUN && !from)
		nfpt_assoc_request(&session->assoc, now);
	if (done & NFPT_IKE_DONE_CHILD) {
		nfpt_count(ipn->pn, NFPT_IPSEC_C_CREDIT);
		nfpt_assoc_credit(&session->assoc, credit * MSEC_PER_SEC, now);
	} else if (done & NFPT_IKE_DONE_ROUND) {
		nfpt_assoc_renew(&session->assoc, credit * MSEC_PER_SEC, now);
	}
	if (done & NFPT_IKE_DONE_REKEY) {
		session->ike_rekey = true;
		session->ike_until = (u32)jiffies + credit * HZ;
	}
}

static void nfpt_ipsec_ike_flow(struct nfpt_ipsec_session *session, const struct nf_conn *ct,
				bool natt)
{
	const struct nf_conntrack_tuple *orig = &ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;

	if (natt) {
		session->natt_tuple = *orig;
		return;
	}
	session->ike_tuple = *orig;
	session->ike_mapped = ct->status & IPS_DST_NAT ?
			      orig->dst.u.udp.port :
			      ct->tuplehash[IP_CT_DIR_REPLY].tuple.dst.u.udp.port;
	session->ike_kept = nfpt_ipsec_has_zone(ct);
}

/**
 * nfpt_ipsec_ike_message() - an IKE message
 * @ipn: the namespace
 * @skb: its packet, translated
 * @off: offset of its header
 * @natt: it came behind a non-ESP marker, to the NAT-T port
 * @ct: its flow
 * @ctinfo: what the packet is to it
 *
 * Context: RCU.
 */
void nfpt_ipsec_ike_message(struct nfpt_ipsec_net *ipn, const struct sk_buff *skb,
			    unsigned int off, bool natt, const struct nf_conn *ct,
			    enum ip_conntrack_info ctinfo)
{
	struct nfpt_ipsec_session *session;
	__be32 host, gateway, seen;
	struct nfpt_ike ike;
	unsigned int from;

	if (!nfpt_ipsec_ike_header(ipn, skb, off, &ike) ||
	    !nfpt_ipsec_ends(ct, &host, &gateway, &seen))
		return;
	nfpt_count(ipn->pn, NFPT_IPSEC_C_IKE);
	from = (CTINFO2DIR(ctinfo) == IP_CT_DIR_ORIGINAL) == !!(ct->status & IPS_DST_NAT);

	spin_lock_bh(&ipn->lock);
	session = nfpt_ipsec_session_get(ipn, host, gateway, seen);
	if (session) {
		WRITE_ONCE(session->session.seen, jiffies);
		nfpt_ipsec_ike_flow(session, ct, natt);
		nfpt_ipsec_ike_step(ipn, session, &ike, from);
		if (natt && !from)
			session->assoc.floated = true;
	}
	spin_unlock_bh(&ipn->lock);
}

/**
 * nfpt_ipsec_ike_help() - nf_conntrack_helper.help: a packet of an IKE flow,
 *	after translation
 * @skb: the packet
 * @protoff: offset of its UDP header
 * @ct: the flow
 * @ctinfo: what the packet is to it
 *
 * Context: RCU.
 * Return: verdict.
 */
int nfpt_ipsec_ike_help(struct sk_buff *skb, unsigned int protoff, struct nf_conn *ct,
			enum ip_conntrack_info ctinfo)
{
	const struct nfpt_proto_net *pn = nfpt_proto_net_rcu(nf_ct_net(ct), &nfpt_ipsec_proto);
	struct nfpt_ipsec_net *ipn = pn ? nfpt_ipsec_pernet(pn) : NULL;

	if (!ipn || ip_hdr(skb)->protocol != IPPROTO_UDP)
		return NF_ACCEPT;
	nfpt_ipsec_ike_message(ipn, skb, protoff + sizeof(struct udphdr), false, ct, ctinfo);
	nfpt_ct_prolong(ct, nfpt_setting(pn, NFPT_IPSEC_IKE_IDLE));
	return NF_ACCEPT;
}

/* ---- answers to a port that is not the host's --------------------------- */

/* Whether conntrack knows whose a packet is. */
static bool nfpt_ipsec_is_tracked(const struct nfpt_ipsec_net *ipn, const struct sk_buff *skb,
				  const struct udphdr *udph)
{
	const struct nf_conntrack_tuple tuple = nfpt_udp_tuple(skb, udph);
	struct nf_conntrack_tuple_hash *h;

	h = nf_conntrack_find_get(ipn->pn->net, &nf_ct_zone_dflt, &tuple);
	if (h)
		nf_ct_put(nf_ct_tuplehash_to_ctrack(h));
	return h;
}

/* A rekeyed IKE SA begins inside the old one, where nobody sees its SPIs. */
static struct nfpt_ipsec_session *nfpt_ipsec_ike_rekeyed(struct nfpt_ipsec_net *ipn,
							 const struct nfpt_ipsec_gateway *gateway)
{
	struct nfpt_ipsec_session *found = NULL, *session;
	const struct nfpt_assoc_host *host;
	unsigned int n = 0;

	spin_lock_bh(&ipn->lock);
	for (host = gateway->assoc.hosts; host; host = host->next) {
		session = container_of(host, struct nfpt_ipsec_session, assoc);
		if (session->ike_rekey && (s32)(session->ike_until - (u32)jiffies) < 0)
			session->ike_rekey = false;
		if (!session->ike_rekey)
			continue;
		found = session;
		n++;
	}
	spin_unlock_bh(&ipn->lock);
	return n == 1 ? found : NULL;
}

static unsigned int nfpt_ipsec_ike_answer(struct nfpt_ipsec_net *ipn, struct sk_buff *skb,
					  const struct udphdr *udph, unsigned int off,
					  const struct nfpt_ipsec_gateway *gateway)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct nfpt_ipsec_session *session;
	struct nf_conntrack_tuple tuple;
	struct nfpt_ike ike;
	struct nf_conn *ct;

	if (!nfpt_ipsec_ike_header(ipn, skb, off + sizeof(*udph), &ike))
		return NF_ACCEPT;
	session = nfpt_ipsec_ike_find(ipn, iph->saddr, iph->daddr, ike.ispi);
	if (!session && ike.rspi && !nfpt_ipsec_is_tracked(ipn, skb, udph))
		session = nfpt_ipsec_ike_rekeyed(ipn, gateway);
	if (!session || (session->ike_mapped == udph->dest && !session->ike_kept) ||
	    !nfpt_ipsec_tuple_get(session, &session->ike_tuple, &tuple))
		return NF_ACCEPT;
	ct = nfpt_ct_find_get(ipn->pn->net, &nf_ct_zone_dflt, &tuple);
	if (!ct)
		return NF_ACCEPT;
	if (session->ike_mapped != udph->dest)
		nfpt_count(ipn->pn, NFPT_IPSEC_C_IKE_MOVED);
	nfpt_ct_attach(skb, ct, IP_CT_ESTABLISHED_REPLY);
	nfpt_ct_refresh(ct, IP_CT_ESTABLISHED_REPLY, skb,
			nfpt_setting(ipn->pn, NFPT_IPSEC_IKE_IDLE));
	return NF_ACCEPT;
}

/**
 * nfpt_ipsec_track_ike() - see to it that answers on port 500 find their flow
 * @ipn: the namespace
 * @skb: IPv4 packet, protocol 17, at PRE_ROUTING before conntrack
 *
 * An answer goes to who has its initiator's SPI, whatever the port.
 *
 * Context: RCU.
 * Return: verdict.
 */
unsigned int nfpt_ipsec_track_ike(struct nfpt_ipsec_net *ipn, struct sk_buff *skb)
{
	unsigned int off = skb_network_offset(skb) + ip_hdrlen(skb);
	const struct nfpt_ipsec_gateway *gateway;
	const struct iphdr *iph = ip_hdr(skb);
	const struct udphdr *udph;
	struct udphdr _udph;

	udph = skb_header_pointer(skb, off, sizeof(_udph), &_udph);
	if (!udph || udph->dest != htons(NFPT_IKE_PORT))
		return NF_ACCEPT;
	gateway = nfpt_ipsec_gateway_find(ipn, iph->saddr, iph->daddr);
	return gateway ? nfpt_ipsec_ike_answer(ipn, skb, udph, off, gateway) : NF_ACCEPT;
}

/* ---- hosts that keep their port ---------------------------------------- */

/**
 * nfpt_ipsec_ike_keep() - let a host keep its port, if the administrator says so
 * @ipn: the namespace
 * @skb: the packet, translated
 * @ct: a new IKE flow
 *
 * Others may have the same port: its answers are found by SPI.
 *
 * Context: RCU, POST_ROUTING.
 * Return: false without memory; the packet must be dropped then.
 */
bool nfpt_ipsec_ike_keep(struct nfpt_ipsec_net *ipn, struct sk_buff *skb, struct nf_conn *ct)
{
	const struct nf_conntrack_tuple *orig = &ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	struct nfpt_ipsec_inside *inside;

	if (!(ct->status & IPS_SRC_NAT) || orig->src.u.udp.port != htons(NFPT_IKE_PORT) ||
	    !nfpt_is_pinned(ipn->pn, NF_PASSTHROUGH_PIN_KIND_SOURCE_PORT, orig->src.u3.ip, 0))
		return true;
	spin_lock_bh(&ipn->lock);
	inside = nfpt_ipsec_inside_get(ipn, orig->src.u3.ip);
	if (inside)
		nfpt_ct_set_zone(ct, inside->zone);
	spin_unlock_bh(&ipn->lock);
	return !inside || nfpt_ct_set_port(ct, skb, orig->src.u.udp.port);
}
