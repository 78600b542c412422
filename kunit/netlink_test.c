// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink: requests that are refused, and what they must not have changed.
 */
#include "fake.h"
#include "genl.h"

static struct nfpt_genl *nfpt_netlink_test_open(struct kunit *test)
{
	struct nfpt_fake *fake = test->priv;
	struct nfpt_genl *g = nfpt_genl_open(fake->net);

	KUNIT_ASSERT_NOT_NULL(test, g);
	return g;
}

#define NO_STATE	(-1)

/**
 * struct nfpt_netlink_set - a protocol-set request and its answer
 * @name: of the case
 * @proto: name of the protocol, NULL to leave it out
 * @state: state, NO_STATE to leave it out
 * @ports: ports
 * @n_ports: how many
 * @setting: name of a setting, NULL to leave it out
 * @value: its value
 * @part: leave the setting's value out
 * @err: error
 * @msg: extack message, NULL for none or anybody's
 * @attr: offending attribute
 * @miss: missing attribute
 */
struct nfpt_netlink_set {
	const char	*name;
	const char	*proto;
	int		state;
	u16		ports[NFPT_PORTS_MAX + 1];
	u8		n_ports;
	const char	*setting;
	u32		value;
	bool		part;
	int		err;
	const char	*msg;
	u16		attr;
	u16		miss;
};

static const struct nfpt_netlink_set nfpt_netlink_refusals[] = {
	{
		"no protocol", NULL, NF_PASSTHROUGH_STATE_ENABLED,
		.err = -EINVAL, .miss = NF_PASSTHROUGH_A_PROTOCOL_NAME,
	}, {
		"unknown protocol", "nosuch", NF_PASSTHROUGH_STATE_ENABLED, .err = -ENOENT,
		.msg = "no module serves this protocol", .attr = NF_PASSTHROUGH_A_PROTOCOL_NAME,
	}, {
		"long protocol", "name-of-16-chars", NF_PASSTHROUGH_STATE_ENABLED, .err = -EINVAL,
		.attr = NF_PASSTHROUGH_A_PROTOCOL_NAME,
	}, {
		"unknown state", "kunit", 3, .err = -ERANGE,
		.attr = NF_PASSTHROUGH_A_PROTOCOL_STATE,
	}, {
		"port 0", "kunit", NF_PASSTHROUGH_STATE_ENABLED, { 5, 0 }, 2, .err = -ERANGE,
		.attr = NF_PASSTHROUGH_A_PROTOCOL_PORT,
	}, {
		"equal ports", "kunit", NF_PASSTHROUGH_STATE_ENABLED, { 5, 6, 5 }, 3,
		.err = -EINVAL, .msg = "the port is named twice",
		.attr = NF_PASSTHROUGH_A_PROTOCOL_PORT,
	}, {
		"nine ports", "kunit", NF_PASSTHROUGH_STATE_ENABLED,
		{ 1, 2, 3, 4, 5, 6, 7, 8, 9 }, 9, .err = -E2BIG,
		.msg = "more ports than a protocol can have (8)",
		.attr = NF_PASSTHROUGH_A_PROTOCOL_PORT,
	}, {
		"unknown setting", "kunit", NF_PASSTHROUGH_STATE_ENABLED, { 5 }, 1, "height", 10,
		.err = -ENOENT, .msg = "the protocol has no such setting",
		.attr = NF_PASSTHROUGH_A_SETTING_NAME,
	}, {
		"setting without value", "kunit", NF_PASSTHROUGH_STATE_ENABLED, { 5 }, 1, "width",
		.part = true, .err = -EINVAL, .msg = "a setting needs a name and a value",
		.attr = NF_PASSTHROUGH_A_PROTOCOL_SETTING,
	}, {
		"setting too small", "kunit", NF_PASSTHROUGH_STATE_ENABLED, { 5 }, 1, "width", 4,
		.err = -ERANGE, .msg = "the value is out of the setting's range",
		.attr = NF_PASSTHROUGH_A_SETTING_VALUE,
	}, {
		"setting too large", "kunit", NF_PASSTHROUGH_STATE_ENABLED, { 5 }, 1, "width", 21,
		.err = -ERANGE, .msg = "the value is out of the setting's range",
		.attr = NF_PASSTHROUGH_A_SETTING_VALUE,
	}, {
		"setting far too large", "kunit", NF_PASSTHROUGH_STATE_ENABLED, { 5 }, 1, "width",
		U32_MAX, .err = -ERANGE, .msg = "the value is out of the setting's range",
		.attr = NF_PASSTHROUGH_A_SETTING_VALUE,
	},
};

