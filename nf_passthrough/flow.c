// SPDX-License-Identifier: GPL-2.0
/*
 * The flow map: addresses, protocol and identifier of a packet to the object
 * that knows it.  One per namespace, RCU readers, any number of entries.
 */
#include <linux/build_bug.h>

#include "core.h"

static const struct rhashtable_params nfpt_flow_params = {
	.head_offset		= offsetof(struct nfpt_flow, node),
	.key_offset		= offsetof(struct nfpt_flow, key),
	.key_len		= sizeof(struct nfpt_flow_key),
	.automatic_shrinking	= true,
};

/**
 * nfpt_flow_find() - find the flow of a packet
 * @pn: the protocol in the namespace
 * @key: the packet
 *
 * Context: RCU; the flow is valid until the section ends.
 * Return: the flow, or NULL.
 */
struct nfpt_flow *nfpt_flow_find(const struct nfpt_proto_net *pn,
				 const struct nfpt_flow_key *key)
{
	return rhashtable_lookup(&pn->nn->flows, key, nfpt_flow_params);
}
EXPORT_SYMBOL_GPL(nfpt_flow_find);

/**
 * nfpt_flow_insert() - enter a flow, if its key is free
 * @pn: the protocol in the namespace
 * @flow: key and slot are set
 *
 * This is also how an identifier is reserved.
 *
 * Context: any but hard interrupt.
 * Return: 0, -EEXIST if the key is taken, -ENOMEM and the like.
 */
int nfpt_flow_insert(struct nfpt_proto_net *pn, struct nfpt_flow *flow)
{
	BUILD_BUG_ON(sizeof(struct nfpt_flow_key) != 16);

	return rhashtable_lookup_insert_fast(&pn->nn->flows, &flow->node,
					     nfpt_flow_params);
}
EXPORT_SYMBOL_GPL(nfpt_flow_insert);

/**
 * nfpt_flow_remove() - take a flow out
 * @pn: the protocol in the namespace
 * @flow: entered before; readers may hold it until a grace period has passed
 *
 * Context: any but hard interrupt.
 */
void nfpt_flow_remove(struct nfpt_proto_net *pn, struct nfpt_flow *flow)
{
	rhashtable_remove_fast(&pn->nn->flows, &flow->node, nfpt_flow_params);
}
EXPORT_SYMBOL_GPL(nfpt_flow_remove);

/**
 * nfpt_flow_map_init() - make the flow map of a namespace
 * @nn: the namespace
 *
 * Return: 0 or a negative error.
 */
int nfpt_flow_map_init(struct nfpt_net *nn)
{
	return rhashtable_init(&nn->flows, &nfpt_flow_params);
}

/**
 * nfpt_flow_map_clean() - give the flow map of a namespace back
 * @nn: the namespace, its protocols stopped
 */
void nfpt_flow_map_clean(struct nfpt_net *nn)
{
	WARN_ON_ONCE(atomic_read(&nn->flows.nelems));
	rhashtable_destroy(&nn->flows);
}
