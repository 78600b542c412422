// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink: config-set, several protocols in one request, all of it or nothing.
 */
#include <linux/slab.h>

#include "fake.h"
#include "genl.h"

#define BYPASSED	NF_PASSTHROUGH_STATE_BYPASSED
#define ENABLED		NF_PASSTHROUGH_STATE_ENABLED
#define DISABLED	NF_PASSTHROUGH_STATE_DISABLED
#define NO_STATE	(-1)

/**
 * struct nfpt_config_rig - two protocols, one who asks, one who listens
 * @fake: the first, "kunit"; its namespace is that of all
 * @other: the second, "other"
 * @pn: both in the namespace
 * @asker: sends the requests
 * @listener: hears the events
 */
struct nfpt_config_rig {
	struct nfpt_fake	*fake;
	struct nfpt_fake	*other;
	struct nfpt_proto_net	*pn[2];
	struct nfpt_genl	*asker;
	struct nfpt_genl	*listener;
};

static int nfpt_config_test_init(struct kunit *test)
{
	struct nfpt_config_rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);
	int err;

	KUNIT_ASSERT_NOT_NULL(test, rig);
	err = nfpt_fake_init(test);
	rig->fake = test->priv;
	test->priv = rig;
	if (err)
		return err;

	rig->other = nfpt_fake_other(test, rig->fake);
	rig->pn[0] = nfpt_kunit_state(rig->fake->net, &rig->fake->proto, BYPASSED);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, rig->pn[0]);
	rig->pn[1] = nfpt_kunit_state(rig->fake->net, &rig->other->proto, BYPASSED);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, rig->pn[1]);

	rig->asker = nfpt_genl_open(rig->fake->net);
	KUNIT_ASSERT_NOT_NULL(test, rig->asker);
	rig->listener = nfpt_genl_open(rig->fake->net);
	KUNIT_ASSERT_NOT_NULL(test, rig->listener);
	KUNIT_ASSERT_EQ(test, nfpt_genl_join(rig->listener), 0);
	return 0;
}

static void nfpt_config_test_exit(struct kunit *test)
{
	struct nfpt_config_rig *rig = test->priv;

	if (!rig)
		return;
	nfpt_genl_close(rig->asker);
	nfpt_genl_close(rig->listener);
	test->priv = rig->fake;
	nfpt_fake_exit(test);
}

/**
 * struct nfpt_config_part - what a request asks of a protocol
 * @proto: name of the protocol, NULL to leave it out
 * @state: state, NO_STATE to leave it out
 * @ports: ports, up to the first 0
 * @width: value of that setting, 0 to leave it out
 * @replace: the flag
 */
struct nfpt_config_part {
	const char	*proto;
	int		state;
	u16		ports[3];
	u32		width;
	bool		replace;
};

static int nfpt_config_test_put(struct sk_buff *skb, const struct nfpt_config_part *part)
{
	struct nlattr *nest = nla_nest_start(skb, NF_PASSTHROUGH_A_CONFIG_PROTOCOL);
	struct nlattr *setting;
	int i, err = nest ? 0 : -EMSGSIZE;

	if (part->proto)
		err |= nla_put_string(skb, NF_PASSTHROUGH_A_PROTOCOL_NAME, part->proto);
	if (part->replace)
		err |= nla_put_flag(skb, NF_PASSTHROUGH_A_PROTOCOL_REPLACE);
	for (i = 0; part->ports[i]; i++)
		err |= nla_put_u16(skb, NF_PASSTHROUGH_A_PROTOCOL_PORT, part->ports[i]);
	if (part->width) {
		setting = nla_nest_start(skb, NF_PASSTHROUGH_A_PROTOCOL_SETTING);
		err |= nla_put_string(skb, NF_PASSTHROUGH_A_SETTING_NAME, "width");
		err |= nla_put_u32(skb, NF_PASSTHROUGH_A_SETTING_VALUE, part->width);
		nla_nest_end(skb, setting);
	}
	if (part->state != NO_STATE)
		err |= nla_put_u32(skb, NF_PASSTHROUGH_A_PROTOCOL_STATE, part->state);
	nla_nest_end(skb, nest);
	return err;
}