static const struct nfpt_netlink_set nfpt_netlink_changes[] = {
	{ "state", "kunit", NF_PASSTHROUGH_STATE_DISABLED },
	{ "no state", "kunit", NO_STATE },
	{ "ports", "kunit", NO_STATE, { 3, 2, 1 }, 3 },
	{ "eight ports", "kunit", NO_STATE, { 8, 7, 6, 5, 4, 3, 2, 1 }, 8 },
	{ "smallest", "kunit", NO_STATE, { }, 0, "width", 5 },
	{ "largest", "kunit", NO_STATE, { }, 0, "width", 20 },
	{ "all", "kunit", NF_PASSTHROUGH_STATE_ENABLED, { 5 }, 1, "width", 15 },
};

KUNIT_ARRAY_PARAM_DESC(nfpt_netlink_refusal, nfpt_netlink_refusals, name);
KUNIT_ARRAY_PARAM_DESC(nfpt_netlink_change, nfpt_netlink_changes, name);

static void nfpt_netlink_test_ask(struct kunit *test, struct nfpt_genl *g,
				  const struct nfpt_netlink_set *c, struct nfpt_genl_ack *ack)
{
	struct sk_buff *skb = nfpt_genl_request(g, NF_PASSTHROUGH_CMD_PROTOCOL_SET, NLM_F_ACK);
	struct nlattr *nest;
	int i, err = 0;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	if (c->proto)
		err |= nla_put_string(skb, NF_PASSTHROUGH_A_PROTOCOL_NAME, c->proto);
	if (c->state != NO_STATE)
		err |= nla_put_u32(skb, NF_PASSTHROUGH_A_PROTOCOL_STATE, c->state);
	for (i = 0; i < c->n_ports; i++)
		err |= nla_put_u16(skb, NF_PASSTHROUGH_A_PROTOCOL_PORT, c->ports[i]);
	if (c->setting) {
		nest = nla_nest_start(skb, NF_PASSTHROUGH_A_PROTOCOL_SETTING);
		err |= nla_put_string(skb, NF_PASSTHROUGH_A_SETTING_NAME, c->setting);
		if (!c->part)
			err |= nla_put_u32(skb, NF_PASSTHROUGH_A_SETTING_VALUE, c->value);
		nla_nest_end(skb, nest);
	}
	KUNIT_EXPECT_EQ(test, err, 0);
	KUNIT_EXPECT_EQ(test, nfpt_genl_send(g), 0);
	KUNIT_EXPECT_EQ(test, nfpt_genl_ack(g, ack), 0);
}

/* A request that is refused has changed nothing, its good parts included. */
static void nfpt_netlink_test_refuse(struct kunit *test)
{
	struct nfpt_proto_net *pn = nfpt_fake_state(test, NF_PASSTHROUGH_STATE_BYPASSED);
	struct nfpt_genl *g = nfpt_netlink_test_open(test);
	const struct nfpt_netlink_set *c = test->param_value;
	const void *config = rcu_access_pointer(pn->config);
	struct nfpt_fake *fake = test->priv;
	struct nfpt_genl_ack ack;

	nfpt_netlink_test_ask(test, g, c, &ack);
	KUNIT_EXPECT_EQ(test, ack.err, c->err);
	KUNIT_EXPECT_EQ(test, ack.attr, c->attr);
	KUNIT_EXPECT_EQ(test, ack.miss, c->miss);
	if (c->msg)
		KUNIT_EXPECT_STREQ(test, ack.msg, c->msg);

	KUNIT_EXPECT_PTR_EQ(test, rcu_access_pointer(pn->config), config);
	KUNIT_EXPECT_EQ(test, nfpt_setting(pn, NFPT_FAKE_WIDTH), 10);
	KUNIT_EXPECT_EQ(test, pn->state, NF_PASSTHROUGH_STATE_BYPASSED);
	KUNIT_EXPECT_EQ(test, fake->starts, 0);
	nfpt_genl_close(g);
}

static void nfpt_netlink_test_change(struct kunit *test)
{
	struct nfpt_proto_net *pn = nfpt_fake_state(test, NF_PASSTHROUGH_STATE_BYPASSED);
	struct nfpt_genl *g = nfpt_netlink_test_open(test);
	const struct nfpt_netlink_set *c = test->param_value;
	const struct nfpt_config *config;
	struct nfpt_genl_ack ack;

	nfpt_netlink_test_ask(test, g, c, &ack);
	KUNIT_EXPECT_EQ(test, ack.err, 0);
	KUNIT_EXPECT_STREQ(test, ack.msg, "");
	KUNIT_EXPECT_EQ(test, pn->state, c->state == NO_STATE ?
					 NF_PASSTHROUGH_STATE_BYPASSED : c->state);
	config = rcu_dereference_protected(pn->config, true);
	KUNIT_EXPECT_EQ(test, config->values[NFPT_FAKE_WIDTH], c->setting ? c->value : 10);
	KUNIT_EXPECT_EQ(test, config->values[NFPT_SETTING_MAX_SESSIONS], 1000);
	KUNIT_EXPECT_EQ(test, config->n_ports, c->n_ports ?: 2);
	if (c->n_ports)
		KUNIT_EXPECT_MEMEQ(test, config->ports, c->ports, c->n_ports * sizeof(u16));
	nfpt_genl_close(g);
}

