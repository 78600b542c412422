// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink: pins, what the administrator lays down for single hosts.
 */
#include "fake.h"
#include "genl.h"

#define HOST	0x0a00000b
#define SERVER	0xc0000202
#define NONE	(-1)	/* leave the attribute out */

/**
 * struct nfpt_pin_ask - a pin or unpin attribute
 * @attr: NF_PASSTHROUGH_A_PROTOCOL_PIN or NF_PASSTHROUGH_A_PROTOCOL_UNPIN
 * @kind: kind, NONE to leave it out
 * @host: host, host byte order, 0 to leave it out
 * @server: server, host byte order, 0 to leave it out
 */
struct nfpt_pin_ask {
	u16	attr;
	int	kind;
	u32	host;
	u32	server;
};

#define PIN(kind, host, server)		{ NF_PASSTHROUGH_A_PROTOCOL_PIN, kind, host, server }
#define UNPIN(kind, host, server)	{ NF_PASSTHROUGH_A_PROTOCOL_UNPIN, kind, host, server }
#define DATA				NF_PASSTHROUGH_PIN_KIND_DATA
#define PORT				NF_PASSTHROUGH_PIN_KIND_SOURCE_PORT

/**
 * struct nfpt_pin_case - a request with pins, and its answer
 * @name: of the case
 * @asks: what is asked, in this order
 * @other: the protocol knows pins for data only
 * @setting: the request has a good setting, too
 * @n: how many pins there are afterwards, besides the one that was there
 * @err: error
 * @msg: extack message, NULL for none or anybody's
 * @attr: offending attribute
 */
struct nfpt_pin_case {
	const char		*name;
	struct nfpt_pin_ask	asks[4];
	bool			other;
	bool			setting;
	int			n;
	int			err;
	const char		*msg;
	u16			attr;
};

static const struct nfpt_pin_case nfpt_pin_cases[] = {
	{ "add", { PIN(DATA, HOST + 1, SERVER) }, .n = 1 },
	{ "add of another kind", { PIN(PORT, HOST, 0) }, .n = 1 },
	{ "add three", {
		PIN(DATA, HOST + 1, SERVER), PIN(DATA, HOST, SERVER + 1), PIN(PORT, HOST, 0),
	}, .n = 3 },
	{ "one that is there", { PIN(DATA, HOST, SERVER) }, .n = 0 },
	{ "the same twice", { PIN(PORT, HOST, 0), PIN(PORT, HOST, 0) }, .n = 1 },
	{ "delete", { UNPIN(DATA, HOST, SERVER) }, .n = -1 },
	{ "add and delete", { PIN(PORT, HOST, 0), UNPIN(PORT, HOST, 0) }, .n = 0 },
	{ "replace", { UNPIN(DATA, HOST, SERVER), PIN(DATA, HOST + 1, SERVER) }, .n = 0 },
	{ "delete none", { UNPIN(DATA, HOST + 1, SERVER) }, .err = -ENOENT,
	  .msg = "there is no such pin", .attr = NF_PASSTHROUGH_A_PROTOCOL_UNPIN },
	{ "delete twice", { UNPIN(DATA, HOST, SERVER), UNPIN(DATA, HOST, SERVER) },
	  .err = -ENOENT, .msg = "there is no such pin",
	  .attr = NF_PASSTHROUGH_A_PROTOCOL_UNPIN },
	{ "delete before adding", { UNPIN(PORT, HOST, 0), PIN(PORT, HOST, 0) }, .err = -ENOENT,
	  .msg = "there is no such pin", .attr = NF_PASSTHROUGH_A_PROTOCOL_UNPIN },
	{ "no kind", { PIN(NONE, HOST, SERVER) }, .err = -EINVAL,
	  .msg = "a pin needs a kind and a host", .attr = NF_PASSTHROUGH_A_PROTOCOL_PIN },
	{ "no host", { PIN(DATA, 0, SERVER) }, .err = -EINVAL,
	  .msg = "a pin needs a kind and a host", .attr = NF_PASSTHROUGH_A_PROTOCOL_PIN },
	{ "no server", { PIN(DATA, HOST, 0) }, .err = -EINVAL,
	  .msg = "a pin for data needs a server, others have none",
	  .attr = NF_PASSTHROUGH_A_PROTOCOL_PIN },
	{ "a server too much", { PIN(PORT, HOST, SERVER) }, .err = -EINVAL,
	  .msg = "a pin for data needs a server, others have none",
	  .attr = NF_PASSTHROUGH_A_PROTOCOL_PIN },
	{ "a kind that is none", { PIN(2, HOST, SERVER) }, .err = -ERANGE,
	  .attr = NF_PASSTHROUGH_A_PIN_KIND },
	{ "a kind that this protocol has not", { PIN(PORT, HOST, 0) }, true,
	  .err = -EOPNOTSUPP, .msg = "the protocol has no such pins",
	  .attr = NF_PASSTHROUGH_A_PIN_KIND },
	{ "delete of such a kind", { UNPIN(PORT, HOST, 0) }, true, .err = -EOPNOTSUPP,
	  .msg = "the protocol has no such pins", .attr = NF_PASSTHROUGH_A_PIN_KIND },
	{ "a good one, a setting, a bad one", {
		PIN(DATA, HOST + 1, SERVER), UNPIN(DATA, HOST, SERVER), PIN(DATA, HOST, 0),
	}, .setting = true, .err = -EINVAL, .attr = NF_PASSTHROUGH_A_PROTOCOL_PIN },
	{ "good ones, a setting", {
		PIN(DATA, HOST + 1, SERVER), UNPIN(DATA, HOST, SERVER), PIN(PORT, HOST, 0),
	}, .setting = true, .n = 1 },
};