/* Asks for @n parts; returns where the last of them begins in the request. */
static u32 nfpt_config_test_ask(struct kunit *test, const struct nfpt_config_part *parts,
				unsigned int n, struct nfpt_genl_ack *ack)
{
	struct nfpt_config_rig *rig = test->priv;
	struct sk_buff *skb;
	unsigned int i;
	int err = 0;
	u32 last = 0;

	skb = nfpt_genl_request(rig->asker, NF_PASSTHROUGH_CMD_CONFIG_SET, NLM_F_ACK);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	for (i = 0; i < n; i++) {
		last = skb->len;
		err |= nfpt_config_test_put(skb, &parts[i]);
	}
	KUNIT_EXPECT_EQ(test, err, 0);
	KUNIT_EXPECT_EQ(test, nfpt_genl_send(rig->asker), 0);
	KUNIT_EXPECT_EQ(test, nfpt_genl_ack(rig->asker, ack), 0);
	return last;
}

/* The next event is a protocol's, or there is none if @name is NULL. */
static void nfpt_config_test_told(struct kunit *test, const char *name)
{
	struct nfpt_config_rig *rig = test->priv;
	const struct nlmsghdr *nlh = (struct nlmsghdr *)rig->listener->buffer;
	const struct genlmsghdr *hdr = nlmsg_data(nlh);
	int n = nfpt_genl_recv(rig->listener);
	struct nlattr *attr;

	if (!name) {
		KUNIT_EXPECT_EQ(test, n, -EAGAIN);
		return;
	}
	KUNIT_ASSERT_GT(test, n, 0);
	KUNIT_EXPECT_EQ(test, hdr->cmd, NF_PASSTHROUGH_CMD_PROTOCOL_NTF);
	attr = nlmsg_find_attr(nlh, GENL_HDRLEN, NF_PASSTHROUGH_A_PROTOCOL_NAME);
	KUNIT_ASSERT_NOT_NULL(test, attr);
	KUNIT_EXPECT_STREQ(test, (char *)nla_data(attr), name);
}

static const struct nfpt_config *nfpt_config_test_of(const struct nfpt_proto_net *pn)
{
	return rcu_dereference_protected(pn->config, true);
}

/* A good part, and what would have come of it. */
#define GOOD	{ "kunit", ENABLED, { 5 }, 15 }

static const struct nfpt_config_refusal {
	const char		*name;
	struct nfpt_config_part	part;	/* behind the good one */
	int			err;
	const char		*msg;	/* NULL for none or anybody's */
	u16			attr;
	u16			miss;
} nfpt_config_refusals[] = {
	{
		"no name", { NULL, ENABLED }, -EINVAL, .miss = NF_PASSTHROUGH_A_PROTOCOL_NAME,
	}, {
		"unknown name", { "nosuch", ENABLED }, -ENOENT,
		"no module serves this protocol", NF_PASSTHROUGH_A_PROTOCOL_NAME,
	}, {
		"long name", { "name-of-16-chars", ENABLED }, -EINVAL,
		.attr = NF_PASSTHROUGH_A_PROTOCOL_NAME,
	}, {
		"the same name", { "kunit", ENABLED }, -EINVAL,
		"the protocol is named twice", NF_PASSTHROUGH_A_PROTOCOL_NAME,
	}, {
		"unknown state", { "other", 3 }, -ERANGE,
		.attr = NF_PASSTHROUGH_A_PROTOCOL_STATE,
	}, {
		"equal ports", { "other", ENABLED, { 6, 6 } }, -EINVAL,
		"the port is named twice", NF_PASSTHROUGH_A_PROTOCOL_PORT,
	}, {
		"setting too large", { "other", ENABLED, { 6 }, 21 }, -ERANGE,
		"the value is out of the setting's range", NF_PASSTHROUGH_A_SETTING_VALUE,
	}, {
		"setting too large, replaced", { "other", ENABLED, { 6 }, 21, true }, -ERANGE,
		"the value is out of the setting's range", NF_PASSTHROUGH_A_SETTING_VALUE,
	},
};

KUNIT_ARRAY_PARAM_DESC(nfpt_config_refusal, nfpt_config_refusals, name);

