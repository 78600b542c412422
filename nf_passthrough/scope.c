// SPDX-License-Identifier: GPL-2.0
/*
 * Scope: the interfaces between which a protocol is helped or blocked, if the
 * administrator has named any.
 */
#include <linux/inetdevice.h>
#include <net/inet_dscp.h>
#include <net/ip.h>
#include <net/ip_fib.h>
#include <net/l3mdev.h>

#include "core.h"

/* "eth1", or "ppp*" for all that begin so. */
static bool nfpt_name_fits(const char *pattern, const char *name)
{
	size_t n = strnlen(pattern, IFNAMSIZ);

	if (pattern[n - 1] == '*')
		return !strncmp(pattern, name, n - 1);
	return !strncmp(pattern, name, IFNAMSIZ);
}

static bool nfpt_scope_has(const struct nfpt_config *config, const struct net_device *dev)
{
	int i;

	for (i = 0; i < config->n_interfaces; i++)
		if (nfpt_name_fits(config->interfaces[i], dev->name))
			return true;
	return false;
}

/* Where a packet will leave; NULL if here, or nowhere. */
static const struct net_device *nfpt_route_dev(const struct sk_buff *skb,
					       const struct nf_hook_state *state)
{
	struct flowi4 fl4 = {
		.flowi4_iif	= state->in->ifindex,
		.flowi4_l3mdev	= l3mdev_master_ifindex_rcu(state->in),
		.flowi4_mark	= skb->mark,
		.flowi4_proto	= ip_hdr(skb)->protocol,
		.flowi4_scope	= RT_SCOPE_UNIVERSE,
		.flowi4_tos	= ip_hdr(skb)->tos & INET_DSCP_MASK,
		.saddr		= ip_hdr(skb)->saddr,
		.daddr		= ip_hdr(skb)->daddr,
	};
	struct fib_result res;

	if (fib_lookup(state->net, &fl4, &res, FIB_LOOKUP_IGNORE_LINKSTATE) ||
	    res.type != RTN_UNICAST)
		return NULL;
	return FIB_RES_DEV(res);
}

/**
 * __nfpt_in_scope() - whether a packet comes and goes by interfaces of the list
 * @config: with a list
 * @skb: the packet; IPv4 in PRE_ROUTING
 * @state: the hook
 *
 * In PRE_ROUTING a packet is not routed yet, so that is tried: what conntrack
 * is told there must hold on the way out.  (A mark that a rule sets later is
 * not seen, nor is a new destination: replies of a NAT, and what a port forward
 * sends inside, are to this router's address.)  An end that is this router
 * itself has no interface.
 *
 * Context: RCU.
 */
bool __nfpt_in_scope(const struct nfpt_config *config, const struct sk_buff *skb,
		     const struct nf_hook_state *state)
{
	const struct net_device *in = state->in, *out = state->out;

	if (state->hook == NF_INET_PRE_ROUTING)
		out = nfpt_route_dev(skb, state);
	else if (state->hook == NF_INET_POST_ROUTING && skb->skb_iif)
		in = dev_get_by_index_rcu(state->net, skb->skb_iif);
	return (!in || nfpt_scope_has(config, in)) && (!out || nfpt_scope_has(config, out));
}
EXPORT_SYMBOL_GPL(__nfpt_in_scope);

/**
 * nfpt_same_scope() - whether two configurations name the same interfaces
 * @a: one
 * @b: another
 *
 * In the same order: that is what people see.
 */
bool nfpt_same_scope(const struct nfpt_config *a, const struct nfpt_config *b)
{
	int i;

	if (a->n_interfaces != b->n_interfaces)
		return false;
	for (i = 0; i < a->n_interfaces; i++)
		if (strncmp(a->interfaces[i], b->interfaces[i], IFNAMSIZ))
			return false;
	return true;
}
