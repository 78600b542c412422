// SPDX-License-Identifier: GPL-2.0
/*
 * Calls and their Call IDs.
 */
#include <linux/bitmap.h>
#include <linux/netfilter/nf_conntrack_proto_gre.h>

#include "pptp_rig.h"

/* The ends of a client's control connection, one of many behind one address. */
static struct nfpt_rig_ends nfpt_call_test_client(unsigned int n)
{
	struct nfpt_rig_ends ends = nfpt_rig_snat;

	ends.addr[INITIATOR] += n;
	return ends;
}

static const struct nfpt_call_id {
	const char	*name;
	unsigned int	end;
	u16		id;
} nfpt_call_ids[] = {
	{ "initiator 0",     INITIATOR, 0 },
	{ "initiator 1",     INITIATOR, 1 },
	{ "initiator 4660",  INITIATOR, 0x1234 },
	{ "initiator 65535", INITIATOR, 0xffff },
	{ "responder 0",     RESPONDER, 0 },
	{ "responder 65535", RESPONDER, 0xffff },
};

KUNIT_ARRAY_PARAM_DESC(nfpt_call_id, nfpt_call_ids, name);

/* An id that is free stays what it is; one that is taken becomes another. */
static void nfpt_call_test_map(struct kunit *test)
{
	const struct nfpt_call_id *c = test->param_value;
	struct nfpt_rig_ends other = nfpt_rig_snat;
	struct nfpt_pptp_conn *conn[2];
	struct nfpt_pptp_call *a, *b;

	/* The next host behind the address that the other end sees. */
	if (c->end == INITIATOR)
		other.addr[INITIATOR]++;
	else
		other.addr[RESPONDER]++;
	conn[0] = nfpt_rig_conn(test, &nfpt_rig_snat);
	conn[1] = nfpt_rig_conn(test, &other);

	a = nfpt_rig_request(test, conn[0], c->end, c->id);
	KUNIT_ASSERT_NOT_NULL(test, a);
	KUNIT_EXPECT_EQ(test, a->id[c->end], c->id);
	KUNIT_EXPECT_EQ(test, a->mapped[c->end], c->id);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_rig_by_id(test, conn[0], c->end, c->id), a);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_rig_by_mapped(test, conn[0], c->end, c->id), a);

	b = nfpt_rig_request(test, conn[1], c->end, c->id);
	KUNIT_ASSERT_NOT_NULL(test, b);
	KUNIT_EXPECT_EQ(test, b->id[c->end], c->id);
	KUNIT_EXPECT_NE(test, b->mapped[c->end], c->id);

	/* Each by its own connection only, and not for the other end. */
	KUNIT_EXPECT_PTR_EQ(test, nfpt_rig_by_id(test, conn[1], c->end, c->id), b);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_rig_by_mapped(test, conn[1], c->end,
						     b->mapped[c->end]), b);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_rig_by_id(test, conn[0], c->end, c->id), a);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_rig_by_id(test, conn[0], !c->end, c->id), NULL);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_rig_by_mapped(test, conn[1], c->end, c->id), NULL);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_rig_by_mapped(test, conn[0], c->end,
						     b->mapped[c->end]), NULL);
}

#define NFPT_CALL_TEST_CONNS	3000

/* As many clients behind one address as there are, all with Call ID 0, as the
 * Linux client has it; and each with a second call.
 */
static void nfpt_call_test_unique(struct kunit *test)
{
	unsigned long *used = kunit_kzalloc(test, BITS_TO_LONGS(65536) * sizeof(long),
					    GFP_KERNEL);
	unsigned int i, failed = 0, twice = 0, wrong = 0;
	struct nfpt_rig_ends ends;
	struct nfpt_pptp_conn *conn;
	struct nfpt_pptp_call *call;

	KUNIT_ASSERT_NOT_NULL(test, used);
	for (i = 0; i < 2 * NFPT_CALL_TEST_CONNS; i++) {
		if (!(i & 1)) {
			ends = nfpt_call_test_client(i / 2);
			conn = nfpt_rig_conn(test, &ends);
		}
		call = nfpt_rig_request(test, conn, INITIATOR, i & 1);
		if (!call) {
			failed++;
			continue;
		}
		twice += __test_and_set_bit(call->mapped[INITIATOR], used);
		wrong += nfpt_rig_by_mapped(test, conn, INITIATOR,
					    call->mapped[INITIATOR]) != call;
		/* The server's ids meet nobody else's. */
		call = nfpt_rig_offer(test, conn, RESPONDER, i);
		wrong += !call || call->mapped[RESPONDER] != i;
	}
	KUNIT_EXPECT_EQ(test, failed, 0);
	KUNIT_EXPECT_EQ(test, twice, 0);
	KUNIT_EXPECT_EQ(test, wrong, 0);
	KUNIT_EXPECT_EQ(test, bitmap_weight(used, 65536), 2 * NFPT_CALL_TEST_CONNS);
}

