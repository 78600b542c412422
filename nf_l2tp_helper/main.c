// SPDX-License-Identifier: GPL-2.0
/*
 * nf_l2tp_helper: L2TP through a NAT, for every host behind it and whatever
 * ports its server likes.  The way of a packet, IPv4 only:
 *
 *   PRE_ROUTING, before conntrack:
 *	UDP, in      flow map -> tunnel -> its conntrack, if ports mislead
 *	  SCCRP      from another port: the tunnel's conntrack is made anew
 *	IP 115, in   flow map -> tunnel or call -> its host's conntrack
 *	  new call   association -> one host, several, or none
 *	ICMP error   the same, by the packet it quotes
 *   FORWARD, while disabled, IPv6 too:
 *	UDP 1701, IP 115 dropped
 *   POST_ROUTING, after NAT:
 *	control      read: tunnels and calls; an id that is taken is rewritten
 *	new UDP      its port again, if hosts are to keep it
 *	new IP 115   its host's zone, so that the replies to several can be told
 *		     apart; so does UDP that keeps its port
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/slab.h>
#include <linux/udp.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_helper.h>

#include "l2tp.h"

/* ---- hooks ------------------------------------------------------------- */

/* Packets that have a conntrack, or are to have none, are not ours.  Nor are
 * those that a rule has put into a zone: theirs cannot be joined with ours.
 */
static bool nfpt_l2tp_is_free(const struct nfpt_l2tp_net *ln, const struct sk_buff *skb)
{
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct = nf_ct_get(skb, &ctinfo);

	if (ct && nf_ct_is_template(ct) && ip_hdr(skb)->protocol == IPPROTO_L2TP)
		nfpt_count(ln->pn, NFPT_L2TP_C_ZONE);
	return !ct && ctinfo != IP_CT_UNTRACKED && !ip_is_fragment(ip_hdr(skb)) &&
	       !skb_is_gso(skb);
}

static unsigned int nfpt_l2tp_hook_track(void *priv, struct sk_buff *skb,
					 const struct nf_hook_state *state)
{
	struct nfpt_l2tp_net *ln = nfpt_l2tp_pernet(priv);

	switch (ip_hdr(skb)->protocol) {
	case IPPROTO_UDP:
		if (nfpt_l2tp_is_free(ln, skb))
			return nfpt_l2tp_track_udp(ln, skb);
		break;
	case IPPROTO_L2TP:
		if (nfpt_l2tp_is_free(ln, skb))
			return nfpt_l2tp_track_ip(ln, skb);
		break;
	case IPPROTO_ICMP:
		if (nfpt_l2tp_is_free(ln, skb))
			return nfpt_l2tp_track_icmp(ln, skb, state);
		break;
	}
	return NF_ACCEPT;
}

static bool nfpt_l2tp_is_control(const struct nfpt_proto_net *pn, const struct nf_conn *ct)
{
	return nfpt_ct_is_control(pn, ct, IPPROTO_UDP);
}

static unsigned int nfpt_l2tp_hook_learn(void *priv, struct sk_buff *skb,
					 const struct nf_hook_state *state)
{
	u8 l4proto = ip_hdr(skb)->protocol;
	struct nfpt_proto_net *pn = priv;
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct;

	if (l4proto != IPPROTO_UDP && l4proto != IPPROTO_L2TP)
		return NF_ACCEPT;
	ct = nf_ct_get(skb, &ctinfo);
	if (!ct || skb_is_gso(skb))
		return NF_ACCEPT;
	if (l4proto == IPPROTO_L2TP && nfpt_in_scope(pn, skb, state))
		return nfpt_l2tp_learn_ip(nfpt_l2tp_pernet(pn), skb, ct, ctinfo);
	if (nfpt_l2tp_is_control(pn, ct) && nfpt_in_scope(pn, skb, state))
		return nfpt_l2tp_learn_udp(nfpt_l2tp_pernet(pn), skb, ct, ctinfo);
	return NF_ACCEPT;
}

