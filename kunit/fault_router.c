// SPDX-License-Identifier: GPL-2.0
/*
 * Scenarios of a protocol without memory.  A packet that is lost is sent once
 * more, as its sender would.  What is lost for good, or not helped, must have
 * been counted; nothing may be left of it; then all must work again.
 */
#include <net/netfilter/nf_conntrack.h>

#include "../nf_passthrough/core.h"
#include "fault_router.h"

/* What rhashtable_init() gives a table that has no limit. */
#define NFPT_FAULT_NO_LIMIT	BIT(31)

/**
 * struct nfpt_fault_sum - what came of the rounds of a scenario
 * @rounds: how many
 * @lost: of these lost a packet, which came when it was sent again
 * @unhelped: of these were not helped
 * @unsaid: of these two nobody counted anything
 */
struct nfpt_fault_sum {
	unsigned int	rounds;
	unsigned int	lost;
	unsigned int	unhelped;
	unsigned int	unsaid;
};

/* Bypassed, nothing is left; then it is as new. */
static void nfpt_fault_renew(struct kunit *test)
{
	struct nfpt_router *router = test->priv;
	unsigned long id = 0;

	nfpt_router_state(test, NF_PASSTHROUGH_STATE_BYPASSED);
	KUNIT_EXPECT_EQ(test, atomic_read(&router->pn->sessions), 0);
	KUNIT_EXPECT_NULL(test, xa_find(&router->pn->nn->sessions, &id, ULONG_MAX, XA_PRESENT));
	KUNIT_EXPECT_EQ(test, nfpt_router_flows(router), 0);
	KUNIT_EXPECT_EQ(test, nfpt_router_stains(test), 0);
	nfpt_router_flush_conntrack(test);
	KUNIT_EXPECT_EQ(test, nfpt_router_conntracks(test), 0);
	router->n_lost = 0;
	router->n_copies = 0;
	/* A higher cookie may need one more allocation. */
	router->pn->nn->next_id = 0;
	nfpt_router_state(test, NF_PASSTHROUGH_STATE_ENABLED);
}

/* What has been counted: by us, and by conntrack of packets that it dropped. */
static u64 nfpt_fault_counted(struct kunit *test, const struct nfpt_fault_trial *trial)
{
	const struct nfpt_router *router = test->priv;
	const struct ip_conntrack_stat *stat;
	unsigned int i;
	u64 sum = 0;
	int cpu;

	for (i = 0; i < trial->n_counters; i++)
		sum += nfpt_router_count(test, trial->counters[i]);
	for_each_possible_cpu(cpu) {
		stat = per_cpu_ptr(router->net->ct.stat, cpu);
		sum += stat->drop + stat->insert_failed;
	}
	return sum;
}

static void nfpt_fault_round(struct kunit *test, const struct nfpt_fault_trial *trial,
			     struct nfpt_fault_sum *sum)
{
	struct nfpt_router *router = test->priv;
	u64 before = nfpt_fault_counted(test, trial);
	bool helped = trial->run(test);

	sum->lost += !!router->n_lost;
	sum->unhelped += !helped;
	if ((router->n_lost || !helped) && nfpt_fault_counted(test, trial) == before)
		sum->unsaid++;
}

static void nfpt_fault_good_round(struct kunit *test, const struct nfpt_fault_trial *trial)
{
	struct nfpt_fault_sum sum = {};

	nfpt_fault_renew(test);
	nfpt_fault_round(test, trial, &sum);
	KUNIT_ASSERT_EQ_MSG(test, sum.lost + sum.unhelped, 0, "without a failure");
}

static void nfpt_fault_say(struct kunit *test, const struct nfpt_fault_trial *trial,
			   const char *what, const struct nfpt_fault_sum *sum)
{
	kunit_info(test, "%s: %u %s, packets lost in %u, not helped in %u, not counted in %u",
		   trial->name, sum->rounds, what, sum->lost, sum->unhelped, sum->unsaid);
}

static void nfpt_fault_allocations(struct kunit *test, const struct nfpt_fault_trial *trial,
				   enum nfpt_fault_kind kind)
{
	struct nfpt_fault_sum sum = {}, last = {};
	bool failed = true;
	unsigned int n;

	for (n = 1; failed; n++) {
		nfpt_fault_renew(test);
		last = sum;
		nfpt_fault_begin(kind, n);
		nfpt_fault_round(test, trial, &sum);
		failed = nfpt_fault_end();
		sum.rounds += failed;
		nfpt_fault_good_round(test, trial);
	}
	/* The last round had memory enough. */
	KUNIT_EXPECT_EQ(test, sum.lost + sum.unhelped, last.lost + last.unhelped);
	KUNIT_EXPECT_GE(test, sum.rounds, trial->least);
	if (kind == NFPT_FAULT_ONE)
		KUNIT_EXPECT_LE(test, sum.unsaid, trial->unsaid);
	nfpt_fault_say(test, trial, kind == NFPT_FAULT_ONE ? "allocations failed" :
							     "allocations and all behind failed",
		       &sum);
}