/* A state that cannot be entered is said so. */
static void nfpt_netlink_test_start_fails(struct kunit *test)
{
	const struct nfpt_netlink_set set = {
		.proto = "kunit", .state = NF_PASSTHROUGH_STATE_ENABLED,
		.ports = { 5 }, .n_ports = 1, .setting = "width", .value = 15,
	};
	struct nfpt_proto_net *pn = nfpt_fake_state(test, NF_PASSTHROUGH_STATE_BYPASSED);
	struct nfpt_genl *g = nfpt_netlink_test_open(test);
	struct nfpt_fake *fake = test->priv;
	struct nfpt_genl_ack ack;

	fake->start_err = -ENODEV;
	nfpt_netlink_test_ask(test, g, &set, &ack);
	KUNIT_EXPECT_EQ(test, ack.err, -ENODEV);
	KUNIT_EXPECT_STREQ(test, ack.msg, "the state could not be entered");
	KUNIT_EXPECT_EQ(test, ack.attr, NF_PASSTHROUGH_A_PROTOCOL_STATE);
	KUNIT_EXPECT_EQ(test, pn->state, NF_PASSTHROUGH_STATE_BYPASSED);
	KUNIT_EXPECT_EQ(test, nfpt_setting(pn, NFPT_FAKE_WIDTH), 10);
	nfpt_genl_close(g);
}

static const struct nfpt_netlink_right {
	const char	*name;
	u8		cmd;
	u16		flags;
	int		err;
} nfpt_netlink_rights[] = {
	{ "list protocols",  NF_PASSTHROUGH_CMD_PROTOCOL_GET, NLM_F_DUMP, 0 },
	{ "list counters",   NF_PASSTHROUGH_CMD_COUNTER_GET,  NLM_F_DUMP, 0 },
	{ "list sessions",   NF_PASSTHROUGH_CMD_SESSION_GET,  NLM_F_DUMP, -EPERM },
	{ "change protocol", NF_PASSTHROUGH_CMD_PROTOCOL_SET, NLM_F_ACK,  -EPERM },
	{ "change several",  NF_PASSTHROUGH_CMD_CONFIG_SET,   NLM_F_ACK,  -EPERM },
	{ "end sessions",    NF_PASSTHROUGH_CMD_SESSION_DEL,  NLM_F_ACK,  -EPERM },
};

KUNIT_ARRAY_PARAM_DESC(nfpt_netlink_right, nfpt_netlink_rights, name);

/* What somebody without CAP_NET_ADMIN may do. */
static void nfpt_netlink_test_rights(struct kunit *test)
{
	const struct nfpt_netlink_right *c = test->param_value;
	struct cred *nobody = prepare_creds();
	struct nfpt_fake *fake = test->priv;
	const struct nlmsghdr *nlh;
	const struct cred *root;
	struct nfpt_genl *g;
	int sent = -1, n = -1, joined = -1;

	KUNIT_ASSERT_NOT_NULL(test, nobody);
	cap_clear(nobody->cap_effective);
	root = override_creds(nobody);
	g = nfpt_genl_open(fake->net);
	if (g) {
		nlh = (struct nlmsghdr *)g->buffer;
		if (nfpt_genl_request(g, c->cmd, c->flags))
			sent = nfpt_genl_send(g);
		n = nfpt_genl_recv(g);
		joined = nfpt_genl_join(g);
	}
	revert_creds(root);
	put_cred(nobody);

	KUNIT_ASSERT_NOT_NULL(test, g);
	KUNIT_EXPECT_EQ(test, sent, 0);
	KUNIT_EXPECT_GT(test, n, 0);
	if (c->err) {
		KUNIT_EXPECT_EQ(test, nlh->nlmsg_type, NLMSG_ERROR);
		KUNIT_EXPECT_EQ(test, ((struct nlmsgerr *)nlmsg_data(nlh))->error, c->err);
	} else {
		KUNIT_EXPECT_EQ(test, nlh->nlmsg_type, g->family);
	}
	/* Events tell who talks to whom. */
	KUNIT_EXPECT_EQ(test, joined, -EPERM);
	nfpt_genl_close(g);
}

static struct kunit_case nfpt_netlink_test_cases[] = {
	KUNIT_CASE_PARAM(nfpt_netlink_test_refuse, nfpt_netlink_refusal_gen_params),
	KUNIT_CASE_PARAM(nfpt_netlink_test_change, nfpt_netlink_change_gen_params),
	KUNIT_CASE(nfpt_netlink_test_start_fails),
	KUNIT_CASE_PARAM(nfpt_netlink_test_rights, nfpt_netlink_right_gen_params),
	{}
};

static struct kunit_suite nfpt_netlink_test_suite = {
	.name		= "nfpt_netlink",
	.init		= nfpt_fake_init,
	.exit		= nfpt_fake_exit,
	.test_cases	= nfpt_netlink_test_cases,
};

kunit_test_suite(nfpt_netlink_test_suite);