static unsigned int nfpt_l2tp_block(struct nfpt_proto_net *pn, struct sk_buff *skb,
				    unsigned int off, u8 l4proto)
{
	switch (l4proto) {
	case IPPROTO_UDP:
		if (!nfpt_skb_is_control(pn, skb, off, l4proto))
			return NF_ACCEPT;
		nfpt_count(pn, NFPT_L2TP_C_BLOCKED_CONTROL);
		return NF_DROP;
	case IPPROTO_L2TP:
		nfpt_count(pn, NFPT_L2TP_C_BLOCKED_DATA);
		return NF_DROP;
	}
	return NF_ACCEPT;
}

static unsigned int nfpt_l2tp_hook_block4(void *priv, struct sk_buff *skb,
					  const struct nf_hook_state *state)
{
	if (!nfpt_is_blocked(priv, skb, state))
		return NF_ACCEPT;
	return nfpt_l2tp_block(priv, skb, skb_network_offset(skb) + ip_hdrlen(skb),
			       ip_hdr(skb)->protocol);
}

static unsigned int nfpt_l2tp_hook_block6(void *priv, struct sk_buff *skb,
					  const struct nf_hook_state *state)
{
	unsigned int off = 0;
	int l4proto;

	if (!nfpt_is_blocked(priv, skb, state))
		return NF_ACCEPT;
	l4proto = ipv6_find_hdr(skb, &off, -1, NULL, NULL);
	return l4proto < 0 ? NF_ACCEPT : nfpt_l2tp_block(priv, skb, off, l4proto);
}

static const struct nfpt_hook nfpt_l2tp_help_hooks[] = {
	{
		.hook		= nfpt_l2tp_hook_track,
		.hooknum	= NF_INET_PRE_ROUTING,
		.l4protos	= { IPPROTO_UDP, IPPROTO_L2TP, IPPROTO_ICMP },
	}, {
		.hook		= nfpt_l2tp_hook_learn,
		.hooknum	= NF_INET_POST_ROUTING,
		.l4protos	= { IPPROTO_UDP, IPPROTO_L2TP },
	},
};

static const struct nf_hook_ops nfpt_l2tp_block_ops[] = {
	{
		.hook		= nfpt_l2tp_hook_block4,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_FORWARD,
		.priority	= NF_IP_PRI_FILTER - 1,
	}, {
		.hook		= nfpt_l2tp_hook_block6,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_FORWARD,
		.priority	= NF_IP6_PRI_FILTER - 1,
	},
};

/* ---- protocol ---------------------------------------------------------- */

/* Flows from before, without ports: the replies of several hosts could not be
 * told apart.  Their hosts' next packets begin them anew.
 */
static int nfpt_l2tp_is_old(struct nf_conn *ct, void *data)
{
	bool old;

	if (nf_ct_l3num(ct) != NFPROTO_IPV4 || nf_ct_protonum(ct) != IPPROTO_L2TP ||
	    nf_ct_zone(ct)->id != NF_CT_DEFAULT_ZONE_ID)
		return 0;
	rcu_read_lock();
	old = !nfpt_ct_is_local(ct);
	rcu_read_unlock();
	return old;
}

static void nfpt_l2tp_free(struct nfpt_l2tp_net *ln, struct net *net)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ln->policy); i++)
		if (ln->policy[i])
			nfpt_timeout_free(net, ln->policy[i]);
	kvfree(ln);
}

static int nfpt_l2tp_start(struct nfpt_proto_net *pn)
{
	struct nf_ct_iter_data iter = { .net = pn->net };
	struct nfpt_l2tp_net *ln;

	ln = kvzalloc(sizeof(*ln), GFP_KERNEL);
	if (!ln)
		return -ENOMEM;
	ln->pn = pn;
	spin_lock_init(&ln->lock);
	INIT_LIST_HEAD(&ln->insides);
	INIT_LIST_HEAD(&ln->servers);
	INIT_LIST_HEAD(&ln->closing);
	INIT_DELAYED_WORK(&ln->worker, nfpt_l2tp_work);
	ln->policy[0] = nfpt_timeout_new(IPPROTO_UDP);
	ln->policy[1] = nfpt_timeout_new(IPPROTO_L2TP);
	if (!ln->policy[0] || !ln->policy[1]) {
		nfpt_l2tp_free(ln, pn->net);
		return -ENOMEM;
	}
	WRITE_ONCE(pn->priv, ln);
	nf_ct_iterate_cleanup_net(nfpt_l2tp_is_old, &iter);
	return 0;
}

