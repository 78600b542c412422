// SPDX-License-Identifier: GPL-2.0
/*
 * Sessions: their list, its filters, and their end.
 */
#include <linux/bitops.h>
#include <linux/ktime.h>
#include <linux/workqueue.h>

#include "fake.h"

/* Four sessions, by bit: two from initiator 10, two to responder 20; the
 * second of each is local.
 */
enum {
	FIRST	= BIT(0),	/* 10 to 20, pending */
	SECOND	= BIT(1),	/* 10 to 21, established, local */
	THIRD	= BIT(2),	/* 11 to 20, established */
	FOURTH	= BIT(3),	/* 11 to 21, closing, local */
	ALL	= FIRST | SECOND | THIRD | FOURTH,
};

static const struct {
	u32	initiator;
	u32	responder;
	u8	state;
	bool	local;
} nfpt_session_test_four[] = {
	{ 10, 20, NF_PASSTHROUGH_SESSION_STATE_PENDING,	    false },
	{ 10, 21, NF_PASSTHROUGH_SESSION_STATE_ESTABLISHED, true },
	{ 11, 20, NF_PASSTHROUGH_SESSION_STATE_ESTABLISHED, false },
	{ 11, 21, NF_PASSTHROUGH_SESSION_STATE_CLOSING,	    true },
};

static void nfpt_session_test_fill(struct kunit *test, struct nfpt_proto_net *pn, u32 *ids)
{
	struct nfpt_session *s;
	int i;

	for (i = 0; i < ARRAY_SIZE(nfpt_session_test_four); i++) {
		s = nfpt_fake_session(pn, nfpt_session_test_four[i].initiator,
				      nfpt_session_test_four[i].responder,
				      nfpt_session_test_four[i].local);
		KUNIT_ASSERT_FALSE(test, IS_ERR(s));
		s->state = nfpt_session_test_four[i].state;
		ids[i] = s->id;
	}
}

/* Which of the four sessions a walk finds. */
static unsigned int nfpt_session_test_walk(struct nfpt_net *nn, const u32 *ids,
					   const struct nfpt_session_filter *f)
{
	unsigned int found = 0, i;
	struct nfpt_session *s;
	unsigned long id = 0;

	rcu_read_lock();
	while ((s = nfpt_session_next(nn, &id, f))) {
		for (i = 0; i < ARRAY_SIZE(nfpt_session_test_four); i++)
			if (s->id == ids[i] && id == s->id)
				found |= BIT(i);
		id++;
	}
	rcu_read_unlock();
	return found;
}

static const struct nfpt_session_find {
	const char			*name;
	struct nfpt_session_filter	f;
	int				nth;	/* filter by this one's id, 0 no */
	bool				other;	/* by another protocol */
	unsigned int			found;
} nfpt_session_finds[] = {
	{ "any",	  { -1, -1 }, 0, false, ALL },
	{ "protocol",	  { 0, -1 }, 0, false, ALL },
	{ "other protocol", { 0, -1 }, 0, true, 0 },
	{ "pending",	  { -1, NF_PASSTHROUGH_SESSION_STATE_PENDING }, 0, false, FIRST },
	{ "established",  { -1, NF_PASSTHROUGH_SESSION_STATE_ESTABLISHED }, 0, false,
	  SECOND | THIRD },
	{ "closing",	  { -1, NF_PASSTHROUGH_SESSION_STATE_CLOSING }, 0, false, FOURTH },
	{ "cookie",	  { -1, -1 }, 3, false, THIRD },
	{ "no such cookie", { -1, -1, .id = INT_MAX }, 0, false, 0 },
	{ "initiator",	  { -1, -1, .initiator = cpu_to_be32(10) }, 0, false,
	  FIRST | SECOND },
	{ "initiator seen", { -1, -1, .initiator = cpu_to_be32(1011) }, 0, false,
	  THIRD | FOURTH },
	{ "responder",	  { -1, -1, .responder = cpu_to_be32(20) }, 0, false,
	  FIRST | THIRD },
	{ "responder seen", { -1, -1, .responder = cpu_to_be32(1021) }, 0, false,
	  SECOND | FOURTH },
	{ "both",	  { -1, -1, .initiator = cpu_to_be32(11),
			    .responder = cpu_to_be32(20) }, 0, false, THIRD },
	{ "either way round", { -1, -1, .initiator = cpu_to_be32(20),
				.responder = cpu_to_be32(11) }, 0, false, THIRD },
	{ "forwarded",	  { -1, -1, .forwarded = true }, 0, false, FIRST | THIRD },
	{ "established and forwarded",
	  { -1, NF_PASSTHROUGH_SESSION_STATE_ESTABLISHED, .forwarded = true }, 0, false,
	  THIRD },
};

