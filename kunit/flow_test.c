// SPDX-License-Identifier: GPL-2.0
/*
 * The flow map.
 */
#include <linux/delay.h>
#include <linux/sched.h>

#include "fake.h"

static const struct nfpt_flow_key nfpt_flow_test_key = {
	.saddr	 = cpu_to_be32(0xc0000202),
	.daddr	 = cpu_to_be32(0x0a00000b),
	.id	 = 0,
	.zone	 = 0,
	.l4proto = IPPROTO_GRE,
	.view	 = NFPT_VIEW_IN,
};

static struct nfpt_flow *nfpt_flow_test_find(const struct nfpt_proto_net *pn,
					     const struct nfpt_flow_key *key)
{
	struct nfpt_flow *flow;

	rcu_read_lock();
	flow = nfpt_flow_find(pn, key);
	rcu_read_unlock();
	return flow;
}

static void nfpt_flow_test_key_layout(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, sizeof(struct nfpt_flow_key), 16);
	KUNIT_EXPECT_EQ(test, offsetof(struct nfpt_flow_key, saddr), 0);
	KUNIT_EXPECT_EQ(test, offsetof(struct nfpt_flow_key, daddr), 4);
	KUNIT_EXPECT_EQ(test, offsetof(struct nfpt_flow_key, id), 8);
	KUNIT_EXPECT_EQ(test, offsetof(struct nfpt_flow_key, zone), 12);
	KUNIT_EXPECT_EQ(test, offsetof(struct nfpt_flow_key, l4proto), 14);
	KUNIT_EXPECT_EQ(test, offsetof(struct nfpt_flow_key, view), 15);
}

static void nfpt_flow_test_life(struct kunit *test)
{
	struct nfpt_proto_net *pn = nfpt_fake_state(test, NF_PASSTHROUGH_STATE_BYPASSED);
	struct nfpt_flow a = { .key = nfpt_flow_test_key, .slot = 1 };
	struct nfpt_flow b = { .key = nfpt_flow_test_key, .slot = 2 };

	KUNIT_EXPECT_PTR_EQ(test, nfpt_flow_test_find(pn, &a.key), NULL);
	KUNIT_ASSERT_EQ(test, nfpt_flow_insert(pn, &a), 0);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_flow_test_find(pn, &b.key), &a);

	/* The key is taken: this is how an identifier is reserved. */
	KUNIT_EXPECT_EQ(test, nfpt_flow_insert(pn, &b), -EEXIST);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_flow_test_find(pn, &b.key), &a);

	nfpt_flow_remove(pn, &a);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_flow_test_find(pn, &a.key), NULL);
	KUNIT_EXPECT_EQ(test, nfpt_flow_insert(pn, &b), 0);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_flow_test_find(pn, &a.key), &b);
	nfpt_flow_remove(pn, &b);
	synchronize_rcu();
}

static const struct nfpt_flow_apart {
	const char		*name;
	struct nfpt_flow_key	other;
} nfpt_flow_apart_cases[] = {
	{ "source",	 { .saddr = cpu_to_be32(1) } },
	{ "destination", { .daddr = cpu_to_be32(1) } },
	{ "id",		 { .id = 1 } },
	{ "high id",	 { .id = 0x10000 } },
	{ "zone",	 { .zone = 1 } },
	{ "protocol",	 { .l4proto = IPPROTO_GRE ^ IPPROTO_ESP } },
	{ "view",	 { .view = NFPT_VIEW_OUT } },
};

KUNIT_ARRAY_PARAM_DESC(nfpt_flow_apart, nfpt_flow_apart_cases, name);

/* Keys that differ in one field are two keys. */
static void nfpt_flow_test_apart(struct kunit *test)
{
	const struct nfpt_flow_apart *c = test->param_value;
	struct nfpt_proto_net *pn = nfpt_fake_state(test, NF_PASSTHROUGH_STATE_BYPASSED);
	struct nfpt_flow a = { .key = nfpt_flow_test_key };
	struct nfpt_flow b = { .key = nfpt_flow_test_key };

	b.key.saddr ^= c->other.saddr;
	b.key.daddr ^= c->other.daddr;
	b.key.id ^= c->other.id;
	b.key.zone ^= c->other.zone;
	b.key.l4proto ^= c->other.l4proto;
	b.key.view ^= c->other.view;

	KUNIT_ASSERT_EQ(test, nfpt_flow_insert(pn, &a), 0);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_flow_test_find(pn, &b.key), NULL);
	KUNIT_EXPECT_EQ(test, nfpt_flow_insert(pn, &b), 0);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_flow_test_find(pn, &a.key), &a);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_flow_test_find(pn, &b.key), &b);
	nfpt_flow_remove(pn, &a);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_flow_test_find(pn, &a.key), NULL);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_flow_test_find(pn, &b.key), &b);
	nfpt_flow_remove(pn, &b);
	synchronize_rcu();
}

