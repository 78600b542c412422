// SPDX-License-Identifier: GPL-2.0
/*
 * nf_pptp_gre_helper: PPTP (RFC 2637) through a NAT, for every host behind it
 * and every call.  The way of a packet:
 *
 *   PRE_ROUTING, LOCAL_OUT, before conntrack:
 *	GRE          flow map -> call -> its conntrack -> attached
 *	ICMP error   the same, by the packet it quotes
 *   FORWARD, while disabled:
 *	control, GRE dropped
 *   POST_ROUTING, LOCAL_IN, after NAT:
 *	new control  gets our helper, if no rule gave it one
 *   POST_ROUTING, LOCAL_IN, when conntrack calls its helper:
 *	control      stream -> messages -> calls -> segment written back
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_expect.h>

#include "pptp.h"

/* ---- hooks ------------------------------------------------------------- */

static unsigned int nfpt_pptp_hook_track(void *priv, struct sk_buff *skb,
					 const struct nf_hook_state *state)
{
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct;

	if (ip_hdr(skb)->protocol != IPPROTO_GRE &&
	    ip_hdr(skb)->protocol != IPPROTO_ICMP)
		return NF_ACCEPT;
	if (ip_hdr(skb)->protocol == IPPROTO_ICMP && state->hook == NF_INET_LOCAL_OUT)
		return nfpt_pptp_track_own_icmp(priv, skb, state);
	ct = nf_ct_get(skb, &ctinfo);
	if (ctinfo == IP_CT_UNTRACKED || (ct && !nf_ct_is_template(ct)) ||
	    ip_is_fragment(ip_hdr(skb)))
		return NF_ACCEPT;
	if (ip_hdr(skb)->protocol == IPPROTO_GRE)
		return nfpt_pptp_track_packet(priv, skb);
	return nfpt_pptp_track_icmp(priv, skb, state);
}

static bool nfpt_pptp_is_control(const struct nfpt_proto_net *pn, const struct nf_conn *ct)
{
	return nf_ct_protonum(ct) == IPPROTO_TCP &&
	       (nfpt_port_is_ours(pn, ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple.dst.u.tcp.port) ||
		nfpt_port_is_ours(pn, ct->tuplehash[IP_CT_DIR_REPLY].tuple.src.u.tcp.port));
}

/* Behind all rules that could name a helper, before conntrack confirms. */
static unsigned int nfpt_pptp_hook_attach(void *priv, struct sk_buff *skb,
					  const struct nf_hook_state *state)
{
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct = nf_ct_get(skb, &ctinfo);
	struct nfpt_proto_net *pn = priv;
	struct nf_conn_help *help;

	if (!ct || ctinfo != IP_CT_NEW || nf_ct_is_confirmed(ct) ||
	    !nfpt_pptp_is_control(pn, ct) || !nfpt_in_scope(pn, skb, state))
		return NF_ACCEPT;
	help = nfct_help(ct);
	if (help) {
		if (rcu_access_pointer(help->helper) != &nfpt_pptp_helper)
			nfpt_count(pn, NFPT_PPTP_C_OTHER_HELPER);
		return NF_ACCEPT;
	}
	help = nf_ct_helper_ext_add(ct, GFP_ATOMIC);
	if (help)
		rcu_assign_pointer(help->helper, &nfpt_pptp_helper);
	else
		nfpt_count(pn, NFPT_PPTP_C_NOMEM);
	return NF_ACCEPT;
}

static unsigned int nfpt_pptp_block(struct nfpt_proto_net *pn, struct sk_buff *skb,
				    unsigned int off, u8 l4proto)
{
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct;
	const __be16 *ports;
	const u8 *header;
	unsigned int len;
	__be16 _ports[2];
	u8 _header[NFPT_GRE_MIN];
	u16 call_id;

	switch (l4proto) {
	case IPPROTO_TCP:
		ct = nf_ct_get(skb, &ctinfo);
		ports = skb_header_pointer(skb, off, sizeof(_ports), _ports);
		if (ct ? !nfpt_pptp_is_control(pn, ct) :
			 !ports || (!nfpt_port_is_ours(pn, ports[0]) &&
				    !nfpt_port_is_ours(pn, ports[1])))
			return NF_ACCEPT;
		nfpt_count(pn, NFPT_PPTP_C_BLOCKED_CONTROL);
		return NF_DROP;
	case IPPROTO_GRE:
		len = min_t(unsigned int, skb->len - off, sizeof(_header));
		header = skb_header_pointer(skb, off, len, _header);
		if (header && nfpt_gre_parse(header, len, &call_id) == NFPT_GRE_OTHER)
			return NF_ACCEPT;
		nfpt_count(pn, NFPT_PPTP_C_BLOCKED_DATA);
		return NF_DROP;
	}
	return NF_ACCEPT;
}

