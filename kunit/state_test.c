// SPDX-License-Identifier: GPL-2.0
/*
 * The registry of protocols and their states in a namespace.
 */
#include <net/netfilter/nf_conntrack_core.h>

#include "fake.h"

#define BYPASSED	NF_PASSTHROUGH_STATE_BYPASSED
#define ENABLED		NF_PASSTHROUGH_STATE_ENABLED
#define DISABLED	NF_PASSTHROUGH_STATE_DISABLED

/* Whether a packet of an IP protocol passes some hooks. */
static bool nfpt_state_test_passes_hooks(struct kunit *test, u8 l4proto, const u8 *hooknums,
					 unsigned int n)
{
	struct nfpt_fake *fake = test->priv;
	struct sk_buff *skb;
	unsigned int i;

	skb = nfpt_kunit_packet(htonl(0x0a00000b), htonl(0xc0000202), l4proto, "12345678", 8,
				8, 0);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	for (i = 0; i < n; i++)
		if (nf_hook(NFPROTO_IPV4, hooknums[i], fake->net, NULL, skb, NULL, NULL,
			    NULL) != 1)
			return false;
	kfree_skb(skb);
	return true;
}

/* Whether a forwarded packet is let through. */
static bool nfpt_state_test_passes(struct kunit *test)
{
	static const u8 way[] = { NF_INET_PRE_ROUTING, NF_INET_FORWARD };

	return nfpt_state_test_passes_hooks(test, IPPROTO_GRE, way, ARRAY_SIZE(way));
}

/* What is registered, by what happens to a packet. */
static void nfpt_state_test_hooks(struct kunit *test, struct nfpt_proto_net *pn, int state)
{
	struct nfpt_fake *fake = test->priv;
	unsigned int helped = fake->helped, blocked = fake->blocked;

	KUNIT_EXPECT_EQ(test, pn->state, state);
	KUNIT_EXPECT_EQ(test, pn->helped, state != BYPASSED);
	KUNIT_EXPECT_EQ(test, !!pn->block_ops, state == DISABLED);
	KUNIT_EXPECT_EQ(test, nfpt_state_test_passes(test), state != DISABLED);
	KUNIT_EXPECT_EQ(test, fake->helped - helped, state != BYPASSED);
	KUNIT_EXPECT_EQ(test, fake->blocked - blocked, state == DISABLED);
}

static const struct nfpt_state_step {
	const char	*name;
	int		from;
	int		to;
	unsigned int	starts;
	unsigned int	stops;
	unsigned int	ended;	/* of one forwarded and two local sessions */
} nfpt_state_steps[] = {
	{ "bypassed to bypassed", BYPASSED, BYPASSED, 0, 0, 0 },
	{ "bypassed to enabled",  BYPASSED, ENABLED,  1, 0, 0 },
	{ "bypassed to disabled", BYPASSED, DISABLED, 1, 0, 1 },
	{ "enabled to bypassed",  ENABLED,  BYPASSED, 0, 1, 3 },
	{ "enabled to enabled",   ENABLED,  ENABLED,  0, 0, 0 },
	{ "enabled to disabled",  ENABLED,  DISABLED, 0, 0, 1 },
	{ "disabled to bypassed", DISABLED, BYPASSED, 0, 1, 3 },
	{ "disabled to enabled",  DISABLED, ENABLED,  0, 0, 0 },
	{ "disabled to disabled", DISABLED, DISABLED, 0, 0, 0 },
};

KUNIT_ARRAY_PARAM_DESC(nfpt_state_step, nfpt_state_steps, name);

static void nfpt_state_test_step(struct kunit *test)
{
	const struct nfpt_state_step *c = test->param_value;
	struct nfpt_proto_net *pn = nfpt_fake_state(test, c->from);
	struct nfpt_fake *fake = test->priv;
	unsigned int *ended = &fake->ends[NF_PASSTHROUGH_END_REASON_STOPPED];
	int i;

	nfpt_state_test_hooks(test, pn, c->from);
	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_FALSE(test, IS_ERR(nfpt_fake_session(pn, 2 * i, 100, i)));
	fake->starts = 0;

	KUNIT_EXPECT_PTR_EQ(test, nfpt_fake_state(test, c->to), pn);
	nfpt_state_test_hooks(test, pn, c->to);
	KUNIT_EXPECT_EQ(test, fake->starts, c->starts);
	KUNIT_EXPECT_EQ(test, fake->stops, c->stops);
	KUNIT_EXPECT_EQ(test, *ended, c->ended);
	KUNIT_EXPECT_EQ(test, atomic_read(&pn->sessions), 3 - c->ended);
	nfpt_kunit_flush(pn);
}