/* A namespace does not see another one's flows. */
static void nfpt_flow_test_namespaces(struct kunit *test)
{
	struct nfpt_proto_net *pn = nfpt_fake_state(test, NF_PASSTHROUGH_STATE_BYPASSED);
	struct nfpt_flow a = { .key = nfpt_flow_test_key };
	struct nfpt_flow b = { .key = nfpt_flow_test_key };
	struct nfpt_fake *fake = test->priv;
	struct nfpt_proto_net *other;

	other = nfpt_kunit_state(&init_net, &fake->proto, NF_PASSTHROUGH_STATE_BYPASSED);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, other);
	KUNIT_ASSERT_EQ(test, nfpt_flow_insert(pn, &a), 0);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_flow_test_find(other, &a.key), NULL);
	KUNIT_EXPECT_EQ(test, nfpt_flow_insert(other, &b), 0);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_flow_test_find(pn, &a.key), &a);
	nfpt_flow_remove(other, &b);
	nfpt_flow_remove(pn, &a);
	synchronize_rcu();
}

#define NFPT_FLOW_TEST_MANY	100000

static unsigned int nfpt_flow_test_buckets(const struct nfpt_proto_net *pn)
{
	unsigned int size;

	rcu_read_lock();
	size = rht_dereference_rcu(pn->nn->flows.tbl, &pn->nn->flows)->size;
	rcu_read_unlock();
	return size;
}

/* Whether it gets so many buckets, which a worker does. */
static bool nfpt_flow_test_resizes(const struct nfpt_proto_net *pn, unsigned int min,
				   unsigned int max)
{
	unsigned int i, size;

	for (i = 0; i < 500; i++) {
		size = nfpt_flow_test_buckets(pn);
		if (size >= min && size <= max)
			return true;
		msleep(20);
	}
	return false;
}

static unsigned int nfpt_flow_test_missed(const struct nfpt_proto_net *pn,
					  struct nfpt_flow *flows, unsigned int step)
{
	unsigned int i, missed = 0;

	for (i = 0; i < NFPT_FLOW_TEST_MANY; i += step) {
		if (nfpt_flow_test_find(pn, &flows[i].key) != &flows[i])
			missed++;
		if (!(i & 0xfff))
			cond_resched();
	}
	return missed;
}

static void nfpt_flow_test_many(struct kunit *test)
{
	struct nfpt_proto_net *pn = nfpt_fake_state(test, NF_PASSTHROUGH_STATE_BYPASSED);
	unsigned int i, failed = 0;
	struct nfpt_flow *flows;

	flows = kvcalloc(NFPT_FLOW_TEST_MANY, sizeof(*flows), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, flows);
	for (i = 0; i < NFPT_FLOW_TEST_MANY; i++) {
		flows[i].key = nfpt_flow_test_key;
		flows[i].key.id = i & 0xffff;
		flows[i].key.saddr = htonl(0xc0000200 + (i >> 16));
		failed += !!nfpt_flow_insert(pn, &flows[i]);
		if (!(i & 0xfff))
			cond_resched();
	}
	KUNIT_EXPECT_EQ(test, failed, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&pn->nn->flows.nelems), NFPT_FLOW_TEST_MANY);
	KUNIT_EXPECT_EQ(test, nfpt_flow_test_missed(pn, flows, 1), 0);
	KUNIT_EXPECT_TRUE(test, nfpt_flow_test_resizes(pn, NFPT_FLOW_TEST_MANY, UINT_MAX));

	/* All but every tenth; those are still there after it has shrunk. */
	for (i = 0; i < NFPT_FLOW_TEST_MANY; i++)
		if (i % 10)
			nfpt_flow_remove(pn, &flows[i]);
	KUNIT_EXPECT_EQ(test, atomic_read(&pn->nn->flows.nelems), NFPT_FLOW_TEST_MANY / 10);
	KUNIT_EXPECT_TRUE(test, nfpt_flow_test_resizes(pn, 0, NFPT_FLOW_TEST_MANY / 2));
	KUNIT_EXPECT_EQ(test, nfpt_flow_test_missed(pn, flows, 10), 0);

	for (i = 0; i < NFPT_FLOW_TEST_MANY; i += 10)
		nfpt_flow_remove(pn, &flows[i]);
	KUNIT_EXPECT_EQ(test, atomic_read(&pn->nn->flows.nelems), 0);
	synchronize_rcu();
	/* Nor may the worker still move them. */
	flush_work(&pn->nn->flows.run_work);
	kvfree(flows);
}

static struct kunit_case nfpt_flow_test_cases[] = {
	KUNIT_CASE(nfpt_flow_test_key_layout),
	KUNIT_CASE(nfpt_flow_test_life),
	KUNIT_CASE_PARAM(nfpt_flow_test_apart, nfpt_flow_apart_gen_params),
	KUNIT_CASE(nfpt_flow_test_namespaces),
	KUNIT_CASE_SLOW(nfpt_flow_test_many),
	{}
};

static struct kunit_suite nfpt_flow_test_suite = {
	.name		= "nfpt_flow",
	.init		= nfpt_fake_init,
	.exit		= nfpt_fake_exit,
	.test_cases	= nfpt_flow_test_cases,
};

kunit_test_suite(nfpt_flow_test_suite);
