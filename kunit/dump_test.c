// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink: what is listed, and what those who listen are told.
 */
#include "fake.h"
#include "genl.h"

/**
 * struct nfpt_dump - what a dump has brought
 * @messages: how many messages
 * @interrupted: one said that something changed meanwhile
 * @done: it came to its end
 * @err: how that said it ended
 * @last: cookie of the last session
 * @disordered: sessions that did not come behind the one before
 */
struct nfpt_dump {
	unsigned int	messages;
	bool		interrupted;
	bool		done;
	int		err;
	u32		last;
	unsigned int	disordered;
};

static struct nfpt_genl *nfpt_dump_test_open(struct kunit *test)
{
	struct nfpt_fake *fake = test->priv;
	struct nfpt_genl *g = nfpt_genl_open(fake->net);

	KUNIT_ASSERT_NOT_NULL(test, g);
	return g;
}

static struct nlattr *nfpt_dump_test_attr(const struct nlmsghdr *nlh, int type)
{
	return nlmsg_find_attr(nlh, GENL_HDRLEN, type);
}

/* One buffer of a dump. */
static void nfpt_dump_test_take(struct nfpt_genl *g, struct nfpt_dump *d, int session_attr)
{
	const struct nlmsghdr *nlh = (struct nlmsghdr *)g->buffer;
	int rem = nfpt_genl_recv(g);
	struct nlattr *attr;

	if (rem < 0) {
		d->done = true;
		d->err = rem;
	}
	for (; rem > 0 && nlmsg_ok(nlh, rem); nlh = nlmsg_next(nlh, &rem)) {
		d->interrupted |= !!(nlh->nlmsg_flags & NLM_F_DUMP_INTR);
		if (nlh->nlmsg_type == NLMSG_DONE || nlh->nlmsg_type == NLMSG_ERROR) {
			d->done = true;
			d->err = *(int *)nlmsg_data(nlh);
			return;
		}
		d->messages++;
		attr = session_attr ? nfpt_dump_test_attr(nlh, session_attr) : NULL;
		if (!attr)
			continue;
		if (nla_get_u32(attr) <= d->last)
			d->disordered++;
		d->last = nla_get_u32(attr);
	}
}

static void nfpt_dump_test_begin(struct kunit *test, struct nfpt_genl *g, u8 cmd)
{
	KUNIT_ASSERT_NOT_NULL(test, nfpt_genl_request(g, cmd, NLM_F_DUMP));
}

static void nfpt_dump_test_add(struct kunit *test, struct nfpt_proto_net *pn, unsigned int n)
{
	while (n--)
		KUNIT_ASSERT_FALSE(test, IS_ERR(nfpt_fake_session(pn, n, 100, false)));
}

#define NFPT_DUMP_TEST_MANY	500

/* More sessions than a buffer holds: each once, in order, and all of them. */
static void nfpt_dump_test_sessions(struct kunit *test)
{
	struct nfpt_proto_net *pn = nfpt_fake_state(test, NF_PASSTHROUGH_STATE_ENABLED);
	struct nfpt_genl *g = nfpt_dump_test_open(test);
	struct nfpt_dump d = {};
	unsigned int rounds;

	nfpt_dump_test_add(test, pn, NFPT_DUMP_TEST_MANY);
	nfpt_dump_test_begin(test, g, NF_PASSTHROUGH_CMD_SESSION_GET);
	KUNIT_EXPECT_EQ(test, nfpt_genl_send(g), 0);
	for (rounds = 0; !d.done; rounds++)
		nfpt_dump_test_take(g, &d, NF_PASSTHROUGH_A_SESSION_ID);
	KUNIT_EXPECT_GT(test, rounds, 3);
	KUNIT_EXPECT_EQ(test, d.err, 0);
	KUNIT_EXPECT_EQ(test, d.messages, NFPT_DUMP_TEST_MANY);
	KUNIT_EXPECT_EQ(test, d.disordered, 0);
	KUNIT_EXPECT_FALSE(test, d.interrupted);
	nfpt_genl_close(g);
}

/* A list that something was added to meanwhile says so. */
static void nfpt_dump_test_interrupted(struct kunit *test)
{
	struct nfpt_proto_net *pn = nfpt_fake_state(test, NF_PASSTHROUGH_STATE_ENABLED);
	struct nfpt_genl *g = nfpt_dump_test_open(test);
	struct nfpt_dump d = {};

	nfpt_dump_test_add(test, pn, NFPT_DUMP_TEST_MANY);
	nfpt_dump_test_begin(test, g, NF_PASSTHROUGH_CMD_SESSION_GET);
	KUNIT_EXPECT_EQ(test, nfpt_genl_send(g), 0);
	nfpt_dump_test_take(g, &d, NF_PASSTHROUGH_A_SESSION_ID);
	KUNIT_EXPECT_FALSE(test, d.interrupted);
	nfpt_dump_test_add(test, pn, 1);
	while (!d.done)
		nfpt_dump_test_take(g, &d, NF_PASSTHROUGH_A_SESSION_ID);
	KUNIT_EXPECT_TRUE(test, d.interrupted);
	KUNIT_EXPECT_EQ(test, d.disordered, 0);
	nfpt_genl_close(g);
}

