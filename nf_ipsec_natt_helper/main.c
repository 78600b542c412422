// SPDX-License-Identifier: GPL-2.0
/*
 * nf_ipsec_natt_helper: IPsec through a NAT, for every host behind it.  The
 * way of a packet, IPv4 only:
 *
 *   PRE_ROUTING, before conntrack:
 *	ESP          flow map -> SA -> its host's conntrack -> attached
 *	  new, out   its host's zone, so that replies can be told apart
 *	  new, in    association -> one host, several, or none
 *	ICMP error   the same, by the ESP packet it quotes
 *	IKE          by its initiator's SPI, if its port is not its host's
 *   FORWARD, while disabled, IPv6 too:
 *	IKE, NAT-T, ESP, AH dropped
 *   POST_ROUTING, after NAT:
 *	new ESP      session of host and gateway; its host's zone, so that the
 *		     replies to several hosts can be told apart
 *	new IKE      its port again, if its host is to keep it; gets our helper,
 *		     which reads its messages
 *	new NAT-T    gets the port it had before it expired
 *	NAT-T        IKE messages, SPIs; lives as long as RFC 4787 wants it to
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/slab.h>
#include <linux/udp.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_expect.h>

#include "ipsec.h"

/* ---- hooks ------------------------------------------------------------- */

/* Packets that have a conntrack, or are to have none, are not ours.  Nor are
 * those that a rule has put into a zone: theirs cannot be joined with ours.
 */
static bool nfpt_ipsec_is_free(const struct nfpt_ipsec_net *ipn, const struct sk_buff *skb)
{
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct = nf_ct_get(skb, &ctinfo);

	if (ct && nf_ct_is_template(ct) && ip_hdr(skb)->protocol == IPPROTO_ESP)
		nfpt_count(ipn->pn, NFPT_IPSEC_C_ZONE);
	return !ct && ctinfo != IP_CT_UNTRACKED && !ip_is_fragment(ip_hdr(skb));
}

static unsigned int nfpt_ipsec_hook_track(void *priv, struct sk_buff *skb,
					  const struct nf_hook_state *state)
{
	struct nfpt_ipsec_net *ipn = nfpt_ipsec_pernet(priv);

	switch (ip_hdr(skb)->protocol) {
	case IPPROTO_ESP:
		if (nfpt_ipsec_is_free(ipn, skb))
			return nfpt_ipsec_track_esp(ipn, skb);
		break;
	case IPPROTO_UDP:
		if (nfpt_ipsec_is_free(ipn, skb))
			return nfpt_ipsec_track_ike(ipn, skb);
		break;
	case IPPROTO_ICMP:
		if (nfpt_ipsec_is_free(ipn, skb))
			return nfpt_ipsec_track_icmp(ipn, skb, state);
		break;
	case IPPROTO_AH:
		nfpt_count(ipn->pn, NFPT_IPSEC_C_AH);
		break;
	}
	return NF_ACCEPT;
}

static bool nfpt_ipsec_is_control(const struct nfpt_proto_net *pn, const struct nf_conn *ct)
{
	return nfpt_ct_is_control(pn, ct, IPPROTO_UDP);
}

static bool nfpt_ipsec_is_ike(const struct nf_conn *ct)
{
	return ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple.dst.u.udp.port == htons(NFPT_IKE_PORT);
}

static void nfpt_ipsec_attach(struct nfpt_proto_net *pn, struct nf_conn *ct)
{
	struct nf_conn_help *help = nfct_help(ct);

	if (help) {
		if (rcu_access_pointer(help->helper) != &nfpt_ipsec_helper)
			nfpt_count(pn, NFPT_IPSEC_C_OTHER_HELPER);
		return;
	}
	help = nf_ct_helper_ext_add(ct, GFP_ATOMIC);
	if (help)
		rcu_assign_pointer(help->helper, &nfpt_ipsec_helper);
	else
		nfpt_count(pn, NFPT_IPSEC_C_NOMEM);
}

