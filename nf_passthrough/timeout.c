// SPDX-License-Identifier: GPL-2.0
/*
 * Timeout policies: how long conntrack lets a flow be idle.  A helper could say
 * so, too, but no flowtable takes a flow that has one.
 */
#include <linux/slab.h>
#include <net/netfilter/nf_conntrack_l4proto.h>
#include <net/netfilter/nf_conntrack_timeout.h>

#include "core.h"

/**
 * nfpt_timeout_new() - make a policy
 * @l4proto: IP protocol number: UDP, or one that conntrack knows nothing of
 *
 * Context: process.
 * Return: the policy or NULL.
 */
struct nf_ct_timeout *nfpt_timeout_new(u8 l4proto)
{
	struct nf_ct_timeout *policy;

	/* One number will do for a protocol without states. */
	policy = kzalloc(sizeof(*policy) + UDP_CT_MAX * sizeof(unsigned int), GFP_KERNEL);
	if (!policy)
		return NULL;
	refcount_set(&policy->refcnt, 1);
	policy->l3num = NFPROTO_IPV4;
	policy->l4proto = nf_ct_l4proto_find(l4proto);
	return policy;
}
EXPORT_SYMBOL_GPL(nfpt_timeout_new);

/**
 * nfpt_timeout_free() - give a policy back
 * @net: the namespace whose flows have it
 * @policy: the policy, which no new flow can get any more
 *
 * Context: process.
 */
void nfpt_timeout_free(struct net *net, struct nf_ct_timeout *policy)
{
#ifdef CONFIG_NF_CONNTRACK_TIMEOUT
	nf_ct_untimeout(net, policy);
#endif
	if (refcount_dec_and_test(&policy->refcnt))
		kfree_rcu(policy, rcu);
}
EXPORT_SYMBOL_GPL(nfpt_timeout_free);

/**
 * nfpt_timeout_apply() - say how long a flow may be idle
 * @ct: a flow that is not confirmed yet
 * @policy: the policy, whose flows all get the new lifetime
 * @lifetime: seconds
 *
 * A rule's own policy is there before ours, and stays.
 */
void nfpt_timeout_apply(struct nf_conn *ct, struct nf_ct_timeout *policy, u32 lifetime)
{
	unsigned int *timeouts = (unsigned int *)policy->data;
	unsigned int i;

	for (i = 0; i < UDP_CT_MAX; i++)
		WRITE_ONCE(timeouts[i], lifetime * HZ);
	if (nf_ct_timeout_lookup(ct))
		return;
	nf_ct_timeout_ext_add(ct, policy, GFP_ATOMIC);
	ct->timeout = lifetime * HZ;
}
EXPORT_SYMBOL_GPL(nfpt_timeout_apply);