/* All 65536 ids are in use: the next call is not served, and that is counted.
 * Ids of calls that have just ended are then taken before their time.
 */
static void nfpt_call_test_exhaust(struct kunit *test)
{
	struct nfpt_rig_ends ends = nfpt_call_test_client(1);
	struct nfpt_pptp_conn *conn, *other;
	struct nfpt_pptp_call *call;
	struct nfpt_rig *rig = test->priv;
	unsigned int i, bad = 0;

	KUNIT_ASSERT_EQ(test, nfpt_kunit_setting(rig->pn, NFPT_PPTP_MAX_PER_HOST, 65536), 0);
	conn = nfpt_rig_conn(test, &nfpt_rig_snat);
	other = nfpt_rig_conn(test, &ends);
	for (i = 0; i < 65536; i++) {
		call = nfpt_rig_offer(test, conn, INITIATOR, i);
		bad += !call || call->mapped[INITIATOR] != i;
		if (!(i & 0xff))
			cond_resched();
	}
	KUNIT_EXPECT_EQ(test, bad, 0);
	KUNIT_EXPECT_EQ(test, conn->n_calls, 65536);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_rig_offer(test, other, INITIATOR, 5), NULL);
	KUNIT_EXPECT_EQ(test, other->n_calls, 0);
	KUNIT_EXPECT_TRUE(test, list_empty(&other->calls));
	KUNIT_EXPECT_EQ(test, nfpt_rig_count(test, NFPT_PPTP_C_NO_IDS), 1);
	KUNIT_EXPECT_EQ(test, nfpt_rig_count(test, NFPT_PPTP_C_NOMEM), 0);

	/* Every sixteenth, that is enough to be met within the tries. */
	for (i = 0; i < 65536; i += 16) {
		call = nfpt_rig_by_mapped(test, conn, INITIATOR, i);
		KUNIT_ASSERT_NOT_NULL(test, call);
		nfpt_rig_end(test, call);
	}
	call = nfpt_rig_offer(test, other, INITIATOR, 5);
	KUNIT_ASSERT_NOT_NULL(test, call);
	KUNIT_EXPECT_EQ(test, call->mapped[INITIATOR] % 16, 0);
}

/* The first byte of the id has passed already: it stays. */
static void nfpt_call_test_told(struct kunit *test)
{
	struct nfpt_rig_ends ends = nfpt_call_test_client(1);
	struct nfpt_pptp_conn *conn, *other;
	unsigned long used[BITS_TO_LONGS(256)] = {};
	struct nfpt_pptp_call *call;
	unsigned int i;

	other = nfpt_rig_conn(test, &ends);
	KUNIT_ASSERT_NOT_NULL(test, nfpt_rig_offer(test, other, INITIATOR, 0x4207));
	conn = nfpt_rig_conn(test, &nfpt_rig_snat);
	conn->told_valid[INITIATOR] = true;
	conn->told[INITIATOR] = 0x42;

	call = nfpt_rig_offer(test, conn, INITIATOR, 0x1308);
	KUNIT_ASSERT_NOT_NULL(test, call);
	KUNIT_EXPECT_EQ(test, call->mapped[INITIATOR], 0x4208);
	call = nfpt_rig_offer(test, conn, INITIATOR, 0x1307);
	KUNIT_ASSERT_NOT_NULL(test, call);
	KUNIT_EXPECT_EQ(test, call->mapped[INITIATOR] >> 8, 0x42);
	KUNIT_EXPECT_NE(test, call->mapped[INITIATOR], 0x4207);
	KUNIT_EXPECT_NE(test, call->mapped[INITIATOR], 0x4208);

	for (i = 3; i < 256; i++) {
		call = nfpt_rig_offer(test, conn, INITIATOR, 0x13fe);
		KUNIT_ASSERT_NOT_NULL(test, call);
		KUNIT_EXPECT_EQ(test, call->mapped[INITIATOR] >> 8, 0x42);
		KUNIT_EXPECT_FALSE(test, __test_and_set_bit(call->mapped[INITIATOR] & 0xff, used));
	}
	KUNIT_EXPECT_PTR_EQ(test, nfpt_rig_offer(test, conn, INITIATOR, 0x13fe), NULL);
	KUNIT_EXPECT_EQ(test, nfpt_rig_count(test, NFPT_PPTP_C_NO_IDS), 1);

	/* What was told goes for one direction only. */
	call = nfpt_rig_offer(test, conn, RESPONDER, 0x1308);
	KUNIT_ASSERT_NOT_NULL(test, call);
	KUNIT_EXPECT_EQ(test, call->mapped[RESPONDER], 0x1308);
}

