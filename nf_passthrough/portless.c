// SPDX-License-Identifier: GPL-2.0
/*
 * Flows of protocols without ports: an inside host has one conntrack with a
 * server, whatever its sessions.  It is found by its original tuple, which is
 * unique, and not by its reply tuple, which all inside hosts share but for the
 * zone.
 */
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_nat.h>

#include "core.h"

/**
 * nfpt_portless_tuple() - a flow's packets as conntrack sees them
 * @flow: the flow
 * @tuple: set to the original tuple
 */
void nfpt_portless_tuple(const struct nfpt_portless *flow, struct nf_conntrack_tuple *tuple)
{
	memset(tuple, 0, sizeof(*tuple));
	tuple->src.l3num = NFPROTO_IPV4;
	tuple->src.u3.ip = flow->host;
	tuple->dst.protonum = flow->l4proto;
	tuple->dst.dir = IP_CT_DIR_ORIGINAL;
	tuple->dst.u3.ip = flow->server;
}
EXPORT_SYMBOL_GPL(nfpt_portless_tuple);

/**
 * nfpt_portless_find() - the conntrack of a flow
 * @flow: the flow
 *
 * Context: RCU.
 * Return: the conntrack with a reference, or NULL.
 */
struct nf_conn *nfpt_portless_find(const struct nfpt_portless *flow)
{
	struct nf_conntrack_tuple tuple;

	nfpt_portless_tuple(flow, &tuple);
	return nfpt_ct_find_get(flow->net, &nf_ct_zone_dflt, &tuple);
}
EXPORT_SYMBOL_GPL(nfpt_portless_find);

/* Masquerading ends what it began when the address goes: all of a host's. */
static void nfpt_portless_masquerade(const struct nfpt_portless *flow, struct nf_conn *ct,
				     const struct nf_conntrack_tuple *like)
{
#if IS_ENABLED(CONFIG_NF_NAT_MASQUERADE)
	const struct nf_conn_nat *from;
	struct nf_conn_nat *nat;
	struct nf_conn *other;

	other = nfpt_ct_find_get(flow->net, &nf_ct_zone_dflt, like);
	if (!other)
		return;
	from = nfct_nat(other);
	nat = nf_ct_nat_ext_add(ct);
	if (from && nat)
		nat->masq_index = from->masq_index;
	nf_ct_put(other);
#endif
}

/**
 * nfpt_portless_make() - make the conntrack of a flow
 * @flow: the flow
 * @zone: of the replies to the host
 * @like: another flow of the host, if masquerading has made it; or NULL
 * @lifetime: seconds until it expires
 *
 * For when the server speaks first, or the administrator has flushed the table.
 *
 * Context: RCU.
 * Return: the conntrack with a reference, or NULL.
 */
struct nf_conn *nfpt_portless_make(const struct nfpt_portless *flow, u16 zone,
				   const struct nf_conntrack_tuple *like, u32 lifetime)
{
	struct nf_conntrack_tuple orig, repl;
	struct nf_conn *ct;

	nfpt_portless_tuple(flow, &orig);
	repl = orig;
	repl.src.u3.ip = flow->server;
	repl.dst.u3.ip = flow->host;
	repl.dst.dir = IP_CT_DIR_REPLY;
	ct = nf_conntrack_alloc(flow->net, &nf_ct_zone_dflt, &orig, &repl, GFP_ATOMIC);
	if (IS_ERR(ct))
		return NULL;
	nfpt_ct_extend(ct);
	if (like)
		nfpt_portless_masquerade(flow, ct, like);
	if (!nfpt_ct_nat(ct, NF_NAT_MANIP_SRC, flow->seen, NULL) ||
	    !nfpt_ct_nat(ct, NF_NAT_MANIP_DST, flow->server, NULL))
		goto err_insert;
	nfpt_ct_set_zone(ct, zone);
	if (nfpt_ct_insert(ct, lifetime))
		goto err_insert;
	return ct;

err_insert:
	nf_conntrack_free(ct);
	/* Another CPU may have been faster. */
	return nfpt_portless_find(flow);
}
EXPORT_SYMBOL_GPL(nfpt_portless_make);

