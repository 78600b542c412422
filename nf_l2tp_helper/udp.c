// SPDX-License-Identifier: GPL-2.0
/*
 * L2TP over UDP.  Ports tell hosts apart, as for all UDP, as long as servers
 * keep to them.  One that answers from another port, RFC 2661 section 8.1, one
 * that sends data to port 1701 whatever its client's, and one that insists on
 * source port 1701 from all: for those it is the tunnel's id.
 */
#include <linux/netfilter.h>
#include <linux/random.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_helper.h>
#include <net/netfilter/nf_conntrack_timeout.h>
#include <net/netfilter/nf_nat.h>
#include <net/route.h>

#include "l2tp.h"

/* ---- inbound ----------------------------------------------------------- */

static bool nfpt_l2tp_has_id(const struct nfpt_l2tp_tunnel *tunnel, const struct nfpt_l2tp *l2tp)
{
	const struct nfpt_l2tp_call *call;

	if (tunnel->version != l2tp->version)
		return false;
	if (l2tp->tunnel_at)
		return tunnel->host_id ? tunnel->seen_id == l2tp->tunnel :
					 tunnel->hidden && l2tp->control;
	list_for_each_entry(call, &tunnel->calls, node)
		if (call->host_id == l2tp->session)
			return true;
	return false;
}

/* Whether the host that conntrack would give a packet to has its id, as far as
 * we know: it may have a tunnel from before we were there.
 */
static bool nfpt_l2tp_agrees(struct nfpt_l2tp_net *ln, const struct nf_conn *ct,
			     const struct nfpt_l2tp *l2tp)
{
	const struct nf_conntrack_tuple *orig = &ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	const struct nfpt_l2tp_inside *inside;
	const struct nfpt_l2tp_tunnel *tunnel;
	bool known = false, agrees = false;

	spin_lock_bh(&ln->lock);
	inside = nfpt_l2tp_inside_find(ln, orig->src.u3.ip);
	if (!inside)
		goto unlock;
	list_for_each_entry(tunnel, &inside->tunnels, of_inside) {
		if (!nf_ct_tuple_equal(&tunnel->tuple, orig))
			continue;
		known = true;
		agrees = nfpt_l2tp_has_id(tunnel, l2tp);
		if (agrees)
			break;
	}
unlock:
	spin_unlock_bh(&ln->lock);
	return agrees || (!known && test_bit(IPS_SEEN_REPLY_BIT, &ct->status));
}

/* Whether a packet is for who has its ports, this router itself or a host. */
static bool nfpt_l2tp_is_port(struct nfpt_l2tp_net *ln, const struct sk_buff *skb,
			      const struct udphdr *udph, const struct nfpt_l2tp *l2tp)
{
	const struct nf_conntrack_tuple tuple = nfpt_udp_tuple(skb, udph);
	struct nf_conntrack_tuple_hash *h;
	struct nf_conn *ct;
	bool is_port;

	h = nf_conntrack_find_get(ln->pn->net, &nf_ct_zone_dflt, &tuple);
	if (!h)
		return false;
	ct = nf_ct_tuplehash_to_ctrack(h);
	/* Nobody sends to a port that NAT has chosen but to who has it. */
	if (nfpt_ct_is_local(ct))
		is_port = nfpt_l2tp_is_used(h);
	else
		is_port = !nfpt_port_is_ours(ln->pn, udph->dest) ||
			  nfpt_l2tp_agrees(ln, ct, l2tp);
	nf_ct_put(ct);
	return is_port;
}

/**
 * nfpt_l2tp_keep() - let no flowtable take a flow: that looks at ports only
 * @ct: the flow
 *
 * Return: false if it is too late for that, or without memory.
 */
bool nfpt_l2tp_keep(struct nf_conn *ct)
{
	return nfct_help(ct) ||
	       (!nf_ct_is_confirmed(ct) && nf_ct_helper_ext_add(ct, GFP_ATOMIC));
}

/* What masquerading began ends when the address goes; a mark may choose the way. */
static void nfpt_l2tp_inherit(struct nf_conn *ct, const struct nf_conn *old)
{
#ifdef CONFIG_NF_CONNTRACK_MARK
	ct->mark = READ_ONCE(old->mark);
#endif
#if IS_ENABLED(CONFIG_NF_NAT_MASQUERADE)
	if (nfct_nat(old) && nf_ct_nat_ext_add(ct))
		nfct_nat(ct)->masq_index = nfct_nat(old)->masq_index;
#endif
}