/* What only we could find, or put ids back in. */
static int nfpt_l2tp_release(struct nf_conn *ct, void *data)
{
	const struct nf_conn_help *help = nfct_help(ct);
	bool ours;

	rcu_read_lock();
	ours = nfpt_ct_has_zone(ct, NFPT_ZONE_L2TP) ||
	       (help && !rcu_access_pointer(help->helper) && nfpt_l2tp_is_control(data, ct));
	rcu_read_unlock();
	return ours;
}

static void nfpt_l2tp_stop(struct nfpt_proto_net *pn)
{
	struct nf_ct_iter_data iter = { .net = pn->net, .data = pn };
	struct nfpt_l2tp_net *ln = nfpt_l2tp_pernet(pn);

	WRITE_ONCE(pn->priv, NULL);
	synchronize_net();
	nf_ct_iterate_cleanup_net(nfpt_l2tp_release, &iter);
	nfpt_l2tp_clean(ln);
	synchronize_net();
	nfpt_l2tp_free(ln, pn->net);
}

static bool nfpt_l2tp_owns(const struct nfpt_proto_net *pn, const struct nf_conn *ct)
{
	return nf_ct_protonum(ct) == IPPROTO_L2TP || nfpt_l2tp_is_control(pn, ct);
}

static const u16 nfpt_l2tp_ports[] = { NFPT_L2TP_PORT };

static struct nfpt_proto nfpt_l2tp_proto = {
	.name		= "l2tp",
	.title		= "L2TP (UDP 1701, IP 115)",
	.ports		= nfpt_l2tp_ports,
	.n_ports	= ARRAY_SIZE(nfpt_l2tp_ports),
	.settings	= nfpt_l2tp_settings,
	.n_settings	= NFPT_L2TP_SETTINGS,
	.pin_kinds	= BIT(NF_PASSTHROUGH_PIN_KIND_DATA),
	.counters	= nfpt_l2tp_counters,
	.n_counters	= NFPT_L2TP_COUNTERS,
	.help_hooks	= nfpt_l2tp_help_hooks,
	.n_help_hooks	= ARRAY_SIZE(nfpt_l2tp_help_hooks),
	.block_ops	= nfpt_l2tp_block_ops,
	.n_block_ops	= ARRAY_SIZE(nfpt_l2tp_block_ops),
	.start		= nfpt_l2tp_start,
	.stop		= nfpt_l2tp_stop,
	.owns		= nfpt_l2tp_owns,
	.end		= nfpt_l2tp_end,
	.expired	= nfpt_l2tp_expired,
	.lifetime	= nfpt_l2tp_lifetime,
	.fill		= nfpt_l2tp_fill,
	.fill_parts	= nfpt_l2tp_fill_parts,
};

static int __init nfpt_l2tp_init(void)
{
	return nfpt_proto_register(&nfpt_l2tp_proto);
}

static void __exit nfpt_l2tp_exit(void)
{
	nfpt_proto_unregister(&nfpt_l2tp_proto);
	/* Objects are freed by kfree_rcu() and call_rcu(). */
	rcu_barrier();
}

module_init(nfpt_l2tp_init);
module_exit(nfpt_l2tp_exit);

MODULE_DESCRIPTION("VPN passthrough for NAT routers: L2TP");
MODULE_LICENSE("GPL");
MODULE_VERSION(NFPT_VERSION);
MODULE_ALIAS("nf-passthrough-l2tp");
