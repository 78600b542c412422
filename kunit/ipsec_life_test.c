// SPDX-License-Identifier: GPL-2.0
/*
 * How all of it ends: idle, flushed, stopped; and that nothing is left.
 */
#include "ipsec_router.h"

#define OUT(n)	(0x0a000100 + (n))
#define IN(n)	(0x0b000100 + (n))

static u32 nfpt_life_test_ago(unsigned int seconds)
{
	return (u32)jiffies - seconds * HZ;
}

/* Two hosts with IKE, ESP and NAT-T, one SA that nobody has proved. */
static void nfpt_life_test_all_up(struct kunit *test)
{
	const u8 esp[24] = { 1, 2, 3, 4 };
	unsigned int n;

	for (n = 0; n < 2; n++) {
		nfpt_router_negotiate(test, n);
		nfpt_router_settle(test, n, OUT(n), IN(n));
		nfpt_router_send(test, nfpt_router_udp(test, ROUTER_HOST(n), 4500,
						       ROUTER_GATEWAY, 4500, esp, sizeof(esp)));
	}
	nfpt_router_negotiate(test, 2);
	KUNIT_EXPECT_EQ(test, nfpt_router_in(test, IN(2), 1).daddr, ROUTER_HOST(2));
}

/* An SA ends, its session stays. */
static void nfpt_life_test_sa_idle(struct kunit *test)
{
	struct nfpt_ipsec_session *session;
	struct nfpt_ipsec_sa *sa;

	nfpt_life_test_all_up(test);
	session = nfpt_router_session(test, 0);
	KUNIT_EXPECT_EQ(test, nfpt_router_listed(test, session, NF_PASSTHROUGH_A_SA_INBOUND), 1);
	sa = nfpt_router_sa(test, ROUTER_GATEWAY, ROUTER_WAN, IN(0));
	WRITE_ONCE(sa->seen, nfpt_life_test_ago(590));
	nfpt_router_gc(test);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_router_sa(test, ROUTER_GATEWAY, ROUTER_WAN, IN(0)), sa);
	WRITE_ONCE(sa->seen, nfpt_life_test_ago(600));
	nfpt_router_gc(test);
	KUNIT_EXPECT_NULL(test, nfpt_router_sa(test, ROUTER_GATEWAY, ROUTER_WAN, IN(0)));
	KUNIT_EXPECT_PTR_EQ(test, nfpt_router_session(test, 0), session);
	KUNIT_EXPECT_EQ(test, nfpt_router_listed(test, session, NF_PASSTHROUGH_A_SA_INBOUND), 0);
	KUNIT_EXPECT_EQ(test, session->assoc.n_in, 0);

	/* One that was never proved ends sooner. */
	sa = nfpt_router_sa(test, ROUTER_GATEWAY, ROUTER_WAN, IN(2));
	KUNIT_ASSERT_NOT_NULL(test, sa);
	WRITE_ONCE(sa->seen, nfpt_life_test_ago(120));
	nfpt_router_gc(test);
	KUNIT_EXPECT_NULL(test, nfpt_router_sa(test, ROUTER_GATEWAY, ROUTER_WAN, IN(2)));
	KUNIT_EXPECT_EQ(test, session->gateway->n_strays, 0);
}