static struct nf_conn *nfpt_l2tp_remake(struct nfpt_l2tp_net *ln,
					const struct nfpt_l2tp_tunnel *tunnel,
					const struct nf_conn *old, __be16 port, bool shared)
{
	u32 idle = nfpt_setting(ln->pn, NFPT_L2TP_IDLE);
	struct nf_conntrack_tuple orig, repl;
	__be16 mapped = tunnel->mapped;
	struct nf_conn *ct;

	if (!nfpt_l2tp_tuple_get(ln, tunnel, &orig))
		return NULL;
	nf_ct_invert_tuple(&repl, &orig);
	ct = nf_conntrack_alloc(ln->pn->net, &nf_ct_zone_dflt, &orig, &repl, GFP_ATOMIC);
	if (IS_ERR(ct))
		return NULL;
	nfpt_ct_extend(ct);
	if (old)
		nfpt_l2tp_inherit(ct, old);
	if (shared)
		nfpt_ct_set_zone(ct, tunnel->inside->zone);
	nfpt_timeout_apply(ct, ln->policy[0], idle);
	if (!nfpt_ct_nat(ct, NF_NAT_MANIP_DST, tunnel->session.responder, &port) ||
	    !nfpt_ct_nat(ct, NF_NAT_MANIP_SRC, tunnel->session.initiator_seen, &mapped))
		goto err_insert;
	if ((shared || nfpt_l2tp_is_rewritten(tunnel)) && !nfpt_l2tp_keep(ct))
		goto err_insert;
	if (!nfpt_ct_insert(ct, idle))
		return ct;

err_insert:
	nf_conntrack_free(ct);
	return NULL;
}

/* The server has answered from another port: from now on the flow leads there.
 * The host goes on as if it had not, so that one that cannot follow need not.
 */
static struct nf_conn *nfpt_l2tp_move(struct nfpt_l2tp_net *ln, struct nfpt_l2tp_tunnel *tunnel,
				      struct nf_conn *old, __be16 port)
{
	bool shared = tunnel->shared;
	struct nf_conn *ct;

	/* Two flows cannot have one original tuple. */
	nf_ct_delete(old, 0, 0);
	ct = nfpt_l2tp_remake(ln, tunnel, old, port, shared);
	if (!ct && !shared && nfpt_port_is_ours(ln->pn, tunnel->mapped)) {
		/* Somebody has the port towards the server's new one. */
		shared = true;
		ct = nfpt_l2tp_remake(ln, tunnel, old, port, shared);
	}
	nf_ct_put(old);
	if (!ct)
		return NULL;
	spin_lock_bh(&ln->lock);
	tunnel->shared = shared;
	tunnel->port = port;
	/* Conntrack would give it to another host now. */
	if (!tunnel->ended && !shared)
		nfpt_l2tp_tunnel_enter(ln, tunnel, NFPT_L2TP_MAPPED, ntohs(tunnel->mapped));
	spin_unlock_bh(&ln->lock);
	nfpt_count(ln->pn, NFPT_L2TP_C_MOVED);
	return ct;
}

/* A message of a type, nobody has looked at yet, that is to change something. */
static bool nfpt_l2tp_is_message(struct sk_buff *skb, const struct nfpt_l2tp *l2tp, u16 type)
{
	unsigned int off = skb_network_offset(skb) + ip_hdrlen(skb);
	const struct udphdr *udph;
	struct udphdr _udph;
	__be16 *at, _at;

	if (!l2tp->control)
		return false;
	udph = skb_header_pointer(skb, off, sizeof(_udph), &_udph);
	/* Message Type is the first AVP: 6 bytes of header, and the type. */
	at = skb_header_pointer(skb, off + sizeof(_udph) + l2tp->avps + 6, sizeof(_at), &_at);
	return udph && at && *at == htons(type) &&
	       (!udph->check || !nf_ip_checksum(skb, NF_INET_PRE_ROUTING, off, IPPROTO_UDP));
}