/* Another namespace is not asked. */
static void nfpt_state_test_namespaces(struct kunit *test)
{
	struct nfpt_proto_net *pn = nfpt_fake_state(test, BYPASSED);
	struct nfpt_fake *fake = test->priv;
	struct nfpt_proto_net *other;

	other = nfpt_kunit_state(&init_net, &fake->proto, ENABLED);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, other);
	KUNIT_EXPECT_PTR_NE(test, other, pn);
	nfpt_state_test_hooks(test, pn, BYPASSED);
	KUNIT_EXPECT_TRUE(test, other->helped);
}

/* Disabling ends what conntrack has of the protocol, unless it is our own. */
static void nfpt_state_test_conntracks(struct kunit *test)
{
	const struct {
		u32	saddr;
		u32	daddr;
		u16	dport;
		bool	dies;
	} flows[] = {
		{ 0x0a00000b, 0xc0000202, NFPT_FAKE_PORT,     true },
		{ 0x0a00000b, 0xc0000202, NFPT_FAKE_PORT + 1, false },
		{ 0x0a00000b, 0x7f000001, NFPT_FAKE_PORT,     false },
		{ 0x7f000001, 0xc0000202, NFPT_FAKE_PORT,     false },
	};
	struct nf_conntrack_tuple orig[ARRAY_SIZE(flows)], repl;
	struct nfpt_fake *fake = test->priv;
	struct nf_conn *ct;
	int i;

	KUNIT_ASSERT_EQ(test, nfpt_kunit_net_loopback(fake->net), 0);
	nfpt_fake_state(test, ENABLED);
	for (i = 0; i < ARRAY_SIZE(flows); i++) {
		nfpt_kunit_tuple(&orig[i], IPPROTO_UDP, htonl(flows[i].saddr), 5000,
				 htonl(flows[i].daddr), flows[i].dport);
		nfpt_kunit_tuple(&repl, IPPROTO_UDP, htonl(flows[i].daddr), flows[i].dport,
				 htonl(flows[i].saddr), 5000);
		repl.dst.dir = IP_CT_DIR_REPLY;
		ct = nfpt_kunit_ct_add(fake->net, &orig[i], &repl, NULL);
		KUNIT_ASSERT_NOT_NULL(test, ct);
		nf_ct_put(ct);
	}
	nfpt_fake_state(test, DISABLED);
	for (i = 0; i < ARRAY_SIZE(flows); i++)
		KUNIT_EXPECT_EQ_MSG(test, nfpt_kunit_ct_has(fake->net, &orig[i]),
				    !flows[i].dies, "flow %d", i);
}

static const struct nfpt_state_fail {
	const char	*name;
	int		to;
	int		start_err;
	bool		bad_hook;
	int		err;
} nfpt_state_fails[] = {
	{ "start fails, enable",  ENABLED,  -ENODEV, false, -ENODEV },
	{ "start fails, disable", DISABLED, -ENODEV, false, -ENODEV },
	{ "hook fails, enable",	  ENABLED,  0,	     true,  -EINVAL },
	{ "hook fails, disable",  DISABLED, 0,	     true,  -EINVAL },
};

KUNIT_ARRAY_PARAM_DESC(nfpt_state_fail, nfpt_state_fails, name);

/* A change that fails has changed nothing, the new settings included. */
static void nfpt_state_test_fail(struct kunit *test)
{
	static const struct nfpt_hook nowhere = { .hooknum = NF_INET_FORWARD };
	const struct nfpt_state_fail *c = test->param_value;
	struct nfpt_proto_net *pn = nfpt_fake_state(test, BYPASSED);
	struct nfpt_change change = { .pn = pn, .state = c->to };
	struct nfpt_fake *fake = test->priv;
	const struct nfpt_hook *help_hooks = fake->proto.help_hooks;
	struct nfpt_hook hooks[2];
	const void *config;
	int err;

	fake->start_err = c->start_err;
	if (c->bad_hook) {
		/* The first one works and has to go again. */
		hooks[0] = help_hooks[0];
		hooks[1] = nowhere;
		fake->proto.help_hooks = hooks;
	}
	config = rcu_access_pointer(pn->config);
	change.config = kunit_kzalloc(test, sizeof(*change.config), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, change.config);

	mutex_lock(&nfpt_registry_mutex);
	err = nfpt_proto_net_change(&change, 1, NULL);
	mutex_unlock(&nfpt_registry_mutex);
	fake->proto.help_hooks = help_hooks;

	KUNIT_EXPECT_EQ(test, err, c->err);
	KUNIT_EXPECT_PTR_EQ(test, rcu_access_pointer(pn->config), config);
	KUNIT_EXPECT_NOT_NULL(test, change.config);
	KUNIT_EXPECT_EQ(test, fake->starts, fake->stops);
	nfpt_state_test_hooks(test, pn, BYPASSED);
}