/* A session ends with all its flows; the inside host and its zone later. */
static void nfpt_life_test_session_idle(struct kunit *test)
{
	struct nfpt_router *router = test->priv;
	struct nfpt_ipsec_inside *inside;
	struct nfpt_ipsec_session *session;

	nfpt_router_negotiate(test, 0);
	nfpt_router_settle(test, 0, OUT(0), IN(0));
	KUNIT_EXPECT_EQ(test, nfpt_router_conntracks(test), 2);
	session = nfpt_router_session(test, 0);
	inside = session->inside;
	KUNIT_EXPECT_EQ(test, nfpt_ipsec_lifetime(&session->session), 600);
	WRITE_ONCE(session->session.seen, nfpt_life_test_ago(590));
	nfpt_router_gc(test);
	KUNIT_EXPECT_PTR_EQ(test, nfpt_router_session(test, 0), session);
	WRITE_ONCE(session->session.seen, nfpt_life_test_ago(600));
	nfpt_router_gc(test);
	KUNIT_EXPECT_NULL(test, nfpt_router_session(test, 0));
	KUNIT_EXPECT_EQ(test, atomic_read(&router->pn->sessions), 0);
	KUNIT_EXPECT_EQ(test, nfpt_router_conntracks(test), 0);
	KUNIT_EXPECT_TRUE(test, list_empty(&nfpt_router_ipn(test)->gateways));
	KUNIT_EXPECT_EQ(test, nfpt_router_ipn(test)->n_insides, 1);
	KUNIT_EXPECT_EQ(test, nfpt_router_flows(router), 1);

	WRITE_ONCE(inside->seen, nfpt_life_test_ago(600));
	nfpt_router_gc(test);
	KUNIT_EXPECT_EQ(test, nfpt_router_ipn(test)->n_insides, 0);
	KUNIT_EXPECT_EQ(test, nfpt_router_flows(router), 0);
	KUNIT_EXPECT_TRUE(test, bitmap_empty(nfpt_router_ipn(test)->zones.used, NFPT_ZONES));
}

/* A session that was never answered ends sooner, one with IKE alone too. */
static void nfpt_life_test_unanswered(struct kunit *test)
{
	struct nfpt_ipsec_session *session;

	nfpt_router_negotiate(test, 0);
	session = nfpt_router_session(test, 0);
	KUNIT_EXPECT_EQ(test, nfpt_ipsec_expired(&session->session),
			NF_PASSTHROUGH_END_REASON_NONE);
	WRITE_ONCE(session->session.seen, nfpt_life_test_ago(300));
	rcu_read_lock();
	KUNIT_EXPECT_EQ(test, nfpt_ipsec_expired(&session->session),
			NF_PASSTHROUGH_END_REASON_UNANSWERED);
	rcu_read_unlock();
	nfpt_router_gc(test);
	KUNIT_EXPECT_NULL(test, nfpt_router_session(test, 0));
}

/* The administrator ends them all. */
static void nfpt_life_test_flush(struct kunit *test)
{
	struct nfpt_router *router = test->priv;

	nfpt_life_test_all_up(test);
	KUNIT_EXPECT_EQ(test, atomic_read(&router->pn->sessions), 3);
	KUNIT_EXPECT_EQ(test, nfpt_kunit_flush(router->pn), 3);
	KUNIT_EXPECT_EQ(test, atomic_read(&router->pn->sessions), 0);
	KUNIT_EXPECT_TRUE(test, list_empty(&nfpt_router_ipn(test)->gateways));
	KUNIT_EXPECT_EQ(test, nfpt_router_conntracks(test), 0);
	/* Inside hosts and ports stay for those who come back. */
	KUNIT_EXPECT_EQ(test, nfpt_router_flows(router),
			nfpt_router_ipn(test)->n_insides + nfpt_router_ipn(test)->n_ports);

	nfpt_router_negotiate(test, 0);
	nfpt_router_settle(test, 0, OUT(10), IN(10));
}

/* A conntrack that has left the table is not kept: the next packets hold the new
 * one, and without any, somebody looks.
 */