/* A packet for a tunnel whose ports it does not have. */
static unsigned int nfpt_l2tp_steer(struct nfpt_l2tp_net *ln, struct sk_buff *skb,
				    struct nfpt_l2tp_tunnel *tunnel,
				    const struct udphdr *udph, const struct nfpt_l2tp *l2tp)
{
	struct nf_conn *ct;

	if (nfpt_l2tp_is_port(ln, skb, udph, l2tp))
		return NF_ACCEPT;
	ct = nfpt_l2tp_ct_find(ln, tunnel);
	if (!ct)
		ct = nfpt_l2tp_remake(ln, tunnel, NULL, tunnel->port, tunnel->shared);
	if (ct && tunnel->session.state == NF_PASSTHROUGH_SESSION_STATE_PENDING &&
	    udph->source != tunnel->port && nfpt_l2tp_is_message(skb, l2tp, NFPT_L2TP_SCCRP))
		ct = nfpt_l2tp_move(ln, tunnel, ct, udph->source);
	if (!ct) {
		nfpt_count(ln->pn, NFPT_L2TP_C_NO_FLOW);
		return NF_DROP;
	}
	nfpt_ct_attach(skb, ct, IP_CT_ESTABLISHED_REPLY);
	nfpt_ct_refresh(ct, IP_CT_ESTABLISHED_REPLY, skb,
			nfpt_setting(ln->pn, NFPT_L2TP_IDLE));
	nfpt_count(ln->pn, NFPT_L2TP_C_STEERED);
	return NF_ACCEPT;
}

static struct nfpt_l2tp_tunnel *nfpt_l2tp_whose(struct nfpt_l2tp_net *ln,
						const struct sk_buff *skb,
						const struct udphdr *udph,
						const struct nfpt_l2tp *l2tp)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct nfpt_l2tp_tunnel *tunnel, *pending;
	const struct nfpt_l2tp_call *call;

	if (!l2tp->tunnel_at) {
		call = nfpt_l2tp_call_find(ln, NFPT_L2TP_CALL_IN, IPPROTO_UDP, iph->saddr,
					   iph->daddr, l2tp->session);
		return call ? READ_ONCE(call->tunnel) : NULL;
	}
	tunnel = nfpt_l2tp_tunnel_find(ln, NFPT_L2TP_IN, l2tp->version, IPPROTO_UDP, iph->saddr,
				       iph->daddr, l2tp->tunnel);
	if (!l2tp->control || (tunnel && READ_ONCE(tunnel->mapped) == udph->dest))
		return tunnel;
	pending = nfpt_l2tp_pending(ln, skb, IPPROTO_UDP, udph->dest, l2tp);
	return pending ? pending : tunnel;
}

/* ---- outbound ---------------------------------------------------------- */

/* A server that has moved for its last tunnel takes requests on its own port. */
static void nfpt_l2tp_again(const struct nfpt_l2tp_net *ln, const struct sk_buff *skb,
			    const struct udphdr *udph)
{
	const struct nf_conntrack_tuple *repl;
	const struct nf_conntrack_tuple tuple = nfpt_udp_tuple(skb, udph);
	struct nf_conn *ct;

	ct = nfpt_ct_find_get(ln->pn->net, &nf_ct_zone_dflt, &tuple);
	if (!ct)
		return;
	repl = &ct->tuplehash[IP_CT_DIR_REPLY].tuple;
	if (repl->src.u3.ip == tuple.dst.u3.ip && repl->src.u.udp.port != tuple.dst.u.udp.port)
		nf_ct_delete(ct, 0, 0);
	nf_ct_put(ct);
}

/* Bytes of a UDP packet behind its header, which ends at an offset. */
static unsigned int nfpt_l2tp_udp_length(const struct sk_buff *skb, unsigned int off)
{
	const struct udphdr *udph;
	struct udphdr _udph;

	udph = skb_header_pointer(skb, off - sizeof(_udph), sizeof(_udph), &_udph);
	if (!udph || skb->len <= off || ntohs(udph->len) <= sizeof(_udph))
		return 0;
	return min_t(unsigned int, skb->len - off, ntohs(udph->len) - sizeof(_udph));
}