static unsigned int nfpt_pptp_hook_block4(void *priv, struct sk_buff *skb,
					  const struct nf_hook_state *state)
{
	if (!nfpt_is_blocked(priv, skb, state))
		return NF_ACCEPT;
	return nfpt_pptp_block(priv, skb, skb_network_offset(skb) + ip_hdrlen(skb),
			       ip_hdr(skb)->protocol);
}

static unsigned int nfpt_pptp_hook_block6(void *priv, struct sk_buff *skb,
					  const struct nf_hook_state *state)
{
	u8 nexthdr = ipv6_hdr(skb)->nexthdr;
	__be16 frag_off;
	int off;

	if (!nfpt_is_blocked(priv, skb, state))
		return NF_ACCEPT;
	off = ipv6_skip_exthdr(skb, skb_network_offset(skb) + sizeof(struct ipv6hdr),
			       &nexthdr, &frag_off);
	if (off < 0 || frag_off & htons(~0x7))
		return NF_ACCEPT;
	return nfpt_pptp_block(priv, skb, off, nexthdr);
}

static const struct nfpt_hook nfpt_pptp_help_hooks[] = {
	{
		.hook		= nfpt_pptp_hook_track,
		.hooknum	= NF_INET_PRE_ROUTING,
		.l4protos	= { IPPROTO_GRE, IPPROTO_ICMP },
	}, {
		.hook		= nfpt_pptp_hook_track,
		.hooknum	= NF_INET_LOCAL_OUT,
		.l4protos	= { IPPROTO_GRE, IPPROTO_ICMP },
	}, {
		.hook		= nfpt_pptp_hook_attach,
		.hooknum	= NF_INET_POST_ROUTING,
		.fresh		= true,
		.l4protos	= { IPPROTO_TCP },
	}, {
		.hook		= nfpt_pptp_hook_attach,
		.hooknum	= NF_INET_LOCAL_IN,
		.fresh		= true,
		.l4protos	= { IPPROTO_TCP },
	},
};

static const struct nf_hook_ops nfpt_pptp_block_ops[] = {
	{
		.hook		= nfpt_pptp_hook_block4,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_FORWARD,
		.priority	= NF_IP_PRI_FILTER - 1,
	}, {
		.hook		= nfpt_pptp_hook_block6,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_FORWARD,
		.priority	= NF_IP6_PRI_FILTER - 1,
	},
};

/* ---- helper ------------------------------------------------------------ */

static const struct nf_conntrack_expect_policy nfpt_pptp_expect = {
	.name		= "nf_pptp_gre",
	.max_expected	= 1,
	.timeout	= 60,
};

/* Of its own name and without a port: nf_conntrack_pptp may be there too. */
struct nf_conntrack_helper nfpt_pptp_helper __read_mostly = {
	.name			= "nf_pptp_gre",
	.me			= THIS_MODULE,
	.tuple.src.l3num	= NFPROTO_IPV4,
	.tuple.dst.protonum	= IPPROTO_TCP,
	.help			= nfpt_pptp_control,
	.destroy		= nfpt_pptp_control_destroy,
	.expect_policy		= &nfpt_pptp_expect,
};

/* ---- protocol ---------------------------------------------------------- */

static int nfpt_pptp_start(struct nfpt_proto_net *pn)
{
	struct nfpt_pptp_net *ppn = kzalloc(sizeof(*ppn), GFP_KERNEL);

	if (!ppn)
		return -ENOMEM;
	ppn->pn = pn;
	spin_lock_init(&ppn->lock);
	INIT_LIST_HEAD(&ppn->conns);
	INIT_LIST_HEAD(&ppn->closing);
	INIT_LIST_HEAD(&ppn->ended);
	INIT_LIST_HEAD(&ppn->graves);
	xa_init(&ppn->hosts);
	INIT_DELAYED_WORK(&ppn->worker, nfpt_pptp_work);
	ppn->cursor = get_random_u16();
	WRITE_ONCE(pn->priv, ppn);
	return 0;
}

static int nfpt_pptp_unhelp(struct nf_conn *ct, void *data)
{
	struct nf_conn_help *help = nfct_help(ct);

	if (help && rcu_access_pointer(help->helper) == &nfpt_pptp_helper) {
		struct nfpt_pptp_help *info = nfct_help_data(ct);

		RCU_INIT_POINTER(help->helper, NULL);
		RCU_INIT_POINTER(info->conn, NULL);
	}
	return 0;
}