static void nfpt_life_test_let_go(struct kunit *test)
{
	struct nfpt_ipsec_session *session;
	struct nf_conn *ct;
	unsigned int i;

	nfpt_router_negotiate(test, 0);
	nfpt_router_settle(test, 0, OUT(0), IN(0));
	session = nfpt_router_session(test, 0);
	for (i = 0; i < 2; i++) {
		ct = session->ct;
		KUNIT_ASSERT_NOT_NULL(test, ct);
		nf_conntrack_get(&ct->ct_general);
		KUNIT_EXPECT_TRUE(test, nf_ct_delete(ct, 0, 0));
		KUNIT_EXPECT_PTR_EQ(test, session->ct, ct);
		if (i) {
			nfpt_router_gc(test);
			KUNIT_EXPECT_NULL(test, session->ct);
		} else {
			KUNIT_EXPECT_EQ(test, nfpt_router_in(test, IN(0), 101).daddr,
					ROUTER_HOST(0));
			KUNIT_EXPECT_EQ(test, nfpt_router_out(test, 0, OUT(0), 101).saddr,
					ROUTER_WAN);
			KUNIT_EXPECT_PTR_NE(test, session->ct, ct);
			KUNIT_EXPECT_EQ(test, nfpt_router_conntracks(test), 2);
		}
		KUNIT_EXPECT_EQ(test, refcount_read(&ct->ct_general.use), 1);
		nf_ct_put(ct);
	}
	KUNIT_EXPECT_EQ(test, nfpt_router_in(test, IN(0), 102).daddr, ROUTER_HOST(0));
	KUNIT_EXPECT_EQ(test, nfpt_router_in(test, IN(0), 103).daddr, ROUTER_HOST(0));
	ct = session->ct;
	KUNIT_ASSERT_NOT_NULL(test, ct);
	nf_conntrack_get(&ct->ct_general);
	nfpt_router_state(test, NF_PASSTHROUGH_STATE_BYPASSED);
	nf_ct_delete(ct, 0, 0);
	KUNIT_EXPECT_EQ(test, refcount_read(&ct->ct_general.use), 1);
	nf_ct_put(ct);
}

/* Stopped with everything up; and started again. */
static void nfpt_life_test_stop(struct kunit *test)
{
	struct nfpt_router *router = test->priv;

	nfpt_life_test_all_up(test);
	nfpt_router_state(test, NF_PASSTHROUGH_STATE_BYPASSED);
	KUNIT_EXPECT_NULL(test, router->pn->priv);
	KUNIT_EXPECT_EQ(test, nfpt_router_flows(router), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&router->pn->sessions), 0);
	/* What a conntrack keeps of us when we are gone: nothing. */
	KUNIT_EXPECT_EQ(test, nfpt_router_stains(test), 0);

	/* Conntrack as it is: one host has the gateway. */
	KUNIT_EXPECT_EQ(test, nfpt_router_out(test, 0, OUT(0), 20).saddr, ROUTER_WAN);
	KUNIT_EXPECT_EQ(test, nfpt_router_in(test, IN(0), 20).daddr, ROUTER_HOST(0));
	KUNIT_EXPECT_EQ(test, nfpt_router_in(test, IN(1), 20).daddr, ROUTER_HOST(0));

	nfpt_router_state(test, NF_PASSTHROUGH_STATE_ENABLED);
	nfpt_life_test_all_up(test);
	KUNIT_EXPECT_EQ(test, atomic_read(&router->pn->sessions), 3);
}

/* Flows from before do not stand in the way. */
static void nfpt_life_test_before(struct kunit *test)
{
	unsigned int n;

	nfpt_router_state(test, NF_PASSTHROUGH_STATE_BYPASSED);
	nfpt_router_out(test, 0, OUT(0), 1);
	nfpt_router_in(test, IN(0), 1);
	KUNIT_EXPECT_EQ(test, nfpt_router_conntracks(test), 1);
	nfpt_router_state(test, NF_PASSTHROUGH_STATE_ENABLED);
	KUNIT_EXPECT_EQ(test, nfpt_router_conntracks(test), 0);
	for (n = 0; n < 2; n++) {
		nfpt_router_negotiate(test, n);
		nfpt_router_settle(test, n, OUT(n), IN(n));
	}
}

static struct kunit_case nfpt_life_test_cases[] = {
	KUNIT_CASE(nfpt_life_test_sa_idle),
	KUNIT_CASE(nfpt_life_test_session_idle),
	KUNIT_CASE(nfpt_life_test_unanswered),
	KUNIT_CASE(nfpt_life_test_flush),
	KUNIT_CASE(nfpt_life_test_let_go),
	KUNIT_CASE(nfpt_life_test_stop),
	KUNIT_CASE(nfpt_life_test_before),
	{}
};

static struct kunit_suite nfpt_life_test_suite = {
	.name		= "nfpt_ipsec_life",
	.init		= nfpt_ipsec_router_init,
	.exit		= nfpt_router_exit,
	.test_cases	= nfpt_life_test_cases,
};

kunit_test_suite(nfpt_life_test_suite);