static const struct nfpt_dump_filter {
	const char	*name;
	int		attr;
	u32		value;
	const char	*proto;
	unsigned int	found;	/* of initiators 0 to 9, all to 100 */
	int		err;
} nfpt_dump_filters[] = {
	{ "none", .found = 10 },
	{ "protocol", .proto = "kunit", .found = 10 },
	{ "unknown protocol", .proto = "nosuch", .err = -ENOENT },
	{ "state", NF_PASSTHROUGH_A_SESSION_STATE, NF_PASSTHROUGH_SESSION_STATE_PENDING,
	  .found = 10 },
	{ "other state", NF_PASSTHROUGH_A_SESSION_STATE, NF_PASSTHROUGH_SESSION_STATE_CLOSING },
	{ "no such state", NF_PASSTHROUGH_A_SESSION_STATE, 3, .err = -ERANGE },
	{ "initiator", NF_PASSTHROUGH_A_SESSION_INITIATOR, 7, .found = 1 },
	{ "responder", NF_PASSTHROUGH_A_SESSION_RESPONDER, 100, .found = 10 },
	{ "nobody", NF_PASSTHROUGH_A_SESSION_RESPONDER, 200 },
};

KUNIT_ARRAY_PARAM_DESC(nfpt_dump_filter, nfpt_dump_filters, name);

static int nfpt_dump_test_filter_put(struct sk_buff *skb, const struct nfpt_dump_filter *c)
{
	bool addr = c->attr == NF_PASSTHROUGH_A_SESSION_INITIATOR ||
		    c->attr == NF_PASSTHROUGH_A_SESSION_RESPONDER;

	if (c->proto)
		return nla_put_string(skb, NF_PASSTHROUGH_A_SESSION_PROTOCOL, c->proto);
	if (addr)
		return nla_put_in_addr(skb, c->attr, htonl(c->value));
	return c->attr ? nla_put_u32(skb, c->attr, c->value) : 0;
}

/* What a filter lists is what it ends, and how many is answered. */
static void nfpt_dump_test_filter(struct kunit *test)
{
	struct nfpt_proto_net *pn = nfpt_fake_state(test, NF_PASSTHROUGH_STATE_ENABLED);
	struct nfpt_genl *g = nfpt_dump_test_open(test);
	const struct nfpt_dump_filter *c = test->param_value;
	const struct nlmsghdr *nlh = (struct nlmsghdr *)g->buffer;
	struct nfpt_dump d = {};
	struct nlattr *attr;

	nfpt_dump_test_add(test, pn, 10);
	nfpt_dump_test_begin(test, g, NF_PASSTHROUGH_CMD_SESSION_GET);
	KUNIT_ASSERT_EQ(test, nfpt_dump_test_filter_put(g->request, c), 0);
	KUNIT_EXPECT_EQ(test, nfpt_genl_send(g), 0);
	while (!d.done)
		nfpt_dump_test_take(g, &d, NF_PASSTHROUGH_A_SESSION_ID);
	KUNIT_EXPECT_EQ(test, d.messages, c->found);
	KUNIT_EXPECT_EQ(test, d.err, c->err);

	KUNIT_ASSERT_NOT_NULL(test, nfpt_genl_request(g, NF_PASSTHROUGH_CMD_SESSION_DEL, 0));
	KUNIT_ASSERT_EQ(test, nfpt_dump_test_filter_put(g->request, c), 0);
	KUNIT_EXPECT_EQ(test, nfpt_genl_send(g), 0);
	KUNIT_ASSERT_GT(test, nfpt_genl_recv(g), 0);
	if (c->err) {
		KUNIT_EXPECT_EQ(test, nlh->nlmsg_type, NLMSG_ERROR);
		KUNIT_EXPECT_EQ(test, *(int *)nlmsg_data(nlh), c->err);
	} else {
		attr = nfpt_dump_test_attr(nlh, NF_PASSTHROUGH_A_SESSION_COUNT);
		KUNIT_ASSERT_NOT_NULL(test, attr);
		KUNIT_EXPECT_EQ(test, nla_get_u32(attr), c->found);
	}
	KUNIT_EXPECT_EQ(test, atomic_read(&pn->sessions), 10 - c->found);
	nfpt_genl_close(g);
}