static unsigned int nfpt_ipsec_learn_udp(struct nfpt_proto_net *pn, struct sk_buff *skb,
					 struct nf_conn *ct, enum ip_conntrack_info ctinfo,
					 const struct net_device *out)
{
	bool fresh = ctinfo == IP_CT_NEW && !nf_ct_is_confirmed(ct);
	struct nfpt_ipsec_net *ipn = nfpt_ipsec_pernet(pn);

	if (nfpt_ipsec_has_other_zone(ct))
		return NF_ACCEPT;
	if (!nfpt_ipsec_is_ike(ct)) {
		if (fresh && !nfpt_ipsec_natt_begin(ipn, skb, ct, out)) {
			nfpt_count(pn, NFPT_IPSEC_C_NOMEM);
			return NF_DROP;
		}
		nfpt_ipsec_natt_packet(ipn, skb, ct, ctinfo);
	} else if (fresh) {
		if (!nfpt_ipsec_ike_keep(ipn, skb, ct)) {
			nfpt_count(pn, NFPT_IPSEC_C_NOMEM);
			return NF_DROP;
		}
		nfpt_ipsec_attach(pn, ct);
	}
	return NF_ACCEPT;
}

static unsigned int nfpt_ipsec_hook_learn(void *priv, struct sk_buff *skb,
					  const struct nf_hook_state *state)
{
	u8 l4proto = ip_hdr(skb)->protocol;
	struct nfpt_proto_net *pn = priv;
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct;

	if (l4proto != IPPROTO_ESP && l4proto != IPPROTO_UDP)
		return NF_ACCEPT;
	ct = nf_ct_get(skb, &ctinfo);
	if (!ct)
		return NF_ACCEPT;
	if (l4proto == IPPROTO_UDP && nfpt_ipsec_is_control(pn, ct) && !nfpt_ct_is_local(ct) &&
	    nfpt_in_scope(pn, skb, state))
		return nfpt_ipsec_learn_udp(pn, skb, ct, ctinfo, state->out);
	if (l4proto == IPPROTO_ESP && ctinfo == IP_CT_NEW && nfpt_in_scope(pn, skb, state))
		nfpt_ipsec_learn_esp(nfpt_ipsec_pernet(pn), skb, ct, !nf_ct_is_confirmed(ct));
	return NF_ACCEPT;
}

static unsigned int nfpt_ipsec_block(struct nfpt_proto_net *pn, struct sk_buff *skb,
				     unsigned int off, u8 l4proto)
{
	switch (l4proto) {
	case IPPROTO_UDP:
		if (!nfpt_skb_is_control(pn, skb, off, l4proto))
			return NF_ACCEPT;
		nfpt_count(pn, NFPT_IPSEC_C_BLOCKED_CONTROL);
		return NF_DROP;
	case IPPROTO_ESP:
	case IPPROTO_AH:
		nfpt_count(pn, NFPT_IPSEC_C_BLOCKED_DATA);
		return NF_DROP;
	}
	return NF_ACCEPT;
}

static unsigned int nfpt_ipsec_hook_block4(void *priv, struct sk_buff *skb,
					   const struct nf_hook_state *state)
{
	if (!nfpt_is_blocked(priv, skb, state))
		return NF_ACCEPT;
	return nfpt_ipsec_block(priv, skb, skb_network_offset(skb) + ip_hdrlen(skb),
				ip_hdr(skb)->protocol);
}

/* AH is an extension header, too: it is looked for on the way to the last. */
static unsigned int nfpt_ipsec_hook_block6(void *priv, struct sk_buff *skb,
					   const struct nf_hook_state *state)
{
	unsigned int off = 0;
	int l4proto;

	if (!nfpt_is_blocked(priv, skb, state))
		return NF_ACCEPT;
	l4proto = ipv6_find_hdr(skb, &off, IPPROTO_AH, NULL, NULL);
	if (l4proto != IPPROTO_AH) {
		off = 0;
		l4proto = ipv6_find_hdr(skb, &off, -1, NULL, NULL);
	}
	return l4proto < 0 ? NF_ACCEPT : nfpt_ipsec_block(priv, skb, off, l4proto);
}