static bool nfpt_state_test_ours(const struct nfpt_proto_net *pn, u16 port)
{
	bool ours;

	rcu_read_lock();
	ours = nfpt_port_is_ours(pn, htons(port));
	rcu_read_unlock();
	return ours;
}

/* State and settings in one request: entered with the new settings in force. */
static void nfpt_state_test_change(struct kunit *test)
{
	struct nfpt_proto_net *pn = nfpt_fake_state(test, BYPASSED);
	struct nfpt_change change = { .pn = pn, .state = ENABLED };
	struct nfpt_config *config;

	KUNIT_EXPECT_EQ(test, nfpt_setting(pn, NFPT_FAKE_WIDTH), 10);
	KUNIT_EXPECT_TRUE(test, nfpt_state_test_ours(pn, NFPT_FAKE_PORT));
	KUNIT_EXPECT_TRUE(test, nfpt_state_test_ours(pn, 9));
	KUNIT_EXPECT_FALSE(test, nfpt_state_test_ours(pn, 8));

	config = kzalloc(sizeof(*config), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, config);
	config->values[NFPT_FAKE_WIDTH] = 15;
	config->ports[0] = 8;
	config->n_ports = 1;
	change.config = config;
	mutex_lock(&nfpt_registry_mutex);
	KUNIT_EXPECT_EQ(test, nfpt_proto_net_change(&change, 1, NULL), 0);
	mutex_unlock(&nfpt_registry_mutex);

	KUNIT_EXPECT_NULL(test, change.config);
	KUNIT_EXPECT_EQ(test, nfpt_setting(pn, NFPT_FAKE_WIDTH), 15);
	KUNIT_EXPECT_FALSE(test, nfpt_state_test_ours(pn, NFPT_FAKE_PORT));
	KUNIT_EXPECT_TRUE(test, nfpt_state_test_ours(pn, 8));
	nfpt_state_test_hooks(test, pn, ENABLED);
}

static void nfpt_state_test_twin(struct kunit *test)
{
	struct nfpt_fake *fake = test->priv;
	struct nfpt_proto twin = fake->proto;

	KUNIT_EXPECT_EQ(test, nfpt_proto_register(&twin), -EEXIST);
	mutex_lock(&nfpt_registry_mutex);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_proto_find("kunit"), &fake->proto);
	KUNIT_EXPECT_NULL(test, nfpt_proto_find("kuni"));
	mutex_unlock(&nfpt_registry_mutex);
}

/* Every protocol has an index of its own, and there are so many of them. */
static void nfpt_state_test_full(struct kunit *test)
{
	struct nfpt_fake *fake = test->priv;
	const struct nfpt_proto *p = NULL;
	char names[NFPT_PROTO_MAX][8];
	unsigned long used = 0;
	struct nfpt_proto *more;
	int n, err;

	more = kunit_kcalloc(test, NFPT_PROTO_MAX, sizeof(*more), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, more);
	for (n = 0; n < NFPT_PROTO_MAX; n++) {
		more[n] = fake->proto;
		snprintf(names[n], sizeof(names[n]), "kunit%d", n);
		more[n].name = names[n];
		err = nfpt_proto_register(&more[n]);
		if (err)
			break;
	}
	KUNIT_EXPECT_EQ(test, err, -ENOSPC);
	mutex_lock(&nfpt_registry_mutex);
	while ((p = nfpt_proto_next(p))) {
		KUNIT_EXPECT_FALSE(test, used & BIT(p->id));
		used |= BIT(p->id);
	}
	mutex_unlock(&nfpt_registry_mutex);
	KUNIT_EXPECT_EQ(test, used, BIT(NFPT_PROTO_MAX) - 1);
	while (n--)
		nfpt_proto_unregister(&more[n]);

	nfpt_proto_unregister(&fake->proto);
	fake->registered = !nfpt_proto_register(&fake->proto);
	KUNIT_EXPECT_TRUE(test, fake->registered);
}