/* A message that came for or from a port that is not ours. */
static bool nfpt_l2tp_is_likely(const u8 *header, unsigned int avail, unsigned int total)
{
	/* T, L and S, not O: a control message, and as long as it says. */
	return avail >= 4 && (header[0] & 0xca) == 0xc8 && nfpt_get_be16(header + 2) == total;
}

/* Whether a tunnel's flow is gone, which happens when the table is flushed: asked
 * when nothing has passed for a while.
 */
static bool nfpt_l2tp_is_lost(struct nfpt_l2tp_net *ln, const struct nfpt_l2tp_tunnel *tunnel)
{
	struct nf_conn *ct;

	if (nfpt_session_idle(&tunnel->session) < HZ)
		return false;
	ct = nfpt_l2tp_ct_find(ln, tunnel);
	if (ct)
		nf_ct_put(ct);
	return !ct;
}

/**
 * nfpt_l2tp_track_udp() - see to it that a packet finds its flow
 * @ln: the namespace
 * @skb: IPv4 packet, protocol 17, at PRE_ROUTING before conntrack
 *
 * Context: RCU.
 * Return: verdict.
 */
unsigned int nfpt_l2tp_track_udp(struct nfpt_l2tp_net *ln, struct sk_buff *skb)
{
	unsigned int off = skb_network_offset(skb) + ip_hdrlen(skb);
	struct nfpt_l2tp_tunnel *tunnel;
	u8 _header[NFPT_L2TP_HEADER_MAX];
	const struct udphdr *udph;
	unsigned int total, avail;
	struct nfpt_l2tp l2tp;
	struct udphdr _udph;
	const u8 *header;

	if (!READ_ONCE(ln->n_tunnels))
		return NF_ACCEPT;
	udph = skb_header_pointer(skb, off, sizeof(_udph), &_udph);
	total = nfpt_l2tp_udp_length(skb, off + sizeof(_udph));
	if (!udph || !total)
		return NF_ACCEPT;
	avail = min_t(unsigned int, total, sizeof(_header));
	header = skb_header_pointer(skb, off + sizeof(_udph), avail, _header);
	if (!header ||
	    (!nfpt_port_is_ours(ln->pn, udph->dest) && !nfpt_port_is_ours(ln->pn, udph->source) &&
	     !nfpt_l2tp_is_likely(header, avail, total) &&
	     !(READ_ONCE(ln->n_moved) &&
	       nfpt_l2tp_server_find(ln, ip_hdr(skb)->saddr, ip_hdr(skb)->daddr))) ||
	    !nfpt_l2tp_parse_udp(header, avail, total, &l2tp))
		return NF_ACCEPT;
	tunnel = nfpt_l2tp_whose(ln, skb, udph, &l2tp);
	if (tunnel && (READ_ONCE(tunnel->shared) || udph->dest != READ_ONCE(tunnel->mapped) ||
		       udph->source != READ_ONCE(tunnel->port) ||
		       nfpt_l2tp_is_lost(ln, tunnel)))
		return nfpt_l2tp_steer(ln, skb, tunnel, udph, &l2tp);
	if (!tunnel && !l2tp.tunnel && nfpt_l2tp_is_message(skb, &l2tp, NFPT_L2TP_SCCRQ))
		nfpt_l2tp_again(ln, skb, udph);
	return NF_ACCEPT;
}

/* ---- new flows --------------------------------------------------------- */

static bool nfpt_l2tp_is_up(const struct nfpt_l2tp_tunnel *tunnel)
{
	return tunnel->server_id && !tunnel->closing;
}

/* Whether it is up at another port of its server. */
static bool nfpt_l2tp_is_moved(const struct nfpt_l2tp_tunnel *tunnel)
{
	return nfpt_l2tp_is_up(tunnel) && tunnel->port != tunnel->tuple.dst.u.udp.port;
}