/* Protocols and counters come whole, and only the counters asked for. */
static void nfpt_dump_test_counters(struct kunit *test)
{
	struct nfpt_proto_net *pn = nfpt_fake_state(test, NF_PASSTHROUGH_STATE_ENABLED);
	struct nfpt_genl *g = nfpt_dump_test_open(test);
	const struct nlmsghdr *nlh = (struct nlmsghdr *)g->buffer;
	struct nfpt_dump d = {};
	struct nlattr *attr;

	nfpt_count(pn, 0);
	nfpt_count(pn, 0);
	nfpt_count(pn, 1);
	KUNIT_EXPECT_EQ(test, nfpt_kunit_counter(pn, 0), 2);
	KUNIT_EXPECT_EQ(test, nfpt_kunit_counter(pn, 1), 1);
	nfpt_dump_test_begin(test, g, NF_PASSTHROUGH_CMD_COUNTER_GET);
	KUNIT_ASSERT_EQ(test, nla_put_string(g->request, NF_PASSTHROUGH_A_COUNTER_PROTOCOL,
					     "kunit"), 0);
	KUNIT_EXPECT_EQ(test, nfpt_genl_send(g), 0);
	nfpt_dump_test_take(g, &d, 0);
	KUNIT_EXPECT_EQ(test, d.messages, 2);
	attr = nfpt_dump_test_attr(nlh, NF_PASSTHROUGH_A_COUNTER_VALUE);
	KUNIT_ASSERT_NOT_NULL(test, attr);
	KUNIT_EXPECT_EQ(test, nla_get_u64(attr), 2);
	attr = nfpt_dump_test_attr(nlh, NF_PASSTHROUGH_A_COUNTER_NAME);
	KUNIT_ASSERT_NOT_NULL(test, attr);
	KUNIT_EXPECT_STREQ(test, (char *)nla_data(attr), "one");
	nfpt_genl_close(g);
}

/* The next event, and what of a session it tells. */
static void nfpt_dump_test_event(struct kunit *test, struct nfpt_genl *g, u32 id,
				 enum nf_passthrough_event event,
				 enum nf_passthrough_end_reason reason)
{
	const struct nlmsghdr *nlh = (struct nlmsghdr *)g->buffer;
	const struct genlmsghdr *hdr = nlmsg_data(nlh);
	struct nlattr *attr[3];
	int i;

	KUNIT_ASSERT_GT(test, nfpt_genl_recv(g), 0);
	KUNIT_EXPECT_EQ(test, nlh->nlmsg_type, g->family);
	KUNIT_EXPECT_EQ(test, hdr->cmd, NF_PASSTHROUGH_CMD_SESSION_NTF);
	attr[0] = nfpt_dump_test_attr(nlh, NF_PASSTHROUGH_A_SESSION_ID);
	attr[1] = nfpt_dump_test_attr(nlh, NF_PASSTHROUGH_A_SESSION_EVENT);
	attr[2] = nfpt_dump_test_attr(nlh, NF_PASSTHROUGH_A_SESSION_REASON);
	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_NOT_NULL(test, attr[i]);
	KUNIT_EXPECT_EQ(test, nla_get_u32(attr[0]), id);
	KUNIT_EXPECT_EQ(test, nla_get_u32(attr[1]), event);
	KUNIT_EXPECT_EQ(test, nla_get_u32(attr[2]), reason);
}

static void nfpt_dump_test_events(struct kunit *test)
{
	struct nfpt_proto_net *pn = nfpt_fake_state(test, NF_PASSTHROUGH_STATE_ENABLED);
	struct nfpt_genl *g = nfpt_dump_test_open(test);
	struct nfpt_session *s;
	u32 id;

	KUNIT_ASSERT_EQ(test, nfpt_genl_join(g), 0);
	s = nfpt_fake_session(pn, 1, 2, false);
	KUNIT_ASSERT_FALSE(test, IS_ERR(s));
	id = s->id;
	nfpt_session_up(s);
	nfpt_kunit_flush(pn);
	nfpt_dump_test_event(test, g, id, NF_PASSTHROUGH_EVENT_NEW,
			     NF_PASSTHROUGH_END_REASON_NONE);
	nfpt_dump_test_event(test, g, id, NF_PASSTHROUGH_EVENT_UP,
			     NF_PASSTHROUGH_END_REASON_NONE);
	nfpt_dump_test_event(test, g, id, NF_PASSTHROUGH_EVENT_END,
			     NF_PASSTHROUGH_END_REASON_FLUSHED);
	KUNIT_EXPECT_EQ(test, nfpt_genl_recv(g), -EAGAIN);
	nfpt_genl_close(g);
}

static struct kunit_case nfpt_dump_test_cases[] = {
	KUNIT_CASE(nfpt_dump_test_sessions),
	KUNIT_CASE(nfpt_dump_test_interrupted),
	KUNIT_CASE_PARAM(nfpt_dump_test_filter, nfpt_dump_filter_gen_params),
	KUNIT_CASE(nfpt_dump_test_counters),
	KUNIT_CASE(nfpt_dump_test_events),
	{}
};

static struct kunit_suite nfpt_dump_test_suite = {
	.name		= "nfpt_dump",
	.init		= nfpt_fake_init,
	.exit		= nfpt_fake_exit,
	.test_cases	= nfpt_dump_test_cases,
};

kunit_test_suite(nfpt_dump_test_suite);