/* A fault in the second part: the first has changed nothing. */
static void nfpt_config_test_refuse(struct kunit *test)
{
	const struct nfpt_config_refusal *c = test->param_value;
	const struct nfpt_config_part parts[] = { GOOD, c->part };
	struct nfpt_config_rig *rig = test->priv;
	const struct nfpt_config *configs[2];
	struct nfpt_genl_ack ack;
	u32 last;
	int i;

	for (i = 0; i < 2; i++)
		configs[i] = nfpt_config_test_of(rig->pn[i]);
	last = nfpt_config_test_ask(test, parts, ARRAY_SIZE(parts), &ack);
	KUNIT_EXPECT_EQ(test, ack.err, c->err);
	KUNIT_EXPECT_EQ(test, ack.attr, c->attr);
	KUNIT_EXPECT_EQ(test, ack.miss, c->miss);
	if (c->msg)
		KUNIT_EXPECT_STREQ(test, ack.msg, c->msg);
	if (c->attr)
		KUNIT_EXPECT_GT(test, ack.offset, last);

	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_PTR_EQ(test, nfpt_config_test_of(rig->pn[i]), configs[i]);
		KUNIT_EXPECT_EQ(test, rig->pn[i]->state, BYPASSED);
	}
	KUNIT_EXPECT_EQ(test, rig->fake->starts, 0);
	nfpt_config_test_told(test, NULL);
}

static void nfpt_config_test_number(struct kunit *test)
{
	struct nfpt_config_part parts[NFPT_PROTO_MAX + 1];
	struct nfpt_genl_ack ack;
	int i;

	nfpt_config_test_ask(test, parts, 0, &ack);
	KUNIT_EXPECT_EQ(test, ack.err, -EINVAL);
	KUNIT_EXPECT_EQ(test, ack.miss, NF_PASSTHROUGH_A_CONFIG_PROTOCOL);

	for (i = 0; i < ARRAY_SIZE(parts); i++)
		parts[i] = (struct nfpt_config_part){ "kunit", ENABLED };
	nfpt_config_test_ask(test, parts, ARRAY_SIZE(parts), &ack);
	KUNIT_EXPECT_EQ(test, ack.err, -E2BIG);
	KUNIT_EXPECT_EQ(test, ack.attr, NF_PASSTHROUGH_A_CONFIG_PROTOCOL);
	nfpt_config_test_told(test, NULL);
}

static const struct nfpt_config_fail {
	const char	*name;
	int		from;	/* of the first protocol */
	int		to;
	int		start_err;	/* of the second, which is to be disabled */
	bool		bad_help;
	bool		bad_block;
	int		err;
} nfpt_config_fails[] = {
	{ "start, bypassed to enabled",	   BYPASSED, ENABLED,  -ENODEV, .err = -ENODEV },
	{ "start, bypassed to disabled",   BYPASSED, DISABLED, -ENODEV, .err = -ENODEV },
	{ "start, enabled to enabled",	   ENABLED,  ENABLED,  -ENODEV, .err = -ENODEV },
	{ "start, enabled to disabled",	   ENABLED,  DISABLED, -ENODEV, .err = -ENODEV },
	{ "start, enabled to bypassed",	   ENABLED,  BYPASSED, -ENODEV, .err = -ENODEV },
	{ "start, disabled to enabled",	   DISABLED, ENABLED,  -ENODEV, .err = -ENODEV },
	{ "start, disabled to bypassed",   DISABLED, BYPASSED, -ENODEV, .err = -ENODEV },
	{ "help, bypassed to disabled",	   BYPASSED, DISABLED, .bad_help = true, .err = -EINVAL },
	{ "help, enabled to disabled",	   ENABLED,  DISABLED, .bad_help = true, .err = -EINVAL },
	{ "block, bypassed to enabled",	   BYPASSED, ENABLED,  .bad_block = true, .err = -EINVAL },
	{ "block, bypassed to disabled",   BYPASSED, DISABLED, .bad_block = true, .err = -EINVAL },
	{ "block, enabled to disabled",	   ENABLED,  DISABLED, .bad_block = true, .err = -EINVAL },
	{ "block, disabled to bypassed",   DISABLED, BYPASSED, .bad_block = true, .err = -EINVAL },
};

KUNIT_ARRAY_PARAM_DESC(nfpt_config_fail, nfpt_config_fails, name);