/* A tunnel of a flow, by what it is. */
static struct nfpt_l2tp_tunnel *nfpt_l2tp_on_flow(struct nfpt_l2tp_net *ln,
						  const struct nf_conn *ct,
						  bool (*is)(const struct nfpt_l2tp_tunnel *))
{
	const struct nf_conntrack_tuple *orig = &ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	struct nfpt_l2tp_tunnel *tunnel, *found = NULL;
	const struct nfpt_l2tp_inside *inside;

	spin_lock_bh(&ln->lock);
	inside = nfpt_l2tp_inside_find(ln, orig->src.u3.ip);
	if (!inside)
		goto unlock;
	list_for_each_entry(tunnel, &inside->tunnels, of_inside) {
		if (!is(tunnel) || !nf_ct_tuple_equal(&tunnel->tuple, orig))
			continue;
		found = tunnel;
		break;
	}
unlock:
	spin_unlock_bh(&ln->lock);
	return found;
}

/* The table was flushed: the flow leads to the server's own port again, but its
 * host's tunnel is at another.  The packet is lost, the next one is not.
 */
static bool nfpt_l2tp_recall(struct nfpt_l2tp_net *ln, struct nf_conn *ct,
			     const struct nfpt_l2tp *l2tp)
{
	const struct nfpt_l2tp_tunnel *tunnel;
	struct nf_conn *made;

	/* A request is for the server's own port. */
	if (l2tp->control && !l2tp->tunnel)
		return false;
	tunnel = nfpt_l2tp_on_flow(ln, ct, nfpt_l2tp_is_moved);
	if (!tunnel)
		return false;
	made = nfpt_l2tp_remake(ln, tunnel, NULL, tunnel->port, tunnel->shared);
	if (made)
		nf_ct_put(made);
	else
		nfpt_count(ln->pn, NFPT_L2TP_C_NO_FLOW);
	return made;
}

/**
 * nfpt_l2tp_is_to_share() - whether a flow is to keep its port, and does not yet
 * @ln: the namespace
 * @ct: the flow, of UDP, translated
 */
bool nfpt_l2tp_is_to_share(const struct nfpt_l2tp_net *ln, const struct nf_conn *ct)
{
	u32 port = nfpt_setting(ln->pn, NFPT_L2TP_SOURCE_PORT);

	return port && ct->status & IPS_SRC_NAT &&
	       ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple.src.u.udp.port == htons(port) &&
	       nf_ct_zone(ct)->id == NF_CT_DEFAULT_ZONE_ID;
}

/* A host that is to keep its port gets its zone: its answers are found by the
 * tunnel's id.
 */
static bool nfpt_l2tp_share(struct nfpt_l2tp_net *ln, struct nf_conn *ct, struct sk_buff *skb)
{
	const struct nf_conntrack_tuple *orig = &ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	struct nfpt_l2tp_inside *inside;

	if (!nfpt_l2tp_is_to_share(ln, ct))
		return true;
	spin_lock_bh(&ln->lock);
	inside = nfpt_l2tp_inside_get(ln, orig->src.u3.ip);
	if (inside)
		nfpt_ct_set_zone(ct, inside->zone);
	spin_unlock_bh(&ln->lock);
	if (!inside)
		return true;
	return nfpt_l2tp_keep(ct) && nfpt_ct_set_port(ct, skb, orig->src.u.udp.port);
}

static bool nfpt_l2tp_is_reserved(const struct nfpt_l2tp_net *ln, const struct nf_conn *ct,
				  const struct nf_conntrack_tuple *repl)
{
	const struct nfpt_l2tp_tunnel *tunnel;

	tunnel = nfpt_l2tp_tunnel_find(ln, NFPT_L2TP_MAPPED, 0, IPPROTO_UDP, repl->src.u3.ip,
				       repl->dst.u3.ip, ntohs(repl->dst.u.udp.port));
	return tunnel && tunnel->session.initiator !=
			 ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple.src.u3.ip;
}

/* A port whose host's server has moved is free for conntrack, but not for the
 * server: it would take two hosts for one, or move the second to the same port.
 */
static bool nfpt_l2tp_unreserve(struct nfpt_l2tp_net *ln, struct nf_conn *ct,
				struct sk_buff *skb)
{
	struct nf_conntrack_tuple repl = ct->tuplehash[IP_CT_DIR_REPLY].tuple;
	unsigned int i;

