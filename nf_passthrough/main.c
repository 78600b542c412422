// SPDX-License-Identifier: GPL-2.0
/*
 * nf_passthrough: the core of the VPN passthrough modules.  Knows no
 * protocol; holds their states, flows, sessions and counters per network
 * namespace and speaks for them over generic netlink.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <net/netns/generic.h>

#include "core.h"

static unsigned int nfpt_net_id __read_mostly;

/**
 * nfpt_pernet() - the core's state of a namespace
 * @net: the namespace
 *
 * Return: never NULL while the module is loaded.
 */
struct nfpt_net *nfpt_pernet(const struct net *net)
{
	return net_generic(net, nfpt_net_id);
}

static int __net_init nfpt_net_init(struct net *net)
{
	struct nfpt_net *nn = nfpt_pernet(net);

	nn->net = net;
	INIT_LIST_HEAD(&nn->list);
	INIT_DELAYED_WORK(&nn->gc, nfpt_session_gc);
	xa_init_flags(&nn->sessions, XA_FLAGS_ALLOC1 | XA_FLAGS_LOCK_BH);
	return nfpt_flow_map_init(nn);
}

/* Runs before conntrack's, whose entries the protocols still look at. */
static void __net_exit nfpt_net_exit(struct net *net)
{
	struct nfpt_net *nn = nfpt_pernet(net);

	nfpt_proto_net_clean(nn);
	cancel_delayed_work_sync(&nn->gc);
	nfpt_flow_map_clean(nn);
	xa_destroy(&nn->sessions);
}

static struct pernet_operations nfpt_net_ops = {
	.init	= nfpt_net_init,
	.exit	= nfpt_net_exit,
	.id	= &nfpt_net_id,
	.size	= sizeof(struct nfpt_net),
};

static int __init nfpt_init(void)
{
	int err;

	err = register_pernet_subsys(&nfpt_net_ops);
	if (err)
		return err;
	err = nfpt_netlink_init();
	if (err)
		goto err_netlink;
	return 0;

err_netlink:
	unregister_pernet_subsys(&nfpt_net_ops);
	return err;
}

static void __exit nfpt_exit(void)
{
	nfpt_netlink_clean();
	unregister_pernet_subsys(&nfpt_net_ops);
	/* Objects of the protocols are freed by kfree_rcu() alone, but the
	 * flow map's own grace periods must be over.
	 */
	rcu_barrier();
}

module_init(nfpt_init);
module_exit(nfpt_exit);

MODULE_DESCRIPTION("VPN passthrough for NAT routers: core");
MODULE_LICENSE("GPL");
MODULE_VERSION(NFPT_VERSION);