/* A host that uses its id again has forgotten the call of old. */
static void nfpt_call_test_supersede(struct kunit *test)
{
	struct nfpt_pptp_conn *first = nfpt_rig_conn(test, &nfpt_rig_snat);
	struct nfpt_pptp_conn *second = nfpt_rig_conn(test, &nfpt_rig_snat);
	struct nfpt_rig *rig = test->priv;
	struct nfpt_pptp_call *old, *new;

	old = nfpt_rig_request(test, first, INITIATOR, 7);
	new = nfpt_rig_request(test, second, INITIATOR, 7);
	KUNIT_ASSERT_NOT_NULL(test, old);
	KUNIT_ASSERT_NOT_NULL(test, new);
	KUNIT_EXPECT_EQ(test, nfpt_rig_count(test, NFPT_PPTP_C_SUPERSEDED), 1);
	KUNIT_EXPECT_EQ(test, first->n_calls, 0);
	KUNIT_EXPECT_EQ(test, second->n_calls, 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->pn->sessions), 1);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_rig_by_id(test, first, INITIATOR, 7), NULL);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_rig_by_id(test, second, INITIATOR, 7), new);
	/* Late packets of the old one must not reach the new one. */
	KUNIT_EXPECT_NE(test, new->mapped[INITIATOR], 7);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_rig_by_mapped(test, first, INITIATOR, 7), NULL);
}

static void nfpt_call_test_adopt(struct kunit *test)
{
	struct nfpt_pptp_conn *conn = nfpt_rig_conn(test, &nfpt_rig_dnat);
	struct nfpt_pptp_call *call, *from, *again;
	struct nfpt_rig *rig = test->priv;

	call = nfpt_rig_request(test, conn, INITIATOR, 3);
	KUNIT_ASSERT_NOT_NULL(test, call);
	from = nfpt_rig_offer(test, conn, RESPONDER, 9);
	KUNIT_ASSERT_NOT_NULL(test, from);
	KUNIT_EXPECT_EQ(test, conn->n_calls, 2);
	/* It is mapped, but it is not to be found by it yet. */
	KUNIT_EXPECT_PTR_EQ(test, nfpt_rig_by_id(test, conn, RESPONDER, 9), NULL);

	KUNIT_ASSERT_TRUE(test, nfpt_rig_adopt(test, call, from, RESPONDER, NULL));
	KUNIT_EXPECT_EQ(test, conn->n_calls, 1);
	KUNIT_EXPECT_EQ(test, call->id[RESPONDER], 9);
	KUNIT_EXPECT_EQ(test, call->mapped[RESPONDER], 9);
	KUNIT_EXPECT_EQ(test, call->id[INITIATOR], 3);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_rig_by_id(test, conn, RESPONDER, 9), call);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_rig_by_mapped(test, conn, RESPONDER, 9), call);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_rig_by_id(test, conn, INITIATOR, 3), call);
	KUNIT_EXPECT_EQ(test, nfpt_rig_count(test, NFPT_PPTP_C_SUPERSEDED), 0);

	/* The end replies to another call with an id that it has in use: it
	 * has forgotten the call that was there.
	 */
	again = nfpt_rig_request(test, conn, INITIATOR, 4);
	KUNIT_ASSERT_NOT_NULL(test, again);
	KUNIT_ASSERT_TRUE(test, nfpt_rig_adopt(test, again, call, RESPONDER, NULL));
	KUNIT_EXPECT_EQ(test, conn->n_calls, 1);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_rig_by_id(test, conn, RESPONDER, 9), again);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_rig_by_id(test, conn, INITIATOR, 4), again);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_rig_by_id(test, conn, INITIATOR, 3), NULL);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->pn->sessions), 1);
}