static void nfpt_pptp_stop(struct nfpt_proto_net *pn)
{
	struct nfpt_pptp_net *ppn = nfpt_pptp_pernet(pn);
	struct nf_ct_iter_data iter = { .net = pn->net };

	/* Conntrack still calls the helper; it finds nothing to do. */
	WRITE_ONCE(pn->priv, NULL);
	synchronize_net();
	nf_ct_iterate_cleanup_net(nfpt_pptp_unhelp, &iter);
	nfpt_pptp_conn_end_all(ppn);
	/* GRE that came before the hooks went may still look at its call. */
	synchronize_net();
	xa_destroy(&ppn->hosts);
	kfree(ppn);
}

static bool nfpt_pptp_owns(const struct nfpt_proto_net *pn, const struct nf_conn *ct)
{
	const struct nf_conntrack_tuple *tuple = &ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;

	if (nf_ct_protonum(ct) == IPPROTO_GRE)
		/* Other GRE has no keys. */
		return ct->master || tuple->src.u.gre.key || tuple->dst.u.gre.key;
	return nfpt_pptp_is_control(pn, ct);
}

static enum nf_passthrough_end_reason nfpt_pptp_expired(const struct nfpt_session *s)
{
	const struct nfpt_pptp_call *call = container_of(s, struct nfpt_pptp_call, session);
	u32 idle = nfpt_session_idle(s);
	struct nf_conn *ct;

	if (!nfpt_pptp_is_tracked(call))
		return idle / HZ >= nfpt_pptp_lifetime(s) ?
		       NF_PASSTHROUGH_END_REASON_UNANSWERED :
		       NF_PASSTHROUGH_END_REASON_NONE;
	if (s->state == NF_PASSTHROUGH_SESSION_STATE_CLOSING &&
	    idle / HZ >= nfpt_pptp_lifetime(s))
		return NF_PASSTHROUGH_END_REASON_CLEARED;
	ct = nfpt_ct_held(&call->ct);
	if (!ct)
		return NF_PASSTHROUGH_END_REASON_IDLE;
	nf_ct_put(ct);
	return NF_PASSTHROUGH_END_REASON_NONE;
}

static const u16 nfpt_pptp_ports[] = { NFPT_PPTP_PORT };

struct nfpt_proto nfpt_pptp_proto = {
	.name		= "pptp",
	.title		= "PPTP (RFC 2637)",
	.ports		= nfpt_pptp_ports,
	.n_ports	= ARRAY_SIZE(nfpt_pptp_ports),
	.settings	= nfpt_pptp_settings,
	.n_settings	= NFPT_PPTP_SETTINGS,
	.counters	= nfpt_pptp_counters,
	.n_counters	= NFPT_PPTP_COUNTERS,
	.help_hooks	= nfpt_pptp_help_hooks,
	.n_help_hooks	= ARRAY_SIZE(nfpt_pptp_help_hooks),
	.block_ops	= nfpt_pptp_block_ops,
	.n_block_ops	= ARRAY_SIZE(nfpt_pptp_block_ops),
	.start		= nfpt_pptp_start,
	.stop		= nfpt_pptp_stop,
	.owns		= nfpt_pptp_owns,
	.end		= nfpt_pptp_end,
	.expired	= nfpt_pptp_expired,
	.lifetime	= nfpt_pptp_lifetime,
	.fill		= nfpt_pptp_fill,
	.note		= nfpt_pptp_note,
};

static int __init nfpt_pptp_init(void)
{
	int err;

	err = nf_conntrack_helper_register(&nfpt_pptp_helper);
	if (err) {
		pr_err("conntrack has a helper named %s already (error %d)\n",
		       nfpt_pptp_helper.name, err);
		return err;
	}
	err = nfpt_proto_register(&nfpt_pptp_proto);
	if (err)
		goto err_proto;
	return 0;

err_proto:
	nf_conntrack_helper_unregister(&nfpt_pptp_helper);
	return err;
}

static void __exit nfpt_pptp_exit(void)
{
	nfpt_proto_unregister(&nfpt_pptp_proto);
	nf_conntrack_helper_unregister(&nfpt_pptp_helper);
	/* Calls and connections are freed by kfree_rcu(). */
	rcu_barrier();
}

module_init(nfpt_pptp_init);
module_exit(nfpt_pptp_exit);

MODULE_DESCRIPTION("VPN passthrough for NAT routers: PPTP");
MODULE_LICENSE("GPL");
MODULE_VERSION(NFPT_VERSION);
MODULE_ALIAS("nf-passthrough-pptp");
