// SPDX-License-Identifier: GPL-2.0
/*
 * The GRE flow of a call as a conntrack: made when the call is agreed, with
 * its translation, so that it does not matter who sends first; held by the call,
 * which the flow map finds packet by packet, and given to conntrack and NAT.
 *
 * A conntrack that has left the table (expired, or deleted by the administrator)
 * takes its call with it.
 */
#include <linux/icmp.h>
#include <net/ip.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_ecache.h>

#include "pptp.h"

/**
 * nfpt_pptp_tuple() - a call's GRE packets as conntrack sees them
 * @call: both ids are known
 * @dir: direction
 * @tuple: set; GRE keys are Call IDs, the source's is not in the packet
 */
void nfpt_pptp_tuple(const struct nfpt_pptp_call *call, enum ip_conntrack_dir dir,
		     struct nf_conntrack_tuple *tuple)
{
	const struct nfpt_session *s = &call->session;
	bool orig = dir == IP_CT_DIR_ORIGINAL;

	memset(tuple, 0, sizeof(*tuple));
	tuple->src.l3num = NFPROTO_IPV4;
	tuple->src.u3.ip = orig ? s->initiator : s->responder;
	tuple->src.u.gre.key = htons(call->id[dir]);
	tuple->dst.protonum = IPPROTO_GRE;
	tuple->dst.dir = dir;
	tuple->dst.u3.ip = orig ? s->responder_seen : s->initiator_seen;
	tuple->dst.u.gre.key = htons(call->mapped[!dir]);
}

/* The reply tuple comes with its keys translated already: NAT changes a GRE
 * key only if it cannot have the one it is asked for.
 */
static struct nf_conn *nfpt_pptp_track_alloc(const struct nfpt_pptp_call *call)
{
	const struct nfpt_pptp_conn *conn = call->conn;
	struct nf_conntrack_tuple orig, repl;

	nfpt_pptp_tuple(call, IP_CT_DIR_ORIGINAL, &orig);
	nfpt_pptp_tuple(call, IP_CT_DIR_REPLY, &repl);
	repl.src.u3.ip = conn->seen[IP_CT_DIR_REPLY];
	repl.dst.u3.ip = conn->addr[IP_CT_DIR_ORIGINAL];
	return nf_conntrack_alloc(call->session.pn->net, &conn->zone, &orig, &repl,
				  GFP_ATOMIC);
}

static void nfpt_pptp_track_inherit(struct nf_conn *ct, struct nf_conn *master)
{
	nf_conntrack_get(&master->ct_general);
	ct->master = master;
	__set_bit(IPS_EXPECTED_BIT, &ct->status);
#ifdef CONFIG_NF_CONNTRACK_MARK
	ct->mark = READ_ONCE(master->mark);
#endif
#ifdef CONFIG_NF_CONNTRACK_SECMARK
	ct->secmark = master->secmark;
#endif
}

static int nfpt_pptp_track_try(struct nfpt_pptp_call *call, struct nf_conn *master)
{
	const __be16 mapped = htons(call->mapped[IP_CT_DIR_ORIGINAL]);
	const __be16 real = htons(call->id[IP_CT_DIR_REPLY]);
	const struct nfpt_pptp_conn *conn = call->conn;
	struct nf_conn *ct;
	u32 lifetime;
	int err;

	ct = nfpt_pptp_track_alloc(call);
	if (IS_ERR(ct))
		return PTR_ERR(ct);
	nfpt_ct_extend(ct);
	nfpt_pptp_track_inherit(ct, master);
	err = -EINVAL;
	if (!nfpt_ct_nat(ct, NF_NAT_MANIP_SRC, conn->seen[IP_CT_DIR_ORIGINAL], &mapped) ||
	    !nfpt_ct_nat(ct, NF_NAT_MANIP_DST, conn->addr[IP_CT_DIR_REPLY], &real))
		goto err_insert;
	/* NAT saw only addresses change. */
	if (call->mapped[IP_CT_DIR_ORIGINAL] != call->id[IP_CT_DIR_ORIGINAL])
		ct->status |= IPS_SRC_NAT;
	if (call->mapped[IP_CT_DIR_REPLY] != call->id[IP_CT_DIR_REPLY])
		ct->status |= IPS_DST_NAT;

	lifetime = nfpt_setting(call->session.pn, NFPT_PPTP_GRE_UNREPLIED);
	ct->proto.gre.timeout = lifetime * HZ;
	ct->proto.gre.stream_timeout = nfpt_setting(call->session.pn,
						    NFPT_PPTP_GRE_REPLIED) * HZ;
	err = nfpt_ct_insert(ct, lifetime);
	if (err)
		goto err_insert;
	nfpt_ct_hold(&call->ct, ct);
	return 0;

err_insert:
	ct->master = NULL;
	nf_ct_put(master);
	nf_conntrack_free(ct);
	return err;
}

