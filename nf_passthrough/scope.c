// SPDX-License-Identifier: GPL-2.0
/*
 * Scope: the interfaces between which a protocol is helped or blocked, if the
 * administrator has named any.
 */
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <net/ip.h>

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

/* What a packet came in by.  A VRF puts itself in the place of its slaves, and
 * POST_ROUTING is not told at all.
 */
static int nfpt_scope_iif(const struct sk_buff *skb, const struct nf_hook_state *state)
{
	if (state->pf == NFPROTO_IPV6)
		return IP6CB(skb)->flags & IP6SKB_L3SLAVE ? IP6CB(skb)->iif : 0;
	if (state->hook == NF_INET_POST_ROUTING && IPCB(skb)->flags & IPSKB_FORWARDED)
		return IPCB(skb)->iif;
	return IPCB(skb)->flags & IPSKB_L3SLAVE ? IPCB(skb)->iif : 0;
}

/**
 * __nfpt_in_scope() - whether a packet comes and goes by interfaces of the list
 * @config: with a list
 * @skb: the packet, routed
 * @state: the hook
 *
 * An end that is this router itself has no interface.
 *
 * Context: RCU.
 */
bool __nfpt_in_scope(const struct nfpt_config *config, const struct sk_buff *skb,
		     const struct nf_hook_state *state)
{
	const struct net_device *in = state->in, *out = state->out;
	int iif = nfpt_scope_iif(skb, state);

	if (iif) {
		in = dev_get_by_index_rcu(state->net, iif);
		if (!in)
			return false;
	}
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