/**
 * nfpt_portless_deliver() - give an inbound packet to a flow's host
 * @ct: the flow's conntrack; the caller's reference becomes the packet's
 * @skb: the packet, at PRE_ROUTING before conntrack
 * @lifetime: seconds until the flow expires
 */
void nfpt_portless_deliver(struct nf_conn *ct, struct sk_buff *skb, u32 lifetime)
{
	nfpt_ct_attach(skb, ct, IP_CT_ESTABLISHED_REPLY);
	nfpt_ct_refresh(ct, IP_CT_ESTABLISHED_REPLY, skb, lifetime);
}
EXPORT_SYMBOL_GPL(nfpt_portless_deliver);

/**
 * nfpt_portless_copy() - give a copy of an inbound packet to a flow's host
 * @ct: the flow's conntrack; the caller's reference becomes the copy's
 * @skb: the packet, at PRE_ROUTING before conntrack
 * @lifetime: seconds until the flow expires
 *
 * A copy goes in where the packet came in, and passes our hook with its
 * conntrack already.  What a bridge has noted of the packet is not the copy's.
 *
 * Context: RCU.
 * Return: false without memory.
 */
bool nfpt_portless_copy(struct nf_conn *ct, const struct sk_buff *skb, u32 lifetime)
{
	struct sk_buff *copy = skb_copy(skb, GFP_ATOMIC);

	if (!copy) {
		nf_ct_put(ct);
		return false;
	}
	skb_ext_reset(copy);
	nfpt_portless_deliver(ct, copy, lifetime);
	netif_rx(copy);
	return true;
}
EXPORT_SYMBOL_GPL(nfpt_portless_copy);

/**
 * nfpt_portless_is_redirected() - whether a rule has given a flow from outside
 *	to a host of this router's network
 * @net: the namespace
 * @saddr: its source
 * @daddr: its destination, as it comes from outside
 * @l4proto: IP protocol number
 *
 * Context: RCU.
 */
bool nfpt_portless_is_redirected(struct net *net, __be32 saddr, __be32 daddr, u8 l4proto)
{
	const struct nfpt_portless flow = {
		.net = net, .host = saddr, .server = daddr, .l4proto = l4proto,
	};
	struct nf_conn *ct = nfpt_portless_find(&flow);
	bool redirected;

	if (!ct)
		return false;
	redirected = ct->status & IPS_DST_NAT;
	nf_ct_put(ct);
	return redirected;
}
EXPORT_SYMBOL_GPL(nfpt_portless_is_redirected);

/**
 * nfpt_portless_is_answer() - whether conntrack alone knows whose a packet from
 *	outside is
 * @net: the namespace
 * @saddr: its source
 * @daddr: its destination, as it comes from outside
 * @l4proto: IP protocol number
 *
 * So it is if a host's flow began where the protocol is not helped.
 *
 * Context: RCU.
 */
bool nfpt_portless_is_answer(struct net *net, __be32 saddr, __be32 daddr, u8 l4proto)
{
	const struct nfpt_portless flow = {
		.net = net, .host = saddr, .server = daddr, .l4proto = l4proto,
	};
	struct nf_conntrack_tuple_hash *h;
	struct nf_conntrack_tuple tuple;
	bool answer;

	nfpt_portless_tuple(&flow, &tuple);
	h = nf_conntrack_find_get(net, &nf_ct_zone_dflt, &tuple);
	if (!h)
		return false;
	answer = NF_CT_DIRECTION(h) == IP_CT_DIR_REPLY;
	nf_ct_put(nf_ct_tuplehash_to_ctrack(h));
	return answer;
}
EXPORT_SYMBOL_GPL(nfpt_portless_is_answer);