static void nfpt_call_test_end(struct kunit *test)
{
	struct nfpt_pptp_conn *conn = nfpt_rig_conn(test, &nfpt_rig_snat);
	struct nfpt_rig_ends ends = nfpt_call_test_client(1);
	struct nfpt_pptp_conn *other = nfpt_rig_conn(test, &ends);
	struct nfpt_pptp_call *call, *next;
	struct nfpt_rig *rig = test->priv;

	call = nfpt_rig_request(test, conn, INITIATOR, 7);
	KUNIT_ASSERT_NOT_NULL(test, call);
	KUNIT_EXPECT_NE(test, call->session.id, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->pn->sessions), 1);
	/* Twice is once. */
	rcu_read_lock();
	nfpt_pptp_end(&call->session, NF_PASSTHROUGH_END_REASON_FLUSHED);
	nfpt_pptp_end(&call->session, NF_PASSTHROUGH_END_REASON_FLUSHED);
	rcu_read_unlock();
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->pn->sessions), 0);
	KUNIT_EXPECT_EQ(test, conn->n_calls, 0);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_rig_by_id(test, conn, INITIATOR, 7), NULL);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_rig_by_mapped(test, conn, INITIATOR, 7), NULL);

	/* Its packets may still come: nobody else gets the id, for a while. */
	flush_delayed_work(&rig->ppn->worker);
	KUNIT_EXPECT_EQ(test, rig->ppn->n_graves, 1);
	next = nfpt_rig_request(test, other, INITIATOR, 7);
	KUNIT_ASSERT_NOT_NULL(test, next);
	KUNIT_EXPECT_NE(test, next->mapped[INITIATOR], 7);
	nfpt_rig_end(test, next);
	nfpt_pptp_call_reap(rig->ppn, false);
	KUNIT_EXPECT_EQ(test, rig->ppn->n_graves, 2);
	nfpt_pptp_call_reap(rig->ppn, true);
	KUNIT_EXPECT_EQ(test, rig->ppn->n_graves, 0);
	KUNIT_EXPECT_EQ(test, rig->ppn->n_calls, 0);
	next = nfpt_rig_request(test, other, INITIATOR, 7);
	KUNIT_ASSERT_NOT_NULL(test, next);
	KUNIT_EXPECT_EQ(test, next->mapped[INITIATOR], 7);
}

/* A call beyond the limit is not served but keeps its id, which its ends may
 * use all the same; and of these there is an end too.
 */
static void nfpt_call_test_limit(struct kunit *test)
{
	struct nf_conn *master = nfpt_rig_master(test, &nfpt_rig_snat);
	struct nfpt_pptp_conn *conn = nfpt_rig_conn(test, &nfpt_rig_snat);
	struct nfpt_rig *rig = test->priv;
	struct nfpt_pptp_call *call, *from;

	KUNIT_ASSERT_EQ(test, nfpt_kunit_setting(rig->pn, NFPT_SETTING_MAX_SESSIONS, 2), 0);
	KUNIT_EXPECT_NOT_NULL(test, nfpt_rig_request(test, conn, INITIATOR, 1));
	KUNIT_EXPECT_NOT_NULL(test, nfpt_rig_request(test, conn, RESPONDER, 1));
	KUNIT_EXPECT_EQ(test, nfpt_rig_count(test, NFPT_PPTP_C_LIMIT), 0);

	call = nfpt_rig_request(test, conn, INITIATOR, 2);
	KUNIT_ASSERT_NOT_NULL(test, call);
	KUNIT_EXPECT_EQ(test, call->session.id, 0);
	KUNIT_EXPECT_EQ(test, nfpt_rig_count(test, NFPT_PPTP_C_CALLS), 2);
	KUNIT_EXPECT_EQ(test, nfpt_rig_count(test, NFPT_PPTP_C_LIMIT), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->pn->sessions), 2);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_rig_by_id(test, conn, INITIATOR, 2), call);
	from = nfpt_rig_offer(test, conn, RESPONDER, 3);
	KUNIT_ASSERT_NOT_NULL(test, from);
	KUNIT_EXPECT_TRUE(test, nfpt_rig_adopt(test, call, from, RESPONDER, master));
	KUNIT_EXPECT_FALSE(test, call->tracked);

	/* Ended ones count as well, until they are forgotten. */
	KUNIT_EXPECT_PTR_EQ(test, nfpt_rig_request(test, conn, INITIATOR, 4), NULL);
	KUNIT_EXPECT_EQ(test, nfpt_rig_count(test, NFPT_PPTP_C_LIMIT), 2);
	KUNIT_EXPECT_EQ(test, conn->n_calls, 3);
}