static const struct nfpt_hook nfpt_ipsec_help_hooks[] = {
	{
		.hook		= nfpt_ipsec_hook_track,
		.hooknum	= NF_INET_PRE_ROUTING,
		.l4protos	= { IPPROTO_ESP, IPPROTO_AH, IPPROTO_UDP, IPPROTO_ICMP },
	}, {
		.hook		= nfpt_ipsec_hook_learn,
		.hooknum	= NF_INET_POST_ROUTING,
		.l4protos	= { IPPROTO_ESP, IPPROTO_UDP },
	},
};

static const struct nf_hook_ops nfpt_ipsec_block_ops[] = {
	{
		.hook		= nfpt_ipsec_hook_block4,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_FORWARD,
		.priority	= NF_IP_PRI_FILTER - 1,
	}, {
		.hook		= nfpt_ipsec_hook_block6,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_FORWARD,
		.priority	= NF_IP6_PRI_FILTER - 1,
	},
};

/* ---- helper ------------------------------------------------------------ */

static const struct nf_conntrack_expect_policy nfpt_ipsec_expect = {
	.name		= "nf_ipsec_ike",
	.max_expected	= 1,
	.timeout	= 60,
};

struct nf_conntrack_helper nfpt_ipsec_helper __read_mostly = {
	.name			= "nf_ipsec_ike",
	.me			= THIS_MODULE,
	.tuple.src.l3num	= NFPROTO_IPV4,
	.tuple.dst.protonum	= IPPROTO_UDP,
	.help			= nfpt_ipsec_ike_help,
	.expect_policy		= &nfpt_ipsec_expect,
};

/* ---- protocol ---------------------------------------------------------- */

/* Flows from before: the replies of ESP could not be told apart, and what IKE
 * says would not be seen.  Their hosts' next packets begin them anew.
 */
static int nfpt_ipsec_is_old(struct nf_conn *ct, void *data)
{
	bool old;

	if (nf_ct_l3num(ct) != NFPROTO_IPV4 || nf_ct_zone(ct)->id != NF_CT_DEFAULT_ZONE_ID ||
	    (nf_ct_protonum(ct) != IPPROTO_ESP &&
	     (nf_ct_protonum(ct) != IPPROTO_UDP || !nfpt_ipsec_is_ike(ct))))
		return 0;
	rcu_read_lock();
	old = !nfpt_ct_is_local(ct);
	rcu_read_unlock();
	return old;
}

static int nfpt_ipsec_start(struct nfpt_proto_net *pn)
{
	struct nf_ct_iter_data iter = { .net = pn->net };
	struct nfpt_ipsec_net *ipn;

	ipn = kvzalloc(sizeof(*ipn), GFP_KERNEL);
	if (!ipn)
		return -ENOMEM;
	ipn->pn = pn;
	spin_lock_init(&ipn->lock);
	INIT_LIST_HEAD(&ipn->insides);
	INIT_LIST_HEAD(&ipn->gateways);
	INIT_LIST_HEAD(&ipn->ports);
	INIT_DELAYED_WORK(&ipn->worker, nfpt_ipsec_work);
	ipn->natt = nfpt_timeout_new(IPPROTO_UDP);
	if (!ipn->natt) {
		kvfree(ipn);
		return -ENOMEM;
	}
	WRITE_ONCE(pn->priv, ipn);
	nf_ct_iterate_cleanup_net(nfpt_ipsec_is_old, &iter);
	return 0;
}