/* The flow map takes no more entries than so many. */
static void nfpt_fault_map(struct kunit *test, const struct nfpt_fault_trial *trial)
{
	struct nfpt_router *router = test->priv;
	struct nfpt_fault_sum sum = {};
	unsigned int room, full;

	nfpt_fault_good_round(test, trial);
	full = nfpt_router_flows(router);
	for (room = 0; room < full; room++) {
		nfpt_fault_renew(test);
		router->pn->nn->flows.max_elems = room;
		nfpt_fault_round(test, trial, &sum);
		router->pn->nn->flows.max_elems = NFPT_FAULT_NO_LIMIT;
		sum.rounds++;
		nfpt_fault_good_round(test, trial);
	}
	KUNIT_EXPECT_GT(test, sum.rounds, 0);
	KUNIT_EXPECT_EQ(test, sum.unsaid, 0);
	nfpt_fault_say(test, trial, "sizes of the flow map", &sum);
}

/**
 * nfpt_fault_router() - do a scenario with each allocation failing
 * @test: the test, its router enabled
 * @trial: the scenario
 */
void nfpt_fault_router(struct kunit *test, const struct nfpt_fault_trial *trial)
{
	struct nfpt_router *router = test->priv;

	router->patient = true;
	nfpt_fault_good_round(test, trial);
	nfpt_fault_allocations(test, trial, NFPT_FAULT_ONE);
	nfpt_fault_allocations(test, trial, NFPT_FAULT_REST);
	nfpt_fault_map(test, trial);
	nfpt_fault_renew(test);
}
EXPORT_SYMBOL_GPL(nfpt_fault_router);

static void nfpt_fault_step(struct kunit *test, enum nf_passthrough_state from,
			    enum nf_passthrough_state to, enum nfpt_fault_kind kind)
{
	struct nfpt_router *router = test->priv;
	unsigned int n, rounds = 0, refused = 0;
	struct nfpt_proto_net *pn;
	bool failed = true;

	for (n = 1; failed; n++) {
		nfpt_router_state(test, NF_PASSTHROUGH_STATE_BYPASSED);
		nfpt_router_state(test, from);
		nfpt_fault_begin(kind, n);
		nfpt_fault_arm();
		pn = nfpt_kunit_state(router->net, router->pn->proto, to);
		nfpt_fault_disarm();
		failed = nfpt_fault_end();
		rounds += failed;
		refused += IS_ERR(pn);
		KUNIT_EXPECT_TRUE(test, pn == router->pn || (failed && pn == ERR_PTR(-ENOMEM)));
		KUNIT_EXPECT_EQ(test, router->pn->state, IS_ERR(pn) ? from : to);
		KUNIT_EXPECT_EQ(test, router->pn->helped,
				router->pn->state != NF_PASSTHROUGH_STATE_BYPASSED);
		KUNIT_EXPECT_EQ(test, !!router->pn->block_ops,
				router->pn->state == NF_PASSTHROUGH_STATE_DISABLED);
		KUNIT_EXPECT_EQ(test, !!router->pn->priv,
				router->pn->state != NF_PASSTHROUGH_STATE_BYPASSED);
		KUNIT_EXPECT_EQ(test, nfpt_router_flows(router), 0);
	}
	/* What goes needs no memory. */
	if (from >= to || to == NF_PASSTHROUGH_STATE_BYPASSED)
		KUNIT_EXPECT_EQ(test, refused, 0);
	else
		KUNIT_EXPECT_GE(test, refused, 1);
	kunit_info(test, "%d to %d: %u allocations%s failed, %u refusals", from, to, rounds,
		   kind == NFPT_FAULT_REST ? " and all behind" : "", refused);
}

/**
 * nfpt_fault_states() - enter each state from each other with each allocation
 *	failing
 * @test: the test
 */
void nfpt_fault_states(struct kunit *test)
{
	enum nf_passthrough_state from, to;
	enum nfpt_fault_kind kind;

	for (from = 0; from <= NF_PASSTHROUGH_STATE_DISABLED; from++)
		for (to = 0; to <= NF_PASSTHROUGH_STATE_DISABLED; to++)
			for (kind = 0; kind < NFPT_FAULT_KINDS; kind++)
				if (from != to)
					nfpt_fault_step(test, from, to, kind);
	nfpt_router_state(test, NF_PASSTHROUGH_STATE_ENABLED);
}
EXPORT_SYMBOL_GPL(nfpt_fault_states);