KUNIT_ARRAY_PARAM_DESC(nfpt_pin, nfpt_pin_cases, name);

static int nfpt_pin_test_init(struct kunit *test)
{
	int err = nfpt_fake_init(test);
	struct nfpt_fake *fake = test->priv;

	if (!err)
		fake->proto.pin_kinds = BIT(DATA) | BIT(PORT);
	return err;
}

static struct nfpt_genl *nfpt_pin_test_open(struct kunit *test)
{
	struct nfpt_fake *fake = test->priv;
	struct nfpt_genl *g = nfpt_genl_open(fake->net);

	KUNIT_ASSERT_NOT_NULL(test, g);
	return g;
}

static void nfpt_pin_test_put(struct kunit *test, struct sk_buff *skb,
			      const struct nfpt_pin_ask *ask)
{
	struct nlattr *nest = nla_nest_start(skb, ask->attr);
	int err = 0;

	if (ask->kind != NONE)
		err |= nla_put_u32(skb, NF_PASSTHROUGH_A_PIN_KIND, ask->kind);
	if (ask->host)
		err |= nla_put_in_addr(skb, NF_PASSTHROUGH_A_PIN_HOST, htonl(ask->host));
	if (ask->server)
		err |= nla_put_in_addr(skb, NF_PASSTHROUGH_A_PIN_SERVER, htonl(ask->server));
	KUNIT_ASSERT_EQ(test, err, 0);
	nla_nest_end(skb, nest);
}

static void nfpt_pin_test_put_setting(struct kunit *test, struct sk_buff *skb)
{
	struct nlattr *nest = nla_nest_start(skb, NF_PASSTHROUGH_A_PROTOCOL_SETTING);

	KUNIT_ASSERT_EQ(test, nla_put_string(skb, NF_PASSTHROUGH_A_SETTING_NAME, "width"), 0);
	KUNIT_ASSERT_EQ(test, nla_put_u32(skb, NF_PASSTHROUGH_A_SETTING_VALUE, 15), 0);
	nla_nest_end(skb, nest);
}

static void nfpt_pin_test_ask(struct kunit *test, struct nfpt_genl *g,
			      const struct nfpt_pin_ask *asks, unsigned int n, bool setting,
			      struct nfpt_genl_ack *ack)
{
	struct sk_buff *skb = nfpt_genl_request(g, NF_PASSTHROUGH_CMD_PROTOCOL_SET, NLM_F_ACK);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_ASSERT_EQ(test, nla_put_string(skb, NF_PASSTHROUGH_A_PROTOCOL_NAME, "kunit"), 0);
	for (i = 0; i < n && asks[i].attr; i++) {
		if (i == 1 && setting)
			nfpt_pin_test_put_setting(test, skb);
		nfpt_pin_test_put(test, skb, &asks[i]);
	}
	KUNIT_EXPECT_EQ(test, nfpt_genl_send(g), 0);
	KUNIT_EXPECT_EQ(test, nfpt_genl_ack(g, ack), 0);
}