/* What only we could find, and what calls our helper. */
static int nfpt_ipsec_release(struct nf_conn *ct, void *data)
{
	struct nf_conn_help *help = nfct_help(ct);

	if (help && rcu_access_pointer(help->helper) == &nfpt_ipsec_helper)
		RCU_INIT_POINTER(help->helper, NULL);
	return nfpt_ipsec_has_zone(ct);
}

static void nfpt_ipsec_stop(struct nfpt_proto_net *pn)
{
	struct nf_ct_iter_data iter = { .net = pn->net };
	struct nfpt_ipsec_net *ipn = nfpt_ipsec_pernet(pn);

	/* Conntrack still calls the helper; it finds nothing to do. */
	WRITE_ONCE(pn->priv, NULL);
	synchronize_net();
	nf_ct_iterate_cleanup_net(nfpt_ipsec_release, &iter);
	nfpt_ipsec_clean(ipn);
	nfpt_timeout_free(pn->net, ipn->natt);
	synchronize_net();
	kvfree(ipn);
}

static bool nfpt_ipsec_owns(const struct nfpt_proto_net *pn, const struct nf_conn *ct)
{
	return nf_ct_protonum(ct) == IPPROTO_ESP || nf_ct_protonum(ct) == IPPROTO_AH ||
	       nfpt_ipsec_is_control(pn, ct);
}

static const u16 nfpt_ipsec_ports[] = { NFPT_IKE_PORT, NFPT_NATT_PORT };

struct nfpt_proto nfpt_ipsec_proto = {
	.name		= "ipsec",
	.title		= "IPsec (IKE, NAT-T, ESP)",
	.ports		= nfpt_ipsec_ports,
	.n_ports	= ARRAY_SIZE(nfpt_ipsec_ports),
	.settings	= nfpt_ipsec_settings,
	.n_settings	= NFPT_IPSEC_SETTINGS,
	.pin_kinds	= BIT(NF_PASSTHROUGH_PIN_KIND_DATA) |
			  BIT(NF_PASSTHROUGH_PIN_KIND_SOURCE_PORT),
	.counters	= nfpt_ipsec_counters,
	.n_counters	= NFPT_IPSEC_COUNTERS,
	.help_hooks	= nfpt_ipsec_help_hooks,
	.n_help_hooks	= ARRAY_SIZE(nfpt_ipsec_help_hooks),
	.block_ops	= nfpt_ipsec_block_ops,
	.n_block_ops	= ARRAY_SIZE(nfpt_ipsec_block_ops),
	.start		= nfpt_ipsec_start,
	.stop		= nfpt_ipsec_stop,
	.owns		= nfpt_ipsec_owns,
	.end		= nfpt_ipsec_end,
	.expired	= nfpt_ipsec_expired,
	.lifetime	= nfpt_ipsec_lifetime,
	.fill		= nfpt_ipsec_fill,
	.fill_parts	= nfpt_ipsec_fill_parts,
};

static int __init nfpt_ipsec_init(void)
{
	int err;

	err = nf_conntrack_helper_register(&nfpt_ipsec_helper);
	if (err) {
		pr_err("conntrack has a helper named %s already (error %d)\n",
		       nfpt_ipsec_helper.name, err);
		return err;
	}
	err = nfpt_proto_register(&nfpt_ipsec_proto);
	if (err)
		nf_conntrack_helper_unregister(&nfpt_ipsec_helper);
	return err;
}

static void __exit nfpt_ipsec_exit(void)
{
	nfpt_proto_unregister(&nfpt_ipsec_proto);
	nf_conntrack_helper_unregister(&nfpt_ipsec_helper);
	/* Objects are freed by kfree_rcu() and call_rcu(). */
	rcu_barrier();
}

module_init(nfpt_ipsec_init);
module_exit(nfpt_ipsec_exit);

MODULE_DESCRIPTION("VPN passthrough for NAT routers: IPsec");
MODULE_LICENSE("GPL");
MODULE_VERSION(NFPT_VERSION);
MODULE_ALIAS("nf-passthrough-ipsec");