/* GRE that came before we knew its call has left an entry in the way. */
static bool nfpt_pptp_track_evict(const struct nfpt_pptp_call *call,
				  enum ip_conntrack_dir dir)
{
	struct nf_conntrack_tuple_hash *h;
	struct nf_conntrack_tuple tuple;
	bool killed = false;
	struct nf_conn *ct;

	nfpt_pptp_tuple(call, dir, &tuple);
	h = nf_conntrack_find_get(call->session.pn->net, &call->conn->zone, &tuple);
	if (!h)
		return false;
	ct = nf_ct_tuplehash_to_ctrack(h);
	if (!ct->master)
		killed = nf_ct_delete(ct, 0, 0);
	nf_ct_put(ct);
	return killed;
}

/**
 * nfpt_pptp_track_insert() - make the GRE conntrack of a call
 * @call: both ids are known
 * @master: its control connection
 *
 * Context: RCU, lock not held.
 * Return: 0 or a negative error.
 */
int nfpt_pptp_track_insert(struct nfpt_pptp_call *call, struct nf_conn *master)
{
	bool evicted;
	int err;

	err = nfpt_pptp_track_try(call, master);
	/* Some module went away and took extensions with it. */
	if (err == -EAGAIN)
		err = nfpt_pptp_track_try(call, master);
	if (err != -EEXIST)
		return err;
	evicted = nfpt_pptp_track_evict(call, IP_CT_DIR_ORIGINAL);
	evicted |= nfpt_pptp_track_evict(call, IP_CT_DIR_REPLY);
	return evicted ? nfpt_pptp_track_try(call, master) : err;
}

/**
 * nfpt_pptp_track_kill() - end the GRE conntrack of a call
 * @call: the call
 *
 * Context: RCU, lock not held.
 */
void nfpt_pptp_track_kill(struct nfpt_pptp_call *call)
{
	nf_ct_delete(call->ct, 0, 0);
	nfpt_ct_hold(&call->ct, NULL);
}

static bool nfpt_pptp_replied(const struct nfpt_pptp_call *call)
{
	return READ_ONCE(call->heard) == (BIT(IP_CT_DIR_ORIGINAL) | BIT(IP_CT_DIR_REPLY));
}

/**
 * nfpt_pptp_lifetime() - nfpt_proto.lifetime
 * @s: session of a call
 *
 * Return: seconds.
 */
u32 nfpt_pptp_lifetime(const struct nfpt_session *s)
{
	const struct nfpt_pptp_call *call = container_of(s, struct nfpt_pptp_call, session);

	if (!nfpt_pptp_is_tracked(call) ||
	    READ_ONCE(s->state) == NF_PASSTHROUGH_SESSION_STATE_CLOSING)
		return nfpt_setting(s->pn, NFPT_PPTP_SETUP_TIMEOUT);
	return nfpt_setting(s->pn, nfpt_pptp_replied(call) ? NFPT_PPTP_GRE_REPLIED :
							     NFPT_PPTP_GRE_UNREPLIED);
}

/* What the GRE tracker would do, with our own lifetimes. */
static void nfpt_pptp_track_refresh(struct nfpt_pptp_call *call, struct nf_conn *ct,
				    enum ip_conntrack_info ctinfo, struct sk_buff *skb)
{
	enum ip_conntrack_dir dir = CTINFO2DIR(ctinfo);
	u32 now = jiffies;

	if (!(READ_ONCE(call->heard) & BIT(dir)))
		set_bit(dir, &call->heard);
	if (READ_ONCE(call->session.seen) != now)
		WRITE_ONCE(call->session.seen, now);