/* A state that the second cannot enter: the first keeps all, its sessions too. */
static void nfpt_config_test_fail(struct kunit *test)
{
	static const struct nf_hook_ops nowhere = {
		.pf = NFPROTO_NETDEV, .hooknum = NF_NETDEV_INGRESS,
	};
	static const struct nfpt_hook no_gate = { .hooknum = NF_INET_FORWARD };
	const struct nfpt_config_fail *c = test->param_value;
	const struct nfpt_config_part parts[] = {
		{ "kunit", c->to, { 5 }, 15 }, { "other", DISABLED, { 6 }, 16 },
	};
	struct nfpt_config_rig *rig = test->priv;
	const struct nfpt_config *configs[2];
	struct nfpt_fake *fake = rig->fake;
	struct nf_hook_ops ops[2];
	struct nfpt_hook hooks[2];
	struct nfpt_genl_ack ack;
	u32 last;
	int i;

	KUNIT_ASSERT_PTR_EQ(test, nfpt_kunit_state(fake->net, &fake->proto, c->from),
			    rig->pn[0]);
	for (i = 0; c->from != BYPASSED && i < 2; i++)
		KUNIT_ASSERT_FALSE(test, IS_ERR(nfpt_fake_session(rig->pn[0], 2 * i, 100, i)));
	while (nfpt_genl_recv(rig->listener) > 0)
		;
	rig->other->start_err = c->start_err;
	/* The first one works and has to go again. */
	hooks[0] = rig->other->proto.help_hooks[0];
	hooks[1] = no_gate;
	ops[0] = rig->other->proto.block_ops[0];
	ops[1] = nowhere;
	if (c->bad_help)
		rig->other->proto.help_hooks = hooks;
	if (c->bad_block) {
		rig->other->proto.block_ops = ops;
		rig->other->proto.n_block_ops = 2;
	}
	for (i = 0; i < 2; i++)
		configs[i] = nfpt_config_test_of(rig->pn[i]);

	last = nfpt_config_test_ask(test, parts, ARRAY_SIZE(parts), &ack);
	rig->other->proto.help_hooks = fake->proto.help_hooks;
	rig->other->proto.block_ops = fake->proto.block_ops;
	rig->other->proto.n_block_ops = fake->proto.n_block_ops;

	KUNIT_EXPECT_EQ(test, ack.err, c->err);
	KUNIT_EXPECT_STREQ(test, ack.msg, "the state could not be entered");
	KUNIT_EXPECT_EQ(test, ack.attr, NF_PASSTHROUGH_A_PROTOCOL_STATE);
	KUNIT_EXPECT_GT(test, ack.offset, last);
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_PTR_EQ(test, nfpt_config_test_of(rig->pn[i]), configs[i]);
	KUNIT_EXPECT_EQ(test, rig->pn[0]->state, c->from);
	KUNIT_EXPECT_EQ(test, rig->pn[0]->helped, c->from != BYPASSED);
	KUNIT_EXPECT_EQ(test, !!rig->pn[0]->block_ops, c->from == DISABLED);
	KUNIT_EXPECT_EQ(test, fake->starts - fake->stops, c->from != BYPASSED);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->pn[0]->sessions), c->from == BYPASSED ? 0 : 2);
	KUNIT_EXPECT_EQ(test, fake->ends[NF_PASSTHROUGH_END_REASON_STOPPED], 0);
	KUNIT_EXPECT_EQ(test, rig->pn[1]->state, BYPASSED);
	KUNIT_EXPECT_FALSE(test, rig->pn[1]->helped);
	KUNIT_EXPECT_NULL(test, rig->pn[1]->block_ops);
	KUNIT_EXPECT_EQ(test, rig->other->starts, rig->other->stops);
	nfpt_config_test_told(test, NULL);
}

static const struct nfpt_config_change {
	const char		*name;
	struct nfpt_config_part	parts[2];
	bool			told[2];
} nfpt_config_changes[] = {
	{
		"both", { { "kunit", ENABLED, { 5 }, 15 }, { "other", DISABLED, { 6, 5 }, 16 } },
		{ true, true },
	}, {
		"one has nothing to do", { { "kunit", ENABLED }, { "other", BYPASSED } },
		{ true, false },
	}, {
		"one has that already",
		{ { "kunit", BYPASSED, { NFPT_FAKE_PORT, 9 }, 10 },
		  { "other", NO_STATE, { }, 16 } },
		{ false, true },
	}, {
		"none", { { "kunit", BYPASSED }, { "other", NO_STATE } },
	}, {
		"none, replaced",
		{ { "kunit", BYPASSED, { }, 0, true }, { "other", NO_STATE, { }, 10, true } },
	}, {
		"one, replaced", { { "kunit", NO_STATE, { 5 }, 0, true }, { "other", NO_STATE } },
		{ true, false },
	},
};

KUNIT_ARRAY_PARAM_DESC(nfpt_config_change, nfpt_config_changes, name);

