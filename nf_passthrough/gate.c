// SPDX-License-Identifier: GPL-2.0
/*
 * Gates: the hooks that all protocols of a namespace share, and which packets
 * are for whom.
 *
 * A hook costs each packet some instructions, whoever's the packet is, and three
 * protocols with two or three hooks each would cost a twentieth of what a router
 * does with a packet.  So there is one hook at a place, and what is nobody's
 * leaves it after a look into a table.
 */
#include <linux/netfilter_ipv4.h>
#include <linux/slab.h>
#include <net/netfilter/nf_conntrack.h>

#include "core.h"

/* A protocol there, and what it does. */
struct nfpt_gate_user {
	struct nfpt_proto_net	*pn;
	nf_hookfn		*hook;
};

/**
 * struct nfpt_gate - one place in the way of packets
 * @ops: the hook
 * @nn: the namespace
 * @n_users: how many protocols are there
 * @users: these, by nfpt_proto.id
 * @asked: by whether a packet may begin a flow and by IP protocol, who is to be
 *	asked, nfpt_proto.id by bit
 */
struct nfpt_gate {
	struct nf_hook_ops	ops;
	struct nfpt_net		*nn;
	unsigned int		n_users;
	struct nfpt_gate_user	users[NFPT_PROTO_MAX];
	u8			asked[2][U8_MAX + 1];
};

static u64 nfpt_gate_port(__be16 port)
{
	return BIT_ULL((u8)((__force u16)port * 0x9e37u >> 8) & 63);
}

/* Not inline: who is shown nothing should not save registers for it. */
static noinline unsigned int nfpt_gate_ask(const struct nfpt_gate *gate, unsigned long asked,
					   struct sk_buff *skb,
					   const struct nf_hook_state *state)
{
	const struct nfpt_gate_user *user;
	unsigned int verdict;

	smp_rmb();	/* with nfpt_gate_join() */
	for (; asked; asked &= asked - 1) {
		user = &gate->users[__ffs(asked)];
		verdict = user->hook(user->pn, skb, state);
		if (verdict != NF_ACCEPT)
			return verdict;
	}
	return NF_ACCEPT;
}

/* Before conntrack. */
static unsigned int nfpt_gate_early(void *priv, struct sk_buff *skb,
				    const struct nf_hook_state *state)
{
	const struct nfpt_gate *gate = priv;
	u8 l4proto = ip_hdr(skb)->protocol;
	u8 asked = READ_ONCE(gate->asked[true][l4proto]);

	if (!asked || (l4proto == IPPROTO_UDP && !atomic_read(&gate->nn->awaited)))
		return NF_ACCEPT;
	return nfpt_gate_ask(gate, asked, skb, state);
}

/* Whether a flow of TCP or UDP may be to a control port of anybody's. */
static bool nfpt_gate_may_control(const struct nfpt_net *nn, const struct nf_conn *ct)
{
	const struct nf_conntrack_tuple *orig = &ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	const struct nf_conntrack_tuple *repl = &ct->tuplehash[IP_CT_DIR_REPLY].tuple;
	u64 ports = READ_ONCE(nn->ports);

	return ports & nfpt_gate_port(orig->dst.u.all) ||
	       (ct->status & IPS_DST_NAT && ports & nfpt_gate_port(repl->src.u.all));
}

/* Behind NAT and all rules, before conntrack confirms. */
static unsigned int nfpt_gate_late(void *priv, struct sk_buff *skb,
				   const struct nf_hook_state *state)
{
	const struct nfpt_gate *gate = priv;
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct = nf_ct_get(skb, &ctinfo);
	u8 l4proto = ip_hdr(skb)->protocol;
	u8 asked = READ_ONCE(gate->asked[ctinfo == IP_CT_NEW][l4proto]);

	if (!asked || ((l4proto == IPPROTO_UDP || l4proto == IPPROTO_TCP) &&
		       (!ct || likely(!nfpt_gate_may_control(gate->nn, ct)))))
		return NF_ACCEPT;
	return nfpt_gate_ask(gate, asked, skb, state);
}

static const struct nf_hook_ops nfpt_gate_ops[NF_INET_NUMHOOKS] = {
	[NF_INET_PRE_ROUTING] = {
		.hook		= nfpt_gate_early,
		.priority	= NF_IP_PRI_CONNTRACK - 1,
	},
	[NF_INET_LOCAL_OUT] = {
		.hook		= nfpt_gate_early,
		.priority	= NF_IP_PRI_CONNTRACK - 1,
	},
	[NF_INET_POST_ROUTING] = {
		.hook		= nfpt_gate_late,
		.priority	= NF_IP_PRI_NAT_SRC + 1,
	},
	[NF_INET_LOCAL_IN] = {
		.hook		= nfpt_gate_late,
		.priority	= NF_IP_PRI_NAT_SRC + 1,
	},
};

/* The gate at a place, made if nobody was there. */
static struct nfpt_gate *nfpt_gate_get(struct nfpt_net *nn, u8 hooknum)
{
	struct nfpt_gate *gate = nn->gates[hooknum];
	int err;