/* A host at its limit, by whatever connections, takes nothing from others. */
static void nfpt_call_test_host_limit(struct kunit *test)
{
	struct nfpt_rig_ends ends = nfpt_call_test_client(1);
	struct nfpt_pptp_conn *first = nfpt_rig_conn(test, &nfpt_rig_snat);
	struct nfpt_pptp_conn *second = nfpt_rig_conn(test, &nfpt_rig_snat);
	struct nfpt_pptp_conn *other = nfpt_rig_conn(test, &ends);
	struct nfpt_rig *rig = test->priv;
	struct nfpt_pptp_call *call, *denied;

	KUNIT_ASSERT_EQ(test, nfpt_kunit_setting(rig->pn, NFPT_PPTP_MAX_PER_HOST, 2), 0);
	KUNIT_EXPECT_PTR_EQ(test, first->host, second->host);
	KUNIT_EXPECT_PTR_NE(test, first->host, other->host);
	call = nfpt_rig_request(test, first, INITIATOR, 1);
	KUNIT_ASSERT_NOT_NULL(test, call);
	KUNIT_EXPECT_NOT_NULL(test, nfpt_rig_request(test, second, INITIATOR, 2));
	KUNIT_EXPECT_EQ(test, nfpt_rig_count(test, NFPT_PPTP_C_HOST_LIMIT), 0);

	denied = nfpt_rig_request(test, first, INITIATOR, 3);
	KUNIT_ASSERT_NOT_NULL(test, denied);
	KUNIT_EXPECT_EQ(test, denied->session.id, 0);
	KUNIT_EXPECT_NOT_NULL(test, nfpt_rig_request(test, second, RESPONDER, 3));
	KUNIT_EXPECT_PTR_EQ(test, nfpt_rig_request(test, first, INITIATOR, 4), NULL);
	KUNIT_EXPECT_EQ(test, nfpt_rig_count(test, NFPT_PPTP_C_HOST_LIMIT), 3);

	call = nfpt_rig_request(test, other, INITIATOR, 1);
	KUNIT_ASSERT_NOT_NULL(test, call);
	KUNIT_EXPECT_NE(test, call->session.id, 0);
	KUNIT_EXPECT_EQ(test, nfpt_rig_count(test, NFPT_PPTP_C_CALLS), 3);

	/* What one call leaves another gets. */
	KUNIT_EXPECT_NOT_NULL(test, nfpt_rig_request(test, first, INITIATOR, 1));
	KUNIT_EXPECT_EQ(test, first->host->n_served, 2);
	KUNIT_EXPECT_EQ(test, nfpt_rig_count(test, NFPT_PPTP_C_CALLS), 4);
	KUNIT_EXPECT_EQ(test, nfpt_rig_count(test, NFPT_PPTP_C_LIMIT), 0);
}

/* An id that nf_conntrack_pptp serves is not given. */
static void nfpt_call_test_stock(struct kunit *test)
{
	struct nf_conn *master = nfpt_rig_master(test, &nfpt_rig_snat);
	struct nfpt_pptp_conn *conn = nfpt_rig_conn(test, &nfpt_rig_snat);
	struct nf_conntrack_tuple tuple;
	struct nfpt_pptp_call *call;

	nfpt_kunit_tuple(&tuple, IPPROTO_GRE, htonl(RIG_SERVER), 0, htonl(RIG_WAN), 7);
	KUNIT_ASSERT_EQ(test, nf_ct_gre_keymap_add(master, IP_CT_DIR_REPLY, &tuple), 0);
	call = nfpt_rig_request(test, conn, INITIATOR, 7);
	nf_ct_gre_keymap_destroy(master);
	KUNIT_ASSERT_NOT_NULL(test, call);
	KUNIT_EXPECT_NE(test, call->mapped[INITIATOR], 7);
	call = nfpt_rig_request(test, conn, INITIATOR, 8);
	KUNIT_ASSERT_NOT_NULL(test, call);
	KUNIT_EXPECT_EQ(test, call->mapped[INITIATOR], 8);
}

static struct kunit_case nfpt_call_test_cases[] = {
	KUNIT_CASE_PARAM(nfpt_call_test_map, nfpt_call_id_gen_params),
	KUNIT_CASE_SLOW(nfpt_call_test_unique),
	KUNIT_CASE_SLOW(nfpt_call_test_exhaust),
	KUNIT_CASE(nfpt_call_test_told),
	KUNIT_CASE(nfpt_call_test_supersede),
	KUNIT_CASE(nfpt_call_test_adopt),
	KUNIT_CASE(nfpt_call_test_end),
	KUNIT_CASE(nfpt_call_test_limit),
	KUNIT_CASE(nfpt_call_test_host_limit),
	KUNIT_CASE(nfpt_call_test_stock),
	{}
};

static struct kunit_suite nfpt_call_test_suite = {
	.name		= "nfpt_pptp_call",
	.init		= nfpt_rig_init,
	.exit		= nfpt_rig_exit,
	.test_cases	= nfpt_call_test_cases,
};

kunit_test_suite(nfpt_call_test_suite);