static const struct nfpt_config *nfpt_pin_test_config(const struct nfpt_proto_net *pn)
{
	return rcu_dereference_protected(pn->config, true);
}

static bool nfpt_pin_test_has(const struct nfpt_proto_net *pn, u32 kind, u32 host, u32 server)
{
	bool pinned;

	rcu_read_lock();
	pinned = nfpt_is_pinned(pn, kind, htonl(host), htonl(server));
	rcu_read_unlock();
	return pinned;
}

/* One request is done as a whole, in its order, or not at all. */
static void nfpt_pin_test_set(struct kunit *test)
{
	const struct nfpt_pin_ask first = PIN(DATA, HOST, SERVER);
	struct nfpt_proto_net *pn = nfpt_fake_state(test, NF_PASSTHROUGH_STATE_BYPASSED);
	struct nfpt_genl *g = nfpt_pin_test_open(test);
	const struct nfpt_pin_case *c = test->param_value;
	struct nfpt_fake *fake = test->priv;
	const struct nfpt_config *config;
	struct nfpt_genl_ack ack;

	if (c->other)
		fake->proto.pin_kinds = BIT(DATA);
	nfpt_pin_test_ask(test, g, &first, 1, false, &ack);
	KUNIT_ASSERT_EQ(test, ack.err, 0);
	config = nfpt_pin_test_config(pn);
	KUNIT_ASSERT_EQ(test, config->n_pins, 1);
	KUNIT_EXPECT_TRUE(test, nfpt_pin_test_has(pn, DATA, HOST, SERVER));

	nfpt_pin_test_ask(test, g, c->asks, ARRAY_SIZE(c->asks), c->setting, &ack);
	KUNIT_EXPECT_EQ(test, ack.err, c->err);
	KUNIT_EXPECT_EQ(test, ack.attr, c->attr);
	if (c->msg)
		KUNIT_EXPECT_STREQ(test, ack.msg, c->msg);
	if (c->err) {
		KUNIT_EXPECT_PTR_EQ(test, nfpt_pin_test_config(pn), config);
		KUNIT_EXPECT_TRUE(test, nfpt_pin_test_has(pn, DATA, HOST, SERVER));
	}
	KUNIT_EXPECT_EQ(test, nfpt_pin_test_config(pn)->n_pins, 1 + c->n);
	KUNIT_EXPECT_EQ(test, nfpt_setting(pn, NFPT_FAKE_WIDTH), c->setting && !c->err ? 15 : 10);
	nfpt_genl_close(g);
}

/* There are 32; one more is refused with all that came with it. */
static void nfpt_pin_test_many(struct kunit *test)
{
	struct nfpt_proto_net *pn = nfpt_fake_state(test, NF_PASSTHROUGH_STATE_BYPASSED);
	struct nfpt_genl *g = nfpt_pin_test_open(test);
	struct nfpt_pin_ask asks[NFPT_PINS_MAX + 1];
	struct nfpt_genl_ack ack;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(asks); i++)
		asks[i] = (struct nfpt_pin_ask)PIN(DATA, HOST + i, SERVER);
	nfpt_pin_test_ask(test, g, asks, NFPT_PINS_MAX + 1, true, &ack);
	KUNIT_EXPECT_EQ(test, ack.err, -E2BIG);
	KUNIT_EXPECT_STREQ(test, ack.msg, "more pins than a protocol can have (32)");
	KUNIT_EXPECT_EQ(test, nfpt_pin_test_config(pn)->n_pins, 0);
	KUNIT_EXPECT_EQ(test, nfpt_setting(pn, NFPT_FAKE_WIDTH), 10);

	nfpt_pin_test_ask(test, g, asks, NFPT_PINS_MAX, false, &ack);
	KUNIT_EXPECT_EQ(test, ack.err, 0);
	KUNIT_EXPECT_EQ(test, nfpt_pin_test_config(pn)->n_pins, NFPT_PINS_MAX);
	nfpt_pin_test_ask(test, g, asks + NFPT_PINS_MAX, 1, false, &ack);
	KUNIT_EXPECT_EQ(test, ack.err, -E2BIG);
	/* One that is there needs no room, and one that goes makes some. */
	nfpt_pin_test_ask(test, g, asks, 1, false, &ack);
	KUNIT_EXPECT_EQ(test, ack.err, 0);
	asks[NFPT_PINS_MAX - 1] = (struct nfpt_pin_ask)UNPIN(DATA, HOST + 5, SERVER);
	nfpt_pin_test_ask(test, g, asks + NFPT_PINS_MAX - 1, 2, false, &ack);
	KUNIT_EXPECT_EQ(test, ack.err, 0);
	KUNIT_EXPECT_EQ(test, nfpt_pin_test_config(pn)->n_pins, NFPT_PINS_MAX);
	for (i = 0; i <= NFPT_PINS_MAX; i++)
		KUNIT_EXPECT_EQ(test, nfpt_pin_test_has(pn, DATA, HOST + i, SERVER), i != 5);
	nfpt_genl_close(g);
}