/* One event for each that changed, in the order of the request. */
static void nfpt_config_test_change(struct kunit *test)
{
	const struct nfpt_config_change *c = test->param_value;
	struct nfpt_config_rig *rig = test->priv;
	const struct nfpt_config *config;
	struct nfpt_genl_ack ack;
	int i, k;

	nfpt_config_test_ask(test, c->parts, ARRAY_SIZE(c->parts), &ack);
	KUNIT_EXPECT_EQ(test, ack.err, 0);
	KUNIT_EXPECT_STREQ(test, ack.msg, "");
	for (i = 0; i < 2; i++) {
		const struct nfpt_config_part *part = &c->parts[i];
		int state = part->state == NO_STATE ? BYPASSED : part->state;

		KUNIT_EXPECT_EQ(test, rig->pn[i]->state, state);
		KUNIT_EXPECT_EQ(test, rig->pn[i]->helped, state != BYPASSED);
		KUNIT_EXPECT_EQ(test, !!rig->pn[i]->block_ops, state == DISABLED);
		config = nfpt_config_test_of(rig->pn[i]);
		KUNIT_EXPECT_EQ(test, config->values[NFPT_FAKE_WIDTH], part->width ?: 10);
		KUNIT_EXPECT_EQ(test, config->ports[0], part->ports[0] ?: NFPT_FAKE_PORT);
		for (k = 0; part->ports[k]; k++)
			KUNIT_EXPECT_EQ(test, config->ports[k], part->ports[k]);
		KUNIT_EXPECT_EQ(test, config->n_ports, k ?: 2);
		if (c->told[i])
			nfpt_config_test_told(test, part->proto);
	}
	nfpt_config_test_told(test, NULL);

	/* Asked again, all is like that already. */
	nfpt_config_test_ask(test, c->parts, ARRAY_SIZE(c->parts), &ack);
	KUNIT_EXPECT_EQ(test, ack.err, 0);
	nfpt_config_test_told(test, NULL);
}

/* What is not named goes back to its default; the state is left alone. */
static void nfpt_config_test_replace(struct kunit *test)
{
	const struct nfpt_config_part part = { "kunit", NO_STATE, { }, 12, true };
	struct nfpt_config_rig *rig = test->priv;
	struct nfpt_proto_net *pn = rig->pn[0];
	const struct nfpt_config *config;
	struct nfpt_genl_ack ack;
	u32 generation;

	nfpt_kunit_state(rig->fake->net, &rig->fake->proto, ENABLED);
	KUNIT_ASSERT_EQ(test, nfpt_kunit_setting(pn, NFPT_SETTING_MAX_SESSIONS, 2000), 0);
	KUNIT_ASSERT_EQ(test, nfpt_kunit_pin(pn, NF_PASSTHROUGH_PIN_KIND_DATA,
					     htonl(0x0a00000b), htonl(0xc0000202)), 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(nfpt_fake_session(pn, 2, 100, false)));
	while (nfpt_genl_recv(rig->listener) > 0)
		;
	generation = nfpt_config_test_of(pn)->generation;

	nfpt_config_test_ask(test, &part, 1, &ack);
	KUNIT_EXPECT_EQ(test, ack.err, 0);
	config = nfpt_config_test_of(pn);
	KUNIT_EXPECT_EQ(test, config->values[NFPT_SETTING_MAX_SESSIONS], 1000);
	KUNIT_EXPECT_EQ(test, config->values[NFPT_FAKE_WIDTH], 12);
	KUNIT_EXPECT_EQ(test, config->n_ports, 2);
	KUNIT_EXPECT_EQ(test, config->n_pins, 0);
	KUNIT_EXPECT_GT(test, config->generation, generation);
	KUNIT_EXPECT_EQ(test, pn->state, ENABLED);
	KUNIT_EXPECT_EQ(test, atomic_read(&pn->sessions), 1);
	KUNIT_EXPECT_EQ(test, rig->fake->starts, 1);
	nfpt_config_test_told(test, "kunit");
	nfpt_config_test_told(test, NULL);
}

static struct kunit_case nfpt_config_test_cases[] = {
	KUNIT_CASE_PARAM(nfpt_config_test_refuse, nfpt_config_refusal_gen_params),
	KUNIT_CASE(nfpt_config_test_number),
	KUNIT_CASE_PARAM(nfpt_config_test_fail, nfpt_config_fail_gen_params),
	KUNIT_CASE_PARAM(nfpt_config_test_change, nfpt_config_change_gen_params),
	KUNIT_CASE(nfpt_config_test_replace),
	{}
};

static struct kunit_suite nfpt_config_test_suite = {
	.name		= "nfpt_config",
	.init		= nfpt_config_test_init,
	.exit		= nfpt_config_test_exit,
	.test_cases	= nfpt_config_test_cases,
};

kunit_test_suite(nfpt_config_test_suite);