/* Protocols at one place: each sees its packets, as long as it is helped. */
static void nfpt_state_test_gate(struct kunit *test)
{
	static const struct nfpt_gate_step {
		int		states[2];
		unsigned int	seen;	/* by both together */
	} steps[] = {
		{ { BYPASSED, BYPASSED }, 0 }, { { ENABLED, BYPASSED }, 1 },
		{ { ENABLED, ENABLED }, 2 },   { { BYPASSED, ENABLED }, 1 },
		{ { ENABLED, ENABLED }, 2 },   { { BYPASSED, BYPASSED }, 0 },
	};
	static const u8 before[] = { NF_INET_PRE_ROUTING }, behind[] = { NF_INET_LOCAL_IN };
	struct nfpt_fake *fake = test->priv;
	struct nfpt_fake *other = nfpt_fake_other(test, fake);
	struct nfpt_net *nn = nfpt_pernet(fake->net);
	struct nfpt_proto_net *pn;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		pn = nfpt_fake_state(test, steps[i].states[0]);
		KUNIT_ASSERT_NOT_NULL(test, pn);
		KUNIT_EXPECT_NOT_NULL(test, nfpt_kunit_state(fake->net, &other->proto,
							     steps[i].states[1]));
		fake->helped = 0;
		other->helped = 0;
		nfpt_state_test_passes_hooks(test, IPPROTO_GRE, before, 1);
		KUNIT_EXPECT_EQ(test, fake->helped + other->helped, steps[i].seen);
		nfpt_state_test_passes_hooks(test, IPPROTO_ESP, behind, 1);
		KUNIT_EXPECT_EQ(test, fake->helped + other->helped, 2 * steps[i].seen);
		/* Of these, nobody, until UDP is awaited. */
		nfpt_state_test_passes_hooks(test, IPPROTO_ESP, before, 1);
		nfpt_state_test_passes_hooks(test, IPPROTO_UDP, before, 1);
		nfpt_state_test_passes_hooks(test, IPPROTO_GRE, behind, 1);
		KUNIT_EXPECT_EQ(test, fake->helped + other->helped, 2 * steps[i].seen);
		nfpt_await_udp(pn, 1);
		nfpt_state_test_passes_hooks(test, IPPROTO_UDP, before, 1);
		KUNIT_EXPECT_EQ(test, fake->helped + other->helped, 3 * steps[i].seen);
		nfpt_await_udp(pn, -1);
		KUNIT_EXPECT_EQ(test, !!nn->gates[NF_INET_PRE_ROUTING], !!steps[i].seen);
	}
}

/* A protocol that goes away has its sessions ended and its hooks gone. */
static void nfpt_state_test_unregister(struct kunit *test)
{
	struct nfpt_proto_net *pn = nfpt_fake_state(test, DISABLED);
	struct nfpt_fake *fake = test->priv;
	struct nfpt_net *nn = nfpt_pernet(fake->net);

	KUNIT_ASSERT_FALSE(test, IS_ERR(nfpt_fake_session(pn, 1, 2, true)));
	nfpt_proto_unregister(&fake->proto);
	fake->registered = false;
	KUNIT_EXPECT_EQ(test, fake->stops, 1);
	KUNIT_EXPECT_EQ(test, fake->ends[NF_PASSTHROUGH_END_REASON_STOPPED], 1);
	KUNIT_EXPECT_TRUE(test, xa_empty(&nn->sessions));
	KUNIT_EXPECT_PTR_EQ(test, rcu_access_pointer(nn->protos[fake->proto.id]), NULL);
	fake->helped = 0;
	fake->blocked = 0;
	KUNIT_EXPECT_TRUE(test, nfpt_state_test_passes(test));
	KUNIT_EXPECT_EQ(test, fake->helped + fake->blocked, 0);
}

/* So has one whose namespace goes away. */
static void nfpt_state_test_namespace_gone(struct kunit *test)
{
	struct nfpt_proto_net *pn = nfpt_fake_state(test, ENABLED);
	struct nfpt_fake *fake = test->priv;

	KUNIT_ASSERT_FALSE(test, IS_ERR(nfpt_fake_session(pn, 1, 2, false)));
	KUNIT_EXPECT_TRUE(test, nfpt_kunit_net_del(fake->net));
	fake->net = NULL;
	KUNIT_EXPECT_EQ(test, fake->stops, 1);
	KUNIT_EXPECT_EQ(test, fake->ends[NF_PASSTHROUGH_END_REASON_STOPPED], 1);
}

static struct kunit_case nfpt_state_test_cases[] = {
	KUNIT_CASE_PARAM(nfpt_state_test_step, nfpt_state_step_gen_params),
	KUNIT_CASE(nfpt_state_test_namespaces),
	KUNIT_CASE(nfpt_state_test_conntracks),
	KUNIT_CASE_PARAM(nfpt_state_test_fail, nfpt_state_fail_gen_params),
	KUNIT_CASE(nfpt_state_test_change),
	KUNIT_CASE(nfpt_state_test_gate),
	KUNIT_CASE(nfpt_state_test_twin),
	KUNIT_CASE(nfpt_state_test_full),
	KUNIT_CASE(nfpt_state_test_unregister),
	KUNIT_CASE(nfpt_state_test_namespace_gone),
	{}
};

static struct kunit_suite nfpt_state_test_suite = {
	.name		= "nfpt_state",
	.init		= nfpt_fake_init,
	.exit		= nfpt_fake_exit,
	.test_cases	= nfpt_state_test_cases,
};

kunit_test_suite(nfpt_state_test_suite);