	if (gate) {
		gate->n_users++;
		return gate;
	}
	if (!nfpt_gate_ops[hooknum].hook)
		return ERR_PTR(-EINVAL);
	gate = kzalloc(sizeof(*gate), GFP_KERNEL);
	if (!gate)
		return ERR_PTR(-ENOMEM);
	gate->n_users = 1;
	gate->nn = nn;
	gate->ops = nfpt_gate_ops[hooknum];
	gate->ops.pf = NFPROTO_IPV4;
	gate->ops.hooknum = hooknum;
	gate->ops.priv = gate;
	err = nf_register_net_hook(nn->net, &gate->ops);
	if (err) {
		kfree(gate);
		return ERR_PTR(err);
	}
	nn->gates[hooknum] = gate;
	return gate;
}

static void nfpt_gate_ask_for(struct nfpt_gate *gate, const struct nfpt_hook *hook, int id,
			      bool ask)
{
	unsigned int i, fresh;
	u8 *asked;

	for (i = 0; i < ARRAY_SIZE(hook->l4protos) && hook->l4protos[i]; i++)
		for (fresh = hook->fresh; fresh < ARRAY_SIZE(gate->asked); fresh++) {
			asked = &gate->asked[fresh][hook->l4protos[i]];
			WRITE_ONCE(*asked, (*asked & ~BIT(id)) | ask << id);
		}
}

static int nfpt_gate_join(struct nfpt_proto_net *pn, const struct nfpt_hook *hook)
{
	struct nfpt_gate *gate = nfpt_gate_get(pn->nn, hook->hooknum);
	int id = pn->proto->id;

	if (IS_ERR(gate))
		return PTR_ERR(gate);
	gate->users[id].hook = hook->hook;
	gate->users[id].pn = pn;
	smp_wmb();	/* who sees the bit sees these */
	nfpt_gate_ask_for(gate, hook, id, true);
	return 0;
}

static void nfpt_gates_leave(struct nfpt_proto_net *pn, unsigned int n)
{
	const struct nfpt_hook *hooks = pn->proto->help_hooks;
	struct nfpt_gate *gone[NF_INET_NUMHOOKS] = {};
	struct nfpt_gate *gate;
	unsigned int i;

	for (i = 0; i < n; i++) {
		gate = pn->nn->gates[hooks[i].hooknum];
		nfpt_gate_ask_for(gate, &hooks[i], pn->proto->id, false);
		if (--gate->n_users)
			continue;
		nf_unregister_net_hook(pn->net, &gate->ops);
		pn->nn->gates[hooks[i].hooknum] = NULL;
		gone[i] = gate;
	}
	/* Packets, and those who list hooks, may still look at them. */
	synchronize_net();
	for (i = 0; i < n; i++)
		kfree(gone[i]);
}

/**
 * nfpt_gates_enter() - packets of a protocol are shown to it
 * @pn: the protocol in the namespace
 *
 * Context: registry mutex held, may sleep.
 * Return: 0 or a negative error.
 */
int nfpt_gates_enter(struct nfpt_proto_net *pn)
{
	unsigned int i;
	int err;

	for (i = 0; i < pn->proto->n_help_hooks; i++) {
		err = nfpt_gate_join(pn, &pn->proto->help_hooks[i]);
		if (err) {
			nfpt_gates_leave(pn, i);
			return err;
		}
	}
	return 0;
}

/**
 * nfpt_gates_exit() - packets of a protocol are not shown to it any more
 * @pn: the protocol in the namespace
 *
 * Context: registry mutex held, may sleep; none is under way on return.
 */
void nfpt_gates_exit(struct nfpt_proto_net *pn)
{
	nfpt_gates_leave(pn, pn->proto->n_help_hooks);
}

/**
 * nfpt_gates_update() - the control ports of a namespace are others
 * @nn: the namespace
 *
 * Context: registry mutex held.
 */
void nfpt_gates_update(struct nfpt_net *nn)
{
	const struct nfpt_proto *proto = NULL;
	const struct nfpt_config *config;
	const struct nfpt_proto_net *pn;
	u64 ports = 0;
	int i;

	while ((proto = nfpt_proto_next(proto))) {
		pn = nfpt_proto_net_find(nn, proto);
		if (!pn || !pn->helped)
			continue;
		config = rcu_dereference_protected(pn->config,
						   lockdep_is_held(&nfpt_registry_mutex));
		for (i = 0; i < config->n_ports; i++)
			ports |= nfpt_gate_port(htons(config->ports[i]));
	}
	WRITE_ONCE(nn->ports, ports);
}

/**
 * nfpt_await_udp() - a protocol awaits UDP before conntrack, or does not any more
 * @pn: the protocol in the namespace
 * @n: 1 or -1, for each peer that may send some
 *
 * Context: any.
 */
void nfpt_await_udp(const struct nfpt_proto_net *pn, int n)
{
	atomic_add(n, &pn->nn->awaited);
}
EXPORT_SYMBOL_GPL(nfpt_await_udp);