KUNIT_ARRAY_PARAM_DESC(nfpt_session_find, nfpt_session_finds, name);

/* What a filter lists is what it ends. */
static void nfpt_session_test_filter(struct kunit *test)
{
	struct nfpt_proto_net *pn = nfpt_fake_state(test, NF_PASSTHROUGH_STATE_ENABLED);
	const struct nfpt_session_filter any = { .proto_id = -1, .state = -1 };
	const struct nfpt_session_find *c = test->param_value;
	struct nfpt_fake *fake = test->priv;
	struct nfpt_session_filter f = c->f;
	unsigned int n;
	u32 ids[4];

	nfpt_session_test_fill(test, pn, ids);
	if (c->nth)
		f.id = ids[c->nth - 1];
	if (f.proto_id >= 0)
		f.proto_id = pn->proto->id + c->other;

	KUNIT_EXPECT_EQ(test, nfpt_session_test_walk(pn->nn, ids, &f), c->found);
	mutex_lock(&nfpt_registry_mutex);
	n = nfpt_session_flush(pn->nn, &f, NF_PASSTHROUGH_END_REASON_FLUSHED);
	mutex_unlock(&nfpt_registry_mutex);
	KUNIT_EXPECT_EQ(test, n, hweight32(c->found));
	KUNIT_EXPECT_EQ(test, fake->ends[NF_PASSTHROUGH_END_REASON_FLUSHED], n);
	KUNIT_EXPECT_EQ(test, nfpt_session_test_walk(pn->nn, ids, &any), ALL & ~c->found);
	KUNIT_EXPECT_EQ(test, atomic_read(&pn->sessions), 4 - n);
}

static void nfpt_session_test_life(struct kunit *test)
{
	struct nfpt_proto_net *pn = nfpt_fake_state(test, NF_PASSTHROUGH_STATE_ENABLED);
	int generation = atomic_read(&pn->nn->generation);
	struct nfpt_session *a, *b;
	u32 id;

	a = nfpt_fake_session(pn, 1, 2, false);
	b = nfpt_fake_session(pn, 1, 2, false);
	KUNIT_ASSERT_FALSE(test, IS_ERR(a) || IS_ERR(b));
	KUNIT_EXPECT_NE(test, a->id, 0);
	KUNIT_EXPECT_NE(test, b->id, 0);
	KUNIT_EXPECT_NE(test, a->id, b->id);
	KUNIT_EXPECT_EQ(test, a->state, NF_PASSTHROUGH_SESSION_STATE_PENDING);
	KUNIT_EXPECT_LE(test, (u32)ktime_get_seconds() - a->born, 60);
	KUNIT_EXPECT_LE(test, (u32)jiffies - a->seen, 60 * HZ);
	nfpt_session_up(a);
	KUNIT_EXPECT_EQ(test, a->state, NF_PASSTHROUGH_SESSION_STATE_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, b->state, NF_PASSTHROUGH_SESSION_STATE_PENDING);
	KUNIT_EXPECT_EQ(test, atomic_read(&pn->nn->generation), generation + 3);

	/* A cookie is not given again at once: it may be on somebody's screen. */
	id = b->id;
	KUNIT_EXPECT_EQ(test, nfpt_kunit_flush(pn), 2);
	KUNIT_EXPECT_EQ(test, atomic_read(&pn->nn->generation), generation + 5);
	a = nfpt_fake_session(pn, 1, 2, false);
	KUNIT_ASSERT_FALSE(test, IS_ERR(a));
	KUNIT_EXPECT_GT(test, a->id, id);
}