/* How many pins a protocol is listed with. */
static unsigned int nfpt_pin_test_listed(struct kunit *test, struct nfpt_genl *g)
{
	const struct nlmsghdr *nlh = (struct nlmsghdr *)g->buffer;
	const struct nlattr *attr, *name;
	unsigned int n = 0;
	int rem, len;

	KUNIT_ASSERT_NOT_NULL(test, nfpt_genl_request(g, NF_PASSTHROUGH_CMD_PROTOCOL_GET,
						      NLM_F_DUMP));
	KUNIT_EXPECT_EQ(test, nfpt_genl_send(g), 0);
	while ((len = nfpt_genl_recv(g)) > 0) {
		for (nlh = (struct nlmsghdr *)g->buffer; nlmsg_ok(nlh, len);
		     nlh = nlmsg_next(nlh, &len)) {
			if (nlh->nlmsg_type != g->family)
				continue;
			name = nlmsg_find_attr(nlh, GENL_HDRLEN, NF_PASSTHROUGH_A_PROTOCOL_NAME);
			if (!name || nla_strcmp(name, "kunit"))
				continue;
			nlmsg_for_each_attr(attr, nlh, GENL_HDRLEN, rem)
				n += nla_type(attr) == NF_PASSTHROUGH_A_PROTOCOL_PIN;
		}
	}
	return n;
}

/* All are listed, and they outlive the protocol's states. */
static void nfpt_pin_test_list(struct kunit *test)
{
	const struct nfpt_pin_ask pin = PIN(DATA, HOST, SERVER), keep = PIN(PORT, HOST, 0);
	struct nfpt_proto_net *pn = nfpt_fake_state(test, NF_PASSTHROUGH_STATE_BYPASSED);
	struct nfpt_genl *g = nfpt_pin_test_open(test);
	struct nfpt_genl_ack ack;

	KUNIT_EXPECT_EQ(test, nfpt_pin_test_listed(test, g), 0);
	nfpt_pin_test_ask(test, g, &pin, 1, false, &ack);
	nfpt_pin_test_ask(test, g, &keep, 1, false, &ack);
	KUNIT_EXPECT_EQ(test, nfpt_pin_test_listed(test, g), 2);
	nfpt_fake_state(test, NF_PASSTHROUGH_STATE_ENABLED);
	nfpt_fake_state(test, NF_PASSTHROUGH_STATE_DISABLED);
	nfpt_fake_state(test, NF_PASSTHROUGH_STATE_BYPASSED);
	KUNIT_EXPECT_EQ(test, nfpt_pin_test_listed(test, g), 2);
	KUNIT_EXPECT_TRUE(test, nfpt_pin_test_has(pn, PORT, HOST, 0));
	KUNIT_EXPECT_FALSE(test, nfpt_pin_test_has(pn, DATA, HOST, SERVER + 1));
	nfpt_genl_close(g);
}

static struct kunit_case nfpt_pin_test_cases[] = {
	KUNIT_CASE_PARAM(nfpt_pin_test_set, nfpt_pin_gen_params),
	KUNIT_CASE(nfpt_pin_test_many),
	KUNIT_CASE(nfpt_pin_test_list),
	{}
};

static struct kunit_suite nfpt_pin_test_suite = {
	.name		= "nfpt_pin",
	.init		= nfpt_pin_test_init,
	.exit		= nfpt_fake_exit,
	.test_cases	= nfpt_pin_test_cases,
};

kunit_test_suite(nfpt_pin_test_suite);