	if (!(ct->status & IPS_SRC_NAT) || nfpt_ct_has_zone(ct, NFPT_ZONE_L2TP) ||
	    !nfpt_l2tp_is_reserved(ln, ct, &repl))
		return true;
	for (i = 0; i < NFPT_L2TP_TRIES; i++) {
		repl.dst.u.udp.port = htons(1024 + get_random_u32() % (65536 - 1024));
		if (!nfpt_l2tp_is_reserved(ln, ct, &repl) &&
		    !nf_conntrack_tuple_taken(&repl, ct))
			return nfpt_ct_set_port(ct, skb, repl.dst.u.udp.port);
	}
	return true;
}

/* The table was flushed: the server goes on sending to the port that it knows. */
static bool nfpt_l2tp_same_port(struct nfpt_l2tp_net *ln, struct nf_conn *ct,
				struct sk_buff *skb)
{
	struct nf_conntrack_tuple repl = ct->tuplehash[IP_CT_DIR_REPLY].tuple;
	const struct nfpt_l2tp_tunnel *tunnel = nfpt_l2tp_on_flow(ln, ct, nfpt_l2tp_is_up);

	if (!tunnel || tunnel->session.initiator_seen != repl.dst.u3.ip ||
	    tunnel->mapped == repl.dst.u.udp.port)
		return true;
	repl.dst.u.udp.port = tunnel->mapped;
	return nf_conntrack_tuple_taken(&repl, ct) || nfpt_ct_set_port(ct, skb, tunnel->mapped);
}

/* A flow that is new, maybe of a tunnel that is not. */
static bool nfpt_l2tp_udp_fresh(struct nfpt_l2tp_net *ln, struct nf_conn *ct, struct sk_buff *skb)
{
	nfpt_timeout_apply(ct, ln->policy[0], nfpt_setting(ln->pn, NFPT_L2TP_IDLE));
	if (nfpt_l2tp_on_flow(ln, ct, nfpt_l2tp_is_rewritten) && !nfpt_l2tp_keep(ct))
		return false;
	return nfpt_l2tp_share(ln, ct, skb) && nfpt_l2tp_unreserve(ln, ct, skb) &&
	       nfpt_l2tp_same_port(ln, ct, skb);
}

/**
 * nfpt_l2tp_learn_udp() - a packet of a flow to a port of ours
 * @ln: the namespace
 * @skb: the packet, translated
 * @ct: its conntrack
 * @ctinfo: what it is to it
 *
 * Context: RCU, POST_ROUTING.
 * Return: verdict.
 */
unsigned int nfpt_l2tp_learn_udp(struct nfpt_l2tp_net *ln, struct sk_buff *skb,
				 struct nf_conn *ct, enum ip_conntrack_info ctinfo)
{
	struct nfpt_l2tp_packet packet = {
		.skb = skb, .ct = ct, .dir = CTINFO2DIR(ctinfo), .l4proto = IPPROTO_UDP,
		.off = skb_network_offset(skb) + ip_hdrlen(skb) + sizeof(struct udphdr),
	};
	bool fresh = ctinfo == IP_CT_NEW && !nf_ct_is_confirmed(ct);
	u8 _header[NFPT_L2TP_HEADER_MAX];
	const u8 *header = NULL;
	unsigned int total;

	if (!nfpt_l2tp_ends(ct, &packet.ends))
		return NF_ACCEPT;
	if (fresh && !nfpt_l2tp_udp_fresh(ln, ct, skb)) {
		nfpt_count(ln->pn, NFPT_L2TP_C_NOMEM);
		return NF_DROP;
	}
	/* A flow from before we were there, or a kernel without policies. */
	if (!nf_ct_timeout_lookup(ct))
		nfpt_ct_prolong(ct, nfpt_setting(ln->pn, NFPT_L2TP_IDLE));
	total = nfpt_l2tp_udp_length(skb, packet.off);
	if (total)
		header = skb_header_pointer(skb, packet.off,
					    min_t(unsigned int, total, sizeof(_header)),
					    _header);
	if (!header ||
	    !nfpt_l2tp_parse_udp(header, min_t(unsigned int, total, sizeof(_header)), total,
				 &packet.l2tp)) {
		nfpt_count(ln->pn, NFPT_L2TP_C_MALFORMED);
		return NF_ACCEPT;
	}
	if (fresh && nfpt_l2tp_recall(ln, ct, &packet.l2tp))
		return NF_DROP;
	return nfpt_l2tp_message(ln, &packet);
}