	if (nfpt_pptp_replied(call) && !test_bit(IPS_ASSURED_BIT, &ct->status) &&
	    !test_and_set_bit(IPS_ASSURED_BIT, &ct->status))
		nf_conntrack_event_cache(IPCT_ASSURED, ct);
	nfpt_ct_refresh(ct, ctinfo, skb, nfpt_pptp_lifetime(&call->session));
}

static struct nfpt_flow *nfpt_pptp_track_lookup(const struct nfpt_proto_net *pn,
						const struct sk_buff *skb,
						struct nfpt_flow_key *key)
{
	const struct nf_conntrack_zone *zone;
	struct nf_conntrack_zone tmp;
	struct nfpt_flow *flow;

	/* As conntrack does: a zone may apply to one direction only. */
	zone = nfpt_skb_zone(skb, &tmp);
	key->zone = nf_ct_zone_id(zone, IP_CT_DIR_ORIGINAL);
	flow = nfpt_flow_find(pn, key);
	if (flow || key->zone == nf_ct_zone_id(zone, IP_CT_DIR_REPLY))
		return flow;
	key->zone = nf_ct_zone_id(zone, IP_CT_DIR_REPLY);
	return nfpt_flow_find(pn, key);
}

/**
 * nfpt_pptp_track_packet() - give a GRE packet its conntrack
 * @pn: PPTP in the namespace
 * @skb: IPv4 packet, protocol 47, before conntrack
 *
 * Context: RCU.
 * Return: verdict.
 */
unsigned int nfpt_pptp_track_packet(struct nfpt_proto_net *pn, struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct nfpt_flow_key key = {
		.saddr = iph->saddr, .daddr = iph->daddr,
		.l4proto = IPPROTO_GRE, .view = NFPT_VIEW_IN,
	};
	enum ip_conntrack_info ctinfo;
	unsigned int off = skb_network_offset(skb) + ip_hdrlen(skb);
	unsigned int len = min_t(unsigned int, skb->len - off, NFPT_GRE_MIN);
	u8 _header[NFPT_GRE_MIN];
	struct nfpt_pptp_call *call;
	enum ip_conntrack_dir dir;
	struct nfpt_flow *flow;
	struct nf_conn *ct;
	const u8 *header;
	u16 call_id;

	header = skb_header_pointer(skb, off, len, _header);
	switch (header ? nfpt_gre_parse(header, len, &call_id) : NFPT_GRE_MALFORMED) {
	case NFPT_GRE_OTHER:
		return NF_ACCEPT;
	case NFPT_GRE_MALFORMED:
		nfpt_count(pn, NFPT_PPTP_C_GRE_MALFORMED);
		return NF_ACCEPT;
	case NFPT_GRE_PPTP:
		break;
	}

	key.id = call_id;
	flow = nfpt_pptp_track_lookup(pn, skb, &key);
	if (!flow) {
		nfpt_count(pn, NFPT_PPTP_C_GRE_UNKNOWN);
		return NF_ACCEPT;
	}
	call = nfpt_pptp_call_of(flow);
	if (READ_ONCE(call->ended)) {
		nfpt_count(pn, NFPT_PPTP_C_GRE_LATE);
		return NF_DROP;
	}
	if (!nfpt_pptp_is_tracked(call)) {
		/* Conntrack would take it for a flow of its own, and NAT
		 * would send it to the wrong host.  PPP says it again.
		 */
		nfpt_count(pn, NFPT_PPTP_C_GRE_EARLY);
		return NF_DROP;
	}
	dir = !(flow->slot % IP_CT_DIR_MAX);
	ct = nfpt_ct_held(&call->ct);
	if (!ct) {
		nfpt_count(pn, NFPT_PPTP_C_GRE_GONE);
		nfpt_pptp_end(&call->session, NF_PASSTHROUGH_END_REASON_IDLE);
		return NF_DROP;
	}

	if (dir == IP_CT_DIR_REPLY)
		ctinfo = IP_CT_ESTABLISHED_REPLY;
	else if (test_bit(IPS_SEEN_REPLY_BIT, &ct->status))
		ctinfo = IP_CT_ESTABLISHED;
	else
		ctinfo = IP_CT_RELATED;
	nfpt_ct_attach(skb, ct, ctinfo);
	nfpt_pptp_track_refresh(call, ct, ctinfo, skb);
	nfpt_count(pn, NFPT_PPTP_C_GRE);
	return NF_ACCEPT;
}