static void nfpt_session_test_limit(struct kunit *test)
{
	struct nfpt_proto_net *pn = nfpt_fake_state(test, NF_PASSTHROUGH_STATE_ENABLED);
	const struct nfpt_session_filter one = {
		.proto_id = -1, .state = -1, .initiator = htonl(1),
	};
	struct nfpt_session *s;
	int i;

	KUNIT_ASSERT_EQ(test, nfpt_kunit_setting(pn, NFPT_SETTING_MAX_SESSIONS, 3), 0);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_FALSE(test, IS_ERR(nfpt_fake_session(pn, i, 50, false)));
	s = nfpt_fake_session(pn, 3, 50, false);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(s), -ENOSPC);
	KUNIT_EXPECT_EQ(test, atomic_read(&pn->sessions), 3);

	mutex_lock(&nfpt_registry_mutex);
	KUNIT_EXPECT_EQ(test, nfpt_session_flush(pn->nn, &one, 0), 1);
	mutex_unlock(&nfpt_registry_mutex);
	KUNIT_EXPECT_FALSE(test, IS_ERR(nfpt_fake_session(pn, 3, 50, false)));

	/* A limit below what is held ends nothing and admits nothing. */
	KUNIT_ASSERT_EQ(test, nfpt_kunit_setting(pn, NFPT_SETTING_MAX_SESSIONS, 1), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&pn->sessions), 3);
	s = nfpt_fake_session(pn, 4, 50, false);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(s), -ENOSPC);
}

static void nfpt_session_test_gc_run(struct nfpt_net *nn)
{
	mod_delayed_work(system_power_efficient_wq, &nn->gc, 0);
	flush_delayed_work(&nn->gc);
}

static void nfpt_session_test_gc(struct kunit *test)
{
	struct nfpt_proto_net *pn = nfpt_fake_state(test, NF_PASSTHROUGH_STATE_ENABLED);
	const struct nfpt_session_filter any = { .proto_id = -1, .state = -1 };
	struct nfpt_fake *fake = test->priv;
	unsigned int *idle = &fake->ends[NF_PASSTHROUGH_END_REASON_IDLE];
	struct nfpt_net *nn = pn->nn;
	u32 ids[4];

	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&nn->gc));
	nfpt_session_test_fill(test, pn, ids);
	KUNIT_EXPECT_TRUE(test, delayed_work_pending(&nn->gc));
	nfpt_session_test_gc_run(nn);
	KUNIT_EXPECT_EQ(test, atomic_read(&pn->sessions), 4);

	fake->expire = NF_PASSTHROUGH_END_REASON_IDLE;
	nfpt_session_test_gc_run(nn);
	KUNIT_EXPECT_EQ(test, *idle, 2);
	KUNIT_EXPECT_EQ(test, nfpt_session_test_walk(nn, ids, &any), FIRST | SECOND);
	KUNIT_EXPECT_TRUE(test, delayed_work_pending(&nn->gc));

	/* It rests when there is nothing left to watch. */
	nfpt_kunit_flush(pn);
	nfpt_session_test_gc_run(nn);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&nn->gc));
}

static struct kunit_case nfpt_session_test_cases[] = {
	KUNIT_CASE(nfpt_session_test_life),
	KUNIT_CASE_PARAM(nfpt_session_test_filter, nfpt_session_find_gen_params),
	KUNIT_CASE(nfpt_session_test_limit),
	KUNIT_CASE(nfpt_session_test_gc),
	{}
};

static struct kunit_suite nfpt_session_test_suite = {
	.name		= "nfpt_session",
	.init		= nfpt_fake_init,
	.exit		= nfpt_fake_exit,
	.test_cases	= nfpt_session_test_cases,
};

kunit_test_suite(nfpt_session_test_suite);