/* An end whose socket is full or gone says this about one call, and this router
 * about a call it does not know.  Behind a NAT the other end takes it for all
 * calls with that address, and ends them.  That a call is over, its control
 * connection says.
 */
static bool nfpt_pptp_icmp_is_hard(const struct nfpt_inner *inner)
{
	return inner->type == ICMP_DEST_UNREACH &&
	       (inner->code == ICMP_PROT_UNREACH || inner->code == ICMP_PORT_UNREACH);
}

static bool nfpt_pptp_icmp_parse(struct sk_buff *skb, const struct nf_hook_state *state,
				 struct nfpt_inner *inner, u16 *call_id)
{
	return nfpt_icmp_error_inner(skb, state, IPPROTO_GRE, inner) &&
	       nfpt_gre_parse(inner->data, sizeof(inner->_data), call_id) == NFPT_GRE_PPTP;
}

/**
 * nfpt_pptp_track_own_icmp() - look at an ICMP message of this router
 * @pn: PPTP in the namespace
 * @skb: IPv4 packet, protocol 1, at LOCAL_OUT
 * @state: the hook
 *
 * An error has the conntrack of the packet that it answers already.
 *
 * Context: RCU.
 * Return: verdict.
 */
unsigned int nfpt_pptp_track_own_icmp(struct nfpt_proto_net *pn, struct sk_buff *skb,
				      const struct nf_hook_state *state)
{
	struct nfpt_inner inner;
	u16 call_id;

	if (!nfpt_pptp_icmp_parse(skb, state, &inner, &call_id) ||
	    !nfpt_pptp_icmp_is_hard(&inner))
		return NF_ACCEPT;
	nfpt_count(pn, NFPT_PPTP_C_ICMP_HARD);
	return NF_DROP;
}

/**
 * nfpt_pptp_track_icmp() - give an ICMP error about GRE its conntrack
 * @pn: PPTP in the namespace
 * @skb: IPv4 packet, protocol 1, at PRE_ROUTING before conntrack
 * @state: the hook
 *
 * Conntrack does not find the flow itself: it does not know the source's key.
 *
 * Context: RCU.
 * Return: verdict.
 */
unsigned int nfpt_pptp_track_icmp(struct nfpt_proto_net *pn, struct sk_buff *skb,
				  const struct nf_hook_state *state)
{
	struct nfpt_flow_key key = {
		.l4proto = IPPROTO_GRE, .view = NFPT_VIEW_OUT,
	};
	enum ip_conntrack_info ctinfo = IP_CT_RELATED;
	struct nfpt_pptp_call *call;
	enum ip_conntrack_dir dir;
	struct nfpt_inner inner;
	struct nfpt_flow *flow;
	struct nf_conn *ct;
	u16 call_id;

	if (!nfpt_pptp_icmp_parse(skb, state, &inner, &call_id))
		return NF_ACCEPT;
	key.saddr = inner.iph->saddr;
	key.daddr = inner.iph->daddr;
	key.id = call_id;
	flow = nfpt_pptp_track_lookup(pn, skb, &key);
	if (!flow)
		return NF_ACCEPT;
	if (nfpt_pptp_icmp_is_hard(&inner)) {
		nfpt_count(pn, NFPT_PPTP_C_ICMP_HARD);
		return NF_DROP;
	}
	call = nfpt_pptp_call_of(flow);
	if (READ_ONCE(call->ended) || !nfpt_pptp_is_tracked(call))
		return NF_ACCEPT;
	/* The error goes against the packet that it quotes, to who sent it. */
	dir = flow->slot % IP_CT_DIR_MAX;
	if (ip_hdr(skb)->daddr != call->conn->seen[!dir])
		return NF_ACCEPT;
	ct = nfpt_ct_held(&call->ct);
	if (!ct)
		return NF_ACCEPT;
	if (dir == IP_CT_DIR_REPLY)
		ctinfo += IP_CT_IS_REPLY;
	nfpt_ct_attach(skb, ct, ctinfo);
	nfpt_count(pn, NFPT_PPTP_C_ICMP);
	return NF_ACCEPT;
}
